"""Names, values and paths of elements: what people read of a map."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import (
    dictionary_description,
    private_dictionary_description,
    tag_for_keyword,
)
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, STR_VR, TEXT_VR_DELIMS
from pydicom.values import converters

from dicom_lessons.structure.element import Element
from dicom_lessons.structure.file_map import FileMap
from dicom_lessons.text import _, short

NUMBERS = {str(VR): known[1] for VR, known in converters.items() if isinstance(known, tuple)}
NUMBERS |= {"AT": "HH", "US or SS": ""}
_LUT_DESCRIPTORS = {*range(0x00281101, 0x00281104), *range(0x00281111, 0x00281114), 0x00283002}


def name_of(file_map: FileMap, element: Element) -> str:
    """Return an element's name from pydicom's dictionaries, in English as in PS3.6.

    A private element (PS3.5 §7.8.1) is looked up by its private creator.

    >>> from dicom_lessons.structure.file_map import map_file
    >>> ct = map_file("CT_small")
    >>> name_of(ct, find_element(ct, "0010,0010"))
    "Patient's Name"
    """
    tag = element.tag
    if tag.is_private and tag.element != 0:
        if tag.is_private_creator:
            return "Private Creator"
        try:
            creator = _stored_text(file_map, element.owner, tag.group << 16 | tag.element >> 8)
            return private_dictionary_description(tag, creator or "")
        except (KeyError, ValueError):
            return "Private"
    if element.kind == "fragment":
        return "Fragment"
    if element.kind == "basic offset table":
        return "Basic Offset Table"
    try:
        return dictionary_description(tag)
    except KeyError:
        return "Group Length" if tag.element == 0 else "Unknown"


def _stored_text(file_map: FileMap, owner: int | None, tag: int) -> str | None:
    element = file_map.child(owner, tag)
    if element is None:
        return None
    return file_map.raw[element.value_offset : element.end].decode("latin-1").strip(" \0")


def value_of(file_map: FileMap, element: Element, longest: int = 64) -> str:
    """Return an element's value as text of at most ``longest`` characters.

    Numbers are decoded by their VR, text by (0008,0005) Specific Character Set, everything else
    is shown as bytes in hexadecimal. Values are shown as they are stored, padding removed.

    >>> from dicom_lessons.structure.file_map import map_file
    >>> ct = map_file("CT_small")
    >>> value_of(ct, find_element(ct, "PatientName"))
    'CompressedSamples^CT1'
    """
    if element.nested or element.end == element.value_offset:
        return ""
    enough = min(element.end, element.value_offset + 8 * longest)
    stored = file_map.raw[element.value_offset : enough]
    VR = element.VR or "OB"
    if VR in NUMBERS:
        code = NUMBERS[VR] or _code_of_ambiguous(file_map, element)
        text = _numbers(stored, code, _is_little_endian(file_map, element))
    elif VR in STR_VR:
        text = _text(stored, VR, _character_set(file_map, element))
    else:
        text = stored[: longest // 2].hex(" ")
    text = "".join(letter if letter.isprintable() else "·" for letter in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _is_little_endian(file_map: FileMap, element: Element) -> bool:
    """Say how numbers are stored; group 0002 and what UN encloses is little endian everywhere."""
    if file_map.little_endian or element.tag.group == 2:
        return True
    return any(owner.VR == "UN" for owner in _owners(file_map, element))


def _owners(file_map: FileMap, element: Element) -> Iterator[Element]:
    while element.owner is not None:
        element = file_map.elements[element.owner]
        yield element


def _code_of_ambiguous(file_map: FileMap, element: Element) -> str:
    """Return how numbers are stored that are US or SS as the nearest Pixel Representation says.

    Of the descriptor of a lookup table, the number of entries and the bits of an entry are never
    negative (PS3.3 C.11.1.1).
    """
    places = (element.owner, *(owner.owner for owner in _owners(file_map, element)))
    told = next(filter(None, (file_map.child(place, 0x00280103) for place in places)), None)
    if told is None or file_map.raw[told.value_offset : told.end].strip(b"\0") != b"\1":
        return "H"
    return "HhH" if element.tag in _LUT_DESCRIPTORS else "h"


def _numbers(stored: bytes, code: str, little_endian: bool) -> str:
    form = struct.Struct(("<" if little_endian else ">") + code)
    whole = len(stored) - len(stored) % form.size
    values = form.iter_unpack(stored[:whole])
    if code == "HH":
        return "\\".join(f"({group:04X},{element:04X})" for group, element in values)
    flat = (value for each in values for value in each)
    return "\\".join(f"{value:.9g}" if code in "fd" else f"{value}" for value in flat)


def _text(stored: bytes, VR: str, character_set: str) -> str:
    stored = stored.rstrip(b" \0")
    if VR not in CUSTOMIZABLE_CHARSET_VR or not character_set:
        return stored.decode("latin-1")
    with warnings.catch_warnings(action="ignore"):
        try:
            encodings = convert_encodings(character_set.split("\\"))
            return decode_bytes(stored, encodings, TEXT_VR_DELIMS)
        except (LookupError, ValueError):
            return stored.decode("latin-1")


def _character_set(file_map: FileMap, element: Element) -> str:
    owner = element.owner
    stored = _stored_text(file_map, owner, 0x00080005)
    while stored is None and owner is not None:
        owner = file_map.elements[owner].owner
        stored = _stored_text(file_map, owner, 0x00080005)
    return stored or ""


def length_of_meta(file_map: FileMap) -> int | None:
    """Return how many bytes of group 0002 follow (0002,0000), if it is there (PS3.10 §7.1)."""
    first = file_map.child(None, 0x00020000)
    if first is None:
        return None
    return max(each.end for each in file_map.children(None) if each.tag.group == 2) - first.end


def path_of(file_map: FileMap, element: Element) -> str:
    """Return where an element stands, with the number of each item that encloses it.

    >>> from dicom_lessons.structure.file_map import map_file
    >>> plan = map_file("rtplan")
    >>> path_of(plan, find_element(plan, "BeamSequence[0].BeamName"))
    '300A,00B0[0].300A,00C2'
    """
    steps: list[str] = []
    step: Element | None = element
    while step is not None:
        steps.insert(0, _step(step))
        step = None if step.owner is None else file_map.elements[step.owner]
    return "".join(steps)


def _step(element: Element) -> str:
    if element.kind == "basic offset table":
        return "[table]"
    if element.number is not None:
        return f"[{element.number}]"
    dot = "." if element.depth else ""
    return f"{dot}{element.tag.group:04X},{element.tag.element:04X}"


def find_element(file_map: FileMap, path: str) -> Element:
    """Find an element by tag or keyword, and by the numbers of the items that enclose it.

    Parameters
    ----------
    file_map : FileMap
        Where to look.
    path : str
        ``"0010,0010"``, ``"(0010,0010)"``, ``"00100010"`` or ``"PatientName"``; within a sequence
        ``"BeamSequence[0].BeamName"``; an item or a fragment ``"7FE0,0010[0]"``.

    Raises
    ------
    KeyError
        If there is none.
    """
    element: Element | None = None
    for step in re.findall(r"\[\w+\]|[^.\[\]]+", path):
        owner = None if element is None else element.index
        if step.startswith("["):
            element = next((e for e in file_map.children(owner) if _step(e) == step), None)
        else:
            element = file_map.child(owner, _tag(step))
        if element is None:
            break
    if element is None:
        raise KeyError(
            _(
                "{name} has no element {path}. Write a tag as '0010,0010', a nested one as "
                "'300A,00B0[0].300A,00C2'.",
                name=file_map.name,
                path=short(path),
            )
        )
    return element


def _tag(step: str) -> int:
    digits = re.fullmatch(r"\(?([0-9A-Fa-f]{4})\s*,?\s*([0-9A-Fa-f]{4})\)?", step.strip())
    return int(digits[1] + digits[2], 16) if digits else tag_for_keyword(step.strip()) or 0
