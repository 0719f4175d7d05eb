"""Slides in a real browser: one after another, without a request to anybody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lab import need_browser

from course_tools import lessons, slides
from course_tools.bench.jupyterlab import find_chromium

pytestmark = pytest.mark.browser
REVEAL = lessons.ROOT / "node_modules" / "reveal.js"


def test_slides_are_shown_one_after_another_without_a_request(tmp_path: Path) -> None:
    need_browser()
    if not REVEAL.is_dir() and not os.environ.get("CI"):
        pytest.skip("needs npm install --prefix . --no-save reveal.js@5")
    from playwright.sync_api import sync_playwright

    (path, _russian) = slides.write_slides(tmp_path, ["01a"])
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        asked: list[str] = []
        faults: list[str] = []
        page.on("request", lambda one: asked.append(one.url))
        page.on("pageerror", lambda one: faults.append(str(one)))
        page.goto(path.as_uri())
        page.wait_for_function("Reveal.isReady()")
        assert page.locator("section.present:not(.stack)").inner_text().startswith("01a ")
        seen = 0
        for _slide in range(page.evaluate("Reveal.getTotalSlides()")):
            present = page.locator("section.present:not(.stack)")
            if "predict(" in present.inner_text():
                seen += 1
                assert "compare(" not in present.inner_text()
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
            if shots := os.environ.get("DICOM_LESSONS_SHOTS"):
                page.screenshot(path=Path(shots) / f"slide-{_slide:02}.png")
            page.evaluate("Reveal.next()")
        assert seen == 2
        assert page.evaluate("Reveal.isLastSlide()")
        browser.close()
    local = ("file:", "data:", "blob:")
    assert [url for url in asked if not url.startswith(local)] == []
    assert faults == []
