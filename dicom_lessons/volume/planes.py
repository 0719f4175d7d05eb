"""Looking through a volume: planes, oblique cuts, projections, and one volume on another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dicom_lessons.pixels import PixelError
from dicom_lessons.text import _
from dicom_lessons.volume.geometry import Floats, to_indices

if TYPE_CHECKING:
    from dicom_lessons.volume.stack import Volume

PLANES = ("axial", "coronal", "sagittal")
# where the columns and the rows of a picture point to, as a radiologist expects it
_AXES = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
}
_BLOCK = 2**18


def values_at(volume: Volume, points: ArrayLike, outside: float = np.nan) -> NDArray[np.float32]:
    """Return the values at points in millimetres, between voxels by trilinear interpolation.

    Parameters
    ----------
    volume : Volume
    points : array
        In LPS, shape (…, 3).
    outside : float
        For points outside of the volume.

    Returns
    -------
    ndarray of float32
        Shape (…).
    """
    given = np.asarray(points, np.float64)
    flat = given.reshape(-1, 3)
    values = np.empty(len(flat), np.float32)
    for start in range(0, len(flat), _BLOCK):
        values[start : start + _BLOCK] = _between(
            volume.array, to_indices(volume.affine, flat[start : start + _BLOCK]), outside
        )
    return values.reshape(given.shape[:-1])


def cut(
    volume: Volume,
    centre: ArrayLike,
    right: ArrayLike,
    down: ArrayLike,
    size: tuple[int, int],
    spacing: float,
) -> NDArray[np.float32]:
    """Return a plane in any direction.

    Parameters
    ----------
    volume : Volume
    centre : array of 3
        Its middle, in mm.
    right, down : array of 3
        Where columns and rows point to, of any length.
    size : tuple of int
        Rows and columns.
    spacing : float
        Millimetres between pixels, in both directions.

    Raises
    ------
    PixelError
        If the two directions are the same, or one has no length.
    """
    across, along = _units(right, down)
    rows = (np.arange(size[0]) - (size[0] - 1) / 2) * spacing
    columns = (np.arange(size[1]) - (size[1] - 1) / 2) * spacing
    points = np.asarray(centre) + rows[:, None, None] * along + columns[None, :, None] * across
    return values_at(volume, points)


def plane(
    volume: Volume, name: str, at: float, spacing: float | None = None
) -> NDArray[np.float32]:
    """Return an axial, coronal or sagittal plane, the patient's right on the left of the picture.

    Parameters
    ----------
    volume : Volume
    name : str
        ``"axial"``, ``"coronal"`` or ``"sagittal"``.
    at : float
        Where it cuts the patient's z, y or x, in mm.
    spacing : float, optional
        Millimetres between pixels; otherwise the smallest of the volume.
    """
    if name not in PLANES:
        raise PixelError(_("{name!r} is none of {names}.", name=str(name)[:40], names=PLANES))
    right, down = (np.array(axis, np.float64) for axis in _AXES[name])
    low, high = box(volume)
    step = min(volume.spacing) if spacing is None else spacing
    centre = (low + high) / 2
    centre[2 - PLANES.index(name)] = at
    extent = high - low
    size = tuple(round(float(abs(axis) @ extent) / step) + 1 for axis in (down, right))
    return cut(volume, centre, right, down, (size[0], size[1]), step)


def box(volume: Volume) -> tuple[Floats, Floats]:
    """Return the lowest and highest x, y and z of the centres of voxels, in mm."""
    ends = [(0, size - 1) for size in volume.array.shape]
    corners = volume.to_millimetres(np.stack(np.meshgrid(*ends), -1).reshape(-1, 3))
    return corners.min(axis=0), corners.max(axis=0)


def maximum_intensity(volume: Volume, axis: int = 1) -> NDArray[np.float32]:
    """Return the greatest value along an axis of the array: 0 slices, 1 rows, 2 columns."""
    projection: NDArray[np.float32] = np.asarray(volume.array.max(axis=axis), np.float32)
    return projection


def resample(volume: Volume, like: Volume, outside: float = 0.0) -> Volume:
    """Return a volume on the voxels of another one that lies in the same space.

    Raises
    ------
    PixelError
        If their frames of reference differ: equal millimetres are then different places.
    """
    if volume.frame_of_reference != like.frame_of_reference or not like.frame_of_reference:
        raise PixelError(
            _(
                "The two volumes do not share a Frame of Reference UID (0020,0052): nothing says "
                "how one lies to the other. Register them first."
            )
        )
    slices, rows, columns = like.array.shape
    array = np.empty(like.array.shape, np.float32)
    row, column = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    for number in range(slices):
        places = np.stack([np.full_like(row, number), row, column], -1)
        array[number] = values_at(volume, like.to_millimetres(places), outside)
    return replace(volume, array=array, affine=like.affine, names=like.names)


def distance(volume: Volume, one: ArrayLike, other: ArrayLike) -> float:
    """Return the millimetres between two voxels (slice, row, column)."""
    begin, end = volume.to_millimetres(np.array([one, other]))
    return float(np.linalg.norm(end - begin))


def angle(volume: Volume, one: ArrayLike, corner: ArrayLike, other: ArrayLike) -> float:
    """Return the angle at a corner between two other voxels, in degrees from 0 to 180.

    Raises
    ------
    PixelError
        If one of the two is the corner itself.
    """
    begin, middle, end = volume.to_millimetres(np.array([one, corner, other]))
    sides = begin - middle, end - middle
    lengths = np.linalg.norm(sides[0]) * np.linalg.norm(sides[1])
    if lengths == 0:
        raise PixelError(_("An angle needs two points beside its corner."))
    return float(np.degrees(np.arccos(np.clip(sides[0] @ sides[1] / lengths, -1, 1))))


def _between(array: NDArray[np.generic], places: Floats, outside: float) -> NDArray[np.float32]:
    last = np.array(array.shape) - 1
    # half a voxel beyond the centres still belongs to the outermost voxels
    inside = ((places >= -0.5) & (places <= last + 0.5)).all(axis=-1)
    places = places.clip(0, last)
    low = np.minimum(places.astype(np.intp), np.maximum(last - 1, 0))
    part = places - low
    high = np.minimum(low + 1, last)
    values = np.zeros(len(places), np.float64)
    for corner in range(8):
        picks = [(corner >> axis) & 1 for axis in range(3)]
        index = tuple((high if pick else low)[:, axis] for axis, pick in enumerate(picks))
        weight = np.prod(
            [part[:, axis] if pick else 1 - part[:, axis] for axis, pick in enumerate(picks)],
            axis=0,
        )
        values += weight * array[index].astype(np.float64)
    return np.where(inside, values, outside).astype(np.float32)


def _units(right: ArrayLike, down: ArrayLike) -> tuple[Floats, Floats]:
    across, along = np.asarray(right, np.float64), np.asarray(down, np.float64)
    lengths = np.linalg.norm(across), np.linalg.norm(along)
    if min(lengths) == 0 or np.linalg.norm(np.cross(across, along)) < 1e-6:
        raise PixelError(_("A plane needs two different directions."))
    across = across / lengths[0]
    along = along - (along @ across) * across
    return across, along / np.linalg.norm(along)
