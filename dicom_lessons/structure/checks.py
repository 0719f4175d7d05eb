"""What must run to judge the exercises of lesson 01: cases, forms, examinations."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

from dicom_lessons import reading, samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.text import N_, _


def _elements() -> list[tuple[bytes]]:
    """Elements of a file, then one of each VR, empty, odd in their tag, long, and followed."""
    raw = samples.path("CT_small").read_bytes()
    short = [struct.pack("<HH2sH", 0x7FE1, 0x1042, vr.encode(), 2) for vr in EXPLICIT_VR_LENGTH_16]
    long = [struct.pack("<HH2s2xI", 0x0040, 0xA1F0, vr.encode(), 4) for vr in EXPLICIT_VR_LENGTH_32]
    empty = struct.pack("<HH2sH", 0x0008, 0x0050, b"SH", 0)
    large = struct.pack("<HH2s2xI", 0x7FE0, 0x0010, b"OW", 65_540) + bytes(range(256)) * 257
    return [
        *((raw[144:158],), (raw[132:144],), (raw[336:354],), (raw[336:400],)),
        *((header + b"note" + empty,) for header in sorted(short + long)),
        *((empty + raw[132:144],), (empty,), (long[0][:8] + bytes(4) + empty,), (large,)),
    ]


def _parts(answer: object) -> list[object]:
    if not isinstance(answer, tuple | list) or len(answer) != 5:
        raise TypeError(_("Expected here: five things, (group, element, vr, length, value)."))
    *numbers, vr, length, value = answer
    vr = vr.decode("ascii", "replace") if isinstance(vr, bytes) else vr
    return [*map(forms.integer, numbers), str(vr), forms.integer(length), forms.raw_bytes(value)]


@forms.expecting(N_("a number, for example 0.5"))
def _number(answer: object) -> float:
    return forms.number(getattr(answer, "value", answer))


@forms.expecting(N_("a group, for example 0x0008"))
def _group(answer: object) -> set[int]:
    """Return the groups in an answer, one or several, without 0002; a tag has its group."""
    given = answer if isinstance(answer, list | tuple | set) else [answer]
    return {_one_group(one) for one in given} - {2}


def _one_group(answer: object) -> int:
    if isinstance(answer, str):  # a group is written in hexadecimal; the comma ends it in a tag
        answer = int(forms.text(answer).lstrip("(").partition(",")[0].removesuffix("h"), 16)
    number = forms.integer(answer)
    return number if number <= 0xFFFF else number >> 16


@forms.expecting(N_("what dcmread returns"))
def _data_set(answer: Any) -> list[tuple[int, object]]:
    """Return tags and values of a data set, of its bytes or of a file with a path."""
    if not isinstance(answer, Dataset):
        answer = reading.read(answer if isinstance(answer, bytes) else Path(answer))
    with warnings.catch_warnings(action="ignore"):
        return [
            (int(one.tag), one.to_json_dict(None, 0) if one.VR == "SQ" else one.value)
            for one in answer
        ]


CHECKS = {
    "structure-2": Check(cases=_elements, form=_parts),
    "structure-7": Check(form=_number),
    "structure-9": Check(form=_data_set),
    "structure-p7": Check(form=_group),
}
