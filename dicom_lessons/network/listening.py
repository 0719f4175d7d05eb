"""See what passes: the requests and responses of a web client, or every byte on the wire."""

from __future__ import annotations

import re
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from dicom_lessons import browser
from dicom_lessons.browser import sockets
from dicom_lessons.sop import Message
from dicom_lessons.text import ngettext

if TYPE_CHECKING:
    from requests import Session

MOST_BYTES = 64 * 2**20
CHUNK = 2**16
_SECONDS_TO_END = 2
_LONG_UID = re.compile(r"(?<=/)(\d+\.\d+)[\d.]{8,}(\d{3})(?=/|$)")


def note_web(session: Session) -> list[Message]:
    """Return a list that grows by two messages for each request that a session sends.

    Parameters
    ----------
    session : requests.Session
        Such as a DICOMwebClient is given.

    Returns
    -------
    list of Message
        Without host and port: the same question gives the same messages. What
        :func:`dicom_lessons.sop.draw_sequence` draws.
    """
    messages: list[Message] = []

    def note(response: Any, *_arguments: Any, **_options: Any) -> None:
        request = response.request
        address = urlsplit(request.url)
        question = f"?{address.query}" if address.query else ""
        path = address.path.partition("/dicom-web")[2] or address.path
        sent = len(request.body or b"")
        kind = request.headers.get("Content-Type" if sent else "Accept", "")
        size = ngettext("{count} byte", "{count} bytes", sent) if sent else ""
        told = [_LONG_UID.sub(r"\1…\2", unquote(path + question)), _kind(kind), size]
        messages.append(Message("requestor", request.method, tuple(filter(None, told))))
        status = HTTPStatus(response.status_code)
        received = len(response.content)
        told = [
            _kind(response.headers.get("Content-Type", "")),
            ngettext("{count} byte", "{count} bytes", received),
        ]
        messages.append(
            Message("acceptor", f"{status.value} {status.phrase}", tuple(filter(None, told)))
        )

    session.hooks["response"].append(note)
    return messages


def _kind(header: str) -> str:
    """Return a media type without its boundary, which is another each time."""
    return "; ".join(
        part.strip() for part in header.split(";") if not part.strip().startswith("boundary=")
    )


@dataclass
class Wire:
    """What somebody between two programs reads.

    Attributes
    ----------
    port : int
        Where to connect instead.
    sent, received : bytearray
        The bytes from the side that connected, and those to it.
    """

    port: int = 0
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)


@contextmanager
def listen_in(port: int) -> Iterator[Wire]:
    """Stand between a client and a server of this computer, pass all on, and keep a copy.

    Parameters
    ----------
    port : int
        Of the server, on 127.0.0.1.

    Yields
    ------
    Wire
        Its bytes are complete once the block has ended.
    """
    wire, ending = Wire(), threading.Event()
    if browser.HERE:
        with sockets.tap(port, wire.sent, wire.received) as wire.port:
            yield wire
        return
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    wire.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []

    def serve() -> None:
        while not ending.is_set():
            with suppress(TimeoutError):
                client, _address = listener.accept()
                work = threading.Thread(target=_pass_on, args=(client, port, wire, ending))
                work.daemon = True
                work.start()
                threads.append(work)

    server = threading.Thread(target=serve, daemon=True)
    try:
        server.start()  # an interrupt may come as early as here
        yield wire
    finally:
        ending.set()
        if server.is_alive():
            server.join(_SECONDS_TO_END)
        for thread in threads:
            thread.join(_SECONDS_TO_END)
        listener.close()


def _pass_on(client: socket.socket, port: int, wire: Wire, ending: threading.Event) -> None:
    with (
        client,
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port)) as server,
        selectors.DefaultSelector() as selector,
    ):
        selector.register(client, selectors.EVENT_READ, (server, wire.sent))
        selector.register(server, selectors.EVENT_READ, (client, wire.received))
        while not ending.is_set() or selector.select(0):
            for key, _events in selector.select(0.05):
                other, kept = key.data
                chunk = key.fileobj.recv(CHUNK)  # type: ignore[union-attr]
                if not chunk:
                    return
                if len(kept) < MOST_BYTES:
                    kept += chunk
                other.sendall(chunk)
