"""What the beginning of a file says of the rest, and whether it is so: preamble, prefix, label."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress

from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicom_lessons import reading
from dicom_lessons.clinic.faults import Diagnosis
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.pixels import codestream
from dicom_lessons.structure import guess_encoding
from dicom_lessons.text import N_, _, short

_STANDARD = "1.2.840.10008."
_GE = "1.2.840.113619.5.2"
"""Known to be private, and what it seems: its pixels are in big endian, the rest is not."""
_ITEM_BYTES = b"\xfe\xff\x00\xe0"
_RLE, _HTJ2K = -1, 0x150
_NAMES = {
    0xC0: "JPEG Baseline", 0xC1: "JPEG Extended", 0xC3: "JPEG Lossless", 0xF7: "JPEG-LS",
    0x51: "JPEG 2000", _HTJ2K: "High-Throughput JPEG 2000", _RLE: "RLE",
}  # fmt: skip
# which of these a transfer syntax may hold; those of others say nothing
_PROCESSES: dict[str, tuple[int, ...]] = {
    "1.2.840.10008.1.2.5": (_RLE,),
    **{
        f"1.2.840.10008.1.2.4.{number}": known
        for numbers, known in (
            ((50,), (0xC0,)), ((51,), (0xC0, 0xC1)), ((57, 70), (0xC3,)), ((80, 81), (0xF7,)),
            ((90, 91), (0x51,)), ((201, 202, 203), (_HTJ2K,)), (range(100, 109), ()),
        )
        for number in numbers
    },
}  # fmt: skip
_TWINS = (
    (rb"MZ", N_("a program of Windows")),
    (rb"\x7fELF", N_("a program of Linux")),
    (rb"[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe", N_("a program of macOS")),
    (rb"#!|(?i:@echo|<\?php)", N_("a script")),
    (rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b\x08", N_("an archive")),
    (rb".*%PDF|%!PS", N_("a PDF")),
    (rb"(?i:\s*<(?:!doctype|html|script|\?xml|svg))", N_("a web page")),
    (rb"\x89PNG|GIF8|\xff\xd8\xff", N_("a picture of another format")),
)


def judge_labels(inside: Inside) -> Iterator[Diagnosis]:
    """Yield what is wrong with the beginning: no file meta information, a false label, a twin."""
    whole = inside.whole
    if whole.parts[:1] and whole.parts[0].kind == "preamble":
        yield from _twins(inside.raw)
    elif inside.start:
        yield Diagnosis(
            fault="no_file_meta", section="PS3.10 §7.1",
            what=_("group 0002 is there, but no preamble and no prefix DICM stand before it"),
            cure=_("put 128 zeros and DICM in front"),
        )  # fmt: skip
    else:
        kind = _encoded(inside.map.explicit, inside.map.little_endian)
        yield Diagnosis(
            fault="no_file_meta", section="PS3.10 §7.1",
            what=_("no preamble, no prefix DICM, no group 0002: the data set begins at byte 0, "
                   "in {kind}", kind=kind),
            cure=_("read it with force=True, set file_meta.TransferSyntaxUID to {kind}, and "
                   "save with enforce_file_format=True", kind=kind),
        )  # fmt: skip
    yield from _transfer_syntax(inside)


def _transfer_syntax(inside: Inside) -> Iterator[Diagnosis]:
    syntax, named = inside.syntax, short(inside.syntax.name)
    if not syntax or inside.start >= len(inside.raw):
        return
    used = _used(inside)
    if not syntax.is_transfer_syntax:
        if syntax.startswith(_STANDARD):
            yield _labelled(_("{named}, which is no transfer syntax", named=named), used or "?")
        elif really := _betrayed(inside, used):
            named = _("{named}, which is private or unknown", named=named)
            yield _labelled(named, really)
        return
    if used and not _fits(inside, used):
        yield _labelled(named, used)
    elif inside.pixels is not None:
        start = inside.pixels.value_offset
        is_coded = inside.map.raw[start : start + 4] == _ITEM_BYTES
        process = _process(inside.frames[0]) if inside.frames else None
        if syntax.is_encapsulated != is_coded:
            yield _labelled(named, _coded(process) if is_coded else _("native pixels"))
        elif process in _NAMES and process not in _PROCESSES.get(syntax, _NAMES):
            yield _labelled(named, _NAMES[process])


def _process(frame: bytes) -> int | None:
    """Return what a compressed frame is by its first bytes: a key of the names above, or None."""
    found = codestream.parse(frame)
    if found is None:
        count, first = struct.unpack_from("<2L", frame) if len(frame) >= 64 else (0, 0)
        return _RLE if first == 64 and 1 <= count <= 15 else None
    if found.process != 0x51:
        return found.process
    size = 4 + int.from_bytes(found.data[4:6], "big")  # SIZ, then the capabilities of part 15
    return _HTJ2K if found.data[size : size + 2] == b"\xff\x50" else 0x51


def _used(inside: Inside) -> str:
    """Return the name of the encoding that the first header shows; empty if it shows none."""
    behind = inside.raw[inside.start :]
    if found := guess_encoding(behind):
        return _encoded(*found)
    with suppress(reading.ReadingError):
        data, _size = reading.inflate(behind)
        if guess_encoding(data):
            return DeflatedExplicitVRLittleEndian.name
    return ""


def _betrayed(inside: Inside, used: str) -> str:
    """Return what lies under a UID that nobody knows, if the pixels show it; otherwise nothing."""
    pixels = inside.pixels
    if not used or inside.syntax == _GE:
        return ""
    if used == DeflatedExplicitVRLittleEndian.name:
        return used
    if pixels is None or pixels.length is not None:
        return used if inside.is_complete else ""
    process = _process(inside.frames[0]) if inside.frames else None
    return _coded(process) if process in _NAMES else ""


def _coded(process: int | None) -> str:
    return _("compressed pixels: {process}", process=_NAMES.get(process or 0, "JPEG"))


def _fits(inside: Inside, used: str) -> bool:
    syntax = inside.syntax
    if syntax.is_deflated or used == DeflatedExplicitVRLittleEndian.name:
        return bool(syntax.is_deflated) == (used == DeflatedExplicitVRLittleEndian.name)
    return used == _encoded(not syntax.is_implicit_VR, syntax.is_little_endian)


def _encoded(explicit: bool, little_endian: bool) -> str:
    order = "Little" if little_endian else "Big"
    return f"{'Explicit' if explicit else 'Implicit'} VR {order} Endian"


def _labelled(named: str, used: str) -> Diagnosis:
    return Diagnosis(
        fault="wrong_transfer_syntax", where="file_meta.TransferSyntaxUID", section="PS3.5 §10",
        tag=BaseTag(0x00020010),
        what=_("it names {named}, but the bytes are {used}", named=named, used=used),
        cure=_("set it to what the bytes are: change the label, never the bytes"),
    )  # fmt: skip


def _twins(raw: bytes) -> Iterator[Diagnosis]:
    preamble = raw[:128]
    if not preamble.strip(b"\0"):
        return
    kind = next((_(name) for start, name in _TWINS if re.match(start, preamble, re.S)), "")
    for start, order, size, width in (
        (b"II*\0", "<", "L", "H"), (b"MM\0*", ">", "L", "H"),
        (b"II+\0\x08\0\0\0", "<", "Q", "Q"), (b"MM\0+\0\x08\0\0", ">", "Q", "Q"),
    ):  # fmt: skip
        if not preamble.startswith(start):
            continue
        (at,) = struct.unpack_from(order + size, preamble, 4 if size == "L" else 8)
        entries = 0
        if 8 <= at <= len(raw) - struct.calcsize(width):
            (entries,) = struct.unpack_from(order + width, raw, at)
        # what many scanners left there points nowhere
        if 0 < entries < 100 and at + 12 * entries <= len(raw):
            kind = _("a TIFF picture")
    if kind:
        yield Diagnosis(
            fault="preamble_twin", section="PS3.10 §7.1",
            what=_("its preamble is the beginning of {kind}: other programs see that", kind=kind),
            cure=_("look at both; ds.preamble = bytes(128) before saving leaves one"),
        )  # fmt: skip
