"""The grey-level pipeline, step by step (PS3.3 C.11, PS3.4 N.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.pixels.stored import PixelError, attribute, is_colour, numbers, refusal
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

    Pixel Padding Value (0028,0120) and its Range Limit (0028,0121) are stored values.
    """
    value = attribute(dataset, "PixelPaddingValue")
    if value is None or is_colour(dataset):
        return np.zeros(stored.shape, np.bool_)
    limit = attribute(dataset, "PixelPaddingRangeLimit")
    low, high = sorted((numbers(value, 0)[0], numbers(value if limit is None else limit, 0)[0]))
    return (stored >= low) & (stored <= high)


def modality_values(stored: NDArray[Any], dataset: Dataset, frame: int = 0) -> NDArray[np.float64]:
    """Turn stored values into modality units, such as Hounsfield units (PS3.3 C.11.1).

    By the Modality LUT Sequence (0028,3000) or Rescale Slope and Intercept, never both.

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
    """Return Rescale Slope (0028,1053) and Rescale Intercept (0028,1052); 1 and 0 if absent."""
    keywords = ("RescaleSlope", "RescaleIntercept")
    slope, intercept = (numbers(attribute(dataset, key, frame)) for key in keywords)
    if not slope and not intercept:
        return 1.0, 0.0
    if not slope or not intercept:
        raise PixelError(_("Of Rescale Slope and Rescale Intercept, one is missing."))
    if not np.isfinite([slope[0], intercept[0]]).all() or slope[0] == 0:
        raise PixelError(_("Rescale Slope and Intercept must be finite, and the slope not 0."))
    return slope[0], intercept[0]


def units(dataset: Dataset, frame: int = 0) -> str:
    """Return what modality values mean: ``"HU"``, Rescale Type, Units of PET, or nothing.

    A CT without Rescale Type is in Hounsfield units if it is original and no localizer
    (PS3.3 C.8.2.1).
    """
    told = attribute(dataset, "RescaleType", frame) or dataset.get("Units")
    if told:
        return "" if str(told) == "US" else short(told, 16)
    kind = [str(value) for value in dataset.get("ImageType") or []]
    is_ct = dataset.get("Modality") == "CT" and "RescaleSlope" in dataset
    return "HU" if is_ct and "ORIGINAL" in kind[:1] and "LOCALIZER" not in kind else ""


def windows(dataset: Dataset, frame: int = 0) -> list[Window]:
    """Return the windows of a file, in its order; none if it has none.

    Raises
    ------
    PixelError
        If there are not as many centers as widths, or one of them cannot be.
    """
    keywords = ("WindowCenter", "WindowWidth")
    centers, widths = (numbers(attribute(dataset, key, frame)) for key in keywords)
    if len(centers) != len(widths):
        seen = {"centers": len(centers), "widths": len(widths)}
        reason = _(
            "The file has {centers} values of Window Center, but {widths} of Window Width.", **seen
        )
        raise PixelError(reason)
    function = str(attribute(dataset, "VOILUTFunction", frame) or "LINEAR").upper()
    told = attribute(dataset, "WindowCenterWidthExplanation", frame) or []
    names = [told] if isinstance(told, str) else list(told)
    names += [""] * len(centers)
    return [
        Window(center, width, function, str(name))
        for center, width, name in zip(centers, widths, names, strict=False)
    ]


def modality_table(dataset: Dataset) -> LookupTable | None:
    """Return the Modality LUT of a file, or None."""
    items = dataset.get("ModalityLUTSequence") or []
    return _table(items[0], dataset) if items else None


def voi_tables(dataset: Dataset) -> list[LookupTable]:
    """Return the tables of the VOI LUT Sequence (0028,3010)."""
    return [_table(item, dataset) for item in dataset.get("VOILUTSequence") or []]


def _table(item: Dataset, dataset: Dataset) -> LookupTable:
    """Read LUT Descriptor (0028,3002) and LUT Data (0028,3006); PS3.3 C.11.1.1, C.11.2.1.1."""
    with refusal(N_("A lookup table is broken: {reason}.")):
        count, first, bits = (int(value) for value in item.LUTDescriptor)
        entries = item.LUTData
        count = count or 2**16
        if isinstance(entries, bytes):
            endian = ">" if dataset.original_encoding[1] is False else "<"
            code = "B" if len(entries) < 2 * count else "H"
            entries = struct.unpack_from(f"{endian}{count}{code}", entries)
        found = np.asarray(entries, np.float64)[:count]
        if not 8 <= bits <= 16 or len(found) < count:
            raise ValueError(_("{found} entries of {count}", found=len(found), count=count))
    return LookupTable(first, bits, found, str(item.get("LUTExplanation", "")))


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
    shape = str(dataset.get("PresentationLUTShape", ""))
    return dataset.get("PhotometricInterpretation") == "MONOCHROME1" or shape == "INVERSE"


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
