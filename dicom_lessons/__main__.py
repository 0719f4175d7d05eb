"""Commands for learners: ``python -m dicom_lessons COMMAND``."""

from __future__ import annotations

import argparse
import sys


def _check(_arguments: argparse.Namespace) -> int:
    from dicom_lessons import meet_dicom

    prerequisites = meet_dicom.readiness()
    print(meet_dicom.readiness_text(prerequisites))
    return int(any(one.needed and not one.ok for one in prerequisites))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m dicom_lessons")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="tell whether this computer is ready")
    check.set_defaults(command=_check)

    chosen = parser.parse_args(arguments)
    return int(chosen.command(chosen))


if __name__ == "__main__":
    sys.exit(main())
