"""A private JupyterLab in headless Chromium, for the tests marked `browser`.

Import the fixtures that a test module uses: ``from lab import jupyterlab, page``.
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
    "drag",
    "find_chromium",
    "jupyterlab",
    "open_notebook",
    "page",
    "run_all",
]


def need_browser() -> None:
    """Skip the test, or fail where CI is set, if there is no Chromium to drive."""
    if importlib.util.find_spec("playwright") is None and not os.environ.get("CI"):
        pytest.skip("playwright is not installed")
    if find_chromium() is None:
        require(CHROMIUM[0])


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Give a private JupyterLab with an empty folder for notebooks."""
    need_browser()
    folder = tmp_path_factory.mktemp("notebooks")
    with run_jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as lab:
        yield lab


@pytest.fixture
def page(jupyterlab: Lab, tmp_path: Path) -> Iterator[Page]:
    """Give a browser page; whatever it asks for outside this computer is written down."""
    with open_page(jupyterlab, tmp_path / "profile") as opened:
        yield opened


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
