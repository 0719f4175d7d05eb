"""The modality gallery: every sample, hostile values, its static twin, and the browser itself."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from lab import Lab, close_sessions, jupyterlab, open_notebook, page, run_all

from dicom_lessons import pixels, samples
from dicom_lessons.modality.explorer import (
    SHOWN,
    ModalityGallery,
    Panel,
    elements_table,
    explore_modalities,
    names_of,
)
from dicom_lessons.text import set_language
from dicom_lessons.viewer import Viewer
from dicom_lessons.viewer.pictures import picture_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["jupyterlab", "page"]

EVIL = "<img src=x onerror=alert(1)>"
CELL = "from dicom_lessons.modality.explorer import explore_modalities\n\n"


@pytest.fixture(scope="module")
def gallery() -> ModalityGallery:
    return explore_modalities()


def shown(panel: Panel) -> Viewer:
    (viewer,) = panel.picture.children
    assert isinstance(viewer, Viewer)
    return viewer


# ---- the pictures


@pytest.mark.parametrize("code", SHOWN)
def test_the_virtual_patient_has_a_picture_of_each(code: str, gallery: ModalityGallery) -> None:
    gallery.buttons.value = code
    left, _right = gallery.panels
    name = left.files.value
    assert np.array_equal(shown(left).picture(), pixels.to_display(samples.read(name)))
    assert f"{code}: " in gallery.heading.value
    assert shown(left).about["alt"].startswith(f"{code} picture: ")
    assert "agree" in left.elements.value or code == "OT"


def test_a_film_of_the_gallery_has_its_frames(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "XA"
    film = shown(gallery.panels[0])
    assert (film.about["frames"], film.about["frame_time"]) == (24, 80)


@pytest.mark.parametrize("name", [name for code in SHOWN for name in names_of(code, "bundled")])
def test_every_real_file_is_shown_or_explained(name: str) -> None:
    panel = Panel("bundled")
    sample = samples.get(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel.show_modality(sample.modality)
        panel.files.value = name
    (found,) = panel.picture.children
    if name in {"MR_truncated", "SC_rgb_jpeg_gdcm"}:
        assert "cannot be shown" in found.value
        return
    first = shown(panel).first
    assert (first["rows"], first["columns"]) == (sample.rows, sample.columns)
    assert shown(panel).about["frames"] == sample.frames
    grey = sample.photometric_interpretation.startswith("MONO")
    assert (first["kind"] != "rgb") == grey
    assert f"<caption>{name}</caption>" in panel.elements.value


def test_what_was_shown_before_is_closed(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "CT"
    before = shown(gallery.panels[0])
    gallery.panels[0].files.value = "virtual/ct_sharp"
    assert before.comm is None
    assert shown(gallery.panels[0]).comm is not None


def test_a_modality_without_files_is_told_in_words(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "XA"
    (sentence,) = gallery.panels[1].picture.children
    assert "no file of this modality" in sentence.value
    assert gallery.panels[1].elements.value == ""


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
    canvas = page.locator(".dl-stage")
    canvas.nth(1).wait_for()
    assert [str(canvas.nth(n).get_attribute("aria-label"))[:12] for n in (0, 1)] == [
        "CT picture: "
    ] * 2
    page.get_by_role("button", name="CT", exact=True).focus()
    for _step in range(7):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="XA: X-Ray Angiography").wait_for()
    page.get_by_label("XA picture: ").wait_for()
    canvas.nth(1).wait_for(state="detached")
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Space")
    page.locator(".dl-cine output", has_text=re.compile(r"^1\d / 24$")).wait_for()
    page.get_by_role("button", name="US", exact=True).click()
    page.get_by_label("File:").last.select_option("examples_ybr_color")
    page.get_by_text("Number of Frames (0028,0008)").wait_for()
    page.locator(".dl-cine output", has_text=re.compile(r"^1 / 30$")).wait_for()
    page.get_by_text("There is no file of this modality here.").wait_for(state="hidden")
    assert jupyterlab.outside == []
    close_sessions(jupyterlab)


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 1300, 1900])
def test_pictures_stay_inside_their_columns(page: Page, jupyterlab: Lab, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1200})
    jupyterlab.write_notebook("columns.ipynb", f"{CELL}explore_modalities()")
    open_notebook(page, jupyterlab, "columns.ipynb")
    run_all(page)
    page.locator(".dl-stage").nth(1).wait_for()
    page.wait_for_timeout(500)
    column = ".dl-viewer >> nth={n} >> xpath=ancestor::*[contains(@class, 'widget-vbox')][1]"
    for n in (0, 1):
        inner = page.locator(".dl-stage").nth(n).bounding_box()
        outer = page.locator(column.format(n=n)).bounding_box()
        assert inner is not None
        assert outer is not None
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
        assert inner["width"] > 300
    close_sessions(jupyterlab)
