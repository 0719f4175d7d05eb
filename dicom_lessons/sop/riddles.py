"""Material for tasks of lesson 04: a scan that lacks something, the log of an association."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    MRImageStorage,
)

from dicom_lessons import samples
from dicom_lessons.sop.messages import Context, Message
from dicom_lessons.text import _

_VERIFICATION = UID("1.2.840.10008.1.1")


def incomplete() -> Dataset:
    """Return an MR image of the virtual patient that lacks one Type 1 attribute."""
    scan = samples.read("virtual/mr_t1")
    scan.PatientBirthDate = scan.StudyID = ""  # as pydicom reads an empty text
    del scan.SeriesDescription
    del scan.SequenceVariant
    return scan


def log() -> list[Message]:
    """Return the messages of an association in which not all is accepted, nor all stored."""
    contexts = [
        Context(1, _VERIFICATION, (ImplicitVRLittleEndian,), 0, ImplicitVRLittleEndian),
        Context(3, CTImageStorage, (JPEG2000Lossless,), 4),
        Context(5, CTImageStorage, (ExplicitVRLittleEndian,), 0, ExplicitVRLittleEndian),
        Context(7, MRImageStorage, (ExplicitVRLittleEndian,), 3),
    ]
    ct = CTImageStorage.name
    success = _("status {status}: {meaning}", status="0000H", meaning=_("success"))
    failure = _("status {status}: {meaning}", status="A700H", meaning=_("no success"))
    return [
        Message("requestor", "A-ASSOCIATE-RQ", tuple(each.offer for each in contexts)),
        Message("acceptor", "A-ASSOCIATE-AC", tuple(each.reply for each in contexts)),
        Message("requestor", "C-ECHO-RQ", (_VERIFICATION.name,)),
        Message("acceptor", "C-ECHO-RSP", (success,)),
        Message("requestor", "C-STORE-RQ", (ct,)),
        Message("acceptor", "C-STORE-RSP", (success,)),
        Message("requestor", "C-STORE-RQ", (ct,)),
        Message("acceptor", "C-STORE-RSP", (failure,)),
        Message("requestor", "C-STORE-RQ", (ct,)),
        Message("acceptor", "C-STORE-RSP", (success,)),
        Message("requestor", "A-RELEASE-RQ"),
        Message("acceptor", "A-RELEASE-RP"),
    ]
