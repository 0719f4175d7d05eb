"""SOP classes: tables, what a file lacks, a live exchange, the explorer, dciodvfy's opinion."""

from __future__ import annotations

import copy
import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import DataElement, Dataset, Sequence, config, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    MediaStorageDirectoryStorage,
    MRImageStorage,
    RTPlanStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from dicom_lessons import reading, samples, sop
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.findings import Finding
from dicom_lessons.sop.conditions import VALUE_TYPES
from dicom_lessons.sop.exchange import StorageProvider
from dicom_lessons.sop.explorer import (
    SOPClassExplorer,
    attribute_table,
    lacking_table,
    module_table,
)
from dicom_lessons.sop.messages import Context, Message
from dicom_lessons.sop.report import Requirement, definition_of, requirements
from dicom_lessons.sop.tables import TABLES, Module, classes
from dicom_lessons.text import set_language

HOSTILE = '<img src=x onerror="document.title=1">'

# ---- tables


def test_every_class_of_the_samples_has_tables() -> None:
    used = {samples.get(name).sop_class for name in samples.names()}
    known = {str(uid) for uid in classes()}
    others = {uid for uid in used - known if uid and not UID(uid).is_retired}
    assert others == {MediaStorageDirectoryStorage}  # a DICOMDIR is no storage object


def test_the_tables_are_those_of_the_package_they_come_from() -> None:
    pytest.importorskip("highdicom")
    from course_tools.iods import derive

    assert json.loads(TABLES.read_text(encoding="utf-8")) == derive()


@pytest.mark.parametrize("uid", classes(), ids=lambda uid: uid.keyword)
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
    return [(each.module, each.where, each.problem) for each in sop.lacks(dataset)]


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
        assert isinstance(finding, Finding)
        assert finding.cure in str(finding)
        assert f"Type {finding.type}" in str(finding)


def test_items_of_sequences_are_looked_into() -> None:
    ct = samples.read("CT_small")
    ct.SourceImageSequence = Sequence([Dataset(), Dataset()])
    ct.SourceImageSequence[1].ReferencedSOPClassUID = CTImageStorage
    paths = [path for _module, path, _problem in lacking(ct)]
    assert paths == [
        "SourceImageSequence[0].ReferencedSOPClassUID",
        "SourceImageSequence[0].ReferencedSOPInstanceUID",
        "SourceImageSequence[1].ReferencedSOPInstanceUID",
    ]


def test_content_items_are_judged_by_their_value_type() -> None:
    report = samples.read("reportsi")
    items = report.ContentSequence
    text = next(item for item in items if item.ValueType == "TEXT")
    before = set(lacking(report))
    text.ValueType = "NUM"
    assert {
        path.rpartition(".")[2] for _module, path, _problem in set(lacking(report)) - before
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
    assert (finding.where, finding.problem) == ("SOPInstanceUID", "differs")
    assert "enforce_file_format" in finding.cure


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
            assert finding.cure
    except sop.SOPClassError:
        pass


@pytest.mark.parametrize("depth", [1, 2, 3, 10, 60])
@pytest.mark.parametrize("keyword", ["BasicTextSRStorage", "ComprehensiveSRStorage"])
def test_content_items_are_judged_at_every_depth(keyword: str, depth: int) -> None:
    item = Dataset()
    item.ValueType = "TEXT"
    for _level in range(depth - 1):
        outer = Dataset()
        outer.ValueType, outer.RelationshipType = "CONTAINER", "CONTAINS"
        outer.ContinuityOfContent, outer.ContentSequence = "SEPARATE", [item]
        item = outer
    report = Dataset()
    report.SOPClassUID = sop.definition(keyword).sop_class
    report.ContentSequence = [item]
    below = {path for _module, path, _problem in lacking(report) if "ContentSequence" in path}
    assert below == {"ContentSequence[0]." * depth + "RelationshipType"}
    assert all(len(str(finding)) < 400 for finding in sop.lacks(report))


def test_codes_that_equal_codes_are_judged_at_every_depth() -> None:
    report = samples.read("test-SR")
    code = report.ConceptNameCodeSequence[0]
    for _level in range(3):
        code.EquivalentCodeSequence = [Dataset()]
        code = code.EquivalentCodeSequence[0]
    path = "ConceptNameCodeSequence[0]" + ".EquivalentCodeSequence[0]" * 3 + ".CodeMeaning"
    assert path in {where for _module, where, _problem in lacking(report)}


def test_a_deeply_nested_report_is_bounded() -> None:
    report = samples.read("test-SR")
    item = report.ContentSequence[0]
    for _level in range(300):
        item.ContentSequence = Sequence([Dataset()])
        item = item.ContentSequence[0]
    assert len(sop.lacks(report)) < 500


# ---- live


def exchange(*instances: Dataset) -> StorageProvider:
    with sop.storage_provider(CTImageStorage, RTPlanStorage) as provider:
        user = AE(ae_title="TEST")
        user.add_requested_context(Verification)
        for instance in instances:
            user.add_requested_context(instance.SOPClassUID, instance.file_meta.TransferSyntaxUID)
        user.add_requested_context(MRImageStorage)
        association = user.associate(provider.address, provider.port)
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
    request = provider.messages[4]
    assert request.command.AffectedSOPInstanceUID == ct.SOPInstanceUID
    assert request.data_set[:2] == b"\x08\x00"
    assert b"DICM" not in request.data_set
    assert provider.messages[2].data_set == b""
    assert len(provider.messages[0].command) == 0


def test_an_answer_about_some_contexts_or_none_leaves_the_others() -> None:
    answers: tuple[list[int], ...] = ([], [1])
    for answered in answers:
        provider, association = StorageProvider(), threading.Thread()
        items = [
            SimpleNamespace(context_id=number, abstract_syntax=CTImageStorage, transfer_syntax=())
            for number in (1, 3)
        ]
        offer = type("A_ASSOCIATE_RQ", (), {"presentation_context": items})()
        provider._note_pdu(SimpleNamespace(pdu=offer, assoc=association), "requestor")
        items = [
            SimpleNamespace(context_id=number, result=3, transfer_syntax=None)
            for number in answered
        ]
        answer = type("A_ASSOCIATE_AC", (), {"presentation_context": items})()
        provider._note_pdu(SimpleNamespace(pdu=answer, assoc=association), "acceptor")
        results = [(each.number, each.result) for each in provider.contexts]
        assert results == [(1, 3 if answered else None), (3, None)]


def test_file_meta_information_does_not_travel() -> None:
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
        association = user.associate(provider.address, provider.port)
        statuses = [association.send_c_store(ct).Status for _number in range(2)]
        association.release()
    assert statuses == [0x0000, 0xA700]
    assert len(provider.received) == 1


def test_an_association_left_open_is_ended() -> None:
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError), sop.storage_provider() as provider:
        user = AE()
        user.add_requested_context(Verification)
        association = user.associate(provider.address, provider.port)
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
    context = Context(1, made_up, ())
    assert made_up in context.offer
    assert context.answer == "not answered"


def test_a_data_set_may_have_file_meta_information_without_uids() -> None:
    ct = samples.read("CT_small")
    ct.file_meta = FileMetaDataset()
    assert lacking(ct) == []


# ---- the explorer


def twin(explorer: SOPClassExplorer) -> dict[str, Any]:
    bundle: dict[str, Any] = explorer._repr_mimebundle_()
    return bundle


def hostile() -> Dataset:
    ct = samples.read("CT_small")
    ct.StudyDescription = ct.ImageComments = ct.PatientComments = HOSTILE
    return ct


RTDOSE = samples.path("rtdose")


@pytest.mark.parametrize(
    "source", ["rtdose", RTDOSE, str(RTDOSE), RTDOSE.read_bytes(), samples.read("rtdose")], ids=type
)
def test_a_file_is_opened_at_what_it_lacks(source: Any) -> None:
    explorer = sop.explore_sop_class(source)
    assert explorer.iod.name == "RT Dose"
    assert explorer.module_choice.value == "rt-series"
    assert "Operators&#39; Name" in explorer.attributes.value
    assert "OperatorsName" in explorer.summary.value


def test_a_class_alone_shows_no_values() -> None:
    explorer = sop.explore_sop_class("CTImageStorage")
    assert explorer.dataset is None
    assert explorer.file_choice.value == ""
    assert "In this file" not in explorer.attributes.value
    assert "25 modules, of these 11 mandatory" in explorer.summary.value


def test_choosing_a_class_a_file_and_a_module_follows() -> None:
    explorer = sop.explore_sop_class("CT_small")
    explorer.class_choice.value = str(SecondaryCaptureImageStorage)
    assert explorer.file_choice.value == ""
    assert ("  U  General Equipment", "general-equipment") in explorer.module_choice.options
    explorer.file_choice.value = "virtual/sc"
    assert "lacks nothing" in explorer.summary.value
    explorer.module_choice.value = "sc-equipment"
    assert "Conversion Type" in explorer.attributes.value
    assert "Modality" not in explorer.attributes.value
    explorer.only_required.value = False
    assert "Modality" in explorer.attributes.value
    explorer.class_choice.value = str(MRImageStorage)
    assert explorer.iod.name == "MR Image"


def test_a_given_data_set_can_be_returned_to() -> None:
    ct = samples.read("CT_small")
    del ct.PatientID
    explorer = sop.explore_sop_class(ct)
    name = explorer.file_choice.value
    explorer.file_choice.value = "CT_small"
    assert "lacks nothing" in explorer.summary.value
    explorer.file_choice.value = name
    assert "PatientID" in explorer.summary.value


@pytest.mark.parametrize("uid", classes(), ids=lambda uid: uid.keyword)
def test_every_class_and_module_can_be_shown(uid: str) -> None:
    explorer = sop.explore_sop_class(str(uid))
    for module in explorer.iod.modules:
        explorer.module_choice.value = module.key
        assert module.name in explorer.attributes.value


@pytest.mark.parametrize("name", samples.names(source="bundled")[::9])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_real_files_are_shown_whole_or_refused(name: str) -> None:
    try:
        explorer = sop.explore_sop_class(name)
    except sop.SOPClassError as refusal:
        assert len(str(refusal).splitlines()) == 1
        return
    explorer.only_required.value = False
    for module in explorer.iod.modules:
        explorer.module_choice.value = module.key


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("no_meta", sop.SOPClassError),
        ("1.2.3", sop.SOPClassError),
        (Dataset(), sop.SOPClassError),
        (HOSTILE, LookupError),
        ("", LookupError),
    ],
)
def test_what_cannot_be_explored_is_refused_in_a_sentence(source: Any, error: Any) -> None:
    with pytest.raises(error):
        sop.explore_sop_class(source)


def bomb(path: Path) -> Path:
    ct = samples.read("CT_small")
    ct.add_new(0x00091001, "OB", bytes(2**20))
    ct.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dcmwrite(path, ct)
    return path


def test_a_file_that_inflates_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bomb(tmp_path / "bomb.dcm")
    provider = StorageProvider(_instances=[path.read_bytes()])
    assert sop.explore_sop_class(path).iod.name == "CT Image"
    assert len(provider.received) == 1
    monkeypatch.setattr(reading, "MOST_INFLATED", 2**20)
    with pytest.raises(sop.SOPClassError, match="inflates to more than 1048576 bytes"):
        sop.explore_sop_class(str(path))
    with pytest.raises(reading.ReadingError, match="inflates to more than 1048576 bytes"):
        print(provider.received)


def test_hostile_values_stay_text() -> None:
    explorer = sop.explore_sop_class(hostile())
    explorer.only_required.value = False
    pages = [explorer.summary.value, twin(explorer)["text/html"]]
    for module in explorer.iod.modules:
        explorer.module_choice.value = module.key
        pages.append(explorer.attributes.value)
    assert not any("<img" in page for page in pages)
    assert any("&lt;img" in page for page in pages)
    named = lacking_table(sop.lacks(hostile()), HOSTILE).markup
    assert "<img" not in named


def test_odd_elements_are_shown_in_words() -> None:
    ct = samples.read("CT_small")
    iod = definition_of(ct)
    ct.PatientName = ""
    ct.PatientComments = "x" * 900
    text = attribute_table(iod.module("Patient"), ct).text
    assert "Patient's Name; (empty)" in text
    assert "x" * 48 + "…;" in text
    assert "Referenced Patient Sequence; — absent" in text
    ct.ReferencedPatientSequence = [Dataset()]
    assert "Sequence; 1 item" in attribute_table(iod.module("Patient"), ct).text
    assert "32768 bytes" in attribute_table(iod.module("Image Pixel"), ct).text


def test_the_static_twin_says_what_the_widget_says() -> None:
    explorer = sop.explore_sop_class("rtdose")
    shown = twin(explorer)
    assert "application/vnd.jupyter.widget-view+json" in shown
    for kind in ("text/html", "text/plain"):
        assert "RT Dose IOD: 18 modules, of these 7 mandatory (M)." in shown[kind]
        assert "OperatorsName" in shown[kind]
    assert shown["text/html"].count("<table>") == 2
    assert len(re.findall("<tr>", shown["text/html"])) == 1 + 2 + 1 + 18
    assert twin(sop.explore_sop_class("rtdose"))["text/html"] == shown["text/html"]


def test_all_of_it_speaks_russian() -> None:
    set_language("ru")
    explorer = sop.explore_sop_class("rtdose")
    assert "отсутствует" in explorer.summary.value
    assert explorer.class_choice.description == "Класс SOP:"
    assert "C условный" in module_table(sop.definition(CTImageStorage)).text


# ---- the message sequence


def messages() -> list[Message]:
    return [
        Message("requestor", "A-ASSOCIATE-RQ", ("1: Verification", HOSTILE + "$x$" * 99)),
        Message("acceptor", "A-ASSOCIATE-AC", ("1: accepted",)),
        Message("requestor", "A-RELEASE-RQ"),
    ]


def drawn(sequence: list[Message]) -> bytes:
    import matplotlib.pyplot as plt

    figure, buffer = sop.draw_sequence(sequence), BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def test_the_same_exchange_gives_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert drawn(messages()) == drawn(messages())
    assert drawn(messages()) != drawn(messages()[:2])
    assert drawn([])


def test_every_message_is_an_arrow_with_its_name() -> None:
    import matplotlib.pyplot as plt

    figure = sop.draw_sequence(messages())
    texts = [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    assert [text for text in texts if text.startswith("A-")] == [
        "A-ASSOCIATE-RQ",
        "A-ASSOCIATE-AC",
        "A-RELEASE-RQ",
    ]
    assert texts.count("") == 3
    assert max(map(len, texts)) < 100


# ---- exercises


def required_by_loop(module: Module) -> list[str]:
    found = []
    for attribute in module.attributes:
        if attribute.type == "1" or attribute.type == "2":
            found.append(attribute.keyword)
    return found


def required_by_removal(module: Module) -> list[str]:
    rest = list(module.attributes)
    for attribute in module.attributes:
        if attribute.type.endswith("C") or attribute.type == "3":
            rest.remove(attribute)
    return [attribute.keyword for attribute in rest]


def required_by_number(module: Module) -> list[str]:
    found = []
    for attribute in module.attributes:
        try:
            needed = int(attribute.type) < 3
        except ValueError:
            needed = False
        if needed:
            found.append(attribute.keyword)
    return found


def required_by_iteration(module: Module) -> list[str]:
    def members() -> Iterator[str]:
        for attribute in module.attributes:
            if attribute.type in {"1", "2"}:
                yield attribute.keyword

    return list(members())


RIGHT_FUNCTIONS: list[Callable[[Any], Any]] = [
    required_by_loop,
    required_by_removal,
    required_by_number,
    required_by_iteration,
    lambda module: [each.keyword for each in module.attributes if each.type in "12"],
    lambda module: [each.keyword for each in module.attributes if each.type in ["1", "2"]],
    lambda module: tuple(each.keyword for each in module.attributes if each.type in ("1", "2")),
    lambda module: [each.keyword for each in module.attributes if re.fullmatch("[12]", each.type)],
    lambda module: [
        each.keyword for each in module.attributes if each.type < "3" and len(each.type) == 1
    ],
    lambda module: [
        str(each.keyword) for each in filter(lambda one: one.type in ("1", "2"), module.attributes)
    ],
    lambda module: [
        each.keyword for each in module.attributes if each.type not in ("1C", "2C", "3")
    ],
]
WRONG_FUNCTIONS: list[Callable[[Any], Any]] = [
    lambda module: [each.keyword for each in module.attributes if each.type == "1"],
    lambda module: [each.keyword for each in module.attributes if each.type == "2"],
    lambda module: [each.keyword for each in module.attributes if each.type != "3"],
    lambda module: [each.keyword for each in module.attributes if each.type in (1, 2)],
    lambda module: [each.keyword for each in module.attributes if each.type[0] in "12"],
    lambda module: [each.keyword for each in module.attributes if "1" in each.type],
    lambda module: [each.keyword for each in module.attributes],
    lambda module: [each.name for each in module.attributes if each.type in ("1", "2")],
    lambda module: [each.tag for each in module.attributes if each.type in ("1", "2")],
    lambda module: [each for each in module.attributes if each.type in ("1", "2")],
    lambda module: sorted(each.keyword for each in module.attributes if each.type in ("1", "2")),
    lambda module: {each.keyword for each in module.attributes if each.type in ("1", "2")},
    lambda module: [each.keyword for each in module.attributes if each.type in ("1", "2")][:4],
    lambda module: ["PatientName", "PatientID", "PatientBirthDate", "PatientSex"],
    lambda module: len([each for each in module.attributes if each.type in ("1", "2")]),
    lambda module: [
        each.keyword for kind in ("1", "2") for each in module.attributes if each.type == kind
    ],
]
MANDATORY = ["Patient", "General Series", "Image Plane", "Image Pixel", "SOP Common"]
SERVICES = ["C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "N-CREATE"]
CT_MODULES = sop.definition(CTImageStorage)
RIGHT: dict[str, list[Any]] = {
    "sop-1": [
        MANDATORY,
        tuple(MANDATORY),
        set(MANDATORY),
        MANDATORY[::-1],
        [name.lower() for name in MANDATORY],
        [name.upper() for name in MANDATORY],
        [f" {name} " for name in MANDATORY],
        np.array(MANDATORY),
        dict.fromkeys(MANDATORY).keys(),
        frozenset(MANDATORY),
        [CT_MODULES.module(name) for name in MANDATORY],
    ],
    "sop-2": RIGHT_FUNCTIONS,
    "sop-3": [
        *("SequenceVariant", "sequencevariant", "Sequence Variant", " SequenceVariant "),
        *("(0018,0021)", "0018,0021", "00180021", "0x00180021"),
        *(0x00180021, (0x0018, 0x0021), Tag(0x0018, 0x0021), ["SequenceVariant"]),
        DataElement(0x00180021, "CS", "NONE"),
        next(
            each
            for each in sop.definition(MRImageStorage).module("MR Image").attributes
            if each.keyword == "SequenceVariant"
        ),
        sop.lacks(sop.incomplete())[0],
    ],
    "sop-4": [
        SERVICES,
        tuple(SERVICES),
        np.array(SERVICES),
        [name.lower() for name in SERVICES],
        [name.replace("-", "_") for name in SERVICES],
        [name.replace("-", " ") for name in SERVICES],
        [name.replace("-", "") for name in SERVICES],
        [f"{name}-RQ" for name in SERVICES],
        [f" {name}" for name in SERVICES],
        [name.replace("-", "–") for name in SERVICES],
        iter(SERVICES),
    ],
    "sop-5": [2, "2", " 2 ", "0x2", 2.0, np.int64(2), np.uint8(2), "02", "2h", b"\x02", b"\2\0"],
    "sop-6": [
        *("dbfeca", "bdfeca", "DBFECA", "d b f e c a", "d, b, f, e, c, a", "b,d,f,e,c,a"),
        *("d-b-f-e-c-a", "BDFECA", list("dbfeca"), tuple("bdfeca"), list("DBFECA"), "(dbfeca)"),
    ],
}
WRONG: dict[str, list[Any]] = {
    "sop-1": [
        *([], MANDATORY[:4], MANDATORY[1:], [*MANDATORY, "VOI LUT"], [*MANDATORY, "Patient Study"]),
        *([*MANDATORY, "Contrast/Bolus"], [*MANDATORY[:4], "VOI LUT"], MANDATORY[0], 5, "M"),
        [module.name for module in CT_MODULES.modules if module.usage == "M"],
        [module for module in CT_MODULES.modules if module.usage == "M"],
        [*MANDATORY[:4], "SOP Commons"],
        [True, False, True, True, False, True, False, True],
        ["M", "U", "M", "M", "C", "M", "U", "M"],
    ],
    "sop-2": WRONG_FUNCTIONS,
    "sop-3": [
        *("PatientBirthDate", "StudyID", "SeriesDescription", "InversionTime", "PixelData"),
        *("ScanningSequence", "Sequence Name", "(0018,0020)", "0021,0018", (0x0021, 0x0018)),
        *("SequenceVariants", "MR Image", 18, [], ["SequenceVariant", "StudyID"], "", "1"),
    ],
    "sop-4": [
        *([], SERVICES[:4], SERVICES[::-1], set(SERVICES), "C-ECHO"),
        *([*SERVICES[:4], "C-STORE"], [*SERVICES[:4], "N-SET"], [*SERVICES, "N-SET"]),
        *([*SERVICES[:4], "N-EVENT-REPORT"], [*SERVICES[:4], "C-CREATE"], ["ECHO", *SERVICES[1:]]),
        *(["C-ECHO", "C-STORE", "C-FIND", "C-GET", "N-CREATE"], ["C-PING", *SERVICES[1:]]),
    ],
    "sop-5": [0, 1, 3, 4, 5, 2.5, -2, True, "two", [2], [1, 3], "A700", "0000", (1, 5)],
    "sop-6": [
        *("abcdef", "dbefca", "dbfeac", "bfdeca", "fdbeca", "dbfec", "dbfecaa", "dbface", "cdbfea"),
        *("", "acefbd", 123456, ["dbfeca", "bdfeca"]),
    ],
}
NAMES = [name for name in declared("sop") if re.fullmatch(r"sop-\d+", name)]


def test_every_exercise_is_tried() -> None:
    assert list(RIGHT) == list(WRONG) == NAMES
    assert all(len(answers) >= 10 for answers in (*RIGHT.values(), *WRONG.values()))


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_of_every_form_are_right(name: str) -> None:
    for number, answer in enumerate(RIGHT[name]):
        verdict = declared("sop")[name].judge(answer)
        assert verdict.right is True, (number, answer, verdict.why)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_answers_that_look_right_are_wrong(name: str) -> None:
    for number, answer in enumerate(WRONG[name]):
        verdict = declared("sop")[name].judge(answer)
        assert verdict.right is False, (number, answer)
        assert verdict.why


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("sop-3", "SequenceVariants", "No element has the keyword or name 'SequenceVariants'"),
        ("sop-4", [*SERVICES[:4], "C-CREATE"], "the name of a DIMSE service"),
        ("sop-4", [*SERVICES[:4], "N-EVENT-REPORT"], "an object that exists"),
        ("sop-1", [1, 2], "the name of a module"),
    ],
)
def test_an_answer_of_another_form_is_told_what_is_expected(
    name: str, answer: object, says: str
) -> None:
    assert says in declared("sop")[name].judge(answer).why


# ---- judged by dciodvfy as well


FINDING = re.compile(
    r"Error - </(.*)> - (Missing|Empty) attribute (?:\(no value\) )?"
    r"for Type (\w+) \w+ - Module=<(\w+)>"
)
# where the table of PS3.3 §C.8.4.6 has Type 1, it warns only
WARNING = re.compile(r"Warning - </(.*/CodeMeaning.*)> - CodeMeaning is missing or empty")
TAG = re.compile(r"\([0-9a-f]{4},[0-9a-f]{4}\)")
Problem = tuple[str, str]
# a content item without Value Type may be a mere reference to another; dciodvfy takes it for one
# even where it refers to none
TAKEN_FOR_A_REFERENCE = re.compile(r"(ContentSequence\[\d+\]\.)+ValueType")
# it does not look into temporal coordinates, whose type is Type 1 (PS3.3 §C.18.7)
NOT_LOOKED_AT = re.compile(r"(ContentSequence\[\d+\]\.)+TemporalRangeType")


def where(path: str) -> str:
    """Return a path of dciodvfy, whose items are counted from 1, as pydicom's users write it."""
    names = TAG.sub("", path).replace("/", ".")
    return re.sub(r"\[(\d+)\]", lambda item: f"[{int(item[1]) - 1}]", names)


def dciodvfy(dataset: Dataset, folder: Path) -> dict[Problem, tuple[str, str]]:
    """Return path and problem of what dciodvfy misses, with the type and the module it names."""
    path = folder / "judged.dcm"
    dcmwrite(path, dataset)
    done = subprocess.run(
        ["/usr/bin/dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace"
    )
    if done.returncode < 0:  # it aborts on 32-bit pixels, which it need not see
        without_pixels = copy.deepcopy(dataset)
        del without_pixels.PixelData
        return dciodvfy(without_pixels, folder)
    found: dict[Problem, tuple[str, str]] = {}
    for line in done.stderr.splitlines():
        if match := FINDING.match(line):
            found[where(match[1]), match[2].lower()] = (match[3], match[4])
        elif match := WARNING.match(line):
            code_meaning = where(match[1])
            found[code_meaning, "missing"] = found[code_meaning, "empty"] = ("warned", "")
    return found


def course(dataset: Dataset) -> set[Problem]:
    findings = sop.lacks(dataset)
    return {(each.where, each.problem) for each in findings if each.problem != "differs"}


def misses(dataset: Dataset, folder: Path) -> tuple[int, set[Problem], set[Problem]]:
    """Return how many findings agree, which the course missed and which it alone raised."""
    list(dataset.iterall())  # what cannot be read is saved as it is stored
    ours, theirs = course(dataset), dciodvfy(dataset, folder)
    modules = definition_of(dataset).modules
    mandatory = {re.sub(r"\W", "", module.name) for module in modules if module.usage == "M"}
    unconditional = {
        problem
        for problem, (kind, module) in theirs.items()
        if kind in ("1", "2") and ("." in problem[0] or module in mandatory)
    }
    return len(ours & set(theirs)), unconditional - ours, ours - set(theirs)


def readable() -> Iterator[tuple[str, Dataset]]:
    for name in samples.names():
        if samples.get(name).source == "downloaded":
            continue
        dataset = samples.read(name, force=True)
        try:
            definition_of(dataset)
        except sop.SOPClassError:
            continue
        yield name, dataset


@pytest.mark.tools
@pytest.mark.filterwarnings("ignore::UserWarning")  # only attributes count here
def test_every_sample_lacks_what_dciodvfy_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.require("/usr/bin/dciodvfy")
    files = agreed = 0
    missed, alone = {}, {}
    for name, dataset in readable():
        number, missed[name], alone[name] = misses(dataset, tmp_path)
        files += 1
        agreed += number
    with capsys.disabled():
        print(
            f"\n{files} sample files: {agreed} missing or empty attributes agreed with dciodvfy, "
            f"{sum(map(len, missed.values()))} missed, {sum(map(len, alone.values()))} false alarms"
        )
    assert {name: found for name, found in missed.items() if found} == {}
    assert {name: found for name, found in alone.items() if found} == {}
    assert files > 170
    assert agreed > 1000


def best_of_each_class() -> dict[str, Dataset]:
    """Return of each SOP class the sample that lacks least, those of the virtual patient first."""
    found: dict[str, tuple[tuple[bool, int], Dataset]] = {}
    for name, dataset in readable():
        rank = (not name.startswith("virtual/"), len(sop.lacks(dataset)))
        uid = str(dataset.SOPClassUID)
        if uid not in found or rank < found[uid][0]:
            found[uid] = (rank, dataset)
    return {uid: dataset for uid, (_rank, dataset) in found.items()}


def removed_and_emptied(dataset: Dataset) -> Iterator[tuple[Problem, Dataset]]:
    """Yield copies without each required attribute, and with each empty."""
    present = [each for each in requirements(dataset) if each[2].tag in each[3]]
    first_of_path: dict[str, Requirement] = {}
    for required in present:
        if required[1] != "SOPClassUID":  # without it nothing else can be judged
            first_of_path.setdefault(re.sub(r"\[\d+\]", "", required[1]), required)
    for _module, where, attribute, place in first_of_path.values():
        element = place[attribute.tag]
        del place[attribute.tag]
        yield (where, "missing"), dataset
        emptied = copy.deepcopy(element)
        emptied.value = [] if element.VR == "SQ" else None
        if element.keyword != "PixelData":
            place.add(emptied)
            yield (where, "empty" if attribute.type == "1" else ""), dataset
        place.add(element)


def is_known(path: str, problem: str) -> bool:
    taken = problem == "missing" and TAKEN_FOR_A_REFERENCE.fullmatch(path)
    return bool(taken or NOT_LOOKED_AT.fullmatch(path))


@pytest.mark.tools
@pytest.mark.filterwarnings("ignore::UserWarning")  # only attributes count here
def test_every_removed_attribute_is_found_as_dciodvfy_finds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.require("/usr/bin/dciodvfy")
    tried, missed, alone = 0, [], []
    best = best_of_each_class()
    for uid, dataset in best.items():
        for problem, changed in removed_and_emptied(dataset):
            tried += 1
            assert not problem[1] or problem in course(changed), (uid, problem)
            _number, more, fewer = misses(changed, tmp_path)
            missed += [(uid, problem, each) for each in more]
            alone += [(uid, problem, each) for each in fewer if not is_known(*each)]
    with capsys.disabled():
        print(
            f"\n{tried} removed or emptied attributes in files of {len(best)} SOP classes: "
            f"{len(missed)} missed, {len(alone)} false alarms against dciodvfy"
        )
    assert missed == []
    assert alone == []
    assert tried > 1000
