"""What must run to judge the exercises of lesson 03: cases, forms, examinations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.reading import read
from dicom_lessons.text import N_

_META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")


@cache
def _trap() -> TemporaryDirectory[str]:
    """Make a disc whose names all lie: what DICOM is and what not, the bytes alone say."""
    disc = TemporaryDirectory(prefix="disc")
    folder = Path(disc.name)
    deep = folder / "folder.dcm" / "a" / "b" / "c"
    deep.mkdir(parents=True)
    raw = samples.path("CT_small").read_bytes()
    (folder / "README").write_bytes(raw)
    (folder / "DICOMDIR.txt").write_bytes(raw)
    (deep / "notes.txt").write_bytes(samples.path("MR_small").read_bytes())
    (deep / "7").write_bytes(raw.replace(b"CS\x02\x00CT", b"CS\x00\x00"))
    (deep / "8.dcm").write_bytes(raw.replace(b"CS\x02\x00CT", b"CS\x02\x00OT"))
    (folder / "IM0001").write_text("Modality: CT\n" * 80, encoding="ascii")
    (folder / "scan.dcm").write_text("This is a letter. " * 80, encoding="ascii")
    (deep / "empty.dcm").write_bytes(b"")
    (deep / "9.dcm").write_bytes(raw[:100])
    return disc


def _folders() -> list[tuple[Path]]:
    test_files = samples.BUNDLED / "test_files"
    return [
        (test_files / "dicomdirtests",),
        (samples.BUNDLED / "charset_files",),
        (Path(_trap().name),),
    ]


@forms.expecting(N_("a dict, for example {'CT': 2, '': 1}"))
def _counts(answer: Any) -> dict[object, object]:
    if not isinstance(answer, Mapping):
        raise TypeError
    return {value: count for value, count in answer.items() if count != 0}


def _mended(path: Path) -> str:
    """Compare the learner's copy with the broken file, whose Patient ID no other file has."""
    mended, wanted = read(path, force=False), samples.read("CT_small")
    wanted.PatientID = wanted.StudyID = "BCT1"
    value = mended.get("Modality")
    original = path.with_name("b")
    if original.is_file() and (original.samefile(path) or read(original).Modality != "ct"):
        return "the original"
    if mended.get("PatientID") != wanted.PatientID:
        return "another file"
    if not value:
        return "no value"
    if value != "CT":
        return "lower case" if str(value).upper() == "CT" else "another value"
    same_meta = all(mended.file_meta.get(one) == wanted.file_meta.get(one) for one in _META)
    return "" if same_meta and mended == wanted else "other elements"


CHECKS = {
    "modality-3": Check(cases=_folders, form=_counts),
    "modality-6": Check(examine=_mended),
}
