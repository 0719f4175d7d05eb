"""Sockets of this computer whose bytes go through memory."""

from __future__ import annotations

import errno
import io
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any

from dicom_lessons.browser import turns, web
from dicom_lessons.text import _

_ports = count(40_001)
_listening: dict[int, Socket] = {}
_by_number: dict[int, Socket] = {}
_numbers = count(100_000)
_select = select.select


class _Pipe:
    """Bytes on their way in one direction."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.closed = False
        self.copy: bytearray | None = None
        self.patience: float | None = None  # until when somebody waits for bytes


class Socket:
    """What ``socket.socket`` is elsewhere, as far as servers and clients of this computer go."""

    family, type, proto = socket.AF_INET, socket.SOCK_STREAM, 0

    def __init__(self, *_kind: Any, **_options: Any) -> None:
        self.number = next(_numbers)
        _by_number[self.number] = self
        self.timeout: float | None = None
        self.name: tuple[str, int] = ("127.0.0.1", 0)
        self.other: tuple[str, int] | None = None
        self.incoming, self.outgoing = _Pipe(), _Pipe()
        self.waiting: list[Socket] = []
        self._io_refs, self._ended = 0, False

    # the server's side
    def bind(self, address: Any) -> None:
        """Take a port; a free one for 0."""
        port = address[1] or next(_ports)
        if port in _listening:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        self.name = ("127.0.0.1", port)

    def listen(self, _most: int = 5) -> None:
        """Take calls from now on, those of urllib3 too."""
        web.answer_requests(_selected)
        _say_once()
        _listening[self.name[1]] = self

    def accept(self) -> tuple[Socket, tuple[str, int]]:
        """Take the next call."""
        if not turns.wait_until(lambda: bool(self.waiting), self.timeout):
            raise TimeoutError("timed out")
        taken = self.waiting.pop(0)
        return taken, taken.getpeername()

    # the client's side
    def connect(self, address: Any) -> None:
        """Call a server of this computer."""
        host, port = address[:2]
        if host not in web.LOOPBACK:
            raise OSError(errno.ENETUNREACH, "A browser has no sockets to another computer")
        if port not in _listening:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        served = Socket()
        self.name = ("127.0.0.1", self.name[1] or next(_ports))
        self.other = ("127.0.0.1", port)
        served.name, served.other = self.other, self.name
        served.incoming, served.outgoing = self.outgoing, self.incoming
        listener = _listening[port]
        listener.waiting.append(served)
        _tap(port, self)

    def connect_ex(self, address: Any) -> int:
        """Call, and return the number of the error instead of raising it."""
        try:
            self.connect(address)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    # both
    def recv(self, most: int, _flags: int = 0) -> bytes:
        """Return what has come, and wait for something first."""
        pipe = self.incoming
        pipe.patience = None if self.timeout is None else time.monotonic() + self.timeout
        try:
            come = turns.wait_until(lambda: bool(pipe.content) or self._over(), self.timeout)
            late = pipe.patience is not None and time.monotonic() >= pipe.patience
        finally:
            pipe.patience = None
        if not pipe.content and (late or not come):
            raise TimeoutError("timed out")
        content = bytes(pipe.content[:most])
        del pipe.content[:most]
        return content

    def recv_into(self, buffer: Any, most: int = 0, _flags: int = 0) -> int:
        """Receive into a buffer and return how much."""
        content = self.recv(most or len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def send(self, content: Any, _flags: int = 0) -> int:
        """Send everything and return how much that is."""
        if self.outgoing.closed or self._ended:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        self.outgoing.content += content
        if self.outgoing.copy is not None:
            self.outgoing.copy += content
        return len(content)

    def sendall(self, content: Any, _flags: int = 0) -> None:
        """Send everything."""
        self.send(memoryview(content).cast("B"))

    def shutdown(self, _how: int) -> None:
        """End both directions."""
        if self.other is None:
            raise OSError(errno.ENOTCONN, "Socket is not connected")
        self.incoming.closed = self.outgoing.closed = True

    def close(self) -> None:
        """End this socket, once no file made from it is open."""
        self._ended = True
        if not self._io_refs:
            self._close()

    def _close(self) -> None:
        _by_number.pop(self.number, None)
        if _listening.get(self.name[1]) is self:
            del _listening[self.name[1]]
        if self.other is not None:
            self.incoming.closed = self.outgoing.closed = True

    def _decref_socketios(self) -> None:
        self._io_refs -= 1
        if self._ended and not self._io_refs:
            self._close()

    def _over(self) -> bool:
        return self.incoming.closed or self._ended

    def readable(self) -> bool:
        """Tell whether there are bytes, a call, or the end; also if who is there gave up."""
        patience = self.outgoing.patience
        gone = patience is not None and time.monotonic() >= patience and not self.outgoing.content
        return bool(self.waiting or self.incoming.content) or self._over() or gone

    def makefile(self, mode: str = "r", buffering: int | None = None, **options: Any) -> Any:
        """Return a file that reads or writes this socket."""
        raw = socket.SocketIO(self, "".join(sorted(set(mode) & {"r", "w"})))  # type: ignore[arg-type]
        self._io_refs += 1
        if buffering == 0:
            return raw
        file: Any = io.BufferedReader(raw) if "w" not in mode else io.BufferedWriter(raw)
        return file if "b" in mode else io.TextIOWrapper(file, **options)

    def dup(self) -> Socket:
        """Return another socket of the same connection."""
        double = Socket()
        double.__dict__.update({**self.__dict__, "number": double.number, "_io_refs": 0})
        double._close = lambda: None  # type: ignore[method-assign]
        return double

    def settimeout(self, seconds: float | None) -> None:
        """Say how long to wait."""
        self.timeout = seconds

    def gettimeout(self) -> float | None:
        """Return how long this waits."""
        return self.timeout

    def setblocking(self, blocks: bool) -> None:
        """Wait for ever, or never."""
        self.timeout = None if blocks else 0.0

    def setsockopt(self, *_option: Any) -> None:
        """Set nothing: there is nothing to set."""

    def getsockopt(self, *_option: Any) -> int:
        """Return that nothing is wrong."""
        return 0

    def getsockname(self) -> tuple[str, int]:
        """Return the address of this end."""
        return self.name

    def getpeername(self) -> tuple[str, int]:
        """Return the address of the other end."""
        if self.other is None:
            raise OSError(errno.ENOTCONN, "Socket is not connected")
        return self.other

    def fileno(self) -> int:
        """Return a number that :func:`select.select` knows."""
        return -1 if self._ended else self.number

    def detach(self) -> int:
        """Forget this socket."""
        return self.number

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


_taps: dict[int, tuple[int, bytearray, bytearray]] = {}


@contextmanager
def tap(port: int, sent: bytearray, received: bytearray) -> Iterator[int]:
    """Give a port that leads to another, and copy what passes there both ways."""
    listener, other = _listening[port], next(_ports)
    _listening[other] = listener
    _taps[other] = (port, sent, received)
    try:
        yield other
    finally:
        _listening.pop(other, None)
        _taps.pop(other, None)


def _tap(port: int, caller: Socket) -> None:
    if port in _taps:
        _to, caller.outgoing.copy, caller.incoming.copy = _taps[port]


def settle() -> None:
    """Have all sockets of Python's library be these."""
    socket.socket = Socket  # type: ignore[misc, assignment]
    socket.create_connection = _create_connection  # type: ignore[assignment]
    socket.create_server = _create_server  # type: ignore[assignment]
    socket.getaddrinfo = _addresses
    socket.getfqdn = lambda name="": name or "localhost"
    for name in ("SO_REUSEADDR", "SO_REUSEPORT", "SOL_SOCKET", "AI_PASSIVE", "TCP_NODELAY"):
        if not hasattr(socket, name):
            setattr(socket, name, 1)
    select.select = _selected
    web.settle()


def _create_connection(address: Any, timeout: Any = None, *_more: Any, **_options: Any) -> Socket:
    caller = Socket()
    caller.settimeout(timeout if isinstance(timeout, int | float) else None)
    caller.connect(address)
    return caller


def _create_server(address: Any, **_options: Any) -> Socket:
    server = Socket()
    server.bind(address)
    server.listen()
    return server


def _addresses(host: Any, port: Any, *_more: Any, **_options: Any) -> list[Any]:
    if host not in web.LOOPBACK:
        raise socket.gaierror(-2, "Name or service not known")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", int(port or 0)))]


def _selected(read: Any, write: Any, failed: Any, timeout: float | None = None) -> Any:
    every = [*read, *write]
    ours = {key: key if isinstance(key, Socket) else _by_number.get(key) for key in every}
    if any(found is None for found in ours.values()):
        return _select(read, write, failed, timeout)
    if any(found is not None and found.fileno() < 0 for found in ours.values()):
        raise ValueError("file descriptor cannot be a negative integer (-1)")

    def ready() -> bool:
        return bool(write) or any(ours[key].readable() for key in read)  # type: ignore[union-attr]

    if timeout != 0:
        turns.wait_until(ready, timeout)
    return [key for key in read if ours[key].readable()], list(write), []  # type: ignore[union-attr]


@cache
def _say_once() -> None:
    print(
        _(
            "In a browser both programs run in this page: their bytes go through memory, not "
            "through a network. What they say is the same."
        )
    )
