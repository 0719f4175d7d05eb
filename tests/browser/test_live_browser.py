"""Sittings run whole in a browser that has no Python: all English ones, and one in Russian.

Two workers of pytest take a class each, so both take about the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from lab import need_browser
from lesson_files import LESSONS, cells
from live_page import LivePage, open_context, open_live, serve_folder
from tools import pyodide

from course_tools import lessons
from course_tools.live.build import build
from course_tools.live.notebooks import READY, recorded
from course_tools.live.wheels import has_tables

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser
EXPLORERS = {
    "00a": "picture",
    "00b": "meet_dicom-t1",
    "01a": "explore-bytes",
    "01b": "explore-encodings",
    "02a": "explore-tree",
    "02b": "uids-q2",
    "03a": "explore",
    "04a": "explore",
    "05a": "warm-up-1",
    "05c": "explore-run",
    "06a": "warm-up-1",
    "06b": "explore-difference",
    "07a": "look",
    "07b": "playground",
    "07c": "film",
    "07d": "doppler",
    "07e": "explore",
    "08a": "explore",
    "08b": "explore-profile",
    "08c": "tools-quiz",
    "09a": "study-explore",
    "09b": "move-explore",
    "09c": "warm-web-quiz",
    "09d": "warm-door-quiz",
    "10a": "lab",
    "10b": "planes",
    "10c": "suv-quiz",
    "11a": "warm-find-1",
    "11b": "ward-open",
    "11c": "discharge-run",
    "12a": "warm-ask-1",
    "12b": "picture",
    "12c": "glance",
}
"""A cell of each sitting whose widget is touched; the others have none."""
LIVE = [path.stem for path in lessons.notebooks("en")]
FIRST = [name for name in LIVE if name < "07f"]
SECOND = [name for name in LIVE if name >= "07f"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Give the address of a live site of this checkout, which all workers of pytest share."""
    parts = pyodide()
    need_browser()
    import fcntl

    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "live-site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            build(folder, parts)
    with serve_folder(folder) as address:
        yield address


@pytest.fixture(scope="class")
def context(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Give a browser that keeps what it fetched, for the tests of a class."""
    with open_context(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def live(context: BrowserContext, site: str) -> Iterator[LivePage]:
    """Give a page of the live site."""
    with ExitStack() as stack:
        yield stack.enter_context(open_live(context, site))


def run_whole(live: LivePage, language: str, name: str) -> None:
    """Run a sitting and demand that every cell ran, without an error, and that a widget answers."""
    live.open(f"{language}/{name}.ipynb")
    ran = live.run_all()
    errors = [
        (cell["id"], output["ename"], output["evalue"][:300])
        for cell in ran
        for output in cell["outputs"]
        if output["output_type"] == "error"
    ]
    assert errors == []
    assert [cell["id"] for cell in ran if not cell["ran"]] == []
    assert ran[0]["id"] == READY
    shown = recorded(name[:3], tables=has_tables(pyodide()))
    if name[:3] in EXPLORERS and EXPLORERS[name[:3]] not in shown:
        assert live.touch(EXPLORERS[name[:3]])
    assert live.outside == []
    assert live.kept() < 60


class TestFirstHalf:
    @pytest.mark.parametrize("name", FIRST)
    def test_a_sitting_runs_whole(self, live: LivePage, name: str) -> None:
        run_whole(live, "en", name)

    def test_what_a_learner_made_is_there_again_and_can_be_downloaded(self, live: LivePage) -> None:
        name = next(name for name in FIRST if name.startswith("00a"))
        live.show(f"en/{name}.ipynb")
        live.page.evaluate("""async () => {
          const notebook = window.jupyterapp.shell.currentWidget;
          notebook.content.model.sharedModel.cells[1].setSource('answer = 42');
          await window.jupyterapp.commands.execute('docmanager:save'); }""")
        live.show(f"en/{name}.ipynb")
        kept = live.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[1].source"
        )
        assert kept == "answer = 42"
        download = "() => window.jupyterapp.commands.hasCommand('docmanager:download')"
        assert live.page.evaluate(download)

    def test_the_address_alone_lists_what_is_there(self, live: LivePage) -> None:
        live.page.goto(f"{live.address}/")
        for language in ("en", "ru"):
            live.page.locator(".jp-DirListing-item", has_text=language).first.wait_for()


class TestSecondHalf:
    @pytest.mark.parametrize("name", SECOND)
    def test_a_sitting_runs_whole(self, live: LivePage, name: str) -> None:
        run_whole(live, "en", name)

    def test_a_russian_sitting_runs_whole(self, live: LivePage) -> None:
        run_whole(live, "ru", next(name for name in LESSONS if name.startswith("04b")))


def test_each_sitting_names_a_widget_that_it_has() -> None:
    for name in LESSONS:
        if name[:3] in EXPLORERS:
            ids = [cell["id"] for cell in cells(lessons.NOTEBOOKS / "en" / f"{name}.ipynb")]
            assert EXPLORERS[name[:3]] in ids, name
