"""Stored values of any data set: what the header promises is checked, then frames are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import RLELossless

from dicom_lessons.pixels.encapsulated import coded_values, prepared
from dicom_lessons.pixels.header import PixelHeader, check_size, read_header
from dicom_lessons.pixels.native import native_values
from dicom_lessons.pixels.notes import PixelError
from dicom_lessons.text import _


def stored_values(dataset: Dataset, frame: int | None = 0) -> NDArray[Any]:
    """Decode the pixels: sign and unused bits are put right, nothing else happens to grey values.

    Parameters
    ----------
    dataset : Dataset
        With one of the pixel data elements.
    frame : int or None
        Which frame, from 0; None for all.

    Returns
    -------
    ndarray
        Shape (rows, columns), for colour (rows, columns, 3); with all frames of a multi-frame
        object, (frames, …). YBR is converted to RGB, Planar Configuration is undone; indices of a
        palette stay indices. What is missing of a file that breaks off is 0.

    Raises
    ------
    PixelError
        If there are no pixels, more than ``LARGEST`` bytes to decode, missing or contradicting
        attributes, or no decoder for the transfer syntax. Sizes are checked before anything is
        decoded.
    """
    header = _checked(dataset, frame)
    values = coded_values if header.fragments else native_values
    if frame is not None:
        return values(header, frame)
    first = values(header, 0)
    if header.frames == 1:
        return first
    every = np.empty((header.frames, *first.shape), first.dtype)
    every[0] = first
    for index in range(1, header.frames):
        every[index] = values(header, index)
    return every


def raw_words(dataset: Dataset, frame: int = 0) -> NDArray[Any] | None:
    """Return the words of grey pixels with all of their bits; None if they have none to spare."""
    header = _checked(dataset, frame)
    if header.samples != 1 or not (header.fragments is None or header.syntax == RLELossless):
        return None
    every = replace(header, stored=header.allocated, high=header.allocated - 1, signed=False)
    return (coded_values if header.fragments else native_values)(every, frame)


def check(dataset: Dataset, frame: int = 0) -> None:
    """Note what is odd about a frame whose stored values are there already.

    Raises
    ------
    PixelError
        As :func:`stored_values`, apart from what only the decoder notices.
    """
    header = _checked(dataset, frame)
    if header.fragments:
        prepared(header, frame)


def _checked(dataset: Dataset, frame: int | None) -> PixelHeader:
    """Refuse from the header what cannot be decoded, or not without danger."""
    header = read_header(dataset)
    if frame is not None and not 0 <= frame < header.frames:
        seen = {"frame": frame, "count": header.frames}
        raise PixelError(_("There is no frame {frame}: the object has {count}.", **seen))
    check_size(header, header.frames if frame is None else 1)
    return header
