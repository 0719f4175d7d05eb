"""Commands for learners: ``python -m dicom_lessons COMMAND``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dicom_lessons import opening

MOVED = ("data", "run", "accept", "messages", "solutions", "class", "bench")


def _check(_arguments: argparse.Namespace) -> int:
    from dicom_lessons.meet_dicom.computer import readiness, readiness_text

    prerequisites = readiness()
    print(readiness_text(prerequisites))
    return int(any(one.needed and not one.ok for one in prerequisites))


def _media(arguments: argparse.Namespace) -> int:
    from dicom_lessons.media import write_media

    try:
        print(write_media(arguments.folder))
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


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

    media = commands.add_parser("media", help="write the whole virtual patient with a DICOMDIR")
    media.add_argument("folder", type=Path, metavar="FOLDER")
    media.set_defaults(command=_media)

    course = commands.add_parser("open", help="copy the notebooks to a folder and open them")
    opening.add_arguments(course)
    course.set_defaults(command=opening.follow)

    chosen = parser.parse_args(words)
    return int(chosen.command(chosen))


if __name__ == "__main__":
    sys.exit(main())
