"""Every kind of odd picture: what is shown, by formula, and what is said about it."""

from __future__ import annotations

import struct
import subprocess
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import DataElement, Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)
from tools import require

from dicom_lessons import pixels, reading
from dicom_lessons.pixels import (
    PictureWarning,
    PixelError,
    display,
    encapsulated,
    header,
    image_pixel,
)
from dicom_lessons.pixels.grey import voi_tables
from dicom_lessons.pixels.modality_lut import modality_table, rescale, units

RAMP = np.arange(4096, dtype="<u2").reshape(64, 64)


def image(values: Any = RAMP, **elements: Any) -> Dataset:
    """Return a grey picture, or one in colour, with attributes; None takes one away."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    colour = values.ndim == 3
    dataset.Rows, dataset.Columns = values.shape[:2]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = values.dtype.itemsize * 8
    dataset.BitsStored = 12 if values.dtype.itemsize == 2 else 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    for keyword, value in elements.items():
        if value is None:
            delattr(dataset, keyword)
        elif keyword == "TransferSyntaxUID":
            dataset.file_meta.TransferSyntaxUID = UID(value)
        else:
            setattr(dataset, keyword, value)
    return dataset


def shown(dataset: Dataset, frame: int = 0) -> NDArray[np.uint8]:
    return display.drawn(dataset, frame=frame)


def said(dataset: Dataset, frame: int = 0) -> str:
    return "\n".join(map(str, pixels.findings(dataset, frame)))


def spread(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Return grey levels from low (black) to high (white), rounded once."""
    grey = (np.asarray(values, float).clip(low, high) - low) / (high - low) * 255
    return np.floor(grey + 0.5).astype(np.uint8)


def through_a_file(dataset: Dataset, syntax: UID) -> Dataset:
    """Return a data set as it comes back from a file without VRs, or with them."""
    file = BytesIO()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.999.1"
    dataset.file_meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    dataset.save_as(file, enforce_file_format=True)
    return reading.read(file.getvalue())


def raw_text(dataset: Dataset, keyword: str, text: str) -> Dataset:
    """Return a data set read from a file whose number is a text of no VR."""
    setattr(dataset, keyword, "1" * len(text))
    raw = BytesIO()
    dataset.save_as(raw, implicit_vr=False, little_endian=True)
    old, new = (one.encode() + b" " * (len(text) % 2) for one in ("1" * len(text), text))
    found = dcmread(BytesIO(raw.getvalue().replace(old, new, 1)), force=True)
    found.file_meta = dataset.file_meta
    return found


# ---- grey levels


@pytest.mark.parametrize(("bits", "intercept"), [(12, -1024), (12, -1), (16, -2000), (10, -512)])
@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_the_first_value_of_a_lookup_table_has_the_sign_of_its_values(
    bits: int, intercept: int, syntax: UID
) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, intercept % 2**16, 12])
    item.add_new("LUTData", "OW", RAMP.tobytes())
    dataset = image(BitsStored=bits, HighBit=bits - 1, RescaleSlope=1, RescaleIntercept=intercept)
    stored_values = RAMP.astype(int) % 2**bits
    dataset.PixelData = stored_values.astype("<u2").tobytes()
    dataset.VOILUTSequence = [item]
    read = through_a_file(dataset, syntax)
    assert voi_tables(read)[0].first == intercept
    assert np.array_equal(shown(read), spread(stored_values, 0, 4095))
    assert said(read) == ""


@pytest.mark.parametrize(
    ("signed", "slope", "first", "expected"),
    [
        (0, 1, 40000, 40000),  # values that cannot be negative
        (1, 1, 65436, -100),
        (0, -1, 65436, -100),  # a slope below 0 makes them negative
        (0, 1, 65436, -100),  # no value is as large: the other sign is meant, and said
    ],
)
def test_signs_of_lookup_tables_by_the_range_of_the_data(
    signed: int, slope: int, first: int, expected: int
) -> None:
    bits = 16 if expected == 40000 else 12
    dataset = image(PixelRepresentation=signed, BitsStored=bits, HighBit=bits - 1)
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, 0
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, first, 8])
    item.add_new("LUTData", "US", list(range(256)))
    dataset.VOILUTSequence = [item]
    assert voi_tables(dataset)[0].first == expected
    assert ("other sign" in said(dataset)) == (not signed and slope == 1 and expected < 0)


@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize("broken", ["empty", "no data", "two numbers", "no descriptor"])
def test_a_lookup_table_that_is_none_is_left_out(sequence: str, broken: str) -> None:
    item = Dataset()
    if broken != "empty":
        item.add_new("LUTDescriptor", "US", [2, 0, 8][: 2 if broken == "two numbers" else 3])
        item.add_new("LUTData", "US", [] if broken == "no data" else [0, 255])
    if broken == "no descriptor":
        del item.LUTDescriptor
    dataset = image(**{sequence: [item]})
    assert np.array_equal(shown(dataset), spread(RAMP, 0, 4095))
    assert f"{sequence}: a lookup table has no descriptor" in said(dataset)


@pytest.mark.parametrize(
    ("bits", "highest", "levels", "words"),
    [
        (16, 4095, 16, "no entry is above 4095"),
        (16, 65535, 256, ""),
        (12, 4095, 256, ""),
        (8, 4095, 256, "entries need 12"),
        (40, 255, 256, "entries need 8"),
    ],
)
def test_bits_of_a_lookup_table(bits: int, highest: int, levels: int, words: str) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, bits])
    item.add_new("LUTData", "OW", (RAMP * (highest / 4095)).astype("<u2").tobytes())
    picture = shown(dataset := image(VOILUTSequence=[item]))
    assert abs(len(np.unique(picture)) - levels) <= 1
    assert (np.diff(picture.ravel().astype(int)) >= 0).all()
    assert words in said(dataset) and bool(words) == bool(said(dataset))


@pytest.mark.parametrize("value", [-2000, 63536])
def test_padding_has_the_sign_of_the_pixels(value: int) -> None:
    signed = np.array([[-2000, 0], [50, 100]], "<i2")
    dataset = image(signed, BitsStored=16, HighBit=15)
    dataset.add_new("PixelPaddingValue", "SS" if value < 0 else "US", value)
    assert pixels.padding(signed, dataset).tolist() == [[True, False], [False, False]]
    assert shown(dataset).tolist() == [[0, 0], [128, 255]]
    unsigned = signed.astype("<u2")
    assert pixels.padding(unsigned, image(unsigned, PixelPaddingValue=63536)).sum() == 1


def test_a_label_map_whose_padding_is_a_label_is_not_all_black() -> None:
    labels = np.array([[0, 9], [9, 0]], np.uint8)
    assert shown(image(labels, PixelPaddingValue=0)).tolist() == [[0, 255], [255, 0]]
    assert shown(image(labels * 0 + 9, PixelPaddingValue=9)).max() == 0


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
@pytest.mark.parametrize(("stored_bits", "high"), [(12, 15), (12, 13), (8, 15)])
def test_values_lie_below_high_bit(syntax: UID, stored_bits: int, high: int) -> None:
    values = RAMP % 2**stored_bits
    words = (values << (high + 1 - stored_bits)).astype("<u2")
    dataset = image(words, BitsStored=stored_bits, HighBit=high)
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = words.byteswap().tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
    elif syntax == RLELossless:
        dataset.BitsStored = 16
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.BitsStored = stored_bits
    assert np.array_equal(pixels.stored_values(dataset), values)
    assert f"HighBit: {high}, not {stored_bits - 1}" in said(dataset)


def test_high_bits_that_lie_or_cannot_be() -> None:
    for high, words in ((15, "15, not 11"), (40, "cannot be"), (3, "cannot be")):
        dataset = image(HighBit=high)
        assert np.array_equal(pixels.stored_values(dataset), RAMP)
        assert f"HighBit: {words}" in said(dataset) or f"HighBit: it {words}" in said(dataset)


@pytest.mark.parametrize(
    ("elements", "low", "high", "words"),
    [
        ({"WindowCenter": 2048.5, "WindowWidth": 0}, 0, 4095, "width 0.0 cannot be a window"),
        ({"WindowCenter": 2048.5, "WindowWidth": -5}, 0, 4095, "width -5.0 cannot be a window"),
        ({"WindowCenter": 2048, "WindowWidth": 0.5}, 2047.75, 2048.25, "LINEAR_EXACT"),
        ({"WindowCenter": [1000.5, 7], "WindowWidth": 1001}, 500, 1500, "2 values, but 1"),
        ({"WindowCenter": 7}, 0, 4095, "1 values, but 0"),
        (
            {"WindowCenter": 1000.5, "WindowWidth": 1001, "VOILUTFunction": "CUBIC"},
            500,
            1500,
            "'CUBIC' is none of",
        ),
        ({"RescaleSlope": 2}, 0, 4095, "RescaleIntercept: it is missing"),
        ({"RescaleIntercept": -24}, 0, 4095, "RescaleSlope: it is missing"),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, 0, 4095, "RescaleSlope: 0.0 cannot be"),
        ({"PixelRepresentation": None}, 0, 4095, "PixelRepresentation: it is missing"),
        ({"PixelRepresentation": 7}, 0, 4095, "PixelRepresentation: it is missing, or neither"),
        ({"BitsStored": 99}, 0, 4095, "BitsStored: it is missing, or not from 1 to 16"),
        ({"PhotometricInterpretation": None}, 0, 4095, "taken as MONOCHROME2"),
        ({"PhotometricInterpretation": "RGB"}, 0, 4095, "RGB does not fit"),
        ({"SamplesPerPixel": 3}, 0, 4095, "3 does not fit MONOCHROME2"),
    ],
)
def test_what_is_missing_or_cannot_be_gives_a_picture_and_a_note(
    elements: dict[str, Any], low: float, high: float, words: str
) -> None:
    dataset = image(**elements)
    assert np.abs(shown(dataset).astype(int) - spread(RAMP, low, high)).max() <= 1  # at ties
    assert words in said(dataset)
    with pytest.warns(PictureWarning) as caught:
        assert np.array_equal(pixels.to_display(dataset), shown(dataset))
    assert [str(one.message) for one in caught] == list(map(str, pixels.findings(dataset)))
    assert {one.filename for one in caught} == {__file__}


@pytest.mark.parametrize(
    ("keyword", "text", "number"),
    [
        ("RescaleSlope", "0,5", 0.5),
        ("RescaleIntercept", "-24,25", -24.25),
        ("WindowCenter", "2048,5", 2048.5),
        ("WindowWidth", "400,5", 400.5),
    ],
)
def test_a_decimal_comma_is_read_as_a_point_and_said(
    keyword: str, text: str, number: float
) -> None:
    whole = {"RescaleSlope": 1, "RescaleIntercept": 0, "WindowCenter": 2000, "WindowWidth": 999}
    dataset = raw_text(image(**whole), keyword, text)
    right = image(**whole | {keyword: number})
    assert np.array_equal(shown(dataset), shown(right))
    assert f"{keyword}: {text!r} has a decimal comma: read as {number:g}" in said(dataset)


@pytest.mark.parametrize("text", ["abc", "1;5", "--3"])
@pytest.mark.parametrize("keyword", ["RescaleSlope", "WindowWidth", "PixelSpacing"])
def test_what_is_no_number_is_named_and_left_out(keyword: str, text: str) -> None:
    dataset = raw_text(image(), keyword, text)
    assert np.array_equal(shown(dataset), spread(RAMP, 0, 4095))
    assert f"{keyword}: {text!r} is no number" in said(dataset)


def test_each_frame_has_its_own_window_and_slope() -> None:
    def group(slope: float, center: float, width: float) -> Dataset:
        macros, values, window = Dataset(), Dataset(), Dataset()
        values.RescaleSlope, values.RescaleIntercept = slope, 0
        window.WindowCenter, window.WindowWidth = center, width
        macros.PixelValueTransformationSequence = [values]
        macros.FrameVOILUTSequence = [window]
        return macros

    dataset = image(NumberOfFrames=2, PixelData=RAMP.tobytes() * 2)
    dataset.PerFrameFunctionalGroupsSequence = [group(1, 1000.5, 1001), group(2, 50.5, 0)]
    assert np.abs(shown(dataset, 0).astype(int) - spread(RAMP, 500, 1500)).max() <= 1  # at ties
    assert np.array_equal(shown(dataset, 1), spread(RAMP, 0, 4095))
    assert said(dataset, 0) == "" and "width 0.0" in said(dataset, 1)


@pytest.mark.parametrize("told", ["GY", "RELATIVE"])
def test_a_dose_is_scaled(told: str) -> None:
    dataset = image(DoseGridScaling=0.001, DoseUnits=told, Modality="RTDOSE")
    assert np.allclose(pixels.modality_values(RAMP, dataset), RAMP / 1000)
    assert units(dataset) == told and rescale(dataset) == (0.001, 0)
    assert np.array_equal(shown(dataset), spread(RAMP, 0, 4095))


# ---- frames and files that break off


@pytest.mark.parametrize("announced", [None, 1, 0, 2, 99, 99999999999, "nan", -3])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_all_frames_that_are_there_are_shown(announced: Any, syntax: UID) -> None:
    frames = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]])
    dataset = image(frames[0], NumberOfFrames=3, PixelData=frames.tobytes())
    if syntax == RLELossless:
        dataset.BitsStored = 16
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.BitsStored = 12
    if announced is None:
        del dataset.NumberOfFrames
    else:
        dataset.add_new("NumberOfFrames", "FD", float(announced))
    assert header.frames_of(dataset) == 3
    assert np.array_equal(pixels.stored_values(dataset, None), frames)
    assert "Pixel Data hold 3" in said(dataset)
    with pytest.raises(PixelError, match="no frame 3: the object has 3"):
        pixels.stored_values(dataset, 3)


@pytest.mark.parametrize("missing", [1, 2, 4000, 8000])
def test_a_picture_that_breaks_off_is_shown_as_far_as_it_goes(missing: int) -> None:
    dataset = image(PixelData=RAMP.tobytes()[:-missing])
    whole = (8192 - missing) // 2
    found = pixels.stored_values(dataset).ravel()
    assert np.array_equal(found[:whole], RAMP.ravel()[:whole]) and not found[whole:].any()
    assert f"breaks off after {8192 - missing} of 8192 bytes" in said(dataset)
    more = image(PixelData=RAMP.tobytes() + bytes(missing + missing % 2 + 2))
    assert np.array_equal(pixels.stored_values(more), RAMP)
    assert "bytes more than the picture needs" in said(more)


def test_a_file_that_breaks_off_says_at_which_byte() -> None:
    dataset = image()
    dataset.BitsStored = 16
    dataset.compress(RLELossless, generate_instance_uid=False)
    file = BytesIO()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.999.1"
    dataset.file_meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    dataset.save_as(file, enforce_file_format=True)
    whole = file.getvalue()
    cut = reading.read(whole[:-8])  # only the delimiter is gone
    assert np.array_equal(pixels.stored_values(cut), RAMP)
    assert f"at byte {len(whole) - 8} of the file" in said(cut)
    shorter = reading.read(whole[:-300])
    assert f"at byte {len(whole) - 300} of the file" in said(shorter)
    with pytest.raises(PixelError, match="breaks off in this frame"):
        pixels.to_display(shorter)


# ---- overlays


@pytest.mark.parametrize("bit", [12, 15])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_overlays_in_unused_bits_are_drawn_and_no_grey_level(bit: int, syntax: UID) -> None:
    drawing = np.eye(64, dtype=bool)
    dataset = image((RAMP | drawing.astype("<u2") << bit).astype("<u2"))
    for element, vr, value in (
        (0x10, "US", 64),
        (0x11, "US", 64),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 16),
        (0x102, "US", bit),
    ):
        dataset.add_new((0x6000, element), vr, value)
    if syntax == RLELossless:
        dataset.BitsStored = 16
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.BitsStored = 12
    assert np.array_equal(shown(dataset), spread(RAMP, 0, 4095))
    drawn = display.overlay(dataset)
    assert drawn is not None and np.array_equal(drawn, drawing)
    dataset[0x6000, 0x102].value = 3
    assert display.overlay(dataset) is None and "an overlay in bits of the pixels" in said(dataset)


def test_overlays_of_their_frame_and_with_too_few_bits() -> None:
    dataset = image(NumberOfFrames=3, PixelData=RAMP.tobytes() * 3)
    plane = np.packbits(np.eye(64, dtype=np.uint8).ravel(), bitorder="little").tobytes()
    for element, vr, value in (
        (0x10, "US", 64),
        (0x11, "US", 64),
        (0x15, "IS", 2),
        (0x50, "SS", [1, 1]),
        (0x51, "US", 2),
        (0x100, "US", 1),
        (0x3000, "OW", plane + bytes(len(plane))),
    ):
        dataset.add_new((0x6000, element), vr, value)
    drawn = [display.overlay(dataset, frame) for frame in range(3)]
    assert drawn[0] is None and drawn[2] is None and drawn[1] is not None
    dataset[0x6000, 0x3000].value = plane
    assert "too few bits" in said(dataset, 2)


# ---- colours

RED, BLUE = (200, 40, 40), (40, 60, 200)


def flag() -> NDArray[np.uint8]:
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, :32], rgb[:, 32:] = RED, BLUE
    return rgb


def jpeg(mode: str, marker: str = "", names: tuple[int, ...] = (1, 2, 3), step: int = 0) -> bytes:
    """Return a flag as JPEG, coded as RGB or YCbCr, with the markers wanted and no others."""
    file = BytesIO()
    picture = Image.fromarray(flag())
    if mode == "RGB":
        picture.save(file, "JPEG", quality=95, keep_rgb=True)
    else:
        picture.save(file, "JPEG", quality=95, subsampling=step)
    data, parts, place = file.getvalue(), [b"\xff\xd8"], 2
    told = {
        "JFIF": b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
        "Adobe 0": b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(5),
        "Adobe 1": b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(4) + b"\x01",
    }
    parts.append(told.get(marker, b""))
    old = names
    while True:
        code, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        part = bytearray(data[place : place + 2 + length])
        if code == 0xC0:
            old = tuple(part[10 + 3 * number] for number in range(3))
            for number, name in enumerate(names):
                part[10 + 3 * number] = name
        if code == 0xDA:
            for number in range(3):
                part[5 + 2 * number] = names[old.index(part[5 + 2 * number])]
        if not 0xE0 <= code <= 0xEF:
            parts.append(bytes(part))
        place += 2 + length
        if code == 0xDA:
            return b"".join(parts) + data[place:]


@pytest.mark.parametrize(
    ("told", "coded", "words"),
    [
        ("RGB", jpeg("YBR", "JFIF"), "no RGB: shown as YBR_FULL"),
        ("RGB", jpeg("YBR"), "no RGB: shown as YBR_FULL"),
        ("RGB", jpeg("YBR", "Adobe 1", (0, 1, 2)), "no RGB: shown as YBR_FULL"),
        ("RGB", jpeg("YBR", "", (0, 1, 2), 2), "no RGB: shown as YBR_FULL"),
        ("YBR_FULL_422", jpeg("YBR", "JFIF"), ""),
        ("YBR_FULL_422", jpeg("YBR"), ""),
        ("YBR_FULL", jpeg("YBR", "", (7, 8, 9)), ""),
        ("YBR_FULL_422", jpeg("RGB", "Adobe 0"), "no YBR_FULL_422: shown as RGB"),
        ("YBR_FULL", jpeg("RGB", "", (82, 71, 66)), "no YBR_FULL: shown as RGB"),
        ("RGB", jpeg("RGB", "", (82, 71, 66)), ""),
        ("RGB", jpeg("RGB", "Adobe 0"), ""),
        ("RGB", jpeg("RGB", "", (0, 1, 2)), ""),
        ("RGB", jpeg("RGB", "", (1, 2, 3)), ""),
    ],
)
def test_colours_are_those_that_the_jpeg_says(told: str, coded: bytes, words: str) -> None:
    dataset = image(flag(), PhotometricInterpretation=told, TransferSyntaxUID=JPEGBaseline8Bit)
    dataset.PixelData = encapsulate([coded])
    picture = shown(dataset).astype(int)
    assert np.abs(picture[:, 2:30] - RED).max() < 9
    assert np.abs(picture[:, 34:62] - BLUE).max() < 9
    assert words in said(dataset) and bool(words) == bool(said(dataset))


def halved(rgb: NDArray[np.uint8], width: int) -> bytes:
    """Return a picture as YBR_FULL_422, rows of a width of their own (PS3.3 C.7.6.3.1.2)."""
    ybr = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
    ybr = np.pad(ybr, ((0, 0), (0, width - ybr.shape[1]), (0, 0)), "edge").reshape(-1, 3)
    pairs = np.column_stack([ybr[::2, 0], ybr[1::2, 0], ybr[::2, 1], ybr[::2, 2]])
    return pairs.astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    ("columns", "width", "words"),
    [(64, 64, ""), (62, 62, ""), (63, 64, "even number"), (61, 62, "even number")],
)
def test_halved_colours_are_never_sheared(columns: int, width: int, words: str) -> None:
    rgb = flag()[:, :columns]
    data = halved(rgb, width)
    dataset = image(rgb, PhotometricInterpretation="YBR_FULL_422", PixelData=data)
    assert np.abs(shown(dataset).astype(int) - rgb).max() <= 3
    assert words in said(dataset) and bool(words) == bool(said(dataset))


def test_odd_columns_without_a_gap_and_colours_that_are_not_halved() -> None:
    rgb = np.repeat(np.repeat(np.arange(63, dtype=np.uint8)[None, :, None] * 4, 64, 0), 3, 2)
    data = halved(rgb.reshape(1, -1, 3), 64 * 63)
    dataset = image(rgb, PhotometricInterpretation="YBR_FULL_422", PixelData=data)
    assert np.abs(shown(dataset).astype(int) - rgb).max() <= 3
    assert "even number" in said(dataset)
    ybr = np.asarray(Image.fromarray(flag()).convert("YCbCr"))
    whole = image(ybr, PhotometricInterpretation="YBR_FULL_422")
    assert np.abs(shown(whole).astype(int) - flag()).max() <= 3
    assert "not halved" in said(whole)


@pytest.mark.parametrize("planar", [None, 5])
def test_colours_whose_order_is_not_told(planar: int | None) -> None:
    dataset = image(flag(), PlanarConfiguration=planar)
    assert np.array_equal(shown(dataset), flag())
    assert "PlanarConfiguration: it is missing" in said(dataset)
    grey = image(flag(), PhotometricInterpretation="MONOCHROME2")
    assert np.array_equal(shown(grey), flag()) and "does not fit" in said(grey)


# ---- transfer syntaxes and hostile input


@pytest.mark.parametrize(
    ("uid", "cure"),
    [
        ("1.2.840.10008.1.2.4.52", "dcmdjpeg"),
        ("1.2.840.10008.1.2.4.65", "dcmdjpeg"),
        ("1.2.840.10008.1.2.4.100", "video player"),
        ("1.2.840.10008.1.2.4.102", "video player"),
        ("1.2.840.10008.1.2.4.108", "video player"),
        ("1.2.840.10008.1.2.4.110", "djxl"),
        ("1.2.840.10008.1.2.4.112", "djxl"),
        ("1.2.840.10008.1.2.4.94", "a server has them"),
        ("1.2.840.10008.1.2.4.205", "a server has them"),
        ("1.2.840.113619.5.2", "private to GE"),
        ("1.2.3.4", "whoever made the file"),
    ],
)
def test_a_cure_true_for_its_transfer_syntax(uid: str, cure: str) -> None:
    dataset = image(TransferSyntaxUID=uid)
    with pytest.raises(PixelError, match=cure) as caught:
        pixels.to_display(dataset)
    assert str(caught.value).count(uid) == 1
    (only,) = pixels.findings(dataset)
    assert f"{only}" == str(caught.value)


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1"])
def test_native_frames_in_fragments_are_shown(uid: str) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = RAMP.tobytes()
    if uid.endswith("8.1"):
        data = packer.compress(data) + packer.flush()
    dataset = image(TransferSyntaxUID=uid, PixelData=encapsulate([data]))
    assert np.array_equal(pixels.stored_values(dataset), RAMP)


def codestream(rows: int, columns: int, samples: int) -> bytes:
    """Return the header of a JPEG 2000 codestream without anything behind it."""
    size = b"\xff\x51" + struct.pack(
        ">HH8IH", 38 + 3 * samples, 0, columns, rows, 0, 0, columns, rows, 0, 0, samples
    )
    return b"\xff\x4f" + size + b"\x07\x01\x01" * samples + b"\xff\x52\x00\x0c" + bytes(10)


@pytest.mark.parametrize("front", [b"", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), b"junk"])
@pytest.mark.parametrize("size", [(30000, 30000, 1), (64, 64, 16384), (64, 64, 3), (0, 64, 1)])
def test_a_codestream_of_another_size_reaches_no_decoder(
    front: bytes, size: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encapsulated, "decoder_with", lambda *_asked: pytest.fail("was asked"))
    dataset = image(np.zeros((64, 64), np.uint8), TransferSyntaxUID="1.2.840.10008.1.2.4.91")
    dataset.PixelData = encapsulate([front + codestream(*size)])
    with pytest.raises(PixelError, match="rows, columns and samples"):
        pixels.to_display(dataset)


CALLS: dict[str, Callable[[Dataset], object]] = {
    "frames_of": header.frames_of,
    "stored_values": pixels.stored_values,
    "to_display": display.drawn,
    "windows": pixels.windows,
    "voi_tables": voi_tables,
    "modality_table": modality_table,
    "units": units,
    "is_colour": image_pixel.is_colour,
    "overlay": display.overlay,
    "findings": pixels.findings,
    "padding": lambda dataset: pixels.padding(RAMP, dataset),
}
HOSTILE = Path(__file__).parents[2] / "shared" / "faults"


@pytest.mark.parametrize("raw", [b"", b"\x01", b"abc", b"\xff\xff\xff\xff", b"\x1b[31m"])
@pytest.mark.parametrize("vr", ["ZZ", "SQ", "FD", "US", "UI", "DS"])
def test_no_element_lets_another_error_out(vr: str, raw: bytes) -> None:
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    for keyword in (
        *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
        *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "WindowCenter"),
        *("WindowWidth", "RescaleSlope", "VOILUTSequence", "ModalityLUTSequence", "Units"),
        *("ImageType", "Modality", "PixelPaddingValue", "PixelData", "VOILUTFunction"),
        "PerFrameFunctionalGroupsSequence",
    ):
        dataset = image(WindowCenter=9, WindowWidth=9)
        tag = Tag(keyword)
        raw_element = RawDataElement(tag, vr, len(raw), raw, 0, False, True)
        dataset._dict[tag] = raw_element
        for name, call in CALLS.items():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error", PictureWarning)
                    call(dataset)
            except PixelError as error:
                assert name in ("stored_values", "to_display")
                assert_helpful(str(error))
        for finding in pixels.findings(dataset):
            assert_helpful(str(finding))


def assert_helpful(sentence: str) -> None:
    assert sentence.isprintable() and len(sentence) < 600
    for inside in (" at 0x", "NoneType", "object of type", ": .", "Traceback", "unpack_from"):
        assert inside not in sentence


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the reproducers are not here")
def test_every_reproducer_is_shown_or_refused_with_a_sentence() -> None:
    for path in sorted(HOSTILE.rglob("*.dcm")):
        try:
            dataset = reading.read(path)
        except (reading.ReadingError, OSError):
            continue  # reading is another module's matter
        for name, call in CALLS.items():
            try:
                call(dataset)
            except PixelError as error:
                assert name in ("stored_values", "to_display"), path.name
                assert_helpful(str(error))
        for finding in pixels.findings(dataset):
            assert_helpful(str(finding))


# ---- no picture differs from DCMTK's in silence


def of_dcmtk(path: Path, folder: Path, dataset: Dataset) -> NDArray[np.uint8] | None:
    """Return DCMTK's picture with the window or the table that ours has; None if it has none."""
    require("dcmj2pnm")
    grey = not image_pixel.is_colour(dataset)
    options: list[str] = []
    if grey:
        voi = display.default_voi(pixels.stored_values(dataset), dataset)
        options = ["+Wl", "1"]
        if isinstance(voi, pixels.Window):
            scale = rescale(dataset)[0] if "DoseGridScaling" in dataset else 1
            center, width = (voi.center - 0.5) / scale + 0.5, (voi.width - 1) / scale + 1
            options = ["+Ww", f"{center:.9g}", f"{width:.9g}"]
    target = folder / "picture.pnm"
    command = ["dcmj2pnm", "--write-raw-pnm", "--no-overlays", *options, str(path), str(target)]
    done = subprocess.run(command, capture_output=True, check=False)
    return np.asarray(Image.open(target)) if done.returncode == 0 and target.is_file() else None


@pytest.mark.tools
@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the reproducers are not here")
def test_no_picture_differs_from_dcmtks_in_silence(tmp_path: Path) -> None:
    silent, compared = [], 0
    for path in sorted(HOSTILE.glob("*.dcm")):
        try:
            dataset = reading.read(path)
            ours = display.drawn(dataset)
        except (reading.ReadingError, PixelError):
            continue
        (tmp_path / "picture.pnm").unlink(missing_ok=True)
        theirs = of_dcmtk(path, tmp_path, dataset)
        if theirs is None:
            continue
        compared += 1
        differs = theirs.shape != ours.shape or np.abs(ours.astype(int) - theirs).max() > 1
        if differs and not pixels.findings(dataset):
            silent.append(path.stem)
    assert compared >= 20 and silent == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_count_of_bits_that_is_none_leaves_colours_as_they_are(value: float) -> None:
    colours = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)
    dataset = image(colours)
    dataset["BitsStored"] = DataElement("BitsStored", "FD", value)
    with pytest.warns(pixels.PictureWarning, match="BitsStored"):
        assert np.array_equal(pixels.to_display(dataset), colours)
