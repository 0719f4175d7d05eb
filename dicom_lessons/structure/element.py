"""Headers, regions and elements: what the map of a file is made of."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from pydicom.tag import BaseTag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from dicom_lessons.reading import ReadingError
from dicom_lessons.text import _

UNDEFINED_LENGTH = 0xFFFFFFFF
TRAILING_PADDING = 0xFFFCFFFC


class StructureError(ReadingError):
    """Bytes that are not DICOM, or too many; reading stopped at byte ``offset``."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.offset = offset


class LimitError(StructureError):
    """Bytes that may well be DICOM, but more of them than are read."""


class Header(NamedTuple):
    """What stands before a value: tag, VR (None where it is not stored), and length.

    ``length`` counts bytes of the value; it is None if undefined (FFFFFFFFH). ``value_offset`` is
    that of the first byte behind the header.
    """

    tag: BaseTag
    VR: str | None
    length: int | None
    value_offset: int


def decode_header(
    raw: bytes, offset: int = 0, explicit: bool = True, little_endian: bool = True
) -> Header:
    """Decode the header of a data element, an item or a delimiter (PS3.5 §7.1.2, §7.1.3, §7.5).

    Where the VR should stand but no two capital letters do, the header is taken for one with
    implicit VR, as pydicom does; so is a VR that nobody knows for one with a short length.

    Raises
    ------
    StructureError
        If fewer bytes are left than the header needs.

    Examples
    --------
    >>> decode_header(bytes.fromhex("10001000 504e 0400 4976616e"))
    Header(tag=(0010,0010), VR='PN', length=4, value_offset=8)
    >>> decode_header(bytes.fromhex("10001000 04000000 4976616e"), explicit=False)
    Header(tag=(0010,0010), VR=None, length=4, value_offset=8)
    """
    order = "<" if little_endian else ">"
    if len(raw) - offset < 8:
        raise StructureError(
            _("a header needs at least 8 bytes, {left} are left", left=len(raw) - offset), offset
        )
    group, number, letters, short = _SHORT[order].unpack_from(raw, offset)
    tag = BaseTag(group << 16 | number)
    if not explicit or group == 0xFFFE or not (letters.isalpha() and letters.isupper()):
        (length,) = _LONG[order].unpack_from(raw, offset + 4)
        return Header(tag, None, None if length == UNDEFINED_LENGTH else length, offset + 8)
    VR = letters.decode("ascii")
    if VR not in EXPLICIT_VR_LENGTH_32:
        return Header(tag, VR, short, offset + 8)
    if len(raw) - offset < 12:
        left = len(raw) - offset
        reason = _("a header with VR {VR} needs 12 bytes, {left} are left", VR=VR, left=left)
        raise StructureError(reason, offset)
    (length,) = _LONG[order].unpack_from(raw, offset + 8)
    return Header(tag, VR, None if length == UNDEFINED_LENGTH else length, offset + 12)


_SHORT = {order: struct.Struct(f"{order}HH2sH") for order in "<>"}
_LONG = {order: struct.Struct(f"{order}L") for order in "<>"}


@dataclass(frozen=True)
class Region:
    """A run of bytes that is one thing.

    Attributes
    ----------
    kind : str
        One of "preamble", "prefix", "tag", "VR", "reserved", "length", "value", "item",
        "delimiter", "basic offset table", "fragment", "deflated", "padding", "unread".
    offset, length : int
        In bytes, from the beginning of the file (of the inflated data set, if it was deflated).
    """

    kind: str
    offset: int
    length: int

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + self.length


@dataclass(slots=True, unsafe_hash=True)  # frozen, a map of a large file takes a third longer
class Element:
    """A data element, an item, a fragment or a delimiter (PS3.5 §7.1, §7.5, §A.4).

    Attributes
    ----------
    index : int
        Its place among all elements of the map, in the order of the file.
    kind : str
        "element", "item", "fragment", "basic offset table" or "delimiter".
    tag : BaseTag
        Group Number and Element Number.
    VR : str or None
        Value Representation: as stored, or by the dictionary if ``explicit`` is False ("UN" for
        what it does not know); None for what has none.
    explicit : bool
        Whether the VR is stored in the file.
    length : int or None
        The value length as stored, in bytes; None if undefined.
    offset, value_offset, end : int
        First byte of its header, of its value, and first byte after it all.
    depth : int
        How many sequences and items enclose it.
    owner : int or None
        Index of the element that encloses it: the item, or the sequence of an item.
    number : int or None
        Of an item or a fragment: its place in its sequence, from 0.
    nested : bool
        Whether its value consists of further elements.
    """

    index: int
    kind: str
    tag: BaseTag
    VR: str | None
    explicit: bool
    length: int | None
    offset: int
    value_offset: int
    end: int
    depth: int
    owner: int | None
    number: int | None
    nested: bool

    @property
    def regions(self) -> tuple[Region, ...]:
        """The parts of its header and, unless it is nested, its value, in order."""
        first = {"element": "tag", "delimiter": "delimiter"}.get(self.kind, "item")
        sizes = [(first, 4)]
        if self.explicit:
            sizes.append(("VR", 2))
            if self.value_offset - self.offset == 12:
                sizes.append(("reserved", 2))
        sizes.append(("length", self.value_offset - self.offset - sum(n for kind, n in sizes)))
        if not self.nested and self.end > self.value_offset:
            kind = {"element": "value", "delimiter": "value"}.get(self.kind, self.kind)
            kind = "padding" if self.tag == TRAILING_PADDING else kind
            sizes.append((kind, self.end - self.value_offset))
        regions, offset = [], self.offset
        for kind, size in sizes:
            regions.append(Region(kind, offset, size))
            offset += size
        return tuple(regions)
