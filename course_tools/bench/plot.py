"""The report as a picture: bars on a logarithmic axis, ours beside what one would pick instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_tools.bench.figures import AT_MOST, Figure, Report, Rival, judged, machine, number

# Colours that differ in lightness too; ours alone is not hatched, and every bar bears its name.
OURS: dict[str, Any] = {"facecolor": "#0b4f8a", "edgecolor": "#0b4f8a"}
OTHERS: Sequence[dict[str, Any]] = (
    {"facecolor": "#f2c48d", "edgecolor": "#7a4a10", "hatch": "///"},
    {"facecolor": "#cfe3c8", "edgecolor": "#2f5d26", "hatch": "..."},
    {"facecolor": "#e3cfe6", "edgecolor": "#5b2c66", "hatch": "xxx"},
)
UNJUDGED: dict[str, Any] = {"facecolor": "white", "edgecolor": "#555555", "linestyle": "--"}
KEY = "Filled: ours. Hatched: what one would pick instead. Dashed: to compare with. Dotted: goal."
BAR, ROOM = 0.21, 0.85  # inches: one bar; title and axis of a group


def draw(report: Report, path: Path) -> None:
    """Draw all figures in milliseconds, but no percentiles, as a PNG."""
    from matplotlib.figure import Figure as Canvas

    shown = [f for f in report.figures if f.unit == "ms" and "percentile" not in f.what]
    groups = {figure.group: [f for f in shown if f.group == figure.group] for figure in shown}
    rows = [sum(len(figure.rivals) + 2.2 for figure in group) for group in groups.values()]
    canvas = Canvas(figsize=(10, 1 + BAR * sum(rows) + ROOM * len(rows)), layout=_spaced())
    canvas.suptitle(f"{machine(report.machine)}\n{KEY}", x=0.01, ha="left", size=9)
    if rows:
        ratios = {"height_ratios": rows}
        axes = canvas.subplots(len(rows), 1, squeeze=False, gridspec_kw=ratios)
        looks = _looks(shown)
        for place, (group, found) in zip(axes[:, 0], groups.items(), strict=True):
            _draw_group(place, group, found, looks)
    canvas.savefig(path, dpi=110)


def _spaced() -> Any:
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1)


def _looks(shown: Sequence[Figure]) -> dict[str, dict[str, Any]]:
    """Give each rival the same look in all groups."""
    looks: dict[str, dict[str, Any]] = {}
    for figure in shown:
        names = [rival.name for rival in figure.rivals if rival.judged]
        for name, look in zip(names, OTHERS, strict=False):
            looks.setdefault(name, look)
    return looks


def _draw_group(
    axes: Any, group: str, found: Sequence[Figure], looks: dict[str, dict[str, Any]]
) -> None:
    values = [bar.value for figure in found for bar in _bars(figure) if bar.value > 0]
    low, high = min(values) / 2, max(values) * 60  # room for the names
    at = 0.0
    for figure in found:
        top = at
        axes.text(low, at, f" {figure.what}{judged(figure)}", va="center", weight="bold", size=8.5)
        for number_of_bar, bar in enumerate(_bars(figure)):
            at += 1
            look = looks.get(bar.name, OTHERS[0]) if bar.judged else UNJUDGED
            look = look if number_of_bar else OURS
            axes.barh(at, bar.value - low, left=low, height=0.8, linewidth=0.8, **look)
            label = f"{number(bar.value)} ms  {bar.name}"
            axes.annotate(
                label,
                (bar.value, at),
                (5, 0),
                textcoords="offset points",
                va="center",
                size=8.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
        for goal in figure.goals:
            if goal.kind == AT_MOST:
                axes.plot([goal.limit] * 2, [top + 0.5, at + 0.5], color="#b00020", linestyle=":")
        at += 1.2
    axes.set(xscale="log", xlim=(low, high), ylim=(at - 0.4, -0.8), yticks=[])
    axes.xaxis.set_major_formatter(lambda value, _position: f"{value:,.9g}")
    axes.set_title(f"{group}: milliseconds, less is better", loc="left", size=11, weight="bold")
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _bars(figure: Figure) -> Sequence[Rival]:
    return [Rival(figure.name, figure.value), *figure.rivals]
