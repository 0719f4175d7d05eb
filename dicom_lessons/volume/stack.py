"""An array with millimetres: what slices become when they are one even stack."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydicom import Dataset

from dicom_lessons import pixels
from dicom_lessons.pixels import PixelError
from dicom_lessons.pixels.modality_lut import units
from dicom_lessons.text import _
from dicom_lessons.volume import export, planes
from dicom_lessons.volume.faults import faults_of
from dicom_lessons.volume.geometry import (
    RAS_FROM_LPS,
    Floats,
    make_affine,
    orientation,
    spacing,
    to_indices,
    to_millimetres,
)
from dicom_lessons.volume.series import Slice, Source, slices_of

MOST_VOXELS = 2**29
"""Of one volume: 2 GiB as float32."""
_HARMLESS = frozenset({"order", "reversed", "rescale", "tilted"})
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})


@dataclass(frozen=True)
class Volume:
    """Voxels, and where each lies in the patient.

    Attributes
    ----------
    array : ndarray
        Shape (slices, rows, columns).
    affine : ndarray
        From (slice, row, column) to millimetres in LPS, shape (4, 4).
    unit : str
        Of the values, such as ``"HU"``; empty for stored values.
    frame_of_reference : str
        Only volumes with the same one share a space (PS3.3 C.7.4.1).
    names : tuple of str
        Of the slices, in their order.
    """

    array: NDArray[Any]
    affine: Floats
    unit: str = ""
    frame_of_reference: str = ""
    names: tuple[str, ...] = ()

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between slices, rows and columns."""
        between, rows, columns = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(between), float(rows), float(columns)

    def to_millimetres(self, places: ArrayLike) -> Floats:
        """Return where indices (slice, row, column) lie, shape (…, 3)."""
        return to_millimetres(self.affine, places)

    def to_indices(self, points: ArrayLike) -> Floats:
        """Return which (slice, row, column) points in millimetres are, shape (…, 3)."""
        return to_indices(self.affine, points)

    @property
    def affine_ras(self) -> Floats:
        """From (slice, row, column) to millimetres in RAS, as NIfTI counts them."""
        return np.asarray(RAS_FROM_LPS @ self.affine)

    plane = planes.plane
    cut = planes.cut
    values_at = planes.values_at
    maximum_intensity = planes.maximum_intensity
    resample = planes.resample
    distance = planes.distance
    angle = planes.angle

    def to_nibabel(self) -> Any:
        """Return a ``nibabel.Nifti1Image``; its array is (column, row, slice), its affine RAS."""
        return export.to_nibabel(self)

    def to_highdicom(self) -> Any:
        """Return a ``highdicom.Volume`` with the same array and affine."""
        return export.to_highdicom(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write NIfTI (``.nii``, ``.nii.gz``) or NRRD (``.nrrd``), by the end of the name."""
        return export.save(self, path)


def build_volume(sources: Source | Iterable[Source], *, stored: bool = False) -> Volume:
    """Stack slices in the order of their positions.

    Parameters
    ----------
    sources : str, path, Dataset, or an iterable of them
        One series, or one multi-frame object, in any order.
    stored : bool
        Whether to keep stored values; otherwise each slice becomes modality values by its own
        Rescale Slope and Intercept, as float32.

    Raises
    ------
    PixelError
        If the slices are no even stack: the message says which are missing, doubled, uneven or
        mixed. A stack that leans is built: its affine leans too.
    """
    found = slices_of(sources)
    faults = [fault for fault in faults_of(found) if fault.kind not in _HARMLESS]
    if faults:
        raise PixelError(" ".join(str(fault) for fault in faults[:3]))
    stack = sorted(found, key=lambda one: one.place)
    first, last = stack[0], stack[-1]
    rows, columns = int(first.dataset.Rows), int(first.dataset.Columns)
    if len(stack) * rows * columns > MOST_VOXELS:
        raise PixelError(
            _(
                "{slices} × {rows} × {columns} voxels are too many; the most are {most}.",
                slices=len(stack),
                rows=rows,
                columns=columns,
                most=MOST_VOXELS,
            )
        )
    step = (last.position - first.position) / (len(stack) - 1)
    affine = make_affine(
        *orientation(first.dataset, first.frame),
        step,
        first.position,
        spacing(first.dataset, first.frame),
    )
    return Volume(
        _stored(stack) if stored else stacked(stack),
        affine,
        "" if stored else units(first.dataset, first.frame),
        str(first.dataset.get("FrameOfReferenceUID", "")),
        tuple(one.name for one in stack),
    )


def _stored(stack: list[Slice]) -> NDArray[Any]:
    head = pixels.stored_values(stack[0].dataset, stack[0].frame)
    array = np.empty((len(stack), *head.shape), head.dtype)
    for place, one in enumerate(stack):
        array[place] = _plane(one, head)
    return array


def _plane(one: Slice, like: NDArray[Any]) -> NDArray[Any]:
    """Return the stored values of a slice; where the bytes are the values, nothing is copied."""
    dataset = one.dataset
    if one.frame == 0 and _is_plain(dataset, like):
        plane = np.frombuffer(dataset.PixelData, like.dtype, like.size).reshape(like.shape)
        bits = int(dataset.BitsStored)
        signed = like.dtype.kind == "i"
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
        if bits == 8 * like.dtype.itemsize or (low <= plane.min() and plane.max() < high):
            return plane
    return pixels.stored_values(dataset, one.frame)


def _is_plain(dataset: Dataset, like: NDArray[Any]) -> bool:
    """Return whether the pixels are numbers one after the other, of the same kind as others."""
    bits = dataset.get("BitsStored")
    return (
        str(dataset.file_meta.get("TransferSyntaxUID", "")) in _NATIVE
        and dataset.get("BitsAllocated") == 8 * like.dtype.itemsize
        and isinstance(bits, int)
        and 1 <= bits <= 8 * like.dtype.itemsize
        and dataset.get("HighBit") == bits - 1
        and len(dataset.PixelData) >= like.nbytes
        and dataset.get("PixelRepresentation") == int(like.dtype.kind == "i")
    )


def stacked(stack: Sequence[Slice]) -> NDArray[np.float32]:
    """Return slices as modality values in the order given, shape (slices, rows, columns)."""
    array: NDArray[np.float32] | None = None
    like = pixels.stored_values(stack[0].dataset, stack[0].frame)
    for place, one in enumerate(stack):
        values = _plane(one, like)
        if array is None:
            array = np.empty((len(stack), *values.shape), np.float32)
        array[place] = pixels.modality_values(values, one.dataset, one.frame)
    assert array is not None
    return array
