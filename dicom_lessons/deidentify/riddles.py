"""A study of the virtual patient with identifiers planted where tools forget to look."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons import samples
from dicom_lessons.deidentify.score import Wanted

BURNED_IN = (0, 0, 60, 768)
"""Where virtual/sc shows name, number and dates: top, left, bottom, right."""

_MRN, _NAME, _OTHER_NAME = "MRN-4471903", "Ivanov", "Сидорова"
# what is planted, and the part of it that must go
_IN_CT = {
    "PatientAddress": ("Primorskaya 17, Vyborg", "Primorskaya"),
    "PatientTelephoneNumbers": ("+7-921-555-0142", "555-0142"),
    "PatientMotherBirthName": ("Kuznetsova^Olga", "Kuznetsova"),
    "OperatorsName": ("Fedorov^Boris", "Fedorov"),
    "StationName": ("CT-ROOM-4-VYBORG", "CT-ROOM-4"),
    "DeviceSerialNumber": ("SN-88213-X", "SN-88213-X"),
    "InstitutionAddress": ("Lenina 2, Vyborg", "Lenina 2"),
}
_IN_REQUEST = {
    "RequestedProcedureID": ("RP-70718", "RP-70718"),
    "ScheduledProcedureStepID": ("SPS-70719", "SPS-70719"),
    "ReasonForTheRequestedProcedure": ("Cough of Ivan Ivanov since 2024-03-01", "2024-03-01"),
}
_IN_CAPTURE = {
    "ReferringPhysicianName": (f"{_OTHER_NAME}^Вера", _OTHER_NAME),
    "NameOfPhysiciansReadingStudy": ("Громов^Пётр", "Громов"),
    "SecondaryCaptureDeviceID": ("WS-VYBORG-12", "WS-VYBORG-12"),
}


@dataclass(frozen=True)
class PlantedStudy:
    """Three files of one study.

    Attributes
    ----------
    datasets : tuple of Dataset
        A CT slice, a PET slice and a screen capture.
    identifiers : tuple of (str, str)
        Where each was planted, and the text that must not survive in any byte.
    key : tuple of Wanted
        The answer key of the ten checks.
    """

    datasets: tuple[Dataset, ...]
    identifiers: tuple[tuple[str, str], ...]
    key: tuple[Wanted, ...]


def planted_study() -> PlantedStudy:
    """Return the study, the same in every run."""
    ct, pt, capture = (samples.read(f"virtual/{name}") for name in ("ct", "pt", "sc"))
    identifiers = [*_plant_in_ct(ct), *_plant_in_pt(pt), *_plant_in_capture(capture)]
    return PlantedStudy((ct, pt, capture), tuple(identifiers), tuple(_key()))


def _plant_in_ct(ct: Dataset) -> list[tuple[str, str]]:
    ct.OtherPatientIDsSequence = [Dataset()]
    ct.OtherPatientIDsSequence[0].PatientID = _MRN
    ct.OtherPatientIDsSequence[0].TypeOfPatientID = "TEXT"
    ct.FilterType = f"BODY {_MRN}"
    ct.RequestAttributesSequence = [Dataset()]
    block = ct.private_block(0x0011, "SITE DATA", create=True)
    block.add_new(0x01, "LO", "Insured as AOK-5512087")
    item = Dataset()
    item.PatientName = "Ivanova^Anna"
    block.add_new(0x02, "SQ", [item])
    block.add_new(0x03, "UN", b"Neighbour: Smirnov Oleg\0")
    ct.add_new(0x60000010, "US", 512)
    ct.add_new(0x60000011, "US", 512)
    ct.add_new(0x60000040, "CS", "G")
    ct.add_new(0x60000050, "SS", [1, 1])
    ct.add_new(0x60000100, "US", 1)
    ct.add_new(0x60000102, "US", 0)
    ct.add_new(0x60003000, "OW", bytes(512 * 512 // 8))
    ct.add_new(0x60004000, "LT", "Seen by Dr. Orlova, ward 9B")
    ct.add_new(0xFFFCFFFC, "OB", b"left here by PACS-VYBORG-1".ljust(32, b"\0"))
    ct.preamble = b"exported for Dr. Belov, Vyborg".ljust(128, b"\0")
    ct.file_meta.SourceApplicationEntityTitle = "VYBORG_CT4"
    return [
        ("OtherPatientIDsSequence, and free text", _MRN),
        ("PatientName", _NAME),
        *_plant(ct, _IN_CT),
        *_plant(ct.RequestAttributesSequence[0], _IN_REQUEST),
        ("private LO", "AOK-5512087"),
        ("private SQ", "Anna"),
        ("private UN", "Smirnov"),
        ("overlay comment", "Orlova"),
        ("trailing padding", "PACS-VYBORG-1"),
        ("preamble", "Belov"),
        ("source AE title", "VYBORG_CT4"),
        ("PatientID", "DL-0001"),
        ("StudyDate", "20240312"),
        ("PatientBirthDate", "19700412"),
        ("SOPInstanceUID of the CT", str(ct.SOPInstanceUID)),
        ("StudyInstanceUID", str(ct.StudyInstanceUID)),
        ("FrameOfReferenceUID", str(ct.FrameOfReferenceUID)),
    ]


def _plant_in_pt(pt: Dataset) -> list[tuple[str, str]]:
    reference = Dataset()
    reference.ReferencedSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")
    reference.ReferencedSOPInstanceUID = samples.read("virtual/ct").SOPInstanceUID
    pt.ReferencedImageSequence = [reference]
    pt.ImageComments = "Ivanov asked for a copy on 12.03.2024"
    pt.SeriesDescription = f"WB {_NAME.upper()}"
    pt.PerformedProcedureStepID = "PPS-33017"
    return [
        ("PerformedProcedureStepID", "PPS-33017"),
        ("SOPInstanceUID of the PET", str(pt.SOPInstanceUID)),
        ("ImageComments", "12.03.2024"),
    ]


def _plant_in_capture(capture: Dataset) -> list[tuple[str, str]]:
    capture.SpecificCharacterSet = "ISO_IR 192"
    return _plant(capture, _IN_CAPTURE)


def _plant(dataset: Dataset, texts: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    for keyword, (value, _text) in texts.items():
        setattr(dataset, keyword, value)
    return [(keyword, text) for keyword, (_value, text) in texts.items()]


def _key() -> list[Wanted]:
    key = [Wanted("patid_consistent", file, "PatientID") for file in range(3)]
    for file in range(3):
        key += [
            Wanted("uid_changed", file, "SOPInstanceUID"),
            Wanted("uid_consistent", file, "StudyInstanceUID"),
            Wanted("date_shifted", file, "StudyDate"),
            Wanted("text_removed", file, value=_NAME),
            Wanted("tag_retained", file, "PatientName"),
            Wanted("text_notnull", file, "PatientID"),
            Wanted("text_notnull", file, "Modality"),
        ]
    key += [
        Wanted("uid_consistent", 1, "ReferencedImageSequence[0].ReferencedSOPInstanceUID"),
        Wanted("date_shifted", 0, "AcquisitionDate"),
        Wanted("date_shifted", 1, "SeriesDate"),
        Wanted("text_removed", 0, "FilterType", _MRN),
        Wanted("text_retained", 0, "FilterType", "BODY"),
        Wanted("text_removed", 0, value="Orlova"),
        Wanted("text_removed", 2, value=_OTHER_NAME),
        Wanted("text_retained", 1, "BodyPartExamined", "CHEST"),
        Wanted("tag_retained", 1, "RadiopharmaceuticalInformationSequence"),
        Wanted("pixels_hidden", 2, region=BURNED_IN),
        Wanted("pixels_retained", 2, region=BURNED_IN),
        Wanted("pixels_retained", 0),
        Wanted("pixels_retained", 1),
    ]
    return key
