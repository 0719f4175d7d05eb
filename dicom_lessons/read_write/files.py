"""Read whole archives and write whole files, so that nothing is lost on the way."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import IO, Any

from pydicom import Dataset
from pydicom.tag import BaseTag

from dicom_lessons import archives, reading
from dicom_lessons.read_write.entries import entries_of
from dicom_lessons.read_write.file_meta import file_meta_of
from dicom_lessons.read_write.judge import losses
from dicom_lessons.read_write.texts import decode_all
from dicom_lessons.text import _

WRITER = (BaseTag(0x00020012), BaseTag(0x00020013))
"""Implementation Class UID and Implementation Version Name: who wrote the file."""


class ArchiveError(ValueError):
    """An archive that is not read; the message says why."""


class SaveError(OSError):
    """A file that was not written; whatever was there before is there still."""


def read_zip(
    archive: str | os.PathLike[str] | IO[bytes],
    *,
    most_bytes: int = archives.MOST_ZIPPED,
    **options: Any,
) -> dict[str, Dataset]:
    """Read all DICOM files of a zip archive in memory; nothing is unpacked onto the disk.

    Parameters
    ----------
    archive : str, path or file
        The archive.
    most_bytes : int
        The most bytes that all members together may have once inflated.
    **options
        Passed on to :func:`pydicom.dcmread`.

    Returns
    -------
    dict
        Data sets by the name of the member; members without the prefix DICM are left out.

    Raises
    ------
    ArchiveError
        If it is no zip archive or a broken one, is encrypted or too large, or has a member that
        is broken or whose name leads out of the folder that it would be unpacked to.
    """
    datasets = {}
    try:
        for name, raw in archives.members_of(archive, most_bytes):
            if raw[128:132] == b"DICM":
                datasets[name] = reading.read(raw, **options)
    except (OSError, reading.ReadingError) as error:
        raise ArchiveError(_("Not read: {reason}.", reason=reading.reason_of(error))) from error
    return datasets


def save_safely(dataset: Dataset, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a whole DICOM file (PS3.10 §7.1) or nothing, and never over another by accident.

    The bytes go to a file beside the target and are moved into place when all of them are there.
    The file names pydicom as the program that wrote it.

    Parameters
    ----------
    dataset : Dataset
        With ``file_meta.TransferSyntaxUID``; the UIDs in it are copied from the data set.
    path : str or path
        Where to.
    overwrite : bool
        Whether a file that is there already may be replaced.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    FileExistsError
        If a file is there and ``overwrite`` is not set.
    SaveError
        If it cannot be written whole, text included; what was there before is still there.
    """
    target = Path(path)
    if reading.is_there(target) and not overwrite:
        raise FileExistsError(
            _("{path} is there already. Choose another name, or set overwrite=True.", path=target)
        )
    meta = file_meta_of(dataset)
    writer = {tag: meta.get_item(tag, keep_deferred=True) for tag in WRITER if tag in meta}
    try:
        for found in losses(dataset):
            cure = found.cure or _("Write the value anew, or delete it.")
            what = _("{where}: {what}", where=found.where, what=found.what)
            raise _not_written(target, what, cure)
        if any(entry.shown and entry.is_relabelled for entry in entries_of(dataset)):
            decode_all(dataset)  # pydicom writes what it has not decoded in items as it was read
        for tag in writer:  # pydicom names itself where nobody is named
            del meta[tag]
        _write(dataset, target)
    except SaveError:
        raise
    except Exception as error:
        for tag, element in writer.items():
            meta[tag] = element
        cure = _("Ask read_write.validate what is wrong with the data set.")
        if isinstance(error, OSError):
            cure = _("Does the folder exist, may you write there, is the disk full?")
        reason = reading.reason_of(error).partition(" Traceback (")[0]
        # what pydicom went through to get there helps nobody
        raise _not_written(target, reason, cure) from None
    return target


def _not_written(target: Path, reason: str, cure: str) -> SaveError:
    sentence = _("Nothing was written to {path}: {reason}. {cure}",
                 path=target, reason=reason, cure=cure)  # fmt: skip
    return SaveError(sentence)


def _write(dataset: Dataset, target: Path) -> None:
    part = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Failed to encode value")
            with part.open("xb") as file:
                dataset.save_as(file, enforce_file_format=True)
                file.flush()
                os.fsync(file.fileno())
        part.replace(target)
    finally:
        with contextlib.suppress(OSError, ValueError):  # a name may be none
            part.unlink(missing_ok=True)
