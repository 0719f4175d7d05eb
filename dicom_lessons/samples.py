"""The one door to every file that a lesson reads.

Registries list the files by name. Those that pydicom bundles and those that the course made lie on
this computer already: reading them never touches the network. The others are downloaded only when
a learner asks for it with :func:`download`, from a pinned address or from the mirror that the
environment variable ``DICOM_LESSONS_MIRROR`` names: a folder, or an http address.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

import pydicom.data
from pydicom import FileDataset, dcmread

from dicom_lessons import places, shipped
from dicom_lessons.fetching import DownloadError, fetch, is_web
from dicom_lessons.registry import MADE, Sample, samples_known
from dicom_lessons.text import _, short

BUNDLED = Path(pydicom.data.__file__).parent
MIRROR = "DICOM_LESSONS_MIRROR"


def names(
    *,
    modality: str | None = None,
    transfer_syntax: str | None = None,
    photometric_interpretation: str | None = None,
    frames: int | None = None,
    source: str | None = None,
    kind: str = "file",
) -> list[str]:
    """Return the names of all samples that have the values asked for, in alphabetical order.

    Whoever asks for nothing else gets what :func:`read` opens: files, no series.

    >>> names(modality="MR", photometric_interpretation="MONOCHROME2")[-1]
    'virtual/mr_t2'
    >>> names(kind="series")
    ['virtual/ct_volume', 'virtual/pt_volume']
    """
    wanted = {
        "modality": modality,
        "transfer_syntax": transfer_syntax,
        "photometric_interpretation": photometric_interpretation,
        "frames": frames,
        "source": source,
        "kind": kind,
    }
    return [
        name
        for name, sample in samples_known().items()
        if all(value in (None, getattr(sample, field)) for field, value in wanted.items())
    ]


def get(name: str) -> Sample:
    """Return what the registry knows of a sample.

    Raises
    ------
    LookupError
        If no sample has this name; the message lists near matches.
    """
    key = str(name)[:200].removesuffix(".dcm")
    if key not in samples_known():
        by_stem = {known.rpartition("/")[2].casefold(): known for known in samples_known()}
        near = [by_stem[stem] for stem in difflib.get_close_matches(key.casefold(), by_stem, 3, 0)]
        raise LookupError(
            _(
                "There is no sample {name!r}. Near matches: {near}.",
                name=short(key),
                near=", ".join(near),
            )
        )
    return samples_known()[key]


def path(name: str) -> Path:
    """Return the path of a sample on this computer; nothing is downloaded.

    Raises
    ------
    LookupError
        If no file has this name.
    FileNotFoundError
        If the file is not there; the message says how to get it.
    """
    sample = get(name)
    if sample.kind != "file":
        raise LookupError(_("{name!r} is a series: samples.series() gives its files.", name=name))
    return _here(sample)


def _cure(sample: Sample) -> str:
    if sample.source == "downloaded":
        return f'samples.download("{sample.name}")'
    if sample.source == "bundled":
        return "pip install --force-reinstall pydicom"
    if shipped.CLONE:
        return "python -m course_tools data"
    return _("pip install --force-reinstall --no-deps, and what you installed the course from")


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
                address(name),
                _folder(sample),
                size=sample.size,
                sha256=sample.sha256,
                name=sample.file,
                progress=bar.update,
            )
    except DownloadError as error:
        cure = _(
            "{error} Check the network, or set {mirror} to a folder or an address that has "
            "the file.",
            error=error,
            mirror=MIRROR,
        )
        raise DownloadError(cure) from error


def series(name: str) -> list[Path]:
    """Return the files of a series on this computer, in the order of their instance numbers.

    The course keeps a series as one zip archive. On first use, and whenever the files are not
    those of the archive, it is unpacked into the cache folder: into a temporary folder first,
    which is renamed into place, so the cache never holds half a series.

    Raises
    ------
    LookupError
        If no series has this name.
    FileNotFoundError
        If the archive is not there; the message says how to get it.
    OSError
        If the archive is damaged.

    >>> [path.name for path in series("virtual/pt_volume")[:2]]
    ['pt_001.dcm', 'pt_002.dcm']
    """
    sample = get(name)
    if sample.kind != "series":
        raise LookupError(_("{name!r} is one file: samples.path() gives it.", name=sample.name))
    archive = _here(sample)
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sample.sha256:
            raise OSError(
                _(
                    "{path} is damaged: its SHA-256 is not the one of the registry. Get it again "
                    "with: {cure}",
                    path=archive,
                    cure=_cure(sample),
                )
            )
        folder = places.cache() / "series" / sample.sha256[:16]
        with ZipFile(file) as opened:
            if not _is_in(folder, opened):
                _unpack(opened, folder)
            return [folder / name for name in sorted(opened.namelist())]


def _is_in(folder: Path, archive: ZipFile) -> bool:
    """Return whether all members lie in a folder as they were packed."""
    files = [(folder / member.filename, member.CRC) for member in archive.infolist()]
    return all(file.is_file() and zlib.crc32(file.read_bytes()) == crc for file, crc in files)


def _unpack(archive: ZipFile, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as workplace:
        made = Path(workplace) / "made"
        archive.extractall(made)
        try:
            made.rename(folder)
        except OSError:
            # another process may have been quicker: its series is as good
            if not _is_in(folder, archive):
                folder.rename(Path(workplace) / "damaged")
                made.rename(folder)


def _here(sample: Sample) -> Path:
    found = _folder(sample) / sample.file
    if found.is_file():
        return found
    raise FileNotFoundError(
        _(
            "The sample {name!r} is not on this computer ({path}). Get it with: {cure}",
            name=sample.name,
            path=found,
            cure=_cure(sample),
        )
    )


def _folder(sample: Sample) -> Path:
    if sample.source == "downloaded":
        return places.cache() / "samples"
    return BUNDLED if sample.source == "bundled" else MADE


def address(name: str) -> str:
    """Return where a sample to download comes from: the mirror, if one is named, or the web.

    Raises
    ------
    LookupError
        If no sample has this name.
    """
    sample = get(name)
    mirror = os.environ.get(MIRROR, "")
    return mirrored(mirror, sample.file) if mirror else sample.address


def mirrored(mirror: str, file: str) -> str:
    """Return the address or the path of a file in a mirror.

    Of a folder, a link is followed only to a file in that folder: whoever may write there does
    not choose which of a learner's files are read.

    Raises
    ------
    DownloadError
        If a link leads elsewhere.
    """
    if is_web(mirror):
        return f"{mirror.rstrip('/')}/{quote(file)}"
    folder = Path(mirror).resolve()
    path = (folder / file).resolve()
    if not path.is_relative_to(folder):
        raise DownloadError(_("{file} is a link that leads out of the mirror.", file=file))
    return str(path)
