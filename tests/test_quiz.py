"""A quiz in a real JupyterLab: by keyboard, by name, without network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, jupyterlab, open_notebook, page, run_all

from dicom_lessons import quiz

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]

CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.cells.length"
SETUP = "import os\n\nos.environ['DICOM_LESSONS_PROGRESS'] = 'off'\nfrom dicom_lessons import quiz"


@pytest.mark.browser
def test_a_quiz_is_answered_by_keyboard(jupyterlab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    name = jupyterlab.write_notebook("quiz.ipynb", SETUP, "quiz('structure-w1')")
    open_notebook(page, jupyterlab, name)
    run_all(page)
    first, _second, third = page.get_by_role("radio").all()
    for option in (first, third):
        expect(option).not_to_be_checked()
    status = page.locator(".widget-vbox [role=status]")
    assert status.count() == 0

    first.focus()
    page.keyboard.press("Space")
    expect(status).to_contain_text("✗ Not yet.")
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(first).not_to_be_checked()
    expect(third).to_be_checked()
    expect(status).to_contain_text("✓ Right.")
    expect(
        page.get_by_role("radio", name="Its bytes 128 to 131 are the letters DICM.")
    ).to_be_checked()

    first.click()
    for key in ("ArrowDown", "d", "d"):
        page.keyboard.press(key)
    expect(page.get_by_role("radio").nth(1)).to_be_checked()

    hint = page.get_by_role("button", name="Hint")
    hint.focus()
    for key, number in (("Space", 1), ("Enter", 2)):
        page.keyboard.press(key)
        expect(status.nth(1)).to_contain_text(f"Hint {number} of 3:")
        expect(hint).to_be_focused()
    assert page.evaluate(CELLS) == 2

    assert jupyterlab.outside == []
    close_sessions(jupyterlab)


@pytest.mark.browser
def test_a_quiz_that_was_never_run_shows_question_and_options(jupyterlab: Lab, page: Page) -> None:
    bundle = quiz("structure-w1")._repr_mimebundle_()  # type: ignore[attr-defined]
    bundle.pop("application/vnd.jupyter.widget-view+json")
    output = {"output_type": "display_data", "metadata": {}, "data": bundle}
    name = jupyterlab.write_notebook("stored.ipynb", "quiz('structure-w1')", outputs=[output])
    open_notebook(page, jupyterlab, name)
    assert page.locator(".jp-OutputArea ol li").count() == 3
    assert page.get_by_role("radio").count() == 0
    close_sessions(jupyterlab)
