"""The walk through a data set, header by header, without recursion and within stated limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from pydicom.datadict import dictionary_VR
from pydicom.tag import BaseTag, ItemDelimiterTag, ItemTag, SequenceDelimiterTag

from dicom_lessons.structure.element import (
    Element,
    Header,
    LimitError,
    StructureError,
    decode_header,
)
from dicom_lessons.text import N_, _

MAXIMUM_ELEMENTS = 120_000
MAXIMUM_DEPTH = 200
_PIXEL_DATA = 0x7FE00010
_ITEM = b"\xfe\xff\x00\xe0"


@dataclass(slots=True)
class _Level:
    """A value that is being read: the data set, a sequence, an item, or fragments."""

    element: int | None
    holds: str
    end: int
    closed: bool
    explicit: bool
    little_endian: bool
    unknown: bool = False
    count: int = 0


class Walk:
    """Reads headers one after the other and keeps account of what encloses them."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.elements: list[Element] = []
        self.levels: list[_Level] = []

    def run(
        self, offset: int, explicit: bool, little_endian: bool = True, only_group: int | None = None
    ) -> int:
        """Read elements from ``offset``; return the byte at which they end."""
        self.levels = [_Level(None, "elements", len(self.raw), True, explicit, little_endian)]
        while self.levels:
            level = self.levels[-1]
            if offset >= level.end:
                self._leave(level, offset)
                continue
            header = decode_header(self.raw, offset, level.explicit, level.little_endian)
            if only_group is not None and len(self.levels) == 1 and header.tag.group != only_group:
                break
            if header.value_offset > level.end:
                raise StructureError(_("a header reaches beyond the item that holds it"), offset)
            offset = self._read(level, header, offset)
        self.levels = []
        return offset

    def close_all(self, offset: int) -> None:
        """End at ``offset`` all that is still open."""
        for level in self.levels:
            self._end(level, offset)

    def _end(self, level: _Level, offset: int) -> None:
        if level.element is not None:
            self.elements[level.element] = replace(self.elements[level.element], end=offset)

    def _leave(self, level: _Level, offset: int) -> None:
        if not level.closed:
            owner = self.elements[level.element or 0]
            if owner.length is None:
                reason = _("{tag} of undefined length has no delimiter", tag=owner.tag)
            else:
                end = owner.value_offset + owner.length
                reason = _("{tag} should go on to byte {end}", tag=owner.tag, end=end)
            raise StructureError(reason, offset)
        self.levels.pop()

    def _read(self, level: _Level, header: Header, offset: int) -> int:
        """Take in one header; return the byte at which the next one begins."""
        tag, length = header.tag, header.length
        of_sequence = tag >> 16 == ItemTag.group
        if of_sequence and tag in (ItemDelimiterTag, SequenceDelimiterTag):
            return self._read_delimiter(level, header, offset)
        if (of_sequence and tag == ItemTag) == (level.holds == "elements"):
            expected = _("a data element") if tag == ItemTag else _("an item, (FFFE,E000)")
            raise StructureError(
                _("{expected} should begin here, not {tag}", expected=expected, tag=tag), offset
            )
        if tag.group == 0:
            reason = _("{tag} cannot begin an element: no file holds group 0000", tag=tag)
            raise StructureError(reason, offset)
        kind, holds = self._classify(level, header)
        index = self._add(level, header, offset, kind, bool(holds))
        end = level.end + 1 if length is None else header.value_offset + length
        if holds:
            self.levels.append(self._inside(level, header, index, holds, end))
            return header.value_offset
        if length is None:
            reason = _("the length of {tag} is undefined, which it may not be", tag=tag)
            raise StructureError(reason, header.value_offset)
        if end > level.end:
            message = N_("the value of {tag} should have {length} bytes, but {left} are left")
            left = level.end - header.value_offset
            reason = _(message, tag=tag, length=length, left=left)
            raise StructureError(reason, header.value_offset)
        return end

    def _inside(self, level: _Level, header: Header, index: int, holds: str, end: int) -> _Level:
        """Return the level that a header opens, and how it is encoded."""
        explicit, little_endian, unknown = level.explicit, level.little_endian, level.unknown
        start, closed = header.value_offset, end <= level.end
        if header.VR == "UN":  # of undefined length: Implicit VR Little Endian (PS3.5 §6.2.2)
            unknown = True
            little_endian = little_endian or self.raw[start : start + 4] == _ITEM
        elif header.tag == ItemTag and explicit:
            letters = self.raw[start + 4 : start + 6]
            explicit = letters.isalpha() and letters.isupper()
            # some programs write explicit VR there all the same
            if explicit and unknown and self._is_implicit(start, min(end, level.end)):
                explicit = False
        return _Level(index, holds, min(end, level.end), closed, explicit, little_endian, unknown)

    def _is_implicit(self, offset: int, end: int) -> bool:
        """Say whether what looks like a VR is a length: then its value ends where a header is."""
        try:
            first = decode_header(self.raw, offset, explicit=False)
            following = first.value_offset + (first.length or 0)
            if following >= end:
                return following == end
            return int(decode_header(self.raw, following, explicit=False).tag) > int(first.tag)
        except StructureError:
            return False

    def _classify(self, level: _Level, header: Header) -> tuple[str, str]:
        """Return the kind of an element, and what its value holds if it is nested."""
        if level.holds != "elements":
            if level.holds == "fragments":
                return ("fragment" if level.count else "basic offset table"), ""
            return "item", "elements"
        VR = header.VR or _vr_by_dictionary(header.tag)
        if VR == "UN" and header.tag == _PIXEL_DATA:  # which are never a sequence
            VR = "OB"
        if VR == "SQ" or (VR == "UN" and header.length is None):
            return "element", "items"
        return "element", "fragments" if header.length is None and VR[:1] == "O" else ""

    def _read_delimiter(self, level: _Level, header: Header, offset: int) -> int:
        holds_elements = header.tag == ItemDelimiterTag
        undefined = level.element is not None and self.elements[level.element].length is None
        if not undefined or holds_elements != (level.holds == "elements"):
            raise StructureError(_("the delimiter {tag} ends nothing", tag=header.tag), offset)
        self._add(level, header, offset, "delimiter", False)
        self._end(level, header.value_offset)
        self.levels.pop()
        return header.value_offset

    def _add(self, level: _Level, header: Header, offset: int, kind: str, nested: bool) -> int:
        index = len(self.elements)
        depth = len(self.levels) - 1
        if index >= MAXIMUM_ELEMENTS:
            reason = _("this reader takes {limit} elements at most", limit=MAXIMUM_ELEMENTS)
            raise LimitError(reason, offset)
        if depth > MAXIMUM_DEPTH:
            reason = _("this reader follows {limit} nested levels at most", limit=MAXIMUM_DEPTH)
            raise LimitError(reason, offset)
        explicit = header.VR is not None
        VR = header.VR or (None if header.tag.group == 0xFFFE else _vr_by_dictionary(header.tag))
        end = header.value_offset
        if kind != "delimiter" and header.length is not None:
            end += header.length
            if end > level.end:
                end = level.end if nested else header.value_offset
        number = {"item": level.count, "fragment": level.count - 1}.get(kind)
        level.count += 1
        self.elements.append(
            Element(
                index, kind, header.tag, VR, explicit, header.length, offset, header.value_offset,
                end, depth, level.element, number, nested,
            )
        )  # fmt: skip
        return index


@lru_cache(maxsize=4096)
def _vr_by_dictionary(tag: BaseTag) -> str:
    if tag.element == 0:
        return "UL"
    if tag.is_private:
        return "LO" if tag.is_private_creator else "UN"
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"
