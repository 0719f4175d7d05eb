"""Commands for learners: ``python -m dicom_lessons COMMAND``."""

from __future__ import annotations

import argparse
import sys

from dicom_lessons import opening

MOVED = ("data", "run", "accept", "messages", "solutions", "class", "bench")


def _check(_arguments: argparse.Namespace) -> int:
    from dicom_lessons import meet_dicom

    findings = meet_dicom.readiness()
    print(meet_dicom.readiness_text(findings))
    return int(any(finding.needed and not finding.ok for finding in findings))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 if all went well."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in MOVED:
        print("now: python -m course_tools", *words, file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="python -m dicom_lessons")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="tell whether this computer is ready")
    check.set_defaults(command=_check)

    course = commands.add_parser("open", help="copy the notebooks to a folder and open them")
    opening.add_arguments(course)
    course.set_defaults(command=opening.follow)

    chosen = parser.parse_args(words)
    return int(chosen.command(chosen))


if __name__ == "__main__":
    sys.exit(main())
