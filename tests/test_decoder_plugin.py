"""JPEG Lossless and JPEG of 12 bits: decoded as others do, by pydicom too if it is asked."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import JPEGLosslessSV1
from tools import complaints, dciodvfy, require

from dicom_lessons import samples
from dicom_lessons.compression import compress
from dicom_lessons.pixels import PixelError, stored_values
from dicom_lessons.pixels.plugin import DECODER_DEPENDENCIES, LABEL

FAKE_DELIMITER = "JPEG2000-embedded-sequence-delimiter"


def test_all_compressed_files_that_pydicom_brings_are_decoded() -> None:
    refused, compressed = [], 0
    for name in samples.names(source="bundled"):
        with warnings.catch_warnings(action="ignore"):
            dataset = samples.read(name, force=True)
        syntax = getattr(dataset, "file_meta", Dataset()).get("TransferSyntaxUID")
        if "PixelData" not in dataset or not syntax or not syntax.is_encapsulated:
            continue
        compressed += 1
        try:
            stored_values(dataset)
        except PixelError:
            refused.append(name)
    assert (refused, compressed) == ([FAKE_DELIMITER], 39)


@pytest.mark.parametrize("option", ["+el", "+e1"])
@pytest.mark.parametrize("name", ["CT_small", "MR_small", "examples_rgb_color", "virtual/us"])
def test_lossless_jpeg_gives_back_what_dcmtk_was_given(
    name: str, option: str, tmp_path: Path
) -> None:
    require("dcmcjpeg")
    before = compress(samples.read(name), "1.2.840.10008.1.2.1")
    before.save_as(tmp_path / "before.dcm")
    after = tmp_path / "after.dcm"
    subprocess.run(["dcmcjpeg", option, tmp_path / "before.dcm", after], check=True)
    assert np.array_equal(stored_values(dcmread(after), None), stored_values(before, None))


@pytest.mark.parametrize("name", ["JPGExtended", "SC_rgb_jpeg_gdcm"])
def test_the_same_numbers_as_dcmtk(name: str, tmp_path: Path) -> None:
    require("dcmdjpeg")
    subprocess.run(["dcmdjpeg", samples.path(name), tmp_path / "native.dcm"], check=True)
    native = dcmread(tmp_path / "native.dcm")
    assert np.array_equal(stored_values(samples.read(name)), stored_values(native))


def test_pydicom_reads_it_only_after_it_was_asked_to() -> None:
    told = """
from dicom_lessons import compression, samples
card = samples.read("SC_rgb_jpeg_gdcm")
try:
    card.pixel_array
except RuntimeError:
    print("refused")
compression.add_decoder()
compression.add_decoder()
print((card.pixel_array == samples.read("SC_rgb_rle").pixel_array).all())
print(samples.read("JPGExtended").pixel_array.max(), samples.read("JPEG-lossy").pixel_array.max())
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "True", "264", "264"]
    assert LABEL not in get_decoder(JPEGLosslessSV1).available_plugins


def test_without_the_package_the_others_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_lessons.pixels.plugin.INSTALLED", False)
    assert stored_values(samples.read("JPEG2000")).shape == (1024, 256)
    with pytest.raises(PixelError, match="No decoder here for transfer syntax JPEG Lossless"):
        stored_values(samples.read("SC_rgb_jpeg_gdcm"))


def test_pydicom_may_be_asked_twice_without_the_package() -> None:
    told = """
from dicom_lessons import compression, samples
from dicom_lessons.pixels import plugin
plugin.INSTALLED = False
compression.add_decoder()
compression.add_decoder()
try:
    samples.read("SC_rgb_jpeg_gdcm").pixel_array
except RuntimeError as error:
    print("imagecodecs - requires" in str(error))
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_gdcm", "JPGExtended", "JPEG-lossy"])
def test_broken_frames_are_shown_or_refused(name: str) -> None:
    dataset = samples.read(name)
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    generator = np.random.default_rng(3)
    refused = 0
    for _round in range(80):
        changed = bytearray(frame)
        for place in generator.integers(2, len(frame), 4):
            changed[place] = generator.integers(256)
        dataset.PixelData = encapsulate([bytes(changed[: generator.integers(40, len(frame))])])
        try:
            assert stored_values(dataset).shape[:2] == (dataset.Rows, dataset.Columns)
        except PixelError as error:
            assert "\n" not in str(error) and len(str(error)) < 400
            refused += 1
    assert refused


@pytest.mark.parametrize("name", ["CT_small", "examples_rgb_color", "virtual/us"])
def test_high_throughput_is_lossless_and_valid(name: str, tmp_path: Path) -> None:
    before: Dataset = samples.read(name)
    made = compress(before, "1.2.840.10008.1.2.4.201")
    made.save_as(tmp_path / "made.dcm")
    back = dcmread(tmp_path / "made.dcm")
    assert np.array_equal(stored_values(back, None), stored_values(before, None))
    assert back.PixelData[:2] == b"\xfe\xff" and back["PixelData"].VR == "OB"
    before.save_as(tmp_path / "before.dcm")
    known = complaints(dciodvfy(), tmp_path / "before.dcm")
    new = [line for line in complaints(dciodvfy(), tmp_path / "made.dcm") if line not in known]
    assert not [line for line in new if line.startswith("Error")]


def test_each_syntax_of_the_plug_in_is_one_of_pydicom() -> None:
    for syntax in DECODER_DEPENDENCIES:
        assert syntax == get_decoder(syntax).UID
