from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydicom.uid import ExplicitVRBigEndian

from course_tools import patient
from dicom_lessons import samples


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


def test_the_ct_volume_is_made_once_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def write(directory: Path, *, progress: bool) -> None:
        made.append(directory)
        directory.mkdir()
        if len(made) == 1:
            raise KeyboardInterrupt
        for number in (2, 1):
            (directory / f"ct_{number:03}.dcm").write_bytes(b"slice")

    monkeypatch.setattr(samples, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(patient, "write_ct_volume", write)
    with pytest.raises(KeyboardInterrupt):
        samples.ct_volume()
    assert list((tmp_path / "cache").iterdir()) == []
    first, second = samples.ct_volume(), samples.ct_volume()
    assert [path.name for path in first] == ["ct_001.dcm", "ct_002.dcm"]
    assert first == second
    assert len(made) == 2
    assert list((tmp_path / "cache").iterdir()) == [first[0].parent]
