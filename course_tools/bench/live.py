"""The first cell of a live lesson, against an empty notebook that imports numpy and pydicom."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat

from course_tools.bench.jupyterlab import find_chromium
from course_tools.bench.site import served
from course_tools.lessons import ROOT
from course_tools.live import wheels
from course_tools.live.build import build

VISITS = 5
FIRST = "notebooks/index.html?path=en/00a_recognise_dicom.ipynb"
STOCK = "notebooks/index.html?path=empty.ipynb"
EMPTY = "import numpy\nimport pydicom"
_KERNELS = ("micropip", "ipython", "jedi", "pyodide-http", "traitlets", "numpy")
_THERE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext"
_RUN = """async () => { const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready; await panel.sessionContext.ready;
  window.jupyterapp.commands.execute('notebook:run-all-cells'); }"""
_RAN = """(place) => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter((cell) => cell.cell_type === 'code')[place].execution_count"""


def lines() -> Iterator[str]:
    """Yield after how many seconds the first cell of each has run, nothing being cached."""
    from playwright.sync_api import sync_playwright

    parts = ROOT / "build" / "pyodide"
    with TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "ours", parts)
        build_stock(folder, parts)
        with served(folder) as address, sync_playwright() as started:
            chromium = find_chromium()
            browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            spent: dict[str, list[float]] = {"empty": [], "first cell": []}
            for _visit in range(VISITS):  # in turn, so that load strikes both alike
                spent["empty"].append(visit(browser, f"{address}stock/{STOCK}", 0))
                spent["first cell"].append(visit(browser, f"{address}ours/{FIRST}", 1))
            browser.close()
    medians = {name: statistics.median(times) for name, times in spent.items()}
    for name, times in spent.items():
        every = ", ".join(f"{one:.1f}" for one in times)
        yield f"{name}: {medians[name]:.1f} s ({every})"
    yield f"ratio: {medians['first cell'] / medians['empty']:.2f}"


def visit(browser: Any, address: str, place: int) -> float:
    """Open a notebook for the first time, run it, and return when a code cell of it was done."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(300_000)
    begin = time.perf_counter()
    page.goto(address)
    page.wait_for_function(_THERE)
    page.evaluate(_RUN)
    page.wait_for_function(_RAN, arg=place, polling=50)
    after = time.perf_counter() - begin
    context.close()
    return after


def build_stock(folder: Path, parts: Path) -> None:
    """Build JupyterLite as it comes, with Pyodide's own wheels and PyPI's of pydicom."""
    work = folder / "work"
    pyodide = work / "static" / "pyodide"
    pyodide.mkdir(parents=True)
    lock = json.loads((parts / wheels.LOCK).read_text(encoding="utf-8"))
    known = lock["packages"]
    packages = {each: known[each] for each in wheels.closure(known, _KERNELS)}
    for each in (*wheels.RUNTIME, *(entry["file_name"] for entry in packages.values())):
        shutil.copy2(parts / each, pyodide)
    for each in ("comm", "pydicom"):
        entry = wheels.entry_of(next(parts.glob(f"{each}-*.whl")), each, (), pyodide)
        packages[each] = entry | {"sha256": wheels.sha256_of(pyodide / entry["file_name"])}
    (pyodide / wheels.LOCK).write_text(json.dumps({**lock, "packages": packages}))
    (work / "content").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(EMPTY)])
    notebook.metadata.kernelspec = {"name": "python", "display_name": "Python (Pyodide)"}
    nbformat.write(notebook, work / "content" / "empty.ipynb")
    options = {"apps": ["notebooks"], "contents": ["content"], "no_sourcemaps": True}
    (work / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": options}))
    site = {"jupyter-lite-schema-version": 0, "jupyter-config-data": {"exposeAppInBrowser": True}}
    (work / "jupyter-lite.json").write_text(json.dumps(site))
    start = "import sys; from jupyterlite_core.app import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "build", "--output-dir", str(folder / "stock")]
    subprocess.run(command, cwd=work, check=True, capture_output=True)
