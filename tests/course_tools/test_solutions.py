"""Solutions notebooks, made and run here: every solution is found right."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_tools import lessons, solutions
from dicom_lessons.exercises.lessons import LESSONS as ROOMS
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.text import _, set_language

LESSONS = [*lessons.notebooks("en"), *lessons.notebooks("ru")]
every = pytest.mark.parametrize(
    "lesson", LESSONS, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def run_cells(notebook: dict[str, Any]) -> dict[str, str]:
    """Run the code cells of a notebook one after another and return what each printed, by id."""
    names: dict[str, Any] = {}
    printed = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()) as said:
                exec(compile(cell["source"], cell["id"], "exec"), names)
            printed[cell["id"]] = said.getvalue()
    return printed


@every
def test_each_solution_is_found_right(
    lesson: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = solutions.made(lesson)
    nbformat.validate(nbformat.from_dict(made))
    printed = run_cells(made)
    set_language(lesson.parent.name)
    for name in solutions.names_in(lesson):
        assert printed[f"{name}-check"].startswith(_("Right. {why}", why=""))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_exercise_is_in_one_of_them(language: str) -> None:
    found = [name for lesson in lessons.notebooks(language) for name in solutions.names_in(lesson)]
    assert sorted(found) == sorted(name for room in ROOMS for name in declared(room))


def test_the_command_writes_them_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"en": lessons.notebooks("en")[:1], "ru": []}
    monkeypatch.setattr(lessons, "notebooks", first.__getitem__)
    (written,) = solutions.write_solutions(tmp_path)
    assert written == tmp_path / "en" / first["en"][0].name
    cells = nbformat.read(written, as_version=4).cells
    outputs = {cell.id: cell.outputs for cell in cells if cell.cell_type == "code"}
    checks = [name for name in outputs if name.endswith("-check")]
    assert checks and all(outputs[name][0].text.startswith("Right. ") for name in checks)
