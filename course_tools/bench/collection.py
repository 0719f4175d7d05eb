"""A folder becomes a table: ours against two processes of plain pydicom, and a second pass.

Memory is that of all processes at its highest; on Linux, pages that several share count once.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import generate_uid

from course_tools.bench.figures import Figure
from dicom_lessons import samples
from dicom_lessons.collection import index_files, open_idc
from dicom_lessons.collection.crew import CHUNK
from dicom_lessons.collection.idc import whole_index
from dicom_lessons.collection.table import ELEMENTS, CollectionError

FILES = (2000, 20_000)
PER_FOLDER = 500
REAL_INSTANCES = 58_784_975
"""What the index of the Imaging Data Commons counted: the millions that figures are scaled to."""
QUESTIONS = {
    "series by modality": "SELECT Modality, sum(series) n FROM groups GROUP BY ALL ORDER BY n",
    "series by licence": "SELECT license_short_name, sum(series), sum(MB) FROM groups GROUP BY ALL",
    "transfer syntaxes": "SELECT transfer_syntax_name, sum(series) FROM groups GROUP BY ALL",
    "MONOCHROME1": "SELECT sum(series) FROM groups WHERE PhotometricInterpretation='MONOCHROME1'",
    "without a picture": "SELECT sum(series) FROM groups WHERE PhotometricInterpretation IS NULL",
    "a cohort": "SELECT count(*), sum(series_size_MB) FROM series WHERE Modality = 'CT' "
    "AND license_short_name LIKE 'CC BY _.0' AND collection_id = 'qin_lung_ct'",
}


@dataclass
class Cost:
    """What something took, with all of its processes."""

    seconds: float = 0.0  # on the clock
    processor: float = 0.0  # the same on a busy machine
    memory: float = 0.0  # megabytes at the highest
    own: float = 0.0  # the same without libraries, which share pages with other programs


def figures(counts: Sequence[int] = FILES) -> list[Figure | str]:
    """Measure everything in one run, with two processes each, and say what follows from it."""
    found, costs = [], dict[int, tuple[Cost, Cost, Cost, Cost]]()
    with tempfile.TemporaryDirectory() as place:
        for count in counts:
            folder, index = Path(place) / str(count), Path(place) / f"index-{count}"
            write_files(folder, count)
            plain = measure(partial(read_plainly, folder))
            first = measure(partial(index_apart, folder, index))
            second = measure(partial(index_files, folder, index, processes=2))
            empty = measure(partial(index_apart, index / "nothing", Path(f"{index}-0")))
            costs[count] = plain, first, second, empty
            what = f"{count} files, two processes"
            values = {"index_files": first.seconds * 1000, "pydicom, a pool": plain.seconds * 1000}
            found.append(Figure("a folder becomes a table", what, "ms", values))
            again = {
                "index_files, second pass": second.seconds * 1000,
                "index_files, first pass": max(first.seconds - empty.seconds, 1e-3) * 1000,
            }
            what = f"{count} unchanged files, without the start of Python"
            found.append(Figure("a second pass", what, "ms", again))
    for what, name in (("all processes", "memory"), ("the same without libraries", "own")):
        memory = {f"{count} files": getattr(costs[count][1], name) for count in counts}
        found.append(Figure("memory at its highest", what, "MB", memory))
    return [*found, *_questions(), *_notes(costs)]


def _notes(costs: Mapping[int, tuple[Cost, Cost, Cost, Cost]]) -> Iterator[str]:
    count = max(costs)
    plain, first, second, empty = costs[count]
    again = (first.seconds - empty.seconds) / second.seconds
    clock, processor = plain.seconds / first.seconds, plain.processor / first.processor
    yield (
        f"{count} files: index_files is {clock:.2f} times as quick as two processes of plain"
        f" pydicom by the clock, {processor:.2f} times by processor time (0.9 is wanted; above 1 it"
        f" is quicker); a second pass is {again:.0f} times as quick as the first (20 is wanted)."
    )
    grown = first.own / costs[min(costs)][1].own
    yield (
        f"Memory for {count} files is {grown:.2f} times that for {min(costs)} (0.9 to 1.1 is"
        f" wanted), {first.memory:.0f} MB at most (500 is wanted)."
    )
    hours = first.seconds / count * 1e7 / 3600
    real = first.seconds / count * REAL_INSTANCES / 3600
    yield (
        f"Scaled from {count} files: ten million files take {hours:.1f} hours on two processes of"
        f" this machine, the {REAL_INSTANCES:,} instances of the Imaging Data Commons {real:.1f};"
        " assumed that a disk gives the first kilobytes of a file as quickly as this one does from"
        " its memory."
    )


def write_files(folder: Path, count: int) -> None:
    """Write CT slices with the headers of a real scanner and small pixels, two in a hundred broken.

    Series have 50 slices, folders 500 files.
    """
    model = dcmread(samples.path("CT_small"))
    rng = random.Random(12)
    for number in range(count):
        path = folder / f"{number // PER_FOLDER:03}" / f"IM{number:07}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 50 == 0:
            model.SeriesInstanceUID = generate_uid(entropy_srcs=[str(number)])
        model.SOPInstanceUID = generate_uid(entropy_srcs=[str(number), "i"])
        model.InstanceNumber = number % 50 + 1
        model.save_as(path)
        if number % 50 == 25:
            raw = path.read_bytes()
            path.write_bytes(rng.choice([raw[: rng.randrange(1, 200)], rng.randbytes(999), b""]))


def index_apart(folder: Path, index: Path) -> None:
    """Index a folder in a Python of its own, as a program would."""
    folder.mkdir(parents=True, exist_ok=True)
    code = (
        "import sys; from dicom_lessons.collection import index_files\n"
        "if __name__ == '__main__': index_files(sys.argv[1], sys.argv[2], processes=2)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder), str(index)], check=True)


def read_plainly(folder: Path) -> None:
    """Do what a careful program does by hand: the same chunks, elements and processes."""
    code = (
        "import sys; from course_tools.bench.collection import plain_rows\n"
        "if __name__ == '__main__': plain_rows(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


def plain_rows(folder: str) -> int:
    """Return how many rows two processes of plain pydicom make."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    with ProcessPoolExecutor(2, context) as pool:
        return sum(map(len, pool.map(_plain_chunk, chunks)))


def _plain_chunk(paths: Sequence[Path]) -> list[dict[str, Any]]:
    rows = []
    for path in paths:
        try:
            dataset = dcmread(path, stop_before_pixels=True)
        except Exception as error:  # pydicom raises many kinds on broken files
            rows.append({"path": str(path), "problem": str(error)})
            continue
        values = {keyword: str(dataset.get(keyword, "")) for keyword in ELEMENTS}
        rows.append({"path": str(path), **values})
    return rows


def measure(action: Callable[[], object]) -> Cost:
    """Return what something took, the processes that it starts included."""
    cost, ended = Cost(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(cost, ended))
    watcher.start()
    began = time.perf_counter()
    try:
        action()
    finally:
        cost.seconds = time.perf_counter() - began
        ended.set()
        watcher.join()
    return cost


def _watch(cost: Cost, ended: threading.Event) -> None:
    import psutil

    own, processor = psutil.Process(), dict[int, float]()
    while not ended.wait(0.05):
        memory = anonymous = 0.0
        for process in own.children(recursive=True):
            try:
                about, times = process.memory_full_info(), process.cpu_times()
                memory += getattr(about, "pss", about.rss) / 1e6
                anonymous += _anonymous(process.pid) or about.uss / 1e6
                processor[process.pid] = times.user + times.system
            except (psutil.Error, OSError):
                continue
        cost.memory, cost.own = max(cost.memory, memory), max(cost.own, anonymous)
        cost.processor = sum(processor.values())


def _anonymous(pid: int) -> float:
    """Return the megabytes of a process that no file holds; 0 where Linux does not tell."""
    path = Path(f"/proc/{pid}/smaps_rollup")
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return sum(int(line.split()[1]) / 1e3 for line in lines if line.startswith("Pss_Anon:"))


def _questions() -> Iterator[Figure]:
    kinds = {"the excerpt": False}
    try:
        whole_index()
        kinds["the whole index"] = True
    except CollectionError:
        pass
    databases = {name: open_idc(whole=whole) for name, whole in kinds.items()}
    for what, question in QUESTIONS.items():
        took = {}
        for name, database in databases.items():
            began = time.perf_counter()
            database.sql(question).fetchall()
            took[name] = 1000 * (time.perf_counter() - began)
        yield Figure("a question to the public index", what, "ms", took)
