"""What must run to judge the exercises of lesson 07, sittings a to c: cases, forms, kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from pydicom import Dataset

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.calls import Outcome
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.exercises.verdicts import Verdict
from dicom_lessons.text import _

# mm: the tumour of virtual/ct along row 268, from half height to half height; then what the
# viewer's tool and other rules for an edge may give
_SPOT, _NEAR_SPOT = 32.8, (30.0, 35.0)


@dataclass(frozen=True, kw_only=True)
class Untouched(Code):
    """A function that makes a new array of one that it leaves as it is."""

    def _judge_results(self, results: list[Outcome], wanted: list[list[Outcome]]) -> Verdict:
        if any(each.changed for each in results):
            said = _("Your function overwrites the array that it is given: make a new one.")
            return Verdict(False, said)
        verdict = super()._judge_results(results, wanted)
        pairs = [(one.plain, two.plain) for one, two in zip(results, wanted[0], strict=True)]
        if not verdict.right and all(
            _is_float32(one) and np.allclose(one, two, 1e-5, 1e-2) for one, two in pairs
        ):
            said = _("Right but for the type: float32 keeps 7 digits only, float64 keeps 15.")
            return Verdict(False, said)
        return verdict


def _pair(answer: Any) -> list[float]:
    mean, deviation = map(forms.number, answer)
    return [float(value) for value in np.nan_to_num([mean, deviation], nan=-1e9)]


def _is_float32(result: object) -> bool:
    return isinstance(result, np.ndarray) and result.dtype == np.float32


def _tenths(answer: Any) -> float:
    return round(forms.number(answer), 1)


def _words() -> Sequence[tuple[object, ...]]:
    return [
        (0x0FFF, 12, 0),
        (0x0FFF, 12, 1),
        (0xF7FF, 12, 1),
        (0xA123, 12, 0),
        (0xFC18, 16, 1),
        (0x0200, 10, 1),
    ]


def _for_windows() -> Sequence[tuple[object, ...]]:
    return [
        (np.array([-1000, -161, -160]), 40, 400),
        (np.array([-159, 0, 39.5]), 40, 400),
        (np.array([40, 239, 239.5]), 40, 400),
        (np.array([-600.0, -599, 240]), -600, 1500),
        (np.array([[39, 40], [41, 42]]), 41, 2),
    ]


def _for_eight_bits() -> Sequence[tuple[object, ...]]:
    return [
        (np.array([0, 300, 1839, 4000, 65535], "uint16"), 0, 65535),
        (np.array([-32768, -1000, 0, 1000, 32767], "int16"), -32768, 32767),
        (np.array([0, 100, 201, 255, 256, 3000], "uint16"), 100, 300),
        (np.array([-500.0, 1.0, 17.3, 81.0]), -100, 100),
    ]


def _levels(answer: Any) -> list[object]:
    return [str(answer.dtype), answer]


@cache
def _for_display() -> Sequence[tuple[object, ...]]:
    """Return four small images: a CR in either polarity, a CT and a DX."""
    plate, turned = _every_fourth_pixel("virtual/cr"), _every_fourth_pixel("virtual/cr")
    turned.set_pixel_data(1023 - plate.pixel_array, "MONOCHROME2", bits_stored=10)
    turned.WindowCenter = 1024 - float(turned.WindowCenter)
    others = map(_every_fourth_pixel, ("virtual/ct", "virtual/dx"))
    return [(image,) for image in (plate, *others, turned)]


def _every_fourth_pixel(name: str) -> Dataset:
    image = samples.read(name)
    few = np.ascontiguousarray(image.pixel_array[::4, ::4])
    image.set_pixel_data(few, image.PhotometricInterpretation, bits_stored=image.BitsStored)
    return image


def _distances() -> Sequence[tuple[object, ...]]:
    return [
        ([0.545455, 0.596847], (2, 3), (14, 3)),
        ([0.545455, 0.596847], (2, 3), (2, 15)),
        ([0.5, 2.0], (10, 10), (4, 2)),
    ]


@cache
def _regions() -> Sequence[tuple[object, ...]]:
    """Return regions of CT, PET, whose slope is not 1, and MR, which has none."""
    regions = {
        "virtual/ct_abdomen": (352, 252, 8, 8),
        "virtual/ct": (240, 100, 12, 40),
        "virtual/pt": (50, 40, 20, 10),
        "MR_small": (10, 30, 5, 9),
    }
    images = [samples.read(name) for name in regions]
    for image in images:
        if image.file_meta.TransferSyntaxUID.is_compressed:
            image.decompress()
    return [(image, *region) for image, region in zip(images, regions.values(), strict=True)]


def _near_spot(answer: Any) -> float:
    millimetres = forms.number(answer)
    low, high = _NEAR_SPOT
    return _SPOT if low <= millimetres <= high else round(millimetres, 1)


CHECKS = {
    "pixels-p3": Check(form=_tenths),
    "pixels-p6": Check(form=_tenths),
    "pixels-1": Check(cases=_words),
    "pixels-3": Check(cases=_for_windows, kind=Untouched),
    "pixels-4": Check(cases=_for_eight_bits, form=_levels),
    "pixels-5": Check(cases=_for_display, form=_levels),
    "pixels-6": Check(cases=_distances),
    "pixels-7": Check(cases=_regions, form=_pair, within=(0, 0.06)),
    "pixels-9": Check(form=_near_spot),
}
