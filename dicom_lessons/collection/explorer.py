"""A collection at a glance: how much of what it holds, and one picture of each series."""

from __future__ import annotations

import warnings
from typing import Any

from ipywidgets import HTML, Dropdown, HBox, Layout
from markupsafe import Markup

from dicom_lessons import html, reading
from dicom_lessons.collection.index import Index
from dicom_lessons.pixels import to_display
from dicom_lessons.text import N_, _, ngettext, short
from dicom_lessons.viewer.pictures import picture_of
from dicom_lessons.widgets import Box

GROUPS = {
    "Modality": N_("modality"),
    "PatientID": N_("patient"),
    "StudyDate": N_("date of study"),
    "Manufacturer": N_("manufacturer"),
    "TransferSyntaxUID": N_("transfer syntax"),
    "SeriesDescription": N_("series description"),
}
MEASURES = {
    "instances": (N_("instances"), "count(*)"),
    "series": (N_("number of series"), "count(DISTINCT SeriesInstanceUID)"),
    "MB": (N_("megabytes"), "round(sum(bytes) / 1e6, 1)"),
}
_MOST_BARS, _MOST_PICTURES, _SIDE = 12, 12, 120
_BARS = """\
<table aria-label="{{ title }}" style="margin-left:0">{% for name, value, width in rows %}
<tr><th scope="row" style="text-align:left;padding:0.1em 0.8em">{{ name }}</th>
<td style="text-align:right;padding:0.1em 0.8em">{{ value }}</td>
<td style="width:16em;text-align:left"><div aria-hidden="true" style="height:0.9em;
background:currentColor;opacity:0.45;width:{{ width }}%"></div></td></tr>{% endfor %}
</table>
"""
_SHEET = """\
<div class="dl-sheet" style="display:flex;flex-wrap:wrap;gap:8px">{% for picture, text in rows %}
<figure style="margin:0;padding:4px;width:{{ side }}px;border:1px solid #8888">
{{ picture }}
<figcaption style="font-size:smaller;overflow-wrap:anywhere;line-height:1.3">{{ text }}</figcaption>
</figure>{% endfor %}</div>
"""
# the middle instance of each series stands for it
_MIDDLE = """
    WITH numbered AS (
        SELECT *, row_number() OVER (PARTITION BY SeriesInstanceUID
            ORDER BY InstanceNumber, path, member) AS place,
            count(*) OVER (PARTITION BY SeriesInstanceUID) AS count
        FROM instances WHERE Rows > 0 AND coalesce({group}::VARCHAR, '') = ?
    )
    SELECT folder, path, member, Modality, SeriesDescription, count FROM numbered
    WHERE place = count // 2 + 1 ORDER BY count DESC, path, member"""


def explore_collection(index: Index) -> CollectionExplorer:
    """Open an index: bars for what it holds, and the middle picture of each series of one group."""
    return CollectionExplorer(index)


class CollectionExplorer(Box):
    """Bars and a sheet of pictures; what is counted, by what, and which group are chosen."""

    def __init__(self, index: Index) -> None:
        self._index = index
        layout = Layout(width="max-content", max_width="100%")
        wide = {"style": {"description_width": "initial"}, "layout": layout}
        self.group = Dropdown(
            options=[(_(title), name) for name, title in GROUPS.items()],
            description=_("Group by:"),
            **wide,
        )
        self.measure = Dropdown(
            options=[(_(title), name) for name, (title, _sum) in MEASURES.items()],
            description=_("Count:"),
            **wide,
        )
        self.chosen = Dropdown(description=_("Pictures of:"), **wide)
        self.bars, self.sheet = HTML(), HTML()
        for each in (self.bars, self.sheet):
            each.add_class("jp-RenderedHTMLCommon")
        self._choose({})
        self.group.observe(self._choose, "value")
        self.measure.observe(self._show_bars, "value")
        self.chosen.observe(self._show_pictures, "value")
        choice = HBox([self.group, self.measure], layout=Layout(flex_flow="wrap", grid_gap="16px"))
        super().__init__([choice, self.bars, self.chosen, self.sheet])

    def counts(self) -> list[tuple[str, float]]:
        """Return each group and its count, the largest first."""
        how = MEASURES[self.measure.value][1]
        asked = f"""SELECT coalesce({self.group.value}::VARCHAR, ''), {how} AS n FROM instances
            GROUP BY ALL ORDER BY n DESC, 1"""
        return [(str(name), value) for name, value in self._index.ask(asked).fetchall()]

    def pictures(self) -> list[tuple[Markup, str]]:
        """Return one picture of each series of the chosen group, and what stands below it."""
        asked = _MIDDLE.replace("{group}", self.group.value)
        rows = self._index.ask(asked, [self.chosen.value or ""]).fetchall()
        found: list[tuple[Markup, str]] = []
        for folder, path, member, modality, title, count in rows:
            if len(found) == _MOST_PICTURES:
                break
            picture = _picture(self._index, folder, path, member)
            if picture:
                told = ngettext("{count} instance", "{count} instances", count)
                text = ", ".join(filter(None, (modality, short(title or "", 40), told)))
                found.append((picture, text))
        return found

    def _choose(self, change: dict[str, Any]) -> None:
        names = [name for name, _count in self.counts()]
        self.chosen.options = [(_named(self.group.value, name), name) for name in names]
        self.chosen.index = 0 if names else None
        self._show_bars(change)
        self._show_pictures(change)

    def _show_bars(self, _change: dict[str, Any]) -> None:
        self.bars.value = self._bars()

    def _show_pictures(self, _change: dict[str, Any]) -> None:
        self.sheet.value = self._sheet()

    def _bars(self) -> Markup:
        counts = self.counts()
        most = max((value for _name, value in counts), default=1) or 1
        rows = [
            (_named(self.group.value, name), f"{value:,}", round(100 * value / most))
            for name, value in counts[:_MOST_BARS]
        ]
        rest = counts[_MOST_BARS:]
        if rest:
            others = ngettext("{count} other", "{count} others", len(rest))
            rows.append((others, f"{round(sum(value for _name, value in rest), 1):,}", 0))
        return html.render(_BARS, title=_(GROUPS[self.group.value]), rows=rows)

    def _sheet(self) -> Markup:
        found = self.pictures()
        if not found:
            return html.render("<p>{{ text }}</p>", text=_("There is no picture in this group."))
        return html.render(_SHEET, rows=found, side=_SIDE)

    def twin(self) -> html.Page:
        """Return bars and pictures as they are shown."""
        text = "\n".join(
            f"{_named(self.group.value, name)}: {value:,}"
            for name, value in self.counts()[:_MOST_BARS]
        )
        return html.Page(self._bars() + self._sheet(), text)


def _named(group: str, name: str) -> str:
    if group == "TransferSyntaxUID" and name:
        from pydicom.uid import UID

        return short(UID(name).name)
    return short(name, 40) or _("(empty)")


def _picture(index: Index, folder: str, path: str, member: str | None) -> Markup | None:
    """Return the middle frame of an instance as a small picture; of what has none, nothing."""
    try:
        dataset = reading.read(index.source(folder, path, member))
        frame = int(reading.value(dataset, "NumberOfFrames") or 1) // 2
        with warnings.catch_warnings(action="ignore"):  # of what a picture has to guess
            levels = to_display(dataset, frame=frame)
        alt = _("{modality} picture", modality=short(reading.value(dataset, "Modality", ""), 16))
        return picture_of(levels, alt, _SIDE)
    except Exception:  # a file may be gone or broken: the others have pictures
        return None
