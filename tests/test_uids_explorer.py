"""The UID tree explorer: what it shows, its static twin, and the browser itself."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lab import Lab, close_sessions, jupyterlab, open_notebook, page, run_all
from pydicom import dcmread
from test_uids import DICOMDIR_SET, HOSTILE, instance, write

from dicom_lessons import uids
from dicom_lessons.text import set_language
from dicom_lessons.uids.explorer import UIDTree, explore_uids

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]


def twin(explorer: UIDTree) -> dict[str, Any]:
    return explorer._repr_mimebundle_()


def test_typing_judges_and_names_at_once() -> None:
    explorer = explore_uids("1.2.840.10008.1.2.1")
    assert "Explicit VR Little Endian" in explorer.panel.value
    assert explorer.panel.value.count("✓") == 5
    explorer.field.value += ".01"
    assert "no valid UID" in explorer.panel.value
    assert "Component 8 is written 01." in explorer.panel.value
    assert explorer.panel.value.count("✗") == 1
    explorer.field.value = "2.25.1"
    assert explorer.panel.value.count("✗") == 0


def test_arcs_are_named_and_the_suffix_stays_whole() -> None:
    panel = explore_uids("1.2.840.10008.5.1.4.1.1.2").panel.value
    panel = panel.partition("</table>")[0]
    rows = re.findall(r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>", panel)
    assert [number for number, _name in rows] == ["1", "2", "840", "10008", "5.1.4.1.1.2"]
    assert rows[2][1] == "United States"
    assert rows[4][1].startswith("the rest: a suffix")


@pytest.mark.parametrize("text", [value for value in HOSTILE if isinstance(value, str)])
def test_any_text_is_taken_and_stays_text(text: str) -> None:
    explorer = explore_uids("1.2.3")
    explorer.field.value = text
    bundle = twin(explorer)
    for shown in (explorer.panel.value, bundle["text/html"]):
        assert len(shown) < 6_000
        assert "<img" not in shown
        assert "✗" in shown
    assert len(bundle["text/plain"]) < 700


def test_without_files_there_is_no_tree() -> None:
    explorer = explore_uids("1.2.3")
    assert explorer.view not in explorer.children
    assert "<ul>" not in twin(explorer)["text/html"]


def test_the_tree_of_the_dicomdir_set_and_its_twin() -> None:
    explorer = explore_uids(files=DICOMDIR_SET)
    depths = [node["depth"] for node in explorer.view.nodes]
    assert [depths.count(depth) for depth in (0, 1, 2)] == [6, 13, 31]
    bundle = twin(explorer)
    for path in DICOMDIR_SET:
        assert dcmread(path).SOPInstanceUID in bundle["text/html"]
    assert bundle["text/html"].count("<li>") == 50
    assert bundle["text/plain"].count("    Instance ") == 31
    assert "<table" in bundle["text/html"]


def test_selecting_a_row_takes_its_uid_apart_by_its_element() -> None:
    explorer = explore_uids(files=DICOMDIR_SET)
    nodes = explorer.view.nodes
    for selected in (0, 1, 2, len(nodes) - 1):
        explorer.view.selected = selected
        assert explorer.field.value == nodes[selected]["uid"]
        assert "Instance: one thing" in explorer.panel.value
    explorer.field.value = "1.2.3.4"
    assert "Private: class or instance" in explorer.panel.value
    explorer.view.selected = 10**6
    assert explorer.field.value == "1.2.3.4"


def test_hostile_files_stay_text(tmp_path: Path) -> None:
    hostile = instance("1.2.3", "1.2.4", "1.2.5")
    hostile.StudyDescription = "<img src=x onerror=alert(1)>"
    hostile.SeriesDescription = "</ul><script>alert(1)</script>"
    write(tmp_path / "hostile", hostile)
    (tmp_path / "<b>.txt").write_text("no DICOM")
    bundle = twin(explore_uids(files=tmp_path))
    assert "<img" not in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert "&lt;b&gt;.txt" in bundle["text/html"]


def test_the_script_never_makes_markup_of_data() -> None:
    script = (Path(uids.__file__).with_name("explorer.js")).read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert script.count("textContent") >= 3


def test_the_explorer_speaks_russian() -> None:
    set_language("ru")
    bundle = twin(explore_uids("1.02", files=DICOMDIR_SET))
    assert "Исследование" in bundle["text/plain"]
    assert "неправильный UID" in bundle["text/html"]
    assert "нарушено" in bundle["text/html"]


# ---- in the browser

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
    wait_until(lambda: field.input_value() == uid)
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
    wait_until(lambda: field.input_value() == uid)
    status.filter(has_text="Instance: one thing").wait_for()
    assert explored.locator(".uid-tree .row:visible", has_text="FAST LOCALIZER").count() == 2


def wait_until(condition: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
