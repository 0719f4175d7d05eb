"""Deflated data sets, measured before they can fill the memory."""

from __future__ import annotations

import zlib
from pathlib import Path

from pydicom.filereader import read_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

_CHUNK = 2**20


def inflates_beyond(path: Path, most: int) -> bool:
    """Return whether a file holds a deflated data set of more than ``most`` bytes (PS3.5 §A.5).

    Whatever else pydicom and zlib raise on a broken file is raised here as well.
    """
    header = read_file_meta_info(path)
    if header.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return False
    inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    with path.open("rb") as file:
        file.seek(144 + int(header.get("FileMetaInformationGroupLength") or 0))
        rest = file.read(_CHUNK)
        while rest and not inflater.eof and size <= most:
            size += len(inflater.decompress(rest, _CHUNK))
            rest = inflater.unconsumed_tail or file.read(_CHUNK)
    return size > most
