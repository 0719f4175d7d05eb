"""UIDs split, judged, looked up, made, replaced, hung into a tree: on real files and any text."""

from __future__ import annotations

import copy
import re
import struct
import uuid
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, FileDataset, config, dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.uid import (  # type: ignore[attr-defined]
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    UID_dictionary,
    generate_uid,
)

from dicom_lessons import reading, samples, uids
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.findings import Finding
from dicom_lessons.text import set_language
from dicom_lessons.uids.explorer import TreeView, UIDTree, explore_uids
from dicom_lessons.uids.meaning import KINDS
from dicom_lessons.uids.replacement import replace_uid
from dicom_lessons.uids.tree import read_tree

DICOMDIR_SET = [
    samples.path(name)
    for name in samples.names(source="bundled")
    if re.match(r"dicomdirtests/\d", name)
]
HOSTILE: list[object] = [
    "",
    "x" * 1_000_000,
    "1." * 500_000,
    "1.2.3\0",
    " 1.2.3",
    "1.2.3\n",
    "١.٢.٣",
    "1.²",
    "<img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "{uid}%s{0}",
    "\ud800",
    "\u202e3.2.1",
    b"\xff\xfe\x00",
    None,
    17,
    1.2,
    ["1.2.3"],
]


# ---- rules

SPELLED_AGAIN = re.compile(
    r"([01]\.([1-3]?[0-9])|2\.(0|[1-9][0-9]*))(\.(0|[1-9][0-9]*))*", re.ASCII
)
_component = st.sampled_from(
    [*"0123", "39", "40", "276", "840", "10008", "9" * 20, "00", "007", "", " ", "١", "a", "\0"]
)
_nearly = st.lists(_component, max_size=8).map(".".join)
_dictionary = st.sampled_from(sorted(UID_dictionary))
_changed = st.builds(
    lambda text, at, letter: text[: at % len(text)] + letter + text[at % len(text) + 1 :],
    _dictionary,
    st.integers(0, 64),
    st.sampled_from([*"0123456789.", " ", "\n", "\0", "é", "²", ""]),
)
_around = st.builds(
    lambda before, text, after: before + text + after,
    st.sampled_from(["", " ", "\t", "\0"]),
    _nearly,
    st.sampled_from(["", " ", "\n", "\x85", "\0", "."]),
)
_long = st.builds(lambda digits: f"2.25.{digits}", st.integers(10**50, 10**62))
_any = st.one_of(_nearly, _changed, _around, _long, _dictionary, st.text(max_size=70))
_seen = {"strings": 0, "valid": 0, "pydicom agrees": 0, "white space": 0, "beginning": 0}


@settings(
    max_examples=10_000,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@example("1.2." + "3" * 60)
@example("1.2." + "3" * 61)
@given(_any)
def _agree(text: str) -> None:
    rules = uids.judge(text)
    valid = uids.is_valid(text)
    assert valid == all(rule.holds for rule in rules)
    assert valid == (len(text) <= 64 and bool(SPELLED_AGAIN.fullmatch(text)))
    by_pydicom = UID(text, validation_mode=config.IGNORE).is_valid
    padded = text != text.strip()
    begins_otherwise = not rules[-1].holds
    if not padded and not begins_otherwise:
        assert by_pydicom == valid, text
    if by_pydicom != valid:
        # the two differences that the documentation of is_valid explains
        assert by_pydicom
        assert padded or begins_otherwise
    _seen["strings"] += 1
    _seen["valid"] += valid
    _seen["pydicom agrees"] += by_pydicom == valid
    _seen["white space"] += by_pydicom != valid and padded
    _seen["beginning"] += by_pydicom != valid and not padded


def test_validity_agrees_with_the_rules_and_with_pydicom_on_generated_strings() -> None:
    _agree()
    print(_seen)
    assert _seen["strings"] >= 10_000
    assert _seen["valid"] > 1_000
    assert _seen["white space"] > 50
    assert _seen["beginning"] > 50
    documentation = uids.is_valid.__doc__ or ""
    assert "white space" in documentation
    assert "begins" in documentation


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("1.2.84O.10008", "Character 7 is O"),
        ("1.2 .3", "Character 4 is white space (U+0020)"),
        ("1.2.3\0", "Character 6 is NUL"),
        ("1.٣", "Character 3 is ٣ (U+0663), no digit from 0 to 9"),
        ("1..2", "Nothing stands for component 2"),
        (".1.2", "begins with a full stop"),
        ("1.2.", "ends with a full stop"),
        ("1.02", "Component 2 is written 02"),
        ("1.2." + "3" * 61, "It has 65 characters"),
        ("3.1", "It begins with 3"),
        ("1.40.1", "It begins with 1.40"),
        ("2", "One component alone"),
        ("", "It is empty"),
    ],
)
def test_the_broken_rule_says_what_was_seen(wrong: str, why: str) -> None:
    broken = [rule for rule in uids.judge(wrong) if not rule.holds]
    assert any(why in rule.why for rule in broken)
    assert all(rule.section.startswith("PS3.5") for rule in broken)
    assert why in uids.explain(wrong).sentence


@pytest.mark.parametrize("right", ["0.0", "1.39", "2.999.1", "1.2.0", "2.25." + str(2**128 - 1)])
def test_corner_cases_are_valid(right: str) -> None:
    assert uids.is_valid(right)


def test_bytes_are_judged_with_their_padding() -> None:
    assert uids.is_valid(b"1.2.3\0")
    assert uids.is_valid(b"1.2.34")
    assert not uids.is_valid(b"1.2.34\0")
    assert not uids.is_valid(b"1.2.3 ")
    assert uids.explain(b"1.2.840.10008.1.2\0").sentence.startswith("Implicit VR Little Endian")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("anything", HOSTILE, ids=lambda value: repr(value)[:20])
def test_anything_gets_a_clear_sentence(anything: object, language: str) -> None:
    set_language(language)
    explanation = uids.explain(anything, "SOPInstanceUID")
    assert explanation.kind == "invalid"
    assert 10 < len(explanation.sentence) < 600
    assert "\0" not in explanation.sentence
    assert "\u202e" not in explanation.sentence
    for rule in uids.judge(anything):
        assert len(rule.why) < 200
    uids.arcs(anything)
    uids.root_of(anything)


# ---- meaning


def test_every_uid_of_the_dictionary_is_explained_by_name_and_type() -> None:
    for text, (name, sort, _info, retired, _keyword) in UID_dictionary.items():
        explanation = uids.explain(text)
        assert explanation.sentence.startswith(f"{name} ({sort})")
        assert ("retired" in explanation.sentence.removeprefix(name)) == bool(retired)
        assert uids.is_valid(text)
        assert explanation.kind in KINDS
        root = uids.root_of(text)
        assert root is not None
        assert root.uid == "1.2.840.10008"
    print(len(UID_dictionary), "UIDs explained")


@pytest.mark.parametrize(
    ("uid", "keyword", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", "", "SOP class"),
        ("1.2.840.10008.5.1.1.9", "", "SOP class"),
        ("1.2.840.10008.1.2.4.50", "", "transfer syntax"),
        ("1.2.840.10008.1.4.1.1", "FrameOfReferenceUID", "well-known instance"),
        ("1.2.840.10008.5.1.1.17", "", "well-known instance"),
        ("1.2.840.10008.15.1.1", "", "well-known instance"),
        ("1.2.840.10008.2.16.4", "", "DICOM-defined"),
        ("1.2.840.10008.1.2.4.999", "", "DICOM-reserved"),
        ("1.2.840.10008", "", "DICOM-reserved"),
        ("1.2.840.100080.1", "", "private"),
        ("1.2.3.4", "SOPClassUID", "private class"),
        ("1.2.3.4", "ReferencedSOPClassUID", "private class"),
        ("1.2.3.4", "TransferSyntaxUID", "private transfer syntax"),
        ("1.2.3.4", "FrameOfReferenceUID", "instance"),
    ],
)
def test_kinds(uid: str, keyword: str, kind: str) -> None:
    assert uids.classify(uid, keyword) == kind


@pytest.mark.parametrize(
    ("sample", "keyword", "root", "said_by"),
    [
        ("ExplVR_BigEnd", "StudyInstanceUID", "1.2.840.113619", "G.E. Medical Systems"),
        ("examples_palette", "SOPInstanceUID", "1.3.46.670589", "Philips Medical Systems"),
        ("examples_overlay", "SOPClassUID", "1.2.840.10008", ""),
        ("examples_ybr_color", "SOPInstanceUID", "1.2.840.114340", "SonoSite, Inc."),
        ("693_J2KI", "SOPInstanceUID", "1.2.826.0.1.3680043.2.1143", "GDCM"),
        ("test-SR", "SOPInstanceUID", "1.2.276.0.7230010.3", "OFFIS_DCMTK"),
        ("CT_small", "SOPInstanceUID", "1.3.6.1.4.1.5962", "DCTOOL"),
    ],
)
def test_known_roots_are_those_that_real_files_name(
    sample: str, keyword: str, root: str, said_by: str
) -> None:
    dataset = samples.read(sample, stop_before_pixels=True)
    found = uids.root_of(dataset[keyword].value)
    assert found is not None
    assert found.uid == root
    version = dataset.file_meta.get("ImplementationVersionName", "")
    assert said_by in dataset.get("Manufacturer", "") or said_by in version


def test_the_root_does_not_tell_the_maker_of_the_device() -> None:
    ct = samples.read("CT_small")
    root = uids.root_of(ct.SOPInstanceUID)
    assert ct.Manufacturer == "GE MEDICAL SYSTEMS"
    assert root is not None
    assert "GE" not in root.organisation


def test_arcs_put_together_are_the_text_again() -> None:
    for text in ["", "1", "1.2.840.10008.1.2", "..", "a.b", "1.2.826.0.1.3680043.8.498.1.2.3.4.5"]:
        assert ".".join(arc.number for arc in uids.arcs(text)) == text
    names = [arc.name for arc in uids.arcs("1.2.276.0.7230010.3.1")]
    assert names[2] == "Germany"
    assert names[-2:] == ["OFFIS DCMTK", ""]


# ---- replacing


@pytest.mark.parametrize("root", ["2.999.1", "1.2.3.4.5", "1.2." + "3" * 49, "2.25"])
def test_new_uids_are_valid_and_below_their_root(root: str) -> None:
    new = replace_uid("1.2.3", "secret", root)
    assert new.startswith(f"{root}.")
    assert uids.is_valid(new)
    assert replace_uid("1.2.3", "secret", root) == new
    assert replace_uid("b.c", "a", root) != replace_uid("c", "a.b", root)
    assert root != "2.25" or int(new[5:]) < 2**128


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("1.2.840.10008", "reserved"),
        ("1.2.840.10008.5", "reserved"),
        ("2.25.7", "2.25 itself"),
        ("1.2.", "full stop"),
        ("1.02", "written 02"),
        ("", "empty"),
        ("1.2." + "3" * 50, "54 characters"),
        ("<b>", "Character 1"),
    ],
)
def test_a_root_that_cannot_be_used_is_refused(root: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace_uid("1.2.3", "secret", root)


def values(dataset: Dataset) -> Iterator[tuple[str, str]]:
    with warnings.catch_warnings(action="ignore"):
        for part in (dataset, getattr(dataset, "file_meta", None) or Dataset()):
            for element in part.iterall():
                if element.VR == "UI" and element.value:
                    several = isinstance(element.value, MultiValue)
                    for value in element.value if several else [element.value]:
                        yield element.keyword, str(value)


def is_of_an_instance(keyword: str, value: str) -> bool:
    kept = r"SOPClass|TransferSyntax|ImplementationClass|CodingScheme|Context|Mapping|PrivateInf"
    return not value.startswith("1.2.840.10008.") and not re.search(kept, keyword)


def test_all_uids_of_all_bundled_files_are_replaced_consistently() -> None:
    new_of: dict[str, str] = {}
    files = 0
    for name in samples.names(source="bundled"):
        try:
            with warnings.catch_warnings(action="ignore"):
                dataset = samples.read(name)
                before = list(values(dataset))
        except Exception:  # files that are broken on purpose
            continue
        replaced = uids.replace_uids(dataset, "secret")
        after = list(values(replaced))
        assert list(values(dataset)) == before, name
        header = replaced.file_meta.get("MediaStorageSOPInstanceUID")
        assert not replaced.get("SOPInstanceUID") or header in (None, replaced.SOPInstanceUID)
        for (keyword, old), (same_keyword, new) in zip(before, after, strict=True):
            assert keyword == same_keyword, name
            if keyword == "MediaStorageSOPInstanceUID" and replaced.get("SOPInstanceUID"):
                continue
            if is_of_an_instance(keyword, old):
                assert new_of.setdefault(old, new) == new
                assert old != new
                assert uids.is_valid(new)
            else:
                assert old == new, (name, keyword)
        files += 1
    assert files > 150
    assert len(set(new_of.values())) == len(new_of)
    print(files, "files,", len(new_of), "UIDs replaced")


def test_sequences_private_and_unknown_elements_are_reached() -> None:
    inner = Dataset()
    inner.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    inner.ReferencedSOPInstanceUID = "1.2.3.4"
    dataset = Dataset()
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.ReferencedImageSequence = Sequence([inner])
    dataset.FailedSOPInstanceUIDList = ["1.2.3.4", "1.2.3.5"]
    dataset.DeviceUID = ""
    dataset.add_new(0x00091001, "UI", "1.2.3.4")
    dataset.add_new(0x00091002, "UN", b"1.2.3.4\0")
    replaced = uids.replace_uids(dataset, "secret")
    new = replace_uid("1.2.3.4", "secret")
    item = replaced.ReferencedImageSequence[0]
    assert replaced.SOPInstanceUID == item.ReferencedSOPInstanceUID == new
    assert item.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert replaced.FailedSOPInstanceUIDList == [new, replace_uid("1.2.3.5", "secret")]
    assert not replaced.DeviceUID
    assert replaced[0x00091001].value == new
    assert replaced[0x00091002].value == b"1.2.3.4\0"


def test_a_sequence_that_was_stored_as_unknown_is_reached(tmp_path: Path) -> None:
    dataset = uids.replace_uids(samples.read("UN_sequence"), "secret")
    dataset.save_as(tmp_path / "replaced.dcm")
    left = {old for keyword, old in values(samples.read("UN_sequence"))}
    raw = (tmp_path / "replaced.dcm").read_bytes()
    for old in left:
        if is_of_an_instance("", old) and not old.startswith("1.2.826.0.1.3680043.2.1143"):
            assert old.encode() not in raw


def test_the_header_copy_follows_the_data_set(tmp_path: Path) -> None:
    plan = samples.read("rtplan")
    assert plan.SOPInstanceUID != plan.file_meta.MediaStorageSOPInstanceUID
    replaced = uids.replace_uids(plan, "secret", root="2.999.7")
    replaced.save_as(tmp_path / "plan.dcm")
    again = dcmread(tmp_path / "plan.dcm")
    assert again.SOPInstanceUID == again.file_meta.MediaStorageSOPInstanceUID
    assert again.SOPInstanceUID.startswith("2.999.7.")
    assert again.SOPClassUID == plan.SOPClassUID


def test_another_secret_gives_other_uids() -> None:
    one, other = (replace_uid("1.2.3.4", secret) for secret in ("a", "b"))
    assert one != other
    assert replace_uid("1.2.3.4\0", "a") == one
    assert replace_uid("1.2.840.10008.1.2.4.110", "a") == "1.2.840.10008.1.2.4.110"
    assert replace_uid("1.2.840.100081", "a") != "1.2.840.100081"


def nested(depth: int) -> Dataset:
    dataset = Dataset()
    dataset.ReferencedSOPInstanceUID = "1.2.3"
    for _level in range(depth):
        outer = Dataset()
        outer.ReferencedSOPInstanceUID = "1.2.3"
        outer.ReferencedImageSequence = Sequence([dataset])
        dataset = outer
    return dataset


def test_deep_nesting_is_followed_or_refused() -> None:
    replaced = uids.replace_uids(nested(40), "secret")
    while "ReferencedImageSequence" in replaced:
        assert replaced.ReferencedSOPInstanceUID != "1.2.3"
        replaced = replaced.ReferencedImageSequence[0]
    assert replaced.ReferencedSOPInstanceUID != "1.2.3"
    with pytest.raises(ValueError, match="nested too deeply"):
        uids.replace_uids(nested(400), "secret")


def explicit(group: int, number: int, VR: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, VR, len(value)) + value


def stored(*elements: bytes) -> bytes:
    meta = explicit(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    return bytes(128) + b"DICM" + meta + b"".join(elements)


BROKEN = {
    "a sequence without items": struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, 3) + b"1.2",
    "an item that breaks off": struct.pack("<HH2sHLHH", 8, 0x1140, b"SQ", 0, 6, 0xFFFE, 0xE000)
    + b"1.",
    "a UID of an unknown VR": explicit(8, 0x18, b"ZZ", b"1.2.3\0"),
    "a UID of another VR": explicit(8, 0x18, b"LO", b"1.2.3 "),
    "a private sequence": struct.pack("<HH2sHL", 9, 0x1001, b"SQ", 0, 5) + b"1.2.3",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("guarded", [True, False])
def test_what_may_hide_a_uid_is_refused_and_named(name: str, guarded: bool) -> None:
    raw = stored(explicit(8, 0x16, b"UI", b"1.2\0"), BROKEN[name], explicit(16, 32, b"LO", b"7 "))
    dataset = reading.read(raw) if guarded else dcmread(BytesIO(raw))
    with pytest.raises(ValueError, match="cannot be read as") as caught:
        uids.replace_uids(dataset, "secret")
    assert re.search(r"\(00(08|09),\d{4}\)", str(caught.value))


def test_several_instance_uids_are_replaced_one_by_one() -> None:
    raw = stored(explicit(8, 0x18, b"UI", b"1.2.3\\1.2.4\0"), explicit(16, 32, b"LO", b"7 "))
    for dataset in (reading.read(raw), dcmread(BytesIO(raw))):
        replaced = uids.replace_uids(dataset, "secret")
        assert replaced.SOPInstanceUID == [replace_uid(one, "secret") for one in ("1.2.3", "1.2.4")]


def test_an_empty_element_of_an_unknown_vr_hides_nothing() -> None:
    raw = stored(explicit(8, 0x18, b"ZZ", b""), explicit(16, 32, b"LO", b"7 "))
    for dataset in (reading.read(raw), dcmread(BytesIO(raw))):
        assert uids.replace_uids(dataset, "secret").PatientID == "7"


# ---- the tree


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize(
    "broken",
    [(b"SQ", b"abcdef"), (b"ZZ", b""), (b"ZZ", b"1.2"), (b"FD", b"abc"), (b"AT", b"ab")],
    ids=str,
)
def test_one_broken_uid_stops_no_folder(
    keyword: str, broken: tuple[bytes, bytes], tmp_path: Path
) -> None:
    write(tmp_path / "good", instance("1.2.3", "1.2.4", "1.2.5"))
    raw = (tmp_path / "good").read_bytes()
    tag = tag_for_keyword(keyword) or 0
    start = raw.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF) + b"UI")
    size = 8 + int.from_bytes(raw[start + 6 : start + 8], "little")
    VR, value = broken
    header = struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, VR, len(value))
    if VR == b"SQ":
        header = header[:6] + struct.pack("<HL", 0, len(value))
    (tmp_path / "bad\u202e").write_bytes(raw[:start] + header + value + raw[start + size :])
    tree = read_tree(tmp_path)
    assert [len(study.children) for study in tree.studies if study.uid == "1.2.3"] >= [1]
    assert tree.problems
    assert all(str(problem).isprintable() for problem in tree.problems)


def test_the_tree_of_the_dicomdir_set() -> None:
    tree = read_tree(DICOMDIR_SET)
    assert tree.problems == ()
    series = [series for study in tree.studies for series in study.children]
    instances = [instance for each in series for instance in each.children]
    assert (len(tree.studies), len(series), len(instances)) == (6, 13, 31)
    assert {instance.uid for instance in instances} == {
        dcmread(path).SOPInstanceUID for path in DICOMDIR_SET
    }
    for study in tree.studies:
        for each in study.children:
            assert {study.level, each.level, each.children[0].level} == {
                "study",
                "series",
                "instance",
            }
    assert tree.studies[0].label == "19950903 · CT, HEAD/BRAIN WO CONTRAST · 1 series"


def test_the_tree_does_not_depend_on_the_order_of_files() -> None:
    assert read_tree(DICOMDIR_SET[::-1]) == read_tree(DICOMDIR_SET)


def test_a_folder_with_anything_in_it_gives_a_tree_and_problems(tmp_path: Path) -> None:
    write(tmp_path / "good", instance("1.2.3", "1.2.4", "1.2.5"))
    write(tmp_path / "same", instance("1.2.3", "1.2.4", "1.2.5"))
    write(tmp_path / "twice", instance("1.2.3", "1.2.3", "1.2.6"))
    write(tmp_path / "invalid", instance("1.2.3", "1.02.4", "1.2.7"))
    write(tmp_path / "none", instance("", "1.2.4", "1.2.8"))
    hostile = instance("1.2.9", "1.2.10", "1.2.11")
    hostile.StudyDescription = "<script>alert(1)</script>\x1b[31m"
    hostile.SeriesNumber = None
    write(tmp_path / "hostile", hostile)
    (tmp_path / "text.txt").write_text("no DICOM")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    tree = read_tree(tmp_path)
    reasons = {problem.where: problem.what for problem in tree.problems}
    assert set(reasons) == {"same", "twice", "invalid", "none", "text.txt", "empty"}
    assert "that of another file" in reasons["same"]
    assert "two things" in reasons["twice"]
    assert "SeriesInstanceUID is no valid UID" in reasons["invalid"]
    assert "no StudyInstanceUID" in reasons["none"]
    assert "cannot be read" in reasons["text.txt"]
    assert "cannot be read" in reasons["empty"]
    labels = [study.label for study in tree.studies]
    assert any("<script>" in label for label in labels)
    assert not any("\x1b" in label for label in labels)


def test_a_deflate_bomb_is_refused(tmp_path: Path) -> None:
    bomb = instance("1.2.3", "1.2.4", "1.2.5")
    bomb.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = tmp_path / "bomb"
    write(path, bomb)
    raw = path.read_bytes()
    start = 144 + int.from_bytes(raw[140:144], "little")
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b"".join(deflater.compress(bytes(2**20)) for _ in range(100)) + deflater.flush()
    path.write_bytes(raw[:start] + body)
    assert path.stat().st_size < 200_000
    (problem,) = read_tree([path]).problems
    assert "inflates to more than 67108864 bytes" in problem.what


def test_deflated_files_are_read() -> None:
    assert len(read_tree([samples.path("image_dfl")]).studies) == 1


def test_a_lost_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read_tree(tmp_path / "lost")


def test_a_folder_may_be_named_by_text(tmp_path: Path) -> None:
    write(tmp_path / "good", instance("1.2.3", "1.2.4", "1.2.5"))
    tree = read_tree(tmp_path)
    assert len(tree.studies) == 1
    assert read_tree(str(tmp_path)) == tree
    assert read_tree(str(tmp_path / "good")) == read_tree([str(tmp_path / "good")]) == tree
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read_tree(str(tmp_path / "lost"))


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "good", instance("1.2.3", "1.2.4", "1.2.5"))
    tree = read_tree([tmp_path / "gone", tmp_path / "good"])
    assert len(tree.studies) == 1
    assert [problem.where for problem in tree.problems] == ["gone"]


def test_more_files_than_are_read_are_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_lessons.uids.tree.MOST_FILES", 1)
    for name in ("a", "b"):
        write(tmp_path / name, instance("1.2.3", "1.2.4", f"1.2.5.{ord(name)}"))
    tree = read_tree(tmp_path)
    assert len(tree.studies[0].children[0].children) == 1
    assert tree.problems == (Finding(what="only the first 1 files are read"),)


def test_a_long_value_stays_in_the_file(tmp_path: Path) -> None:
    long = instance("1.2.3", "1.2.4", "1.2.5")
    long.add_new(0x00091001, "OB", bytes(100_000))
    long.SeriesDescription = "long"
    write(tmp_path / "long", long)
    assert read_tree(tmp_path).studies[0].children[0].label == "long · 1 instance"


def test_every_bundled_file_has_a_place_or_a_reason() -> None:
    paths = [samples.path(name) for name in samples.names(source="bundled")]
    tree = read_tree(paths)
    placed = sum(len(series.children) for study in tree.studies for series in study.children)
    named = {problem.where for problem in tree.problems}
    assert placed + len(tree.problems) >= len(paths)
    assert "no_meta.dcm" in named
    assert all(problem.what for problem in tree.problems)
    assert all(not problem.what.endswith(".") for problem in tree.problems)


def instance(study: str, series: str, sop: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID(sop)
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    with warnings.catch_warnings(action="ignore"):
        dataset.StudyInstanceUID = study
        dataset.SeriesInstanceUID = series
        dataset.SOPInstanceUID = sop
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    return dataset


def write(path: Path, dataset: FileDataset) -> None:
    with warnings.catch_warnings(action="ignore"):
        copy.deepcopy(dataset).save_as(path, enforce_file_format=True)


# ---- the explorer


def twin(explorer: UIDTree) -> dict[str, Any]:
    bundle: dict[str, Any] = explorer._repr_mimebundle_()
    return bundle


def test_typing_judges_and_names_at_once() -> None:
    explorer = explore_uids("1.2.840.10008.1.2.1")
    assert "Explicit VR Little Endian" in explorer.panel.value
    assert explorer.panel.value.count("✓") == 5
    explorer.field.value += ".01"
    assert "no valid UID" in explorer.panel.value
    assert "Component 8 is written 01." in explorer.panel.value
    assert explorer.panel.value.count("✗") == 1
    explorer.field.value = "2.25.1"
    assert explorer.panel.value.count("✗") == 0


def test_arcs_are_named_and_the_suffix_stays_whole() -> None:
    panel = explore_uids("1.2.840.10008.5.1.4.1.1.2").panel.value
    panel = panel.partition("</table>")[0]
    rows = re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th><td[^>]*>(.*?)</td></tr>', panel)
    assert [number for number, _name in rows] == ["1", "2", "840", "10008", "5.1.4.1.1.2"]
    assert rows[2][1] == "United States"
    assert rows[4][1].startswith("the rest: a suffix")


@pytest.mark.parametrize("text", [value for value in HOSTILE if isinstance(value, str)])
def test_any_text_is_taken_and_stays_text(text: str) -> None:
    explorer = explore_uids("1.2.3")
    explorer.field.value = text
    bundle = twin(explorer)
    for shown in (explorer.panel.value, bundle["text/html"]):
        assert len(shown) < 6_000
        assert "<img" not in shown
        assert "✗" in shown
    assert len(bundle["text/plain"]) < 700


def test_without_files_there_is_no_tree() -> None:
    explorer = explore_uids("1.2.3")
    assert explorer.view not in explorer.children
    assert "<ul>" not in twin(explorer)["text/html"]


def test_the_tree_of_the_dicomdir_set_and_its_twin() -> None:
    explorer = explore_uids(files=DICOMDIR_SET)
    depths = [node["depth"] for node in explorer.view.nodes]
    assert [depths.count(depth) for depth in (0, 1, 2)] == [6, 13, 31]
    bundle = twin(explorer)
    for path in DICOMDIR_SET:
        assert dcmread(path).SOPInstanceUID in bundle["text/html"]
    assert bundle["text/html"].count("<li>") == 50
    assert bundle["text/plain"].count("    Instance ") == 31
    assert "<table" in bundle["text/html"]


def test_selecting_a_row_takes_its_uid_apart_by_its_element() -> None:
    explorer = explore_uids(files=DICOMDIR_SET)
    nodes = explorer.view.nodes
    for selected in (0, 1, 2, len(nodes) - 1):
        explorer.view.selected = selected
        assert explorer.field.value == nodes[selected]["uid"]
        assert "Instance: one thing" in explorer.panel.value
    explorer.field.value = "1.2.3.4"
    assert "Private: class or instance" in explorer.panel.value
    explorer.view.selected = 10**6
    assert explorer.field.value == "1.2.3.4"


def test_hostile_files_stay_text(tmp_path: Path) -> None:
    hostile = instance("1.2.3", "1.2.4", "1.2.5")
    hostile.StudyDescription = "<img src=x onerror=alert(1)>"
    hostile.SeriesDescription = "</ul><script>alert(1)</script>"
    write(tmp_path / "hostile", hostile)
    (tmp_path / "<b>.txt").write_text("no DICOM")
    bundle = twin(explore_uids(files=tmp_path))
    assert "<img" not in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert "&lt;b&gt;.txt" in bundle["text/html"]


def test_the_script_never_makes_markup_of_data() -> None:
    script = TreeView._esm
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert "textContent" in script


def test_the_explorer_speaks_russian() -> None:
    set_language("ru")
    bundle = twin(explore_uids("1.02", files=DICOMDIR_SET))
    assert "Исследование" in bundle["text/plain"]
    assert "неправильный UID" in bundle["text/html"]
    assert "нарушено" in bundle["text/html"]


# ---- exercises: right answers of many forms and algorithms, wrong ones that look right


def verdict(number: int, answer: object) -> bool | None:
    with warnings.catch_warnings(action="ignore"):  # a wrong program may well warn
        return declared("uids")[f"uids-{number}"].judge(answer).right


EIGHT = [
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.1.2.4.91",
    "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322",
    "1.2.840.10008.1.02",
    "1.2.840.10008.1.2",
    "2.25.329800735698586629295641978511506172918",
    "1.2.840.10008.1.1",
    "1.2.276.0.7230010.3.1.4.1787205428.2345.1071048146.",
]
C, T, N, V = "class", "transfer syntax", "instance", "invalid"
SORTED = [C, T, N, V, T, N, C, V]


@pytest.mark.parametrize(
    "answer",
    [
        SORTED,
        tuple(SORTED),
        [word.upper() for word in SORTED],
        [word.replace(" ", "_") for word in SORTED],
        [word.replace(" ", "-") for word in SORTED],
        [f" {word} " for word in SORTED],
        ["SOP class" if word == C else word for word in SORTED],
        ["SOP Instance" if word == N else word for word in SORTED],
        [uids.classify(uid, "SOPInstanceUID") for uid in EIGHT],
        (word for word in SORTED),
        iter(SORTED),
        ", ".join(SORTED),
        ["класс", "синтаксис передачи", "экземпляр", "неправильный", T, N, "Класс", V],
    ],
)
def test_eight_uids_are_sorted_in_any_spelling(answer: object) -> None:
    assert verdict(1, answer) is True


@pytest.mark.parametrize(
    "answer",
    [
        [C, T, N, T, T, N, C, V],
        [C, T, N, V, T, N, T, V],
        [C, T, N, V, T, N, C, N],
        [C, T, N, V, T, V, C, V],
        [T, C, N, V, T, N, C, V],
        SORTED[:-1],
        [*SORTED, V],
        SORTED[::-1],
        set(SORTED),
        " ".join(SORTED),
        [uids.classify(uid) for uid in EIGHT],
        [UID(uid, config.IGNORE).type for uid in EIGHT],
        [uids.is_valid(uid) for uid in EIGHT],
    ],
)
def test_eight_uids_sorted_wrongly_are_not_right(answer: object) -> None:
    assert verdict(1, answer) is False


def _by_loop(text: str) -> str:
    wanted = text
    while wanted and wanted[0] in " .\0":
        wanted = wanted[1:]
    while wanted and wanted[-1] in " .\0":
        wanted = wanted[:-1]
    parts = []
    for part in wanted.split("."):
        parts.append(str(int(part)) if part.isdigit() else part)
    return ".".join(parts) if ".".join(parts) in UID_dictionary else text


def _by_regex(text: str) -> str:
    mended = re.sub(r"\b0+(?=\d)", "", text.strip(" .\0"))
    return mended if UID_dictionary.get(mended) else text


def _by_type(text: str) -> str:
    parts = [part.lstrip("0") or "0" for part in text.strip("\0 .").split(".")]
    uid = UID(".".join(parts), config.IGNORE)
    return uid if uid.type else text


def _steps(text: str, *steps: str, zeros: bool = True, known: bool = True) -> str:
    mended = text
    for step in steps:
        mended = mended.strip(step)
    if zeros:
        mended = ".".join(part.lstrip("0") or "0" for part in mended.split("."))
    return mended if mended in UID_dictionary or not known else text


def _unknown(text: str) -> str:
    return _steps(text, " .\0", known=False)


REPAIRS: list[tuple[Any, bool]] = [
    (_by_loop, True),
    (_by_regex, True),
    (_by_type, True),
    (lambda text: _steps(text, " .\0"), True),
    (lambda text: _steps(text, ".\0 "), True),
    (lambda text: _steps(text, " \0.\t"), True),
    (lambda text: dict.fromkeys(UID_dictionary, _unknown(text)).get(_unknown(text), text), True),
    (lambda text: next(filter(_unknown(text).__eq__, UID_dictionary), text), True),
    (lambda text: [text, _unknown(text)][_unknown(text) in UID_dictionary], True),
    (lambda text: _steps(text.replace(" ", ""), ".\0"), False),
    (lambda text: _steps(text, *[" ", "\0", "."] * 3), True),
    (lambda text: text, False),
    (lambda text: _steps(text, " .\0", known=False), False),
    (lambda text: _steps(text, " .\0", zeros=False), False),
    (lambda text: _steps(text, " "), False),
    (lambda text: _steps(text, " ", "."), False),
    (lambda text: _steps(text, "\0", "."), False),
    (lambda text: _steps(text.strip(" .\0").replace("0", ""), "."), False),
    (lambda text: _steps(text.strip(" .\0").replace(".0", "."), ".", zeros=False), False),
    (lambda text: _steps(text.strip(" .\0").replace(".0", ".", 1), ".", zeros=False), False),
    (lambda text: ".".join(str(int(p)) for p in text.strip(" .\0").split(".")), False),
    (lambda text: re.sub(r"\.0+", ".", text.strip(" .\0")), False),
    (lambda text: "1.2.840.10008.1.2", False),
    (lambda text: [_steps(text, " .\0")], False),
    (lambda text: UID(text, config.IGNORE).is_valid, False),
]


@pytest.mark.parametrize(("function", "right"), REPAIRS)
def test_what_a_repair_must_do(function: Any, right: bool) -> None:
    assert verdict(2, function) is right


def _with_copy(plan: FileDataset) -> None:
    plan.file_meta.MediaStorageSOPInstanceUID = plan.SOPInstanceUID


def _as_explicit(plan: FileDataset) -> None:
    _with_copy(plan)
    plan.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _as_deflated(plan: FileDataset) -> None:
    plan.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian


def _from_elsewhere(plan: FileDataset) -> None:
    _with_copy(plan)
    plan.preamble = b"II*\0".ljust(128, b"\0")
    plan.file_meta.SourceApplicationEntityTitle = "COURSE"
    plan.file_meta.ImplementationVersionName = "MINE"


def _as_ct(plan: FileDataset) -> None:
    plan.SOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")


def _other_class_in_the_copy(plan: FileDataset) -> None:
    _with_copy(plan)
    plan.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.2")


def _without(*keywords: str) -> Any:
    return lambda plan: [plan.__delattr__(keyword) for keyword in keywords]


def _set(keyword: str, value: object) -> Any:
    return lambda plan: setattr(plan, keyword, value)


def _beam(plan: FileDataset) -> None:
    plan.BeamSequence[0].BeamName = "Another"


PLANS: list[tuple[Any, dict[str, Any], bool]] = [
    (None, {"enforce_file_format": True}, True),
    (_with_copy, {}, True),
    (_with_copy, {"enforce_file_format": True}, True),
    (_as_explicit, {}, True),
    (_as_explicit, {"enforce_file_format": True}, True),
    (_without("preamble"), {"enforce_file_format": True}, True),
    (_as_deflated, {"enforce_file_format": True}, True),
    (_from_elsewhere, {}, True),
    (_from_elsewhere, {"enforce_file_format": True}, True),
    (lambda plan: plan.decode(), {"enforce_file_format": True}, True),
    (None, {}, False),
    (_as_ct, {"enforce_file_format": True}, False),
    (_other_class_in_the_copy, {}, False),
    (_without("PatientName"), {"enforce_file_format": True}, False),
    (_without("BeamSequence"), {"enforce_file_format": True}, False),
    (_without("FractionGroupSequence"), {"enforce_file_format": True}, False),
    (_without("DoseReferenceSequence"), {"enforce_file_format": True}, False),
    (_set("SOPInstanceUID", "1.2.3"), {"enforce_file_format": True}, False),
    (_set("PatientID", "id2"), {"enforce_file_format": True}, False),
    (_set("StudyID", "plan"), {"enforce_file_format": True}, False),
    (_beam, {"enforce_file_format": True}, False),
]


@pytest.mark.parametrize(("change", "options", "right"), PLANS)
@pytest.mark.parametrize("form", [str, Path])
def test_what_the_mended_plan_must_be(
    change: Any, options: dict[str, Any], right: bool, form: Any, tmp_path: Path
) -> None:
    plan = samples.read("rtplan")
    if change:
        change(plan)
    with warnings.catch_warnings(action="ignore"):
        plan.save_as(tmp_path / "plan.dcm", **options)
    assert verdict(3, form(tmp_path / "plan.dcm")) is right


def test_the_plan_itself_is_no_copy_of_it(tmp_path: Path) -> None:
    assert verdict(3, samples.path("rtplan")) is False
    assert verdict(3, tmp_path) is False
    assert verdict(3, tmp_path / "nothing.dcm") is False
    (tmp_path / "text.dcm").write_text("no DICOM")
    assert verdict(3, tmp_path / "text.dcm") is False


class TooLong(ValueError):
    """A learner's own error."""


def _numbered(
    limit: Any = lambda count: count > 64, error: Any = ValueError, how: Any = None
) -> Any:
    def own_uid(root: str, study: int, series: int, image: int) -> object:
        parts = [root, study, series, image]
        uid = how(*parts) if how else ".".join(map(str, parts))
        if limit(len(uid)):
            raise error(f"{len(uid)} characters")
        return uid

    return own_uid


def _returned(root: str, study: int, series: int, image: int) -> object:
    uid = f"{root}.{study}.{series}.{image}"
    return ValueError("too long") if len(uid) > 64 else uid


def _by_validity(root: str, study: int, series: int, image: int) -> str:
    uid = f"{root}.{study}.{series}.{image}"
    if not uids.is_valid(uid):
        raise ValueError(uid)
    return uid


NUMBERED: list[tuple[Any, bool]] = [
    (_numbered(), True),
    (_numbered(lambda count: count >= 65), True),
    (_numbered(lambda count: not count <= 64), True),
    (_numbered(error=TooLong), True),
    (_numbered(how=lambda *parts: "{}.{}.{}.{}".format(*parts)), True),
    (_numbered(how=lambda a, *rest: ".".join([a] + [f"{one:d}" for one in rest])), True),
    (_numbered(how=lambda root, *rest: root + "".join(f".{one}" for one in rest)), True),
    (_numbered(how=lambda *parts: UID(".".join(map(str, parts)), config.IGNORE)), True),
    (_numbered(how=lambda root, *rest: root.rstrip(".") + "." + ".".join(map(str, rest))), True),
    (_by_validity, True),
    (_returned, False),
    (_numbered(lambda count: count == 65), False),
    (_numbered(lambda count: 64 < count < 70), False),
    (_numbered(lambda count: count >= 64), False),
    (_numbered(lambda count: count > 65), False),
    (_numbered(lambda count: False), False),
    (_numbered(error=TypeError), False),
    (_numbered(error=Exception), False),
    (_numbered(how=lambda *parts: ".".join(map(str, parts))[:64]), False),
    (_numbered(how=lambda root, *rest: root + "".join(f".{one:04}" for one in rest)), False),
    (_numbered(how=lambda *parts: "".join(map(str, parts))), False),
    (_numbered(how=lambda root, a, b, c: f"{root}.{a}.{c}.{b}"), False),
    (_numbered(how=lambda root, a, b, c: f"{root}.{a}.{b}"), False),
    (_numbered(how=lambda *parts: f"{'.'.join(map(str, parts))}."), False),
]


@pytest.mark.parametrize(("function", "right"), NUMBERED)
def test_what_numbering_must_do(function: Any, right: bool) -> None:
    assert verdict(4, function) is right


def _by_digits(text: str) -> str:
    value = 0
    for digit in text.replace("-", ""):
        value = 16 * value + int(digit, 16)
    return f"2.25.{value}"


UUIDS: list[tuple[Any, bool]] = [
    (lambda text: "2.25." + str(uuid.UUID(text).int), True),
    (lambda text: f"2.25.{int(uuid.UUID(text))}", True),
    (lambda text: f"2.25.{int(text.replace('-', ''), 16)}", True),
    (lambda text: f"2.25.{int('0x' + ''.join(text.split('-')), 16)}", True),
    (lambda text: UID(f"2.25.{uuid.UUID(hex=text).int}"), True),
    (lambda text: "2.25." + format(uuid.UUID(text).int, "d"), True),
    (lambda text: ".".join(["2", "25", str(uuid.UUID(text).int)]), True),
    (lambda text: f"2.25.{int.from_bytes(uuid.UUID(text).bytes, 'big')}", True),
    (lambda text: f"2.25.{int.from_bytes(bytes.fromhex(text.replace('-', '')))}", True),
    (_by_digits, True),
    (lambda text: f"2.25.{text}", False),
    (lambda text: f"2.25.{text.replace('-', '')}", False),
    (lambda text: f"2.25.{text.replace('-', '.')}", False),
    (lambda text: "2.25." + str(uuid.UUID(text).int).zfill(39), False),
    (lambda text: "2.25." + ".".join(str(int(part, 16)) for part in text.split("-")), False),
    (lambda text: "2.25." + "".join(str(int(part, 16)) for part in text.split("-")), False),
    (lambda text: f"2.25.{int.from_bytes(uuid.UUID(text).bytes, 'little')}", False),
    (lambda text: f"2.25.{int.from_bytes(uuid.UUID(text).bytes_le, 'big')}", False),
    (lambda text: "2.25." + str(uuid.UUID(text).int).lstrip("0"), False),
    (lambda text: str(uuid.UUID(text).int), False),
    (lambda text: f"2.25{uuid.UUID(text).int}", False),
    (lambda text: f"2.25.{uuid.uuid4().int}", False),
    (lambda text: f"2.25.{hash(text)}", False),
]


@pytest.mark.parametrize(("function", "right"), UUIDS)
def test_what_a_uid_of_a_uuid_must_be(function: Any, right: bool) -> None:
    assert verdict(5, function) is right


FOUR = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"]


def _replacing(new: Any, keywords: list[str] = FOUR, and_then: Any = None) -> Any:
    def new_uids(dataset: Dataset) -> Dataset:
        made = copy.deepcopy(dataset)
        for keyword in keywords:
            made[keyword].value = new(str(dataset[keyword].value))
        if and_then:
            and_then(made)
        return made

    return new_uids


def _derived(old: str) -> UID:
    return generate_uid(entropy_srcs=["secret", old])


def _with_memory() -> Any:
    known: dict[str, str] = {}
    return lambda old: known.setdefault(old, generate_uid())


def _walking(dataset: Dataset) -> Dataset:
    made = copy.deepcopy(dataset)
    for element in made.iterall():
        if element.VR == "UI" and not element.value.startswith("1.2.840.10008."):
            element.value = _derived(element.value)
    return made


def _in_place(dataset: Dataset) -> Dataset:
    for keyword in FOUR:
        dataset[keyword].value = _derived(dataset[keyword].value)
    return dataset


def _moved(dataset: Dataset) -> Dataset:
    made = copy.deepcopy(dataset)
    made.StudyInstanceUID, made.SeriesInstanceUID = (
        dataset.SeriesInstanceUID,
        dataset.StudyInstanceUID,
    )
    return made


def _bare(dataset: Dataset) -> Dataset:
    made = Dataset()
    made.file_meta = copy.deepcopy(dataset.file_meta)
    made.SOPClassUID = dataset.SOPClassUID
    for keyword in FOUR:
        setattr(made, keyword, _derived(dataset[keyword].value))
    return made


def _without_name(made: Dataset) -> None:
    del made.PatientName


def _copy_too(made: Any) -> None:
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID


REPLACED: list[tuple[Any, bool]] = [
    (_replacing(_derived), True),
    (_replacing(_derived, FOUR[::-1]), True),
    (_replacing(_derived, and_then=_copy_too), True),
    (_replacing(lambda old: generate_uid("2.999.1.", [old, "secret"])), True),
    (_replacing(lambda old: generate_uid(entropy_srcs=[old])), True),
    (_replacing(lambda old: f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, old).int}"), True),
    (_replacing(lambda old: f"2.25.{uuid.uuid3(uuid.NAMESPACE_OID, 's' + old).int}"), True),
    (_replacing(lambda old: f"2.999.{zlib.crc32(old.encode())}"), True),
    (_replacing(lambda old: replace_uid(old, "secret")), True),
    (_replacing(_with_memory()), True),
    (_walking, True),
    (lambda dataset: uids.replace_uids(dataset, secret="mine"), True),
    (lambda dataset: dataset, False),
    (copy.deepcopy, False),
    (_in_place, False),
    (_moved, False),
    (_bare, False),
    (_replacing(lambda old: generate_uid()), False),
    (_replacing(lambda old: generate_uid(entropy_srcs=["secret"])), False),
    (_replacing(lambda old: f"{old}1"), False),
    (_replacing(lambda old: f"{old}.1"), False),
    (_replacing(lambda old: f"2.999.{old}"), False),
    (_replacing(lambda old: old[:-1] + str((int(old[-1]) + 1) % 10)), False),
    (_replacing(lambda old: f"2.999.{int(old[-30:])}"), False),
    (_replacing(lambda old: f"2.25.{abs(hash(old))}"), False),
    (_replacing(lambda old: generate_uid("2.25.", [old])), False),
    (_replacing(lambda old: f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, old).int}.1"), False),
    (_replacing(lambda old: generate_uid("1.2.840.10008.77.", [old])), False),
    (_replacing(lambda old: f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, old)}"), False),
    (_replacing(lambda old: "2.999.0" + str(zlib.crc32(old.encode()))), False),
    (_replacing(lambda old: ""), False),
    (_replacing(_derived, FOUR[:3]), False),
    (_replacing(_derived, FOUR[2:]), False),
    (_replacing(_derived, [*FOUR, "SOPClassUID"]), False),
    (_replacing(_derived, and_then=_without_name), False),
    (lambda dataset: [_derived(dataset[keyword].value) for keyword in FOUR], False),
]


@pytest.mark.parametrize(("function", "right"), REPLACED)
def test_what_replacing_must_do(function: Any, right: bool) -> None:
    assert verdict(6, function) is right


def _collected(key: str = "SeriesInstanceUID") -> Any:
    def by_series(instances: list[Dataset]) -> dict[Any, list[Dataset]]:
        found = defaultdict(list)
        for one in instances:
            found[one[key].value].append(one)
        return found

    return by_series


def _by_sets(instances: list[Dataset]) -> dict[str, tuple[Dataset, ...]]:
    known = {one.SeriesInstanceUID for one in instances}
    return {uid: tuple(one for one in instances if one.SeriesInstanceUID == uid) for uid in known}


def _by_if(instances: list[Dataset]) -> dict[str, list[Dataset]]:
    found: dict[str, list[Dataset]] = {}
    for one in instances:
        if one.SeriesInstanceUID not in found:
            found[one.SeriesInstanceUID] = []
        found[one.SeriesInstanceUID] += [one]
    return found


def _neighbours(instances: list[Dataset], key: Any) -> dict[str, list[Dataset]]:
    return {name: list(group) for name, group in groupby(instances, key)}


def _series(one: Dataset) -> str:
    return str(one.SeriesInstanceUID)


def _number(one: Dataset) -> int:
    return int(one.InstanceNumber)


GROUPED: list[tuple[Any, bool]] = [
    (_collected(), True),
    (_by_sets, True),
    (_by_if, True),
    (lambda many: dict(_collected()(many)), True),
    (lambda many: _neighbours(sorted(many, key=_series), _series), True),
    (lambda many: _collected()(many[::-1]), True),
    (lambda many: {uid: group[::-1] for uid, group in _by_if(many).items()}, True),
    (lambda many: {str(uid): group for uid, group in _by_if(many).items()}, True),
    (lambda many: {uid: sorted(group, key=_number) for uid, group in _by_if(many).items()}, True),
    (
        lambda many: {
            _series(one): [o for o in many if _series(o) == _series(one)] for one in many
        },
        True,
    ),
    (_collected("SeriesNumber"), False),
    (_collected("StudyInstanceUID"), False),
    (_collected("SOPInstanceUID"), False),
    (_collected("Modality"), False),
    (lambda many: {_series(one): [one] for one in many}, False),
    (lambda many: {_series(one): one for one in many}, False),
    (lambda many: _neighbours(many, _series), False),
    (lambda many: {uid: len(group) for uid, group in _by_if(many).items()}, False),
    (lambda many: list(_by_if(many).values()), False),
    (lambda many: {_series(one) for one in many}, False),
    (lambda many: {uid: group[:1] for uid, group in _by_if(many).items()}, False),
    (lambda many: {uid: group * 2 for uid, group in _by_if(many).items()}, False),
    (lambda many: {uid.rpartition(".")[0]: group for uid, group in _by_if(many).items()}, False),
    (lambda many: {}, False),
]


@pytest.mark.parametrize(("function", "right"), GROUPED)
def test_what_grouping_must_do(function: Any, right: bool) -> None:
    assert verdict(7, function) is right


def test_the_uids_that_name_two_things() -> None:
    instances = [dcmread(path) for path in DICOMDIR_SET]
    studies = {one.StudyInstanceUID for one in instances}
    frames = {one.get("FrameOfReferenceUID") for one in instances}
    both = studies & frames
    assert len(both) == 3
    texts = sorted(map(str, both))
    for right in (
        *(both, frozenset(both), list(both), tuple(texts), texts[::-1], iter(texts)),
        *(dict.fromkeys(both), [one.encode() for one in texts], [f" {one} " for one in texts]),
        [one.StudyInstanceUID for one in instances if one.StudyInstanceUID in frames],
        {one.FrameOfReferenceUID for one in instances if one.get("FrameOfReferenceUID") in studies},
        *(dict.fromkeys(both).keys(), studies - (studies - frames)),
    ):
        if isinstance(right, dict):
            continue  # a dictionary is no list
        assert verdict(8, right) is True, right
    for wrong in (
        *(studies, frames, frames - {None}, studies | frames, studies - frames, frames - studies),
        *(studies ^ frames, texts[:2], [*texts, "2.999.1"], set(), "".join(texts), len(both)),
        *([one.removesuffix("1") for one in texts], True, texts[0], [f"{one}.1" for one in texts]),
    ):
        assert verdict(8, wrong) is False, wrong


def test_a_root_without_an_owner_is_set_aside_and_others_are_registered() -> None:
    assert "2.25 is set aside for" in uids.explain("2.25.1", "SOPInstanceUID").sentence
    assert "2.999 is set aside for" in uids.explain("2.999.1", "SOPInstanceUID").sentence
    assert "is registered for: Siemens" in uids.explain("1.3.12.2.1107.1").sentence
