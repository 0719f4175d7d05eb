"""What must run to judge the exercises of lesson 11: cases, and what a healed file holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dicom_lessons import reading, samples
from dicom_lessons.clinic import patients
from dicom_lessons.clinic.examination import examine
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.clinic.ward import PATIENTS
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.structure import rewrite
from dicom_lessons.text import N_

Cases = Sequence[tuple[object, ...]]
_CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


def _beginnings() -> Cases:
    return [(bytes.fromhex(each),) for each in _CASES["beginnings"]]


def _body(dark: int, bright: int, spot: int = -1) -> NDArray[np.uint8]:
    picture = np.full((64, 48), dark, np.uint8)
    picture[10:54, 8:40] = bright
    if spot >= 0:  # a marker at the border, and some noise inside
        picture[0, spot], picture[30:34, 20:24] = 255 - dark, 255 - bright
    return picture


def _pictures() -> Cases:
    return [
        (_body(0, 200),), (_body(255, 60),), (_body(10, 220, 0),), (_body(10, 220, 20),),
        (_body(250, 30, 0),),
        (_body(180, 240),), (_body(90, 20),), (_body(20, 90, 47),), (_body(140, 128),),
    ]  # fmt: skip


def _lengths() -> Cases:
    return [([tuple(pair) for pair in pairs],) for pairs in _CASES["lengths"]]


def _sizes() -> Cases:
    return [tuple(each) for each in _CASES["sizes"]]


def _without_meta() -> Cases:
    implicit = rewrite(samples.read("MR_small"), "1.2.840.10008.1.2")
    files = [patients.no_file_meta(samples.path(name).read_bytes())
             for name in ("MR_small", "CT_small")]  # fmt: skip
    return [(each,) for each in (*files, implicit[Inside(implicit, "").start :])]


@forms.expecting(N_("the bytes of a whole file"))
def _file(answer: Any) -> tuple[object, ...]:
    """Return what counts of a healed file: whether it is sound, how it is encoded, what it holds.

    How a program calls itself in group 0002 does not count.
    """
    answer = answer.getvalue() if hasattr(answer, "getvalue") else answer
    if not isinstance(answer, bytes | bytearray | memoryview):
        raise TypeError
    if faults := tuple(one.fault for one in examine(bytes(answer)).grave):
        return faults
    dataset = reading.read(bytes(answer))
    values = tuple(f"{each.tag} {each.VR} {each.value!r}" for each in dataset)
    return (str(dataset.file_meta.get("TransferSyntaxUID", "")), *values)


@forms.expecting(N_("a list of names in quotes, for example ['lost_text', 'odd_length']"))
def _names(answer: Any) -> tuple[object, ...]:
    names = set(forms.list_of(forms.text)(list(answer) if isinstance(answer, set) else answer))
    if not names <= set(PATIENTS):
        raise ValueError
    return tuple(sorted(names, key=str))


CHECKS = {
    "clinic-1": Check(cases=_beginnings, form=forms.uid),
    "clinic-2": Check(form=forms.order_of(4)),
    "clinic-3": Check(cases=_pictures, form=forms.truth),
    "clinic-4": Check(cases=_lengths, form=forms.list_of(forms.text)),
    "clinic-5": Check(cases=_sizes, form=forms.integer),
    "clinic-6": Check(cases=_without_meta, form=_file),
    "clinic-7": Check(form=_names),
}
