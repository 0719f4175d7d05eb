"""The solutions of a lesson, made on demand from its declarations and its text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from course_tools import lessons
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise, Parsons, bound_by, bound_name
from dicom_lessons.exercises.lessons import LESSONS, declared
from dicom_lessons.text import N_, _, language, set_language

Cell = dict[str, Any]

_INTRODUCTION = N_(
    "Every exercise with one right answer, and what `check` says to it and to each likely wrong "
    "one. Try by yourself first: the lesson's `hint` goes a step at a time. Nothing that runs here "
    "counts as your progress."
)

_SORTS = {"w": N_("Warm-up"), "p": N_("Prediction"), "t": N_("Claim on trial")}


def write_solutions(folder: Path, lesson: str, language: str) -> Path:
    """Write the solutions of one lesson in one language, executed, and return their path.

    Parameters
    ----------
    folder : Path
        Where they go: a folder per language is made in it.
    lesson : str
        Its module, such as ``"structure"``.
    language : str
        ``"en"`` or ``"ru"``.
    """
    solutions = folder / language / f"{LESSONS[lesson]}_{lesson}.ipynb"
    solutions.parent.mkdir(parents=True, exist_ok=True)
    lessons.write(solutions, made(lesson, language))
    lessons.write(solutions, lessons.run(solutions))
    return solutions


def made(lesson: str, tongue: str) -> dict[str, Any]:
    """Return the solutions of one lesson as a notebook that has not run yet."""
    sittings = [path for path in lessons.notebooks(tongue) if lesson_of(path.stem) == lesson]
    read = [json.loads(path.read_text(encoding="utf-8"))["cells"] for path in sittings]
    asked = {cell["id"]: "".join(cell["source"]) for cells in read for cell in cells}
    first = ("".join(cell["source"]) for cell in read[0])
    title = next(text for text in first if text.startswith("# ")).splitlines()[0]
    before = language()
    set_language(tongue)
    try:
        cells = _opening(title, tongue)
        for exercise in declared(lesson).values():
            cells += _solved(exercise, asked)
    finally:
        set_language(before)
    metadata = lessons.METADATA
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def lesson_of(name: str) -> str:
    """Return the module of a lesson from its number, its notebook's name or its own.

    Raises
    ------
    LookupError
        If there is no such lesson; the message lists those there are.

    >>> lesson_of("01"), lesson_of("01_structure"), lesson_of("structure")
    ('structure', 'structure', 'structure')
    """
    stems = [path.stem for path in lessons.notebooks("en")]
    for stem in stems:
        number, _underscore, lesson = stem.partition("_")
        if lesson in LESSONS and name in {number, number[:2], stem, lesson}:
            return lesson
    raise LookupError(f"There is no lesson {name!r}, only: {', '.join(stems)}.")


def _opening(title: str, tongue: str) -> list[Cell]:
    heading = _("# Solutions of {title}", title=title.removeprefix("# "))
    setting = (
        "import os\n\nfrom dicom_lessons import check, set_language\n\n"
        f'os.environ["DICOM_LESSONS_PROGRESS"] = "off"\nset_language("{tongue}")'
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
    said = [(mistake.answer, _(mistake.why)) for mistake in exercise.mistakes]
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
    # as ruff formats it: an empty line after the imports
    source = re.sub(r"\A((?:(?:from|import) .+\n)+)(?!from |import )(?=.)", r"\1\n", source)
    blank: Cell = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "id": name, "source": source, **blank}
