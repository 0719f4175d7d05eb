"""The modality gallery in a real JupyterLab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import Lab, open_here, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELL = "from dicom_lessons.modality import explore_modalities\n\nexplore_modalities()"


@pytest.fixture(scope="module")
def gallery(desk: Page, jupyterlab: Lab) -> Page:
    open_here(desk, jupyterlab, jupyterlab.write_notebook("gallery.ipynb", CELL))
    run_all(desk)
    desk.locator(".dl-stage").nth(1).wait_for()
    return desk


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 1300, 1900])
def test_pictures_stay_inside_their_columns(gallery: Page, width: int) -> None:
    gallery.set_viewport_size({"width": width, "height": 1200})
    gallery.wait_for_timeout(500)
    column = ".dl-viewer >> nth={n} >> xpath=ancestor::*[contains(@class, 'widget-vbox')][1]"
    for n in (0, 1):
        inner = gallery.locator(".dl-stage").nth(n).bounding_box()
        outer = gallery.locator(column.format(n=n)).bounding_box()
        assert inner is not None
        assert outer is not None
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
        assert inner["width"] > 300


@pytest.mark.browser
def test_the_gallery_in_jupyterlab(gallery: Page, jupyterlab: Lab) -> None:
    canvas = gallery.locator(".dl-stage")
    canvas.nth(1).wait_for()
    assert [str(canvas.nth(n).get_attribute("aria-label"))[:12] for n in (0, 1)] == [
        "CT picture: "
    ] * 2
    gallery.get_by_role("button", name="CT", exact=True).focus()
    for _step in range(7):
        gallery.keyboard.press("Tab")
    gallery.keyboard.press("Space")
    gallery.get_by_role("heading", name="XA: X-Ray Angiography").wait_for()
    gallery.get_by_label("XA picture: ").wait_for()
    canvas.nth(1).wait_for(state="detached")
    gallery.get_by_role("button", name="Play").focus()
    gallery.keyboard.press("Space")
    gallery.locator(".dl-cine output", has_text=re.compile(r"^1\d / 24$")).wait_for()
    gallery.get_by_role("button", name="US", exact=True).click()
    gallery.get_by_label("File:").last.select_option("examples_ybr_color")
    gallery.get_by_text("Number of Frames (0028,0008)").wait_for()
    gallery.locator(".dl-cine output", has_text=re.compile(r"^1 / 30$")).wait_for()
    gallery.get_by_text("There is no file of this modality here.").wait_for(state="hidden")
    assert jupyterlab.outside == []
