"""The internet or the classroom server: who answers requests; and archives, unpacked with care."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from dicom_lessons import reading, samples
from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.fetching import DownloadError, receive
from dicom_lessons.html import Page, table
from dicom_lessons.text import _

MOST_ANSWER = 16 * 1024 * 1024


@dataclass(frozen=True)
class Way:
    """Where requests go.

    Attributes
    ----------
    address : str
        What a file name is appended to; ends in a slash.
    by : str
        ``"internet"``, ``"mirror"`` (the address of a teacher) or ``"classroom"`` (this
        computer).
    """

    address: str
    by: str

    def readiness(self) -> Page:
        """Tell who answers requests, and whether RG1_J2KI.dcm is the real one there."""
        host = urlsplit(self.address).hostname
        who = {
            "internet": _("The internet answers: {host}.", host=host),
            "mirror": _("The mirror of your class answers: {host}.", host=host),
            "classroom": _(
                "The classroom server answers: it was started on this computer, because the "
                "network does not answer or was not wanted. The requests are the same."
            ),
        }[self.by]
        wanted = samples.get("RG1_J2KI")
        picture = _("the real chest radiograph")
        if self.by == "classroom":
            content = _content(f"{self.address}{wanted.file}")
            if hashlib.sha256(content).hexdigest() != wanted.sha256:
                picture = _(
                    "a stand-in: a radiograph of the course's virtual patient, in the same "
                    "encoding and with the same flaws; its Patient's Name says so"
                )
        rows = [(_("Who answers"), who), (wanted.file, picture)]
        text = "\n".join(f"{name}: {value}" for name, value in rows)
        return Page(table((_("What"), _("Answer")), rows), text)


def reach(address: str, mirror: str = "auto", seconds: float = 3.0) -> Way:
    """Choose where the requests for the files below an address go.

    Parameters
    ----------
    address : str
        Of a folder on the web.
    mirror : str
        ``"internet"``, ``"classroom"``, or ``"auto"``: what ``DICOM_LESSONS_MIRROR`` names, else
        the internet if it answers in time, else the classroom server.
    seconds : float
        How long to wait for the internet.

    Raises
    ------
    ValueError
        If ``mirror`` is none of these words.

    >>> reach("https://example.org/data/", mirror="classroom").by
    'classroom'
    """
    if mirror not in ("auto", "internet", "classroom"):
        raise ValueError(
            _("mirror is 'auto', 'internet' or 'classroom', not {mirror!r}.", mirror=mirror)
        )
    named = os.environ.get(samples.MIRROR, "")
    if mirror == "internet" or (mirror == "auto" and not named and _answers(address, seconds)):
        return Way(f"{address.rstrip('/')}/", "internet")
    if mirror == "auto" and urlsplit(named).scheme in ("http", "https"):
        return Way(f"{named.rstrip('/')}/", "mirror")
    path = urlsplit(address).path.strip("/")
    return Way(f"{start_classroom(named)}{path}/", "classroom")


def _answers(address: str, seconds: float) -> bool:
    """Ask in a thread of its own: looking up a name knows no time limit."""
    import requests

    answers: list[int] = []

    def call() -> None:
        try:
            reply = requests.head(address, timeout=seconds, allow_redirects=False)
        except requests.RequestException:
            return
        answers.append(reply.status_code)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answers)


def _content(address: str) -> bytes:
    file = BytesIO()
    receive(address, file, most=MOST_ANSWER)
    return file.getvalue()


def unpack(
    archive: str | Path, folder: str | Path, most: int = reading.MOST_UNPACKED
) -> list[Path]:
    """Unpack a zip archive, such as TCIA sends for a series, as :func:`reading.unpack` does.

    Raises
    ------
    DownloadError
        If a member would land outside of the folder, is a link, or is too large, or if the
        archive is broken; nothing was written then.
    FileExistsError
        If the folder is there already.
    """
    try:
        return reading.unpack(archive, folder, most)
    except reading.ReadingError as error:
        raise DownloadError(str(error)) from error
