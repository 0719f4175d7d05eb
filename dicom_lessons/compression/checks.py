"""What must run to judge the exercises of lesson 07b: cases, forms, examinations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from dicom_lessons import pixels, samples
from dicom_lessons.exercises.kinds import Check

STRIP = 60  # rows
_MAY_CHANGE = ("SOPInstanceUID", "PixelData", "PlanarConfiguration", "BurnedInAnnotation")


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
    return [(Dataset(), 10.25, "ISO_15444_1"), (once, 8, "ISO_15444_1")]


def _covered(path: Path) -> str:
    dataset = dcmread(path)
    before = samples.read("virtual/sc")
    old, new = pixels.stored_values(before), pixels.stored_values(dataset)
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
    "compression-1": Check(cases=_cards),
    "compression-2": Check(cases=_for_marks, form=Dataset.to_json_dict),
    "compression-4": Check(examine=_covered),
}
