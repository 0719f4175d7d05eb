"""The grey-level pipeline, step by step (PS3.3 C.11, PS3.4 N.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.pixels.elements import items, numbers, text, texts, words
from dicom_lessons.pixels.notes import note
from dicom_lessons.pixels.stored import PixelError, is_colour
from dicom_lessons.text import N_, _, short

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


@dataclass(frozen=True)
class Window:
    """A window in modality units (PS3.3 C.11.2.1.2).

    Attributes
    ----------
    center, width : float
        Window Center (0028,1050) and Window Width (0028,1051).
    function : str
        ``"LINEAR"``, ``"LINEAR_EXACT"`` or ``"SIGMOID"``: VOI LUT Function (0028,1056).
    name : str
        What the window is good for.

    Raises
    ------
    PixelError
        If a number is not finite, the width too small for the function, or the function unknown.
    """

    center: float
    width: float
    function: str = "LINEAR"
    name: str = ""

    def __post_init__(self) -> None:
        if self.function not in FUNCTIONS:
            known, name = ", ".join(FUNCTIONS), short(self.function, 40)
            raise PixelError(
                _("VOI LUT Function {name!r} is none of {known}.", name=name, known=known)
            )
        if not np.isfinite([self.center, self.width]).all():
            raise PixelError(_("Window center and width must be finite numbers."))
        least = _("at least 1") if self.function == "LINEAR" else _("more than 0")
        if self.width < 1 and (self.function == "LINEAR" or self.width <= 0):
            seen = {"width": self.width, "function": self.function, "least": least}
            raise PixelError(_("Window width {width} cannot be: {function} needs {least}.", **seen))


@dataclass(frozen=True)
class LookupTable:
    """A Modality LUT or VOI LUT (PS3.3 C.11.1, C.11.2).

    Attributes
    ----------
    first : int
        The input value that the first entry is for.
    bits : int
        Bits per entry.
    entries : ndarray
        What each input value becomes, shape (number of entries,).
    name : str
        LUT Explanation (0028,3003).
    """

    first: int
    bits: int
    entries: NDArray[np.float64]
    name: str = ""

    def apply(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Look values up; those beyond an end of the table become its first or last entry."""
        places = np.floor(np.asarray(values, np.float64) - self.first + 0.5)
        return self.entries[places.clip(0, len(self.entries) - 1).astype(np.intp)]


# Windows that radiologists begin with, in Hounsfield units
PRESETS = (
    Window(40, 400, name=N_("soft tissue")),
    Window(-600, 1500, name=N_("lung")),
    Window(480, 2500, name=N_("bone")),
    Window(40, 80, name=N_("brain")),
    Window(60, 160, name=N_("liver")),
    Window(300, 600, name=N_("vessels with contrast")),
)


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


def windows(dataset: Dataset, frame: int = 0) -> list[Window]:
    """Return the windows of a file that can be used, in its order; none if it has none."""
    keywords = ("WindowCenter", "WindowWidth")
    centers, widths = (numbers(dataset, key, frame) for key in keywords)
    if len(centers) != len(widths):
        seen = {"centers": len(centers), "widths": len(widths)}
        what = _("{centers} values, but {widths} of Window Width: the rest is left out", **seen)
        note(what, "WindowCenter", "", "PS3.3 §C.11.2.1.2")
    function = text(dataset, "VOILUTFunction", frame).upper() or "LINEAR"
    if centers and function not in FUNCTIONS:
        known, name = ", ".join(FUNCTIONS), short(function, 40)
        what = _("{name!r} is none of {known}: taken as LINEAR", name=name, known=known)
        note(what, "VOILUTFunction", "", "PS3.3 §C.11.2.1.3")
        function = "LINEAR"
    names = texts(dataset, "WindowCenterWidthExplanation", frame) + [""] * len(centers)
    pairs = zip(centers, widths, names, strict=False)
    found = [_window(center, width, function, name) for center, width, name in pairs]
    return [window for window in found if window]


def _window(center: float, width: float, function: str, name: str) -> Window | None:
    """Return a window of a file, by the best reading if it cannot be; None if there is none."""
    if not np.isfinite([center, width]).all() or width <= 0:
        seen = {"center": center, "width": width}
        what = _("center {center}, width {width} cannot be a window: left out", **seen)
        note(what, "WindowWidth", "", "PS3.3 §C.11.2.1.2")
        return None
    if width < 1 and function == "LINEAR":
        what = _("{width} is below 1, which LINEAR cannot be: taken as LINEAR_EXACT", width=width)
        note(what, "WindowWidth", "", "PS3.3 §C.11.2.1.2")
        function = "LINEAR_EXACT"
    return Window(center, width, function, name)


def modality_table(dataset: Dataset) -> LookupTable | None:
    """Return the Modality LUT of a file, or None."""
    found = items(dataset, "ModalityLUTSequence")[:1]
    tables = [_table(item, "ModalityLUTSequence", *_stored_range(dataset)) for item in found]
    return tables[0] if tables else None


def voi_tables(dataset: Dataset, frame: int = 0) -> list[LookupTable]:
    """Return the tables of the VOI LUT Sequence (0028,3010) that can be used."""
    found = items(dataset, "VOILUTSequence", frame)
    if not found:
        return []
    if modality_table(dataset) is not None:
        low, high = 0.0, 65535.0
    else:
        slope, intercept = rescale(dataset, frame)
        low, high = sorted(slope * value + intercept for value in _stored_range(dataset))
    tables = [_table(item, "VOILUTSequence", low, high) for item in found]
    return [table for table in tables if table]


def _stored_range(dataset: Dataset) -> tuple[float, float]:
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


def _table(item: Dataset, where: str, low: float, high: float) -> LookupTable | None:
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


def extremes(stored: NDArray[Any], dataset: Dataset, frame: int = 0) -> NDArray[np.float64]:
    """Return modality values that hold the smallest and the largest, without what does not count.

    Padding does not, unless nothing else differs, as in a label map whose padding is a label.
    """
    counted = padding(stored, dataset)
    np.logical_not(counted, out=counted)
    finite = stored[np.isfinite(stored)] if stored.dtype.kind == "f" else stored
    values = finite
    if not counted.all():
        values = stored[counted & np.isfinite(stored)]
        if not values.size or values.min() == values.max():
            values = finite
    if not values.size:
        return np.zeros(1)
    every = modality_table(dataset) is not None
    ends = np.unique(values) if every else np.array([values.min(), values.max()])
    return modality_values(ends, dataset, frame)


def full_window(values: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> Window:
    """Return the window that shows the smallest value black and the largest white.

    Values are in modality units; those under the mask, such as padding, do not count.
    """
    counted = np.isfinite(values) if mask is None else np.isfinite(values) & ~mask
    found = values[counted] if counted.any() else np.zeros(1)
    low, high = float(found.min()), float(found.max())
    return Window((low + high + 1) / 2, high - low + 1)


def apply_window(
    values: NDArray[Any], window: Window, lowest: float = 0, highest: float = 255
) -> NDArray[np.float64]:
    """Spread the values inside a window from lowest to highest (PS3.3 C.11.2.1.2.1, C.11.2.1.3).

    Parameters
    ----------
    values : ndarray
        In modality units.
    window : Window
        Its function says by which formula.
    lowest, highest : float
        The range of the output.

    >>> apply_window(np.array([0, 127.5, 128, 255, 256]), Window(128, 256))
    array([  0. , 127.5, 128. , 255. , 255. ])
    """
    x = np.asarray(values, np.float64)
    center, width, span = window.center, window.width, highest - lowest
    with np.errstate(over="ignore"):
        if window.function == "SIGMOID":
            sigmoid: NDArray[np.float64] = span / (1 + np.exp(-4 * (x - center) / width)) + lowest
            return sigmoid
        if window.function == "LINEAR":
            center, width = center - 0.5, width - 1
        inside = ((x - center) / (width or 1) + 0.5) * span + lowest
    inside[x <= center - width / 2] = lowest
    inside[x > center + width / 2] = highest
    return inside


def is_inverted(dataset: Dataset) -> bool:
    """Say whether small values are bright: MONOCHROME1, or Presentation LUT Shape INVERSE."""
    if text(dataset, "PhotometricInterpretation") == "MONOCHROME1":
        return True
    return text(dataset, "PresentationLUTShape") == "INVERSE"


def grey_levels(
    stored: NDArray[Any], dataset: Dataset, voi: Window | LookupTable, frame: int = 0
) -> NDArray[np.float64]:
    """Take stored grey values through every step, to numbers from 0 (black) to 255 (white)."""
    values = modality_values(stored, dataset, frame)
    if isinstance(voi, Window):
        grey = apply_window(values, voi)
    else:
        grey = voi.apply(values) * (255 / (2**voi.bits - 1))
    return 255 - grey if is_inverted(dataset) else grey
