"""What must run to judge the exercises of lesson 02: cases, forms, examinations."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread

from dicom_lessons import samples, uids
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check

_BOTH = ["1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.2.1", "2.999.5.1", "2.999.5.2"]
OLD_UIDS = [*_BOTH, "2.999.5.3", *_BOTH, "2.999.5.4"]


def _pattern(answer: object) -> object:
    """Say of each of the new UIDs which one it is, not what it is: any valid choice is right."""
    new = forms.list_of(forms.uid)(answer)
    seen: dict[object, str] = {}
    pattern = []
    for number, uid in enumerate(new):
        old = OLD_UIDS[number] if number < len(OLD_UIDS) else ""
        if uid == old:
            pattern.append("kept")
        elif not uids.is_valid(uid):
            pattern.append("invalid")
        elif old and str(uid).startswith(f"{old}."):
            pattern.append("built on the old one")
        else:
            pattern.append(seen.setdefault(uid, f"new {len(seen)}"))
    return pattern


def _copied(path: Path) -> str:
    """Say what is wrong with the learner's copy of the plan; nothing if all is well."""
    plan, original = dcmread(path), samples.read("rtplan")
    if plan.SOPInstanceUID != original.SOPInstanceUID:
        return "other object"
    if plan.file_meta.get("MediaStorageSOPInstanceUID") != plan.SOPInstanceUID:
        return "copies differ"
    return "" if plan.get("BeamSequence") == original.BeamSequence else "other file"


CHECKS = {
    "uids-2": Check(
        cases=lambda: [
            ("1.2.840.010008.1.2",),
            ("1.2.840.10008.5.1.4.1.1.2 ",),
            ("1.2.840.10008.1.2.1.",),
            ("1.2.840.10008.1.1\0",),
            ("1.2.0.4",),
            ("2.999.007.000.10",),
        ]
    ),
    "uids-3": Check(examine=_copied),
    "uids-4": Check(
        cases=lambda: [
            ("2.999.1", 1, 1, 1),
            ("2.999.1", 10, 2, 0),
            ("2.999.1", 7, 3, 120),
            ("2.999." + "1" * 52, 1, 1, 1),
            ("2.999." + "1" * 52, 1, 1, 12),
        ]
    ),
    "uids-5": Check(
        cases=lambda: [
            ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6",),
            ("00000000-0000-0000-0000-0000000000ff",),
            ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",),
        ]
    ),
    "uids-6": Check(cases=lambda: [(OLD_UIDS,)], form=_pattern),
}
