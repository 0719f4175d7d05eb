"""Judge a data set before it is saved: what is wrong, what to do, and who says so."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import numpy as np
from pydicom import Dataset, charset, config, datadict, uid
from pydicom.dataelem import RawDataElement
from pydicom.pixels.utils import get_expected_length
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, validate_value

from dicom_lessons.findings import Finding
from dicom_lessons.read_write.compare import DEEPEST, Element, elements_of, name_of, values_of
from dicom_lessons.text import N_, _, short

RULES = {
    "AE": N_("at most 16 characters of ASCII"),
    "AS": N_("three digits and one of D, W, M, Y, such as 045Y"),
    "CS": N_("at most 16 characters: capital letters, digits, spaces, underscores"),
    "DA": N_("a date that exists, written as YYYYMMDD"),
    "DS": N_("a number in at most 16 characters; pydicom.valuerep.format_number_as_ds makes one"),
    "DT": N_("a date and a time, written as YYYYMMDDHHMMSS.FFFFFF"),
    "IS": N_("a whole number in at most 12 characters"),
    "LO": N_("at most 64 characters"),
    "LT": N_("at most 10240 characters"),
    "PN": N_("at most 3 groups separated by =, each of at most 64 characters"),
    "SH": N_("at most 16 characters"),
    "ST": N_("at most 1024 characters"),
    "TM": N_("a time that exists, written as HHMMSS.FFFFFF"),
    "UI": N_("at most 64 digits and full stops, and no component that begins with 0"),
    "UR": N_("a web address without spaces"),
}


def validate(dataset: Dataset) -> tuple[Finding, ...]:
    """Judge a data set before it is saved: its UIDs, values, text, private blocks, pixels.

    What its SOP class requires is not judged here: that is :func:`dicom_lessons.sop.lacks`.

    Raises
    ------
    ValueError
        If sequences are nested deeper than :data:`DEEPEST`.

    >>> from dicom_lessons import samples
    >>> ct = samples.read("CT_small")
    >>> ct.SliceThickness = 0.1 + 0.2
    >>> [(finding.where, finding.section) for finding in validate(ct)]
    [('SliceThickness', 'PS3.5 §6.2')]
    """
    file_meta = getattr(dataset, "file_meta", None) or Dataset()
    judged = _judge_elements(dataset, "", ["ascii"])
    return (*_judge_file_meta(dataset, file_meta), *judged, *_judge_pixels(dataset, file_meta))


def _judge_file_meta(dataset: Dataset, file_meta: Dataset) -> Iterator[Finding]:
    if not file_meta.get("TransferSyntaxUID"):
        what = _("missing: nobody can tell how the data set is encoded")
        cure = _("give the data set a FileMetaDataset() as file_meta and set it there")
        where = "file_meta.TransferSyntaxUID"
        yield Finding(where=where, what=what, cure=cure, section="PS3.10 §7.1")
    if file_meta.get("MediaStorageSOPClassUID") == uid.MediaStorageDirectoryStorage:
        return
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        here, there = dataset.get(keyword), file_meta.get(f"MediaStorage{keyword}")
        if not here:
            what = _("missing or empty")
            cure = _("a class comes from pydicom.uid, an instance from generate_uid()")
            yield Finding(where=keyword, what=what, cure=cure, section="PS3.3 C.12.1")
        elif there and here != there:
            where = f"file_meta.MediaStorage{keyword}"
            what = _("{there} is not the {keyword} of the data set", there=there, keyword=keyword)
            cure = _("save with enforce_file_format=True, which copies it")
            yield Finding(where=where, what=what, cure=cure, section="PS3.10 §7.1")


def _judge_elements(
    dataset: Dataset, path: str, encodings: list[str], depth: int = 0
) -> Iterator[Finding]:
    if depth > DEEPEST:
        raise ValueError(_("{path}: nested deeper than {deepest}.", path=path, deepest=DEEPEST))
    elements = elements_of(dataset)
    if 0x00080005 in elements:
        terms = [str(term) for term in values_of(elements[BaseTag(0x00080005)])]
        for term in terms:
            if term not in charset.python_encoding:
                where = f"{path}SpecificCharacterSet"
                what = _("{term!r} is no Defined Term", term=term)
                cure = _("ISO_IR 144 stands for Cyrillic, ISO_IR 192 for all of Unicode (UTF-8)")
                yield Finding(where=where, what=what, cure=cure, section="PS3.3 C.12.1.1.2")
        encodings = _encodings(terms)
    for tag, element in elements.items():
        place = path + name_of(tag)
        yield from _judge_tag(elements, element, place)
        if isinstance(element.value, Items):
            for number, item in enumerate(element.value):
                yield from _judge_elements(item, f"{place}[{number}].", encodings, depth + 1)
        else:
            # two wrong values may be the same
            yield from dict.fromkeys(_judge_values(element, place, encodings))


def _encodings(terms: list[str]) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown term is a finding already
        names = charset.convert_encodings(terms or "")
    # pydicom takes the default repertoire for Latin-1; the standard allows ASCII there
    return ["ascii" if encoding == charset.default_encoding else encoding for encoding in names]


def _judge_tag(elements: dict[BaseTag, Element], element: Element, place: str) -> Iterator[Finding]:
    tag = element.tag
    if tag.group in (0x0000, 0x0002):
        what = _("group {group:04X} does not belong into a data set", group=tag.group)
        cure = _("move it to file_meta, or delete it")
        yield Finding(where=place, what=what, cure=cure, section="PS3.5 §7.1")
    elif tag.is_private and not tag.is_private_creator:
        if BaseTag(tag & 0xFFFF0000 | tag.element >> 8) not in elements:
            what = _("no private creator has reserved this element")
            cure = _('private_block(group, "NAME", create=True).add_new(…) reserves a block')
            yield Finding(where=place, what=what, cure=cure, section="PS3.5 §7.8.1")
    elif datadict.dictionary_has_tag(tag) and element.VR not in (None, "UN"):
        known = datadict.dictionary_VR(tag)
        if element.VR not in known.split(" or "):
            what = _("VR {vr} stands where the dictionary has {known}", vr=element.VR, known=known)
            cure = _("set it by its keyword: pydicom looks its VR up")
            yield Finding(where=place, what=what, cure=cure, section="PS3.6 chapter 6")


def _judge_values(element: Element, place: str, encodings: list[str]) -> Iterator[Finding]:
    vr = element.VR or ""
    if isinstance(element, RawDataElement):
        what = _("its bytes cannot be read as {vr}", vr=vr or "?")
        cure = _("write the value anew, or delete it")
        yield Finding(where=place, what=what, cure=cure, section="PS3.5 §6.2")
        return
    for value in values_of(element):
        plain = value.item() if isinstance(value, np.generic) else value
        plain = str(plain) if vr in ("DS", "IS", "PN", "DA", "TM", "DT") else plain
        try:
            validate_value(vr, plain, config.RAISE)
        except ValueError:
            what = _("{value} is no {vr}", value=short(value), vr=vr)
            cure = _(RULES.get(vr, N_("a value of the type and range of {vr}")), vr=vr)
            yield Finding(where=place, what=what, cure=cure, section="PS3.5 §6.2")
        if vr in CUSTOMIZABLE_CHARSET_VR and not _survives(str(value), encodings):
            what = _("{value} cannot be written in this character set", value=short(value))
            cure = _('SpecificCharacterSet = "ISO_IR 192" before saving')
            yield Finding(where=place, what=what, cure=cure, section="PS3.3 C.12.1.1.2")


def _survives(text: str, encodings: list[str]) -> bool:
    if text.isascii():
        return True
    with warnings.catch_warnings(), contextlib.suppress(UserWarning, UnicodeError, LookupError):
        warnings.simplefilter("error")
        charset.encode_string(text, encodings)
        return True
    return False


def _judge_pixels(dataset: Dataset, file_meta: Dataset) -> Iterator[Finding]:
    pixels, syntax = dataset.get("PixelData"), uid.UID(file_meta.get("TransferSyntaxUID", ""))
    if not isinstance(pixels, bytes) or not syntax.is_transfer_syntax:
        return
    if syntax.is_encapsulated != (pixels[:4] == b"\xfe\xff\x00\xe0"):
        what = _("compressed in the bytes or in the transfer syntax, not in both")
        cure = _("compress() and decompress() change both together")
        yield Finding(where="PixelData", what=what, cure=cure, section="PS3.5 §A.4")
    elif not syntax.is_encapsulated:
        with contextlib.suppress(AttributeError, TypeError):  # what is missing, sop.lacks tells
            wanted = get_expected_length(dataset)
            if len(pixels) not in (wanted, wanted + wanted % 2):
                what = _("{count} bytes, but Rows, Columns and bits make {wanted}",
                         count=len(pixels), wanted=wanted)  # fmt: skip
                cure = _("set_pixel_data(array, …) sets all of them together")
                yield Finding(where="PixelData", what=what, cure=cure, section="PS3.5 §8.1.1")
