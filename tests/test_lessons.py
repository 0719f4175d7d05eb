"""The shape that every lesson has, and what a committed notebook may not hold."""

from __future__ import annotations

import itertools
import re
import statistics
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest
from lesson_files import EVERY, LESSON_FILES, LESSONS, cells, load, name, source, tags

from course_tools import lessons
from dicom_lessons.exercises import lessons as declarations

lesson = pytest.mark.parametrize("path", LESSON_FILES, ids=name)
every = pytest.mark.parametrize("path", EVERY, ids=name)


def headings(path: Path) -> list[tuple[int, str]]:
    text = "\n".join(source(cell) for cell in cells(path, "markdown"))
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) +(.+)$", text, flags=re.M)]


def test_the_course_has_its_lessons_in_both_languages() -> None:
    assert [path.stem for path in lessons.notebooks("ru")] == LESSONS
    numbers = [stem.partition("_")[0] for stem in LESSONS]
    assert sorted({int(number[:2]) for number in numbers}) == list(range(int(numbers[-1][:2]) + 1))
    known = {number[:2] for number in declarations.LESSONS.values()}
    assert {number[:2] for number in numbers} == known


@every
def test_a_notebook_is_valid(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(nbformat.read(path, as_version=4))
    assert all("id" in cell for cell in cells(path))


@every
def test_a_notebook_is_as_the_run_command_writes_it(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    lessons.write(copy, load(path))
    assert copy.read_bytes() == path.read_bytes()
    assert load(path)["metadata"] == lessons.METADATA


@every
def test_a_notebook_tells_nothing_of_the_machine_that_ran_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|tmp|work|Users|usr)/|[A-Z]:\\\\Users|\.local\b", text)
    assert "widget-view+json" not in text
    assert "0x7f" not in text
    assert '"widgets"' not in text
    assert not re.search(r"\bTODO\b|\bFIXME\b|lorem ipsum", text)


@every
def test_every_code_cell_was_run_in_order(path: Path) -> None:
    counts = [cell["execution_count"] for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@lesson
def test_headings_are_ordered(path: Path) -> None:
    levels = [level for level, _title in headings(path)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@lesson
def test_code_cells_are_short(path: Path) -> None:
    lengths = []
    for cell in cells(path, "code"):
        length = len(source(cell).strip().splitlines())
        lengths.append(length)
        assert length <= (25 if "plt." in source(cell) else 15), source(cell)
        assert not source(cell).rstrip().endswith(";")
    assert statistics.median(lengths) <= 5


@lesson
def test_prose_outweighs_code(path: Path) -> None:
    lines = sum(len(source(cell).splitlines()) for cell in cells(path, "code"))
    prose = sum(len(source(cell).split()) for cell in cells(path, "markdown"))
    assert prose / lines >= 8


@lesson
def test_the_first_code_cell_alone_sets_the_language(path: Path) -> None:
    code = [source(cell) for cell in cells(path, "code")]
    assert f'set_language("{path.parent.name}")' in code[0]
    assert not any("set_language" in text for text in code[1:])


@lesson
def test_figures_are_followed_by_what_they_show(path: Path) -> None:
    every_cell = cells(path)
    for cell, after in zip(every_cell, [*every_cell[1:], {}], strict=True):
        outputs = cell.get("outputs", [])
        if any("image/png" in output.get("data", {}) for output in outputs):
            assert after.get("cell_type") == "markdown", source(cell)
            assert len(source(after).split()) >= 10
    text = "\n".join(source(cell) for cell in cells(path, "markdown"))
    assert not re.search(r"!\[\s*\]\(", text)
    assert not re.search(r"<img(?![^>]*alt=\"[^\"]+\")", text)


@lesson
def test_only_widget_cells_have_uncompared_outputs(path: Path) -> None:
    known = {"nbval-ignore-output", "raises-exception"}
    for cell in cells(path, "code"):
        assert set(tags(cell)) <= known, source(cell)
        if "nbval-ignore-output" in tags(cell):
            assert re.search(
                r"quiz\(|explore|compare_transfer|view_image|readiness|progress|conformance\(",
                source(cell),
            )
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        assert failed == ("raises-exception" in tags(cell)), source(cell)
        streams = [output.get("name") for output in cell["outputs"]]
        assert "stderr" not in streams, source(cell)


@lesson
def test_every_explorer_keeps_a_static_twin(path: Path) -> None:
    for cell in cells(path, "code"):
        # what dciodvfy says is text, and depends on which build of it is there
        if "nbval-ignore-output" in tags(cell) and "conformance(" not in source(cell):
            kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
            assert "text/html" in kinds, source(cell)


@lesson
def test_exercise_cells_carry_the_metadata_that_classrooms_use(path: Path) -> None:
    by_id = {cell["id"]: cell for cell in cells(path)}
    graded = [key.removesuffix("-check") for key in by_id if key.endswith("-check")]
    assert len(graded) >= 2
    wanted: dict[str, dict[str, Any]] = {
        "-text": {"grade": False, "locked": True, "solution": False},
        "": {"grade": False, "locked": False, "solution": True},
        "-check": {"grade": True, "locked": True, "solution": False, "points": 1},
    }
    for exercise in graded:
        for suffix, flags in wanted.items():
            cell = by_id[exercise + suffix]
            always = {"grade_id": exercise + suffix, "schema_version": 3, "task": False}
            assert cell["metadata"]["nbgrader"] == {**always, **flags}
        check = source(by_id[f"{exercise}-check"])
        assert check.startswith("from dicom_lessons import check\n"), check
        assert f'check("{exercise}"' in check
        assert "..." in source(by_id[exercise])


def test_a_lesson_is_exported_as_a_program(tmp_path: Path) -> None:
    """Without the ending in `language_info`, nbconvert writes a text."""
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "script"]
    subprocess.run(
        [*command, "--output-dir", str(tmp_path), str(LESSON_FILES[0])],
        check=True,
        capture_output=True,
    )
    assert [path.name for path in tmp_path.iterdir()] == [f"{LESSON_FILES[0].stem}.py"]
