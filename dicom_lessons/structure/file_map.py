"""The map of a file: what each of its bytes is."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

from pydicom.datadict import dictionary_has_tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian
from pydicom.valuerep import STANDARD_VR

from dicom_lessons import reading
from dicom_lessons.structure.element import (
    Element,
    Header,
    LimitError,
    Region,
    StructureError,
    decode_header,
)
from dicom_lessons.structure.walk import Walk
from dicom_lessons.text import N_, _

_ITEM, _BIG_ITEM = b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"
_FIRST = 0x0003FFFF
"""The tag behind which a data set may begin: a DICOMDIR has group 0004."""
_MOST_UNKNOWN = 1000
"""Headers that are looked at to find known ones."""
_ENOUGH = 2
"""Known elements in a row, behind those that are not, which are no accident."""


@dataclass(frozen=True)
class FileMap:
    """The map of a file, or of a data set inflated from one.

    Attributes
    ----------
    name : str
        Of the file.
    raw : bytes
        What is mapped.
    elements : tuple of Element
        In the order of the file, those of group 0002 first.
    parts : tuple of Region
        What belongs to no element, in order: preamble, prefix, deflated, padding, unread.
    transfer_syntax : str
        UID from (0002,0010); empty if the file does not say.
    explicit, little_endian : bool
        How the data set is encoded.
    stopped : StructureError or None
        Why the rest is "unread", in one sentence that names file, byte and cure; None if every
        byte is understood.
    inflated : FileMap or None
        Of a deflated data set, its map after inflation; its offsets begin at 0.
    """

    name: str
    raw: bytes = field(repr=False)
    elements: tuple[Element, ...] = field(repr=False)
    parts: tuple[Region, ...] = field(repr=False)
    transfer_syntax: str
    explicit: bool
    little_endian: bool
    stopped: StructureError | None = None
    inflated: FileMap | None = field(default=None, repr=False)

    def regions_between(self, start: int, stop: int) -> Iterator[Region]:
        """Yield in order the regions that bytes ``start`` to ``stop - 1`` lie in.

        Those of all bytes cover the file without gap or overlap.
        """
        place = attrgetter("offset")
        first = max(bisect_right(self.elements, start, key=place) - 1, 0)
        last = bisect_right(self.elements, stop - 1, key=place)
        found = [region for element in self.elements[first:last] for region in element.regions]
        found = [r for r in (*found, *self.parts) if r.offset < stop and start < r.end]
        yield from sorted(found, key=lambda region: region.offset)

    def children(self, owner: int | None) -> list[Element]:
        """Return the elements that an item or a sequence encloses; ``None``: the outermost ones."""
        return [element for element in self.elements if element.owner == owner]

    def child(self, owner: int | None, tag: int) -> Element | None:
        """Return the first element of a tag that an item encloses; ``None``: of the outermost."""
        return self._tags.get((owner, tag))

    @cached_property
    def _tags(self) -> dict[tuple[int | None, int], Element]:
        return {(element.owner, element.tag): element for element in reversed(self.elements)}


def map_file(source: str | os.PathLike[str] | bytes) -> FileMap:
    """Map a file.

    Parameters
    ----------
    source : str, path or bytes
        Name of a sample, path of a file, or its bytes.

    Returns
    -------
    FileMap
        Of all the file; where it cannot be understood to its end, ``stopped`` says why.

    Raises
    ------
    LookupError, OSError
        If there is no such sample or file.
    ReadingError
        If it is too large, or no file; as StructureError if it is not DICOM at all.

    Examples
    --------
    >>> ct = map_file("CT_small")
    >>> [(region.kind, region.offset, region.length) for region in ct.regions_between(0, 136)]
    [('preamble', 0, 128), ('prefix', 128, 4), ('tag', 132, 4)]
    >>> ct.elements[0].tag, ct.elements[0].VR, ct.elements[0].length
    ((0002,0000), 'UL', 4)
    """
    if not isinstance(source, bytes):
        source = reading.path_of(source)
    return map_bytes(reading.read_bytes(source), reading.name_of(source))


def map_bytes(raw: bytes, name: str = "raw") -> FileMap:
    """Map the bytes of a file; see :func:`map_file`.

    Raises
    ------
    StructureError
        If they are not DICOM at all, or too many.

    Examples
    --------
    >>> map_bytes(bytes.fromhex("08000500 4353 0a00") + b"ISO_IR 100").elements[0].VR
    'CS'
    """
    try:
        reading.read_bytes(raw)
    except reading.ReadingError as error:
        raise StructureError(str(error)) from None
    parts = []
    if raw[128:132] == b"DICM" and not _has_dicm_by_chance(raw):
        parts = [Region("preamble", 0, 128), Region("prefix", 128, 4)]
    elif raw[:2] != b"\2\0" and guess_encoding(raw) is None:
        raise StructureError(_refusal(raw, name))
    walk = Walk(raw)
    syntax, explicit, little_endian = "", True, True
    stopped, inflated = None, None
    try:
        offset = walk.run(132 if parts else 0, explicit=True, only_group=0x0002)
        syntax = _transfer_syntax(raw, walk.elements)
        if syntax == DeflatedExplicitVRLittleEndian:
            try:
                data, size = reading.inflate(raw[offset:])
            except reading.ReadingError as error:
                raise StructureError(str(error), offset) from None
            end = offset + size
            parts.append(Region("deflated", offset, size))
            inflated = _map_data_set(data, name, syntax)
            if raw[end:].strip(b"\0"):
                raise StructureError(_("bytes follow the end of the deflated data set"), end)
            parts.append(Region("padding", end, len(raw) - end))
        else:
            explicit, little_endian = _encoding(raw, offset, syntax)
            walk.run(offset, explicit, little_endian)
    except StructureError as error:
        stopped = _stop(walk, error, name)
        parts.append(Region("unread", error.offset, len(raw) - error.offset))
    elements, filled = tuple(walk.elements), tuple(part for part in parts if part.length)
    return FileMap(name, raw, elements, filled, syntax, explicit, little_endian, stopped, inflated)


def _refusal(raw: bytes, name: str) -> str:
    found = raw[128:132]
    for offset in range(1, 128):
        guess = guess_encoding(raw, offset)
        if guess is not None and guess[0]:
            return _(
                "{name} is not DICOM: bytes 128 to 131 hold {found} instead of b'DICM'. A data set "
                "seems to begin at byte {offset}: map the bytes from there.",
                name=name,
                found=found,
                offset=offset,
            )
    return _(
        "{name} is not DICOM: bytes 128 to 131 hold {found} instead of b'DICM', and no data set "
        "begins at byte 0. Check that this is the file that you meant.",
        name=name,
        found=found,
    )


def _has_dicm_by_chance(raw: bytes) -> bool:
    """Say whether a data set begins at byte 0 and none behind what looks like a prefix."""
    behind = raw[132:134] == b"\2\0" or guess_encoding(raw, 132) is not None
    return not behind and len(raw) > 132 and guess_encoding(raw) is not None


def guess_encoding(raw: bytes, offset: int = 0) -> tuple[bool, bool] | None:
    """Say how a data set without file meta information is encoded.

    Tried in turn: explicit VR in little and in big endian, implicit VR. One fits if the first
    header has a tag (and a VR) of the dictionary, its value ends in the file, and the next tag is
    greater. If none does, one fits in which elements that no dictionary knows lead to known ones.

    Returns
    -------
    tuple of bool, or None
        (explicit VR?, little endian?); None if nothing fits.
    """
    ways = ((True, True), (True, False), (False, True))
    for explicit, little_endian in ways:
        try:
            first = decode_header(raw, offset, explicit, little_endian)
            if (first.VR in STANDARD_VR) != explicit or not _is_known(first):
                continue
            following = first.value_offset + (first.length or 0)
            if first.length is None or following == len(raw):
                return explicit, little_endian
            if decode_header(raw, following, explicit, little_endian).tag > first.tag:
                return explicit, little_endian
        except StructureError:
            continue
    return next((way for way in ways if _leads_on(raw, offset, *way)), None)


def _leads_on(raw: bytes, offset: int, explicit: bool, little_endian: bool) -> bool:
    """Say whether private or unknown elements come first, and others that are known behind them."""
    last, known = _FIRST, 0
    for _header in range(_MOST_UNKNOWN):
        if offset >= len(raw):
            break
        try:
            header = decode_header(raw, offset, explicit, little_endian)
        except StructureError:
            return False
        if header.tag <= last or (header.VR in STANDARD_VR) != explicit:
            return False
        known += dictionary_has_tag(header.tag)
        if known == _ENOUGH:
            return True
        offset = header.value_offset + (header.length or 0)
        if header.length is None:  # of a sequence, whose first item shows that it is one
            return raw[offset : offset + 4] == (_ITEM if little_endian else _BIG_ITEM)
        last = header.tag
    return known > 0 and offset == len(raw)


def _is_known(header: Header) -> bool:
    """Say whether a data set may begin so: by the length of a group, or what the dictionary has."""
    is_length = header.tag.element == 0 and header.length == 4
    return header.tag.group >= 8 and (is_length or dictionary_has_tag(header.tag))


def _transfer_syntax(raw: bytes, elements: list[Element]) -> str:
    for element in elements:
        if element.tag == 0x00020010:
            value = raw[element.value_offset : element.end]
            return value.decode("ascii", "replace").strip(" \0")
    return ""


def _encoding(raw: bytes, offset: int, syntax: str) -> tuple[bool, bool]:
    """Return (explicit VR?, little endian?) of the data set that begins at ``offset``."""
    if not syntax:
        return guess_encoding(raw, offset) or (False, True)
    letters = raw[offset + 4 : offset + 6]
    return letters.isalpha() and letters.isupper(), syntax != ExplicitVRBigEndian


def _map_data_set(data: bytes, name: str, syntax: str) -> FileMap:
    walk = Walk(data)
    stopped: StructureError | None = None
    parts: tuple[Region, ...] = ()
    try:
        walk.run(0, explicit=True)
    except StructureError as error:
        stopped = _stop(walk, error, _("{name}, inflated", name=name))
        parts = (Region("unread", error.offset, len(data) - error.offset),)
    return FileMap(name, data, tuple(walk.elements), parts, syntax, True, True, stopped)


def _stop(walk: Walk, error: StructureError, name: str) -> StructureError:
    walk.close_all(error.offset)
    sentence = N_(
        "{name}, byte {offset}: {reason}. Everything before this byte is mapped; if the file "
        "should go on, fetch it again and compare."
    )
    if isinstance(error, LimitError):
        sentence = N_(
            "{name}, byte {offset}: {reason}. Everything before this byte is mapped; the rest "
            "may well be in order."
        )
    return StructureError(_(sentence, name=name, offset=error.offset, reason=error), error.offset)
