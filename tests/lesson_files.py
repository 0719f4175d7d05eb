"""Notebooks as tests see them: cells by id, prose apart from code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from course_tools import lessons
from dicom_lessons.exercises import lessons as declarations

Cell = dict[str, Any]
LESSONS = [path.stem for path in lessons.notebooks("en")]
EVERY = [
    path
    for language in ("en", "ru")
    for path in sorted((lessons.NOTEBOOKS / language).rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]
LESSON_FILES = [path for language in ("en", "ru") for path in lessons.notebooks(language)]


def sittings_of(room: str, language: str = "en") -> list[Path]:
    """Return the notebooks of a room's lesson, in order."""
    number = declarations.LESSONS[room][:2]
    return [path for path in lessons.notebooks(language) if path.stem.startswith(number)]


def cells_of(room: str, language: str = "en", kind: str | None = None) -> list[Cell]:
    """Return the cells of all sittings of a room's lesson, and those of its exercises elsewhere."""
    own = sittings_of(room, language)
    elsewhere = [
        cell
        for path in lessons.notebooks(language)
        if path not in own
        for cell in cells(path, kind)
        if re.match(rf"{room}-\d", cell["id"])
    ]
    return [cell for path in own for cell in cells(path, kind)] + elsewhere


def name(path: Path) -> str:
    return path.relative_to(lessons.NOTEBOOKS).as_posix()


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def cells(path: Path, kind: str | None = None) -> list[Cell]:
    return [cell for cell in load(path)["cells"] if kind in (None, cell["cell_type"])]


def source(cell: Cell) -> str:
    return "".join(cell["source"])


def tags(cell: Cell) -> list[str]:
    return list(cell["metadata"].get("tags", []))


def without_code(text: str) -> str:
    """Return prose without code blocks, code spans, formulas and link targets."""
    text = re.sub(r"```.*?```", " ", text, flags=re.S)
    text = re.sub(r"`[^`\n]*`", " ", text)
    text = re.sub(r"\$[^$\n]+\$", " ", text)
    return re.sub(r"\]\([^)]*\)", "]", text)
