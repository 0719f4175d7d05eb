"""What must run to judge the exercises of lesson 04: cases, forms, examinations."""

from __future__ import annotations

from dicom_lessons import sop
from dicom_lessons.exercises.kinds import Check


def _modules() -> list[tuple[object, ...]]:
    ct = sop.definition("CTImageStorage")
    return [(ct.module(name),) for name in ("General Study", "Image Pixel", "General Acquisition")]


CHECKS = {"sop-2": Check(cases=_modules)}
