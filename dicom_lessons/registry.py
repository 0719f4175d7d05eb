"""What the course knows of each sample, as the registries list it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dicom_lessons import shipped

MADE = shipped.DATA
REGISTRIES = (Path(__file__).with_name("samples.json"), MADE / "registry.json")


@dataclass(frozen=True)
class Sample:
    """What the registry knows of one file, or of one series of files that share all values.

    Attributes
    ----------
    name : str
        What lessons call it, such as ``"CT_small"``.
    file : str
        Its path below the folder of its source; of a series, that of its zip archive.
    source : str
        ``"bundled"`` (with pydicom), ``"made"`` (by this course) or ``"downloaded"``.
    modality : str
        Value of (0008,0060), empty where the file has none.
    sop_class, transfer_syntax : str
        UIDs, empty where the file has none.
    photometric_interpretation : str
        Value of (0028,0004), empty where there are no pixels.
    frames, rows, columns : int
        Zero where there are no pixels.
    size : int
        Of the file, in bytes.
    sha256 : str
        Hash of the bytes, in hexadecimal.
    licence : str
        Terms of use, or the plain words that none are stated.
    teaches : str
        One line on what the file is good for, in English; translate it when you show it.
    address : str
        Where a file to download comes from: https, pinned to a commit; empty for the others.
    kind : str
        ``"file"``, opened by :func:`path` and :func:`read`, or ``"series"``, by :func:`series`.
    instances : int
        How many objects there are: 1, or those of the series.
    """

    name: str
    file: str
    source: str
    modality: str
    sop_class: str
    transfer_syntax: str
    photometric_interpretation: str
    frames: int
    rows: int
    columns: int
    size: int
    sha256: str
    licence: str
    teaches: str
    address: str = ""
    kind: str = "file"
    instances: int = 1


@cache
def samples_known() -> dict[str, Sample]:
    texts = [file.read_text(encoding="utf-8") for file in REGISTRIES if file.is_file()]
    known = [Sample(**entry) for text in texts for entry in json.loads(text)]
    return {sample.name: sample for sample in sorted(known, key=lambda one: one.name.casefold())}
