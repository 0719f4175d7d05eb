"""Commands for learners: ``python -m dicom_lessons COMMAND``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dicom_lessons import commands, opening, samples, shipped

MOVED = ("data", "run", "accept", "messages", "solutions", "class", "bench")


def _check(_arguments: argparse.Namespace) -> int:
    from dicom_lessons.meet_dicom.computer import readiness, readiness_text

    prerequisites = readiness()
    print(readiness_text(prerequisites))
    return int(any(one.needed and not one.ok for one in prerequisites))


def _media(arguments: argparse.Namespace) -> int:
    from dicom_lessons.modality.media import write_media

    print(write_media(arguments.folder))
    return 0


def _examine(arguments: argparse.Namespace) -> int:
    from dicom_lessons.clinic.command import follow

    arguments.language = arguments.language or opening.system_language()
    return follow(arguments)


def _mirror(arguments: argparse.Namespace) -> int:
    from dicom_lessons.download.mirror import fill

    missing = []
    for file, trouble in fill(arguments.folder):
        print(f"✗ {file}: {trouble}" if trouble else f"✓ {file}")
        missing += [file] if trouble else []
    if missing:
        files = ", ".join(missing)
        raise LookupError(f"Missing: {files}. With a network, run the command again.")
    print(
        f"Set {samples.MIRROR} to {arguments.folder.resolve()}, or to the address of a web server."
    )
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands for learners."""
    every = argparse.ArgumentParser(
        prog="python -m dicom_lessons",
        description="What a learner, or a teacher before the class, needs beside the notebooks.",
        epilog="The commands of authors and teachers: python -m course_tools --help",
    )
    known = every.add_subparsers(required=True, metavar="COMMAND")
    commands.add(known, "check", _check, "tell whether this computer is ready", "")

    text = "write the whole virtual patient with a DICOMDIR, as on a disc"
    media = commands.add(known, "media", _media, text, "disc")
    media.add_argument("folder", type=Path, metavar="FOLDER", help="where to; a new or empty one")

    text = "fill a folder with all files that lessons download, for a class without a network"
    mirror = commands.add(known, "mirror", _mirror, text, "class_files")
    mirror.add_argument(
        "folder", type=Path, metavar="FOLDER",
        help="where to; then name it in DICOM_LESSONS_MIRROR. What it holds already is kept",
    )  # fmt: skip

    _add_examine(known)

    text = "copy the notebooks to a folder and open them"
    course = commands.add(known, "open", opening.follow, text, "my_course --language ru")
    opening.add_arguments(course)
    return every


def _add_examine(known: Any) -> None:
    text = "tell what is wrong with DICOM files, the most likely cause first; nothing is written"
    examine = commands.add(known, "examine", _examine, text, "image.dcm")
    examine.formatter_class = argparse.RawDescriptionHelpFormatter
    examine.epilog = (
        "examples:\n"
        "  examine image.dcm                         in words\n"
        "  examine --json image.dcm                  one JSON object per file and line\n"
        "  examine --recursive FOLDER                what is not in order; a summary\n"
        "  examine --recursive --json FOLDER         all of a folder, an object each\n\n"
        "exit status: 0 nothing found, or notes only; 1 warnings; 3 errors; 4 something could not\n"
        "be looked at; 2 the command line is wrong"
    )
    examine.add_argument("files", metavar="FILE", nargs="+", type=Path, help="of any kind")
    examine.add_argument(
        "--recursive", "-r", action="store_true", help="take folders too, and all that is in them"
    )
    examine.add_argument("--json", action="store_true", help="one JSON object per file and line")
    examine.add_argument("--all", action="store_true", help="name files without findings as well")
    examine.add_argument("--notes", action="store_true", help="tell what no reader minds as well")
    examine.add_argument(
        "--alone", action="store_true", help="without dciodvfy, even where dicom3tools is there"
    )
    examine.add_argument("--language", choices=("en", "ru"), help="the system's if none is named")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 if all went well."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in MOVED:
        return _moved(words)
    return commands.run(parser(), words)


def _moved(words: list[str]) -> int:
    if shipped.CLONE:
        print("now: python -m course_tools", *words, file=sys.stderr)
    else:
        print(
            f"{words[0]} is a command of authors and teachers: it needs a clone of the course, "
            f"and there it is: python -m course_tools {words[0]}",
            file=sys.stderr,
        )
    return 2


if __name__ == "__main__":
    sys.exit(main())
