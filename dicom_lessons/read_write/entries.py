"""The elements of a data set one by one, with the set that their text is in (PS3.5 §6.1)."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from pydicom import DataElement, Dataset, charset
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from dicom_lessons.read_write.compare import (
    DEEPEST,
    elements_of,
    kept_element,
    name_of,
    values_of,
)
from dicom_lessons.read_write.letters import decode
from dicom_lessons.text import _

LONGEST_MARK = 64
"""Bytes of a value that is compared with those of other files."""
NO_TEXT = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR")
"""VRs in letters that no Specific Character Set changes (PS3.5 §6.1.2.3)."""
TEXT_VR = {*CUSTOMIZABLE_CHARSET_VR, *NO_TEXT}
# pydicom takes the default repertoire for Latin-1; the standard allows ASCII there
LIKE = {"ascii": charset.default_encoding}


class Entry(NamedTuple):
    """An element of a data set or of one of its items."""

    where: str  # keywords down to the element
    element: DataElement  # of VR UN if its bytes make no value
    kept: Any  # a DataElement or RawDataElement, as pydicom keeps it
    beside: dict[BaseTag, DataElement]
    read_in: str  # the codec in which its text was read
    codecs: tuple[str, ...]  # those of the character set that the data set has now
    shown: str  # its text as pydicom reads it; empty if its VR is none of text

    @property
    def stored(self) -> bytes | None:
        """Its bytes as they stand in the file; None once pydicom has decoded them."""
        return self.kept.value if self.kept.is_raw and isinstance(self.kept.value, bytes) else None

    @property
    def is_relabelled(self) -> bool:
        """Whether the character set is another one than that in which the text was read."""
        return self.read_in not in (self.codecs[0], LIKE.get(self.codecs[0]))

    @property
    def is_right(self) -> bool:
        """Whether each byte and each letter belongs to the character set."""
        text = self.shown
        if not text:
            return True
        # with another label pydicom decodes in the old set and encodes in the new one
        if self.stored is not None and not self.is_relabelled:
            try:
                text = decode(self.stored, self.codecs)
            except UnicodeError:
                return False
        return not lacking(text, self.codecs)


def entries_of(
    dataset: Dataset,
    path: str = "",
    codecs: tuple[str, ...] = ("ascii",),
    depth: int = 0,
    known: Container[object] = (),
) -> Iterator[Entry]:
    """Yield each element, and after a sequence those of its items; the data set stays as it is.

    Elements whose :func:`mark` is ``known`` are left out, and are not even converted.

    Raises
    ------
    ValueError
        If sequences are nested deeper than :data:`DEEPEST`.
    """
    if depth > DEEPEST:
        raise ValueError(
            _("{path}: nested deeper than {deepest}.", path=path[-150:], deepest=DEEPEST)
        )
    marks = ((tag, mark(kept)) for tag, kept in dataset.items()) if known else ()
    elements = elements_of(dataset, {tag for tag, found in marks if found and found in known})
    if 0x00080005 in elements:
        codecs = _codecs(values_of(elements[BaseTag(0x00080005)]))
    read_in = dataset.original_character_set or codecs  # what was not read from a file has none
    read_in = read_in if isinstance(read_in, str) else read_in[0]
    for tag, found in elements.items():
        where, items = path + name_of(tag), type(found.value) is Items
        is_text = found.VR in CUSTOMIZABLE_CHARSET_VR and not items
        shown = "\\".join(map(str, values_of(found))) if is_text else ""
        kept = kept_element(dataset, tag)
        yield Entry(where, found, kept, elements, read_in, codecs, shown)
        for number, item in enumerate(found.value if items else []):
            yield from entries_of(item, f"{where}[{number}].", codecs, depth + 1, known)


def mark(kept: Any) -> tuple[int, str | None, bytes] | None:
    """Return by what an element is the same in another file; None if more belongs to it.

    Only short text in ASCII of public elements can be judged without what stands beside it.
    """
    tag, stored = int(kept.tag), kept.value
    if not kept.is_raw or tag & 0x10000 or tag == 0x00080005 or not isinstance(stored, bytes):
        return None
    if len(stored) > LONGEST_MARK or not stored.isascii() or b"\x1b" in stored:
        return None
    return (tag, kept.VR, stored) if (kept.VR or _vr(tag)) in TEXT_VR else None


@lru_cache(maxsize=8192)
def _vr(tag: int) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else ""


def _codecs(terms: list[object]) -> tuple[str, ...]:
    with warnings.catch_warnings(action="ignore"):  # an unknown term is a finding already
        try:
            names = charset.convert_encodings([str(term) for term in terms] or "")
        except Exception:  # a term may be anything
            names = [charset.default_encoding]
    plain = {like: codec for codec, like in LIKE.items()}
    return tuple(plain.get(name, name) for name in names)


def lacking(text: str, codecs: Sequence[str]) -> str:
    """Return the characters of a text that a character set does not have, each once."""
    if text.isascii() and "\x1b" not in text:
        return ""
    return "".join(each for each in dict.fromkeys(text) if not _has(each, codecs))


def _has(letter: str, codecs: Sequence[str]) -> bool:
    for codec in codecs:
        with suppress(UnicodeError, LookupError):
            size = len(letter.encode(codec))
            # ISO_IR 13 is only the part of Shift JIS with one byte for each letter
            if letter not in "\ufffd\x1b" and (size == 1 or codec != "shift_jis"):
                return True
    return False
