"""The pictures that the viewers are measured with, the same in every run."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicom_lessons import samples

RADIOGRAPH = (2500, 2048)
VOLUME = (100, 512, 512)
_TYPES = {"int16": (4, 16), "uint16": (512, 16), "float64": (64, 64)}


def ct() -> Path:
    """Return the path of the CT of the virtual patient, 512 × 512, compressed as files are."""
    return samples.path("virtual/ct")


def noise(*shape: int) -> NDArray[np.uint16]:
    """Return a slope from dark to bright under noise, 12 bits; shape ([frames,] rows, columns)."""
    slope = np.linspace(0, 3000, shape[-2] * shape[-1]).reshape(shape[-2:])
    grain = np.random.default_rng(1).normal(0, 60, shape)
    return (slope + grain).clip(0, 4095).astype(np.uint16)


def write_nifti(path: Path, values: NDArray[np.generic]) -> None:
    """Write an uncompressed NIfTI-1 file of 1 mm voxels, which is what NiiVue reads quickest.

    Parameters
    ----------
    path : Path
        Its name ends in ``.nii``.
    values : ndarray
        Shape ([frames,] rows, columns); the first row is the one at the top of the screen.
    """
    slices, rows, columns = values.shape if values.ndim == 3 else (1, *values.shape)
    header = bytearray(352)
    code, bits = _TYPES[values.dtype.name]
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, columns, rows, slices, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, code, bits)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, 352, 1, 0)  # where the voxels begin; slope, intercept
    struct.pack_into("<2h", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, 1, 0, 0, 0, 0, -1, 0, rows, 0, 0, 1, 0)
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + np.ascontiguousarray(values).tobytes())
