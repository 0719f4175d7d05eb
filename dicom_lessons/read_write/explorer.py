"""The difference viewer: two data sets side by side, what changed, and in which bytes."""

from __future__ import annotations

import contextlib
import os
from io import BytesIO
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Dropdown, HBox, Layout, Select, VBox
from markupsafe import Markup
from pydicom import Dataset, dcmread

from dicom_lessons import html, samples
from dicom_lessons.read_write import KINDS, Difference, described, difference
from dicom_lessons.structure import StructureError, find_element, map_bytes, rewrite
from dicom_lessons.text import _, ngettext
from dicom_lessons.widgets import KeepKeys, StaticTwin

Source = str | os.PathLike[str] | bytes | Dataset

EXPLICIT = "1.2.840.10008.1.2.1"
MARKS = {"added": "+", "removed": "−", "value changed": "≠", "VR changed": "VR"}
BYTES_PER_ROW, MOST_BYTES, MOST_ROWS = 8, 64, 100
_VALUE = """<span style="overflow-wrap: anywhere">{{ text }}</span>"""
_BYTES = """\
<pre style="margin: 0; line-height: 1.4; font-size: 90%; white-space: pre">{% for row in rows %}
{% for text, differs in row.bytes %}{% if differs %}<mark><b><u>{{ text }}</u></b></mark>
{%- else %}{{ text }}{% endif %} {% endfor %} {{ row.letters }}
{% endfor %}</pre>{{ note }}"""
_DETAIL = """<p role="status"><strong>{{ path }}</strong>: {{ kind }}</p>{{ table }}"""


def explore_difference(one: Source, other: Source) -> DifferenceViewer:
    """Open two data sets in the difference viewer.

    Parameters
    ----------
    one, other : str, path, bytes or Dataset
        Name of a sample, path of a file, its bytes, or a data set, whose bytes are then those that
        Explicit VR Little Endian would give.

    Returns
    -------
    DifferenceViewer
        A widget; without a kernel the notebook shows :func:`difference_table` instead.

    Raises
    ------
    pydicom.errors.InvalidDicomError
        If a file is not DICOM.
    """
    return DifferenceViewer(one, other)


def difference_table(one: Source, other: Source) -> html.Page:
    """Return all differences as a table: the viewer's static twin.

    >>> print(difference_table("MR_small", "MR_small_RLE").text.splitlines()[4])
    VR VR changed; PixelData; OW 8192 bytes; 1488; OB 6128 bytes; 1504
    """
    return _twin(_Side(one, _("first")), _Side(other, _("second")))


class DifferenceViewer(StaticTwin, VBox):  # type: ignore[misc]
    """A list of places that differ; the one chosen is shown on both sides, down to its bytes."""

    def __init__(self, one: Source, other: Source) -> None:
        self._sides = _Side(one, _("first")), _Side(other, _("second"))
        self.differences = difference(self._sides[0].dataset, self._sides[1].dataset)
        kinds = [(_("all kinds"), "")]
        kinds += [(f"{MARKS[kind]} {_(text)}", kind) for kind, text in KINDS.items()]
        self.kind_choice = Dropdown(
            options=kinds, description=_("Show:"), layout=Layout(width="20em")
        )
        self.places = Select(
            rows=13,
            description=_("Places:"),
            layout=Layout(width="26em", flex="0 0 auto"),
            style={"description_width": "initial"},
        )
        self.detail = HTML(layout=Layout(overflow="auto", min_width="0", flex="1 1 auto"))
        self.summary = HTML(html.render("<p>{{ text }}</p>", text=self._sentence()))
        for part in (self.detail, self.summary):
            part.add_class("jp-RenderedHTMLCommon")
        self._list({})
        self.kind_choice.observe(self._list, "value")
        self.places.observe(self._show, "value")
        super().__init__(
            [self.summary, self.kind_choice, HBox([self.places, self.detail]), KeepKeys()]
        )

    def _sentence(self) -> str:
        count = len(self.differences)
        places = ngettext("{count} place differs", "{count} places differ", count)
        return f"{self._sides[0].name} → {self._sides[1].name}: {places}."

    def _list(self, change: dict[str, Any]) -> None:
        kind = self.kind_choice.value
        chosen = [
            (f"{MARKS[found.kind]:>2} {found.path}", number)
            for number, found in enumerate(self.differences)
            if kind in ("", found.kind)
        ]
        self.places.options = chosen
        self.places.value = chosen[0][1] if chosen else None
        self._show({})

    def _show(self, change: dict[str, Any]) -> None:
        if self.places.value is None:
            self.detail.value = html.render("<p>{{ text }}</p>", text=_("Nothing differs here."))
            return
        found = self.differences[self.places.value]
        self.detail.value = _detail(found, *self._sides)

    def twin(self) -> html.Page:
        """Return a table of what differs."""
        return _twin(*self._sides)


class _Side:
    """One of the two data sets, with the map of its bytes if there can be one."""

    def __init__(self, source: Source, name: str) -> None:
        self.name, self.note, self.map = name, "", None
        if isinstance(source, Dataset):
            self.dataset = source
            self.note = _("as Explicit VR Little Endian would store it")
        else:
            self.name, raw = _opened(source, name)
            self.dataset = dcmread(BytesIO(raw))
        with contextlib.suppress(StructureError):
            if isinstance(source, Dataset):
                raw = rewrite(source, EXPLICIT)  # type: ignore[arg-type]
            stored = map_bytes(raw, self.name)
            self.map = stored.inflated or stored

    def place(self, path: str) -> tuple[int, bytes] | None:
        """Return where the element of a path begins, and its bytes with their header."""
        with contextlib.suppress(KeyError):
            if self.map is not None:
                found = find_element(self.map, path.removeprefix("file_meta."))
                return found.offset, self.map.raw[found.offset : found.end]
        return None


def _opened(source: str | os.PathLike[str] | bytes, name: str) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return name, source
    path = Path(source)
    if isinstance(source, str) and not path.is_file():
        path = samples.path(source)
        return source, path.read_bytes()
    return path.name, path.read_bytes()


def _detail(found: Difference, one: _Side, other: _Side) -> Markup:
    """Return both sides of one difference as a table, bytes that differ marked."""
    places = [side.place(found.path) for side in (one, other)]
    raws = [place[1] if place else b"" for place in places]
    names = one.name, other.name
    rows: list[tuple[object, ...]] = [
        (
            _("value"),
            *(html.render(_VALUE, text=described(each)) for each in (found.one, found.other)),
        ),
        (_("from byte"), *(_offset(place) for place in places)),
        (_("bytes"), _hex(raws[0], raws[1], one.note), _hex(raws[1], raws[0], other.note)),
    ]
    table = html.table(("", *names), rows)
    return html.render(_DETAIL, path=found.path, kind=_(KINDS[found.kind]), table=table)


def _offset(place: tuple[int, bytes] | None) -> str:
    return "—" if place is None else str(place[0])


def _hex(raw: bytes, against: bytes, note: str) -> Markup:
    shown = [
        (f"{byte:02x}", byte != (against[index] if index < len(against) else None))
        for index, byte in enumerate(raw[:MOST_BYTES])
    ]
    rows = []
    for start in range(0, len(shown), BYTES_PER_ROW):
        part = raw[start : min(start + BYTES_PER_ROW, MOST_BYTES)]
        gap = 3 * (BYTES_PER_ROW - len(part)) * " "
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        rows.append({"bytes": shown[start : start + BYTES_PER_ROW], "letters": gap + letters})
    more = len(raw) - MOST_BYTES
    notes = [ngettext("and {count} more byte", "and {count} more bytes", more)] if more > 0 else []
    return html.render(
        _BYTES, rows=rows, note="; ".join([*notes, *([note] if raw and note else [])])
    )


def _twin(one: _Side, other: _Side) -> html.Page:
    found = difference(one.dataset, other.dataset)
    starts = _("from byte")
    header = (_("Kind"), _("Where"), one.name, starts, other.name, starts)
    rows = [
        (
            f"{MARKS[each.kind]} {_(KINDS[each.kind])}",
            each.path,
            described(each.one),
            _offset(one.place(each.path)),
            described(each.other),
            _offset(other.place(each.path)),
        )
        for each in found[:MOST_ROWS]
    ]
    caption = ngettext("{count} place differs", "{count} places differ", len(found))
    if len(found) > MOST_ROWS:
        caption += _(", the first {count} are shown", count=MOST_ROWS)
    lines = ["; ".join(row) for row in [header, *rows]]
    cells = [[html.render(_VALUE, text=text) for text in row] for row in rows]
    return html.Page(html.table(header, cells, caption), "\n".join([*lines, caption]))
