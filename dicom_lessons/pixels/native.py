"""Pixels that are not compressed: bytes become values (PS3.5 §8.1, §8.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import ExplicitVRBigEndian

from dicom_lessons.pixels.header import PixelHeader

_BLOCK = 2**16


def native_values(header: PixelHeader, index: int) -> NDArray[Any]:
    """Return a frame that is not compressed; what is missing of it is 0."""
    bits = header.frame_bits
    first = index * bits
    return values_of(header, header.data[first // 8 : -(-(first + bits) // 8)], first % 8)


def values_of(header: PixelHeader, raw: bytes, skipped: int = 0) -> NDArray[Any]:
    """Return the values of one native frame from its bytes."""
    count = header.frame_bits // header.allocated
    if header.allocated == 1:
        found = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[skipped:]
    else:
        order = ">" if header.syntax == ExplicitVRBigEndian else "<"
        kind = "f" if header.element != "PixelData" else "ui"[header.signed]
        stored = np.dtype(f"{order}{kind}{header.allocated // 8}")
        found = np.frombuffer(raw, stored, min(len(raw) // stored.itemsize, count))
        found = found.astype(stored.newbyteorder("="))
    if len(found) < count:
        found = np.concatenate([found, np.zeros(count - len(found), found.dtype)])
    found = used_bits(header, found[:count])
    if header.photometric == "YBR_FULL_422":
        found = _doubled(found)[: header.rows * header.width]
    if header.samples == 1:
        return found.reshape(header.rows, header.columns)
    if header.planar == 1 and header.photometric != "YBR_FULL_422":
        found = found.reshape(3, -1).T
    found = found.reshape(header.rows, header.width, 3)[:, : header.columns]
    return (
        to_rgb(found) if header.photometric.startswith("YBR_FULL") else np.ascontiguousarray(found)
    )


def used_bits(header: PixelHeader, values: NDArray[Any]) -> NDArray[Any]:
    """Keep the bits from High Bit down, as many as are stored (PS3.5 §8.1.1)."""
    if header.stored == header.allocated or values.dtype.kind == "f":
        return values
    values <<= header.allocated - 1 - header.high
    values >>= header.allocated - header.stored
    return values


def _doubled(values: NDArray[Any]) -> NDArray[Any]:
    """Give every pixel its colours, of which two share a pair (PS3.3 C.7.6.3.1.2)."""
    pairs = np.concatenate([values, np.zeros(-len(values) % 4, values.dtype)]).reshape(-1, 4)
    pixels = np.empty((len(pairs), 2, 3), values.dtype)
    pixels[..., 0] = pairs[:, :2]
    pixels[..., 1:] = pairs[:, None, 2:]
    return pixels.reshape(-1, 3)


def to_rgb(values: NDArray[Any]) -> NDArray[Any]:
    """Turn YBR_FULL into RGB, a few rows at a time: it takes five times the room."""
    found = np.empty(values.shape, values.dtype)
    step = max(_BLOCK // values.shape[1], 1)
    for start in range(0, len(values), step):
        rows = np.array(values[start : start + step])
        found[start : start + step] = convert_color_space(rows, "YBR_FULL", "RGB")
    return found
