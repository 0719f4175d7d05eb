"""No key that is pressed in a widget acts on the notebook, and nobody is trapped in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from every_widget import EVERY_WIDGET, PAGE
from lab import Lab, open_notebook, run_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

# in command mode: cut, insert above and below, make Markdown, raw and code, delete, merge, move
KEYS = [
    "x",
    "a",
    "b",
    "m",
    "r",
    "d",
    "d",
    "Shift+M",
    "ArrowUp",
    "ArrowDown",
    "Enter",
    "c",
    "v",
    "j",
]
KEYS_ON_TEXT = ["x", "ArrowDown"]

# The notebook's model is compared, and the commands that were carried out. A place is where in a
# widget a click may land: of each kind of element one, of controls two.
HELPERS = """() => {
  const { shell, commands } = window.jupyterapp;
  window.__ran = [];
  commands.commandExecuted.connect((_, { id }) => window.__ran.push(id));
  const notebook = () => shell.currentWidget.content;
  window.__state = () => ({
    cells: notebook().model.sharedModel.cells.map(({ id, cell_type, source, metadata }) =>
      [id, cell_type, source, JSON.stringify(metadata)]),
    active: notebook().activeCellIndex, mode: notebook().mode, ran: window.__ran.splice(0),
  });
  window.__cell = (index) => notebook().widgets[index];
  const kind = (node) => [node.tagName, node.getAttribute('role'), node.type, node.className];
  const seen = (node) => node.checkVisibility() && node.getClientRects().length;
  const control = 'a,button,input,select,textarea,[tabindex],canvas';
  window.__places = (index) => {
    const counts = {}, found = [];
    const root = window.__cell(index).node.querySelector('.dl-live');
    for (const node of [root, ...root.querySelectorAll('*')]) {
      if (!seen(node) || node.disabled || node.tagName === 'OPTION') continue;
      const name = kind(node).join(' ');
      counts[name] = (counts[name] ?? 0) + 1;
      const isControl = node.matches(control);
      if (counts[name] <= 1 + isControl) found.push([name, counts[name], isControl]);
    }
    return found;
  };
  window.__point = async (index, name, count) => {
    const root = window.__cell(index).node.querySelector('.dl-live');
    let point, calm = 0; // an arrow key may have scrolled the page, which goes on for a while
    while (calm < 3) {
      const node = [root, ...root.querySelectorAll('*')].filter((node) =>
        kind(node).join(' ') === name && seen(node))[count - 1];
      if (!node) return null;
      node.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
      const { left, top, width, height } = node.getBoundingClientRect();
      const y = height > innerHeight / 2 ? innerHeight / 2 : top + height / 2;
      const now = [left + Math.min(width / 2, 200), y];
      calm = String(now) === String(point) ? calm + 1 : 0;
      point = now;
      if (node.tagName === 'SELECT' && node.size < 2) { // a click would open a list beside the page
        window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
        node.focus();
        return [];
      }
      await new Promise(requestAnimationFrame);
    }
    const hit = document.elementFromPoint(...point);
    if (hit?.tagName === 'SELECT') point[1] = hit.getBoundingClientRect().top - 3; // not its list
    return root.contains(document.elementFromPoint(...point)) ? point : null;
  };
  window.addEventListener('pointerdown', ({ target }) => {
    const place = notebook().widgets.findIndex(({ node }) => node.contains(target));
    window.__hit = target.closest('.dl-live') && place;
  }, true);
  window.__focused = () => {
    const { activeElement } = document;
    const { widgets } = notebook();
    return [activeElement.className, widgets.findIndex(({ node }) => node === activeElement)];
  };
}"""
Place = tuple[str, int, bool]
SHOW = "(index) => window.jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')"
INSIDE = "(index) => window.__cell(index).node.contains(document.activeElement)"
# where Tab may stop: radio buttons of a name and fields that are off count too, so at most
STOPS = """(index) => window.__cell(index).node.querySelectorAll(
  'a,button,input,select,textarea,[tabindex="0"]').length"""
CODES = [*EVERY_WIDGET.values(), PAGE]
NAMES = [*EVERY_WIDGET, "a page without a kernel"]


@pytest.fixture
def every(page: Page, jupyterlab: Lab) -> Page:
    # all cells stay on the page, so that nothing moves between a look and a click
    settings = jupyterlab.settings / "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"windowingMode": "none"}')
    name = jupyterlab.write_notebook("every.ipynb", *CODES, "1 + 1")
    open_notebook(page, jupyterlab, name)
    run_all(page, 120)
    page.evaluate(HELPERS)
    return page


def shown(page: Page, index: int) -> list[Place]:
    """Scroll to a widget, wait for it and return the places in it."""
    page.evaluate(SHOW, index)
    page.wait_for_function(
        "(index) => window.__cell(index).node.querySelector('.dl-live')", arg=index
    )
    page.wait_for_timeout(500)
    found: list[Place] = page.evaluate("(index) => window.__places(index)", index)
    return found


def clicked(page: Page, index: int, place: Place) -> bool:
    """Click a place, again if the page moved away below the mouse; tell whether it is there."""
    for _attempt in range(5):
        point = page.evaluate("(place) => window.__point(...place)", [index, *place[:2]])
        if not point:
            return point is not None
        page.mouse.click(*point)
        if page.evaluate("window.__hit") == index:
            return True
    raise AssertionError(f"{place} of {NAMES[index]} cannot be clicked")


@pytest.mark.browser
def test_keys_pressed_in_a_widget_stay_there_and_nobody_is_trapped(every: Page) -> None:
    """Escape leads to the cell, Ctrl with a letter and Shift+Enter to JupyterLab, Tab goes on."""
    wrong: list[Any] = []
    tried = pressed = 0
    for index, name in enumerate(NAMES):
        for place in shown(every, index):
            if not clicked(every, index, place):
                continue
            before = every.evaluate("window.__state()")
            assert before["active"] == index, (name, place, wrong)
            keys = KEYS if place[2] else KEYS_ON_TEXT
            for key in keys:
                every.keyboard.press(key)
            after = every.evaluate("window.__state()")
            if after != before | {"ran": []}:
                wrong.append((name, place, after["ran"], every.evaluate("window.__focused()")))
            tried, pressed = tried + 1, pressed + len(keys)
            if place[2]:
                leave(every, index, place)
        root = shown(every, index)[0]
        assert clicked(every, index, root), name
        steps = every.evaluate(STOPS, index) + 2
        while steps and every.evaluate(INSIDE, index):
            every.keyboard.press("Tab")
            steps -= 1
        assert not every.evaluate(INSIDE, index), f"{name} keeps Tab"
        assert clicked(every, index, root)
        every.keyboard.press("Shift+Enter")
        assert "notebook:run-cell-and-select-next" in every.evaluate("window.__state().ran"), name
    print(f"{tried} places, {pressed} keys")
    assert wrong == []
    assert tried > 15 * len(NAMES)


def leave(page: Page, index: int, place: Place) -> None:
    if page.evaluate("document.activeElement.tagName") == "SELECT":  # keys may have opened its list
        page.keyboard.press("Escape")
    if not clicked(page, index, place):  # keys may have changed what is shown
        return
    page.keyboard.press("Control+s")
    assert page.evaluate("window.__state().ran") == ["docmanager:save"], place
    page.keyboard.press("Escape")
    if page.evaluate("document.activeElement.tagName") == "SELECT":
        page.keyboard.press("Escape")  # the first one closed an open list
    assert page.evaluate("window.__focused()")[1] == index, place
    assert page.evaluate("window.__state().mode") == "command", place


@pytest.mark.browser
def test_the_byte_explorer_keeps_its_help_line_wherever_the_focus_is(
    page: Page, jupyterlab: Lab
) -> None:
    name = jupyterlab.write_notebook("bytes.ipynb", EVERY_WIDGET["ByteExplorer"])
    open_notebook(page, jupyterlab, name)
    run_all(page)
    page.locator(".dl-legend").click()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.locator(".dl-selected", has_text="(0002,0000)").wait_for()
    page.locator(".dl-dump [data-offset='0']").first.click()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.locator(".dl-selected", has_text="preamble").wait_for()
    page.locator(".dl-bytes select").focus()
    page.keyboard.press("ArrowDown")
    page.locator(".dl-selected", has_text="preamble").wait_for()
