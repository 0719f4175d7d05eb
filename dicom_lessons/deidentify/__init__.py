"""A study without its patient (PS3.15 Annex E). For learning, not for releasing patients' data."""

from dicom_lessons.deidentify.explorer import explore_deidentification
from dicom_lessons.deidentify.pixels import hide
from dicom_lessons.deidentify.profile import ACTIONS, OPTIONS, rule
from dicom_lessons.deidentify.riddles import planted_study
from dicom_lessons.deidentify.score import score
from dicom_lessons.deidentify.study import deidentify

__all__ = [
    "ACTIONS",
    "OPTIONS",
    "deidentify",
    "explore_deidentification",
    "hide",
    "planted_study",
    "rule",
    "score",
]
