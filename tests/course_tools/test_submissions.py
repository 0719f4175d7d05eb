"""What comes in is mended where it can be, and a teacher reads what was added, nothing else."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from submissions import (
    answered,
    as_bytes,
    code,
    course,
    filled,
    laid_out,
    names_of,
    released,
    with_cells,
)

from course_tools.grading import folder as classroom
from course_tools.grading.examine import remembered
from course_tools.lessons import notebooks
from dicom_lessons.text import set_language

__all__ = ["course", "laid_out"]

LESSON = "01a_elements"
GOOD = answered(LESSON)
NAMES = names_of(GOOD)
FIRST = NAMES[0]
SOLUTIONS = {
    classroom.grade_id(cell): "".join(cell["source"])
    for cell in GOOD["cells"]
    if classroom.grade_id(cell) in NAMES
}
Notebook = dict[str, Any]


def hand_in(course: Path, content: Notebook | bytes, learner: str = "ivanova") -> Path:
    folder = course / "submitted" / learner / LESSON
    folder.mkdir(parents=True)
    raw = content if isinstance(content, bytes) else as_bytes(content)
    (folder / f"{LESSON}.ipynb").write_bytes(raw)
    return folder / f"{LESSON}.ipynb"


def examined(course: Path, content: Notebook | bytes) -> tuple[list[str], Notebook | None]:
    """Return what is said of a submission, and the notebook that will be graded."""
    path = hand_in(course, content)
    remarks = [remark.what for remark in classroom.examine(course)]
    return remarks, classroom.read(path) if path.is_file() else None


def changed(change: Callable[[Notebook], object]) -> Notebook:
    done = copy.deepcopy(GOOD)
    change(done)
    return done


def each(change: Callable[[dict[str, Any]], object]) -> Callable[[Notebook], object]:
    return lambda notebook: [change(cell) for cell in notebook["cells"]]


def at(notebook: Notebook, name: str) -> int:
    return [cell.get("id") for cell in notebook["cells"]].index(name)


def without_ids(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 4
    each(lambda cell: cell.pop("id"))(notebook)


def without_metadata(notebook: Notebook) -> None:
    each(lambda cell: cell["metadata"].pop("nbgrader", None))(notebook)


def without_both(notebook: Notebook) -> None:
    without_ids(notebook)
    without_metadata(notebook)


def as_colab(notebook: Notebook) -> None:
    without_both(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"id": f"x{number}", "colab": {"base_uri": "https://localhost:8080/"}}


def as_code(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 2
    each(lambda cell: cell.pop("id"))(notebook)
    each(lambda cell: cell["metadata"].update(vscode={"languageId": "python"}))(notebook)


def text(name: str) -> Callable[[Notebook], object]:
    def change(notebook: Notebook) -> None:
        cell = notebook["cells"][at(notebook, name)]
        cell.update(cell_type="markdown")
        del cell["outputs"], cell["execution_count"]

    return change


def split(notebook: Notebook) -> None:
    place = at(notebook, FIRST)
    half = copy.deepcopy(notebook["cells"][place]) | {"id": "half", "source": "import struct"}
    notebook["cells"].insert(place, half)


def printed_behind(notebook: Notebook) -> None:
    without_both(notebook)
    place = next(n for n, one in enumerate(notebook["cells"]) if one["source"] == SOLUTIONS[FIRST])
    cell = code("print(positions)")
    del cell["id"]
    notebook["cells"].insert(place + 1, cell)


def answers_only(notebook: Notebook) -> None:
    notebook["cells"] = [one for one in notebook["cells"] if "check(" not in "".join(one["source"])]
    without_both(notebook)


def answer_on_top(notebook: Notebook) -> None:
    cells = notebook["cells"]
    cells.insert(0, cells.pop(at(notebook, FIRST)))
    without_both(notebook)


def check_first(notebook: Notebook) -> None:
    cells = notebook["cells"]
    cells.insert(0, cells.pop(at(notebook, f"{FIRST}-check")))


def put_twice(notebook: Notebook) -> None:
    copied = copy.deepcopy(notebook["cells"][at(notebook, FIRST)]) | {"id": "copy"}
    notebook["cells"].insert(at(notebook, FIRST), copied)


def older(notebook: Notebook) -> None:
    cells = [
        {"input" if key == "source" and one["cell_type"] == "code" else key: value
         for key, value in one.items() if key not in ("id", "execution_count")}
        for one in notebook.pop("cells")
    ]  # fmt: skip
    for one in cells:
        if one["cell_type"] == "code":
            one |= {"language": "python", "collapsed": False, "outputs": []}
    notebook.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells, "metadata": {}}])
    notebook["metadata"] = {"name": ""}


LOST = "were lost: they are back"
NOTED: dict[str, tuple[Notebook | bytes, str]] = {
    "as it is": (GOOD, ""),
    "metadata": (changed(without_metadata), LOST),
    "ids": (changed(without_ids), ""),
    "ids and metadata": (changed(without_both), LOST),
    "Colab": (changed(as_colab), LOST),
    "VS Code": (changed(as_code), ""),
    "a cell behind the answer": (changed(printed_behind), LOST),
    "checks": (changed(answers_only), LOST),
    "the answer is the first cell": (changed(answer_on_top), LOST),
    "byte-order mark": (b"\xef\xbb\xbf" + as_bytes(GOOD), "UTF-8"),
    "UTF-16": (as_bytes(GOOD).decode().encode("utf-16"), "UTF-8"),
    "UTF-16 without a mark": (as_bytes(GOOD).decode().encode("utf-16-be"), "UTF-8"),
    "Windows-1251": (
        as_bytes(GOOD | {"metadata": {"author": "Сидорова"}}).decode().encode("cp1251", "replace"),
        "UTF-8",
    ),
    "CRLF": (as_bytes(GOOD).replace(b"\n", b"\r\n"), ""),
    "an answer became text": (changed(text(FIRST)), "had become text"),
    "a check became text": (changed(text(f"{FIRST}-check")), "had become text"),
    "split": (changed(split), "was there twice"),
    "twice": (changed(put_twice), "was there twice"),
    "check in front": (changed(check_first), "stood before its answer"),
    "says format 3": (GOOD | {"nbformat": 3}, "broke the format"),
    "format 3": (changed(older), "older format"),
    "a mark of a conflict": (
        as_bytes(GOOD).replace(b'"cells"', b'<<<<<<< HEAD\n"cells"', 1), "git conflict"),
    "a conflict": (
        as_bytes(GOOD).replace(
            b'\n "cells"', b'\n<<<<<<< HEAD\n "cells"', 1).replace(
            b'\n "metadata": {', b'\n=======\n "nothing": {\n>>>>>>> theirs\n "metadata": {', 1),
        "git conflict",
    ),
    "no source": (changed(lambda one: one["cells"][3].update(source=None)), "broke the format"),
    "an incomplete cell": (
        changed(lambda one: one["cells"].append(
            {"cell_type": "code", "metadata": {}, "source": ["x = 1"]})), "broke the format"),
    "a cell without metadata": (changed(lambda one: one["cells"][5].pop("metadata")), "broke"),
    "no outputs": (changed(lambda one: one["cells"][1].update(outputs=7)), "broke the format"),
    "a cell that is none": (changed(lambda one: one["cells"].insert(0, "x")), "broke the format"),
    "half a character": (
        as_bytes(with_cells(GOOD, "x = 'SURROGATE'")).replace(b"SURROGATE", b"\\ud83d"), ""),
    "half a character, and more": (
        as_bytes(with_cells(changed(put_twice), "x = 'HALF'")).replace(b"HALF", b"\\udc00"),
        "was there twice"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTED)
def test_a_full_answer_is_graded_in_full(kind: str, course: Path) -> None:
    content, said = NOTED[kind]
    remarks, graded = examined(course, content)
    assert graded is not None, remarks
    cells = {classroom.grade_id(cell): cell for cell in graded["cells"]}
    assert not any("deleted" in one for one in remarks)
    assert (said in " ".join(remarks)) if said else (remarks == [])
    for name, solution in SOLUTIONS.items():
        answer = "".join(cells[name]["source"])
        assert answer.strip() == solution.strip()
        assert cells[name]["cell_type"] == "code"
        assert cells[name]["metadata"]["nbgrader"]["solution"]
    order = [classroom.grade_id(cell) for cell in graded["cells"]]
    for name in NAMES if kind != "checks" else ():
        assert order.index(f"{name}-check") > order.index(name)
    classroom.examine(course)
    assert " ".join(remembered(course)["ivanova", LESSON]).count(said) >= bool(said)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "it is empty"), (b"\0" * 99, "it is empty"), (b"PK\x03\x04", ""), (b"[" * 10**5, ""),
     (b'{"cells": {}}', ""), (b'{"cells": [7]}', ""), (b"\xff\xfe", ""), (b'"\\ud800"', ""),
     (b'{"cells": [{"cell_type": "code", "source": {"a": 1}}], "nbformat": ' + b"9" * 5000 + b"}",
      "")],
    ids=repr,
)  # fmt: skip
def test_what_holds_no_notebook_is_set_aside(content: bytes, why: str, course: Path) -> None:
    (remark,), graded = examined(course, content[: 10**5])
    assert graded is None
    assert why in remark and "Ask for it again" in remark


def test_nobody_stops_the_look_at_a_class(course: Path) -> None:
    nasty: list[Any] = [7, [], {"grade_id": []}, {"grade_id": {"a": 1}}, {"grade_id": FIRST}, None]
    nasty += [{"grade_id": FIRST, "points": "many"}, {"solution": True, "grade": True}]
    for number, about in enumerate(nasty):
        cell = code("x") | {"metadata": {"nbgrader": about}}
        one = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        hand_in(course, one, f"nasty-{number}")
    submitted = course / "submitted"
    (submitted / "a-file").write_text("mine", encoding="utf-8")
    (submitted / "b").mkdir()
    (submitted / "b" / LESSON).write_text("mine", encoding="utf-8")
    (submitted / "c" / LESSON / f"{LESSON}.ipynb").mkdir(parents=True)
    (submitted / "d" / LESSON).mkdir(parents=True)
    (submitted / "d" / LESSON / f"{LESSON}.ipynb").symlink_to("nowhere")
    (submitted / "e" / LESSON).mkdir(parents=True)
    (submitted / "e" / LESSON / os.fsdecode(b"\xff.py")).write_text("", encoding="utf-8")
    hand_in(course, GOOD, os.fsdecode(b"z-\xe9"))
    hand_in(course, changed(put_twice), "zz")
    remarks = classroom.examine(course)
    for remark in remarks:
        remark.what.encode()
    who = {remark.learner for remark in remarks}
    assert {"b", "c", "d", "e", "zz", *(f"nasty-{number}" for number in range(8))} <= who
    assert remarks[-1].learner == "zz" and "was there twice" in remarks[-1].what


def test_a_deleted_exercise_is_back_and_a_lost_one_is_not_called_deleted(course: Path) -> None:
    def gone(notebook: Notebook) -> None:
        without_both(notebook)
        notebook["cells"] = [
            cell for cell in notebook["cells"]
            if cell["source"] != SOLUTIONS[FIRST] and f'"{FIRST}"' not in "".join(cell["source"])
        ]  # fmt: skip

    remarks, graded = examined(course, changed(gone))
    assert [one for one in remarks if "deleted" in one] == [
        f"Exercise {FIRST} was deleted: it is back, blank."
    ]
    assert graded and [*map(classroom.grade_id, graded["cells"])].count(FIRST) == 1


# ---- what a teacher should read


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("make", [released, answered], ids=["untouched", "model solutions"])
def test_honest_submissions_of_every_sitting_give_no_remark(
    language: str, make: Callable[[str, str], Notebook], course: Path
) -> None:
    for path in notebooks(language):
        for learner in ("ivanova", "petrov"):
            folder = course / "submitted" / learner / path.stem
            folder.mkdir(parents=True)
            (folder / path.name).write_bytes(as_bytes(make(path.stem, language)))
    assert len(list((course / "submitted" / "petrov").iterdir())) == len(list(notebooks(language)))
    assert classroom.examine(course) == []


HONEST = [
    "import numpy as np\nimport pandas as pd\nimport os, sys, re, json, math, gc, types, copy",
    "import importlib.metadata\n\nimportlib.metadata.version('pydicom')",
    "from dicom_lessons import check, hint, solution\nfrom dicom_lessons.structure import map_file",
    "%matplotlib inline\n!pip install pydicom\n%time sum(range(10))",
    "plt.rcParams['font.size'] = 14\nplt.rcParams.update({})\nmatplotlib.rcParams['x'] = 1",
    "pydicom.config.settings.reading_validation_mode = 0\nnp.random.seed(1)",
    "for name in dir(ds):\n    print(name, getattr(ds, name, None))",
    "for keyword, value in wanted.items():\n    setattr(ds, keyword, value)\nds.PatientName = 'x'",
    "print('the solutions are in exercises.md', 'check')\nprint(vars(ds), ds.__class__.__name__)",
    "class Reader:\n    def __init__(self, raw):\n        self.raw = raw\n        self.check = 1",
    "def total(raw):\n    check = sum(raw)\n    return check",
    "with open('my_notes.txt', 'w') as file:\n    file.write(str(raw[:10]))",
    "'''NBGRADER is a program'''\nlen(raw)",
    "gc.collect()\nsys.exit\nwarnings.simplefilter('ignore')\nos.environ['TZ'] = 'UTC'",
    "if 'raw' not in globals():\n    raw = b''\nprint(len(locals()))",
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "InteractiveShell.ast_node_interactivity = 'all'",
    "import ssl\nssl._create_default_https_context = ssl._create_unverified_context",
    "from PIL import Image\nImage.MAX_IMAGE_PIXELS = None\nimport sys\nsys.tracebacklimit = 0",
    "hint('structure-1')\nsolution('structure-1')",
    "%%time\nsum(range(9))",
    "x = = 1",
]


@pytest.mark.parametrize("source", HONEST)
def test_honest_cells_give_no_remark(source: str, course: Path) -> None:
    assert examined(course, with_cells(GOOD, source))[0] == []


CHEATS = [
    "from dicom_lessons.exercises.structure import EXERCISES",
    "from dicom_lessons import exercises",
    "from dicom_lessons import exercises as e",
    "import dicom_lessons.exercises.lessons as x",
    "import dicom_lessons as d\nd.exercises.lessons.find('structure-1')",
    "from dicom_lessons.structure import checks",
    "from dicom_lessons import check\ncheck.__globals__['find']",
    "import dicom_lessons\nsetattr(dicom_lessons, 'ch' + 'eck', lambda n, a: print('Right. '))",
    "import dicom_lessons\ndicom_lessons.check = lambda *a: None",
    "import dicom_lessons as d\nmine = d\nmine.check = print",
    "import dicom_lessons\nvars(dicom_lessons)['check'] = print",
    "import dicom_lessons\ndicom_lessons.__dict__['check'] = print",
    "import dicom_lessons\ngetattr(dicom_lessons, 'che' + 'ck')",
    "from unittest.mock import patch\npatch('dicom_lessons.check').start()",
    "from unittest import mock\nmock.patch.object",
    "def check(*a):\n    pass",
    "from dicom_lessons import check as real\ndef check(*a):\n    return 1",
    "check = print",
    "from builtins import print as check",
    "open('notebooks/en/solutions/01.ipynb').read()",
    "from pathlib import Path\nPath('solutions').glob('*')",
    "open('../../../source/x').read()",
    "from course_tools.solutions import made",
    "import importlib\nimportlib.import_module('dicom_lessons.' + 'exercises')",
    "__import__('dicom_lessons.feedback')",
    "import sys\nsys.modules['dicom_lessons']",
    "import gc\ngc.get_objects()",
    "from gc import get_referrers",
    "import inspect\ninspect.currentframe().f_back",
    "import sys\nsys._getframe(1)",
    "import os\nos.environ.pop('NBGRADER_EXECUTION')",
    "import os\n[os.environ.pop(k) for k in list(os.environ) if 'GRADER' in k]",
    "exec('x = 1')",
    "globals()['check'] = print",
    "get_ipython().set_custom_exc((Exception,), lambda *a: None)",
    "get_ipython().showtraceback = print",
    "exit()",
    "quit()",
    "import os\nos._exit(0)",
    "from os import _exit as leave\nleave(0)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "__builtins__['AssertionError'] = Exception",
    "__builtins__.print",
    "get_ipython().ask_exit()",
    "open('dicom_lessons.py', 'w').write('check = print')",
    "from pathlib import Path\nPath('dicom_lessons').mkdir()",
    "%%writefile dicom_lessons.py\ncheck = print",
    "%%time\nfrom dicom_lessons import exercises",
    "!cat helper/dicom_lessons/structure/exercises.md",
]


@pytest.mark.parametrize("source", CHEATS)
@pytest.mark.parametrize("place", ["a cell of its own", "the answer", "a cell of the lesson"])
def test_ways_around_check_are_named_with_cell_and_line(
    source: str, place: str, course: Path
) -> None:
    if place == "a cell of its own":
        cheated, cell = with_cells(GOOD, source), "cell 3, line"
    elif place == "the answer":
        if source.startswith("%%"):
            pytest.skip("such a line begins its cell")
        cheated = filled(GOOD, {FIRST: f"{source}\n{SOLUTIONS[FIRST]}"})
        cell = f"({FIRST}), line"
    else:
        if source.startswith("%%"):
            pytest.skip("such a line begins its cell")
        cheated, cell = copy.deepcopy(GOOD), "cell 2, line"
        cheated["cells"][1]["source"] = "".join(cheated["cells"][1]["source"]) + "\n" + source
    remarks, _graded = examined(course, cheated)
    assert remarks and all(cell in remark for remark in remarks), remarks
    assert all("Read it yourself" in remark for remark in remarks)
    lines = [line.strip() for line in source.splitlines()]
    assert any(remark.endswith(tuple(lines)) for remark in remarks)
    assert remembered(course)["ivanova", LESSON] == remarks


def test_a_changed_check_is_named_and_a_reformatted_one_is_not(course: Path) -> None:
    def change(notebook: Notebook) -> None:
        for number, name in enumerate(NAMES):
            cell = notebook["cells"][at(notebook, f"{name}-check")]
            source = "".join(cell["source"])
            cell["source"] = "print('Right. ')" if not number else f"# mine\n\n{source}\n".replace(
                '"', "'")  # fmt: skip

    remarks, _graded = examined(course, changed(change))
    assert remarks == [f"The check cell {FIRST}-check was changed: the original is graded."]


def test_the_same_long_answer_of_two_learners_is_told_to_the_teacher(course: Path) -> None:
    long = "def decode(raw):\n" + "".join(f"    a{n} = raw[{n}]  # mine\n" for n in range(9))
    for learner in ("ivanova", "petrov"):
        hand_in(course, filled(GOOD, {"structure-2": long}), learner)
    hand_in(course, GOOD, "a")
    hand_in(course, GOOD, "b")
    said = {remark.learner: remark.what for remark in classroom.examine(course)}
    assert said == {
        "ivanova": "structure-2 is letter for letter that of petrov: ask.",
        "petrov": "structure-2 is letter for letter that of ivanova: ask.",
    }


def test_remarks_of_an_earlier_look_stay_until_another_file_comes(course: Path) -> None:
    path = hand_in(course, changed(put_twice))
    assert len(classroom.examine(course)) == 1
    assert classroom.examine(course) == []
    assert len(remembered(course)["ivanova", LESSON]) == 1
    path.write_bytes(as_bytes(GOOD))
    assert classroom.examine(course) == []
    assert remembered(course)["ivanova", LESSON] == []


def test_remarks_are_in_the_language_of_the_teacher(course: Path) -> None:
    set_language("ru")
    (remark,), _graded = examined(course, with_cells(GOOD, "exit()"))
    assert "exit()" in remark


WEIRD: list[Any] = [
    *(None, True, -1, 1e308, "", "\ud800", [], {}, [[]], {"a": 1}, [FIRST], "markdown", "\0"),
    *({"nbgrader": 7}, {"nbgrader": {"grade_id": []}}, "%%time", "x = = 1", "check('structure-1')"),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to everything within the first levels of a notebook."""
    if not isinstance(value, dict | list) or len(path) > 4:
        return [path]
    keys = list(value) if isinstance(value, dict) else range(len(value))
    return [path, *(way for key in keys for way in places(value[key], (*path, key)))]


def test_no_damage_of_a_notebook_stops_the_look(course: Path) -> None:
    dice = random.Random(13)
    ways = [way for way in places(GOOD) if way]
    for number in range(60):
        notebook: Any = copy.deepcopy(GOOD)
        for way in dice.choices(ways, k=dice.randint(1, 3)):
            inner = notebook
            try:
                for step in way[:-1]:
                    inner = inner[step]
                inner[way[-1]] = copy.deepcopy(dice.choice(WEIRD))
            except (KeyError, IndexError, TypeError):
                continue
        hand_in(course, json.dumps(notebook).encode(), f"learner-{number}")
    remarks = classroom.examine(course)
    assert not any("could not be looked at" in remark.what for remark in remarks)
    for path in (course / "submitted").glob("*/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
