"""Mutated and hostile files go through every reader; the supervisor tells what goes wrong."""

from __future__ import annotations

import io
import os
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage

from course_tools import lessons
from dicom_lessons import samples

if not hasattr(os, "fork"):
    pytest.skip("no fork", allow_module_level=True)

from course_tools import fuzz
from course_tools.fuzz import mutations
from course_tools.fuzz.readers import READERS, Reader, Subject

HOSTILE = lessons.ROOT.parent / "shared" / "faults"
SECONDS = "slow"  # on a busy machine they say nothing, so no test counts them


def faults(result: fuzz.Result) -> list[tuple[str, str, str]]:
    return [key for key in result.faults if key[0] != SECONDS]


def test_the_same_seed_gives_the_same_files() -> None:
    for name in ("CT_small", "image_dfl", "rtplan", "MR_small_implicit"):
        raw = samples.path(name).read_bytes()
        made = [[mutations.mutate(raw, Random(f"1/{n}")) for n in range(60)] for _time in "ab"]
        assert made[0] == made[1]
        assert sum(one != raw for one in made[0]) > 40


@pytest.mark.parametrize(
    "mutation", dict.fromkeys(mutations.MUTATIONS), ids=lambda one: one.__name__
)
def test_each_mutation_changes_files_and_takes_any_bytes(mutation: mutations.Mutation) -> None:
    for name in ("CT_small", "image_dfl", "MR_small_implicit"):
        raw = samples.path(name).read_bytes()
        assert any(mutation(raw, Random(n)) != raw for n in range(20))
    for raw in (b"", b"x", bytes(200), samples.path("CT_small").read_bytes()[:150]):
        for n in range(20):
            assert isinstance(mutation(raw, Random(n)), bytes)


def test_two_hundred_mutated_files_are_read_or_refused_as_promised() -> None:
    result = fuzz.run(range(200), seed=13)
    assert (result.files, result.calls > 5000) == (200, True)
    assert faults(result) == [], str(result)


# ---- the supervisor


def _fails(_subject: Subject) -> None:
    raise ZeroDivisionError("object at 0x7f0000000000")


def _unclear(_subject: Subject) -> None:
    raise ValueError("\u202e")


def _dies(_subject: Subject) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _grows(_subject: Subject) -> None:
    bytearray(b"x" * 700_000_000)


@pytest.mark.parametrize(
    ("read", "kind"),
    [(_fails, "uncaught"), (_unclear, "unclear"), (_dies, "dead"), (_grows, "large")],
)
def test_what_goes_wrong_is_told(
    read: Callable[[Subject], object],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    readers = (Reader("good", lambda subject: None), Reader("bad", read, (ValueError,)))
    monkeypatch.setattr(fuzz, "READERS", readers)
    result = fuzz.run(range(2), keep=tmp_path)
    assert [(key[:2], found) for key, found in result.faults.items() if key[0] != SECONDS] == [
        ((kind, "bad"), [0, 1])
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.dcm", "1.dcm"]
    assert fuzz.main(1, 0, None, None) == 1
    assert f"{kind}: 1 files" in capsys.readouterr().out


def test_a_run_without_faults_ends_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "READERS", (Reader("good", lambda subject: None),))
    (tmp_path / "mine.dcm").write_bytes(samples.path("CT_small").read_bytes())
    assert tmp_path / "mine.dcm" in fuzz.seeds(tmp_path)
    assert fuzz.main(2, 0, tmp_path, None) == 0
    assert "2 files, 2 calls" in capsys.readouterr().out
    with pytest.raises(NotADirectoryError):
        fuzz.main(2, 0, tmp_path / "absent", None)


# ---- hostile files, as they are


def element(group: int, number: int, VR: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, VR, len(value)) + value


def nested(depth: int, inside: bytes, defined: bool) -> bytes:
    for _level in range(depth):
        length = len(inside) if defined else 0xFFFFFFFF
        inside = struct.pack("<HHL", 0xFFFE, 0xE000, length) + inside
        inside += b"" if defined else struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
        length = len(inside) if defined else 0xFFFFFFFF
        inside = struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, length) + inside
        inside += b"" if defined else struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    return inside


def ct(**values: bytes) -> bytes:
    """Return CT_small with elements of other bytes, by keyword."""
    raw = samples.path("CT_small").read_bytes()
    for keyword, stored in values.items():
        from dicom_lessons.structure import find_element, map_bytes

        found = find_element(map_bytes(raw), keyword)
        raw = raw[: found.offset] + stored + raw[found.end :]
    return raw


def rows_of_nothing(count: int) -> bytes:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = RTStructureSetStorage, "1.2.3"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.ROIContourSequence = [Dataset() for _one in range(count)]
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


ODD = element(0x10, 0x10, b"ZZ", b"X^Y ")
CLASS = element(8, 0x16, b"UI", CTImageStorage.encode() + b"\0")
SYNTHETIC: dict[str, Callable[[], bytes]] = {
    "unknown VR of Modality": lambda: ct(Modality=element(8, 0x60, b"ZZ", b"")),
    "unknown VR of Rows": lambda: ct(Rows=element(0x28, 0x10, b"QQ", b"\0\1")),
    "odd length of Bits Allocated": lambda: ct(BitsAllocated=element(0x28, 0x100, b"US", b"\0")),
    "a UID that is a sequence": lambda: ct(
        SeriesInstanceUID=struct.pack("<HH2sHL", 0x20, 0xE, b"SQ", 0, 6) + b"abcdef"
    ),
    "a UID of numbers": lambda: ct(SOPInstanceUID=element(8, 0x18, b"FD", bytes(8))),
    "a NUL in the character set": lambda: ct(
        SpecificCharacterSet=element(8, 5, b"CS", b"ISO_IR\0 100")
    ),
    "direction marks for a name": lambda: ct(
        PatientName=element(0x10, 0x10, b"PN", "\u202egnp.\u2066\x1b[31m".encode())
    ),
    "nested, unwritable": lambda: ct(PatientName=nested(30, ODD, defined=True)),
    "nested, unwritable, undefined": lambda: ct(PatientName=nested(30, ODD, defined=False)),
    "nested without end": lambda: ct(PatientName=nested(500, b"", defined=True)),
    "nested without end, undefined": lambda: ct(PatientName=nested(500, b"", defined=False)),
    "many empty items": lambda: rows_of_nothing(5000),
    "no end of one letter": lambda: (
        bytes(128) + b"DICM" + CLASS + element(8, 8, b"CS", b"\\" * 65_000)
    ),
}


@pytest.mark.parametrize("name", SYNTHETIC)
def test_a_hostile_file_is_read_or_refused_as_promised(name: str, tmp_path: Path) -> None:
    (tmp_path / "hostile.dcm").write_bytes(SYNTHETIC[name]())
    result = fuzz.judge(tmp_path / "hostile.dcm")
    assert result.calls > 5
    assert faults(result) == [], str(result)


@pytest.mark.parametrize("path", sorted(HOSTILE.rglob("*.dcm")), ids=lambda path: path.stem)
def test_a_file_of_an_attack_is_read_or_refused_as_promised(path: Path) -> None:
    result = fuzz.judge(path)
    assert result.calls > 5
    assert faults(result) == [], str(result)


def test_every_room_has_readers() -> None:
    rooms = {reader.name.partition(".")[0] for reader in READERS}
    assert rooms >= {
        *("structure", "uids", "modality", "sop", "read_write", "compression", "download"),
        *("pixels", "viewer", "reading"),
    }
