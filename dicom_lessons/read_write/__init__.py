"""Lesson 06: compare data sets, judge them, read archives, save files."""

from dicom_lessons.read_write.compare import difference, report
from dicom_lessons.read_write.dciodvfy import conformance, verdict
from dicom_lessons.read_write.explorer import explore_difference
from dicom_lessons.read_write.files import ArchiveError, read_zip, save_safely
from dicom_lessons.read_write.judge import validate
from dicom_lessons.read_write.texts import read_in_set

__all__ = [
    "ArchiveError",
    "conformance",
    "difference",
    "explore_difference",
    "read_in_set",
    "read_zip",
    "report",
    "save_safely",
    "validate",
    "verdict",
]
