"""Zip archives, opened within limits: their members in memory, or unpacked whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from dicom_lessons.reading import ReadingError, is_there, name_of, reason_of
from dicom_lessons.text import _, short

MOST_ZIPPED = 500_000_000
"""Bytes of all members of an archive that are held in memory."""
MOST_UNPACKED = 2 * 2**30
"""Bytes of all members of an archive that are written to a disk."""


def members_of(
    archive: str | os.PathLike[str] | IO[bytes], most: int = MOST_ZIPPED
) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each member of a zip archive; nothing is written to the disk.

    Of two members of one name the second gets a number, and a warning says so.

    Raises
    ------
    ReadingError
        If it is no archive, broken, encrypted or too large, or a member would leave its folder.
    """
    room = most
    try:
        with zipfile.ZipFile(archive) as opened:
            for name, member in _names(opened).items():
                with opened.open(member) as stream:
                    raw = stream.read(room + 1)
                room -= len(raw)
                if room < 0:
                    raise ReadingError(_("more than {most} bytes in all", most=most))
                yield name, raw
    except (OSError, ReadingError, UserWarning):
        raise
    except Exception as error:  # zipfile and zlib raise many kinds on broken bytes
        raise ReadingError(reason_of(error)) from error


def unpack(
    archive: str | os.PathLike[str], folder: str | os.PathLike[str], most: int = MOST_UNPACKED
) -> list[Path]:
    """Unpack a zip archive into a new folder, whole or not at all, and return its files.

    Of two members of one name the second gets a number, and a warning says so.

    Raises
    ------
    ReadingError
        If a member would land outside of the folder, is a link or too large, if the archive is
        broken, or if it cannot be read or written; nothing was written then.
    FileExistsError
        If the folder is there already.
    """
    target = Path(folder)
    if is_there(target):
        raise FileExistsError(_("{folder} is there already: choose a new one.", folder=target))
    try:
        with (
            zipfile.ZipFile(archive) as opened,
            tempfile.TemporaryDirectory(dir=target.parent) as workplace,
        ):
            members = _names(opened)
            if sum(member.file_size for member in members.values()) > most:
                raise ReadingError(_("it holds more than {most} bytes", most=most))
            for name, member in members.items():
                path = Path(workplace) / "files" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as packed, path.open("xb") as file:
                    shutil.copyfileobj(packed, file)
            (Path(workplace) / "files").mkdir(exist_ok=True)
            (Path(workplace) / "files").rename(target)
    except UserWarning:
        raise
    except Exception as error:  # zipfile and zlib raise many kinds on broken bytes
        name = name_of(archive)
        raise ReadingError(
            _("{archive} was not unpacked: {reason}.", archive=name, reason=reason_of(error))
        ) from error
    return sorted(path for path in target.rglob("*") if path.is_file())


def _names(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of an archive by names that a folder can hold, each name once."""
    found: dict[str, zipfile.ZipInfo] = {}
    count: dict[str, int] = {}  # by small letters: some disks do not tell them from capitals
    twice = ""
    for member in archive.infolist():
        _confine(member)
        if member.filename.endswith("/"):
            continue
        path = PurePosixPath(member.filename.replace("\\", "/"))
        name, first = str(path), str(path).casefold()
        while name.casefold() in count:
            twice = twice or name
            count[first] += 1
            name = str(path.with_name(f"{path.stem} ({count[first]}){path.suffix}"))
        count[name.casefold()] = 1
        found[name] = member
    if twice:
        sentence = _(
            "Members of the archive share a name, such as {name}: the later ones get a number.",
            name=short(twice),
        )
        warnings.warn(sentence, stacklevel=4)
    return found


def _confine(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if re.match(r"[/\\]|\w:", name) or ".." in re.split(r"[/\\]", name):
        raise ReadingError(
            _("its member {name!r} would land outside of the folder", name=short(name))
        )
    if not name.strip(" ./\\"):
        raise ReadingError(_("one of its members has no name"))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ReadingError(_("its member {name!r} is a link", name=short(name)))
