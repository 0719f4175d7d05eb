"""What breaks files: reading, writing and finding places without a word about faults."""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pydicom import FileDataset, dcmread, dcmwrite
from pydicom.datadict import tag_for_keyword
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from dicom_lessons import reading
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.text import _


class Unfit(ValueError):
    """A good file that does not allow a fault."""


def need(fits: object, otherwise: str) -> None:
    """Raise :class:`Unfit`, saying why, if a file does not allow a fault."""
    if not fits:
        raise Unfit(otherwise)


def opened(raw: bytes) -> FileDataset:
    """Read a file as pydicom does, without a word."""
    with warnings.catch_warnings(action="ignore"):
        return dcmread(BytesIO(raw), force=True)


def saved(dataset: FileDataset) -> bytes:
    """Write a data set in the encoding that it names."""
    syntax, file = dataset.file_meta.TransferSyntaxUID, BytesIO()
    with warnings.catch_warnings(action="ignore"):
        dcmwrite(file, dataset, force_encoding=True, implicit_vr=syntax.is_implicit_VR,
                 little_endian=syntax.is_little_endian)  # fmt: skip
    return file.getvalue()


def native(raw: bytes) -> FileDataset:
    """Return a data set in Explicit VR Little Endian, its pixels not compressed."""
    dataset = opened(raw)
    has_pixels = "PixelData" in dataset and "TransferSyntaxUID" in dataset.file_meta
    need(has_pixels, _("it has no pixels"))
    syntax = dataset.file_meta.TransferSyntaxUID
    need(syntax.is_little_endian, _("it is big endian"))
    with warnings.catch_warnings(action="ignore"):
        list(dataset.iterall())
        if syntax.is_encapsulated:
            _recoded(dataset.decompress)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def compressed(raw: bytes) -> bytes:
    """Return a file with compressed pixels: as it is, or in RLE."""
    if Inside(raw, "").syntax.is_encapsulated:
        return raw
    dataset = native(raw)
    with warnings.catch_warnings(action="ignore"):
        _recoded(dataset.compress, RLELossless)
    return saved(dataset)


def _recoded(change: Callable[..., None], *options: object) -> None:
    try:
        change(*options, generate_instance_uid=False)
    except Exception as error:  # whatever decoders and encoders raise
        raise Unfit(reading.reason_of(error)) from error


def renamed(raw: bytes, syntax: UID) -> bytes:
    """Return a file with another transfer syntax in its file meta information, and no more."""
    start = Inside(raw, "").start
    file_meta = opened(raw[:start]).file_meta
    need("TransferSyntaxUID" in file_meta, _("it names no transfer syntax"))
    file_meta.TransferSyntaxUID = syntax
    file = DicomBytesIO()
    write_file_meta_info(file, file_meta, enforce_standard=False)
    return raw[:132] + file.getvalue() + raw[start:]


def element(raw: bytes, tag: int | None = tag_for_keyword("PixelData")) -> Any:
    """Return where an element of the data set lies, the pixels if no other is named."""
    found = Inside(raw, "").top(tag)
    need(found, _("it has no pixels"))
    return found


def shortened(raw: bytes, inside: Inside, element: Any) -> bytes:
    """Take the last byte of a value away, and count it away in its length."""
    is_short = element.explicit and element.value_offset - element.offset == 8
    place = element.value_offset - (2 if is_short else 4)
    order = "<" if inside.map.little_endian or element.tag.group == 2 else ">"
    size = struct.pack(f"{order}{'H' if is_short else 'L'}", element.length - 1)
    return raw[:place] + size + raw[element.value_offset : element.end - 1] + raw[element.end :]


def number(text: str) -> int:
    """Return a large number that belongs to a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:30], 16) + 10**36
