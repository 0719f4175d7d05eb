"""Decode pixels: every check comes before a decoder sees a byte."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import ExplicitVRBigEndian, JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless

from dicom_lessons.pixels import codestream
from dicom_lessons.pixels.codestream import Codestream
from dicom_lessons.pixels.decoders import DECODERS, WRAPPED, cure_of, decoders_of
from dicom_lessons.pixels.header import (
    ELEMENTS,
    PixelHeader,
    check_size,
    frames_of,
    is_colour,
    read_header,
)
from dicom_lessons.pixels.notes import PixelError, note
from dicom_lessons.pixels.plugin import decoder_with
from dicom_lessons.text import N_, _, short

__all__ = [
    "DECODERS",
    "ELEMENTS",
    "PixelError",
    "frames_of",
    "is_colour",
    "read_header",
    "stored_values",
]

_BLOCK = 2**16
_J2K, _JPEG_LS = 0x51, 0xF7
_TOLERANCE = 24  # by how much loss may take a colour beyond those that can be
_YBR = ("YBR_FULL", "YBR_FULL_422")
_RLE_MOST = 64  # two bytes of RLE become at most 128


@contextmanager
def refusal(message: str, kind: type[PixelError] = PixelError, **values: object) -> Iterator[None]:
    """Turn whatever is raised on broken values into one sentence, with its ``reason``."""
    try:
        yield
    except PixelError:
        raise
    except Exception as error:  # values are converted late, and many kinds are raised
        raise kind(_(message, reason=reason_of(error), **values)) from error


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
    values = _coded if header.fragments else _native
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
    return (_coded if header.fragments else _native)(every, frame)


def check(dataset: Dataset, frame: int = 0) -> None:
    """Note what is odd about a frame whose stored values are there already.

    Raises
    ------
    PixelError
        As :func:`stored_values`, apart from what only the decoder notices.
    """
    header = _checked(dataset, frame)
    if header.fragments:
        _prepared(header, frame)


def _checked(dataset: Dataset, frame: int | None) -> PixelHeader:
    """Refuse from the header what cannot be decoded, or not without danger."""
    header = read_header(dataset)
    if frame is not None and not 0 <= frame < header.frames:
        seen = {"frame": frame, "count": header.frames}
        raise PixelError(_("There is no frame {frame}: the object has {count}.", **seen))
    check_size(header, header.frames if frame is None else 1)
    return header


def _native(header: PixelHeader, index: int) -> NDArray[Any]:
    """Return a frame that is not compressed; what is missing of it is 0."""
    bits = header.frame_bits
    first = index * bits
    return _values(header, header.data[first // 8 : -(-(first + bits) // 8)], first % 8)


def _values(header: PixelHeader, raw: bytes, skipped: int = 0) -> NDArray[Any]:
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
    found = _used_bits(header, found[:count])
    if header.photometric == "YBR_FULL_422":
        found = _doubled(found)[: header.rows * header.width]
    if header.samples == 1:
        return found.reshape(header.rows, header.columns)
    if header.planar == 1 and header.photometric != "YBR_FULL_422":
        found = found.reshape(3, -1).T
    found = found.reshape(header.rows, header.width, 3)[:, : header.columns]
    return _rgb(found) if header.photometric.startswith("YBR_FULL") else np.ascontiguousarray(found)


def _used_bits(header: PixelHeader, values: NDArray[Any]) -> NDArray[Any]:
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


def _rgb(values: NDArray[Any]) -> NDArray[Any]:
    """Turn YBR_FULL into RGB, a few rows at a time: it takes five times the room."""
    found = np.empty(values.shape, values.dtype)
    step = max(_BLOCK // values.shape[1], 1)
    for start in range(0, len(values), step):
        rows = np.array(values[start : start + step])
        found[start : start + step] = convert_color_space(rows, "YBR_FULL", "RGB")
    return found


def _coded(header: PixelHeader, index: int) -> NDArray[Any]:
    """Return the values of a compressed frame."""
    coded, photometric, allocated = _prepared(header, index)
    if header.syntax in WRAPPED:
        return _values(header, coded)
    found = _decoded(header, coded, photometric, allocated, index)
    if header.syntax == RLELossless:
        found = _used_bits(header, found)
    return _rgb(found) if photometric in _YBR else found


def _decoded(
    header: PixelHeader, coded: bytes, photometric: str, allocated: int, index: int
) -> NDArray[Any]:
    """Return the numbers of a compressed frame from the first decoder that can read it."""
    is_rle = header.syntax == RLELossless
    options: dict[str, Any] = {
        "rows": header.rows,
        "columns": header.columns,
        "samples_per_pixel": header.samples,
        "bits_allocated": allocated,
        "bits_stored": allocated if is_rle else min(header.stored, allocated),
        "pixel_representation": int(header.signed),
        "photometric_interpretation": photometric,
        "planar_configuration": header.planar,
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }
    reason, names = "", decoders_of(header.syntax)
    if is_rle and not _has_room(header, coded):
        names = [name for name in names if name != "pylibjpeg"]  # it would panic
    for name in names:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found, _changed = decoder_with(name, header.syntax).as_array(
                    encapsulate([coded]), index=0, decoding_plugin=name, raw=True, **options
                )
                return found
        except BaseException as error:  # the panic of a decoder is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            reason = reason or reason_of(error)
    assert header.fragments is not None
    cure = cure_of(header.syntax)
    if header.fragments.cut >= 0 and index == header.frames - 1:
        reason, cure = _("the file breaks off in this frame"), _("Fetch the file again.")
    what = _("The pixels cannot be decoded: {reason}.", reason=reason)
    raise PixelError(f"{what} {cure}")


def _prepared(header: PixelHeader, index: int) -> tuple[bytes, str, int]:
    """Return a compressed frame, how it codes colours, and bits allocated, or refuse it.

    A frame is never decoded that asks for another size than the data set says.
    """
    assert header.fragments is not None
    coded = header.fragments.frame(header.data, index)
    size = header.rows * header.columns * header.samples * header.allocated // 8
    if header.syntax in WRAPPED:
        return _unwrapped(header, coded, size), header.photometric, header.allocated
    if header.syntax == RLELossless:
        if size > _RLE_MOST * len(coded):
            _has_room(header, coded)
            raise PixelError(_("Pixel Data is too short for its rows and columns."))
        return coded, header.photometric, header.allocated
    frame = codestream.parse(coded)
    if frame is None:
        raise PixelError(_("The compressed frame does not begin as its transfer syntax wants."))
    told, wanted = (
        " × ".join(str(getattr(one, name)) for name in ("rows", "columns", "samples"))
        for one in (frame, header)
    )
    if told != wanted:
        raise PixelError(
            _(
                "The compressed frame has {coded} rows, columns and samples, the data set {told}.",
                coded=told,
                told=wanted,
            )
        )
    if frame.start:
        what = _("{count} bytes lie in front of the compressed frame: left out", count=frame.start)
        note(what, "PixelData", "", "PS3.5 §A.4")
    allocated = header.allocated
    if frame.bits > 64 or (frame.process == _JPEG_LS and b"\xff\xd9" not in frame.data):
        raise PixelError(_("The pixels cannot be decoded: {reason}.", reason=_("it is broken")))
    if frame.bits > allocated:
        seen = {"coded": frame.bits, "told": allocated}
        what = _("the compressed frame has {coded} bits per sample, not {told}", **seen)
        note(what, "BitsAllocated", "", "PS3.5 §8.2")
        allocated = next(bits for bits in (8, 16, 32, 64) if bits >= frame.bits)
    return *_colours(header, frame, index), allocated


def _has_room(header: PixelHeader, coded: bytes) -> bool:
    """Say whether Rows and Columns have room for a frame in RLE; note it if they do not fit."""
    made, wanted = codestream.rle_length(coded), header.rows * header.columns
    if made is not None and made not in (wanted, wanted + 1):
        seen = {"rows": f"{made / header.columns:g}", "columns": header.columns}
        what = _("the first segment of RLE makes {rows} rows of {columns}, Rows says {told}",
                 told=header.rows, **seen)  # fmt: skip
        note(what, "Rows", "", "PS3.5 §G.5")
    return made is None or made <= wanted + 1


def _colours(header: PixelHeader, frame: Codestream, index: int) -> tuple[bytes, str]:
    """Return a frame and the Photometric Interpretation that fits what it says itself."""
    told, data = header.photometric, frame.data
    if header.samples == 1:
        return data, told
    if frame.process == _J2K:
        best = "RGB" if frame.colours or told in ("YBR_RCT", "YBR_ICT") else told
        fits = bool(frame.colours) == (told in ("YBR_RCT", "YBR_ICT"))
        section = "PS3.5 §8.2.4"
    else:
        best = {"RGB": "RGB", "YBR": "YBR_FULL", "": told}[frame.colours]
        if not frame.is_sure and told == "RGB":
            as_ybr = codestream.marked(data, best)
            if frame.process == _JPEG_LS or _is_no_ybr(
                _decoded(header, as_ybr, best, header.allocated, index)
            ):
                best = told
        if header.syntax in (JPEGBaseline8Bit, JPEGExtended12Bit):
            data = codestream.marked(data, best)
        fits, section = best[:3] == told[:3], "PS3.5 §8.2.1"
    if not fits:
        seen = {"told": told, "best": best}
        what = _("the compressed frame itself is no {told}: shown as {best}", **seen)
        note(what, "PhotometricInterpretation", "", section)
    return data, best


def _is_no_ybr(values: NDArray[Any]) -> bool:
    """Say whether numbers are no YBR: read as that, many are colours that cannot be."""
    some = values.reshape(-1, 3)[:: max(values.size // 2**18, 1)].astype(np.float32)
    bright, blue, red = some[:, 0], some[:, 1] - 128, some[:, 2] - 128
    rgb = (bright + 1.402 * red, bright + 1.772 * blue, bright - 0.344 * blue - 0.714 * red)
    beyond = [(one < -_TOLERANCE) | (one > 255 + _TOLERANCE) for one in rgb]
    return bool(np.any(beyond, axis=0).mean() > 0.01)


def _unwrapped(header: PixelHeader, coded: bytes, size: int) -> bytes:
    """Return a native frame out of its fragment, inflated if need be, never larger than it is."""
    if header.syntax == WRAPPED[0]:
        return coded
    with refusal(N_("The pixels cannot be decoded: {reason}.")):
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(coded, size)


def reason_of(error: BaseException) -> str:
    """Return what an error says, as a clause without addresses; never empty."""
    said = short(str(error).rpartition("available plugins:")[2] or error, 200).rstrip(" .")
    if isinstance(error, RecursionError):
        return _("its sequences are nested too deeply")
    if re.search(r"0x[0-9a-f]{6}|NoneType|object|unpack|buffer", said) or said[-1:] in ("", ":"):
        return _("it is broken")
    return said
