"""What must run to judge the exercises of lesson 03: cases, forms, examinations."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread

from dicom_lessons import samples
from dicom_lessons.exercises.kinds import Check


def _folders() -> list[tuple[Path]]:
    test_files = samples.BUNDLED / "test_files"
    return [(test_files / "dicomdirtests",), (samples.BUNDLED / "charset_files",)]


def _mended(path: Path) -> str:
    dataset = dcmread(path)
    value = dataset.get("Modality")
    if value != "CT":
        return "another value" if value and str(value).isupper() else "lower case"
    return "" if dataset == samples.read("CT_small") else "other elements"


CHECKS = {
    "modality-5": Check(cases=_folders, form=dict),
    "modality-6": Check(examine=_mended),
}
