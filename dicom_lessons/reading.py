"""The guard in front of every reader: a name, a path, bytes or a data set, opened within limits.

What comes from outside may be anything. Whatever is larger than the limits below, or cannot be
read, ends in one sentence, before memory or time run away.
"""

from __future__ import annotations

import os
import stat
import warnings
import zlib
from collections.abc import Iterable
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import Any

from pydicom import DataElement, Dataset, FileDataset, dcmread
from pydicom.datadict import dictionary_has_tag
from pydicom.filereader import read_partial

from dicom_lessons import samples
from dicom_lessons.elements import element, forgive, value
from dicom_lessons.text import _, short
from dicom_lessons.unknown import with_lengths

__all__ = ["element", "value"]

MOST_BYTES = 512 * 2**20
"""Bytes of one file."""
MOST_INFLATED = 64 * 2**20
"""Bytes of a deflated data set after inflation."""

_CHUNK = 2**20
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"  # of a sequence, or of fragments (PS3.5 §A.4)

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
    if isinstance(source, bytes):
        return _("your bytes")
    is_name = isinstance(source, str) and not is_there(source)
    return short(source if is_name else Path(source).name)


def reason_of(error: BaseException) -> str:
    """Return what an error says as a clause in one line, whatever raised it; never empty.

    >>> reason_of(EOFError()), reason_of(OSError("No tag to read at file position 7."))
    ('the data end too early', 'No tag to read at file position 7')
    """
    if isinstance(error, RecursionError):
        return _("its sequences are nested too deeply")
    if isinstance(error, EOFError):
        return _("the data end too early")
    if isinstance(error, MemoryError):
        return _("it needs more memory than there is")
    text = short(error, 200).partition(" Traceback (most recent")[0]  # pydicom quotes its own
    return text.rstrip(" .") or type(error).__name__


def is_there(path: str | os.PathLike[str]) -> bool:
    """Return whether there is such a file or folder; of a name that no disk can hold, False."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


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
    # Path("") is the folder "."; a name that is too long for a file may still be that of a sample
    if isinstance(source, str) and not (source and is_there(source)):
        return samples.path(source)
    if not is_there(path):
        raise FileNotFoundError(
            _("There is no file {path}. Check its name and its folder.", path=short(path, 200))
        )
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ReadingError(_("{path} is no file. Name a file.", path=short(path, 200)))
    if about.st_size > MOST_BYTES:
        raise ReadingError(_too_large(name_of(path)))
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
    warnings on odd values are silenced: the reader who looks at the values judges them. Elements
    whose bytes make no value are of VR UN; see :mod:`dicom_lessons.elements`.

    Parameters
    ----------
    source : str, path, bytes or Dataset
        Name of a sample, path of a file, its bytes, or a data set.
    **options
        Passed on to :func:`pydicom.dcmread`; with ``stop_when``, to
        :func:`pydicom.filereader.read_partial`.

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
    with _opened(source) as file, warnings.catch_warnings(action="ignore"):
        try:
            dataset = _taken(file, options)
        except Exception as error:  # pydicom and zlib raise many kinds on broken bytes
            if isinstance(error, OSError) and error.errno:  # of the system, not of pydicom
                raise
            sentence = _(
                "{name} cannot be read as DICOM: {reason}.", name=name, reason=reason_of(error)
            )
            if not isinstance(error, ReadingError):
                sentence += " " + _("Fetch it again, or look at its bytes with the byte explorer.")
            raise ReadingError(sentence) from None
    dataset.buffer = None  # it is closed, and of a deflated data set it holds all once more
    if not dataset.preamble and not _is_known(dataset, options):
        raise ReadingError(
            _("{name} is not DICOM. Check that this is the file that you meant.", name=name)
        )
    return dataset


def _taken(file: _BoundedFile | _BoundedBytes, options: dict[str, Any]) -> FileDataset:
    """Read with pydicom; again, with what it takes amiss put right, if it stumbles."""
    take = read_partial if "stop_when" in options else dcmread
    options = {"force": True, **options}
    dataset = None
    try:
        dataset = take(file, **options)
    except ReadingError:
        raise
    except Exception:  # it is tried once more, and fails again if nothing can be put right
        pass
    if dataset is None or _holds_unknown(file, dataset):
        dataset = take(_BoundedBytes(with_lengths(_again(file))), **options)
    if not len(dataset) and dataset.file_meta:
        # pydicom gives up what an element without delimiter belongs to, even pixels
        raw = _again(file)
        dataset = take(_BoundedBytes(raw + _DELIMITER), **options)
        dataset.breaks_off = len(raw)
    # the letters DICM may stand there by chance
    if dataset.preamble and not dataset.file_meta and not _is_known(dataset, options):
        dataset = take(_BoundedBytes(bytes(128) + b"DICM" + _again(file)), **options)
        dataset.preamble = None
    return forgive(dataset)


def _holds_unknown(file: _BoundedFile | _BoundedBytes, dataset: Dataset) -> bool:
    """Return whether a sequence of undefined length was stored with VR UN."""
    for each in dataset.values():
        if isinstance(each, DataElement) and each.VR == "SQ":
            file.seek(max(each.file_tell or 0, 8) - 8)
            if file.read(2) == b"UN":
                return True
    return False


def _again(file: _BoundedFile | _BoundedBytes) -> bytes:
    file.seek(0)
    return file.read(MOST_BYTES)


def _is_known(dataset: Dataset, options: dict[str, Any]) -> bool:
    """Return whether there is an element that DICOM knows, or nobody asked for all of them."""
    return bool(options.get("specific_tags")) or any(map(dictionary_has_tag, dataset.keys()))


class _Bounded:
    """A file that gives no more than it has, and all of its rest only if that inflates to enough.

    What is read without a number of bytes is a deflated data set, which pydicom inflates whole
    (PS3.5 §A.5), wherever the file says that it begins. Announced lengths may lie.
    """

    def read(self: Any, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            rest: bytes = super().read()  # type: ignore[misc]
            inflate(rest)
            return rest
        if size > _CHUNK:
            here = self.tell()
            size = max(min(size, self.seek(0, os.SEEK_END) - here), 0)
            self.seek(here)
        return super().read(size)  # type: ignore[misc,no-any-return]


class _BoundedFile(_Bounded, BufferedReader):
    pass


class _BoundedBytes(_Bounded, BytesIO):
    pass


def _opened(source: str | os.PathLike[str] | bytes) -> _BoundedFile | _BoundedBytes:
    if isinstance(source, bytes):
        return _BoundedBytes(read_bytes(source))
    return _BoundedFile(FileIO(os.fspath(path_of(source))))


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
                "the deflated data set inflates to more than {limit} bytes, the most that this "
                "reader takes",
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
    if not is_there(top):
        raise FileNotFoundError(_("There is no folder {path}.", path=short(top, 200)))
    found = sorted(top.rglob("*")) if top.is_dir() else [top]
    return [path for path in found if is_there(path) and path.is_file() and not path.is_symlink()]


def _too_large(name: str) -> str:
    return _(
        "{name} is larger than {limit} bytes, the most that this reader takes. Choose a smaller "
        "file.",
        name=name,
        limit=MOST_BYTES,
    )
