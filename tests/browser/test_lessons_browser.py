"""Every lesson in a real JupyterLab, opened and run as a learner does."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import Lab, close_sessions, drag, jupyterlab, open_notebook, page, run_all
from lesson_files import LESSON_FILES, cells, name, tags

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["jupyterlab", "page"]

# counted in the notebook's model: JupyterLab draws only the cells in view
COUNTS = """() => { const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  const found = [];
  for (let i = 0; i < cells.length; i++) { const cell = cells.get(i);
    if (cell.type !== 'code') continue;
    const kinds = [];
    for (let j = 0; j < cell.outputs.length; j++) {
      const output = cell.outputs.get(j);
      kinds.push(output.type);
      const data = output.data;
      if (data['application/vnd.jupyter.widget-view+json'] || data['text/html']) kinds.push('live');
    }
    found.push({id: cell.id, count: cell.executionCount, kinds: kinds}); }
  return found; }"""


@pytest.mark.browser
@pytest.mark.parametrize("path", LESSON_FILES, ids=name)
def test_a_lesson_runs_in_jupyterlab(path: Path, jupyterlab: Lab, page: Page) -> None:
    folder = jupyterlab.folder / path.parent.name
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder)
    open_notebook(page, jupyterlab, f"{path.parent.name}/{path.name}")
    run_all(page, 120)
    found = {cell["id"]: cell for cell in page.evaluate(COUNTS)}
    close_sessions(jupyterlab)
    code = cells(path, "code")
    failing = [cell["id"] for cell in code if "raises-exception" in tags(cell)]
    live = [cell["id"] for cell in code if "nbval-ignore-output" in tags(cell)]
    assert [cell["id"] for cell in code if not found[cell["id"]]["count"]] == []
    assert [id for id, cell in found.items() if "error" in cell["kinds"]] == failing
    assert [id for id in live if "live" not in found[id]["kinds"]] == []
    assert jupyterlab.outside == []


@pytest.mark.browser
def test_the_course_opens_with_a_picture(jupyterlab: Lab, page: Page) -> None:
    first = next(path for path in LESSON_FILES if path.stem == "00a_recognise_dicom")
    shutil.copy(first, jupyterlab.folder)
    open_notebook(page, jupyterlab, first.name)
    picture = page.locator(".jp-OutputArea img").first
    picture.wait_for(timeout=10_000)
    assert picture.evaluate("image => image.naturalWidth") >= 128
    assert picture.evaluate("image => image.clientWidth") > 300


@pytest.mark.browser
def test_the_byte_explorer_of_lesson_01_lights_up_bytes(jupyterlab: Lab, page: Page) -> None:
    lesson = next(path for path in LESSON_FILES if path.stem == "01a_elements")
    shutil.copy(lesson, jupyterlab.folder)
    open_notebook(page, jupyterlab, lesson.name)
    run_all(page, 120)
    shown_cell(page, "explore-bytes")
    page.locator(".dl-dump").first.wait_for()
    elements = page.get_by_role("listbox", name="Elements").get_by_role("option")
    elements.filter(has_text="(0002,0010)").click()
    page.locator(".dl-status").get_by_text("(0002,0010) Transfer Syntax UID").wait_for()
    lit = page.locator(".dl-dump .dl-row .dl-lit").all_text_contents()
    close_sessions(jupyterlab)
    assert "".join(lit).replace(" ", "").startswith("0200100055491600")


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_playground_is_dragged_and_typed_in(language: str, jupyterlab: Lab, page: Page) -> None:
    lesson = next(
        path for path in LESSON_FILES if (path.parent.name, path.stem) == (language, "07b_window")
    )
    shutil.copy(lesson, jupyterlab.folder)
    open_notebook(page, jupyterlab, lesson.name)
    run_all(page, 120)
    playground = shown_cell(page, "playground")
    drag(page, (256, 256), (316, 301), "[data-cell=playground] .dl-stage")
    center, width, *_rest = printed_by(page, "playground-state-run").split()
    assert float(center) == pytest.approx(-200 + 45 * 1600 / 300, abs=1)
    assert float(width) == pytest.approx(1600 * math.exp(60 / 200), abs=1)
    shown_cell(page, "playground")
    playground.locator("input[type=number]").first.fill("77")
    assert printed_by(page, "playground-state-run").split()[0] == "77.0"
    close_sessions(jupyterlab)


@pytest.mark.browser
def test_the_film_is_scrolled(jupyterlab: Lab, page: Page) -> None:
    lesson = next(path for path in LESSON_FILES if path.stem == "07c_films")
    shutil.copy(lesson, jupyterlab.folder)
    open_notebook(page, jupyterlab, lesson.name)
    run_all(page, 120)
    film = shown_cell(page, "film")
    film.locator(".dl-stage").hover()
    for count in range(2, 5):
        page.mouse.wheel(0, 100)
        film.locator(".dl-cine output").get_by_text(f"{count} / 24").wait_for()
    close_sessions(jupyterlab)


@pytest.mark.browser
@pytest.mark.parametrize("stem", ["01a_elements", "07a_hounsfield"])
def test_an_answer_is_shut_until_its_cell_runs(stem: str, jupyterlab: Lab, page: Page) -> None:
    lesson = next(path for path in LESSON_FILES if path.stem == stem)
    shutil.copy(lesson, jupyterlab.folder)
    hidden = [
        cell["id"]
        for cell in cells(lesson, "code")
        if cell["metadata"].get("jupyter", {}).get("outputs_hidden") and cell["outputs"]
    ]
    assert hidden
    open_notebook(page, jupyterlab, lesson.name)
    assert shown_cell(page, hidden[0]).locator(".jp-OutputPlaceholder").count() == 1
    run_all(page, 120)
    cell = shown_cell(page, hidden[0])
    cell.locator(".jp-OutputArea-output").first.wait_for()
    assert cell.locator(".jp-OutputPlaceholder").count() == 0
    close_sessions(jupyterlab)


def shown_cell(page: Page, id: str) -> Locator:
    """Scroll to a cell and return it with what it shows."""
    page.evaluate(
        """(id) => { const notebook = window.jupyterapp.shell.currentWidget.content;
        const index = notebook.widgets.findIndex(cell => cell.model.id === id);
        notebook.widgets[index].node.dataset.cell = id;
        return notebook.scrollToItem(index, 'start'); }""",
        id,
    )
    return page.locator(f"[data-cell={id}]")


def printed_by(page: Page, id: str) -> str:
    """Run a cell again, when what the browser has sent is there, and return what it prints."""
    page.wait_for_timeout(500)
    page.evaluate(
        """(id) => { const { commands, shell } = window.jupyterapp;
        const notebook = shell.currentWidget.content;
        notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
        window.__done = false;
        commands.execute('notebook:run-cell').then(() => { window.__done = true; }); }""",
        id,
    )
    page.wait_for_function("() => window.__done")
    return str(
        page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.activeCell.model
            .outputs.get(0).toJSON().text"""
        )
    )
