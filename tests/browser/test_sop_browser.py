"""The SOP class explorer in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture
def explored(page: Page, jupyterlab: Lab) -> Page:
    name = jupyterlab.write_notebook(
        "sop.ipynb",
        "from dicom_lessons import samples\nfrom dicom_lessons.sop import explore_sop_class",
        "ct = samples.read('CT_small')\n"
        f"ct.PatientID = {HOSTILE!r}\n"
        "del ct.PatientName\n"
        "explore_sop_class(ct)",
    )
    close_sessions(jupyterlab)
    open_notebook(page, jupyterlab, name)
    run_all(page)
    page.get_by_text("PatientName (0010,0010)").wait_for()
    return page


@pytest.mark.browser
def test_the_explorer_is_used_with_the_keyboard_alone(
    explored: Page, jupyterlab: Lab, tmp_path: Path
) -> None:
    explored.get_by_text("Patient ID", exact=True).wait_for()
    assert explored.locator("img[src=x]").count() == 0
    modules = explored.get_by_label("Module:")
    modules.focus()
    explored.keyboard.press("ArrowDown")
    explored.get_by_text("Clinical Trial Subject module").wait_for()
    explored.keyboard.press("End")
    explored.get_by_text("Common Instance Reference module").wait_for()
    explored.get_by_label("SOP class:").focus()
    explored.keyboard.type("Secondary")
    explored.get_by_text("Secondary Capture Image IOD: 26 modules").wait_for()
    explored.get_by_label("File:").select_option("virtual/sc")
    explored.get_by_text("virtual/sc lacks nothing").wait_for()
    close_sessions(jupyterlab)
    assert jupyterlab.outside == []
    assert explored.title() != "1"
