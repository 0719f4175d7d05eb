"""The look at what came in, before it is graded: mended, set aside, or named for a teacher."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_tools.grading.cells import (
    Notebook,
    by_name,
    grade_id,
    opened,
    read,
    require_course,
    text_of,
)
from course_tools.grading.mend import mend
from course_tools.grading.suspicion import aliases, suspicions
from course_tools.lessons import NOTEBOOKS, write
from dicom_lessons.exercises.lessons import find
from dicom_lessons.text import _, short

_HIDDEN = re.compile(r"\n*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*", flags=re.S)
_LONG_ANSWER = 120
"""Characters from which on two answers that are the same letter by letter are no chance."""


@dataclass(frozen=True)
class Remark:
    """Something in one submission that a teacher should know before grading."""

    learner: str
    lesson: str
    what: str  # one sentence
    original: Path | None = None  # the submission as it came, if it could not be graded so


def examine(course: Path) -> list[Remark]:
    """Look at all submissions before grading; mend or set aside what would stop nbgrader.

    A submission that nbgrader cannot grade is moved to ``set_aside/``. If the fault is one of
    the file's form or of nbgrader's bookkeeping only (a cell doubled, metadata lost), a mended
    copy takes its place: no code of the learner is changed. What a learner added to the lesson
    and a teacher should read is named with cell and line. All of it is kept for the report.

    Raises
    ------
    FileNotFoundError
        If the folder is no course.
    """
    require_course(course)
    found: dict[tuple[str, str], list[Remark]] = {}
    answers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for submission in sorted((course / "submitted").glob("*/*")):
        learner, lesson = submission.parts[-2:]
        notebook = submission / f"{lesson}.ipynb"
        if not (course / "source" / lesson / notebook.name).is_file():
            continue
        remarks = found[learner, lesson] = []
        try:
            remarks += _examined(course, notebook, learner, lesson)
            for name, text in _long_answers(notebook):
                answers[lesson, name, text].add(learner)
        except Exception as error:  # one of them never stops the look at the others
            what = _("It could not be looked at: {error}.", error=short(error, 120))
            remarks.append(Remark(learner, lesson, what))
    for (lesson, name, _text), learners in sorted(answers.items()):
        for learner in sorted(learners) if len(learners) > 1 else ():
            others = ", ".join(sorted(learners - {learner}))
            what = _("{name} is letter for letter that of {others}: ask.", name=name, others=others)
            found[learner, lesson].append(Remark(learner, lesson, what))
    for (learner, lesson), remarks in found.items():
        _remember(course, learner, lesson, remarks)
    return [remark for remarks in found.values() for remark in remarks]


def _examined(course: Path, notebook: Path, learner: str, lesson: str) -> Iterator[Remark]:
    if not notebook.parent.is_dir() or not notebook.exists():
        beside = notebook.parent.iterdir() if notebook.parent.is_dir() else [notebook.parent]
        others = ", ".join(sorted(short(path.name) for path in beside))
        what = _("There is no {name}, only: {others}.", name=notebook.name, others=others)
        yield Remark(learner, lesson, what)
        return
    for other in sorted(notebook.parent.rglob("*.py")):
        what = _("{name} beside it is not used.", name=short(other.name))
        yield Remark(learner, lesson, what)
    try:
        if not notebook.is_file():
            raise ValueError(_("it is no file"))
        content, mended = opened(notebook.read_bytes())
    except ValueError as error:
        what = _("It cannot be read as a notebook: {error}. Ask for it again.", error=error)
        yield Remark(learner, lesson, what, set_aside(course, notebook))
        return
    source = read(course / "source" / lesson / notebook.name)
    # to a file in disorder all may have happened: then its own remarks come first
    mended += mend(content, source)
    if mended:
        original = set_aside(course, notebook)
        write(notebook, content)
        yield from (Remark(learner, lesson, what, original) for what in mended)
    yield from (Remark(learner, lesson, what) for what in _added(content, source, lesson))


def _added(content: Notebook, source: Notebook, lesson: str) -> Iterator[str]:
    """Yield what a teacher should read among the lines that are none of the lesson's."""
    wanted = by_name(source)
    copies = [NOTEBOOKS / language / f"{lesson}.ipynb" for language in ("en", "ru")]
    lessons = [source, *(read(path) for path in copies if path.is_file())]
    own = {line.strip() for one in lessons for cell in one["cells"] for line in _lines(cell)}
    known = aliases(text_of(one) for one in content["cells"] if one["cell_type"] == "code")
    for number, cell in enumerate(content["cells"], 1):
        name = grade_id(cell)
        if name.endswith("-check"):
            if _plain(_HIDDEN.sub("", text_of(wanted[name]))) != _plain(text_of(cell)):
                yield _("The check cell {name} was changed: the original is graded.", name=name)
        elif cell["cell_type"] == "code":
            for line, reason in suspicions(text_of(cell), known):
                code = [*_lines(cell), *[""] * line][line - 1].strip()
                if code not in own:
                    yield _(
                        "Read it yourself: cell {cell}, line {line} {reason}: {code}",
                        cell=f"{number} ({name})" if name else number,
                        line=line,
                        reason=_(reason),
                        code=short(code, 100),
                    )


def _lines(cell: dict[str, Any]) -> list[str]:
    return text_of(cell).splitlines()


def _plain(text: str) -> str:
    """Return code without what changes nothing: comments, blanks, kind of quotes."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return text.strip()


def _long_answers(notebook: Path) -> Iterator[tuple[str, str]]:
    if notebook.is_file():
        for cell in read(notebook)["cells"]:
            name, text = grade_id(cell), text_of(cell).strip()
            if cell["metadata"].get("nbgrader", {}).get("solution") and len(text) >= _LONG_ANSWER:
                try:
                    models = [find(name).solution, *find(name).also_right]
                except LookupError:
                    models = []
                if _plain(text) not in map(_plain, models):
                    yield name, text


def set_aside(course: Path, notebook: Path) -> Path:
    """Move a submission out of nbgrader's way and return where it lies now."""
    folder = course / "set_aside" / Path(*notebook.parts[-3:-1])
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir())) + 1
    return Path(shutil.move(notebook, folder / f"{number}_{notebook.name}"))


def _remember(course: Path, learner: str, lesson: str, remarks: list[Remark]) -> None:
    """Keep the remarks for the report, with those of an earlier look at the same file."""
    notebook = course / "submitted" / learner / lesson / f"{lesson}.ipynb"
    raw = notebook.read_bytes() if notebook.is_file() else b""
    digest = hashlib.sha256(raw).hexdigest()
    path = course / "examined" / learner / f"{lesson}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    before = earlier["remarks"] if earlier.get("digest") == digest else []
    said = list(dict.fromkeys([*before, *(remark.what for remark in remarks)]))
    path.write_text(json.dumps({"digest": digest, "remarks": said}), encoding="utf-8")


def remembered(course: Path) -> dict[tuple[str, str], list[str]]:
    """Return the remarks of all looks so far, by learner and sitting."""
    paths = sorted((course / "examined").glob("*/*.json"))
    return {(path.parent.name, path.stem): json.loads(path.read_text("utf-8"))["remarks"]
            for path in paths}  # fmt: skip
