"""What the byte explorer says: names of kinds, rows of its lists and tables."""

from __future__ import annotations

from typing import Any

from pydicom.config import IGNORE
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicom_lessons import html
from dicom_lessons.structure.describe import find_element, length_of_meta, name_of, value_of
from dicom_lessons.structure.element import Element, Region
from dicom_lessons.structure.file_map import FileMap
from dicom_lessons.text import N_, _

KINDS = {
    "preamble": N_("preamble"),
    "prefix": N_("prefix"),
    "tag": N_("tag"),
    "VR": N_("VR"),
    "reserved": N_("reserved"),
    "length": N_("length"),
    "value": N_("value"),
    "item": N_("item tag"),
    "delimiter": N_("delimiter tag"),
    "basic offset table": N_("Basic Offset Table"),
    "fragment": N_("fragment"),
    "deflated": N_("deflated data set"),
    "padding": N_("padding"),
    "unread": N_("unread"),
}
MEANINGS = {
    "preamble": N_("128 bytes that DICOM leaves to other uses; zeros if unused"),
    "prefix": N_("says that this is a DICOM file"),
    "deflated": N_("the whole data set, compressed; choose “after inflation” to read it"),
    "padding": N_("bytes that only fill up"),
    "unread": N_("bytes that could not be understood"),
}
ENCODINGS = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
SHOWN_BYTES = 8
COMPARED_BYTES = 12
SHOWN_LETTERS = 48
PARTS = ("tag", "VR", "reserved", "length", "value")
_BYTES = """\
{% for part in parts %}<code style="white-space: nowrap">{{ part }}</code> {% endfor %}"""


def labels(file_map: FileMap) -> dict[str, Any]:
    """Return every text of the explorer, in the language that is set."""
    syntax = file_map.transfer_syntax
    uid = UID(syntax, IGNORE)
    name = uid.name if uid.is_transfer_syntax else syntax or _("not stated")
    encodings = {"stored": _("as stored: {name}", name=name)}
    if file_map.inflated is not None:
        encodings["inflated"] = _("after inflation")
    encodings |= {encoding: uid.name for encoding, uid in ENCODINGS.items()}
    encodings["big"] = _("Explicit VR Big Endian (retired)")
    return {
        "title": _("Byte explorer: {name}", name=file_map.name),
        "kinds": [[kind, _(text)] for kind, text in KINDS.items()],
        "encodings": list(encodings.items()),
        "encoding": _("Encoding"),
        "elements": _("Elements"),
        "bytes": _("Bytes"),
        "comparison": _("The element selected, in each encoding"),
        "nothing": _("Select an element to see how each encoding stores it."),
        "legend": _("Legend"),
        "columns": [_("Offset"), _("Tag"), _("VR"), _("Length"), _("Name"), _("Value")],
        "parts": [_("Encoding"), _("Offset"), *(_(KINDS[part]) for part in PARTS)],
        "differs": _("differs from the bytes as stored"),
        "byte": _("Byte {offset} ({hex}H): {kind}"),
        "help": _(
            "Arrow keys, Page Up, Page Down, Home and End move; Enter shows the element's bytes, "
            "or the byte's element."
        ),
    }


def meaning_of(file_map: FileMap, entry: Element | Region) -> str:
    """Return in words what an element, or a part that belongs to none, is."""
    if isinstance(entry, Region):
        return f"{_(KINDS[entry.kind])}: {_(MEANINGS[entry.kind])}"
    return f"{entry.tag} {name_of(file_map, entry)}"


def length_of(entry: Element | Region) -> str:
    """Return a length as text."""
    return _("undefined") if entry.length is None else str(entry.length)


def list_row(file_map: FileMap, entry: Element | Region) -> list[Any]:
    """Return one row of the explorer's list: depth, then the text of each column."""
    if isinstance(entry, Region):
        return [0, entry.offset, "", "", length_of(entry), _(KINDS[entry.kind]), ""]
    name = name_of(file_map, entry)
    if entry.number is not None:
        name = f"{name} {entry.number}"
    value = value_of(file_map, entry, SHOWN_LETTERS)
    wrong = length_of_meta(file_map) if entry.tag == 0x00020000 else None
    if wrong is not None and value != str(wrong):
        value = _("{value}, but {count} bytes follow", value=value, count=wrong)
    VR = entry.VR if entry.explicit else f"({entry.VR})" if entry.VR else ""
    return [entry.depth, entry.offset, str(entry.tag), VR, length_of(entry), name, value]


def comparison_row(encoding: str, found: FileMap | str, path: str) -> dict[str, Any]:
    """Return how an encoding stores an element: a note, or offset and parts (bytes, meaning)."""
    row: dict[str, Any] = {"encoding": encoding, "offset": "", "parts": {}, "note": ""}
    if isinstance(found, str):
        return row | {"note": found}
    if found.inflated is not None and not path.startswith("0002"):
        deflated = next(part for part in found.parts if part.kind == "deflated")
        note = _(
            "no bytes of its own: the whole data set, {size} bytes, is deflated into {length}",
            size=len(found.inflated.raw),
            length=deflated.length,
        )
        return row | {"note": note, "offset": deflated.offset}
    try:
        element = find_element(found, path)
    except KeyError:
        if path.startswith("7FE0,0010"):
            return row | {"note": _("left out: this encoding does not hold compressed pixels")}
        return row | {"note": _("not written in this encoding")}
    meanings = {
        "tag": str(element.tag),
        "VR": element.VR or "",
        "length": length_of(element),
        "value": value_of(found, element, SHOWN_LETTERS // 2),
    }
    for region in element.regions:
        part = "tag" if region.kind in ("item", "delimiter") else region.kind
        part = part if part in PARTS else "value"
        bytes_of_part = _hex(found, region, COMPARED_BYTES)
        row["parts"][part] = [region.kind, bytes_of_part, meanings.get(part, "")]
    return row | {"offset": element.offset}


def _hex(file_map: FileMap, region: Region, most: int = SHOWN_BYTES) -> str:
    shown = file_map.raw[region.offset : min(region.end, region.offset + most)]
    return shown.hex(" ") + (" …" if region.length > most else "")


def twin(file_map: FileMap, entries: list[Element | Region], total: int) -> html.Page:
    """Return a table of entries with their bytes, as HTML and as plain text."""
    rows, marked = [], []
    for entry in entries:
        _depth, offset, tag, VR, length, name, value = list_row(file_map, entry)
        regions = (entry,) if isinstance(entry, Region) else entry.regions
        parts = [_hex(file_map, region) for region in regions]
        if isinstance(entry, Region):
            name = meaning_of(file_map, entry)
        rest = (tag, VR, length, value, name)
        rows.append((str(offset), "  ".join(parts), *rest))
        marked.append((offset, html.render(_BYTES, parts=parts), *rest))
    header = [_("Offset"), _("Bytes"), _("Tag"), _("VR"), _("Length"), _("Value"), _("Meaning")]
    caption = _(
        "{name}: {shown} of {total} elements and parts",
        name=file_map.name,
        shown=len(rows),
        total=total,
    )
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]
    return html.Page(html.table(header, marked, caption), "\n".join(lines))
