"""Slices in order: the pictures of files, each with its place along their common normal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from dicom_lessons import reading
from dicom_lessons.pixels import PixelError
from dicom_lessons.text import _
from dicom_lessons.volume.geometry import Floats, normal, position

Source = str | os.PathLike[str] | Dataset
MOST_SLICES = 20_000


@dataclass(frozen=True)
class Slice:
    """One picture of a series.

    Attributes
    ----------
    name : str
        Of its file, or its place in the list given.
    dataset : Dataset
    frame : int
        From 0; more than 0 only in multi-frame objects.
    given : int
        Its place in the list given, from 0.
    position : ndarray
        Image Position (Patient), shape (3,), in mm.
    place : float
        How far it lies along the normal of the series, in mm.
    """

    name: str
    dataset: Dataset
    frame: int
    given: int
    position: Floats
    place: float


def slices_of(sources: Source | Iterable[Source]) -> list[Slice]:
    """Return all pictures of files or data sets, in the order given.

    A multi-frame object gives a slice for each frame.

    Raises
    ------
    ReadingError, LookupError, OSError
        If a file cannot be read.
    PixelError
        If there are none, too many, or one has no place in the patient; the message names it.
    """
    given = [sources] if isinstance(sources, str | os.PathLike | Dataset) else list(sources)
    found: list[tuple[str, Dataset, int]] = []
    for number, source in enumerate(given):
        name = f"[{number}]" if isinstance(source, Dataset) else Path(source).name
        dataset = reading.read(source)
        frames = _frames_of(dataset)
        if len(found) + frames > MOST_SLICES:
            raise PixelError(_("More than {most} slices: name one series.", most=MOST_SLICES))
        for frame in range(frames):
            found.append((f"{name}#{frame + 1}" if frames > 1 else name, dataset, frame))
    if not found:
        raise PixelError(_("There are no slices."))
    return _placed(found)


def sort_slices(
    sources: Source | Iterable[Source], key: Callable[[Dataset], Any] | None = None
) -> list[Slice]:
    """Return slices in order along their common normal, from its tail to its head.

    Parameters
    ----------
    sources : str, path, Dataset, or an iterable of them
    key : callable, optional
        Another sort key, for data sets, to see what it does.

    Raises
    ------
    PixelError
        As for :func:`slices_of`.

    Examples
    --------
    >>> from pydicom.data import get_testdata_files
    >>> series = [path for path in get_testdata_files() if "98892001/CT5N/" in path]
    >>> [round(float(each.position[2]), 2) for each in sort_slices(series)]
    [-1.24, 1.26, 3.76, 6.26, 8.76]
    """
    found = slices_of(sources)
    if key is not None:
        return sorted(found, key=lambda one: key(one.dataset))
    return sorted(found, key=lambda one: (one.place, one.given))


def step_of(stack: Sequence[Slice]) -> float:
    """Return the usual distance of neighbouring slices along the normal, in mm; 0 if none."""
    steps = np.diff([one.place for one in stack])
    steps = steps[steps > 1e-4]
    return float(np.median(steps)) if len(steps) else 0.0


def _frames_of(dataset: Dataset) -> int:
    try:
        frames = int(dataset.get("NumberOfFrames") or 1)
    except (TypeError, ValueError, OverflowError):
        raise PixelError(_("Number of Frames is no number.")) from None
    if not 1 <= frames <= MOST_SLICES:
        raise PixelError(_("Number of Frames says {count}.", count=frames))
    return frames


def _placed(found: list[tuple[str, Dataset, int]]) -> list[Slice]:
    along = None
    slices = []
    for given, (name, dataset, frame) in enumerate(found):
        try:
            along = normal(dataset, frame) if along is None else along
            where = position(dataset, frame)
        except PixelError as error:
            raise PixelError(f"{name}: {error}") from None
        slices.append(Slice(name, dataset, frame, given, where, float(where @ along)))
    return slices
