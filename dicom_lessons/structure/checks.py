"""What must run to judge the exercises of lesson 01: cases, forms, examinations."""

from __future__ import annotations

import struct

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.text import _


def _elements() -> list[tuple[bytes]]:
    raw = samples.path("CT_small").read_bytes()
    text_value = struct.pack("<HH2s2xI", 0x0040, 0xA160, b"UT", 4) + b"note"
    empty = struct.pack("<HH2sH", 0x0008, 0x0050, b"SH", 0)
    return [
        (raw[144:158],),
        (raw[132:144],),
        (raw[336:354],),
        (raw[336:400],),
        (text_value + empty,),
        (empty,),
    ]


def _parts(answer: object) -> list[object]:
    if not isinstance(answer, tuple | list) or len(answer) != 5:
        raise TypeError(_("Expected here: five things, (group, element, vr, length, value)."))
    group, element, vr, length, value = answer
    vr = vr.decode("ascii", "replace") if isinstance(vr, bytes) else vr
    return [forms.integer(group), forms.integer(element), str(vr), length, forms.raw_bytes(value)]


CHECKS = {"structure-2": Check(cases=_elements, form=_parts)}
