"""Commands for authors and teachers: ``python -m course_tools COMMAND``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def _data(arguments: argparse.Namespace) -> int:
    from course_tools.patient import write_patient

    for path in write_patient(arguments.directory):
        print(path)
    return 0


def _run(arguments: argparse.Namespace) -> int:
    from course_tools import lessons

    every = [*lessons.notebooks("en"), *lessons.notebooks("ru")]
    for notebook in arguments.notebooks or every:
        lessons.write(notebook, lessons.run(notebook))
        print(notebook)
    return 0


def _accept(_arguments: argparse.Namespace) -> int:
    from course_tools import lessons

    lessons.accept_translations()
    print(lessons.LOCK)
    return 0


def _messages(_arguments: argparse.Namespace) -> int:
    from course_tools import messages

    missing = messages.update_messages()
    for message in missing:
        print(f"no Russian for: {message!r}")
    return bool(missing)


def _solutions(arguments: argparse.Namespace) -> int:
    from course_tools.solutions import write_solutions

    for path in write_solutions(arguments.folder):
        print(path)
    return 0


def _class(arguments: argparse.Namespace) -> int:
    from course_tools.grading import folder, report
    from dicom_lessons.text import set_language

    set_language(arguments.language)
    if arguments.action == "report":
        for path in report.write_report(arguments.directory):
            print(path)
    elif arguments.action == "examine":
        for finding in folder.examine(arguments.directory):
            kept = f" ({finding.original})" if finding.original else ""
            print(f"{finding.learner}, {finding.lesson}: {finding.what}{kept}")
    else:
        for path in folder.lay_out(arguments.directory, arguments.language):
            print(path)
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from course_tools import bench

    bench.run(arguments.folder)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 if all went well."""
    parser = argparse.ArgumentParser(prog="python -m course_tools")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    bench = commands.add_parser("bench", help="measure against what one would pick instead")
    bench.add_argument("folder", nargs="?", type=Path, default=Path("my_work"))
    bench.set_defaults(command=_bench)

    data = commands.add_parser("data", help="make the files of the virtual patient again")
    data.add_argument("directory", nargs="?", type=Path, default=Path("data"))
    data.set_defaults(command=_data)

    run = commands.add_parser("run", help="run lessons and store their outputs")
    run.add_argument("notebooks", nargs="*", type=Path)
    run.set_defaults(command=_run)

    accept = commands.add_parser("accept", help="accept the text of both languages as equal")
    accept.set_defaults(command=_accept)

    messages = commands.add_parser("messages", help="gather messages; list those without Russian")
    messages.set_defaults(command=_messages)

    solutions = commands.add_parser("solutions", help="make the solutions notebooks of all lessons")
    solutions.add_argument("folder", type=Path, help="gets a folder per language")
    solutions.set_defaults(command=_solutions)

    course = commands.add_parser("class", help="lay out an nbgrader course; examine; report")
    course.add_argument("action", nargs="?", choices=("examine", "report"))
    course.add_argument("directory", type=Path)
    course.add_argument("--language", choices=("en", "ru"), default="en")
    course.set_defaults(command=_class)

    chosen = parser.parse_args(arguments)
    return int(chosen.command(chosen))


if __name__ == "__main__":
    sys.exit(main())
