"""What the browser gets of one frame: its bytes, and what they mean."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons import pixels, reading
from dicom_lessons.pixels import PixelError, Window, display, grey
from dicom_lessons.pixels.display import colours
from dicom_lessons.pixels.elements import attribute
from dicom_lessons.pixels.grey import LookupTable
from dicom_lessons.pixels.stored import frames_of as number_of_frames
from dicom_lessons.pixels.stored import is_colour
from dicom_lessons.text import _

One = reading.Source | NDArray[Any]
KINDS = {"b1": "u1", "i8": "f8", "u8": "f8", "f2": "f4"}
LARGEST_FIRST = 2**20
ENOUGH = 512
_OPPOSITE = str.maketrans("LRAPHF", "RLPAFH")


@dataclass(frozen=True)
class Frame:
    """One picture: where it comes from, and which frame of it."""

    source: One
    index: int = 0

    def open(self) -> tuple[Dataset, NDArray[Any]]:
        """Return the data set and the stored values, for colour 8-bit RGB, or raise as below."""
        if isinstance(self.source, np.ndarray):
            return _grey(), self.source
        dataset = reading.read(self.source)
        stored = pixels.stored_values(dataset, self.index)
        if is_colour(dataset):
            stored = colours(stored, dataset)
        return dataset, stored


def frames_of(source: One | Sequence[One]) -> list[Frame]:
    """Return the pictures of an image, a multi-frame object, an array, or a series of them.

    Raises
    ------
    LookupError, OSError, ReadingError
        If a file cannot be read; see :func:`dicom_lessons.reading.read`.
    PixelError
        If it is read, but there is nothing to show.
    """
    if isinstance(source, np.ndarray):
        in_colour = source.dtype == np.uint8 and source.ndim == 3 and source.shape[-1] == 3
        if source.ndim not in (2, 3) or source.dtype.kind not in "biuf" or not source.size:
            raise PixelError(_("An array must hold numbers in rows and columns."))
        return [Frame(source)] if source.ndim == 2 or in_colour else [Frame(one) for one in source]
    if isinstance(source, str | os.PathLike | bytes | Dataset):
        dataset = reading.read(source)
        return [Frame(dataset, index) for index in range(number_of_frames(dataset))]
    frames = [Frame(one) for one in source]
    if not frames:
        raise PixelError(_("There is nothing to show: the series is empty."))
    return frames


def describe(
    dataset: Dataset, stored: NDArray[Any], index: int, *, reduced: bool = False
) -> dict[str, Any]:
    """Return what the browser needs to show a frame; binary parts are bytes.

    Parameters
    ----------
    dataset : Dataset
        What says what the values mean.
    stored : ndarray
        Shape (rows, columns) or (rows, columns, 3).
    index : int
        Which frame of the data set, from 0.
    reduced : bool
        Whether every so many rows and columns are enough if all have over ``LARGEST_FIRST`` bytes.
    """
    kind = stored.dtype.str[1:]
    kind = "rgb" if stored.ndim == 3 else KINDS.get(kind, kind)
    if kind != "rgb":
        stored = stored.astype(f"<{kind}", copy=False)
    rows, columns = stored.shape[:2]
    step = -(-max(rows, columns) // ENOUGH) if reduced and stored.nbytes > LARGEST_FIRST else 1
    overlay = display.overlay(dataset, index)
    message = {"rows": rows, "columns": columns, "kind": kind, "step": step}
    message |= _geometry(dataset, index)
    message["overlay"] = b"" if overlay is None else overlay[::step, ::step].tobytes()
    message["pixels"] = stored[::step, ::step].tobytes()
    return message if kind == "rgb" else message | _grey_levels(dataset, stored, index)


def _grey_levels(dataset: Dataset, stored: NDArray[Any], index: int) -> dict[str, Any]:
    slope, intercept = grey.rescale(dataset, index)
    padded = pixels.padding(stored, dataset)
    finite = stored[np.isfinite(stored) & ~padded] if stored.dtype.kind == "f" else stored
    counted = stored[~padded] if padded.any() and not padded.all() else finite
    table = grey.modality_table(dataset)
    values = counted if counted.size else np.zeros(1)
    full = grey.full_window(
        pixels.modality_values(np.array([values.min(), values.max()]), dataset, index)
        if table is None
        else table.entries
    )
    padding = (
        sorted({int(value) for value in (stored[padded].min(), stored[padded].max())})
        if (padded.any())
        else []
    )
    windows, tables, note = _voi(dataset, index)
    return {
        "low": float(finite.min()) if finite.size else 0.0,
        "high": float(finite.max()) if finite.size else 0.0,
        "padding": padding,
        "slope": slope,
        "intercept": intercept,
        "modality": _table(table) if table else None,
        "tables": [_table(one) for one in tables],
        "windows": [window_parts(one, one.name or _("window of the file")) for one in windows],
        "full": window_parts(full, _("all values")),
        "units": grey.units(dataset, index),
        "inverted": grey.is_inverted(dataset),
        "note": note,
    }


def _voi(dataset: Dataset, index: int) -> tuple[list[Window], list[LookupTable], str]:
    try:
        return pixels.windows(dataset, index), grey.voi_tables(dataset), ""
    except PixelError as error:  # a picture in another window is better than none
        return [], [], str(error)


def window_parts(window: Window, name: str) -> dict[str, Any]:
    """Return a window under a name as the browser takes it."""
    parts = {"center": window.center, "width": window.width, "function": window.function}
    return parts | {"name": name}


def _table(table: LookupTable) -> dict[str, Any]:
    name = table.name or _("VOI LUT of the file")
    entries = table.entries.astype("<f8").tobytes()
    return {"first": table.first, "bits": table.bits, "name": name, "entries": entries}


def _geometry(dataset: Dataset, index: int) -> dict[str, Any]:
    """Return spacing (mm, down and across), position, directions, and the letters of the edges."""
    parts: dict[str, Any] = {"spacing": [], "at_detector": False, "position": [], "directions": []}
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        spacing = _floats(dataset, keyword, index, 2)
        if spacing and min(spacing) > 0:
            parts |= {"spacing": spacing, "at_detector": keyword != "PixelSpacing"}
            break
    aspect = _floats(dataset, "PixelAspectRatio", index, 2)
    shape = parts["spacing"] or aspect
    parts["aspect"] = shape[0] / shape[1] if shape and min(shape) > 0 else 1.0
    position = _floats(dataset, "ImagePositionPatient", index, 3)
    directions = _floats(dataset, "ImageOrientationPatient", index, 6)
    if position and directions:
        parts |= {"position": position, "directions": directions}
    right, bottom = _letters(dataset, directions)
    parts["letters"] = [right.translate(_OPPOSITE), right, bottom.translate(_OPPOSITE), bottom]
    return parts


def _letters(dataset: Dataset, directions: list[float]) -> tuple[str, str]:
    """Return the letters of the right and the bottom edge (PS3.3 C.7.6.1.1.1)."""
    if directions:
        return _letter(directions[:3]), _letter(directions[3:])
    letters = [str(value) for value in dataset.get("PatientOrientation") or []]
    known = len(letters) == 2 and all(one and set(one) <= set("LRAPHF") for one in letters)
    return (letters[0][:3], letters[1][:3]) if known else ("", "")


def _letter(direction: Sequence[float]) -> str:
    named = sorted(zip(direction, ("RL", "AP", "FH"), strict=True), key=lambda pair: -abs(pair[0]))
    return "".join(names[value > 0] for value, names in named if abs(value) > 0.3)


def _floats(dataset: Dataset, keyword: str, index: int, count: int) -> list[float]:
    try:
        numbers = [float(value) for value in attribute(dataset, keyword, index) or []]
    except (TypeError, ValueError):
        return []
    return numbers if len(numbers) == count and np.isfinite(numbers).all() else []


def frame_time(dataset: Dataset) -> float:
    """Return how long a frame is shown, in milliseconds (PS3.3 C.7.6.5): 100 if nothing says."""
    rates = ("RecommendedDisplayFrameRate", "CineRate")
    try:
        if dataset.get("FrameTime"):
            time = float(dataset.FrameTime)
        else:
            per_second = [float(dataset[rate].value) for rate in rates if dataset.get(rate)]
            time = 1000 / per_second[0] if per_second else 100.0
    except (TypeError, ValueError, ZeroDivisionError):
        time = 100.0
    return min(max(time, 16.0), 5000.0) if np.isfinite(time) else 100.0


def _grey() -> Dataset:
    dataset = Dataset()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    return dataset
