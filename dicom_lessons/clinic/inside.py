"""What the bytes of one file tell: encoding, lengths, delimiters, VRs, UIDs, the preamble.

All of it rests on the map of lesson 01 (:func:`dicom_lessons.structure.map_bytes`); pydicom, which
forgives much of this, is not asked.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal

from pydicom.datadict import dictionary_has_tag, keyword_for_tag
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from dicom_lessons import reading
from dicom_lessons.clinic.faults import Diagnosis
from dicom_lessons.pixels import codestream
from dicom_lessons.structure import StructureError, map_bytes
from dicom_lessons.text import N_, _, ngettext, short

PIXEL_DATA = 0x7FE00010
LARGEST_ARC = 1000
"""A second arc below 2 that is as large as this was never registered."""
MOST_PLACES = 3
MOST_ELEMENTS = 120_000
"""Those that the map takes."""
LONGEST_REST = 2**20
"""Bytes behind a broken place that are read all the same."""
_ITEM = b"\xfe\xff\x00\xe0"
_REFERENCES = (0x00081150, 0x00081155)
_TEXT = ("PN", "LO", "SH", "ST", "LT", "UT", "UC")
_QUESTION = re.compile(rb"\?[?^ =\\]*\?")
# which markers a transfer syntax may hold; those of others say nothing
_PROCESSES = {
    "1.2.840.10008.1.2.4.50": (0xC0,),
    "1.2.840.10008.1.2.4.51": (0xC0, 0xC1),
    "1.2.840.10008.1.2.4.57": (0xC3,),
    "1.2.840.10008.1.2.4.70": (0xC3,),
    "1.2.840.10008.1.2.4.80": (0xF7,),
    "1.2.840.10008.1.2.4.81": (0xF7,),
    "1.2.840.10008.1.2.4.90": (0x51,),
    "1.2.840.10008.1.2.4.91": (0x51,),
    "1.2.840.10008.1.2.4.201": (0x51,),
    "1.2.840.10008.1.2.4.202": (0x51,),
    "1.2.840.10008.1.2.4.203": (0x51,),
    "1.2.840.10008.1.2.5": (None,),
}
_NAMES = {
    0xC0: "JPEG Baseline", 0xC1: "JPEG Extended", 0xC3: "JPEG Lossless", 0xF7: "JPEG-LS",
    0x51: "JPEG 2000", None: "RLE",
}  # fmt: skip
_TWINS = (
    (b"MZ", N_("a program of Windows")),
    (b"\x7fELF", N_("a program of Linux")),
    (b"\xcf\xfa\xed\xfe", N_("a program of macOS")),
    (b"#!", N_("a script")),
    (b"PK\3\4", N_("a zip archive")),
    (b"%PDF", N_("a PDF")),
    (b"<html", N_("a web page")),
    (b"<!DOCTYPE", N_("a web page")),
)


class Inside:
    """One file as bytes, mapped."""

    def __init__(self, raw: bytes, name: str) -> None:
        self.raw = raw
        self.whole = map_bytes(raw, name)
        self.map = self.whole.inflated or self.whole
        self.elements = self.map.elements
        self.syntax = UID(self.whole.transfer_syntax)
        self.pixels = next((e for e in self.elements if e.tag == PIXEL_DATA and not e.depth), None)

    def diagnoses(self) -> Iterator[Diagnosis]:
        """Yield all that the bytes tell."""
        yield from self._beginning()
        encoding = list(self._encoding())
        yield from encoding
        if self.stop is not None and not encoding:
            yield self.stop
        yield from self._pixels()
        yield from self._odd()
        yield from self._uids()
        yield from self._text()

    # ---- the beginning and the encoding

    def _beginning(self) -> Iterator[Diagnosis]:
        if self.whole.parts[:1] and self.whole.parts[0].kind == "preamble":
            yield from _twins(self.raw)
        elif self.start:
            yield Diagnosis(
                fault="no_file_meta", where="", section="PS3.10 §7.1",
                what=_("group 0002 is there, but no preamble and no prefix DICM stand before it"),
                cure=_("put 128 zeros and DICM in front"),
            )  # fmt: skip
        else:
            kind = _encoded(self.map.explicit, self.map.little_endian)
            yield Diagnosis(
                fault="no_file_meta", where="", section="PS3.10 §7.1",
                what=_("no preamble, no prefix DICM, no group 0002: the data set begins at byte 0, "
                       "in {kind}", kind=kind),
                cure=_("read it with force=True, set file_meta.TransferSyntaxUID to {kind}, and "
                       "save with enforce_file_format=True", kind=kind),
            )  # fmt: skip

    @property
    def is_bomb(self) -> bool:
        """Whether the deflated data set is larger than the limit."""
        stopped = str(self.whole.stopped or "")
        return (
            self.syntax == DeflatedExplicitVRLittleEndian and str(reading.MOST_INFLATED) in stopped
        )

    @property
    def start(self) -> int:
        """The first byte of the data set."""
        group2 = [each.end for each in self.whole.elements if each.tag.group == 2]
        return max(group2, default=132 if self.raw[128:132] == b"DICM" else 0)

    def _encoding(self) -> Iterator[Diagnosis]:
        if not self.syntax or self.start >= len(self.raw):
            return
        used = self._used()
        named = self.syntax.name
        if used and self.syntax.is_transfer_syntax and not self._fits(used):
            yield _labelled(named, used)
        elif self.pixels is not None and self.syntax.is_transfer_syntax:
            body = self.map.raw[self.pixels.value_offset : self.pixels.value_offset + 2**16]
            if self.syntax.is_encapsulated != (body[:4] == _ITEM):
                used = _("native pixels")
                if body[:4] == _ITEM:
                    used = _("compressed pixels: {process}", process=self._process(body))
                yield _labelled(named, used)
            elif self.syntax in _PROCESSES and self.syntax.is_encapsulated:
                found = codestream.parse(_first_frame(body))
                process = found.process if found else None
                if process in _NAMES and process not in _PROCESSES[self.syntax]:
                    yield _labelled(named, _NAMES[process])

    def _process(self, body: bytes) -> str:
        found = codestream.parse(_first_frame(body))
        return _NAMES.get(found.process if found else None, "JPEG")

    def _used(self) -> str:
        """Return the name of the encoding that the first header shows; empty if it shows none."""
        behind = self.raw[self.start :]
        first = behind[:8]
        # the group number of the first element is small, whichever way it is read
        little = int.from_bytes(first[:2], "little") <= int.from_bytes(first[:2], "big")
        explicit = first[4:6].isalpha() and first[4:6].isupper()
        tag = _tag(first, little)
        if len(first) == 8 and (not tag & 0xFFFF or dictionary_has_tag(tag)):
            return _encoded(explicit, little)
        with suppress(reading.ReadingError):
            data, _size = reading.inflate(behind)
            if dictionary_has_tag(_tag(data[:4], True)):
                return DeflatedExplicitVRLittleEndian.name
        return ""

    def _fits(self, used: str) -> bool:
        syntax = self.syntax
        if syntax.is_deflated or used == DeflatedExplicitVRLittleEndian.name:
            return bool(syntax.is_deflated) == (used == DeflatedExplicitVRLittleEndian.name)
        return used == _encoded(not syntax.is_implicit_VR, syntax.is_little_endian)

    # ---- where the map stops

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
        return None if self.map.stopped is None else self._stop(self.map.stopped)

    def _stop(self, stopped: StructureError) -> Diagnosis:
        raw, offset = self.map.raw, stopped.offset
        if len(self.elements) >= MOST_ELEMENTS:
            what = _("byte {offset}: {reason}", offset=offset, reason=_reason(stopped))
            cure = _("look at the rest with a program that has no limits")
            return Diagnosis(fault="too_many", what=what, cure=cure)
        cure = _("fetch the file again, and compare sizes; never fill up what is missing")
        if self.whole.inflated is not None or not self.elements:
            what = _("byte {offset}: {reason}", offset=offset, reason=_reason(stopped))
            return _broken(what, "")
        last = self.elements[-1]
        cut = last.length is not None and not last.nested
        cut = cut and last.value_offset + (last.length or 0) > len(raw)
        if not cut:
            owner = next((e for e in reversed(self.elements) if e.nested and e.end == offset), None)
            if owner is not None and owner.length is None and self._lacks_delimiter(owner, offset):
                place = self.path(owner)
                what = _("the delimiter is missing at byte {offset}", offset=offset)
                mend = _("write it where the last item ends: FE FF DD E0 and four zeros end a "
                         "sequence, FE FF 0D E0 and four zeros an item")  # fmt: skip
                return Diagnosis(
                    fault="no_delimiter", where=place, what=what, cure=mend, section="PS3.5 §7.5"
                )
            if len(raw) - offset >= 8:
                what = _("byte {offset}: {reason}", offset=offset, reason=_reason(stopped))
                return _broken(what, self.path(last))
        inside = {e.tag for e in (last, *self._owners(last))}
        fault = "truncated"
        if PIXEL_DATA in inside:
            fault = "truncated_pixels" if last.kind == "element" else "truncated_fragments"
        what = _("the file ends at byte {size}, in the middle of it", size=len(raw))
        if cut:
            left = len(raw) - last.value_offset
            what = _("the file ends after {left} of its {length} bytes, at byte {size}",
                     left=left, length=last.length, size=len(raw))  # fmt: skip
        section = "PS3.5 §8.1.1" if fault == "truncated_pixels" else "PS3.5 §7.1"
        section = "PS3.5 §A.4" if fault == "truncated_fragments" else section
        return Diagnosis(fault=fault, where=self.path(last), what=what, cure=cure, section=section)

    def _lacks_delimiter(self, owner: Any, offset: int) -> bool:
        if offset >= len(self.map.raw):
            return True
        tag = _tag(self.map.raw[offset : offset + 4], self.map.little_endian)
        if owner.kind == "item":
            return tag in (0xFFFEE000, 0xFFFEE0DD)
        return tag >> 16 != 0xFFFE and tag > owner.tag

    # ---- pixels, lengths, UIDs, text

    def _pixels(self) -> Iterator[Diagnosis]:
        pixels = self.pixels
        if pixels is None or pixels.length is not None:
            return
        if pixels.VR == "OW" and pixels.explicit:
            yield Diagnosis(
                fault="compressed_ow", where="PixelData", section="PS3.5 §A.4",
                tag=pixels.tag, what=_("encapsulated, but of VR OW"),
                cure=_("set ds[\"PixelData\"].VR = \"OB\" and save"),
            )  # fmt: skip
        end = _scan_end(_first_frame(self.map.raw[pixels.value_offset :][: 2**16]))
        if end is not None and end != 63:
            yield Diagnosis(
                fault="jpeg_scan_header", where="PixelData", tag=pixels.tag,
                section="ITU-T T.81 B.2.3",
                what=_("the scan header of the first frame ends spectral selection at {end}, not "
                       "at 63", end=end),
                cure=_("set that byte to 63: the coefficients are all there"),
            )  # fmt: skip

    def _odd(self) -> Iterator[Diagnosis]:
        odd = [each for each in self.elements if each.length and each.length % 2]
        if odd:
            places = ", ".join(map(self.path, odd[:MOST_PLACES]))
            what = ngettext(
                "{count} value has an odd number of bytes: {places}",
                "{count} values have an odd number of bytes: {places}",
                len(odd), places=places,
            )  # fmt: skip
            yield Diagnosis(
                fault="odd_length", where=self.path(odd[0]), what=what, tag=odd[0].tag,
                cure=_("read and save it with pydicom, which pads"), section="PS3.5 §7.1.1",
            )  # fmt: skip

    def _uids(self) -> Iterator[Diagnosis]:
        invented: dict[str, str] = {}
        for each in (*self.whole.elements, *(self.elements if self.whole.inflated else ())):
            if each.VR != "UI":
                continue
            if not each.length and each.depth and each.tag in _REFERENCES:
                yield Diagnosis(
                    fault="emptied_uid", where=self.path(each), section="PS3.3 §10.8",
                    tag=each.tag, what=_("it is empty, and Type 1"),
                    cure=_("replace UIDs, the same old one by the same new one everywhere; or "
                           "remove the item"),
                )  # fmt: skip
            raw = self.raw if self.whole.inflated is None else self.map.raw
            for uid in raw[each.value_offset : each.end].decode("latin-1").split("\\"):
                if _is_invented(uid):
                    invented.setdefault(uid, self.path(each))
        for uid, place in list(invented.items())[:MOST_PLACES]:
            yield Diagnosis(
                fault="invented_uid", where=place, section="PS3.5 §9",
                what=_("{uid} begins with an arc that nobody has registered", uid=short(uid)),
                cure=_("replace it by generate_uid(), the same old one by the same new one in all "
                       "files"),
            )  # fmt: skip

    def _text(self) -> Iterator[Diagnosis]:
        for each in self.elements:
            if each.VR not in _TEXT or each.length is None or each.length > 2**16:
                continue
            stored = self.map.raw[each.value_offset : each.end]
            letters = re.sub(rb"[\s^=\\.,-]", b"", stored)
            if _QUESTION.search(stored) and letters.count(b"?") * 2 >= len(letters):
                yield Diagnosis(
                    fault="text_lost", where=self.path(each), tag=each.tag, section="PS3.5 §6.1",
                    what=_("{value} holds question marks where letters were",
                           value=short(stored.decode("latin-1"))),
                    cure=_("the letters are gone from this file: ask whoever sent it, or take them "
                           "from another instance of the study"),
                )  # fmt: skip

    # ---- names

    def path(self, element: Any) -> str:
        """Return keywords down to an element of the map."""
        names: list[str] = []
        for each in (element, *self._owners(element)):
            if each.kind == "item":
                names.append(f"[{each.number}]")
            elif each.kind == "element":
                names.append(
                    keyword_for_tag(each.tag) or f"{each.tag >> 16:04X},{each.tag & 0xFFFF:04X}"
                )
        text = ""
        for name in reversed(names):
            text += name if name.startswith("[") or not text else f".{name}"
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


def _labelled(named: str, used: str) -> Diagnosis:
    return Diagnosis(
        fault="wrong_transfer_syntax", where="file_meta.TransferSyntaxUID", section="PS3.5 §10",
        tag=BaseTag(0x00020010),
        what=_("it names {named}, but the bytes are {used}", named=named, used=used),
        cure=_("set it to what the bytes are: change the label, never the bytes"),
    )  # fmt: skip


def _encoded(explicit: bool, little_endian: bool) -> str:
    order = "Little" if little_endian else "Big"
    return f"{'Explicit' if explicit else 'Implicit'} VR {order} Endian"


def _first_frame(body: bytes) -> bytes:
    """Return the beginning of the first fragment of encapsulated pixels."""
    if body[:4] != _ITEM or len(body) < 8:
        return b""
    behind = 8 + int.from_bytes(body[4:8], "little")
    return body[behind + 8 :]


def _scan_end(coded: bytes) -> int | None:
    """Return the end of spectral selection of a sequential JPEG; None of anything else."""
    if coded[:3] != b"\xff\xd8\xff":
        return None
    sequential, place = False, 2
    while place + 4 <= len(coded) and coded[place] == 0xFF:
        code = coded[place + 1]
        (length,) = struct.unpack_from(">H", coded, place + 2)
        if code in (0xC0, 0xC1):
            sequential = True
        elif code == 0xDA:
            end = place + 2 + length
            return coded[end - 2] if sequential and end <= len(coded) else None
        place += 2 + length
    return None


def _is_invented(uid: str) -> bool:
    arcs = uid.strip(" \0").split(".")
    if len(arcs) < 2 or arcs[0] != "2" or not all(arc.isascii() and arc.isdigit() for arc in arcs):
        return False
    if arcs[1] == "25":
        return len(arcs) > 2 and (len(arcs[2]) > 39 or int(arcs[2]) >= 2**128)
    return len(arcs[1]) > 4 or int(arcs[1]) >= LARGEST_ARC


def _twins(raw: bytes) -> Iterator[Diagnosis]:
    preamble = raw[:128]
    kind = next((_(name) for start, name in _TWINS if preamble.startswith(start)), "")
    tiff = {b"II*\0": "<", b"MM\0*": ">"}.get(preamble[:4])
    if tiff:
        (at,) = struct.unpack_from(f"{tiff}I", preamble, 4)
        entries = int.from_bytes(raw[at : at + 2], "little" if tiff == "<" else "big")
        # what many scanners left there points nowhere
        if 8 <= at < len(raw) - 2 and 0 < entries < 100 and at + 2 + 12 * entries <= len(raw):
            kind = _("a TIFF picture")
    if kind:
        yield Diagnosis(
            fault="preamble_twin", where="", section="PS3.10 §7.1",
            what=_("its preamble is the beginning of {kind}: other programs see that", kind=kind),
            cure=_("look at both; ds.preamble = bytes(128) before saving leaves one"),
        )  # fmt: skip
