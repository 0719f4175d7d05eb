"""Conditions of Types 1C and 2C and of conditional modules, in our own words.

The tables hold the types only. Here stand the conditions that a learner meets most, each to be read
after "Required if"; the others are in PS3.3, in the table of the module.
"""

from __future__ import annotations

from dicom_lessons.sop.tables import Attribute, Module
from dicom_lessons.text import N_, _

# content items of an SR document need these only for certain Value Types (PS3.3 §C.17.3)
VALUE_TYPES: dict[str, tuple[str, ...]] = {
    "ConceptCodeSequence": ("CODE",),
    "ContinuityOfContent": ("CONTAINER",),
    "Date": ("DATE",),
    "DateTime": ("DATETIME",),
    "GraphicData": ("SCOORD", "SCOORD3D"),
    "GraphicType": ("SCOORD", "SCOORD3D"),
    "MeasuredValueSequence": ("NUM",),
    "PersonName": ("PNAME",),
    "ReferencedFrameOfReferenceUID": ("SCOORD3D",),
    "ReferencedSOPSequence": ("COMPOSITE", "IMAGE", "WAVEFORM"),
    "TabulatedValuesSequence": ("TABLE",),
    "TemporalRangeType": ("TCOORD",),
    "TextValue": ("TEXT",),
    "Time": ("TIME",),
    "UID": ("UIDREF",),
}
_NOT_HUMAN = N_("the patient is an animal")
_PALETTE = N_("colours come from a palette (Photometric Interpretation is PALETTE COLOR)")
_CALIBRATED = N_("the spacing has been calibrated")
_PIXELS = N_("there is Pixel Data")
_GRID = N_("the dose is given on a grid of points")
_FRAMES = N_("there may be more than one frame")
_LOSSY = N_("the image was ever compressed with loss")
_TO_BE_SHOWN = N_("the image is FOR PRESENTATION and has no VOI LUT Sequence")
_SOLE_METHOD = N_("Patient Identity Removed is YES and the other element on the method is absent")

_ATTRIBUTES = {
    "AnatomicalOrientationType": N_("the patient is an animal that does not stand on two legs"),
    "BluePaletteColorLookupTableData": _PALETTE,
    "BluePaletteColorLookupTableDescriptor": _PALETTE,
    "ContentDate": N_("the images of the Series belong together in time"),
    "ContentTime": N_("the images of the Series belong together in time"),
    "DeidentificationMethod": _SOLE_METHOD,
    "DeidentificationMethodCodeSequence": _SOLE_METHOD,
    "Exposure": N_("Exposure Time or X-Ray Tube Current is absent"),
    "ExposureTime": N_("Exposure is absent"),
    "FrameTime": N_("Frame Increment Pointer points to it"),
    "FrameTimeVector": N_("Frame Increment Pointer points to it"),
    "GreenPaletteColorLookupTableData": _PALETTE,
    "GreenPaletteColorLookupTableDescriptor": _PALETTE,
    "InversionTime": N_("Scanning Sequence contains IR"),
    "Laterality": N_("the body part is one of a pair and nothing else says which side"),
    "LossyImageCompression": _LOSSY,
    "LossyImageCompressionMethod": _LOSSY,
    "LossyImageCompressionRatio": _LOSSY,
    "MaximumFractionalValue": N_("Segmentation Type is FRACTIONAL"),
    "PatientBreedCodeSequence": _NOT_HUMAN,
    "PatientBreedDescription": _NOT_HUMAN,
    "PatientSpeciesCodeSequence": _NOT_HUMAN,
    "PatientSpeciesDescription": _NOT_HUMAN,
    "PixelAspectRatio": N_("pixels are not square and no spacing tells their shape"),
    "PixelData": N_("the pixels are not fetched from a URL"),
    "PixelDataProviderURL": N_("the pixels are fetched from a URL"),
    "PixelPaddingRangeLimit": N_("a range of values, not one value, fills the border"),
    "PixelPaddingValue": N_("there is a Pixel Padding Range Limit"),
    "PixelSpacingCalibrationDescription": N_("there is a Pixel Spacing Calibration Type"),
    "PlanarConfiguration": N_("Samples per Pixel is more than 1"),
    "PositionerMotion": _FRAMES,
    "PositionerPrimaryAngleIncrement": N_("Positioner Motion is DYNAMIC"),
    "PositionerSecondaryAngleIncrement": N_("Positioner Motion is DYNAMIC"),
    "RedPaletteColorLookupTableData": _PALETTE,
    "RedPaletteColorLookupTableDescriptor": _PALETTE,
    "RepetitionTime": N_("Scanning Sequence is not EP, or Sequence Variant is SK"),
    "ResponsibleOrganization": _NOT_HUMAN,
    "ResponsiblePerson": _NOT_HUMAN,
    "SegmentationFractionalType": N_("Segmentation Type is FRACTIONAL"),
    "SpecificCharacterSet": N_("any text holds more than plain ASCII"),
    "TriggerTime": N_("the acquisition was triggered by the heart"),
    "VerifyingObserverSequence": N_("Verification Flag is VERIFIED"),
    "WindowWidth": N_("there is a Window Center"),
    "XRayTubeCurrent": N_("Exposure is absent"),
}
_IN_MODULE = {
    ("cr-image", "PixelSpacing"): _CALIBRATED,
    ("ct-image", "RescaleType"): N_(
        "values are not in Hounsfield units, or the CT is multi-energy"
    ),
    ("dx-detector", "PixelSpacing"): _CALIBRATED,
    ("dx-image", "WindowCenter"): _TO_BE_SHOWN,
    ("general-image", "PatientOrientation"): N_(
        "Image Orientation (Patient) and Image Position (Patient) are not required"
    ),
    ("general-series", "PatientPosition"): N_(
        "the class is one such as CT or MR, and there is no Patient Orientation Code Sequence"
    ),
    ("rt-dose", "BitsAllocated"): _PIXELS,
    ("rt-dose", "BitsStored"): _PIXELS,
    ("rt-dose", "DoseGridScaling"): _PIXELS,
    ("rt-dose", "HighBit"): _PIXELS,
    ("rt-dose", "PhotometricInterpretation"): _PIXELS,
    ("rt-dose", "PixelRepresentation"): _PIXELS,
    ("rt-dose", "SamplesPerPixel"): _PIXELS,
    ("rt-general-plan", "ReferencedStructureSetSequence"): N_("RT Plan Geometry is PATIENT"),
    ("sc-image", "PixelSpacing"): _CALIBRATED,
    ("us-image", "FrameIncrementPointer"): _FRAMES,
    ("x-ray-acquisition", "PixelSpacing"): _CALIBRATED,
    ("x-ray-image", "FrameIncrementPointer"): _FRAMES,
}
_MODULES = {
    "cine": N_("the frames are a film"),
    "contrast-bolus": N_("a contrast medium was used"),
    "enhanced-contrast-bolus": N_("a contrast medium was used"),
    "frame-extraction": N_("the instance holds frames cut out of another on request"),
    "general-image": _GRID,
    "image-pixel": _GRID,
    "image-plane": _GRID,
    "mask": N_("the image may be subtracted"),
    "multi-energy-ct-image": N_("Multi-energy CT Acquisition is YES"),
    "multi-frame": _FRAMES,
    "palette-color-lookup-table": _PALETTE,
    "rt-beams": N_("a fraction group has beams"),
    "rt-brachy-application-setups": N_("a fraction group has brachytherapy setups"),
    "rt-ion-beams": N_("a fraction group has beams"),
    "synchronization": N_("clocks of devices were synchronised"),
    "waveform-annotation": N_("there is an annotation"),
}


def condition(module: Module, attribute: Attribute) -> str:
    """Return in words when a Type 1C or 2C attribute is required; empty for Types 1, 2 and 3.

    Examples
    --------
    >>> from dicom_lessons import sop
    >>> pixels = sop.definition("CTImageStorage").module("Image Pixel")
    >>> [sop.condition(pixels, each) for each in pixels.attributes if each.keyword == "PixelData"]
    ['Required if the pixels are not fetched from a URL.']
    """
    if not attribute.type.endswith("C"):
        return ""
    if module.key == "sr-document-content" and attribute.keyword in VALUE_TYPES:
        values = VALUE_TYPES[attribute.keyword]
        return _("Required if Value Type is {values}.", values=_(" or ").join(values))
    words = _IN_MODULE.get((module.key, attribute.keyword)) or _ATTRIBUTES.get(attribute.keyword)
    return _required_if(words, module)


def module_condition(module: Module) -> str:
    """Return in words when a conditional module is required; empty for usages M and U."""
    return _required_if(_MODULES.get(module.key), module) if module.usage == "C" else ""


def _required_if(words: str | None, module: Module) -> str:
    if words is None:
        return _("The condition stands in PS3.3, module {module}.", module=module.name)
    return _("Required if {condition}.", condition=_(words))
