"""Every widget in narrow and wide windows: nothing is cut off, columns stand under their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from every_widget import EVERY_WIDGET
from lab import Lab, close_sessions, open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

# what does not fit into its box, unless that has a scroll bar or says all of it as its title
CUT = """() => [...document.querySelectorAll('.jp-Cell')].map((cell) => {
  const root = cell.querySelector('.lm-Panel .dl-live');
  if (!root) return [];
  const area = cell.querySelector('.jp-OutputArea').getBoundingClientRect();
  const cut = [];
  for (const node of [root, ...root.querySelectorAll('*')]) {
    if (!node.checkVisibility() || !node.clientWidth || node.tagName === 'INPUT') continue;
    const scrolls = node.closest('.dl-right, .uid-tree, .dl-scrolled, .jp-RenderedHTMLCommon');
    const wide = node.scrollWidth > node.clientWidth + 1;
    if (wide && !scrolls && !node.parentElement.title) cut.push(['wide', node.className]);
    const { right } = node.getBoundingClientRect();
    if (right > area.right + 1 && !scrolls) cut.push(['outside', node.className]);
  }
  for (const node of root.querySelectorAll('.jp-RenderedHTMLCommon'))
    if (node.scrollWidth > node.clientWidth + 1) cut.push(['scrolls', node.innerText.slice(0, 60)]);
  return cut; })"""
COLUMNS = """() => {
  const places = (row) => [...row.children].map((one) => {
    const { left, right } = one.getBoundingClientRect(); return [left, right]; });
  const [head, first] = ['.dl-head', '.dl-scroll .dl-entry'].map((one) =>
    places(document.querySelector(`.dl-bytes .dl-left ${one}`)));
  const { right } = document.querySelector('.dl-bytes .dl-left').getBoundingClientRect();
  return [head, first, right]; }"""
# a collection's sheet is meant to be small
PICTURES = """() => [...document.querySelectorAll('.dl-live figure:not(.dl-sheet *) img')]
  .map((one) => one.clientWidth)"""


SIZES = [(900, True), (900, False), (1280, True), (1920, True)]
"""Widths of windows, and whether the list of files is open at the left."""
LISTS = """() => [...document.querySelectorAll('.dl-live select:not([size])')].map((one) => {
  const { backgroundImage, color, backgroundColor } = getComputedStyle(one);
  return [backgroundImage, color !== backgroundColor]; })"""


def opened(page: Page, lab: Lab, language: str) -> None:
    settings = lab.settings / "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"windowingMode": "none"}')
    speak = f"import dicom_lessons; dicom_lessons.set_language({language!r})"
    name = lab.write_notebook("every.ipynb", speak, *EVERY_WIDGET.values())
    open_notebook(page, lab, name)
    run_all(page, 120)
    alive = (
        "(n) => document.querySelectorAll('.lm-Panel > .dl-live, .lm-Panel > * > .dl-live').length"
    )
    page.wait_for_function(f"{alive} >= n", arg=len(EVERY_WIDGET))


def fit(page: Page, width: int, sidebar: bool) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.evaluate(f"window.jupyterapp.shell.{'expand' if sidebar else 'collapse'}Left()")
    page.wait_for_timeout(1000)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "theme"), [("en", "JupyterLab Light"), ("ru", "JupyterLab Dark")]
)
def test_nothing_is_cut_off(language: str, theme: str, page: Page, jupyterlab: Lab) -> None:
    """The arrows of lists are in the colour of the text, where ipywidgets bring a black picture."""
    jupyterlab.set_theme(theme)
    opened(page, jupyterlab, language)
    for size in SIZES:
        fit(page, *size)
        _speak, *cut = page.evaluate(CUT)
        found = dict(zip(EVERY_WIDGET, cut, strict=True))
        assert {name: parts for name, parts in found.items() if parts} == {}, size
        head, first, edge = page.evaluate(COLUMNS)
        assert len(head) == len(first) == 6
        for names, values in zip(head, first, strict=True):
            assert names == pytest.approx(values, abs=1), size
            assert names[1] - names[0] > 10
        assert head[-1][1] <= edge
        assert min(page.evaluate(PICTURES)) > 250, size
    lists = page.evaluate(LISTS)
    assert len(lists) > 6
    assert {tuple(one) for one in lists} == {("none", True)}
    close_sessions(jupyterlab)
