"""The viewer without JupyterLab: its arithmetic against numpy, and its page under a hand."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from lab import need_browser
from numpy.typing import NDArray
from pydicom import Dataset

from course_tools.bench.jupyterlab import find_chromium
from dicom_lessons import pixels, samples, viewer
from dicom_lessons.pixels.grey import is_inverted
from dicom_lessons.text import set_language
from dicom_lessons.viewer import view_image
from dicom_lessons.viewer.frames import describe
from dicom_lessons.widgets import script

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PICTURE = script(Path(viewer.__file__).parent, "picture.js")
# Messages come as views that begin at any byte; here at an odd one.
HELPERS = """
const viewOf = (text) => new DataView(
  Uint8Array.from("0" + atob(text), (letter) => letter.charCodeAt(0)).buffer, 1);
const tableOf = (table) => table && { ...table, entries: viewOf(table.entries) };
const frameOf = (info) => openFrame({ ...info,
  pixels: viewOf(info.pixels), overlay: viewOf(info.overlay),
  modality: tableOf(info.modality), tables: info.tables?.map(tableOf) });
const viewFor = (frame, W, H) => (
  { sx: W / frame.columns, sy: H / frame.rows, x: frame.columns / 2, y: frame.rows / 2 });
const shown = (info, state, W, H, view) => {
  const frame = frameOf(info), out = new Uint32Array(W * H);
  const sampled = sample(frame, view ?? viewFor(frame, W, H), W, H);
  colour(frame, state, sampled, out);
  colourOverlay(sampled, out);
  return Array.from(out);
};
"""
Call = Callable[..., Any]
KINDS = ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"]
WINDOW = {"center": 40.0, "width": 400.0, "function": "LINEAR", "table": -1, "inverted": False}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def call(browser: Browser) -> Call:
    """Give a function that evaluates JavaScript over its arguments."""
    page = browser.new_page()
    page.add_script_tag(content=PICTURE + HELPERS)
    return lambda code, *arguments: page.evaluate(code, list(arguments))


def plain(value: Any) -> Any:
    """Return a message with its binary parts as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def info(stored: NDArray[Any], dataset: Dataset | None = None, reduced: bool = False) -> Any:
    if dataset is None:
        dataset = Dataset()
        dataset.PhotometricInterpretation = "MONOCHROME2"
    return plain(describe(dataset, stored, 0, reduced=reduced))


def values_of(kind: str, shape: tuple[int, int] = (9, 13)) -> NDArray[Any]:
    """Return values over the whole range of a kind, its ends among them."""
    random = np.random.default_rng(7)
    if kind[0] == "f":
        return random.normal(0, 100, shape).astype(kind)
    ends = np.iinfo(kind)
    values = random.integers(ends.min, ends.max, shape, kind, endpoint=True)
    values.flat[:2] = ends.min, ends.max
    return values


def hounsfield() -> Dataset:
    dataset = samples.read("virtual/ct")
    assert (dataset.RescaleSlope, dataset.RescaleIntercept) != (1, 0)
    return dataset


def windowed(x: NDArray[np.float64], center: float, width: float, name: str) -> NDArray[np.float64]:
    """Return grey levels as PS3.3 C.11.2.1.2 and C.11.2.1.3 write them."""
    if name == "SIGMOID":
        with np.errstate(over="ignore"):
            return np.asarray(255 / (1 + np.exp(-4 * (x - center) / width)))
    if name == "LINEAR":
        center, width = center - 0.5, width - 1
    slope = (x - center) / (width or 1) + 0.5
    low, high = center - width / 2, center + width / 2
    return np.select([x <= low, x > high], [0.0, 255.0], slope * 255)


@pytest.mark.parametrize("name", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(40, 400), (0.5, 1), (-600, 1500), (2048, 4096)])
def test_windows_are_those_of_the_standard(
    call: Call, name: str, center: float, width: float
) -> None:
    ends = [center - width / 2, center + width / 2, center, center - 0.5 - (width - 1) / 2]
    x = np.array([-1e6, -1024, -1, 0, 1, 3071, 1e6, *ends, *(end + 0.5 for end in ends)])
    code = "([c, w, name, xs]) => xs.map(windowFunction(c, w, name))"
    found = call(code, center, width, name, x.tolist())
    assert found == pytest.approx(windowed(x, center, width, name), abs=1e-9)
    assert min(found) >= 0
    assert max(found) <= 255


def test_a_table_is_looked_up_and_held_at_its_ends(call: Call) -> None:
    entries = [3.0, 1.0, 4.0, 1.0, 5.0]
    x = np.array([-100, -2, -1.6, -1.5, -0.4, 0, 1.49, 2, 2.6, 100])
    code = "([first, values, xs]) => xs.map((x) => lookUp({ first, values }, x))"
    nearest = np.clip(np.floor(x + 2 + 0.5), 0, 4).astype(int)
    assert call(code, -2, entries, x.tolist()) == np.array(entries)[nearest].tolist()


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("name", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("kind", KINDS)
def test_grey_levels_of_every_kind_are_those_of_python(
    call: Call, kind: str, name: str, inverted: bool
) -> None:
    stored = values_of(kind)
    low, high = float(stored.min()), float(stored.max())
    center, width = (low + high) / 2, max(2.0, (high - low) / 3)
    state = {**WINDOW, "center": center, "width": width, "function": name, "inverted": inverted}
    found = call("([info, state]) => shown(info, state, 13, 9)", info(stored), state)
    grey = windowed(stored.astype(float), center, width, name)
    expected = np.floor((255 - grey if inverted else grey) + 0.5).astype(int)
    levels = np.array(found, np.uint32).reshape(9, 13)
    assert np.array_equal(levels & 255, expected)
    assert np.array_equal(levels, 0xFF000000 | (levels & 255) * 0x010101)


def test_real_pictures_are_those_of_python(call: Call) -> None:
    code = "([info, state]) => shown(info, state, 60, 50)"
    for dataset in (hounsfield(), samples.read("virtual/pt"), samples.read("virtual/cr")):
        stored = np.ascontiguousarray(pixels.stored_values(dataset)[-50:, -60:])
        state = {**WINDOW, "inverted": is_inverted(dataset)}
        found = np.array(call(code, info(stored, dataset), state), np.uint32) & 255
        voi = pixels.Window(40, 400)
        expected = pixels.to_display(dataset, voi, stored=stored)
        assert np.array_equal(found.reshape(50, 60), expected)


def test_modality_and_voi_tables_stand_for_rescale_and_window(call: Call) -> None:
    dataset = samples.read("virtual/cr")
    for keyword in ("RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth"):
        if keyword in dataset:
            delattr(dataset, keyword)
    table = Dataset()
    table.LUTDescriptor = [4, 10, 8]
    table.add_new(0x00283006, "US", [0, 255, 20, 30])
    table.ModalityLUTType = "US"
    dataset.ModalityLUTSequence = [table]
    stored = np.arange(20, dtype="u2").reshape(4, 5)
    code = "([info, xs]) => xs.map(frameOf(info).modality)"
    xs = list(range(20))
    expected = pixels.modality_values(np.array(xs), dataset)
    assert call(code, info(stored, dataset), xs) == expected.tolist()


def test_values_that_are_no_numbers_are_black(call: Call) -> None:
    stored = np.array([[np.nan, 0.0], [1.0, np.inf]])
    state = {**WINDOW, "center": 0.5, "width": 1, "function": "LINEAR_EXACT"}
    found = np.array(call("([info, state]) => shown(info, state, 2, 2)", info(stored), state))
    assert (found & 255).tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "f4"])
def test_a_picture_is_reduced_to_means_and_enlarged_to_the_nearest(call: Call, kind: str) -> None:
    stored = values_of(kind, (12, 24)) // 2
    code = """([info, W, H]) => { const frame = frameOf(info);
      return Array.from(sample(frame, viewFor(frame, W, H), W, H).cells); }"""
    smaller = np.array(call(code, info(stored), 6, 3)).reshape(3, 6)
    means = stored.astype(float).reshape(3, 4, 6, 4).mean((1, 3))
    if kind[0] != "f":
        means = np.floor(means + 0.5)
    assert smaller == pytest.approx(means, rel=1e-6)
    larger = np.array(call(code, info(stored), 72, 36)).reshape(36, 72)
    assert np.array_equal(larger, stored.repeat(3, 0).repeat(3, 1))
    uneven = np.array(call(code, info(np.full((7, 11), 9, kind)), 5, 3))
    assert np.array_equal(uneven, np.full(15, 9))


def test_spans_cover_everything_once(call: Call) -> None:
    for size, screen in ((2500, 512), (11, 5), (512, 512), (5, 12)):
        code = """([size, screen]) => Object.values(spans(0, screen, 0, screen / size, size))
          .map((part) => Array.from(part))"""
        start, end, first, last, total = call(code, size, screen)
        assert start[0] == 0
        assert end[-1] == size - 1
        if size > screen:
            assert sum(total) == pytest.approx(size)
            whole = np.maximum(np.array(end) - start - 1, 0)
            assert np.array(first) + last + whole == pytest.approx(np.array(total))


def test_a_first_picture_of_few_pixels_fills_the_same_screen(call: Call) -> None:
    slope = np.linspace(0, 4000, 1300 * 700).reshape(1300, 700).astype("u2")
    few, all_of = info(slope, reduced=True), info(slope)
    assert few["step"] == 3
    assert len(few["pixels"]) * 8 < len(all_of["pixels"])
    state = {**WINDOW, "center": 2000, "width": 4000}
    code = "([info, state]) => shown(info, state, 276, 512).map((pixel) => pixel & 255)"
    first, then = (np.array(call(code, one, state)) for one in (few, all_of))
    assert np.abs(first - then).max() <= 1
    assert np.ptp(first) > 250


def test_colour_and_overlay_are_painted(call: Call) -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (4, 5, 3)).astype("u1")
    message = info(rgb)
    mask = np.zeros((4, 5), "u1")
    mask[1, 2] = 1
    code = "([info, state]) => shown(info, state, 5, 4)"
    for inverted in (False, True):
        state = {**WINDOW, "inverted": inverted}
        found = np.array(call(code, message, state), "<u4").view("u1").reshape(4, 5, 4)
        assert np.array_equal(found[..., :3], 255 - rgb if inverted else rgb)
    found = np.array(call(code, message | {"overlay": plain(mask.tobytes())}, WINDOW), "<u4")
    painted = found.view("u1").reshape(4, 5, 4)
    assert painted[1, 2].tolist() == [255, 230, 0, 255]
    assert np.array_equal(painted[0, :, :3], rgb[0])


COUNT = "([info, most]) => Array.from(histogram(frameOf(info), most))"


@pytest.mark.parametrize("kind", KINDS)
def test_a_histogram_counts_every_value_once(call: Call, kind: str) -> None:
    stored = values_of(kind, (40, 30))
    counts = np.array(call(COUNT, info(stored), 256))
    assert counts.sum() == stored.size
    low, span = int(stored.min()), int(stored.max()) - int(stored.min()) + 1
    if kind[0] == "f" or span > 2**20:
        expected, _edges = np.histogram(stored.astype(float), 256)
        assert np.abs(np.cumsum(counts) - np.cumsum(expected)).max() <= 2
    else:
        each = math.ceil(span / 256)
        expected = np.bincount((stored.astype(int).ravel() - low) // each)
        assert np.array_equal(counts, expected)


def test_a_histogram_leaves_padding_and_numbers_that_are_none_out(call: Call) -> None:
    dataset = hounsfield()
    dataset.PixelPaddingValue = 0
    stored = np.array([[0, 0, 100], [200, 300, 300]], "u2")
    assert sum(call(COUNT, info(stored, dataset), 256)) == 4
    assert sum(call(COUNT, info(np.array([[np.nan, 1.0, 2.0, np.inf]])), 16)) == 2
    assert call(COUNT, info(np.full((3, 3), 7, "u1")), 256) == [9]


MEASURE = "([info, a, b]) => statistics(frameOf(info), a, b)"


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_of_a_region_are_those_of_numpy(call: Call, kind: str) -> None:
    stored = values_of(kind)
    found = call(MEASURE, info(stored), {"x": 11, "y": 2}, {"x": 3, "y": 7})
    inside = stored[2:8, 3:12].astype(float)
    assert (found["rows"], found["columns"]) == ([2, 7], [3, 11])
    assert found["count"] == inside.size
    assert found["mean"] == pytest.approx(inside.mean())
    assert found["deviation"] == pytest.approx(inside.std())
    assert (found["low"], found["high"]) == (inside.min(), inside.max())
    assert found["area"] is None


def test_statistics_are_in_modality_units_without_padding(call: Call) -> None:
    dataset = hounsfield()
    dataset.PixelSpacing = [0.5, 2]
    dataset.PixelPaddingValue = 0
    stored = np.array([[0, 1024, 1064], [2000, 0, 3000]], "u2")
    found = call(MEASURE, info(stored, dataset), {"x": 0, "y": 0}, {"x": 2, "y": 1})
    hu = pixels.modality_values(stored, dataset)[stored > 0]
    assert found["count"] == 4
    assert found["mean"] == pytest.approx(hu.mean())
    assert found["deviation"] == pytest.approx(hu.std())
    assert found["area"] == pytest.approx(6)
    alone = call(MEASURE, info(stored, dataset), {"x": 0, "y": 0}, {"x": 0, "y": 0})
    assert (alone["count"], alone["mean"]) == (0, None)


def test_distances_know_the_spacing_down_and_across(call: Call) -> None:
    dataset = hounsfield()
    dataset.PixelSpacing = [0.5, 2]
    stored = np.zeros((9, 9), "u2")
    code = "([info, a, b]) => distance(frameOf(info), a, b)"
    found = call(code, info(stored, dataset), {"x": 1, "y": 2}, {"x": 4, "y": 6})
    assert (found["from"], found["to"], found["pixels"]) == ([2, 1], [6, 4], 5)
    assert found["mm"] == pytest.approx(math.hypot(6, 2))
    assert call(code, info(stored), {"x": 1, "y": 2}, {"x": 4, "y": 6})["mm"] is None


@pytest.mark.parametrize(
    ("least", "most", "step"), [(-1024, 3071, 1), (0, 255, 0.1), (0, 1, 0.001), (5, 5, 0.001)]
)
def test_steps_of_a_window_are_powers_of_ten(
    call: Call, least: float, most: float, step: float
) -> None:
    code = "([least, most]) => quantum({ grey: true, least, most })"
    assert call(code, least, most) == pytest.approx(step)
    assert call("([value, step]) => rounded(value, step)", 0.1 + 0.2, 0.1) == 0.3


# ---- a page without a kernel, under a hand

SPACE = "<p style='height: 3000px'>below</p>"


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Give a function that opens the page of an image in a window of some size and ratio."""
    contexts = []

    def open_page(source: Any, width: int = 1000, height: int = 800, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        file = tmp_path / "page.html"
        head = "<!doctype html><meta charset=utf-8><meta name=viewport content=width=device-width>"
        file.write_text(f"{head}{view_image(source).page()._repr_html_()}{SPACE}", "utf-8")
        page.goto(file.as_uri())
        page.locator(".dl-stage canvas").first.wait_for()
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


def settle(page: Page) -> None:
    """Wait until what was asked for is painted."""
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => requestAnimationFrame("
        "() => requestAnimationFrame(done)), 50))"
    )


def window_of(page: Page) -> list[float]:
    return [float(page.get_by_label(name).input_value()) for name in ("Center:", "Width:")]


LETTER = """() => { const canvas = document.querySelectorAll('.dl-stage canvas')[1];
  const wide = Math.round(canvas.width / 12);
  const { data } = canvas.getContext('2d').getImageData(0, 0, wide, canvas.height);
  const rows = [];
  for (let i = 0; i < data.length; i += 4)
    if (data[i] > 200 && data[i + 3] > 200) rows.push(Math.floor(i / 4 / wide));
  const perRow = canvas.getBoundingClientRect().height / canvas.height;
  return (rows.at(-1) - rows[0] + 1) * perRow; }"""


@pytest.mark.parametrize("ratio", [0.5, 1, 1.5, 2, 3])
def test_letters_are_as_large_at_every_pixel_ratio(show: Call, ratio: float) -> None:
    page = show("virtual/ct", device_scale_factor=ratio)
    assert page.evaluate(LETTER) == pytest.approx(10.5, abs=1.6)


def test_letters_stay_as_large_while_the_page_is_zoomed(show: Call) -> None:
    page = show("virtual/ct", 1200, 900)
    session = page.context.new_cdp_session(page)
    for zoom in (2, 1.25, 3, 1):
        size = {"width": round(1200 / zoom), "height": round(900 / zoom)}
        values = {**size, "deviceScaleFactor": zoom, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", values)
        settle(page)
        assert page.evaluate(LETTER) == pytest.approx(10.5, abs=1.6), zoom


@pytest.mark.parametrize(("language", "source"), [("en", "virtual/ct"), ("ru", "virtual/xa")])
def test_nothing_is_cut_off_and_what_was_measured_is_seen_with_the_picture(
    show: Call, language: str, source: str
) -> None:
    set_language(language)
    page = show(source)
    stage = page.locator(".dl-stage")
    fits = """list => { const pen = document.createElement('canvas').getContext('2d');
      pen.font = getComputedStyle(list).font;
      return Math.max(...[...list.options].map((o) => pen.measureText(o.text).width))
        <= list.clientWidth - 36; }"""
    for width, height in ((320, 450), (560, 600), (900, 700), (1024, 600), (1920, 1000)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        stage.scroll_into_view_if_needed()
        picture, measured = stage.bounding_box(), page.locator(".dl-measured").bounding_box()
        assert picture["height"] < height
        assert measured["y"] + measured["height"] - picture["y"] < height
        assert page.locator(".dl-preset select").evaluate(fits)
    for button in page.locator(".dl-viewer button:visible").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 32


def several() -> Dataset:
    dataset = samples.read("CT_small")
    dataset.NumberOfFrames = 3
    dataset.PixelData = dataset.PixelData * 3
    dataset.PerFrameFunctionalGroupsSequence = []
    for center, width in ((100, 200), (300, 50), (-5, 900)):
        group, voi = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = center, width
        voi.WindowCenterWidthExplanation = f"own {center}"
        group.FrameVOILUTSequence = [voi]
        dataset.PerFrameFunctionalGroupsSequence.append(group)
    return dataset


def test_each_frame_has_its_own_window_until_one_is_set_by_hand(show: Call) -> None:
    page = show(several())
    preset = page.get_by_label("Preset:")
    page.locator(".dl-stage").focus()
    assert window_of(page) == [100, 200]
    page.keyboard.press("PageDown")
    settle(page)
    assert window_of(page) == [300, 50]
    assert "own 300" in preset.inner_text()
    assert "own 100" not in preset.inner_text()
    page.keyboard.press("ArrowDown")
    settle(page)
    center, width = window_of(page)
    assert center > 300
    page.keyboard.press("PageDown")
    settle(page)
    assert window_of(page) == [center, width]
    page.keyboard.press("0")
    settle(page)
    assert window_of(page) == [-5, 900]
    page.keyboard.press("3")
    page.keyboard.press("PageUp")
    settle(page)
    assert window_of(page) == [-600, 1500]
    preset.select_option(label="0  as the file says")
    settle(page)
    assert window_of(page) == [300, 50]
    page.keyboard.press("PageUp")


def test_notes_stand_under_the_picture_and_are_read_out(show: Call) -> None:
    dataset = several()
    dataset.RescaleIntercept = None
    page = show(dataset)
    note = page.locator(".dl-note")
    assert note.get_attribute("aria-live") == "polite"
    for finding in pixels.findings(dataset):
        assert str(finding) in note.inner_text()
    assert note.is_visible()
    assert not show("virtual/ct").locator(".dl-note").is_visible()


def test_keys_work_wherever_the_focus_is(show: Call) -> None:
    page = show(several())
    distance = page.get_by_role("radio", name="Distance")
    for control in page.locator(".dl-viewer :is(button, input, .dl-stage):visible").all():
        page.get_by_role("radio", name="Window").click()
        control.focus()
        is_number = control.get_attribute("type") == "number"
        page.keyboard.press("d")
        settle(page)
        assert (distance.get_attribute("aria-checked") == "true") != is_number
        page.keyboard.press("PageDown")
        settle(page)
        assert page.locator(".dl-cine output").inner_text() == "2 / 3"
        page.keyboard.press("PageUp")
    page.get_by_label("Function:").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("d")
    assert page.locator(".dl-cine output").inner_text() == "1 / 3"


def test_a_tool_that_was_clicked_works_with_the_next_keys(show: Call) -> None:
    page = show("virtual/ct")
    page.get_by_role("radio", name="Distance").click()
    for key in ("ArrowRight", "Enter", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    settle(page)
    assert "mm" in page.locator(".dl-measured").inner_text()


CALM = """() => new Promise((done) => { let [last, calm] = [scrollY, 0];
  const look = () => { calm = scrollY === last ? calm + 1 : 0; last = scrollY;
    if (calm < 20) requestAnimationFrame(look); else done(); };
  look(); })"""


def touch(page: Page, *fingers: Sequence[tuple[float, float]], steps: int = 12) -> None:
    """Move fingers, each from a place to another, as a touch screen tells it."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, part: float) -> None:
        points = [
            {"x": a[0] + (b[0] - a[0]) * part, "y": a[1] + (b[1] - a[1]) * part, "id": number}
            for number, (a, b) in enumerate(fingers)
        ]
        told = {"type": kind, "touchPoints": [] if kind == "touchEnd" else points}
        session.send("Input.dispatchTouchEvent", told)

    for count in range(1, len(fingers) + 1):
        first = [{"x": a[0], "y": a[1], "id": i} for i, (a, _b) in enumerate(fingers[:count])]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": first})
    for step in range(1, steps + 1):
        send("touchMove", step / steps)
    send("touchEnd", 1)
    page.evaluate(CALM)  # a page goes on scrolling for a while
    settle(page)


@pytest.mark.parametrize("mobile", [False, True])
def test_one_finger_scrolls_two_zoom_and_a_button_gives_one_the_window(
    show: Call, mobile: bool
) -> None:
    page = show("virtual/ct", 700, 900, has_touch=True, is_mobile=mobile)
    stage = page.locator(".dl-stage")
    box = stage.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    up = [(x, y + 100), (x, y - 100)]
    before = window_of(page)

    def scrolled() -> float:
        return float(page.evaluate("scrollY"))

    touch(page, up)
    assert scrolled() > 50
    assert window_of(page) == before
    page.evaluate("scrollTo(0, 0)")
    settle(page)
    place = page.locator(".dl-values td").first
    picture = page.evaluate("document.querySelector('.dl-stage canvas').toDataURL()")
    apart = [(x - 40, y), (x - 160, y)], [(x + 40, y), (x + 160, y)]
    touch(page, *apart)
    assert window_of(page) == before
    assert page.evaluate("document.querySelector('.dl-stage canvas').toDataURL()") != picture
    assert scrolled() == 0
    page.get_by_role("radio", name="Window").tap()
    touch(page, up)
    assert scrolled() == 0
    assert window_of(page) != before
    chosen = window_of(page)
    touch(page, *apart)
    assert window_of(page) == chosen
    assert scrolled() == 0
    page.get_by_role("radio", name="Distance").tap()
    touch(page, [(x - 50, y), (x + 50, y)])
    assert "mm" in page.locator(".dl-measured").inner_text()
    assert place.inner_text() != "–"
    page.get_by_role("radio", name="Scroll").tap()
    touch(page, up)
    assert scrolled() > 50
    if mobile:
        for button in page.locator(".dl-viewer button:visible").all():
            box = button.bounding_box()
            assert min(box["width"], box["height"]) >= 40
