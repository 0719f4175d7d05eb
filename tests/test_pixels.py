"""The grey-level pipeline against the standard's formulas, pydicom, DCMTK, and broken input."""

from __future__ import annotations

import math
import subprocess
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.pixels.processing import apply_modality_lut, apply_windowing
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEG2000MCLossless,
    JPEGTransferSyntaxes,
    RLELossless,
)
from tools import require

from dicom_lessons import pixels, samples
from dicom_lessons.pixels import PictureWarning, PixelError, Window, display
from dicom_lessons.pixels.decoders import DECODERS
from dicom_lessons.pixels.display import default_voi
from dicom_lessons.pixels.grey import FUNCTIONS
from dicom_lessons.pixels.header import frames_of
from dicom_lessons.pixels.modality_lut import LookupTable, rescale, units


def grey(**elements: Any) -> Dataset:
    """Return a data set of 2 × 2 unsigned 16-bit pixels."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.Rows = dataset.Columns = 2
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = np.array([0, 1, 1000, 65535], "<u2").tobytes()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def by_the_standard(x: float, window: Window) -> float:
    """Return y of PS3.3 C.11.2.1.2.1 and C.11.2.1.3 for 0…255, one number at a time."""
    c, w = window.center, window.width
    if window.function == "SIGMOID":
        exponent = -4 * (x - c) / w
        return 255 / (1 + math.exp(exponent)) if exponent < 700 else 0.0
    if window.function == "LINEAR":
        c, w = c - 0.5, w - 1
    if x <= c - w / 2:
        return 0.0
    return 255.0 if x > c + w / 2 else ((x - c) / w + 0.5) * 255


WINDOWS = some.builds(
    Window,
    some.floats(-3000, 70000),
    some.floats(1, 70000),
    some.sampled_from(FUNCTIONS),
)


@settings(max_examples=80, deadline=None)
@given(
    WINDOWS,
    some.sampled_from(["int8", "uint8", "int16", "uint16", "int32", "float32"]),
    some.floats(0.01, 30),
    some.floats(-2000, 2000),
    some.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    some.integers(0, 2**32 - 1),
)
def test_display_is_the_formula_rounded_once(
    window: Window, kind: str, slope: float, intercept: float, photometric: str, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    ends = (-3000, 3000) if kind == "float32" else (np.iinfo(kind).min, np.iinfo(kind).max)
    stored = generator.integers(*ends, (5, 7), np.int64).astype(kind)
    dataset = grey(PhotometricInterpretation=photometric)
    dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:.9g}", f"{intercept:.9g}"
    shown = pixels.to_display(dataset, window, stored=stored)
    for value, displayed in zip(stored.ravel().tolist(), shown.ravel().tolist(), strict=True):
        y = by_the_standard(value * float(f"{slope:.9g}") + float(f"{intercept:.9g}"), window)
        y = 255 - y if photometric == "MONOCHROME1" else y
        near_a_tie = abs(y + 0.5 - round(y + 0.5)) < 1e-9
        assert displayed == math.floor(y + 0.5) or (near_a_tie and abs(displayed - y) <= 0.6)


@settings(max_examples=60, deadline=None)
@given(WINDOWS, some.booleans())
def test_values_equal_pydicoms_bit_for_bit(window: Window, signed: bool) -> None:
    dataset = grey(PixelRepresentation=int(signed), BitsStored=12, RescaleSlope="1.5")
    dataset.RescaleIntercept = "-1024"
    dataset.WindowCenter, dataset.WindowWidth = f"{window.center:.9g}", f"{window.width:.9g}"
    dataset.VOILUTFunction = window.function
    stored = np.arange(-2048, 2048, dtype="i2") if signed else np.arange(4096, dtype="u2")
    values = pixels.modality_values(stored, dataset)
    assert np.array_equal(values, apply_modality_lut(stored, dataset))
    low, high = (float(v) * 1.5 - 1024 for v in (stored.min(), stored.max()))
    found = pixels.windows(dataset)[0]
    with np.errstate(over="ignore"):
        expected = apply_windowing(values, dataset)
    assert np.array_equal(pixels.apply_window(values, found, low, high), expected)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("LINEAR", [0, 127.5, 128, 255, 255]),
        ("LINEAR_EXACT", [0, 127.002, 127.5, 254.004, 255]),
        ("SIGMOID", [30.397, 127.002, 127.5, 224.182, 224.603]),
    ],
)
def test_the_three_functions_differ(function: str, expected: list[float]) -> None:
    found = pixels.apply_window(np.array([0, 127.5, 128, 255, 256]), Window(128, 256, function))
    assert np.allclose(found, expected, atol=1e-3)


def test_a_window_of_width_one_is_a_threshold() -> None:
    values = np.array([99.0, 99.5, 99.6, 100.0])
    assert pixels.apply_window(values, Window(100, 1)).tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("name", [*samples.names(source="made"), "CT_small", "MR_small"])
def test_stored_values_are_those_of_pydicom(name: str) -> None:
    dataset = samples.read(name)
    assert np.array_equal(pixels.stored_values(dataset, None), pixel_array(dataset))
    last = frames_of(dataset) - 1
    assert np.array_equal(pixels.stored_values(dataset, last), pixel_array(dataset, index=last))


def test_unused_bits_and_sign_are_put_right() -> None:
    words = np.array([0x0FFF, 0x0800, 0xF001, 0x07FF], "<u2").tobytes()
    options = {"PixelData": words, "BitsStored": 12, "HighBit": 11}
    signed = pixels.stored_values(grey(PixelRepresentation=1, **options))
    assert signed.ravel().tolist() == [-1, -2048, 1, 2047]
    assert pixels.stored_values(grey(**options)).ravel().tolist() == [4095, 2048, 1, 2047]


def test_padding_does_not_count() -> None:
    stored = np.array([[-2000, 0], [50, 100]], "i2")
    dataset = grey(PixelRepresentation=1)
    dataset.PixelPaddingValue = -2000
    assert pixels.padding(stored, dataset).tolist() == [[True, False], [False, False]]
    assert pixels.to_display(dataset, stored=stored).tolist() == [[0, 0], [128, 255]]
    dataset.PixelPaddingRangeLimit = 0
    assert pixels.padding(stored, dataset).sum() == 2


def test_small_values_of_monochrome1_are_bright() -> None:
    chest = samples.read("virtual/cr")
    shown = pixels.to_display(chest)
    stored = pixels.stored_values(chest)
    assert shown[stored == stored.min()].min() > shown[stored == stored.max()].max()
    straight = grey(PresentationLUTShape="INVERSE")
    assert pixels.to_display(straight).ravel()[0] == 255


def test_a_lookup_table_ends_with_its_first_and_last_entry() -> None:
    table = LookupTable(-1, 8, np.array([10.0, 20, 30]))
    assert table.apply(np.array([-5, -1, 0, 1, 9])).tolist() == [10, 10, 20, 30, 30]


def lut_item(first: int, bits: int, entries: list[int]) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "SS" if first < 0 else "US", [len(entries), first, bits])
    item.add_new(0x00283006, "US", entries)
    return item


def test_modality_and_voi_tables_are_used_in_turn() -> None:
    dataset = grey(ModalityLUTSequence=[lut_item(0, 16, [5, 6, 7])])
    dataset.VOILUTSequence = [lut_item(5, 8, [0, 100, 255])]
    dataset.WindowCenter, dataset.WindowWidth = 1, 1
    stored = np.array([[0, 1], [2, 9]], "u2")
    assert pixels.modality_values(stored, dataset).tolist() == [[5, 6], [7, 7]]
    assert pixels.to_display(dataset, stored=stored).tolist() == [[0, 100], [255, 255]]
    del dataset.VOILUTSequence[0]["LUTData"]
    with pytest.warns(PictureWarning, match="no entries: left out"):
        assert pixels.to_display(dataset, stored=stored).tolist() == [[255, 255], [255, 255]]


def test_each_frame_of_an_enhanced_object_has_its_own_rescale() -> None:
    def group(slope: float) -> Dataset:
        macro, item = Dataset(), Dataset()
        item.RescaleSlope, item.RescaleIntercept = slope, 0
        macro.PixelValueTransformationSequence = [item]
        return macro

    dataset = grey(PerFrameFunctionalGroupsSequence=[group(2), group(3)])
    stored = np.array([[1, 2], [3, 4]], "u2")
    assert pixels.modality_values(stored, dataset, 0).max() == 8
    assert pixels.modality_values(stored, dataset, 1).max() == 12


@pytest.mark.parametrize(
    ("name", "place", "colour"),
    [
        ("SC_rgb_rle", (50, 50), None),
        ("SC_rgb_small_odd", (0, 0), None),
        ("examples_palette", (0, 0), None),
        ("SC_ybr_full_422_uncompressed", (5, 5), (254, 0, 0)),
    ],
)
def test_colours_are_three_bytes(
    name: str, place: tuple[int, int], colour: tuple[int, ...] | None
) -> None:
    dataset = samples.read(name)
    shown = pixels.to_display(dataset)
    assert shown.shape == (dataset.Rows, dataset.Columns, 3)
    assert shown.dtype == np.uint8
    assert colour is None or np.abs(shown[place].astype(int) - colour).max() <= 1


def test_the_same_colours_in_every_way_of_storing_them() -> None:
    first = pixels.to_display(samples.read("SC_rgb_rle"))
    for name in ("SC_rgb_rle_16bit", "SC_rgb_rle_32bit", "SC_rgb_gdcm_KY"):
        assert np.array_equal(pixels.to_display(samples.read(name)), first), name


def test_overlays_lie_where_their_origin_says() -> None:
    dataset = grey()
    dataset.add_new(0x60000010, "US", 2)
    dataset.add_new(0x60000011, "US", 2)
    dataset.add_new(0x60000050, "SS", [2, 1])
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60003000, "OW", bytes([0b0010, 0]))
    drawn = display.overlay(dataset)
    assert drawn is not None
    assert drawn.tolist() == [[False, False], [False, True]]
    assert display.overlay(grey()) is None


def test_hounsfield_units_are_told_from_other_numbers() -> None:
    assert units(samples.read("CT_small")) == "HU"
    assert units(samples.read("MR_small")) == ""
    assert units(samples.read("virtual/pt")) == "BQML"
    scout = samples.read("CT_small")
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    assert units(scout) == ""


# ---- bad input: one sentence, no exhausted memory, no dead kernel


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("width", [0, -5, math.nan, math.inf])
def test_a_window_that_cannot_be_is_refused(width: float, function: str) -> None:
    with pytest.raises(PixelError, match=r"[Ww]idth"):
        Window(40, width, function)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no pixels": ({"PixelData": None}, "no pixels"),
    "no rows": ({"Rows": None}, "Rows is missing"),
    "rows 0": ({"Rows": 0}, "Rows is missing"),
    "too large": ({"Rows": 65535, "Columns": 65535}, "more than the"),
    "no such bits": ({"BitsAllocated": 13}, "cannot be decoded"),
    "no bits": ({"BitsAllocated": None}, "BitsAllocated is missing"),
    "four samples": ({"SamplesPerPixel": 4}, "cannot be decoded"),
    "palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, "colours cannot be shown"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_bad_attributes_give_one_sentence(case: str) -> None:
    elements, sentence = BROKEN[case]
    dataset = grey(**{key: value for key, value in elements.items() if value is not None})
    for keyword in [key for key, value in elements.items() if value is None]:
        delattr(dataset, keyword)
    with pytest.raises(PixelError, match=sentence) as caught:
        pixels.to_display(dataset)
    assert len(str(caught.value)) < 500


def test_a_frame_that_is_not_there() -> None:
    with pytest.raises(PixelError, match="no frame 1"):
        pixels.to_display(grey(), frame=1)


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.110", "1.2.3", "1.2.840.10008.1.2.4.100"])
def test_a_syntax_that_cannot_be_decoded(uid: str) -> None:
    dataset = samples.read("examples_jpeg2k")
    dataset.file_meta.TransferSyntaxUID = UID(uid)
    with pytest.raises(PixelError, match="No decoder here"):
        pixels.to_display(dataset)
    del dataset.file_meta.TransferSyntaxUID
    with pytest.raises(PixelError, match="no Transfer Syntax UID"):
        pixels.to_display(dataset)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_a_header_that_promises_too_much_is_refused(syntax: UID) -> None:
    dataset = samples.read("MR_small_RLE" if syntax == RLELossless else "MR_small_jp2klossless")
    dataset.Rows = dataset.Columns = 11_000
    with pytest.raises(PixelError):
        pixels.to_display(dataset)


def test_gdcm_is_never_asked() -> None:
    assert "gdcm" not in DECODERS
    dataset = samples.read("MR_small_jp2klossless")
    dataset.file_meta.TransferSyntaxUID = JPEG2000MCLossless
    with pytest.raises(PixelError, match="No decoder here"):
        pixels.to_display(dataset)


SEEDS = ("CT_small", "MR_small_RLE", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless")


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files_are_shown_or_refused(name: str) -> None:
    raw = samples.path(name).read_bytes()
    generator = np.random.default_rng(7)
    refused = 0
    for _round in range(60):
        changed = bytearray(raw)
        for place in generator.integers(132, len(raw), 6):
            changed[place] = generator.integers(256)
        for _more in range(2):
            changed[raw.index(b"\x28\x00\x10\x00") + generator.integers(0, 60)] ^= 1
        try:
            dataset = dcmread(BytesIO(bytes(changed[: generator.integers(2000, len(raw) + 1)])))
        except Exception:  # reading is another module's matter
            continue
        try:
            assert display.drawn(dataset).dtype == np.uint8
        except PixelError as error:
            refused += 1
            assert 0 < len(str(error)) < 900
    assert refused


def test_all_bundled_files_are_shown_or_refused_with_a_sentence() -> None:
    shown = 0
    for name in samples.names(source="bundled"):
        with warnings.catch_warnings(action="ignore"):  # what pydicom says on reading
            dataset = samples.read(name, force=True)
        try:
            picture: NDArray[np.uint8] = display.drawn(dataset)
        except PixelError:
            continue
        assert picture.shape[:2] == (dataset.Rows, dataset.Columns)
        shown += 1
    assert shown >= 90


# ---- every picture against DCMTK's dcmj2pnm with the same window, within one grey level

REAL = Path(__file__).parents[2] / "shared" / "samples"
FILES = {
    **{name: samples.path(name) for name in samples.names(source="bundled")},
    **{name: samples.path(name) for name in samples.names(source="made")},
    **{path.stem: path for path in sorted(REAL.glob("*.dcm"))},
}
# each of the first is refused in a sentence; the last two DCMTK cannot draw
WITHOUT_PICTURE = {
    "JPEG-LL",
    "JPEG-lossy",
    "JPEG2000-embedded-sequence-delimiter",
    "JPGExtended",
    "SC_rgb_jpeg_gdcm",
    "meta_missing_tsyntax",
    "nested_priv_SQ",
    "SC_rgb_jpeg",
    "MR_truncated",
}
PICTURES = [name for name in FILES if samples.get(name).frames and name not in WITHOUT_PICTURE]
# 32-bit numbers in big endian: DCMTK swaps 16-bit words, whoever wrote these files swapped 32 bits
TWINS = {"rtdose_expb": "rtdose", "rtdose_expb_1frame": "rtdose_1frame"}
DCMTK = ("1.2.840.10008.1.2.5", *JPEGTransferSyntaxes)


def read(path: Path) -> Dataset:
    with warnings.catch_warnings(action="ignore"):
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
    center, width = voi.center, voi.width
    if "DoseGridScaling" in dataset:  # DCMTK leaves out the scaling of a dose
        scaling = rescale(dataset)[0]
        center, width = (center - 0.5) / scaling + 0.5, (width - 1) / scaling + 1
    return ["+Ww", f"{center:.9g}", f"{width:.9g}", *function]


@pytest.mark.tools
@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_that_of_dcmtk(name: str, tmp_path: Path) -> None:
    dataset = read(FILES[name])
    # DCMTK leaves the colour profile out
    dataset.pop("ICCProfile", None)
    ours = display.drawn(dataset)
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
