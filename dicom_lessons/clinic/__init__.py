"""Lesson 11: broken patients, an examination for any file, and cures that do no harm."""

from dicom_lessons.clinic.examination import Examination, examine, examine_all
from dicom_lessons.clinic.explorer import explore_ward
from dicom_lessons.clinic.ward import PATIENTS, admission, admit, treat

__all__ = [
    "PATIENTS",
    "Examination",
    "admission",
    "admit",
    "examine",
    "examine_all",
    "explore_ward",
    "treat",
]
