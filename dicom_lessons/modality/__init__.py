"""Modality: its Defined Terms, what other values mean, and how it goes with the SOP class."""

from dicom_lessons.modality.folder import Entry, Survey, examine, survey
from dicom_lessons.modality.riddles import suspects, unlabelled
from dicom_lessons.modality.sop_classes import Agreement, agreement, classes_with, expected
from dicom_lessons.modality.terms import (
    CURRENT,
    EDITION,
    REPLACED_BY,
    RETIRED,
    Judgement,
    judge,
    meaning,
)

__all__ = [
    "CURRENT",
    "EDITION",
    "REPLACED_BY",
    "RETIRED",
    "Agreement",
    "Entry",
    "Judgement",
    "Survey",
    "agreement",
    "classes_with",
    "examine",
    "expected",
    "judge",
    "meaning",
    "survey",
    "suspects",
    "unlabelled",
]
