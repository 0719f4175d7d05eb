"""Read, change and write: compare data sets, judge them, save them (lesson 06)."""

from dicom_lessons.read_write.compare import KINDS, Difference, described, difference, report
from dicom_lessons.read_write.files import ArchiveError, SaveError, read_zip, save_safely
from dicom_lessons.read_write.judge import Finding, validate

__all__ = [
    "KINDS",
    "ArchiveError",
    "Difference",
    "Finding",
    "SaveError",
    "described",
    "difference",
    "read_zip",
    "report",
    "save_safely",
    "validate",
]
