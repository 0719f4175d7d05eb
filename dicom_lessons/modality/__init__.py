"""Modality: its Defined Terms, what other values mean, and how it goes with the SOP class."""

from dicom_lessons.modality.explorer import explore_modalities
from dicom_lessons.modality.folder import survey
from dicom_lessons.modality.riddles import suspects, unlabelled
from dicom_lessons.modality.sop_classes import agreement
from dicom_lessons.modality.terms import CURRENT, EDITION, RETIRED, judge, meaning

__all__ = [
    "CURRENT",
    "EDITION",
    "RETIRED",
    "agreement",
    "explore_modalities",
    "judge",
    "meaning",
    "survey",
    "suspects",
    "unlabelled",
]
