"""One invented person, and the unique identifiers of everything made for this person.

No such person, hospital or device exists. UIDs are UUIDs under the root 2.25 (PS3.5 §B.2),
derived by hash from names, so that the same thing has the same UID on every computer.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from pydicom.uid import UID

NAME_ASCII = "Ivanov^Ivan^Ivanovich"
NAME_CYRILLIC = "Иванов^Иван^Иванович"
PATIENT_ID = "DL-0001"
BIRTH_DATE = "19700412"
SEX = "M"
AGE = "053Y"
SIZE_METRES = 1.78
WEIGHT_KILOGRAMS = 78.0
MANUFACTURER = "DICOM Lessons"
INSTITUTION = "DICOM Lessons, invented hospital"

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:dicom-lessons:virtual-patient:1")


@dataclass(frozen=True)
class Study:
    """One visit: what every object of the study repeats."""

    name: str
    number: str
    date: str
    time: str
    description: str
    character_set: str | None

    @property
    def patient_name(self) -> str:
        """The name in Cyrillic where the character set can write it."""
        return NAME_CYRILLIC if self.character_set else NAME_ASCII


STUDIES = {
    study.name: study
    for study in (
        Study("x-ray", "1", "20240304", "091500", "Chest radiographs", "ISO_IR 144"),
        Study("ultrasound", "2", "20240311", "101000", "Ultrasound of the abdomen", "ISO_IR 192"),
        Study("pet-ct", "3", "20240312", "130000", "PET/CT of the trunk", None),
        Study("head", "4", "20240314", "083000", "MR of the head", "ISO_IR 192"),
        Study("breast", "5", "20240318", "114500", "Mammography", None),
        Study("heart", "6", "20240320", "070500", "Coronary angiography", "ISO_IR 144"),
    )
}


def make_uid(*names: str) -> UID:
    """Derive a UID from names.

    >>> make_uid("study", "head") == make_uid("study", "head")
    True
    >>> str(make_uid("study", "head"))[:5]
    '2.25.'
    """
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(names)).int}")


IMPLEMENTATION_CLASS_UID = make_uid("implementation")
IMPLEMENTATION_VERSION_NAME = "DICOM_LESSONS_1"
