"""SOP classes: their tables, what a file lacks of them, and a live exchange."""

from __future__ import annotations

import json
import socket
import threading
import time
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, Sequence, config, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    EncapsulatedPDFStorage,
    MediaStorageDirectoryStorage,
    MRImageStorage,
    RTPlanStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from dicom_lessons import samples, sop
from dicom_lessons.sop.conditions import VALUE_TYPES
from dicom_lessons.sop.tables import TABLES

# ---- tables


def test_every_class_of_the_samples_has_tables() -> None:
    used = {samples.get(name).sop_class for name in samples.names()}
    known = {str(uid) for uid in sop.classes()}
    others = {uid for uid in used - known if uid and not UID(uid).is_retired}
    assert others == {MediaStorageDirectoryStorage}  # a DICOMDIR is no storage object


def test_the_tables_are_those_of_the_package_they_come_from() -> None:
    pytest.importorskip("highdicom")
    from course_tools.iods import derive

    assert json.loads(TABLES.read_text(encoding="utf-8")) == derive()


@pytest.mark.parametrize("uid", sop.classes(), ids=lambda uid: uid.keyword)
def test_a_definition_is_complete(uid: str) -> None:
    iod = sop.definition(uid)
    usages = {module.usage for module in iod.modules}
    assert usages <= {"M", "C", "U"}
    for module in iod.modules:
        assert module.attributes, module.name
        assert {each.type for each in module.attributes} <= {"1", "1C", "2", "2C", "3"}
        assert bool(sop.module_condition(module)) == (module.usage == "C")
        for attribute in module.attributes:
            assert bool(sop.condition(module, attribute)) == attribute.type.endswith("C")
    assert iod.module("Patient").usage == iod.module("sop-common").usage == "M"


def test_facts_that_the_lesson_states() -> None:
    ct = sop.definition("CT Image Storage")
    count = {usage: sum(module.usage == usage for module in ct.modules) for usage in "MCU"}
    assert count == {"M": 11, "C": 3, "U": 11}
    types = {each.keyword: each.type for each in ct.module("Patient").attributes}
    assert [key for key, kind in types.items() if kind in ("1", "2")] == [
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
    ]
    assert sop.definition(SecondaryCaptureImageStorage).module("General Equipment").usage == "U"
    name = ct.module("Patient").attributes[1]
    assert (name.name, name.tag) == ("Patient's Name", 0x00100010)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no SOP class"),
        ("1.2.3", "no SOP class"),
        ("<img src=x>", "no SOP class"),
        ("\0" * 99, "no SOP class"),
        ("1.2.840.10008.1.2.1", "Explicit VR Little Endian, a UID of type Transfer Syntax"),
        (EncapsulatedPDFStorage, "no tables for Encapsulated PDF Storage"),
    ],
)
def test_what_is_no_known_class_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(sop.SOPClassError, match=says):
        sop.definition(text)


@given(st.text(max_size=200))
def test_any_text_is_a_class_or_is_refused(text: str) -> None:
    try:
        assert sop.definition(text).modules
    except sop.SOPClassError as refusal:
        assert len(str(refusal)) < 600


def test_an_unknown_module_is_refused_with_near_matches() -> None:
    with pytest.raises(LookupError, match="Image Plane"):
        sop.definition(CTImageStorage).module("Image Plan")


# ---- what a file lacks


def lacking(dataset: Dataset) -> list[tuple[str, str, str]]:
    return [(each.module, each.path, each.problem) for each in sop.lacks(dataset)]


def test_a_complete_file_lacks_nothing() -> None:
    assert lacking(samples.read("CT_small")) == []
    for name in samples.names(source="made"):
        assert lacking(samples.read(name)) == [], name


def test_type_1_needs_a_value_and_type_2_only_the_element() -> None:
    ct = samples.read("CT_small")
    ct.PatientName = None
    ct.SOPInstanceUID = None
    ct.KVP = None
    del ct.ImageType
    del ct.StudyID
    assert lacking(ct) == [
        ("General Study", "StudyID", "missing"),
        ("CT Image", "ImageType", "missing"),
        ("SOP Common", "SOPInstanceUID", "empty"),
    ]
    for finding in sop.lacks(ct):
        assert finding.advice in str(finding)
        assert f"Type {finding.attribute.type}" in str(finding)


def test_items_of_sequences_are_looked_into() -> None:
    ct = samples.read("CT_small")
    ct.SourceImageSequence = Sequence([Dataset(), Dataset()])
    ct.SourceImageSequence[1].ReferencedSOPClassUID = CTImageStorage
    paths = [path for _module, path, _problem in lacking(ct)]
    assert paths == [
        "SourceImageSequence[1]/ReferencedSOPClassUID",
        "SourceImageSequence[1]/ReferencedSOPInstanceUID",
        "SourceImageSequence[2]/ReferencedSOPInstanceUID",
    ]


def test_content_items_are_judged_by_their_value_type() -> None:
    report = samples.read("reportsi")
    items = report.ContentSequence
    text = next(item for item in items if item.ValueType == "TEXT")
    before = set(lacking(report))
    text.ValueType = "NUM"
    assert {
        path.rpartition("/")[2] for _module, path, _problem in set(lacking(report)) - before
    } == {"MeasuredValueSequence"}
    text.clear()
    text.RelationshipType = "INFERRED FROM"
    text.ReferencedContentItemIdentifier = [1, 2]
    assert set(lacking(report)) == before
    assert "MeasuredValueSequence" in VALUE_TYPES


def test_modality_may_be_left_out_of_a_secondary_capture_only() -> None:
    capture, ct = samples.read("virtual/sc"), samples.read("CT_small")
    del capture.Modality
    del ct.Modality
    assert lacking(capture) == []
    assert lacking(ct) == [("General Series", "Modality", "missing")]


def test_two_homes_that_disagree_are_found() -> None:
    finding = sop.lacks(samples.read("rtplan"))[0]
    assert (finding.path, finding.problem) == ("SOPInstanceUID", "differs")
    assert "enforce_file_format" in finding.advice


def test_what_no_module_holds_is_told() -> None:
    ct = samples.read("CT_small")
    ct.EchoTime = 5
    assert 0x00180081 in sop.outside(ct)
    assert not any(tag.is_private for tag in sop.outside(ct))


def test_a_data_set_without_class_is_refused_in_a_sentence() -> None:
    with pytest.raises(sop.SOPClassError, match=r"no SOP Class UID \(0008,0016\)"):
        sop.lacks(Dataset())
    with pytest.raises(sop.SOPClassError, match="This is a DICOMDIR"):
        sop.lacks(samples.read("dicomdirtests/DICOMDIR"))
    with pytest.raises(sop.SOPClassError, match="no SOP Class UID"):
        sop.lacks(dcmread(BytesIO(b"hello" * 100), force=True))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_sample_is_judged_or_refused() -> None:
    refused = []
    for name in samples.names():
        if samples.get(name).source != "downloaded":
            try:
                sop.lacks(samples.read(name, force=True))
            except sop.SOPClassError:
                refused.append(name)
    assert 10 < len(refused) < 25


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(deadline=None, max_examples=200)
@given(st.binary(min_size=1, max_size=40), st.integers(0, 2000))
def test_broken_bytes_never_break_the_report(noise: bytes, place: int) -> None:
    raw = bytearray(samples.path("rtplan").read_bytes())
    raw[400 + place : 400 + place + len(noise)] = noise
    try:
        dataset = dcmread(BytesIO(bytes(raw)), force=True)
    except Exception:
        return  # what pydicom cannot read at all is not ours
    try:
        for finding in sop.lacks(dataset):
            assert finding.advice
    except sop.SOPClassError:
        pass


def test_a_deeply_nested_report_is_bounded() -> None:
    report = samples.read("test-SR")
    item = report.ContentSequence[0]
    for _level in range(300):
        item.ContentSequence = Sequence([Dataset()])
        item = item.ContentSequence[0]
    assert len(sop.lacks(report)) < 500


# ---- live


def exchange(*instances: Dataset) -> sop.StorageProvider:
    with sop.storage_provider(CTImageStorage, RTPlanStorage) as provider:
        user = AE(ae_title="TEST")
        user.add_requested_context(Verification)
        for instance in instances:
            user.add_requested_context(instance.SOPClassUID, instance.file_meta.TransferSyntaxUID)
        user.add_requested_context(MRImageStorage)
        association = provider.associate(user)
        association.send_c_echo()
        for instance in instances:
            assert association.send_c_store(instance).Status == 0
        association.release()
    return provider


def test_an_exchange_is_written_down_in_order() -> None:
    ct = samples.read("CT_small")
    provider = exchange(ct)
    assert [(each.sender, each.name) for each in provider.messages] == [
        ("requestor", "A-ASSOCIATE-RQ"),
        ("acceptor", "A-ASSOCIATE-AC"),
        ("requestor", "C-ECHO-RQ"),
        ("acceptor", "C-ECHO-RSP"),
        ("requestor", "C-STORE-RQ"),
        ("acceptor", "C-STORE-RSP"),
        ("requestor", "A-RELEASE-RQ"),
        ("acceptor", "A-RELEASE-RP"),
    ]
    assert [context.result for context in provider.contexts] == [0, 0, 3]
    assert provider.contexts[2].answer == "refused: abstract syntax not supported"
    assert provider.received == [ct]
    assert str(provider.messages[5]) == "← C-STORE-RSP     status 0000H: success"


def test_the_header_does_not_travel() -> None:
    plan = samples.read("rtplan")
    (arrived,) = exchange(plan).received
    assert plan.file_meta.MediaStorageSOPInstanceUID != plan.SOPInstanceUID
    assert arrived.file_meta.MediaStorageSOPInstanceUID == plan.SOPInstanceUID


def test_a_uid_never_becomes_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ct = samples.read("CT_small")
    with pytest.warns(UserWarning, match="Invalid value for VR UI"):
        ct.SOPInstanceUID = "../escaped"
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    assert [each.SOPInstanceUID for each in exchange(ct).received] == ["../escaped"]
    assert list(tmp_path.parent.rglob("*escaped*")) == []


def test_more_than_memory_allows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_lessons.sop.exchange.MOST_INSTANCES", 1)
    ct = samples.read("CT_small")
    with sop.storage_provider(CTImageStorage) as provider:
        user = AE()
        user.add_requested_context(CTImageStorage, ct.file_meta.TransferSyntaxUID)
        association = provider.associate(user)
        statuses = [association.send_c_store(ct).Status for _number in range(2)]
        association.release()
    assert statuses == [0x0000, 0xA700]
    assert len(provider.received) == 1


def test_an_association_left_open_is_ended() -> None:
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError), sop.storage_provider() as provider:
        user = AE()
        user.add_requested_context(Verification)
        association = provider.associate(user)
        raise ZeroDivisionError
    association.join(5)
    assert provider.messages[-1].name == "A-ABORT"
    assert threads_beside(before) == set()


def threads_beside(before: set[threading.Thread]) -> set[threading.Thread]:
    """Return the threads that were not there before, after they had a second to end."""
    deadline = time.monotonic() + 1
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    return set(threading.enumerate()) - before


def test_fifty_exchanges_leave_nothing_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ct = samples.read("CT_small")
    before, slowest = set(threading.enumerate()), 0.0
    for _number in range(50):
        start = time.perf_counter()
        provider = exchange(ct)
        slowest = max(slowest, time.perf_counter() - start)
        assert len(provider.messages) == 8
        with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
            probe.connect((provider.address, provider.port))
    assert threads_beside(before) == set()
    with capsys.disabled():
        print(f"\n50 exchanges over an association: the slowest took {slowest:.2f} s")


def test_a_class_unknown_to_pydicom_is_offered_as_text() -> None:
    made_up = generate_uid(entropy_srcs=["class"])
    context = sop.Context(1, made_up, ())
    assert made_up in context.offer
    assert context.answer == "not answered"


def test_a_data_set_may_have_a_header_without_uids() -> None:
    ct = samples.read("CT_small")
    ct.file_meta = FileMetaDataset()
    assert lacking(ct) == []
