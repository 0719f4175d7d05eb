"""Seeded mutations of a DICOM file: what a bad disk, a careless program or an enemy makes of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from random import Random

from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

from dicom_lessons.structure import StructureError, map_bytes
from dicom_lessons.structure.element import Element

Mutation = Callable[[bytes, Random], bytes]

LENGTHS = (0, 1, 2, 7, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
VRS = (*sorted(EXPLICIT_VR_LENGTH_16), *sorted(EXPLICIT_VR_LENGTH_32), "ZZ", "OX", "  ", "\0\0")
TEXTS = (
    *(b"", b" ", b"\0", b"-1", b"0", b"1", b"nan", b"inf", b"-inf", b"1e400", b"1e-400", b"0,5"),
    *(b"99999999999", b"-2147483649", b"1\\2\\3", b"\\", b"\\" * 300, b"1\\" * 2000, b"9" * 400),
    *(b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.5", b"1.2..3"),
    *(b"ISO_IR 192", b"ISO 2022 IR 87", b"ISO_IR 999", b"\\ISO 2022 IR 149", b"PALETTE COLOR"),
    *(b"RGB", b"YBR_FULL_422", b"MONOCHROME1", b"SIGMOID", b"\x1b[31m", b"\x1b$B\x1b(B", b"=^=^="),
    *("\u202egnp.\u2066".encode(), b"<script>alert(1)</script>", b"\xff\xfe\x80", b"20009999"),
)
NUMBERS = (0, 1, -1, 3, 8, 16, 32, 64, 255, 1 << 15, (1 << 16) - 1, (1 << 31) - 1, (1 << 32) - 1)
FRACTIONS = (0.0, -1.0, 1e-300, 1e300, float("nan"), float("inf"), -float("inf"))
DEPTHS = (1, 2, 5, 20, 70, 150, 400)
TELLING = (0x0002, 0x0008, 0x0028, 0x5200, 0x7FE0)  # groups that decide how all the rest is read


def mutate(raw: bytes, chance: Random) -> bytes:
    """Return a file changed in one to three ways."""
    for _turn in range(chance.choice((1, 1, 1, 2, 3))):
        raw = chance.choice(MUTATIONS)(raw, chance)
    return raw


@lru_cache(maxsize=16)
def _elements(raw: bytes) -> tuple[Element, ...]:
    try:
        return map_bytes(raw).elements
    except StructureError:
        return ()


def _element(raw: bytes, chance: Random) -> Element | None:
    every = _elements(raw)
    telling = [each for each in every if each.tag.group in TELLING]
    if telling and chance.random() < 0.6:
        return chance.choice(telling)
    return chance.choice(every) if every else None


def flip_bits(raw: bytes, chance: Random) -> bytes:
    changed, reach = bytearray(raw), chance.choice((400, 2000, len(raw)))
    for _bit in range(chance.choice((1, 2, 8, 40))):
        place = chance.randrange(max(min(len(raw), reach), 1))
        if place < len(raw):
            changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(raw: bytes, chance: Random) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def lose_bytes(raw: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(raw) + 1)
    return raw[:start] + raw[start + chance.choice((1, 2, 8, 100)) :]


def add_bytes(raw: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(raw) + 1)
    return raw[:start] + chance.randbytes(chance.choice((1, 2, 8, 100))) + raw[start:]


def lie_about_length(raw: bytes, chance: Random) -> bytes:
    element = _element(raw, chance)
    if element is None:
        return raw
    region = next(each for each in element.regions if each.kind == "length")
    told = (element.length or 0) + chance.choice((-2, -1, 1, 2, 8))
    number = chance.choice((*LENGTHS, told)) & (1 << 8 * region.length) - 1
    return raw[: region.offset] + number.to_bytes(region.length, "little") + raw[region.end :]


def swap_VR(raw: bytes, chance: Random) -> bytes:
    element = _element(raw, chance)
    if element is None or not element.explicit:
        return raw
    place = element.offset + 4
    return raw[:place] + chance.choice(VRS).encode() + raw[place + 2 :]


def repeat(raw: bytes, chance: Random) -> bytes:
    element = _element(raw, chance)
    if element is None:
        return raw
    again = raw[element.offset : element.end] * chance.choice((1, 1, 2, 50))
    return raw[: element.end] + again[: 1 << 20] + raw[element.end :]


def delete(raw: bytes, chance: Random) -> bytes:
    element = _element(raw, chance)
    return raw if element is None else raw[: element.offset] + raw[element.end :]


def absurd_value(raw: bytes, chance: Random) -> bytes:
    element = _element(raw, chance)
    if element is None or element.nested or element.kind != "element":
        return raw
    VR = element.VR or "UN"
    code = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d"}.get(VR)
    if code is None or chance.random() < 0.1:
        value = chance.choice(TEXTS)
    elif code in "fd":
        value = struct.pack("<d", chance.choice(FRACTIONS))[:: 1 if code == "d" else 2]
    else:
        size = struct.calcsize("<" + code)
        value = (chance.choice(NUMBERS) & (1 << 8 * size) - 1).to_bytes(size, "little")
    value *= chance.choice((1, 1, 1, 3))
    value += b" " * (len(value) % 2)
    written = header(element.tag, VR if element.explicit else "", len(value)) + value
    return raw[: element.offset] + written + raw[element.end :]


def header(tag: int, VR: str, length: int) -> bytes:
    """Return the header of a data element in little endian; without a VR, in implicit VR."""
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not VR:
        return start + struct.pack("<L", length)
    if VR in EXPLICIT_VR_LENGTH_32:
        return start + VR.encode() + struct.pack("<HL", 0, length)
    return start + VR.encode() + struct.pack("<H", min(length, 0xFFFF))


def wrap(raw: bytes, chance: Random) -> bytes:
    """Put an element into sequences in sequences."""
    element = _element(raw, chance)
    if element is None or element.kind != "element":
        return raw
    inside, undefined = raw[element.offset : element.end][: 1 << 16], chance.random() < 0.5
    item, VR = 0xFFFEE000, "SQ" if element.explicit else ""
    tag = chance.choice((0x00081140, 0x0040A730, 0x00082112, 0x00283010, 0x52009230))
    for _level in range(chance.choice(DEPTHS)):
        length = 0xFFFFFFFF if undefined else len(inside)
        inside = header(item, "", length) + inside
        inside += header(0xFFFEE00D, "", 0) if undefined else b""
        inside = header(tag, VR, 0xFFFFFFFF if undefined else len(inside)) + inside
        inside += header(0xFFFEE0DD, "", 0) if undefined else b""
    return raw[: element.offset] + inside + raw[element.end :]


def inside_deflated(raw: bytes, chance: Random) -> bytes:
    """Mutate a deflated data set and deflate it again; other files get their bits flipped."""
    try:
        found = map_bytes(raw)
    except StructureError:
        return flip_bits(raw, chance)
    part = next((each for each in found.parts if each.kind == "deflated"), None)
    if found.inflated is None or part is None:
        return flip_bits(raw, chance)
    inner = chance.choice(MUTATIONS[:-1])(found.inflated.raw, chance)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return raw[: part.offset] + packer.compress(inner) + packer.flush()


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    cut,
    lose_bytes,
    add_bytes,
    lie_about_length,
    lie_about_length,
    swap_VR,
    swap_VR,
    repeat,
    delete,
    absurd_value,
    absurd_value,
    absurd_value,
    absurd_value,
    wrap,
    inside_deflated,
)
