"""What the header says of the pixels (PS3.3 C.7.6.3), by the best reading where it is odd."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian, RLELossless

from dicom_lessons.findings import Finding
from dicom_lessons.pixels.decoders import NATIVE, WRAPPED, decoders_of
from dicom_lessons.pixels.fragments import Fragments, fragments_of
from dicom_lessons.pixels.image_pixel import (
    FLOATS,
    bits_of,
    count_of,
    frames_announced,
    interpretation,
    pixel_data,
    transfer_syntax,
    zero_or_one,
)
from dicom_lessons.pixels.notes import PixelError, note, noted
from dicom_lessons.text import _

LARGEST = 2**27
"""Bytes that are decoded at once."""
LARGEST_CODED = 75_000_000
"""Samples of one compressed frame: decoders need up to 6 bytes for each, as measured."""


@dataclass(frozen=True)
class PixelHeader:
    """What the pixels are, by the best reading of their data set."""

    element: str  # which of the three elements holds them
    data: bytes
    syntax: UID
    rows: int
    columns: int
    width: int  # columns as stored: one more than ``columns`` in some files with halved colours
    allocated: int
    stored: int
    high: int
    signed: bool
    samples: int
    photometric: str
    planar: int
    frames: int = 1  # of the last, a part may be missing
    fragments: Fragments | None = None  # where they lie if they are encapsulated

    @property
    def frame_bits(self) -> int:
        """Bits of one frame that is not compressed."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.width * samples * self.allocated


_headers: ContextVar[dict[int, tuple[PixelHeader | PixelError, list[Finding]]] | None]
_headers = ContextVar("headers", default=None)


@contextmanager
def headers_kept() -> Iterator[None]:
    """Read the header of each data set only once, for as long as nobody changes it."""
    token = _headers.set({})
    try:
        yield
    finally:
        _headers.reset(token)


def read_header(dataset: Dataset) -> PixelHeader:
    """Read what is needed to decode, note what is odd, and refuse what cannot be.

    Raises
    ------
    PixelError
        If there are no pixels, no transfer syntax, or no rows, columns or bits that can be.
    """
    kept = _headers.get()
    if kept is None:
        return _header(dataset)
    if id(dataset) not in kept:
        with noted() as notes:
            try:
                found: PixelHeader | PixelError = _header(dataset)
            except PixelError as error:
                found = error
        kept[id(dataset)] = found, list(notes)
    found, told = kept[id(dataset)]
    for one in told:
        note(one.what, one.where, one.cure, one.section)
    if isinstance(found, PixelError):
        raise found
    return found


def _header(dataset: Dataset) -> PixelHeader:
    element, data = pixel_data(dataset)
    syntax = transfer_syntax(dataset)
    decoders_of(syntax)
    rows, columns = (count_of(dataset, keyword) for keyword in ("Rows", "Columns"))
    allocated = FLOATS.get(element) or count_of(dataset, "BitsAllocated")
    if allocated not in (1, 8, 16, 32, 64):
        reason = _("Bits Allocated is {bits}, neither 1 nor 8, 16, 32 or 64", bits=allocated)
        raise PixelError(_("The pixels cannot be decoded: {reason}.", reason=reason))
    if allocated == 8 and syntax == ExplicitVRBigEndian and dataset[element].VR == "OW":
        words = np.frombuffer(data + bytes(len(data) % 2), np.uint16)
        data = words.byteswap().tobytes()
    samples, photometric = interpretation(dataset)
    if samples not in (1, 3):
        reason = _("Samples per Pixel is {samples}, neither 1 nor 3", samples=samples)
        raise PixelError(_("The pixels cannot be decoded: {reason}.", reason=reason))
    planar, signed = 0, False
    if samples == 3:
        planar = zero_or_one(dataset, "PlanarConfiguration", _("one pixel after the other"))
    if element not in FLOATS:
        signed = bool(zero_or_one(dataset, "PixelRepresentation", _("without a sign")))
    stored, high = bits_of(dataset, allocated, element in FLOATS)
    header = PixelHeader(
        element, data, syntax, rows, columns, columns, allocated, stored, high, signed, samples,
        photometric, planar,
    )  # fmt: skip
    check_size(header, 1)
    announced = frames_announced(dataset)
    if syntax not in NATIVE and element == "PixelData":
        return _encapsulated(dataset, header, announced)
    return _native(dataset, _with_width(header, announced), announced)


def check_size(header: PixelHeader, frames: int) -> None:
    """Refuse what would need too much memory, before anything is made of it."""
    samples = header.rows * header.width * header.samples
    size = samples * frames * max(header.allocated // 8, 1)
    if size > LARGEST or (header.syntax not in NATIVE and samples > LARGEST_CODED):
        sizes = {"rows": header.rows, "columns": header.columns, "frames": frames}
        raise PixelError(
            _(
                "{rows} × {columns} pixels, {frames} frames: more than the {most} bytes, or "
                "compressed numbers, that are decoded at once. Ask for single frames, or distrust "
                "the header.",
                most=LARGEST if header.syntax in NATIVE else LARGEST_CODED,
                **sizes,
            )
        )


def frames_of(dataset: Dataset) -> int:
    """Return how many frames there are: those that Pixel Data hold, else the number announced."""
    try:
        return read_header(dataset).frames
    except PixelError:
        return 1


def _with_high(header: PixelHeader, words: bytes) -> PixelHeader:
    """Decide what a High Bit means that is not the one above Bits Stored.

    Editions before 2014 let values lie anywhere in their words. Where words are empty above Bits
    Stored but not below, High Bit is an error.
    """
    right = header.stored - 1
    if header.high == right:
        return header
    best, low = header.high, header.high - right
    section = "PS3.5 §8.1.1"
    if header.syntax not in (*NATIVE, *WRAPPED, RLELossless):
        best = right
    elif words:
        order = "<" if header.syntax.is_little_endian else ">"
        size = header.allocated // 8
        found = np.frombuffer(words[: len(words) // size * size], f"{order}u{size}")
        if not (found >> header.stored).any() and (found & (2**low - 1)).any():
            best = right
    seen = {"high": header.high, "right": right, "best": best}
    what = _(
        "{high}, not {right} as Bits Stored wants: values are read from bit {best} down", **seen
    )
    note(what, "HighBit", "", section)
    return replace(header, high=best)


def _encapsulated(dataset: Dataset, header: PixelHeader, announced: int) -> PixelHeader:
    fragments = fragments_of(dataset, header.data, announced, header.syntax)
    found, section = len(fragments.frames), "PS3.5 §A.4"
    if not found:
        raise PixelError(_("There is no frame in Pixel Data."))
    header = _with_high(header, b"")
    if fragments.cut >= 0 or hasattr(dataset, "breaks_off"):
        have = fragments.cut if fragments.cut >= 0 else len(header.data)
        _note_cut(dataset, header.element, have, section)
    if found != announced:
        _note_frames(announced, found, section)
    return replace(header, frames=found, fragments=fragments)


def _with_width(header: PixelHeader, announced: int) -> PixelHeader:
    """Put right what a native picture with halved colours says (PS3.3 C.7.6.3.1.2)."""
    if header.photometric != "YBR_FULL_422":
        return header
    full = header.rows * header.columns * 3 * header.allocated // 8 * announced
    section = "PS3.3 §C.7.6.3.1.2"
    if full <= len(header.data) <= full + 1:
        what = _("its colours are not halved, as the number of bytes shows: taken as YBR_FULL")
        note(what, "PhotometricInterpretation", "", section)
        return replace(header, photometric="YBR_FULL")
    if header.columns % 2 == 0:
        return header
    note(_("YBR_FULL_422 wants an even number of columns"), "Columns", "", "PS3.3 §C.7.6.3")
    wide = replace(header, width=header.columns + 1)
    return wide if len(header.data) * 8 >= wide.frame_bits * announced else header


def _native(dataset: Dataset, header: PixelHeader, announced: int) -> PixelHeader:
    header = _with_high(header, header.data[: header.frame_bits // 8])
    have, wanted = len(header.data), -(-header.frame_bits * announced // 8)
    section = "PS3.5 §8.1.1"
    if have > wanted + 1:
        whole = have * 8 // header.frame_bits
        if have - -(-header.frame_bits * whole // 8) <= 1:
            _note_frames(announced, whole, section)
            return replace(header, frames=whole)
        what = _("{more} bytes more than the picture needs: left out", more=have - wanted)
        note(what, header.element, _("Check Rows, Columns and Bits Allocated."), section)
    if have >= wanted:
        return replace(header, frames=announced)
    part = have * 8 / header.frame_bits
    if part < 0.01:
        raise PixelError(_("Pixel Data is too short for its rows and columns."))
    found = min(announced, math.ceil(part))
    if found < announced:
        _note_frames(announced, found, section)
    if found > part:
        _note_cut(dataset, header.element, have, section, -(-header.frame_bits * found // 8))
    return replace(header, frames=found)


def _note_frames(announced: int, found: int, section: str) -> None:
    seen = {"announced": announced, "found": found}
    what = _("{announced} announced, but Pixel Data hold {found}: all of these are shown", **seen)
    note(what, "NumberOfFrames", "", section)


def _note_cut(dataset: Dataset, element: str, have: int, section: str, wanted: int = 0) -> None:
    """Note that pixels break off, and at which byte of the file if they come from one."""
    raw = dataset.get_item(element) if element in dataset else None
    start = getattr(raw, "value_tell", None) or getattr(raw, "file_tell", None) or 0
    seen = {"have": have, "wanted": wanted, "place": start + have}
    what = _("it breaks off after {have} bytes", **seen)
    if wanted:
        what = _("it breaks off after {have} of {wanted} bytes", **seen)
    if start:
        what += _(", at byte {place} of the file", **seen)
    if wanted:
        what += _("; what is missing is shown as 0")
    note(what, element, _("Fetch the file again."), section)
