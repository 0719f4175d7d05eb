"""How well a study was de-identified: the ten checks of the MIDI-B challenge, by an answer key."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydicom import DataElement, Dataset
from pydicom.valuerep import DA

from dicom_lessons.deidentify.identifiers import elements_in, texts_of
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
    judge = _Judge(before, after)
    results: dict[str, list[tuple[Wanted, bool]]] = defaultdict(list)
    for wanted in key:
        results[wanted.check].append((wanted, judge.meets(wanted)))
    return {
        check: Score(
            sum(met for _wanted, met in results[check]),
            len(results[check]),
            tuple(wanted for wanted, met in results[check] if not met),
        )
        for check in CHECKS
        if check in results
    }


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
        if new is None:
            return False
        method = getattr(self, f"_{wanted.check}")
        return bool(method(wanted, old, new))

    def _tag_retained(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        return element_at(new, wanted.where) is not None

    def _text_notnull(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        element = element_at(new, wanted.where)
        return element is not None and not element.is_empty

    def _text_retained(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        return wanted.value.casefold() in _text_of(element_at(new, wanted.where))

    def _text_removed(self, wanted: Wanted, _old: Dataset, new: Dataset) -> bool:
        places = [element_at(new, wanted.where)] if wanted.where else list(elements_in(new))
        return not any(wanted.value.casefold() in _text_of(place) for place in places)

    def _date_shifted(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        one, other = element_at(old, wanted.where), element_at(new, wanted.where)
        if one is None or other is None:
            return False
        days = _days_between(one, other)
        return bool(days) and days in self._shifts(wanted.file)

    def _shifts(self, file: int) -> set[int]:
        """Return by how many days dates moved, if in all files of the patient alike."""
        patient = str(self.before[file].get("PatientID", ""))
        found: set[int] = set()
        for old, new in zip(self.before, self.after, strict=True):
            if new is not None and str(old.get("PatientID", "")) == patient:
                moved = {_days_between(*pair) for pair in _pairs(old, new)} - {0}
                found |= moved
        # where times move too, a date may move by a day more or less
        return found if found and max(found) - min(found) <= 1 else set()

    def _uid_changed(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        one, other = element_at(old, wanted.where), element_at(new, wanted.where)
        return (
            one is not None
            and other is not None
            and str(one.value) != str(other.value)
            and getattr(other.value, "is_valid", False)
        )

    def _uid_consistent(self, wanted: Wanted, old: Dataset, _new: Dataset) -> bool:
        one = element_at(old, wanted.where)
        return one is not None and len(self.new_uids[str(one.value)]) == 1

    def _patid_consistent(self, _wanted: Wanted, old: Dataset, _new: Dataset) -> bool:
        number = str(old.get("PatientID", ""))
        others = [new for old, new in self.new_numbers.items() if old != number]
        mine = self.new_numbers[number]
        return len(mine) == 1 and "" not in mine and mine != {number} and mine not in others

    def _pixels_hidden(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        top, left, bottom, right = wanted.region
        part = (
            new.pixel_array[..., top:bottom, left:right, :]
            if _in_colour(new)
            else (new.pixel_array[..., top:bottom, left:right])
        )
        return bool((part == part.reshape(-1)[0]).all())

    def _pixels_retained(self, wanted: Wanted, old: Dataset, new: Dataset) -> bool:
        pictures = [old.pixel_array.copy(), new.pixel_array.copy()]
        if wanted.region:
            top, left, bottom, right = wanted.region
            for picture in pictures:
                (
                    picture[..., top:bottom, left:right, :]
                    if _in_colour(new)
                    else (picture[..., top:bottom, left:right])
                )[...] = 0
        digests = [hashlib.sha256(picture.tobytes()).digest() for picture in pictures]
        return pictures[0].shape == pictures[1].shape and digests[0] == digests[1]


def element_at(dataset: Dataset, where: str) -> DataElement | None:
    """Return the element at the end of a path of keywords, or None."""
    *sequences, last = where.split(".")
    for part in sequences:
        found = _PART.fullmatch(part)
        items = dataset.get(found[1]) if found else None
        if not found or not items or int(found[2]) >= len(items):
            return None
        dataset = items[int(found[2])]
    return dataset[last] if dataset.get(last) is not None else None


def _pairs(old: Dataset, new: Dataset) -> Iterable[tuple[DataElement, DataElement]]:
    """Yield what stands at the same place before and after."""
    for element in old:
        if element.tag not in new:
            continue
        other = new[element.tag]
        yield element, other
        if element.VR == other.VR == "SQ":
            for one, another in zip(element.value, other.value, strict=False):
                yield from _pairs(one, another)


def _days_between(old: DataElement, new: DataElement) -> int:
    """Return the days between two dates; 0 if one of the two is none."""
    if old.VR not in ("DA", "DT") or not old.value or not new.value:
        return 0
    try:
        dates = [DA(str(each.value)[:8]) for each in (new, old)]
    except ValueError:
        return 0
    return 0 if dates[0] is None or dates[1] is None else (dates[0] - dates[1]).days


def _text_of(element: DataElement | None) -> str:
    if element is None:
        return ""
    if isinstance(element.value, bytes):
        return element.value.decode("utf-8", "replace").casefold()
    return "\\".join(texts_of(element)).casefold()


def _in_colour(dataset: Dataset) -> bool:
    return int(dataset.get("SamplesPerPixel", 1)) > 1
