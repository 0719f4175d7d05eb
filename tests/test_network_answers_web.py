"""Answers to the exercises of sittings 09c and 09d: right ones of many forms, and wrong ones."""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import ssl
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import answers
import pytest
import requests
from answers import judged
from pydicom import dcmread
from pydicom.filewriter import dcmwrite

from dicom_lessons import samples
from dicom_lessons.network import (
    attackers,
    listen_in,
    note_web,
    open_archive,
    open_web,
    surroundings,
)
from dicom_lessons.text import set_language

Answer = Any


def by_hand(address: str, filters: dict[str, object]) -> str:
    pairs = [f"{quote(key)}={quote(str(value), safe='')}" for key, value in filters.items()]
    return f"{address}/studies?{'&'.join(reversed(pairs))}"


def prepared(address: str, filters: dict[str, object]) -> str:
    url = requests.Request("GET", f"{address}/studies", params=filters).prepare().url
    assert url
    return url


def value_by_steps(instance: dict[str, Any], tag: str) -> Any:
    if tag not in instance or not instance[tag].get("Value"):
        return ""
    first = instance[tag]["Value"][0]
    if instance[tag]["vr"] == "PN":
        return first["Alphabetic"]
    return first


def parts_by_find(body: bytes, boundary: str) -> list[bytes]:
    mark, found = f"--{boundary}".encode(), []
    place = body.find(mark)
    while body[place + len(mark) :][:2] != b"--":
        end = body.find(b"\r\n" + mark, place + 1)
        begin = body.find(b"\r\n\r\n", place) + 4
        found.append(body[begin:end])
        place = end + 2
    return found


def by_regex(event: Any, folder: Path) -> int:
    uid = str(event.request.AffectedSOPInstanceUID)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", uid) or len(uid) > 64:
        raise ValueError(uid)
    raw = event.encoded_dataset()
    if len(raw) > 1_000_000:
        return 0xA700
    (folder / uid).write_bytes(raw)
    return 0


def by_number(event: Any, folder: Path) -> int:
    raw = event.encoded_dataset()
    if len(raw) > 1_000_000:
        return 0xA700
    (folder / f"{uuid.uuid4().hex}.dcm").write_bytes(raw)
    return 0


def by_dataset(event: Any, folder: Path) -> int:
    dataset = event.dataset
    dataset.file_meta = event.file_meta
    if len(event.encoded_dataset()) > 1_000_000:
        return 0xA700
    name = hashlib.md5(str(dataset.SOPInstanceUID).encode()).hexdigest()
    dcmwrite(folder / f"{name}.dcm", dataset, enforce_file_format=True)
    return 0


def asks_the_uid(event: Any, folder: Path) -> int:
    uid = event.request.AffectedSOPInstanceUID
    if not uid.is_valid:
        return 0xC000
    raw = event.encoded_dataset()
    if len(raw) > 1_000_000:
        return 0xA700
    (folder / f"{uid}.dcm").write_bytes(raw)
    return 0


def in_client_mode(authority: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority)
    context.verify_mode = ssl.CERT_OPTIONAL  # of a client the same as CERT_REQUIRED
    return context


OTHER_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBXTCCAQOgAwIBAgIUCnTrtekUmBfpi9LmtIsNHjyzslAwCgYIKoZIzj0EAwIw
IzEhMB8GA1UEAwwYQXV0aG9yaXR5IG9mIHRoaXMgbGVzc29uMCAXDTIwMDEwMTAw
MDAwMFoYDzIwOTkwMTAxMDAwMDAwWjAjMSEwHwYDVQQDDBhBdXRob3JpdHkgb2Yg
dGhpcyBsZXNzb24wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS5WNzgQ29gjJiK
oaT2Y3r0VT6XMYkjanDN6huYhKv++H/K/A+I5D/Wyb1VMSuY/Hia7p3Cofx0mdI6
IvXifxU0oxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIGGZ
w/SWgd/8tyh8C9MTbWWvk2ndtyZnc1/s9wKrC5QfAiEAj0WJvgimoc1xaSzRnmfq
vANAluaYEN3ZE/2yRqFMtCQ=
-----END CERTIFICATE-----
"""
RIGHT: dict[str, list[Answer]] = {
    "network-p18": ["hospital", "hospital/", "/hospital", Path("hospital"), "hospital/escaped.dcm"],
    "network-11": [by_hand, prepared, lambda a, f: "  " + a + "/studies?" + urlencode(f)],
    "network-12": [value_by_steps],
    "network-13": [
        lambda a: {one["00081155"]["Value"][0] for one in a.get("00081199", {}).get("Value", ())},
        lambda a: tuple(
            one["00081155"]["Value"][0] for one in a.get("00081199", {}).get("Value", ())
        ),
    ],
    "network-14": [parts_by_find, lambda b, m: [bytearray(x) for x in parts_by_find(b, m)]],
    "network-16": [lambda wire, words: {w for w in words if bytes(wire).count(w.encode())}],
    "network-17": [
        lambda authority: ssl.create_default_context(cadata=authority),
        in_client_mode,
    ],
    "network-18": [
        lambda folder, name: Path(folder).resolve() in (Path(folder) / name).resolve().parents
    ],
    "network-19": [lambda held, arriving, room: (sum(held) + arriving > room) * 0xA700],
    "network-20": [by_regex, by_number, by_dataset, asks_the_uid],
}


@answers.table(RIGHT)
def test_a_right_answer_may_look_otherwise(name: str, answer: Answer) -> None:
    assert judged(name, answer).right, judged(name, answer).why


def test_a_client_that_believes_more_is_told_so_in_words() -> None:
    def client(authority: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=authority)
        context.load_verify_locations(cadata=OTHER_AUTHORITY)
        return context

    assert judged("network-17", client).why.startswith("This client does not believe what it")


# ---- a handler among hostile senders


def escapes(event: Any, folder: Path) -> int:
    uid = str(event.request.AffectedSOPInstanceUID)
    try:
        (folder / f"{uid}.dcm").write_bytes(event.encoded_dataset())
    except (OSError, ValueError):
        return 0xC000
    return 0


def one_dot_less(event: Any, folder: Path) -> int:
    uid = str(event.request.AffectedSOPInstanceUID).replace("../", "")
    if len(uid) > 64 or "\0" in uid:
        return 0xC000
    (folder / f"{uid}.dcm").write_bytes(event.encoded_dataset())
    return 0


def reads_the_data_set_only(event: Any, folder: Path) -> int:
    if event.request.AffectedSOPInstanceUID.count("/"):
        return 0
    return by_number(event, folder)


def destroys(event: Any, folder: Path) -> int:
    shutil.rmtree(folder.parent)
    return 0


def lies(event: Any, folder: Path) -> int:
    return 0


def leaves_a_piece(event: Any, folder: Path) -> int:
    (folder / uuid.uuid4().hex).write_bytes(b"")
    return by_number(event, folder)


@pytest.mark.parametrize(
    "handler",
    [escapes, one_dot_less, reads_the_data_set_only, destroys, lies, leaves_a_piece],
)
def test_a_handler_that_only_looks_safe_is_found_out(handler: Callable[..., int]) -> None:
    assert judged("network-20", handler).right is False


def test_an_unfinished_handler_is_no_answer_yet() -> None:
    def store(event: Any, folder: Path) -> Any: ...

    assert judged("network-20", store).right is None


def test_the_hostile_uids_are_those_that_the_sitting_names() -> None:
    text = "".join(attackers.HOSTILE)
    for part in ("../", "{root}", "\0", "..\\", "C:"):
        assert part in text
    assert max(map(len, attackers.HOSTILE)) == 10_000


# ---- the file that was brought back


def test_a_file_without_header_is_told_apart(tmp_path: Path) -> None:
    dataset = samples.read("virtual/us")
    whole, cut, bare = (tmp_path / f"{name}.dcm" for name in ("whole", "cut", "bare"))
    dataset.save_as(whole, enforce_file_format=True)
    cut.write_bytes(whole.read_bytes()[:-2])
    bare.write_bytes(whole.read_bytes()[132:])
    assert judged("network-15", whole).right
    assert judged("network-15", str(whole)).right
    for wrong in (cut, bare, tmp_path / "missing.dcm", samples.path("virtual/dx")):
        assert judged("network-15", wrong).right is False


# ---- what passes


def test_a_web_exchange_is_noted_without_host_and_port() -> None:
    set_language("en")
    dataset = samples.read("virtual/us")
    with open_archive() as archive, open_web(archive) as address, requests.Session() as session:
        messages = note_web(session)
        session.get(f"{address}/studies", params={"PatientID": "NOBODY"})
        session.get(f"{address}/studies/{dataset.StudyInstanceUID}/series/1.2.3/metadata")
    names = [message.name for message in messages]
    assert names == ["GET", "204 No Content", "GET", "404 Not Found"]
    assert messages[0].details[0] == "/studies?PatientID=NOBODY"
    assert "…" in messages[2].details[0]
    assert messages[2].details[0].endswith("/series/1.2.3/metadata")
    assert "127.0.0.1" not in " ".join(map(str, messages))


def test_who_listens_in_has_every_byte_and_changes_none() -> None:
    def echo(server: socket.socket) -> None:
        with server.accept()[0] as peer:
            while chunk := peer.recv(1000):
                peer.sendall(chunk[::-1])

    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=echo, args=(server,), daemon=True)
        answering.start()
        with (
            listen_in(server.getsockname()[1]) as wire,
            socket.create_connection(("127.0.0.1", wire.port), timeout=60) as client,
        ):
            client.sendall(b"abc")
            assert client.recv(3) == b"cba"
        assert (bytes(wire.sent), bytes(wire.received)) == (b"abc", b"cba")
        answering.join(5)
        assert not answering.is_alive()


def test_who_listens_in_survives_a_server_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (
        listen_in(port) as wire,
        socket.create_connection(("127.0.0.1", wire.port), timeout=60) as client,
    ):
        assert client.recv(1) == b""


def test_the_bytes_behind_group_0002_are_the_data_set() -> None:
    path = samples.path("virtual/us")
    held, whole = surroundings.without_header(path.read_bytes()), path.stat().st_size
    assert 0 < len(held) < whole
    assert dcmread(path).file_meta.FileMetaInformationGroupLength == whole - len(held) - 144
