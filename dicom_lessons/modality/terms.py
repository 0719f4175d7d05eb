"""Defined Terms of Modality (0008,0060), and what any other value is.

The list is that of PS3.3 C.7.3.1.1.1, edition 2026a: 79 current and 18 retired terms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dicom_lessons.text import N_, _, ngettext, short

EDITION = "2026a"
LONGEST = 16

CURRENT = {
    "ANN": N_("Annotation"),
    "AR": N_("Autorefraction"),
    "ASMT": N_("Content Assessment Results"),
    "AU": N_("Audio"),
    "BDUS": N_("Bone Densitometry (ultrasound)"),
    "BI": N_("Biomagnetic imaging"),
    "BMD": N_("Bone Densitometry (X-Ray)"),
    "CFM": N_("Confocal Microscopy"),
    "CR": N_("Computed Radiography"),
    "CT": N_("Computed Tomography"),
    "CTPROTOCOL": N_("CT Protocol (Performed)"),
    "DG": N_("Diaphanography"),
    "DMS": N_("Dermoscopy"),
    "DOC": N_("Document"),
    "DX": N_("Digital Radiography"),
    "ECG": N_("Electrocardiography"),
    "EEG": N_("Electroencephalography"),
    "EMG": N_("Electromyography"),
    "EOG": N_("Electrooculography"),
    "EPS": N_("Cardiac Electrophysiology"),
    "ES": N_("Endoscopy"),
    "FID": N_("Fiducials"),
    "GM": N_("General Microscopy"),
    "HC": N_("Hard Copy"),
    "HD": N_("Hemodynamic"),
    "IO": N_("Intra-Oral Radiography"),
    "IOL": N_("Intraocular Lens Data"),
    "IVOCT": N_("Intravascular Optical Coherence Tomography"),
    "IVUS": N_("Intravascular Ultrasound"),
    "KER": N_("Keratometry"),
    "KO": N_("Key Object Selection"),
    "LEN": N_("Lensometry"),
    "LS": N_("Laser surface scan"),
    "M3D": N_("Model for 3D Manufacturing"),
    "MG": N_("Mammography"),
    "MR": N_("Magnetic Resonance"),
    "NM": N_("Nuclear Medicine"),
    "OAM": N_("Ophthalmic Axial Measurements"),
    "OCT": N_("Optical Coherence Tomography (non-Ophthalmic)"),
    "OP": N_("Ophthalmic Photography"),
    "OPM": N_("Ophthalmic Mapping"),
    "OPT": N_("Ophthalmic Tomography"),
    "OPTBSV": N_("Ophthalmic Tomography B-scan Volume Analysis"),
    "OPTENF": N_("Ophthalmic Tomography En Face"),
    "OPV": N_("Ophthalmic Visual Field"),
    "OSS": N_("Optical Surface Scan"),
    "OT": N_("Other"),
    "PA": N_("Photoacoustic"),
    "PLAN": N_("Plan"),
    "POS": N_("Position Sensor"),
    "PR": N_("Presentation State"),
    "PT": N_("Positron emission tomography (PET)"),
    "PX": N_("Panoramic X-Ray"),
    "REG": N_("Registration"),
    "RESP": N_("Respiratory"),
    "RF": N_("Radio Fluoroscopy"),
    "RG": N_("Radiographic imaging (conventional film/screen)"),
    "RTDOSE": N_("Radiotherapy Dose"),
    "RTIMAGE": N_("Radiotherapy Image"),
    "RTINTENT": N_("Radiotherapy Intent"),
    "RTPLAN": N_("Radiotherapy Plan"),
    "RTRAD": N_("Radiotherapy Radiation"),
    "RTRECORD": N_("Radiotherapy Treatment Record"),
    "RTSEGANN": N_("Radiotherapy Segment Annotation"),
    "RTSTRUCT": N_("Radiotherapy Structure Set"),
    "RWV": N_("Real World Value Map"),
    "SEG": N_("Segmentation"),
    "SM": N_("Slide Microscopy"),
    "SMR": N_("Stereometric Relationship"),
    "SR": N_("SR Document"),
    "SRF": N_("Subjective Refraction"),
    "STAIN": N_("Automated Slide Stainer"),
    "TEXTUREMAP": N_("Texture Map"),
    "TG": N_("Thermography"),
    "US": N_("Ultrasound"),
    "VA": N_("Visual Acuity"),
    "XA": N_("X-Ray Angiography"),
    "XAPROTOCOL": N_("XA Protocol (Performed)"),
    "XC": N_("External-camera Photography"),
}
RETIRED = {
    "AS": N_("Angioscopy"),
    "CD": N_("Color flow Doppler"),
    "CF": N_("Cinefluorography"),
    "CP": N_("Culposcopy"),
    "CS": N_("Cystoscopy"),
    "DD": N_("Duplex Doppler"),
    "DF": N_("Digital fluoroscopy"),
    "DM": N_("Digital microscopy"),
    "DS": N_("Digital Subtraction Angiography"),
    "EC": N_("Echocardiography"),
    "FA": N_("Fluorescein angiography"),
    "FS": N_("Fundoscopy"),
    "LP": N_("Laparoscopy"),
    "MA": N_("Magnetic resonance angiography"),
    "MS": N_("Magnetic resonance spectroscopy"),
    "OPR": N_("Ophthalmic Refraction"),
    "ST": N_("Single-photon emission computed tomography (SPECT)"),
    "VF": N_("Videofluorography"),
}
REPLACED_BY = {
    **dict.fromkeys(("CD", "DD", "EC"), "US"),
    **dict.fromkeys(("CF", "DF", "VF"), "RF"),
    **dict.fromkeys(("MA", "MS"), "MR"),
    "DS": "XA",
    "ST": "NM",
}
# seen in files and in speech, in no list of the standard: why, and the terms to use
IN_THE_WILD = {
    "DR": (N_("It is what people say for digital radiography."), ("DX",)),
    "DSA": (N_("It is what people say for digital subtraction angiography."), ("XA",)),
    "MRI": (N_("It is the everyday word for magnetic resonance imaging."), ("MR",)),
    "PET": (N_("It is the everyday word for positron emission tomography."), ("PT",)),
    "RT": (
        N_("It names a whole field, radiotherapy, not what produced this object."),
        ("RTIMAGE", "RTDOSE", "RTSTRUCT", "RTPLAN", "RTRECORD"),
    ),
    "SC": (
        N_(
            "Secondary Capture is a kind of object, not a device: Modality names the equipment "
            "that the picture came from at first, or says OT where that has no term."
        ),
        (),
    ),
    "SPECT": (N_("It is the everyday word for a method of nuclear medicine."), ("NM",)),
    "VL": (
        N_("Visible Light is a family of objects, not a device or method."),
        ("ES", "GM", "SM", "XC", "OP", "DMS"),
    ),
    "XR": (N_("It is what people say for X-ray pictures of every kind."), ("DX", "CR", "RG")),
}


@dataclass(frozen=True)
class Judgement:
    """What a value of Modality (0008,0060) is worth.

    Attributes
    ----------
    kind : str
        ``"current"`` or ``"retired"`` Defined Term; ``"unlisted"``, a legal Code String that the
        standard does not list; ``"malformed"``, no legal Code String; ``"empty"``.
    code : str
        The value without the spaces around it, empty if it is malformed.
    use : tuple of str
        Defined Terms to use instead, where they are known.
    sentence : str
        All this in words, in the language that is set.
    """

    kind: str
    code: str
    use: tuple[str, ...]
    sentence: str


def meaning(code: str) -> str:
    """Return the meaning of a current or retired Defined Term in the language that is set.

    >>> meaning("XA")
    'X-Ray Angiography'

    Raises
    ------
    LookupError
        If it is no Defined Term; the message says what it is instead.
    """
    if code not in CURRENT | RETIRED:
        raise LookupError(judge(code).sentence)
    return _((CURRENT | RETIRED)[code])


def judge(value: object) -> Judgement:
    r"""Say what a value of Modality is: any text, any bytes, anything at all.

    Parameters
    ----------
    value : object
        As pydicom gives it or as it lies in the file. The spaces around a Code String do not
        count (PS3.5 §6.2).

    >>> judge(b"CT ").kind, judge("DR").use, judge("Ct").kind
    ('current', ('DX',), 'malformed')
    """
    if value is None:
        return _empty()
    if isinstance(value, bytes | bytearray):
        text = bytes(value[:1000]).decode("latin-1")
    elif isinstance(value, str):
        text = value[:1000]
    elif isinstance(value, Sequence):
        return _several([str(one)[:40] for one in value[:40]]) if len(value) else _empty()
    else:
        sentence = _(
            "Modality must be text, but here it is of type {type}.", type=type(value).__name__
        )
        return Judgement("malformed", "", (), sentence)
    if "\\" in text:
        return _several(text.split("\\"))
    code = text.strip(" ")
    if not code:
        return _empty()
    fault = _fault(code)
    return _malformed(value, code, fault) if fault else _well_formed(code)


def _empty() -> Judgement:
    sentence = _(
        "Modality has no value. A series must have one (Type 1, PS3.3 C.7.3.1); "
        "only a Secondary Capture may go without it (Type 3, PS3.3 C.8.6.1)."
    )
    return Judgement("empty", "", (), sentence)


def _several(values: list[str]) -> Judgement:
    sentence = _(
        "Modality holds one value, but here are {count}: {values}. "
        "All modalities of a study stand in Modalities in Study (0008,0061).",
        count=len(values),
        values=short(repr(values)),
    )
    return Judgement("malformed", "", (), sentence)


def _fault(code: str) -> str:
    wrong = re.search(r"[^A-Z0-9 _]", code)
    if wrong:
        return _(
            "character {position} is {character}, but only A–Z, 0–9, the space and _ are allowed",
            position=wrong.start() + 1,
            character=ascii(wrong.group()),
        )
    if len(code) > LONGEST:
        return _(
            "it has {count} characters, but {longest} is the limit",
            count=len(code),
            longest=LONGEST,
        )
    return ""


def _malformed(value: str | bytes | bytearray, code: str, fault: str) -> Judgement:
    sentence = _(
        "{value} is no Code String (PS3.5 §6.2): {fault}.",
        value=short(repr(value[:100])),  # quoted, so that spaces and control characters are seen
        fault=fault,
    )
    meant = code.strip("\0\t\r\n ").upper()
    if meant not in CURRENT:
        return Judgement("malformed", "", (), sentence)
    sentence += " " + _("Perhaps {term} was meant ({meaning}).", term=meant, meaning=meaning(meant))
    return Judgement("malformed", "", (meant,), sentence)


def _well_formed(code: str) -> Judgement:
    if code in CURRENT:
        sentence = _(
            "{code} is a Defined Term: {meaning} (PS3.3 C.7.3.1.1.1, edition {edition}).",
            code=code,
            meaning=meaning(code),
            edition=EDITION,
        )
        return Judgement("current", code, (), sentence)
    if code in RETIRED:
        return _retired(code)
    extended = N_(
        "The list may be extended, so it is legal, but a receiver cannot know what it means."
    )
    why, use = IN_THE_WILD.get(code, (extended, ()))
    sentence = _(
        "{code} is not among the Defined Terms of edition {edition}.", code=code, edition=EDITION
    )
    sentence += " " + _(why)
    if use:
        sentence += " " + ngettext(
            "The Defined Term is {terms}.",
            "The Defined Terms are {terms}.",
            len(use),
            terms=", ".join(f"{term} ({meaning(term)})" for term in use),
        )
    return Judgement("unlisted", code, use, sentence)


def _retired(code: str) -> Judgement:
    sentence = _(
        "{code} is a retired Defined Term: {meaning}. "
        "Old files may keep it, new files should not use it.",
        code=code,
        meaning=meaning(code),
    )
    if code not in REPLACED_BY:
        return Judgement("retired", code, (), sentence)
    term = REPLACED_BY[code]
    sentence += " " + _("Today it is {term} ({meaning}).", term=term, meaning=meaning(term))
    return Judgement("retired", code, (term,), sentence)
