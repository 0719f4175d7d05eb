"""Commands for authors and teachers: ``python -m course_tools COMMAND``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dicom_lessons import commands, places

LANGUAGES = ("en", "ru")
_ACTIONS = ("collect", "examine", "feedback", "report")
Command = Callable[[argparse.Namespace], int]
_EXAMPLES = {
    "run": "notebooks/en/04a_attributes.ipynb",
    "solutions": "my_work",
    "class": "my_class",
    "bench": "my_work",
    "live": "build/live",
}


def _listed(told: Iterable[object]) -> int:
    for one in told:
        print(one)
    return 0


def _data(arguments: argparse.Namespace) -> int:
    from course_tools.patient import write_patient

    return _listed(write_patient(places.ready(arguments.folder)))


def _idc(_arguments: argparse.Namespace) -> int:
    from course_tools import idc

    return _listed(idc.write_excerpt())


def _run(arguments: argparse.Namespace) -> int:
    from nbclient.exceptions import CellExecutionError

    from course_tools import lessons

    every = arguments.notebooks or [*lessons.notebooks("en"), *lessons.notebooks("ru")]
    for notebook in every:
        lessons.require_notebook(notebook)
    for notebook in every:
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

    return _listed(write_solutions(places.ready(arguments.folder)))


def _questions(arguments: argparse.Namespace) -> int:
    from course_tools.question_bank import write_questions

    return _listed(write_questions(arguments.folder))


def _about(_arguments: argparse.Namespace) -> int:
    from course_tools.about import write_about

    return _listed(write_about())


def _links(_arguments: argparse.Namespace) -> int:
    from course_tools.links import dead, links

    return _listed(dead(links()))


def _cards(arguments: argparse.Namespace) -> int:
    from course_tools.cards import write_cards

    return _listed(write_cards(places.ready(arguments.folder)))


def _slides(arguments: argparse.Namespace) -> int:
    from course_tools.slides import write_slides

    return _listed(write_slides(arguments.folder, arguments.sittings, arguments.reveal))


def _site(arguments: argparse.Namespace) -> int:
    from course_tools.site import write_site

    return _listed(write_site(arguments.folder))


def _live(arguments: argparse.Namespace) -> int:
    from course_tools.live.build import build

    folder = build(arguments.folder, arguments.parts)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 2**20:.0f} MB")
    print(f"python -m http.server --bind 127.0.0.1 -d {folder}")
    return 0


def _class(arguments: argparse.Namespace) -> int:
    from course_tools.grading import collect, feedback, folder, report_files
    from dicom_lessons.text import set_language, short

    set_language(arguments.language)
    if arguments.action == "report":
        _listed(report_files.write_report(arguments.folder))
    elif arguments.action == "feedback":
        _listed(feedback.write_feedback(arguments.folder))
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
        _listed(folder.lay_out(arguments.folder, arguments.language))
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from course_tools import bench

    if arguments.only:
        return _listed(bench.lines_of(arguments.only))
    bench.run(places.ready(arguments.folder))
    return 0


def _confusion(arguments: argparse.Namespace) -> int:
    from course_tools import confusion

    return _listed(confusion.lines(arguments.files))


def _fuzz(arguments: argparse.Namespace) -> int:
    if not hasattr(os, "fork"):
        raise ValueError("fuzz runs each file in a forked process: use Linux or macOS.")
    from course_tools import fuzz

    return fuzz.main(arguments.files, arguments.seed, arguments.folder, arguments.keep)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands for authors and teachers."""
    from course_tools.lessons import ROOT

    every = argparse.ArgumentParser(
        prog="python -m course_tools",
        description="Make, check and publish the course. CONTRIBUTING.md and TEACHING.md tell how.",
    )
    known = every.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, work: Command, text: str) -> argparse.ArgumentParser:
        return commands.add(known, name, work, text, _EXAMPLES.get(name, ""))

    add("idc", _idc, "take the excerpt of the public index of lesson 12 again")
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
    add("about", _about, "copy authors and addresses from pyproject.toml to where they are read")
    add("links", _links, "ask every link out of the course, and warn of those that do not answer")
    add("messages", _messages, "gather the messages and list those without Russian")
    solutions = add("solutions", _solutions, "write the solutions of all lessons into a folder")
    solutions.add_argument("folder", metavar="FOLDER", type=Path, help="gets a folder per language")
    text = "build the lessons that run in a browser, with nothing installed"
    _add_live(add("live", _live, text))
    _add_class(add("class", _class, "lay out a class for nbgrader, collect, examine, report"))
    _add_publishing(add)

    bench = add("bench", _bench, "measure the course against what one would pick instead")
    bench.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path("my_work"),
        help="where bench.json and bench.png go (my_work if none is named)",
    )  # fmt: skip
    parts = ["clinic", "collection", "live", "network", "site", "volume"]
    bench.add_argument("--only", metavar="PART", choices=parts, help="print this part alone")

    confusion = add("confusion", _confusion, "plant every fault of the clinic, print what is named")
    confusion.add_argument(
        "--files", type=int, default=12, help="good files for each fault; 12 if not said"
    )

    _add_fuzz(known)
    return every


def _add_publishing(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    questions = add("questions", _questions, "write all questions for Moodle, in GIFT")
    questions.add_argument("folder", metavar="FOLDER", type=Path, help="gets a file per language")
    cards = add("cards", _cards, "write a cheat sheet to print and a deck for Anki")
    cards.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path("my_work"),
        help="gets them in each language (my_work if none is named)",
    )  # fmt: skip
    slides = add("slides", _slides, "write the sittings as slides that need no network")
    slides.add_argument("folder", metavar="FOLDER", type=Path, help="gets a folder per language")
    slides.add_argument(
        "sittings", metavar="SITTING", nargs="*", help="such as 01a; every sitting if none is named"
    )
    slides.add_argument(
        "--reveal", metavar="FOLDER", type=Path, default=None,
        help="where reveal.js lies; node_modules/reveal.js of the course if none is named",
    )  # fmt: skip

    site = add("site", _site, "write the course as a web site that needs no other server")
    site.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path("my_work/site"),
        help="gets a folder per language (my_work/site if none is named)",
    )  # fmt: skip


def _add_fuzz(known: Any) -> None:
    text = "feed every reader mutated files and list what goes wrong"
    fuzz = commands.add(known, "fuzz", _fuzz, text, "--files 1000 --keep my_work/fuzz")
    fuzz.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path,
        help="files to mutate besides those that the course has",
    )  # fmt: skip
    fuzz.add_argument("--files", type=int, default=1000, help="how many; 1000 if not said")
    fuzz.add_argument("--seed", type=int, default=0, help="another one gives other files")
    fuzz.add_argument("--keep", metavar="FOLDER", type=Path, help="gets files that show a fault")


def _add_live(live: argparse.ArgumentParser) -> None:
    from course_tools.lessons import ROOT

    live.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=ROOT / "build" / "live",
        help="an older site there is replaced; build/live of the course if none is named",
    )  # fmt: skip
    live.add_argument(
        "--parts", metavar="FOLDER", type=Path, default=ROOT / "build" / "pyodide",
        help="holds Pyodide's archive, unpacked, and gets the wheels that it lacks; "
        "build/pyodide of the course if none is named",
    )  # fmt: skip


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
    return commands.run(
        parser(), arguments, "pip install -e '.[author,bench,cards,class,live,site]'"
    )


if __name__ == "__main__":
    sys.exit(main())
