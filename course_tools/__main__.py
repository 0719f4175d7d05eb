"""Commands for authors and teachers: ``python -m course_tools COMMAND``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

LANGUAGES = ("en", "ru")
_ACTIONS = ("collect", "examine", "feedback", "report")
Command = Callable[[argparse.Namespace], int]


def _data(arguments: argparse.Namespace) -> int:
    from course_tools.patient import write_patient

    for path in write_patient(arguments.folder):
        print(path)
    return 0


def _run(arguments: argparse.Namespace) -> int:
    from nbclient.exceptions import CellExecutionError

    from course_tools import lessons

    every = [*lessons.notebooks("en"), *lessons.notebooks("ru")]
    for notebook in arguments.notebooks or every:
        try:
            lessons.write(notebook, lessons.run(notebook))
        except CellExecutionError as error:
            print(f"{notebook} is as it was, for a cell failed:\n{error}", file=sys.stderr)
            return 1
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


def _questions(arguments: argparse.Namespace) -> int:
    from course_tools.question_bank import write_questions

    for path in write_questions(arguments.folder):
        print(path)
    return 0


def _slides(arguments: argparse.Namespace) -> int:
    from course_tools.slides import write_slides

    for path in write_slides(arguments.folder, arguments.sittings, arguments.reveal):
        print(path)
    return 0


def _class(arguments: argparse.Namespace) -> int:
    from course_tools.grading import collect, feedback, folder, report_files
    from dicom_lessons.text import set_language, short

    set_language(arguments.language)
    if arguments.action == "report":
        for path in report_files.write_report(arguments.folder):
            print(path)
    elif arguments.action == "feedback":
        for path in feedback.write_feedback(arguments.folder):
            print(path)
    elif arguments.action in ("collect", "examine"):
        if arguments.action == "collect":
            for line in collect.told(collect.collect(arguments.folder)):
                print(line)
        for remark in folder.examine(arguments.folder):
            kept = f" ({short(remark.original, 200)})" if remark.original else ""
            print(f"{short(remark.learner)}, {remark.lesson}: {remark.what}{kept}")
    elif arguments.folder.name in _ACTIONS:
        action = arguments.folder.name
        raise ValueError(f"{action} needs the folder of the class: class {action} FOLDER.")
    else:
        for path in folder.lay_out(arguments.folder, arguments.language):
            print(path)
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from course_tools import bench

    bench.run(arguments.folder)
    return 0


def _parser() -> argparse.ArgumentParser:
    from course_tools.lessons import ROOT

    parser = argparse.ArgumentParser(
        prog="python -m course_tools",
        description="Make, check and publish the course. CONTRIBUTING.md and TEACHING.md tell how.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, work: Command, text: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        command.set_defaults(command=work)
        return command

    data = add("data", _data, "make the files of the virtual patient again")
    data.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=ROOT / "data",
        help="where to; data/ of the course if none is named",
    )  # fmt: skip

    run = add("run", _run, "run lessons from top to bottom and store their outputs")
    run.add_argument(
        "notebooks", metavar="NOTEBOOK", nargs="*", type=Path,
        help="such as notebooks/en/04a_attributes.ipynb; every lesson if none is named",
    )  # fmt: skip

    add("accept", _accept, "say that the text of both languages now agrees")
    add("messages", _messages, "gather the messages and list those without Russian")
    solutions = add("solutions", _solutions, "write the solutions of all lessons into a folder")
    solutions.add_argument("folder", metavar="FOLDER", type=Path, help="gets a folder per language")
    _add_class(add("class", _class, "lay out a class for nbgrader, collect, examine, report"))

    questions = add("questions", _questions, "write all questions for Moodle, in GIFT")
    questions.add_argument("folder", metavar="FOLDER", type=Path, help="gets a file per language")
    slides = add("slides", _slides, "write the sittings as slides that need no network")
    slides.add_argument("folder", metavar="FOLDER", type=Path, help="gets a folder per language")
    slides.add_argument(
        "sittings", metavar="SITTING", nargs="*", help="such as 01a; every sitting if none is named"
    )
    slides.add_argument(
        "--reveal", metavar="FOLDER", type=Path, default=None,
        help="where reveal.js lies; node_modules/reveal.js of the course if none is named",
    )  # fmt: skip

    bench = add("bench", _bench, "measure the course against what one would pick instead")
    bench.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path("my_work"),
        help="where bench.json and bench.png go; my_work if none is named",
    )  # fmt: skip
    return parser


def _add_class(course: argparse.ArgumentParser) -> None:
    actions = " | ".join(_ACTIONS)
    course.usage = f"python -m course_tools class [{actions}] FOLDER [--language {{en,ru}}]"
    course.formatter_class = argparse.RawDescriptionHelpFormatter
    course.epilog = (
        "  class FOLDER            lay out the folder of a class, or add lessons that are new\n"
        "  class collect FOLDER    sort downloaded/ into submitted/, then look at it (examine)\n"
        "  class examine FOLDER    look at what learners handed in, before it is graded\n"
        "  class feedback FOLDER   write a page for each learner: what was right, and why\n"
        "  class report FOLDER     write report/ and grades.csv from the grades\n\n"
        "TEACHING.md goes through all steps. It needs: pip install -e '.[class]'"
    )
    course.add_argument("action", nargs="?", choices=_ACTIONS, metavar="ACTION",
        help="one of those below; nothing lays the folder out",
    )  # fmt: skip
    course.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of the class")
    course.add_argument(
        "--language", choices=LANGUAGES, default="en",
        help="of the lessons, or of the report; English if none is named",
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 if all went well."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except ModuleNotFoundError as error:
        if str(error.name).startswith(("course_tools", "dicom_lessons")):
            raise
        cure = "pip install -e '.[author,class,bench]'"
        print(f"The package {error.name} is missing. Get it with: {cure}", file=sys.stderr)
    except (OSError, LookupError, ValueError) as error:
        if isinstance(error, KeyError | IndexError):  # no mistake of whoever called
            raise
        print(_sentence(error), file=sys.stderr)
    return 1


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}"
    return str(error).partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
