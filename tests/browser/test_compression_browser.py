"""The transfer syntax comparator in a real JupyterLab, with the keyboard alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def compared(page: Page, jupyterlab: Lab, request: pytest.FixtureRequest) -> Page:
    jupyterlab.set_theme(request.param)
    name = jupyterlab.write_notebook(
        "compare.ipynb",
        "from dicom_lessons.compression import compare_transfer_syntaxes",
        "compare_transfer_syntaxes()",
    )
    close_sessions(jupyterlab)
    open_notebook(page, jupyterlab, name)
    run_all(page)
    page.get_by_text("No difference: every value is the same.").wait_for()
    return page


@pytest.mark.browser
def test_it_is_used_with_the_keyboard_alone(compared: Page, jupyterlab: Lab) -> None:
    codings = compared.get_by_label("Coding:")
    codings.focus()
    for _number in range(5):
        compared.keyboard.press("ArrowDown")
    compared.get_by_text("values off by 1 at most").wait_for()
    compared.get_by_role("cell", name="78972").wait_for()
    compared.keyboard.press("End")
    compared.get_by_text("53.6 : 1, lossy, values off by 128 at most").wait_for()
    compared.get_by_role("cell", name=re.compile(r"[\d.]+ ms on this computer")).first.wait_for()
    compared.keyboard.press("Tab")
    compared.keyboard.press("Space")
    compared.wait_for_function(
        "() => [...document.querySelectorAll('figure img')].every(one => one.naturalWidth === 108)"
    )
    compared.get_by_label("Picture:").select_option("files found: a card in colour")
    compared.get_by_text("SC_rgb_rle: 664 bytes, 45.2 : 1, lossless.").wait_for()
    codings.focus()
    compared.keyboard.press("ArrowDown")
    compared.keyboard.press("ArrowDown")
    compared.get_by_text(re.compile(r"SC_rgb_jpeg_gdcm: .* lossless")).wait_for()
    assert compared.evaluate("document.querySelectorAll('.jp-Cell').length") == 2
    close_sessions(jupyterlab)
    assert jupyterlab.outside == []
