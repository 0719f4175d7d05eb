"""The map of the course as a drawing: a row for each lesson, an arrow for what rests on what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from dicom_lessons.html import render
from dicom_lessons.text import N_, _

ACROSS, DOWN, WIDE, HIGH = 92, 54, 60, 32
_ROW = re.compile(
    r"^\| (\d\d[a-z]) \| \[([^\]]+)\]\(\w\w/(\w+)\.ipynb\) \|[^|]*\| ([^|]+) \|$", re.M
)
_LABEL = N_("What rests on what; the table below says the same in words")
_DRAWN = """\
<div class="site-chart" tabindex="0" role="region" aria-label="{{ label }}">\
<svg viewBox="0 0 {{ width }} {{ height }}" width="{{ width }}" height="{{ height }}">\
<g fill="none" stroke="currentColor" stroke-width="1.5" opacity="0.45">\
{% for path in paths %}<path d="{{ path }}"/>{% endfor %}</g>\
{% for one in boxes %}<a href="{{ one.page }}.html"><title>{{ one.number }} {{ one.title }}</title>\
<rect x="{{ one.x }}" y="{{ one.y }}" width="{{ wide }}" height="{{ high }}" rx="6"/>\
<text x="{{ one.x + wide / 2 }}" y="{{ one.y + high / 2 }}">{{ one.number }}</text></a>{% endfor %}\
</svg></div>"""


@dataclass(frozen=True)
class Box:
    """One sitting: its number, title and page, where its left upper corner lies, what it needs."""

    number: str
    title: str
    page: str
    x: int
    y: int
    needs: tuple[str, ...]


def boxes(text: str) -> list[Box]:
    """Return the sittings of a map, each right of all that it rests on, its lesson in one row."""
    columns: dict[str, int] = {}
    rows: list[str] = []
    found = []
    for number, title, page, said in _ROW.findall(text):
        needs = tuple(re.findall(r"\d\d[a-z]", said))
        lesson = number[:2]
        if lesson not in rows:
            rows.append(lesson)
        before = [columns[one] for one in columns if one in needs or one[:2] == lesson]
        columns[number] = max(before, default=-1) + 1
        x, y = columns[number] * ACROSS + 4, rows.index(lesson) * DOWN + 12
        found.append(Box(number, title, page, x, y, needs))
    return found


def drawn(text: str) -> Markup:
    """Return the drawing of a map, whose boxes lead to the pages, in the language that is set."""
    every = boxes(text)
    by_number = {box.number: box for box in every}
    paths = [_path(by_number[need], box) for box in every for need in box.needs]
    width = max(box.x for box in every) + WIDE + 4
    height = max(box.y for box in every) + HIGH + 4
    size = {"width": width, "height": height, "wide": WIDE, "high": HIGH}
    return render(_DRAWN, label=_(_LABEL), paths=paths, boxes=every, **size)


def _path(one: Box, other: Box) -> str:
    """Return the curve from a box to one that needs it; over those between them in their row."""
    middle = HIGH // 2
    if one.y == other.y and other.x - one.x > ACROSS:
        begin, end = one.x + WIDE // 2, other.x + WIDE // 2
        return f"M{begin} {one.y}C{begin} {one.y - 16} {end} {one.y - 16} {end} {one.y}"
    x, y, to_x, to_y = one.x + WIDE, one.y + middle, other.x, other.y + middle
    bend = (ACROSS - WIDE) // 2 + 8
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
