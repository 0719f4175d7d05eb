"""What identifies: the words and numbers of a patient, hunted in every text (PS3.15 §E.3.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydicom import DataElement, Dataset

from dicom_lessons.deidentify.profile import rule
from dicom_lessons.elements import element

TEXT_VRS = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
REMOVED = "[removed]"

DEEPEST = 50
_SHORTEST_WORD, _SHORTEST_VALUE = 3, 5
_WORDS = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
# a value of these is a common word or number, which tells nothing of one person
_COMMON_VRS = frozenset({"AS", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "TM", "UL", "US"})


@dataclass
class Identifiers:
    """What is known of a patient, gathered from all files of a study.

    Attributes
    ----------
    values : set of str
        Whole values of elements that the profile names; at least five characters each.
    words : set of str
        Parts of persons' names, casefolded; at least three letters each.
    """

    values: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, datasets: Iterable[Dataset]) -> Identifiers:
        """Return what is known of the patient of several data sets."""
        known = cls()
        for dataset in datasets:
            known.gather(dataset)
        return known

    def gather(self, dataset: Dataset) -> None:
        """Add what the elements of a data set tell that the profile does not let stand."""
        for each in elements_in(dataset):
            said = rule(each.tag)
            if said is None or each.VR in _COMMON_VRS or said.action in ("K", "U"):
                continue
            if each.tag.is_private_creator:  # it names a maker's block, not a patient
                continue
            for text in texts_of(each):
                self.add(text, name=each.VR == "PN")

    def add(self, text: str, *, name: bool = False) -> None:
        """Add one value; of a person's name its parts as well, of a date its common spellings."""
        text = text.strip()
        if name:
            self.words |= {
                word.casefold() for word in _WORDS.findall(text) if len(word) >= _SHORTEST_WORD
            }
        if len(text) >= _SHORTEST_VALUE:
            self.values |= {text, *_spellings(text)}

    def found_in(self, text: str) -> list[str]:
        """Return what of it stands in a text, longest first, each as it is written there."""
        folded = text.casefold()
        values = [value for value in self.values if value.casefold() in folded]
        words = [word for word in _WORDS.findall(text) if word.casefold() in self.words]
        return sorted(dict.fromkeys(values + words), key=lambda one: (-len(one), one))

    def cleaned(self, text: str) -> str:
        """Return a text with all of it replaced by ``[removed]``."""
        for value in self.found_in(text):
            text = re.sub(re.escape(value), REMOVED, text, flags=re.IGNORECASE)
        return text


def elements_in(dataset: Dataset, depth: int = 0) -> Iterator[DataElement]:
    """Yield every element that can be read, those in items of sequences included."""
    for tag in list(dataset.keys()):
        if (found := element(dataset, tag)) is None:
            continue
        yield found
        if found.VR == "SQ" and depth < DEEPEST:
            for item in found.value or ():
                yield from elements_in(item, depth + 1)


def texts_of(found: DataElement) -> Iterator[str]:
    """Yield the values of an element as texts; none of a sequence or of bytes."""
    if found.VR == "SQ" or found.value is None or isinstance(found.value, bytes):
        return
    values: Iterable[object] = found.value if found.VM > 1 else [found.value]
    for value in values:
        if text := str(value).strip(" \0"):
            yield text


def _spellings(text: str) -> Iterator[str]:
    if date := _DATE.match(text):
        year, month, day = date.groups()
        yield from (f"{year}-{month}-{day}", f"{day}.{month}.{year}", f"{month}/{day}/{year}")
        yield f"{day}/{month}/{year}"
