"""The internet or the classroom server: who answers requests; and archives, unpacked with care."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from dicom_lessons import archives, browser, reading, samples
from dicom_lessons.download.classroom import MOST, start_classroom
from dicom_lessons.fetching import DownloadError, is_web, opened, receive
from dicom_lessons.html import Page, table
from dicom_lessons.text import _, short

PICTURE = "RG1_J2KI.dcm"
_SECONDS = 3.0


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
    host : str
        Who answers, if it is the internet or a mirror. Requests to a mirror go through the
        classroom server, which has what the mirror lacks.
    trouble : str
        What is wrong with the mirror that is named, and what to do; empty if nothing is.
    """

    address: str
    by: str
    host: str = ""
    trouble: str = ""

    def readiness(self) -> Page:
        """Tell who answers requests, and whether RG1_J2KI.dcm is the real one there."""
        who = {
            "internet": _("The internet answers: {host}.", host=self.host),
            "mirror": _("The mirror of your class answers: {host}.", host=self.host),
            "classroom": _(
                "The classroom server answers: it was started on this computer, because the "
                "network does not answer or was not wanted. The requests are the same."
            ),
        }[self.by]
        rows = [(_("Who answers"), who), (PICTURE, self._picture())]
        if self.trouble:
            rows.insert(0, (_("Mirror"), self.trouble))
        text = "\n".join(f"{name}: {value}" for name, value in rows)
        return Page(table((_("What"), _("Answer")), rows), text)

    def _picture(self) -> str:
        if self.by == "internet":
            status = _status(f"{self.address}{PICTURE}", _SECONDS, follow=True)
            if status != 200:
                return _(
                    "not to be had there now. In the cell above, take "
                    'download.reach(REPOSITORY, mirror="classroom")'
                )
            return _("the real chest radiograph")
        file = BytesIO()
        receive(f"{self.address}{PICTURE}", file, most=MOST)
        if hashlib.sha256(file.getvalue()).hexdigest() == samples.get(PICTURE).sha256:
            return _("the real chest radiograph")
        return _(
            "a stand-in: a radiograph of the course's virtual patient, in the same "
            "encoding and with the same flaws; its Patient's Name says so"
        )


def reach(address: str, mirror: str = "auto", seconds: float = _SECONDS) -> Way:
    """Choose where the requests for the files below an address go.

    Parameters
    ----------
    address : str
        Of a folder on the web.
    mirror : str
        ``"internet"``, ``"classroom"``, or ``"auto"``: what ``DICOM_LESSONS_MIRROR`` names, else
        the internet if it answers in time, else the classroom server. A mirror that does not have
        RG1_J2KI.dcm, or does not answer in time, is told in a sentence.
    seconds : float
        How long to wait for the internet, and for the mirror.

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
    if browser.HERE:
        mirror = "classroom"  # a page may ask other hosts only if they agree, and few do
    if mirror == "internet" or (mirror == "auto" and not named and _status(address, seconds)):
        return Way(f"{address.rstrip('/')}/", "internet", urlsplit(address).hostname or "")
    if mirror == "classroom" and is_web(named):
        named = ""
    trouble = _trouble(named, seconds) if named else ""
    if trouble:
        print(trouble)
        named = named if Path(named).is_dir() else ""
    path = urlsplit(address).path.strip("/")
    address = f"{start_classroom(named)}{path}/"
    if is_web(named):
        return Way(address, "mirror", urlsplit(named).hostname or "")
    return Way(address, "classroom", trouble=trouble)


def _trouble(mirror: str, seconds: float) -> str:
    """Return why a mirror does not give the picture of the lesson, and what to do."""
    try:
        with opened(samples.mirrored(mirror, PICTURE), seconds, seconds):
            return ""
    except OSError as error:
        return _(
            "{variable} names {mirror}, and that does not give {file}: {reason}. So the classroom "
            "server on this computer answers. Tell your teacher, or correct the variable and "
            "restart the kernel.",
            variable=samples.MIRROR,
            mirror=short(mirror, 200),
            file=PICTURE,
            reason=short(error.strerror or error, 200).rstrip("."),
        )


def _status(address: str, seconds: float, *, follow: bool = False) -> int:
    """Return the status that an address answers with, or 0; 1 if there is an answer without one.

    It is asked in a thread of its own: looking up a name knows no time limit.
    """
    import requests

    answers: list[int] = []

    def call() -> None:
        try:
            reply = requests.head(address, timeout=seconds, allow_redirects=follow)
        except requests.RequestException:
            return
        answers.append(reply.status_code or 1)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else 0


def unpack(
    archive: str | Path, folder: str | Path, most: int = archives.MOST_UNPACKED
) -> list[Path]:
    """Unpack a zip archive, such as TCIA sends for a series, as :func:`archives.unpack` does.

    Raises
    ------
    DownloadError
        If a member would land outside of the folder, is a link, or is too large, or if the
        archive is broken; nothing was written then.
    FileExistsError
        If the folder is there already.
    """
    try:
        return archives.unpack(archive, folder, most)
    except reading.ReadingError as error:
        raise DownloadError(str(error)) from error
