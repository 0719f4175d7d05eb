"""The one door to every file that a lesson reads.

Registries list the files by name. Those that pydicom bundles and those that the course made lie on
this computer already: reading them never touches the network. The others are downloaded only when
a learner asks for it with :func:`download`, from a pinned address or from the mirror that the
environment variable ``DICOM_LESSONS_MIRROR`` names: a folder, or an http address.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pydicom.data
from pydicom import FileDataset, dcmread

from dicom_lessons.fetching import DownloadError, fetch
from dicom_lessons.text import _

if TYPE_CHECKING:
    pass

MADE = Path(__file__).parents[1] / "data"
REGISTRIES = (Path(__file__).with_name("samples.json"), MADE / "registry.json")
BUNDLED = Path(pydicom.data.__file__).parent
MIRROR = "DICOM_LESSONS_MIRROR"


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
        In bytes.
    sha256 : str
        Hash of the bytes, in hexadecimal.
    licence : str
        Terms of use, or the plain words that none are stated.
    teaches : str
        One line on what the file is good for, in English; translate it when you show it.
    address : str
        Where a file to download comes from: https, pinned to a commit; empty for the others.
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
    'virtual/mr_t2'
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
    """Return the path of a sample on this computer; nothing is downloaded.

    Raises
    ------
    LookupError
        If no sample has this name.
    FileNotFoundError
        If the file is not there; the message says how to get it.
    """
    sample = get(name)
    found = _folder(sample) / sample.file
    if found.is_file():
        return found
    cure = {
        "bundled": "pip install --force-reinstall pydicom",
        "made": "python -m course_tools data",
        "downloaded": f'samples.download("{sample.name}")',
    }[sample.source]
    raise FileNotFoundError(
        _(
            "The sample {name!r} is not on this computer ({path}). Get it with: {cure}",
            name=sample.name,
            path=found,
            cure=cure,
        )
    )


def read(name: str, **options: Any) -> FileDataset:
    """Read a sample with pydicom.

    Samples are known by their SHA-256, so nothing limits them; whatever else may come is opened
    by :func:`dicom_lessons.reading.read`.

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


def cache_folder() -> Path:
    """Return the folder of this user that keeps what was downloaded or made on first use."""
    from platformdirs import user_cache_path

    return user_cache_path("dicom_lessons")


def download(name: str) -> Path:
    """Download a sample, unless it is here already, and return its path.

    The bytes go to a temporary file and are renamed into place only when size and SHA-256 are
    those of the registry, so the cache never holds a bad file.

    Raises
    ------
    LookupError
        If no sample has this name.
    DownloadError
        If there is no network, the mirror fails or sends something else.
    """
    from tqdm.auto import tqdm

    sample = get(name)
    if sample.source != "downloaded":
        return path(name)
    options = {"unit": "B", "unit_scale": True, "desc": sample.file, "leave": False}
    try:
        with tqdm(total=sample.size, delay=0.5, **options) as bar:
            return fetch(
                _address(sample),
                _folder(sample),
                size=sample.size,
                sha256=sample.sha256,
                name=sample.file,
                progress=bar.update,
            )
    except DownloadError as error:
        raise DownloadError(
            _(
                "{error} Check the network, or set {mirror} to a folder or an address that has "
                "the file.",
                error=error,
                mirror=MIRROR,
            )
        ) from error


def ct_volume() -> list[Path]:
    """Return the slices of the virtual patient's CT series, from the first to the last.

    They are made on first use, with a progress bar, and kept in the cache: in a temporary folder
    first, which is renamed into place, so the cache never holds half a series.
    """
    from course_tools.patient import write_ct_volume

    kept = cache_folder() / f"ct_volume_{_registry()['virtual/ct'].sha256[:16]}"
    if not kept.is_dir():
        cache_folder().mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache_folder()) as workplace:
            made = Path(workplace) / "made"
            write_ct_volume(made, progress=True)
            # another process may have been quicker: its series is as good
            with contextlib.suppress(OSError):
                made.rename(kept)
    return sorted(kept.iterdir())


def _folder(sample: Sample) -> Path:
    if sample.source == "downloaded":
        return cache_folder() / "samples"
    return BUNDLED if sample.source == "bundled" else MADE


def _address(sample: Sample) -> str:
    mirror = os.environ.get(MIRROR, "")
    if not mirror:
        return sample.address
    if urlsplit(mirror).scheme in ("http", "https"):
        return f"{mirror.rstrip('/')}/{quote(sample.file)}"
    return str(Path(mirror) / sample.file)


@cache
def _registry() -> dict[str, Sample]:
    entries = [
        entry
        for registry in REGISTRIES
        if registry.is_file()
        for entry in json.loads(registry.read_text(encoding="utf-8"))
    ]
    samples = {entry["name"]: Sample(**entry) for entry in entries}
    return dict(sorted(samples.items(), key=lambda item: item[0].casefold()))
