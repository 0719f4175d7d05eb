"""Elements that can be looked at, whatever their bytes are.

pydicom converts a value when it is first asked for, and raises many kinds of errors on bytes that
make no value: an unknown VR, a wrong length, an item that breaks off. Here such an element is what
the standard calls unknown: VR UN, and the bytes as they are stored (PS3.5 §6.2.2).
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from functools import cache
from typing import Any

from pydicom import DataElement, Dataset, FileDataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.tag import BaseTag, Tag

from dicom_lessons.text import _, short

_HARMLESS_DEPTH, _DEEPEST = 4, 64


def element(dataset: Dataset, tag: int | str) -> DataElement | None:
    """Return an element by tag or keyword, None if there is none; nothing is raised or warned of.

    An element whose bytes make no value is one of VR UN. The data set keeps what it holds.

    >>> dataset = Dataset()
    >>> dataset.PatientID = "4711"
    >>> element(dataset, "PatientID").value, element(dataset, "PatientName")
    ('4711', None)
    """
    known = tag_of(tag) if isinstance(tag, str) else BaseTag(tag)
    kept = dataset._dict.get(known)  # get_item takes thrice as long
    if kept is None:
        return None
    if not kept.is_raw:
        return kept if kept.VR != "SQ" else dataset[known]  # type: ignore[return-value]
    if isinstance(dataset, _Forgiving):  # it is silent itself
        return dataset[known]  # type: ignore[no-any-return]
    with warnings.catch_warnings(action="ignore"):
        return _made(dataset, known)


def elements(dataset: Dataset) -> dict[BaseTag, DataElement]:
    """Return all elements in their order, as :func:`element` does each."""
    with warnings.catch_warnings(action="ignore"):
        return {tag: _made(dataset, tag) for tag in sorted(dataset.keys(), key=int)}


def _made(dataset: Dataset, tag: BaseTag) -> DataElement:
    try:
        return dataset[tag]
    except Exception:  # whatever pydicom raises on bytes that make no value
        return _as_stored(dataset, tag)


@cache
def tag_of(keyword: str) -> BaseTag:
    """Return the tag of a keyword, that of no element for one that is unknown."""
    return Tag(tag_for_keyword(keyword) or 0xFFFFFFFF)


def value(dataset: Dataset, tag: int | str, absent: Any = None) -> Any:
    """Return the value of an element by tag or keyword, or ``absent``; nothing is raised.

    >>> value(Dataset(), "Rows", 1)
    1
    """
    found = element(dataset, tag)
    return absent if found is None else found.value


def is_empty(dataset: Dataset, tag: int | str) -> bool:
    """Return whether an element that is there has no value.

    Bytes that hold more than padding are not converted to see it.
    """
    known = tag_of(tag) if isinstance(tag, str) else BaseTag(tag)
    kept: Any = dataset.get_item(known, keep_deferred=True)
    if kept is not None and kept.is_raw and bytes(kept.value or b"").strip(b" \0"):
        return False
    found = element(dataset, tag)
    return found is not None and found.is_empty


def check_writable(dataset: Dataset) -> None:
    """Try to write each element that is nested deeply, for pydicom must never fail on one.

    Its error text holds the text of each level below more than twice: 15 levels make gigabytes.

    Raises
    ------
    ValueError
        If there is one that pydicom cannot write, which the message names, or no end of levels.
    """
    waiting: list[tuple[Dataset, int]] = [(dataset, 0)]
    while waiting:
        place, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ValueError(_("its sequences are nested too deeply"))
        for tag in list(place.keys()):
            found = element(place, tag)
            if found is None or (found.VR != "SQ" and depth <= _HARMLESS_DEPTH):
                continue
            if found.VR == "SQ":
                waiting += [(item, depth + 1) for item in found.value or ()]
                continue
            if error := why_unwritable(place[tag], place._character_set):
                raise ValueError(f"{tag}: {short(error, 100)}")


def why_unwritable(found: DataElement, codecs: Any) -> Exception | None:
    """Return what pydicom raises if it is to write an element; None if it can."""
    scratch = DicomBytesIO()
    scratch.is_implicit_VR, scratch.is_little_endian = False, True
    try:
        write_data_element(scratch, found, codecs)
    except Exception as error:  # pydicom raises many kinds on odd values
        return error
    return None


def forgive(dataset: FileDataset) -> FileDataset:
    """Make a data set read from a file answer for every element, its sequences included.

    Elements are still converted one by one, when they are asked for.
    """
    dataset.__class__ = _ForgivingFile
    dataset.file_meta.__class__ = _ForgivingMeta
    return dataset


def _as_stored(dataset: Dataset, tag: BaseTag) -> DataElement:
    kept: Any = dataset.get_item(tag, keep_deferred=True)
    stored = kept.value
    raw = bytes(stored) if isinstance(stored, bytes | bytearray) else None
    unknown = DataElement(tag, "UN", raw, already_converted=True)
    unknown.VR = "UN"  # pydicom looks up what the dictionary says, which it is not
    return unknown


class _Forgiving(Dataset):
    """A data set that holds as UN what cannot be converted, instead of raising."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            part = super().__getitem__(key)
            part.__class__ = _Forgiving
            return part
        try:
            tag = key if isinstance(key, BaseTag) else Tag(key)
        except Exception:
            raise KeyError(key) from None
        found: Any = self._dict.get(tag)
        if found is None or found.is_raw:
            found = self._converted(tag)
        if found.VR == "SQ" and found.value and type(found.value[0]) is Dataset:
            for item in found.value:
                item.__class__ = _Forgiving
        return found

    def _converted(self, tag: BaseTag) -> Any:
        # what is silent already need not be made so for every element
        silent = warnings.filters[:1] and warnings.filters[0][:3] == ("ignore", None, Warning)
        with nullcontext() if silent else warnings.catch_warnings(action="ignore"):
            try:
                return super().__getitem__(tag)
            except Exception:  # whatever pydicom raises on bytes that make no value
                if tag not in self:
                    raise
                self[tag] = unknown = _as_stored(self, tag)
                return unknown


class _ForgivingFile(_Forgiving, FileDataset):
    pass


class _ForgivingMeta(_Forgiving, FileMetaDataset):
    pass


for _kind, _own in (
    (_Forgiving, Dataset),
    (_ForgivingFile, FileDataset),
    (_ForgivingMeta, FileMetaDataset),
):
    _kind.__name__ = _own.__name__  # for messages, such as that of a missing attribute
