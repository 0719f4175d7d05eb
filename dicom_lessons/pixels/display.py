"""The last step: 8-bit pictures, in grey and in colour, and overlays."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_icc_profile

from dicom_lessons.findings import Finding
from dicom_lessons.pixels.elements import number, numbers, whole_numbers, words
from dicom_lessons.pixels.grey import (
    Window,
    extremes,
    full_window,
    grey_levels,
    voi_tables,
    windows,
)
from dicom_lessons.pixels.image_pixel import interpretation, is_colour
from dicom_lessons.pixels.modality_lut import LookupTable, modality_values
from dicom_lessons.pixels.notes import PictureWarning, PixelError, note, noted, refusal
from dicom_lessons.pixels.stored import check, raw_words, stored_values
from dicom_lessons.text import N_, _

_BLOCK = 2**16
_GEOMETRY = ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio", "ImagePositionPatient")


def to_display(
    dataset: Dataset,
    voi: Window | LookupTable | None = None,
    frame: int = 0,
    *,
    stored: NDArray[Any] | None = None,
) -> NDArray[np.uint8]:
    """Return one frame as a screen shows it.

    Parameters
    ----------
    dataset : Dataset
        An image; one in colour takes no window (PS3.3 C.11.2.1.2).
    voi : Window or LookupTable, optional
        Otherwise :func:`default_voi`.
    frame : int
        From 0.
    stored : ndarray, optional
        The stored values of the frame, if they are decoded already.

    Returns
    -------
    ndarray of uint8
        Shape (rows, columns), for colour (rows, columns, 3): the numbers of
        :func:`grey_levels`, rounded once.

    Raises
    ------
    PixelError
        If there is nothing that could be shown; see :func:`stored_values`.

    Warns
    -----
    PictureWarning
        For each of the :func:`findings`: the picture is the standard's best reading of a file
        that lacks or contradicts something.
    """
    with noted() as notes:
        picture = drawn(dataset, voi, frame, stored=stored)
    for one in notes:
        warnings.warn(str(one), PictureWarning, stacklevel=2)
    return picture


def findings(
    dataset: Dataset, frame: int = 0, *, stored: NDArray[Any] | None = None
) -> list[Finding]:
    """Return what one frame's picture had to guess, or why there is none; empty if all is well.

    Parameters
    ----------
    dataset : Dataset
        Any data set, broken or not: nothing is raised.
    frame : int
        From 0.
    stored : ndarray, optional
        The stored values of the frame; with them nothing is decoded again.
    """
    with noted() as notes:
        try:
            if stored is None:
                stored = stored_values(dataset, frame)
            else:
                check(dataset, frame)
            if is_colour(dataset):
                colours(stored[:1], dataset)
            else:
                modality_values(stored[:1, :1], dataset, frame)
                default_voi(stored, dataset, frame)
            for keyword in _GEOMETRY:
                numbers(dataset, keyword, frame)
            overlay(dataset, frame)
        except PixelError as error:
            return [*notes, Finding(what=str(error).rstrip("."))]
    return list(notes)


def drawn(
    dataset: Dataset,
    voi: Window | LookupTable | None = None,
    frame: int = 0,
    *,
    stored: NDArray[Any] | None = None,
) -> NDArray[np.uint8]:
    """Do what :func:`to_display` does, and leave the notes to whoever collects them."""
    if stored is None:
        stored = stored_values(dataset, frame)
    if is_colour(dataset):
        return colours(stored, dataset)
    if voi is None:
        voi = default_voi(stored, dataset, frame)
    if stored.dtype.kind not in "iu" or stored.dtype.itemsize > 2 or not stored.size:
        rows = max(_BLOCK // max(stored.shape[-1], 1), 1)
        parts = [stored[start : start + rows] for start in range(0, len(stored), rows)]
        return np.concatenate(
            [_eight_bits(grey_levels(part, dataset, voi, frame)) for part in parts or [stored]]
        )
    # computed once per value, not once per pixel; a negative value, read without its sign, counts
    # from the table's end
    found = np.arange(int(stored.min()), int(stored.max()) + 1)
    table = np.zeros(2 ** (8 * stored.dtype.itemsize), np.uint8)
    table[found] = _eight_bits(grey_levels(found, dataset, voi, frame))
    flat = stored.reshape(-1).view(stored.dtype.str.replace("i", "u"))
    shown = np.empty(stored.size, np.uint8)
    places = np.empty(min(_BLOCK, stored.size), np.intp)
    for start in range(0, stored.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        np.copyto(places[: block.size], block)
        np.take(table, places[: block.size], out=shown[start : start + _BLOCK], mode="wrap")
    return shown.reshape(stored.shape)


def default_voi(stored: NDArray[Any], dataset: Dataset, frame: int = 0) -> Window | LookupTable:
    """Return the first VOI LUT of the file, else its first window, else one for all its values."""
    found: Sequence[Window | LookupTable] = voi_tables(dataset, frame) or windows(dataset, frame)
    if found:
        return found[0]
    return full_window(extremes(stored, dataset, frame))


def colours(stored: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """Turn decoded colour values or palette indices into 8-bit RGB.

    Parameters
    ----------
    stored : ndarray
        From :func:`stored_values`: shape (…, rows, columns, 3), without the 3 for a palette.
    dataset : Dataset
        Its palette (PS3.3 C.7.9), Bits Stored and ICC Profile (0028,2000; to sRGB) are used.

    Raises
    ------
    PixelError
        If the palette or the profile is broken, or there are no three samples per pixel.
    """
    told = [bits for bits in numbers(dataset, "BitsStored") if 1 <= bits <= 16]
    bits = int((*told, 8)[0])
    with refusal(N_("The colours cannot be shown: {reason}.")):
        if interpretation(dataset)[1] == "PALETTE COLOR":
            stored = apply_color_lut(stored, dataset)
            # some palettes of 16 bits hold numbers of 8
            bits = 16 if stored.dtype.itemsize == 2 and stored.max(initial=0) > 255 else 8
        if stored.ndim < 3 or stored.shape[-1] != 3:
            raise ValueError(_("a pixel needs three samples"))
        rgb = (stored >> max(bits - 8, 0)).astype(np.uint8)
        if dataset.get("ICCProfile"):
            rgb = apply_icc_profile(rgb, dataset, color_space="sRGB")
    return rgb


def overlay(dataset: Dataset, frame: int = 0) -> NDArray[np.bool_] | None:
    """Return where the overlays of a file draw (PS3.3 C.9.2), or None if they draw nothing.

    Returns
    -------
    ndarray of bool
        Shape (rows, columns) of the picture; all overlay groups in one. Also drawn is what older
        files keep in bits of Pixel Data that no pixel uses.
    """
    groups = sorted(tag >> 16 for tag in [*dataset.keys()] if tag & 0xFF01FFFF == 0x60000010)
    drawn = None
    for group in groups:
        plane = _plane(dataset, group, frame)
        if plane is None:
            continue
        shape = [int(number(dataset, keyword, 0)) for keyword in ("Rows", "Columns")]
        drawn = np.zeros(shape, np.bool_) if drawn is None else drawn
        top, left = (*(whole_numbers(dataset, group << 16 | 0x50) or [1, 1]), 1, 1)[:2]
        top, left = top - 1, left - 1
        part = plane[max(-top, 0) :, max(-left, 0) :]
        part = part[: max(len(drawn) - max(top, 0), 0), : max(drawn.shape[1] - max(left, 0), 0)]
        rows, columns = part.shape
        drawn[max(top, 0) :, max(left, 0) :][:rows, :columns] |= part
    return None if drawn is None or not drawn.any() else drawn


def _plane(dataset: Dataset, group: int, frame: int) -> NDArray[np.bool_] | None:
    """Return one overlay group's drawing for a frame; None, with a note, if it cannot be drawn."""
    where, section = f"({group:04X},3000)", "PS3.3 §C.9.2"
    base, told = group << 16, {}
    absent = {"rows": (0x10, 0), "columns": (0x11, 0), "frames": (0x15, 1)}
    absent |= {"first": (0x51, 1), "bits": (0x100, 1), "bit": (0x102, 0)}
    for name, (element, default) in absent.items():
        told[name] = (*whole_numbers(dataset, base | element), default)[0]
    size, index = told["rows"] * told["columns"], frame + 1 - told["first"]
    if told["frames"] == 1:
        index = 0  # one drawing lies over every frame
    data = words(dataset, where_tag := base | 0x3000)
    if not 0 <= index < told["frames"] or size <= 0 or min(told["rows"], told["columns"]) < 0:
        return None
    if where_tag not in dataset and told["bits"] > 1:
        with suppress(PixelError):
            pixels = raw_words(dataset, frame)
            high, stored = (int(number(dataset, key, 0)) for key in ("HighBit", "BitsStored"))
            unused = not high - stored < told["bit"] <= high
            if pixels is not None and pixels.size == size and unused:
                return (pixels >> told["bit"] & 1).astype(np.bool_)
        note(_("an overlay in bits of the pixels cannot be drawn"), where, "", section)
        return None
    raw = data.view(np.uint8) if len(data) else np.zeros(0, np.uint8)
    first = index * size
    if 8 * len(raw) < first + size:
        note(_("an overlay has too few bits: it is not drawn"), where, "", section)
        return None
    found = np.unpackbits(raw[first // 8 : -(-(first + size) // 8)], bitorder="little")
    plane = found[first % 8 : first % 8 + size].astype(np.bool_)
    return plane.reshape(told["rows"], told["columns"])


def _eight_bits(grey: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.floor(np.nan_to_num(grey, nan=0.0) + 0.5).astype(np.uint8)
