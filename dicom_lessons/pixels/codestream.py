"""What a compressed frame says of itself, before any decoder sees it: JPEG, JPEG-LS, JPEG 2000."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_J2K, _JPEG = b"\xff\x4f\xff\x51", b"\xff\xd8\xff"
_RGB = ((82, 71, 66), (114, 103, 98))  # R, G, B as letters
_ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(5)  # its transform 0: none
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_LONGEST_COUNTED, _LONGEST_UNPACKED = 2**24, 2**21  # bytes of RLE; unpacked, 64 times as many
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
_FRAMES = (0xF7, *(code for code in range(0xC0, 0xD0) if code not in (0xC4, 0xC8, 0xCC)))


@dataclass(frozen=True)
class Codestream:
    """The header of one compressed frame."""

    data: bytes  # as a decoder gets it: nothing before its first marker
    start: int  # how many bytes were in front of that, such as the boxes of a JP2 file
    rows: int
    columns: int
    samples: int
    bits: int
    process: int  # the marker of the frame (ITU-T T.81, table B.1); 0xF7 JPEG-LS, 0x51 JPEG 2000
    colours: str = ""  # "RGB" or "YBR" if the codestream itself says how they are coded
    is_sure: bool = True  # by a marker, not by a habit of those who write JPEG


def parse(coded: bytes) -> Codestream | None:
    """Read the header of a compressed frame; None if there is none."""
    start = coded.find(_J2K) if coded[:3] != _JPEG else 0
    if coded[start : start + 4] == _J2K:
        return _jpeg_2000(coded[start:], start)
    start = coded.find(_JPEG)
    return _jpeg(coded[start:], start) if start >= 0 else None


def _jpeg_2000(data: bytes, start: int) -> Codestream | None:
    """Read SIZ and COD of a JPEG 2000 codestream (ISO/IEC 15444-1, annex A)."""
    if len(data) < 43:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", data, 8)
    samples, bits = int.from_bytes(data[40:42], "big"), (data[42] & 0x7F) + 1
    place, colours = 2, ""
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] not in (0x90, 0xD9):
        if data[place + 1] == 0x52 and place + 9 <= len(data) and data[place + 8]:
            colours = "RGB"  # what a decoder gives back after the multiple component transform
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return Codestream(data, start, bottom - top, right - left, samples, bits, 0x51, colours)


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker code, start and end of each segment up to the first scan (ITU-T T.81 B.1)."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        code = data[place + 1]
        if code == 0xFF or code in _WITHOUT_LENGTH:
            place += 1 if code == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        yield code, place, end
        if code == 0xDA:
            return
        place = end


def _jpeg(data: bytes, start: int) -> Codestream | None:
    jfif, adobe = False, -1
    for code, place, end in segments(data):
        body = data[place + 4 : end]
        if code == 0xE0 and body[:4] == b"JFIF":
            jfif = True
        elif code == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        elif code in _FRAMES and len(body) >= 6:
            bits, rows, columns, samples = struct.unpack_from(">BHHB", body)
            parts = [body[6 + 3 * number : 9 + 3 * number] for number in range(samples)]
            colours, is_sure = "", True
            if samples == 3 and all(len(part) == 3 for part in parts):
                colours, is_sure = _colours(parts, jfif, adobe)
            return Codestream(data, start, rows, columns, samples, bits, code, colours, is_sure)
    return None


def _colours(parts: list[bytes], jfif: bool, adobe: int) -> tuple[str, bool]:
    """Say how three components are coded: by markers, else by identifiers, else by sampling."""
    if jfif or adobe in (0, 1):
        return "YBR" if jfif or adobe else "RGB", True
    names = tuple(part[0] for part in parts)
    if names in _RGB:
        return "RGB", True
    if len({part[1] for part in parts}) > 1:
        return "YBR", True  # nobody leaves out every second green
    # 1, 2, 3 is what JFIF calls Y, Cb and Cr; without its marker that is a habit, no rule
    return ("YBR", False) if names == (1, 2, 3) else ("", True)


def rle_length(coded: bytes) -> int | None:
    """Return how many bytes the first segment of RLE makes (PS3.5 §G.3.2).

    None if it is broken, or larger than anybody should unpack to see that.
    """
    if len(coded) <= 64:
        return None
    first, second = struct.unpack_from("<2L", coded, 4)
    segment = coded[first : second or None]
    if not 0 < len(segment) <= _LONGEST_COUNTED:
        return None
    with suppress(ImportError, ValueError):  # in a browser; or what is counted only here
        from rle.rle import decode_segment  # type: ignore[import-not-found]

        if len(segment) <= _LONGEST_UNPACKED:
            return len(decode_segment(segment))
    place = size = 0
    while place < len(segment):
        count = segment[place]
        size += count + 1 if count < 128 else 257 - count if count > 128 else 0
        place += count + 2 if count < 128 else 2 if count > 128 else 1
    return size


def marked(data: bytes, photometric: str) -> bytes:
    """Return a JPEG with the marker that says how its colours are coded, and no other."""
    kept, last = [data[:2], _ADOBE if photometric == "RGB" else _JFIF], 2
    for code, place, end in segments(data):
        if not 0xE0 <= code <= 0xEF:
            kept.append(data[place:end])
        last = end
    return b"".join(kept) + data[last:]
