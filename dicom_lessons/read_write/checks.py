"""What must run to judge the exercises of lesson 06: cases, forms, examinations."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.charset import python_encoding
from pydicom.uid import SecondaryCaptureImageStorage
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from dicom_lessons import read_write, reading, samples, sop
from dicom_lessons.exercises.calls import Outcome
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.exercises.plain import shown
from dicom_lessons.exercises.verdicts import Verdict
from dicom_lessons.read_write.compare import values_of
from dicom_lessons.text import N_, _, ngettext

NAME = "Иванов^Иван^Иванович"
MOST_SHOWN = 5
# a copy may have another name and character set, an identity of its own, other padding and pixels
# compressed without loss, which are compared as pixels
MAY_DIFFER = "SpecificCharacterSet PatientName SOPInstanceUID PixelData DataSetTrailingPadding"


class DatasetCode(Code):
    """A function that returns a data set; of an unforeseen one is said what differs."""

    def _judge_results(self, results: list[Outcome], wanted: list[list[Outcome]]) -> Verdict:
        verdict = super()._judge_results(results, wanted)
        # an explanation says enough without two data sets in one line
        reason = verdict.reason
        return verdict if verdict.right or not reason else Verdict(False, _(reason), reason)

    def _seen(self, arguments: tuple[object, ...], result: object, wanted: object) -> str:
        return _told(arguments, result, wanted)


def _told(arguments: tuple[object, ...], result: object, wanted: object) -> str:
    called = ", ".join(map(_argument, arguments))
    if not isinstance(result, Dataset) or not isinstance(wanted, Dataset):
        said = N_("Called with ({arguments}), your function gave {got}; a data set is expected.")
        return _(said, arguments=called, got=shown(result))
    # a data set that reads the same may still be saved in other letters
    found = read_write.difference(result, wanted)
    found = found or read_write.difference(_saved(copy.deepcopy(result)), _saved(wanted))
    listed = read_write.report(found[:MOST_SHOWN]) + "\n…" * (len(found) > MOST_SHOWN)
    said = N_(
        "Called with ({arguments}), your function returned a data set in which this would still "
        "have to change:\n{differences}\n"
    )
    return _(said, arguments=called, differences=listed)


def _argument(value: object) -> str:
    if isinstance(value, Dataset):
        return ngettext(
            "a data set of {count} element", "a data set of {count} elements", len(value)
        )
    if isinstance(value, bytes):
        return ngettext("{count} byte", "{count} bytes", len(value))
    return shown(value)


def _for_adding() -> Sequence[tuple[object, ...]]:
    ct = samples.read("CT_small", stop_before_pixels=True)
    return [(Dataset(), ["Ivanova^Maria", "Petrova^Maria"]), (ct, ["Ivanov^Vanya"])]


def _for_nesting() -> Sequence[tuple[object, ...]]:
    ct = samples.read("CT_small", specific_tags=["OtherPatientIDsSequence"])
    empty = Dataset()
    empty.OtherPatientIDsSequence = []
    return [(ct, "A-7"), (Dataset(), "A-8"), (empty, "A-9")]


def _for_marking() -> Sequence[tuple[object, ...]]:
    taken, known = Dataset(), Dataset()
    for dataset in (taken, known):  # a block that pydicom remembers would not be copied with it
        dataset.add_new(0x00110010, "LO", "SOMEBODY ELSE")
        dataset.add_new(0x00111001, "LO", "to be kept")
    known.add_new(0x00110011, "LO", "MY COURSE")
    known.add_new(0x00111102, "LO", "of last week")
    return [(Dataset(), "checked"), (taken, "checked"), (known, "checked again")]


def _for_reading() -> Sequence[tuple[object, ...]]:
    pairs = (("", "cp1251"), ("ISO_IR 144", "cp1251"), ("ISO_IR 192", "koi8-r"),
             ("ISO_IR 100", "utf-8"), ("ISO_IR 100", "iso8859-5"))  # fmt: skip
    return [(reading.read(_mislabelled(wrong, codec)), codec) for wrong, codec in pairs]


def _mislabelled(wrong: str, codec: str) -> bytes:
    def coded(text: str) -> str:  # in Latin-1 each byte is a letter
        return text.encode(codec).decode("latin_1")

    dataset = samples.read("CT_small", stop_before_pixels=True)
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.InstitutionName = coded(NAME), coded("Клиника")
    dataset.PatientComments, dataset.StationName = coded("Натощак"), coded("Пост")
    dataset.OtherPatientNames = [coded("Петров^Пётр"), coded("Сидоров^Яков")]
    dataset.InstitutionAddress, dataset.TextValue = coded("Тверь"), coded("Без изменений")
    dataset.OtherPatientIDsSequence[0].IssuerOfPatientID = coded("Больница")
    dataset["OtherPatientIDsSequence"].is_undefined_length = codec == "cp1251"
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue().replace(b"ISO_IR 100", wrong.ljust(10).encode(), 1)


def _for_replacing() -> Sequence[tuple[object, ...]]:
    ct = samples.read("CT_small", stop_before_pixels=True)
    named = Dataset()
    named.OtherPatientNames = ["Ivanov^Ivan", "Ivanov^Ivan^Ivanovich", "Ivanov^Ivan"]
    return [
        (ct, "ImageType", "AXIAL", "LOCALIZER"),
        (ct, "PatientID", "ABCD1234", "A-7"),
        (named, "OtherPatientNames", "Ivanov^Ivan", "Ivanov^Vanya"),
        (ct, "StationName", "Room 3", "Room 4"),
    ]


def _saved(dataset: Dataset) -> Dataset:
    buffer = BytesIO()
    with warnings.catch_warnings(action="ignore"):  # letters that are lost show in what is read
        dataset.save_as(buffer, implicit_vr=False, little_endian=True)
    return reading.read(buffer.getvalue())


def _survivors(dataset: Dataset) -> list[list[object]]:
    """Return the character set and every text, as it is read now and after saving."""
    # an answer is looked at several times, and reading and saving change what pydicom keeps in it
    kept = copy.deepcopy(dataset)
    return [_texts(kept), _texts(_saved(kept))]


def _texts(dataset: Dataset) -> list[object]:
    texts = [
        (int(element.tag), *(str(value).rstrip("\0 ") for value in values_of(element)))
        for element in dataset.iterall()
        if element.VR in CUSTOMIZABLE_CHARSET_VR
    ]
    return [str(dataset.get("SpecificCharacterSet")), *texts]


def _read(path: Path) -> Dataset:
    with warnings.catch_warnings(action="ignore"):  # what is wrong is said by the explanation
        dataset = reading.read(path, force=False)
        dataset.decode()
    return dataset


def _name_survives(path: Path) -> str:
    dataset = _read(path)
    name = str(dataset.get("PatientName", "")).rstrip("^=")  # empty components may be left out
    if "?" in name:
        return "question marks"
    terms = values_of(dataset["SpecificCharacterSet"]) if "SpecificCharacterSet" in dataset else []
    if not {*map(str, terms)} <= {*python_encoding}:
        return "no term"
    if name != NAME:
        return "another name"
    if not _is_copy(dataset, samples.read("CT_small")):
        return "no copy"
    return _still_right(dataset)


def _is_copy(dataset: Dataset, original: Dataset) -> bool:
    """Whether every element is still there; more elements are no harm, nor is Implicit VR."""
    changed = [
        found
        for found in read_write.difference(original, dataset)
        if not found.path.startswith("file_meta.")
        and found.path not in MAY_DIFFER.split()
        and found.kind != "added"
        and getattr(found.other, "VR", "") != "UN"
    ]
    return not changed and np.array_equal(dataset.pixel_array, original.pixel_array)


def _still_right(dataset: Dataset) -> str:
    return str(next(iter(read_write.validate(dataset)), ""))


def _capture_accepted(path: Path) -> str:
    """Judge by the standard alone: the verdict must not depend on what is installed."""
    dataset = _read(path)
    if dataset.get("SOPClassUID") != SecondaryCaptureImageStorage:
        return "other class"
    if "PixelData" not in dataset:
        return "no pixels"
    if sop.lacks(dataset):
        return "incomplete"
    if "?" in str(dataset.get("PatientName", "")):
        return "question marks"
    dataset.pixel_array  # noqa: B018  an error here is told to the learner
    return _still_right(dataset)


CHECKS = {
    "read_write-1": Check(cases=_for_adding, form=Dataset.to_json_dict, kind=DatasetCode),
    "read_write-2": Check(cases=_for_nesting, form=Dataset.to_json_dict, kind=DatasetCode),
    "read_write-3": Check(cases=_for_marking, form=Dataset.to_json_dict, kind=DatasetCode),
    "read_write-5": Check(examine=_name_survives),
    "read_write-7": Check(examine=_capture_accepted),
    "read_write-8": Check(cases=_for_reading, form=_survivors, kind=DatasetCode),
    "read_write-9": Check(cases=_for_replacing, form=Dataset.to_json_dict, kind=DatasetCode),
}
