"""Lesson 00: is this computer ready, which program is for what, files to take along."""

from __future__ import annotations

from typing import Any

from dicom_lessons.meet_dicom.computer import readiness
from dicom_lessons.meet_dicom.programs import PROGRAMS, export_files, program_table

__all__ = ["PROGRAMS", "export_files", "program_table", "readiness", "readiness_check"]


def __getattr__(name: str) -> Any:
    # python -m dicom_lessons check has to speak where ipywidgets is missing
    if name == "readiness_check":
        from dicom_lessons.meet_dicom.explorer import readiness_check

        return readiness_check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
