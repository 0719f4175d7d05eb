"""The bench: what it says of figures, and that it really measures. No speed is asserted."""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from lab import Lab, jupyterlab, page

from course_tools import __main__
from course_tools.bench import candidates, describe_machine, in_python, pictures, viewers
from course_tools.bench.figures import (
    AT_LEAST,
    AT_MOST,
    LOSS,
    MET,
    OPEN,
    TIMES_BETTER,
    Figure,
    Goal,
    Report,
    Rival,
    read_json,
    table,
    write_json,
)
from course_tools.bench.plot import draw
from dicom_lessons import pixels

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]

SLOW, SLOWER, BARE = Rival("slow", 80), Rival("slower", 100), Rival("bare", 1, judged=False)
FIGURE = Figure("CT", "a move", "ms", "ours", 10, (SLOWER, BARE, SLOW))
RATE = Figure("CT", "pictures", "pictures/s", "ours", 60, (Rival("slow", 12),))


def test_ours_is_compared_with_the_best_of_those_that_are_judged() -> None:
    assert FIGURE.best_rival() == SLOW
    assert FIGURE.times_better(SLOW) == 8
    assert RATE.times_better(RATE.rivals[0]) == 5
    assert replace(FIGURE, rivals=(BARE,)).best_rival() is None


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (Goal(AT_MOST, 10), MET),
        (Goal(AT_MOST, 9.9), LOSS),
        (Goal(AT_LEAST, 10), MET),
        (Goal(AT_LEAST, 10.1), LOSS),
        (Goal(TIMES_BETTER, 8), MET),
        (Goal(TIMES_BETTER, 8.1), LOSS),
        (Goal(TIMES_BETTER, 8, rivals=2), MET),
        (Goal(TIMES_BETTER, 8, rivals=3), OPEN),
        (Goal(TIMES_BETTER, 9, rivals=3), LOSS),
    ],
)
def test_a_goal_is_met_at_its_limit_and_open_where_rivals_are_missing(
    goal: Goal, verdict: str
) -> None:
    assert FIGURE.verdict(goal) == verdict


def report() -> Report:
    wanted = replace(FIGURE, goals=(Goal(AT_MOST, 9), Goal(TIMES_BETTER, 8, 2)))
    nothing = replace(FIGURE, what="bytes", unit="bytes", value=0, goals=(Goal(AT_MOST, 0),))
    return Report(describe_machine(), (wanted, RATE, nothing), ("Without ipympl",))


def test_a_report_comes_back_from_json_and_does_not_say_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    write_json(report(), path)
    assert read_json(path) == report()
    text = path.read_text(encoding="utf-8")
    assert '"verdict": "loss"' in text
    assert socket.gethostname() not in re.findall(r"[\w.-]+", text)
    assert not re.search(r"[/\\]\w+[/\\]|~", text)


def test_the_table_says_every_figure_and_verdict() -> None:
    lines = list(table(report()))
    assert "       10 ms         ours  [at most 9: loss]  [8 times better: met]" in "\n".join(
        line[2:] for line in lines
    )
    assert sum("slow (" in line for line in lines) == 2
    assert lines[-1] == "Without ipympl"


def test_the_plot_is_a_png_even_without_figures(tmp_path: Path) -> None:
    for told in (report(), replace(report(), figures=())):
        draw(told, tmp_path / "bench.png")
        assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_what_is_missing_is_told_with_the_command_that_gets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(viewers, "_installed", lambda package: package == "playwright")
    monkeypatch.setattr(viewers, "find_chromium", lambda: None)
    browser, packages = viewers.missing()
    assert "apt-get install chromium" in browser
    assert packages == "Without ipympl and ipyniivue: python -m pip install -e '.[bench]'"
    monkeypatch.setattr(viewers, "_installed", lambda _package: False)
    assert "pip install playwright" in viewers.missing()[0]
    assert not viewers.can_measure()


def test_the_command_measures_the_rest_and_writes_both_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(viewers, "find_chromium", lambda: None)
    monkeypatch.setattr(in_python, "figures", lambda: [FIGURE])
    monkeypatch.setattr(in_python, "grey_figures", lambda: [RATE])
    assert __main__.main(["bench", str(tmp_path / "new")]) == 0
    assert read_json(tmp_path / "new" / "bench.json").figures == (FIGURE, RATE)
    assert (tmp_path / "new" / "bench.png").is_file()
    assert "No viewer was measured: " in capsys.readouterr().out


def test_figures_of_python_come_out() -> None:
    found = [*islice(in_python.figures(rounds=1), 4)]
    found += in_python.grey_figures(rounds=1, seconds=0, sizes=((8, 9),))
    assert len(found) == 6
    assert all(figure.value > 0 and figure.best_rival() for figure in found)
    assert [figure.what for figure in found[4:]] == ["8 × 9, int16", "8 × 9, uint16"]


@pytest.mark.parametrize("kind", [np.int16, np.uint16])
def test_what_is_compared_gives_the_same_picture(kind: type[np.int16 | np.uint16]) -> None:
    dataset, stored = in_python.ct_of((64, 64), kind)
    ours = pixels.to_display(dataset, stored=stored).astype(int)
    assert np.ptp(ours) > 200
    assert np.abs(ours - in_python.by_pydicom(dataset, stored)).max() <= 1
    stretched = in_python.by_tutorials(dataset, stored)
    assert np.abs(ours - stretched).max() <= 1


def test_nifti_files_hold_the_values_slice_by_slice(tmp_path: Path) -> None:
    values = pictures.noise(2, 3, 4)
    pictures.write_nifti(tmp_path / "values.nii", values)
    raw = (tmp_path / "values.nii").read_bytes()
    assert struct.unpack_from("<4h", raw, 40) == (3, 4, 3, 2)
    assert raw[344:348] == b"n+1\0"
    assert raw[352:] == values.tobytes()


EFFORT = viewers.Effort(steps=3, firsts=1, seconds=20, rate=0.5)


@pytest.mark.browser
def test_viewers_are_really_moved_and_seen(
    page: Page, jupyterlab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.add_init_script(path=viewers.WATCH)
    monkeypatch.setattr(viewers, "REST", 200)
    compared = (candidates.INTERACT, candidates.OURS)
    found, notes = viewers.compare(page, jupyterlab, candidates.CT, compared, EFFORT)
    assert notes == []
    by_what = {figure.what: figure for figure in found}
    assert set(by_what) == {
        viewers.FIRST,
        viewers.MEDIAN,
        viewers.LATE,
        viewers.TRAFFIC,
        viewers.RATE,
    }
    for figure in found:
        (rival,) = figure.rivals
        assert rival.value > 0
        assert figure.goals
    # as long as the patience lasts: nothing was seen to change
    assert by_what[viewers.LATE].value < viewers.PATIENCE > by_what[viewers.LATE].rivals[0].value
    assert by_what[viewers.TRAFFIC].value == 0
    assert by_what[viewers.RATE].value > 0

    page.evaluate("() => bench.watch()")
    page.mouse.move(20, 20)
    page.mouse.move(30, 30)
    assert page.evaluate("() => bench.seen(300)") is None

    def fail(*_arguments: object) -> None:
        raise LookupError("no picture came")

    monkeypatch.setattr(viewers, "measure", fail)
    found, notes = viewers.compare(page, jupyterlab, candidates.CT, compared[:1], EFFORT)
    assert found == []
    assert notes == ["CT 512 × 512: interact + imshow was not measured: no picture came"]
