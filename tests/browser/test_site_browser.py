"""The readable site in a real browser: by mouse and by keyboard, wide and narrow, alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lab import need_browser
from pages import PAGES

from course_tools import lessons
from course_tools.bench.jupyterlab import find_chromium
from course_tools.bench.site import brought, served
from course_tools.site import questions
from dicom_lessons.exercises.kinds import Parsons, Prediction
from dicom_lessons.exercises.lessons import find, sittings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
AXE = lessons.ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GONE_ON = "net::ERR_ABORTED"  # by going on to the next page
MOST_BYTES = 1_200_000
GRAVE = ("serious", "critical")
WIDE: Any = {"width": 1280, "height": 900}
PHONE: Any = {"width": 390, "height": 800}
SEEN = "document.querySelector('.dl-viewer canvas').toDataURL()"
TYPED = [
    name
    for names in sittings().values()
    for name in names
    if questions.is_judged_here(name)
    and isinstance(find(name), Prediction | Parsons)
    and questions.judged(find(name))["form"] != "truth"
]
RUBBISH = [
    "x",
    "0",
    "-1",
    "12",
    "0x10",
    "10h",
    "1,5",
    "zz zz",
    "fffe",
    "1.2.3",
    "СТ",
    "a b",
    "00 01",
]


class Visitor:
    """A browser that notes whatever goes wrong on the pages that it opens."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.faults: list[str] = []

    @contextmanager
    def visit(self, page: str, theme: Any = "light", size: Any = None) -> Iterator[Page]:
        """Open a page in a fresh profile, and see to it that nothing went wrong in the end."""
        context = self.browser.new_context(color_scheme=theme, viewport=size or WIDE)
        try:
            opened = self.watched(context.new_page())
            opened.goto(self.address + page)
            yield opened
        finally:
            context.close()
        assert self.faults == []

    def watched(self, page: Page) -> Page:
        """Return a page of which is noted whatever goes wrong."""
        page.on("pageerror", lambda error: self._note(f"{page.url}: {error}"))
        page.on("requestfailed", lambda one: self._note(one.url, one.failure != GONE_ON))
        page.on("response", lambda one: self._note(f"{one.url}: {one.status}", one.status >= 400))
        page.on("console", lambda one: self._note(f"{page.url}: {one.text}", one.type == "error"))
        page.on("request", lambda one: self._note(f"{one.url}: outside", self._is_outside(one.url)))
        return page

    def _note(self, fault: str, is_one: bool = True) -> None:
        if is_one:
            self.faults.append(fault)

    def _is_outside(self, address: str) -> bool:
        return not address.startswith((self.address, "data:", "blob:"))


@pytest.fixture(scope="module")
def visitor(site: Path) -> Iterator[Visitor]:
    need_browser()
    from playwright.sync_api import sync_playwright

    with served(site) as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield Visitor(browser, address)
        browser.close()


def shoot(page: Page, name: str) -> None:
    """Keep a picture for whoever wants to look, where the environment says."""
    if shots := os.environ.get("DICOM_LESSONS_SHOTS"):
        page.screenshot(path=Path(shots) / f"site-{name}.png")


def test_every_page_opens_with_nothing_serious_to_say_against_it(visitor: Visitor) -> None:
    """English in the light, Russian in the dark; axe-core looks at each page in one of them."""
    axe = _axe()
    found = []
    seen: Any = (("light", "en"), ("dark", "ru"))
    for turn, (theme, language) in enumerate(seen):
        context = visitor.browser.new_context(color_scheme=theme, viewport=WIDE)
        page = visitor.watched(context.new_page())
        for number, name in enumerate(one for one in PAGES if one.startswith(language)):
            page.goto(visitor.address + name)
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            if number % len(seen) == turn:
                found += [f"{name}: {one}" for one in _grave(page, axe)]
        context.close()
    assert found == []
    assert visitor.faults == []


def test_a_first_visit_brings_little(visitor: Visitor) -> None:
    for name in ("en/index", "ru/00a_recognise_dicom", "en/07a_hounsfield", "en/07b_window"):
        total, pictures = brought(visitor.browser, f"{visitor.address}{name}.html")
        assert total - pictures <= MOST_BYTES, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_a_phone(visitor: Visitor, theme: str) -> None:
    axe = _axe()
    for name in ("ru/index", "en/00a_recognise_dicom", "ru/01a_elements", "en/glossary", "ru/map",
                 "en/api/dicom_lessons.volume", "en/07c_films", "ru/teaching"):  # fmt: skip
        with visitor.visit(f"{name}.html", theme, PHONE) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
            assert _grave(page, axe) == [], name
            shoot(page, f"phone-{name.replace('/', '-')}-{theme}")
            page.get_by_role("button", name="Поиск" if name[:2] == "ru" else "Search").click()
            assert page.locator("input[type=search]:visible").count() == 1


def _axe() -> str:
    if not AXE.is_file():
        message = "needs npm install --prefix . --no-save axe-core@4"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return AXE.read_text(encoding="utf-8")


def _grave(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate(f"axe.run({{runOnly: {RULES}, resultTypes: ['violations']}})")[
        "violations"
    ]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}"
            for one in found if one["impact"] in GRAVE]  # fmt: skip


def test_the_door_leads_to_a_language_and_a_switch_to_the_other(visitor: Visitor) -> None:
    with visitor.visit("index.html") as page:
        page.wait_for_url("**/en/index.html")
        page.goto(visitor.address + "en/api/dicom_lessons.sop.html")
        page.get_by_role("link", name="Русский").click()
        page.wait_for_url("**/ru/api/dicom_lessons.sop.html")
        assert page.evaluate("document.documentElement.lang") == "ru"
        page.get_by_role("link", name="English").click()
        page.wait_for_url("**/en/api/dicom_lessons.sop.html")


@pytest.mark.parametrize("language, words, page_name", [
    ("en", "hounsfield", "07a_hounsfield"), ("ru", "преамбулы", "00a_recognise_dicom"),
])  # fmt: skip
def test_search_finds(visitor: Visitor, language: str, words: str, page_name: str) -> None:
    """The Russian word stands in another case than in the text: the search knows its stem."""
    with visitor.visit(f"{language}/map.html") as page:
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=*")
        page.wait_for_selector(f"#search-results a[href*='{page_name}.html']")
        shoot(page, f"search-{language}")


def test_the_theme_is_chosen_and_kept(visitor: Visitor) -> None:
    with visitor.visit("en/map.html") as page:
        page.locator("button.theme-switch-button:visible").click()
        page.get_by_role("button", name="Dark").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_one_walks_through_the_sittings_in_their_order(visitor: Visitor) -> None:
    every = [path.stem for path in lessons.notebooks("en")]
    with visitor.visit(f"en/{every[0]}.html") as page:
        for name in every[1:4]:
            page.locator("a.right-next").click()
            page.wait_for_url(f"**/{name}.html")
        page.locator("a.left-prev").click()
        page.wait_for_url(f"**/{every[2]}.html")


# ---- questions


def test_a_choice_says_why_and_nothing_before(visitor: Visitor) -> None:
    with visitor.visit("en/00a_recognise_dicom.html") as page:
        question = page.locator("[data-question=meet_dicom-1]")
        said = question.locator(".site-verdict")
        assert said.inner_text() == "" and question.get_by_role("group").count() == 1
        question.get_by_role("button", name="Check my answer").click()
        assert said.inner_text() == "Choose an answer first."
        question.get_by_text("The format of picture files").click()
        assert said.inner_text() == "Choose an answer first.", "not before it is asked for"
        question.get_by_role("button", name="Check my answer").click()
        assert said.inner_text().startswith("✗ Not yet. Pictures are one kind of object.")
        question.get_by_role("radio").nth(1).check()
        question.get_by_role("button", name="Check my answer").click()
        assert said.inner_text().startswith("✓ Right. A file on a disk is one of the ways")
        for number in (1, 2, 3, 3):
            question.get_by_role("button", name="Hint").click()
            hint = question.locator(".site-hint").inner_text()
            assert hint.startswith(f"Hint {number} of 3: ")
        question.scroll_into_view_if_needed()
        shoot(page, "choice")


def test_a_question_needs_no_mouse(visitor: Visitor) -> None:
    with visitor.visit("ru/01a_elements.html") as page:
        question = page.locator("[data-question]").first
        name = question.get_attribute("data-question")
        question.get_by_role("radio").first.focus()
        right = find(str(name)).models[0]
        for _step in range("abcdef".index(str(right))):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        assert question.locator(".site-verdict").inner_text().startswith("✓ ")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert " 1 " in question.locator(".site-hint").inner_text()


def test_a_prediction_comes_before_its_result(visitor: Visitor) -> None:
    with visitor.visit("en/00a_recognise_dicom.html") as page:
        question = page.locator("[data-question=meet_dicom-p3]")
        compared = page.locator("[data-compare=meet_dicom-p3]")
        said = compared.locator(".site-verdict")
        compared.get_by_role("button").click()
        assert said.inner_text() == "Predict first: write what you expect above."
        folded = page.locator("details", has_text="b'DICM'").first
        assert folded.get_attribute("open") is None
        assert not folded.get_by_text("c.dc3 b'DICM'").is_visible()
        field = question.get_by_role("textbox")
        field.fill("many")
        field.press("Enter")
        assert question.locator(".site-verdict").inner_text().startswith("Expected here: a whole")
        field.fill("7")
        field.press("Enter")
        assert question.locator(".site-verdict").inner_text().startswith("Noted: 7.")
        folded.locator("summary").focus()
        page.keyboard.press("Enter")
        assert folded.get_by_text("c.dc3 b'DICM'").is_visible()
        compared.get_by_role("button").click()
        assert said.inner_text().startswith("✗ Not what you predicted. You answered 7.")
        field.fill("0x6")
        field.press("Enter")
        compared.get_by_role("button").click()
        assert said.inner_text().startswith("✓ As you predicted. Six are copies")


def test_the_script_judges_what_is_typed_as_python_does(visitor: Visitor) -> None:
    with visitor.visit("en/map.html") as page:
        page.evaluate(
            "async () => { window.judge = (await import('./_static/questions.js')).judge }"
        )
        for name in TYPED:
            exercise, data = find(name), questions.judged(find(name))
            for typed in [*_forms(name, data), *RUBBISH]:
                verdict = exercise.judge(typed)
                right, said = page.evaluate("([data, typed]) => judge(data, typed)", [data, typed])
                assert bool(right) == bool(verdict.right), (name, typed, said, verdict)
                if verdict.right:
                    assert said.endswith(verdict.why), (name, typed)
                if right is None:
                    assert said in verdict.why, (name, typed)


def _forms(name: str, data: dict[str, Any]) -> list[str]:
    """Return what is likely to be typed for each answer that was foreseen, in several forms."""
    keys = [key for key in data["answers"] if key]
    if data["form"] == "hexadecimal":
        keys = [f"{int(key):x}" for key in keys]
    typed = [form for key in keys for form in (key, f" {key} ", key.upper())]
    if data["form"] == "integer":
        numbers = [int(key) for key in keys]
        typed += [form for one in numbers for form in (hex(one), f"{one:X}h", f"{one:,}")]
        typed += [f"{one:,}".replace(",", " ") for one in numbers]
    if data["form"] in ("hexadecimal", "status"):
        typed += [form for key in keys for form in (f"0x{key}", f"{key}h", f"({key},E000)")]
    if data["form"] == "folder":
        typed += [form for key in keys for form in (f"/{key}/", f"a/../{key}", f"{key}/b.dcm")]
    if data["form"] == "order":
        typed += [", ".join(key) for key in keys] + [key[::-1] for key in keys]
    if data["form"] == "bytes":
        typed += [bytes.fromhex(key).hex(" ") for key in keys]
    if data["form"] in ("number", "tenths"):
        typed += [key.replace(".", ",") for key in keys]
    return [*typed, *data.get("aliases", {})] if name else typed


# ---- the viewer


def test_the_viewer_windows_without_a_kernel(visitor: Visitor) -> None:
    for name in ("en/index.html", "ru/00a_recognise_dicom.html"):
        with visitor.visit(name) as page:
            viewer = page.locator(".dl-viewer").first
            viewer.wait_for()
            width = viewer.locator("input[type=number], input[type=text]").nth(1)
            before, seen = width.input_value(), page.evaluate(SEEN)
            viewer.locator("canvas").first.scroll_into_view_if_needed()
            box = viewer.locator("canvas").first.bounding_box()
            assert box
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 60, y + 20, steps=4)
            page.mouse.up()
            page.wait_for_function(f"seen => {SEEN} !== seen", arg=seen)
            assert width.input_value() != before


def test_everything_can_be_read_without_scripts(visitor: Visitor) -> None:
    context = visitor.browser.new_context(java_script_enabled=False, viewport=WIDE)
    page = context.new_page()
    page.goto(visitor.address + "en/00a_recognise_dicom.html")
    assert page.locator("dl-viewer-x, figure img").first.is_visible()
    assert page.locator("[data-question=meet_dicom-1] label").nth(1).is_visible()
    assert not page.get_by_role("button", name="Check my answer").first.is_visible()
    page.locator("details summary").first.click()
    assert page.locator("details[open]").count() == 1
    context.close()
