"""The difference viewer: two data sets side by side, what changed, and in which bytes."""

from __future__ import annotations

import contextlib
from typing import Any

from ipywidgets import HTML, Dropdown, HBox, Layout, Select
from markupsafe import Markup
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from dicom_lessons import html, reading
from dicom_lessons.read_write.compare import described, difference
from dicom_lessons.structure import StructureError, find_element, map_bytes, rewrite
from dicom_lessons.text import _, ngettext
from dicom_lessons.widgets import Box

MARKS = {"added": "+", "removed": "−", "value changed": "≠", "VR changed": "VR"}
BYTES_PER_ROW, MOST_BYTES, MOST_ROWS = 8, 64, 100
_BYTES = """\
<div style="font: 90%/1.4 var(--jp-code-font-family, monospace)">{% for row in rows %}
<div class="dl-octets"><span>
{%- for text, differs in row.bytes %}{% if differs %}<mark><b><u>{{ text }}</u></b></mark>
{%- else %}{{ text }}{% endif %} {% endfor %} </span><span>{{ row.letters }}</span></div>
{% endfor %}</div>{{ note }}"""
_DETAIL = """<p role="status"><strong>{{ path }}</strong>: {{ kind }}</p>{{ table }}"""


def explore_difference(one: reading.Source, other: reading.Source) -> DifferenceViewer:
    """Open two data sets in the difference viewer.

    Parameters
    ----------
    one, other : str, path, bytes or Dataset
        Name of a sample, path of a file, its bytes, or a data set, whose bytes are then those that
        Explicit VR Little Endian would give.

    Raises
    ------
    LookupError, OSError
        If there is no such sample or file.
    ReadingError
        If one of them is not DICOM, too large, or inflates to too much.
    """
    return DifferenceViewer(one, other)


class DifferenceViewer(Box):
    """A list of places that differ; the one chosen is shown on both sides, down to its bytes."""

    def __init__(self, one: reading.Source, other: reading.Source) -> None:
        self._sides = _Side(one, _("first")), _Side(other, _("second"))
        self.differences = found = difference(self._sides[0].dataset, self._sides[1].dataset)
        self._count = ngettext("{count} place differs", "{count} places differ", len(found))
        kinds = [(_("all kinds"), "")]
        kinds += [(f"{mark} {_(kind)}", kind) for kind, mark in MARKS.items()]
        style, narrow = {"description_width": "initial"}, Layout(flex="0 1 26em")
        self.kind_choice = Dropdown(options=kinds, description=_("Show:"), style=style)
        self.places = Select(rows=13, description=_("Places:"), style=style, layout=narrow)
        self.detail = HTML(layout=Layout(overflow="auto", min_width="0", flex="1 1 36em"))
        sentence = f"{self._sides[0].name} → {self._sides[1].name}: {self._count}."
        self.summary = HTML(html.render("<p>{{ text }}</p>", text=sentence))
        for part in (self.detail, self.summary):
            part.add_class("jp-RenderedHTMLCommon")
        self._list({})
        self.kind_choice.observe(self._list, "value")
        self.places.observe(self._show, "value")
        row = Layout(flex_flow="row wrap", grid_gap="0 16px")
        both = HBox([self.places, self.detail], layout=row)
        super().__init__([self.summary, self.kind_choice, both])

    def _list(self, change: dict[str, Any]) -> None:
        kind = self.kind_choice.value
        chosen = [
            (f"{MARKS[each.kind]:>2} {each.path}", number)
            for number, each in enumerate(self.differences)
            if kind in ("", each.kind)
        ]
        self.places.options = chosen
        self.places.value = chosen[0][1] if chosen else None
        self._show({})

    def _show(self, change: dict[str, Any]) -> None:
        if self.places.value is None:
            self.detail.value = html.render("<p>{{ text }}</p>", text=_("Nothing differs here."))
            return
        entry, (one, other) = self.differences[self.places.value], self._sides
        one_start, one_raw = one.place(entry.path)
        other_start, other_raw = other.place(entry.path)
        values = (html.breakable(described(each)) for each in (entry.one, entry.other))
        rows: list[tuple[object, ...]] = [
            (_("value"), *values),
            (_("from byte"), one_start, other_start),
            (_("bytes"), _hex(one_raw, other_raw, one.note), _hex(other_raw, one_raw, other.note)),
        ]
        table = html.table(("", one.name, other.name), rows)
        self.detail.value = html.render(_DETAIL, path=entry.path, kind=_(entry.kind), table=table)

    def twin(self) -> html.Page:
        """Return a table of what differs."""
        one, other = self._sides
        starts = _("from byte")
        header = (_("Kind"), _("Where"), one.name, starts, other.name, starts)
        rows = [
            (
                f"{MARKS[each.kind]} {_(each.kind)}",
                each.path,
                described(each.one),
                one.place(each.path)[0],
                described(each.other),
                other.place(each.path)[0],
            )
            for each in self.differences[:MOST_ROWS]
        ]
        caption = self._count
        if len(self.differences) > MOST_ROWS:
            caption += _(", the first {count} are shown", count=MOST_ROWS)
        lines = ["; ".join(row) for row in [header, *rows]]
        cells = [[html.breakable(text) for text in row] for row in rows]
        return html.Page(html.table(header, cells, caption), "\n".join([*lines, caption]))


class _Side:
    """One of the two data sets, with the map of its bytes if there can be one."""

    def __init__(self, source: reading.Source, name: str) -> None:
        self.dataset = reading.read(source)
        self.name, self.note, self.map = name, "", None
        if not isinstance(source, bytes | Dataset):
            self.name = reading.name_of(source)
        with contextlib.suppress(StructureError):
            if isinstance(source, Dataset):
                self.note = _("as Explicit VR Little Endian would store it")
                raw = rewrite(source, ExplicitVRLittleEndian)
            else:
                raw = reading.read_bytes(source)
            stored = map_bytes(raw, self.name)
            self.map = stored.inflated or stored

    def place(self, path: str) -> tuple[str, bytes]:
        """Return where the element of a path begins, and its bytes with their header."""
        with contextlib.suppress(KeyError):
            if self.map is not None:
                element = find_element(self.map, path.removeprefix("file_meta."))
                return str(element.offset), self.map.raw[element.offset : element.end]
        return "—", b""


def _hex(raw: bytes, against: bytes, note: str) -> Markup:
    """Return bytes in rows, those marked that differ from the other side's."""
    octets = [
        (f"{byte:02x}", byte != (against[index] if index < len(against) else None))
        for index, byte in enumerate(raw[:MOST_BYTES])
    ]
    rows = []
    for start in range(0, len(octets), BYTES_PER_ROW):
        part = raw[start : min(start + BYTES_PER_ROW, MOST_BYTES)]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        rows.append({"bytes": octets[start : start + BYTES_PER_ROW], "letters": letters})
    more = len(raw) - MOST_BYTES
    notes = [ngettext("and {count} more byte", "and {count} more bytes", more)] if more > 0 else []
    notes += [note] if raw and note else []
    return html.render(_BYTES, rows=rows, note="; ".join(notes))
