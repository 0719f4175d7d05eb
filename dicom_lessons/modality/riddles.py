"""Material for tasks of lesson 03: objects without a label, headers of which one lies."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import XRayAngiographicImageStorage

from dicom_lessons import samples

_PICTURES = {"A": "examples_overlay", "B": "JPEG2000", "C": "virtual/xa"}
_BETRAY = ("Modality", "SOPClassUID", "StudyDescription", "SeriesDescription", "ProtocolName")


def unlabelled(letter: str) -> Dataset:
    """Return a real or invented object without the elements that would name its modality.

    Parameters
    ----------
    letter : str
        ``"A"``, ``"B"`` or ``"C"``.
    """
    dataset = samples.read(_PICTURES[letter])
    for keyword in _BETRAY:
        dataset.pop(keyword, None)
    return dataset


def suspects() -> dict[str, Dataset]:
    """Return five headers by letter; the Modality of one of them is a lie."""
    header = {"stop_before_pixels": True}
    angiogram = Dataset()
    angiogram.SOPClassUID = XRayAngiographicImageStorage
    angiogram.Modality = "RF"
    angiogram.ManufacturerModelName = "Fluoroscope"
    lie = samples.read("CT_small", **header)
    lie.Modality = "MR"
    return {
        "a": samples.read("JPEG2000", **header),
        "b": samples.read("examples_ybr_color", **header),
        "c": angiogram,
        "d": lie,
        "e": samples.read("virtual/sc", **header),
    }
