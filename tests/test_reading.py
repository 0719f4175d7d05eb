"""The guard in front of every reader: within limits, in one sentence, whatever comes in."""

from __future__ import annotations

import copy
import io
import os
import re
import struct
import sys
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicom_lessons import archives, reading, samples
from dicom_lessons.reading import ReadingError
from dicom_lessons.unknown import with_lengths


def deflated(size: int, *, claim: int | None = None) -> bytes:
    """Return a deflated file whose one private element has so many bytes once inflated."""
    dataset = samples.read("image_dfl")
    dataset.add_new(0x00091001, "OB", bytes(size))
    file = DicomBytesIO()
    dataset.save_as(file, enforce_file_format=True)
    raw = bytearray(file.getvalue())
    assert dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian
    if claim is not None:
        raw[140:144] = claim.to_bytes(4, "little")
    return bytes(raw)


def test_a_name_a_path_bytes_and_a_data_set_are_one_source(tmp_path: Path) -> None:
    path = samples.path("CT_small")
    for source in ("CT_small", path, str(path), path.read_bytes(), samples.read("CT_small")):
        assert reading.read(source).PatientID == "1CT1"


@pytest.mark.parametrize("name", samples.names(source="bundled"))
def test_a_path_and_a_name_are_read_alike(name: str) -> None:
    read: list[list[object]] = []
    for source in (name, samples.path(name)):
        try:
            read.append([*reading.read(source).keys()])
        except ReadingError as error:
            read.append([str(error).removesuffix(".dcm")])
    assert len(read[0]) >= 1  # no_meta: a stray byte stands in front
    assert read[0] == read[1] or name == "no_meta"


def test_a_data_set_stays_what_it_is() -> None:
    dataset = Dataset()
    assert reading.read(dataset) is dataset


@pytest.mark.parametrize("claim", [None, 2**31, 0])
def test_what_inflates_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claim: int | None
) -> None:
    raw = deflated(2**20, claim=claim)
    path = tmp_path / "bomb.dcm"
    path.write_bytes(raw)
    assert len(raw) < 2**16
    reading.read(raw)
    monkeypatch.setattr(reading, "MOST_INFLATED", 2**20)
    for source in (raw, path, str(path)):
        with pytest.raises(ReadingError, match="inflates to more than 1048576 bytes"):
            reading.read(source)


def test_inflating_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    raw = packer.compress(b"DICOM" * 100) + packer.flush()
    assert reading.inflate(raw + b"rest") == (b"DICOM" * 100, len(raw))
    with pytest.raises(ReadingError, match="cut short"):
        reading.inflate(raw[:-4])
    with pytest.raises(ReadingError, match="cannot be inflated"):
        reading.inflate(b"\xff" * 20)
    monkeypatch.setattr(reading, "MOST_INFLATED", 499)
    with pytest.raises(ReadingError, match="inflates to more than 499 bytes"):
        reading.inflate(raw)


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"\x89PNG\r\n\x1a\n" + bytes(200), b"hello world, this is no DICOM", os.urandom(0)],
)
def test_rubbish_is_named_as_no_dicom(rubbish: bytes, tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="your bytes"):
        reading.read(rubbish)
    (tmp_path / "scan.dcm").write_bytes(rubbish)
    with pytest.raises(ReadingError, match=r"scan\.dcm"):
        reading.read(tmp_path / "scan.dcm")


def test_a_folder_a_device_and_a_giant_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ReadingError, match="is no file"):
        reading.read(str(tmp_path))
    with pytest.raises(LookupError, match="no sample ''"):
        reading.read("")
    if Path("/dev/zero").exists():
        with pytest.raises(ReadingError, match="is no file"):
            reading.read("/dev/zero")
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    for source in ("CT_small", samples.path("CT_small"), samples.path("CT_small").read_bytes()):
        with pytest.raises(ReadingError, match="larger than 1000 bytes"):
            reading.read_bytes(source)


def test_a_name_that_nobody_has_names_its_neighbours() -> None:
    with pytest.raises(LookupError, match="CT_small"):
        reading.read("CT_smal")


def test_a_broken_file_ends_in_one_sentence() -> None:
    raw = samples.path("CT_small").read_bytes()
    for cut in (133, 140, 200, 333):
        try:
            dataset = reading.read(raw[:cut])
        except ReadingError as error:
            assert "\n" not in str(error)
        else:
            assert len(dataset) <= len(dcmread(io.BytesIO(raw)))


# ---- what pydicom inflates


def bomb(behind: bytes = b"", *, claim: int = 0, twice: bool = False) -> bytes:
    """Return a deflated file of 8 MB of zeros; ``behind`` stands in front of what is deflated."""
    meta = b"\2\0\0\0UL\4\0" + struct.pack("<L", claim)
    told = b"\2\0\x10\0UI\x16\0" + DeflatedExplicitVRLittleEndian.encode()
    meta += b"\2\0\x10\0UI\x12\0" + b"1.2.840.10008.1.2\0" + told if twice else told
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = packer.compress(bytes(8 << 20)) + packer.flush()
    return bytes(128) + b"DICM" + meta + behind + data


HARMLESS = b"\x03\0"  # nothing, deflated
BOMBS = {
    "plain": bomb(),
    "without preamble": bomb()[132:],
    "its group length hides it": bomb(claim=2**31),
    "another stream behind it": bomb(claim=len(bomb())) + HARMLESS,
    "two transfer syntaxes": bomb(twice=True),
    # pydicom passes over group 0000, whose bytes here are a harmless deflated stream themselves
    "an element of group 0000 in front": bomb(
        b"\0\0\xff\xff\0\xff\0\0" + bytes(0xFF00 - 3) + HARMLESS + b"\0"
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_pydicom_inflates_only_what_was_measured(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted is what comes out of zlib, not seconds."""
    monkeypatch.setattr(reading, "MOST_INFLATED", 2**20)
    inflated: list[int] = []

    def decompress(raw: bytes, *options: int) -> bytes:
        inflated.append(len(zlib.decompress(raw, *options)))
        return bytes(inflated[-1])

    monkeypatch.setattr(
        "pydicom.filereader.zlib", SimpleNamespace(decompress=decompress, MAX_WBITS=15)
    )
    with pytest.raises(ReadingError, match="inflates to more than 1048576 bytes"):
        reading.read(BOMBS[name])
    assert all(size <= 2**20 for size in inflated)


def test_nothing_but_the_guard_opens_files() -> None:
    """Samples are known by their hashes; what a comparison wrote or the clinic broke is their own.

    The clinic shows what pydicom itself makes of its patients, and opens no file of anybody else.
    """
    package = Path(reading.__file__).parent
    allowed = {"reading.py", "samples.py", "compression/codings.py"}
    allowed |= {"network/attackers.py", "network/surroundings.py"}
    allowed |= {"clinic/making.py", "clinic/ward.py"}
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(dcmread|read_partial|read_file)\(", line) and ">>>" not in line
    }
    assert found <= allowed


def test_announced_lengths_ask_for_no_memory(tmp_path: Path) -> None:
    """A file gives no more than it has, so no buffer of the length that it claims is made."""
    raw = samples.path("CT_small").read_bytes() + b"\x10\x42\x10\0OB\0\0\xf0\xff\xff\xff"
    (tmp_path / "lie.dcm").write_bytes(raw + bytes(10))
    tracemalloc.start()
    dataset = reading.read(tmp_path / "lie.dcm")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert dataset[0x42100010].value == bytes(10)
    assert peak < 10 * 2**20


# ---- elements that make no value


def element(group: int, number: int, VR: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, VR, len(value)) + value


def odd_elements() -> dict[str, bytes]:
    item = b"\xfe\xff\0\xe0"
    inside = struct.pack("<L", 12) + element(8, 0x60, b"ZZ", b"CT  ")
    sequence = struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, 20) + item + inside
    return {
        "unknown VR, empty": element(8, 0x60, b"ZZ", b""),
        "unknown VR": element(8, 0x60, b"ZZ", b"CT"),
        "half a number": element(0x28, 0x10, b"US", b"abc"),
        "half a tag": element(0x28, 9, b"AT", b"ab"),
        "no VR at all": element(8, 0x60, b"\x01\x02", b""),
        "a sequence without items": struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, 3) + b"abc",
        "an item that breaks off": struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, 6) + item + b"ab",
        "an odd element in an item": sequence,
        "a number in a text": element(0x28, 8, b"IS", b"1e9999"),
        "numbers for a name": element(0x10, 0x10, b"FD", b"abc"),
    }


@pytest.mark.parametrize("name", odd_elements())
def test_an_element_that_makes_no_value_is_unknown(name: str) -> None:
    raw = bytes(128) + b"DICM" + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    raw += element(8, 0x16, b"UI", b"1.2") + odd_elements()[name] + element(0x10, 0x20, b"LO", b"7")
    plain = dcmread(io.BytesIO(raw), force=True)
    whole = copy.deepcopy(plain)
    dataset = reading.read(raw)
    for each in (dataset, dataset[:], copy.deepcopy(dataset)):
        assert [found.tag for found in each.iterall()]
        str(each)
    for tag in list(plain.keys()):
        found = reading.element(plain, tag)
        assert found is not None
        assert (found.tag, found.VR) == (tag, dataset[tag].VR)
    assert plain.keys() == whole.keys()
    assert reading.value(plain, "SOPClassUID") == "1.2"
    assert reading.value(plain, "NoSuchKeyword", 5) == 5
    dataset.save_as(io.BytesIO(), enforce_file_format=False)


def test_what_can_be_converted_is_as_pydicom_converts_it() -> None:
    for name in samples.names(source="bundled"):
        try:
            plain = dcmread(samples.path(name), force=True)
            wanted = str(plain)
        except Exception:  # what pydicom cannot read or print has no text to compare
            continue
        if name != "no_meta":  # a stray byte stands in front
            assert str(reading.read(name)) == wanted, name


def test_a_prefix_by_chance_is_no_prefix() -> None:
    long = element(8, 0x70, b"LO", b"x" * 102 + b"DICM" + b"y" * 14)
    raw = element(8, 5, b"CS", b"ISO_IR 100") + long + element(0x10, 0x20, b"LO", b"4711")
    assert raw[128:132] == b"DICM"
    dataset = reading.read(raw)
    assert dataset.PatientID == "4711"
    assert dataset.preamble is None


def unknown(inside: bytes, item: int = 0) -> bytes:
    """Return an element of VR UN and undefined length; its item's length is given or undefined."""
    head = struct.pack("<HH2sHL", 9, 0x1001, b"UN", 0, 0xFFFFFFFF)
    end = b"" if item else struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
    head += struct.pack("<HHL", 0xFFFE, 0xE000, item or 0xFFFFFFFF)
    return head + inside + end + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


@pytest.mark.parametrize("length", [0x4141, 0x4E50, 0x5153, 0x5A5A])
@pytest.mark.parametrize("defined", [True, False])
@pytest.mark.parametrize("times", [1, 3])
def test_a_length_that_looks_like_letters_stops_no_reader(
    length: int, defined: bool, times: int
) -> None:
    inside = struct.pack("<HHL", 9, 5, length) + bytes(length)
    raw = bytes(128) + b"DICM" + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    raw += unknown(inside, len(inside) if defined else 0) * times
    dataset = reading.read(raw + element(0x10, 0x20, b"LO", b"4711"))
    assert dataset.PatientID == "4711"
    assert len(dataset[0x00091001].value) > length


def test_what_is_no_end_of_unknown_elements_is_walked_through_once() -> None:
    """Counted are the headers that are decoded."""
    raw = b"\x09\0\1\x10UN\0\0\xff\xff\xff\xff\xfe\xff\0\xe0" * 20_000
    steps = 0

    def trace(frame: Any, event: str, _argument: object) -> Any:
        nonlocal steps
        steps += event == "line"
        return trace if frame.f_code.co_name in ("with_lengths", "_end_of") else None

    sys.settrace(trace)
    try:
        assert with_lengths(raw) == raw
    finally:
        sys.settrace(None)
    assert steps < 20 * len(raw)


# ---- sentences


@pytest.mark.parametrize(
    "source",
    [
        *("x" * 70_000, "a\0b", "\u202egnp.\x1b[31m", "\ud800", "a/" * 5000),
        *(Path("x" * 5000), Path("a\0b"), Path("\u2066a"), Path(__file__) / "x"),
    ],
    ids=lambda source: ascii(str(source)[:12]),
)
def test_a_name_that_no_disk_can_hold_is_no_file(source: str | Path) -> None:
    with pytest.raises((LookupError, FileNotFoundError)) as caught:
        reading.read(source)
    sentence = str(caught.value)
    assert len(sentence) < 400
    assert sentence.isprintable()


@pytest.mark.parametrize(
    "error",
    [
        *(EOFError(), RecursionError("maximum"), MemoryError(), KeyError(), OSError("No tag")),
        *(ValueError("a\n\nTraceback (most recent call last):\n  File"), ValueError(" . ")),
        ValueError("<object object at 0x7fba5bff0920> \x1b[31m \u202e"),
    ],
    ids=repr,
)
def test_every_error_has_a_reason(error: Exception) -> None:
    reason = reading.reason_of(error)
    assert reason.strip(" .")
    assert reason.isprintable()
    assert not re.search(r"Traceback|0x[0-9a-f]{6}", reason)
    assert len(reason) <= 200


# ---- folders and archives


def test_files_of_a_folder_by_text_and_by_path(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2.dcm", "1.dcm"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.dcm").symlink_to(tmp_path / "1.dcm")
    wanted = [tmp_path / "1.dcm", tmp_path / "b" / "2.dcm"]
    assert reading.files_in(tmp_path) == reading.files_in(str(tmp_path)) == wanted
    assert reading.files_in(str(tmp_path / "1.dcm")) == wanted[:1]
    assert reading.files_in([str(wanted[0]), wanted[1]]) == wanted
    with pytest.raises(FileNotFoundError, match="no folder"):
        reading.files_in(tmp_path / "absent")


def archive(*members: str | zipfile.ZipInfo, size: int = 10) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for member in members:
            opened.writestr(member, bytes(size))
    file.seek(0)
    return file


def link() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("link.dcm")
    member.external_attr = 0o120777 << 16
    return member


HOSTILE = ["../x", "a/../../x", "/tmp/x", "..\\x", "C:/x", "\\\\host\\x", link()]


@pytest.mark.parametrize("member", HOSTILE, ids=str)
def test_a_member_that_leaves_its_folder_is_refused(
    member: str | zipfile.ZipInfo, tmp_path: Path
) -> None:
    file = archive("good.dcm", member)
    with pytest.raises(ReadingError, match=r"outside of the folder|is a link"):
        list(archives.members_of(file))
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    with pytest.raises(ReadingError, match=r"a\.zip was not unpacked"):
        archives.unpack(tmp_path / "a.zip", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_an_archive_is_bounded_in_memory_and_on_disk(tmp_path: Path) -> None:
    file = archive("1.dcm", "2.dcm", size=1000)
    assert [name for name, _raw in archives.members_of(file)] == ["1.dcm", "2.dcm"]
    with pytest.raises(ReadingError, match="more than 1999 bytes"):
        list(archives.members_of(file, 1999))
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    with pytest.raises(ReadingError, match="more than 1999 bytes"):
        archives.unpack(tmp_path / "a.zip", tmp_path / "new", 1999)
    assert len(archives.unpack(str(tmp_path / "a.zip"), str(tmp_path / "new"))) == 2
    with pytest.raises(FileExistsError, match="is there already"):
        archives.unpack(tmp_path / "a.zip", tmp_path / "new")


def test_no_archive_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ReadingError):
        list(archives.members_of(io.BytesIO(b"PK but no zip")))
    (tmp_path / "a.zip").write_bytes(b"PK but no zip")
    with pytest.raises(ReadingError):
        archives.unpack(tmp_path / "a.zip", tmp_path / "new")


def test_a_broken_archive_is_unpacked_or_ends_in_one_sentence(tmp_path: Path) -> None:
    whole = archive("a/1.dcm", "2.dcm", size=5000).getvalue()
    for place in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[place] ^= 0xA5
        (tmp_path / "a.zip").write_bytes(broken)
        try:
            archives.unpack(tmp_path / "a.zip", tmp_path / str(place))
        except ReadingError as error:
            assert str(error).startswith("a.zip was not unpacked: ")
            assert not (tmp_path / str(place)).exists()
    with pytest.raises(ReadingError, match=r"absent\.zip was not unpacked"):
        archives.unpack(tmp_path / "absent.zip", tmp_path / "new")


def test_of_two_members_of_one_name_none_is_lost(tmp_path: Path) -> None:
    file = io.BytesIO()
    names = ["a.dcm", "A.DCM", "b/c", "b//c", "a (2).dcm", "a.dcm"]
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w") as opened:
        for number, name in enumerate(names):
            opened.writestr(name, bytes([number]))
    with pytest.warns(UserWarning, match="share a name, such as A"):
        found = dict(archives.members_of(file))
    assert sorted(found.values()) == [bytes([number]) for number in range(len(names))]
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    with pytest.warns(UserWarning, match="share a name"):
        paths = archives.unpack(tmp_path / "a.zip", tmp_path / "new")
    assert sorted(path.read_bytes() for path in paths) == sorted(found.values())


def test_many_members_of_one_name_are_told_once() -> None:
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w") as opened:
        for _number in range(3000):
            opened.writestr("a", b"")
    with pytest.warns(UserWarning) as caught:
        assert len(dict(archives.members_of(file))) == 3000
    assert len(caught) == 1


@pytest.mark.parametrize("name", ["", " ", "./", "//"])
def test_a_member_without_a_name_is_told(name: str, tmp_path: Path) -> None:
    raw = archive("???????"[: max(len(name), 1)], size=1).getvalue()
    raw = raw.replace(b"?" * max(len(name), 1), name.encode() or b"/")
    (tmp_path / "a.zip").write_bytes(raw)
    with pytest.raises(ReadingError, match=r"no name|outside"):
        archives.unpack(tmp_path / "a.zip", tmp_path / "new")


def test_every_mutated_archive_is_read_or_refused_in_words(tmp_path: Path) -> None:
    """Each kind of packing breaks in its own way: zlib, bz2 and lzma raise their own errors."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as opened:
            opened.writestr("a/1.dcm", bytes(range(256)) * 8)
        whole = file.getvalue()
        for place in range(0, len(whole), 5):
            broken = bytearray(whole)
            broken[place] ^= 0x5A
            for cut in (len(whole), place):
                try:
                    list(archives.members_of(io.BytesIO(bytes(broken[:cut]))))
                except (ReadingError, OSError) as error:
                    assert str(error).strip(" .")
