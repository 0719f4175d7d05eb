"""The viewer: its state, its messages and its static twin."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image

from dicom_lessons import pixels, reading, samples
from dicom_lessons.pixels import PixelError, display
from dicom_lessons.reading import ReadingError
from dicom_lessons.text import set_language
from dicom_lessons.viewer import Viewer, view_image
from dicom_lessons.viewer import page as viewer_page

SCRIPT = viewer_page.SCRIPT


def twin(viewer: Viewer) -> str:
    return str(viewer._repr_mimebundle_()[0]["text/html"])


def ask(viewer: Viewer, content: Any) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Send what the browser would send, and return what it would get."""
    sent: list[tuple[dict[str, Any], list[bytes]]] = []
    viewer.send = lambda message, buffers=None: sent.append((message, buffers or []))
    viewer._answer(viewer, content, [])
    return sent


def test_it_begins_with_the_window_of_the_file() -> None:
    viewer = view_image("virtual/ct")
    assert (viewer.center, viewer.width, viewer.function) == (40, 400, "LINEAR")
    assert np.array_equal(viewer.picture(), pixels.to_display(samples.read("virtual/ct")))
    assert view_image("virtual/cr").inverted
    lung = view_image("virtual/ct", center=-600, width=1500)
    assert (lung.center, lung.width) == (-600, 1500)


def test_without_a_window_all_values_are_shown() -> None:
    viewer = view_image("CT_small")
    shown = viewer.picture()
    assert (shown.min(), shown.max()) == (0, 255)


def test_only_a_listener_makes_the_browser_talk_while_dragging() -> None:
    viewer = view_image("CT_small")
    assert not viewer.live
    viewer.observe(print, "measured")
    assert not viewer.live
    viewer.observe(print, ["center", "width"])
    assert viewer.live


def test_presets_are_for_hounsfield_units_only() -> None:
    names = [preset["name"] for preset in view_image("CT_small").about["presets"]]
    assert {"lung", "bone", "soft tissue"} <= set(names)
    assert view_image("MR_small").about["presets"] == []


@pytest.mark.parametrize(
    ("source", "frames", "kind"),
    [
        ("virtual/xa", 24, "u1"),
        ("virtual/us_doppler", 1, "rgb"),
        ("examples_palette", 1, "rgb"),
        (["virtual/ct", "virtual/ct_abdomen"], 2, "u2"),
        (np.zeros((3, 4, 5), np.int64), 3, "f8"),
        (np.zeros((4, 5), bool), 1, "u1"),
        (np.zeros((4, 5, 3), np.uint8), 1, "rgb"),
        (np.array([[0.5, np.nan]]), 1, "f8"),
    ],
)
def test_it_takes_images_films_series_arrays_and_colour(
    source: Any, frames: int, kind: str
) -> None:
    viewer = view_image(source)
    assert viewer.about["frames"] == frames
    assert viewer.first["kind"] == kind
    assert "data:image/png" in twin(viewer)


def test_frames_are_sent_when_the_browser_asks() -> None:
    viewer = view_image("virtual/xa")
    (message, buffers), *more = ask(viewer, {"ask": "a", "frames": [7, 2]})
    assert not more
    xa = samples.read("virtual/xa")
    for number, index in enumerate((7, 2)):
        assert message["frames"][number]["frame"] == index
        place = message["places"].index(["frames", number, "info", "pixels"])
        assert buffers[place] == pixels.stored_values(xa, index).tobytes()
    assert json.dumps(message)
    for nonsense in (
        {"frames": [24]},
        {"frames": [0, -1]},
        {"frames": ["1"]},
        {"frames": 1},
        "frames",
    ):
        assert ask(viewer, nonsense) == []


def test_a_bad_frame_of_a_series_is_said_and_the_others_are_shown() -> None:
    viewer = view_image(["virtual/ct", "rtplan", "virtual/ct_sharp"])
    (message, buffers) = ask(viewer, {"ask": "a", "frames": [1, 2]})[0]
    bad, good = message["frames"]
    assert "no pixels" in bad["note"]
    assert "info" not in bad
    assert good["info"]["kind"] == "u2"
    assert all(place[1] == 1 for place in message["places"])
    assert len(buffers) == len(message["places"])


def test_each_slice_of_a_series_keeps_its_own_rescale() -> None:
    viewer = view_image(["virtual/ct", "virtual/pt"])
    (message, _buffers) = ask(viewer, {"ask": "a", "frames": [1]})[0]
    slope = float(samples.read("virtual/pt").RescaleSlope)
    assert message["frames"][0]["info"]["slope"] == slope


@pytest.mark.parametrize("name", ["rtplan", "MR_truncated"])
def test_what_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(PixelError):
        view_image(name)
    with pytest.raises(PixelError):
        view_image([])
    with pytest.raises(PixelError):
        view_image(np.array([["a"]]))


@pytest.mark.parametrize("source", ["no_meta", samples.path("no_meta"), b"no DICOM"])
def test_what_is_no_dicom_is_said_in_one_sentence_however_it_is_named(source: Any) -> None:
    with pytest.raises(
        ReadingError, match=r"(no_meta|no_meta\.dcm|your bytes) is not DICOM\. Check"
    ):
        view_image(source)


@pytest.mark.parametrize("source", ["", "no such sample"])
def test_a_name_that_nobody_has_is_refused(source: str) -> None:
    with pytest.raises(LookupError, match="There is no sample"):
        view_image(source)


def test_a_deflated_file_that_grows_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = samples.read("image_dfl")
    dataset.add_new(0x00091001, "OB", bytes(2**20))
    dataset.save_as(tmp_path / "bomb.dcm", enforce_file_format=True)
    assert view_image(tmp_path / "bomb.dcm").first["rows"] == dataset.Rows
    monkeypatch.setattr(reading, "MOST_INFLATED", 2**20)
    for source in (tmp_path / "bomb.dcm", [tmp_path / "bomb.dcm"]):
        with pytest.raises(ReadingError, match="inflates to more than 1048576 bytes"):
            view_image(source)


def test_a_broken_window_is_said_and_the_picture_shown() -> None:
    dataset = samples.read("CT_small")
    dataset.WindowCenter, dataset.WindowWidth = 40, 0
    viewer = view_image(dataset)
    assert "at least 1" in viewer.first["note"]
    assert np.ptp(viewer.picture()) == 255


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_a_window_narrower_than_one_is_taken_if_its_function_allows(function: str) -> None:
    dataset = samples.read("CT_small")
    dataset.WindowCenter, dataset.WindowWidth = 0.25, 0.5
    dataset.VOILUTFunction = function
    viewer = view_image(dataset)
    assert (viewer.center, viewer.width, viewer.function) == (0.25, 0.5, function)


def test_a_large_picture_comes_in_few_pixels_first_and_whole_when_asked_for() -> None:
    stored = np.arange(1500 * 1100, dtype="u4").reshape(1500, 1100) % 4000
    viewer = view_image(stored.astype("u2"))
    assert (viewer.first["rows"], viewer.first["columns"], viewer.first["step"]) == (1500, 1100, 3)
    assert viewer.first["pixels"] == stored[::3, ::3].astype("u2").tobytes()
    (message, buffers) = ask(viewer, {"ask": "a", "frames": [0]})[0]
    assert message["frames"][0]["info"]["step"] == 1
    assert buffers[message["places"].index(["frames", 0, "info", "pixels"])] == (
        stored.astype("u2").tobytes()
    )
    page = viewer.page()._repr_html_()
    told = re.search(r'json"[^>]*>(.*?)</script>', page, re.S)
    assert told
    assert json.loads(told[1])["frames"][0]["info"]["step"] == 1


def test_a_viewer_that_cannot_open_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Viewer] = []
    monkeypatch.setattr(Viewer, "close", lambda viewer: closed.append(viewer))
    with pytest.raises(PixelError):
        view_image("MR_truncated")
    assert len(closed) == 1


def test_python_cannot_set_a_window_that_cannot_be() -> None:
    viewer = view_image("CT_small")
    with pytest.raises(PixelError):
        viewer.width = 0
    with pytest.raises(traitlets.TraitError):
        viewer.function = "CUBIC"
    viewer.frame = 99
    assert viewer.frame == 0


def test_letters_come_from_the_directions_or_the_orientation() -> None:
    assert view_image("virtual/ct").first["letters"] == ["R", "L", "A", "P"]
    assert view_image("virtual/cr").first["letters"] == ["R", "L", "H", "F"]
    assert view_image("virtual/us").first["letters"] == ["", "", "", ""]


def test_spacing_at_the_detector_is_told_apart() -> None:
    assert not view_image("virtual/ct").first["at_detector"]
    assert view_image("virtual/cr").first["at_detector"]
    assert view_image("examples_jpeg2k").first["spacing"] == []


def test_the_static_picture_is_what_is_shown() -> None:
    viewer = view_image("virtual/ct", center=-600, width=1500)
    markup = twin(viewer)
    data = re.search(r"base64,([^\"]+)", markup)
    assert data
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[1]))))
    assert np.array_equal(image, viewer.picture())
    assert 'alt="CT picture: ' in markup
    assert "center -600, width 1500" in markup
    assert twin(view_image("virtual/ct", center=-600, width=1500)) == markup


def test_the_static_picture_has_the_overlay() -> None:
    data = re.search(r"base64,([^\"]+)", twin(view_image("examples_overlay")))
    assert data
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(data[1]))))
    drawn = display.overlay(samples.read("examples_overlay"))
    assert drawn is not None
    assert np.array_equal((image == (255, 230, 0)).all(axis=-1), drawn)


def test_nothing_from_a_file_becomes_markup() -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    dataset = samples.read("CT_small")
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    dataset.WindowCenterWidthExplanation = hostile
    dataset.RescaleType = hostile
    viewer = view_image(dataset)
    for markup in (twin(viewer), viewer.page()._repr_html_()):
        assert "onerror=alert" not in markup.replace("\\u003cimg src=x onerror=alert", "")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", SCRIPT)
    assert not re.search(r"https?:|import\(|fetch\(|XMLHttp", SCRIPT)


def test_a_page_holds_every_frame_but_no_huge_ones() -> None:
    viewer = view_image(np.arange(24, dtype="u1").reshape(2, 3, 4))
    told = re.search(r'json"[^>]*>(.*?)</script>', viewer.page()._repr_html_(), re.S)
    assert told
    assert len(json.loads(told[1])["frames"]) == 2
    with pytest.raises(PixelError, match="too many for a page"):
        view_image(np.zeros((3000, 3000), "u1")).page()


@pytest.mark.parametrize(
    ("source", "alive"),
    [
        ("CT_small", True),
        ("virtual/ct", True),
        (["CT_small", "rtplan", "CT_small"], True),
        (["CT_small", "virtual/cr"], False),
        ("virtual/xa", False),
        (np.zeros((1024, 1024)), False),
    ],
)
def test_a_small_image_stays_alive_in_the_output_and_a_large_one_leaves_a_picture(
    source: Any, alive: bool
) -> None:
    markup = twin(view_image(source))
    assert markup.count("<img") == 1
    assert "Run the cell" in markup
    assert ("<script" in markup) == alive
    assert twin(view_image(source)) == markup


def test_it_speaks_russian() -> None:
    set_language("ru")
    viewer = view_image("virtual/ct")
    assert "центр окна 40" in twin(viewer)
    assert viewer.about["labels"]["tools"][0][1] == "Окно"


def test_a_data_set_without_patient_orientation_has_no_letters() -> None:
    dataset = samples.read("CT_small")
    del dataset.ImageOrientationPatient
    assert view_image(dataset).first["letters"] == ["", "", "", ""]
