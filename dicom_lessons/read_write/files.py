"""Read whole archives and write whole files, so that nothing is lost on the way."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from pydicom import Dataset, FileDataset, dcmread

from dicom_lessons.text import _

MOST_BYTES = 500_000_000


class ArchiveError(ValueError):
    """An archive that is not read; the message names the member."""


class SaveError(OSError):
    """A file that was not written; whatever was there before is there still."""


def read_zip(
    archive: str | os.PathLike[str] | IO[bytes], *, most_bytes: int = MOST_BYTES, **options: Any
) -> dict[str, FileDataset]:
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
        If it is no zip archive or a broken one, is encrypted or too large, or has a member whose
        name leads out of the folder that it would be unpacked to.
    """
    found = {}
    room = most_bytes
    try:
        with ZipFile(archive) as opened:
            for member in opened.infolist():
                _stay_inside(member.filename)
                with opened.open(member) as stream:
                    raw = stream.read(room + 1)
                room -= len(raw)
                if room < 0:
                    reason = _("more than {most} bytes in all", most=most_bytes)
                    raise ArchiveError(_("Not read: {reason}.", reason=reason))
                if raw[128:132] == b"DICM":
                    found[member.filename] = dcmread(BytesIO(raw), **options)
    except ArchiveError:
        raise
    except Exception as error:  # zipfile and pydicom raise many kinds on broken bytes
        raise ArchiveError(_("Not read: {reason}.", reason=error)) from error
    return found


def _stay_inside(name: str) -> None:
    if re.match(r"[/\\]|\w:", name) or ".." in re.split(r"[/\\]", name):
        reason = _("the member {name!r} leads out of the archive's folder", name=name)
        raise ArchiveError(_("Not read: {reason}.", reason=reason))


def save_safely(dataset: Dataset, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a whole DICOM file (PS3.10 §7.1) or nothing, and never over another by accident.

    The bytes go to a file beside the target and are moved into place when all of them are there.

    Parameters
    ----------
    dataset : Dataset
        With ``file_meta.TransferSyntaxUID``; the UIDs of the header are copied from it.
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
    if target.exists() and not overwrite:
        raise FileExistsError(
            _("{path} is there already. Choose another name, or set overwrite=True.", path=target)
        )
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Failed to encode value")
            with part.open("xb") as file:
                dataset.save_as(file, enforce_file_format=True)
                file.flush()
                os.fsync(file.fileno())
        part.replace(target)
    except Exception as error:
        cure = _("Ask read_write.validate what is wrong with the data set.")
        if isinstance(error, OSError):
            cure = _("Does the folder exist, may you write there, is the disk full?")
        reason = str(error).partition("\n")[0]
        message = _("Nothing was written to {path}: {reason}. {cure}")
        # what pydicom went through to get there helps nobody
        raise SaveError(message.format(path=path, reason=reason, cure=cure)) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return target
