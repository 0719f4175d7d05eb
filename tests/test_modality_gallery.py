"""The modality gallery: every sample, hostile values, its static twin, and the browser itself."""

from __future__ import annotations

import base64
import io
import re
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import Lab, close_sessions, jupyterlab, open_notebook, page, run_all
from PIL import Image

from dicom_lessons import samples
from dicom_lessons.explorers.modality_gallery import (
    SHOWN,
    ModalityGallery,
    elements_table,
    explore_modalities,
    names_of,
)
from dicom_lessons.explorers.modality_pictures import eight_bit, frame_time, picture_of
from dicom_lessons.text import set_language

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]

EVIL = "<img src=x onerror=alert(1)>"
CELL = "from dicom_lessons.explorers.modality_gallery import explore_modalities\n\n"


@pytest.fixture(scope="module")
def gallery() -> ModalityGallery:
    return explore_modalities()


def picture(markup: str) -> Image.Image:
    (data,) = re.findall(r"base64,([^\"]+)", markup)
    return Image.open(io.BytesIO(base64.b64decode(data)))


# ---- the pictures


@pytest.mark.parametrize("code", SHOWN)
def test_the_virtual_patient_has_a_picture_of_each(code: str, gallery: ModalityGallery) -> None:
    gallery.buttons.value = code
    left, _right = gallery.panels
    assert picture(left.picture.value).size[0] > 60
    assert f"{code}: " in gallery.heading.value
    assert re.search(r"<img alt=\"[^\"]{20,}\"", left.picture.value)
    assert "agree" in left.elements.value or code == "OT"


@pytest.mark.parametrize("name", [name for code in SHOWN for name in names_of(code, "bundled")])
def test_every_real_file_is_shown_or_explained(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = samples.read(name, force=True)
    sample = samples.get(name)
    try:
        frames = eight_bit(dataset)
    except ValueError as error:
        assert "cannot be shown" in str(error) or "no pixels" in str(error)
        assert name in {"MR_truncated", "SC_rgb_jpeg_gdcm"}
        return
    assert frames.dtype == np.uint8
    assert frames.shape[:3] == (sample.frames, sample.rows, sample.columns)
    assert frames.ndim == (3 if sample.photometric_interpretation.startswith("MONO") else 4)


def test_grey_levels_are_honest() -> None:
    dataset = samples.read("virtual/cr")
    (shown,) = eight_bit(dataset)
    stored = dataset.pixel_array
    low = dataset.WindowCenter - dataset.WindowWidth / 2
    high = low + dataset.WindowWidth
    inside = (stored > low) & (stored < high)
    order = np.argsort(stored[inside])
    assert (np.diff(shown[inside][order].astype(int)) <= 0).all(), "MONOCHROME1 is turned round"
    assert shown[stored < low].min() == 255
    assert shown[stored > high + 1].max() == 0


def test_the_levels_of_a_film_do_not_flicker() -> None:
    frames = eight_bit(samples.read("virtual/xa"))
    assert len(frames) == 24
    stored = samples.read("virtual/xa").pixel_array
    for value in (40, 128, 200):
        assert len(np.unique(frames[stored == value])) == 1


def test_a_film_runs_with_the_time_of_its_file(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "XA"
    left = gallery.panels[0]
    assert (left.play.interval, left.play.max, left.slider.max) == (80, 24, 24)
    assert left.cine.layout.display != "none"
    before = left.picture.value
    left.slider.value = 24
    assert left.picture.value != before
    gallery.buttons.value = "CT"
    assert left.cine.layout.display == "none"
    assert left.slider.value == 1


@pytest.mark.parametrize(
    ("value", "milliseconds"), [("80", 80), ("", 100), ("1", 40), ("99999", 2000), ("-5", 40)]
)
def test_frame_times_are_bounded(value: str, milliseconds: int) -> None:
    dataset = samples.read("virtual/xa")
    dataset.FrameTime = value
    assert frame_time(dataset) == milliseconds


# ---- whatever a file says


def test_values_stay_text() -> None:
    dataset = samples.read("virtual/ct")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.PhotometricInterpretation = EVIL
        table = elements_table(dataset, EVIL)
    assert "<img" not in table
    assert table.count("&lt;img src=x") == 2
    assert "<img src=x" not in picture_of(np.zeros((4, 4), np.uint8), EVIL, 20)


def test_a_hostile_modality_is_told_in_words() -> None:
    dataset = samples.read("virtual/ct")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.Modality = EVIL
        table = elements_table(dataset, "x")
    assert "<img" not in table
    assert "no Code String" in table


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("Rows", 65535), ("NumberOfFrames", 10**9), ("Rows", None), ("PixelData", b"")],
)
def test_impossible_pixels_are_refused(keyword: str, value: object) -> None:
    dataset = samples.read("virtual/us_doppler")
    setattr(dataset, keyword, value)
    with pytest.raises(ValueError, match="cannot be shown"):
        eight_bit(dataset)


def test_an_object_without_pixels_is_told_in_words() -> None:
    with pytest.raises(ValueError, match="no pixels"):
        eight_bit(samples.read("rtplan"))


# ---- the static twin


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_twin_says_the_same_without_a_kernel(language: str) -> None:
    set_language(language)
    bundle = explore_modalities()._repr_mimebundle_()
    page = bundle["text/html"]
    pictures = re.findall(r"<img alt=\"([^\"]+)\"", page)
    assert len(pictures) == page.count("<img") == 9 + 5
    assert all(len(alt) > 15 for alt in pictures)
    assert page.count('scope="row"') == len(SHOWN)
    assert "Frame Time (0018,1063): 80" in page
    assert "<caption>" in page
    assert len(page) < 150_000
    assert bundle["text/plain"].count("\n") == len(SHOWN) - 1
    assert ("Рентгеновская ангиография" in page) == (language == "ru")


def test_the_twin_is_the_same_each_time() -> None:
    first, second = (explore_modalities()._repr_mimebundle_() for _once in range(2))
    assert first["text/html"] == second["text/html"]


# ---- the browser


@pytest.mark.browser
def test_the_gallery_in_jupyterlab(page: Page, jupyterlab: Lab) -> None:
    jupyterlab.write_notebook("gallery.ipynb", f"{CELL}explore_modalities()")
    open_notebook(page, jupyterlab, "gallery.ipynb")
    run_all(page)
    alt = page.locator("img[alt^='CT picture: ']")
    alt.first.wait_for()
    assert alt.count() == 2
    page.get_by_role("button", name="CT", exact=True).focus()
    for _step in range(7):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="XA: X-Ray Angiography").wait_for()
    film = page.locator("img[alt^='XA picture: ']")
    first = film.get_attribute("src")
    page.locator(".noUi-handle:visible").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".widget-readout:visible", has_text=re.compile(r"^2$")).wait_for()
    page.wait_for_function(
        "old => document.querySelector(\"img[alt^='XA picture: ']\").src !== old", arg=first
    )
    page.locator(".jupyter-widgets button[title='Play']:visible, .widget-play button").first.click()
    page.locator(".widget-readout:visible", has_text=re.compile(r"^1\d$")).wait_for()
    page.get_by_role("button", name="US", exact=True).click()
    page.get_by_label("File:").last.select_option("examples_ybr_color")
    page.get_by_text("Number of Frames (0028,0008)").wait_for()
    page.get_by_text("There is no file of this modality here.").wait_for(state="hidden")
    assert jupyterlab.outside == []
    close_sessions(jupyterlab)
