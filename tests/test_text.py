from __future__ import annotations

import ast
import io
import string

import pytest
from babel.messages import Catalog, mofile, pofile

from course_tools import lessons, messages
from dicom_lessons.text import DOMAIN, LOCALE, _, language, ngettext, set_language, short

SOURCE = LOCALE / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po"


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return pofile.read_po(io.BytesIO(SOURCE.read_bytes()), locale="ru")


def test_every_message_has_a_russian_translation(catalogue: Catalog) -> None:
    assert messages.missing_messages(catalogue) == []


def test_the_catalogue_holds_exactly_the_messages_of_the_code(catalogue: Catalog) -> None:
    in_code = {message.id for message in messages.gathered_messages()}
    assert {message.id for message in catalogue} == in_code


def test_each_text_that_is_marked_is_gathered() -> None:
    """Babel overlooks a mark within two calls, as in ``_(words.get(key, N_("other")))``."""
    in_code = {message.id for message in messages.gathered_messages()}
    overlooked = [
        (path.name, call.args[0].value)
        for path in (lessons.ROOT / "dicom_lessons").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("_", "N_")
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value not in in_code
    ]
    assert overlooked == []


def test_no_message_hides_in_an_f_string() -> None:
    """Before Python 3.12 nothing gathers it from there."""
    hidden = [
        (path.name, call.lineno)
        for path in (lessons.ROOT / "dicom_lessons").rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("_", "ngettext")
        and isinstance(call.args[0], ast.Constant)
    ]
    assert hidden == []


def test_the_compiled_catalogue_is_the_source_compiled(catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    assert SOURCE.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_a_translation_has_the_fields_of_its_message(catalogue: Catalog) -> None:
    def fields(text: object) -> set[str]:
        return {part[1] for part in string.Formatter().parse(str(text)) if part[1]}

    for message in catalogue:
        if "python-brace-format" not in message.flags:
            continue
        originals = message.id if isinstance(message.id, list | tuple) else (message.id,)
        strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
        allowed = set().union(*map(fields, originals))
        for translated in strings:
            assert fields(translated) <= allowed, translated
            assert fields(translated) >= allowed - {"count"}, translated


def test_russian_counts_in_three_forms() -> None:
    set_language("ru")
    forms = [ngettext("{count} byte", "{count} bytes", count) for count in (1, 3, 5, 21)]
    assert forms == ["1 байт", "3 байта", "5 байт", "21 байт"]


def test_a_language_that_does_not_exist_changes_nothing() -> None:
    with pytest.raises(ValueError, match="'en' and 'ru', not 'de'"):
        set_language("de")
    assert language() == "en"


def test_the_language_counts_when_a_message_is_shown() -> None:
    message = "Right. {why}"
    assert _(message, why="x") == "Right. x"
    set_language("ru")
    assert _(message, why="x") == "Верно. x"


def test_a_missing_translation_is_noticed(catalogue: Catalog) -> None:
    broken = pofile.read_po(io.BytesIO(SOURCE.read_bytes()), locale="ru")
    next(message for message in broken if message.id).string = ""
    assert len(messages.missing_messages(broken)) == 1


UNSEEN = [
    "\x1b[31m",
    "\0",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\ud800",
    "\x85",
]


@pytest.mark.parametrize("letter", UNSEEN, ids=ascii)
def test_nothing_unseen_comes_through_a_message(letter: str) -> None:
    for text in (
        _("{name} is no file. Name a file.", name=f"a{letter}b"),
        _("{error}", error=ValueError(f"a{letter}b")),
        ngettext("{count} of {name}", "{count} of {name}", 2, name=f"a{letter}b"),
        short(f"a{letter}b"),
    ):
        assert text.isprintable()
        assert text.encode("utf-8")


def test_what_is_seen_stays_as_it_is() -> None:
    for text in ("два\xa0слова", "«10\u202f000»", "one\ntwo", "Ёж ↔ 山田", "µ ≤ ½"):
        assert _("{text}", text=text) == text


def test_no_message_holds_an_address() -> None:
    thing = object()
    for text in (_("{thing}", thing=thing), short(thing), short([thing, thing])):
        assert "0x" not in text
        assert "object object" in text
