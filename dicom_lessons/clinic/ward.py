"""The patients of the ward: how each is admitted, and whether a cure heals without harm."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicom_lessons import reading, samples
from dicom_lessons.clinic import patients
from dicom_lessons.clinic.examination import Examination, examine, examine_all
from dicom_lessons.elements import value
from dicom_lessons.findings import Finding
from dicom_lessons.pixels import PixelError, stored_values
from dicom_lessons.read_write import difference
from dicom_lessons.text import N_, _, short

SERIES = "virtual/ct_volume"
EVERY_SLICE = 10
"""Of the series, every tenth slice lies in the ward."""
MOST_NAMED = 3
_Cured = bytes | Sequence[bytes] | None


@dataclass(frozen=True)
class Patient:
    """One broken file, or one series of them.

    Attributes
    ----------
    name : str
        That of the function in :mod:`dicom_lessons.clinic.patients` that breaks it.
    fault : str
        The right diagnosis.
    base : str
        The good sample that it was made from.
    others : tuple of str
        Diagnoses that look right.
    complaint : str
        What the user tells; translated when shown.
    is_curable : bool
        Whether the file itself holds all that a cure needs.
    free : tuple of str
        Beginnings of paths that a cure may change as it likes.
    """

    name: str
    fault: str
    base: str
    others: tuple[str, ...]
    complaint: str
    is_curable: bool = True
    free: tuple[str, ...] = ()

    @property
    def is_series(self) -> bool:
        """Whether it is a series of files."""
        return self.base == SERIES


def _known(*all_of: Patient) -> dict[str, Patient]:
    return {one.name: one for one in all_of}


PATIENTS = _known(
    Patient("no_file_meta", "no_file_meta", "virtual/mr_t1",
            ("not_dicom", "truncated", "no_transfer_syntax"),
            N_("It came from an old archive. No program wants to open it.")),
    Patient("wrong_transfer_syntax", "wrong_transfer_syntax", "virtual/ct",
            ("truncated_fragments", "wrong_rows", "compressed_ow"),
            N_("Since we tidied up the headers, there is no picture any more.")),
    Patient("truncated_pixels", "truncated_pixels", "virtual/mr_t2",
            ("wrong_rows", "wrong_transfer_syntax", "pixel_length"),
            N_("The header is fine, the picture is not."), False),
    Patient("truncated_fragments", "truncated_fragments", "virtual/ct_abdomen",
            ("no_delimiter", "wrong_transfer_syntax", "missing"),
            N_("My program says that there are no pixels. But the file is large."), False),
    Patient("odd_length", "odd_length", "MR_small", ("wrong_vr", "character_set", "value"),
            N_("Our archive refuses it; my viewer shows it."), True, ("Manufacturer", "ImageType",
            "Modality", "InstitutionName", "PatientName")),
    Patient("wrong_vr", "wrong_vr", "CT_small", ("value", "odd_length", "shuffled_series"),
            N_("Sorted by Instance Number, slice 10 comes before slice 2.")),
    Patient("wrong_character_set", "character_set", "CT_small", ("text_lost", "value", "wrong_vr"),
            N_("The patient's name is no name in any language."), True,
            ("SpecificCharacterSet", "PatientName")),
    Patient("lost_text", "text_lost", "MR_small", ("character_set", "value", "missing"),
            N_("Where the name should be, there are question marks."), False),
    Patient("monochrome1_as_2", "monochrome1_as_2", "virtual/cr",
            ("rescale_lost", "picture", "planar_configuration"),
            N_("On my screen the lungs are white.")),
    Patient("rescale_lost", "rescale_lost", "virtual/ct_abdomen",
            ("monochrome1_as_2", "wrong_rows", "value"),
            N_("Water has 1024 Hounsfield units in this CT."), True, ("Rescale",)),
    Patient("uids_at_odds", "uids_at_odds", "virtual/mr_t2",
            ("same_instance", "invented_uid", "emptied_uid"),
            N_("The archive stored it under another number than the one that I was told."), True,
            ("SOPInstanceUID",)),
    Patient("long_decimal", "long_decimal", "CT_small", ("wrong_vr", "odd_length", "missing"),
            N_("A validator complains. I only divided by three."), True, ("SliceThickness",)),
    Patient("no_delimiter", "no_delimiter", "virtual/us",
            ("truncated_fragments", "broken_structure", "wrong_transfer_syntax"),
            N_("No pixels, says the program; but the file has its full size.")),
    Patient("deflate_bomb", "deflate_bomb", "CT_small",
            ("truncated", "wrong_transfer_syntax", "not_dicom"),
            N_("A small file: the computer stood still for a minute."), False),
    Patient("tiff_twin", "preamble_twin", "virtual/mr_t1",
            ("no_file_meta", "broken_structure", "detail"),
            N_("My picture program opens it. Is it DICOM or not?"), True,
            ("DataSetTrailingPadding",)),
    Patient("wrong_rows", "wrong_rows", "virtual/mr_t2",
            ("truncated_pixels", "pixel_length", "planar_configuration"),
            N_("The back of the head is missing.")),
    Patient("planar_configuration", "planar_configuration", "virtual/sc",
            ("wrong_rows", "monochrome1_as_2", "wrong_transfer_syntax"),
            N_("Ghosts and false colours, where one picture should be.")),
    Patient("invented_uid", "invented_uid", "CT_small",
            ("emptied_uid", "uids_at_odds", "value"),
            N_("A program wrote its own UIDs. The registry refuses them."), True,
            ("SOPInstanceUID",)),
    Patient("jpeg_scan_header", "jpeg_scan_header", "SC_rgb_dcmtk_+eb+cr",
            ("wrong_transfer_syntax", "truncated_fragments", "wrong_rows"),
            N_("Four programs show it, one refuses it.")),
    Patient("compressed_ow", "compressed_ow", "MR_small_RLE",
            ("wrong_transfer_syntax", "no_delimiter", "wrong_vr"),
            N_("It looks good everywhere, and yet a validator finds an error in the pixels.")),
    Patient("emptied_uid", "emptied_uid", "CT_small", ("missing", "uids_at_odds", "invented_uid"),
            N_("After de-identification it refers to nothing.")),
    Patient("seg_modality", "modality_against_class", "virtual/ct_abdomen",
            ("missing", "value", "wrong_vr"),
            N_("A search for segmentations finds this. It is a plain CT image.")),
    Patient("shuffled_series", "shuffled_series", SERIES,
            ("incomplete_series", "mixed_series", "same_instance"),
            N_("Sorted by Instance Number, the body looks shredded."), True, ("InstanceNumber",)),
    Patient("incomplete_series", "incomplete_series", SERIES,
            ("shuffled_series", "uneven_series", "same_instance"),
            N_("The spine has a step."), False),
)  # fmt: skip


def patient(name: str) -> Patient:
    """Return a patient of the ward.

    Raises
    ------
    LookupError
        If there is none of this name.
    """
    if name not in PATIENTS:
        known = ", ".join(PATIENTS)
        raise LookupError(_("No patient is called {name!r}. There are: {known}.",
                            name=short(name), known=known))  # fmt: skip
    return PATIENTS[name]


@cache
def good(name: str) -> tuple[bytes, ...]:
    """Return the file, or files, that a patient was made from."""
    one = patient(name)
    if one.is_series:
        return tuple(path.read_bytes() for path in samples.series(SERIES)[::EVERY_SLICE])
    return (samples.path(one.base).read_bytes(),)


def admit(name: str) -> Any:
    """Return a patient: the bytes of a broken file, or a list of those of a series.

    Raises
    ------
    LookupError
        If there is none of this name.

    Examples
    --------
    >>> admit("no_file_meta")[:4].hex(" ")
    '08 00 05 00'
    """
    made = _made(name)
    return made if isinstance(made, bytes) else list(made)


@cache
def _made(name: str) -> bytes | tuple[bytes, ...]:
    files = good(name)
    make: Callable[[Any], Any] = getattr(patients, name)
    return tuple(make(files)) if patient(name).is_series else bytes(make(files[0]))


def diagnosed(name: str) -> Examination:
    """Return what the examination says of a patient: of a series, what it says of all together."""
    broken = admit(name)
    return list(examine_all(broken))[-1] if patient(name).is_series else examine(broken)


@dataclass(frozen=True)
class Admission:
    """What a user would see, with pydicom alone.

    Attributes
    ----------
    lines : tuple of str
        Warnings, the error if there is one, or what opened.
    picture : ndarray or None
        Stored values, if there are any.
    """

    lines: tuple[str, ...]
    picture: NDArray[Any] | None = None


def admission(name: str) -> Admission:
    """Open a patient as any program with pydicom would, and return what happens."""
    broken = admit(name)
    if name == "deflate_bomb":  # which is never inflated here
        said = _("dcmread would make {size} bytes of {small}: it was not called",
                 size=patients.BOMB, small=len(broken))  # fmt: skip
        return Admission((said,))
    if isinstance(broken, list):
        return _of_series(broken)
    lines: list[str] = []
    picture = None
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            dataset = dcmread(BytesIO(broken))
            lines.append(_("dcmread: opens; Patient's Name is {name}",
                           name=short(dataset.get("PatientName", ""))))  # fmt: skip
            picture = np.asarray(dataset.pixel_array)
            shape, kind = " × ".join(map(str, picture.shape)), picture.dtype
            lines.append(_("pixel_array: {shape}, {kind}", shape=shape, kind=kind))
        except Exception as error:  # the symptom, of whatever kind
            lines.append(f"{type(error).__name__}: {short(error, 300)}")
    warned = [f"{one.category.__name__}: {short(one.message, 200)}" for one in heard]
    return Admission((*dict.fromkeys(warned), *lines), picture)


def _of_series(files: Sequence[bytes]) -> Admission:
    slices = [reading.read(raw) for raw in files]
    slices.sort(key=lambda one: int(one.InstanceNumber))
    rows = [stored_values(one)[one.Rows // 2] for one in slices]
    lines = [
        _("{count} files open; sorted by Instance Number, z is {places}", count=len(slices),
          places=", ".join(f"{one.ImagePositionPatient[2]:g}" for one in slices))
    ]  # fmt: skip
    return Admission(tuple(lines), np.repeat(np.array(rows[::-1]), 24, axis=0))


def treat(name: str, cured: _Cured) -> list[Finding]:
    """Judge a cure: the fault has to be gone, and nothing may be harmed.

    Parameters
    ----------
    name : str
        Of the patient.
    cured : bytes, sequence of bytes, or None
        The file, or files, after the cure; None to send the patient back, because nobody can know
        what is missing.

    Returns
    -------
    list of Finding
        What is still wrong, or was harmed; empty if the patient is healed, or rightly sent back.

    Raises
    ------
    LookupError
        If there is no such patient.
    """
    one = patient(name)
    if cured is None:
        return [] if not one.is_curable else [Finding(
            what=_("this patient can be healed: all that is needed is in the file"), where=name,
        )]  # fmt: skip
    if not one.is_curable:
        return [Finding(
            what=_("what is missing was invented"), where=name,
            cure=_("Send the patient back: ask for the original."),
        )]  # fmt: skip
    files = [cured] if isinstance(cured, bytes | bytearray) else list(cured)
    originals = good(name)
    if len(files) != len(originals) or not all(isinstance(raw, bytes | bytearray) for raw in files):
        return [Finding(what=_("the cure has to give back as many files as came, as bytes"))]
    found = list(examine_all(map(bytes, files)))
    left = [each for result in found for each in result.diagnoses if each.severity != "note"]
    if left:
        return list(dict.fromkeys(left))
    broken = admit(name) if one.is_series else [admit(name)]
    harm: list[Finding] = []
    for raw, original, sick in zip(files, originals, broken, strict=True):
        harm += _harm(one, reading.read(bytes(raw)), reading.read(original), sick)
    return list(dict.fromkeys(harm))[:MOST_NAMED]


def _harm(one: Patient, cured: Dataset, original: Dataset, sick: bytes) -> list[Finding]:
    found = []
    for each in difference(original, cured):
        free = each.path.startswith(("file_meta.", "PixelData", *one.free))
        same = _number(each.one) is not None and _number(each.one) == _number(each.other)
        if not free and not same:
            found.append(Finding(what=_("the cure changed it: {kind}", kind=_(each.kind)),
                                 where=each.path))  # fmt: skip
    try:
        equal = np.array_equal(stored_values(original, None), stored_values(cured, None))
    except PixelError as error:
        return [*found, Finding(what=str(error).rstrip("."), where="PixelData")]
    if not equal:
        found.append(Finding(what=_("the cure changed the pixels"), where="PixelData"))
    return [*found, *_wanted(one, cured, original, sick)]


def _number(each: Any) -> float | None:
    try:
        return float(each.value)
    except (TypeError, ValueError, AttributeError):
        return None


def _wanted(one: Patient, cured: Dataset, original: Dataset, sick: bytes) -> list[Finding]:
    """Look at what a cure may change, but not to anything."""
    if one.name == "long_decimal":
        holds, place = abs((_number(cured["SliceThickness"]) or 0) - 1 / 3) < 1e-6, "SliceThickness"
    elif one.name == "wrong_character_set":
        holds, place = str(value(cured, "PatientName")) == patients.NAME, "PatientName"
    elif one.name == "rescale_lost":
        pairs = [(value(each, "RescaleSlope"), value(each, "RescaleIntercept"))
                 for each in (cured, original)]  # fmt: skip
        holds, place = pairs[0] == pairs[1], "RescaleIntercept"
    elif one.name == "uids_at_odds":
        new = str(value(reading.read(sick), "SOPInstanceUID"))
        holds = value(cured, "SOPInstanceUID") in (new, value(original, "SOPInstanceUID"))
        place = "SOPInstanceUID"
    else:
        return []
    return [] if holds else [Finding(what=_("that is not its value"), where=place)]
