"""Every picture against DCMTK's dcmj2pnm with the same window, within one grey level."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGTransferSyntaxes
from tools import require

from dicom_lessons import pixels, samples
from dicom_lessons.pixels.display import default_voi
from dicom_lessons.pixels.grey import LookupTable

REAL = Path(__file__).parents[2] / "shared" / "samples"
FILES = {
    **{name: samples.path(name) for name in samples.names(source="bundled")},
    **{name: samples.path(name) for name in samples.names(source="made")},
    **{path.stem: path for path in sorted(REAL.glob("*.dcm"))},
}
# test_pixels.py says which sentence stands for each of the first; the last one DCMTK cannot draw
WITHOUT_PICTURE = {
    "JPEG-LL",
    "JPEG-lossy",
    "JPEG2000-embedded-sequence-delimiter",
    "JPGExtended",
    "MR_truncated",
    "SC_rgb_jpeg_gdcm",
    "badVR",
    "meta_missing_tsyntax",
    "nested_priv_SQ",
    "SC_rgb_jpeg",
}
PICTURES = [name for name in FILES if samples.get(name).frames and name not in WITHOUT_PICTURE]
# 32-bit numbers in big endian: DCMTK swaps 16-bit words, whoever wrote these files swapped 32 bits
TWINS = {"rtdose_expb": "rtdose", "rtdose_expb_1frame": "rtdose_1frame"}
DCMTK = ("1.2.840.10008.1.2.5", *JPEGTransferSyntaxes)


def read(path: Path) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta and "PixelData" in dataset:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def dcmtk(path: Path, folder: Path, *options: str) -> NDArray[np.uint8] | None:
    """Return DCMTK's picture of the first frame; None if it cannot read the file."""
    require("dcmj2pnm")
    dataset = read(path)
    syntax = dataset.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
    if syntax.is_encapsulated and syntax not in DCMTK:
        stored = pixels.stored_values(dataset, None)
        dataset.PixelData = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
        dataset["PixelData"].is_undefined_length = False
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        if stored.shape[-1] == 3:
            dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
        path = folder / "native.dcm"
        dataset.save_as(path, enforce_file_format=True)
    target = folder / "picture.pnm"
    command = ["dcmj2pnm", "--write-raw-pnm", "--no-overlays", *options, str(path), str(target)]
    done = subprocess.run(command, capture_output=True, check=False)
    return np.asarray(Image.open(target)) if done.returncode == 0 and target.is_file() else None


def window_options(dataset: Dataset) -> list[str]:
    voi = default_voi(pixels.stored_values(dataset), dataset)
    if isinstance(voi, LookupTable):
        return ["+Wl", "1"]
    function = {"SIGMOID": ["+Wfs"], "LINEAR": ["+Wfl"]}[voi.function]
    return ["+Ww", f"{voi.center:.9g}", f"{voi.width:.9g}", *function]


@pytest.mark.tools
@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_that_of_dcmtk(name: str, tmp_path: Path) -> None:
    dataset = read(FILES[name])
    # DCMTK leaves the colour profile out
    dataset.pop("ICCProfile", None)
    ours = pixels.to_display(dataset)
    grey = ours.ndim == 2
    theirs = dcmtk(FILES[name], tmp_path, *(window_options(dataset) if grey else []))
    assert theirs is not None
    if name in TWINS:
        theirs = pixels.to_display(samples.read(TWINS[name]))
    assert theirs.shape == ours.shape
    difference = np.abs(ours.astype(int) - theirs)
    if grey:
        assert difference.max() <= 1
    else:  # programs smooth the halved colours of JPEG differently
        assert difference.mean() <= 1
        assert np.percentile(difference, 99) <= 8


@pytest.mark.tools
@pytest.mark.parametrize("center", [-600, 40, 300])
@pytest.mark.parametrize("function", ["LINEAR", "SIGMOID"])
def test_other_windows_are_those_of_dcmtk(center: int, function: str, tmp_path: Path) -> None:
    dataset = samples.read("CT_small")
    ours = pixels.to_display(dataset, pixels.Window(center, 350, function))
    option = {"SIGMOID": "+Wfs", "LINEAR": "+Wfl"}[function]
    theirs = dcmtk(samples.path("CT_small"), tmp_path, "+Ww", str(center), "350", option)
    assert theirs is not None
    assert np.abs(ours.astype(int) - theirs).max() <= 1
