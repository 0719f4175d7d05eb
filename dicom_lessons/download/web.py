"""Lesson 05: the internet or a classroom, questions to web services, archives, sources."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import threading
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlencode, urlsplit

from dicom_lessons import samples
from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.fetching import DownloadError, fetch, file_name, receive
from dicom_lessons.html import Page, table
from dicom_lessons.text import _

__all__ = ["DownloadError", "ask", "fetch", "file_name", "reach", "readiness", "start_classroom"]

SOURCES = Path(__file__).with_name("sources.json")
JSON = "application/dicom+json, application/json"
MOST_ANSWER = 16 * 1024 * 1024
MOST_UNPACKED = 2 * 1024**3


@dataclass(frozen=True)
class Way:
    """Where requests go.

    Attributes
    ----------
    address : str
        What a file name is appended to; ends in a slash.
    by : str
        ``"internet"``, ``"mirror"`` (the address of a teacher) or ``"classroom"`` (this computer).
    """

    address: str
    by: str


def reach(address: str, mirror: str = "auto", seconds: float = 3.0) -> Way:
    """Choose where the requests for the files below an address go.

    Parameters
    ----------
    address : str
        Of a folder on the web.
    mirror : str
        ``"internet"``, ``"classroom"``, or ``"auto"``: what ``DICOM_LESSONS_MIRROR`` names, else
        the internet if it answers in time, else the classroom on this computer.
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


def readiness(way: Way) -> Page:
    """Tell who answers requests, and whether RG1_J2KI.dcm is the real one there."""
    who = {
        "internet": _("The internet answers: {host}.", host=urlsplit(way.address).hostname),
        "mirror": _(
            "The mirror of your class answers: {host}.", host=urlsplit(way.address).hostname
        ),
        "classroom": _(
            "The classroom answers: a web server that was started on this computer, because the "
            "network does not answer or was not wanted. The requests are the same."
        ),
    }[way.by]
    wanted = samples.get("RG1_J2KI")
    real = way.by != "classroom" or hashlib.sha256(_rg1(way)).hexdigest() == wanted.sha256
    file = (
        _("the real chest radiograph")
        if real
        else _(
            "a stand-in: a radiograph of the course's virtual patient, in the same encoding and "
            "with the same flaws; its Patient's Name says so"
        )
    )
    rows = [(_("Who answers"), who), (wanted.file, file)]
    text = "\n".join(f"{name}: {value}" for name, value in rows)
    return Page(table((_("What"), _("Answer")), rows), text)


def _rg1(way: Way) -> bytes:
    file = BytesIO()
    receive(f"{way.address}RG1_J2KI.dcm", file, most=MOST_ANSWER)
    return file.getvalue()


def ask(address: str, **query: object) -> Any:
    """Ask a web service and return its answer in JSON as Python lists and dicts.

    Parameters
    ----------
    address : str
        http or https.
    **query
        What follows the question mark of the address.

    Raises
    ------
    DownloadError
        If there is no answer in time, or one that is no JSON.
    """
    file = BytesIO()
    complete = f"{address}?{urlencode(query)}" if query else address
    try:
        receive(complete, file, most=MOST_ANSWER, accept="application/dicom+json, application/json")
        return json.loads(file.getvalue())
    except (OSError, ValueError) as error:
        reason = str(error) if isinstance(error, OSError) else _("the answer is no JSON")
        failure = DownloadError(
            _("No answer from {address}: {reason}.", address=address, reason=reason)
        )
        failure.reason = reason
        raise failure from error


def unpack(archive: str | Path, folder: str | Path, most: int = MOST_UNPACKED) -> list[Path]:
    """Unpack a zip archive into a new folder and return its files.

    Parameters
    ----------
    archive : str or Path
        Such as TCIA sends for a series.
    folder : str or Path
        It must not be there yet: it appears with all files in it, or not at all.
    most : int
        Bytes of all files together.

    Raises
    ------
    DownloadError
        If a member would land outside of the folder, is a link, or is too large, or if the
        archive is broken; nothing was written then.
    FileExistsError
        If the folder is there already.
    """
    target = Path(folder)
    if target.exists():
        raise FileExistsError(_("{folder} is there already: choose a new one.", folder=target))
    try:
        with (
            zipfile.ZipFile(archive) as file,
            tempfile.TemporaryDirectory(dir=target.parent) as new,
        ):
            for member in file.infolist():
                _confine(member)
            if sum(member.file_size for member in file.infolist()) > most:
                raise OSError(_("it holds more than {most} bytes", most=most))
            file.extractall(Path(new) / "files")
            (Path(new) / "files").rename(target)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DownloadError(
            _("{archive} was not unpacked: {reason}.", archive=Path(archive).name, reason=error)
        ) from error
    return sorted(path for path in target.rglob("*") if path.is_file())


def _confine(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise OSError(_("its member {name!r} would land outside of the folder", name=name))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise OSError(_("its member {name!r} is a link", name=name))


def source_table() -> Page:
    """Return a table of places where DICOM files come from, as of autumn 2026."""
    fields = ("name", "what", "python", "licence", "good_for")
    header = (_("Name"), _("What it is"), _("From Python"), _("Licence"), _("Good for"))
    sources = json.loads(SOURCES.read_text(encoding="utf-8"))
    rows = [[source["name"], *(_(source[field]) for field in fields[1:])] for source in sources]
    text = "\n".join(f"{source['name']}: {_(source['what'])}" for source in sources)
    return Page(table(header, rows, _("Sources of DICOM files, as of autumn 2026")), text)
