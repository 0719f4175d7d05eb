"""A web server on this computer, 127.0.0.1, that answers as it is told: well, or badly on purpose.

Every fault happens to real downloads. The server is real too: what it says goes over HTTP.
"""

from __future__ import annotations

import random
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from weakref import WeakSet

from dicom_lessons.fetching import LOOPBACK, spare_loopback
from dicom_lessons.text import N_

FLOOD = 16 * 2**20
"""Bytes of an endless stream until the server gives up; more than the buffers on the way hold."""


class Request(BaseHTTPRequestHandler):
    """One request of a client, and the ways to answer it."""

    server: Server
    answer: Callable[[Request], None]

    def do_GET(self) -> None:
        type(self).answer(self)

    def log_message(self, format: str, *arguments: object) -> None:
        """Write nothing: the lesson says what happens."""

    def reply(
        self,
        body: bytes,
        status: int = 200,
        kind: str = "application/dicom",
        length: int | None = None,
        **headers: str,
    ) -> None:
        """Send a whole answer; a ``length`` of -1 announces none."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def wait(self, seconds: float) -> bool:
        """Wait, and return whether the client hung up or the server is to stop meanwhile."""
        for _tenth in range(round(seconds * 20)):
            if select.select([self.connection], [], [], 0.05)[0] or self.server.stopping.is_set():
                return True
        return False


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; what a caller leaves open or unsaid ends with it."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.stopping = threading.Event()
        self._connections: WeakSet[Any] = WeakSet()
        self._listener = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection, and know it at the end."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell what went wrong here, but not that a caller hung up."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Answer while the block lasts; nothing goes to this computer by a proxy from then on."""
        spare_loopback()
        try:
            self._listener.start()  # an interrupt may come as early as here
            yield self
        finally:
            self.stopping.set()
            if self._listener.is_alive():
                self.shutdown()
                self._listener.join()
            for connection in list(self._connections):
                with suppress(OSError):  # closed meanwhile
                    connection.shutdown(socket.SHUT_RDWR)
            self.server_close()


@contextmanager
def serve(answer: Callable[[Request], None]) -> Iterator[str]:
    """Run a server while the block lasts and give its address, which ends in a slash.

    Each :class:`Request` is answered in a thread of its own.

    >>> import requests
    >>> with serve(lambda request: request.reply(b"DICM")) as address:
    ...     requests.get(address + "any/path", timeout=5).content
    b'DICM'
    """
    answering = type("Answering", (Request,), {"answer": staticmethod(answer)})
    with Server(answering).running() as server:
        yield f"http://127.0.0.1:{server.server_port}/"


@dataclass
class Faulty:
    """Answers each request with the next of some faults, and well when none is left.

    Faults are keys of :data:`FAULTS`; an empty text stands for a good answer. Patience is the
    number of seconds after which the server gives up to stall or to drip; ``waited`` tells
    whether a client stayed until then. ``asked`` holds the path of each request, but for those
    that a redirect sent on.
    """

    content: bytes
    faults: Sequence[str] = ()
    patience: float = 5.0
    waited: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> None:
        """Answer one request."""
        fault = ""
        if not request.path.startswith("/elsewhere/"):
            fault = "".join(self.faults[len(self.asked) : len(self.asked) + 1])
            self.asked.append(request.path)
        if fault:
            FAULTS[fault][0](self, request)
        else:
            request.reply(self.content)


Fault = Callable[[Faulty, Request], None]


def faulty_server(content: bytes, *faults: str) -> AbstractContextManager[str]:
    """Run a server that has one file, meets each request with the next fault, then answers well.

    Faults are keys of :data:`FAULTS`; an empty text stands for a good answer.

    >>> import requests
    >>> with faulty_server(b"DICM", "missing") as address:
    ...     [requests.get(address + "a.dcm", timeout=5).status_code for _attempt in range(2)]
    [404, 200]
    """
    return serve(Faulty(content, faults))


def _stall(server: Faulty, request: Request) -> None:
    server.waited |= not request.wait(server.patience)


def _redirect(_server: Faulty, request: Request) -> None:
    other = LOOPBACK[-1]  # an address, for not every computer knows the name localhost
    elsewhere = f"http://{other}:{request.server.server_port}/elsewhere"
    request.reply(b"", 302, Location=elsewhere + request.path)


def _drip(server: Faulty, request: Request) -> None:
    request.reply(b"", length=len(server.content))
    for number in range(round(server.patience * 20)):
        request.wfile.write(server.content[number : number + 1])
        if request.wait(0.05):
            return
    server.waited = True


def _flood(server: Faulty, request: Request) -> None:
    request.reply(server.content, length=-1)
    noise = random.Random(5).randbytes(65536)
    for _chunk in range(FLOOD // len(noise)):
        if request.server.stopping.is_set():
            return
        request.wfile.write(noise)
    server.waited = True


def _failing(status: int, body: bytes, kind: str = "text/plain") -> Fault:
    return lambda _server, request: request.reply(body, status, kind)


_LOGIN = b"<!DOCTYPE html><title>Log in</title><p>Log in to use this network.</p>"

FAULTS: dict[str, tuple[Fault, str]] = {
    "stalls": (_stall, N_("takes the call and never answers")),
    "missing": (_failing(404, b"no such file"), N_("answers 404, not found")),
    "busy": (
        _failing(503, b"come back later"),
        N_("answers 503, busy; the next request is answered well"),
    ),
    "redirects": (_redirect, N_("sends the client on to another host")),
    "breaks off": (
        lambda server, request: request.reply(
            server.content[: len(server.content) // 2], length=len(server.content)
        ),
        N_("closes the connection when half of the file is sent"),
    ),
    "lies": (
        lambda server, request: request.reply(server.content, length=len(server.content) - 100),
        N_("announces 100 bytes less than the file has, and sends no more"),
    ),
    "login page": (
        _failing(200, _LOGIN, "text/html; charset=utf-8"),
        N_("sends a web page with status 200, as a proxy with a log-in does"),
    ),
    "endless": (_flood, N_("sends and sends and never ends")),
    "other bytes": (
        lambda server, request: request.reply(server.content[:-1] + b"?"),
        N_("sends a file of the right size with one byte changed"),
    ),
    "drips": (_drip, N_("sends a byte now and then, so that no single wait is long")),
}
