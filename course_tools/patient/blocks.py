"""Blocks that objects of every modality share: patient, study, series, equipment, plane, pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from pydicom.valuerep import format_number_as_ds

from course_tools.patient import identity
from dicom_lessons.text import _

# Encoders by name: pydicom would take whichever it finds first, and encoders differ in bytes.
ENCODERS = {JPEG2000Lossless: "pylibjpeg", JPEGLSLossless: "pyjpegls", RLELossless: "pydicom"}


def decimal(value: float) -> str:
    """Write a number as a decimal string (DS), 16 characters at most (PS3.5 §6.2).

    >>> decimal(0.1 + 0.2)
    '0.3'
    """
    return format_number_as_ds(round(float(value), 9))


def decimals(values: Sequence[float]) -> list[str]:
    """Write several numbers as decimal strings."""
    return [decimal(value) for value in values]


def start_object(
    name: str,
    sop_class: UID,
    modality: str,
    study: str,
    *,
    series: tuple[int, str],
    number: int = 1,
    seconds: int = 60,
) -> Dataset:
    """Start an object with the Patient, General Study, Series, Equipment and SOP Common modules.

    Synthetic Data (0008,001C) says that no patient was imaged (PS3.3 §C.12.1.1).

    Parameters
    ----------
    name : str
        What the SOP Instance UID is derived from; must differ for every object.
    sop_class : UID
        The SOP class.
    modality : str
        A defined term of (0008,0060).
    study : str
        A key of :data:`identity.STUDIES`.
    series : tuple of int and str
        Series number and description; the Series Instance UID is derived from the number.
    number : int
        Instance number.
    seconds : int
        How long after the study began the picture was taken.
    """
    visit = identity.STUDIES[study]
    ds = Dataset()
    _add_patient(ds, visit)
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = identity.make_uid("instance", name)
    ds.SyntheticData = "YES"
    ds.StudyInstanceUID = identity.make_uid("study", study)
    ds.StudyDate, ds.StudyTime = visit.date, visit.time
    ds.StudyID, ds.AccessionNumber = visit.number, f"DL2024{visit.number:0>4}"
    ds.StudyDescription = visit.description
    ds.ReferringPhysicianName = "Petrov^Petr" if visit.character_set is None else "Петров^Пётр"
    ds.Modality = modality
    ds.SeriesInstanceUID = identity.make_uid("series", study, str(series[0]))
    ds.SeriesNumber, ds.SeriesDescription = series
    ds.InstanceNumber = number
    at = int(visit.time[:2]) * 3600 + int(visit.time[2:4]) * 60 + int(visit.time[4:]) + seconds
    ds.ContentDate = ds.AcquisitionDate = visit.date
    ds.ContentTime = ds.AcquisitionTime = f"{at // 3600:02}{at // 60 % 60:02}{at % 60:02}"
    ds.Manufacturer = identity.MANUFACTURER
    ds.ManufacturerModelName = f"Virtual {modality}"
    ds.InstitutionName = identity.INSTITUTION
    ds.SoftwareVersions = "1"
    return ds


def _add_patient(ds: Dataset, visit: identity.Study) -> None:
    if visit.character_set:
        ds.SpecificCharacterSet = visit.character_set
    ds.PatientName = visit.patient_name
    ds.PatientID = identity.PATIENT_ID
    ds.PatientBirthDate = identity.BIRTH_DATE
    ds.PatientSex = identity.SEX
    ds.PatientAge = identity.AGE
    ds.PatientSize = decimal(identity.SIZE_METRES)
    ds.PatientWeight = decimal(identity.WEIGHT_KILOGRAMS)
    ds.PatientComments = "Synthetic picture: this person does not exist."


def add_plane(
    ds: Dataset,
    frame_of_reference: str,
    position: Sequence[float],
    orientation: Sequence[float],
    spacing: Sequence[float],
    thickness: float,
) -> None:
    """Add the Frame of Reference and Image Plane modules (PS3.3 C.7.4.1, C.7.6.2), all in mm.

    ``spacing`` is (between rows, between columns).
    """
    ds.FrameOfReferenceUID = identity.make_uid("frame of reference", frame_of_reference)
    ds.PositionReferenceIndicator = ""
    ds.ImagePositionPatient = decimals(position)
    ds.ImageOrientationPatient = decimals(orientation)
    ds.PixelSpacing = decimals(spacing)
    ds.SliceThickness = decimal(thickness)


def add_pixels(
    ds: Dataset, pixels: NDArray[np.integer], photometric: str, *, bits_stored: int
) -> None:
    """Add the Image Pixel module: (rows, columns[, 3]) or (frames, rows, columns), 8 or 16 bit."""
    if pixels.dtype not in (np.uint8, np.uint16, np.int16):
        raise ValueError(_("Pixels are 8 or 16 bit integers, not {dtype}.", dtype=pixels.dtype))
    colour = photometric in ("RGB", "YBR_RCT")
    shape = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = photometric
    if colour:
        ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = shape
    ds.BitsAllocated = pixels.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = bits_stored, bits_stored - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<")).tobytes()
    ds.PixelData = content + b"\0" * (len(content) % 2)
    ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"


def add_window(ds: Dataset, centre: float, width: float) -> None:
    """Add the window that shows the picture best (VOI LUT module, PS3.3 C.11.2)."""
    ds.WindowCenter, ds.WindowWidth = decimal(centre), decimal(width)


def add_rescale(ds: Dataset, slope: float, intercept: float, kind: str | None = None) -> None:
    """Add the linear modality transformation (PS3.3 C.11.1)."""
    ds.RescaleIntercept, ds.RescaleSlope = decimal(intercept), decimal(slope)
    if kind is not None:
        ds.RescaleType = kind


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Make one coded entry (PS3.3 §8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def write_object(ds: Dataset, path: Path, transfer_syntax: UID = ExplicitVRLittleEndian) -> Path:
    """Compress the pixels if the transfer syntax says so, and write a file (PS3.10 §7.1)."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.ImplementationClassUID = identity.IMPLEMENTATION_CLASS_UID
    ds.file_meta.ImplementationVersionName = identity.IMPLEMENTATION_VERSION_NAME
    ds.file_meta.TransferSyntaxUID = transfer_syntax
    if transfer_syntax.is_encapsulated:
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        if transfer_syntax == JPEG2000Lossless and ds.SamplesPerPixel == 3:
            # JPEG 2000 turns the colours itself, reversibly, and must say so (PS3.5 §8.2.4).
            ds.PhotometricInterpretation = "YBR_RCT"
        ds.compress(
            transfer_syntax,
            encoding_plugin=ENCODERS[transfer_syntax],
            generate_instance_uid=False,
        )
    elif transfer_syntax == ImplicitVRLittleEndian:
        ds["PixelData"].VR = "OW"
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)
    return path
