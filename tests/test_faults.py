"""The net catches what it is there for: each fault is planted once and must be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lesson_files import LESSONS, load, source
from test_pictures import pictures

from course_tools import lessons

NBVAL = ["-p", "no:xdist", "-q", "--nbval", "--nbval-current-env", "-c", os.devnull]


def beginning() -> dict[str, Any]:
    """Return the first sitting that stores a picture, up to it."""
    every = (load(lessons.NOTEBOOKS / "en" / f"{stem}.ipynb") for stem in LESSONS)
    lesson = next(each for each in every if any(pictures(each).values()))
    with_picture = [key for key, found in pictures(lesson).items() if found]
    end = [cell["id"] for cell in lesson["cells"]].index(with_picture[0]) + 1
    lesson["cells"] = lesson["cells"][:end]
    return lesson


def nbval(lesson: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "lesson.ipynb"
    lessons.write(path, lesson)
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


@pytest.mark.parametrize("plant", [change_an_output, break_a_cell])
def test_a_planted_fault_is_caught(plant: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    lesson = beginning()
    plant(lesson)
    done = nbval(lesson, tmp_path)
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout


def test_a_changed_picture_is_caught(tmp_path: Path) -> None:
    lesson = beginning()
    stored = pictures(lesson)
    cell = lesson["cells"][-1]
    cell["source"] = source(cell).replace("plt.show()", "plt.title('planted')\nplt.show()")
    path = tmp_path / "lesson.ipynb"
    lessons.write(path, lesson)
    assert pictures(lessons.run(path)) != stored
