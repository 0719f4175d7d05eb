"""Both languages are one lesson: same cells, same code, prose that says the same."""

from __future__ import annotations

import ast
import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from lesson_files import LESSONS, Cell, cells, source, without_code

from course_tools import lessons

lesson = pytest.mark.parametrize("stem", LESSONS)
PATTERNS = {
    "headings": r"^(#+) ",
    "code spans": r"`([^`\n]+)`",
    "formulas": r"\$([^$\n]+)\$",
    "links": r"\]\(([^)\s]+)",
    "list items": r"^ *([-*]|\d+\.) ",
    "table rows": r"^(\|)",
    "bold marks": r"(\*\*)",
}


def drift(english: list[Cell], russian: list[Cell]) -> list[str]:
    """Return what differs between the two languages, each with the cell's id."""
    found: list[str] = []
    for position, (one, other) in enumerate(zip_longest(english, russian)):
        if one is None or other is None or one["id"] != other["id"]:
            ids = [cell and cell["id"] for cell in (one, other)]
            return [*found, f"cell {position}: {ids[0]} in English, {ids[1]} in Russian"]
        found += [f"cell {one['id']}: {what}" for what in _cell_drift(one, other, position)]
    return found


def _cell_drift(one: Cell, other: Cell, position: int) -> list[str]:
    if one["cell_type"] != other["cell_type"] or one["metadata"] != other["metadata"]:
        return ["another type or metadata"]
    if one["cell_type"] == "code":
        return _code_drift(source(one), source(other))
    return _prose_drift(source(one), source(other))


def _code_drift(one: str, other: str) -> list[str]:
    if 'set_language("en")' in one:
        other = other.replace('set_language("ru")', 'set_language("en")')
    return [] if one == other and _parses(one) else ["other code"]


def _parses(code: str) -> bool:
    try:
        ast.parse(re.sub(r"^[%!].*$", "", code, flags=re.M))
    except SyntaxError:
        return False
    return True


def _prose_drift(one: str, other: str) -> list[str]:
    found = []
    for what, pattern in PATTERNS.items():
        here, there = (sorted(re.findall(pattern, text, flags=re.M)) for text in (one, other))
        if what == "links":
            here, there = ([_target(link) for link in links] for links in (here, there))
        if here != there:
            found.append(f"{what}: {_difference(here, there)}")
    here, there = _numbers(one), _numbers(other)
    if here != there:
        found.append(f"numbers: {_difference(here, there)}")
    if len(re.split(r"\n\s*\n", one.strip())) != len(re.split(r"\n\s*\n", other.strip())):
        found.append("another number of paragraphs")
    letters = len(without_code(one)), len(without_code(other))
    if letters[0] > 60 and not 0.6 <= letters[1] / letters[0] <= 1.8:
        found.append(f"length {letters[0]} against {letters[1]}")
    if letters[0] > 40 and not re.search("[а-яё]", other, flags=re.I):
        found.append("left in English")
    return found


def _target(link: str) -> str:
    return link if link.startswith("http") else link.partition("#")[0].replace(".ru.md", ".md")


def _numbers(text: str) -> list[str]:
    text = re.sub(r"(?<=\d)[ \u00a0\u202f,](?=\d{3}\b)", "", without_code(text))
    return sorted(number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)?", text))


def _difference(here: list[Any], there: list[Any]) -> str:
    only_here = [one for one in here if here.count(one) > there.count(one)]
    only_there = [one for one in there if there.count(one) > here.count(one)]
    return f"{only_here[:4]} in English, {only_there[:4]} in Russian"


def pair(stem: str) -> tuple[list[Cell], list[Cell]]:
    english, russian = (lessons.NOTEBOOKS / lang / f"{stem}.ipynb" for lang in ("en", "ru"))
    return cells(english), cells(russian)


@lesson
def test_both_languages_are_one_lesson(stem: str) -> None:
    assert drift(*pair(stem)) == []


@lesson
def test_the_text_was_accepted_in_both_languages(stem: str) -> None:
    accepted = json.loads(lessons.LOCK.read_text(encoding="utf-8")).get(stem, {})
    now = lessons.text_hashes()[stem]
    languages = ("English", "Russian")
    changed = [
        f"cell {cell}: {language} changed. Read both, then: python -m course_tools accept"
        for cell in sorted(now | accepted)
        for language, new, old in zip_longest(
            languages, now.get(cell, []), accepted.get(cell, []), fillvalue=""
        )
        if new != old
    ]
    assert changed == []


EDITS: list[tuple[str, str, str]] = [
    ("a number", "128", "129"),
    ("a code span", "`DICM`", "`DICOM`"),
    ("a heading level", "## ", "### "),
    ("a link", "chtml/part05", "chtml/part06"),
]


@pytest.mark.parametrize(("what", "old", "new"), EDITS, ids=[edit[0] for edit in EDITS])
def test_drift_in_prose_is_caught_and_names_the_cell(what: str, old: str, new: str) -> None:
    for stem in LESSONS:
        english, russian = pair(stem)
        for cell in russian:
            if cell["cell_type"] == "markdown" and old in source(cell):
                cell["source"] = source(cell).replace(old, new, 1)
                assert any(cell["id"] in finding for finding in drift(english, russian)), what
                return
    pytest.fail(f"no lesson holds {old!r}")


def test_drift_in_code_and_missing_cells_is_caught() -> None:
    english, russian = pair(LESSONS[0])
    code = next(cell for cell in russian[5:] if cell["cell_type"] == "code")
    before = code["source"]
    code["source"] = source(code) + "\n1"
    assert drift(english, russian) == [f"cell {code['id']}: other code"]
    code["source"] = before
    del russian[3]
    assert english[3]["id"] in drift(english, russian)[0]


def test_a_changed_sentence_is_caught_by_the_lock(tmp_path: Path) -> None:
    before = lessons.text_hashes()
    path = tmp_path / "en" / f"{LESSONS[0]}.ipynb"
    path.parent.mkdir()
    original = lessons.NOTEBOOKS / "en" / path.name
    path.write_text(original.read_text(encoding="utf-8").replace(" is ", " is not ", 1), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lessons, "NOTEBOOKS", tmp_path)
        after = lessons.text_hashes()
    changed = [
        key for key, hashes in after[LESSONS[0]].items() if hashes[0] != before[LESSONS[0]][key][0]
    ]
    assert len(changed) == 1
