"""Where files come from: folders of any depth and zip archives, walked without ever failing."""

from __future__ import annotations

import os
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from dicom_lessons import reading
from dicom_lessons.collection.table import CollectionError, Column, FoundFile, values_of
from dicom_lessons.text import _, short

Sources = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
_HELD = 16 * 2**20
"""Bytes of a member that are held in memory; larger ones take a temporary file."""
_ZIP = b"PK\x03\x04"


def roots_of(sources: Sources) -> list[tuple[str, str]]:
    """Return each source as (folder, what to walk in it): all of a folder, or one file.

    Raises
    ------
    CollectionError
        If there is none, or no such file or folder.
    """
    several = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    found = []
    for each in several:
        path = os.path.abspath(os.fspath(each))  # noqa: PTH100 - a name may hold any bytes
        if not reading.is_there(path):
            raise CollectionError(_("There is no file or folder {path}.", path=short(each, 200)))
        is_folder = os.path.isdir(path)  # noqa: PTH112
        found.append((path, "") if is_folder else (os.path.dirname(path), path))  # noqa: PTH120
    if not found:
        raise CollectionError(_("Name a folder or a list of zip archives."))
    return list(dict.fromkeys(found))


def entries(
    folder: str, only: str, stamp: Callable[..., int], leave_out: str = ""
) -> Iterator[FoundFile]:
    """Yield all files below a folder in a fixed order, members of zip archives among them.

    Links are not followed, so that no walk goes in circles; they are told instead.

    Parameters
    ----------
    folder, only : str
        The folder, and the one file in it that is meant; empty for all.
    stamp : callable
        Returns a number for path, member, size, time and problem.
    leave_out : str
        A folder that is passed by: that of the index itself.
    """
    found = _alone(only) if only else _walk(folder, leave_out)
    for path, about, problem, detail in found:
        below = os.path.relpath(path, folder)
        if about is None or problem:
            yield FoundFile(below, "", -1, 0, 0, stamp(below, "", 0, 0, problem), problem, detail)
        elif path.lower().endswith(".zip") or (only and zipfile.is_zipfile(path)):
            yield from _members(path, below, about, stamp)
        else:
            size, time = about.st_size, about.st_mtime_ns
            yield FoundFile(below, "", -1, size, time, stamp(below, "", size, time, ""))


def stamper(folder: str, columns: Sequence[Column]) -> Callable[..., int]:
    """Return a function that makes one number of all that makes a file another one."""
    start = blake2b(digest_size=8)
    for word in (os.fsencode(folder), *(each.keyword.encode() for each in columns)):
        start.update(word + b"\0")

    def stamp(path: str, member: str, size: int, modified: int, problem: str) -> int:
        told = start.copy()
        words = (member, str(size), str(modified), problem)
        told.update(os.fsencode(path) + "\0".join(("", *words)).encode("utf-8", "backslashreplace"))
        return int.from_bytes(told.digest(), "little")

    return stamp


def read_entry(
    folder: str, entry: FoundFile, columns: Sequence[Column], open_archives: dict[str, Any]
) -> dict[str, Any]:
    """Return what a row says of one entry; what goes wrong is a problem in it.

    What may be otherwise next time gets another stamp, so that it is tried again then.
    """
    if entry.problem:
        return {"problem": entry.problem, "detail": entry.detail or None}
    path, again = os.path.join(folder, entry.path), entry.stamp ^ 1  # noqa: PTH118
    try:
        if entry.place >= 0:
            return _read_member(path, entry, columns, open_archives)
        values = values_of(Path(path), columns)
        now = os.stat(path)  # noqa: PTH116
    except (OSError, MemoryError) as error:
        return {"problem": "system", "detail": reading.reason_of(error), "stamp": again}
    if (now.st_size, now.st_mtime_ns) != (entry.size, entry.modified):
        return {"problem": "changed", "stamp": again}
    return values


def _alone(path: str) -> Iterator[tuple[str, os.stat_result | None, str, str]]:
    try:
        about = os.stat(path)  # noqa: PTH116
    except OSError as error:
        yield path, None, "system", reading.reason_of(error)
        return
    yield path, about, "" if stat.S_ISREG(about.st_mode) else "no-file", ""


def _walk(top: str, leave_out: str) -> Iterator[tuple[str, os.stat_result | None, str, str]]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listed:
                inside = sorted(listed, key=lambda one: os.fsencode(one.name))
        except OSError as error:
            yield folder, None, "folder", reading.reason_of(error)
            continue
        below = []
        for one in inside:
            try:
                if one.is_symlink() or getattr(one, "is_junction", bool)():
                    yield one.path, None, "link", ""
                elif one.is_dir(follow_symlinks=False):
                    if one.path != leave_out:
                        below.append(one.path)
                elif one.is_file(follow_symlinks=False):
                    yield one.path, one.stat(follow_symlinks=False), "", ""
                else:
                    yield one.path, None, "no-file", ""
            except OSError as error:
                yield one.path, None, "system", reading.reason_of(error)
        waiting += reversed(below)


def _members(
    path: str, below: str, about: os.stat_result, stamp: Callable[..., int]
) -> Iterator[FoundFile]:
    size, time = about.st_size, about.st_mtime_ns
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
    except Exception as error:  # zipfile raises many kinds on broken bytes
        told = reading.reason_of(error)
        yield FoundFile(
            below, "", -1, size, time, stamp(below, "", size, time, "z"), "archive", told
        )
        return
    names: dict[str, int] = {}
    for place, member in enumerate(inside):
        if member.is_dir():
            continue
        count = names[member.filename] = names.get(member.filename, 0) + 1
        name = member.filename if count == 1 else f"{member.filename} ({count})"
        # the archive's own size and time stand in the stamp of each member
        number = stamp(below, f"{name}\0{member.CRC}", size, time, "")
        yield FoundFile(below, name, place, member.file_size, time, number)


def _read_member(
    path: str, entry: FoundFile, columns: Sequence[Column], open_archives: dict[str, Any]
) -> dict[str, Any]:
    try:
        if path not in open_archives:
            open_archives[path] = zipfile.ZipFile(path)
        archive = open_archives[path]
        with archive.open(archive.infolist()[entry.place]) as stream:
            raw = stream.read(_HELD)
            if raw[:4] == _ZIP:
                return {"problem": "archive-inside"}
            if len(raw) < _HELD:
                return values_of(raw, columns)
            with tempfile.TemporaryDirectory() as folder:
                large = Path(folder) / "member"
                with large.open("wb") as file:
                    while raw and file.tell() <= reading.MOST_BYTES:
                        file.write(raw)
                        raw = stream.read(_HELD)
                return values_of(large, columns)
    except OSError:
        raise
    except Exception as error:  # zipfile and zlib raise many kinds on broken bytes
        return {"problem": "unreadable", "detail": reading.reason_of(error)}
