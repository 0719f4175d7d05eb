"""What Python alone does: importing, reading, comparing, and turning stored values into grey."""

from __future__ import annotations

import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from course_tools.bench.figures import Figure
from dicom_lessons import registry, samples

LARGE = 500_000
SIZES = ((512, 512), (2500, 2048))
GROUP, OURS = "Python", "dicom_lessons"
GREY = "stored values to 8 bits"
COPY = "a copy of the array (the limit)"


def medians(
    candidates: dict[str, Callable[[], object]], rounds: int, seconds: float = 0
) -> dict[str, float]:
    """Run all in turn, again and again, and return the median of each in milliseconds.

    A machine is never as quick twice, so only figures of the same run compare. The first round,
    which fills caches, does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    began = time.perf_counter()
    done = -1
    while done < rounds or time.perf_counter() - began < seconds:
        for name, candidate in candidates.items():
            start = time.perf_counter()
            candidate()
            times[name].append(1000 * (time.perf_counter() - start))
        done += 1
    return {name: statistics.median(spent[1:]) for name, spent in times.items()}


def figures(rounds: int = 5) -> Iterator[Figure]:
    """Measure what the course does against the plainest other way."""
    from pydicom import dcmread

    from dicom_lessons.read_write import difference
    from dicom_lessons.structure import map_bytes
    from dicom_lessons.structure.explorer import explore_bytes

    raw, one, other = _large_file(), _many_elements("one"), _many_elements("other")
    lines = range(0, len(raw), 16)
    compared: dict[str, dict[str, Callable[[], object]]] = {
        "import the package": {
            OURS: lambda: _python("import dicom_lessons"),
            "import pydicom": lambda: _python("import pydicom"),
        },
        "map every byte of a 500 KB file": {
            OURS: lambda: map_bytes(raw),
            "dcmread and print all elements": lambda: str(dcmread(io.BytesIO(raw))),
        },
        "open the byte explorer on a 500 KB file": {
            OURS: lambda: explore_bytes(raw),
            "a plain hexadecimal dump of it as text": lambda: "\n".join(
                f"{line:08x}  {raw[line : line + 16].hex(' ')}" for line in lines
            ),
        },
        "compare two data sets of 10,000 elements": {
            OURS: lambda: difference(dcmread(io.BytesIO(one)), dcmread(io.BytesIO(other))),
            "dcmread both and print them as text": lambda: (
                str(dcmread(io.BytesIO(one))) == str(dcmread(io.BytesIO(other)))
            ),
        },
    }
    for what, candidates in compared.items():
        yield Figure(GROUP, what, "ms", medians(candidates, rounds))
    yield _series(rounds)


def _series(rounds: int) -> Figure:
    name = "virtual/ct_volume"
    archive = registry.MADE / samples.get(name).file
    kept = samples.series(name)[0].parent
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "series"

        def ours() -> None:
            shutil.rmtree(kept)
            samples.series(name)

        def instead() -> None:
            shutil.rmtree(place, ignore_errors=True)
            shutil.unpack_archive(archive, place)

        candidates: dict[str, Callable[[], object]] = {OURS: ours, "shutil.unpack_archive": instead}
        what = "unpack the CT series, and verify it"
        return Figure(GROUP, what, "ms", medians(candidates, rounds))


def grey_figures(
    rounds: int = 15, seconds: float = 1, sizes: tuple[tuple[int, int], ...] = SIZES
) -> Iterator[Figure]:
    """Measure `to_display` against what pydicom and tutorials offer."""
    from dicom_lessons import pixels

    for shape in sizes:
        for kind in (np.int16, np.uint16):
            dataset, stored = ct_of(shape, kind)
            candidates: dict[str, Callable[[], object]] = {
                "to_display": partial(pixels.to_display, dataset, stored=stored)
            }
            for name, other in OTHERS.items():
                candidates[name] = partial(other, dataset, stored)
            what = f"{shape[0]} × {shape[1]}, {np.dtype(kind)}"
            yield Figure(GREY, what, "ms", medians(candidates, rounds, seconds))


def ct_of(
    shape: tuple[int, int], kind: type[np.integer[Any]]
) -> tuple[Dataset, NDArray[np.integer[Any]]]:
    """Return a CT of a size: Hounsfield units as they are, or stored from 0 with an intercept."""
    dataset = samples.read("virtual/ct")
    signed = kind is np.int16
    dataset.PixelRepresentation, dataset.RescaleIntercept = (1, 0) if signed else (0, -1024)
    dataset.BitsStored, dataset.RescaleSlope = (16 if signed else 12), 1
    noise = np.random.default_rng(1).normal(1100, 300, shape).clip(0, 4095)
    return dataset, (noise - 1024 if signed else noise).astype(kind)


def by_pydicom(dataset: Dataset, stored: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """Return what pydicom's own steps lead to, scaled to 8 bits."""
    from pydicom.pixels.processing import apply_modality_lut, apply_windowing

    windowed = apply_windowing(apply_modality_lut(stored, dataset), dataset)
    lowest = -(2 ** (dataset.BitsStored - 1)) if dataset.PixelRepresentation else 0
    first = lowest * dataset.RescaleSlope + dataset.RescaleIntercept
    scale = 255 / (dataset.RescaleSlope * (2**dataset.BitsStored - 1))
    return ((windowed - float(first)) * float(scale)).astype(np.uint8)


def by_tutorials(dataset: Dataset, stored: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """Return what tutorials teach: the grey levels stretched from the least to the greatest."""
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

    grey = apply_voi_lut(apply_modality_lut(stored, dataset), dataset)
    shown: NDArray[np.uint8] = ((grey - grey.min()) / (grey.max() - grey.min()) * 255).astype(
        np.uint8
    )
    return shown


PYDICOM = "apply_modality_lut, apply_windowing, scaled"
OTHERS: dict[str, Callable[[Dataset, NDArray[np.integer[Any]]], object]] = {
    PYDICOM: by_pydicom,
    "apply_voi_lut, min–max (tutorials)": by_tutorials,
    COPY: lambda _dataset, stored: stored.copy(),
}


def _large_file() -> bytes:
    dataset = samples.read("CT_small")
    dataset.Rows = dataset.Columns = 500
    dataset.PixelData = bytes(LARGE)
    return _saved(dataset)


def _many_elements(last: str) -> bytes:
    dataset = samples.read("CT_small")
    for group in range(0x0101, 0x0151, 2):
        block = dataset.private_block(group, "DICOM LESSONS", create=True)
        for number in range(243):
            block.add_new(number, "LO", f"value {number}")
    block.add_new(number, "LO", last)
    return _saved(dataset)


def _saved(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)
