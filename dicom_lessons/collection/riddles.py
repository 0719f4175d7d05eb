"""A disk that somebody left behind: a few hundred files, good ones and others."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from dicom_lessons import browser, samples

MODIFIED = 1_767_225_600
"""All files were last changed on 2026-01-01: seconds since 1970."""
_STUDY, _CHEST, _HEAD, _OLD = (generate_uid(entropy_srcs=["disk", str(n)]) for n in range(4))


def fill_disk(folder: str | os.PathLike[str]) -> Path:
    """Write the disk of this lesson into a folder, in whose place nothing else is left.

    It holds three patients, a zip archive and what else gathers on a disk.
    """
    disk = Path(folder)
    shutil.rmtree(disk, ignore_errors=True)
    disk.mkdir(parents=True, exist_ok=browser.HERE)  # there it may be mounted, and is only emptied
    browser.keep_in_memory(disk)
    for name, dataset in _instances():
        target = disk / name
        target.parent.mkdir(parents=True, exist_ok=True)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(target, enforce_file_format=True)
    _add_rubbish(disk)
    for path in sorted(disk.rglob("*"), reverse=True):
        os.utime(path, (MODIFIED, MODIFIED))
    return disk


def _instances() -> Iterator[tuple[str, Dataset]]:
    for number, one in enumerate(_series(_slices(60), _STUDY, _CHEST, "Chest"), 1):
        if number not in {23, 24, 40}:  # three slices are missing
            yield f"ivanov/chest/{number:04}.dcm", one
        if number == 7:
            yield "ivanov/chest/0007 copy.dcm", one
    for number, one in enumerate(_series(_heads(40), _STUDY, _HEAD, "Head"), 1):
        if number == 12:
            one.Modality = "OT"  # somebody's screen capture in the series
        yield f"ivanov/head/IM{number}", one
    study = generate_uid(entropy_srcs=["petrov"])
    for number, one in enumerate(_series(_slices(50), study, _OLD, "Abdomen"), 1):
        one.PatientID = "DL-0002"
        one.StudyDate = "20991231" if number == 3 else "20250314"
        if number == 9:  # two patients in one study
            one.StudyInstanceUID = _STUDY
        if number == 44:
            del one.PatientSex  # of Type 2: it may be empty, not missing
        yield f"petrov/{number:04}.dcm", one
        if number == 31:  # changed, and kept its UID
            one.SeriesDescription = "Abdomen, smoothed by the workstation"
            yield f"petrov/{number:04}_smooth.dcm", one
    for name in ("virtual/mg", "virtual/cr", "virtual/us", "virtual/xa"):
        yield f"unsorted/{name[8:].upper()}", samples.read(name)


def _series(instances: Iterable[Dataset], study: str, uid: str, title: str) -> Iterator[Dataset]:
    for number, one in enumerate(instances, 1):
        one.StudyInstanceUID, one.SeriesInstanceUID = study, uid
        one.SOPInstanceUID = generate_uid(entropy_srcs=[uid, str(number)])
        one.StudyDate, one.SeriesDescription, one.InstanceNumber = "20250203", title, number
        yield one


def _slices(count: int) -> Iterator[Dataset]:
    return map(dcmread, samples.series("virtual/ct_volume")[:count])


def _heads(count: int) -> Iterator[Dataset]:
    one = samples.read("virtual/mr_t1")
    pixels = np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)[::4, ::4]
    one.Rows, one.Columns = pixels.shape
    one.PixelSpacing = [4 * float(mm) for mm in one.PixelSpacing]
    x, y, _z = one.ImagePositionPatient
    for number in range(count):
        one.Modality, one.ImagePositionPatient = "MR", [x, y, 4 * number]
        one.PixelData = np.roll(pixels, number, 0).tobytes()
        yield one


def _add_rubbish(disk: Path) -> None:
    (disk / "petrov" / "Thumbs.db").write_bytes(bytes(range(256)) * 4)
    (disk / "read me.txt").write_text("Abdomen is on the other disk. P.\n", "utf-8")
    (disk / "снимки").mkdir()
    whole = samples.path("CT_small").read_bytes()
    (disk / "снимки" / "КТ.dcm").write_bytes(whole)
    (disk / "снимки" / "обрыв.dcm").write_bytes(whole[:20_000])
    (disk / "снимки" / "начало.dcm").write_bytes(whole[:200])
    tree = samples.path("CT_small").parent / "dicomdirtests"
    with zipfile.ZipFile(disk / "old.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(tree.rglob("*")):
            if path.is_file() and "TINY" not in str(path) and path.name != "README.txt":
                member = zipfile.ZipInfo(path.relative_to(tree).as_posix(), (2020, 1, 1, 0, 0, 0))
                archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
