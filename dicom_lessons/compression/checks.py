"""What must run to judge the exercises of lesson 07, sittings d to f: cases, forms, kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import DataElement, Dataset

from dicom_lessons import pixels, reading, samples
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.exercises.plain import shown
from dicom_lessons.text import _

STRIP = 60  # rows
_MAY_CHANGE = {
    *("SOPInstanceUID", "PixelData", "PlanarConfiguration", "PhotometricInterpretation"),
    *("BurnedInAnnotation", "ImageType"),
}


@dataclass(frozen=True, kw_only=True)
class Colours(Code):
    """A function that returns a picture; a level more or less is the same colour."""

    def _matches(self, one: Any, other: Any) -> bool:
        first, second = np.asarray(one), np.asarray(other)
        return (
            first.dtype == second.dtype
            and first.shape == second.shape
            and bool(np.abs(first.astype(int) - second.astype(int)).max() <= 1)
        )


@dataclass(frozen=True, kw_only=True)
class Marks(Code):
    """A function that returns a data set; of an unforeseen one is said which element is wrong."""

    def _seen(self, arguments: tuple[object, ...], result: object, wanted: object) -> str:
        if isinstance(result, Dataset) and isinstance(wanted, Dataset):
            for tag in sorted({*result.keys(), *wanted.keys()}):
                got, right = (dataset.get(tag) for dataset in (result, wanted))
                if got != right:
                    return _told(got, right)
        return super()._seen(arguments, result, wanted)


def _told(got: DataElement | None, right: DataElement | None) -> str:
    if right is None:
        assert got is not None
        return _("{name} is not asked for, or was not there before.", name=got.name)
    if got is None:
        return _("{name} is missing; expected: {right}.", name=right.name, right=shown(right.value))
    return _(
        "{name} is {got}; expected: {right}.",
        name=right.name,
        got=shown(got.value),
        right=shown(right.value),
    )


def _three(answer: Any) -> list[int]:
    return [int(sample) for sample in answer]


def _cards() -> Sequence[tuple[object, ...]]:
    card = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)
    planes = card.transpose(2, 0, 1)
    return [
        (card.tobytes(), 2, 3, 0, 1, 2),
        (planes.tobytes(), 2, 3, 1, 1, 2),
        (planes.tobytes(), 2, 3, 1, 0, 1),
        (card.tobytes(), 2, 3, 0, 0, 0),
    ]


def _for_marks() -> Sequence[tuple[object, ...]]:
    once = Dataset()
    once.LossyImageCompression = "01"
    once.LossyImageCompressionRatio = "4.5"
    once.LossyImageCompressionMethod = "ISO_10918_1"
    twice = Dataset()
    twice.LossyImageCompression = "01"
    twice.LossyImageCompressionRatio = ["4.5", "6"]
    twice.LossyImageCompressionMethod = ["ISO_10918_1", "ISO_15444_1"]
    bare = Dataset()
    bare.LossyImageCompression = "00"
    bare.PatientID = "DL-0001"
    return [
        (Dataset(), 10.25, "ISO_15444_1"),
        (once, 8, "ISO_15444_1"),
        (twice, 12.5, "ISO_14495_1"),
        (bare, 10.0, "ISO_15444_1"),
    ]


@cache
def _for_colours() -> Sequence[tuple[object, ...]]:
    names = ("examples_rgb_color", "examples_ybr_color", "examples_palette")
    return [(samples.read(name),) for name in (*names, "virtual/us_doppler", "SC_rgb_rle_2frame")]


def _covered(path: Path) -> str:
    dataset = reading.read(path, force=False)
    before = samples.read("virtual/sc")
    old, new = pixels.to_display(before), pixels.to_display(dataset)
    if new.shape != old.shape:
        return "other size"
    if new[:STRIP].any():
        return "not black"
    if not np.array_equal(new[STRIP:], old[STRIP:]):
        return "below the strip"
    if dataset.SOPInstanceUID == before.SOPInstanceUID:
        return "same instance"
    if dataset.file_meta.get("MediaStorageSOPInstanceUID") != dataset.SOPInstanceUID:
        return "other copy"
    kept = [element for element in before if element.keyword not in _MAY_CHANGE]
    if any(element.tag not in dataset or dataset[element.tag] != element for element in kept):
        return "other element"
    return ""


CHECKS = {
    "compression-1": Check(cases=_cards, form=_three),
    "compression-2": Check(cases=_for_marks, form=Dataset.to_json_dict, kind=Marks),
    "compression-4": Check(examine=_covered),
    "compression-6": Check(cases=_for_colours, kind=Colours),
}
