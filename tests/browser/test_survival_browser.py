"""What is left of each widget without its kernel, its front end, or a browser that runs scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from every_widget import EVERY_WIDGET
from lab import Lab, close_sessions, open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

SAVE = """() => { window.__saved = false;
  window.jupyterapp.commands.execute('docmanager:save').then(() => { window.__saved = true; }); }"""
# per cell: is a live widget seen, is its twin seen, is an error seen
SEEN = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(({ node }) => {
  const seen = (one) => one !== null && one.checkVisibility() && one.clientHeight > 0;
  const find = (selector) => node.querySelector(selector);
  const found = ['.jp-OutputArea-child > .lm-Panel .dl-live', '.dl-twin p'].map(find);
  return [...found.map(seen), find('.jp-OutputArea').innerText.includes('Error displaying')]; })"""
LIVE, STILL = [True, False, False], [False, True, False]


def settings(lab: Lab) -> None:
    path = lab.settings / "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"windowingMode": "none"}')


def wait_for(page: Page, states: list[list[bool]]) -> None:
    try:
        page.wait_for_function(
            f"(states) => JSON.stringify(({SEEN})()) === states",
            arg=json.dumps(states, separators=(",", ":")),
            timeout=20_000,
        )
    except Exception:
        raise AssertionError(dict(zip(EVERY_WIDGET, page.evaluate(SEEN), strict=True))) from None


@pytest.mark.browser
def test_a_notebook_opened_again_shows_the_twins(page: Page, jupyterlab: Lab) -> None:
    settings(jupyterlab)
    name = jupyterlab.write_notebook("every.ipynb", *EVERY_WIDGET.values())
    open_notebook(page, jupyterlab, name)
    run_all(page, 120)
    wait_for(page, [LIVE] * len(EVERY_WIDGET))
    page.evaluate(SAVE)
    page.wait_for_function("window.__saved")
    close_sessions(jupyterlab)
    open_notebook(page, jupyterlab, name)
    wait_for(page, [STILL] * len(EVERY_WIDGET))
    assert jupyterlab.outside == []


@pytest.mark.browser
@pytest.mark.parametrize("missing", ["anywidget", "@jupyter-widgets/jupyterlab-manager"])
def test_a_front_end_without_widgets_shows_the_twins(
    missing: str, page: Page, jupyterlab: Lab
) -> None:
    settings(jupyterlab)
    config = jupyterlab.settings.parent / "config" / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"disabledExtensions": {missing: True}}))
    try:
        open_notebook(
            page, jupyterlab, jupyterlab.write_notebook("a.ipynb", *EVERY_WIDGET.values())
        )
        run_all(page, 120)
        wait_for(page, [STILL] * len(EVERY_WIDGET))
        close_sessions(jupyterlab)
    finally:
        config.unlink()


@pytest.mark.browser
def test_a_page_made_by_nbconvert_shows_the_twins(
    page: Page, jupyterlab: Lab, tmp_path: Path
) -> None:
    """Run without a browser, then made a page that is read without a network."""
    jupyterlab.write_notebook("run.ipynb", *EVERY_WIDGET.values())
    for words in (["execute", "--inplace"], ["nbconvert", "--to", "html"]):
        command = [sys.executable, "-m", "jupyter", *words, "run.ipynb"]
        done = subprocess.run(command, cwd=jupyterlab.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    page.route(lambda url: url.startswith("http"), lambda route: route.abort())
    page.goto((jupyterlab.folder / "run.html").as_uri(), wait_until="domcontentloaded")
    seen = """() => [...document.querySelectorAll('.jp-Cell-outputArea')].map((area) => {
      const twin = area.querySelector('.dl-twin')?.parentElement;
      const content = [...(twin?.querySelectorAll('table, ol, figure, canvas') ?? [])];
      return content.some((one) => one.checkVisibility() && one.clientHeight > 50); })"""
    assert dict(zip(EVERY_WIDGET, page.evaluate(seen), strict=True)) == dict.fromkeys(
        EVERY_WIDGET, True
    )
