"""The readable pages: how long they take to build, what a first visit brings, when it shows."""

from __future__ import annotations

import functools
import http.server
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from course_tools.bench.jupyterlab import find_chromium
from course_tools.site import write_site

VISITS = 7
PAGES = (
    "en/index.html",
    "en/00a_recognise_dicom.html",
    "en/07b_window.html",
    "ru/01a_elements.html",
)
_PICTURES = ("image/png", "image/jpeg")
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_STOCK = 'project = "Stock"\nhtml_theme = "pydata_sphinx_theme"\n'


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went on before all was sent."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this computer, and give its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def lines() -> Iterator[str]:
    """Yield the figures of the site as sentences; the stock theme's are of an empty page."""
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.perf_counter()
        pages = [*write_site(folder / "site")]
        yield f"built in {time.perf_counter() - begin:.0f} s, {len(pages)} languages"
        size = sum(path.stat().st_size for path in (folder / "site").rglob("*") if path.is_file())
        yield f"the whole site: {size / 1e6:.1f} MB"
        _write_stock(folder)
        with served(folder) as address, sync_playwright() as started:
            chromium = find_chromium()
            browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            every = ["stock/index.html", *(f"site/{page}" for page in PAGES)]
            for page in every:
                total, pictures = brought(browser, address + page)
                sizes = f"{total / 1e6:.2f} MB, {pictures / 1e6:.2f} of them pictures"
                yield f"{page}: a first visit brings {sizes}"
            seen: dict[str, list[float]] = {page: [] for page in every}
            for _visit in range(VISITS):
                for page in every:  # in turn, so that load of this computer strikes them alike
                    seen[page].append(painted(browser, address + page))
            for page, times in seen.items():
                yield f"{page}: first content after {statistics.median(times):.0f} ms"
            browser.close()


def brought(browser: Any, address: str) -> tuple[int, int]:
    """Return how many bytes a first visit brings, and how many of them are pictures."""
    page = browser.new_page()
    answers: list[Any] = []
    page.on("response", lambda one: answers.append(one))
    page.goto(address, wait_until="networkidle")
    sizes = [(one.headers.get("content-type", ""), len(one.body())) for one in answers]
    page.close()
    pictures = sum(size for kind, size in sizes if kind in _PICTURES)
    return sum(size for _kind, size in sizes), pictures


def painted(browser: Any, address: str) -> float:
    """Return after how many milliseconds a first visit shows something; nothing is cached."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.wait_for_function(f"() => ({_PAINTED}) !== null")
    after = float(page.evaluate(_PAINTED))
    context.close()
    return after


def _write_stock(folder: Path) -> None:
    source = folder / "source"
    source.mkdir()
    (source / "conf.py").write_text(_STOCK, encoding="utf-8")
    (source / "index.rst").write_text("Stock\n=====\n", encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", str(source), str(folder / "stock")]
    subprocess.run(command, check=True)
