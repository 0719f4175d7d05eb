"""Submissions as learners hand them in: a released lesson with answers, and what befalls it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from course_tools.grading import folder as classroom
from course_tools.lessons import NOTEBOOKS
from dicom_lessons.exercises.lessons import find

Notebook = dict[str, Any]


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("class") / "course"
    classroom.lay_out(course)
    return course


def link(laid_out: Path, folder: Path) -> None:
    """Make a folder a course that shares its lessons with another."""
    for name in ("source", "nbgrader_config.py"):
        (folder / name).symlink_to(laid_out / name)


@pytest.fixture
def course(laid_out: Path, tmp_path: Path) -> Path:
    link(laid_out, tmp_path)
    return tmp_path


def released(lesson: str, language: str = "en") -> Notebook:
    return classroom.read(NOTEBOOKS / language / f"{lesson}.ipynb")


def names_of(notebook: Notebook) -> list[str]:
    return [name.removesuffix("-check") for name in classroom.graded(notebook)]


def filled(notebook: Notebook, answers: dict[str, str]) -> Notebook:
    """Return a notebook with the sources of answer cells put in."""
    done = copy.deepcopy(notebook)
    for cell in done["cells"]:
        if (name := classroom.grade_id(cell)) in answers:
            cell["source"] = answers[name]
    return done


def answered(lesson: str, language: str = "en") -> Notebook:
    """Return a lesson with the model solutions of all exercises in its answer cells."""
    notebook = released(lesson, language)
    return filled(notebook, {name: find(name).solution for name in names_of(notebook)})


def code(source: str, name: str = "mine") -> dict[str, Any]:
    blank: Notebook = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "id": name, "source": source, **blank}


def with_cells(notebook: Notebook, *sources: str) -> Notebook:
    """Return a notebook with cells put in behind its first code cell."""
    done = copy.deepcopy(notebook)
    cells = [code(source, f"mine-{number}") for number, source in enumerate(sources)]
    done["cells"][2:2] = cells
    return done


def as_bytes(notebook: Notebook) -> bytes:
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def without_marks(notebook: Notebook) -> Notebook:
    """Return a notebook that has lost its cell ids and nbgrader's metadata."""
    done = copy.deepcopy(notebook)
    done["nbformat_minor"] = 4
    for cell in done["cells"]:
        del cell["id"]
        cell["metadata"].pop("nbgrader", None)
    return done
