"""A private JupyterLab in headless Chromium, for the tests marked `browser`.

``conftest.py`` makes the fixtures known: one JupyterLab for all tests of a process, one browser
for a module, a page for a test.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tools import require

from course_tools.bench.jupyterlab import (
    CHROMIUM,
    NOTIFICATIONS,
    READY,
    Lab,
    close_sessions,
    find_chromium,
    open_notebook,
    open_page,
    run_all,
    run_jupyterlab,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = [
    "Lab",
    "close_sessions",
    "desk",
    "drag",
    "find_chromium",
    "jupyterlab",
    "open_here",
    "open_notebook",
    "page",
    "profile",
    "run_all",
]


def need_browser() -> None:
    """Skip the test, or fail where CI is set, if there is no Chromium to drive."""
    if importlib.util.find_spec("playwright") is None and not os.environ.get("CI"):
        pytest.skip("playwright is not installed")
    if find_chromium() is None:
        require(CHROMIUM[0])


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Give the private JupyterLab that all tests of a process share."""
    need_browser()
    folder = tmp_path_factory.mktemp("notebooks")
    with run_jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as lab:
        yield lab


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a browser profile, in which the scripts of JupyterLab stay compiled."""
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def desk(jupyterlab: Lab, profile: Path) -> Iterator[Page]:
    """Give the page that tests of a module share; see :func:`open_here`.

    No longer than a module: an event loop runs as long as the browser does.
    """
    with open_page(jupyterlab, profile) as opened:
        yield opened
    restore(jupyterlab)


@pytest.fixture
def page(desk: Page, jupyterlab: Lab) -> Iterator[Page]:
    """Give a page of its own; what it asks for outside this computer is written down."""
    opened = desk.context.new_page()
    yield opened
    opened.close()
    restore(jupyterlab)


def restore(lab: Lab) -> None:
    """End kernels, forget what pages asked for, and set back the settings of users."""
    close_sessions(lab)
    lab.outside.clear()
    for path in lab.settings.rglob("*.jupyterlab-settings"):
        if path != lab.settings / NOTIFICATIONS:
            path.unlink()


OPEN_HERE = """(path) => { window.__opened = false; (async () => {
  const { commands, shell } = window.jupyterapp;
  for (const one of [...shell.widgets('main')]) one.dispose();
  await commands.execute('docmanager:open', { path });
  window.__opened = true; })(); }"""


def open_here(page: Page, lab: Lab, path: str) -> None:
    """Open a notebook and close those that the page shows; JupyterLab is loaded once."""
    close_sessions(lab)
    if page.evaluate("() => !window.jupyterapp"):
        open_notebook(page, lab, path)
        return
    page.evaluate(OPEN_HERE, path)
    page.wait_for_function("() => window.__opened")
    page.evaluate(READY)
    page.wait_for_function("() => window.__ready")


def drag(
    page: Page,
    start: tuple[int, int],
    end: tuple[int, int],
    place: str = ".dl-stage",
    number: int = 0,
) -> None:
    """Drag with a real mouse from one place of an element to another, counted from its corner."""
    page.locator(place).nth(number).scroll_into_view_if_needed()
    box = page.locator(place).nth(number).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=6)
    page.mouse.up()
    page.wait_for_timeout(200)
