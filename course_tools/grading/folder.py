"""A class on nbgrader: the course folder, and the look at what came in.

nbgrader itself releases, collects, grades, writes feedback and exports, with its own commands.
"""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course_tools.lessons import NOTEBOOKS, ROOT, write
from dicom_lessons.text import _

CONFIGURATION = Path(__file__).with_name("nbgrader_config.py")
_TELLING = re.compile(
    r"NBGRADER|CHECKS|dicom_lessons\.exercises|exercises\.md|sys\.modules"
    r"|\bcheck\s*=|def check\b|__builtins__"
)


@dataclass(frozen=True)
class Remark:
    """Something in one submission that a teacher should know before grading.

    Attributes
    ----------
    learner, lesson : str
        Whose, and which assignment.
    what : str
        One sentence.
    original : Path or None
        Where the submission as it came is kept, if it could not be graded as it was.
    """

    learner: str
    lesson: str
    what: str
    original: Path | None = None


def lay_out(course: Path, language: str = "en", notebooks: Path = NOTEBOOKS) -> list[Path]:
    """Make an nbgrader course folder; what is there already stays as it is.

    Parameters
    ----------
    course : Path
        A new or empty folder, or an earlier course to which lessons are to be added.
    language : str
        Of the lessons: ``"en"`` or ``"ru"``.
    notebooks : Path
        Folder that holds a folder of lessons per language.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    FileExistsError
        If the folder holds something that is no course.
    """
    if course.is_dir() and any(course.iterdir()) and not (course / "nbgrader_config.py").is_file():
        raise FileExistsError(
            _("{path} holds other files: name a new folder for the course.", path=course)
        )
    written = []
    if not (course / "nbgrader_config.py").exists():
        course.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CONFIGURATION, course / "nbgrader_config.py")
        written.append(course / "nbgrader_config.py")
    if not (course / "helper").exists():
        skipped = shutil.ignore_patterns("__pycache__", "*.pyc", "*.part")
        for folder in ("dicom_lessons", "data"):
            if (ROOT / folder).is_dir():
                shutil.copytree(ROOT / folder, course / "helper" / folder, ignore=skipped)
        written.append(course / "helper")
    for lesson in sorted((notebooks / language).glob("[0-9]*.ipynb")):
        source = course / "source" / lesson.stem / lesson.name
        if graded(read(lesson)) and not source.exists():
            source.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(lesson, source)
            written.append(source)
    return written


def examine(course: Path) -> list[Remark]:
    """Look at all submissions before grading; mend or set aside what would stop nbgrader.

    A submission that nbgrader cannot grade is moved to ``set_aside/``. If the fault is one of
    nbgrader's bookkeeping only (a cell doubled, an exercise deleted), a mended copy takes its
    place: no code of the learner is changed.

    Raises
    ------
    FileNotFoundError
        If the folder is no course.
    """
    if not (course / "nbgrader_config.py").is_file():
        raise FileNotFoundError(
            _("{path} is no course: lay it out with python -m course_tools class.", path=course)
        )
    remarks: list[Remark] = []
    for submission in sorted((course / "submitted").glob("*/*")):
        learner, lesson = submission.parts[-2:]
        source = course / "source" / lesson / f"{lesson}.ipynb"
        if source.is_file():
            remarks += _examined(course, submission / source.name, learner, lesson)
    return remarks


def _examined(course: Path, notebook: Path, learner: str, lesson: str) -> Iterator[Remark]:
    if not notebook.is_file():
        others = ", ".join(sorted(path.name for path in notebook.parent.iterdir()))
        what = _("There is no {name}, only: {others}.", name=notebook.name, others=others)
        yield Remark(learner, lesson, what)
        return
    for other in sorted(notebook.parent.rglob("*.py")):
        yield Remark(learner, lesson, _("{name} beside it is not used.", name=other.name))
    try:
        content = _valid(notebook)
    except Exception as error:  # whatever JSON or nbformat make of it
        reason = str(error).partition("\n")[0][:120]
        what = _("It cannot be read as a notebook: {error}. Ask for it again.", error=reason)
        yield Remark(learner, lesson, what, _set_aside(course, notebook))
        return
    source = read(course / "source" / lesson / notebook.name)
    mended = _mend(content, source)
    if mended:
        original = _set_aside(course, notebook)
        write(notebook, content)
        yield from (Remark(learner, lesson, what, original) for what in mended)
    # what the lesson itself says needs no reading
    own = {"".join(cell["source"]) for cell in source["cells"]}
    for cell in content["cells"]:
        text = "".join(cell["source"])
        told = _TELLING.search(text)
        added = text not in own and not grade_id(cell).endswith("-check")
        if cell["cell_type"] == "code" and told and added:
            yield Remark(learner, lesson, _("Read it yourself: it says {code!r}.", code=told[0]))


def _valid(notebook: Path) -> dict[str, Any]:
    content = read(notebook)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing or doubled cell ids: nbgrader does not mind
        nbformat.validate(content, version=4)
    return content


def _mend(content: dict[str, Any], source: dict[str, Any]) -> list[str]:
    """Make nbgrader's metadata of a submission whole, and say what was done."""
    wanted = {grade_id(cell): cell for cell in source["cells"] if grade_id(cell)}
    done: list[str] = []
    seen: set[str] = set()
    for cell in reversed(content["cells"]):
        if "nbgrader" not in cell["metadata"]:
            continue
        name = grade_id(cell)
        if name in seen or name not in wanted:
            del cell["metadata"]["nbgrader"]
            done.append(
                _("Cell {name} was there twice: the last one is the answer.", name=name)
                if name in seen
                else _("Cell {name!r} is none of this lesson: it is not graded.", name=name)
            )
            continue
        seen.add(name)
        right = wanted[name]["metadata"]["nbgrader"]
        if not right.items() <= cell["metadata"]["nbgrader"].items():
            cell["metadata"]["nbgrader"].update(right)
            done.append(_("The metadata of cell {name} were changed: they are back.", name=name))
    for name in graded(source):
        answer = name.removesuffix("-check")
        if name not in seen and answer in wanted and answer not in seen:
            content["cells"].append({**wanted[answer], "id": f"{answer}-again"})
            done.append(_("Exercise {name} was deleted: it is back, blank.", name=answer))
    return done


def _set_aside(course: Path, notebook: Path) -> Path:
    folder = course / "set_aside" / Path(*notebook.parts[-3:-1])
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir())) + 1
    return notebook.rename(folder / f"{number}_{notebook.name}")


def read(notebook: Path) -> dict[str, Any]:
    """Return the content of a notebook."""
    content: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    return content


def grade_id(cell: dict[str, Any]) -> str:
    """Return what nbgrader calls a cell; empty if it does not know it."""
    about = cell["metadata"].get("nbgrader")
    return str(about.get("grade_id", "")) if isinstance(about, dict) else ""


def graded(notebook: dict[str, Any]) -> list[str]:
    """Return nbgrader's names of the cells of a lesson that give points."""
    cells = notebook["cells"]
    return [grade_id(cell) for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
