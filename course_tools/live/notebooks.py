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

from course_tools import lessons
from course_tools.live.wheels import ALWAYS, COURSE, FROM_PYPI

READY = "live-ready"
ON_A_DESKTOP = "12"
"""The lesson that starts processes and needs a folder of thousands of files."""
RECORDED = {"09d": ("tls", "tls-refused", "hunt-door", "mutual")}
"""Cells that a browser cannot run, for it has no TLS: they show what they gave on a desktop."""
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
    "download": ("pooch",),
}
"""What a room uses besides what its cells import."""


def live_notebooks(language: str) -> list[Path]:
    """Return the lessons of one language that run in a browser, in order."""
    return [path for path in lessons.notebooks(language) if not path.name.startswith(ON_A_DESKTOP)]


def live_copy(notebook: Path) -> nbformat.NotebookNode:
    """Return a sitting as the live site has it, without outputs."""
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
        if cell.id in RECORDED.get(notebook.name[:3], ()):
            cell.source = f"%%recorded {notebook.name[:3]} {cell.id}\n{cell.source}"
    live.cells.insert(_first_code(live), _ready(live))
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


def _ready(notebook: nbformat.NotebookNode) -> Any:
    names = ", ".join(f'"{name}"' for name in packages(notebook))
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
                needed.update({package} & {*FROM_PYPI, "matplotlib", "requests", "pillow"})
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
