"""The slice-order lab and the three planes in a real JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, jupyterlab, open_notebook, page, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]


@pytest.mark.browser
def test_slices_are_sorted_and_planes_stepped_by_keys(page: Page, jupyterlab: Lab) -> None:
    name = jupyterlab.write_notebook(
        "volume.ipynb",
        "from dicom_lessons import samples\n"
        "from dicom_lessons.volume import build_volume, explore_planes, explore_slice_order\n"
        "ct = samples.series('virtual/ct_volume')\n"
        "explore_slice_order(ct)",
        "explore_planes(build_volume(ct), 40, 400)",
    )
    close_sessions(jupyterlab)
    open_notebook(page, jupyterlab, name)
    run_all(page)
    page.get_by_label("Sort by:").focus()
    page.keyboard.press("End")
    page.get_by_text("The slices make one even stack.").wait_for()
    viewers = page.locator(".dl-viewer")
    viewers.nth(2).wait_for()
    boxes = [viewers.nth(number).bounding_box() for number in range(3)]
    for number, box in enumerate(boxes):
        assert box is not None
        assert box["width"] >= 330
        for other in boxes[:number]:
            assert other is not None
            beside = box["x"] >= other["x"] + other["width"] - 1
            assert beside or box["y"] >= other["y"] + other["height"] - 1
    for number, plane in enumerate(("axial", "coronal", "sagittal")):
        stage = page.locator(".dl-stage").nth(number)
        assert str(stage.get_attribute("aria-label")).startswith(f"{plane} plane, seen from the ")
    before = viewers.nth(2).get_by_text("/").first.inner_text()
    page.locator(".dl-stage").nth(2).focus()
    page.keyboard.press("PageDown")
    page.wait_for_timeout(500)
    assert viewers.nth(2).get_by_text("/").first.inner_text() != before
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    centres = [viewers.nth(number).get_by_label("Center:").input_value() for number in range(3)]
    assert len(set(centres)) == 1
    assert centres[0] != "40"
    assert jupyterlab.outside == []
