"""Where a pixel lies in the patient, in millimetres (PS3.3 C.7.6.2.1.1).

The patient's axes are DICOM's: x to the left, y to the back, z to the head (LPS).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydicom import Dataset

from dicom_lessons.pixels import PixelError
from dicom_lessons.pixels.elements import attribute, numbers
from dicom_lessons.text import N_, _

Floats = NDArray[np.float64]
RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MISSING = N_("{element} is missing, so nothing says where the picture lies in the patient.")
_WRONG = N_("{element} cannot be used: {reason}.")
_PARALLEL = 1e-3


def orientation(dataset: Dataset, frame: int = 0) -> tuple[Floats, Floats]:
    """Return the directions of a row and of a column, each a vector of length 1.

    Image Orientation (Patient) (0020,0037): first in which direction the column index grows along
    a row, then in which the row index grows along a column.

    Raises
    ------
    PixelError
        If the element is missing or holds no two vectors at right angles.
    """
    values = _numbers(dataset, "ImageOrientationPatient", 6, frame)
    row, column = values[:3], values[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if abs(lengths[0] - 1) > 0.01 or abs(lengths[1] - 1) > 0.01 or abs(row @ column) > 0.01:
        reason = _("it holds no two vectors of length 1 at right angles")
        raise PixelError(_(_WRONG, element="Image Orientation (Patient)", reason=reason))
    return row / lengths[0], column / lengths[1]


def position(dataset: Dataset, frame: int = 0) -> Floats:
    """Return the centre of the first pixel, Image Position (Patient) (0020,0032), shape (3,).

    Frames of a dose lie where Grid Frame Offset Vector (3004,000C) says (PS3.3 C.8.8.3.2): its
    numbers begin with 0 and count from the first frame, or they are the patient's z.

    Raises
    ------
    PixelError
        If the position is missing or no three numbers, or the vector ends before the frame.
    """
    first = _numbers(dataset, "ImagePositionPatient", 3, frame)
    if "GridFrameOffsetVector" not in dataset:
        return first
    offsets = numbers(dataset, "GridFrameOffsetVector")
    if frame >= len(offsets) or not np.isfinite(offsets[frame]):
        reason = _("it has to hold a number for each frame")
        raise PixelError(_(_WRONG, element="Grid Frame Offset Vector", reason=reason))
    along = normal(dataset, frame)
    if offsets[0] == 0:
        return np.asarray(first + along * offsets[frame])
    return np.asarray(first + along * (offsets[frame] - offsets[0]) * along[2])


def spacing(dataset: Dataset, frame: int = 0) -> tuple[float, float]:
    """Return Pixel Spacing (0028,0030): millimetres between rows, then between columns."""
    rows, columns = _numbers(dataset, "PixelSpacing", 2, frame)
    if min(rows, columns) <= 0:
        reason = _("it has to be more than 0")
        raise PixelError(_(_WRONG, element="Pixel Spacing", reason=reason))
    return float(rows), float(columns)


def normal(dataset: Dataset, frame: int = 0) -> Floats:
    """Return the direction at right angles to the picture: row × column, shape (3,)."""
    return np.cross(*orientation(dataset, frame))


def is_parallel(one: ArrayLike, other: ArrayLike) -> bool:
    """Return whether two directions of length 1 are the same within a thousandth."""
    return bool(np.abs(np.asarray(one) - np.asarray(other)).max() <= _PARALLEL)


def make_affine(
    row: ArrayLike, column: ArrayLike, step: ArrayLike, first: ArrayLike, spacing: Sequence[float]
) -> Floats:
    """Return the matrix from (slice, row, column) to millimetres in LPS, shape (4, 4).

    Parameters
    ----------
    row, column : array of 3
        Directions of :func:`orientation`.
    step : array of 3
        From the centre of the first pixel of a slice to that of the next, in mm.
    first : array of 3
        Centre of the first pixel of the first slice.
    spacing : sequence of float
        Millimetres between rows, then between columns.
    """
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = np.asarray(column) * spacing[0]  # the next row lies down the column
    affine[:3, 2] = np.asarray(row) * spacing[1]
    affine[:3, 3] = first
    return affine


def to_millimetres(affine: Floats, places: ArrayLike) -> Floats:
    """Return where indices (slice, row, column) lie, shape (…, 3)."""
    indices = np.asarray(places, np.float64)
    return indices @ affine[:3, :3].T + affine[:3, 3]


def to_indices(affine: Floats, points: ArrayLike) -> Floats:
    """Return which (slice, row, column) points in millimetres are, with fractions, shape (…, 3)."""
    return to_millimetres(np.linalg.inv(affine).astype(np.float64), points)


def to_nifti(affine: Floats) -> Floats:
    """Return the matrix for an array (column, row, slice) in RAS, as NIfTI wants it.

    NIfTI's first two axes point to the right and to the front: their signs turn, the pixels stay.
    """
    turned: Floats = (RAS_FROM_LPS @ affine)[:, [2, 1, 0, 3]]
    return turned


def letters(direction: ArrayLike) -> str:
    """Return towards what a direction points, the strongest part first, such as ``"PL"``."""
    parts = np.asarray(direction, np.float64)
    order = sorted(range(3), key=lambda axis: -abs(parts[axis]))
    names = ("RL", "AP", "FH")
    return "".join(names[axis][int(parts[axis] > 0)] for axis in order if abs(parts[axis]) > 0.3)


def _numbers(dataset: Dataset, keyword: str, count: int, frame: int) -> Floats:
    name = {
        "ImageOrientationPatient": "Image Orientation (Patient)",
        "ImagePositionPatient": "Image Position (Patient)",
        "PixelSpacing": "Pixel Spacing",
    }[keyword]
    value: Any = attribute(dataset, keyword, frame)
    if value is None:
        raise PixelError(_(_MISSING, element=name))
    try:
        numbers = np.array([float(one) for one in value], np.float64)
    except (TypeError, ValueError):
        raise PixelError(_(_WRONG, element=name, reason=_("it holds no numbers"))) from None
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        reason = _("it has to hold {count} numbers", count=count)
        raise PixelError(_(_WRONG, element=name, reason=reason))
    return numbers
