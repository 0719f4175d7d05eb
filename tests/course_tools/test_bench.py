"""The bench: what it says of figures, and that it really measures. No speed is asserted."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from lab import Lab

from course_tools import __main__
from course_tools.bench import candidates, describe_machine, in_python, pictures, viewers
from course_tools.bench.figures import PER_SECOND, Figure, Report, table, write_json
from course_tools.bench.plot import draw
from dicom_lessons import pixels

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIGURE = Figure("CT", "a move", "ms", {"ours": 10, "slower": 100, "slow": 80})
RATE = Figure("CT", "pictures", PER_SECOND, {"ours": 60, "slow": 12})


def test_ours_is_compared_with_each_of_the_others() -> None:
    assert (FIGURE.ours, RATE.ours) == (10, 60)
    assert FIGURE.times_better("slow") == 8
    assert RATE.times_better("slow") == 5


def report() -> Report:
    nothing = replace(FIGURE, what="bytes", unit="bytes", values={"ours": 0, "slow": 5})
    return Report(describe_machine(), (FIGURE, RATE, nothing), ("Without ipympl",))


def test_a_report_is_written_whole_and_does_not_say_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    write_json(report(), path)
    text = path.read_text(encoding="utf-8")
    expected = json.loads(json.dumps(asdict(report())))
    written = json.loads(text)
    for one in (written, expected):
        one["machine"].pop("load_before")
    assert written == expected
    assert socket.gethostname() not in re.findall(r"[\w.-]+", text)
    assert not re.search(r"[/\\]\w+[/\\]|~", text)


def test_the_table_says_every_figure_and_ratio() -> None:
    lines = list(table(report()))
    assert lines.index("           10 ms         ours") < lines.index(
        "           80 ms         slow (8 ×)"
    )
    assert "           12 pictures/s slow (5 ×)" in lines
    assert lines[-1] == "Without ipympl"


def test_medians_of_rounds_stand_side_by_side_ours_first() -> None:
    rounds = {
        "interact + imshow": [{"a": 9.0}, {"a": 7.0}, {"a": 800.0}],
        candidates.OURS.name: [{"a": 3.0, "b": 1.0}, {"a": 1.0, "b": 1.0}, {"a": 2.0, "b": 1.0}],
    }
    first, second = viewers.figures("CT", rounds)
    assert list(first.values.items()) == [(candidates.OURS.name, 2), ("interact + imshow", 9)]
    assert list(second.values) == [candidates.OURS.name]
    assert viewers.figures("CT", {"interact + imshow": [{"a": 9.0}]}) == []


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
    written = json.loads((tmp_path / "new" / "bench.json").read_text(encoding="utf-8"))
    assert [one["what"] for one in written["figures"]] == ["a move", "pictures"]
    assert (tmp_path / "new" / "bench.png").is_file()
    assert "No viewer was measured: " in capsys.readouterr().out


def test_figures_of_python_come_out() -> None:
    found = [*islice(in_python.figures(rounds=1), 4)]
    found += in_python.grey_figures(rounds=1, seconds=0, sizes=((8, 9),))
    assert len(found) == 6
    assert all(len(one.values) > 1 and min(one.values.values()) > 0 for one in found)
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
    nibabel = pytest.importorskip("nibabel")
    values = pictures.noise(2, 3, 4)
    pictures.write_nifti(tmp_path / "values.nii", values)
    image = nibabel.load(tmp_path / "values.nii")
    assert image.shape == (4, 3, 2)
    assert np.array_equal(np.asarray(image.dataobj), values.transpose(2, 1, 0))
    assert (image.affine @ [0, 0, 0, 1])[1] > (image.affine @ [0, 2, 0, 1])[1]


EFFORT = viewers.Effort(rounds=1, steps=3, seconds=20, rate=0.5)


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
    other = candidates.INTERACT.name
    for figure in found:
        assert list(figure.values) == [candidates.OURS.name, other]
        assert figure.values[other] > 0
    # as long as the patience lasts: nothing was seen to change
    assert max(by_what[viewers.LATE].values.values()) < viewers.PATIENCE
    assert by_what[viewers.TRAFFIC].ours == 0
    assert by_what[viewers.RATE].ours > 0

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
