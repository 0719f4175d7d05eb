"""Outputs that are stored tell nothing of the computer on which they were made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_tools import lessons

GREEN = "\x1b[32m"


@pytest.mark.parametrize("colour", ["", GREEN])
@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("/home/anna/course/dicom_lessons/samples.py:7", "dicom_lessons/samples.py:7"),
        ("/home/Анна Иванова/Курс (копия)/dicom_lessons/a.py:7", "dicom_lessons/a.py:7"),
        ("/srv/dicom_lessons/dicom_lessons/a.py:7", "dicom_lessons/a.py:7"),
        ("/opt/my env/lib/python3.11/site-packages/pydicom/a.py:1", "site-packages/pydicom/a.py:1"),
        (r"C:\Users\Анна\dicom_lessons\a.py:7", r"dicom_lessons\a.py:7"),
        ("/usr/lib/python3.11/pathlib.py:1044", "python3.11/pathlib.py:1044"),
    ],
)
def test_a_traceback_names_no_folder_of_this_computer(path: str, short: str, colour: str) -> None:
    line = f'File {colour}{path}, in read(name)\n      7 read("/my work/dicom_lessons/x")'
    shortened = lessons._without_paths(line)
    assert shortened == line.replace(path, short)


def test_a_course_in_a_folder_with_spaces_stores_the_same(tmp_path: Path) -> None:
    clone = tmp_path / "Мои документы" / "Курс (копия)"
    for name in ("course_tools", "dicom_lessons", "data"):
        skipped = shutil.ignore_patterns("__pycache__", "bench", "patient")
        shutil.copytree(lessons.ROOT / name, clone / name, ignore=skipped)
    lesson = clone / "notebooks" / "ru" / "00_any.ipynb"
    lesson.parent.mkdir(parents=True)
    source = 'from dicom_lessons import samples\n\nsamples.path("no such sample")'
    cell = {
        **{"cell_type": "code", "id": "any", "execution_count": None, "outputs": []},
        **{"source": source, "metadata": {"tags": ["raises-exception"]}},
    }
    lessons.write(lesson, {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    subprocess.run(
        [sys.executable, "-m", "course_tools", "run", str(lesson)],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone)},
        check=True,
        capture_output=True,
    )
    (output,) = json.loads(lesson.read_text(encoding="utf-8"))["cells"][0]["outputs"]
    stored = json.dumps(output, ensure_ascii=False)
    assert "dicom_lessons/samples.py" in stored
    assert "Мои документы" not in stored and "Курс" not in stored
