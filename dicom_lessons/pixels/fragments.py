"""Where the frames of encapsulated Pixel Data lie (PS3.5 §A.4)."""

from __future__ import annotations

import struct
import weakref
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID, RLELossless

from dicom_lessons.pixels.elements import attribute

_ITEM, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_BEGINNINGS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP")
Span = tuple[int, int]


@dataclass(frozen=True)
class Fragments:
    """The frames of one Pixel Data, each as the spans of its fragments; and where it breaks off.

    The last fragment breaks off at a byte of Pixel Data, ``cut``; -1 if it does not.
    """

    frames: Sequence[Sequence[Span]]
    cut: int = -1

    def frame(self, data: bytes, index: int) -> bytes:
        """Return the bytes of one frame."""
        return b"".join(data[start:stop] for start, stop in self.frames[index])


_last: tuple[object, weakref.ref[Dataset], Fragments] | None = None


def fragments_of(dataset: Dataset, data: bytes, announced: int, syntax: UID) -> Fragments:
    """Return where frames lie; the answer for the last Pixel Data is kept, not found anew."""
    global _last
    key = (id(data), len(data), announced, syntax, data[:64], data[-64:])
    if _last is None or _last[0] != key or _last[1]() is not dataset:
        _last = key, weakref.ref(dataset), _found(dataset, data, announced, syntax)
    return _last[2]


def _found(dataset: Dataset, data: bytes, announced: int, syntax: UID) -> Fragments:
    spans, place, cut = [], 0, -1
    while data[place : place + 4] == _ITEM and place + 8 <= len(data):
        start = place + 8
        place = start + int.from_bytes(data[place + 4 : start], "little")
        spans.append((start, min(place, len(data))))
    if place > len(data) or (data[place:].strip(b"\0") and data[place : place + 4] != _DELIMITER):
        cut = min(place, len(data))
    if not spans:
        return Fragments((), cut)
    (begin, end), *spans = spans
    spans = [span for span in spans if span[0] < span[1]]
    offsets = _offsets(dataset, data[begin:end])
    places = {start - 8 - end: at for at, (start, _stop) in enumerate(spans)}
    if offsets and places.keys() >= set(offsets):
        starts = [places[offset] for offset in offsets]
    elif syntax == RLELossless or len(spans) == announced:
        starts = list(range(len(spans)))
    else:
        starts = [
            at for at, (start, _stop) in enumerate(spans) if data.startswith(_BEGINNINGS, start)
        ]
    starts = sorted({0, *starts})
    ends = [*starts[1:], len(spans)]
    frames = [spans[one:other] for one, other in zip(starts, ends, strict=True)] if spans else []
    return Fragments(frames, cut)


def _offsets(dataset: Dataset, table: bytes) -> list[int]:
    """Return the entries of the Basic or else of the Extended Offset Table (PS3.5 §A.4)."""
    extended = attribute(dataset, "ExtendedOffsetTable")
    if not table and isinstance(extended, bytes):
        return [int(one) for (one,) in struct.iter_unpack("<Q", extended[: len(extended) & ~7])]
    return [int(one) for (one,) in struct.iter_unpack("<I", table[: len(table) & ~3])]
