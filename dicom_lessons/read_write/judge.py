"""Judge a data set before it is saved: what is wrong, what to do, and who says so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, charset, config, datadict, uid
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import get_expected_length
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag
from pydicom.valuerep import validate_value

from dicom_lessons import pixels
from dicom_lessons.elements import value, why_unwritable
from dicom_lessons.findings import Finding
from dicom_lessons.pixels.header import frames_of
from dicom_lessons.pixels.image_pixel import ELEMENTS
from dicom_lessons.read_write.compare import values_of
from dicom_lessons.read_write.entries import NO_TEXT, Entry, entries_of, mark
from dicom_lessons.read_write.file_meta import file_meta_of, judge_file_meta, transfer_syntax_of
from dicom_lessons.read_write.texts import judge_items, judge_texts
from dicom_lessons.reading import reason_of
from dicom_lessons.text import N_, _, ngettext, short

MOST_VALUES, MOST_LETTERS, MOST_FRAMES = 3, 8, 8
"""How many wrong values and letters of one element are named, how many frames are looked at."""
MOST_REMEMBERED = 2**15
"""Elements that were found to be right, and are not judged again in the next file."""
HARMLESS_DEPTH = 4
"""Levels of sequences below which an element is tried alone before the whole is written."""
LONGEST_KNOWN = 0xFFFF
"""Bytes from which on pydicom leaves a value of VR UN as it is."""
JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
"""What Pillow decodes with 8 bits only."""
EXPLAIN = {"NumberOfFrames", "Columns", "PhotometricInterpretation"}
"""Elements whose faults explain a wrong length of Pixel Data."""
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
_sound: set[object] = set()


def validate(dataset: Dataset, *, stored: NDArray[Any] | None = None) -> tuple[Finding, ...]:
    """Judge a data set before it is saved: its UIDs, values, text, private blocks, pixels.

    Text is doubted where it reads oddly and all of it reads well in another character set. What
    its SOP class requires is not judged here: that is :func:`dicom_lessons.sop.lacks`.

    Parameters
    ----------
    dataset : Dataset
    stored : ndarray, optional
        Stored values of the first frame, if they are decoded already.

    Raises
    ------
    ValueError
        If sequences are nested deeper than 64 levels.

    >>> from dicom_lessons import samples
    >>> ct = samples.read("CT_small")
    >>> ct.SliceThickness = 0.1 + 0.2
    >>> [(finding.where, finding.section) for finding in validate(ct)]
    [('SliceThickness', 'PS3.5 §6.2')]
    """
    entries = [*entries_of(file_meta_of(dataset), "file_meta.")]
    entries += entries_of(dataset, known=_sound)
    found = [*judge_file_meta(dataset)]
    if len(_sound) > MOST_REMEMBERED:
        _sound.clear()
    for entry in entries:
        judged = [*_judge_values(entry)]
        if not _is_usual(entry.element.tag, entry.element.VR):
            judged = [*_judge_terms(entry), *_judge_tag(entry), *judged]
        if not judged and (seen := mark(entry.kept)):
            _sound.add(seen)
        found += judged
    found += [*judge_texts(entries), *judge_items(entries)]
    notes = list(_judge_frames(dataset, stored))
    found += _judge_pixels(dataset, {note.where for note in notes})
    known = {finding.where for finding in found}
    known |= {""} if "PixelData" in known else set()
    return (*found, *(note for note in notes if note.where not in known))


def losses(dataset: Dataset) -> Iterator[Finding]:
    """Yield what saving would lose or cannot write; what is written as it was read is no loss."""
    syntax = transfer_syntax_of(dataset)
    same = syntax.is_transfer_syntax and dataset.original_encoding == (
        syntax.is_implicit_VR,
        syntax.is_little_endian,
    )
    relabelled = []
    for entry in entries_of(dataset):
        changed = bool(entry.shown) and entry.is_relabelled
        relabelled += [entry] if changed else []
        if entry.kept.is_raw and same and not changed:
            continue
        if not entry.is_right:
            yield from judge_texts([entry])
        elif entry.element.VR in NO_TEXT and not str(entry.element.value).isascii():
            yield from _judge_values(entry)
        elif reason := _refused(entry):
            yield Finding(what=reason, where=entry.where)
    yield from judge_texts(relabelled)


def _refused(entry: Entry) -> str:
    """Say why pydicom cannot write an element anew; empty if it can."""
    vr = _announced(entry) if entry.element.VR == "UN" and entry.kept.is_raw else "UN"
    if vr != "UN":
        return _("its bytes cannot be read as {vr}", vr=vr)
    # tried alone, as each level of items above doubles the text of pydicom's error and more
    is_deep = entry.element.VR != "SQ" and entry.where.count("[") > HARMLESS_DEPTH
    error = why_unwritable(entry.element, list(entry.codecs)) if is_deep else None
    return reason_of(error) if error else ""


def _judge_terms(entry: Entry) -> Iterator[Finding]:
    terms = values_of(entry.element) if entry.element.tag == 0x00080005 else []
    for term in map(str, terms[:MOST_VALUES]):
        if term not in charset.python_encoding:
            what = _("{term!r} is no Defined Term", term=short(term))
            cure = _(
                "ISO_IR 144 stands for Cyrillic, ISO_IR 192 for all of Unicode (UTF-8); first see "
                "that the text reads right, by read_write.read_in_set if it does not"
            )
            yield Finding(where=entry.where, what=what, cure=cure, section="PS3.3 C.12.1.1.2")


def _judge_tag(entry: Entry) -> Iterator[Finding]:
    tag, vr = entry.element.tag, entry.element.VR
    if tag.group in (0x0000, 0x0002) and not entry.where.startswith("file_meta."):
        what = _("group {group:04X} does not belong into a data set", group=tag.group)
        cure = _("move it to file_meta, or delete it")
        yield Finding(where=entry.where, what=what, cure=cure, section="PS3.5 §7.1")
    elif tag.is_private and not tag.is_private_creator:
        if BaseTag(tag & 0xFFFF0000 | tag.element >> 8) not in entry.beside:
            what = _("no private creator has reserved this element")
            cure = _('private_block(group, "NAME", create=True).add_new(…) reserves a block')
            yield Finding(where=entry.where, what=what, cure=cure, section="PS3.5 §7.8.1")
    elif tag.group & 0xFF01 == 0x6000 and tag.element == 0x0102 and entry.element.value:
        what = _("an overlay lies in unused bits of Pixel Data, which was retired")
        cure = _("put its bits into Overlay Data (60xx,3000), with Overlay Bit Position 0")
        yield Finding(where=entry.where, what=what, cure=cure, section="PS3.3 C.9.2")
    elif vr != "UN" and (known := _known_vr(tag)) and vr not in known.split(" or "):
        what = _("VR {vr} stands where the dictionary has {known}", vr=vr, known=known)
        cure = _("set it by its keyword: pydicom looks its VR up")
        yield Finding(where=entry.where, what=what, cure=cure, section="PS3.6 chapter 6")


@lru_cache(maxsize=8192)
def _known_vr(tag: BaseTag) -> str:
    """Return the VR of the dictionary, or those that it allows; empty of an unknown tag."""
    return datadict.dictionary_VR(tag) if datadict.dictionary_has_tag(tag) else ""


@lru_cache(maxsize=8192)
def _is_usual(tag: BaseTag, vr: str) -> bool:
    """Say whether an element has the VR of the dictionary and a group of no special meaning."""
    special = tag.group & 0xFF01 == 0x6000 or tag.group < 8 or tag == 0x00080005
    return not special and vr == _known_vr(tag)


def _judge_values(entry: Entry) -> Iterator[Finding]:
    vr, values = entry.element.VR, values_of(entry.element)
    if type(entry.element.value) is Items:
        return
    if vr == "UN":
        vr = _announced(entry)
        if vr in NO_TEXT and isinstance(entry.element.value, bytes):
            values = entry.element.value.decode("latin-1").rstrip("\0 ").split("\\")
        elif vr != "UN" and entry.kept.is_raw:
            what = _("its bytes cannot be read as {vr}", vr=vr)
            cure = _("write the value anew, or delete it")
            yield Finding(where=entry.where, what=what, cure=cure, section="PS3.5 §6.2")
            return
    # two wrong values may be the same
    wrong = {short(each): str(each) for each in values if not _is_valid(each, vr)}
    for text, whole in list(wrong.items())[:MOST_VALUES]:
        beyond = dict.fromkeys(each for each in whole if not each.isascii())
        letters = ", ".join(map(short, list(beyond)[:MOST_LETTERS]))
        what = _("{value} is no {vr}", value=text, vr=vr)
        if vr in NO_TEXT and letters:
            what = _("{value} holds {letters}, which is never allowed in {vr}",
                     value=text, letters=letters, vr=vr)  # fmt: skip
        cure = _(RULES.get(vr) or N_("a value of the type and range of {vr}"), vr=vr)
        yield Finding(where=entry.where, what=what, cure=cure, section="PS3.5 §6.2")
    if (more := len(wrong) - MOST_VALUES) > 0:
        what = ngettext("and {count} more wrong value", "and {count} more wrong values", more)
        yield Finding(where=entry.where, what=what, cure=cure, section="PS3.5 §6.2")


def _announced(entry: Entry) -> str:
    """Return the VR that an element should have had, UN if none is known."""
    tag, vr = entry.element.tag, entry.kept.VR if entry.kept.is_raw else None
    if vr not in (None, "UN"):
        return short(vr)
    if len(entry.stored or b"") >= LONGEST_KNOWN or not datadict.dictionary_has_tag(tag):
        return "UN"
    return datadict.dictionary_VR(tag)[:2]


def _is_valid(value: object, vr: str) -> bool:
    plain = value.item() if isinstance(value, np.generic) else value
    plain = str(plain) if vr in ("DS", "IS", "PN", "DA", "TM", "DT") else plain
    try:
        validate_value(vr, plain, config.RAISE)
    except (TypeError, ValueError):
        return False
    return True


def _judge_pixels(dataset: Dataset, noted: set[str]) -> Iterator[Finding]:
    raw, syntax = value(dataset, "PixelData"), transfer_syntax_of(dataset)
    if not isinstance(raw, bytes) or not syntax.is_transfer_syntax:
        return
    if syntax.is_encapsulated != (raw[:4] == b"\xfe\xff\x00\xe0"):
        what = _("compressed in the bytes or in the transfer syntax, not in both")
        cure = _("compress() and decompress() change both together")
        yield Finding(where="PixelData", what=what, cure=cure, section="PS3.5 §A.4")
    elif not syntax.is_encapsulated and not noted & EXPLAIN:
        with contextlib.suppress(Exception):  # what is missing, sop.lacks tells
            wanted = get_expected_length(dataset)
            cut = len(raw) < wanted and "PixelData" in noted  # then the note names the byte
            if not cut and 0 <= wanted < np.inf and len(raw) not in (wanted, wanted + wanted % 2):
                what = _("{count} bytes, but Rows, Columns and bits make {wanted}",
                         count=len(raw), wanted=wanted)  # fmt: skip
                cure = _("set_pixel_data(array, …) sets all of them together")
                yield Finding(where="PixelData", what=what, cure=cure, section="PS3.5 §8.1.1")


def _judge_frames(dataset: Dataset, stored: NDArray[Any] | None) -> Iterator[Finding]:
    """Yield the notes on some frames, the first and the last among them, each once."""
    if not any(keyword in dataset for keyword in ELEMENTS):
        return
    syntax = transfer_syntax_of(dataset)
    if not syntax.is_transfer_syntax:
        return
    last, decoded = frames_of(dataset) - 1, not syntax.is_encapsulated
    with contextlib.suppress(NotImplementedError):
        decoded = decoded or get_decoder(syntax).is_available
    if syntax in JPEG and value(dataset, "BitsAllocated") != 8:
        decoded = False
    frames = sorted({last * step // (MOST_FRAMES - 1) for step in range(MOST_FRAMES)})
    notes = [
        note
        for frame in frames
        for note in pixels.findings(dataset, frame, stored=None if frame else stored)
    ]
    # that no decoder is installed is no fault of the file
    yield from dict.fromkeys(note for note in notes if note.where or decoded)
