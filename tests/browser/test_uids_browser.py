"""The UID tree explorer in the browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, open_notebook, run_all

from course_tools.bench.ports import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELLS = (
    "from dicom_lessons import samples\n"
    "from dicom_lessons.uids.explorer import explore_uids\n"
    "names = [n for n in samples.names(source='bundled') if n.startswith('dicomdirtests/9')]\n"
    "names += [n for n in samples.names(source='bundled') if n.startswith('dicomdirtests/7')]",
    "explore_uids(files=[samples.path(name) for name in names])",
)


@pytest.fixture
def explored(page: Page, jupyterlab: Lab) -> Page:
    name = jupyterlab.write_notebook("uids.ipynb", *CELLS)
    close_sessions(jupyterlab)
    open_notebook(page, jupyterlab, name)
    run_all(page)
    page.locator(".uid-tree").wait_for()
    return page


@pytest.mark.browser
def test_the_tree_is_walked_with_the_keyboard_alone(explored: Page, jupyterlab: Lab) -> None:
    focused = "() => document.activeElement.querySelector('.row').innerText"
    explored.locator(".uid-tree [role=treeitem]").first.focus()
    keyboard = explored.keyboard
    keyboard.press("End")
    assert "Carotids" in explored.evaluate(focused)
    keyboard.press("ArrowUp")
    assert "Brain-MRA" in explored.evaluate(focused)
    keyboard.press("ArrowRight")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    assert "ANGIO" in explored.evaluate(focused)
    keyboard.press("Space")
    assert explored.locator(".uid-tree li:visible").count() >= 6 + 3 + 7
    keyboard.press("ArrowDown")
    field = explored.get_by_label("UID:")
    uid = explored.locator(".uid-tree [aria-selected=true] > .row code").inner_text()
    assert until(lambda: field.input_value() == uid)
    assert uid.endswith(".121")
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowLeft")
    assert explored.evaluate("() => document.activeElement.getAttribute('aria-expanded')") == (
        "false"
    )
    assert explored.evaluate(
        "() => document.querySelectorAll('.jp-Notebook .jp-Cell').length"
    ) == len(CELLS)
    assert jupyterlab.outside == []


@pytest.mark.browser
def test_typing_and_clicking_show_the_uid_at_once(explored: Page) -> None:
    field = explored.get_by_label("UID:")
    status = explored.locator(".jp-OutputArea-output [role=status]")
    began = time.monotonic()
    field.fill("1.2.840.10008.1.2.4.110")
    status.filter(has_text="Reserved for DICOM").wait_for()
    print(f"{time.monotonic() - began:.2f} s from typing to the sentence")
    field.fill("<img src=x onerror=alert(1)>")
    status.filter(has_text="Character 1 is <").wait_for()
    assert explored.locator(".jp-OutputArea-output img").count() == 0
    row = explored.locator(".uid-tree .row", has_text="Carotids")
    row.locator(".mark").click()
    uid = row.locator("code").inner_text()
    assert until(lambda: field.input_value() == uid)
    status.filter(has_text="Instance: one thing").wait_for()
    assert explored.locator(".uid-tree .row:visible", has_text="FAST LOCALIZER").count() == 2
