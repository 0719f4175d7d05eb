"""Who reads the chunks: this process, processes on this computer, or the workers of a cluster.

Each has ``submit`` and gives futures. A process that dies takes nothing along: its chunks are read
again, in halves, until the file is alone that kills whoever reads it.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from dicom_lessons.collection.sources import read_entry
from dicom_lessons.collection.table import CollectionError, Column, FoundFile, columns_of, table_of
from dicom_lessons.text import _, language, set_language, short

Chunk = tuple[str, Sequence[FoundFile]]
"""A folder, and files below it."""
CHUNK = 250
PATIENCE = 60.0
"""Seconds that a cluster may be without any worker."""


def table_of_chunk(chunk: Chunk, columns: Sequence[Column]) -> pa.Table:
    """Read a chunk and return its rows."""
    folder, several = chunk
    archives: dict[str, Any] = {}
    try:
        rows = [(one, read_entry(folder, one, columns, archives)) for one in several]
    finally:
        for archive in archives.values():
            archive.close()
    return table_of(folder, rows, columns)


def read_chunk(chunk: Chunk, keywords: Sequence[str], words: str) -> pa.Table:
    """Read a chunk in another process, which speaks the language ``words`` too."""
    set_language(words)
    return table_of_chunk(chunk, columns_of(keywords))


class Crew:
    """Processes that read; this one alone as long as there is one chunk.

    Attributes
    ----------
    most : int
        Chunks that are on their way at a time.
    is_here : bool
        Whether this process may read as well as they.
    """

    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    is_here = True

    def __init__(self, columns: Sequence[Column], processes: int) -> None:
        self.columns, self.processes = columns, processes
        self.most = 2 * processes + 1
        self._pool: Executor | None = None

    def submit(self, chunk: Chunk) -> Future[pa.Table]:
        """Have a chunk read; what goes wrong is an error of the future that is returned."""
        keywords = [each.keyword for each in self.columns]
        try:
            if self._pool is None:
                self._pool = self._open()
            return self._pool.submit(read_chunk, chunk, keywords, language())
        except Exception as error:  # a pool that is just breaking takes nothing any more
            future = Future[pa.Table]()
            future.set_exception(error)
            return future

    def restart(self) -> None:
        """Begin with new processes; of a cluster, the scheduler sees to them."""
        if self.is_here:
            self.close()

    def look(self) -> None:
        """Raise an error if nothing can be expected any more."""

    def close(self) -> None:
        """Let all processes end."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def failed(self, chunk: Chunk) -> pa.Table:
        """Return the row of a file that nobody survives."""
        folder, several = chunk
        problem = {"problem": "crash", "stamp": several[0].stamp ^ 1}
        return table_of(folder, [(several[0], problem)], self.columns)

    def _open(self) -> Executor:
        # fork would copy the locks of a notebook's threads
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            # pyarrow loads pandas with its first table: once for all of them
            context.set_forkserver_preload([__name__, "pandas"])
        return ProcessPoolExecutor(self.processes, context, _end_with_parent)


class Cluster(Crew):
    """The workers of a Dask scheduler, which may see what this computer does not."""

    is_here = False

    def __init__(self, columns: Sequence[Column], address: str) -> None:
        from distributed import Client, KilledWorker

        try:
            self._client = Client(address, timeout=10, set_as_default=False)
        except Exception as error:  # distributed raises many kinds
            raise CollectionError(
                _(
                    "There is no Dask scheduler at {address}: {reason}.",
                    address=short(address),
                    reason=short(error, 120) or type(error).__name__,
                )
            ) from None
        super().__init__(columns, max(len(self._client.nthreads()), 1))
        self.most = 4 * self.processes
        self.lost = (KilledWorker,)
        self._seen = time.monotonic()

    def look(self) -> None:
        """Raise an error if the scheduler, or all workers for a minute, are gone."""
        with contextlib.suppress(Exception):
            if self._client.status == "running" and self._client.nthreads():
                self._seen = time.monotonic()
        if self._client.status != "running" or time.monotonic() - self._seen > PATIENCE:
            raise CollectionError(
                _(
                    "The cluster has no workers any more. What was read is kept: start again when "
                    "it is back, and the index goes on where it stopped."
                )
            )

    def close(self) -> None:
        """Leave the cluster; it goes on running, and forgets what it was asked for."""
        self._pool = None
        self._client.close()

    def _open(self) -> Executor:
        return self._client.get_executor(pure=False)  # type: ignore[no-any-return]


def open_crew(columns: Sequence[Column], processes: int | None, cluster: str | None) -> Crew:
    """Return processes of this computer, or the workers of a cluster."""
    if cluster is not None:
        return Cluster(columns, cluster)
    return Crew(columns, max(processes or _cores(), 1))


def read_all(chunks: Iterator[Chunk], crew: Crew) -> Iterator[pa.Table]:
    """Yield the rows of all chunks, as they come; no more of them than need be are held."""
    first = list(islice(chunks, 2))
    every = chain(first, chunks)
    if crew.is_here and (crew.processes == 1 or len(first) < 2):
        yield from (table_of_chunk(chunk, crew.columns) for chunk in every)
        return
    waiting: dict[Future[pa.Table], Chunk] = {}
    for chunk in every:
        waiting[crew.submit(chunk)] = chunk
        while len(waiting) >= crew.most:
            yield from _finished(waiting, crew)
    while waiting:
        yield from _finished(waiting, crew)


def _finished(waiting: dict[Future[pa.Table], Chunk], crew: Crew) -> Iterator[pa.Table]:
    done = wait(waiting, timeout=5, return_when=FIRST_COMPLETED).done
    if not done:
        crew.look()
    lost = []
    for future in done:
        chunk = waiting.pop(future)
        try:
            yield _result(future, crew)
        except crew.lost:
            lost.append(chunk)
    if lost and crew.is_here:  # all others were in the same pool
        lost += waiting.values()
        waiting.clear()
    for chunk in lost:
        crew.restart()
        yield from _carefully(chunk, crew)


def _result(future: Future[pa.Table], crew: Crew) -> pa.Table:
    try:
        return future.result()
    except Exception as error:  # a cluster that closes raises many kinds
        if isinstance(error, (*crew.lost, CollectionError)):
            raise
        crew.look()
        raise CollectionError(
            _("Reading stopped: {reason}. What was read is kept.", reason=short(error, 200))
        ) from None


def _carefully(chunk: Chunk, crew: Crew) -> Iterator[pa.Table]:
    """Read a chunk that went down with a process: again, and in halves if it does so again."""
    folder, several = chunk
    try:
        yield _result(crew.submit(chunk), crew)
        return
    except crew.lost:
        crew.restart()
    if len(several) == 1:
        yield crew.failed(chunk)
        return
    middle = len(several) // 2
    for half in (several[:middle], several[middle:]):
        yield from _carefully((folder, half), crew)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, however it went."""
    gc.freeze()  # what all processes share would be copied as soon as one looks for garbage in it
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=[parent], daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)
