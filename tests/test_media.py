"""The virtual patient on a disc: every file, allowed names, nothing overwritten."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from dicom_lessons import __main__, samples
from dicom_lessons.modality import media

FILES = [samples.path(name) for name in samples.names(source="made")]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.write_media(tmp_path_factory.mktemp("disc"))


def test_the_file_set_holds_the_same_objects(index: Path) -> None:
    records = dcmread(index).DirectoryRecordSequence
    pictures = [record for record in records if record.DirectoryRecordType == "IMAGE"]
    originals = [*FILES, *samples.series("virtual/ct_volume"), *samples.series("virtual/pt_volume")]
    raw = {dcmread(path, stop_before_pixels=True).SOPInstanceUID: path for path in originals}
    assert len(pictures) == len(raw) == len(originals)
    for record in pictures:
        copy = index.parent.joinpath(*record.ReferencedFileID)
        assert copy.read_bytes() == raw[record.ReferencedSOPInstanceUIDInFile].read_bytes()


def test_its_names_are_those_that_the_standard_allows(index: Path) -> None:
    files = [path for path in index.parent.rglob("*") if path.is_file()]
    parts = {part for path in files for part in path.relative_to(index.parent).parts}
    assert all(re.fullmatch("[A-Z0-9_]{1,8}", part) for part in parts)


def test_the_same_files_give_the_same_file_set(tmp_path: Path) -> None:
    made = [media.write_media(tmp_path / name, FILES[:2]) for name in ("one", "two")]
    assert made[0].read_bytes() == made[1].read_bytes()
    other = media.write_media(tmp_path / "three", FILES[1:3])
    uids = {dcmread(path).file_meta.MediaStorageSOPInstanceUID for path in (made[0], other)}
    assert len(uids) == 2


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("mine")
    for taken in (tmp_path, kept):
        assert __main__.main(["media", str(taken)]) == 1
        told = capsys.readouterr()
        assert told.out == "" and re.fullmatch(r".+ is not an empty folder; .+\.\n", told.err)
    assert [*tmp_path.iterdir()] == [kept] and kept.read_text() == "mine"


def test_the_command_writes_and_tells_where(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "dicom_lessons", "media", "disc"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'disc' / 'DICOMDIR'}\n"


def test_no_builder_is_imported() -> None:
    program = (
        "import sys, dicom_lessons.modality.media, dicom_lessons.__main__;"
        "print([name for name in sys.modules if name.startswith('course_tools')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n"
