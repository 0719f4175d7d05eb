"""Notebooks as they come: opened whatever their encoding, their cells by nbgrader's names."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import nbformat

from course_tools.lessons import METADATA
from dicom_lessons.text import _, short

Cell = dict[str, Any]
Notebook = dict[str, Any]
MOST_BYTES = 200 * 2**20


def read(notebook: Path) -> Notebook:
    """Return the content of a notebook."""
    content: Notebook = json.loads(notebook.read_text(encoding="utf-8"))
    return content


def require_course(course: Path) -> None:
    """Refuse a folder that is no course of nbgrader."""
    if not (course / "nbgrader_config.py").is_file():
        raise FileNotFoundError(
            _("{path} is no course: lay it out with python -m course_tools class.", path=course)
        )


def text_of(cell: Cell) -> str:
    """Return the text of a cell."""
    return "".join(cell["source"])


def grade_id(cell: Cell) -> str:
    """Return what nbgrader calls a cell; empty if it does not know it."""
    about = cell["metadata"].get("nbgrader")
    return str(about.get("grade_id", "")) if isinstance(about, dict) else ""


def graded(notebook: Notebook) -> list[str]:
    """Return nbgrader's names of the cells of a lesson that give points."""
    cells = notebook["cells"]
    return [grade_id(cell) for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]


def by_name(notebook: Notebook) -> dict[str, Cell]:
    """Return the cells that nbgrader knows, by its names for them."""
    return {grade_id(cell): cell for cell in notebook["cells"] if grade_id(cell)}


def opened(raw: bytes) -> tuple[Notebook, list[str]]:
    """Return the notebook that bytes hold, and what had to be mended in its form.

    Any encoding of Unicode is read, with a byte-order mark or without, and Windows' Cyrillic.

    Raises
    ------
    ValueError
        If there is no notebook in them; the message is a clause that says why.
    """
    if not raw.strip(b"\0 \r\n\t"):
        raise ValueError(_("it is empty"))
    if len(raw) > MOST_BYTES:
        raise ValueError(_("it is larger than {most} bytes", most=MOST_BYTES))
    encoding = json.detect_encoding(raw)
    done = [] if encoding == "utf-8" else [_("Its file was not in plain UTF-8: it is now.")]
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1251", "replace")
        done = [_("Its file was not in plain UTF-8: it is now.")]
    if re.search(r"^[ \t]*(?:<{7}|={7}|>{7})", text, flags=re.M):
        text = _without_conflict(text)
        done.append(_("It held marks of a git conflict: the first version of each was taken."))
    try:
        content = json.loads(text, strict=False)
        if "\\ud" in text.lower():  # half a character, which no file can hold
            whole = json.dumps(content, ensure_ascii=False)
            content = json.loads(
                whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            )
        return _whole(content, done), done
    except Exception as error:  # whatever JSON or nbformat make of it
        raise ValueError(short(str(error).partition("\n")[0], 120)) from None


def _without_conflict(text: str) -> str:
    text = re.sub(r"^[ \t]*(?:\|{7}|={7}).*?^[ \t]*>{7}.*?$", "", text, flags=re.M | re.S)
    return re.sub(r"^[ \t]*<{7}.*$", "", text, flags=re.M)


def _whole(content: Any, done: list[str]) -> Notebook:
    """Return a notebook of today's format; one that breaks it loses outputs, never code."""
    if "cells" not in content and content.get("worksheets"):
        content = nbformat.convert(nbformat.from_dict(content), 4)
        done.append(_("It was in an older format of notebooks: it is in today's."))
    reason = _fault(content)
    if reason:
        kept = [one for one in content["cells"] if isinstance(one, dict)]
        kept = [one for one in kept if one.get("cell_type") in ("code", "markdown", "raw")]
        names: set[str] = set()
        cells = [_mended(cell, number, names) for number, cell in enumerate(kept)]
        content = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
        if not cells or (again := _fault(content)):
            raise ValueError(again if cells else reason)
        done.append(_("Its file broke the format of notebooks: what is no code was mended."))
    return dict(content)


def _mended(cell: Cell, number: int, names: set[str]) -> Cell:
    source, metadata = cell.get("source"), cell.get("metadata")
    lines = source if isinstance(source, list) else [source or ""]
    name = str(cell.get("id"))
    if name in names or not re.fullmatch(r"[\w-]{1,64}", name, flags=re.A):
        name = f"cell-{number}"
    names.add(name)
    kept = {"cell_type": cell["cell_type"], "id": name, "source": "".join(map(str, lines))}
    known = metadata if isinstance(metadata, dict) else {}
    kept["metadata"] = {key: known[key] for key in known if key == "nbgrader"}
    code: Cell = {"execution_count": None, "outputs": []}
    return kept | (code if kept["cell_type"] == "code" else {})


def _fault(content: Any) -> str:
    with warnings.catch_warnings(action="ignore"):
        # of missing or doubled cell ids: nbgrader does not mind
        try:
            nbformat.validate(content, version=4)
        except Exception as error:  # whatever nbformat makes of it
            return short(str(error).partition("\n")[0], 120) or type(error).__name__
    return "" if content["cells"] else _("it holds no cell")
