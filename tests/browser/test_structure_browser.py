"""The byte explorer in the browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, open_notebook, run_all
from test_structure_explorer import big_file, evil_file

from dicom_lessons import structure
from dicom_lessons.structure.explorer import (
    explore_bytes,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPTS = Path(structure.__file__).parent


def lit(page: Page) -> str:
    found = page.locator(".dl-dump .dl-row .dl-lit").all_text_contents()
    return "".join(text for text in found if re.fullmatch(r"[0-9a-f]{2} ?", text)).replace(" ", "")


SETUP = f"""import sys
sys.path.insert(0, {str(SCRIPTS.parents[1])!r})
from dicom_lessons.structure.explorer import explore_bytes"""


@pytest.mark.browser
def test_clicking_an_element_lights_its_bytes_and_back(jupyterlab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    (jupyterlab.folder / "evil.dcm").write_bytes(evil_file())
    name = jupyterlab.write_notebook("explore.ipynb", SETUP, "e = explore_bytes('evil.dcm')\ne")
    open_notebook(page, jupyterlab, name)
    run_all(page)
    elements, dump = page.get_by_role("listbox", name="Elements"), page.locator(".dl-dump")
    elements.get_by_role("option").filter(has_text="(0002,0010)").click()
    expect(page.locator(".dl-status")).to_have_text("(0002,0010) Transfer Syntax UID")
    assert lit(page).startswith("0200100055491400312e322e383430")

    dump.locator("[data-offset='130']").first.click()
    expect(page.locator(".dl-selected")).to_contain_text("prefix")
    assert lit(page) == b"DICM".hex()
    dump.press("ArrowRight")
    dump.press("ArrowRight")
    dump.press("Enter")
    expect(page.locator(".dl-selected")).to_contain_text("(0002,0000)")
    dump.press("End")
    expect(dump.locator(".dl-cursor").first).to_be_visible()
    expect(page.locator(".dl-status")).to_contain_text("padding")

    elements.press("Home")
    elements.press("PageDown")
    elements.press("PageDown")
    elements.press("Enter")
    expect(page.locator(".dl-selected")).to_be_visible()
    page.locator(".dl-bytes select").select_option("implicit")
    expect(page.locator(".dl-current")).to_contain_text("Implicit VR Little Endian")
    assert page.locator(".dl-bytes img").count() == 0
    assert page.locator(".jp-OutputArea img").count() == 0
    assert jupyterlab.outside == []
    close_sessions(jupyterlab)


@pytest.mark.browser
def test_python_selects_what_the_browser_shows(jupyterlab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    big_file(jupyterlab.folder)
    cells = (
        SETUP,
        "e = explore_bytes('big.dcm')\ne",
        "e.select('PatientName')",
        "e.select('PixelData')",
    )
    open_notebook(page, jupyterlab, jupyterlab.write_notebook("select.ipynb", *cells))
    run_all(page)
    expect(page.locator(".dl-selected")).to_contain_text("(7FE0,0010)")
    assert lit(page).startswith("e07f10004f570000")
    close_sessions(jupyterlab)


@pytest.mark.browser
def test_a_notebook_that_was_never_run_shows_the_table(jupyterlab: Lab, page: Page) -> None:
    bundle = explore_bytes("CT_small")._repr_mimebundle_()[0]
    bundle.pop("application/vnd.jupyter.widget-view+json")
    output = {"output_type": "display_data", "metadata": {}, "data": bundle}
    cell = "explore_bytes('CT_small')"
    name = jupyterlab.write_notebook("stored.ipynb", cell, outputs=[output])
    open_notebook(page, jupyterlab, name)
    assert page.locator(".jp-OutputArea table tbody tr").count() == 12
    assert "Transfer Syntax UID" in page.locator(".jp-OutputArea table").inner_text()
    assert jupyterlab.outside == []
    close_sessions(jupyterlab)
