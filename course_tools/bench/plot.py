"""The report as a picture: bars on a logarithmic axis, ours beside what one would pick instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from course_tools.bench.figures import Figure, Report, number

OURS, OTHERS = "#0b4f8a", "#f2c48d"  # they differ in lightness too, and every bar bears its name
BAR, ROOM = 0.21, 0.85  # inches: one bar; title and axis of a group


def draw(report: Report, path: Path) -> None:
    """Draw all figures in milliseconds, but no percentiles, as a PNG."""
    from matplotlib.figure import Figure as Canvas

    shown = [one for one in report.figures if one.unit == "ms" and "percentile" not in one.what]
    groups = {one.group: [f for f in shown if f.group == one.group] for one in shown}
    bars = [sum(len(figure.values) + 1.2 for figure in group) for group in groups.values()]
    size = (10, 1 + BAR * sum(bars) + ROOM * len(bars))
    canvas = Canvas(figsize=size, layout="constrained")
    canvas.suptitle(str(report.machine), x=0.01, ha="left", size=9)
    if groups:
        ratios = {"height_ratios": bars}
        axes = canvas.subplots(len(groups), 1, squeeze=False, gridspec_kw=ratios)[:, 0]
        for place, (group, figures) in zip(axes, groups.items(), strict=True):
            _draw_group(place, group, figures)
    canvas.savefig(path, dpi=110)


def _draw_group(axes: Any, group: str, figures: Sequence[Figure]) -> None:
    values = [value for figure in figures for value in figure.values.values() if value > 0]
    low, high = min(values) / 2, max(values) * 60  # room for the names
    at = 0.0
    for figure in figures:
        axes.text(low, at, f" {figure.what}", va="center", weight="bold", size=8.5)
        for name, value in figure.values.items():
            at += 1
            color = OURS if name == next(iter(figure.values)) else OTHERS
            axes.barh(at, value - low, left=low, height=0.8, color=color)
            axes.text(value, at, f" {number(value)} ms  {name}", va="center", size=8.5)
        at += 1.2
    axes.set(xscale="log", xlim=(low, high), ylim=(at - 0.4, -0.8), yticks=[])
    axes.set_title(f"{group}: milliseconds, less is better", loc="left", size=11, weight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
