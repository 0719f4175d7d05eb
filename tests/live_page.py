"""A live site in headless Chromium: opened, run, and asked what its cells say."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from course_tools.bench.jupyterlab import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

SECONDS = 240  # two cores, and a whole Python to be fetched and unpacked
_THERE = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
_READY = """() => { window.__ready = false; (async () => {
  const notebook = window.jupyterapp.shell.currentWidget;
  await notebook.context.ready; await notebook.sessionContext.ready;
  await notebook.sessionContext.session.kernel.info; window.__ready = true; })(); }"""
_RUN = """() => { window.__ran = false; window.jupyterapp.commands
  .execute('notebook:run-all-cells').then(() => { window.__ran = true; }); }"""
_CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter((cell) => cell.cell_type === 'code')
  .map((cell) => ({ id: cell.id, ran: cell.execution_count !== null, outputs: cell.outputs }))"""
_SHOW = """async (id) => { const { content } = window.jupyterapp.shell.currentWidget;
  // cells out of sight would not be drawn, and those in sight move while others are
  content.notebookConfig = { ...content.notebookConfig, windowingMode: 'none' };
  const place = content.widgets.findIndex((one) => one.model.sharedModel.id === id);
  const cell = content.widgets[place];
  cell.outputArea.node.id = `output-of-${id}`;
  await content.scrollToItem(place, 'start'); }"""
# what a reader sees of a widget: its page and the pixels of its pictures
_SEEN = """(root) => root.innerHTML
  + [...root.querySelectorAll('canvas')].map((one) => one.toDataURL()).join()"""


_KEPT = """() => new Promise((done) => {
  const open = indexedDB.open('JupyterLite Storage - /');
  open.onsuccess = () => {
    const files = open.result.transaction('files').objectStore('files').count();
    files.onsuccess = () => { open.result.close(); done(files.result); };
  };
})"""


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve a folder as any static web server would, and give its address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class LivePage:
    """One page of the live site; ``outside`` grows by what is asked of any other host."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)

    def show(self, path: str) -> None:
        """Open a notebook and wait until its cells are there."""
        self.page.goto(f"{self.address}/notebooks/index.html?path={path}")
        self.page.wait_for_function(_THERE)

    def open(self, path: str) -> None:
        """Open a notebook and wait until its kernel answers."""
        self.show(path)
        self.page.evaluate(_READY)
        self.page.wait_for_function("() => window.__ready")

    def run_all(self) -> list[dict[str, Any]]:
        """Run all cells and return them with their outputs."""
        self.page.evaluate(_RUN)
        self.page.wait_for_function("() => window.__ran")
        cells: list[dict[str, Any]] = self.page.evaluate(_CELLS)
        return cells

    def kept(self) -> int:
        """Return how many files and folders the browser keeps: each page reads all as it opens."""
        number: int = self.page.evaluate(_KEPT)
        return number

    def widget(self, cell: str) -> Locator:
        """Scroll to a cell and return its output, once a live widget is in it."""
        self.page.evaluate(_SHOW, cell)
        found = self.page.locator(f"#output-of-{cell}")
        found.locator(".dl-live, .jupyter-widgets").first.wait_for()
        return found

    def touch(self, cell: str) -> bool:
        """Use the controls of a cell's widget, one after another, until something else changes."""
        widget = self.widget(cell)
        seen = widget.evaluate(_SEEN)
        for use in (_drag, _choose, _check, _pick, _type, _press):
            if use(widget) and self._changes(widget, seen, seconds=2):
                return True
            seen = widget.evaluate(_SEEN)
        return self._changes(widget, seen, seconds=SECONDS)

    def _changes(self, widget: Locator, seen: str, seconds: int) -> bool:
        for _tenth in range(10 * seconds):
            if widget.evaluate(_SEEN) != seen:
                return True
            self.page.wait_for_timeout(100)
        return False


def _drag(widget: Locator) -> bool:
    stage = widget.locator(".dl-stage:visible")
    if not stage.count():
        return False
    stage.first.scroll_into_view_if_needed()
    box = stage.first.bounding_box()
    assert box is not None
    mouse = widget.page.mouse
    mouse.move(box["x"] + 40, box["y"] + 40)
    mouse.down()
    mouse.move(box["x"] + 120, box["y"] + 90, steps=5)
    mouse.up()
    return True


def _choose(widget: Locator) -> bool:
    other = "(one) => [...one.options].findIndex((option) => !option.selected && !option.disabled)"
    for choices in widget.locator("select:visible").all():
        if (number := choices.evaluate(other)) >= 0:
            choices.select_option(index=number)
            return True
    return False


def _check(widget: Locator) -> bool:
    radios = widget.locator("input[type=radio]:visible:not(:checked)")
    if radios.count():
        radios.first.check()
    return bool(radios.count())


def _pick(widget: Locator) -> bool:
    rows = widget.locator(":is([role=option], .row):visible:not([aria-selected=true])")
    if rows.count():
        rows.first.click()
    return bool(rows.count())


def _type(widget: Locator) -> bool:
    fields = widget.locator("input[type=text]:visible")
    if fields.count():
        fields.first.focus()
        widget.page.keyboard.press("End")
        widget.page.keyboard.type("1")
    return bool(fields.count())


def _press(widget: Locator) -> bool:
    buttons = widget.locator("button:visible:enabled")
    if buttons.count():
        buttons.first.click()
    return bool(buttons.count())


@contextmanager
def open_context(profile: Path) -> Iterator[BrowserContext]:
    """Open headless Chromium with a profile of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_chromium(),
            headless=True,
            viewport={"width": 1400, "height": 1200},
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        context.set_default_timeout(SECONDS * 1000)
        try:
            yield context
        finally:
            context.close()


@contextmanager
def open_live(context: BrowserContext, address: str) -> Iterator[LivePage]:
    """Open a page, and note what it asks of other hosts."""
    live = LivePage(context.new_page(), address)

    def note(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            live.outside.append(request.url)

    live.page.on("request", note)
    try:
        yield live
    finally:
        live.page.close()
