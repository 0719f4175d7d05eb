"""What lesson 06 writes, judged and read by other programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lesson_files import cells, source
from pydicom import dcmread
from tools import ORTHANC, require

from course_tools import lessons
from dicom_lessons import samples
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.read_write import save_safely

pytestmark = [pytest.mark.tools, pytest.mark.filterwarnings("ignore::UserWarning")]

COPIES = ["CT_small", "MR_small_RLE", "rtplan", "test-SR", "waveform_ecg", "chrRuss", "virtual/us"]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, errors="replace"
    )


def lesson_capture(folder: Path) -> Path:
    """Run the lesson's own cells that make an object from an array."""
    names: dict[str, object] = {}
    for cell in cells(lessons.NOTEBOOKS / "en" / "06_read_write.ipynb", "code"):
        code = source(cell)
        if cell["id"] in ("read-path", "header-run", "nested-run"):
            exec("\n".join(line for line in code.splitlines() if "import" in line), names)
        if cell["id"].startswith("make-") and cell["id"] not in ("make-judge", "make-save"):
            exec(code, names)
    return save_safely(names["capture"], folder / "lesson.dcm")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The lesson's object, those of two exercises, and copies of samples."""
    folder = tmp_path_factory.mktemp("written")
    made = {"lesson": lesson_capture(folder)}
    before = Path.cwd()
    os.chdir(folder)
    try:
        for name in ("read_write-5", "read_write-7"):
            names: dict[str, str] = {}
            exec(declared("read_write")[name].solution, names)
            made[name] = folder / names[["cyrillic_file", "capture_file"][name.endswith("7")]]
    finally:
        os.chdir(before)
    for name in COPIES:
        made[name] = save_safely(samples.read(name), folder / f"{name.replace('/', '_')}.dcm")
    return made


@pytest.mark.parametrize("name", ["lesson", "read_write-7"])
def test_dciodvfy_accepts_an_object_made_from_an_array(name: str, files: dict[str, Path]) -> None:
    require("dciodvfy")
    said = run("dciodvfy", "-new", files[name]).stderr.splitlines()
    assert said[0] == "SCImage"
    assert [line for line in said if line.startswith(("Error", "Warning"))] == []


def test_dciodvfy_finds_nothing_new_in_a_copy(files: dict[str, Path]) -> None:
    require("dciodvfy")

    def complaints(path: Path) -> list[str]:
        lines = run("dciodvfy", "-new", path).stderr.splitlines()
        return [line for line in lines if line.startswith(("Error", "Warning"))]

    for name in COPIES:
        before = complaints(samples.path(name))
        assert [each for each in complaints(files[name]) if each not in before] == [], name


def test_the_judge_of_the_exercise_passes_on_what_dciodvfy_says(
    files: dict[str, Path], tmp_path: Path
) -> None:
    require("dciodvfy")
    dataset = dcmread(files["lesson"])
    dataset.PatientName = "Ivanov"
    exercise = declared("read_write")["read_write-7"]
    assert exercise.judge(str(files["lesson"])).right
    verdict = exercise.judge(str(save_safely(dataset, tmp_path / "x.dcm")))
    assert verdict.right is False and verdict.why.startswith("Warning")


def test_dcmtk_and_gdcm_read_what_was_written(files: dict[str, Path]) -> None:
    require("dcmdump", "dcmftest", "gdcmdump")
    for name, path in files.items():
        assert run("dcmftest", path).stdout.startswith("yes:"), name
        assert run("dcmdump", "-q", path).returncode == 0, name
        assert run("gdcmdump", path).returncode == 0, name


def test_dcmtk_reads_the_cyrillic_name(files: dict[str, Path]) -> None:
    require("dcmdump")
    for name in ("lesson", "read_write-5"):
        said = run("dcmdump", "-q", "+U8", "+P", "0010,0010", files[name])
        assert "Иванов^Иван^Иванович" in said.stdout


def test_orthanc_stores_and_returns_the_same_bytes(files: dict[str, Path], tmp_path: Path) -> None:
    require("Orthanc", "unshare", "ip")
    namespace = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    if run(*namespace, "true").returncode != 0:
        require("a private network namespace")
    # the copy with a Cyrillic name has the same SOP Instance UID, and an archive keeps one of them
    sent = {name: path for name, path in files.items() if name != "CT_small"}
    script = tmp_path / "round_trip.py"
    script.write_text(ORTHANC)
    shell = 'ip link set lo up && exec "$@"'
    result = run(
        *namespace, "sh", "-c", shell, "sh", sys.executable, script, tmp_path, *sent.values()
    )
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)["files"]
    for name, path in sent.items():
        status, same = told[str(path)]
        assert (status, same) == ("Success", True), name
