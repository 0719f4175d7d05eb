"""What the bytes of values tell, before anybody reads them: odd lengths, UIDs, lost text, JPEG."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dicom_lessons.clinic.faults import FAULTS, Diagnosis, diagnose
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.pixels import codestream
from dicom_lessons.text import _, ngettext, short

MOST_PLACES = 3
LARGEST_ARC = 1000
"""A second arc below 2 that is as large as this was never registered."""
# Type 1 wherever an item holds them: referenced class and instance, study, series, frame
_REFERENCES = (0x00081150, 0x00081155, 0x0020000D, 0x0020000E, 0x00200052, 0x30060024)
_TEXT = ("PN", "LO", "SH", "ST", "LT", "UT", "UC")
_QUESTION = re.compile(rb"\?[?^ =\\]*\?")
_REPLACED = re.compile(rb"\xef\xbf\xbd|\xc2\xbf")  # U+FFFD and U+00BF in UTF-8


def judge_contents(inside: Inside) -> Iterator[Diagnosis]:
    """Yield what is wrong with values as they are stored."""
    yield from _pixels(inside)
    odd = [each for each in inside.elements if each.length and each.length % 2]
    if odd:
        what = ngettext(
            "{count} value has an odd number of bytes: {places}",
            "{count} values have an odd number of bytes: {places}",
            len(odd), places=", ".join(map(inside.path, odd[:MOST_PLACES])),
        )  # fmt: skip
        yield diagnose("odd_length", what, inside.path(odd[0]), tag=odd[0].tag)
    yield from _uids(inside)
    yield from _text(inside)


def _pixels(inside: Inside) -> Iterator[Diagnosis]:
    pixels = inside.pixels
    if pixels is None or pixels.length is not None:
        return
    if pixels.VR in ("OW", "UN") and pixels.explicit:
        fault, known = "compressed_ow" if pixels.VR == "OW" else "wrong_vr", FAULTS["compressed_ow"]
        what = _("encapsulated, but of VR {vr}", vr=pixels.VR)
        yield diagnose(fault, what, known.where, cure=_(known.cure), section=known.section)
    ends = enumerate(map(_scan_end, inside.frames), 1)
    wrong = next(((number, end) for number, end in ends if end not in (None, 63)), None)
    if wrong:
        what = _("the scan header in fragment {number} ends spectral selection at {end}, not at 63",
                 number=wrong[0], end=wrong[1])  # fmt: skip
        yield diagnose("jpeg_scan_header", what)


def _scan_end(coded: bytes) -> int | None:
    """Return the end of spectral selection of a sequential JPEG; None of anything else."""
    if coded[:3] != b"\xff\xd8\xff":
        return None
    segments = list(codestream.segments(coded))
    codes, end = {code for code, _place, _end in segments}, segments[-1][2] if segments else 0
    is_sequential = 0xDA in codes and codes & {0xC0, 0xC1}
    return coded[end - 2] if is_sequential and end <= len(coded) else None


def _uids(inside: Inside) -> Iterator[Diagnosis]:
    invented: dict[str, str] = {}
    beginning = inside.whole.elements if inside.whole.inflated else ()
    for raw, elements in ((inside.raw, beginning), (inside.map.raw, inside.elements)):
        for each in elements:
            if each.VR != "UI":
                continue
            stored = raw[each.value_offset : each.end].strip(b" \0")
            if not stored and each.depth and each.tag in _REFERENCES:
                yield diagnose("emptied_uid", _("it is empty, and Type 1"), inside.path(each))
            for uid in stored.decode("latin-1").split("\\"):
                if _is_invented(uid):
                    invented.setdefault(uid, inside.path(each))
    for uid, place in list(invented.items())[:MOST_PLACES]:
        what = _("{uid} begins with an arc that nobody has registered", uid=short(uid))
        yield diagnose("invented_uid", what, place)


def _is_invented(uid: str) -> bool:
    arcs = uid.strip(" \0").split(".")
    if len(arcs) < 2 or not all(arc.isascii() and arc.isdigit() for arc in arcs):
        return False
    if arcs[0] in ("0", "1"):  # ITU-T and ISO have 40 arcs at most (X.660)
        return len(uid) <= 64 and (len(arcs[1]) > 2 or int(arcs[1]) > 39)
    if arcs[:2] == ["2", "25"]:
        return len(arcs) > 2 and (len(arcs[2]) > 39 or int(arcs[2]) >= 2**128)
    return arcs[0] == "2" and (len(arcs[1]) > 4 or int(arcs[1]) >= LARGEST_ARC)


def _text(inside: Inside) -> Iterator[Diagnosis]:
    for each in inside.elements:
        if each.VR not in _TEXT or not each.length or each.length > 2**16:
            continue
        stored = inside.stored(each)
        marked = _REPLACED.sub(b"?", stored)
        letters = re.sub(rb"[\s^=\\.,-]", b"", marked)
        if _QUESTION.search(marked) and letters.count(b"?") * 2 >= len(letters):
            value = short(stored.decode("utf-8", "replace"))
            what = _("{value} holds question marks where letters were", value=value)
            yield diagnose("text_lost", what, inside.path(each), tag=each.tag)
