"""What a learner does with the viewer in the browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest
from lab import Lab, drag, open_here, run_all
from nbconvert import HTMLExporter
from numpy.typing import NDArray
from PIL import Image

from course_tools import lessons
from course_tools.bench.jupyterlab import RUN_ALL
from dicom_lessons import pixels, samples
from dicom_lessons.viewer import view_image

if TYPE_CHECKING:
    from playwright.sync_api import Page

START = "from dicom_lessons.viewer import view_image\n"
CELLS = {
    "ct": START + "viewer = view_image('virtual/ct')\nviewer",
    "xa": START + "viewer = view_image('virtual/xa')\nviewer",
    "cr": START + "viewer = view_image('virtual/cr')\nviewer",
    "enhanced": START
    + """from pydicom import Dataset
from dicom_lessons import samples
dataset = samples.read('CT_small')
dataset.NumberOfFrames, dataset.PixelData = 3, dataset.PixelData * 3
dataset.PerFrameFunctionalGroupsSequence = []
for window in ((100, 200), (300, 50), (-5, 900)):
    group, voi = Dataset(), Dataset()
    voi.WindowCenter, voi.WindowWidth = window
    group.FrameVOILUTSequence = [voi]
    dataset.PerFrameFunctionalGroupsSequence.append(group)
viewer = view_image(dataset)
viewer""",
    "us": START + "viewer = view_image('virtual/us_doppler')\nviewer",
}
PIXELS = "(n) => document.querySelectorAll('.dl-stage')[n].querySelector('canvas').toDataURL()"
STATE = (
    "import json\nprint(json.dumps([viewer.center, viewer.width, viewer.function, viewer.frame,"
    " viewer.inverted, dict(viewer.measured)]))"
)


def opened(page: Page, lab: Lab, name: str) -> Page:
    """Open a notebook with a viewer and, below, a cell that prints the viewer's state."""
    notebook = lab.write_notebook(f"{name}.ipynb", CELLS[name], STATE)
    open_here(page, lab, notebook)
    run_all(page)
    page.locator(".dl-viewer").wait_for()
    page.wait_for_timeout(300)
    return page


def screen(page: Page, number: int = 0) -> NDArray[np.uint8]:
    """Return the red channel of what a viewer's canvas shows."""
    _head, _comma, png = page.evaluate(PIXELS, number).partition(",")
    with Image.open(BytesIO(base64.b64decode(png))) as image:
        return np.asarray(image)[..., 0]


def state(page: Page, holds: Callable[[Any], bool] = bool) -> Any:
    """Run the last cell again, until what Python knows holds or five seconds are over."""
    for _attempt in range(25):
        known = state_now(page)
        if holds(known):
            break
        page.wait_for_timeout(200)
    return known


def state_now(page: Page) -> Any:
    """Run the last cell again and return what Python knows."""
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1; }")
    page.evaluate(
        "() => { window.__done = false; window.jupyterapp.commands.execute("
        "'notebook:run-cell').then(() => { window.__done = true; }); }"
    )
    page.wait_for_function("() => window.__done")
    return json.loads(page.locator(".jp-OutputArea-output pre").last.inner_text())


@pytest.mark.browser
def test_dragging_windows_the_picture_as_python_does(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "ct")
    ct = samples.read("virtual/ct")
    assert np.array_equal(screen(desk), pixels.to_display(ct))
    drag(desk, (200, 200), (280, 150))
    center, width, function, *_rest = state(desk)
    assert center < 40
    assert width > 400
    assert np.array_equal(screen(desk), pixels.to_display(ct, pixels.Window(center, width)))
    desk.get_by_label("Function:").select_option("SIGMOID")
    center, width, function, *_rest = state(desk, lambda known: known[2] == "SIGMOID")
    sigmoid = pixels.Window(center, width, function)
    assert function == "SIGMOID"
    assert np.array_equal(screen(desk), pixels.to_display(ct, sigmoid))
    desk.locator(".dl-stage").dblclick()
    desk.wait_for_timeout(200)
    window = [40, 400, "LINEAR"]
    assert state(desk, lambda known: known[:3] == window)[:3] == window
    drag(desk, (40, 50), (80, 50), ".dl-histogram")
    assert state(desk, lambda known: known[0] != 40)[0] != 40
    assert jupyterlab.outside == []


@pytest.mark.browser
def test_everything_works_by_keyboard(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "ct")
    desk.locator(".dl-stage").focus()
    press = desk.keyboard.press
    press("ArrowDown")
    press("ArrowRight")
    press("i")
    desk.wait_for_timeout(200)
    center, width, _function, _frame, inverted, _measured = state(desk, lambda known: known[4])
    assert center > 40
    assert width > 400
    assert inverted
    desk.locator(".dl-stage").focus()
    press("Home")
    press("3")
    desk.wait_for_timeout(200)
    lung = [-600, 1500]
    assert state(desk, lambda known: known[:2] == lung)[:2] == lung
    desk.locator(".dl-stage").focus()
    press("d")
    press("ArrowRight")
    press("Enter")
    for _step in range(3):
        press("Shift+ArrowRight")
    press("Enter")
    desk.wait_for_timeout(200)
    measured = state(desk)[-1]
    spacing = float(samples.read("virtual/ct").PixelSpacing[1])
    assert measured["kind"] == "distance"
    assert measured["mm"] == pytest.approx(30 * spacing)
    assert desk.locator(".dl-viewer").count() == 1
    before = screen(desk)
    desk.locator(".dl-stage").focus()
    press("+")
    desk.wait_for_timeout(100)
    assert not np.array_equal(screen(desk), before)


@pytest.mark.browser
def test_the_cursor_and_a_region_tell_the_values(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "ct")
    ct = samples.read("virtual/ct")
    stored = pixels.stored_values(ct)
    box = desk.locator(".dl-stage").bounding_box()
    assert box is not None
    desk.mouse.move(box["x"] + 250, box["y"] + 240)
    desk.wait_for_timeout(100)
    told = desk.locator(".dl-values td").all_inner_texts()
    column, row = (int(number) for number in told[0].split(", "))
    assert told[1] == str(stored[row, column])
    assert told[2].replace("−", "-") == f"{pixels.modality_values(stored, ct)[row, column]:.0f} HU"
    assert told[3] == str(pixels.to_display(ct)[row, column])
    x, y, _z = (float(v) for v in told[4].replace("−", "-").removesuffix(" mm").split("; "))
    assert x == pytest.approx(ct.ImagePositionPatient[0] + column * ct.PixelSpacing[1], abs=0.06)
    assert y == pytest.approx(ct.ImagePositionPatient[1] + row * ct.PixelSpacing[0], abs=0.06)
    desk.get_by_role("radio", name="Region").click()
    drag(desk, (230, 220), (260, 250))
    told = state(desk)[-1]
    (r0, r1), (c0, c1) = told["rows"], told["columns"]
    inside = pixels.modality_values(stored, ct)[r0 : r1 + 1, c0 : c1 + 1]
    assert told["count"] == inside.size > 900
    assert told["mean"] == pytest.approx(inside.mean())
    assert told["deviation"] == pytest.approx(inside.std())


@pytest.mark.browser
def test_frames_follow_the_wheel_and_the_film_runs(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "xa")
    xa = samples.read("virtual/xa")
    box = desk.locator(".dl-stage").bounding_box()
    assert box is not None
    desk.mouse.move(box["x"] + 100, box["y"] + 100)
    desk.mouse.wheel(0, 100)
    desk.mouse.wheel(0, 100)
    desk.wait_for_timeout(500)
    assert state(desk, lambda known: known[3] == 2)[3] == 2
    small = np.asarray(Image.fromarray(screen(desk)).resize((384, 384), Image.Resampling.BOX))
    expected = pixels.to_display(xa, frame=2)
    assert np.abs(small.astype(int) - expected).mean() < 2
    desk.get_by_role("button", name="Play").click()
    desk.wait_for_timeout(1500)
    desk.get_by_role("button", name="Stop").click()
    desk.wait_for_timeout(200)
    assert state(desk, lambda known: known[3] != 2)[3] != 2


def asks(page: Page) -> list[str]:
    """Return a list that will hold what the page asks Python for."""
    asked: list[str] = []

    def note(data: str | bytes) -> None:
        text = str(data)
        if '"ask"' in text:
            asked.append(text)

    page.on("websocket", lambda socket: socket.on("framesent", note))
    return asked


@pytest.mark.browser
def test_frames_are_fetched_in_advance_and_no_step_is_lost(desk: Page, jupyterlab: Lab) -> None:
    asked = asks(desk)
    opened(desk, jupyterlab, "xa")
    desk.wait_for_timeout(1500)
    assert asked
    asked.clear()
    box = desk.locator(".dl-stage").bounding_box()
    assert box is not None
    desk.mouse.move(box["x"] + 100, box["y"] + 100)
    for _step in range(20):
        desk.mouse.wheel(0, 100)
        desk.wait_for_timeout(20)
    desk.wait_for_timeout(500)
    assert asked == []
    assert desk.locator(".dl-cine output").inner_text() == "21 / 24"
    assert state(desk, lambda known: known[3] == 20)[3] == 20


@pytest.mark.browser
def test_two_views_of_one_viewer_show_the_same_frame(desk: Page, jupyterlab: Lab) -> None:
    notebook = jupyterlab.write_notebook("twice.ipynb", CELLS["xa"], "viewer")
    open_here(desk, jupyterlab, notebook)
    run_all(desk)
    desk.locator(".dl-viewer").nth(1).wait_for()
    desk.locator(".dl-stage").nth(1).focus()
    for _step in range(3):
        desk.keyboard.press("PageDown")
    desk.locator(".dl-cine output", has_text="4 / 24").nth(1).wait_for()
    assert np.array_equal(screen(desk, 0), screen(desk, 1))


@pytest.mark.browser
def test_nothing_is_fetched_for_a_viewer_that_is_gone(desk: Page, jupyterlab: Lab) -> None:
    asked = asks(desk)
    long = f"import numpy as np\n{START}view_image(np.zeros((2000, 300, 300), 'u1'))"
    notebook = jupyterlab.write_notebook("long.ipynb", long)
    open_here(desk, jupyterlab, notebook)
    desk.evaluate(RUN_ALL)  # and no waiting: the kernel rests when all frames are there
    desk.locator(".dl-viewer").wait_for()
    desk.evaluate("window.jupyterapp.commands.execute('notebook:clear-cell-output')")
    desk.locator(".dl-viewer").wait_for(state="detached")
    desk.wait_for_timeout(300)
    assert 0 < len(asked) < 300
    asked.clear()
    desk.wait_for_timeout(500)
    assert asked == []


@pytest.mark.browser
def test_python_and_the_browser_keep_step(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "cr")
    cr = samples.read("virtual/cr")
    desk.get_by_label("Center:").fill("400")
    desk.get_by_label("Width:").fill("500")
    desk.wait_for_timeout(300)
    assert state(desk, lambda known: known[:2] == [400, 500])[:2] == [400, 500]
    before = screen(desk)
    tell(desk, "viewer.center = 900")
    assert desk.get_by_label("Center:").input_value() == "900"
    assert screen(desk).mean() > before.mean()
    assert cr.PhotometricInterpretation == "MONOCHROME1"


def tell(page: Page, code: str) -> None:
    """Let the kernel run some code."""
    page.evaluate(
        """(code) => { window.__done = false;
        window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
          .requestExecute({ code }).done.then(() => { window.__done = true; }); }""",
        code,
    )
    page.wait_for_function("() => window.__done")
    page.wait_for_timeout(300)


@pytest.mark.browser
def test_each_frame_has_its_own_window_on_both_sides(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "enhanced")
    fields = [desk.get_by_label("Center:"), desk.get_by_label("Width:")]

    def both() -> list[float]:
        shown = [float(field.input_value()) for field in fields]
        assert state(desk, lambda known: known[:2] == shown)[:2] == shown
        return shown

    desk.locator(".dl-stage").focus()
    desk.keyboard.press("PageDown")
    desk.wait_for_timeout(400)
    assert both() == [300, 50]
    tell(desk, "viewer.frame = 2")
    assert both() == [-5, 900]
    tell(desk, "viewer.center = 7")
    desk.locator(".dl-stage").focus()
    desk.keyboard.press("PageUp")
    desk.wait_for_timeout(400)
    assert both() == [7, 900]
    tell(desk, "viewer.as_file = True")
    assert both() == [300, 50]
    drag(desk, (200, 200), (240, 200))
    own = both()
    assert own[1] > 50
    tell(desk, "viewer.frame = 0")
    assert both() == own
    desk.get_by_label("Preset:").select_option(label="0  as the file says")
    desk.wait_for_timeout(400)
    assert both() == [100, 200]


@pytest.mark.browser
def test_a_colour_picture_arrives_whole(desk: Page, jupyterlab: Lab) -> None:
    opened(desk, jupyterlab, "us")
    shown = pixels.to_display(samples.read("virtual/us_doppler"))[..., 0]
    small = shown.repeat(4, 0).repeat(4, 1).reshape(384, 5, 512, 5).mean((1, 3))
    assert np.abs(screen(desk) - small).max() <= 0.5


@pytest.mark.browser
def test_nothing_is_sent_while_dragging_without_a_listener(desk: Page, jupyterlab: Lab) -> None:
    sent: list[str] = []
    desk.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(str(data))))
    opened(desk, jupyterlab, "ct")
    box = desk.locator(".dl-stage").bounding_box()
    assert box is not None
    desk.mouse.move(box["x"] + 200, box["y"] + 200)
    desk.mouse.down()
    sent.clear()
    desk.mouse.move(box["x"] + 300, box["y"] + 260, steps=30)
    desk.wait_for_timeout(200)
    assert sent == []
    desk.mouse.up()
    desk.wait_for_timeout(200)
    assert sent


@pytest.mark.browser
def test_a_page_windows_without_a_kernel(page: Page, tmp_path: Path) -> None:
    viewer = view_image("virtual/ct")
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{viewer.page()._repr_html_()}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.locator(".dl-stage canvas").first.wait_for()
    ct = samples.read("virtual/ct")
    assert np.array_equal(screen(page), pixels.to_display(ct))
    page.locator(".dl-stage").focus()
    page.keyboard.press("3")
    page.wait_for_timeout(200)
    assert np.array_equal(screen(page), pixels.to_display(ct, pixels.Window(-600, 1500)))
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


EXPORTED = (
    START + "view_image('CT_small')",
    "view_image('CT_small')",
    "view_image('virtual/ct', center=-600, width=1500)",
    "view_image('virtual/cr')",
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a notebook of viewers and export it, with no address of anything outside."""
    folder = tmp_path_factory.mktemp("exported")
    cells = [nbformat.v4.new_code_cell(source) for source in EXPORTED]
    notebook = folder / "viewers.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    nowhere = {"require_js_url": "", "mathjax_url": "", "mermaid_js_url": ""}
    exporter: Any = HTMLExporter
    body, _resources = exporter(**nowhere).from_notebook_node(lessons.run(notebook))
    file = folder / "viewers.html"
    file.write_text(body, encoding="utf-8")
    return file


def window_of(page: Page, number: int) -> pixels.Window:
    """Return the window that the fields of a viewer tell."""
    center, width = (
        float(page.get_by_label(label).nth(number).input_value()) for label in ("Center:", "Width:")
    )
    return pixels.Window(center, width)


@pytest.mark.browser
def test_the_viewers_of_an_exported_notebook_stay_alive(page: Page, exported: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(exported.as_uri())
    page.locator(".dl-stage").nth(2).wait_for()
    assert page.locator(".dl-viewer").count() == 3
    ct, small = samples.read("virtual/ct"), samples.read("CT_small")
    assert np.array_equal(screen(page, 2), pixels.to_display(ct, pixels.Window(-600, 1500)))
    untouched = screen(page, 1)
    assert np.array_equal(screen(page, 0), untouched)
    drag(page, (100, 100), (160, 60), number=0)
    drag(page, (200, 200), (260, 120), number=2)
    windows = [window_of(page, number) for number in range(3)]
    assert len(set(windows)) == 3
    assert np.array_equal(screen(page, 1), untouched)
    assert np.array_equal(screen(page, 2), pixels.to_display(ct, windows[2]))
    enlarged = pixels.to_display(small, windows[0]).repeat(4, 0).repeat(4, 1)
    assert np.array_equal(screen(page, 0), enlarged)
    picture = page.get_by_alt_text("CR picture: ")
    assert picture.evaluate("image => image.naturalWidth") > 300
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.browser
def test_without_scripts_an_exported_notebook_shows_pictures(page: Page, exported: Path) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto(exported.as_uri())
    pictures = page.locator("figure img")
    assert pictures.count() == 4
    for number in range(4):
        pictures.nth(number).scroll_into_view_if_needed()
        assert pictures.nth(number).is_visible()
    assert "{" not in page.locator("figure").first.inner_text()


SMALL: dict[str, Any] = {
    "dose of 32 bits": "rtdose_1frame",
    "one bit": "liver_1frame",
    "palette": "examples_palette",
    "big endian": "MR_small_bigendian",
    "padding": "CT_small",
    "numbers with a fraction": np.linspace(-1, 3, 20).reshape(4, 5),
    "negative numbers": np.arange(-40, 40, dtype="i4").reshape(8, 10) * 30_000,
    "one value": np.full((3, 3), 7, "u1"),
}


@pytest.mark.browser
@pytest.mark.parametrize("name", SMALL)
def test_pixels_of_every_kind_are_those_of_python(page: Page, tmp_path: Path, name: str) -> None:
    viewer = view_image(SMALL[name])
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{viewer.page()._repr_html_()}")
    page.goto(file.as_uri())
    page.locator(".dl-stage canvas").first.wait_for()
    found = screen(page)
    expected = viewer.picture().reshape(*viewer.picture().shape[:2], -1)[..., 0]
    if expected.shape[0] > found.shape[0] or expected.shape[1] > found.shape[1]:
        assert abs(found.mean() - expected.mean()) < 1
        return
    rows, columns = (
        np.floor((np.arange(size) + 0.5) * most / size).astype(int)
        for size, most in zip(found.shape, expected.shape, strict=True)
    )
    assert (found == expected[rows][:, columns]).mean() > 0.99
