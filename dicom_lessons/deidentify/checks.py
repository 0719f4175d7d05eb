"""What must run to judge the exercises of lesson 08: cases and an examination."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from dicom_lessons.deidentify.riddles import BURNED_IN, planted_study
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.reading import read


def _to_search() -> Sequence[tuple[object, ...]]:
    deep, item, inner = Dataset(), Dataset(), Dataset()
    inner.PersonName = "IVANOV^Ivan"
    item.ContentSequence = [inner]
    item.TextValue = "Seen by Ivanov"
    deep.ContentSequence = [item, Dataset()]
    deep.PatientName = "Ivanov^Ivan"
    deep.ImageComments = "ivanov asked for a copy"
    deep.SeriesDescription = "Whole body"
    ct, pt, capture = planted_study().datasets
    for image in (ct, pt, capture):
        del image.PixelData
    return [(deep, "Ivanov"), (deep, "whole"), (Dataset(), "x"), (ct, "vyborg"), (pt, "ivanov")]


def _to_decide() -> Sequence[tuple[object, ...]]:
    actions = ("X", "Z", "D", "U", "K", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U")
    return [(action, type) for action in actions for type in ("1", "1C", "2", "2C", "3")]


def _numbers() -> Sequence[tuple[object, ...]]:
    return [
        ("secret", "DL-0001"),
        ("secret", "DL-0001 "),
        ("another", "DL-0001"),
        ("тайна", "Ж-17"),
        ("secret", "0"),
    ]


def _dates() -> Sequence[tuple[object, ...]]:
    return [
        ("20240312", 10),
        ("20240131", 1),
        ("20240301", -1),
        ("20230301", -1),
        ("", 5),
        ("2024.03.12", -366),
        ("19000101", 36525),
    ]


def _texts() -> Sequence[tuple[object, ...]]:
    return [
        ("IVANOV asked for a copy", ["Ivanov"]),
        ("Ivanovskaya street, Ivanov", ["Ivanov"]),
        ("Petroivanov, Ivanov", ["Ivanov"]),
        ("Seen: Ivan Ivanov", ["Ivan", "Ivan Ivanov"]),
        ("axb and a.b", ["a.b"]),
        ("Phone +7-921", ["+7-921"]),
        ("Иванов, иванов", ["Иванов"]),
        ("nothing", []),
    ]


def _covered(path: Path) -> str:
    covered, before = read(path), planted_study().datasets[2]
    if covered.file_meta.get("TransferSyntaxUID") != ExplicitVRLittleEndian:
        return "compressed"
    top, left, bottom, right = BURNED_IN
    new: Any = covered.pixel_array
    old: Any = before.pixel_array
    if new.shape != old.shape:
        return "below the strip"
    strip = new[top:bottom, left:right]
    if (strip != strip[0, 0]).any():
        return "not covered"
    if not np.array_equal(new[bottom:], old[bottom:]):
        return "below the strip"
    return "" if covered.get("BurnedInAnnotation") == "NO" else "says yes"


CHECKS = {
    "deidentify-1": Check(cases=_to_search),
    "deidentify-3": Check(cases=_to_decide),
    "deidentify-4": Check(cases=_numbers),
    "deidentify-5": Check(cases=_dates),
    "deidentify-6": Check(examine=_covered),
    "deidentify-7": Check(cases=_texts),
}
