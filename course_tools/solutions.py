"""The solutions notebooks, made when they are wanted from the exercises and the lessons' text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_tools import lessons
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise, Parsons
from dicom_lessons.exercises.lessons import find
from dicom_lessons.exercises.sources import bound_by, bound_name
from dicom_lessons.text import LANGUAGES, N_, _, language, set_language

Cell = dict[str, Any]

_INTRODUCTION = N_(
    "Every exercise with one right answer, and what `check` says to it and to each likely wrong "
    "one. Try by yourself first: the lesson's `hint` goes a step at a time. Nothing that runs here "
    "counts as your progress."
)

_SORTS = {"w": N_("Warm-up"), "p": N_("Prediction"), "t": N_("Claim on trial")}


def write_solutions(folder: Path) -> Iterator[Path]:
    """Write the solutions of every lesson, executed, below a folder per language."""
    for each in LANGUAGES:
        (folder / each).mkdir(parents=True, exist_ok=True)
        for lesson in lessons.notebooks(each):
            solutions = folder / each / lesson.name
            lessons.write(solutions, made(lesson))
            lessons.write(solutions, lessons.run(solutions))
            yield solutions


def made(lesson: Path) -> dict[str, Any]:
    """Return the solutions of one lesson as a notebook that has not run yet."""
    before = language()
    set_language(lesson.parent.name)
    try:
        cells = json.loads(lesson.read_text("utf-8"))["cells"]
        asked = {cell["id"]: "".join(cell["source"]) for cell in cells}
        title = next(text for text in asked.values() if text.startswith("# ")).splitlines()[0]
        cells = _opening(title, lesson.parent.name)
        for name in names_in(lesson):
            cells += _solved(find(name), asked)
    finally:
        set_language(before)
    metadata = lessons.METADATA
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def names_in(lesson: Path) -> list[str]:
    """Return the exercises that a lesson's code asks, in the order in which they come."""
    cells = json.loads(lesson.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return list(dict.fromkeys(re.findall(r"\b(?:check|predict|quiz)\(\s*[\"']([^\"']+)", code)))


def _opening(title: str, chosen: str) -> list[Cell]:
    heading = _("# Solutions of {title}", title=title.removeprefix("# "))
    setting = (
        "import os\n\nfrom dicom_lessons import check, set_language\n\n"
        f'os.environ["DICOM_LESSONS_PROGRESS"] = "off"\nset_language("{chosen}")'
    )
    return [_text("opening", f"{heading}\n\n{_(_INTRODUCTION)}"), _code("language", setting)]


def _solved(exercise: Exercise, asked: dict[str, str]) -> list[Cell]:
    name = exercise.name
    check = asked.get(f"{name}-check", "").removeprefix("from dicom_lessons import check").strip()
    return [
        _text(f"{name}-text", _question(exercise, asked.get(f"{name}-text", ""))),
        _code(name, exercise.solution.strip()),
        _code(f"{name}-check", check or f'check("{name}", {bound_name(exercise.solution)})'),
        *_wrong(exercise),
    ]


def _question(exercise: Exercise, asked: str) -> str:
    if asked.startswith("#"):
        return re.sub(r"^#+", "##", asked)
    sort, number = re.findall(r"([a-z]?)(\d+)$", exercise.name)[0]
    lines = [f"## {_(_SORTS.get(sort, N_('Question')))} {number}", "", _(exercise.question), ""]
    if isinstance(exercise, Choice):
        options = [_(option.text) for option in exercise.options]
        lines += [f"- {letter}. {text}" for letter, text in zip(LETTERS, options, strict=False)]
    if isinstance(exercise, Parsons):
        numbered = zip(LETTERS, exercise.lines, strict=False)
        lines += ["```", *(f"{letter}. {line}" for letter, line in numbered), "```"]
    return "\n".join(lines).strip()


def _wrong(exercise: Exercise) -> list[Cell]:
    said = [(mistake.text, _(mistake.why)) for mistake in exercise.mistakes]
    if isinstance(exercise, Choice):
        right = bound_by(exercise.solution)
        options = zip(LETTERS, exercise.options, strict=False)
        said = [(letter, _(option.why)) for letter, option in options if letter != right]
    if not said:
        return []
    # a whole function would hide the sentence that explains it; "<" alone begins no markup
    said = [(wrong, why if "`" in why else why.replace("<", "\\<")) for wrong, why in said]
    rows = [f"- {why}" if "\n" in wrong else f"- `{wrong}`: {why}" for wrong, why in said]
    return [_text(f"{exercise.name}-wrong", "\n".join([_("Likely wrong answers:"), "", *rows]))]


def _text(name: str, source: str) -> Cell:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str, source: str) -> Cell:
    blank: Cell = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "id": name, "source": source, **blank}
