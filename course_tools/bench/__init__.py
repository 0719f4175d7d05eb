"""Figures, measured side by side in one run: ours against what one would pick instead.

A machine is never as quick twice, so what counts is the ratio. A run takes about ten minutes on
two cores: one of them in Python, the others in the browser, where slow viewers take longest.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course_tools.bench.figures import Figure, Machine, Report, table, write_json

PACKAGES = ("pydicom", "numpy", "matplotlib", "jupyterlab", "ipywidgets", "ipympl", "ipyniivue")


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
        notes.append(viewers.RESOLUTION)
    report = Report(machine, tuple(figures), tuple(notes))
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "bench.json")
    draw(report, folder / "bench.png")
    for line in table(report):
        say(line)
    return report


def lines_of(part: str) -> Iterator[str]:
    """Measure one part alone, by the module of its name, and give the report line by line."""
    module = import_module(f"{__name__}.{part}")
    if hasattr(module, "lines"):
        return iter(module.lines())
    told = [*module.figures()]
    found = tuple(one for one in told if isinstance(one, Figure))
    return table(
        Report(describe_machine(), found, tuple(one for one in told if isinstance(one, str)))
    )


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
