"""A folder is examined: ours against reading and validating each file in plain pydicom."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from pydicom import config, dcmread
from pydicom.multival import MultiValue
from pydicom.valuerep import validate_value

from course_tools.bench.figures import Figure
from dicom_lessons import samples
from dicom_lessons.clinic import examine_all

FILES, PART = 300, 15
"""Files that are examined, and how many of them at a time: a busy machine disturbs short runs less.
"""
PLAIN = "pydicom: dcmread, validate_value for each value, pixel_array"
_FULL_SIZE = (
    *("virtual/ct", "virtual/ct_abdomen", "virtual/mr_t1", "virtual/mr_t2", "virtual/pt"),
    *("virtual/us", "virtual/us_doppler", "virtual/cr", "virtual/dx", "virtual/mg"),
)


def figures(files: int = FILES, rounds: int = 3) -> Iterator[Figure]:
    """Measure two mixed folders in CPU time: pictures of full size, and small test files too.

    The second holds what comes with pydicom, the virtual patient and its volumes, and files made.
    """
    full = [samples.path(name) for name in _FULL_SIZE]
    mixed = [samples.path(name) for name in samples.names() if _is_here(name)]
    mixed += [*samples.series("virtual/ct_volume"), *samples.series("virtual/pt_volume")]
    for what, paths in (("pictures of full size", full), ("test files and series", mixed)):
        chosen = [paths[number % len(paths)] for number in range(files)]
        spent = {"examine_all": 0.0, PLAIN: 0.0}
        for start in range(0, files, PART):
            part = chosen[start : start + PART]
            both = [(_seconds(_ours, part), _seconds(_plain, part)) for _round in range(rounds)]
            spent["examine_all"] += min(ours for ours, _other in both)
            spent[PLAIN] += min(theirs for _other, theirs in both)
        values = {name: seconds * 1000 / files for name, seconds in spent.items()}
        yield Figure("a folder examined, CPU time", f"{files} files, {what}", "ms", values)


def _is_here(name: str) -> bool:
    return samples.get(name).source != "downloaded" and "TINY_ALPHA" not in name


def _seconds(work: Callable[[list[Path]], None], paths: list[Path]) -> float:
    started = time.process_time()
    with warnings.catch_warnings(action="ignore"):
        work(paths)
    return time.process_time() - started


def _ours(paths: list[Path]) -> None:
    for _found in examine_all(paths):
        pass


def _plain(paths: list[Path]) -> None:
    for path in paths:
        with suppress(Exception):  # broken files are among them
            dataset = dcmread(path, force=True)
            for element in dataset.iterall():
                values = element.value
                for value in values if isinstance(values, MultiValue | list) else [values]:
                    with suppress(Exception):
                        validate_value(element.VR, value, config.RAISE)
            if "PixelData" in dataset:
                dataset.pixel_array  # noqa: B018
