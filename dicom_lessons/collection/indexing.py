"""Files of any number become a Parquet table: in parallel, resumable, and never stopped by a file.

The folder of an index holds its parts, ``part-00000.parquet`` and so on, of some thousand rows
each. A part is written whole or not at all, so whatever is there when a run is killed is kept, and
the next run reads only what is missing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dicom_lessons import reading
from dicom_lessons.collection.crew import CHUNK, Chunk, open_crew, read_all, table_of_chunk
from dicom_lessons.collection.index import Index
from dicom_lessons.collection.sources import Sources, entries, roots_of, stamper
from dicom_lessons.collection.table import CollectionError, Column, FoundFile, columns_of
from dicom_lessons.text import _, short

CHUNKS, SECONDS = 10, 10.0
"""A part is written as soon as it has the rows of so many chunks, or after so many seconds."""
_TEMPORARY, _PARTS = "part.tmp", "part-*.parquet"


def index_files(
    sources: Sources,
    folder: str | os.PathLike[str],
    *,
    elements: Iterable[str] = (),
    processes: int | None = None,
    cluster: str | None = None,
    chunk: int = CHUNK,
    progress: bool = False,
) -> Index:
    """Index folders and zip archives: one row per file or member, in Parquet.

    Files that have not changed since the last run are not read again; rows of files that are gone
    are dropped. What cannot be read has a row that says why. Pixels are never read.

    Parameters
    ----------
    sources : str, path or several of them
        Folders of any depth, in which archives are opened too, or archives. Only read.
    folder : str or path
        Where the index goes; it is made if need be. One run at a time may write to it.
    elements : iterable of str
        Keywords of elements that are to be columns besides those that every index has.
    processes : int, optional
        On this computer; as many as it has cores if not given. In a program of your own call this
        under ``if __name__ == "__main__":``, as :mod:`multiprocessing` asks.
    cluster : str, optional
        Address of a Dask scheduler, such as ``"tcp://127.0.0.1:8786"``: its workers read then. They
        need this package, and to see the files under the same paths.
    chunk : int
        Files that a process gets at a time: 250 at least, for less costs more than it brings.
    progress : bool
        Show a bar.

    Raises
    ------
    CollectionError
        If a source or a keyword is unknown, the disk is full or the cluster is gone; all that was
        read until then is kept.
    """
    columns, roots = columns_of(elements), roots_of(sources)
    crew = open_crew(columns, processes, cluster)
    try:
        with contextlib.ExitStack() as stack:
            stack.callback(crew.close)
            parts = _Parts(Path(folder), columns, CHUNKS * max(chunk, 1))
            stack.callback(parts.save_quietly)
            walked = _Walk(roots, columns, parts)
            total = sum(1 for _entry in walked.all()) if progress else None
            bar = stack.enter_context(_bar(progress, total))
            for table in read_all(walked.chunks(max(chunk, 1), bar), crew):
                walked.seen.append(table["stamp"].to_numpy())
                parts.add(table)
                bar.update(table.num_rows)
            parts.save()
            parts.prune(_joined(walked.seen))
    except (OSError, pa.ArrowException) as error:  # of the index: what a source raises has a row
        raise CollectionError(_not_written(error)) from None
    return Index(parts.folder, files_read=walked.new)


class _Walk:
    """All files of all sources, apart from those that the index has."""

    def __init__(
        self, roots: Sequence[tuple[str, str]], columns: Sequence[Column], parts: _Parts
    ) -> None:
        self._roots, self._columns, self._parts = roots, columns, parts
        self.seen: list[NDArray[np.uint64]] = []
        self.new = 0

    def all(self) -> Iterator[tuple[str, FoundFile]]:
        own = os.path.realpath(self._parts.folder)
        for root, only in self._roots:
            stamp = stamper(root, self._columns)
            for entry in entries(root, only, own):
                yield root, FoundFile(*entry[:-1], stamp(entry))

    def missing(self, bar: Any) -> Iterator[tuple[str, FoundFile]]:
        """Yield what is to be read; what the index has is passed by."""
        known, every = self._parts.known, self.all()
        while batch := list(islice(every, 4096)):
            stamps = np.array([entry.stamp for _root, entry in batch], np.uint64)
            there = np.zeros(len(batch), bool)
            if len(known):
                places = np.minimum(np.searchsorted(known, stamps), len(known) - 1)
                there = known[places] == stamps
            self.seen.append(stamps[there])
            bar.update(int(there.sum()))
            yield from (one for one, is_known in zip(batch, there, strict=True) if not is_known)

    def chunks(self, size: int, bar: Any) -> Iterator[Chunk]:
        """Yield what is to be read in pieces of one folder each."""
        for root, found in groupby(self.missing(bar), key=itemgetter(0)):
            while several := [entry for _root, entry in islice(found, size)]:
                self.new += len(several)
                yield root, several


class _Parts:
    """The parts of an index on the disk, and the rows that wait to become one."""

    def __init__(self, folder: Path, columns: Sequence[Column], rows: int) -> None:
        self.folder, self._columns, self._rows = folder, columns, rows
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _TEMPORARY).unlink(missing_ok=True)
        self._waiting: list[pa.Table] = []
        self._since = time.monotonic()
        self.known = np.sort(_joined(stamps for _path, stamps in self._stamps()))
        numbers = [path.stem.rpartition("-")[2] for path in folder.glob(_PARTS)]
        self._next = 1 + max((int(each) for each in numbers if each.isdigit()), default=-1)

    def _stamps(self) -> Iterator[tuple[Path, NDArray[np.uint64]]]:
        """Yield each part with the stamps of its rows; a broken one is removed and read anew."""
        for path in sorted(self.folder.glob(_PARTS)):
            try:
                yield path, pq.read_table(path, columns=["stamp"])["stamp"].to_numpy()
            except (pa.ArrowException, KeyError, OSError):
                path.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        rows = sum(one.num_rows for one in self._waiting)
        if rows >= self._rows or time.monotonic() - self._since > SECONDS:
            self.save()

    def save(self) -> None:
        """Write what waits as a new part."""
        if self._waiting:
            table, self._waiting = pa.concat_tables(self._waiting), []
            self._write(table, self.folder / f"part-{self._next:05}.parquet")
            self._next += 1
            pa.default_memory_pool().release_unused()
        self._since = time.monotonic()

    def save_quietly(self) -> None:
        """Keep what was read although something else went wrong."""
        with contextlib.suppress(Exception):
            self.save()

    def prune(self, seen: NDArray[np.uint64]) -> None:
        """Drop the rows of files that are gone or have changed, and those that are there twice."""
        parts = list(self._stamps())
        every = _joined(stamps for _path, stamps in parts)
        stays = np.zeros(len(every), bool)
        stays[np.unique(every, return_index=True)[1]] = True
        stays &= np.isin(every, seen)
        for path, stamps in parts:
            here, stays = stays[: len(stamps)], stays[len(stamps) :]
            if not here.any():
                path.unlink()
            elif not here.all():
                self._write(pq.read_table(path).filter(pa.array(here)), path)
        if not any(self.folder.glob(_PARTS)):
            self._write(table_of_chunk(("", []), self._columns), self.folder / "part-00000.parquet")

    def _write(self, table: pa.Table, path: Path) -> None:
        temporary = self.folder / _TEMPORARY
        try:
            with temporary.open("wb") as file:
                pq.write_table(table, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def _joined(several: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    return np.concatenate([np.empty(0, np.uint64), *several])


def _not_written(error: BaseException) -> str:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = _("the disk is full") if full else short(reading.reason_of(error), 200)
    return _(
        "The index cannot be written: {reason}. What it holds is kept. Make room or choose another "
        "folder, and start again: it goes on where it stopped.",
        reason=reason,
    )


def _bar(progress: bool, total: int | None) -> Any:
    if progress:
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm  # the other one loads widgets
    return tqdm(total=total, unit=_("file"), disable=not progress)
