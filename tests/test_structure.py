"""Lesson 01: the map of a file is true on what pydicom bundles, and bounded on whatever comes."""

from __future__ import annotations

import collections
import struct
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.data
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lesson_files import cells_of, source
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import data_element_generator
from pydicom.tag import Tag
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

from dicom_lessons import reading, samples
from dicom_lessons.exercises.kinds import Exercise, Parsons
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.exercises.sources import bound_by
from dicom_lessons.structure import (
    StructureError,
    find_element,
    map_bytes,
    rewrite,
    structure_table,
    swap_words,
)
from dicom_lessons.structure.describe import name_of, path_of, value_of
from dicom_lessons.structure.element import Region, decode_header
from dicom_lessons.structure.file_map import FileMap, guess_encoding, map_file
from dicom_lessons.text import set_language

BUNDLED = Path(pydicom.data.__file__).parent
FILES = sorted(
    path
    for folder in ("test_files", "charset_files")
    for path in (BUNDLED / folder).rglob("*")
    if path.is_file()
)
NOT_DICOM = {
    "FileInfo.txt",
    "README",
    "README.txt",
    "crayons.icc",
    "no_meta.dcm",
    "rtplan.dump",
    "rtstruct.dump",
    "test1.json",
    "test_PN.json",
    "zipMR.gz",
}
STOPPED = {
    "DICOMDIR-nooffset": 11092,
    "MR_truncated.dcm": 1500,
    "image_dfl.dcm": 4629,
    "rtplan_truncated.dcm": 2100,
}
DICOM = [path for path in FILES if path.name not in NOT_DICOM]
CT = samples.path("CT_small").read_bytes()
HEAD = CT[:336]


def regions_of(file_map: FileMap) -> list[Region]:
    return list(file_map.regions_between(0, len(file_map.raw))) if file_map.raw else []


def assert_tiles(file_map: FileMap) -> None:
    offset = 0
    for region in regions_of(file_map):
        assert (region.offset, region.length > 0) == (offset, True)
        offset = region.end
    assert offset == len(file_map.raw)
    kinds = {region.kind for region in regions_of(file_map)}
    if file_map.stopped is None:
        assert "unread" not in kinds
    else:
        assert f"{file_map.stopped.offset}" in str(file_map.stopped)
    if file_map.inflated is not None:
        assert_tiles(file_map.inflated)


def test_all_176_files_are_there() -> None:
    assert sum("test_files" in path.parts for path in FILES) == 176


@pytest.mark.parametrize("path", DICOM, ids=lambda path: path.name)
def test_regions_tile_every_bundled_file(path: Path) -> None:
    file_map = map_file(path)
    assert_tiles(file_map)
    stopped = None if file_map.stopped is None else file_map.stopped.offset
    assert stopped == STOPPED.get(path.name)
    if stopped is not None:
        assert file_map.stopped is not None
        assert path.name in str(file_map.stopped)


@pytest.mark.parametrize("path", DICOM, ids=lambda path: path.name)
def test_elements_stand_where_pydicom_finds_them(path: Path) -> None:
    file_map = map_file(path)
    part = file_map.inflated or file_map
    elements = [e for e in part.children(None) if e.tag.group != 2]
    stream = BytesIO(part.raw)
    stream.seek(elements[0].offset)
    with warnings.catch_warnings(action="ignore"):
        found = list(data_element_generator(stream, not part.explicit, part.little_endian))
    assert len(found) == len(elements)
    for theirs, ours in zip(found, elements, strict=True):
        tell = theirs.value_tell if isinstance(theirs, RawDataElement) else theirs.file_tell
        assert (theirs.tag, tell) == (ours.tag, ours.value_offset)
        if isinstance(theirs, RawDataElement):
            assert theirs.length == (0xFFFFFFFF if ours.length is None else ours.length)
            assert theirs.VR in ((ours.VR,) if ours.explicit else (ours.VR, None))
            if not ours.nested and ours.end > ours.value_offset:
                assert theirs.value == part.raw[ours.value_offset : ours.end]


def count_nested(dataset: Dataset) -> int:
    total = 0
    for element in dataset:
        total += 1
        if element.VR == "SQ":
            total += sum(1 + count_nested(item) for item in element.value)
    return total


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize("name", ["rtplan", "rtstruct", "liver_1frame", "test-SR", "priv_SQ"])
def test_nested_elements_are_those_of_pydicom(name: str) -> None:
    file_map = map_file(samples.path(name))
    entries = [e for e in file_map.elements if e.kind != "delimiter" and e.tag.group != 2]
    private = [e for e in entries if e.VR == "UN" and e.nested]
    assert private or len(entries) == count_nested(dcmread(samples.path(name), force=True))


@pytest.mark.parametrize("path", [p for p in FILES if p.name in NOT_DICOM], ids=lambda p: p.name)
def test_what_is_not_dicom_gets_one_clear_sentence(path: Path) -> None:
    with pytest.raises(StructureError, match="is not DICOM") as caught:
        map_file(path)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stray_byte_before_the_data_set_is_pointed_out() -> None:
    raw = samples.path("no_meta").read_bytes()
    with pytest.raises(StructureError, match="seems to begin at byte 1:"):
        map_bytes(raw)
    assert_tiles(map_bytes(raw[1:]))


def test_the_first_bytes_of_a_ct() -> None:
    file_map = map_file(samples.path("CT_small"))
    assert [r.kind for r in regions_of(file_map)[:11]] == [
        *("preamble", "prefix"),
        *("tag", "VR", "length", "value"),
        *("tag", "VR", "reserved", "length", "value"),
    ]
    assert find_element(file_map, "0002,0000").offset == 132
    assert next(e for e in file_map.elements if e.tag.group > 2).offset == 144 + 192
    (prefix,) = file_map.regions_between(131, 132)
    assert prefix.kind == "prefix"
    assert regions_of(file_map)[-1].kind == "padding"
    assert file_map.transfer_syntax == ExplicitVRLittleEndian


def test_fragments_follow_an_empty_basic_offset_table() -> None:
    file_map = map_file(samples.path("examples_jpeg2k"))
    pixels = find_element(file_map, "PixelData")
    kinds = [e.kind for e in file_map.children(pixels.index)]
    assert (pixels.VR, pixels.length) == ("OB", None)
    assert kinds[0] == "basic offset table"
    assert set(kinds[1:-1]) == {"fragment"}
    assert kinds[-1] == "delimiter"
    assert pixels.end == file_map.elements[-1].end


def test_a_delimiter_within_a_fragment_ends_nothing() -> None:
    file_map = map_file(BUNDLED / "test_files/JPEG2000-embedded-sequence-delimiter.dcm")
    assert file_map.stopped is None
    assert file_map.raw.count(bytes.fromhex("feffdde0")) > 1


def test_owner_depth_and_path() -> None:
    plan = map_file(samples.path("rtplan"))
    inner = find_element(plan, "BeamSequence[0].ControlPointSequence[1].300A,0112")
    assert inner.depth == 4
    assert path_of(plan, inner) == "300A,00B0[0].300A,0111[1].300A,0112"
    assert find_element(plan, path_of(plan, inner)) is inner
    item = plan.elements[inner.owner or 0]
    assert (item.kind, item.number, name_of(plan, item)) == ("item", 1, "Item")
    for element in plan.elements:
        assert element.kind == "delimiter" or find_element(plan, path_of(plan, element)) == element


def test_a_missing_element_says_how_to_write_a_path() -> None:
    ct = map_file(samples.path("CT_small"))
    for path in ("0011,9999", "Patient", "", "PixelData[0]", "[0]", ".."):
        with pytest.raises(KeyError, match="300A,00B0"):
            find_element(ct, path)


def test_both_byte_orders_and_both_kinds_of_vr_map_to_the_same_elements() -> None:
    maps = [
        map_bytes(rewrite(samples.read("MR_small"), syntax))
        for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)
    ]
    deflated = map_bytes(rewrite(samples.read("MR_small"), DeflatedExplicitVRLittleEndian))
    assert deflated.inflated is not None
    assert [r.kind for r in deflated.parts] == ["preamble", "prefix", "deflated"]
    maps.append(deflated.inflated)
    values = [
        [(e.tag, value_of(m, e)) for e in m.elements if e.tag.group > 2 and e.VR[:1] != "O"]  # type: ignore[index]
        for m in maps
    ]
    assert values[0] == values[1] == values[2] == values[3]
    assert [m.explicit for m in maps] == [True, False, True, True]
    assert [m.little_endian for m in maps] == [True, True, False, True]


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize("name", ["MR_small", "MR_small_bigendian", "rtdose", "SC_rgb_small_odd"])
def test_rewritten_pixels_are_the_same_pixels(name: str) -> None:
    dataset = samples.read(name)
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian):
        again = dcmread(BytesIO(rewrite(dataset, syntax)))
        assert again.file_meta.TransferSyntaxUID == syntax
        assert np.array_equal(again.pixel_array, dataset.pixel_array)
    assert dataset == samples.read(name)


def test_rewriting_in_big_endian_makes_the_bytes_of_the_bundled_file() -> None:
    raw = rewrite(samples.read("MR_small"), ExplicitVRBigEndian)
    ours = dcmread(BytesIO(raw)).PixelData
    assert ours == samples.read("MR_small_bigendian").PixelData


def test_words_swapped_twice_are_the_same_words() -> None:
    dataset = samples.read("MR_small_bigendian")
    item = Dataset()
    item.VectorGridData = struct.pack(">2f", 1.5, -2)
    item["VectorGridData"].VR = "OF"
    dataset.DeformableRegistrationGridSequence = [item]
    stored = dataset.PixelData
    swap_words(dataset)
    assert dataset.original_encoding == (False, True)
    assert dataset.PixelData == samples.read("MR_small").PixelData
    assert struct.unpack("<2f", item.VectorGridData) == (1.5, -2)
    swap_words(dataset)
    assert dataset.original_encoding == (False, False)
    assert dataset.PixelData == stored


def test_a_data_set_that_was_never_a_file_is_written() -> None:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    file_map = map_bytes(rewrite(dataset, ImplicitVRLittleEndian))
    assert value_of(file_map, find_element(file_map, "SOPInstanceUID")) == "1.2.3"


def test_compressed_pixels_are_left_out_when_rewriting() -> None:
    raw = rewrite(samples.read("examples_jpeg2k"), ImplicitVRLittleEndian)
    assert "PixelData" not in dcmread(BytesIO(raw))
    assert_tiles(map_bytes(raw))


def test_names_and_values() -> None:
    ct = map_file(samples.path("CT_small"))
    name = find_element(ct, "PatientName")
    assert name_of(ct, name) == "Patient's Name"
    assert value_of(ct, name) == "CompressedSamples^CT1"
    assert value_of(ct, name, longest=5) == "Comp…"
    assert value_of(ct, find_element(ct, "Rows")) == "128"
    private = find_element(ct, "0043,1010")
    assert name_of(ct, private) == "Window value"
    assert name_of(ct, find_element(ct, "0043,0010")) == "Private Creator"
    assert len(value_of(ct, find_element(ct, "PixelData"))) <= 64
    russian = map_file(BUNDLED / "charset_files/chrRuss.dcm")
    assert value_of(russian, find_element(russian, "PatientName")) == "Люкceмбypг"


@pytest.mark.parametrize("path", DICOM, ids=lambda path: path.name)
def test_every_element_can_be_named_and_shown(path: Path) -> None:
    file_map = map_file(path)
    for part in (file_map, file_map.inflated):
        for element in part.elements if part else ():
            assert part is not None
            assert name_of(part, element)
            text = value_of(part, element, 40)
            assert len(text) <= 40
            assert text.isprintable()


def test_headers_are_decoded_as_the_standard_lays_them_out() -> None:
    long_header = bytes.fromhex("02000100 4f42 0000 02000000 0001")
    assert decode_header(long_header)[1:] == ("OB", 2, 12)
    assert decode_header(bytes.fromhex("00080008 4353 0018"), little_endian=False).length == 24
    assert decode_header(bytes.fromhex("feff00e0 ffffffff"))[1:] == (None, None, 8)
    with pytest.raises(StructureError, match="8 bytes"):
        decode_header(b"1234567")
    with pytest.raises(StructureError, match="12 bytes"):
        decode_header(long_header[:10])


def test_encoding_is_guessed_only_where_a_data_set_begins() -> None:
    assert guess_encoding(CT, 336) == (True, True)
    assert guess_encoding(bytes(100)) is None
    assert guess_encoding(b"") is None
    assert guess_encoding(b"hello " * 100) is None


# Hostile input


def element(group: int, number: int, VR: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, VR, len(value)) + value


def explicit(group: int, number: int, VR: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, VR, len(value)) + value


def implicit(group: int, number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", group, number, len(value)) + value


def unknown(inside: bytes, big: bool = False) -> bytes:
    """Return a private element of VR UN and undefined length, with one item."""
    head = struct.pack(">HH2sHL" if big else "<HH2sHL", 9, 0x1001, b"UN", 0, 0xFFFFFFFF)
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inside)) + inside
    return head + item + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


@pytest.mark.parametrize("length", [4, 0x4141, 0x4E50, 0x5153, 0x5A5A])
def test_unknown_of_undefined_length_is_implicit_whatever_its_length_looks_like(
    length: int,
) -> None:
    """PS3.5 §6.2.2; 4E50H and 5153H are written as the letters PN and SQ are."""
    inside = implicit(9, 5, b"x" * length) + implicit(0x10, 0x20, b"4711")
    file_map = map_bytes(HEAD + unknown(inside) + explicit(0x10, 0x20, b"LO", b"12"))
    assert file_map.stopped is None
    assert_tiles(file_map)
    lengths = [each.length for each in file_map.elements if each.depth == 2]
    assert lengths == [length, 4]
    assert [each.explicit for each in file_map.elements if each.depth == 2] == [False, False]


def test_explicit_vr_in_unknown_is_read_all_the_same() -> None:
    inside = explicit(9, 5, b"LO", b"text") + explicit(0x10, 0x20, b"LO", b"4711")
    file_map = map_bytes(HEAD + unknown(inside) + explicit(0x10, 0x20, b"LO", b"12"))
    assert file_map.stopped is None
    assert [each.VR for each in file_map.elements if each.depth == 2] == ["LO", "LO"]


def test_unknown_is_little_endian_in_a_big_endian_file() -> None:
    meta = explicit(2, 0x10, b"UI", b"1.2.840.10008.1.2.2\0")
    rows = implicit(0x28, 0x10, b"\x02\x01")
    behind = struct.pack(">HH2sHH", 0x28, 0x10, b"US", 2, 0x0102)
    file_map = map_bytes(bytes(128) + b"DICM" + meta + unknown(rows, big=True) + behind)
    assert file_map.stopped is None
    found = [value_of(file_map, each) for each in file_map.elements if each.tag == 0x00280010]
    assert found == ["258", "258"]


@pytest.mark.parametrize("signed", [0, 1])
def test_ambiguous_numbers_are_signed_as_the_pixels_are(signed: int) -> None:
    below = implicit(0x28, 0x3002, struct.pack("<Hhh", 64, -1024, 16))
    below += implicit(0x28, 0x106, struct.pack("<h", -7))
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(below)) + below
    own = implicit(0x28, 0x103, b"\0\0") + implicit(0x28, 0x106, struct.pack("<h", -7))
    item += struct.pack("<HHL", 0xFFFE, 0xE000, len(own)) + own
    data = implicit(0x28, 0x103, bytes([signed, 0])) + implicit(0x28, 0x106, b"\x30\xf8")
    data += implicit(0x28, 0x120, struct.pack("<h", -2000)) + implicit(0x28, 0x3010, item)
    data += implicit(0x60, 0x3004, struct.pack("<hh", -5, 3))
    file_map = map_bytes(implicit(8, 5, b"") + data)

    def shown(path: str) -> str:
        return value_of(file_map, find_element(file_map, path))

    assert shown("PixelPaddingValue") == ("-2000" if signed else "63536")
    assert shown("SmallestImagePixelValue") == ("-2000" if signed else "63536")
    descriptor = shown("VOILUTSequence[0].LUTDescriptor")
    assert descriptor == ("64\\-1024\\16" if signed else "64\\64512\\16")
    assert shown("VOILUTSequence[0].SmallestImagePixelValue") == ("-7" if signed else "65529")
    assert shown("VOILUTSequence[1].SmallestImagePixelValue") == "65529"  # its own is unsigned


@pytest.mark.parametrize("wrong", [0, 131, 2**32 - 1])
def test_a_wrong_group_length_is_named(wrong: int) -> None:
    assert "follow" not in structure_table(CT, most=4).text
    raw = CT[:140] + wrong.to_bytes(4, "little") + CT[144:]
    assert f"{wrong}, but 192 bytes follow" in structure_table(raw, most=4).text
    assert map_bytes(raw).stopped is None


def test_a_prefix_by_chance_is_no_prefix() -> None:
    long = explicit(8, 0x70, b"LO", b"x" * 102 + b"DICM" + b"y" * 14)
    raw = explicit(8, 5, b"CS", b"ISO_IR 100") + long + explicit(0x10, 0x20, b"LO", b"4711")
    assert raw[128:132] == b"DICM"
    file_map = map_bytes(raw)
    assert file_map.stopped is None
    assert [each.tag.element for each in file_map.elements] == [5, 0x70, 0x20]
    assert map_bytes(CT).elements[0].offset == 132


@pytest.mark.parametrize("depth", [1, 4, 5, 6, 15, 40, 300])
def test_what_cannot_be_written_is_told_in_one_short_sentence(depth: int) -> None:
    """pydicom quotes the text of each level twice: nothing of that may be made or shown."""
    dataset = Dataset()
    dataset.add(DataElement(0x00280010, "US", [object()], already_converted=True))
    for _level in range(depth):
        outer = Dataset()
        outer.ContentSequence = [dataset]
        dataset = outer
    tracemalloc.start()
    with pytest.raises(StructureError) as caught:
        rewrite(dataset, ImplicitVRLittleEndian)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20
    sentence = str(caught.value)
    assert len(sentence) < 400
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert "(0028,0010)" in sentence or "too deeply" in sentence or depth == 4


def test_the_map_stops_at_its_limit_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_lessons.structure.walk.MAXIMUM_ELEMENTS", 20)
    stopped = map_bytes(CT, "large.dcm").stopped
    assert "takes 20 elements at most" in str(stopped)
    assert "fetch it again" not in str(stopped)


def deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


OPEN_SEQUENCE = bytes.fromhex("09001000 5351 0000 ffffffff")
OPEN_ITEM = bytes.fromhex("feff00e0 ffffffff")
EMPTY_ITEM = bytes.fromhex("feff00e0 00000000")


def hostile(name: str) -> bytes:
    deflated = samples.path("image_dfl").read_bytes()[:334]
    implicit = samples.path("MR_small_implicit").read_bytes()
    implicit = implicit[: next(e.offset for e in map_bytes(implicit).elements if e.tag.group > 2)]
    short = (
        struct.pack("<HH2sHi", 9 + 2 * (i >> 16), i & 0xFFFF, b"SL", 4, i) for i in range(200_000)
    )
    return {
        "200,000 elements": lambda: HEAD + b"".join(short),
        "100 MB of zeros": lambda: HEAD + bytes(100 * 2**20),
        "100 MB of zeros, implicit VR": lambda: implicit + bytes(100 * 2**20),
        "300 nested sequences": lambda: HEAD + (OPEN_SEQUENCE + OPEN_ITEM) * 300,
        "100,000 nested sequences": lambda: HEAD + (OPEN_SEQUENCE + OPEN_ITEM) * 100_000,
        "a million items": lambda: HEAD + OPEN_SEQUENCE + EMPTY_ITEM * 1_000_000,
        "a bomb of 256 MB": lambda: deflated + deflate(bytes(2**28)),
        "a bomb of elements": lambda: (
            deflated + deflate(struct.pack("<HH2sHi", 9, 1, b"SL", 4, 1) * 5_000_000)
        ),
        "tags that no dictionary has": lambda: (
            implicit
            + b"".join(
                struct.pack("<HHL", group, i, 0)
                for group in (0x10, 0x12, 0x14, 0x16)
                for i in range(65_536)
            )
        ),
    }[name]()


@pytest.mark.parametrize(
    "name",
    [
        "200,000 elements",
        "100 MB of zeros",
        "100 MB of zeros, implicit VR",
        "300 nested sequences",
        "100,000 nested sequences",
        "a million items",
        "a bomb of 256 MB",
        "a bomb of elements",
        "tags that no dictionary has",
    ],
)
def test_what_never_ends_is_stopped_with_a_sentence(name: str) -> None:
    raw = hostile(name)
    start = time.process_time()
    file_map = map_bytes(raw, "evil.dcm")
    spent = time.process_time() - start
    stopped = (file_map.inflated or file_map).stopped
    assert stopped is not None
    assert str(stopped).startswith("evil.dcm")
    assert "byte" in str(stopped)
    assert spent < 3, "a second on an idle machine, with room for a busy one"
    assert_tiles(file_map)


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large.dcm").write_bytes(CT)
    monkeypatch.setattr(reading, "MOST_BYTES", len(CT) - 1)
    with pytest.raises(StructureError, match="larger than 39205 bytes"):
        map_bytes(CT)
    with pytest.raises(reading.ReadingError, match=r"large\.dcm is larger than 39205 bytes"):
        map_file(tmp_path / "large.dcm")
    with pytest.raises(reading.ReadingError, match="is no file"):
        map_file(str(tmp_path))


def test_a_cut_file_says_how_many_bytes_are_missing() -> None:
    stopped = map_bytes(CT[:20_000], "cut.dcm").stopped
    assert stopped is not None
    assert "cut.dcm, byte" in str(stopped)
    assert "(7FE0,0010) should have 32768 bytes" in str(stopped)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (b"1234567", "needs at least 8 bytes, 7 are left"),
        (OPEN_SEQUENCE, "(0009,0010) of undefined length has no delimiter"),
        (OPEN_SEQUENCE + OPEN_ITEM, "(FFFE,E000) of undefined length has no delimiter"),
        (bytes.fromhex("feffdde0 00000000"), "ends nothing"),
        (EMPTY_ITEM, "a data element should begin here"),
        (OPEN_SEQUENCE + element(9, 1, b"SL", bytes(4)), "an item, (FFFE,E000) should begin here"),
        (bytes.fromhex("09001000 5554 0000 ffffffff"), "is undefined, which it may not be"),
    ],
)
def test_each_break_has_its_own_reason(tail: bytes, reason: str) -> None:
    file_map = map_bytes(HEAD + tail)
    assert file_map.stopped is not None
    assert reason in str(file_map.stopped)
    assert_tiles(file_map)


def test_an_item_longer_than_its_sequence_is_not_followed_beyond_it() -> None:
    sequence = bytes.fromhex("09001000 5351 0000 0a000000 feff00e0 64000000 0000")
    file_map = map_bytes(HEAD + sequence + element(0x11, 1, b"SL", bytes(4)) * 20)
    assert file_map.stopped is not None
    assert_tiles(file_map)


def test_reasons_are_translated() -> None:
    set_language("ru")
    try:
        with pytest.raises(StructureError, match="не DICOM"):
            map_bytes(b"hello")
    finally:
        set_language("en")


@cache
def seeds() -> list[bytes]:
    return [
        path.read_bytes()
        for path in DICOM
        if path.stat().st_size < 20_000 and "dicomdirtests" not in path.parts
    ]


@st.composite
def broken_files(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(seeds())))
    for change in draw(
        st.lists(st.sampled_from(["bits", "cut", "lengths", "swap", "fill"]), max_size=6)
    ):
        at = draw(st.integers(0, max(len(raw) - 8, 0)))
        if change == "bits":
            raw[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif change == "cut":
            del raw[at : at + draw(st.sampled_from([1, 2, 7, 100, 10**6]))]
        elif change == "lengths":
            raw[at : at + 4] = draw(st.sampled_from([b"\xff" * 4, bytes(4), b"\xfe\xff\x00\xe0"]))
        elif change == "swap":
            raw[at : at + 8] = bytes(raw[at : at + 8])[::-1]
        else:
            raw[at:at] = draw(st.binary(max_size=32))
    return bytes(raw)


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(broken_files())
def test_whatever_is_broken_the_map_tiles_or_refuses(raw: bytes) -> None:
    try:
        file_map = map_bytes(raw, "broken")
    except StructureError as error:
        assert "broken is not DICOM" in str(error)
        return
    assert_tiles(file_map)
    for part in (file_map, file_map.inflated):
        for found in part.elements[:50] if part else ():
            assert part is not None
            assert name_of(part, found)
            assert len(value_of(part, found)) <= 64
            path_of(part, found)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
def test_any_bytes_after_a_prefix_tile(tail: bytes) -> None:
    assert_tiles(map_bytes(bytes(128) + b"DICM" + tail))


def test_a_data_element_is_what_pydicom_says_it_is() -> None:
    dataset = samples.read("CT_small")
    ct = map_file(samples.path("CT_small"))
    for ours in ct.children(None):
        if ours.tag.group > 2 and ours.VR == "CS":
            theirs = dataset[ours.tag]
            assert isinstance(theirs, DataElement)
            assert value_of(ct, ours, 200) == (
                "\\".join(theirs.value) if theirs.VM > 1 else theirs.value or ""
            )


# Lesson 01: its exercises agree with the files, and its figure with the map


def exercise(name: str) -> Exercise:
    return declared("structure")[name]


def accepts(name: str, answer: object) -> bool | None:
    return exercise(name).judge(answer).right


def data_set_start(file_map: FileMap) -> int:
    return next(e.offset for e in file_map.children(None) if e.tag.group != 0x0002)


def test_the_lines_in_order_read_the_first_tag_of_a_deflated_data_set() -> None:
    parsons = exercise("structure-5")
    assert isinstance(parsons, Parsons)
    order = str(bound_by(parsons.solution))
    names = {"path": samples.path("image_dfl"), "struct": struct, "zlib": zlib}
    exec("\n".join(parsons.lines["abcdef".index(letter)] for letter in order), names)
    assert (names["group"], names["element"]) == (0x0008, 0x0016)


def test_the_other_file_holds_what_is_asked() -> None:
    other = map_file(samples.path("693_J2KI"))
    assert accepts("structure-3", other.transfer_syntax)
    assert accepts("structure-4", data_set_start(other))


def test_the_predicted_size_is_what_pydicom_writes() -> None:
    data_set = Dataset()
    data_set.PatientName = "Ivanov^Ivan"
    written = BytesIO()
    dcmwrite(written, data_set, implicit_vr=False, little_endian=True)
    assert accepts("structure-6", len(written.getvalue()))


@pytest.mark.parametrize("sequence", [tuple, list])
@pytest.mark.parametrize("text", [str, str.encode])
def test_decode_may_return_any_likely_form(
    sequence: Callable[[list[object]], object], text: Callable[[str], object]
) -> None:
    model = bound_by(exercise("structure-2").solution)
    assert callable(model)

    def decode(raw: bytes) -> object:
        group, element, vr, length, value = model(raw)
        return sequence([group, element, text(vr), length, value])

    assert accepts("structure-2", decode)


def test_byte_1500_belongs_to_the_element_of_the_right_option() -> None:
    other = map_file(samples.path("693_J2KI"))
    element = find_element(other, "StudyInstanceUID")
    (region,) = other.regions_between(1500, 1501)
    assert region in element.regions
    assert (element.offset, element.end) == (1462, 1524)
    assert accepts("structure-q1", "b")


def test_the_figure_is_drawn_with_the_offsets_of_the_map() -> None:
    ct = map_file(samples.path("CT_small"))
    offsets = [0, 128, ct.elements[0].offset, data_set_start(ct)]
    offsets += [find_element(ct, tag).offset for tag in ("7FE0,0010", "FFFC,FFFC")]
    offsets.append(len(ct.raw))
    assert f"offsets = {offsets}" in _code("layout-figure")


def _code(cell_id: str) -> str:
    return next(source(cell) for cell in cells_of("structure") if cell["id"] == cell_id)


def test_the_tiff_of_the_preamble_is_larger_than_the_file() -> None:
    assert CT[:4] == b"II*\0"
    assert struct.unpack("<I", CT[4:8])[0] > len(CT)


def test_the_group_without_elements_is_the_one_that_is_asked_for() -> None:
    in_file = {element.tag.group for element in map_file("examples_jpeg2k").elements}
    in_data_set = {element.tag.group for element in samples.read("examples_jpeg2k").iterall()}
    assert in_file - in_data_set == {0x0002, 0xFFFE}
    assert accepts("structure-p7", in_file - in_data_set)


# Many right answers of each exercise, and many wrong ones that look right

NO_META = samples.path("no_meta").read_bytes()


def forced(raw: bytes) -> Dataset:
    return dcmread(BytesIO(raw), force=True)


def with_meta() -> Dataset:
    mended = forced(NO_META[1:])
    mended.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return mended


def without(keyword: str) -> Dataset:
    cut = forced(NO_META[1:])
    del cut[keyword]
    return cut


def another_name() -> Dataset:
    changed = forced(NO_META[1:])
    changed.PatientName = "A^B"
    return changed


def coefficient(beam: int, point: int, reference: int) -> Any:
    item = samples.read("rtplan").BeamSequence[beam].ControlPointSequence[point]
    return item.ReferencedDoseReferenceSequence[reference]["CumulativeDoseReferenceCoefficient"]


RIGHT: dict[str, list[Any]] = {
    "structure-1": [
        [144, 148, 152, 156, 158],
        (144, 148, 152, 156, 158),
        np.array([144, 148, 152, 156, 158]),
        ["144", "148", "152", "156", "158"],
        [0x90, 0x94, 0x98, 0x9C, 0x9E],
        ["0x90", "0x94", "0x98", "0x9c", "0x9e"],
        ["90h", "94h", "98h", "9Ch", "9Eh"],
        [144.0, 148.0, 152.0, 156.0, 158.0],
        [144, 144 + 4, 144 + 8, 144 + 12, 144 + 14],
        (144 + step for step in (0, 4, 8, 12, 14)),
        [np.int64(144), np.uint8(148), 152, 156, 158],
    ],
    "structure-3": [
        "1.2.840.10008.1.2.4.91",
        " 1.2.840.10008.1.2.4.91 ",
        "'1.2.840.10008.1.2.4.91'",
        b"1.2.840.10008.1.2.4.91",
        b"1.2.840.10008.1.2.4.91\0",
        "1.2.840.10008.1.2.4.91\0",
        JPEG2000,
        "JPEG2000",
        "JPEG 2000 Image Compression",
        samples.read("693_J2KI").file_meta.TransferSyntaxUID,
        samples.path("693_J2KI").read_bytes()[272:294],
    ],
    "structure-4": [
        *(384, "384", "0x180", "180h", 0x180, 384.0, np.int64(384), np.uint16(384)),
        *(144 + 240, b"\x80\x01", 144 + int.from_bytes(b"\xf0\0\0\0", "little")),
    ],
    "structure-5": [
        *("bfcaed", "BFCAED", "b f c a e d", "b, f, c, a, e, d", "b-f-c-a-e-d", "(bfcaed)"),
        *(list("bfcaed"), tuple("BFCAED"), " bfcaed ", "b\nf\nc\na\ne\nd", "b>f>c>a>e>d"),
    ],
    "structure-6": [
        *(20, "20", 20.0, 0x14, "0x14", "14h", np.int32(20), 8 + 12, 4 + 2 + 2 + 12),
        *(b"\x14", 8 + len("Ivanov^Ivan") + 1),
    ],
    "structure-7": [
        *(0.9990268, "0.9990268", "0,9990268", "9.9902680e-1", "9,9902680e-1", 9.990268e-1),
        *(np.float64(0.9990268), coefficient(0, 1, 0), coefficient(0, 1, 0).value),
        *(str(coefficient(0, 1, 0).value), float(coefficient(0, 1, 0).value)),
    ],
    "structure-8": [
        *("Exposure Time", "ExposureTime", "exposure time", " Exposure Time ", "EXPOSURE TIME"),
        *("'ExposureTime'", '"Exposure Time"', "exposuretime", "Exposure time"),
        *(samples.read("CT_small")[0x0018, 0x1150].name,),
        *(samples.read("CT_small")[0x0018, 0x1150].keyword,),
    ],
    "structure-9": [
        *(forced(NO_META[1:]), NO_META[1:], forced(CT[336:]), CT[336:], with_meta()),
        *(samples.read("CT_small"), str(samples.path("CT_small")), samples.path("CT_small")),
        *(Dataset(forced(NO_META[1:])), forced(CT[132:]), forced(bytes(128) + b"DICM" + CT[132:])),
    ],
    "structure-p2": [
        *(b"\xe0\x7f\x10\x00", "e0 7f 10 00", "E0 7F 10 00", "e07f1000", "E0, 7F, 10, 00"),
        *("0xe0 0x7f 0x10 0x00", [0xE0, 0x7F, 0x10, 0], (224, 127, 16, 0), CT[6288:6292]),
        *(bytearray(b"\xe0\x7f\x10\x00"), struct.pack("<HH", 0x7FE0, 0x0010)),
    ],
    "structure-p7": [
        *(0xFFFE, 65534, "FFFE", "fffe", "0xFFFE", [0xFFFE], {0xFFFE}, (0xFFFE,), ["FFFE"]),
        *([0x0002, 0xFFFE], [2, "FFFE"], b"\xfe\xff", "FFFEH", "(FFFE,E000)", Tag(0xFFFEE000)),
    ],
}
WRONG: dict[str, list[Any]] = {
    "structure-1": [
        [144, 148, 150, 152, 154],
        [144, 148, 150, 156, 158],
        [144, 148, 152, 156, 160],
        [144, 148, 152, 154, 156],
        [0, 4, 8, 12, 14],
        [148, 152, 156, 158],
        [144, 148, 150, 152, 156, 158],
        {"tag": 144, "VR": 148},
        158,
        [158, 156, 152, 148, 144],
        [144, 148, 152, 156, None],
    ],
    "structure-3": [
        *("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4", "1.2.840.10008.1.2.4.9", "JPEG"),
        *("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.5.1.4.1.1.2", 91),
        *("1.2.840.10008.1.2.4.91.", "1,2,840,10008,1,2,4,91", "Explicit VR Little Endian"),
    ],
    "structure-4": [
        *(240, 372, 368, 380, 383, 385, 336, 396, 0x144, "384 bytes", 144, [384], ""),
    ],
    "structure-5": [
        *("bfcade", "bcfaed", "bfcead", "abcdef", "bfcae", "bfcaedd", "fbcaed", "bfaced"),
        *("123456", 263154, ["b", "f", "c"]),
    ],
    "structure-6": [19, 11, 12, 18, 22, 24, 21, 8, 16, "20 bytes", [20], 2.0, "4+2+2+12"],
    "structure-7": [
        *(0.0, 1.0, 0.999, 0.99903, 9.990268, "9.99", 0.9990267, coefficient(0, 0, 0)),
        *(coefficient(0, 1, 1), "0.9990268 Gy", [0.9990268], True),
    ],
    "structure-8": [
        *("Exposure", "IS", "1601", 1601, "Acquisition Time", "Exposure Time in ms", "0018,1150"),
        *("Exposure_Time", 0x00181150, "Time", ["Exposure Time"], b"Exposure Time"),
    ],
    "structure-9": [
        *(forced(NO_META), NO_META, NO_META[2:], samples.path("no_meta"), NO_META[132:], CT[:336]),
        *(without("PixelData"), without("PatientName"), another_name(), Dataset(), 258, 1),
        *(samples.read("MR_small"), CT[337:], "no such file", b"hello" * 100),
    ],
    "structure-p2": [
        *("7f e0 00 10", "10 00 e0 7f", "e0 10", "7f 10", "7f e0 10 00", "e0 7f 00 10", "7FE00010"),
        *("e0 7f 10", "e0 7f 10 00 00", 0x7FE00010, "(7FE0,0010)"),
    ],
    "structure-p7": [
        *(
            0x7FE0,
            0,
            4,
            2,
            [2],
            [],
            8,
            "FFFF",
            "(7FE0,0010)",
            Tag(0x7FE00010),
            0xFFFF,
            [2, 4],
            [0xFFFE, 8],
            "items",
            1.5,
        ),
    ],
}


@pytest.mark.parametrize(
    ("name", "answer"), [(name, one) for name, answers in RIGHT.items() for one in answers]
)
def test_any_form_of_a_right_answer_is_right(name: str, answer: object) -> None:
    assert accepts(name, answer), exercise(name).judge(answer).why


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("name", "answer"), [(name, one) for name, answers in WRONG.items() for one in answers]
)
def test_what_only_looks_right_is_wrong(name: str, answer: object) -> None:
    assert not accepts(name, answer)


def test_the_tables_are_long_enough() -> None:
    graded = {name for name in declared("structure") if name[-1].isdecimal() and name[-2] == "-"}
    assert graded - {"structure-2"} <= set(RIGHT)
    assert all(len(answers) >= 10 for table in (RIGHT, WRONG) for answers in table.values())


LONG = "LONG = {'OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'}"
DECODERS = {
    "unpack in one go": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode()",
        "n, s = (struct.unpack('<I', raw[8:12])[0], 12) if v in LONG "
        "else (struct.unpack('<H', raw[6:8])[0], 8)",
        "return g, e, v, n, raw[s:s + n]",
    ),
    "from_bytes": (
        "number = lambda a, b: int.from_bytes(raw[a:b], 'little')",
        "v = raw[4:6].decode('ascii')",
        "s, n = (12, number(8, 12)) if v in LONG else (8, number(6, 8))",
        "return number(0, 2), number(2, 4), v, n, raw[s:s + n]",
    ),
    "a list with VR as bytes": (
        "v = raw[4:6]; s = 12 if v.decode() in LONG else 8",
        "n = int.from_bytes(raw[s - 4 if s == 12 else 6:s], 'little')",
        "return [raw[0] + 256 * raw[1], raw[2] + 256 * raw[3], v, n, raw[s:s + n]]",
    ),
    "from a stream": (
        "f = BytesIO(raw); g, e = struct.unpack('<HH', f.read(4)); v = f.read(2).decode()",
        "n = struct.unpack('<xxI', f.read(6))[0] if v in LONG else "
        "struct.unpack('<H', f.read(2))[0]",
        "return g, e, v, n, f.read(n)",
    ),
    "numpy": (
        "g, e = np.frombuffer(raw[:4], '<u2'); v = raw[4:6].decode()",
        "s = 12 if v in LONG else 8",
        "n = int(np.frombuffer(raw[8:12], '<u4')[0] if s == 12 else "
        "np.frombuffer(raw[6:8], '<u2')[0])",
        "return int(g), int(e), v, n, raw[s:s + n]",
    ),
    "pydicom's own list of short headers": (
        "v = raw[4:6].decode(); s = 8 if v in EXPLICIT_VR_LENGTH_16 else 12",
        "n, = struct.unpack('<H', raw[6:8]) if s == 8 else struct.unpack('<I', raw[8:12])",
        "return (*struct.unpack('<HH', raw[:4]), v, n, raw[s:s + n])",
    ),
    "group as hexadecimal text": (
        "g, e = struct.unpack('<HH', raw[:4]); v = raw[4:6].decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return hex(g), hex(e), v, n, raw[s:s + n]",
    ),
    "length as text": (
        "g, e = struct.unpack('<HH', raw[:4]); v = raw[4:6].decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, str(n), raw[s:s + n]",
    ),
    "value as a bytearray": (
        "raw = bytearray(raw); g, e = struct.unpack('<HH', raw[:4]); v = raw[4:6].decode()",
        "s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, n, raw[s:s + n]",
    ),
    "a named tuple, with a helper": (
        "Parts = collections.namedtuple('Parts', 'group element vr length value')",
        "def at(form, offset): return struct.unpack_from(form, raw, offset)[0]",
        "v = at('2s', 4).decode(); s = 12 if v in LONG else 8",
        "n = at('<I', 8) if s == 12 else at('<H', 6)",
        "return Parts(at('<H', 0), at('<H', 2), v, n, raw[s:s + n])",
    ),
}
BAD_DECODERS = {
    "long for OB and UT alone": ("LONG = {'OB', 'UT'}", *DECODERS["from_bytes"]),
    "long for what begins with O or U": (
        "LONG = {v for v in EXPLICIT_VR_LENGTH_16 | EXPLICIT_VR_LENGTH_32 if v[0] in 'OU'}",
        *DECODERS["from_bytes"],
    ),
    "UN forgotten": ("LONG = LONG_HEADER - {'UN'}", *DECODERS["from_bytes"]),
    "SV and UV forgotten": ("LONG = LONG_HEADER - {'SV', 'UV'}", *DECODERS["from_bytes"]),
    "a zero where the length would be means long": (
        "g, e, v, n = struct.unpack('<HH2sH', raw[:8]); s = 8",
        "if n == 0 and len(raw) >= 12: n, s = struct.unpack('<I', raw[8:12])[0], 12",
        "return g, e, v.decode(), n, raw[s:s + n]",
    ),
    "two bytes of length in a long header": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:10] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, n, raw[s:s + n]",
    ),
    "three bytes of length in a long header": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[9:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, n, raw[s:s + n]",
    ),
    "one byte of group and element": (
        "v = raw[4:6].decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return raw[0], raw[2], v, n, raw[s:s + n]",
    ),
    "big endian tag": (
        "g, e, v = struct.unpack('>HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, n, raw[s:s + n]",
    ),
    "signed group": (
        "g, e, v = struct.unpack('<hh2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, n, raw[s:s + n]",
    ),
    "the rest as the value": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = len(raw) - s",
        "return g, e, v, n, raw[s:]",
    ),
    "value without padding": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, n, raw[s:s + n].rstrip(b'\\x00 ')",
    ),
    "value and length changed about": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, v, raw[s:s + n], n",
    ),
    "four parts": (
        "g, e, v = struct.unpack('<HH2s', raw[:6]); v = v.decode(); s = 12 if v in LONG else 8",
        "n = int.from_bytes(raw[8:12] if s == 12 else raw[6:8], 'little')",
        "return g, e, n, raw[s:s + n]",
    ),
}


def decoder(lines: tuple[str, ...]) -> object:
    names: dict[str, Any] = {"struct": struct, "np": np, "BytesIO": BytesIO}
    names |= {"collections": collections, "EXPLICIT_VR_LENGTH_16": EXPLICIT_VR_LENGTH_16}
    names["EXPLICIT_VR_LENGTH_32"] = EXPLICIT_VR_LENGTH_32
    exec(LONG + "\nLONG_HEADER = LONG", names)
    exec("def decode(raw):\n" + "\n".join(f"    {line}" for line in lines), names)
    return names["decode"]


@pytest.mark.parametrize("how", DECODERS)
def test_any_right_way_to_decode_is_right(how: str) -> None:
    answer = decoder(DECODERS[how])
    assert accepts("structure-2", answer), exercise("structure-2").judge(answer).why


@pytest.mark.parametrize("how", BAD_DECODERS)
def test_a_way_to_decode_that_fails_somewhere_is_wrong(how: str) -> None:
    assert accepts("structure-2", decoder(BAD_DECODERS[how])) is False
