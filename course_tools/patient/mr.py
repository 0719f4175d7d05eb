"""Magnetic resonance: one plane of the head, weighted by T1 and by T2."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from course_tools.patient import blocks
from course_tools.patient.head import PIXEL, SIZE, tissue_shares
from course_tools.patient.shapes import blur, smooth_noise
from course_tools.patient.tissues import Tissue

# Repetition time, echo time (ms) and how bright the strongest signal is stored.
WEIGHTINGS = {"T1": (480.0, 12.0, 2600.0), "T2": (4500.0, 100.0, 2300.0)}


def spin_echo_signal(tissue: Tissue, repetition_time: float, echo_time: float) -> float:
    """Signal of a tissue in a spin echo sequence: PD (1 - exp(-TR/T1)) exp(-TE/T2).

    Parameters
    ----------
    tissue : Tissue
        With relaxation times in ms.
    repetition_time, echo_time : float
        In ms.
    """
    recovered = 1 - np.exp(-repetition_time / tissue.t1)
    return float(tissue.pd * recovered * np.exp(-echo_time / tissue.t2))


def head_picture(weighting: str) -> NDArray[np.floating[Any]]:
    """Image the head: signal of every pixel, shape (256, 256), noise of a magnitude image."""
    repetition, echo, brightness = WEIGHTINGS[weighting]
    total: NDArray[np.floating[Any]] = np.zeros((SIZE, SIZE))
    for tissue, share in tissue_shares():
        flows = tissue.name == "blood"
        total = total + share * (0.02 if flows else spin_echo_signal(tissue, repetition, echo))
    texture = smooth_noise(SIZE, 41, 1.1, 0.7)
    total = total * (1 + 0.022 * texture)
    rows = np.linspace(-1, 1, SIZE)
    coil = 1.06 - 0.13 * (rows[:, None] ** 2 + rows[None, :] ** 2) + 0.03 * rows[:, None]
    total = blur(total * coil, 0.5) * brightness
    random = np.random.Generator(np.random.PCG64(43 if weighting == "T1" else 44))
    real = total + random.normal(0, 11, total.shape)
    other = random.normal(0, 11, total.shape)
    magnitude: NDArray[np.floating[Any]] = np.sqrt(real * real + other * other)
    return magnitude


def build_mr(weighting: str) -> Dataset:
    """Make the MR Image object of the head, ``weighting`` ``"T1"`` or ``"T2"``."""
    repetition, echo, _brightness = WEIGHTINGS[weighting]
    number = 1 if weighting == "T1" else 2
    ds = blocks.start_object(
        f"virtual/mr_{weighting.lower()}",
        MRImageStorage,
        "MR",
        "head",
        series=(number, f"Head {weighting} axial"),
        seconds=300 * number,
    )
    ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.BodyPartExamined = "HEAD"
    ds.PatientPosition = "HFS"
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "NONE", ""
    if weighting == "T2":
        ds.SequenceVariant = "SK"
    ds.MRAcquisitionType = "2D"
    ds.RepetitionTime, ds.EchoTime = blocks.decimal(repetition), blocks.decimal(echo)
    ds.EchoTrainLength = 1 if weighting == "T1" else 15
    ds.FlipAngle, ds.MagneticFieldStrength = "90", "1.5"
    corner = -(SIZE - 1) / 2 * PIXEL
    blocks.add_plane(ds, "head", (corner, corner, 20), (1, 0, 0, 0, 1, 0), (PIXEL, PIXEL), 5)
    stored = np.clip(np.rint(head_picture(weighting)), 0, 4095).astype(np.uint16)
    blocks.add_pixels(ds, stored, "MONOCHROME2", bits_stored=12)
    blocks.add_window(ds, *((560, 840) if weighting == "T1" else (520, 960)))
    return ds


def build_mr_t1() -> Dataset:
    """Make the T1 weighted picture."""
    return build_mr("T1")


def build_mr_t2() -> Dataset:
    """Make the T2 weighted picture."""
    return build_mr("T2")
