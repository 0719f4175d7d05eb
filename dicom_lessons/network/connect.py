"""One archive to talk to: ours, or a real Orthanc if the learner has one."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dicom_lessons.network.archive import Archive
from dicom_lessons.network.serving import open_archive
from dicom_lessons.network.web import open_web
from dicom_lessons.text import _, short

VARIABLE = "DICOM_LESSONS_ORTHANC"
SECONDS = 5
_FORM = re.compile(r"(?:(?P<title>[^@\\]{1,16})@)?(?P<host>[\w.-]+):(?P<port>\d+):(?P<web>\d+)")


class ConnectionFailure(ConnectionError):
    """No archive answers; the message says where, and what to check."""


@contextmanager
def connect_archive(**options: Any) -> Iterator[Archive]:
    """Give the Orthanc that ``DICOM_LESSONS_ORTHANC`` names, or run our own archive.

    The variable has the form ``host:port:port`` of DICOM and of HTTP, for example
    ``127.0.0.1:4242:8042``; a title may stand in front: ``ORTHANC@127.0.0.1:4242:8042``. Nothing
    but what a cell itself stores is written there. C-MOVE sends only to titles that stand in the
    configuration of that Orthanc (``DicomModalities``).

    Parameters
    ----------
    **options
        Of :func:`open_archive`, for our own.

    Yields
    ------
    Archive
        Its ``title``, ``address``, ``port`` and ``web`` say where to ask. An Orthanc's ``messages``
        and ``records`` are empty: they are not to be seen from here.

    Raises
    ------
    ConnectionFailure
        If the variable has another form, or nobody answers within five seconds.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        yield _orthanc(named)
        return
    with open_archive(**options) as archive, open_web(archive) as address:
        archive.web = address
        yield archive


def _orthanc(named: str) -> Archive:
    found = _FORM.fullmatch(named)
    if not found or any(not 0 < int(found[part]) < 65536 for part in ("port", "web")):
        raise ConnectionFailure(
            _(
                "{variable} is {value!r}. Write host:port:port of DICOM and of HTTP,"
                " for example 127.0.0.1:4242:8042.",
                variable=VARIABLE,
                value=short(named, 60),
            )
        )
    title, host = found["title"] or "ORTHANC", found["host"]
    port, web = int(found["port"]), int(found["web"])
    _require_answer(title, host, port)
    archive = Archive(title, Path(), address=host, port=port)
    archive.web = f"http://{host}:{web}/dicom-web"
    return archive


def _require_answer(title: str, host: str, port: int) -> None:
    """Verify with C-ECHO (PS3.4 §A) that somebody speaks DICOM there, within a few seconds."""
    from pynetdicom import AE
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    user = AE()
    user.acse_timeout = user.dimse_timeout = user.network_timeout = user.connection_timeout = (
        SECONDS
    )
    user.add_requested_context(Verification)
    answered = False
    try:
        socket.create_connection((host, port), SECONDS).close()  # pynetdicom says less of it
        association = user.associate(host, port, ae_title=title)
        if association.is_established:
            answered = "Status" in association.send_c_echo()
            association.release()
    except (OSError, RuntimeError):
        answered = False
    if not answered:
        raise ConnectionFailure(
            _(
                "No archive answers at {address} as {title}. Is it running, and does it know"
                " your AE title?",
                address=f"{host}:{port}",
                title=title,
            )
        )
