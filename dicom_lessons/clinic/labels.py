"""What the beginning of a file says of the rest, and whether it is so: preamble, prefix, label."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress

from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicom_lessons import reading
from dicom_lessons.clinic.faults import Diagnosis, diagnose
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.pixels import codestream
from dicom_lessons.structure import guess_encoding
from dicom_lessons.text import N_, _, short

_STANDARD, _DEFLATED = "1.2.840.10008.", DeflatedExplicitVRLittleEndian.name
_GE = "1.2.840.113619.5.2"
"""Known to be private, and no error: its pixels are in big endian, the rest is not."""
_RLE, _HTJ2K = -1, 0x150
_NAMES = {
    0xC0: "JPEG Baseline", 0xC1: "JPEG Extended", 0xC3: "JPEG Lossless", 0xF7: "JPEG-LS",
    0x51: "JPEG 2000", _HTJ2K: "High-Throughput JPEG 2000", _RLE: "RLE",
}  # fmt: skip
# which of these a transfer syntax may hold, by the end of its UID; those of others say nothing
_PROCESSES: dict[str, tuple[int, ...]] = {
    "5": (_RLE,), "4.50": (0xC0,), "4.51": (0xC0, 0xC1), "4.57": (0xC3,), "4.70": (0xC3,),
    "4.80": (0xF7,), "4.81": (0xF7,), "4.90": (0x51,), "4.91": (0x51,),
    "4.201": (_HTJ2K,), "4.202": (_HTJ2K,), "4.203": (_HTJ2K,),
    **{f"4.{film}": () for film in range(100, 109)},
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
# beginnings of TIFF: where it says at which byte its directory lies, and how that counts entries
_TIFF = {
    b"II*\0": ("<L", 4, "<H"), b"MM\0*": (">L", 4, ">H"),
    b"II+\0\x08\0\0\0": ("<Q", 8, "<Q"), b"MM\0+\0\x08\0\0": (">Q", 8, ">Q"),
}  # fmt: skip


def judge_labels(inside: Inside) -> Iterator[Diagnosis]:
    """Yield what is wrong with the beginning: no file meta information, a false label, a twin."""
    whole = inside.whole
    if whole.parts[:1] and whole.parts[0].kind == "preamble":
        if kind := _twin(inside.raw):
            what = _("its preamble is the beginning of {kind}: other programs see that", kind=kind)
            yield diagnose("preamble_twin", what)
    elif inside.start:
        what = _("group 0002 is there, but no preamble and no prefix DICM stand before it")
        yield diagnose("no_file_meta", what, cure=_("put 128 zeros and DICM in front"))
    else:
        kind = _encoded(inside.map.explicit, inside.map.little_endian)
        what = _("no preamble, no prefix DICM, no group 0002: the data set begins at byte 0, in "
                 "{kind}", kind=kind)  # fmt: skip
        yield diagnose("no_file_meta", what, kind=kind)
    if inside.syntax and inside.start < len(inside.raw):
        named, really = _names(inside)
        if really:
            what = _("it names {named}, but the bytes are {used}", named=named, used=really)
            yield diagnose("wrong_transfer_syntax", what)


def _names(inside: Inside) -> tuple[str, str]:
    """Return what the label names, and what the bytes are; of a label that fits, no more."""
    syntax, named, used = inside.syntax, short(inside.syntax.name), _used(inside)
    is_coded, process = inside.is_coded, _process(inside.frames[0]) if inside.frames else None
    coded = _("compressed pixels: {process}", process=_NAMES.get(process or 0, "JPEG"))
    if not syntax.is_transfer_syntax and syntax.startswith(_STANDARD):
        return _("{named}, which is no transfer syntax", named=named), used or "?"
    if not syntax.is_transfer_syntax:
        named = _("{named}, which is private or unknown", named=named)
        if not used or syntax == _GE or not syntax.isascii():
            return named, ""
        if is_coded:
            return named, coded if process in _NAMES else ""
        return named, used if inside.is_complete or used == _DEFLATED else ""
    told = _encoded(not syntax.is_implicit_VR, syntax.is_little_endian)
    if used and used != (_DEFLATED if syntax.is_deflated else told):
        return named, used
    if inside.pixels is not None and syntax.is_encapsulated != is_coded:
        return named, coded if is_coded else _("native pixels")
    known = _PROCESSES.get(syntax.removeprefix(f"{_STANDARD}1.2."), _NAMES)
    return named, _NAMES[process] if process in _NAMES and process not in known else ""


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
    """Return the name of the encoding that the first headers show; empty if they show none."""
    behind = inside.raw[inside.start :]
    if found := guess_encoding(behind):
        return _encoded(*found)
    with suppress(reading.ReadingError):
        if guess_encoding(reading.inflate(behind)[0]):
            return _DEFLATED
    return ""


def _encoded(explicit: bool, little_endian: bool) -> str:
    order = "Little" if little_endian else "Big"
    return f"{'Explicit' if explicit else 'Implicit'} VR {order} Endian"


def _twin(raw: bytes) -> str:
    """Return what else than DICOM begins in the preamble; empty if nothing does."""
    for start, (offset, place, count) in _TIFF.items():
        if not raw.startswith(start):
            continue
        (at,) = struct.unpack_from(offset, raw, place)
        entries = 0
        if 8 <= at <= len(raw) - struct.calcsize(count):
            (entries,) = struct.unpack_from(count, raw, at)
        # what many scanners left there points nowhere
        if 0 < entries < 100 and at + 12 * entries <= len(raw):
            return _("a TIFF picture")
    return next((_(name) for start, name in _TWINS if re.match(start, raw[:128], re.S)), "")
