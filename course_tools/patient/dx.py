"""Digital radiography: the chest from the side, ready for presentation (MONOCHROME2)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation

from course_tools.patient import blocks, raysum
from course_tools.patient.cr import detector_signal, enhanced


def add_projection(ds: Dataset, spacing: float) -> None:
    """Add what DX and MG have in common (DX Image and DX Detector modules, PS3.3 C.8.11)."""
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.ImagerPixelSpacing = blocks.decimals((spacing, spacing))
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1
    ds.PresentationLUTShape = "IDENTITY"
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    ds.DetectorType = "DIRECT"
    ds.AcquisitionContextSequence = Sequence()
    blocks.add_rescale(ds, 1, 0, "US")


def build_dx() -> Dataset:
    """Make the DX Image object of the chest, left side towards the detector."""
    ds = blocks.start_object(
        "virtual/dx",
        DigitalXRayImageStorageForPresentation,
        "DX",
        "x-ray",
        series=(2, "Chest lateral"),
        seconds=120,
    )
    add_projection(ds, raysum.PIXEL)
    ds.BodyPartExamined = "CHEST"
    ds.PatientOrientation = ["P", "F"]
    ds.ImageLaterality = "U"
    ds.AnatomicRegionSequence = [blocks.code("51185008", "SCT", "Chest")]
    ds.ViewCodeSequence = [blocks.code("399198007", "SCT", "right to left lateral")]
    ds.PositionerType = "COLUMN"
    ds.KVP, ds.DistanceSourceToDetector, ds.Exposure = "125", "1800", 5
    signal = enhanced(detector_signal(raysum.lateral_sum(), 0.002, 72))
    stored = np.clip(np.rint(260 + 900 * signal), 0, 4095).astype(np.uint16)
    blocks.add_pixels(ds, stored, "MONOCHROME2", bits_stored=12)
    blocks.add_window(ds, 2700, 3000)
    return ds
