"""Values of elements as far as they can be understood; nothing is raised, odd ones are noted."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from dicom_lessons.pixels.notes import note
from dicom_lessons.reading import value as value_of
from dicom_lessons.text import _, short

_MACROS = {
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "WindowCenter": "FrameVOILUTSequence",
    "WindowWidth": "FrameVOILUTSequence",
    "VOILUTFunction": "FrameVOILUTSequence",
    "VOILUTSequence": "FrameVOILUTSequence",
    "WindowCenterWidthExplanation": "FrameVOILUTSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
}
_GROUPS = {0x52009229, 0x52009230}  # functional groups: shared, and per frame
_BINARY = {"US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "FL": "f4", "FD": "f8"}


def attribute(dataset: Dataset, keyword: str, frame: int = 0) -> Any:
    """Return an attribute of one frame, or None; bytes where its value cannot be understood.

    Enhanced objects keep many attributes per frame or once for all frames, in functional groups
    (PS3.3 C.7.6.16); the others keep them in the data set.
    """
    if (macro := _MACROS.get(keyword)) and dataset.keys() & _GROUPS:
        groups = items(dataset, "PerFrameFunctionalGroupsSequence")[frame : frame + 1]
        groups += items(dataset, "SharedFunctionalGroupsSequence")[:1]
        for group in groups:
            for item in items(group, macro)[:1]:
                found = value_of(item, keyword)
                if found is not None:
                    return found
    return value_of(dataset, keyword)


def numbers(dataset: Dataset, keyword: str, frame: int = 0) -> list[float]:
    """Return the numbers of an attribute; empty if there are none, NaN for each that is none.

    A decimal comma is read as the point that PS3.5 §6.2 wants.
    """
    value = attribute(dataset, keyword, frame)
    if value is None or isinstance(value, Sequence | Dataset):
        return []
    if isinstance(value, bytes):
        value = _unconverted(value, dictionary_VR(keyword))
    many = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    parts = [one for one in many if one is not None and str(one).strip(" \0")]
    return [_number(one, keyword) for one in parts]


def whole_numbers(dataset: Dataset, tag: int) -> list[int]:
    """Return the whole numbers of an element by its tag, whatever its VR; empty if it has none."""
    value = value_of(dataset, tag)
    with suppress(Exception):
        if isinstance(value, bytes):
            return [int(one) for one in np.frombuffer(value[: len(value) & ~1], "<i2")]
        return [int(one) for one in (value if isinstance(value, Iterable) else [value])]
    return []


def number(dataset: Dataset, keyword: str, absent: float = np.nan, frame: int = 0) -> float:
    """Return the first number of an attribute, or what it is where it is absent."""
    return (*numbers(dataset, keyword, frame)[:1], absent)[0]


def _number(one: object, keyword: str) -> float:
    section = "PS3.5 §6.2"
    with suppress(Exception):
        return float(one)  # type: ignore[arg-type]
    told, said = str(one).strip(" \0"), short(one, 40)
    with suppress(ValueError):
        found = float(told.replace(",", "."))
        what = _("{value!r} has a decimal comma: read as {number}", value=said, number=f"{found:g}")
        note(what, keyword, _("Write a point."), section)
        return found
    note(_("{value!r} is no number: left out", value=said), keyword, "", section)
    return np.nan


def _unconverted(raw: bytes, vr: str) -> Any:
    kind = _BINARY.get(vr[:2])
    if kind is None:
        return raw.decode("latin-1").split("\\")
    whole = len(raw) - len(raw) % np.dtype(kind).itemsize
    return np.frombuffer(raw[:whole], f"<{kind}").tolist()


def texts(dataset: Dataset, keyword: str, frame: int = 0) -> list[str]:
    """Return the texts of an attribute; empty if there are none."""
    value = attribute(dataset, keyword, frame)
    if value is None or isinstance(value, Sequence | Dataset):
        return []
    if isinstance(value, bytes):
        value = value.decode("latin-1").split("\\")
    many = value if isinstance(value, MultiValue | list | tuple) else [value]
    return [str(one).strip(" \0") for one in many if one is not None]


def text(dataset: Dataset, keyword: str, frame: int = 0) -> str:
    """Return the first text of an attribute, or nothing."""
    return (*texts(dataset, keyword, frame), "")[0]


def items(dataset: Dataset, keyword: str, frame: int = 0) -> list[Dataset]:
    """Return the items of a sequence; none if it is empty or no sequence."""
    with suppress(Exception):
        found = attribute(dataset, keyword, frame) or []
        return [item for item in found if isinstance(item, Dataset)]
    return []


def words(dataset: Dataset, keyword: str | int) -> NDArray[Any]:
    """Return numbers of 8 or 16 bits, as bytes if they come as bytes, whatever their VR."""
    value = value_of(dataset, keyword)
    if isinstance(value, bytes):
        return np.frombuffer(value, np.uint8)
    with suppress(Exception):
        many = value if isinstance(value, Iterable) else [value]
        return (np.asarray([int(one) for one in many]) % 2**16).astype(np.uint16)
    return np.zeros(0, np.uint16)
