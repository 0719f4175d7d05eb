"""Outputs made anew, and the lock that says which prose is the same in both languages."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_tools import sittings
from dicom_lessons.widgets import END_OF_NOTICE, VIEW

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
LOCK = NOTEBOOKS / "translations.json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def notebooks(language: str) -> list[Path]:
    """Return the lessons of one language in order."""
    return sorted((NOTEBOOKS / language).glob("[0-9]*.ipynb"))


def require_notebook(path: Path) -> None:
    """Make sure that a file is a notebook, and one that may be written again.

    Raises
    ------
    OSError
        If it cannot be opened to read and write.
    ValueError
        If it is no notebook.
    """
    try:
        with path.open("r+", encoding="utf-8") as file:
            content = json.load(file)
        if content["nbformat"] == 4 and isinstance(content["cells"], list):
            return
    except (ValueError, LookupError, TypeError, RecursionError):
        pass  # whatever it is, it is none
    raise ValueError(f"{path} is no notebook (.ipynb) of format 4.")


def run(notebook: Path) -> dict[str, Any]:
    """Run a lesson from top to bottom in a fresh kernel and return it with its outputs.

    The outputs are what a reader without a kernel sees: a widget is left out and its static twin
    kept, paths of this machine are cut from tracebacks, nothing tells when or where it ran.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails that does not declare so.
    """
    import nbformat
    from nbclient import NotebookClient

    lesson = nbformat.read(notebook, as_version=4)
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    NotebookClient(
        lesson,
        kernel_name="python3",
        timeout=120,
        record_timing=False,
        coalesce_streams=True,  # chunks come as time would have it
        resources={"metadata": {"path": str(notebook.parent)}},
    ).execute()
    lesson.metadata = METADATA
    sittings.fold(lesson.cells)
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := _stored(output))]
    return lesson  # type: ignore[no-any-return]


def write(notebook: Path, lesson: dict[str, Any]) -> None:
    """Write a lesson as JupyterLab does, always with the same bytes."""
    text = json.dumps(lesson, indent=1, ensure_ascii=False, sort_keys=True)
    notebook.write_text(text + "\n", encoding="utf-8")


def _stored(output: dict[str, Any]) -> dict[str, Any] | None:
    data = output.get("data", {})
    if data.pop(VIEW, None) and not set(data) - {"text/plain"}:
        return None
    if "text/html" in data:
        data["text/html"] = data["text/html"].rpartition(END_OF_NOTICE)[2]
    if output["output_type"] == "error":
        output["traceback"] = [_without_paths(line) for line in output["traceback"]]
    return _without_folders(output)  # type: ignore[no-any-return]


def _without_folders(stored: Any) -> Any:
    """Return an output without the folders of this computer, wherever a text names them."""
    if isinstance(stored, dict):
        texts = {key: value for key, value in stored.items() if not key.startswith("image/")}
        return stored | {key: _without_folders(value) for key, value in texts.items()}
    if isinstance(stored, list):
        return [_without_folders(one) for one in stored]
    if isinstance(stored, str):
        for folder in sorted({str(ROOT), sys.prefix, str(Path.home())}, key=len, reverse=True):
            for form in (folder, folder.replace("\\", "\\\\"), Path(folder).as_uri()):
                stored = re.sub(re.escape(form) + r"[/\\]+", "", stored)
    return stored


def _without_paths(text: str) -> str:
    colour = r"(?:\x1b\[[\d;]*m)*"
    ours = r"(?=(?:site-packages|python3\.\d+|dicom_lessons)[/\\])"
    return re.sub(rf"(File {colour})[^\n\x1b]*[/\\]{ours}", r"\1", text)


def prose(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield lesson, cell id and text of every text cell of one language."""
    for notebook in notebooks(language):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield notebook.stem, cell["id"], "".join(cell["source"])


def text_hashes() -> dict[str, dict[str, list[str]]]:
    """Return per lesson and text cell a hash of the English and one of the Russian text."""
    hashes: dict[str, dict[str, list[str]]] = {}
    for language in ("en", "ru"):
        for lesson, cell, text in prose(language):
            short = hashlib.sha256(text.encode()).hexdigest()[:16]
            hashes.setdefault(lesson, {}).setdefault(cell, []).append(short)
    return hashes


def accept_translations() -> None:
    """Write down that every text cell now says the same in both languages."""
    text = json.dumps(text_hashes(), indent=1, sort_keys=True)
    LOCK.write_text(text + "\n", encoding="utf-8")
