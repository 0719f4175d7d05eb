"""Slides of every sitting: cut by rule, spoiling nothing, asking nothing of the network."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from submissions import code

from course_tools import lessons, slides
from course_tools.sittings import source

REVEAL = {"script": "var Reveal = {initialize() {}};", "styles": ""}
EVERY = [*lessons.notebooks("en"), *lessons.notebooks("ru")]
every = pytest.mark.parametrize("path", EVERY, ids=lambda path: f"{path.parent.name}-{path.stem}")
STARTS = ("slide", "subslide")


def deck(path: Path) -> list[list[dict[str, Any]]]:
    """Return the slides of a lesson, each a list of pieces."""
    found: list[list[dict[str, Any]]] = []
    for piece in slides.deck(json.loads(path.read_text("utf-8"))["cells"]):
        if piece["metadata"]["slideshow"]["slide_type"] in STARTS:
            found.append([])
        found[-1].append(piece)
    return found


@every
def test_no_slide_shows_a_question_with_what_settles_it(path: Path) -> None:
    shown = deck(path)
    asked = 0
    for slide in shown:
        texts = [source(piece) for piece in slide]
        if any(map(is_prediction, slide)):
            asked += 1
            assert is_prediction(slide[-1]), "nothing stands behind it"
        assert not any(re.search(r"^(?:compare|check)\(", text, flags=re.M) for text in texts)
    assert asked == sum(is_prediction(cell) for cell in cells_of(path))
    for piece in (one for slide in shown for one in slide):
        if is_prediction(piece):
            assert piece["outputs"] == []


def is_prediction(cell: dict[str, Any]) -> bool:
    asks = re.search(r"^predict\(", source(cell), flags=re.M)
    return cell["cell_type"] == "code" and bool(asks)


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return cells


@every
def test_nothing_of_the_text_is_lost_and_headings_begin_slides(path: Path) -> None:
    words = [source(cell).split() for cell in cells_of(path) if cell["cell_type"] == "markdown"]
    kept = [source(piece).split() for slide in deck(path) for piece in slide
            if piece["cell_type"] == "markdown"]  # fmt: skip
    assert [*chain(*kept)] == [*chain(*words)]
    for slide in deck(path):
        for piece in slide[1:]:
            text = source(piece)
            assert piece["cell_type"] != "markdown" or not re.match(r"#{1,3} ", text)
    ids = [piece["id"] for slide in deck(path) for piece in slide]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"[\w-]{1,64}", one) for one in ids)


@every
def test_slides_are_not_crowded(path: Path) -> None:
    for slide in deck(path):
        sizes = [slides._lines(piece) for piece in slide]
        assert len(sizes) == 1 or sum(sizes) <= slides.LINES, [source(one) for one in slide]


def test_a_fence_is_one_piece() -> None:
    text = "# T\n\n```\na\n\nb\n```\n\nend"
    cell = {"cell_type": "markdown", "id": "x", "metadata": {}, "source": text}
    pieces = list(slides.deck([cell, code("predict('a', ...)"), code("1 + 1", "run")]))
    assert [source(piece) for piece in pieces] == [
        "# T", "```\na\n\nb\n```", "end", "predict('a', ...)", "1 + 1"
    ]  # fmt: skip
    kinds = [piece["metadata"]["slideshow"]["slide_type"] for piece in pieces]
    assert kinds == ["slide", "-", "-", "-", "subslide"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_asks_nothing_of_the_network(language: str) -> None:
    page = slides.slides(lessons.NOTEBOOKS / language / "01a_elements.ipynb", REVEAL)
    assert f'<html lang="{language}">' in page
    assert not re.search(r"<link|@import|<script[^>]+src|<img[^>]+src=\"(?!data:)", page)
    assert not re.search(r"https?://(?!dicom\.nema\.org)(?!www\.w3\.org)", page)
    assert page.count("<script") == 2


def test_a_folder_without_reveal_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"npm install .* reveal\.js"):
        list(slides.write_slides(tmp_path / "out", ["01a"], tmp_path))
    with pytest.raises(LookupError, match="99z"):
        list(slides.write_slides(tmp_path / "out", ["99z"], tmp_path))
    assert not (tmp_path / "out").exists()


def test_sittings_are_chosen_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "reveal.js").write_text(REVEAL["script"], encoding="utf-8")
    written = list(slides.write_slides(tmp_path / "out", ["05c"], tmp_path))
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        "en/05c_faults.html", "ru/05c_faults.html"
    ]  # fmt: skip
