"""Elements of VR UN and undefined length, whose items are implicit whatever the file is.

What PS3.5 §6.2.2 says of them, pydicom follows only where no length of an element looks like two
capital letters, which it takes for a VR.
"""

from __future__ import annotations

import struct

_START = b"UN\0\0\xff\xff\xff\xff\xfe\xff\0\xe0"
_PIXEL_DATA = b"\xe0\x7f\x10\0"
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


def with_lengths(raw: bytes) -> bytes:
    """Return a file whose elements of VR UN and undefined length have one if pydicom needs it.

    Compressed Pixel Data, which are no sequence, get VR OB instead. Nothing else is changed, nor
    moved: the value of such an element ends with its delimiter.
    """
    changed, place = bytearray(raw), raw.find(_START)
    while place >= 0:
        value = place + 8
        end, in_doubt = _end_of(raw, value)
        if raw[place - 4 : place] == _PIXEL_DATA:
            changed[place : place + 2], end, in_doubt = b"OB", value, False
        if in_doubt:
            changed[place + 4 : value] = struct.pack("<L", end - value)
        place = raw.find(_START, end) if end else -1  # nothing is walked through twice
    return bytes(changed)


def _end_of(raw: bytes, offset: int) -> tuple[int, bool]:
    """Return where a sequence in Implicit VR Little Endian ends, and whether it looks explicit.

    If it does not end, it is another thing, of which nothing is in doubt.
    """
    depth, in_doubt = 1, False
    while depth and len(raw) - offset >= 8:
        group, number, length = struct.unpack_from("<HHL", raw, offset)
        tag, offset = group << 16 | number, offset + 8
        if tag == _ITEM:
            inside = raw[offset + 4 : offset + 6]
            in_doubt = in_doubt or (length > 0 and inside.isalpha() and inside.isupper())
        if tag in (_ITEM_END, _SEQUENCE_END):
            depth -= 1
        elif length == _UNDEFINED:
            depth += 1
        else:
            offset += length
    return (offset, in_doubt) if not depth and offset <= len(raw) else (0, False)
