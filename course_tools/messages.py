"""The messages of the course, by Babel: gathered, brought into the catalogue, compiled.

``[[tool.babel.mappings]]`` in pyproject.toml says which file is read by what; the two methods below
read what Babel does not know.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from course_tools.lessons import ROOT
from dicom_lessons.exercises import reader
from dicom_lessons.text import DOMAIN, LOCALE

CATALOGUE = LOCALE / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po"
_Message = tuple[int, None, str, list[str]]


def extract_exercises(
    file: BinaryIO, _keywords: object, _comment_tags: object, options: object
) -> Iterator[_Message]:
    """Yield the sentences of an ``exercises.md`` with their lines, as Babel wants them."""
    for draft in reader.read(Path(file.name)):
        for line, text in draft.sentences():
            yield line, None, text, []


def extract_registry(
    file: BinaryIO, _keywords: object, _comment_tags: object, options: dict[str, str]
) -> Iterator[_Message]:
    """Yield the texts in some fields of each entry of a JSON list."""
    content = file.read().decode("utf-8")
    for entry in json.loads(content):
        for field in options["fields"].split():
            found = entry.get(field, [])
            texts = found if isinstance(found, list) else [found]
            for text in texts:
                written = content.find(json.dumps(text, ensure_ascii=False))
                yield content.count("\n", 0, written) + 1, None, text, []


def update_messages() -> list[str]:
    """Gather all messages into the catalogue, compile it, and return those without Russian."""
    with tempfile.TemporaryDirectory() as folder:
        template = _gathered(Path(folder))
        _pybabel("update", "--domain", DOMAIN, "--input-file", str(template),
                 "--output-dir", str(LOCALE), "--no-wrap", "--no-fuzzy-matching",
                 "--ignore-obsolete", "--ignore-pot-creation-date")  # fmt: skip
    _pybabel("compile", "--domain", DOMAIN, "--directory", str(LOCALE))
    return missing_messages(read_catalogue(CATALOGUE))


def gathered_messages() -> Any:
    """Return a catalogue of every message in code, exercises and registries."""
    with tempfile.TemporaryDirectory() as folder:
        return read_catalogue(_gathered(Path(folder)))


def read_catalogue(path: Path) -> Any:
    """Return the catalogue in a ``.po`` or ``.pot`` file."""
    from babel.messages import pofile

    with path.open("rb") as file:
        return pofile.read_po(file, locale="ru")


def missing_messages(catalogue: Any) -> list[str]:
    """Return the messages without a translation, or with a doubtful one."""
    missing = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            missing.append(str(message.id))
    return missing


def _gathered(folder: Path) -> Path:
    template = folder / f"{DOMAIN}.pot"
    sources = [name for name in ("course_tools", "data", "dicom_lessons") if (ROOT / name).is_dir()]
    _pybabel("extract", "--mapping-file", "pyproject.toml", "--sort-by-file", "--no-wrap",
             "--output-file", str(template), *sources)  # fmt: skip
    return template


def _pybabel(*arguments: str) -> None:
    from babel.messages.frontend import CommandLineInterface

    with contextlib.chdir(ROOT):  # the catalogue names files from here
        CommandLineInterface().run(["pybabel", "--quiet", *arguments])
