"""Figures, measured side by side in one run: ours against what one would pick instead.

A machine is never as quick twice, so what counts is the ratio. A run takes about ten minutes on
two cores: one of them in Python, the others in the browser, where slow viewers take longest.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_tools.bench.figures import Machine, Report, table, write_json

PACKAGES = ("pydicom", "numpy", "matplotlib", "jupyterlab", "ipywidgets", "ipympl", "ipyniivue")
RESOLUTION = (
    "The browser's figures are as fine as a frame of the screen, 16.7 ms: pixels are looked at in"
    " each. A move falls anywhere within one, so even a viewer that takes no time shows its change"
    " after 8.3 ms in the median and 15.8 ms in the 95th percentile. The bare canvas tells what"
    " this browser adds to that: for the wheel, about one frame more."
)


def run(folder: Path, say: Callable[[str], None] = print) -> Report:
    """Measure everything and write ``bench.json`` and ``bench.png`` into a folder."""
    from course_tools.bench import in_python, viewers
    from course_tools.bench.candidates import PICTURES
    from course_tools.bench.plot import draw

    machine = describe_machine()
    say("Python …")
    figures = [*in_python.figures(), *in_python.grey_figures()]
    notes = viewers.missing()
    if viewers.can_measure():
        with viewers.open_browser() as (page, lab):
            for name in PICTURES:
                say(f"{name} …")
                more, failed = viewers.compare(page, lab, name)
                figures += more
                notes += failed
        notes.append(RESOLUTION)
    report = Report(machine, tuple(figures), tuple(notes))
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "bench.json")
    draw(report, folder / "bench.png")
    for line in table(report):
        say(line)
    return report


def collection_lines() -> Iterator[str]:
    """Measure only how folders become tables, and give the report line by line."""
    from course_tools.bench import collection

    found, notes = collection.figures()
    return table(Report(describe_machine(), tuple(found), tuple(notes)))


def volume_lines() -> Iterator[str]:
    """Measure how series become volumes, and a step in each plane; give the report by lines."""
    from course_tools.bench import viewers
    from course_tools.bench.candidates import IN_PLANES, OURS, PLANES
    from course_tools.bench.volumes import volume_figures

    found, notes = [*volume_figures()], list[str]()
    if viewers.can_measure():
        with viewers.open_browser() as (page, lab):
            steps, notes = viewers.compare(page, lab, PLANES, [OURS, *IN_PLANES])
        found += steps
        notes.append(RESOLUTION)
    return table(Report(describe_machine(), tuple(found), tuple(notes)))


def site_lines() -> Iterator[str]:
    """Build the web site, visit some pages, and give what was measured line by line."""
    from course_tools.bench import site

    return site.lines()


def live_lines() -> Iterator[str]:
    """Build the live lessons and a stock site, visit both, and give the figures line by line."""
    from course_tools.bench import live

    return live.lines()


def network_lines() -> Iterator[str]:
    """Measure only how instances are stored and found again, and give the report line by line."""
    from course_tools.bench import network

    found, notes = network.figures()
    return table(Report(describe_machine(), tuple(found), tuple(notes)))


def clinic_lines() -> Iterator[str]:
    """Measure only how a folder is examined, and give the report line by line."""
    from course_tools.bench.clinic import clinic_figures

    return table(Report(describe_machine(), tuple(clinic_figures())))


def describe_machine() -> Machine:
    """Return what a reader needs to weigh the figures: neither host, user nor path."""
    from course_tools.bench.jupyterlab import find_chromium

    versions = {"Python": platform.python_version()}
    chromium = find_chromium()
    if chromium:
        command = [chromium, "--version", "--no-sandbox"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        versions["Chromium"] = next(
            (word for word in answer.split() if word[0].isdigit()), "unknown"
        )
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    system = f"{platform.system()} {platform.machine()}"
    return Machine(system, os.cpu_count() or 1, load, versions)
