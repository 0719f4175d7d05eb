"""Figures, measured side by side in one run: ours against what a user would pick instead.

A machine is never as quick twice, so what counts is the ratio: both candidates run in turn, and the
medians are compared.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dicom_lessons import samples

ROUNDS = 5
LARGE = 500_000


@dataclass(frozen=True)
class Figure:
    """One comparison; times are medians in milliseconds."""

    what: str
    ours: float
    instead: str
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def measure(
    what: str, ours: Callable[[], object], instead: str, theirs: Callable[[], object]
) -> Figure:
    """Run both in turn and return the medians of the rounds; the first of each does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for _round in range(ROUNDS + 1):
        for candidate, seconds in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            candidate()
            seconds.append(time.perf_counter() - start)
    mine, other = (1000 * statistics.median(seconds[1:]) for seconds in times)
    return Figure(what, mine, instead, other)


def figures() -> list[Figure]:
    """Measure everything; about a minute on two cores."""
    return [
        _import(),
        _map(),
        _explorer(),
        _difference(),
        _display(512, 512),
        _display(2500, 2048),
        _ct_volume(),
    ]


def _import() -> Figure:
    return measure(
        "import dicom_lessons",
        lambda: _python("import dicom_lessons"),
        "import pydicom",
        lambda: _python("import pydicom"),
    )


def _map() -> Figure:
    from pydicom import dcmread

    from dicom_lessons.structure import map_bytes

    raw = _large_file()
    return measure(
        "map every byte of a 500 KB file",
        lambda: map_bytes(raw),
        "dcmread and print all elements",
        lambda: str(dcmread(io.BytesIO(raw))),
    )


def _explorer() -> Figure:
    from dicom_lessons.explorers.byte_explorer import explore_bytes

    raw = _large_file()
    lines = range(0, len(raw), 16)
    return measure(
        "open the byte explorer on a 500 KB file",
        lambda: explore_bytes(raw),
        "a plain hexadecimal dump of it as text",
        lambda: "\n".join(f"{line:08x}  {raw[line : line + 16].hex(' ')}" for line in lines),
    )


def _difference() -> Figure:
    from pydicom import dcmread

    from dicom_lessons.read_write import difference

    one, other = _many_elements("one"), _many_elements("other")
    return measure(
        "compare two data sets of 10,000 elements",
        lambda: difference(dcmread(io.BytesIO(one)), dcmread(io.BytesIO(other))),
        "dcmread both and print them as text",
        lambda: str(dcmread(io.BytesIO(one))) == str(dcmread(io.BytesIO(other))),
    )


def _ct_volume() -> Figure:
    from pydicom import dcmread

    from dicom_lessons.patient import write_ct_volume

    with tempfile.TemporaryDirectory() as folder:

        def write() -> None:
            write_ct_volume(Path(folder))

        def read() -> None:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    _unused = dcmread(path).pixel_array

        return measure("make the CT volume", write, "read it again, pixels included", read)


def _display(rows: int, columns: int) -> Figure:
    import numpy as np
    from pydicom.pixels.processing import apply_modality_lut, apply_windowing

    from dicom_lessons import pixels

    dataset = samples.read("virtual/ct")
    noise = np.random.default_rng(1).normal(1100, 300, (rows, columns))
    stored = noise.clip(0, 4095).astype(np.uint16)
    highest = 2**dataset.BitsStored - 1

    def instead() -> object:
        windowed = apply_windowing(apply_modality_lut(stored, dataset), dataset)
        return ((windowed - float(dataset.RescaleIntercept)) * (255 / highest)).astype(np.uint8)

    return measure(
        f"stored values to 8 bits, {rows} × {columns}",
        lambda: pixels.to_display(dataset, stored=stored),
        "pydicom's apply_windowing, then scaled",
        instead,
    )


def _large_file() -> bytes:
    dataset = samples.read("CT_small")
    dataset.Rows = dataset.Columns = 500
    dataset.PixelData = bytes(LARGE)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _many_elements(last: str) -> bytes:
    dataset = samples.read("CT_small")
    for group in range(0x0101, 0x0151, 2):
        block = dataset.private_block(group, "DICOM LESSONS", create=True)
        for number in range(243):
            block.add_new(number, "LO", f"value {number}")
    block.add_new(number, "LO", last)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)
