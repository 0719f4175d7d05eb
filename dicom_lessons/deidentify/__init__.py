"""A study without its patient (PS3.15 Annex E). For learning, not for releasing patients' data."""

from dicom_lessons.deidentify.explorer import explore_deidentification
from dicom_lessons.deidentify.pixels import hide
from dicom_lessons.deidentify.profile import actions, options, rule
from dicom_lessons.deidentify.riddles import planted_study
from dicom_lessons.deidentify.score import score
from dicom_lessons.deidentify.study import deidentify
from dicom_lessons.deidentify.tools import tool_table

__all__ = [
    "actions",
    "deidentify",
    "explore_deidentification",
    "hide",
    "options",
    "planted_study",
    "rule",
    "score",
    "tool_table",
]
