"""A volume in the hands of other libraries: nibabel, highdicom, pynrrd."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicom_lessons.pixels import PixelError
from dicom_lessons.text import _
from dicom_lessons.volume.geometry import to_nifti

if TYPE_CHECKING:
    from dicom_lessons.volume.stack import Volume


def to_nibabel(volume: Volume) -> Any:
    """Return a Nifti1Image: array (column, row, slice), affine in RAS, millimetres."""
    import nibabel

    affine = to_nifti(volume.affine)
    image = nibabel.Nifti1Image(np.ascontiguousarray(_plain(volume).T), affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner", strip_shears=True)
    return image


def to_highdicom(volume: Volume) -> Any:
    """Return a ``highdicom.Volume`` with the same array and affine."""
    import highdicom

    return highdicom.Volume(
        volume.array,
        volume.affine,
        coordinate_system="PATIENT",
        frame_of_reference_uid=volume.frame_of_reference or None,
    )


def save(volume: Volume, path: str | os.PathLike[str]) -> Path:
    """Write NIfTI (``.nii``, ``.nii.gz``) or NRRD (``.nrrd``), by the end of the name.

    Raises
    ------
    PixelError
        If the name ends otherwise.
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    if target.name.endswith((".nii", ".nii.gz")):
        to_nibabel(volume).to_filename(target)
    elif target.suffix == ".nrrd":
        _save_nrrd(volume, target)
    else:
        raise PixelError(_("Name the file .nii, .nii.gz or .nrrd."))
    return target


def _save_nrrd(volume: Volume, target: Path) -> None:
    import nrrd

    header = {
        "space": "left-posterior-superior",
        # one row for each axis of the array, as it is turned: column, row, slice
        "space directions": volume.affine[:3, [2, 1, 0]].T,
        "space origin": volume.affine[:3, 3],
        "space units": ["mm"] * 3,
        "kinds": ["domain"] * 3,
    }
    nrrd.write(str(target), np.ascontiguousarray(_plain(volume).T), header)


def _plain(volume: Volume) -> Any:
    """Return the array in the byte order of this computer, as the libraries expect it."""
    return volume.array.astype(volume.array.dtype.newbyteorder("="), copy=False)
