"""Computed tomography: a volume through chest and upper belly, or single slices of it."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, JPEGLSLossless

from course_tools.patient import blocks, tissues
from course_tools.patient.anatomy import Layer, blended, paint
from course_tools.patient.shapes import Array, Grid, blur, make_grid, smooth_noise

FRAME_OF_REFERENCE = "trunk"
FIELD_OF_VIEW = 410.0
SPACING_BETWEEN_SLICES = 5.0
FIRST_SLICE, SLICES = -152.0, 70
# Half the rows and columns of the single slices: a whole series has to stay small.
VOLUME_SIZE = 256
LESION_SLICE, ABDOMEN_SLICE = 58.0, -92.0
# How each kernel blurs (mm), sharpens, and how strong its noise is in the middle (HU).
KERNELS = {"soft": (0.75, 0.0, 9.0), "sharp": (0.35, 0.9, 34.0)}


@lru_cache(maxsize=4)
def slice_grid(size: int) -> Grid:
    """Lay out the plane of every slice: ``size`` by ``size`` pixels over the field of view."""
    places = (np.arange(size) - (size - 1) / 2) * (FIELD_OF_VIEW / size)
    return make_grid(places, places + 10.0)


def hounsfield(z: float, size: int = 512, kernel: str = "soft", seed: int = 0) -> NDArray[np.int16]:
    """Image the plane at height ``z``.

    Parameters
    ----------
    z : float
        Height in mm, on the patient's axis towards the head.
    size : int
        Rows and columns.
    kernel : str
        ``"soft"`` or ``"sharp"``.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray of int16, shape (size, size)
        Hounsfield units, -1024 to 3071.
    """
    grid = slice_grid(size)
    picture = blended(paint(grid, z), grid.shape, _units(grid), tissues.AIR.hu)
    _add_table(picture, grid)
    sigma, sharpness, noise = KERNELS[kernel]
    smooth = _quick_blur(picture, sigma / grid.pixel)
    if sharpness:
        smooth += np.float32(sharpness) * (smooth - _quick_blur(smooth, 0.8))
    smooth += _noise(grid, kernel, seed) * np.float32(noise) * _noise_level(smooth, grid)
    return np.rint(np.clip(smooth, -1024, 3071)).astype(np.int16)


def _units(grid: Grid) -> Callable[[Layer], float | Array]:
    """Hounsfield units of a layer, with the grain of lung, bone marrow and fat."""
    coarse = smooth_noise(512, 21, 1.2, 0.9)
    fine = smooth_noise(512, 22, 1.0, 0.4)

    def units(layer: Layer) -> float | Array:
        rows = layer.box[0]
        if layer.tissue is tissues.LUNG:
            # Lying on the back, blood sinks: the lung is denser behind.
            weight = (grid.y[rows, None] - 10) * np.float32(0.28)
            grain = _patch(coarse, layer) * np.float32(13)
            return tissues.LUNG.hu + weight + grain
        if layer.tissue is tissues.MARROW:
            return tissues.MARROW.hu + _patch(fine, layer) * np.float32(38)
        if layer.tissue in (tissues.FAT, tissues.MUSCLE, tissues.LIVER, tissues.SPLEEN):
            return layer.tissue.hu + _patch(coarse, layer) * np.float32(2.5)
        return layer.tissue.hu

    return units


def _patch(noise: NDArray[np.floating[Any]], layer: Layer) -> Array:
    rows, columns = (np.arange(part.start, part.stop) % noise.shape[0] for part in layer.box)
    return noise[rows[:, None], columns[None, :]].astype(np.float32)


def _add_table(picture: Array, grid: Grid) -> None:
    """Draw the table the patient lies on: a hollow curved board."""
    x, y = grid.x[None, :], grid.y[:, None]
    depth = y - (np.float32(130) - x * x * np.float32(1 / 1500))
    inside = np.minimum(np.minimum(depth, 26 - depth), 203 - np.abs(x))
    free = picture < -950
    for value, inset in ((-420.0, 0.0), (-935.0, 1.6)):
        share = np.clip((inside - np.float32(inset)) / np.float32(1.2) + np.float32(0.5), 0, 1)
        picture += np.where(free, share, 0) * (np.float32(value) - picture)


def _quick_blur(picture: Array, sigma: float) -> Array:
    """Gaussian blur of a few pixels in single precision."""
    reach = max(1, int(np.ceil(2.5 * sigma)))
    taps = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    taps = (taps / (taps[0] + 2 * taps[1:].sum())).astype(np.float32)
    result = picture
    for axis in (0, 1):
        length = result.shape[axis]
        padded = np.pad(result, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], "edge")
        view = padded if axis == 0 else padded.T
        total = view[reach : reach + length] * taps[0]
        for step in range(1, reach + 1):
            total += taps[step] * (
                view[reach - step : reach - step + length]
                + view[reach + step : reach + step + length]
            )
        result = total if axis == 0 else total.T
    return np.array(result, order="C")


@lru_cache(maxsize=8)
def _noise_field(kernel: str, size: int) -> Array:
    """Noise with the texture of the kernel: a band of frequencies, little at the lowest."""
    side = size + 256
    sigma, edge = (0.9, 6.0) if kernel == "soft" else (0.35, 2.5)
    fine = smooth_noise(side, 5, sigma)
    field = fine - 0.75 * blur(fine, edge)
    return (field / np.sqrt(np.mean(field * field))).astype(np.float32)


def _noise(grid: Grid, kernel: str, seed: int) -> Array:
    size = grid.shape[0]
    random = np.random.Generator(np.random.PCG64(seed))
    row, column, flip = random.integers(0, (256, 256, 4)).tolist()
    field = _noise_field(kernel, size)[row : row + size, column : column + size]
    field = field[::-1] if flip & 1 else field
    return field[:, ::-1] if flip & 2 else field


def _noise_level(picture: Array, grid: Grid) -> Array:
    """More noise deep in the body than at its skin; very little in the air around it."""
    deep = 1 - np.minimum(grid.radius * np.float32(1 / 260), np.float32(0.75))
    return np.where(picture < -950, np.float32(0.3), deep)


def build_ct_slice(
    name: str,
    z: float,
    *,
    size: int = 512,
    kernel: str = "soft",
    series: tuple[int, str] = (2, "Trunk, soft kernel"),
    number: int = 1,
) -> Dataset:
    """Make one CT Image object of the plane at height ``z`` (mm)."""
    ds = blocks.start_object(name, CTImageStorage, "CT", "pet-ct", series=series, number=number)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.BodyPartExamined = "CHEST"
    ds.PatientPosition = "HFS"
    ds.ContrastBolusAgent = "Iodinated contrast agent"
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime = "120", 200, 500
    ds.ConvolutionKernel = "SOFT" if kernel == "soft" else "SHARP"
    ds.ReconstructionDiameter = ds.DataCollectionDiameter = blocks.decimal(FIELD_OF_VIEW)
    ds.AcquisitionNumber = 1
    ds.SliceLocation = blocks.decimal(z)
    pixel = FIELD_OF_VIEW / size
    corner = -(size - 1) / 2 * pixel
    blocks.add_plane(
        ds, FRAME_OF_REFERENCE, (corner, corner + 10.0, z), (1, 0, 0, 0, 1, 0), (pixel, pixel), 5
    )
    stored = (hounsfield(z, size, kernel, number) + 1024).astype(np.uint16)
    blocks.add_pixels(ds, stored, "MONOCHROME2", bits_stored=12)
    blocks.add_rescale(ds, 1, -1024, "HU")
    if kernel == "soft":
        blocks.add_window(ds, 40, 400)
    else:
        blocks.add_window(ds, -600, 1500)
    return ds


def _volume_slices() -> Iterator[Dataset]:
    def build(index: int) -> Dataset:
        # Scanned from head to feet: instance 1 is the topmost slice.
        z = FIRST_SLICE + (SLICES - 1 - index) * SPACING_BETWEEN_SLICES
        return build_ct_slice(
            f"ct volume {index + 1}",
            z,
            size=VOLUME_SIZE,
            series=(10, "Trunk, volume"),
            number=index + 1,
        )

    grid = slice_grid(VOLUME_SIZE)
    _noise_field("soft", VOLUME_SIZE), paint(grid, 60.0)
    with ThreadPoolExecutor(2) as workers:
        yield from workers.map(build, range(SLICES))


def write_ct_volume(directory: Path) -> list[Path]:
    """Make the CT series of the trunk, as files ``ct_001.dcm`` ..., JPEG-LS lossless.

    Parameters
    ----------
    directory : Path
        Where to write; it is made if it is absent.

    Returns
    -------
    list of Path
        The files, 5 mm apart from head to feet, on the frame of reference of the PET.
    """
    return [
        blocks.write_object(ds, directory / f"ct_{ds.InstanceNumber:03}.dcm", JPEGLSLossless)
        for ds in _volume_slices()
    ]
