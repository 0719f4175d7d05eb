"""One row per file: the columns of an index, and how the values of a data set come into them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pydicom import Dataset
from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from dicom_lessons import reading
from dicom_lessons.text import N_, _, short

ELEMENTS = (
    *("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"),
    *("Modality", "StudyDate", "StudyDescription", "SeriesDescription", "SeriesNumber"),
    *("InstanceNumber", "BodyPartExamined", "Manufacturer", "FrameOfReferenceUID"),
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated"),
    *("PhotometricInterpretation", "PixelSpacing", "ImagePositionPatient"),
    *("ImageOrientationPatient", "BurnedInAnnotation", "PatientIdentityRemoved"),
)
"""What every index holds; a person's name is not among them."""

PROBLEMS = {
    "not-dicom": N_("it is not DICOM"),
    "unreadable": N_("it cannot be read"),
    "dicomdir": N_("it is a DICOMDIR, a table of contents and no instance"),
    "link": N_("it is a link, which is not followed"),
    "no-file": N_("it is neither a file nor a folder"),
    "folder": N_("this folder cannot be opened"),
    "system": N_("the system does not give it"),
    "changed": N_("it changed while it was read"),
    "archive": N_("this zip archive cannot be opened"),
    "archive-inside": N_("it is a zip archive inside a zip archive"),
    "crash": N_("the process that read it died"),
}
"""Why a file has no elements in the index, by the code that stands in its row."""

_LONGEST = 4096
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})|\\\\")
_FUNCTIONAL_GROUPS, _PIXELS = 0x52000000, 0x7FE00008
"""Nothing that is asked for stands in the thousands of items of the one, or behind the other."""
_ALWAYS = (0x00080016, 0x00080018, 0x0020000D, 0x0020000E, 0x00280010)
"""UIDs that every instance has, and Rows, which most have."""
_DIRECTORY = "1.2.840.10008.1.3.10"
_FIRST_GROUPS = {b"\x02\0", b"\x08\0", b"\0\x08"}
_INTEGERS = {"IS", "US", "SS", "UL", "SL"}
_TEXTS = set(re.findall("..", "AEASCSDADTLOLTPNSHSTTMUCUIURUT"))
_NUMBERS = {"DS", "FD", "FL"}
_DECIMAL = {"DS", "IS"}
"""Numbers that are stored as text."""
_OWN: tuple[tuple[str, pa.DataType], ...] = (
    ("folder", pa.string()),
    ("path", pa.string()),
    ("member", pa.string()),
    ("bytes", pa.int64()),
    ("modified", pa.timestamp("us")),
    ("stamp", pa.uint64()),
    ("problem", pa.string()),
    ("detail", pa.string()),
    ("TransferSyntaxUID", pa.string()),
)


class CollectionError(ValueError):
    """Something that stops an index; the message says what, and what to do."""


@dataclass(frozen=True)
class Column:
    """An element that is a column: its tag and VR, its type in the table, and how it is read."""

    keyword: str
    tag: BaseTag
    vr: str
    kind: pa.DataType
    read: Callable[[Dataset, Column], Any]


class FoundFile(NamedTuple):
    """One file that a walk met, or one member of a zip archive."""

    path: str  # below the folder of the walk, as the system writes it
    size: int = 0  # bytes
    modified: int = 0  # nanoseconds since 1970
    member: str = ""  # its name, if ``path`` is a zip archive
    place: int = -1  # its number, -1 if there is no archive
    digest: int = 0  # its CRC
    problem: str = ""  # why it is not to be read; empty if it is
    detail: str = ""
    stamp: int = 0  # another one as soon as any of this changes, or other elements are asked for


def columns_of(keywords: Iterable[str] = ()) -> tuple[Column, ...]:
    """Return the columns of :data:`ELEMENTS` and of other elements by keyword.

    Raises
    ------
    CollectionError
        If a keyword is unknown, or names a sequence or bytes, which make no column.
    """
    every = [*ELEMENTS, *(each for each in keywords if each not in ELEMENTS)]
    return tuple(map(_column, dict.fromkeys(every)))


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the names and types of a table with these elements."""
    return pa.schema([*_OWN, *((each.keyword, each.kind) for each in columns)])


def values_of(source: Path | bytes, columns: Sequence[Column]) -> dict[str, Any]:
    """Return what a row says of a file, or of its bytes; nothing that it holds raises.

    Files without preamble count if they name their SOP class (PS3.10 §7.1).
    """
    tags: list[Any] = [each.tag for each in columns]
    start = source[:132] if isinstance(source, bytes) else start_of(source)
    if not begins_like_dicom(start):
        return {"problem": "not-dicom"}  # pydicom would take megabytes of zeros for elements
    try:
        dataset = _read_to(max(tags), source, tags)
        if not all(map(dataset.__contains__, _ALWAYS)):  # perhaps they are out of order
            dataset = _read_to(max(*tags, _FUNCTIONAL_GROUPS), source, tags)
    except (reading.ReadingError, LookupError) as error:
        code = "unreadable" if start[128:132] == b"DICM" else "not-dicom"
        return {"problem": code, "detail": short(error, 300)}
    meta = dataset.file_meta
    found = {each.keyword: each.read(dataset, each) for each in columns}
    uid = found["SOPClassUID"] or ""
    if str(reading.value(meta, "MediaStorageSOPClassUID", "")) == _DIRECTORY:
        return {"problem": "dicomdir"}
    if start[128:132] != b"DICM" and not (uid and set(uid) <= set("0123456789.")):
        return {"problem": "not-dicom"}
    if all(value is None for value in found.values()):
        return {"problem": "unreadable", "detail": _("none of its elements can be read")}
    syntax = reading.value(meta, "TransferSyntaxUID")
    return {**found, "TransferSyntaxUID": syntax and short(syntax)}


def _read_to(last: int, source: Path | bytes, tags: list[Any]) -> Dataset:
    is_before = min(last, _PIXELS - 1).__lt__  # of int: pydicom's tags compare slowly
    return reading.read(
        source, stop_when=lambda tag, _vr, _length: is_before(tag), specific_tags=tags
    )


def table_of(
    folder: str, rows: Sequence[tuple[FoundFile, Mapping[str, Any]]], columns: Sequence[Column]
) -> pa.Table:
    """Return rows as one table."""
    top = shown_path(folder)
    every = [
        {
            "folder": top,
            "path": shown_path(entry.path.replace(os.sep, "/")),
            "member": entry.member or None,
            "bytes": entry.size,
            "modified": entry.modified // 1000,
            "stamp": entry.stamp,
            **values,
        }
        for entry, values in rows
    ]
    return pa.Table.from_pylist(every, schema=schema_of(columns))


def shown_path(path: str) -> str:
    r"""Return a path as text that any table can hold: bytes that are no text become ``\xNN``."""
    if not any("\udc80" <= letter <= "\udcff" for letter in path):
        return path
    raw = path.replace("\\", "\\\\").encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def real_path(folder: str, path: str) -> str:
    r"""Return the path that :func:`shown_path` made text of.

    >>> import os
    >>> real_path("disk", "a.dcm") == os.path.join("disk", "a.dcm")
    True
    """
    plain = os.path.join(folder, path)  # noqa: PTH118 - a name may hold any bytes
    if os.path.lexists(plain) or "\\x" not in plain:
        return plain
    decoded = _ESCAPED.sub(
        lambda match: bytes.fromhex(match[1].decode()) if match[1] else b"\\", plain.encode()
    )
    return os.fsdecode(decoded)


def begins_like_dicom(start: bytes) -> bool:
    """Return whether the first 132 bytes may be those of an instance, with preamble or without."""
    return start[128:132] == b"DICM" or start[:2] in _FIRST_GROUPS


def start_of(path: Path) -> bytes:
    """Return the first 132 bytes of a file."""
    # what was a file when it was found may be a pipe by now, for which one would wait for ever
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:  # noqa: PTH123
        return file.read(132)


def _column(keyword: str) -> Column:
    tag = tag_for_keyword(keyword) if isinstance(keyword, str) and keyword else None
    if tag is None:
        raise CollectionError(
            _("{keyword!r} is no keyword of the dictionary (PS3.6).", keyword=short(keyword))
        )
    vr, many = dictionary_VR(tag).split()[0], dictionary_VM(tag) != "1"
    make = partial(Column, keyword, Tag(tag), vr)
    if vr in _TEXTS:
        return make(pa.string(), _text)
    if vr in _NUMBERS and many:
        return make(pa.list_(pa.float64()), _several)
    if vr in _NUMBERS:
        return make(pa.float64(), _number)
    if vr in _INTEGERS and not many:
        return make(pa.int64(), _integer)
    raise CollectionError(
        _("{keyword} cannot be a column: its values are no text and no numbers.", keyword=keyword)
    )


def _text(dataset: Dataset, column: Column) -> str | None:
    kept = dataset.get_item(column.tag)
    raw = kept.value if kept is not None and kept.is_raw else None
    # pure ASCII says the same in every character set; ESC begins another one (PS3.5 §6.1.2.5)
    if isinstance(raw, bytes) and raw.isascii() and b"\x1b" not in raw:
        return clean(raw[:_LONGEST].decode("ascii").strip(" \0")) or None
    several = _values(dataset, column)
    text = "\\".join("" if one is None else str(one) for one in several)
    return clean(text[:_LONGEST].strip(" \0")) or None


def _values(dataset: Dataset, column: Column) -> Sequence[Any]:
    found = reading.value(dataset, column.tag)
    return found if isinstance(found, MultiValue | list) else [found]


def clean(text: str) -> str:
    """Return a text that any table can hold."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _integer(dataset: Dataset, column: Column) -> int | None:
    number = _number(dataset, column)
    return int(number) if number is not None and abs(number) < 2**53 else None


def _number(dataset: Dataset, column: Column) -> float | None:
    return next(iter(_numbers(dataset, column)), None)


def _several(dataset: Dataset, column: Column) -> list[float] | None:
    numbers = _numbers(dataset, column)
    return None if None in numbers else numbers  # type: ignore[return-value]


def _numbers(dataset: Dataset, column: Column) -> list[float | None]:
    if column.vr in _DECIMAL:
        return [_float(one) for one in (_text(dataset, column) or "").split("\\")]
    return [_float(one) for one in _values(dataset, column)]


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None
