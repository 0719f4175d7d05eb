"""What identifies: the words and numbers of a patient, hunted in every text (PS3.15 §E.3.5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydicom import DataElement, Dataset

from dicom_lessons.deidentify.profile import rule
from dicom_lessons.elements import element

TEXT_VRS = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
REMOVED = "[removed]"

DEEPEST = 50
_SHORTEST_WORD, _SHORTEST_VALUE = 3, 5
_RUNS = (re.compile(r"[^\W_]+"), re.compile(r"[^\W\d_]+"))
_DATE = re.compile(r"((?:1[89]|20)[0-9]{2})(\.?)(0[1-9]|1[0-2])\2([0-3][0-9])")
# a value of these is a common word or number, which tells nothing of one person
_COMMON_VRS = frozenset({"AS", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "TM", "UL", "US"})
_NUMBERS = frozenset({"PatientID", "OtherPatientIDs", "AccessionNumber"})
# writing without gaps between words
_GAPLESS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "THAI")
_CODECS = ("utf-8", "latin-1", "iso8859_5", "cp1251", "utf_16_le", "shift_jis", "gb18030", "euc_kr")


@dataclass
class Identifiers:
    """What is known of a patient, gathered from all files of a study.

    Attributes
    ----------
    values : set of str
        Whole values of elements that the profile names, at least five characters each, and names
        in writing without gaps; casefolded, as all here.
    words : set of str
        Parts of persons' names and short numbers; at least three characters each.
    """

    values: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, datasets: Iterable[Dataset]) -> Identifiers:
        """Return what several data sets tell that the profile does not let stand."""
        known = cls()
        for each in (one for dataset in datasets for one in elements_in(dataset)):
            said, is_name = rule(each.tag), each.VR == "PN"
            stays = said is None or each.VR in _COMMON_VRS or said.action in ("K", "U")
            # a private creator names a maker's block, not a patient
            if (stays and not is_name) or each.tag.is_private_creator:
                continue
            for text in texts_of(each):
                known.add(text, name=is_name, number=each.keyword in _NUMBERS)
        return known

    def add(self, text: str, *, name: bool = False, number: bool = False) -> None:
        """Add one value; of a person's name its parts as well, of a date its common spellings."""
        text = _folded(text.strip())
        if name:
            for group in text.split("="):
                self._add_name([part for part in re.split(r"[\s^]+", group) if part])
        if len(text) >= _SHORTEST_VALUE:
            self.values |= {text, *_spellings(text)}
        elif number and len(text) >= _SHORTEST_WORD and re.search(r"\d", text):
            self.words.add(text)

    def _add_name(self, parts: list[str]) -> None:
        """Add the parts of one group: ``o'brien`` gives ``obrien`` and ``brien`` too."""
        for part in parts:
            words = {*_RUNS[0].findall(part), "".join(_RUNS[0].findall(part))}
            self.words |= {word for word in words if len(word) >= _SHORTEST_WORD}
            self.values |= {word for word in words if len(word) > 1 and _is_gapless(word)}
        if len(parts) > 1:
            both = {gap.join(order) for gap in (" ", "") for order in (parts[:2], parts[1::-1])}
            self.values |= {one for one in both if len(one) >= _SHORTEST_VALUE or _is_gapless(one)}

    def found_in(self, text: str) -> list[str]:
        """Return what of it stands in a text, longest first, each as it is written there."""
        text = unicodedata.normalize("NFC", text)
        found = dict.fromkeys(text[start:end] for start, end in self._spans(text))
        return sorted(found, key=lambda one: (-len(one), one))

    def in_bytes(self, stored: bytes) -> bool:
        """Return whether a value, or a word of five letters, stands in bytes of any meaning."""
        needles = self.values | {word for word in self.words if len(word) >= _SHORTEST_VALUE}
        texts = (_folded(stored.decode(codec, "replace")) for codec in _CODECS)
        return any(needle in text for text in texts for needle in needles)

    def in_code(self, text: str) -> bool:
        """Return whether a code holds a name or number: what describes is a code by itself."""
        return any(
            re.search(r"\d", one) or (len(one) >= _SHORTEST_VALUE and _folded(one) in self.words)
            for one in self.found_in(text)
        )

    def cleaned(self, text: str) -> str:
        """Return a text with all of it replaced by ``[removed]``."""
        whole = unicodedata.normalize("NFC", text)
        spans, end, done = self._spans(whole), 0, ""
        for start, stop in spans:
            done += whole[end:start] + REMOVED
            end = stop
        return done + whole[end:] if spans else text

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it stands: first and one past the last character, none within another."""
        folded = _folded(text)
        # of what grows when it is folded, such as a sharp s, each character keeps its place
        places: list[int] | range = range(len(text) + 1)
        if len(folded) != len(text):
            places = [place for place, one in enumerate(text) for _more in one.casefold()]
            places.append(len(text))
        runs = (one for run in _RUNS for one in run.finditer(folded))
        found = [one.span() for one in runs if one[0] in self.words]
        for value in self.values:
            if value in folded:
                found += [one.span() for one in re.finditer(re.escape(value), folded)]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            start, end = places[start], places[end - 1] + 1
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


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


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _is_gapless(word: str) -> bool:
    return all(unicodedata.name(one, "").startswith(_GAPLESS) for one in word.replace(" ", ""))


def _spellings(text: str) -> Iterator[str]:
    """Yield how people write the date that a value begins with."""
    if date := _DATE.match(text):
        year, _dot, month, day = date.groups()
        for gap in ("", "-", ".", "/"):
            yield gap.join((year, month, day))
        for one, two in ((month, day), (month.lstrip("0"), day.lstrip("0"))):
            yield from (f"{two}.{one}.{year}", f"{two}/{one}/{year}", f"{one}/{two}/{year}")
            yield f"{two}-{one}-{year}"
