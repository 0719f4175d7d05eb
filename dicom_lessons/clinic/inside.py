"""One file as bytes, mapped: where things lie, and where the map breaks off, and why.

All of it rests on the map of lesson 01 (:func:`dicom_lessons.structure.map_bytes`); pydicom, which
forgives much of this, is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import Any, Literal

from pydicom.datadict import keyword_for_tag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from dicom_lessons import reading
from dicom_lessons.clinic.faults import Diagnosis, diagnose
from dicom_lessons.structure import map_bytes
from dicom_lessons.text import _

PIXEL_DATA, NUMBER_OF_FRAMES = 0x7FE00010, 0x00280008
MOST_ELEMENTS = 120_000
"""Those that the map takes."""
LONGEST_REST = 2**20
"""Bytes behind a broken place that are read all the same."""
LONGEST_HEADER = 2**16
"""Bytes of a frame in which its header lies."""
_SIZES = (0x00280010, 0x00280011, 0x00280002, 0x00280100)  # rows, columns, samples, bits allocated
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class Inside:
    """One file as bytes, mapped."""

    def __init__(self, raw: bytes, name: str) -> None:
        self.raw = raw
        self.whole = map_bytes(raw, name)
        self.map = self.whole.inflated or self.whole
        self.elements = self.map.elements
        self.order: Literal["little", "big"] = "little" if self.map.little_endian else "big"
        self.syntax = UID(self.whole.transfer_syntax)
        self.pixels = self.top(PIXEL_DATA)

    def top(self, tag: int | None) -> Any:
        """Return an element of the data set itself, None if there is none."""
        return next((e for e in self.elements if e.tag == tag and not e.depth), None)

    def stored(self, element: Any) -> bytes:
        """Return the bytes of a value."""
        return self.map.raw[element.value_offset : element.end]

    def number(self, tag: int, absent: int = 0) -> int:
        """Return a whole number, stored as text or in two bytes; ``absent`` if there is none."""
        found = self.top(tag)
        stored = self.stored(found) if found else b""
        if found and found.VR == "US" and len(stored) == 2:
            return int.from_bytes(stored, self.order)
        text = stored.strip(b" \0")
        return int(text) if text.isdigit() and len(text) < 10 else absent

    @cached_property
    def frames(self) -> list[bytes]:
        """The beginnings of all fragments of compressed pixels."""
        if self.pixels is None or self.pixels.length is not None:
            return []
        starts = [e.value_offset for e in self.elements
                  if e.kind == "fragment" and e.owner == self.pixels.index]  # fmt: skip
        return [self.map.raw[start : start + LONGEST_HEADER] for start in starts]

    @property
    def is_coded(self) -> bool:
        """Whether the pixels begin as compressed ones do, with an item."""
        start = self.pixels.value_offset if self.pixels is not None else len(self.map.raw)
        return self.map.raw[start : start + 4] == b"\xfe\xff\x00\xe0"

    @property
    def is_bomb(self) -> bool:
        """Whether the deflated data set is larger than the limit."""
        is_deflated = self.syntax == DeflatedExplicitVRLittleEndian
        return is_deflated and str(reading.MOST_INFLATED) in str(self.whole.stopped or "")

    @property
    def is_complete(self) -> bool:
        """Whether all of it is understood, and native pixels are as long as they should be."""
        bits = prod(map(self.number, _SIZES)) * self.number(NUMBER_OF_FRAMES, 1)
        fits = self.pixels is None or self.pixels.length == (bits + 15) // 16 * 2
        return fits and self.map.stopped is None

    @cached_property
    def start(self) -> int:
        """The first byte of the data set."""
        group2 = [each.end for each in self.whole.elements if each.tag.group == 2]
        return max(group2, default=132 if self.raw[128:132] == b"DICM" else 0)

    @property
    def readable(self) -> int:
        """How many bytes another reader is given: no long rest in which nothing makes sense."""
        offset = self.map.stopped.offset if self.map.stopped else len(self.raw)
        lost = self.stop is not None and self.stop.fault in ("broken_structure", "too_many")
        is_long = self.whole.inflated is None and len(self.raw) - offset > LONGEST_REST
        return offset if lost and is_long else len(self.raw)

    @cached_property
    def stop(self) -> Diagnosis | None:
        """Why the map ends before the file does, if so."""
        stopped = self.map.stopped
        if stopped is None:
            return None
        told = str(stopped)  # of its sentence, the reason
        reason = told.partition(": ")[2].partition(". ")[0] or told
        what = _("byte {offset}: {reason}", offset=stopped.offset, reason=reason)
        if len(self.elements) >= MOST_ELEMENTS:
            return diagnose("too_many", what)
        if self.whole.inflated is not None or not self.elements:
            return diagnose("broken_structure", what)
        last = self.elements[-1]
        if not last.nested and last.value_offset + (last.length or 0) > len(self.map.raw):
            return self._cut(last, is_within=True)
        if owner := self._open_end(stopped.offset):
            if owner is self.pixels and len(self.frames) < self.number(NUMBER_OF_FRAMES, 1):
                return self._cut(owner)
            what = _("the delimiter is missing at byte {offset}", offset=stopped.offset)
            return diagnose("no_delimiter", what, self.path(owner))
        if len(self.map.raw) - stopped.offset >= 8:
            return diagnose("broken_structure", what, self.path(last))
        return self._cut(last)

    def _cut(self, last: Any, is_within: bool = False) -> Diagnosis:
        size, fault = len(self.map.raw), "truncated"
        if PIXEL_DATA in {each.tag for each in (last, *self._owners(last))}:
            is_native = last.kind == "element" and last.length is not None
            fault = "truncated_pixels" if is_native else "truncated_fragments"
        what = _("the file ends at byte {size}, in the middle of it", size=size)
        if is_within:
            what = _("the file ends after {left} of its {length} bytes, at byte {size}",
                     left=size - last.value_offset, length=last.length, size=size)  # fmt: skip
        return diagnose(fault, what, self.path(last))

    def _open_end(self, offset: int) -> Any:
        """Return the innermost sequence, item or pixels that should have ended here; None if no.

        What was closed has its delimiter right before.
        """
        before, here = self._tag(offset - 8), self._tag(offset)
        for each in reversed(self.elements):
            if not each.nested or each.end != offset or each.length is not None:
                continue
            is_item = each.kind == "item"
            if before == (_ITEM_END if is_item else _SEQUENCE_END) and each.value_offset != offset:
                continue
            follows = here in (_ITEM, _SEQUENCE_END)
            if not is_item:
                follows = here == _ITEM_END or (here >> 16 != 0xFFFE and here > each.tag)
            return each if follows or offset >= len(self.map.raw) else None
        return None

    def _tag(self, offset: int) -> int:
        group, number = (self.map.raw[at : at + 2] for at in (offset, offset + 2))
        return int.from_bytes(group, self.order) << 16 | int.from_bytes(number, self.order)

    def path(self, element: Any) -> str:
        """Return keywords down to an element of the map."""
        text = ""
        for each in reversed([element, *self._owners(element)]):
            if each.kind == "item":
                text += f"[{each.number}]"
            elif each.kind == "element":
                tag = f"{each.tag >> 16:04X},{each.tag & 0xFFFF:04X}"
                text += ("." if text else "") + (keyword_for_tag(each.tag) or tag)
        return f"file_meta.{text}" if element.tag.group == 2 else text

    def _owners(self, element: Any) -> Iterator[Any]:
        owner = element.owner
        while owner is not None:
            yield self.map.elements[owner]
            owner = self.map.elements[owner].owner
