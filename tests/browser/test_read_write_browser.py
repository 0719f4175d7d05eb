"""The difference viewer in a real JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELL = """\
from dicom_lessons.read_write import explore_difference

explore_difference("virtual/ct", "virtual/ct_sharp")"""


@pytest.mark.browser
def test_the_viewer_is_used_with_the_keyboard_alone(page: Page, jupyterlab: Lab) -> None:
    jupyterlab.write_notebook("viewer.ipynb", CELL)
    open_notebook(page, jupyterlab, "viewer.ipynb")
    run_all(page)
    page.get_by_text("10 places differ").wait_for()
    places = page.get_by_label("Places:")
    places.focus()
    for _step in range(4):
        page.keyboard.press("ArrowDown")
    page.get_by_text("SH SHARP").wait_for()
    page.keyboard.press("End")
    page.get_by_role("status").filter(has_text="PixelData").wait_for()
    page.get_by_label("Show:").select_option("+ added")
    page.get_by_text("Nothing differs here.").wait_for()
    page.get_by_label("Show:").select_option("≠ value changed")
    page.get_by_role("status").filter(has_text="MediaStorageSOPInstanceUID").wait_for()
    close_sessions(jupyterlab)
    assert jupyterlab.outside == []
