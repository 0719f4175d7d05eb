"""The internet or the classroom server: who answers, questions, archives, and known sources."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from dicom_lessons import reading, samples
from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.fetching import DownloadError, receive
from dicom_lessons.html import Page, table
from dicom_lessons.text import _, short

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
        wanted, picture = samples.get("RG1_J2KI"), _("the real chest radiograph")
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
    """Choose where the requests for the files of a folder on the web go.

    Parameters
    ----------
    address : str
        Of this folder.
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

    answers: list[requests.Response] = []

    def call() -> None:
        with suppress(requests.RequestException):
            answers.append(requests.head(address, timeout=seconds, allow_redirects=False))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answers)


def ask(address: str, **query: object) -> Any:
    """Ask a web service and return its answer in JSON as Python lists and dicts.

    The ``query`` follows the question mark of the address.

    Raises
    ------
    DownloadError
        If there is no answer in time, or one that is no JSON.
    """
    complete = f"{address}?{urlencode(query)}" if query else address
    try:
        return json.loads(_content(complete, "application/dicom+json, application/json"))
    except (OSError, ValueError) as error:
        reason = str(error) if isinstance(error, OSError) else _("the answer is no JSON")
        message = _("No answer from {address}: {reason}.", address=address, reason=reason)
        raise DownloadError(message, reason) from error


def _content(address: str, accept: str = "*/*") -> bytes:
    file = BytesIO()
    receive(address, file, most=MOST_ANSWER, accept=accept)
    return file.getvalue()


def unpack(
    archive: str | Path, folder: str | Path, most: int = reading.MOST_UNPACKED
) -> list[Path]:
    """Unpack a zip archive, such as TCIA sends for a series, as :func:`reading.unpack` does.

    Raises
    ------
    DownloadError
        Wherever that raises ReadingError; nothing was written then.
    FileExistsError
        If the folder is there already.
    """
    try:
        return reading.unpack(archive, folder, most)
    except reading.ReadingError as error:
        raise DownloadError(str(error)) from error


def source_table() -> Page:
    """Return a table of places where DICOM files come from, as of autumn 2026."""
    fields = ("name", "what", "python", "licence", "good_for")
    header = (_("Name"), _("What it is"), _("From Python"), _("Licence"), _("Good for"))
    sources = json.loads(Path(__file__).with_name("sources.json").read_text(encoding="utf-8"))
    rows = [[source["name"], *(_(source[field]) for field in fields[1:])] for source in sources]
    text = "\n".join(f"{source['name']}: {_(source['what'])}" for source in sources)
    return Page(table(header, rows, _("Sources of DICOM files, as of autumn 2026")), text)


def explore_answer(ask: Callable[[], object], most: int = 5) -> Page:
    """Ask a source that may not be within reach, and show its answer or why there is none.

    Of the list of dicts that is the answer, so many rows at most are shown.
    """
    try:
        answer = ask()
        if not isinstance(answer, list):
            raise TypeError(_("the answer is no list"))
        rows = [one if isinstance(one, Mapping) else {"": one} for one in islice(answer, most)]
    except Exception as error:  # a client of a source may raise anything
        reason = str(error)
        if isinstance(error, ImportError):
            package = (error.name or "").replace("_", "-")
            reason = _("{package} is not installed. Get it with: {cure}", package=package,
                       cure=f"pip install {package}")  # fmt: skip
        return Page(table((_("No answer"),), [(short(reason, 300),)]), reason)
    header = list(rows[0]) if rows else []
    caption = _("{shown} of {count}", shown=len(rows), count=len(answer))
    values = [[short(row.get(name, ""), 100) for name in header] for row in rows]
    return Page(table(header, values, caption), caption)
