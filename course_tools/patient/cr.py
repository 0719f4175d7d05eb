"""Computed radiography: the chest from behind (PA), stored as MONOCHROME1."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ComputedRadiographyImageStorage

from course_tools.patient import blocks, raysum
from course_tools.patient.shapes import blur


def detector_signal(
    loss: NDArray[np.floating[Any]], noise: float, seed: int
) -> NDArray[np.floating[Any]]:
    """Turn ray sums into what the detector reports: the logarithm of the dose, scatter included.

    Parameters
    ----------
    loss : ndarray
        Ray sums.
    noise : float
        Relative noise in the unweakened beam; it grows as the beam weakens.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray
        Loss as measured, 0 in the unweakened beam.
    """
    dose = np.exp(-loss)
    dose = 0.9 * dose + 0.1 * blur(dose, 30)
    random = np.random.Generator(np.random.PCG64(seed))
    grain = blur(random.standard_normal(loss.shape), 0.6) * 2.1
    dose = dose * (1 + noise * grain / np.sqrt(dose + 0.002))
    return -np.log(np.maximum(dose, 1e-4))


def enhanced(signal: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Even out thick and thin parts and stress edges and vessels, as radiography systems do."""
    base = blur(signal, 45)
    middle = blur(signal, 7)
    return base * 0.6 + (middle - base) * 1.15 + (signal - middle) * 2.1


def build_cr() -> Dataset:
    """Make the CR Image object of the chest."""
    ds = blocks.start_object(
        "virtual/cr",
        ComputedRadiographyImageStorage,
        "CR",
        "x-ray",
        series=(1, "Chest PA"),
        seconds=30,
    )
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined, ds.ViewPosition = "CHEST", "PA"
    ds.PatientOrientation = ["L", "F"]
    ds.ImagerPixelSpacing = blocks.decimals((raysum.PIXEL, raysum.PIXEL))
    ds.PlateType = "Virtual plate"
    ds.KVP, ds.DistanceSourceToDetector, ds.Exposure = "125", "1800", 2
    signal = enhanced(detector_signal(raysum.frontal_sum(), 0.004, 71))
    # High values mean much dose: with MONOCHROME1 they are shown dark, as on film.
    stored = np.clip(np.rint(940 - 235 * signal), 0, 1023).astype(np.uint16)
    blocks.add_pixels(ds, stored, "MONOCHROME1", bits_stored=10)
    blocks.add_window(ds, 480, 780)
    return ds
