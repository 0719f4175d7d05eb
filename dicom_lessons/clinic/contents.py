"""What the bytes of values tell, before anybody reads them: odd lengths, UIDs, lost text, JPEG."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from dicom_lessons.clinic.faults import Diagnosis
from dicom_lessons.clinic.inside import Inside
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
    yield from _odd(inside)
    yield from _uids(inside)
    yield from _text(inside)


def _pixels(inside: Inside) -> Iterator[Diagnosis]:
    pixels = inside.pixels
    if pixels is None or pixels.length is not None:
        return
    if pixels.VR in ("OW", "UN") and pixels.explicit:
        yield Diagnosis(
            fault="compressed_ow" if pixels.VR == "OW" else "wrong_vr", where="PixelData",
            section="PS3.5 §A.4", tag=pixels.tag,
            what=_("encapsulated, but of VR {vr}", vr=pixels.VR),
            cure=_("set ds[\"PixelData\"].VR = \"OB\" and save"),
        )  # fmt: skip
    for number, frame in enumerate(inside.frames, 1):
        end = _scan_end(frame)
        if end is not None and end != 63:
            yield Diagnosis(
                fault="jpeg_scan_header", where="PixelData", tag=pixels.tag,
                section="ITU-T T.81 B.2.3",
                what=_("the scan header in fragment {number} ends spectral selection at {end}, "
                       "not at 63", number=number, end=end),
                cure=_("set that byte to 63: the coefficients are all there"),
            )  # fmt: skip
            return


def _scan_end(coded: bytes) -> int | None:
    """Return the end of spectral selection of a sequential JPEG; None of anything else."""
    if coded[:3] != b"\xff\xd8\xff":
        return None
    sequential, place = False, 2
    while place + 4 <= len(coded) and coded[place] == 0xFF:
        code = coded[place + 1]
        (length,) = struct.unpack_from(">H", coded, place + 2)
        if code in (0xC0, 0xC1):
            sequential = True
        elif code == 0xDA:
            end = place + 2 + length
            return coded[end - 2] if sequential and end <= len(coded) else None
        place += 2 + length
    return None


def _odd(inside: Inside) -> Iterator[Diagnosis]:
    odd = [each for each in inside.elements if each.length and each.length % 2]
    if odd:
        places = ", ".join(map(inside.path, odd[:MOST_PLACES]))
        what = ngettext(
            "{count} value has an odd number of bytes: {places}",
            "{count} values have an odd number of bytes: {places}",
            len(odd), places=places,
        )  # fmt: skip
        yield Diagnosis(
            fault="odd_length", where=inside.path(odd[0]), what=what, tag=odd[0].tag,
            cure=_("read and save it with pydicom, which pads"), section="PS3.5 §7.1.1",
        )  # fmt: skip


def _uids(inside: Inside) -> Iterator[Diagnosis]:
    invented: dict[str, str] = {}
    beginning = inside.whole.elements if inside.whole.inflated else ()
    for raw, elements in ((inside.raw, beginning), (inside.map.raw, inside.elements)):
        for each in elements:
            if each.VR != "UI":
                continue
            stored = raw[each.value_offset : each.end].strip(b" \0")
            if not stored and each.depth and each.tag in _REFERENCES:
                yield Diagnosis(
                    fault="emptied_uid", where=inside.path(each), section="PS3.3 §10.8",
                    tag=each.tag, what=_("it is empty, and Type 1"),
                    cure=_("replace UIDs, the same old one by the same new one everywhere; or "
                           "remove the item"),
                )  # fmt: skip
            for uid in stored.decode("latin-1").split("\\"):
                if _is_invented(uid):
                    invented.setdefault(uid, inside.path(each))
    for uid, place in list(invented.items())[:MOST_PLACES]:
        yield Diagnosis(
            fault="invented_uid", where=place, section="PS3.5 §9",
            what=_("{uid} begins with an arc that nobody has registered", uid=short(uid)),
            cure=_("replace it by generate_uid(), the same old one by the same new one in all "
                   "files"),
        )  # fmt: skip


def _is_invented(uid: str) -> bool:
    arcs = uid.strip(" \0").split(".")
    if len(arcs) < 2 or not all(arc.isascii() and arc.isdigit() for arc in arcs):
        return False
    if arcs[0] in ("0", "1"):  # ITU-T and ISO have 40 arcs at most (X.660)
        return len(uid) <= 64 and (len(arcs[1]) > 2 or int(arcs[1]) > 39)
    if arcs[0] != "2":
        return False
    if arcs[1] == "25":
        return len(arcs) > 2 and (len(arcs[2]) > 39 or int(arcs[2]) >= 2**128)
    return len(arcs[1]) > 4 or int(arcs[1]) >= LARGEST_ARC


def _text(inside: Inside) -> Iterator[Diagnosis]:
    for each in inside.elements:
        if each.VR not in _TEXT or not each.length or each.length > 2**16:
            continue
        stored = inside.map.raw[each.value_offset : each.end]
        marked = _REPLACED.sub(b"?", stored)
        letters = re.sub(rb"[\s^=\\.,-]", b"", marked)
        if _QUESTION.search(marked) and letters.count(b"?") * 2 >= len(letters):
            yield Diagnosis(
                fault="text_lost", where=inside.path(each), tag=each.tag, section="PS3.5 §6.1",
                what=_("{value} holds question marks where letters were",
                       value=short(stored.decode("utf-8", "replace"))),
                cure=_("the letters are gone from this file: ask whoever sent it, or take them "
                       "from another instance of the study"),
            )  # fmt: skip
