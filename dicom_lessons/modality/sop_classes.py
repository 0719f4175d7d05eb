"""Modality against SOP class: which values go with which class, and what a disagreement means.

Where the class's own series module enumerates the values, they are demanded; elsewhere the class
is named after a method and the value usually follows, but PS3.3 C.7.3.1.1.1 lets it differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import pydicom.uid
from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons.modality.terms import REPLACED_BY, judge
from dicom_lessons.text import _

_DX = ("DX", "PX", "IO", "MG")
_XA = ("XA", "RF")
_DEMANDED = {
    "DigitalXRayImageStorageForPresentation": _DX,
    "DigitalXRayImageStorageForProcessing": _DX,
    "DigitalMammographyXRayImageStorageForPresentation": ("MG",),
    "DigitalMammographyXRayImageStorageForProcessing": ("MG",),
    "DigitalIntraOralXRayImageStorageForPresentation": ("IO",),
    "DigitalIntraOralXRayImageStorageForProcessing": ("IO",),
    "BreastTomosynthesisImageStorage": ("MG",),
    "EnhancedCTImageStorage": ("CT",),
    "LegacyConvertedEnhancedCTImageStorage": ("CT",),
    "EnhancedMRImageStorage": ("MR",),
    "EnhancedMRColorImageStorage": ("MR",),
    "LegacyConvertedEnhancedMRImageStorage": ("MR",),
    "MRSpectroscopyStorage": ("MR",),
    "EnhancedPETImageStorage": ("PT",),
    "LegacyConvertedEnhancedPETImageStorage": ("PT",),
    "EnhancedUSVolumeStorage": ("US", "IVUS"),
    "GrayscaleSoftcopyPresentationStateStorage": ("PR",),
    "ColorSoftcopyPresentationStateStorage": ("PR",),
    "SegmentationStorage": ("SEG",),
    "SurfaceSegmentationStorage": ("SEG",),
    "SpatialRegistrationStorage": ("REG",),
    "DeformableSpatialRegistrationStorage": ("REG",),
    "SpatialFiducialsStorage": ("FID",),
    "VLEndoscopicImageStorage": ("ES",),
    "VideoEndoscopicImageStorage": ("ES",),
    "VLMicroscopicImageStorage": ("GM",),
    "VLSlideCoordinatesMicroscopicImageStorage": ("SM",),
    "VLPhotographicImageStorage": ("XC",),
    "VideoPhotographicImageStorage": ("XC",),
    "DermoscopicPhotographyImageStorage": ("DMS",),
    "OphthalmicPhotography8BitImageStorage": ("OP",),
    "OphthalmicPhotography16BitImageStorage": ("OP",),
    "OphthalmicTomographyImageStorage": ("OPT",),
    "BasicTextSRStorage": ("SR",),
    "EnhancedSRStorage": ("SR",),
    "ComprehensiveSRStorage": ("SR",),
    "Comprehensive3DSRStorage": ("SR",),
    "XRayRadiationDoseSRStorage": ("SR",),
    "KeyObjectSelectionDocumentStorage": ("KO",),
    "MicroscopyBulkSimpleAnnotationsStorage": ("ANN",),
    "EncapsulatedSTLStorage": ("M3D",),
    "RTImageStorage": ("RTIMAGE",),
    "RTDoseStorage": ("RTDOSE",),
    "RTStructureSetStorage": ("RTSTRUCT",),
    "RTPlanStorage": ("RTPLAN",),
    "RTIonPlanStorage": ("RTPLAN",),
    "RTBeamsTreatmentRecordStorage": ("RTRECORD",),
    "RTBrachyTreatmentRecordStorage": ("RTRECORD",),
    "RTTreatmentSummaryRecordStorage": ("RTRECORD",),
    "RTIonBeamsTreatmentRecordStorage": ("RTRECORD",),
}
_USUAL = {
    "CTImageStorage": ("CT",),
    "MRImageStorage": ("MR",),
    "UltrasoundImageStorage": ("US",),
    "UltrasoundMultiFrameImageStorage": ("US",),
    "ComputedRadiographyImageStorage": ("CR",),
    "PositronEmissionTomographyImageStorage": ("PT",),
    "NuclearMedicineImageStorage": ("NM",),
    "XRayAngiographicImageStorage": _XA,
    "XRayRadiofluoroscopicImageStorage": ("RF", "XA"),
    "EnhancedXAImageStorage": _XA,
    "EnhancedXRFImageStorage": ("RF", "XA"),
    "XRay3DAngiographicImageStorage": ("XA",),
    "TwelveLeadECGWaveformStorage": ("ECG",),
    "GeneralECGWaveformStorage": ("ECG",),
    "AmbulatoryECGWaveformStorage": ("ECG",),
    "HemodynamicWaveformStorage": ("HD",),
    "CardiacElectrophysiologyWaveformStorage": ("EPS",),
    "VLWholeSlideMicroscopyImageStorage": ("SM",),
}


def _by_uid(table: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {getattr(pydicom.uid, keyword): values for keyword, values in table.items()}


DEMANDED = _by_uid(_DEMANDED)
USUAL = _by_uid(_USUAL)
NO_SERIES = frozenset({pydicom.uid.MediaStorageDirectoryStorage})


@dataclass(frozen=True)
class Agreement:
    """How the Modality of an object and its SOP class go together.

    Attributes
    ----------
    agrees : bool or None
        None where the class goes with any modality or is not known here.
    demanded : bool
        True if the class's IOD enumerates the values, so that a disagreement is an error.
    expected : tuple of str
        Values that go with the class, empty if any does.
    sentence : str
        All this in words, in the language that is set.
    """

    agrees: bool | None
    demanded: bool
    expected: tuple[str, ...]
    sentence: str


def expected(sop_class: str) -> tuple[str, ...]:
    """Return the modalities that go with a SOP class; none if any may.

    >>> expected("1.2.840.10008.5.1.4.1.1.12.1")
    ('XA', 'RF')
    """
    return DEMANDED.get(sop_class) or USUAL.get(sop_class) or ()


def classes_with(modality: str) -> tuple[UID, ...]:
    """Return the SOP classes that a modality goes with, the usual ones first.

    >>> [uid.name for uid in classes_with("NM")]
    ['Nuclear Medicine Image Storage']
    """
    found = [uid for uid, values in (USUAL | DEMANDED).items() if modality in values]
    return tuple(UID(uid) for uid in found)


def agreement(dataset: Dataset) -> Agreement:
    """Compare Modality (0008,0060) with SOP Class UID (0008,0016).

    Parameters
    ----------
    dataset : Dataset
        Any; elements that lack or are malformed are told in words, nothing is raised.
    """
    judgement = judge(raw_value(dataset, 0x00080060))
    sop_class = class_of(dataset)
    wanted, demanded = expected(sop_class), sop_class in DEMANDED
    if sop_class in NO_SERIES:
        return Agreement(
            None, False, (), _("A directory of files belongs to no series and has no modality.")
        )
    if not judgement.code:
        return Agreement(False if wanted else None, demanded, wanted, judgement.sentence)
    if not wanted:
        return Agreement(None, False, (), _any_goes(judgement.code, sop_class))
    now = REPLACED_BY.get(judgement.code, judgement.code)
    if now in wanted:
        sentence = _("{name} and Modality {code} agree.", name=UID(sop_class).name, code=now)
        return Agreement(True, demanded, wanted, sentence)
    return Agreement(False, demanded, wanted, _differ(judgement.code, sop_class, wanted, demanded))


def _any_goes(code: str, sop_class: str) -> str:
    if not sop_class:
        return _(
            "There is no SOP Class UID (0008,0016), so nothing can be compared with {code}.",
            code=code,
        )
    return _(
        "{name} says nothing about the method, so Modality {code} stands by itself.",
        name=UID(sop_class).name,
        code=code,
    )


def _differ(code: str, sop_class: str, wanted: tuple[str, ...], demanded: bool) -> str:
    values = {"name": UID(sop_class).name, "wanted": ", ".join(wanted), "code": code}
    if demanded:
        return _("{name} demands Modality {wanted}, but the file says {code}: an error.", **values)
    return _(
        "{name} usually carries Modality {wanted}, but the file says {code}. "
        "The standard lets them differ (PS3.3 C.7.3.1.1.1): "
        "look at the equipment and at the picture.",
        **values,
    )


def raw_value(dataset: Dataset, tag: int) -> object:
    """Return a value as it lies in the file, before pydicom converts or judges it."""
    return dataset.get_item(tag).value if tag in dataset else None


def class_of(dataset: Dataset) -> str:
    """Return the SOP Class UID (0008,0016), or its copy in the file header (0002,0002).

    Empty if there is none that can be read.
    """
    value = raw_value(dataset, 0x00080016)
    if value is None:
        value = raw_value(getattr(dataset, "file_meta", Dataset()), 0x00020002)
    if isinstance(value, bytes):
        value = value[:128].decode("latin-1")
    return value.strip(" \0") if isinstance(value, str) else ""
