"""One word, one meaning: lessons keep to the glossary, and the map of the course says the truth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lesson_files import LESSON_FILES, LESSONS, cells, name, source, without_code

from course_tools import lessons, sittings

GLOSSARY = lessons.NOTEBOOKS / "glossary.md"
# what the glossary calls otherwise
OTHER_WORDS = {
    "en": (
        r"file header",
        r"file's header",
        r"meta header",
        r"header of the file",
        r"classroom mirror",
        r"private tag block",
    ),
    "ru": (
        r"заголов\w+ файла",
        r"мета-?заголов",
        r"частн\w+ (?:элемент|блок|тег)",
        r"вложенн\w+ элемент",
        r"под судом",
        r"[Чч]его вы ждёте",
        r"[Пп]редскажите",
        r"\bмин (?:дела|работы)\b",
        r"набор\w* знаков",
        r"[Рр]асшифр\w+ (?:элемент|байт|UID)",
        r"раскодир",
        r"строк\w+ кода \(Code String\)",
    ),
}


def rows() -> list[list[str]]:
    text = GLOSSARY.read_text(encoding="utf-8")
    found = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[part.strip() for part in row] for row in found if row[0].strip() != "English"]


def test_the_glossary_holds_each_term_once_in_both_languages_with_its_section() -> None:
    terms = [row[0] for row in rows()]
    russian = [row[1] for row in rows()]
    assert len(terms) == len(set(terms)) >= 50
    assert len(russian) == len(set(russian))
    assert terms[:20] == sorted(terms[:20], key=str.casefold)
    for row in rows():
        assert all(row), row[0]
        assert re.search("[а-яё]", row[1] + row[3], flags=re.I), row[0]
        if len(row) == 5:
            assert re.fullmatch(r"PS3\.\d+ (?:§|[A-Z]\.)\S+(?:, PS3\.\d+ \S+)?", row[4]), row


@pytest.mark.parametrize("path", LESSON_FILES, ids=name)
def test_lessons_call_things_by_the_words_of_the_glossary(path: Path) -> None:
    for cell in cells(path, "markdown"):
        text = without_code(source(cell))
        for pattern in OTHER_WORDS[path.parent.name]:
            assert not re.search(pattern, text), f"{cell['id']}: {pattern}"


@pytest.mark.parametrize("page", ["map.md", "map.ru.md"])
def test_the_map_names_every_sitting_with_its_minutes(page: str) -> None:
    text = (lessons.NOTEBOOKS / page).read_text(encoding="utf-8")
    told = {
        number: int(minutes)
        for number, minutes in re.findall(r"^\| (\d\d[a-z]?) \|[^|]+\| (\d+) \|", text, flags=re.M)
    }
    taken = {
        stem.partition("_")[0]: sum(
            sittings.minutes(cells(lessons.NOTEBOOKS / "en" / f"{stem}.ipynb"))
        )
        for stem in LESSONS
    }
    assert told == taken
