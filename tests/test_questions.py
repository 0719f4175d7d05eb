"""Each question of learners has its answer, in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from lesson_files import cells, load, source

from course_tools import lessons

TABLE = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))
QUESTIONS, CLAIMS = TABLE["question"], TABLE["claim"]
PAGES = {"en": "questions.md", "ru": "questions.ru.md"}
TITLES = {
    "en": "# Questions that learners ask\n\nEach with the sitting that answers it.\n",
    "ru": "# О чём спрашивают учащиеся\n\nУ каждого вопроса указано занятие, где есть ответ.\n",
}
both = pytest.mark.parametrize("language", ["en", "ru"])


def page(language: str) -> str:
    """Return the page of all questions in one language, as Markdown."""
    lines = [TITLES[language]]
    for one in QUESTIONS:
        stems = dict.fromkeys(each["notebook"] for each in one["answers"])
        links = [f"[{stem.partition('_')[0]}]({language}/{stem}.ipynb)" for stem in stems]
        lines.append(f"{one['number']}. {one[language]} {', '.join(links)}")
    return "\n".join(lines) + "\n"


def test_the_questions_are_forty_nine_and_the_claims_eleven() -> None:
    assert [one["number"] for one in QUESTIONS] == list(range(1, 50))
    assert [one["number"] for one in CLAIMS] == list(range(1, 12))
    for one in (*QUESTIONS, *CLAIMS):
        assert one["en"] != one["ru"]
        assert one["answers"]


@both
@pytest.mark.parametrize("one", [*QUESTIONS, *CLAIMS], ids=lambda one: one["en"][:40])
def test_the_cell_that_is_named_answers(one: dict[str, Any], language: str) -> None:
    for answer in one["answers"]:
        path = lessons.NOTEBOOKS / language / f"{answer['notebook']}.ipynb"
        text = {cell["id"]: source(cell) for cell in cells(path)}[answer["cell"]]
        assert [word for word in answer["words"] if word not in text] == []
        assert answer["words"]


@both
def test_claims_stand_where_their_verdict_is(language: str) -> None:
    verdicts = {"en": ("erdict", "rial", "istake"), "ru": ("ердикт", "роверим", "шибки")}
    for one in CLAIMS:
        for stem in {answer["notebook"] for answer in one["answers"]}:
            path = lessons.NOTEBOOKS / language / f"{stem}.ipynb"
            every = " ".join(source(cell) for cell in load(path)["cells"])
            assert any(word in every for word in verdicts[language]), one["en"]


@both
def test_the_page_of_questions_says_what_the_table_says(language: str) -> None:
    path = lessons.NOTEBOOKS / PAGES[language]
    assert path.read_text(encoding="utf-8") == page(language)
