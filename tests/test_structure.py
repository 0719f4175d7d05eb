"""The map of a file: true on every file that pydicom bundles, bounded on whatever else comes."""

from __future__ import annotations

import re
import struct
import time
import warnings
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.data
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import data_element_generator
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicom_lessons import samples
from dicom_lessons.structure import (
    FileMap,
    StructureError,
    decode_header,
    find_element,
    guess_encoding,
    hex_rows,
    keyword_of,
    map_bytes,
    map_file,
    name_of,
    path_of,
    rewrite,
    value_of,
)
from dicom_lessons.structure.explorer import (
    BYTES_PER_BLOCK,
    ENTRIES_PER_BLOCK,
    ByteExplorer,
    entries_of,
    explore_bytes,
    structure_table,
)
from dicom_lessons.structure.labels import KINDS
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


def assert_tiles(file_map: FileMap) -> None:
    offset = 0
    for region in file_map.regions:
        assert (region.offset, region.length > 0) == (offset, True)
        offset = region.end
    assert offset == len(file_map.raw)
    kinds = {region.kind for region in file_map.regions}
    if file_map.stopped is None:
        assert "unread" not in kinds
    else:
        assert f"{file_map.stopped.offset}" in file_map.stopped.reason
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
        assert path.name in file_map.stopped.reason


@pytest.mark.parametrize("path", DICOM, ids=lambda path: path.name)
def test_elements_stand_where_pydicom_finds_them(path: Path) -> None:
    file_map = map_file(path)
    part = file_map.inflated or file_map
    elements = [e for e in part.children(None) if e.tag.group != 2]
    stream = BytesIO(part.raw)
    stream.seek(elements[0].offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
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
    assert [r.kind for r in file_map.regions[:11]] == [
        *("preamble", "prefix"),
        *("tag", "VR", "length", "value"),
        *("tag", "VR", "reserved", "length", "value"),
    ]
    assert find_element(file_map, "0002,0000").offset == 132
    assert next(e for e in file_map.elements if e.tag.group > 2).offset == 144 + 192
    assert file_map.region_at(131).kind == "prefix"
    assert file_map.region_at(len(file_map.raw) - 1).kind == "padding"
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


def test_compressed_pixels_are_left_out_when_rewriting() -> None:
    raw = rewrite(samples.read("examples_jpeg2k"), ImplicitVRLittleEndian)
    assert "PixelData" not in dcmread(BytesIO(raw))
    assert_tiles(map_bytes(raw))


def test_names_keywords_and_values() -> None:
    ct = map_file(samples.path("CT_small"))
    name = find_element(ct, "PatientName")
    assert (name_of(ct, name), keyword_of(name)) == ("Patient's Name", "PatientName")
    assert value_of(ct, name) == "CompressedSamples^CT1"
    assert value_of(ct, name, longest=5) == "Comp…"
    assert value_of(ct, find_element(ct, "Rows")) == "128"
    private = find_element(ct, "0043,1010")
    assert name_of(ct, private) == "Window value"
    assert name_of(ct, find_element(ct, "0043,0010")) == "Private Creator"
    assert keyword_of(private) == ""
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


def test_rows_of_hexadecimal() -> None:
    assert hex_rows(b"DICM", width=2) == ["00000000  44 49  DI", "00000002  43 4d  CM"]
    assert hex_rows(b"DICM", 4) == []


# Hostile input


def element(group: int, number: int, VR: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, VR, len(value)) + value


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
            implicit + b"".join(struct.pack("<HHL", 0x10, i, 0) for i in range(65_536))
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
    assert stopped.reason.startswith("evil.dcm")
    assert "byte" in stopped.reason
    assert spent < 3, "a second on an idle machine, with room for a busy one"
    assert_tiles(file_map)


def test_a_cut_file_says_how_many_bytes_are_missing() -> None:
    stopped = map_bytes(CT[:20_000], "cut.dcm").stopped
    assert stopped is not None
    assert "cut.dcm, byte" in stopped.reason
    assert "(7FE0,0010) should have 32768 bytes" in stopped.reason


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
    assert reason in file_map.stopped.reason
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


# ---- the byte explorer

EVIL = "<img src=x onerror=alert(1)>"


class Browser:
    """Stands for the browser: asks, and stores what the explorer answers."""

    def __init__(self, explorer: ByteExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.explorer = explorer
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        monkeypatch.setattr(explorer, "send", self.receive)

    def receive(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.messages.append((content, buffers or []))

    def ask(self, what: str, block: Any = 0, encoding: str = "stored") -> None:
        self.explorer._answer(None, {"ask": what, "block": block, "encoding": encoding}, [])

    def last(self, answer: str) -> dict[str, Any]:
        return next(
            content for content, _ in reversed(self.messages) if content["answer"] == answer
        )


def evil_file() -> bytes:
    dataset = samples.read("CT_small")
    dataset.PatientName = EVIL
    dataset.private_block(0x4D41, EVIL, create=True).add_new(1, "LO", EVIL)
    return rewrite(dataset, "1.2.840.10008.1.2.1")


@pytest.mark.parametrize("name", ["CT_small", "examples_jpeg2k", "image_dfl", "rtplan_truncated"])
def test_blocks_hold_all_bytes_and_all_entries(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes(name)
    browser = Browser(explorer, monkeypatch)
    raw, entries = explorer.file_map.raw, entries_of(explorer.file_map)
    for block in range(-1, len(raw) // BYTES_PER_BLOCK + 3):
        browser.ask("bytes", block)
    received = [(c, b) for c, b in browser.messages if c["answer"] == "bytes"]
    assert b"".join(buffers[0] for content, buffers in received) == raw
    offset = 0
    for content, _buffers in received:
        for kind, start, stop, entry in content["regions"]:
            assert start == offset < stop
            offset = stop
            assert entries[entry].offset <= start
            assert 0 <= kind < len(KINDS)
    assert offset == len(raw)
    for block in range(-1, len(entries) // ENTRIES_PER_BLOCK + 3):
        browser.ask("entries", block)
    rows = [
        row
        for content, _ in browser.messages
        if content["answer"] == "entries"
        for row in content["rows"]
    ]
    assert [row[1] for row in rows] == [entry.offset for entry in entries]


def test_only_what_is_asked_for_goes_to_the_browser() -> None:
    state = explore_bytes("CT_small").get_state()
    assert len(str({key: value for key, value in state.items() if key[0] != "_"})) < 4_000


def test_selecting_tells_which_bytes_light_up(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("CT_small")
    browser = Browser(explorer, monkeypatch)
    explorer.select("0010,0010")
    selection = browser.last("selection")
    assert (selection["offset"], selection["end"]) == (922, 952)
    assert selection["text"] == "(0010,0010) Patient's Name"
    assert explorer.selected == "0010,0010"
    explorer.selected = "prefix"
    assert browser.last("selection")["offset"] == 128
    assert explorer.selected == "prefix"
    explorer.select("")
    assert browser.last("selection")["entry"] == -1
    with pytest.raises(KeyError, match="no element Nonsense"):
        explorer.select("Nonsense")


def test_each_encoding_is_compared_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("MR_small")
    browser = Browser(explorer, monkeypatch)
    explorer.select("PatientName")
    rows = {row["encoding"]: row for row in browser.last("comparison")["rows"]}
    assert rows["explicit"]["parts"]["VR"][1] == "50 4e"
    assert "VR" not in rows["implicit"]["parts"]
    assert len(rows["implicit"]["parts"]["length"][1]) == len("00 00 00 00")
    assert rows["big"]["parts"]["tag"][1] == "00 10 00 10"
    assert "deflated" in rows["deflated"]["note"]
    assert rows["big"]["parts"]["value"][1] == rows["stored"]["parts"]["value"][1]


def test_the_selection_stays_when_the_encoding_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("rtplan")
    browser = Browser(explorer, monkeypatch)
    explorer.select("BeamSequence[0].BeamName")
    for encoding in ("big", "explicit", "stored"):
        explorer.encoding = encoding
        assert explorer.selected == "300A,00B0[0].300A,00C2"
        assert explorer.shown["encoding"] == encoding
    explorer.encoding = "deflated"
    assert explorer.selected == ""
    browser.messages.clear()
    browser.ask("bytes", 0, "stored")
    assert browser.messages == []


def test_a_deflated_file_can_be_seen_after_inflation() -> None:
    explorer = explore_bytes("image_dfl")
    assert "inflated" in dict(explorer.labels["encodings"])
    explorer.encoding = "inflated"
    explorer.select("PatientName")
    assert explorer.file_map.raw[:4].hex() != ""
    assert explorer.selected == "0010,0010"
    assert "inflated" not in dict(explore_bytes("CT_small").labels["encodings"])


def test_an_encoding_that_cannot_be_written_is_refused_in_words() -> None:
    explorer = explore_bytes("rtplan_truncated")
    assert "byte 2100" in explorer.shown["note"]
    explorer.encoding = "big"
    assert explorer.encoding == "stored"
    assert "cannot be read to its end" in explorer.shown["note"]
    explorer.encoding = "nonsense"
    assert explorer.encoding == "stored"


def test_rubbish_from_the_browser_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("CT_small")
    browser = Browser(explorer, monkeypatch)
    for block in (-5, 10**9, "x", None):
        browser.ask("bytes", block)
        browser.ask("nonsense", block)
    explorer.entry = 10**6
    assert explorer.selected == ""
    assert [content["answer"] for content, _ in browser.messages] == ["selection", "comparison"]


def test_sources_are_names_paths_bytes_and_maps(tmp_path: Path) -> None:
    raw = samples.path("CT_small").read_bytes()
    (tmp_path / "a file").write_bytes(raw)
    for source in ("CT_small", tmp_path / "a file", str(tmp_path / "a file"), raw, map_bytes(raw)):
        assert explore_bytes(source).file_map.raw == raw
    with pytest.raises(StructureError, match="is not DICOM"):
        explore_bytes(b"hello")
    with pytest.raises(LookupError):
        explore_bytes("no such sample")


def test_half_a_megabyte_opens_in_less_than_half_a_second(tmp_path: Path) -> None:
    path = big_file(tmp_path)
    assert path.stat().st_size > 500_000
    start = time.process_time()
    explore_bytes(path)
    assert time.process_time() - start < 0.5


def big_file(folder: Path) -> Path:
    dataset = samples.read("CT_small")
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = np.arange(512 * 512, dtype="<u2").tobytes()
    dataset.save_as(folder / "big.dcm")
    return folder / "big.dcm"


# The static twin


def test_the_stored_output_holds_the_table_and_no_model_id() -> None:
    bundle = explore_bytes("CT_small")._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<table>" in bundle["text/html"]
    assert "(0002,0010)" in bundle["text/html"]
    assert bundle["text/plain"] == "ByteExplorer('CT_small.dcm', 39206 bytes)"
    again = explore_bytes("CT_small")._repr_mimebundle_()[0]
    assert again["text/html"] == bundle["text/html"]


def test_the_table_begins_and_ends_where_it_is_told() -> None:
    text = structure_table("CT_small", "0010,0010", "0010,0020").text.splitlines()
    assert [line.split("(")[1][:9] for line in text[1:]] == ["0010,0010", "0010,0020"]
    assert len(structure_table("CT_small", most=3).text.splitlines()) == 4
    assert "128 bytes" in structure_table("CT_small", "preamble", most=1).text


def test_nothing_from_a_file_becomes_markup(tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(2)>.dcm"
    path.write_bytes(evil_file())
    for first, most in (("preamble", 12), ("0010,0010", 2), ("4D41,0010", 2)):
        page = structure_table(path, first, most=most)
        assert "<img" in page.text or first == "preamble"
        assert "<img" not in page._repr_html_()
        assert "&lt;img" in page._repr_html_()
    assert "<img" not in explore_bytes(path)._repr_mimebundle_()[0]["text/html"]


def test_the_script_makes_text_and_never_markup() -> None:
    script = ByteExplorer._esm
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|import\(", script
    )
    assert "http" not in script
    assert "textContent" in script


def test_labels_come_in_russian() -> None:
    set_language("ru")
    labels = explore_bytes("CT_small").labels
    assert labels["bytes"] == "Байты"
    assert dict(labels["kinds"])["preamble"] == "преамбула"
    assert "Смысл" in structure_table("CT_small", most=1).text
