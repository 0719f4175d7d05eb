"""What must run to judge the exercises of lesson 07a: cases, forms, examinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check


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


def _for_display() -> Sequence[tuple[object, ...]]:
    plate = samples.read("dicomdirtests/77654033/CR1/6154")
    plate.PhotometricInterpretation = "MONOCHROME2"
    pictures = [samples.read(name) for name in ("virtual/cr", "virtual/ct", "virtual/dx")]
    return [(picture,) for picture in (*pictures, plate)]


def _distances() -> Sequence[tuple[object, ...]]:
    return [
        ([0.545455, 0.596847], (2, 3), (14, 3)),
        ([0.545455, 0.596847], (2, 3), (2, 15)),
        ([0.5, 2.0], (10, 10), (4, 2)),
    ]


CHECKS = {
    "pixels-p3": Check(form=_tenths),
    "pixels-p6": Check(form=_tenths),
    "pixels-1": Check(cases=_words),
    "pixels-3": Check(cases=_for_windows),
    "pixels-4": Check(cases=_for_eight_bits, form=_levels),
    "pixels-5": Check(cases=_for_display, form=_levels),
    "pixels-6": Check(cases=_distances),
}
