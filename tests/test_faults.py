"""The net catches what it is there for: each fault is planted once and must be seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lesson_files import LESSONS, load, source

from course_tools import lessons

NBVAL = ["-p", "no:xdist", "-q", "--nbval", "--nbval-current-env", "-c", os.devnull]


def has_picture(cell: dict[str, Any]) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def beginning() -> dict[str, Any]:
    """Return the first sitting that stores a picture, up to it."""
    for stem in LESSONS:
        lesson = load(lessons.NOTEBOOKS / "en" / f"{stem}.ipynb")
        for number, cell in enumerate(lesson["cells"], start=1):
            if has_picture(cell):
                lesson["cells"] = lesson["cells"][:number]
                return lesson
    raise AssertionError("no sitting stores a picture")


def nbval(lesson: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "lesson.ipynb"
    lessons.write(path, lesson)
    shutil.copy(lessons.ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", *NBVAL, str(path)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def change_an_output(lesson: dict[str, Any]) -> None:
    lesson["cells"].append(
        {
            "cell_type": "code",
            "id": "planted",
            "metadata": {},
            "source": "print(1 + 1)",
            "execution_count": 99,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "3\n"}],
        }
    )


def break_a_cell(lesson: dict[str, Any]) -> None:
    cell = lesson["cells"][-1]
    cell["source"] = source(cell) + "\nno_such_name"


def test_an_unchanged_lesson_passes(tmp_path: Path) -> None:
    done = nbval(beginning(), tmp_path)
    assert done.returncode == 0, done.stdout


def change_a_picture(lesson: dict[str, Any]) -> None:
    cell = lesson["cells"][-1]
    cell["source"] = source(cell).replace("plt.show()", "plt.title('planted')\nplt.show()")


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="fonts are drawn otherwise elsewhere")


@pytest.mark.parametrize(
    ("plant", "seen"),
    [
        (change_an_output, "mismatch 'stdout'"),
        (break_a_cell, "NameError"),
        pytest.param(change_a_picture, "mismatch 'image/png'", marks=on_linux),
    ],
)
def test_a_planted_fault_is_caught(
    plant: Callable[[dict[str, Any]], None], seen: str, tmp_path: Path
) -> None:
    lesson = beginning()
    plant(lesson)
    done = nbval(lesson, tmp_path)
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
    assert seen in done.stdout
