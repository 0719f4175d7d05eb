"""What must run to judge the exercises of lesson 06: cases, forms, examinations."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections.abc import Sequence
from pathlib import Path

from pydicom import DataElement, Dataset, FileDataset, dcmread
from pydicom.charset import python_encoding
from pydicom.uid import SecondaryCaptureImageStorage

from dicom_lessons import read_write, samples, sop
from dicom_lessons.exercises.kinds import Check

NAME = "Иванов^Иван^Иванович"


def _for_adding() -> Sequence[tuple[object, ...]]:
    note = DataElement("PatientComments", "LT", "Fasting")
    history = DataElement("AdditionalPatientHistory", "LT", "None known")
    return [(Dataset(), note), (samples.read("CT_small", stop_before_pixels=True), history)]


def _for_nesting() -> Sequence[tuple[object, ...]]:
    ct = samples.read("CT_small", specific_tags=["OtherPatientIDsSequence"])
    return [(ct, "A-7"), (Dataset(), "A-8")]


def _for_marking() -> Sequence[tuple[object, ...]]:
    taken = Dataset()
    taken.private_block(0x0011, "SOMEBODY ELSE", create=True).add_new(0x01, "LO", "to be kept")
    return [(Dataset(), "checked"), (taken, "checked")]


def _read(path: Path) -> FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong is said by the explanation
        dataset = dcmread(path)
        dataset.decode()
    return dataset


def _name_survives(path: Path) -> str:
    dataset = _read(path)
    name = str(dataset.get("PatientName", ""))
    if "?" in name:
        return "question marks"
    term = dataset.get("SpecificCharacterSet") or ""
    if isinstance(term, str) and term not in python_encoding:
        return "no term"
    if name != NAME:
        return "another name"
    return next(map(str, read_write.validate(dataset)), "")


def _capture_accepted(path: Path) -> str:
    dataset = _read(path)
    if dataset.get("SOPClassUID") != SecondaryCaptureImageStorage:
        return "other class"
    if "PixelData" not in dataset:
        return "no pixels"
    if sop.lacks(dataset):
        return "incomplete"
    if not dataset.get("Modality"):
        return "no modality"
    if "BodyPartExamined" not in dataset and "Laterality" not in dataset:
        return "no side"
    dataset.pixel_array  # noqa: B018  an error here is told to the learner
    return next(map(str, read_write.validate(dataset)), "") or _refused(path)


def _refused(path: Path) -> str:
    """Return the first complaint of dciodvfy; nothing where it is not installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        return ""
    done = subprocess.run(
        [program, "-new", path.resolve()], capture_output=True, text=True, errors="replace"
    )
    said = [line for line in done.stderr.splitlines() if line.startswith(("Error", "Warning"))]
    return " ".join(said[:1])


CHECKS = {
    "read_write-1": Check(cases=_for_adding, form=Dataset.to_json_dict),
    "read_write-2": Check(cases=_for_nesting, form=Dataset.to_json_dict),
    "read_write-3": Check(cases=_for_marking, form=Dataset.to_json_dict),
    "read_write-5": Check(examine=_name_survives),
    "read_write-7": Check(examine=_capture_accepted),
}
