"""One picture in many transfer syntaxes: equal where promised, else marked, or refused."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    MPEG2MPML,
    UID,
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEG2000MCLossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)
from tools import complaints, dciodvfy, require

from dicom_lessons import samples
from dicom_lessons.compression import compress, decoders
from dicom_lessons.compression.codings import (
    codings_of,
    difference,
    time_decoding,
    time_encoding,
)
from dicom_lessons.compression.derived import CompressionError
from dicom_lessons.pixels import PixelError, stored_values, to_display
from dicom_lessons.pixels.decoders import DECODERS
from dicom_lessons.text import set_language

NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
LOSSLESS = (*NATIVE, RLELossless, JPEGLSLossless, HTJ2KLossless, JPEG2000Lossless)
LOSSY: list[tuple[UID, dict[str, Any]]] = [
    (JPEGLSNearLossless, {"jls_error": 2}),
    (JPEG2000, {"j2k_cr": [10]}),
    (JPEG2000, {"j2k_psnr": [50]}),
]
WAYS = [*((syntax, {}) for syntax in LOSSLESS), *LOSSY]
METHOD = {JPEGLSNearLossless: "ISO_14495_1", JPEG2000: "ISO_15444_1"}


def image(values: NDArray[Any], bits: int, photometric: str = "MONOCHROME2") -> Dataset:
    """Return a Secondary Capture of values (frames, rows, columns) or (…, 3)."""
    colour = photometric == "RGB"
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3.4"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = values.shape[:3]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3 if colour else 1, photometric
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = values.dtype.itemsize * 8
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    content = values.astype(values.dtype.newbyteorder("<")).tobytes()
    dataset.add_new("PixelData", "OW" if bits > 8 else "OB", content + b"\0" * (len(content) % 2))
    return dataset


@some.composite
def images(draw: some.DrawFn, least: int = 32) -> Dataset:
    """Draw noise and slopes of every depth, sign, colour and size; encoders refuse tiny ones."""
    bits = draw(some.integers(2, 16))
    allocated = 16 if bits > 8 else draw(some.sampled_from([8, 16]))
    colour = draw(some.booleans())
    signed = not colour and draw(some.booleans())
    frames, *sides = (draw(some.integers(low, high)) for low, high in ((1, 3), *[(least, 50)] * 2))
    shape = (frames, *sides, *[3] * colour)
    low = -(2 ** (bits - 1)) if signed else 0
    generator = np.random.default_rng(draw(some.integers(0, 2**32 - 1)))
    if draw(some.booleans()):
        values = generator.integers(low, low + 2**bits, shape)
    else:
        values = low + np.linspace(0, 2**bits - 1, int(np.prod(shape))).astype(int).reshape(shape)
    photometric = "RGB" if colour else draw(some.sampled_from(["MONOCHROME1", "MONOCHROME2"]))
    return image(values.astype(f"{'i' if signed else 'u'}{allocated // 8}"), bits, photometric)


def frozen(dataset: Dataset) -> str:
    return dataset.to_json() + dataset.file_meta.to_json()


def reread(dataset: Dataset) -> Dataset:
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return dcmread(BytesIO(file.getvalue()))


# ---- any picture


@settings(max_examples=60, deadline=None)
@given(images(), some.sampled_from(LOSSLESS))
def test_lossless_means_equal_and_the_same_object(dataset: Dataset, syntax: UID) -> None:
    before, values = frozen(dataset), stored_values(dataset, None)
    coded = reread(compress(dataset, syntax))
    assert coded.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(stored_values(coded, None), values)
    assert coded.SOPInstanceUID == dataset.SOPInstanceUID
    assert "LossyImageCompression" not in coded
    assert frozen(dataset) == before


@settings(max_examples=60, deadline=None)
@given(images(), some.integers(1, 255))
def test_near_lossless_never_errs_by_more_than_its_limit(dataset: Dataset, limit: int) -> None:
    values = stored_values(dataset, None)
    half = 2 ** (dataset.BitsStored - 1)
    ends = int(values.max()) + limit >= half or int(values.min()) - limit < -half
    if limit >= half or (dataset.PixelRepresentation and ends):
        with pytest.raises(CompressionError):
            compress(dataset, JPEGLSNearLossless, jls_error=limit)
        return
    coded = reread(compress(dataset, JPEGLSNearLossless, jls_error=limit))
    assert difference(stored_values(coded, None), values).max() <= limit


@settings(max_examples=30, deadline=None)
@given(images())
def test_sizes_and_ratios_of_all_codings_agree(dataset: Dataset) -> None:
    values = stored_values(dataset, None)
    for coding in codings_of(dataset):
        assert coding.native_size == values.nbytes
        assert coding.size > 0
        assert coding.ratio == coding.native_size / coding.size
        assert coding.lossless == (coding.largest_error == 0)
        assert coding.reason == ""
        last = values if values.shape[0] != dataset.NumberOfFrames else values[-1]
        if dataset.NumberOfFrames > 1:
            coded = stored_values(coding.dataset, dataset.NumberOfFrames - 1)
            error = difference(coded, last).max()
            assert error <= (coding.largest_error or 0)


@settings(max_examples=100, deadline=None)
@given(some.data(), some.sampled_from(["int8", "uint8", "int16", "uint16", "int32", "uint32"]))
def test_differences_never_overflow(data: some.DataObject, kind: str) -> None:
    ends = np.iinfo(kind)
    numbers = some.lists(some.integers(int(ends.min), int(ends.max)), min_size=4, max_size=4)
    first, second = data.draw(numbers), data.draw(numbers)
    expected = [abs(a - b) for a, b in zip(first, second, strict=True)]
    swapped = np.array(second, kind).astype(np.dtype(kind).newbyteorder(">"))
    assert difference(np.array(first, kind), swapped).tolist() == expected


# ---- the marks of loss


@pytest.mark.parametrize(("syntax", "options"), LOSSY)
@pytest.mark.parametrize("name", ["CT_small", "virtual/us_doppler", "virtual/dx", "virtual/xa"])
def test_loss_is_marked(name: str, syntax: UID, options: dict[str, Any]) -> None:
    original = samples.read(name)
    before = frozen(original)
    lossy = reread(compress(original, syntax, **options))
    values = stored_values(original, None)
    encoded = sum(map(len, frames_of(lossy)))
    assert lossy.LossyImageCompression == "01"
    assert float(lossy.LossyImageCompressionRatio) == pytest.approx(
        values.nbytes / encoded, abs=0.01
    )
    assert lossy.LossyImageCompressionMethod == METHOD[syntax]
    assert list(lossy.ImageType) == ["DERIVED", *original.ImageType[1:]]
    assert f"{float(lossy.LossyImageCompressionRatio):.2f} : 1" in lossy.DerivationDescription
    assert lossy.SOPInstanceUID == lossy.file_meta.MediaStorageSOPInstanceUID
    assert lossy.SOPInstanceUID != original.SOPInstanceUID
    assert lossy.SOPInstanceUID.is_valid
    source = lossy.SourceImageSequence[0]
    assert source.ReferencedSOPClassUID == original.SOPClassUID
    assert source.ReferencedSOPInstanceUID == original.SOPInstanceUID
    assert frozen(original) == before


def frames_of(dataset: Dataset) -> list[bytes]:
    from pydicom.encaps import generate_frames

    number = int(dataset.get("NumberOfFrames", 1))
    return list(generate_frames(dataset.PixelData, number_of_frames=number))


def test_frames_of_enhanced_objects_are_derived_too() -> None:
    dataset = samples.read("CT_small")
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        kind, group = Dataset(), Dataset()
        kind.FrameType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        group.CTImageFrameTypeSequence = [kind]
        setattr(dataset, keyword, [group])
    before = frozen(dataset)
    lossy = compress(dataset, JPEG2000, j2k_cr=[5])
    assert frozen(dataset) == before
    kinds = [element.value[0] for element in lossy.iterall() if element.keyword == "FrameType"]
    assert kinds == ["DERIVED", "DERIVED"]


def test_a_second_loss_adds_to_the_marks() -> None:
    first = compress(samples.read("CT_small"), JPEGLSNearLossless, jls_error=3)
    second = reread(compress(first, JPEG2000, j2k_cr=[20]))
    assert list(second.LossyImageCompressionMethod) == ["ISO_14495_1", "ISO_15444_1"]
    ratios = list(second.LossyImageCompressionRatio)
    assert ratios[0] == first.LossyImageCompressionRatio
    assert ratios[1] > 18
    assert second.DerivationDescription.startswith(first.DerivationDescription + "; ")
    assert second.SourceImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID


def test_loss_is_for_ever() -> None:
    lossy = compress(samples.read("CT_small"), JPEG2000, j2k_cr=[20])
    for syntax in LOSSLESS:
        again = compress(lossy, syntax)
        assert again.LossyImageCompression == "01"
        assert again.LossyImageCompressionRatio == lossy.LossyImageCompressionRatio
        assert again.SOPInstanceUID == lossy.SOPInstanceUID


def test_marks_that_a_lossy_file_lacks_are_added_when_it_is_decoded() -> None:
    dataset = samples.read("SC_rgb_dcmtk_+eb+cr")
    for keyword in ("", "Ratio", "Method"):
        dataset.pop(f"LossyImageCompression{keyword}", None)
    native = compress(dataset, ExplicitVRLittleEndian)
    assert native.LossyImageCompression == "01"
    assert native.LossyImageCompressionMethod == "ISO_10918_1"
    assert float(native.LossyImageCompressionRatio) == pytest.approx(30000 / 1934, abs=0.01)
    assert np.array_equal(stored_values(native), stored_values(dataset))


def test_methods_and_ratios_stay_paired() -> None:
    dataset = samples.read("CT_small")
    dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = "01", "7.5"
    lossy = compress(dataset, JPEG2000, j2k_cr=[10])
    assert list(lossy.LossyImageCompressionMethod) == ["", "ISO_15444_1"]
    assert len(lossy.LossyImageCompressionRatio) == 2


def test_the_uid_depends_on_original_syntax_and_options_alone() -> None:
    ct = samples.read("CT_small")
    made = [compress(ct, syntax, **options).SOPInstanceUID for syntax, options in LOSSY]
    made.append(compress(ct, JPEG2000, j2k_cr=[20]).SOPInstanceUID)
    assert len(set(made)) == len(made)
    assert [compress(ct, syntax, **options).SOPInstanceUID for syntax, options in LOSSY] == made[:3]
    assert compress(ct, JPEG2000, j2k_cr=(20.0,)).SOPInstanceUID == made[3]
    ct.SOPInstanceUID = "1.2.3"
    assert compress(ct, JPEG2000, j2k_cr=[20]).SOPInstanceUID != made[3]


def test_an_object_without_identity_gets_one_without_a_source() -> None:
    dataset = samples.read("CT_small")
    del dataset.SOPInstanceUID, dataset.ImageType
    lossy = compress(dataset, JPEG2000, j2k_cr=[10])
    assert lossy.SOPInstanceUID.is_valid
    assert "SourceImageSequence" not in lossy
    assert list(lossy.ImageType) == ["DERIVED", "PRIMARY"]


@pytest.mark.parametrize(
    ("syntax", "options", "photometric"),
    [
        (RLELossless, {}, "RGB"),
        (JPEGLSLossless, {}, "RGB"),
        (JPEG2000Lossless, {}, "YBR_RCT"),
        (JPEG2000, {"j2k_cr": [10]}, "YBR_ICT"),
        (ExplicitVRLittleEndian, {}, "RGB"),
    ],
)
@pytest.mark.parametrize("name", ["virtual/us_doppler", "virtual/sc", "examples_ybr_color"])
def test_photometric_interpretation_fits_the_syntax(
    name: str, syntax: UID, options: dict[str, Any], photometric: str
) -> None:
    dataset = samples.read(name)
    coded = compress(dataset, syntax, **options)
    assert coded.PhotometricInterpretation == photometric
    assert coded.PlanarConfiguration == 0
    if not options:
        assert np.array_equal(stored_values(coded, None), stored_values(dataset, None))


# ---- odd files


def test_planes_of_colour_and_unused_bits_are_put_in_order() -> None:
    colours = np.arange(192, dtype="u1").reshape(1, 8, 8, 3)
    planes = image(colours, 8, "RGB")
    planes.PlanarConfiguration = 1
    planes.PixelData = np.moveaxis(colours, -1, 1).tobytes()
    assert np.array_equal(stored_values(compress(planes, JPEGLSLossless)), colours[0])
    words = image(np.full((1, 32, 32), 0xF001, "u2"), 12)
    assert np.unique(stored_values(compress(words, JPEG2000Lossless))).tolist() == [1]


def test_rle_keeps_the_bytes_above_the_bits_stored() -> None:
    dataset = image(np.arange(256, dtype="u2").reshape(1, 16, 16), 8)
    coded = reread(compress(dataset, RLELossless))
    assert (coded.BitsAllocated, coded.BitsStored, coded.HighBit) == (16, 8, 7)
    assert np.array_equal(stored_values(coded), stored_values(dataset))


@pytest.mark.parametrize(
    "name", ["MR_small_bigendian", "ExplVR_BigEnd", "rtdose_expb", "liver_expb_1frame"]
)
@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.filterwarnings("ignore:.*Invalid value for VR UI")
def test_big_endian_is_read_and_turned_round(name: str, syntax: UID) -> None:
    original = samples.read(name)
    turned = reread(compress(original, syntax))
    assert np.array_equal(stored_values(turned, None), stored_values(original, None))
    assert np.array_equal(to_display(turned), to_display(original))


def test_words_beside_the_pixels_are_turned_round_too() -> None:
    original = samples.read("MR_small_bigendian")
    original.add_new(0x60003000, "OW", b"\x01\x02\x03\x04")
    turned = compress(original, ExplicitVRLittleEndian)
    assert turned[0x60003000].value == b"\x02\x01\x04\x03"
    assert original[0x60003000].value == b"\x01\x02\x03\x04"


@pytest.mark.parametrize("name", ["liver_1frame", "rtdose", "floats"])
@pytest.mark.filterwarnings("ignore:.*Invalid value for VR UI")
def test_pixels_that_no_encoder_takes_can_still_be_deflated(name: str) -> None:
    dataset = floats() if name == "floats" else samples.read(name)
    deflated = reread(compress(dataset, DeflatedExplicitVRLittleEndian))
    assert np.array_equal(stored_values(deflated, None), stored_values(dataset, None))
    names = [coding.transfer_syntax for coding in codings_of(dataset)]
    assert names == list(NATIVE)


def test_a_palette_stays_a_palette() -> None:
    codings = codings_of("examples_palette")
    assert all(coding.lossless for coding in codings)
    assert len(codings) == len(LOSSLESS)
    assert {coding.dataset.PhotometricInterpretation for coding in codings} == {"PALETTE COLOR"}


# ---- bad input: one sentence


def without_pixels() -> Dataset:
    dataset = samples.read("CT_small")
    del dataset.PixelData
    return dataset


def floats() -> Dataset:
    dataset = image(np.zeros((1, 2, 2), "u2"), 16)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    dataset.BitsAllocated = 32
    dataset.FloatPixelData = np.zeros(4, "<f4").tobytes()
    return dataset


def too_large() -> Dataset:
    dataset = samples.read("CT_small")
    dataset.Rows = dataset.Columns = 65535
    return dataset


def broken_header() -> Dataset:
    raw = samples.path("CT_small").read_bytes()
    return dcmread(BytesIO(raw.replace(b"\x08\x00\x18\x00UI", b"\x08\x00\x18\x00UZ")))


def floats_in_big_endian() -> Dataset:
    dataset = floats()
    dataset.FloatPixelData = np.arange(4).astype(">f4").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    return dataset


def test_floats_are_turned_round_too() -> None:
    turned = reread(compress(floats_in_big_endian(), ImplicitVRLittleEndian))
    assert stored_values(turned).tolist() == [[0, 1], [2, 3]]


def too_high() -> Dataset:
    dataset = compress(image(np.full((1, 32, 32), 4095, "u2"), 12), JPEG2000Lossless)
    dataset.BitsStored, dataset.HighBit = 8, 7
    return dataset


def of_part_two() -> Dataset:
    dataset = samples.read("MR_small_jp2klossless")
    dataset.file_meta.TransferSyntaxUID = JPEG2000MCLossless
    return dataset


REFUSED: dict[str, tuple[Any, str, dict[str, Any], str]] = {
    "no pixels": (without_pixels, RLELossless, {}, "no pixels"),
    "no pixels, native": (without_pixels, ImplicitVRLittleEndian, {}, "no pixels"),
    "too large": (too_large, JPEG2000Lossless, {}, "more than the"),
    "floats": (floats, JPEGLSLossless, {}, "floating-point"),
    "one bit": ("liver_1frame", RLELossless, {}, "1 bits allocated"),
    "32 bits": ("rtdose", JPEG2000Lossless, {}, "32 bits allocated"),
    "palette": ("examples_palette", JPEG2000, {"j2k_cr": [10]}, "indices of colours"),
    "beyond Bits Stored": (too_high, JPEGLSLossless, {}, "more than the 8 Bits Stored"),
    "beyond it, native": (too_high, ExplicitVRLittleEndian, {}, "more than the 8 Bits Stored"),
    "tiny": ("SC_rgb_small_odd", JPEG2000Lossless, {}, "3 × 3 pixels"),
    "no such syntax": ("CT_small", "1.2.3", {}, r"No encoder here .*\(1.2.3\)"),
    "not a UID": ("CT_small", "<b>" * 99, {}, "No encoder here"),
    "no encoder": ("CT_small", JPEGBaseline8Bit, {}, "JPEG Baseline"),
    "video": ("CT_small", MPEG2MPML, {}, "No encoder here"),
    "big endian": ("CT_small", ExplicitVRBigEndian, {}, "retired"),
    "rate for RLE": ("CT_small", RLELossless, {"j2k_cr": [10]}, "j2k_cr does not fit RLE"),
    "rate for lossless": ("CT_small", JPEG2000Lossless, {"j2k_cr": [10]}, "does not fit"),
    "error for native": ("CT_small", ImplicitVRLittleEndian, {"jls_error": 1}, "does not fit"),
    "plugin": ("CT_small", JPEG2000, {"encoding_plugin": "gdcm"}, "does not fit"),
    "no rate": ("CT_small", JPEG2000, {}, "one option: j2k_cr or j2k_psnr"),
    "two rates": ("CT_small", JPEG2000, {"j2k_cr": [9], "j2k_psnr": [9]}, "one option"),
    "no limit": ("CT_small", JPEGLSNearLossless, {}, "one option: jls_error"),
    "rate 1": ("CT_small", JPEG2000, {"j2k_cr": [10, 1]}, "above 1"),
    "rate no number": ("CT_small", JPEG2000, {"j2k_cr": ["ten"]}, "list of numbers"),
    "rate no list": ("CT_small", JPEG2000, {"j2k_cr": 10}, "list of numbers"),
    "rate empty": ("CT_small", JPEG2000, {"j2k_cr": []}, "list of numbers"),
    "rate nan": ("CT_small", JPEG2000, {"j2k_cr": [float("nan")]}, "list of numbers"),
    "rate without end": ("CT_small", JPEG2000, {"j2k_psnr": [float("inf")]}, "list of numbers"),
    "noise 0": ("CT_small", JPEG2000, {"j2k_psnr": [0]}, "above 0"),
    "limit 0": ("CT_small", JPEGLSNearLossless, {"jls_error": 0}, "from 1 to 255"),
    "limit -1": ("CT_small", JPEGLSNearLossless, {"jls_error": -1}, "from 1 to 255"),
    "limit text": ("CT_small", JPEGLSNearLossless, {"jls_error": "2"}, "from 1 to 255"),
    "limit too wide": ("virtual/us", JPEGLSNearLossless, {"jls_error": 128}, "cannot take"),
    "broken header": (broken_header, JPEG2000, {"j2k_cr": [10]}, "header .* is broken"),
    "no decoder": (of_part_two, RLELossless, {}, "No decoder here"),
}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(case: str, language: str) -> None:
    source, syntax, options, sentence = REFUSED[case]
    dataset = samples.read(source) if isinstance(source, str) else source()
    set_language(language)
    with pytest.raises(PixelError, match=sentence if language == "en" else "[а-я]") as caught:
        compress(dataset, syntax, **options)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_the_panic_of_a_codec_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    def panics(*_arguments: Any, **_options: Any) -> None:
        raise Panic

    monkeypatch.setattr("pydicom.dataset.Dataset.compress", panics)
    with pytest.raises(CompressionError, match="cannot take"):
        compress(samples.read("CT_small"), RLELossless)


def test_without_its_encoder_a_syntax_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydicom.pixels.encoders.base import JPEGLSLosslessEncoder

    monkeypatch.setattr(JPEGLSLosslessEncoder, "_available", {})
    with pytest.raises(CompressionError, match="No encoder here"):
        compress(samples.read("CT_small"), JPEGLSLossless)
    made = codings_of("CT_small")
    assert JPEGLSLossless not in [coding.transfer_syntax for coding in made]


SEEDS = ("CT_small", "MR_small_RLE", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless")


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.filterwarnings("ignore")
def test_mutated_files_are_compressed_or_refused(name: str) -> None:
    raw = samples.path(name).read_bytes()
    generator = np.random.default_rng(11)
    refused = done = 0
    for number in range(90):
        changed = bytearray(raw)
        for place in (*generator.integers(132, len(raw), 2), *generator.integers(300, 1500, 3)):
            changed[place] = generator.integers(256)
        changed[raw.index(b"\x28\x00\x10\x00") + generator.integers(0, 60)] ^= 1
        try:
            dataset = dcmread(BytesIO(bytes(changed)))
        except Exception:  # reading is another module's matter
            continue
        syntax, options = WAYS[number % len(WAYS)]
        try:
            compress(dataset, syntax, **options)
            done += 1
        except PixelError as error:
            assert 0 < len(str(error)) < 900
            refused += 1
    assert refused
    assert done


# ---- codings of one picture


def test_the_ct_in_every_coding() -> None:
    codings = codings_of("virtual/ct")
    assert [coding.transfer_syntax for coding in codings] == [
        *NATIVE,
        RLELossless,
        JPEGLSLossless,
        *[JPEGLSNearLossless] * 3,
        HTJ2KLossless,
        JPEG2000Lossless,
        *[JPEG2000] * 4,
    ]
    errors = [coding.largest_error for coding in codings]
    assert errors[:10] == [0, 0, 0, 0, 0, 1, 3, 10, 0, 0]
    assert [coding.lossless for coding in codings] == [error == 0 for error in errors]
    assert errors[10:] == sorted(set(errors[10:]), key=lambda error: error or 0)
    for group in (codings[4:8], codings[8:]):
        sizes = [coding.size for coding in group]
        assert sizes == sorted(sizes, reverse=True)
    assert {coding.native_size for coding in codings} == {512 * 512 * 2}
    assert [round(coding.ratio * 12 / 16) for coding in codings[10:]] == [5, 10, 20, 40]


def test_a_deflated_data_set_counts_what_its_pixels_add() -> None:
    dataset = image(np.zeros((1, 64, 64), "u2"), 16)
    dataset.add_new("PixelDataProviderURL", "UR", "x" * 5000)
    deflated = next(
        coding
        for coding in codings_of(dataset)
        if coding.transfer_syntax == DeflatedExplicitVRLittleEndian
    )
    assert 0 < deflated.size < 64 * 64 * 2 / 20


def test_halved_colours_count_as_they_are_stored() -> None:
    native = codings_of("SC_ybr_full_422_uncompressed")[1]
    assert (native.size, native.native_size, native.lossless) == (20000, 30000, True)


def test_files_found_of_one_colour_card() -> None:
    first, *others = codings_of("SC_rgb_rle")
    assert (first.name, first.largest_error, first.native_size) == ("SC_rgb_rle", 0, 30000)
    by_name = {coding.name: coding for coding in others}
    assert by_name["SC_rgb_gdcm_KY"].lossless
    assert by_name["SC_rgb_jpeg_gdcm"].lossless
    lossy = [coding for coding in others if coding.transfer_syntax == JPEGBaseline8Bit]
    assert len(lossy) == 8
    assert not any(coding.lossless for coding in lossy)
    near = [coding for coding in others if coding.transfer_syntax == JPEGLSNearLossless]
    assert [coding.largest_error for coding in near] == [2, 2]


def test_files_found_of_one_slice_are_all_equal() -> None:
    codings = codings_of("MR_small")
    assert all(coding.largest_error == 0 for coding in codings)
    assert len({coding.transfer_syntax for coding in codings}) == 6


def test_pictures_of_different_size_are_not_compared() -> None:
    with pytest.raises(PixelError, match="not the same picture"):
        difference(np.zeros((2, 2), "u1"), np.zeros((2, 3), "u1"))
    with pytest.raises(PixelError, match="not the same picture"):
        difference(np.zeros(2, "u1"), np.zeros(2, "i1"))
    assert difference(np.array([1.5], "f4"), np.array([2.0], "f4")).tolist() == [0.5]


def test_times_are_measured_when_asked() -> None:
    codings = codings_of("CT_small")
    native = codings[0].dataset
    before = frozen(native)
    for coding in codings:
        assert 0 < time_encoding(coding, native, 1) < 60_000
        assert 0 < time_decoding(coding.dataset, 2) < 60_000
    assert frozen(native) == before


# ---- who decodes what


def test_packages_have_version_and_licence() -> None:
    from importlib import metadata

    for syntax in AllTransferSyntaxes:
        for package in decoders(syntax):
            assert package.licence
            if package.version:
                assert package.version == metadata.version(package.name)
            assert str(package).startswith(package.name)


@pytest.mark.parametrize(
    ("syntax", "names"),
    [
        (ExplicitVRLittleEndian, ["pydicom"]),
        (ExplicitVRBigEndian, ["pydicom"]),
        (JPEGBaseline8Bit, ["pillow", "imagecodecs"]),
        (JPEGExtended12Bit, ["pillow", "imagecodecs", "pylibjpeg-libjpeg"]),
        (JPEGLosslessSV1, ["imagecodecs", "pylibjpeg-libjpeg", "python-gdcm"]),
        (JPEGLSLossless, ["pyjpegls"]),
        (JPEG2000, ["pylibjpeg-openjpeg", "pillow", "imagecodecs"]),
        (HTJ2K, ["pylibjpeg-openjpeg", "imagecodecs"]),
        (RLELossless, ["pylibjpeg-rle", "pydicom"]),
        (MPEG2MPML, []),
        ("1.2.3", []),
    ],
)
def test_decoders_by_syntax(syntax: str, names: list[str]) -> None:
    found = decoders(syntax)
    assert [package.name for package in found] == names
    for package in found:
        if package.name == "pylibjpeg-libjpeg":
            assert (package.version, package.licence) == ("", "GPLv3")
            assert "not here" in str(package)
        if package.name == "python-gdcm":
            assert "end the kernel" in str(package)
    assert ("8 bits" in str(found[:1])) == (syntax == JPEGExtended12Bit)


def test_the_first_decoder_is_the_one_that_is_asked_first() -> None:
    assert DECODERS.index("pylibjpeg") < DECODERS.index("pillow") < DECODERS.index("pydicom")
    for uid in (JPEG2000, RLELossless):
        assert decoders(uid)[0].name.startswith("pylibjpeg")


def test_gdcm_is_not_asked_even_if_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydicom.pixels.decoders.base import JPEGLSLosslessDecoder

    available = {"gdcm": None, **JPEGLSLosslessDecoder._available}
    monkeypatch.setattr(JPEGLSLosslessDecoder, "_available", available)
    assert [package.name for package in decoders(JPEGLSLossless)] == ["pyjpegls"]


def test_what_a_learner_reads_is_russian_too() -> None:
    set_language("ru")
    names = [coding.name for coding in codings_of("CT_small")]
    assert "JPEG-LS, без потерь" in names


# ---- other programs read what `compress` made: equal pixels, and no error in the header

NAMES = samples.names(source="made")
TO_FILES: dict[str, tuple[UID, dict[str, Any]]] = {
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
    syntax, options = TO_FILES[way]
    coded = compress(samples.read(name), syntax, **options)
    coded.save_as(path, enforce_file_format=True)
    return coded


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(
        words, capture_output=True, text=True, errors="replace", timeout=60, check=False
    )


@pytest.mark.tools
@pytest.mark.parametrize("way", [way for way in TO_FILES if way != "deflated"])
@pytest.mark.parametrize("name", NAMES)
def test_dciodvfy_finds_no_error(name: str, way: str, tmp_path: Path) -> None:
    program = dciodvfy()
    written(name, way, tmp_path / "coded.dcm")
    assert complaints(program, tmp_path / "coded.dcm") == []


@pytest.mark.tools
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


@pytest.mark.tools
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
