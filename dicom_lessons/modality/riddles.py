"""Material for tasks of lesson 03: objects without a label, data sets of which one lies."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import XRayAngiographicImageStorage

from dicom_lessons import samples

_PICTURES = {"A": "examples_overlay", "B": "JPEG2000", "C": "virtual/xa"}
_TELLING = {
    "A": ("RepetitionTime", "EchoTime", "ImagedNucleus"),
    "B": ("CountsAccumulated", "ScanVelocity", "NumberOfDetectors"),
    "C": ("KVP", "ContrastBolusAgent", "NumberOfFrames"),
}
_PIXELS = (0x0028, 0x7FE0)


def unlabelled(letter: str) -> Dataset:
    """Return a real or invented object: its pixels, three telling elements and no label.

    Parameters
    ----------
    letter : str
        ``"A"``, ``"B"`` or ``"C"``.
    """
    dataset = samples.read(_PICTURES[letter])
    for element in dataset:
        if element.tag.group not in _PIXELS and element.keyword not in _TELLING[letter]:
            del dataset[element.tag]
    del dataset.file_meta.MediaStorageSOPClassUID
    return dataset


def suspects() -> dict[str, Dataset]:
    """Return five data sets by letter; the Modality of one of them is a lie."""
    without_pixels = {"stop_before_pixels": True}
    angiogram = Dataset()
    angiogram.SOPClassUID = XRayAngiographicImageStorage
    angiogram.Modality = "RF"
    angiogram.ManufacturerModelName = "Fluoroscope"
    lie = samples.read("CT_small", **without_pixels)
    lie.Modality = "MR"
    return {
        "a": samples.read("JPEG2000", **without_pixels),
        "b": samples.read("examples_ybr_color", **without_pixels),
        "c": angiogram,
        "d": lie,
        "e": samples.read("virtual/sc", **without_pixels),
    }
