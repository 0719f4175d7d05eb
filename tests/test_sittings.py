"""One notebook is one sitting: its shape, its size, its minutes, and no answer in sight."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from lesson_files import LESSON_FILES, cells, name, source

from course_tools import sittings
from dicom_lessons.exercises.lessons import find

SITTINGS = LESSON_FILES
WORDS = {
    "en": {
        "opening": ("You will be able to", "You need", "Time"),
        "recap": "Recap",
        "ending": ["Common mistakes", "In the standard", "In your own program", "On your own"],
        "warm-up": "Warm-up",
        "hunt": "Bug hunt",
        "trial": "Claim on trial",
        "exercise": "Exercise",
        "time": "If you have time",
    },
    "ru": {
        "opening": ("Вы научитесь", "Понадоб", "Время"),
        "recap": "Итог",
        "ending": ["Частые ошибки", "В стандарте", "В вашей программе", "Самостоятельно"],
        "warm-up": "Разминка",
        "hunt": "Охота на ошибку",
        "trial": "Проверим утверждение",
        "exercise": "Упражнение",
        "time": "Если останется время",
    },
}
sitting = pytest.mark.parametrize("path", SITTINGS, ids=name)


def lessons() -> dict[str, list[Path]]:
    """Return the sittings of each lesson, by language and number."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in SITTINGS:
        found[f"{path.parent.name}-{path.stem[:2]}"].append(path)
    return found


lesson = pytest.mark.parametrize("number", lessons())


def titles(path: Path) -> list[str]:
    text = "\n".join(source(cell) for cell in cells(path, "markdown"))
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.findall(r"^## +(.+)$", text, flags=re.M)


# ---- size and minutes


@sitting
def test_a_sitting_is_short(path: Path) -> None:
    every = cells(path)
    assert len(sittings.core(every)) <= sittings.MOST_CELLS
    assert len(every) <= sittings.MOST_CELLS_IN_ALL


@sitting
def test_a_sitting_says_how_long_it_takes_and_takes_no_longer(path: Path) -> None:
    english = path.parents[1] / "en" / path.name
    reading, doing = sittings.minutes(cells(english))
    stated = [int(number) for number in re.findall(r"(\d+) (?:min|мин)", source(cells(path)[0]))]
    assert stated == [reading, doing]
    assert reading + doing <= sittings.MOST_MINUTES


# ---- shape


@sitting
def test_a_sitting_opens_with_its_question_goals_and_time(path: Path) -> None:
    first = source(cells(path)[0])
    assert re.match(rf"# {path.stem.partition('_')[0]} \S", first)
    for word in WORDS[path.parent.name]["opening"]:
        assert f"**{word}" in first, word
    assert 2 <= len(re.findall(r"^[-*] ", first, flags=re.M)) <= 3
    assert "?" in first


@sitting
def test_a_sitting_ends_with_its_recap(path: Path) -> None:
    words = WORDS[path.parent.name]
    found = titles(path)
    assert found.count(str(words["recap"])) == 1
    behind = found[found.index(str(words["recap"])) + 1 :]
    is_last = path == lessons()[f"{path.parent.name}-{path.stem[:2]}"][-1]
    ending = list(words["ending"]) if is_last else []
    assert behind[: len(ending)] == ending
    rest = behind[len(ending) :]
    assert not rest or rest[0] == words["time"], rest


@sitting
def test_a_sitting_has_exercises(path: Path) -> None:
    graded = [cell["id"] for cell in cells(path, "code") if cell["id"].endswith("-check")]
    assert len(graded) >= 2


@lesson
def test_a_lesson_has_all_its_parts(number: str) -> None:
    paths = lessons()[number]
    words = WORDS[number[:2]]
    first, *_others = paths
    if not number.endswith("00"):
        assert any(title.startswith(str(words["warm-up"])) for title in titles(first))
    every = [title for path in paths for title in titles(path)]
    text = "\n".join(source(cell) for path in paths for cell in cells(path, "markdown"))
    for part in ("hunt", "trial"):
        assert re.search(rf"^##+ {words[part]}", text, flags=re.M), part
    assert len(every) == len([title for path in paths for title in titles(path)])
    code = "\n".join(source(cell) for path in paths for cell in cells(path, "code"))
    assert "predict(" in code
    assert re.search(r"explore_\w+\(|view_image\(|compare_transfer_syntaxes\(", code)
    headings = re.findall(rf"^##+ {words['exercise']} (\d+)", text, flags=re.M)
    graded = [cell["id"] for path in paths for cell in cells(path) if cell["id"].endswith("-check")]
    asked = sorted(int(each.removesuffix("-check").rpartition("-")[2]) for each in graded)
    assert sorted(map(int, headings)) == asked
    assert len(set(graded)) == len(graded) >= 4


# ---- nothing spoilt


@sitting
def test_no_answer_stands_under_its_question(path: Path) -> None:
    asked = ""
    for cell in cells(path, "code"):
        if asked and re.search(rf"^compare\(\"{asked}\"", source(cell), flags=re.M):
            asked = ""
        hidden = cell["metadata"].get("jupyter", {}).get("outputs_hidden", False)
        assert hidden == bool(asked), cell["id"]
        if predicted := re.search(r"^predict\(\"([^\"]+)\"", source(cell), flags=re.M):
            asked = predicted[1]
    assert not asked, f"{asked} is never compared"


# ---- exercises and progress know the sittings


def test_each_exercise_says_in_which_sitting_it_stands() -> None:
    for path in [path for path in SITTINGS if path.parent.name == "en"]:
        number = path.stem.partition("_")[0]
        code = "\n".join(source(cell) for cell in cells(path, "code"))
        for asked in re.findall(r"^(?:check|predict|quiz)\(\"([^\"]+)\"", code, flags=re.M):
            assert find(asked).sitting == number, asked
