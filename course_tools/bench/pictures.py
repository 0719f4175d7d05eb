"""The pictures that the viewers are measured with, the same in every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dicom_lessons import samples

RADIOGRAPH = (2500, 2048)
VOLUME = (100, 512, 512)


def ct() -> Path:
    """Return the path of the CT of the virtual patient, 512 × 512, compressed as files are."""
    return samples.path("virtual/ct")


def noise(*shape: int) -> NDArray[np.uint16]:
    """Return a slope from dark to bright under noise, 12 bits; shape ([frames,] rows, columns)."""
    slope = np.linspace(0, 3000, shape[-2] * shape[-1]).reshape(shape[-2:])
    grain = np.random.default_rng(1).normal(0, 60, shape)
    return (slope + grain).clip(0, 4095).astype(np.uint16)


def write_nifti(path: Path, values: NDArray[np.generic]) -> None:
    """Write a NIfTI file of 1 mm voxels, uncompressed if its name ends in ``.nii``.

    Parameters
    ----------
    path : Path
        Where it goes.
    values : ndarray
        Shape ([frames,] rows, columns); the first row is the one at the top of the screen.
    """
    import nibabel

    slices = values.reshape(-1, *values.shape[-2:])
    affine = np.diag([1.0, -1.0, 1.0, 1.0])
    affine[1, 3] = slices.shape[1]
    nibabel.Nifti1Image(slices.transpose(2, 1, 0), affine).to_filename(path)
