"""What must run to judge the exercises of lesson 00: cases, forms, examinations."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydicom import DataElement

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check


def four_bytes(answer: object) -> bytes:
    r"""Return bytes from anything that holds bytes: a memory, an array, numbers, hexadecimal text.

    >>> four_bytes(["0x02", 0, 0, 0]) == four_bytes("02 00 00 00") == four_bytes(b"\2\0\0\0")
    True
    """
    if isinstance(answer, memoryview | np.ndarray):
        answer = answer.tolist()
    if isinstance(answer, list | tuple):
        answer = [forms.integer(member) for member in answer]
    return forms.raw_bytes(answer)


def millimetres(answer: object) -> float:
    """Return a length from a number, from text with or without its unit, or from an element.

    >>> millimetres("5,0 mm")
    5.0
    """
    if isinstance(answer, DataElement):
        answer = answer.value
    if isinstance(answer, str):
        answer = answer.strip().removesuffix("mm").removesuffix("мм")
    return forms.number(answer)


@cache
def _paths() -> list[tuple[Path]]:
    workplace = TemporaryDirectory(prefix="is_dicom-")
    atexit.register(workplace.cleanup)
    contents = {
        "letter.dcm": b"Dear colleague, this is a letter and no more. " * 5,
        "about_DICM.txt": b"The letters DICM stand in a text. " * 6,
        "start.bin": b"DICM".ljust(200, b"."),
        "lower.dcm": bytes(128) + b"dicm" + bytes(50),
        "cut_short.dcm": bytes(128) + b"DIC",
        "empty.dcm": b"",
        "picture.png": samples.path("MR_small").read_bytes(),
        "prefix_alone": bytes(128) + b"DICM",
        "rubbish.bin": b"DICM" * 33 + b"\x02\x00\x00\x00UL\x03\x00abc",
    }
    for name, content in contents.items():
        Path(workplace.name, name).write_bytes(content)
    without_extension = samples.path("dicomdirtests/77654033/CR1/6154")
    made = (Path(workplace.name, name) for name in contents)
    return [(path,) for path in (samples.path("CT_small"), without_extension, *made)]


CHECKS = {
    "meet_dicom-2": Check(form=four_bytes),
    "meet_dicom-3": Check(cases=_paths),
    "meet_dicom-6": Check(form=millimetres),
}
