"""Unique identifiers: what they are made of, whether they are valid, what they name.

A UID is a dotted string of numbers that names one thing for ever (PS3.5 §9). The functions here
split it, judge it rule by rule, look it up, make new ones, replace those of a whole data set, and
show how study, series and instance hang together through them.
"""

from dicom_lessons.uids.arcs import ROOTS, Arc, Root, arcs, root_of
from dicom_lessons.uids.make import (
    make_uid,
    replace_uid,
    replace_uids,
    uid_from_uuid,
    uuid_from_uid,
)
from dicom_lessons.uids.meaning import KINDS, Explanation, classify, explain
from dicom_lessons.uids.rules import MAXIMUM_LENGTH, Rule, is_valid, judge
from dicom_lessons.uids.tree import Node, Problem, Tree, read_tree

__all__ = [
    "KINDS",
    "MAXIMUM_LENGTH",
    "ROOTS",
    "Arc",
    "Explanation",
    "Node",
    "Problem",
    "Root",
    "Rule",
    "Tree",
    "arcs",
    "classify",
    "explain",
    "is_valid",
    "judge",
    "make_uid",
    "read_tree",
    "replace_uid",
    "replace_uids",
    "root_of",
    "uid_from_uuid",
    "uuid_from_uid",
]
