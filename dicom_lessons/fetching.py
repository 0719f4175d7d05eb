"""Receive over HTTP within bounds, and keep nothing but whole, verified files."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from dicom_lessons.text import _, short

SECONDS_TO_ANSWER = 10.0
SECONDS_IN_ALL = 300.0
LOOPBACK = ("localhost", "127.0.0.1", "::1", "127.1")
Progress = Callable[[int], object]


class DownloadError(OSError):
    """Something could not be downloaded; the message says what, why and what to do.

    Attributes
    ----------
    reason : str
        The cause alone, without names and addresses.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


def fetch(
    address: str,
    folder: Path,
    *,
    size: int,
    sha256: str,
    name: str = "",
    timeout: float | None = None,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download one file, unless it is here already, and return its path.

    pooch gives the bytes a temporary name, verifies them and renames the file into place, so
    that under its own name it is whole or not there at all. Each try starts from the first byte.

    Parameters
    ----------
    address : str
        http or https, or a path on this computer.
    folder : Path
        Where the file is kept; made if need be.
    size, sha256 : int, str
        Number of the bytes, and their hash in hexadecimal.
    name : str
        What the file is called; without it, the last part of the address.
    timeout, deadline, progress
        As :func:`receive` takes them.

    Raises
    ------
    DownloadError
        If it is not that file which came, or not in time; nothing of it is kept.
    """
    import pooch

    def download(_address: str, target: str, _pooch: object) -> None:
        with Path(target).open("wb") as file:
            received = receive(
                address, file, most=size, timeout=timeout, deadline=deadline, progress=progress
            )
        if received < size:
            raise OSError(_("only {received} of {size} bytes came", received=received, size=size))

    pooch.get_logger().setLevel("WARNING")
    name = name or file_name(address)
    known_hash = f"sha256:{sha256}"
    try:
        return Path(pooch.retrieve(address, known_hash, name, Path(folder), downloader=download))
    except (OSError, ValueError) as error:
        differs = _("what came is not the file that was asked for (its SHA-256 differs)")
        reason = error.strerror or str(error) if isinstance(error, OSError) else differs
        message = _(
            "{name} was not downloaded from {address}: {reason}. Nothing of it was kept.",
            name=short(name),
            address=short(address, 200),
            reason=reason,
        )
        raise DownloadError(message, reason) from error


def is_web(address: str) -> bool:
    """Return whether something is an address of the web; if not, it is a path.

    >>> is_web("https://example.org/data/"), is_web("C:/data")
    (True, False)
    """
    return address.lower().startswith(("http://", "https://"))


def file_name(address: str) -> str:
    """Return the last part of an address, if it can be the name of a file and nothing else.

    Raises
    ------
    DownloadError
        If there is no such part.

    >>> file_name("https://example.org/data/%2E%2E%2FCT_small.dcm?raw=true")
    'CT_small.dcm'
    """
    try:
        path = urlsplit(address).path
    except ValueError:  # such as http://[::1
        path = ""
    name = unquote(path).replace("\\", "/").rpartition("/")[2]
    if name in ("", ".", "..") or ":" in name or not name.isprintable():
        raise DownloadError(
            _(
                "{address} does not end in the name of a file: give one.",
                address=short(address, 200),
            )
        )
    return name


def receive(
    address: str,
    file: IO[bytes],
    *,
    most: int,
    timeout: float | None = None,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> int:
    """Write what an address sends into an open file and return the number of bytes.

    Parameters
    ----------
    address : str
        http or https; redirects are not followed. A path on this computer is read as it is.
    file : binary file
        Open for writing.
    most : int
        In bytes; one more is an error.
    timeout, deadline : float, optional
        Seconds that the server may be silent, and seconds that the whole may take, from the first
        byte of the answer's status line to the last of the file; 10 and 300. The look-up of a
        host's name is the system's, with a limit of its own.
    progress : callable, optional
        Called with the number of bytes each time some came.

    Raises
    ------
    OSError
        If the server stalls, fails, breaks off, sends a web page or too much; the message says so.
    """
    received = 0
    with opened(address, timeout, deadline) as source:
        # read1 returns what has come: a server that sends a byte now and then cannot stall it
        while chunk := source.read1(65536):
            received += len(chunk)
            if received > most:
                raise OSError(_("more came than {most} bytes", most=most))
            file.write(chunk)
            if progress:
                progress(len(chunk))
    return received


@contextmanager
def opened(
    address: str, timeout: float | None = None, deadline: float | None = None
) -> Iterator[Any]:
    """Ask for a file and give what it can be read from, with the time limits of :func:`receive`.

    Raises
    ------
    OSError
        If no file comes, or if reading it fails inside the block; the message says why.
    """
    import requests
    from urllib3.exceptions import HTTPError, TimeoutError

    timeout, deadline = timeout or SECONDS_TO_ANSWER, deadline or SECONDS_IN_ALL
    late = _("it took more than {seconds} seconds", seconds=deadline)
    source: Any = None
    with ExitStack() as stack:
        session, passed = stack.enter_context(_watched_session(deadline))
        try:
            if is_web(address):
                spare_loopback()
                session.headers["Accept-Encoding"] = "identity"
                waits = (min(timeout, deadline), timeout)
                answer = session.get(address, stream=True, timeout=waits, allow_redirects=False)
                source = stack.enter_context(answer).raw
                if not passed.is_set():  # its headers were cut off
                    _require_file(answer)
            else:
                source = stack.enter_context(Path(address).open("rb"))
            yield source
        except (requests.Timeout, TimeoutError) as error:
            reason = _("the server was silent for {seconds} seconds", seconds=timeout)
            raise OSError(late if passed.is_set() else reason) from error
        except (requests.ConnectionError, HTTPError) as error:
            received = source.tell() if source else 0
            reason = _("the connection failed or broke after {received} bytes", received=received)
            raise OSError(late if passed.is_set() else reason) from error
        except (requests.RequestException, ValueError) as error:
            reason = _("the address cannot be asked: {error}", error=short(error, 100))
            raise OSError(reason) from error
        if passed.is_set():
            raise OSError(late)


def _require_file(response: Any) -> None:
    if 300 <= response.status_code < 400:
        if elsewhere := short(response.headers.get("Location", ""), 200):
            raise OSError(_("the server sends us on to {elsewhere}", elsewhere=elsewhere))
        raise OSError(_("the server sends us on, but does not say where"))
    if response.status_code != 200:
        raise OSError(_("the server answers {status}", status=response.status_code))
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise OSError(_("the server sends a web page, perhaps a page to log in"))


@contextmanager
def _watched_session(seconds: float) -> Iterator[tuple[Any, threading.Event]]:
    """Give a session whose connections are shut down when time is up, and the event of that.

    A limit to each wait is none to the whole: a server may send a byte of its status line, of a
    header or of a chunk's size now and then, or promise to continue, for ever.
    """
    import requests
    from requests.adapters import HTTPAdapter

    passed = threading.Event()
    doubles: list[socket.socket] = []

    def shut_down() -> None:
        passed.set()
        for double in doubles:
            with suppress(OSError):
                double.shutdown(socket.SHUT_RDWR)

    class Adapter(HTTPAdapter):
        def get_connection_with_tls_context(self, *words: Any, **options: Any) -> Any:
            pool: Any = super().get_connection_with_tls_context(*words, **options)

            class Watched(pool.ConnectionCls):  # type: ignore[misc]
                def _new_conn(self) -> socket.socket:
                    connection: socket.socket = super()._new_conn()
                    # TLS takes the place of a connection, not of its double
                    doubles.append(connection.dup())
                    if passed.is_set():
                        shut_down()
                    return connection

            pool.ConnectionCls = Watched
            return pool

    timer = threading.Timer(seconds, shut_down)
    timer.start()
    try:
        with requests.Session() as session:
            session.mount("http://", Adapter())
            session.mount("https://", Adapter())
            yield session, passed
    finally:
        timer.cancel()
        timer.join()
        for double in doubles:
            double.close()


def spare_loopback() -> None:
    """Have no request to this computer go through a proxy, whichever library makes it.

    A proxy stands elsewhere, and what it takes for this computer is itself. Libraries find the
    hosts that need none in the environment variable ``NO_PROXY``: it is set for this process and
    for the programs that it starts, if a proxy is named at all.
    """
    proxies = getproxies()
    hosts = [host for host in LOOPBACK if not proxy_bypass(host)]
    if not hosts or not {*proxies} - {"no"}:
        return
    if not getproxies_environment():
        # they come from the system, which is not asked once the environment says anything
        os.environ.update({f"{scheme}_proxy": address for scheme, address in proxies.items()})
    spared = ",".join([*filter(None, [proxies.get("no")]), *hosts])
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = spared
