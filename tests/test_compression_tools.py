"""Other programs read what `compress` made: the same pixels, and no error in the header."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from tools import complaints, dciodvfy, require

from dicom_lessons import samples
from dicom_lessons.compression import compress, difference
from dicom_lessons.pixels import stored_values

pytestmark = pytest.mark.tools

NAMES = samples.names(source="made")
WAYS: dict[str, tuple[UID, dict[str, Any]]] = {
    "implicit": (ImplicitVRLittleEndian, {}),
    "explicit": (ExplicitVRLittleEndian, {}),
    "deflated": (DeflatedExplicitVRLittleEndian, {}),
    "rle": (RLELossless, {}),
    "jpeg-ls": (JPEGLSLossless, {}),
    "jpeg-ls near": (JPEGLSNearLossless, {"jls_error": 3}),
    "jpeg 2000": (JPEG2000Lossless, {}),
    "jpeg 2000 lossy": (JPEG2000, {"j2k_cr": [10]}),
}
DCMTK = {
    "implicit": "dcmconv",
    "deflated": "dcmconv",
    "rle": "dcmdrle",
    "jpeg-ls": "dcmdjpls",
    "jpeg-ls near": "dcmdjpls",
}


def written(name: str, way: str, path: Path) -> Dataset:
    syntax, options = WAYS[way]
    coded = compress(samples.read(name), syntax, **options)
    coded.save_as(path, enforce_file_format=True)
    return coded


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, capture_output=True, text=True, errors="replace", timeout=60, check=False
    )


@pytest.mark.parametrize("way", [way for way in WAYS if way != "deflated"])
@pytest.mark.parametrize("name", NAMES)
def test_dciodvfy_finds_no_error(name: str, way: str, tmp_path: Path) -> None:
    program = dciodvfy()
    written(name, way, tmp_path / "coded.dcm")
    assert complaints(program, tmp_path / "coded.dcm") == []


@pytest.mark.parametrize("way", DCMTK)
@pytest.mark.parametrize("name", NAMES)
def test_dcmtk_decodes_equal_pixels(name: str, way: str, tmp_path: Path) -> None:
    require(DCMTK[way])
    coded = written(name, way, tmp_path / "coded.dcm")
    plain = tmp_path / "plain.dcm"
    options = ["+te"] if DCMTK[way] == "dcmconv" else []
    done = run(DCMTK[way], *options, tmp_path / "coded.dcm", plain)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(stored_values(dcmread(plain), None), stored_values(coded, None))


@pytest.mark.parametrize("way", ["rle", "jpeg-ls", "jpeg-ls near", "jpeg 2000", "jpeg 2000 lossy"])
@pytest.mark.parametrize("name", NAMES)
def test_gdcm_decodes_equal_pixels(name: str, way: str, tmp_path: Path) -> None:
    require("gdcmconv")
    coded = written(name, way, tmp_path / "coded.dcm")
    plain = tmp_path / "plain.dcm"
    done = run("gdcmconv", "--raw", tmp_path / "coded.dcm", plain)
    assert done.returncode == 0, done.stderr
    theirs, ours = stored_values(dcmread(plain), None), stored_values(coded, None)
    # decoders round the irreversible transform of JPEG 2000 each in its own way
    assert difference(theirs, ours).max() <= (1 if way == "jpeg 2000 lossy" else 0)
