"""From stored values to modality units: rescale, lookup tables and padding (PS3.3 C.11.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.pixels.elements import items, numbers, text, texts, words
from dicom_lessons.pixels.image_pixel import is_colour
from dicom_lessons.pixels.notes import note
from dicom_lessons.text import _, short


@dataclass(frozen=True)
class LookupTable:
    """A Modality LUT or VOI LUT (PS3.3 C.11.1, C.11.2)."""

    first: int  # the input value that the first entry is for
    bits: int  # per entry
    entries: NDArray[np.float64]  # what each input value becomes, shape (number of entries,)
    name: str = ""  # LUT Explanation (0028,3003)

    def apply(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Look values up; those beyond an end of the table become its first or last entry."""
        places = np.floor(np.asarray(values, np.float64) - self.first + 0.5)
        return self.entries[places.clip(0, len(self.entries) - 1).astype(np.intp)]


def padding(stored: NDArray[Any], dataset: Dataset) -> NDArray[np.bool_]:
    """Return where padding lies: values that are no measurement (PS3.3 C.7.5.1.1.2).

    Pixel Padding Value (0028,0120) and its Range Limit (0028,0121) are stored values, signed as
    Pixel Representation says, whatever VR the file gives them.
    """
    found = numbers(dataset, "PixelPaddingValue")[:1]
    if not found or is_colour(dataset):
        return np.zeros(stored.shape, np.bool_)
    found += numbers(dataset, "PixelPaddingRangeLimit")[:1]
    if stored.dtype.kind in "iu":
        found = [_with_sign(value, stored.dtype.kind == "i") for value in found]
    return np.asarray((stored >= min(found)) & (stored <= max(found)))


def modality_values(stored: NDArray[Any], dataset: Dataset, frame: int = 0) -> NDArray[np.float64]:
    """Turn stored values into modality units, such as Hounsfield units (PS3.3 C.11.1).

    By the Modality LUT Sequence (0028,3000) or Rescale Slope and Intercept, never both; those of a
    dose by Dose Grid Scaling (3004,000E), PS3.3 C.8.8.3.

    >>> from dicom_lessons import pixels, samples
    >>> ct = samples.read("CT_small")
    >>> float(modality_values(pixels.stored_values(ct), ct).max())
    1167.0
    """
    table = modality_table(dataset)
    if table is not None:
        return table.apply(stored)
    slope, intercept = rescale(dataset, frame)
    values = np.asarray(stored, np.float64) * slope
    values += intercept
    return values


def rescale(dataset: Dataset, frame: int = 0) -> tuple[float, float]:
    """Return Rescale Slope (0028,1053) and Rescale Intercept (0028,1052); 1 and 0 if absent.

    Of a dose, the slope is Dose Grid Scaling.
    """
    slope, intercept = (
        numbers(dataset, key, frame)[:1] for key in ("RescaleSlope", "RescaleIntercept")
    )
    if not slope and not intercept:
        slope, intercept = numbers(dataset, "DoseGridScaling")[:1] or [1.0], [0.0]
    section = "PS3.3 §C.11.1"
    if not slope:
        note(_("it is missing beside Rescale Intercept: taken as 1"), "RescaleSlope", "", section)
    if not intercept:
        note(_("it is missing beside Rescale Slope: taken as 0"), "RescaleIntercept", "", section)
    factor, added = (*slope, 1.0)[0], (*intercept, 0.0)[0]
    if not np.isfinite(factor) or factor == 0:
        note(_("{value} cannot be: taken as 1", value=factor), "RescaleSlope", "", section)
        factor = 1.0
    if not np.isfinite(added):
        note(_("{value} cannot be: taken as 0", value=added), "RescaleIntercept", "", section)
        added = 0.0
    return factor, added


def units(dataset: Dataset, frame: int = 0) -> str:
    """Return what modality values mean: ``"HU"``, Rescale Type, Units of PET or dose, or nothing.

    A CT without Rescale Type is in Hounsfield units if it is original and no localizer
    (PS3.3 C.8.2.1).
    """
    for keyword in ("RescaleType", "Units", "DoseUnits"):
        if told := text(dataset, keyword, frame):
            return "" if told == "US" else short(told, 16)
    kind = texts(dataset, "ImageType")
    is_ct = text(dataset, "Modality") == "CT" and "RescaleSlope" in dataset
    return "HU" if is_ct and "ORIGINAL" in kind[:1] and "LOCALIZER" not in kind else ""


def modality_table(dataset: Dataset) -> LookupTable | None:
    """Return the Modality LUT of a file, or None."""
    found = items(dataset, "ModalityLUTSequence")[:1]
    tables = [read_table(item, "ModalityLUTSequence", *stored_range(dataset)) for item in found]
    return tables[0] if tables else None


def stored_range(dataset: Dataset) -> tuple[float, float]:
    """Return the least and the greatest stored value that Bits Stored can hold."""
    bits = min(max((*numbers(dataset, "BitsStored")[:1], 16.0)[0], 1), 64)
    if (*numbers(dataset, "PixelRepresentation")[:1], 0)[0]:
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return 0, 2**bits - 1


def _with_sign(value: float, signed: bool) -> float:
    """Read a number of 16 bits with or without a sign, whichever its VR made of it."""
    if signed and 2**15 <= value < 2**16:
        return value - 2**16
    return value + 2**16 if not signed and -(2**15) <= value < 0 else value


def read_table(item: Dataset, where: str, low: float, high: float) -> LookupTable | None:
    """Read LUT Descriptor (0028,3002) and LUT Data (0028,3006), or note why there is no table.

    The first value mapped is signed if input values, from low to high, can be negative
    (PS3.3 C.11.1.1.1, C.11.2.1.1).
    """
    section = "PS3.3 §C.11.2.1.1" if where == "VOILUTSequence" else "PS3.3 §C.11.1.1"
    descriptor, entries = numbers(item, "LUTDescriptor"), words(item, "LUTData")
    if len(descriptor) != 3 or not np.isfinite(descriptor).all() or not len(entries):
        what = _("a lookup table has no descriptor of three numbers, or no entries: left out")
        note(what, where, "", section)
        return None
    count, first, bits = (int(value) for value in descriptor)
    count = count % 2**16 or 2**16
    if entries.dtype.itemsize == 1 and len(entries) >= 2 * count:
        entries = entries.view("<u2")
    if len(entries) < count:
        seen = {"found": len(entries), "count": count}
        note(_("{found} entries of {count}: the last one is repeated", **seen), where, "", section)
    entries = entries[:count]
    readings = [_with_sign(first, low < 0), _with_sign(first, low >= 0)]
    fitting = [start for start in readings if start <= high and start + count > low]
    if fitting and fitting[0] != readings[0]:
        what = _("{first}, the first value mapped, fits only with the other sign", first=first)
        note(what, where, "", section)
    highest = int(entries.max())
    needed = max(highest.bit_length(), 8)
    seen = {"bits": bits, "needed": needed, "highest": highest}
    if not 8 <= bits <= 16 or needed > bits:
        what = _("{bits} bits are announced, but entries need {needed}: taken as that", **seen)
        note(what, where, "", section)
        bits = needed
    elif where == "VOILUTSequence" and needed < bits:
        what = _(
            "{bits} bits are announced, but no entry is above {highest}: a dark picture", **seen
        )
        note(what, where, "", section)
    start = (fitting or readings)[0]
    return LookupTable(int(start), bits, entries.astype(np.float64), text(item, "LUTExplanation"))
