"""A cheat sheet to print and cards to learn from, of the glossary and of ``exercises.md``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course_tools.cards import deck, sheet
from dicom_lessons.text import LANGUAGES, language, set_language


def write_cards(folder: Path) -> Iterator[Path]:
    """Write a deck for Anki and a cheat sheet in each language, and yield their paths.

    The sheet is HTML, and PDF where Chromium is there to make it.

    Raises
    ------
    ImportError
        If genanki or pypdf is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = language()
    for each in LANGUAGES:
        set_language(each)
        try:
            yield deck.write_deck(folder / f"cards_{each}.apkg")
            yield from sheet.write_sheet(folder / f"sheet_{each}.html")
        finally:
            set_language(before)
