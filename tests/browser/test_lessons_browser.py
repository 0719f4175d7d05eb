"""Every lesson in a real JupyterLab, opened and run as a learner does."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import Lab, drag, open_here, run_all
from lesson_files import cells, name, source, tags

from course_tools import lessons

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

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
PICTURES = """async () => {
  const images = [...document.querySelectorAll('.jp-OutputArea img')];
  await Promise.all(images.map((one) => one.decode()));
  return images.map(({ naturalWidth, clientWidth }) => [naturalWidth, clientWidth]); }"""
# each sitting in one of the languages, each lesson in both: the code of both is the same
PATHS = [
    path
    for number, both in enumerate(
        zip(*(lessons.notebooks(one) for one in ("en", "ru")), strict=True)
    )
    for path in [both[number % 2]]
]


@dataclass
class Run:
    """A lesson in JupyterLab, after all of its cells ran.

    Attributes
    ----------
    shut : list of bool
        Before that: whether the first output that is stored as hidden was shut.
    pictures : list of list of int
        Before that: how wide each picture was that was in view, in its pixels and on the screen.
    """

    path: Path
    page: Page
    shut: list[bool]
    pictures: list[list[int]]


@pytest.fixture(scope="module", params=PATHS, ids=name)
def ran(request: pytest.FixtureRequest, desk: Page, jupyterlab: Lab) -> Run:
    path: Path = request.param
    folder = jupyterlab.folder / path.parent.name
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder)
    open_here(desk, jupyterlab, f"{path.parent.name}/{path.name}")
    pictures = desk.evaluate(PICTURES)
    shut = [
        shown_cell(desk, id).locator(".jp-OutputPlaceholder").count() == 1
        for id in hidden(path)[:1]
    ]
    run_all(desk, 120)
    return Run(path, desk, shut, pictures)


def only(*names: str) -> pytest.MarkDecorator:
    """Look at some lessons that ran anyhow."""
    paths = [next(path for path in PATHS if path.stem == stem) for stem in names]
    return pytest.mark.parametrize("ran", paths, ids=name, indirect=True)


@pytest.mark.browser
def test_a_lesson_runs_in_jupyterlab(ran: Run, jupyterlab: Lab) -> None:
    found = {cell["id"]: cell for cell in ran.page.evaluate(COUNTS)}
    code = cells(ran.path, "code")
    failing = [cell["id"] for cell in code if "raises-exception" in tags(cell)]
    live = [
        cell["id"]
        for cell in code
        if "nbval-ignore-output" in tags(cell) and "conformance(" not in source(cell)
    ]
    assert [cell["id"] for cell in code if not found[cell["id"]]["count"]] == []
    assert [id for id, cell in found.items() if "error" in cell["kinds"]] == failing
    assert [id for id in live if "live" not in found[id]["kinds"]] == []
    assert jupyterlab.outside == []


@pytest.mark.browser
@only("00a_recognise_dicom")
def test_the_course_opens_with_a_picture(ran: Run) -> None:
    [first, *_others] = ran.pictures
    assert first[0] >= 128
    assert first[1] > 300


@pytest.mark.browser
@only("01a_elements")
def test_the_byte_explorer_of_lesson_01_lights_up_bytes(ran: Run) -> None:
    page = ran.page
    shown_cell(page, "explore-bytes")
    page.locator(".dl-dump").first.wait_for()
    elements = page.get_by_role("listbox").filter(has_text="(0002,0010)").get_by_role("option")
    elements.filter(has_text="(0002,0010)").click()
    page.locator(".dl-status").get_by_text("(0002,0010)").wait_for()
    lit = page.locator(".dl-dump .dl-row .dl-lit").all_text_contents()
    assert "".join(lit).replace(" ", "").startswith("0200100055491600")


@pytest.mark.browser
@only("07b_window")
def test_the_playground_is_dragged_and_typed_in(ran: Run) -> None:
    page = ran.page
    playground = shown_cell(page, "playground")
    drag(page, (256, 256), (316, 301), "[data-cell=playground] .dl-stage")
    center, width, *_rest = printed_by(page, "playground-state-run").split()
    assert float(center) == pytest.approx(-200 + 45 * 1600 / 300, abs=1)
    assert float(width) == pytest.approx(1600 * math.exp(60 / 200), abs=1)
    shown_cell(page, "playground")
    playground.locator("input[type=number]").first.fill("77")
    assert printed_by(page, "playground-state-run").split()[0] == "77.0"


@pytest.mark.browser
@only("07c_films")
def test_the_film_is_scrolled(ran: Run) -> None:
    film = shown_cell(ran.page, "film")
    film.locator(".dl-stage").hover()
    for count in range(2, 5):
        ran.page.mouse.wheel(0, 100)
        film.locator(".dl-cine output").get_by_text(f"{count} / 24").wait_for()


@pytest.mark.browser
@only("01a_elements", "07a_hounsfield")
def test_an_answer_is_shut_until_its_cell_runs(ran: Run) -> None:
    assert ran.shut == [True]
    cell = shown_cell(ran.page, hidden(ran.path)[0])
    cell.locator(".jp-OutputArea-output").first.wait_for()
    assert cell.locator(".jp-OutputPlaceholder").count() == 0


def hidden(path: Path) -> list[str]:
    """Return the cells of a lesson whose outputs are stored as hidden."""
    return [
        cell["id"]
        for cell in cells(path, "code")
        if cell["metadata"].get("jupyter", {}).get("outputs_hidden") and cell["outputs"]
    ]


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
