"""The one door to every file that a lesson reads.

A registry beside this module lists the files by name. Those that pydicom bundles and those that
the course made lie on this computer already: reading them never touches the network.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pydicom.data
from pydicom import FileDataset, dcmread

from dicom_lessons.text import _

REGISTRY = Path(__file__).with_name("samples.json")
BUNDLED = Path(pydicom.data.__file__).parent


@dataclass(frozen=True)
class Sample:
    """What the registry knows of one file.

    Attributes
    ----------
    name : str
        What lessons call it, such as ``"CT_small"``.
    file : str
        Its path below the folder of its source.
    source : str
        ``"bundled"`` (with pydicom) or ``"made"`` (by this course).
    modality : str
        Value of (0008,0060), empty where the file has none.
    sop_class, transfer_syntax : str
        UIDs, empty where the file has none.
    photometric_interpretation : str
        Value of (0028,0004), empty where there are no pixels.
    frames, rows, columns : int
        Zero where there are no pixels.
    size : int
        In bytes.
    sha256 : str
        Hash of the bytes, in hexadecimal.
    licence : str
        Terms of use, or the plain words that none are stated.
    teaches : str
        One line on what the file is good for, in English; translate it when you show it.
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


def names(
    *,
    modality: str | None = None,
    transfer_syntax: str | None = None,
    photometric_interpretation: str | None = None,
    frames: int | None = None,
    source: str | None = None,
) -> list[str]:
    """Return the names of all samples that have the values asked for, in alphabetical order.

    >>> names(modality="MR", photometric_interpretation="MONOCHROME2")[-1]
    'MR_truncated'
    """
    wanted = {
        "modality": modality,
        "transfer_syntax": transfer_syntax,
        "photometric_interpretation": photometric_interpretation,
        "frames": frames,
        "source": source,
    }
    wanted = {field: value for field, value in wanted.items() if value is not None}
    return [
        name
        for name, sample in _registry().items()
        if all(getattr(sample, field) == value for field, value in wanted.items())
    ]


def get(name: str) -> Sample:
    """Return what the registry knows of a sample.

    Raises
    ------
    LookupError
        If no sample has this name; the message lists near matches.
    """
    key = str(name).removesuffix(".dcm")
    if key not in _registry():
        by_stem = {known.rpartition("/")[2].casefold(): known for known in _registry()}
        near = [by_stem[stem] for stem in difflib.get_close_matches(key.casefold(), by_stem, 3, 0)]
        raise LookupError(
            _("There is no sample {name!r}. Near matches: {near}.", name=key, near=", ".join(near))
        )
    return _registry()[key]


def path(name: str) -> Path:
    """Return the path of a sample on this computer.

    Raises
    ------
    LookupError
        If no sample has this name.
    FileNotFoundError
        If the file is not where its source puts it.
    """
    sample = get(name)
    found = BUNDLED / sample.file
    if not found.is_file():
        raise FileNotFoundError(
            _(
                "The sample {name!r} is missing: there is no file {path}. Install again: "
                "pip install --force-reinstall pydicom",
                name=sample.name,
                path=found,
            )
        )
    return found


def read(name: str, **options: Any) -> FileDataset:
    """Read a sample with pydicom.

    Parameters
    ----------
    name : str
        Its name, such as ``"CT_small"``.
    **options
        Passed on to :func:`pydicom.dcmread`.

    >>> read("CT_small").Modality
    'CT'
    """
    return dcmread(path(name), **options)


@cache
def _registry() -> dict[str, Sample]:
    entries = json.loads(REGISTRY.read_text(encoding="utf-8"))
    samples = {entry["name"]: Sample(**entry) for entry in entries}
    return dict(sorted(samples.items(), key=lambda item: item[0].casefold()))
