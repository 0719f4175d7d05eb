"""Receive over HTTP within bounds, and keep nothing but whole, verified files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from dicom_lessons.text import _

SECONDS_TO_ANSWER = 10.0
SECONDS_IN_ALL = 300.0
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
        reason = str(error) if isinstance(error, OSError) else differs
        message = _(
            "{name} was not downloaded from {address}: {reason}. Nothing of it was kept.",
            name=name,
            address=address,
            reason=reason,
        )
        raise DownloadError(message, reason) from error


def file_name(address: str) -> str:
    """Return the last part of an address, if it can be the name of a file and nothing else.

    Raises
    ------
    DownloadError
        If there is no such part.

    >>> file_name("https://example.org/data/%2E%2E%2FCT_small.dcm?raw=true")
    'CT_small.dcm'
    """
    name = unquote(urlsplit(address).path).replace("\\", "/").rpartition("/")[2]
    if name in ("", ".", "..") or ":" in name or not name.isprintable():
        raise DownloadError(
            _("{address} does not end in the name of a file: give one.", address=address)
        )
    return name


def receive(
    address: str,
    file: IO[bytes],
    *,
    most: int,
    accept: str = "*/*",
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
    accept : str
        Media type to ask for.
    timeout, deadline : float, optional
        Seconds that the server may be silent, and seconds that the whole may take; 10 and 300.
    progress : callable, optional
        Called with the number of bytes each time some came.

    Raises
    ------
    OSError
        If the server stalls, fails, breaks off, sends a web page or too much; the message says so.
    """
    import requests
    from urllib3.exceptions import HTTPError, TimeoutError

    received = 0
    timeout = timeout or SECONDS_TO_ANSWER
    deadline = deadline or SECONDS_IN_ALL
    end = time.monotonic() + deadline
    try:
        with _opened(address, accept, timeout) as source:
            # read1 returns what has come: a server that sends a byte now and then cannot stall it
            while chunk := source.read1(65536):
                received += len(chunk)
                if received > most:
                    raise OSError(_("more came than {most} bytes", most=most))
                file.write(chunk)
                if progress:
                    progress(len(chunk))
                if time.monotonic() > end:
                    raise OSError(_("it took more than {seconds} seconds", seconds=deadline))
    except (requests.Timeout, TimeoutError) as error:
        raise OSError(_("the server was silent for {seconds} seconds", seconds=timeout)) from error
    except (requests.ConnectionError, HTTPError) as error:
        raise OSError(
            _("the connection failed or broke after {received} bytes", received=received)
        ) from error
    return received


@contextmanager
def _opened(address: str, accept: str, timeout: float) -> Iterator[Any]:
    import requests

    if urlsplit(address).scheme not in ("http", "https"):
        with Path(address).open("rb") as local:
            yield local
        return
    headers = {"Accept": accept, "Accept-Encoding": "identity"}
    with requests.get(
        address, headers=headers, stream=True, timeout=timeout, allow_redirects=False
    ) as response:
        if 300 <= response.status_code < 400:
            elsewhere = response.headers.get("Location", "")[:200]
            raise OSError(_("the server sends us on to {elsewhere}", elsewhere=elsewhere))
        if response.status_code != 200:
            raise OSError(_("the server answers {status}", status=response.status_code))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise OSError(_("the server sends a web page, perhaps a page to log in"))
        yield response.raw
