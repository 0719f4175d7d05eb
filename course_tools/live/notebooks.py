"""The live copy of a sitting: the same cells, for a kernel that stops a run at any error.

JupyterLite's *Run All* ends at the first error, declared or not. So a cell that is to fail (tagged
``raises-exception``) prints its traceback there, and the run goes on. Nothing else of a lesson is
changed, but a cell in front makes the kernel ready.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import Any

import nbformat

from course_tools.live.wheels import ALWAYS, COURSE, FROM_PYPI, TABLES

READY = "live-ready"
RECORDED = {
    "09d": dict.fromkeys(("tls", "tls-refused", "hunt-door", "mutual"), "tls"),
    "12b": {"dask-run": "processes"},
}
"""Cells that no browser can run, and why: they show what they gave on a desktop."""
ASK_TABLES = {
    "12a": (
        "table", "modality-run", "trial-run", "syntax-run", "negative", "licence", "cohort",
        "commands", "time-pandas", "time-odd-run",
    ),
    "12b": ("index", "ask", "pandas", "problems", "again-run", "picture", "time-elements"),
    "12c": (
        "index-wrong", "twice", "twice-run", "mixed", "missing-run", "faults", "space", "glance",
        "own-wrong-run", "time-examine",
    ),
}  # fmt: skip
"""Cells that show what they gave on a desktop if Pyodide comes without DuckDB and pyarrow."""
# A kernel looks in the folder of the notebook first, and each look goes to the page and back: so it
# comes last.
_READY = """\
import sys

import pyodide_js

sys.path.sort(key=lambda folder: folder == "" or folder.startswith("/drive"))
await pyodide_js.loadPackage([{names}])"""
_IMPORTED_AS = {"nibabel": "nibabel", "nrrd": "pynrrd", "dicomweb_client": "dicomweb-client"}
_ROOMS = {
    "sop": ("pynetdicom", "matplotlib"),
    "network": ("pynetdicom", "dicomweb-client", "matplotlib"),
    "volume": ("nibabel", "highdicom", "pynrrd", "matplotlib"),
    "download": ("pooch", "requests"),
    "collection": TABLES,
}
"""What a room uses besides what its cells import."""


def recorded(number: str, *, tables: bool) -> dict[str, str]:
    """Return the ids of a sitting's cells that show what they gave on a desktop, and why.

    Parameters
    ----------
    number : str
        Of the sitting, such as ``"12a"``.
    tables : bool
        Whether the browser has DuckDB and pyarrow.
    """
    without = {} if tables else dict.fromkeys(ASK_TABLES.get(number, ()), "tables")
    return RECORDED.get(number, {}) | without


def live_copy(notebook: Path, *, tables: bool = True) -> nbformat.NotebookNode:
    """Return a sitting as the live site has it, without outputs.

    Parameters
    ----------
    notebook : Path
        A sitting.
    tables : bool
        Whether the browser has DuckDB and pyarrow.
    """
    shown = recorded(notebook.name[:3], tables=tables)
    live: nbformat.NotebookNode = nbformat.read(notebook, as_version=4)
    live.metadata.kernelspec = {
        "name": "python",
        "display_name": "Python (Pyodide)",
        "language": "python",
    }
    for cell in live.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        cell.metadata.pop("jupyter", None)
        if "raises-exception" in cell.metadata.get("tags", []):
            cell.source = told(cell.source)
        if cell.id in shown:
            where = f"{notebook.name[:3]} {cell.id} {shown[cell.id]}"
            cell.source = f"%%recorded {where}\n{cell.source}"
    live.cells.insert(_first_code(live), _ready(live, tables))
    return live


def told(code: str) -> str:
    """Return code that prints its traceback where it fails, instead of failing.

    Raises
    ------
    ValueError
        If a text in it goes over several lines: it would be another one, moved to the right.
    """
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and node.end_lineno != node.lineno:
            raise ValueError(f"A text over several lines cannot be moved to the right:\n{code}")
    moved = textwrap.indent(code, "    ")
    return f"import traceback\n\ntry:\n{moved}\nexcept Exception:\n    traceback.print_exc()"


def _first_code(notebook: nbformat.NotebookNode) -> int:
    return next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def _ready(notebook: nbformat.NotebookNode, tables: bool) -> Any:
    needed = [name for name in packages(notebook) if tables or name not in TABLES]
    names = ", ".join(f'"{name}"' for name in needed)
    source = _READY.format(names=names)
    cell = nbformat.v4.new_code_cell(source, id=READY)
    cell.metadata["jupyter"] = {"source_hidden": True}
    return cell


def packages(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the packages that the cells of a sitting use, the course first."""
    needed: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.source.startswith("%%"):
            continue
        for name in _imports(cell.source):
            top, _, below = name.partition(".")
            if top == "dicom_lessons":
                needed.update(_ROOMS.get(below.partition(".")[0], ()))
            else:
                package = _IMPORTED_AS.get(top, top)
                needed.update({package} & {*FROM_PYPI, *TABLES, "matplotlib", "requests", "pillow"})
    return [COURSE, *sorted(needed - {*ALWAYS})]


def _imports(code: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names
