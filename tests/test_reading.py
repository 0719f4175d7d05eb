"""The guard in front of every reader: within limits, in one sentence, whatever comes in."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicom_lessons import reading, samples
from dicom_lessons.reading import ReadingError


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
        list(reading.members_of(file))
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    with pytest.raises(ReadingError, match=r"a\.zip was not unpacked"):
        reading.unpack(tmp_path / "a.zip", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_an_archive_is_bounded_in_memory_and_on_disk(tmp_path: Path) -> None:
    file = archive("1.dcm", "2.dcm", size=1000)
    assert [name for name, _raw in reading.members_of(file)] == ["1.dcm", "2.dcm"]
    with pytest.raises(ReadingError, match="more than 1999 bytes"):
        list(reading.members_of(file, 1999))
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    with pytest.raises(ReadingError, match="more than 1999 bytes"):
        reading.unpack(tmp_path / "a.zip", tmp_path / "new", 1999)
    assert len(reading.unpack(str(tmp_path / "a.zip"), str(tmp_path / "new"))) == 2
    with pytest.raises(FileExistsError, match="is there already"):
        reading.unpack(tmp_path / "a.zip", tmp_path / "new")


def test_no_archive_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ReadingError):
        list(reading.members_of(io.BytesIO(b"PK but no zip")))
    (tmp_path / "a.zip").write_bytes(b"PK but no zip")
    with pytest.raises(ReadingError):
        reading.unpack(tmp_path / "a.zip", tmp_path / "new")


def test_a_broken_archive_is_unpacked_or_ends_in_one_sentence(tmp_path: Path) -> None:
    whole = archive("a/1.dcm", "2.dcm", size=5000).getvalue()
    for place in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[place] ^= 0xA5
        (tmp_path / "a.zip").write_bytes(broken)
        try:
            reading.unpack(tmp_path / "a.zip", tmp_path / str(place))
        except ReadingError as error:
            assert str(error).startswith("a.zip was not unpacked: ")
            assert not (tmp_path / str(place)).exists()
    with pytest.raises(ReadingError, match=r"absent\.zip was not unpacked"):
        reading.unpack(tmp_path / "absent.zip", tmp_path / "new")
