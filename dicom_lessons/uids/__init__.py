"""Unique identifiers: what they are made of, whether they are valid, what they name.

A UID is a dotted string of numbers that names one thing for ever (PS3.5 §9). The functions here
split it, judge it rule by rule, look it up, replace those of a whole data set, and show how study,
series and instance hang together through them.
"""

from dicom_lessons.uids.explorer import explore_uids
from dicom_lessons.uids.meaning import classify, explain
from dicom_lessons.uids.replacement import replace_uids
from dicom_lessons.uids.roots import ROOTS, arcs, root_of
from dicom_lessons.uids.rules import is_valid, judge

__all__ = [
    "ROOTS",
    "arcs",
    "classify",
    "explain",
    "explore_uids",
    "is_valid",
    "judge",
    "replace_uids",
    "root_of",
]
