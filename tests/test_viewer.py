"""The viewer: its state, its messages and its static twin."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image
from pydicom import DataElement, Dataset
from pydicom.dataelem import RawDataElement
from pydicom.encaps import encapsulate, get_frame
from pydicom.tag import BaseTag
from pydicom.uid import RLELossless

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
    viewer.frame = 1
    assert viewer.as_file
    assert "<img" not in str(viewer._still())
    assert "no pixels" in twin(viewer)
    (answer, _none) = ask(view_image(["virtual/ct", "nobody"]), {"frames": [1]})[0]
    assert answer["frames"][0]["note"].startswith("There is no file 'nobody'. There is no sample")


def test_each_slice_of_a_series_keeps_its_own_rescale() -> None:
    viewer = view_image(["virtual/ct", "virtual/pt"])
    (message, _buffers) = ask(viewer, {"ask": "a", "frames": [1]})[0]
    slope = float(samples.read("virtual/pt").RescaleSlope)
    assert message["frames"][0]["info"]["slope"] == slope


def test_what_cannot_be_shown_is_refused() -> None:
    with pytest.raises(PixelError):
        view_image("rtplan")
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


@pytest.mark.parametrize("source", ["", "no such sample", "folder/no.dcm", "a" * 5000, "a\0b"])
def test_a_name_that_nobody_has_is_refused(source: str) -> None:
    with pytest.raises(LookupError, match="There is no file"):
        view_image(source)
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
    assert "cannot be a window" in viewer.first["note"]
    assert np.ptp(viewer.picture()) == 255


def test_what_had_to_be_guessed_is_said_in_viewer_twin_and_page_and_nowhere_else() -> None:
    dataset = samples.read("CT_small")
    del dataset.RescaleSlope
    notes = [str(finding) for finding in pixels.findings(dataset)]
    assert notes
    viewer = view_image(dataset)  # in tests a warning is an error
    told = twin(viewer)
    viewer.page()
    for note in notes:
        assert note in viewer.first["note"]
        assert html.escape(note, quote=False) in told
        assert json.dumps(note)[1:-1] in told


def film(*windows: tuple[float, float] | None, slopes: Sequence[float] = ()) -> Dataset:
    """Return an enhanced CT whose frames have windows, or none, and slopes of their own."""
    dataset = samples.read("CT_small")
    values = np.arange(16 * len(windows), dtype=np.int16).reshape(len(windows), 4, 4) * 50
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 4, 4, len(windows)
    dataset.PixelData = values.tobytes()
    groups = []
    for number, window in enumerate(windows):
        group, voi, rescale = Dataset(), Dataset(), Dataset()
        if window:
            voi.WindowCenter, voi.WindowWidth = window
            group.FrameVOILUTSequence = [voi]
        if slopes:
            rescale.RescaleSlope, rescale.RescaleIntercept = slopes[number], -number
            group.PixelValueTransformationSequence = [rescale]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    return dataset


def with_table() -> Dataset:
    dataset = samples.read("CT_small")
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [256, 0, 8])
    item.add_new("LUTData", "OW", np.arange(256, dtype="u2")[::-1].tobytes())
    dataset.VOILUTSequence = [item]
    return dataset


SEVERAL: dict[str, Any] = {
    "windows": film((100, 200), (300, 50), (-5, 900)),
    "windows and none": film((100, 200), None, (-5, 900), None),
    "none": film(None, None, None),
    "slopes": film((100, 200), None, (7, 70), slopes=(1, 2, 0.5)),
    "a series": ["virtual/ct", "virtual/cr", "CT_small", "virtual/pt", "examples_palette"],
    "tables": ["CT_small", with_table(), "virtual/ct"],
    "a film": "virtual/xa",
    "arrays": np.arange(48).reshape(3, 4, 4),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_an_untouched_viewer_shows_each_frame_as_its_file_says(name: str) -> None:
    source = SEVERAL[name]
    viewer = view_image(source)
    for index in [*range(viewer.about["frames"])[:5], 0]:
        viewer.frame = index
        dataset, frame = source, index
        if isinstance(source, np.ndarray):
            expected = pixels.to_display(grey_dataset(), stored=source[index])
        else:
            if isinstance(source, list):
                dataset, frame = source[index], 0
            expected = pixels.to_display(reading.read(dataset), frame=frame)
        assert np.array_equal(viewer.picture(), expected), index
        (message, _buffers) = ask(viewer, {"ask": "a", "frames": [index]})[0]
        look = message["frames"][0]["info"]["look"]
        assert look == {key: getattr(viewer, key) for key in look}


def grey_dataset() -> Dataset:
    dataset = Dataset()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    return dataset


def test_a_window_set_by_hand_stays_until_the_file_is_asked_again() -> None:
    viewer = view_image(film((100, 200), (300, 50), (-5, 900)))
    viewer.frame = 1
    assert (viewer.center, viewer.width, viewer.as_file) == (300, 50, True)
    viewer.center = 300
    viewer.frame = 2
    assert (viewer.center, viewer.width, viewer.as_file) == (300, 50, False)
    viewer.as_file = True
    assert (viewer.center, viewer.width) == (-5, 900)
    viewer.frame = 0
    assert (viewer.center, viewer.width) == (100, 200)
    own = view_image(film((100, 200), (300, 50)), center=100, width=200)
    own.frame = 1
    assert (own.center, own.width) == (100, 200)


def test_what_the_browser_says_is_taken_as_it_is() -> None:
    viewer = view_image(film((100, 200), (300, 50), (-5, 900)))
    viewer.set_state({"frame": 2, "center": -5.0, "width": 900.0})
    assert viewer.as_file
    viewer.set_state({"center": 1.0, "as_file": False})
    assert (viewer.center, viewer.as_file) == (1, False)
    viewer.set_state({"center": -5.0, "as_file": True})
    assert (viewer.center, viewer.width, viewer.as_file) == (-5, 900, True)


def test_who_listens_may_set_the_window() -> None:
    viewer = view_image(film((100, 200), (300, 50), (-5, 900)))
    viewer.observe(lambda change: setattr(viewer, "center", change["new"]), "frame")
    viewer.set_state({"frame": 2, "center": -5.0, "width": 900.0})
    assert (viewer.center, viewer.as_file) == (2, False)


def test_inverting_stays_relative_to_what_each_file_says() -> None:
    viewer = view_image(["virtual/ct", "virtual/cr"])
    seen = [viewer.inverted]
    viewer.frame = 1
    seen += [viewer.inverted]
    viewer.inverted = False
    assert viewer.flipped
    viewer.frame = 0
    assert [*seen, viewer.inverted] == [False, True, True]
    assert viewer.as_file
    assert np.array_equal(viewer.picture(), 255 - pixels.to_display(samples.read("virtual/ct")))


def test_presets_of_a_series_are_there_for_the_frames_in_hounsfield_units() -> None:
    assert view_image(["MR_small", "CT_small"]).about["presets"]


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
        view_image("rtplan")
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


# ---- hostile input


def announcing(frames: object, vr: str = "IS") -> Dataset:
    dataset = samples.read("CT_small")
    dataset.ensure_file_meta()
    with warnings.catch_warnings(action="ignore"):
        dataset[0x00280008] = DataElement(0x00280008, vr, frames, already_converted=True)
    return dataset


@pytest.mark.parametrize(
    ("frames", "vr"),
    [
        ("2147483647", "IS"),
        ("99999999999", "IS"),
        (5_000_000, "IS"),
        (-1, "IS"),
        (float("nan"), "FD"),
        (float("inf"), "DS"),
    ],
)
def test_frames_that_are_announced_only_are_refused_or_left_out(frames: object, vr: str) -> None:
    try:
        viewer = view_image(announcing(frames, vr))
    except PixelError as error:
        assert "\n" not in str(error)
    else:
        assert viewer.about["frames"] == 1


def many(shape: tuple[int, int], count: int, compressed: bool = False) -> Dataset:
    dataset = samples.read("CT_small")
    dataset.Rows, dataset.Columns = shape
    dataset.NumberOfFrames = count
    values = (np.arange(count * shape[0] * shape[1]) % 1000).astype("i2")
    dataset.PixelData = values.tobytes()
    if compressed:
        dataset.set_pixel_data(values[: shape[0] * shape[1]].reshape(shape), "MONOCHROME2", 16)
        dataset.compress(RLELossless, generate_instance_uid=False)
        coded = get_frame(dataset.PixelData, 0, number_of_frames=1)
        dataset.PixelData = encapsulate([coded] * count, has_bot=False)
        dataset.NumberOfFrames = count
    return dataset


@pytest.mark.parametrize(
    ("shape", "count", "compressed"), [((1, 1), 500_000, False), ((8, 8), 8000, True)]
)
def test_many_small_frames_make_neither_work_nor_a_page(
    shape: tuple[int, int], count: int, compressed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = view_image(many(shape, count, compressed))
    opened: list[int] = []
    monkeypatch.setattr(viewer._frames, "open", lambda index: opened.append(index))
    assert viewer.about["frames"] == count
    assert len(twin(viewer)) < 20_000
    with pytest.raises(PixelError, match="too many for a page"):
        viewer.page()
    assert opened == []


def test_tables_of_every_frame_count_as_bytes_of_a_page() -> None:
    dataset = with_table()
    entries = np.arange(2**16, dtype="u2")
    dataset.VOILUTSequence[0].LUTDescriptor = [0, 0, 16]
    dataset.VOILUTSequence[0].LUTData = entries.tobytes()
    stored = np.tile(pixels.stored_values(dataset)[:8, :8], (100, 1, 1))
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 8, 8, 100
    dataset.PixelData = stored.tobytes()
    assert "<script" not in twin(view_image(dataset))
    dataset.WindowCenter = dataset.WindowWidth = [1.0] * 5000
    assert len(view_image(dataset).first["windows"]) < 100


ODD: dict[str, tuple[int, str, Any]] = {
    "frame time": (0x00181063, "ZZ", b"1 "),
    "cine rate": (0x00180040, "IS", "inf"),
    "orientation": (0x00200020, "FD", 3.0),
    "image type": (0x00080008, "ZZ", b"ORIGINAL"),
    "window": (0x00281050, "FD", 40.0),
    "spacing": (0x00280030, "SQ", []),
    "aspect": (0x00280034, "UN", b"1"),
    "position": (0x00200032, "LT", "here"),
    "directions": (0x00200037, "DS", ["1", "0", "x", "0", "1", "0"]),
    "units": (0x00541001, "OB", b"\xff\xfe"),
    "shape": (0x20500020, "FD", [1.0, 2.0]),
    "explanation": (0x00281055, "SQ", []),
    "padding": (0x00280120, "LO", "none"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_element_costs_no_more_than_itself(name: str) -> None:
    dataset = samples.read("CT_small")
    dataset.WindowCenter = dataset.WindowWidth = [40.0, 400.0]
    tag, vr, value = ODD[name]
    with warnings.catch_warnings(action="ignore"):
        dataset[tag] = (
            RawDataElement(BaseTag(tag), vr, len(value), value, 0, False, True, True)
            if isinstance(value, bytes)
            else DataElement(tag, vr, value, already_converted=True)
        )
    viewer = view_image(dataset)
    assert np.ptp(viewer.picture()) > 0
    assert json.dumps(viewer.about, allow_nan=False)
    assert "<img" in twin(viewer)
