"""What is wrong with the File Meta Information (PS3.10 §7.1)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pydicom import Dataset, uid
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from dicom_lessons.elements import value
from dicom_lessons.findings import Finding
from dicom_lessons.text import _, short

PREAMBLE = 132
"""Bytes of preamble and prefix."""
LARGEST_FILE_META = 2**16
"""Bytes of group 0002 within which its length is counted."""


def file_meta_of(dataset: Dataset) -> Dataset:
    """Return the File Meta Information of a data set; empty if it has none."""
    return getattr(dataset, "file_meta", None) or Dataset()


def transfer_syntax_of(dataset: Dataset) -> uid.UID:
    """Return the Transfer Syntax UID of a data set, an empty UID if it has none."""
    return uid.UID(str(value(file_meta_of(dataset), "TransferSyntaxUID", "")))


def judge_file_meta(dataset: Dataset) -> Iterator[Finding]:
    file_meta = file_meta_of(dataset)
    if not value(file_meta, "TransferSyntaxUID"):
        what = _("missing: nobody can tell how the data set is encoded")
        cure = _("give the data set a FileMetaDataset() as file_meta and set it there")
        where = "file_meta.TransferSyntaxUID"
        yield Finding(where=where, what=what, cure=cure, section="PS3.10 §7.1")
    told, counted = value(file_meta, "FileMetaInformationGroupLength"), _group_length(dataset)
    if isinstance(told, int) and counted is not None and told != counted:
        where = "file_meta.FileMetaInformationGroupLength"
        what = _("{told} in the file, but {counted} bytes of group 0002 follow it",
                 told=told, counted=counted)  # fmt: skip
        cure = _("save the data set anew: save_as counts them")
        yield Finding(where=where, what=what, cure=cure, section="PS3.10 §7.1")
    if value(file_meta, "MediaStorageSOPClassUID") == uid.MediaStorageDirectoryStorage:
        return
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        here, there = value(dataset, keyword), value(file_meta, f"MediaStorage{keyword}")
        if not here:
            what = _("missing or empty")
            cure = _("a class comes from pydicom.uid, an instance from generate_uid()")
            yield Finding(where=keyword, what=what, cure=cure, section="PS3.3 C.12.1")
        elif there and here != there:
            where = f"file_meta.MediaStorage{keyword}"
            there = short(there)
            what = _("{there} is not the {keyword} of the data set", there=there, keyword=keyword)
            cure = _("save with enforce_file_format=True, which copies it")
            yield Finding(where=where, what=what, cure=cure, section="PS3.10 §7.1")


def _group_length(dataset: Dataset) -> int | None:
    """Count the bytes of group 0002 behind its length, if the data set came from a file."""
    file, name = getattr(dataset, "buffer", None), str(getattr(dataset, "filename", None) or "")
    try:
        with Path(name).open("rb") if file is None else contextlib.nullcontext(file) as opened:
            here = opened.seek(0, 1)
            opened.seek(PREAMBLE)
            raw = opened.read(LARGEST_FILE_META)
            opened.seek(here)
    except Exception:  # no file, or one that is closed
        return None
    place = 12
    while raw[place : place + 2] == b"\x02\0":
        long = raw[place + 4 : place + 6].decode("latin-1") in EXPLICIT_VR_LENGTH_32
        size = raw[place + 8 : place + 12] if long else raw[place + 6 : place + 8]
        place += (12 if long else 8) + int.from_bytes(size, "little")
    starts = raw[:6] == b"\x02\0\0\0UL"
    return place - 12 if starts and place < LARGEST_FILE_META else None
