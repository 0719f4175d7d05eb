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
from dicom_lessons.clinic.faults import Diagnosis
from dicom_lessons.structure import StructureError, map_bytes
from dicom_lessons.text import _

PIXEL_DATA, NUMBER_OF_FRAMES = 0x7FE00010, 0x00280008
MOST_ELEMENTS = 120_000
"""Those that the map takes."""
LONGEST_REST = 2**20
"""Bytes behind a broken place that are read all the same."""
LONGEST_HEADER = 2**16
"""Bytes of a frame in which its header lies."""
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class Inside:
    """One file as bytes, mapped."""

    def __init__(self, raw: bytes, name: str) -> None:
        self.raw = raw
        self.whole = map_bytes(raw, name)
        self.map = self.whole.inflated or self.whole
        self.elements = self.map.elements
        self.syntax = UID(self.whole.transfer_syntax)
        self.pixels = self.top(PIXEL_DATA)

    def top(self, tag: int | None) -> Any:
        """Return an element of the data set itself, None if there is none."""
        return next((e for e in self.elements if e.tag == tag and not e.depth), None)

    @cached_property
    def frames(self) -> list[bytes]:
        """The beginnings of all fragments of compressed pixels."""
        if self.pixels is None or self.pixels.length is not None:
            return []
        starts = [e.value_offset for e in self.elements
                  if e.kind == "fragment" and e.owner == self.pixels.index]  # fmt: skip
        return [self.map.raw[start : start + LONGEST_HEADER] for start in starts]

    @property
    def is_bomb(self) -> bool:
        """Whether the deflated data set is larger than the limit."""
        is_deflated = self.syntax == DeflatedExplicitVRLittleEndian
        return is_deflated and str(reading.MOST_INFLATED) in str(self.whole.stopped or "")

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
        what = _("byte {offset}: {reason}", offset=stopped.offset, reason=_reason(stopped))
        if len(self.elements) >= MOST_ELEMENTS:
            cure = _("look at the rest with a program that has no limits")
            return Diagnosis(fault="too_many", what=what, cure=cure)
        if self.whole.inflated is not None or not self.elements:
            return _broken(what, "")
        last = self.elements[-1]
        is_cut = last.length is not None and not last.nested
        is_cut = is_cut and last.value_offset + (last.length or 0) > len(self.map.raw)
        if is_cut:
            return self._cut(last, stopped.offset, is_within=True)
        if owner := self._open_end(stopped.offset):
            return self._without_end(owner, stopped.offset)
        if len(self.map.raw) - stopped.offset >= 8:
            return _broken(what, self.path(last))
        return self._cut(last, stopped.offset, is_within=False)

    def _cut(self, last: Any, offset: int, is_within: bool) -> Diagnosis:
        size, fault, section = len(self.map.raw), "truncated", "PS3.5 §7.1"
        if PIXEL_DATA in {each.tag for each in (last, *self._owners(last))}:
            fault, section = "truncated_pixels", "PS3.5 §8.1.1"
            if last.kind != "element" or last.length is None:
                fault, section = "truncated_fragments", "PS3.5 §A.4"
        what = _("the file ends at byte {size}, in the middle of it", size=size)
        if is_within:
            what = _("the file ends after {left} of its {length} bytes, at byte {size}",
                     left=size - last.value_offset, length=last.length, size=size)  # fmt: skip
        cure = _("fetch the file again, and compare sizes; never fill up what is missing")
        return Diagnosis(fault=fault, where=self.path(last), what=what, cure=cure, section=section)

    def _without_end(self, owner: Any, offset: int) -> Diagnosis:
        if owner is self.pixels and len(self.frames) < self._announced:
            return self._cut(owner, offset, is_within=False)
        mend = _("write it where the last item ends: FE FF DD E0 and four zeros end a sequence, "
                 "FE FF 0D E0 and four zeros an item")  # fmt: skip
        what = _("the delimiter is missing at byte {offset}", offset=offset)
        return Diagnosis(
            fault="no_delimiter", where=self.path(owner), what=what, cure=mend, section="PS3.5 §7.5"
        )

    @property
    def _announced(self) -> int:
        """How many frames the file announces."""
        found = self.top(NUMBER_OF_FRAMES)
        text = self.map.raw[found.value_offset : found.end].strip(b" \0") if found else b""
        return int(text) if text.isdigit() and len(text) < 10 else 1

    @property
    def is_complete(self) -> bool:
        """Whether all of it is understood, and native pixels are as long as they should be."""
        sizes = (self._count(tag) for tag in (0x00280010, 0x00280011, 0x00280002, 0x00280100))
        bits = prod(sizes) * self._announced
        fits = self.pixels is None or self.pixels.length == (bits + 15) // 16 * 2
        return fits and self.map.stopped is None

    def _count(self, tag: int) -> int:
        """Return a whole number of two bytes, 0 if there is none."""
        found, order = self.top(tag), "little" if self.map.little_endian else "big"
        return int.from_bytes(self.map.raw[found.value_offset : found.end], order) if found else 0

    def _open_end(self, offset: int) -> Any:
        """Return the innermost sequence, item or pixels that should have ended here; None if no.

        What was closed has its delimiter right before.
        """
        before = _tag(self.map.raw[offset - 8 : offset], self.map.little_endian)
        here = _tag(self.map.raw[offset : offset + 4], self.map.little_endian)
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

    # ---- names

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


def _tag(header: bytes, little_endian: bool) -> int:
    order: Literal["little", "big"] = "little" if little_endian else "big"
    return int.from_bytes(header[:2], order) << 16 | int.from_bytes(header[2:4], order)


def _reason(stopped: StructureError) -> str:
    """Return why the map stopped, without the sentence around it."""
    text = str(stopped)
    return text.partition(": ")[2].partition(". ")[0] or text


def _broken(what: str, where: str) -> Diagnosis:
    cure = _("look at that byte with the byte explorer; fetch the file again if you can")
    return Diagnosis(
        fault="broken_structure", where=where, what=what, cure=cure, section="PS3.5 §7.1"
    )
