"""The archive of lesson 04 under many users at once: its books are right, and its end is quick."""

from __future__ import annotations

import gc
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    MRImageStorage,
    Verification,
)

from dicom_lessons import samples, sop
from dicom_lessons.sop import exchange
from dicom_lessons.sop.exchange import StorageProvider

USERS = 9


def associate(provider: StorageProvider, *sop_classes: UID) -> Any:
    user = AE()
    for sop_class in sop_classes:
        user.add_requested_context(sop_class)
    association = user.associate(provider.address, provider.port)
    assert association.is_established
    return association


def at_once(work: Callable[[int], object]) -> list[object]:
    """Let nine users begin at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(USERS)

    def begin(number: int) -> object:
        barrier.wait(20)
        return work(number)

    with ThreadPoolExecutor(USERS) as pool:
        return list(pool.map(begin, range(USERS)))


def threads_of_pynetdicom() -> list[str]:
    return [
        thread.name
        for thread in threading.enumerate()
        if "AcceptorThread" in thread.name or "run_reactor" in thread.name
    ]


def test_nine_users_at_once_find_their_own_answers() -> None:
    ct = samples.read("CT_small")
    for _round in range(4):
        with sop.storage_provider(CTImageStorage) as provider:

            def store(number: int, provider: StorageProvider = provider) -> None:
                # some offer a class more, in front of the others
                refused = [MRImageStorage] * (number % 3 == 0)
                association = associate(provider, *refused, Verification, CTImageStorage)
                assert association.send_c_store(ct).Status == 0
                association.release()

            at_once(store)
        wanted = {Verification: 0, CTImageStorage: 0, MRImageStorage: 3}
        assert len(provider.contexts) == 2 * USERS + 3
        assert all(each.result == wanted[each.abstract_syntax] for each in provider.contexts)
        assert len(provider.received) == USERS
        names = [message.name for message in provider.messages]
        assert names.count("A-ASSOCIATE-RQ") == names.count("A-RELEASE-RP") == USERS
        said = "\n".join(str(message) for message in provider.messages)
        assert "not answered" not in said
        offers = [each.details for each in provider.messages if each.name == "A-ASSOCIATE-RQ"]
        assert sorted(map(len, offers)) == [2] * 6 + [3] * 3
        assert all(detail.startswith("1: ") for detail, *_others in offers)


def test_the_limit_holds_for_all_users_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_INSTANCES", 4)
    ct = samples.read("CT_small")
    with sop.storage_provider(CTImageStorage) as provider:

        def store(_number: int) -> object:
            association = associate(provider, CTImageStorage)
            status = association.send_c_store(ct).Status
            association.release()
            return status

        assert sorted(map(str, at_once(store))) == sorted(["0"] * 4 + [str(0xA700)] * 5)
    assert len(provider.received) == 4


@pytest.mark.parametrize("sent", [b"", b"\x01", b"\x01\0\0\0\xff\xff", b"\x05\0\0\0\0\4\0\0\0\0",
                                  b"GET / HTTP/1.1\r\n\r\n"])  # fmt: skip
@pytest.mark.parametrize("established", [0, 3])
def test_the_end_waits_for_nobody(
    sent: bytes, established: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # whoever waited for somebody would wait for a minute
    monkeypatch.setattr(exchange, "SECONDS_TO_ANSWER", 60)
    monkeypatch.setattr("dicom_lessons.sop.server.SECONDS_TO_END", 60)
    aborted = threading.Semaphore(0)
    ended = threading.Event()

    def run() -> None:
        with sop.storage_provider() as provider:
            for _number in range(established):
                user = AE()
                user.add_requested_context(Verification)
                user.associate(
                    provider.address,
                    provider.port,
                    evt_handlers=[(evt.EVT_ABORTED, lambda _event: aborted.release())],
                )
            for _number in range(3):
                idle.append(socket.create_connection((provider.address, provider.port)))
                idle[-1].sendall(sent)
        names = [message.name for message in provider.messages]
        assert names.count("A-ABORT") >= established
        assert threads_of_acceptor() == []
        ended.set()

    def threads_of_acceptor() -> list[str]:
        return [name for name in threads_of_pynetdicom() if "AcceptorThread" in name]

    idle: list[socket.socket] = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert ended.is_set()
    for _number in range(established):
        assert aborted.acquire(timeout=20)
    for one in idle:
        one.close()


def test_users_that_vanish_or_come_at_the_last_moment_do_no_harm() -> None:
    for _round in range(5):
        with sop.storage_provider() as provider:

            def come(number: int, provider: StorageProvider = provider) -> None:
                if number % 3 == 0:
                    socket.create_connection((provider.address, provider.port)).close()
                    return
                association = associate(provider, Verification)
                if number % 3 == 1:
                    association.abort()
                else:
                    association.dul.socket.socket.close()

            at_once(come)
        assert [name for name in threads_of_pynetdicom() if "Acceptor" in name] == []


def test_a_connection_that_is_reset_is_closed_here_too() -> None:
    """An open one would be a warning, and so an error, whenever the garbage is collected."""
    with sop.storage_provider() as provider:
        for _number in range(3):
            connection = socket.create_connection((provider.address, provider.port))
            linger = struct.pack("ii", 1, 0)  # then closing resets
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.sendall(b"\1")
            connection.close()
        held = [one for one in gc.get_objects() if isinstance(one, socket.socket)]
        ours = [one for one in held if f", {provider.port})" in str(one)]
        deadline = time.monotonic() + 2
        while len([one for one in ours if one.fileno() >= 0]) > 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        # the one on which it listens
        assert len([one for one in ours if one.fileno() >= 0]) == 1


def test_broken_messages_end_no_thread_with_an_error() -> None:
    """What a user sends is recorded, and sent again with bytes changed; errors fail this test."""
    recorded: list[bytes] = []
    ct = samples.read("CT_small", stop_before_pixels=True)
    with sop.storage_provider(CTImageStorage) as provider:
        user = AE()
        user.add_requested_context(CTImageStorage)
        association = user.associate(
            provider.address,
            provider.port,
            evt_handlers=[(evt.EVT_DATA_SENT, lambda event: recorded.append(event.data))],
        )
        association.send_c_store(ct)
        association.release()
    whole, chance = b"".join(recorded), random.Random(13)
    assert len(recorded) >= 4
    with sop.storage_provider(CTImageStorage) as provider:
        for _number in range(30):
            changed = bytearray(whole)
            for _change in range(chance.randint(1, 8)):
                changed[chance.randrange(min(len(changed), 600))] = chance.randrange(256)
            with socket.create_connection((provider.address, provider.port)) as connection:
                connection.sendall(changed[: chance.choice([len(changed), 300, 80])])
    assert [name for name in threads_of_pynetdicom() if "Acceptor" in name] == []
