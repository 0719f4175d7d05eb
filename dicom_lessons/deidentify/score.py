"""How well a study was de-identified: the ten checks of the MIDI-B challenge, by an answer key."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from pydicom import DataElement, Dataset
from pydicom.uid import UID

from dicom_lessons.deidentify.identifiers import elements_in, texts_of
from dicom_lessons.deidentify.pixels import part_of
from dicom_lessons.elements import element
from dicom_lessons.text import N_, _

CHECKS = {
    "tag_retained": N_("the element is still there"),
    "text_notnull": N_("the element still has a value"),
    "text_retained": N_("the words that help science are still there"),
    "text_removed": N_("the words that identify are gone"),
    "date_shifted": N_("the date is another date, and the intervals are the same"),
    "uid_changed": N_("the UID is another valid one"),
    "uid_consistent": N_("one old UID has one new one everywhere"),
    "patid_consistent": N_("one patient has one new number everywhere"),
    "pixels_hidden": N_("the region is covered"),
    "pixels_retained": N_("all other pixels are as they were"),
}
"""Names of the challenge, and what each asks here."""

_PART = re.compile(r"(\w+)\[(\d+)\]")


@dataclass(frozen=True)
class Wanted:
    """One line of an answer key.

    Attributes
    ----------
    check : str
        One of ``CHECKS``.
    file : int
        Which data set, from 0.
    where : str
        Keywords down to an element, such as ``"RequestAttributesSequence[0].StudyID"``.
    value : str
        The text in question; empty if the whole value is meant.
    region : tuple of int
        For pixels: top, left, bottom, right; empty for the whole picture.
    """

    check: str
    file: int
    where: str = ""
    value: str = ""
    region: tuple[int, ...] = ()


@dataclass(frozen=True)
class Score:
    """Of one check: how many lines of the key are met, and those that are not."""

    met: int
    all: int
    missed: tuple[Wanted, ...]


def score(
    before: Sequence[Dataset], after: Sequence[Dataset | None], key: Iterable[Wanted]
) -> Mapping[str, Score]:
    """Compare a study before and after with an answer key.

    Stricter than the challenge's own program in three places: a file that is missing meets
    nothing, a date has to be a date, and a new UID a valid one.

    Parameters
    ----------
    before, after : sequence of Dataset
        The same files in the same order; None where one is missing.
    key : iterable of Wanted

    Returns
    -------
    mapping of str to Score
        For each check that the key asks, in the order of ``CHECKS``.

    Raises
    ------
    ValueError
        If the two do not have the same number of files.
    """
    if len(before) != len(after):
        raise ValueError(
            _("{before} files before, {after} after.", before=len(before), after=len(after))
        )
    judge, every = _Judge(before, after), list(key)
    scores: dict[str, Score] = {}
    for check in CHECKS:
        asked = [wanted for wanted in every if wanted.check == check]
        missed = tuple(wanted for wanted in asked if not judge.meets(wanted))
        if asked:
            scores[check] = Score(len(asked) - len(missed), len(asked), missed)
    return scores


class _Judge:
    """Both states of a study, and what became of its UIDs, numbers and dates."""

    def __init__(self, before: Sequence[Dataset], after: Sequence[Dataset | None]) -> None:
        self.before, self.after = before, after
        self.new_uids: dict[str, set[str]] = defaultdict(set)
        self.new_numbers: dict[str, set[str]] = defaultdict(set)
        for old, new in zip(before, after, strict=True):
            if new is None:
                continue
            self.new_numbers[str(old.get("PatientID", ""))].add(str(new.get("PatientID", "")))
            for one, other in _pairs(old, new):
                if one.VR == "UI":
                    for uid, changed in zip(texts_of(one), texts_of(other), strict=False):
                        self.new_uids[uid].add(changed)

    def meets(self, wanted: Wanted) -> bool:
        old, new = self.before[wanted.file], self.after[wanted.file]
        return new is not None and bool(getattr(self, f"_{wanted.check}")(wanted, old, new))

    def _tag_retained(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        return element_at(new, wanted.where) is not None

    def _text_notnull(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        return bool(_text_of(element_at(new, wanted.where)))

    def _text_retained(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        return wanted.value.casefold() in _text_of(element_at(new, wanted.where))

    def _text_removed(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        places = [element_at(new, wanted.where)] if wanted.where else list(elements_in(new))
        return not any(wanted.value.casefold() in _text_of(place) for place in places)

    def _date_shifted(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        days = _days_between(element_at(old, wanted.where), element_at(new, wanted.where))
        patient = str(old.get("PatientID", ""))
        moved = {
            _days_between(*pair)
            for old, new in zip(self.before, self.after, strict=True)
            if new is not None and str(old.get("PatientID", "")) == patient
            for pair in _pairs(old, new)
        } - {0}
        # in all files of the patient alike; where times move too, by a day more or less
        return bool(days) and max(moved) - min(moved) <= 1

    def _uid_changed(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        one, other = (_text_of(element_at(each, wanted.where)) for each in (old, new))
        return bool(one) and one != other and UID(other).is_valid

    def _uid_consistent(self, wanted: Wanted, old: Dataset, _new: Dataset) -> bool:
        one = _text_of(element_at(old, wanted.where))
        return len(self.new_uids[one]) == 1

    def _patid_consistent(self, _wanted: Wanted, old: Dataset, _new: Dataset) -> bool:
        number = str(old.get("PatientID", ""))
        others = [new for old, new in self.new_numbers.items() if old != number]
        mine = self.new_numbers[number]
        return len(mine) == 1 and "" not in mine and mine != {number} and mine not in others

    def _pixels_hidden(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        picture = _picture(new)
        if picture is None:
            return False
        part = picture[part_of(new, wanted.region)]
        return bool(part.size) and bool((part == part.reshape(-1)[0]).all())

    def _pixels_retained(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        one, other = _picture(old), _picture(new)
        if one is None or other is None or one.shape != other.shape:
            return False
        if wanted.region:
            for picture in (one, other):
                picture[part_of(new, wanted.region)] = 0
        return np.array_equal(one, other)


def element_at(dataset: Dataset, where: str) -> DataElement | None:
    """Return the element at the end of a path of keywords, or None."""
    *sequences, last = where.split(".")
    for part in sequences:
        found = _PART.fullmatch(part)
        sequence = element(dataset, found[1]) if found else None
        if not found or sequence is None or sequence.VR != "SQ":
            return None
        if int(found[2]) >= len(sequence.value or ()):
            return None
        dataset = sequence.value[int(found[2])]
    return element(dataset, last)


def _pairs(old: Dataset, new: Dataset) -> Iterable[tuple[DataElement, DataElement]]:
    """Yield what stands at the same place before and after."""
    for tag in list(old.keys()):
        one, other = element(old, tag), element(new, tag)
        if one is None or other is None:
            continue
        yield one, other
        if one.VR == other.VR == "SQ":
            for item, changed in zip(one.value or (), other.value or (), strict=False):
                yield from _pairs(item, changed)


def _days_between(old: DataElement | None, new: DataElement | None) -> int:
    """Return the days between two dates; 0 if one of the two is none."""
    if old is None or new is None or old.VR not in ("DA", "DT"):
        return 0
    try:
        dates = [datetime.strptime(str(each.value)[:8], "%Y%m%d") for each in (old, new)]
    except ValueError:
        return 0
    return (dates[1] - dates[0]).days


def _picture(dataset: Dataset) -> Any:
    """Return a copy of the pixels; None if they cannot be read, which meets nothing."""
    try:
        return dataset.pixel_array.copy()
    except Exception:
        return None


def _text_of(found: DataElement | None) -> str:
    if found is None:
        return ""
    if isinstance(found.value, bytes):
        return found.value.decode("utf-8", "replace").casefold()
    return "\\".join(texts_of(found)).casefold()
