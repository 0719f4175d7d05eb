"""What was measured, how it compares, and whether the goals are met."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

AT_MOST, AT_LEAST, TIMES_BETTER = "at most", "at least", "times better"
MET, LOSS, OPEN = "met", "loss", "not judged"


@dataclass(frozen=True)
class Goal:
    """A limit for ours, or for how many times better than the best of so many rivals it is."""

    kind: str
    limit: float
    rivals: int = 1


@dataclass(frozen=True)
class Rival:
    """What one would pick instead; one that is not judged is there to compare with only."""

    name: str
    value: float
    judged: bool = True


@dataclass(frozen=True)
class Figure:
    """One comparison, all of it measured in the same run.

    Attributes
    ----------
    group, what, unit : str
        What was measured; the unit is "ms", "pictures/s" or "bytes".
    name : str
        What of ours was measured.
    value : float
        Its figure, the median where there are several.
    rivals : tuple of Rival
        What one would pick instead.
    goals : tuple of Goal
        What was wanted.
    """

    group: str
    what: str
    unit: str
    name: str
    value: float
    rivals: tuple[Rival, ...] = ()
    goals: tuple[Goal, ...] = ()

    def times_better(self, rival: Rival) -> float:
        """Return how many times better ours is; below 1 it is worse."""
        over, under = rival.value, self.value
        if self.unit == "pictures/s":
            over, under = under, over
        return over / under if under else float("inf")

    def best_rival(self) -> Rival | None:
        """Return the hardest one to beat, of those that are judged."""
        judged = [rival for rival in self.rivals if rival.judged]
        return min(judged, key=self.times_better, default=None)

    def verdict(self, goal: Goal) -> str:
        """Return whether a goal is met; it cannot be where rivals are missing."""
        if goal.kind == AT_MOST:
            return MET if self.value <= goal.limit else LOSS
        if goal.kind == AT_LEAST:
            return MET if self.value >= goal.limit else LOSS
        best = self.best_rival()
        if best is None:
            return OPEN
        if self.times_better(best) < goal.limit:
            return LOSS
        return MET if sum(rival.judged for rival in self.rivals) >= goal.rivals else OPEN


@dataclass(frozen=True)
class Machine:
    """Facts that a reader needs to weigh the figures, and none that says whose machine it is."""

    system: str
    cores: int
    load_before: float | None
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Report:
    """All figures of one run, and what is to be known about them."""

    machine: Machine
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def write_json(report: Report, path: Path) -> None:
    """Write a report, verdicts included."""
    told = asdict(report)
    for figure, record in zip(report.figures, told["figures"], strict=True):
        for goal, wanted in zip(figure.goals, record["goals"], strict=True):
            wanted["verdict"] = figure.verdict(goal)
        best = figure.best_rival()
        if best is not None and figure.value:
            record["times_better_than_best"] = round(figure.times_better(best), 2)
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path) -> Report:
    """Read a report again."""
    told = json.loads(path.read_text(encoding="utf-8"))
    machine = told["machine"] | {"versions": tuple(map(tuple, told["machine"]["versions"]))}
    figures = tuple(_figure(record) for record in told["figures"])
    return Report(Machine(**machine), figures, tuple(told["notes"]))


def _figure(record: dict[str, Any]) -> Figure:
    record.pop("times_better_than_best", None)
    rivals = tuple(Rival(**rival) for rival in record.pop("rivals"))
    goals = tuple(
        Goal(wanted["kind"], wanted["limit"], wanted["rivals"]) for wanted in record.pop("goals")
    )
    return Figure(**record, rivals=rivals, goals=goals)


def table(report: Report) -> Iterator[str]:
    """Give the report line by line."""
    yield machine(report.machine)
    group = ""
    for figure in report.figures:
        if figure.group != group:
            group = figure.group
            yield ""
            yield group
        yield f"  {figure.what}"
        yield f"    {number(figure.value):>9} {figure.unit:<10} {figure.name}{judged(figure)}"
        for rival in sorted(figure.rivals, key=figure.times_better):
            times = f" ({number(figure.times_better(rival))} ×)" if figure.value else ""
            only = "" if rival.judged else " – to compare with"
            yield f"    {number(rival.value):>9} {figure.unit:<10} {rival.name}{times}{only}"
    yield ""
    yield from report.notes


def machine(facts: Machine) -> str:
    """Return the facts of the machine in two lines."""
    load = "unknown" if facts.load_before is None else f"{facts.load_before:.2f}"
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions)
    return f"{facts.system}, {facts.cores} cores, load average before: {load}\n{versions}"


def judged(figure: Figure) -> str:
    """Return the goals of a figure and whether they are met, in brackets."""
    said = []
    for goal in figure.goals:
        kind = f"{goal.limit:g} {TIMES_BETTER}"
        if goal.kind != TIMES_BETTER:
            kind = f"{goal.kind} {goal.limit:g}"
        said.append(f"{kind}: {figure.verdict(goal)}")
    return "".join(f"  [{text}]" for text in said)


def number(value: float) -> str:
    """Return a figure with three digits."""
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
