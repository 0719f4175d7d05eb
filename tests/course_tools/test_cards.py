"""Cards and sheets: read again by SQLite, pypdf and Chromium; the same bytes on every run."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sqlite3
import subprocess
import unicodedata
import zipfile
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
import tools
from tools import require

from course_tools import lessons
from course_tools.bench.jupyterlab import find_chromium
from course_tools.cards import deck, sheet, write_cards
from course_tools.glossary import terms
from dicom_lessons.exercises.kinds import Choice
from dicom_lessons.exercises.lessons import find
from dicom_lessons.text import LANGUAGES, _, set_language

LEAST_POINTS = 6
"""The smallest letters that a sheet may have."""
A4 = (297, 210)
EMPTY = {"br", "hr", "meta", "link", "img"}
in_both = pytest.mark.parametrize("language", LANGUAGES)


@dataclass
class Deck:
    notes: list[tuple[str, ...]]
    cards: int
    models: dict[str, dict[str, object]]
    names: set[str]


class Balanced(HTMLParser):
    """Raises where an element is not closed, or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the decks and sheets of both languages."""
    for package in ("genanki", "pypdf"):
        if importlib.util.find_spec(package) is None:
            tools._skip(f"not installed: {package}, of the extra cards")
    require("chromium")
    folder = tmp_path_factory.mktemp("cards")
    names = [path.name for path in write_cards(folder)]
    assert names == [
        f"{kind}_{language}.{ending}"
        for language in LANGUAGES
        for kind, ending in (("cards", "apkg"), ("sheet", "html"), ("sheet", "pdf"))
    ]
    return folder


def opened(path: Path, folder: Path) -> Deck:
    """Open a deck as Anki does: a database in an archive."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("media")) == {}
        database = Path(archive.extract("collection.anki2", folder))
    connection = sqlite3.connect(database)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        notes = connection.execute("SELECT id, guid, mid, flds, tags FROM notes").fetchall()
        (cards,) = connection.execute("SELECT count(*) FROM cards").fetchone()
        models, decks = connection.execute("SELECT models, decks FROM col").fetchone()
    finally:
        connection.close()
    names = {each["name"] for each in json.loads(decks).values()}
    return Deck(notes, cards, json.loads(models), names)


def fields(note: tuple[str, ...]) -> list[str]:
    return note[3].split("\x1f")


# ---- the deck


@in_both
def test_a_deck_holds_every_term_and_every_mistake(
    language: str, made: Path, tmp_path: Path
) -> None:
    read = opened(made / f"cards_{language}.apkg", tmp_path)
    words, wrong = len(terms(language)), len(list(deck.mistakes()))
    assert words >= 70 and wrong >= 250
    assert len(read.notes) == words + wrong
    assert read.cards == 2 * words + wrong
    set_language(language)
    assert {_(name) for name in deck._NAMES} <= read.names
    assert all(all(fields(note)[:3]) for note in read.notes)
    tagged = {tag for note in read.notes for tag in note[4].split()}
    assert "terms" in tagged and "06a" in tagged and "read_write-w1" in tagged


@in_both
def test_a_deck_is_in_its_language(language: str, made: Path, tmp_path: Path) -> None:
    shown = [fields(note) for note in opened(made / f"cards_{language}.apkg", tmp_path).notes]
    why = [each[2] for each in shown if len(each) == 4 and not each[3].startswith("PS3")]
    russian = [bool(re.search("[а-яё]", text, re.I)) for text in why]
    assert sum(russian) > 250 if language == "ru" else sum(russian) < 90


def test_the_answers_of_no_task_are_given_away(made: Path, tmp_path: Path) -> None:
    """A card shows wrong code and why it is wrong, never the model solution of the task."""
    read = opened(made / "cards_en.apkg", tmp_path)
    text = "\n".join(note[3] for note in read.notes)
    for name in ("download-1", "volume-2", "network-19"):
        assert find(name).question.partition("`")[0][:20] in text
        assert find(name).solution not in text


@in_both
def test_what_anki_shows_is_whole_markup(language: str, made: Path, tmp_path: Path) -> None:
    read = opened(made / f"cards_{language}.apkg", tmp_path)
    for note in read.notes:
        for field in fields(note):
            parser = Balanced()
            parser.feed(field)
            parser.close()
            assert parser.open == [], field
            assert "<script" not in field
    used = {
        name
        for model in read.models.values()
        for template in model["tmpls"]  # type: ignore[attr-defined]
        for name in re.findall(r"\{\{(\w+)\}\}", template["qfmt"] + template["afmt"])
    }
    assert {"Term", "Meaning", "Question", "Wrong", "Why", "Right"} <= used


def test_no_two_notes_are_the_same_to_anki(made: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, ...]] = []
    for language in LANGUAGES:
        folder = tmp_path / language
        folder.mkdir()
        seen += opened(made / f"cards_{language}.apkg", folder).notes
    assert len({note[0] for note in seen}) == len(seen)  # numbers
    assert len({note[1] for note in seen}) == len(seen)  # identities
    assert len({note[2] for note in seen}) == 4  # kinds of notes


def test_identities_outlive_a_new_meaning_and_a_new_release(
    monkeypatch: pytest.MonkeyPatch, made: Path, tmp_path: Path
) -> None:
    before = {note[1] for note in opened(made / "cards_en.apkg", tmp_path).notes}
    changed = [each._replace(meaning="a new meaning of this term") for each in terms("en")]
    monkeypatch.setattr(deck, "terms", lambda _language: changed)
    later = deck._released() + 86_400
    monkeypatch.setattr(deck, "_released", lambda: later)
    read = opened(deck.write_deck(tmp_path / "later.apkg"), tmp_path)
    assert {note[1] for note in read.notes} == before
    assert sum("a new meaning of this term" in note[3] for note in read.notes) == len(changed)


def test_the_same_content_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    for path in write_cards(tmp_path):
        first, second = ((folder / path.name).read_bytes() for folder in (made, tmp_path))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest(), path.name


# ---- the sheet


def drawn(path: Path, folder: Path) -> str:
    """Return the sheet as Chromium has laid it out."""
    command = [find_chromium() or "", "--headless", "--no-sandbox", "--disable-gpu",
               f"--user-data-dir={folder}", "--dump-dom", path.as_uri()]  # fmt: skip
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=True
    ).stdout


@in_both
def test_a_sheet_is_one_page_of_a4_with_two_sides(language: str, made: Path) -> None:
    from pypdf import PdfReader

    pages = PdfReader(made / f"sheet_{language}.pdf").pages
    assert len(pages) == 2
    for page in pages:
        size = [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]]
        assert size == pytest.approx(A4, abs=1)


@in_both
def test_a_sheet_holds_every_term_and_says_where_the_standard_says_it(
    language: str, made: Path
) -> None:
    from pypdf import PdfReader

    pages = PdfReader(made / f"sheet_{language}.pdf").pages
    # fonts draw some pairs of letters as one
    read = unicodedata.normalize("NFKC", "".join(page.extract_text() for page in pages))
    text = "".join(read.split())
    for term in terms(language):
        assert "".join(term.word.replace("`", "").split()) in text or not term.section, term.word
        assert "".join(term.section.split()) in text or not term.section, term.section
    set_language(language)
    for one in sheet.chosen():
        plain = re.sub(r"<[^>]+>|&\w+;", "", str(one.wrong))
        assert "".join(plain.split())[:30] in text, plain


@in_both
def test_letters_are_large_enough_and_nothing_runs_over(
    language: str, made: Path, tmp_path: Path
) -> None:
    sizes = re.findall(r'class="side" style="font-size: ([\d.]+)pt', drawn(
        made / f"sheet_{language}.html", tmp_path
    ))  # fmt: skip
    assert len(sizes) == 2
    assert all(float(size) >= LEAST_POINTS for size in sizes), sizes


def test_a_sheet_asks_nothing_of_the_network(made: Path) -> None:
    for language in LANGUAGES:
        text = (made / f"sheet_{language}.html").read_text(encoding="utf-8")
        assert f'<html lang="{language}">' in text
        assert not re.search(r"https?:|\bsrc=|@import|url\(", text)


@pytest.mark.parametrize(("name", "place"), list(sheet.CHOSEN.items()), ids=str)
def test_each_mistake_on_the_sheet_is_there(name: str, place: int) -> None:
    exercise = find(name)
    assert isinstance(exercise, Choice)
    assert place < len(exercise.options) - 1
    assert [one.exercise.name for one in sheet.chosen()].count(name) == 1


def test_without_chromium_the_sheet_is_html_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sheet, "find_chromium", lambda: None)
    (path,) = sheet.write_sheet(tmp_path / "sheet.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_browser_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sheet, "find_chromium", lambda: "/bin/false")
    require("/bin/false")
    pytest.importorskip("pypdf")
    with pytest.raises(OSError, match="open it and print it"):
        list(sheet.write_sheet(tmp_path / "sheet.html"))


# ---- the glossary


@in_both
def test_the_glossary_is_read_whole(language: str) -> None:
    text = (lessons.NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    rows = len(re.findall(r"^\| (?!English)", text, flags=re.M))
    read = terms(language)
    assert len(read) == rows
    assert all(each.word and each.meaning and each.other for each in read)
    assert (read[0].word, read[0].other)[:: 1 if language == "en" else -1] == (
        "abstract syntax",
        "абстрактный синтаксис",
    )
