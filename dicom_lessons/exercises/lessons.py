"""Where the exercises of each lesson are found."""

from __future__ import annotations

import difflib
import importlib
from functools import cache
from pathlib import Path

from dicom_lessons.exercises.kinds import Exercise
from dicom_lessons.text import _

LESSONS = {
    "meet_dicom": "00",
    "structure": "01",
    "uids": "02",
    "modality": "03",
    "sop": "04",
    "download": "05",
    "read_write": "06",
    "pixels": "07a",
    "compression": "07b",
    "deidentify": "08",
    "network": "09",
    "volume": "10",
    "clinic": "11",
    "collection": "12",
}


@cache
def lessons() -> tuple[str, ...]:
    """Return the lessons that declare exercises, by module name, in the order of the course."""
    package = Path(__file__).parents[1]
    return tuple(lesson for lesson in LESSONS if (package / lesson / "exercises.py").is_file())


@cache
def declared(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of one lesson by name, in order."""
    module = importlib.import_module(f"dicom_lessons.{lesson}.exercises")
    return {exercise.name: exercise for exercise in module.EXERCISES}


def find(name: str) -> Exercise:
    """Return the declaration of an exercise.

    Raises
    ------
    LookupError
        If there is no such exercise; the message lists near matches.
    """
    lesson = str(name).rpartition("-")[0]
    known = declared(lesson) if lesson in lessons() else {}
    if name not in known:
        every = [other for each in lessons() for other in declared(each)]
        near = ", ".join(difflib.get_close_matches(str(name), every, n=3, cutoff=0))
        raise LookupError(_("There is no exercise {name!r}. Near: {near}.", name=name, near=near))
    return known[name]
