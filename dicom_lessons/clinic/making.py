"""What breaks files: reading, writing and finding places without a word about faults."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

import numpy as np
from pydicom import FileDataset, dcmread, dcmwrite
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from dicom_lessons import reading
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.text import _


class Unfit(ValueError):
    """A good file that does not allow a fault."""


def changes(
    read: Callable[[bytes], FileDataset],
) -> Callable[[Callable[[FileDataset], None]], Callable[[bytes], bytes]]:
    """Make of a function that changes a data set one of the bytes of a file."""

    def decorated(change: Callable[[FileDataset], None]) -> Callable[[bytes], bytes]:
        @wraps(change)
        def broken(raw: bytes) -> bytes:
            dataset = read(raw)
            change(dataset)
            return saved(dataset)

        return broken

    return decorated


def opened(raw: bytes) -> FileDataset:
    """Read a file as pydicom does, without a word."""
    with warnings.catch_warnings(action="ignore"):
        return dcmread(BytesIO(raw), force=True)


def saved(dataset: FileDataset) -> bytes:
    """Write a data set in the encoding that it names."""
    file = BytesIO()
    with warnings.catch_warnings(action="ignore"):
        dcmwrite(file, dataset, force_encoding=True, **_encoding(dataset))
    return file.getvalue()


def _encoding(dataset: FileDataset) -> dict[str, bool]:
    syntax = dataset.file_meta.TransferSyntaxUID
    return {"implicit_vr": syntax.is_implicit_VR, "little_endian": syntax.is_little_endian}


def native(raw: bytes) -> FileDataset:
    """Return a data set in Explicit VR Little Endian, its pixels not compressed."""
    dataset = opened(raw)
    if "PixelData" not in dataset or "TransferSyntaxUID" not in dataset.file_meta:
        raise Unfit(_("it has no pixels"))
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_little_endian:
        raise Unfit(_("it is big endian"))
    with warnings.catch_warnings(action="ignore"):
        list(dataset.iterall())
        if syntax.is_encapsulated:
            try:
                dataset.decompress(generate_instance_uid=False)
            except Exception as error:  # whatever decoders raise
                raise Unfit(reading.reason_of(error)) from error
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def compressed(raw: bytes) -> bytes:
    """Return a file with compressed pixels: as it is, or in RLE."""
    if Inside(raw, "").syntax.is_encapsulated:
        return raw
    dataset = native(raw)
    with warnings.catch_warnings(action="ignore"):
        try:
            dataset.compress(RLELossless, generate_instance_uid=False)
        except Exception as error:  # whatever encoders raise
            raise Unfit(reading.reason_of(error)) from error
    return saved(dataset)


def renamed(raw: bytes, syntax: UID) -> bytes:
    """Return a file with another transfer syntax in its file meta information, and no more."""
    start = Inside(raw, "").start
    file_meta = opened(raw[:start]).file_meta
    if "TransferSyntaxUID" not in file_meta:
        raise Unfit(_("it names no transfer syntax"))
    file_meta.TransferSyntaxUID = syntax
    file = DicomBytesIO()
    write_file_meta_info(file, file_meta, enforce_standard=False)
    return raw[:132] + file.getvalue() + raw[start:]


def element(raw: bytes, tag: int | None) -> Any:
    """Return where an element of the data set lies; Unfit if it has none."""
    found = Inside(raw, "").top(tag)
    if found is None:
        raise Unfit(_("it has no pixels"))
    return found


def number(text: str) -> int:
    """Return a large number that belongs to a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:30], 16) + 10**36


def numbered(raw: bytes, number: int) -> bytes:
    """Give a slice an Instance Number."""
    dataset = opened(raw)
    dataset.InstanceNumber = number
    return saved(dataset)


def place(raw: bytes) -> float:
    """Return where a slice lies along its normal, in mm."""
    dataset = opened(raw)
    turned = np.array(dataset.ImageOrientationPatient, float)
    normal = np.cross(turned[:3], turned[3:])
    return float(normal @ np.array(dataset.ImagePositionPatient, float))
