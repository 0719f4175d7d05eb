"""The image viewer against what one would pick instead, in JupyterLab in headless Chromium.

A real mouse moves each viewer's own control, anywhere within a frame of the screen, and
``watch.js`` tells when the picture has changed.
"""

from __future__ import annotations

import importlib.util
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from course_tools.bench.candidates import EVERY, OURS, SLIDER, STEPPED, Candidate
from course_tools.bench.figures import PER_SECOND, Figure
from course_tools.bench.jupyterlab import (
    Lab,
    close_sessions,
    find_chromium,
    open_notebook,
    open_page,
    run_jupyterlab,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

RESOLUTION = (
    "The browser's figures are as fine as a frame of the screen, 16.7 ms: pixels are looked at in"
    " each. A move falls anywhere within one, so even a viewer that takes no time shows its change"
    " after 8.3 ms in the median and 15.8 ms in the 95th percentile. The bare canvas tells what"
    " this browser adds to that: for the wheel, about one frame more."
)
WATCH = Path(__file__).with_name("watch.js")
OUTPUT = ".jp-Notebook .jp-CodeCell:last-of-type .jp-OutputArea "
STEP, TURN = 5, 30  # pixels of the screen per move; moves until the hand goes back
SLICES = 49  # moves through a volume, twice
PATIENCE = 3_000  # milliseconds; a move that changes nothing counts as so long
FIRST_PATIENCE = 60_000
REST = 2_000
FRAME = 1000 / 60

FIRST = "running the cell to its first picture"
MEDIAN = "a move to changed pixels, median"
LATE = "a move to changed pixels, 95th percentile"
RATE = "pictures while dragging without rest"
TRAFFIC = "to and from the kernel, per move"
AT_ONCE, RESTED = "; at once after the first picture", "; two seconds later"
BY_KEY = "; two seconds later, by the key Page Up"
UNITS = {RATE: PER_SECOND, TRAFFIC: "bytes"}


@dataclass(frozen=True)
class Effort:
    """How much is done for each picture."""

    rounds: int = 5  # of all viewers in turn, after a first one that does not count
    steps: int = 30  # moves in a round
    seconds: float = 10  # after so long no more rounds are begun
    rate: float = 1  # seconds of dragging without rest


def missing() -> list[str]:
    """Return a line for each program that is not here, with the command that gets it."""
    found = []
    if not _installed("playwright"):
        found.append("No viewer was measured: python -m pip install playwright")
    elif find_chromium() is None:
        found.append("No viewer was measured: apt-get install chromium, or install Google Chrome")
    absent = [one.needs for one in EVERY if one.needs and not _installed(one.needs)]
    if absent:
        found.append(f"Without {' and '.join(absent)}: python -m pip install -e '.[bench]'")
    return found


def can_measure() -> bool:
    """Return whether there is a browser to measure in."""
    return _installed("playwright") and find_chromium() is not None


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@contextmanager
def open_browser() -> Iterator[tuple[Page, Lab]]:
    """Start JupyterLab and a browser with the script that watches pictures."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        run_jupyterlab(_made(folder, "notebooks"), _made(folder, "home")) as lab,
        open_page(lab, Path(folder) / "profile") as page,
    ):
        page.add_init_script(path=WATCH)
        yield page, lab


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


def compare(
    page: Page,
    lab: Lab,
    name: str,
    candidates: Sequence[Candidate] = EVERY,
    effort: Effort | None = None,
) -> tuple[list[Figure], list[str]]:
    """Measure one picture in all viewers, in turn, round after round in one kernel.

    Returns
    -------
    list of Figure
        Medians of the rounds.
    list of str
        A line for each viewer that could not be measured.
    """
    from playwright.sync_api import Error

    effort = effort or Effort()
    close_sessions(lab)
    open_notebook(page, lab, lab.write_notebook("bench.ipynb", "", ""))
    rounds: dict[str, list[dict[str, float]]] = {
        one.name: []
        for one in candidates
        if name in one.cells and (one.needs is None or _installed(one.needs))
    }
    notes = []
    for _round in range(1 + effort.rounds):
        for candidate in candidates:
            if candidate.name not in rounds:
                continue
            try:
                rounds[candidate.name].append(measure(page, candidate, name, effort))
            except (Error, LookupError) as error:
                del rounds[candidate.name]
                reason = str(error).splitlines()[0]
                notes.append(f"{name}: {candidate.name} was not measured: {reason}")
    return figures(name, {viewer: done[1:] for viewer, done in rounds.items()}), notes


def figures(name: str, rounds: dict[str, list[dict[str, float]]]) -> list[Figure]:
    """Put the medians of each viewer's rounds side by side, ours first."""
    viewers = sorted(rounds, key=lambda viewer: viewer != OURS.name)
    compared = []
    for what in dict.fromkeys(what for done in rounds.get(OURS.name, ()) for what in done):
        values = {
            viewer: statistics.median(one[what] for one in rounds[viewer])
            for viewer in viewers
            if all(what in one for one in rounds[viewer])
        }
        compared.append(Figure(name, what, UNITS.get(what, "ms"), values))
    return compared


def measure(page: Page, candidate: Candidate, name: str, effort: Effort) -> dict[str, float]:
    """Measure one picture in one viewer once; return each figure by what it is.

    Raises
    ------
    LookupError
        If no picture comes.
    """
    prepare, cell = candidate.cells[name]
    page.evaluate("() => bench.watch('')")
    page.evaluate("source => { bench.write(0, source); return bench.run(0); }", prepare)
    page.evaluate("source => { bench.write(1, source); bench.clear(1); }", cell)
    page.wait_for_timeout(REST / 4)
    page.evaluate("selector => bench.watch(selector)", OUTPUT + candidate.picture)
    page.evaluate("() => { bench.run(1); }")
    first = page.evaluate("patience => bench.seen(patience)", FIRST_PATIENCE)
    if first is None:
        raise LookupError("no picture came")
    found = {FIRST: first}
    if name in STEPPED:
        found |= _slices(page, candidate, name, effort)
    else:
        page.wait_for_timeout(REST)
        with _hold(page, candidate, name) as move:
            found |= _moves(page, move, effort.steps, effort.seconds)
            control = [OUTPUT + candidate.control, candidate.control == SLIDER]
            drag = "control => bench.drag(...control)"
            found[RATE] = page.evaluate(drag, [*control, 1000 * effort.rate])
    return found


def _slices(page: Page, candidate: Candidate, name: str, effort: Effort) -> dict[str, float]:
    found: dict[str, float] = {}
    for when in (AT_ONCE, RESTED, BY_KEY) if candidate.has_keys else (AT_ONCE, RESTED):
        with _hold(page, candidate, name, by_key=when == BY_KEY) as move:
            moved = _moves(page, move, min(effort.steps, SLICES), effort.seconds)
            del moved[TRAFFIC]  # slices come as they are needed
            found |= {what + when: value for what, value in moved.items()}
        page.wait_for_timeout(REST)
    return found


@contextmanager
def _hold(
    page: Page, candidate: Candidate, name: str, *, by_key: bool = False
) -> Iterator[Callable[[int], None]]:
    """Take hold of a viewer's control and give the function that makes move number n."""
    control = page.locator(OUTPUT + candidate.control).first
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    if box is None:
        raise LookupError("its control is not on the page")
    slides = candidate.control == SLIDER
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / (2 if slides else 4)
    page.mouse.move(x, y)
    if by_key:
        control.focus()
        yield lambda _n: page.keyboard.press("PageUp")
        return
    if name in STEPPED and not slides:
        yield lambda _n: page.mouse.wheel(0, 100)
        return
    page.mouse.down()

    def move(n: int) -> None:
        far = STEP * (TURN - abs(n % (2 * TURN) - TURN))
        page.mouse.move(x + far * slides, y + far * (not slides))

    yield move
    page.mouse.up()


def _moves(page: Page, move: Callable[[int], None], steps: int, seconds: float) -> dict[str, float]:
    """Move again and again, each time after the pixels have changed and a moment has passed."""
    pause = random.Random(1)
    times: list[float] = []
    end = time.monotonic() + seconds
    page.evaluate("() => bench.watch()")
    while len(times) < steps and time.monotonic() < end:
        page.wait_for_timeout(pause.uniform(1, 2) * FRAME)
        move(len(times) + 1)
        times.append(page.evaluate("patience => bench.seen(patience)", PATIENCE) or PATIENCE)
    traffic = page.evaluate("() => bench.bytes") / len(times)
    times.sort()
    late = times[min(int(0.95 * len(times)), len(times) - 1)]
    return {MEDIAN: statistics.median(times), LATE: late, TRAFFIC: traffic}
