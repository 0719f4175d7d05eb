"""The terms of ``notebooks/glossary.md``, the one glossary of the course, in either language."""

from __future__ import annotations

from typing import NamedTuple

from course_tools.lessons import NOTEBOOKS
from dicom_lessons.text import LANGUAGES

GLOSSARY = NOTEBOOKS / "glossary.md"


class Term(NamedTuple):
    """A term: its English word as name, its word and meaning, its other word, its section.

    ``section`` is empty for words that only this course uses.
    """

    name: str
    word: str
    meaning: str
    other: str
    section: str


def terms(language: str) -> list[Term]:
    """Return all terms with their meaning in a language, as the glossary orders them."""
    mine = LANGUAGES.index(language)
    found = []
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        row = [part.strip() for part in line.strip("|").split("|")]
        if not line.startswith("| ") or row[0] == "English":
            continue
        words, meanings, section = row[:2], row[2:4], row[4] if len(row) > 4 else ""
        found.append(Term(row[0], words[mine], meanings[mine], words[1 - mine], section))
    return found
