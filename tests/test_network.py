"""The archive of lesson 09: every service, from several programs, and from hostile ones."""

from __future__ import annotations

import base64
import datetime
import gc
import ipaddress
import re
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pydicom import DataElement, Dataset, dcmread
from pydicom.uid import UID
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    MRImageStorage,
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)
from tools import require

from course_tools import lessons
from course_tools.bench.ports import until
from dicom_lessons import samples, sop
from dicom_lessons.network import (
    Archive,
    client_context,
    connect_archive,
    explore_messages,
    listen_in,
    make_certificates,
    open_archive,
    open_web,
    server_context,
)
from dicom_lessons.network.matching import find, matches
from dicom_lessons.network.words import meaning
from dicom_lessons.text import set_language

FIND = StudyRootQueryRetrieveInformationModelFind
GET = StudyRootQueryRetrieveInformationModelGet
MOVE = StudyRootQueryRetrieveInformationModelMove
HOSTILE = ["../escaped", "/tmp/escaped", "1" * 10_000, "1.2\x00.3", r"C:\escaped", "CON", "a", "A"]


@contextmanager
def talking(archive: Archive, *classes: UID, **options: Any) -> Iterator[Any]:
    user = AE(ae_title="READER")
    user.acse_timeout = user.dimse_timeout = user.network_timeout = 20
    for each in (Verification, FIND, GET, MOVE, *classes):
        user.add_requested_context(each)
    roles: list[Any] = [build_role(each, scu_role=True, scp_role=True) for each in classes]
    association = user.associate(
        archive.address, archive.port, ae_title=archive.title, ext_neg=roles, **options
    )
    assert association.is_established
    try:
        yield association
    finally:
        association.release()


def ct(number: int = 1, study: int = 1, name: str = "Doe^Jane", date: str = "20240105") -> Dataset:
    dataset = samples.read("CT_small")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"2.25.{study}", f"2.25.{study}.1"
    dataset.SOPInstanceUID = f"2.25.{study}.1.{number}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.InstanceNumber, dataset.PatientName, dataset.StudyDate = number, name, date
    dataset.PatientID, dataset.SpecificCharacterSet = f"P{study}", "ISO_IR 192"
    return dataset


def ask(level: str = "STUDY", **keys: Any) -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(query, keyword, value)
    return query


def answers(association: Any, query: Dataset, model: UID = FIND) -> tuple[list[Dataset], int]:
    pairs = list(association.send_c_find(query, model))
    assert all(status.Status == 0xFF00 for status, _answer in pairs[:-1])
    return [answer for _status, answer in pairs[:-1]], pairs[-1][0].Status


def store(association: Any, *datasets: Dataset) -> None:
    for dataset in datasets:
        assert association.send_c_store(dataset).Status == 0


# ---- services


def test_find_at_each_level_and_by_each_kind_of_key() -> None:
    with open_archive() as archive, talking(archive, CTImageStorage) as association:
        assert association.send_c_echo().Status == 0
        store(association, ct(1), ct(2), ct(1, study=2, name="Иванов^Иван", date="20250301"))
        for keys, count in (
            ({"StudyInstanceUID": ""}, 2),
            ({"PatientName": "doe^*"}, 1),
            ({"PatientName": "D?e*"}, 1),
            ({"PatientName": "[D]oe*"}, 0),
            ({"StudyDate": "20240101-20241231"}, 1),
            ({"StudyDate": "-20240105"}, 1),
            ({"StudyDate": "20250301-"}, 1),
            ({"StudyInstanceUID": ["2.25.1", "2.25.2", "2.25.3"]}, 2),
            ({"ModalitiesInStudy": "CT"}, 2),
            ({"ModalitiesInStudy": "MR"}, 0),
            ({"PatientID": "p1"}, 0),
        ):
            found, status = answers(association, ask(**keys))
            assert (len(found), status) == (count, 0), keys
        one = {"StudyInstanceUID": "2.25.1"}
        series, _status = answers(
            association,
            ask("SERIES", SeriesInstanceUID="", NumberOfSeriesRelatedInstances="", **one),
        )
        assert [each.NumberOfSeriesRelatedInstances for each in series] == [2]
        images, _status = answers(
            association, ask("IMAGE", SeriesInstanceUID="2.25.1.1", InstanceNumber="2", **one)
        )
        assert [each.InstanceNumber for each in images] == [2]
        assert images[0].RetrieveAETitle == archive.title


def test_a_question_that_breaks_the_rules_is_refused() -> None:
    with open_archive() as archive, talking(archive) as association:
        for query in (
            ask("PATIENT"),  # above the study root
            ask("SERIES", SeriesInstanceUID=""),  # without its study
            ask("IMAGE", StudyInstanceUID="2.25.1", SeriesInstanceUID=["2.25.1", "2.25.2"]),
            ask("NOWHERE"),
        ):
            assert answers(association, query) == ([], 0xA900)
        last = list(association.send_c_get(ask(StudyInstanceUID=""), GET))[-1][0]
        assert last.Status == 0xA900
        user = AE()
        user.add_requested_context(PatientRootQueryRetrieveInformationModelFind)
        other = user.associate(archive.address, archive.port)
        query = ask("PATIENT", PatientID="")
        assert answers(other, query, PatientRootQueryRetrieveInformationModelFind) == ([], 0)
        other.release()


def test_get_and_move_bring_what_was_stored() -> None:
    received: list[Dataset] = []

    def keep(event: Any) -> int:
        received.append(event.dataset)
        return 0

    with open_archive(title="DESK") as desk:
        partners = {"DESK": (desk.address, desk.port)}
        with (
            open_archive(partners=partners) as archive,
            talking(archive, CTImageStorage, evt_handlers=[(evt.EVT_C_STORE, keep)]) as association,
        ):
            store(association, ct(1), ct(2))
            query = ask(StudyInstanceUID="2.25.1")
            last = list(association.send_c_get(query, GET))[-1][0]
            assert (last.Status, last.NumberOfCompletedSuboperations) == (0, 2)
            assert sorted(received, key=lambda each: each.InstanceNumber) == [ct(1), ct(2)]
            last = list(association.send_c_move(query, "DESK", MOVE))[-1][0]
            assert (last.Status, last.NumberOfCompletedSuboperations) == (0, 2)
            assert [dcmread(desk.path_of(f"2.25.1.1.{n}")) for n in (1, 2)] == [ct(1), ct(2)]
            assert next(association.send_c_move(query, "NOBODY", MOVE))[0].Status == 0xA801
            nothing = ask(StudyInstanceUID="2.25.9")
            assert list(association.send_c_get(nothing, GET))[-1][0].Status == 0
        drawn = [each for each in archive.messages if each.second]
        assert {each.second for each in drawn} == {"DESK"}
        assert [each.name for each in drawn].count("C-STORE-RQ") == 2
    text = str(explore_messages(archive).twin())
    assert "A801H: refused: move destination unknown" in text
    assert "remaining 0, completed 2, failed 0" in text


def test_a_destination_that_is_gone_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        partners = {"GONE": ("127.0.0.1", taken.getsockname()[1])}
        with (
            open_archive(partners=partners) as archive,
            talking(archive, CTImageStorage) as association,
        ):
            store(association, ct())
            query = ask(StudyInstanceUID="2.25.1")
            assert list(association.send_c_move(query, "GONE", MOVE))[-1][0].Status >= 0xA700


def test_a_search_can_be_cancelled() -> None:
    with open_archive() as archive, talking(archive, CTImageStorage) as association:
        store(association, *(ct(number, study=number) for number in range(1, 41)))
        statuses: list[int] = []
        for status, _answer in association.send_c_find(ask(StudyInstanceUID=""), FIND, msg_id=7):
            if not statuses:
                association.send_c_cancel(7, query_model=FIND)
            statuses.append(status.Status)
        assert statuses[-1] in (0xFE00, 0)  # it may have been done before it heard


def test_what_contradicts_itself_or_has_no_room_is_refused_and_leaves_nothing() -> None:
    with open_archive(room=60_000) as archive, talking(archive, CTImageStorage) as association:
        store(association, ct(1))
        store(association, ct(1))  # once more: it takes the place of the first
        assert association.send_c_store(ct(2)).Status == 0xA700
        assert len(list(archive.folder.iterdir())) == 1
    with open_archive() as archive:
        lying = ct(1)
        path = archive.folder / "x"
        lying.save_as(path, enforce_file_format=True)
        assert archive.keep(path, uid="2.25.77") == 0xA900
        assert archive.keep(path, sop_class=MRImageStorage) == 0xA900
        path.write_bytes(b"rubbish")
        assert archive.keep(path) == 0xC000
        assert archive.records == [] and len(list(archive.folder.iterdir())) == 1


def test_a_folder_is_known_again(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive, talking(archive, CTImageStorage) as association:
        store(association, ct(1))
    (tmp_path / "other.dcm").write_bytes(b"no DICOM")
    with open_archive(tmp_path) as archive:
        assert [each.SOPInstanceUID for each in archive.records] == ["2.25.1.1.1"]


def test_four_clients_at_once_lose_nothing() -> None:
    each, clients = 6, 4
    with open_archive() as archive:

        def work(client: int) -> None:
            with talking(archive, CTImageStorage) as association:
                store(association, *(ct(number, study=client) for number in range(1, each + 1)))

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(work, range(1, clients + 1)))
        assert len(archive.records) == each * clients
        for client in range(1, clients + 1):
            for number in range(1, each + 1):
                held = dcmread(archive.path_of(f"2.25.{client}.1.{number}"))
                assert held == ct(number, study=client)
        assert not list(archive.folder.glob("*.part"))


# ---- hostile peers


@pytest.mark.parametrize("uid", HOSTILE, ids=lambda uid: repr(uid[:12]))
def test_a_hostile_uid_writes_nothing_outside(uid: str, tmp_path: Path) -> None:
    inbox = tmp_path / "hospital" / "inbox"
    forged = ct()
    with pytest.MonkeyPatch.context() as patch, open_archive(inbox) as archive:
        patch.setattr("pydicom.config.settings.writing_validation_mode", 0)
        element = DataElement("SOPInstanceUID", "LO", uid, validation_mode=0)
        element.VR = "UI"
        forged["SOPInstanceUID"] = element
        path = tmp_path / "forged"
        forged.save_as(path, enforce_file_format=False)
        before = set(tmp_path.rglob("*"))
        assert archive.keep(path) != 0
        assert archive.path_of(uid).parent == inbox
        assert re.fullmatch(r"[0-9a-f]{64}\.dcm", archive.path_of(uid).name)
        assert set(tmp_path.rglob("*")) == before
    assert archive.path_of("a") != archive.path_of("A")


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 5000])
def test_rubbish_and_silence_leave_the_archive_working(rubbish: bytes) -> None:
    before = threading.active_count()
    with open_archive() as archive:
        peers = [socket.create_connection((archive.address, archive.port)) for _each in range(3)]
        for peer in peers:
            peer.sendall(rubbish)
        with talking(archive, CTImageStorage) as association:
            store(association, ct())
        for peer in peers:
            peer.close()
    assert until(lambda: threading.active_count() <= before)


def test_a_client_that_dies_in_mid_store_leaves_no_partial_file() -> None:
    with open_archive() as archive:
        dies_in_mid_store(archive)
        with talking(archive, CTImageStorage) as association:
            store(association, ct(2))
        held = {archive.path_of(f"2.25.1.1.{number}") for number in (1, 2)}
        assert {*archive.folder.iterdir()} == held


# ---- nothing is left behind


def open_sockets() -> set[int]:
    held = [each for each in gc.get_objects() if isinstance(each, socket.socket)]
    return {each.fileno() for each in held} - {-1}


def releases(archive: Archive) -> None:
    with talking(archive, CTImageStorage) as association:
        store(association, ct(1), ct(2))
        handlers = [(evt.EVT_C_STORE, lambda event: 0 if event.dataset_path.is_file() else 0xA700)]
        with talking(archive, CTImageStorage, evt_handlers=handlers) as other:
            *_going, (last, _none) = other.send_c_get(ask(StudyInstanceUID="2.25.1"), GET)
            assert last.NumberOfCompletedSuboperations == 2


def aborts(archive: Archive) -> None:
    with listen_in(archive.port) as wire:
        user = AE()
        user.add_requested_context(CTImageStorage)
        association = user.associate(archive.address, wire.port)
        store(association, ct())
        association.abort()


def resets(archive: Archive) -> None:
    for place in (archive.port, urlsplit(archive.web).port):
        with socket.create_connection((archive.address, place)) as peer:
            peer.sendall(b"\x01\0\0\0\0\xff")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def is_silent(archive: Archive) -> None:
    places = (archive.port, urlsplit(archive.web).port)
    kept = [socket.create_connection((archive.address, place)) for place in places]

    def give_up() -> None:
        for peer in kept:
            peer.close()

    threading.Timer(1, give_up).start()


def is_refused(archive: Archive) -> None:
    user = AE(ae_title="STRANGER")
    user.add_requested_context(Verification)
    assert user.associate(archive.address, archive.port).is_rejected


def dies_in_mid_store(archive: Archive) -> None:
    with listen_in(archive.port) as wire:
        user = AE()
        user.add_requested_context(CTImageStorage)
        association = user.associate(archive.address, wire.port)
        association.send_c_store(ct())
        association.release()
    sent = bytes(wire.sent)
    size = 6 + int.from_bytes(sent[2:6], "big")
    with socket.create_connection((archive.address, archive.port)) as peer:
        peer.sendall(sent[:size])
        assert peer.recv(1) == b"\x02"
        peer.sendall(sent[size : size + 20_000])


def is_interrupted(archive: Archive) -> None:
    user = AE()
    user.add_requested_context(CTImageStorage)
    association = user.associate(archive.address, archive.port)

    def interrupt(block: bool = False) -> Any:
        if block:
            raise KeyboardInterrupt
        return None, None

    association.dimse.get_msg = interrupt  # type: ignore[method-assign]
    association.send_c_store(ct())


@pytest.mark.parametrize(
    "ends", [releases, aborts, resets, is_silent, is_refused, dies_in_mid_store, is_interrupted]
)
def test_however_a_caller_ends_nothing_is_left(
    ends: Callable[[Archive], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads, sockets = threading.active_count(), open_sockets()
    let_in = ("READER", "PYNETDICOM")
    with suppress(KeyboardInterrupt), connect_archive(callers=let_in) as archive:
        ends(archive)
    assert list(tmp_path.iterdir()) == []
    assert until(lambda: threading.active_count() <= threads)
    assert until(lambda: open_sockets() <= sockets)


def test_a_lesson_that_fetches_images_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    lessons.run(lessons.NOTEBOOKS / "en" / "09b_move_images.ipynb")
    assert list(tmp_path.iterdir()) == []


def test_a_provider_inside_an_archive_stores_as_well() -> None:
    with open_archive(), sop.storage_provider(CTImageStorage) as provider:
        user = AE()
        user.add_requested_context(CTImageStorage)
        association = user.associate(provider.address, provider.port)
        store(association, ct())
        association.release()
    assert provider.received == [ct()]


# ---- TLS and doors


class Sides(NamedTuple):
    """What two sides of a TLS connection bring."""

    server: ssl.SSLContext
    client: ssl.SSLContext | None


def certificates(folder: Path, name: str, **options: Any) -> tuple[Path, Path, Path]:
    (folder / name).mkdir()
    return make_certificates(folder / name, **options)


def sides(case: str, folder: Path) -> Sides:
    ours, certificate, key = certificates(folder, "ours")
    good = server_context(certificate, key)
    if case in ("expired", "another address"):
        option: dict[str, Any] = {"address": "10.0.0.1"}
        if case == "expired":
            option = {"last_day": datetime.date(2021, 12, 31)}
        authority, *pair = certificates(folder, "odd", **option)
        return Sides(server_context(*pair), client_context(authority))
    if case == "self-signed":
        return Sides(server_context(*self_signed(folder)), client_context(ours))
    if case == "another authority":
        return Sides(good, client_context(certificates(folder, "other")[0]))
    if case == "no TLS":
        return Sides(good, None)
    trusting = client_context(ours)
    if case != "trusted":
        good.verify_mode = ssl.CERT_REQUIRED
        good.load_verify_locations(ours)
    if case == "a stranger's certificate":
        trusting.load_cert_chain(*certificates(folder, "strange")[1:])
    if case == "both trusted":
        trusting.load_cert_chain(certificate, key)
    return Sides(good, trusting)


def self_signed(folder: Path) -> tuple[Path, Path]:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2099, 1, 1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    certificate, key = folder / "self.pem", folder / "self.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, form, plain))
    return certificate, key


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("trusted", ""),
        ("both trusted", ""),
        ("expired", "→ the certificate has expired"),
        ("another authority", "→ the certificate is not signed by the authority that the caller"),
        ("another address", "→ the caller refuses the certificate: is it for another address?"),
        ("self-signed", "→ the caller does not know the authority that signed the certificate"),
        ("no certificate", "← the caller shows no certificate of its own"),
        ("a stranger's certificate", "← the caller's certificate is not believed"),
        ("no TLS", "← the caller does not speak TLS"),
    ],
)
def test_tls_lets_in_who_trusts_and_tells_why_nobody_else(
    case: str, told: str, tmp_path: Path
) -> None:
    both, user = sides(case, tmp_path), AE()
    user.acse_timeout = user.network_timeout = user.connection_timeout = 20
    user.add_requested_context(Verification)
    with open_archive(tls=both.server) as archive:
        trust = (both.client, "127.0.0.1") if both.client else None
        association = user.associate(archive.address, archive.port, tls_args=trust)
        assert association.is_established or told
        if not told:
            assert association.send_c_echo().Status == 0
            association.release()
    assert until(lambda: not association.dul.is_alive())
    assert association.dul.socket
    held = association.dul.socket.socket
    assert held is None or held.fileno() == -1  # pynetdicom 3.0.4 leaves it to whoever collects it
    first, *others = archive.messages
    if told:
        assert (first.name, others) == ("TLS alert", [])
        arrow, _space, words = told.partition(" ")
        assert str(first).startswith(arrow) and first.details[0].startswith(words)
    else:
        assert [each.name for each in archive.messages if each.name == "TLS alert"] == []


def test_who_is_silent_in_a_handshake_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_lessons.sop.server.SECONDS_TO_ANSWER", 0.2)
    authority, certificate, key = make_certificates(tmp_path)
    with (
        open_archive(tls=server_context(certificate, key)) as archive,
        socket.create_connection((archive.address, archive.port)),
    ):
        assert until(lambda: archive.messages)
        monkeypatch.setattr("dicom_lessons.sop.server.SECONDS_TO_ANSWER", 20)
        trust = client_context(authority), "127.0.0.1"
        with talking(archive, tls_args=trust) as association:
            assert association.send_c_echo().Status == 0
    assert archive.messages[0].details == ("the caller is silent",)


@pytest.mark.parametrize(
    "option", [{"address": "hospital"}, {"last_day": datetime.date(2019, 1, 1)}]
)
def test_no_certificate_for_nobody_or_no_day(option: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        make_certificates(tmp_path, **option)
    assert list(tmp_path.iterdir()) == []


def test_callers_are_checked_by_title_which_is_a_claim() -> None:
    with open_archive(callers=("FRIEND",)) as archive, open_archive(title="OPEN") as other:
        for title, let_in in (("STRANGER", False), ("FRIEND", True)):
            user = AE(ae_title=title)
            user.add_requested_context(Verification)
            for place, welcome in ((archive, let_in), (other, True)):
                association = user.associate(place.address, place.port)
                assert association.is_established == welcome
                if welcome:
                    association.release()
    set_language("en")
    refusal = next(one for one in archive.messages if one.name == "A-ASSOCIATE-RJ")
    assert str(refusal).endswith("A-ASSOCIATE-RJ  calling AE title not recognized")


# ---- an Orthanc that is named


@pytest.mark.parametrize(
    "named", ["orthanc", "127.0.0.1:4242", "a:b:c", "h:99999:1", "h:1:2:3", "@"]
)
def test_a_variable_in_another_form_is_told(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOM_LESSONS_ORTHANC", named)
    with pytest.raises(ConnectionError, match="host:port:port"), connect_archive():
        pass


@pytest.mark.parametrize("hangs", [False, True])
def test_a_server_that_is_gone_or_hangs_is_told(
    hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_lessons.network.connect.SECONDS", 1)
    before = threading.active_count()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if hangs:
            server.listen()
        port = server.getsockname()[1]
        monkeypatch.setenv("DICOM_LESSONS_ORTHANC", f"127.0.0.1:{port}:{port}")
        with pytest.raises(ConnectionError, match="No archive answers"), connect_archive():
            pass
    assert until(lambda: threading.active_count() <= before)


# ---- other programs


def dcmtk(*words: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.tools
def test_the_tools_of_dcmtk_get_what_they_ask(tmp_path: Path) -> None:
    require("echoscu", "storescu", "findscu", "movescu", "getscu")
    ct(1).save_as(tmp_path / "ct.dcm", enforce_file_format=True)
    with open_archive(title="DESK") as desk:
        partners = {"DESK": (desk.address, desk.port)}
        with open_archive(partners=partners) as archive:
            place = "-aec", archive.title, archive.address, archive.port
            dcmtk("echoscu", *place)
            dcmtk("storescu", *place, tmp_path / "ct.dcm")
            keys = "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=2.25.1"
            said = dcmtk("findscu", *keys, "-k", "PatientName", *place)
            assert "Doe^Jane" in said
            (tmp_path / "got").mkdir()
            dcmtk("getscu", *keys, "-od", tmp_path / "got", *place)
            got = [dcmread(path) for path in (tmp_path / "got").iterdir()]
            assert [each.PixelData for each in got] == [ct(1).PixelData]
            dcmtk("movescu", *keys, "-aem", "DESK", *place)
            assert dcmread(desk.path_of("2.25.1.1.1")).PixelData == ct(1).PixelData


def test_dicomweb_client_stores_asks_and_fetches() -> None:
    dicomweb = pytest.importorskip("dicomweb_client")
    with open_archive() as archive, open_web(archive) as address:
        client = dicomweb.DICOMwebClient(address)
        client.store_instances([ct(1), ct(2)])
        assert len(client.search_for_studies(search_filters={"PatientName": "Doe*"})) == 1
        assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []
        assert len(client.retrieve_study_metadata("2.25.1")) == 2
        whole = client.retrieve_instance("2.25.1", "2.25.1.1", "2.25.1.1.2")
        assert whole == ct(2)
        frames = client.retrieve_instance_frames(
            "2.25.1",
            "2.25.1.1",
            "2.25.1.1.1",
            [1],
            media_types=(("application/octet-stream", "1.2.840.10008.1.2.1"),),
        )
        assert frames == [ct(1).PixelData]


# ---- matching, against a plain reference


def reference(text: str, pattern: str) -> bool:
    """Match * and ? one character at a time."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(reference(text[start:], pattern[1:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in (text[0], "?") and reference(text[1:], pattern[1:])


@given(st.text("aB[]!-", max_size=6), st.text("aB[]!-*?", min_size=1, max_size=6))
def test_wild_cards_match_as_a_plain_reference_does(text: str, pattern: str) -> None:
    record, query = Dataset(), Dataset()
    record.StudyDescription, query.StudyDescription = text, pattern
    assert matches(record, query) == reference(text, pattern)


@given(st.dates(datetime.date(1900, 1, 1)), st.dates(datetime.date(1900, 1, 1)), st.dates())
def test_ranges_match_as_dates_do(low: Any, high: Any, held: Any) -> None:
    record, query = Dataset(), Dataset()
    record.StudyDate = held.strftime("%Y%m%d").rjust(8, "0")
    query.StudyDate = f"{low:%Y%m%d}-{high:%Y%m%d}"
    assert matches(record, query) == (low <= held <= high)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), unique=True))
def test_each_study_answers_once_with_its_counts(pairs: list[tuple[int, int]]) -> None:
    records = []
    for study, number in pairs:
        record = Dataset()
        record.StudyInstanceUID, record.SeriesInstanceUID = f"2.25.{study}", f"2.25.{study}.1"
        record.SOPInstanceUID = f"2.25.{study}.1.{number}"
        records.append(record)
    query = ask(StudyInstanceUID="", NumberOfStudyRelatedInstances="")
    found = {
        each.StudyInstanceUID: each.NumberOfStudyRelatedInstances
        for each in find(records, query, "STUDY")
    }
    studies = [f"2.25.{study}" for study, _number in pairs]
    assert found == {study: studies.count(study) for study in studies}


@given(st.integers(0, 0xFFFF), st.sampled_from(["C-STORE", "C-FIND", "C-GET", "C-MOVE", ""]))
def test_every_status_has_words(status: int, service: str) -> None:
    assert meaning(status, service)


def test_the_explorer_shows_commands_and_names_what_has_none() -> None:
    with open_archive() as archive, talking(archive) as association:
        explorer = explore_messages(archive)
        association.send_c_echo()
    explorer.refresh()  # only now is all of it written down
    assert len(explorer.messages) >= 3
    explorer.list.index = 0
    assert "no command set" in explorer.command.value
    explorer.list.index = [each.name for each in explorer.messages].index("C-ECHO-RSP")
    assert "Status" in explorer.command.value
    (found,) = re.findall(
        r'<img alt="(.+?)" .*src="data:image/png;base64,(.+?)"', explorer.picture.value
    )
    assert "arrows" in found[0] and base64.b64decode(found[1]).startswith(b"\x89PNG")
    assert explorer.list.description and explorer.again.description
