"""What was measured, ours beside what one would pick instead, as JSON and as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PER_SECOND = "pictures/s"


@dataclass(frozen=True)
class Figure:
    """One comparison, all of it measured in the same run.

    Attributes
    ----------
    group, what, unit : str
        What was measured; the unit is "ms", "pictures/s" or "bytes".
    values : dict
        By name the medians; the first is ours, the others are what one would pick instead.
    """

    group: str
    what: str
    unit: str
    values: dict[str, float]

    @property
    def ours(self) -> float:
        """The figure of ours."""
        return next(iter(self.values.values()))

    def times_better(self, name: str) -> float:
        """Return how many times better ours is than another; below 1 it is worse."""
        over, under = self.values[name], self.ours
        if self.unit == PER_SECOND:
            over, under = under, over
        return over / under if under else float("inf")


@dataclass(frozen=True)
class Machine:
    """Facts that a reader needs to weigh the figures, and none that says whose machine it is."""

    system: str
    cores: int
    load_before: float | None
    versions: dict[str, str]

    def __str__(self) -> str:
        load = "unknown" if self.load_before is None else f"{self.load_before:.2f}"
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{self.system}, {self.cores} cores, load average before: {load}\n{versions}"


@dataclass(frozen=True)
class Report:
    """All figures of one run, and what is to be known about them."""

    machine: Machine
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def write_json(report: Report, path: Path) -> None:
    """Write a report."""
    text = json.dumps(asdict(report), ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def table(report: Report) -> Iterator[str]:
    """Give the report line by line."""
    yield str(report.machine)
    group = ""
    for figure in report.figures:
        if figure.group != group:
            group = figure.group
            yield from ("", group)
        yield f"  {figure.what}"
        ours, *others = figure.values
        yield f"    {number(figure.ours):>9} {figure.unit:<10} {ours}"
        for name in sorted(others, key=figure.times_better):
            times = f" ({number(figure.times_better(name))} ×)" if figure.ours else ""
            yield f"    {number(figure.values[name]):>9} {figure.unit:<10} {name}{times}"
    yield ""
    yield from report.notes


def number(value: float) -> str:
    """Return a figure with three digits."""
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
