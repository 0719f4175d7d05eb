"""What authors of lessons run: outputs made anew, messages gathered, translations accepted."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dicom_lessons.text import DOMAIN, LOCALE

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
LOCK = NOTEBOOKS / "translations.json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_WIDGET = "application/vnd.jupyter.widget-view+json"


def lessons(language: str) -> list[Path]:
    """Return the lessons of one language in order."""
    return sorted((NOTEBOOKS / language).glob("[0-9]*.ipynb"))


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
    if _WIDGET in data:
        data.pop(_WIDGET)
        if not set(data) - {"text/plain"}:
            return None
    if output["output_type"] == "error":
        output["traceback"] = [_without_paths(line) for line in output["traceback"]]
    return output


def _without_paths(text: str) -> str:
    colour = r"(?:\x1b\[[\d;]*m)*"
    ours = r"(?=(?:site-packages|python3\.\d+|dicom_lessons)[/\\])"
    return re.sub(rf"(File {colour})[^\s\x1b]*[/\\]{ours}", r"\1", text)


def prose(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield lesson, cell id and text of every text cell of one language."""
    for notebook in lessons(language):
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


def update_messages() -> list[str]:
    """Gather all messages of the package into the catalogues and return those without Russian."""
    from babel.messages import Catalog, mofile, pofile

    source = LOCALE / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue = (
        pofile.read_po(io.BytesIO(source.read_bytes()), locale="ru")
        if source.is_file()
        else Catalog(locale="ru", domain=DOMAIN)
    )
    catalogue.update(gathered_messages(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version, catalogue.fuzzy = DOMAIN, "1", False
    catalogue.creation_date = catalogue.revision_date = _FIRST_DAY
    catalogue.last_translator = catalogue.msgid_bugs_address = "the authors of the course"
    catalogue.header_comment = "# Messages of the course in Russian."
    source.parent.mkdir(parents=True, exist_ok=True)
    with source.open("wb") as file:
        pofile.write_po(file, catalogue, width=0, include_lineno=False)
    with source.with_suffix(".mo").open("wb") as file:
        mofile.write_mo(file, catalogue)
    return missing_messages(catalogue)


def gathered_messages() -> Any:
    """Return a catalogue of every message in the package's code and registries."""
    from babel.messages import Catalog
    from babel.messages.extract import extract_from_dir

    package = Path(__file__).parent
    # no dates: the same messages give the same bytes
    gathered = Catalog(domain=DOMAIN, creation_date=_FIRST_DAY)
    keywords = {"_": None, "N_": None, "ngettext": (1, 2)}
    found = extract_from_dir(package, [("**.py", "python")], {}, keywords)
    for file, _line, message, _comments, _context in sorted(found, key=repr):
        gathered.add(message, locations=[(f"dicom_lessons/{file}", 0)])
    for registry in (package / "samples.json", ROOT / "data" / "registry.json"):
        if registry.is_file():
            for entry in json.loads(registry.read_text(encoding="utf-8")):
                gathered.add(entry["teaches"], locations=[(registry.name, 0)])
    programs = package / "programs.json"
    for entry in json.loads(programs.read_text(encoding="utf-8")):
        for text in (entry["purpose"], entry["licence"], entry["opens"], *entry["platforms"]):
            gathered.add(text, locations=[(programs.name, 0)])
    sources = package / "sources.json"
    for entry in json.loads(sources.read_text(encoding="utf-8")):
        for field in ("what", "python", "licence", "good_for"):
            gathered.add(entry[field], locations=[(sources.name, 0)])
    return gathered


def missing_messages(catalogue: Any) -> list[str]:
    """Return the messages without a translation, or with a doubtful one."""
    missing = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            missing.append(str(message.id))
    return missing
