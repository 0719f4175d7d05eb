"""Solutions are made on demand, and each of them is found right."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from course_tools import lessons, solutions
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.text import _, set_language

LESSONS = list(dict.fromkeys(solutions.lesson_of(path.stem) for path in lessons.notebooks("en")))
languages = pytest.mark.parametrize("language", ["en", "ru"])


def said_by(cells: list[dict[str, Any]]) -> dict[str, str]:
    """Run the code cells one after another and return what each printed."""
    scope: dict[str, Any] = {}
    printed = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec("".join(cell["source"]), scope)
            printed[cell["id"]] = stream.getvalue()
    return printed


@languages
@pytest.mark.parametrize("lesson", LESSONS)
def test_each_solution_is_found_right(
    lesson: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = solutions.made(lesson, language)["cells"]
    printed = said_by(cells)
    set_language(language)
    right = _("Right. {why}", why="")
    ids = [cell["id"] for cell in cells]
    for name, exercise in declared(lesson).items():
        assert printed[f"{name}-check"].startswith(right), printed[f"{name}-check"]
        assert exercise.solution
        assert f"{name}-text" in ids
    assert len(ids) == len(set(ids))


def test_solutions_are_written_with_their_outputs(tmp_path: Path) -> None:
    path = solutions.write_solutions(tmp_path / "answers", "structure", "ru")
    assert path == tmp_path / "answers" / "ru" / "01_structure.ipynb"
    stored = json.loads(path.read_text(encoding="utf-8"))
    outputs = {cell["id"]: str(cell.get("outputs")) for cell in stored["cells"]}
    set_language("ru")
    for name in declared("structure"):
        assert _("Right. {why}", why="") in outputs[f"{name}-check"]


@languages
def test_a_lesson_is_found_by_number_and_by_name(language: str) -> None:
    for path in lessons.notebooks(language):
        number, _underscore, lesson = path.stem.partition("_")
        assert solutions.lesson_of(path.stem) == solutions.lesson_of(lesson) == lesson
        assert solutions.lesson_of(number) == lesson
    with pytest.raises(LookupError, match=r"99_unknown.*01_structure"):
        solutions.lesson_of("99_unknown")


def test_no_solutions_lie_beside_the_lessons() -> None:
    assert not list(lessons.NOTEBOOKS.glob("*/solutions"))
