"""The transfer syntax comparator: pictures, numbers, static twin."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.uid import JPEG2000MCLossless

from dicom_lessons import samples
from dicom_lessons.compression import compare_transfer_syntaxes
from dicom_lessons.compression.codings import FAMILIES
from dicom_lessons.compression.explorer import PICTURES, TransferSyntaxComparator
from dicom_lessons.pixels import PixelError, stored_values, to_display
from dicom_lessons.reading import ReadingError
from dicom_lessons.text import set_language

HOSTILE = '<img src=x onerror="document.title=1">'


def of_part_two() -> Dataset:
    dataset = samples.read("MR_small_jp2klossless")
    dataset.file_meta.TransferSyntaxUID = JPEG2000MCLossless
    return dataset


def pictures(markup: str) -> list[NDArray[np.uint8]]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', markup)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def choose(comparator: TransferSyntaxComparator, name: str) -> None:
    names = [coding.name for coding in comparator.codings]
    comparator.coding_choice.value = names.index(name)


def twin(comparator: TransferSyntaxComparator) -> dict[str, Any]:
    bundle: dict[str, Any] = comparator._repr_mimebundle_()
    return bundle


@pytest.mark.parametrize("source", ["CT_small", samples.path("CT_small"), samples.read("CT_small")])
def test_a_picture_opens_as_it_is(source: Any) -> None:
    comparator = compare_transfer_syntaxes(source)
    assert len(comparator.codings) == 14
    assert len(comparator.picture_choice.options) == len(PICTURES) + 1
    shown, lost = pictures(comparator.pictures.value)
    assert np.array_equal(shown, to_display(samples.read("CT_small")))
    assert not lost.any()
    assert "No difference" in comparator.pictures.value
    assert "32768" in comparator.numbers.value


def test_choosing_a_coding_changes_picture_and_numbers() -> None:
    comparator = compare_transfer_syntaxes("CT_small")
    original = pictures(comparator.pictures.value)[0].astype(int)
    choose(comparator, "JPEG 2000, set to 40 : 1")
    shown, lost = pictures(comparator.pictures.value)
    assert np.abs(shown - original).max() > 10
    assert lost.max() > 100
    assert "39.3 : 1, lossy, values off by 171 at most" in comparator.pictures.value
    assert "white where they differ by 258 or more" in comparator.pictures.value
    assert "171" in comparator.numbers.value
    assert comparator.numbers.value.count(" ms on this computer") == 2
    choose(comparator, "JPEG-LS, off by 10 at most")
    assert pictures(comparator.pictures.value)[1].max() == round(10 * 255 / 258)


def test_the_difference_is_black_where_values_are_equal() -> None:
    comparator = compare_transfer_syntaxes("virtual/us_doppler")
    choose(comparator, "JPEG 2000, set to 20 : 1")
    comparator.detail.value = True
    _shown, lost = pictures(comparator.pictures.value)
    first, last = (stored_values(comparator.codings[place].dataset) for place in (0, -2))
    expected = np.abs(first.astype(int) - last).max(axis=-1)[186:294, 266:374]
    assert np.array_equal(lost == 0, expected == 0)
    assert np.array_equal(lost == 255, expected >= 32)


def test_the_middle_is_shown_pixel_by_pixel() -> None:
    comparator = compare_transfer_syntaxes("virtual/ct")
    assert pictures(comparator.pictures.value)[0].shape == (324, 324)
    comparator.detail.value = True
    middle = to_display(samples.read("virtual/ct"))[202:310, 202:310]
    assert np.array_equal(pictures(comparator.pictures.value)[0], middle)
    assert 'width="324"' in comparator.pictures.value
    assert "image-rendering:pixelated" in comparator.pictures.value


def test_files_found_stand_in_one_list() -> None:
    comparator = compare_transfer_syntaxes("virtual/us_doppler")
    choose(comparator, "RLE")
    comparator.picture_choice.value = "SC_rgb_rle"
    assert [coding.name for coding in comparator.codings] == list(FAMILIES["SC_rgb_rle"])
    assert comparator.coding_choice.value == 0
    assert "ms on this computer" in comparator.numbers.value
    choose(comparator, "SC_rgb_jpeg_gdcm")
    assert len(pictures(comparator.pictures.value)) == 2
    assert "imagecodecs" in comparator.numbers.value
    comparator.picture_choice.value = "virtual/us_doppler"
    assert len(comparator.codings) == 14


def test_a_given_data_set_can_be_returned_to() -> None:
    comparator = compare_transfer_syntaxes(samples.read("examples_palette"))
    assert all(coding.lossless for coding in comparator.codings)
    comparator.picture_choice.value = "MR_small"
    comparator.picture_choice.value = ""
    assert len(comparator.codings) == 7
    assert comparator.codings[0].dataset.PhotometricInterpretation == "PALETTE COLOR"


@pytest.mark.parametrize("name", ["virtual/pt", "examples_ybr_color", "rtdose", "liver_1frame"])
@pytest.mark.filterwarnings("ignore:.*Invalid value for VR UI")
def test_every_kind_of_picture_can_be_compared(name: str) -> None:
    comparator = compare_transfer_syntaxes(name)
    comparator.coding_choice.value = len(comparator.codings) - 1
    assert len(pictures(comparator.pictures.value)) == 2


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (Dataset(), PixelError),
        ("rtplan", PixelError),
        (of_part_two(), PixelError),
        (HOSTILE, LookupError),
        ("", LookupError),
        ("no_meta", ReadingError),
        (samples.path("no_meta"), ReadingError),
        (b"no DICOM", ReadingError),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(source: Any, error: Any) -> None:
    with pytest.raises(error) as caught:
        compare_transfer_syntaxes(source)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", PICTURES)
def test_the_static_twin_is_small_complete_and_the_same_twice(source: str) -> None:
    comparator = compare_transfer_syntaxes(source)
    shown = twin(comparator)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert len(shown["text/html"]) < 300_000
    assert len(re.findall("<tr>", shown["text/html"])) == 1 + len(comparator.codings)
    for coding in comparator.codings:
        assert coding.name in shown["text/plain"]
        assert str(coding.size) in shown["text/html"]
    lossy = min(3, sum(not coding.lossless for coding in comparator.codings))
    assert len(pictures(shown["text/html"])) == 1 + 2 * lossy
    assert len(re.findall(r'<img alt="[^"]{8,}"', shown["text/html"])) == 1 + 2 * lossy
    assert " ms " not in shown["text/html"] + shown["text/plain"]
    choose(comparator, comparator.codings[-1].name)
    again = twin(comparator)
    assert again["text/html"] == shown["text/html"]
    assert twin(compare_transfer_syntaxes(source))["text/plain"] == shown["text/plain"]


def test_hostile_values_stay_text(tmp_path: Path) -> None:
    dataset = samples.read("CT_small")
    dataset.PatientComments = dataset.DerivationDescription = HOSTILE
    path = tmp_path / "<img src=x>.dcm"
    dataset.save_as(path)
    comparator = compare_transfer_syntaxes(path)
    choose(comparator, "JPEG 2000, set to 10 : 1")
    seen = comparator.pictures.value + comparator.numbers.value + twin(comparator)["text/html"]
    assert "<img src=x" not in seen


def test_all_of_it_speaks_russian() -> None:
    set_language("ru")
    comparator = compare_transfer_syntaxes("CT_small")
    assert comparator.coding_choice.description == "Способ:"
    assert "без потерь" in comparator.pictures.value
    text = twin(comparator)["text/plain"]
    assert "Наибольшая ошибка" in text
    assert "с потерями" in text
