"""Open the course: ``dicom-lessons [FOLDER]``, which is ``python -m dicom_lessons open [FOLDER]``.

The notebooks are copied into a folder of the learner first, and nothing in it is overwritten.
"""

from __future__ import annotations

import argparse
import locale
import os
from pathlib import Path

from dicom_lessons import commands, shipped
from dicom_lessons.text import LANGUAGES, _, ngettext, set_language

FOLDER = Path("dicom_lessons_course")
_COMMANDS = ("check", "media", "mirror", "open")


def copy_course(folder: Path) -> tuple[list[Path], list[Path]]:
    """Copy the notebooks of both languages, and the pages that they link to, into a folder.

    Parameters
    ----------
    folder : Path
        It is made if need be.

    Returns
    -------
    tuple of two lists of Path
        What was added, and what stayed because it differs from the course's own; both relative
        to the folder.
    """
    added, kept = [], []
    for source in _files():
        relative = source.relative_to(shipped.NOTEBOOKS)
        target = folder / relative
        content = source.read_bytes()
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("xb") as file:
                file.write(content)
            added.append(relative)
        except FileExistsError:
            if not target.is_file() or target.read_bytes() != content:
                kept.append(relative)
    return added, kept


def _files() -> list[Path]:
    pages = sorted(shipped.NOTEBOOKS.glob("*.md"))
    return pages + [path for language in LANGUAGES for path in _lessons(language)]


def _lessons(language: str) -> list[Path]:
    return sorted((shipped.NOTEBOOKS / language).glob("[0-9]*.ipynb"))


def open_course(folder: Path, language: str, *, only_copy: bool, browser: bool = True) -> int:
    """Copy the course, say where it lies and what was kept, and start JupyterLab there."""
    set_language(language)
    try:
        added, kept = copy_course(folder)
    except OSError as error:
        reason = commands.sentence(error)
        raise OSError(
            _("The course cannot be copied there. {reason}. Name another folder.", reason=reason)
        ) from error
    print(_("The course lies in {folder}.", folder=folder.resolve()))
    if added:
        print(ngettext("{count} file was added.", "{count} files were added.", len(added)))
    if kept:
        names = ", ".join(path.as_posix() for path in kept)
        print(_("Kept as you have them: {names}.", names=names))
        print(_("To get one of them anew, rename yours and run this command again."))
    if not only_copy:
        print(_("JupyterLab opens now. To end it, press Ctrl+C here."))
        _start_jupyterlab(folder, f"{language}/{_lessons(language)[0].name}", browser)
    return 0


def _start_jupyterlab(folder: Path, notebook: str, browser: bool) -> None:
    from jupyterlab.labapp import main as jupyterlab

    os.chdir(folder)
    # JupyterLab would take the folder of the notebook for the whole course
    options = ["--ServerApp.root_dir=.", f"--LabApp.default_url=/lab/tree/{notebook}"]
    jupyterlab(options if browser else [*options, "--no-browser"])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what both commands understand."""
    parser.description = (
        "Copy the notebooks into a folder of yours and open them in JupyterLab. What is in the "
        "folder already stays as it is; lessons that are new are added."
    )
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path,
        help=f"where the notebooks go; {FOLDER} if none is named",
    )  # fmt: skip
    parser.add_argument(
        "--language", choices=LANGUAGES,
        help="of the lesson that opens first; the system's if none is named",
    )  # fmt: skip
    parser.add_argument("--only-copy", action="store_true", help="copy, and open nothing")
    parser.add_argument(
        "--no-browser", action="store_true", help="start JupyterLab and show its address only"
    )


def follow(arguments: argparse.Namespace) -> int:
    """Do what the arguments of either command ask for."""
    folder = arguments.folder
    if folder is None:
        # whoever stands in the folder of the course wants no second one inside it
        folder = Path() if Path.cwd().name == FOLDER.name else FOLDER
    language = arguments.language or system_language()
    browser = not arguments.no_browser
    return open_course(folder, language, only_copy=arguments.only_copy, browser=browser)


def system_language() -> str:
    """Return ``"ru"`` where the system speaks Russian, else ``"en"``."""
    return "ru" if (locale.getlocale()[0] or "").lower().startswith("ru") else "en"


def main(arguments: list[str] | None = None) -> int:
    """Run ``dicom-lessons`` and return the exit status: 0 if all went well."""
    parser = argparse.ArgumentParser(
        prog="dicom-lessons", epilog="Example: dicom-lessons my_course --language ru"
    )
    add_arguments(parser)
    parser.set_defaults(command=follow)
    name = str(parser.parse_args(arguments).folder)
    if name in _COMMANDS:
        parser.error(f"{name} is a command: python -m dicom_lessons {name}")
    return commands.run(parser, arguments)
