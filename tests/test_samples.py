from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRBigEndian

from dicom_lessons import places, samples


def test_the_registry_tells_size_and_hash_of_every_bundled_file() -> None:
    bundled = samples.names(source="bundled")
    assert len(bundled) == 184
    for name in bundled:
        sample, raw = samples.get(name), samples.path(name).read_bytes()
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (sample.size, sample.sha256), name


def test_the_registry_tells_what_the_file_says() -> None:
    for name in samples.names(transfer_syntax=ExplicitVRBigEndian):
        dataset = samples.read(name)
        assert dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
        assert dataset.get("Modality", "") == samples.get(name).modality
        assert dataset.get("SOPClassUID", "") in ("", samples.get(name).sop_class)


def test_filters_are_combined() -> None:
    palettes = samples.names(photometric_interpretation="PALETTE COLOR", modality="US")
    assert palettes == ["examples_palette"]
    assert samples.names(frames=30, source="bundled") == ["examples_ybr_color"]
    assert samples.names(modality="XX") == []


def test_every_sample_says_what_it_teaches_and_its_licence() -> None:
    for name in samples.names():
        assert samples.get(name).teaches, name
        assert samples.get(name).licence, name


def test_the_suffix_may_be_given() -> None:
    assert samples.path("CT_small.dcm") == samples.path("CT_small")


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("ct-small", "CT_small"), ("chrrus", "chrRuss"), ("6154x", "dicomdirtests/77654033/CR1/6154")],
)
def test_a_missing_name_lists_near_matches(wrong: str, near: str) -> None:
    with pytest.raises(LookupError, match=near):
        samples.get(wrong)


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd", "/etc/passwd", "", "CT_small\0", "x" * 9999]
)
def test_a_name_is_never_a_path(hostile: str) -> None:
    with pytest.raises(LookupError):
        samples.path(hostile)


def test_a_lost_file_says_which_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "BUNDLED", samples.BUNDLED / "lost")
    with pytest.raises(FileNotFoundError, match=r"CT_small.*pip install"):
        samples.path("CT_small")


# ---- series


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and the folder of series in it."""
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "series"


@pytest.mark.parametrize("name", samples.names(kind="series"))
def test_a_series_comes_whole_and_in_order(name: str, cache: Path) -> None:
    first = samples.series(name)
    assert len(first) == samples.get(name).instances
    assert [dcmread(path).InstanceNumber for path in first] == [*range(1, len(first) + 1)]
    assert list(cache.iterdir()) == [first[0].parent]
    before = first[0].stat()
    assert samples.series(name) == first
    assert first[0].stat() == before, "it was unpacked again"


def test_a_series_is_no_file_and_a_file_no_series() -> None:
    assert not {*samples.names()} & {*samples.names(kind="series")}
    for opened in (samples.path, samples.read, samples.download):
        with pytest.raises(LookupError, match=r"is a series: samples\.series\(\)"):
            opened("virtual/ct_volume")
    with pytest.raises(LookupError, match=r"is one file: samples\.path\(\)"):
        samples.series("CT_small")
    with pytest.raises(LookupError, match=r"virtual/ct_volumes.*virtual/ct_volume"):
        samples.series("virtual/ct_volumes")


def test_half_a_series_is_never_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = ZipFile.open, []

    def open_member(self: ZipFile, member: ZipInfo, *others: Any, **named: Any) -> Any:
        calls.append(member)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(self, member, *others, **named)

    monkeypatch.setattr(ZipFile, "open", open_member)
    with pytest.raises(KeyboardInterrupt):
        samples.series("virtual/pt_volume")
    assert list(cache.iterdir()) == []
    assert all(path.is_file() for path in samples.series("virtual/pt_volume"))


def test_what_was_changed_in_the_cache_is_mended(cache: Path) -> None:
    files = samples.series("virtual/pt_volume")
    before = [path.read_bytes() for path in files]
    files[0].unlink()
    files[1].write_bytes(before[0])
    assert samples.series("virtual/pt_volume") == files
    assert [path.read_bytes() for path in files] == before
    assert list(cache.iterdir()) == [files[0].parent]


def test_processes_that_unpack_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from dicom_lessons import places, samples;"
        f"places.cache = lambda: Path({str(tmp_path)!r});"
        "print(sum(len(path.read_bytes()) for path in samples.series('virtual/ct_volume')))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(told) == 1
    assert len(list((tmp_path / "series").iterdir())) == 1


def registered(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make an archive the only series of the registry, with its true hash."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    known = replace(samples.get("virtual/ct_volume"), file=path.name, sha256=sha256)
    monkeypatch.setattr(samples, "MADE", path.parent)
    monkeypatch.setattr(samples, "samples_known", lambda: {known.name: known})
    return known.name


def test_a_damaged_or_lost_archive_is_named(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    with ZipFile(path, "w") as opened:
        opened.writestr("a.dcm", b"slice")
    name = registered(path, monkeypatch)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OSError, match=r"a\.zip is damaged"):
        samples.series(name)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.zip.*course_tools data"):
        samples.series(name)
    assert not cache.exists()
