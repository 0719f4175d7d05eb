"""The guard in front of every reader: a name, a path, bytes or a data set, opened within limits.

What comes from outside may be anything. Whatever is larger than the limits below, or cannot be
read, ends in one sentence, before memory or time run away.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag
from pydicom.filereader import read_dataset, read_preamble
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicom_lessons import samples
from dicom_lessons.text import _, short

MOST_BYTES = 512 * 2**20
"""Bytes of one file."""
MOST_INFLATED = 64 * 2**20
"""Bytes of a deflated data set after inflation."""
MOST_ZIPPED = 500_000_000
"""Bytes of all members of an archive that are held in memory."""
MOST_UNPACKED = 2 * 2**30
"""Bytes of all members of an archive that are written to a disk."""

_CHUNK = 2**20

Source = str | os.PathLike[str] | bytes | Dataset


class ReadingError(ValueError):
    """Something that is not read; the message says what, why and what to do."""


def name_of(source: Source) -> str:
    """Return what to call a source in a sentence or a heading.

    >>> name_of("virtual/ct"), name_of(samples.path("virtual/ct"))
    ('virtual/ct', 'ct.dcm')
    """
    if isinstance(source, Dataset):
        return _("your data set")
    if isinstance(source, str) and not Path(source).exists():
        return source
    return _("your bytes") if isinstance(source, bytes) else Path(source).name


def path_of(source: str | os.PathLike[str]) -> Path:
    """Return the path of a file, or of the sample that has this name.

    Raises
    ------
    LookupError, FileNotFoundError
        If there is neither such a file nor such a sample.
    ReadingError
        If it is a folder, a device or a pipe, or too large.
    """
    path = Path(source)
    if isinstance(source, str) and not (source and path.exists()):  # Path("") is the folder "."
        return samples.path(source)
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ReadingError(_("{path} is no file. Name a file.", path=path))
    if about.st_size > MOST_BYTES:
        raise ReadingError(_too_large(path.name))
    return path


def read_bytes(source: str | os.PathLike[str] | bytes) -> bytes:
    """Return the bytes of a sample, a file, or the bytes given.

    Raises
    ------
    LookupError, OSError
        If there is no such sample or file.
    ReadingError
        If it is too large, or no file.
    """
    raw = source if isinstance(source, bytes) else path_of(source).read_bytes()
    if len(raw) > MOST_BYTES:
        raise ReadingError(_too_large(name_of(source)))
    return raw


def read(source: Source, **options: Any) -> Dataset:
    """Read a sample, a file or bytes with pydicom; a data set stays what it is.

    File meta information may be missing (PS3.10 §7.1), as in files from before 1993. pydicom's
    warnings on odd values are silenced: the reader who looks at the values judges them.

    Parameters
    ----------
    source : str, path, bytes or Dataset
        Name of a sample, path of a file, its bytes, or a data set.
    **options
        Passed on to :func:`pydicom.dcmread`.

    Raises
    ------
    LookupError, OSError
        If there is no such sample or file.
    ReadingError
        If it is not DICOM, too large, or inflates to too much (PS3.5 §A.5).
    """
    if isinstance(source, Dataset):
        return source
    name = name_of(source)
    with _opened(source) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if inflates_beyond(file, MOST_INFLATED):
                raise ReadingError(
                    _(
                        "{name} inflates to more than {limit} bytes, the most that this reader "
                        "takes.",
                        name=name,
                        limit=MOST_INFLATED,
                    )
                )
            file.seek(0)
            dataset = dcmread(file, force=True, **options)
        except (OSError, ReadingError):
            raise
        except Exception as error:  # pydicom and zlib raise many kinds on broken bytes
            reason = short(error, 300)
            raise ReadingError(
                _("{name} cannot be read as DICOM: {reason}.", name=name, reason=reason)
            ) from None
    known = options.get("specific_tags") or any(map(dictionary_has_tag, dataset.keys()))
    if not dataset.preamble and not known:
        raise ReadingError(
            _("{name} is not DICOM. Check that this is the file that you meant.", name=name)
        )
    return dataset


def inflates_beyond(file: BinaryIO, most: int) -> bool:
    """Return whether a file holds a deflated data set of more than ``most`` bytes (PS3.5 §A.5).

    Group 0002 is read element by element, whatever its group length claims. Whatever pydicom and
    zlib raise on a broken file is raised here as well.
    """
    file.seek(0)
    read_preamble(file, force=True)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return False
    inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    rest = file.read(_CHUNK)
    while rest and not inflater.eof and size <= most:
        size += len(inflater.decompress(rest, _CHUNK))
        rest = inflater.unconsumed_tail or file.read(_CHUNK)
    return size > most


def inflate(raw: bytes) -> tuple[bytes, int]:
    """Return a deflated data set inflated, and the number of bytes that it took up.

    Raises
    ------
    ReadingError
        If it is broken, cut short, or larger than ``MOST_INFLATED``; the message is a clause.
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = stream.decompress(raw, MOST_INFLATED + 1)
    except zlib.error as error:
        reason = _("the deflated data set cannot be inflated ({error})", error=error)
        raise ReadingError(reason) from None
    if len(data) > MOST_INFLATED:
        raise ReadingError(
            _(
                "the deflated data set is larger than {limit} bytes, the most that this reader "
                "takes",
                limit=MOST_INFLATED,
            )
        )
    if not stream.eof:
        raise ReadingError(_("the deflated data set is cut short"))
    return data, len(raw) - len(stream.unused_data)


def files_in(folder: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the files of a folder and of the folders in it, sorted; or the files named.

    Links are not followed, so that no walk goes in circles.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    if not isinstance(folder, str | os.PathLike):
        return [Path(path) for path in folder]
    top = Path(folder)
    if not top.exists():
        raise FileNotFoundError(_("There is no folder {path}.", path=top))
    found = sorted(top.rglob("*")) if top.is_dir() else [top]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def members_of(
    archive: str | os.PathLike[str] | IO[bytes], most: int = MOST_ZIPPED
) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each member of a zip archive; nothing is written to the disk.

    Raises
    ------
    ReadingError
        If it is no archive, broken, encrypted or too large, or a member would leave its folder.
    """
    room = most
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                _confine(member)
                with opened.open(member) as stream:
                    raw = stream.read(room + 1)
                room -= len(raw)
                if room < 0:
                    raise ReadingError(_("more than {most} bytes in all", most=most))
                yield member.filename, raw
    except (OSError, ReadingError):
        raise
    except Exception as error:  # zipfile and zlib raise many kinds on broken bytes
        raise ReadingError(short(error, 300)) from error


def unpack(
    archive: str | os.PathLike[str], folder: str | os.PathLike[str], most: int = MOST_UNPACKED
) -> list[Path]:
    """Unpack a zip archive into a new folder, whole or not at all, and return its files.

    Raises
    ------
    ReadingError
        If a member would land outside of the folder, is a link or too large, if the archive is
        broken, or if it cannot be read or written; nothing was written then.
    FileExistsError
        If the folder is there already.
    """
    target = Path(folder)
    if target.exists():
        raise FileExistsError(_("{folder} is there already: choose a new one.", folder=target))
    try:
        with (
            zipfile.ZipFile(archive) as opened,
            tempfile.TemporaryDirectory(dir=target.parent) as workplace,
        ):
            for member in opened.infolist():
                _confine(member)
            if sum(member.file_size for member in opened.infolist()) > most:
                raise ReadingError(_("it holds more than {most} bytes", most=most))
            opened.extractall(Path(workplace) / "files")
            (Path(workplace) / "files").rename(target)
    except Exception as error:  # zipfile and zlib raise many kinds on broken bytes
        name = Path(archive).name
        raise ReadingError(
            _("{archive} was not unpacked: {reason}.", archive=name, reason=error)
        ) from error
    return sorted(path for path in target.rglob("*") if path.is_file())


def _confine(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if re.match(r"[/\\]|\w:", name) or ".." in re.split(r"[/\\]", name):
        raise ReadingError(
            _("its member {name!r} would land outside of the folder", name=short(name))
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ReadingError(_("its member {name!r} is a link", name=short(name)))


def _opened(source: str | os.PathLike[str] | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return BytesIO(read_bytes(source))
    return path_of(source).open("rb")


def _too_large(name: str) -> str:
    return _(
        "{name} is larger than {limit} bytes, the most that this reader takes. Choose a smaller "
        "file.",
        name=name,
        limit=MOST_BYTES,
    )
