"""Where the exercises of each lesson are found: in the room that its name begins with."""

from __future__ import annotations

import difflib
import importlib
from functools import cache
from pathlib import Path

from dicom_lessons.exercises.kinds import Exercise
from dicom_lessons.exercises.reader import exercises
from dicom_lessons.text import _

_PACKAGE = Path(__file__).parents[1]
LESSONS = {
    "meet_dicom": "00",
    "structure": "01",
    "uids": "02",
    "modality": "03",
    "sop": "04",
    "download": "05",
    "read_write": "06",
    "pixels": "07",
    "compression": "07",
    "deidentify": "08",
    "network": "09",
    "volume": "10",
    "clinic": "11",
    "collection": "12",
}


@cache
def declared(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of one room by name, in order."""
    checks = importlib.import_module(f"dicom_lessons.{lesson}.checks")
    return exercises(_PACKAGE / lesson / "exercises.md", checks.CHECKS)


def sittings() -> dict[str, list[str]]:
    """Return the names of the exercises of each sitting, in the order of the course."""
    found: dict[str, list[str]] = {}
    for lesson in LESSONS:
        for name, exercise in declared(lesson).items():
            found.setdefault(exercise.sitting, []).append(name)
    return dict(sorted(found.items()))


def find(name: str) -> Exercise:
    """Return an exercise by its name.

    Raises
    ------
    LookupError
        If there is no such exercise; the message lists near matches.
    """
    lesson = str(name).rpartition("-")[0]
    known = declared(lesson) if lesson in LESSONS else {}
    if name not in known:
        every = [other for each in LESSONS for other in declared(each)]
        near = ", ".join(difflib.get_close_matches(str(name), every, n=3, cutoff=0))
        raise LookupError(_("There is no exercise {name!r}. Near: {near}.", name=name, near=near))
    return known[name]
