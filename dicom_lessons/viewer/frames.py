"""What the browser gets of one frame: its bytes, and what they mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons import pixels, reading
from dicom_lessons.pixels import PixelError, Window, display, grey, modality_lut
from dicom_lessons.pixels.elements import numbers, texts
from dicom_lessons.pixels.header import frames_of
from dicom_lessons.pixels.image_pixel import is_colour
from dicom_lessons.pixels.modality_lut import LookupTable
from dicom_lessons.pixels.notes import noted, refusal
from dicom_lessons.text import N_, _, short

One = reading.Source | NDArray[Any]
KINDS = {"b1": "u1", "i8": "f8", "u8": "f8", "f2": "f4"}
LARGEST_FIRST = 2**20
ENOUGH = 512
MOST_WINDOWS = 40  # that the browser lists
_REFUSED = N_("The picture cannot be shown: {reason}.")
_OPPOSITE = str.maketrans("LRAPHF", "RLPAFH")


class Opened(NamedTuple):
    """One frame of a data set: its stored values, for colour 8-bit RGB, and notes on decoding."""

    dataset: Dataset
    stored: NDArray[Any]
    frame: int
    notes: Sequence[str] = ()


class Frames:
    """The pictures of an image, a multi-frame object, an array, or a series of them.

    Nothing is made of a picture before it is opened, however many there are.

    Raises
    ------
    LookupError, OSError, ReadingError
        If a file cannot be read; see :func:`dicom_lessons.reading.read`.
    PixelError
        If it is read, but there is nothing to show.
    """

    def __init__(self, source: One | Sequence[One]) -> None:
        sources: Any
        self.count = 0
        if isinstance(source, np.ndarray):
            in_colour = source.dtype == np.uint8 and source.ndim == 3 and source.shape[-1] == 3
            if source.ndim not in (2, 3) or source.dtype.kind not in "biuf" or not source.size:
                raise PixelError(_("An array must hold numbers in rows and columns."))
            sources = [source] if source.ndim == 2 or in_colour else source
        elif isinstance(source, str | os.PathLike | bytes | Dataset):
            sources = [_read(source)]
            self.count = frames_of(sources[0])
        else:
            sources = list(source)
        self._sources, self.count = sources, self.count or len(sources)
        if not self.count:
            raise PixelError(_("There is nothing to show: the series is empty."))

    @property
    def is_series(self) -> bool:
        """Whether each picture has a source of its own."""
        return len(self._sources) > 1

    def dataset(self, index: int) -> Dataset:
        """Return what says what the values of a picture mean, or raise as above."""
        source = self._sources[index if self.is_series else 0]
        if isinstance(source, np.ndarray):
            source = Dataset()
            source.PhotometricInterpretation = "MONOCHROME2"
        return _read(source)

    def open(self, index: int) -> Opened:
        """Return a picture, counted from 0, or raise as above."""
        dataset = self.dataset(index)
        source, frame = (self._sources[index], 0) if self.is_series else (self._sources[0], index)
        if isinstance(source, np.ndarray):
            return Opened(dataset, source, 0)
        with refusal(_REFUSED), noted() as notes:
            stored = pixels.stored_values(dataset, frame)
            if is_colour(dataset):
                stored = display.colours(stored, dataset)
        return Opened(dataset, stored, frame, [str(note) for note in notes])


def _read(source: reading.Source) -> Dataset:
    try:
        return reading.read(source)
    except LookupError as error:
        seen = {"name": short(source), "reason": error.args[0]}
        raise LookupError(_("There is no file {name!r}. {reason}", **seen)) from None


def describe(
    dataset: Dataset,
    stored: NDArray[Any],
    index: int,
    notes: Iterable[str] = (),
    *,
    reduced: bool = False,
) -> dict[str, Any]:
    """Return what the browser needs to show a frame; binary parts are bytes.

    All but ``reduced`` are the parts of an :class:`Opened` picture; with that, every so many rows
    and columns are enough if all have over ``LARGEST_FIRST`` bytes.

    Raises
    ------
    PixelError
        If the values have no meaning that could be shown.
    """
    kind = stored.dtype.str[1:]
    kind = "rgb" if stored.ndim == 3 else KINDS.get(kind, kind)
    if kind != "rgb":
        stored = stored.astype(f"<{kind}", copy=False)
    rows, columns = stored.shape[:2]
    step = -(-max(rows, columns) // ENOUGH) if reduced and stored.nbytes > LARGEST_FIRST else 1
    message = {"rows": rows, "columns": columns, "kind": kind, "step": step}
    with refusal(_REFUSED), noted() as found:
        overlay = display.overlay(dataset, index)
        message |= _geometry(dataset, index)
        if kind == "rgb":
            message |= {"look": {}, "inverted": False}
        else:
            message |= _grey_levels(dataset, stored, index)
    message["note"] = "\n".join(dict.fromkeys([*notes, *map(str, found)]))
    message["overlay"] = b"" if overlay is None else overlay[::step, ::step].tobytes()
    message["pixels"] = stored[::step, ::step].tobytes()
    return message


def _grey_levels(dataset: Dataset, stored: NDArray[Any], index: int) -> dict[str, Any]:
    slope, intercept = modality_lut.rescale(dataset, index)
    padded = pixels.padding(stored, dataset)
    finite = stored[np.isfinite(stored) & ~padded] if stored.dtype.kind == "f" else stored
    counted = stored[~padded] if padded.any() and not padded.all() else finite
    table = modality_lut.modality_table(dataset)
    values = counted if counted.size else np.zeros(1)
    ends = np.array([values.min(), values.max()]) if table is None else values
    full = grey.full_window(pixels.modality_values(ends, dataset, index))
    left_out = stored[padded]
    windows = pixels.windows(dataset, index)[:MOST_WINDOWS]
    tables = grey.voi_tables(dataset, index)[:MOST_WINDOWS]
    return {
        "low": float(finite.min()) if finite.size else 0.0,
        "high": float(finite.max()) if finite.size else 0.0,
        "padding": sorted({int(left_out.min()), int(left_out.max())}) if left_out.size else [],
        "slope": slope,
        "intercept": intercept,
        "modality": _table(table) if table else None,
        "tables": [_table(one) for one in tables],
        "windows": [window_parts(one, one.name or _("window of the file")) for one in windows],
        "full": window_parts(full, _("all values")),
        "look": _look(windows, tables, full),
        "units": modality_lut.units(dataset, index),
        "inverted": grey.is_inverted(dataset),
    }


def _look(windows: list[Window], tables: list[LookupTable], full: Window) -> dict[str, Any]:
    """Return what the file says first: a table, else a window, else the window of all values."""
    window = (windows or [full])[0]
    if tables and not windows:
        count = len(tables[0].entries)
        window = Window(tables[0].first + count / 2, count)
    return window_parts(window) | {"table": 0 if tables else -1}


def window_parts(window: Window, name: str = "") -> dict[str, Any]:
    """Return a window, under a name if it has one, as the browser takes it."""
    parts = {"center": window.center, "width": window.width, "function": window.function}
    return parts | ({"name": short(name)} if name else {})


def _table(table: LookupTable) -> dict[str, Any]:
    name = short(table.name or _("VOI LUT of the file"))
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
    letters = texts(dataset, "PatientOrientation")
    known = len(letters) == 2 and all(one and set(one) <= set("LRAPHF") for one in letters)
    return (letters[0][:3], letters[1][:3]) if known else ("", "")


def _letter(direction: Sequence[float]) -> str:
    named = sorted(zip(direction, ("RL", "AP", "FH"), strict=True), key=lambda pair: -abs(pair[0]))
    return "".join(names[value > 0] for value, names in named if abs(value) > 0.3)


def _floats(dataset: Dataset, keyword: str, index: int, count: int) -> list[float]:
    found = numbers(dataset, keyword, index)
    return found if len(found) == count and np.isfinite(found).all() else []


def frame_time(dataset: Dataset) -> float:
    """Return how long a frame is shown, in milliseconds (PS3.3 C.7.6.5): 100 if nothing says."""
    times = _floats(dataset, "FrameTime", 0, 1)
    for keyword in ("RecommendedDisplayFrameRate", "CineRate"):
        times += [1000 / rate for rate in _floats(dataset, keyword, 0, 1) if rate]
    times = [time for time in times if time > 0]
    return min(max(times[0], 16.0), 5000.0) if times else 100.0
