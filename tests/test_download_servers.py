"""Servers that say anything at all: one clear error each, in time, and nothing stays behind."""

from __future__ import annotations

import hashlib
import io
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dicom_lessons import fetching
from dicom_lessons.download import DownloadError

CONTENT = bytes(128) + b"DICM" + bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(CONTENT)
FOUND = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
Parts = Iterable[bytes]
LATE = "more than 0.4 seconds"

# what never ends, although no single wait is long
DRIPS: dict[str, tuple[bytes, bytes]] = {
    "nothing but blanks": (b"", b" "),
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "a header's name": (OK, b"X"),
    "a header's value": (OK + b"X: ", b"a"),
    "a length": (OK + b"Content-Length: ", b"0"),
    "promises to continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "promises with headers": (b"", b"HTTP/1.1 100 Continue\r\nX: a\r\n\r\n"),
    "a chunk's size": (CHUNKED, b"0"),
    "a chunk's extension": (CHUNKED + b"5;x=", b"a"),
    "chunks of one byte": (CHUNKED, b"1\r\na\r\n"),
    "the headers after the last chunk": (CHUNKED + b"0\r\n", b"X"),
    "a body without length": (OK + b"\r\n", b"a"),
    "a body with length": (OK + LENGTH, b"a"),
    "a redirect's place": (FOUND + b"Location: http://", b"a"),
    "an error's headers": (b"HTTP/1.1 503 Busy\r\nX: ", b"a"),
}

GOOD: dict[str, Parts] = {
    "with a length": (OK + LENGTH, CONTENT),
    "in chunks": (CHUNKED, b"%x\r\n" % len(CONTENT), CONTENT, b"\r\n0\r\n\r\n"),
    "until the end": (OK + b"\r\n", CONTENT),
    "after a promise": (b"HTTP/1.1 100 Continue\r\n\r\n", OK + LENGTH, CONTENT),
    "headers with NUL and folding": (b"HTTP/1.1 200 OK\r\nX: a\0b\r\n c\r\n" + LENGTH, CONTENT),
    "gzip that is none": (OK + b"Content-Encoding: gzip\r\n" + LENGTH, CONTENT),
    "a length of letters": (OK + b"Content-Length: abc\r\n\r\n", CONTENT),
    "many cookies": (OK, *(b"Set-Cookie: a=%s\r\n" % (b"x" * 4000),) * 60, LENGTH, CONTENT),
}

BAD: dict[str, tuple[Parts, str]] = {
    "hangs up": ((b"",), "broke after 0 bytes"),
    "garbage": ((bytes(range(128, 256)) * 40,), "broke after 0 bytes"),
    "HTTP 0.9": ((CONTENT,), "broke after 0 bytes"),
    "status of letters": ((b"HTTP/1.1 abc OK\r\n\r\n",), "broke after 0 bytes"),
    "status with a colour": ((b"HTTP/1.1 999 \x1b[31mRED\r\n\r\n",), "answers 999"),
    "headers without end": ((OK, *(b"X-%d: a\r\n" % n for n in range(5000))), "broke after 0"),
    "a header of a megabyte": ((OK, b"X: ", *(b"a" * 65536,) * 16), "broke after 0 bytes"),
    "a flood of promises": ((b"HTTP/1.1 100 Continue\r\n\r\n" * 3000,), "broke after 0 bytes"),
    "a chunk too large": ((CHUNKED, b"F" * 20 + b"\r\n", CONTENT), "more came than|broke"),
    "a chunk of letters": ((CHUNKED, b"zz\r\n", CONTENT), "broke after 0 bytes"),
    "half of it": ((OK + LENGTH, CONTENT[:5000]), "broke after 5000 bytes"),
    "half a chunk": ((CHUNKED, b"%x\r\n" % len(CONTENT), CONTENT[:5000]), "broke after"),
    "a length below zero": ((OK + b"Content-Length: -5\r\n\r\n", CONTENT[:-1]), "only"),
    "two lengths": ((OK + b"Content-Length: 10\r\n" + LENGTH, CONTENT), "cannot be asked|broke"),
    "a length of 2^63": ((OK + b"Content-Length: 9223372036854775808\r\n\r\n", CONTENT), "broke"),
    "a page in capitals": ((b"HTTP/1.1 200 OK\r\nContent-Type: TEXT/HTML\r\n\r\n",), "web page"),
    "on to nowhere": ((FOUND + b"\r\n",), "sends us on, but does not say where"),
    "on with a colour": ((FOUND + b"Location: http://x/\x1b[31m\xe2\x80\xae\r\n\r\n",), r"x/\\x1b"),
    "on and on": ((FOUND + b"Location: " + b"a" * 60_000 + b"\r\n\r\n",), "aaa…|aaa$"),
}


class Server:
    """Answers each call with some bytes and then hangs up, or drips until it is cut off."""

    def __init__(self, parts: Parts, drop: bytes = b"") -> None:
        self.parts, self.drop = parts, drop
        self.cut_off, self.stopping = threading.Event(), threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _client = self.listener.accept()
                with connection, suppress(OSError):
                    connection.settimeout(30)
                    connection.recv(65536)
                    for part in self.parts:
                        connection.sendall(part)
                    self._drip(connection)

    def _drip(self, connection: socket.socket) -> None:
        while self.drop and not self.stopping.wait(0.02):
            try:
                connection.sendall(self.drop)
            except OSError:
                self.cut_off.set()
                return

    def stop(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@contextmanager
def served(parts: Parts, drop: bytes = b"") -> Iterator[Server]:
    server = Server(parts, drop)
    try:
        yield server
    finally:
        server.stop()


def fetch(address: str, folder: Path, deadline: float = 20) -> Path:
    return fetching.fetch(
        address, folder, size=len(CONTENT), sha256=SHA256, timeout=20, deadline=deadline
    )


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("what", DRIPS)
def test_the_deadline_covers_the_whole_exchange(what: str, tmp_path: Path) -> None:
    start, drop = DRIPS[what]
    with served([start], drop) as server:
        # each single wait may last 20 seconds: what ends the call is the deadline alone
        with pytest.raises(DownloadError, match=LATE) as failed:
            fetch(f"{server.address}a.dcm", tmp_path, 0.4)
        assert server.cut_off.wait(20)
    assert failed.value.reason == f"it took {LATE}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", BAD)
def test_whatever_a_server_says_is_one_clear_error(what: str, tmp_path: Path) -> None:
    parts, reason = BAD[what]
    with served(parts) as server, pytest.raises(DownloadError, match=reason) as failed:
        fetch(f"{server.address}a.dcm", tmp_path)
    said = str(failed.value)
    assert said.isprintable() and len(said) < 600
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", GOOD)
def test_unusual_answers_that_are_right_are_taken(what: str, tmp_path: Path) -> None:
    with served(GOOD[what]) as server:
        assert fetch(f"{server.address}a.dcm", tmp_path).read_bytes() == CONTENT


def test_a_handshake_that_never_ends_is_cut_off() -> None:
    record = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"  # TLS: a long ServerHello begins
    with served([record], b"\x03") as server:
        with pytest.raises(OSError, match=LATE):
            fetching.receive(
                server.address.replace("http", "https"), io.BytesIO(), most=9, timeout=20,
                deadline=0.4,
            )  # fmt: skip
        assert server.cut_off.wait(20)


def test_a_connection_that_is_reset_is_one_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            connection, _client = listener.accept()
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        with pytest.raises(DownloadError, match="broke after 0 bytes"):
            fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/a.dcm", tmp_path)
        thread.join()


ADDRESSES = ["ftp://x/a", "file:///etc/passwd", "http://", "http://[::1", "http://127.0.0.1:99999/",
             "", "http://a b/", "//x", "http://127.0.0.1:1/", "http://\x1b[31m/", "http://x\0y/a",
             "http://127.0.0.1:0/", "/nowhere/a.dcm", "https://127.0.0.1:1/", "javascript:1",
             "http://user:pw@127.0.0.1:1/", "http://" + "a" * 300 + "/", "\0", "http://..../a",
             "http://127.0.0.1:x/", "http://xn--a/", "a" * 5000]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: ascii(address)[:20])
@pytest.mark.parametrize("name", ["f.dcm", ""])
def test_an_address_that_is_none_is_one_clear_error(
    address: str, name: str, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError) as failed:
        fetching.fetch(address, tmp_path / "new", size=5, sha256="0" * 64, name=name)
    said = str(failed.value)
    assert said.isprintable() and len(said) < 900
    assert "SHA-256" not in said
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
