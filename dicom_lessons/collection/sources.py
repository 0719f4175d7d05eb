"""Where files come from: folders of any depth and zip archives, walked without ever failing."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from dicom_lessons import reading
from dicom_lessons.collection.table import (
    CollectionError,
    Column,
    FoundFile,
    begins_like_dicom,
    clean,
    start_of,
    values_of,
)
from dicom_lessons.text import _, short

Sources = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
_HEADER = 16 * 2**20
"""Bytes of a large file or a member that are held in memory: all elements but the pixels."""
_STAMPED = FoundFile._fields.index("detail")
"""Fields in front of this one make a file another one; how a problem is worded does not."""
_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_PART = re.compile(r"part(-\d+\.parquet|\.tmp)")


def roots_of(sources: Sources) -> list[tuple[str, str]]:
    """Return each source as (folder, what to walk in it): all of a folder, or one file.

    Raises
    ------
    CollectionError
        If there is none, or no such file or folder.
    """
    several = [sources] if isinstance(sources, str | bytes | os.PathLike) else list(sources)
    paths = [os.path.abspath(os.fsdecode(each)) for each in several]  # noqa: PTH100
    for path in paths:
        if not reading.is_there(path):
            raise CollectionError(_("There is no file or folder {path}.", path=short(path, 200)))
    if not paths:
        raise CollectionError(_("Name a folder or a list of zip archives."))
    folders = {path for path in paths if os.path.isdir(path)}  # noqa: PTH112
    return [
        (path, "") if path in folders else (os.path.dirname(path), path)  # noqa: PTH120
        for path in dict.fromkeys(paths)
        if not folders & {str(each) for each in Path(path).parents}
    ]


def entries(folder: str, only: str, leave_out: str = "") -> Iterator[FoundFile]:
    """Yield all files below a folder in a fixed order, members of zip archives among them.

    Links are not followed, so that no walk goes in circles; they are told instead.

    Parameters
    ----------
    folder, only : str
        The folder, and the one file in it that is meant; empty for all.
    leave_out : str
        Real path of the index, which is passed by.
    """
    for entry in [_alone(only)] if only else _walk(folder, leave_out):
        if entry.problem or not (only or entry.path.lower().endswith(".zip")):
            yield entry
            continue
        path = os.path.join(folder, entry.path)  # noqa: PTH118 - a name may hold any bytes
        if path.lower().endswith(".zip") or zipfile.is_zipfile(path):
            yield from _members(path, entry)
        else:
            yield entry


def stamper(folder: str, columns: Sequence[Column]) -> Callable[[FoundFile], int]:
    """Return a function that makes one number of all that makes a file another one."""
    start = blake2b(repr((folder, [each.keyword for each in columns])).encode(), digest_size=8)

    def stamp(entry: FoundFile) -> int:
        told = start.copy()
        told.update(repr(entry[:_STAMPED]).encode())
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
        values = _values(path, entry, columns, open_archives)
        now = os.stat(path)  # noqa: PTH116
    except (OSError, MemoryError) as error:
        return {"problem": "system", "detail": reading.reason_of(error), "stamp": again}
    same_size = entry.place >= 0 or now.st_size == entry.size
    if now.st_mtime_ns != entry.modified or not same_size:
        return {"problem": "changed", "stamp": again}
    return values


def member_bytes(path: Path, member: str) -> bytes:
    """Return the bytes of a member by the name that stands in its row.

    Raises
    ------
    LookupError
        If the archive has no such member.
    ReadingError, OSError
        If it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            places = {name: place for place, name in _named(archive)}
            with archive.open(archive.infolist()[places[member]]) as stream:
                return stream.read(reading.MOST_BYTES + 1)  # whoever reads more refuses it
    except (OSError, LookupError):
        raise
    except Exception as error:  # zipfile and zlib raise many kinds on broken bytes
        raise reading.ReadingError(reading.reason_of(error)) from error


def _alone(path: str) -> FoundFile:
    name = os.path.basename(path)  # noqa: PTH119
    try:
        return _file(name, os.stat(path))  # noqa: PTH116
    except OSError as error:
        return FoundFile(name, problem="system", detail=reading.reason_of(error))


def _file(path: str, about: os.stat_result) -> FoundFile:
    if not stat.S_ISREG(about.st_mode):
        return FoundFile(path, problem="no-file")
    return FoundFile(path, about.st_size, about.st_mtime_ns)


def _walk(top: str, leave_out: str) -> Iterator[FoundFile]:
    above, waiting = len(os.path.join(top, "")), [top]  # noqa: PTH118
    while waiting:
        folder = waiting.pop()
        try:
            own = os.path.realpath(folder) == leave_out
            if own and folder != top:
                continue
            with os.scandir(folder) as listed:
                inside = sorted(listed, key=lambda one: os.fsencode(one.name))
        except OSError as error:
            below = folder[above:] or "."
            yield FoundFile(below, problem="folder", detail=reading.reason_of(error))
            continue
        folders = []
        for one in inside:
            if own and _PART.fullmatch(one.name):
                continue
            path = one.path[above:]
            try:
                if one.is_symlink() or getattr(one, "is_junction", bool)():
                    yield FoundFile(path, problem="link")
                elif one.is_dir(follow_symlinks=False):
                    folders.append(one.path)
                else:
                    yield _file(path, one.stat(follow_symlinks=False))
            except OSError as error:
                yield FoundFile(path, problem="system", detail=reading.reason_of(error))
        waiting += reversed(folders)


def _members(path: str, whole: FoundFile) -> Iterator[FoundFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = [(name, place, archive.infolist()[place]) for place, name in _named(archive)]
    except Exception as error:  # zipfile raises many kinds on broken bytes
        found = []
        problem, detail = "archive", reading.reason_of(error)
        with contextlib.suppress(OSError):
            if start_of(Path(path))[128:] == b"DICM":
                problem = detail = ""  # an instance under a wrong name
        yield whole._replace(problem=problem, detail=detail)
    for name, place, about in found:
        yield whole._replace(member=name, place=place, size=about.file_size, digest=about.CRC)


def _named(archive: zipfile.ZipFile) -> Iterator[tuple[int, str]]:
    """Yield place and name of each member; of those of one name, the second gets a number."""
    count, names = Counter[str](), set[str]()
    for place, member in enumerate(archive.infolist()):
        if member.is_dir():
            continue
        name = first = clean(member.filename)
        while name in names:
            count[first] += 1
            name = f"{first} ({1 + count[first]})"
        names.add(name)
        yield place, name


def _values(
    path: str, entry: FoundFile, columns: Sequence[Column], open_archives: dict[str, Any]
) -> dict[str, Any]:
    try:
        if entry.place < 0 and entry.size <= reading.MOST_BYTES:
            return values_of(Path(path), columns)
        if entry.place < 0:
            with Path(path).open("rb") as file:
                return values_of(file.read(_HEADER), columns)
        if path not in open_archives:
            open_archives[path] = zipfile.ZipFile(path)
        archive = open_archives[path]
        with archive.open(archive.infolist()[entry.place]) as stream:
            raw = stream.read(132)
            if raw.startswith(_ZIP):
                return {"problem": "archive-inside"}
            if begins_like_dicom(raw):
                raw += stream.read(_HEADER)
            return values_of(raw, columns)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # on broken bytes pydicom, zipfile and zlib raise many kinds
        return {"problem": "unreadable", "detail": reading.reason_of(error)}
