"""Compressed frames: every check comes before a decoder sees a byte (PS3.5 §8.2, §A.4)."""

from __future__ import annotations

import warnings
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless

from dicom_lessons.pixels import codestream
from dicom_lessons.pixels.codestream import Codestream
from dicom_lessons.pixels.decoders import WRAPPED, cure_of, decoders_of
from dicom_lessons.pixels.header import PixelHeader
from dicom_lessons.pixels.native import to_rgb, used_bits, values_of
from dicom_lessons.pixels.notes import PixelError, note, reason_of, refusal
from dicom_lessons.pixels.plugin import decoder_with
from dicom_lessons.text import N_, _

_J2K, _JPEG_LS = 0x51, 0xF7


_TOLERANCE = 24  # by how much loss may take a colour beyond those that can be
_YBR = ("YBR_FULL", "YBR_FULL_422")
_RLE_MOST = 64  # two bytes of RLE become at most 128


def coded_values(header: PixelHeader, index: int) -> NDArray[Any]:
    """Return the values of a compressed frame."""
    coded, photometric, allocated = prepared(header, index)
    if header.syntax in WRAPPED:
        return values_of(header, coded)
    found = _decoded(header, coded, photometric, allocated, index)
    if header.syntax == RLELossless:
        found = used_bits(header, found)
    return to_rgb(found) if photometric in _YBR else found


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
            with warnings.catch_warnings(action="ignore"):
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


def prepared(header: PixelHeader, index: int) -> tuple[bytes, str, int]:
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
