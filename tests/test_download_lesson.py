"""Lesson 05 as a learner runs it: on a train, and with the real file from a teacher's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from lesson_files import cells, load, tags

from course_tools import lessons
from dicom_lessons import samples
from dicom_lessons.exercises.lessons import declared

REAL = lessons.ROOT.parent / "shared" / "samples"
LESSON = "05_download.ipynb"


def outputs(lesson: list[dict[str, Any]]) -> dict[str, Any]:
    """Return text outputs of the cells that show the same everywhere."""
    kept = {}
    for cell in lesson:
        if cell["cell_type"] == "code" and "nbval-ignore-output" not in tags(cell):
            texts = []
            for output in cell["outputs"]:
                data = output.get("data", output)
                text = data.get("text") or data.get("text/plain") or data.get("evalue")
                texts.append("".join(text))
            kept[cell["id"]] = texts
    return kept


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv(samples.MIRROR, raising=False)
    return Path(shutil.copy(lessons.NOTEBOOKS / "en" / LESSON, tmp_path))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_the_lesson_downloads_the_real_file_from_a_teachers_folder(
    lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(samples.MIRROR, str(REAL))
    done = lessons.run(lesson)
    assert outputs(done["cells"]) == outputs(cells(lessons.NOTEBOOKS / "en" / LESSON))
    readiness = next(cell for cell in done["cells"] if cell["id"] == "way-readiness")
    assert "the real chest radiograph" in json.dumps(readiness["outputs"])
    real = (REAL / "RG1_J2KI.dcm").read_bytes()
    for name in ("RG1_J2KI.dcm", "modified.dcm"):
        assert (lesson.parent / "my_work" / name).read_bytes() == real
    assert not (lesson.parent / "escaped.dcm").exists()


def test_a_stranger_on_a_train_solves_the_lesson(lesson: Path) -> None:
    exercises = declared("download")
    blank = load(lesson)
    for cell in blank["cells"]:
        if cell["id"] in exercises:
            cell["source"] = exercises[cell["id"]].solution
    lessons.write(lesson, blank)
    done = {cell["id"]: cell for cell in lessons.run(lesson)["cells"]}
    checks = [name for name in exercises if f"{name}-check" in done]
    assert len(checks) == 7
    for name in checks:
        said = "".join(done[f"{name}-check"]["outputs"][0]["text"])
        assert said.startswith("Right. "), said
    left = {path.name for path in (lesson.parent / "my_work").iterdir()}
    assert left == {
        *("RG1_J2KI.dcm", "modified.dcm", "lied.dcm", "again.dcm", "delivered.dcm", "series.zip")
    }
    whole = samples.path("CT_small").read_bytes()
    assert (lesson.parent / "my_work" / "delivered.dcm").read_bytes() == whole
