"""A series becomes a volume: ours against the plain loop and other libraries, in CPU time."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from course_tools.bench import viewers
from course_tools.bench.candidates import IN_PLANES, OURS, PLANES
from course_tools.bench.figures import Figure
from course_tools.bench.pictures import noise
from dicom_lessons import samples
from dicom_lessons.volume import build_volume

Built = tuple[NDArray[Any], NDArray[np.float64]]
"""Voxels (slice, row, column), and the matrix from their indices to millimetres in LPS."""
SLICES = (200, 512, 512)
ORIENTATION, SPACING, STEP = (1.0, 0, 0, 0, 0.8, 0.6), (0.75, 0.7), 1.25
PLAIN, SCALED = "pydicom loop, np.stack", "pydicom loop, rescaled, np.stack"


def figures() -> Iterator[Figure | str]:
    """Measure how series become volumes, and a step in each plane; notes come last."""
    yield from built()
    if viewers.can_measure():
        with viewers.open_browser() as (page, lab):
            steps, notes = viewers.compare(page, lab, PLANES, [OURS, *IN_PLANES])
        yield from steps
        yield from (*notes, viewers.RESOLUTION)


def built(shape: tuple[int, int, int] = SLICES, rounds: int = 3) -> Iterator[Figure]:
    """Measure stored and modality values; the best of some rounds, all in turn."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_series(Path(folder), shape)
        stored: dict[str, Callable[[], Built]] = {
            "build_volume, stored values": lambda: _ours(paths, stored=True),
            PLAIN: lambda: _loop(paths, rescaled=False),
        }
        values: dict[str, Callable[[], Built]] = {
            "build_volume, modality values": lambda: _ours(paths, stored=False),
            SCALED: lambda: _loop(paths, rescaled=True),
        }
        if importlib.util.find_spec("highdicom"):
            values["highdicom.get_volume_from_series"] = lambda: _highdicom(paths)
        if importlib.util.find_spec("SimpleITK"):
            values["SimpleITK.ImageSeriesReader"] = lambda: _simpleitk(paths)
        what = f"{shape[0]} shuffled slices of {shape[1]} × {shape[2]}"
        for title, candidates in (("stored values", stored), ("modality values", values)):
            spent, off = _measure(candidates, rounds)
            yield Figure("a volume, CPU time", f"{what}, {title}", "ms", spent)
            yield Figure("a volume, geometry", f"farthest corner off, {title}", "mm", off)


def write_series(folder: Path, shape: tuple[int, int, int] = SLICES) -> list[Path]:
    """Write a CT series with the headers of a real one, oblique, and return its shuffled paths."""
    slices, template = noise(*shape), samples.read("virtual/ct")
    template.Rows, template.Columns, template.PixelSpacing = *shape[1:], list(SPACING)
    template.ImageOrientationPatient = list(ORIENTATION)
    template.BitsAllocated, template.BitsStored, template.HighBit = 16, 12, 11
    template.PixelRepresentation = 0
    template.RescaleSlope, template.RescaleIntercept = 1, -1024
    template.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    along, paths = np.cross(ORIENTATION[:3], ORIENTATION[3:]), []
    for number, values in enumerate(slices):
        template.SOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
        template.file_meta.MediaStorageSOPInstanceUID = template.SOPInstanceUID
        template.InstanceNumber = number + 1
        template.ImagePositionPatient = [round(mm, 6) for mm in along * STEP * number]
        template.PixelData = values.astype("<u2").tobytes()
        template["PixelData"].VR = "OW"
        paths.append(folder / f"{number:04}.dcm")
        template.save_as(paths[-1], enforce_file_format=True)
    random.Random(1).shuffle(paths)
    return paths


def _measure(
    candidates: dict[str, Callable[[], Built]], rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    off: dict[str, float] = {}
    first: NDArray[Any] | None = None
    for _round in range(rounds):
        for name, candidate in candidates.items():
            gc.collect()
            began = time.process_time()
            array, affine = candidate()
            spent[name].append(1000 * (time.process_time() - began))
            if name not in off:
                if affine[:3, 0] @ np.cross(ORIENTATION[:3], ORIENTATION[3:]) < 0:
                    # highdicom counts slices the other way round: that is no fault
                    affine = affine.copy()
                    affine[:3, 3] += affine[:3, 0] * (len(array) - 1)
                    affine[:3, 0] *= -1
                    array = array[::-1]
                first = array if first is None else first
                if not np.array_equal(array, first):
                    raise ValueError(f"{name} gives other voxels")
                off[name] = _farthest(affine, array.shape)
            del array
    return {name: min(times) for name, times in spent.items()}, off


def _farthest(affine: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """Return by how many millimetres a corner of the volume lies from where it was written."""
    row, column = np.array(ORIENTATION[:3]), np.array(ORIENTATION[3:])
    true = np.stack([np.cross(row, column) * STEP, column * SPACING[0], row * SPACING[1]], 1)
    corners = np.stack(np.meshgrid(*[(0, size - 1) for size in shape]), -1).reshape(-1, 3)
    shifted = corners @ (affine[:3, :3] - true).T + affine[:3, 3]
    return round(float(np.linalg.norm(shifted, axis=1).max()), 6)


def _ours(paths: list[Path], stored: bool) -> Built:
    volume = build_volume(paths, stored=stored)
    return volume.array, volume.affine


def _loop(paths: list[Path], rescaled: bool) -> Built:
    """Do what a careful program does by hand; its matrix is made from the first and last slice."""
    slices = [dcmread(path) for path in paths]
    row, column = np.array(slices[0].ImageOrientationPatient, float).reshape(2, 3)
    along = np.cross(row, column)
    slices.sort(key=lambda one: float(along @ np.array(one.ImagePositionPatient, float)))
    first, last = (np.array(slices[place].ImagePositionPatient, float) for place in (0, -1))
    down, across = (float(mm) for mm in slices[0].PixelSpacing)
    affine = np.eye(4)
    step = (last - first) / (len(slices) - 1)
    affine[:3] = np.stack([step, column * down, row * across, first], 1)
    if not rescaled:
        return np.stack([one.pixel_array for one in slices]), affine
    planes = [
        one.pixel_array.astype(np.float32) * float(one.RescaleSlope) + float(one.RescaleIntercept)
        for one in slices
    ]
    return np.stack(planes), affine


def _highdicom(paths: list[Path]) -> Built:
    from highdicom import get_volume_from_series

    volume = get_volume_from_series([dcmread(path) for path in paths])
    return volume.array, volume.affine


def _simpleitk(paths: list[Path]) -> Built:
    SimpleITK: Any = importlib.import_module("SimpleITK")
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(paths[0].parent)))
    image = reader.Execute()
    affine = np.eye(4)
    turned = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    affine[:3] = np.column_stack([turned[:, ::-1], image.GetOrigin()])
    return SimpleITK.GetArrayFromImage(image), affine
