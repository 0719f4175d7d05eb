"""Cards for Anki: every term of the glossary, and what learners get wrong with the reason.

The same content gives the same bytes, and what has an identity keeps it: a learner who imports a
newer deck keeps the history of every card that is still there.
"""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from course_tools.glossary import Term, terms
from course_tools.lessons import ROOT
from dicom_lessons.exercises.kinds import Choice, Code, Exercise, Value
from dicom_lessons.exercises.lessons import find, sittings
from dicom_lessons.exercises.plain import shown
from dicom_lessons.exercises.sources import bound_by
from dicom_lessons.html import render
from dicom_lessons.text import LANGUAGES, N_, _, language

# chosen once; Anki knows decks and kinds of notes by them
DECKS = {"en": (1_764_460_801, 1_764_460_802), "ru": (1_764_460_811, 1_764_460_812)}
NOTES = {"en": (1_764_460_821, 1_764_460_822), "ru": (1_764_460_831, 1_764_460_832)}
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The oldest date that an archive can give a member."""
_NAMES = (N_("DICOM Lessons::Terms"), N_("DICOM Lessons::Mistakes"))
_ASKED, _WRONG = N_("What is it?"), N_("What is wrong with this answer?")
_WORD, _RIGHT = N_("Which term is it?"), N_("Right")
_STYLE = """\
.card { font-family: sans-serif; font-size: 20px; line-height: 1.4; text-align: left;
  max-width: 34em; margin: 1em auto; padding: 0 1em; }
.ask, .other { color: #666; font-size: 80%; } .night_mode .ask, .night_mode .other { color: #bbb; }
.big { font-size: 130%; font-weight: bold; }
.wrong { border-left: 4px solid #c33; padding-left: 0.7em; }
.right { border-left: 4px solid #283; padding-left: 0.7em; }
pre, code { font-family: monospace; font-size: 85%; white-space: pre-wrap; }
"""
_markdown = MarkdownIt("commonmark", {"html": False})


class Mistake(NamedTuple):
    """A likely wrong answer: to what question, why it is wrong, what is right."""

    exercise: Exercise
    wrong: str
    why: str
    right: str


def mistakes() -> Iterator[Mistake]:
    """Yield the wrong answers that can be asked again when the sitting is over.

    These are choices, functions to write, and values of the warm-ups. What a cell prints is a
    question for the one who has it before their eyes.
    """
    for names in sittings().values():
        for exercise in map(find, names):
            if isinstance(exercise, Choice):
                yield from _wrong_choices(exercise)
            elif isinstance(exercise, Code):
                for one in exercise.mistakes:
                    yield Mistake(exercise, _block(one.text), one.why, _line(exercise.why))
            elif isinstance(exercise, Value) and re.search(r"-w\d+$", exercise.name):
                for one in exercise.mistakes:
                    wrong = _line(f"`{shown(bound_by(one.text))}`")
                    yield Mistake(exercise, wrong, one.why, _line(exercise.why))


def write_deck(path: Path) -> Path:
    """Write the deck in the language that is set; return its path.

    Raises
    ------
    ImportError
        If genanki is not installed.
    """
    at = _released()
    connection = sqlite3.connect(":memory:")
    try:
        _package().write_to_db(connection.cursor(), at, count(at * 1000))
        connection.commit()
        content = connection.serialize()
    finally:
        connection.close()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in (("collection.anki2", content), ("media", json.dumps({}).encode())):
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), member, zipfile.ZIP_DEFLATED)
    path.write_bytes(packed.getvalue())
    return path


def _package() -> Any:
    import genanki

    of_terms, of_mistakes = (
        genanki.Deck(identity, _(name))
        for identity, name in zip(DECKS[language()], _NAMES, strict=True)
    )
    term_model, mistake_model = _models()
    for term in terms(language()):
        guid = genanki.guid_for("dicom-lessons", language(), "term", term.name)
        of_terms.add_note(genanki.Note(term_model, _sides(term), tags=["terms"], guid=guid))
    for one in mistakes():
        guid = genanki.guid_for("dicom-lessons", language(), one.exercise.name, one.wrong)
        fields = [_line(one.exercise.question), one.wrong, _line(one.why), one.right]
        tags = [one.exercise.sitting, one.exercise.name]
        of_mistakes.add_note(genanki.Note(mistake_model, fields, tags=tags, guid=guid))
    return genanki.Package([of_terms, of_mistakes])


def _models() -> tuple[Any, Any]:
    import genanki

    term, mistake = NOTES[language()]
    ask = '<p class="ask">{}</p>'.format
    name, fields = ["Term", "Meaning", "Other", "Section"], ["Question", "Wrong", "Why", "Right"]
    other = '<p class="other">{{Other}}</p><p class="other">{{Section}}</p>'
    word, meaning = '<p class="big">{{Term}}</p>', "<p>{{Meaning}}</p>"
    front = '<p>{{Question}}</p><div class="wrong">{{Wrong}}</div>'
    back = '{{FrontSide}}<hr><p>{{Why}}</p><p class="ask">%s</p><div class="right">{{Right}}</div>'
    return (
        genanki.Model(term, f"DICOM Lessons: term ({language()})", css=_STYLE,
            fields=[{"name": each} for each in name],
            templates=[
                {"name": "meaning", "qfmt": ask(_(_ASKED)) + word,
                 "afmt": f"{word}<hr>{meaning}{other}"},
                {"name": "word", "qfmt": ask(_(_WORD)) + meaning,
                 "afmt": f"{meaning}<hr>{word}{other}"},
            ]),
        genanki.Model(mistake, f"DICOM Lessons: mistake ({language()})", css=_STYLE,
            fields=[{"name": each} for each in fields],
            templates=[{"name": "why", "qfmt": front + ask(_(_WRONG)), "afmt": back % _(_RIGHT)}]),
    )  # fmt: skip


def _sides(term: Term) -> list[str]:
    return [_inline(term.word), _inline(term.meaning), _inline(term.other), term.section]


def _wrong_choices(exercise: Choice) -> Iterator[Mistake]:
    options = dict(zip("abcdefghij", exercise.options, strict=False))
    right = "".join(
        str(render("<p>{{ text }}</p><p>{{ why }}</p>", text=_line(one.text), why=_line(one.why)))
        for letter, one in options.items()
        if letter in exercise.models
    )
    for letter, option in options.items():
        if letter not in exercise.models:
            yield Mistake(exercise, _line(option.text), option.why, right)


def _line(text: str) -> Any:
    """Return a message of ``exercises.md`` in the language that is set, as HTML."""
    return render("{{ text }}", text=_inline(_(text)))


def _inline(text: str) -> Any:
    from markupsafe import Markup

    return Markup(_markdown.render(text).strip().removeprefix("<p>").removesuffix("</p>"))


def _block(code: str) -> Any:
    return render("<pre>{{ code }}</pre>", code=code)


def _released() -> int:
    """Return the day of the release in seconds: later decks replace the text of earlier cards."""
    told = re.search(r"^date-released: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert told
    day = datetime.fromisoformat(told[1]).replace(tzinfo=UTC)
    # an hour apart, so that notes of two languages never have one number
    return int(day.timestamp()) + 3600 * LANGUAGES.index(language())
