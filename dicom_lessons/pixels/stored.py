"""Decode pixels: every check comes before a decoder sees a byte."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, RLELossless

from dicom_lessons.pixels.elements import numbers, text
from dicom_lessons.text import N_, _, short

LARGEST = 2**27
DECODERS = ("pylibjpeg", "pyjpegls", "pillow", "pydicom")
ELEMENTS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_RLE_MOST = 64  # two bytes of RLE become at most 128


class PixelError(ValueError):
    """The pixels of an object cannot be decoded or shown; the message says why."""


@contextmanager
def refusal(message: str, kind: type[PixelError] = PixelError, **values: object) -> Iterator[None]:
    """Turn whatever pydicom raises on broken values into one sentence, with its ``reason``."""
    try:
        yield
    except PixelError:
        raise
    except Exception as error:  # values are converted late, and many kinds are raised
        reason = short(error, 300).rstrip(".")
        raise kind(_(message, reason=reason, **values)) from error


def frames_of(dataset: Dataset) -> int:
    """Return Number of Frames (0028,0008), 1 where it is absent, empty or zero."""
    found = (*numbers(dataset, "NumberOfFrames"), 1.0)[0]
    return int(found) if 1 <= found < 2**31 else 1


def is_colour(dataset: Dataset) -> bool:
    """Say whether the picture is in colour (PS3.3 C.7.6.3.1.2)."""
    kind = text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    return not kind.startswith("MONOCHROME")


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
        palette stay indices.

    Raises
    ------
    PixelError
        If there are no pixels, more than ``LARGEST`` samples to decode, missing or contradicting
        attributes, too few bytes, or no decoder for the transfer syntax. Sizes are checked before
        anything is decoded.
    """
    reason = ""
    for decoder in _checked_decoders(dataset, frame):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return pixel_array(dataset, index=frame, decoding_plugin=decoder)
        except BaseException as error:  # the panic of a decoder is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            cause = str(error).rpartition("available plugins:")[2]
            reason = reason or short(cause, 300).rstrip(".")
    raise PixelError(_("The pixels cannot be decoded: {reason}.", reason=reason))


def check(dataset: Dataset, frame: int = 0) -> None:
    """Note what is odd about stored values that are decoded already.

    Raises
    ------
    PixelError
        As :func:`stored_values`.
    """
    _checked_decoders(dataset, frame)


def _checked_decoders(dataset: Dataset, frame: int | None) -> list[str]:
    """Refuse from the header what cannot be decoded, or not without danger; else say by whom."""
    if not any(keyword in dataset for keyword in ELEMENTS):
        raise PixelError(_("This object holds no pixels."))
    rows, columns, bits = (_count(dataset, name) for name in ("Rows", "Columns", "BitsAllocated"))
    samples = _count(dataset, "SamplesPerPixel", 1)
    frames = frames_of(dataset)
    if frame is not None and not 0 <= frame < frames:
        raise PixelError(
            _("There is no frame {frame}: the object has {count}.", frame=frame, count=frames)
        )
    frames = frames if frame is None else 1
    decoded = rows * columns * samples * frames
    if decoded > LARGEST:
        sizes = {"rows": rows, "columns": columns, "frames": frames, "most": LARGEST}
        reason = _(
            "{rows} × {columns} pixels, {frames} frames: more than the {most} samples that "
            "are decoded at once. Ask for single frames, or distrust the header.",
            **sizes,
        )
        raise PixelError(reason)
    syntax = _syntax(dataset)
    decoders = _decoders(syntax)
    if syntax.is_encapsulated and "PixelData" in dataset:
        most = _RLE_MOST * len(dataset.PixelData)
        if syntax == RLELossless and decoded * bits // 8 > most:
            raise PixelError(_("Pixel Data is too short for its rows and columns."))
        _check_codestream(dataset, frame or 0)
    return decoders


def _count(dataset: Dataset, keyword: str, absent: float | None = None) -> int:
    found = numbers(dataset, keyword) or ([] if absent is None else [absent])
    if len(found) != 1 or not 1 <= found[0] < 2**32:
        raise PixelError(_("{keyword} is missing or is no count.", keyword=keyword))
    return int(found[0])


def _syntax(dataset: Dataset) -> UID:
    meta = getattr(dataset, "file_meta", None) or Dataset()
    found = meta.get("TransferSyntaxUID")
    if found is None:
        reason = _(
            "There is no Transfer Syntax UID (0002,0010). If you know it, set "
            "ds.file_meta.TransferSyntaxUID."
        )
        raise PixelError(reason)
    return UID(found)


def _check_codestream(dataset: Dataset, frame: int) -> None:
    """Refuse a frame whose own header asks for another size than the data set says."""
    with refusal(N_("The frame cannot be found in Pixel Data: {reason}.")):
        coded = get_frame(dataset.PixelData, frame, number_of_frames=frames_of(dataset))
    told = _codestream_size(coded)
    wanted = (int(dataset.Rows), int(dataset.Columns))
    if told is not None and told != wanted:
        sizes = {"coded": " × ".join(map(str, told)), "told": " × ".join(map(str, wanted))}
        reason = _(
            "The compressed frame has {coded} rows and columns, the data set {told}.", **sizes
        )
        raise PixelError(reason)


def _codestream_size(coded: bytes) -> tuple[int, int] | None:
    """Return rows and columns from the header of a JPEG, JPEG-LS or JPEG 2000 codestream."""
    if coded[:4] == b"\xff\x4f\xff\x51":
        right, bottom, left, top = struct.unpack_from(">4I", coded.ljust(24, b"\0"), 8)
        return bottom - top, right - left
    place = 2 if coded[:2] == b"\xff\xd8" else len(coded)
    while place + 9 <= len(coded) and coded[place] == 0xFF:
        marker, length = coded[place + 1], int.from_bytes(coded[place + 2 : place + 4], "big")
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = struct.unpack_from(">2H", coded, place + 5)
            return rows, columns
        place += 1 if marker == 0xFF else 2 + length
    return None


def _decoders(syntax: UID) -> list[str]:
    """Return the decoders to try, in our order; gdcm, which can kill the kernel, never."""
    if syntax.is_transfer_syntax and not syntax.is_encapsulated:
        return [""]
    with suppress(NotImplementedError):
        available = get_decoder(syntax).available_plugins
        if found := [name for name in DECODERS if name in available]:
            return found
    raise PixelError(
        _(
            "No decoder here for transfer syntax {name} ({uid}). Convert the file with another "
            "program, such as dcmdjpeg or gdcmconv --raw.",
            name=short(syntax.name, 99),
            uid=short(syntax),
        )
    )
