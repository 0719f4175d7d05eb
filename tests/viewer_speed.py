"""Measure the viewer in JupyterLab in headless Chromium: ``python tests/viewer_speed.py``.

Prints one line of JSON per picture: milliseconds from a pointer's move to changed pixels (60
steps), pictures per second, bytes sent to the kernel while dragging, and milliseconds from running
the cell to the first picture.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from browser import READY, RUN_ALL, Lab, chromium, close_sessions, run_jupyterlab
from playwright.sync_api import Page, sync_playwright

STEPS = 60
START = (
    "import numpy as np\nfrom pydicom import Dataset, dcmread\n"
    "from dicom_lessons import samples\nfrom dicom_lessons.explorers.viewer import view_image\n"
    "import IPython.display\n"
    "def noise(*shape):\n"
    "    y = np.linspace(0, 3000, shape[-2] * shape[-1]).reshape(shape[-2:])\n"
    "    return (y + np.random.default_rng(1).normal(0, 60, shape)).clip(0, 4095).astype('u2')\n"
    "ct = samples.path('virtual/ct')\ncr = noise(2500, 2048)\nvolume = noise(100, 512, 512)\n"
    "IPython.display.display(view_image('CT_small'))\n"
)
PICTURES = {
    "CT 512 × 512, compressed file": "view_image(ct)",
    "radiograph 2500 × 2048": "view_image(cr)",
    "volume 512 × 512 × 100": "view_image(volume)",
}
# The first pixels of the picture that change after an event, looked at in every animation frame.
WATCH = """() => { const all = document.querySelectorAll('.dl-stage');
  const stage = all[all.length - 1], canvas = stage.querySelector('canvas');
  const pen = canvas.getContext('2d'), w = canvas.width, h = canvas.height;
  window.__sum = () => { const d = pen.getImageData(w / 2 - 20, 0, 40, h).data;
    let s = 0; for (let i = 0; i < d.length; i += 4) s = (s * 31 + d[i]) % 1e9; return s; };
  window.__stage = stage; }"""
STEP = """([what, steps]) => new Promise((done) => {
  const stage = window.__stage, sum = window.__sum;
  const box = stage.getBoundingClientRect(), times = [];
  const fire = (type, x, y) => stage.dispatchEvent(new PointerEvent(type, { clientX: box.left + x,
    clientY: box.top + y, bubbles: true, cancelable: true, button: 0 }));
  const wheel = (way) => stage.dispatchEvent(new WheelEvent('wheel', { deltaY: way, bubbles: true,
    cancelable: true }));
  stage.setPointerCapture = undefined;
  if (what === 'drag') fire('pointerdown', 200, 200);
  let n = 0; const began = performance.now();
  const next = () => { if (n === steps) { const spent = performance.now() - began;
      window.__drop = () => fire('pointerup', 200, 200); return done([times, spent]); }
    n += 1; const before = sum(), start = performance.now();
    if (what === 'drag') fire('pointermove', 200 + n, 200 + (n % 2)); else wheel(1);
    const look = () => { const changed = sum() !== before;
      if (changed || performance.now() - start > 2000) { times.push(performance.now() - start);
        next(); } else requestAnimationFrame(look); };
    requestAnimationFrame(look); };
  requestAnimationFrame(next); })"""
FIRST = """() => { window.__first = 0; const notebook = window.jupyterapp.shell.currentWidget;
  notebook.content.activeCellIndex = 1;
  window.__began = performance.now();
  const look = () => { const all = document.querySelectorAll('.dl-stage canvas');
    if (all.length > 2) { const c = all[all.length - 2];
      const d = c.getContext('2d').getImageData(0, c.height / 2, c.width, 1).data;
      if (d.some((v, i) => i % 4 === 0 && v > 0)) {
        window.__first = performance.now() - window.__began; return; } }
    requestAnimationFrame(look); };
  requestAnimationFrame(look);
  window.jupyterapp.commands.execute('notebook:run-cell'); }"""


def measure(page: Page, lab: Lab, name: str, code: str) -> dict[str, object]:
    """Open a notebook of one warming cell and one viewer, and measure the viewer."""
    close_sessions(lab)
    notebook = lab.write_notebook("speed.ipynb", START, code)
    sent: list[int] = []
    page.on("websocket", lambda s: s.on("framesent", lambda data: sent.append(len(data))))
    page.goto(f"{lab.address}/lab/tree/{notebook}?reset&token={lab.token}")
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
    page.evaluate(READY)
    page.wait_for_function("() => window.__ready")
    page.evaluate(RUN_ALL)
    page.wait_for_function("() => window.__ran")
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;"
        " window.jupyterapp.commands.execute('notebook:clear-cell-output'); }"
    )
    page.wait_for_timeout(1500)
    page.evaluate(FIRST)
    page.wait_for_function("() => window.__first > 0")
    first = page.evaluate("() => window.__first")
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    told: dict[str, object] = {"picture": name, "first picture ms": round(first)}
    for what in ["drag", "wheel"] if "volume" in name else ["drag"]:
        sent.clear()
        times, spent = page.evaluate(STEP, [what, STEPS])
        quiet = sum(sent)
        page.evaluate("() => window.__drop()")
        times = sorted(times)
        told[f"{what}: median ms"] = round(times[len(times) // 2], 1)
        told[f"{what}: 95th percentile ms"] = round(times[int(len(times) * 0.95)], 1)
        told[f"{what}: pictures per second"] = round(1000 * STEPS / spent, 1)
        told[f"{what}: bytes sent"] = quiet
    return told


def main() -> None:
    """Measure every picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as home,
        run_jupyterlab(Path(folder), Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, code in PICTURES.items():
            page = browser.new_page(viewport={"width": 1300, "height": 1400})
            sys.stdout.write(json.dumps(measure(page, lab, name, code), ensure_ascii=False) + "\n")
            sys.stdout.flush()
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
