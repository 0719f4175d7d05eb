"""The grey-level pipeline, step by step (PS3.3 C.11, PS3.4 N.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.pixels.elements import items, numbers, text, texts
from dicom_lessons.pixels.modality_lut import (
    LookupTable,
    modality_table,
    modality_values,
    padding,
    read_table,
    rescale,
    stored_range,
)
from dicom_lessons.pixels.notes import PixelError, note
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


# Windows that radiologists begin with, in Hounsfield units
PRESETS = (
    Window(40, 400, name=N_("soft tissue")),
    Window(-600, 1500, name=N_("lung")),
    Window(480, 2500, name=N_("bone")),
    Window(40, 80, name=N_("brain")),
    Window(60, 160, name=N_("liver")),
    Window(300, 600, name=N_("vessels with contrast")),
)


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


def voi_tables(dataset: Dataset, frame: int = 0) -> list[LookupTable]:
    """Return the tables of the VOI LUT Sequence (0028,3010) that can be used."""
    found = items(dataset, "VOILUTSequence", frame)
    if not found:
        return []
    if modality_table(dataset) is not None:
        low, high = 0.0, 65535.0
    else:
        slope, intercept = rescale(dataset, frame)
        low, high = sorted(slope * value + intercept for value in stored_range(dataset))
    tables = [read_table(item, "VOILUTSequence", low, high) for item in found]
    return [table for table in tables if table]


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
