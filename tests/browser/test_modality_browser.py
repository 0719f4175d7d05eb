"""The modality gallery in a real JupyterLab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, jupyterlab, open_notebook, page, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]

CELL = "from dicom_lessons.modality import explore_modalities\n\n"


@pytest.mark.browser
def test_the_gallery_in_jupyterlab(page: Page, jupyterlab: Lab) -> None:
    jupyterlab.write_notebook("gallery.ipynb", f"{CELL}explore_modalities()")
    open_notebook(page, jupyterlab, "gallery.ipynb")
    run_all(page)
    canvas = page.locator(".dl-stage")
    canvas.nth(1).wait_for()
    assert [str(canvas.nth(n).get_attribute("aria-label"))[:12] for n in (0, 1)] == [
        "CT picture: "
    ] * 2
    page.get_by_role("button", name="CT", exact=True).focus()
    for _step in range(7):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="XA: X-Ray Angiography").wait_for()
    page.get_by_label("XA picture: ").wait_for()
    canvas.nth(1).wait_for(state="detached")
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Space")
    page.locator(".dl-cine output", has_text=re.compile(r"^1\d / 24$")).wait_for()
    page.get_by_role("button", name="US", exact=True).click()
    page.get_by_label("File:").last.select_option("examples_ybr_color")
    page.get_by_text("Number of Frames (0028,0008)").wait_for()
    page.locator(".dl-cine output", has_text=re.compile(r"^1 / 30$")).wait_for()
    page.get_by_text("There is no file of this modality here.").wait_for(state="hidden")
    assert jupyterlab.outside == []
    close_sessions(jupyterlab)


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 1300, 1900])
def test_pictures_stay_inside_their_columns(page: Page, jupyterlab: Lab, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1200})
    jupyterlab.write_notebook("columns.ipynb", f"{CELL}explore_modalities()")
    open_notebook(page, jupyterlab, "columns.ipynb")
    run_all(page)
    page.locator(".dl-stage").nth(1).wait_for()
    page.wait_for_timeout(500)
    column = ".dl-viewer >> nth={n} >> xpath=ancestor::*[contains(@class, 'widget-vbox')][1]"
    for n in (0, 1):
        inner = page.locator(".dl-stage").nth(n).bounding_box()
        outer = page.locator(column.format(n=n)).bounding_box()
        assert inner is not None
        assert outer is not None
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
        assert inner["width"] > 300
    close_sessions(jupyterlab)
