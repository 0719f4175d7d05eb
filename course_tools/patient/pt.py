"""Positron emission tomography: the uptake of FDG in the same body, on the CT's frame of reference.

Pixel values are activity concentrations in Bq/ml, decay corrected to the start of the series, so
that the standardised uptake value can be computed:
SUV = concentration x weight (g) / (injected dose x 2 ** (-time since injection / half-life)).
"""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLSLossless, PositronEmissionTomographyImageStorage

from course_tools.patient import blocks, identity
from course_tools.patient.anatomy import blended, paint
from course_tools.patient.ct import (
    FIRST_SLICE,
    FRAME_OF_REFERENCE,
    LESION_SLICE,
    SLICES,
    SPACING_BETWEEN_SLICES,
)
from course_tools.patient.shapes import Grid, blur, make_grid, smooth_noise

SIZE, PIXEL = 128, 4.0
RESOLUTION = 5.5  # full width at half maximum, mm
HALF_LIFE = 6586.2  # fluorine-18, seconds
INJECTED_BECQUEREL = 260e6
INJECTION_TIME, SERIES_TIME = "120000", "130500"
SECONDS_SINCE_INJECTION = 65 * 60.0
FRAME_SECONDS = 120.0


def becquerel_per_suv() -> float:
    """Concentration (Bq/ml) that means SUV 1 at the start of the series."""
    left = INJECTED_BECQUEREL * 2 ** (-SECONDS_SINCE_INJECTION / HALF_LIFE)
    return float(left / (identity.WEIGHT_KILOGRAMS * 1000))


@lru_cache(maxsize=1)
def _grid() -> Grid:
    # Painted twice as fine as it is kept, so that edges fall where they belong.
    places = (np.arange(2 * SIZE) - (2 * SIZE - 1) / 2) * (PIXEL / 2)
    return make_grid(places, places + 10.0)


@lru_cache(maxsize=256)
def _sharp_uptake(z: float) -> NDArray[np.floating[Any]]:
    fine = blended(paint(_grid(), z), _grid().shape, lambda layer: layer.tissue.suv, 0.0)
    exact = fine.astype(float)
    return (exact[::2, ::2] + exact[1::2, ::2] + exact[::2, 1::2] + exact[1::2, 1::2]) / 4


def uptake(z: float, seed: int = 0) -> NDArray[np.floating[Any]]:
    """SUV in the plane at height ``z``, as blurred and noisy as the scanner sees it."""
    sigma = RESOLUTION / 2.3548
    offsets = np.arange(-2, 3) * 2.5
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights /= weights.sum()
    total: NDArray[np.floating[Any]] = np.zeros((SIZE, SIZE))
    for offset, weight in zip(offsets.tolist(), weights.tolist(), strict=True):
        total = total + weight * _sharp_uptake(z + offset)
    total = blur(total, sigma / PIXEL)
    field = smooth_noise(256, 900, 0.75)
    random = np.random.Generator(np.random.PCG64(900 + seed))
    row, column = random.integers(0, 128, 2).tolist()
    noise = field[row : row + SIZE, column : column + SIZE]
    noisy: NDArray[np.floating[Any]] = np.maximum(total + noise * 0.11 * np.sqrt(total + 0.02), 0)
    return noisy


def build_pt_slice(
    name: str,
    z: float = LESION_SLICE,
    *,
    series: tuple[int, str] = (4, "FDG, attenuation corrected"),
    number: int = 1,
    slices: int = 1,
) -> Dataset:
    """Make one PET Image object of the plane at height ``z`` (mm)."""
    ds = blocks.start_object(
        name,
        PositronEmissionTomographyImageStorage,
        "PT",
        "pet-ct",
        series=series,
        number=number,
        seconds=300,
    )
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined = "CHEST"
    visit = identity.STUDIES["pet-ct"]
    ds.SeriesDate, ds.SeriesTime = visit.date, SERIES_TIME
    ds.AcquisitionDate, ds.AcquisitionTime = visit.date, SERIES_TIME
    ds.SeriesType = ["WHOLE BODY", "IMAGE"]
    ds.Units, ds.CountsSource, ds.DecayCorrection = "BQML", "EMISSION", "START"
    ds.CorrectedImage = ["DECY", "ATTN", "SCAT", "DTIM", "RAN", "NORM"]
    ds.CollimatorType = "NONE"
    ds.NumberOfSlices, ds.ImageIndex = slices, number
    ds.ActualFrameDuration = int(FRAME_SECONDS * 1000)
    ds.FrameReferenceTime = blocks.decimal(FRAME_SECONDS * 1000 / 2)
    ds.DecayFactor = "1"
    ds.RadiopharmaceuticalInformationSequence = [_radiopharmaceutical()]
    ds.PatientOrientationCodeSequence = [blocks.code("102538003", "SCT", "recumbent")]
    ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = [
        blocks.code("40199007", "SCT", "supine")
    ]
    ds.PatientGantryRelationshipCodeSequence = [blocks.code("102540008", "SCT", "headfirst")]
    corner = -(SIZE - 1) / 2 * PIXEL
    position = (corner, corner + 10.0, z)
    axes = (1, 0, 0, 0, 1, 0)
    blocks.add_plane(ds, FRAME_OF_REFERENCE, position, axes, (PIXEL, PIXEL), 5)
    concentration = uptake(z, number) * becquerel_per_suv()
    slope = float(blocks.decimal(np.ceil(concentration.max() / 32767 * 1000) / 1000))
    stored = np.rint(concentration / slope).astype(np.uint16)
    blocks.add_pixels(ds, stored, "MONOCHROME2", bits_stored=16)
    blocks.add_rescale(ds, slope, 0)
    blocks.add_window(ds, np.rint(3 * becquerel_per_suv()), np.rint(6 * becquerel_per_suv()))
    return ds


def _radiopharmaceutical() -> Dataset:
    item = Dataset()
    item.Radiopharmaceutical = "Fluorodeoxyglucose"
    item.RadiopharmaceuticalStartTime = INJECTION_TIME
    date = identity.STUDIES["pet-ct"].date
    item.RadiopharmaceuticalStartDateTime = date + INJECTION_TIME
    item.RadionuclideTotalDose = blocks.decimal(INJECTED_BECQUEREL)
    item.RadionuclideHalfLife = blocks.decimal(HALF_LIFE)
    item.RadionuclidePositronFraction = "0.967"
    item.RadionuclideCodeSequence = [blocks.code("77004003", "SCT", "^18^Fluorine")]
    item.RadiopharmaceuticalCodeSequence = [
        blocks.code("35321007", "SCT", "Fluorodeoxyglucose F^18^")
    ]
    return item


def write_pt_volume(directory: Path) -> list[Path]:
    """Make the PET series that fits :func:`ct.write_ct_volume`, as files ``pt_001.dcm`` ...

    Parameters
    ----------
    directory : Path
        Where to write; it is made if it is absent.

    Returns
    -------
    list of Path
        The files, JPEG-LS lossless, from head to feet at the heights of the CT's.
    """
    paths = []
    for number in range(1, SLICES + 1):
        z = FIRST_SLICE + (SLICES - number) * SPACING_BETWEEN_SLICES
        ds = build_pt_slice(
            f"pt volume {number}", z, series=(11, "FDG, volume"), number=number, slices=SLICES
        )
        path = directory / f"pt_{number:03}.dcm"
        paths.append(blocks.write_object(ds, path, JPEGLSLossless))
    return paths
