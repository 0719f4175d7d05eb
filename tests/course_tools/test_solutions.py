"""Solutions notebooks are what the declarations and the lessons make of them today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from course_tools import lessons, solutions
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.text import _, set_language

LESSONS = [*lessons.notebooks("en"), *lessons.notebooks("ru")]
every = pytest.mark.parametrize(
    "lesson", LESSONS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def cells_of(notebook: dict[str, Any]) -> list[list[Any]]:
    return [
        [cell["id"], cell["cell_type"], cell["metadata"], "".join(cell["source"])]
        for cell in notebook["cells"]
    ]


@every
def test_solutions_are_made_anew(lesson: Path) -> None:
    stored = json.loads(solutions.path_of(lesson).read_text(encoding="utf-8"))
    message = "run: python -m course_tools solutions"
    assert cells_of(stored) == cells_of(solutions.made(lesson)), message


@every
def test_each_solution_was_found_right(lesson: Path) -> None:
    set_language(lesson.parent.name)
    stored = json.loads(solutions.path_of(lesson).read_text(encoding="utf-8"))
    outputs = {
        cell["id"]: "".join("".join(output.get("text", "")) for output in cell["outputs"])
        for cell in stored["cells"]
        if cell["cell_type"] == "code"
    }
    for name, exercise in declared(solutions.lesson_of(lesson)).items():
        right = _("Right. {why}", why="")
        assert outputs[f"{name}-check"].startswith(right), outputs[f"{name}-check"]
        assert exercise.solution


def test_no_solutions_lie_about_without_a_lesson() -> None:
    found = set(lessons.NOTEBOOKS.glob("*/solutions/*.ipynb"))
    assert found == {solutions.path_of(lesson) for lesson in LESSONS}
