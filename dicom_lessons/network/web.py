"""The same archive by web: ask (QIDO), fetch (WADO) and store (STOW), on 127.0.0.1 (PS3.18).

As small as can be, and to be read: :mod:`http.server` of Python's own library answers, one thread
for each request. It knows instances, their metadata and single frames; whatever else is asked, it
says 404 or 406.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.encaps import get_frame
from pydicom.uid import UID

from dicom_lessons import reading
from dicom_lessons.download import Server
from dicom_lessons.network.archive import SUCCESS, Archive
from dicom_lessons.network.matching import KEYS, LEVELS, UNIQUE, find
from dicom_lessons.text import short

LARGEST_REQUEST = 256 * 2**20
JSON = "application/dicom+json"
DICOM = "application/dicom"

_PARTS = re.compile(
    r"(?:/studies(?:/(?P<StudyInstanceUID>[^/]+))?)?(?:/series(?:/(?P<SeriesInstanceUID>[^/]+))?)?"
    r"(?:/instances(?:/(?P<SOPInstanceUID>[^/]+))?)?(?P<what>/metadata|/frames/\d+)?/?"
)
_COUNTS = {
    "STUDY": ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances", "ModalitiesInStudy"),
    "SERIES": ("NumberOfSeriesRelatedInstances",),
    "IMAGE": (),
}


@contextmanager
def open_web(archive: Archive) -> Iterator[str]:
    """Let an archive be asked by web while a ``with`` block lasts; gives its address.

    Parameters
    ----------
    archive : Archive
        Of :func:`open_archive`.

    Yields
    ------
    str
        Such as ``"http://127.0.0.1:40123/dicom-web"``.
    """
    with Server(type("Handler", (_Handler,), {"held": archive})).running() as server:
        yield f"http://{archive.address}:{server.server_port}/dicom-web"


class _Refusal(Exception):
    """An HTTP status and a sentence."""


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    held: Archive
    timeout = 10
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing: a notebook is no log."""

    def _answer(self, work: Any) -> None:
        try:
            status, kind, body = work()
        except _Refusal as refusal:
            status, reason = refusal.args
            kind, body = "text/plain; charset=utf-8", reason.encode()
        except Exception as error:  # what a peer sends never ends the server
            status, kind = 400, "text/plain; charset=utf-8"
            body = short(error, 200).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _get(self) -> tuple[int, str, bytes]:
        address = urlsplit(self.path)
        parts = _PARTS.fullmatch(unquote(address.path).removeprefix("/dicom-web"))
        if not parts or not unquote(address.path).startswith("/dicom-web/"):
            raise _Refusal(404, "There is no such resource.")
        wanted = {name: value for name, value in parts.groupdict().items() if value}
        what = wanted.pop("what", "")
        if what == "/metadata":
            return 200, JSON, _json(map(_head, self._instances(wanted)))
        if what:
            return self._frame(wanted, int(what.rpartition("/")[2]))
        if level := _asks(parts):
            return self._search(level, wanted, parse_qsl(address.query))
        paths = self._instances(wanted)
        return 200, *_multipart([path.read_bytes() for path in paths], DICOM)

    def _search(
        self, level: str, wanted: dict[str, str], query: list[tuple[str, str]]
    ) -> tuple[int, str, bytes]:
        asked = Dataset()
        above = UNIQUE[1 : LEVELS.index(level)]  # so that what was found can be fetched
        for keyword in (*above, *KEYS[level], *_COUNTS[level]):
            setattr(asked, keyword, None)
        limit, offset = 1000, 0
        for name, value in query:
            if name in ("limit", "offset"):
                limit, offset = (int(value), offset) if name == "limit" else (limit, int(value))
            elif name not in ("includefield", "fuzzymatching"):
                keyword = name if tag_for_keyword(name) else keyword_for_tag(int(name, 16))
                wanted[keyword] = value
        for keyword, value in wanted.items():
            asked.add_new(keyword, dictionary_VR(keyword), value)
        found = list(find(self.held.records, asked, level))[offset : offset + limit]
        for answer in found:
            del answer.QueryRetrieveLevel
        return (200, JSON, _json(found)) if found else (204, JSON, b"")

    def _instances(self, wanted: dict[str, str]) -> list[Path]:
        records = [
            record
            for record in self.held.records
            if all(str(record.get(keyword)) == value for keyword, value in wanted.items())
        ]
        if not records:
            raise _Refusal(404, "No instance has these UIDs.")
        return [self.held.path_of(str(record.SOPInstanceUID)) for record in records]

    def _frame(self, wanted: dict[str, str], number: int) -> tuple[int, str, bytes]:
        dataset = reading.read(self._instances(wanted)[0])
        count = int(dataset.get("NumberOfFrames") or 1)
        if not 1 <= number <= count:
            raise _Refusal(404, f"There are {count} frames, from 1.")
        syntax = UID(dataset.file_meta.TransferSyntaxUID)
        if syntax.is_compressed:
            frame = get_frame(dataset.PixelData, number - 1, number_of_frames=count)
        else:
            size = len(dataset.PixelData) // count
            frame = dataset.PixelData[(number - 1) * size : number * size]
        return 200, *_multipart([frame], f"application/octet-stream; transfer-syntax={syntax}")

    def _post(self) -> tuple[int, str, bytes]:
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 < size <= LARGEST_REQUEST:
            raise _Refusal(413, f"Say how much it is: at most {LARGEST_REQUEST} bytes.")
        body = self.rfile.read(size)
        boundary = _boundary(self.headers.get("Content-Type", ""))
        stored: list[Dataset] = []
        failed: list[Dataset] = []
        for part in _parts(body, boundary):
            reference, status = self._store(part)
            (stored if status == SUCCESS else failed).append(reference)
        answer = Dataset()
        if stored:
            answer.ReferencedSOPSequence = stored
        if failed:
            answer.FailedSOPSequence = failed
        return (
            (409 if failed and not stored else 202 if failed else 200),
            JSON,
            json.dumps(answer.to_json_dict()).encode(),
        )

    def _store(self, part: bytes) -> tuple[Dataset, int]:
        reference = Dataset()
        with NamedTemporaryFile(suffix=".dcm", delete=False) as file:
            file.write(part)
        path = Path(file.name)
        try:
            status = self.held.keep(path)
            head = _head(path)
            reference.ReferencedSOPClassUID = head.get("SOPClassUID", "")
            reference.ReferencedSOPInstanceUID = head.get("SOPInstanceUID", "")
        except Exception:  # no DICOM at all
            status = 0xC000
        finally:
            path.unlink(missing_ok=True)
        if status != SUCCESS:
            reference.FailureReason = status
        return reference, status


def _asks(parts: re.Match[str]) -> str:
    """Return the level that an address asks to list; empty if it names what it wants."""
    address = parts.string.rstrip("/")
    return {"/studies": "STUDY", "/series": "SERIES", "/instances": "IMAGE"}.get(
        address[address.rfind("/") :], ""
    )


def _head(path: Path) -> Dataset:
    return reading.read(path, stop_before_pixels=True)


def _json(datasets: Any) -> bytes:
    return json.dumps(
        [dataset.to_json_dict(suppress_invalid_tags=True) for dataset in datasets]
    ).encode()


def _multipart(parts: list[bytes], kind: str) -> tuple[str, bytes]:
    boundary = uuid.uuid5(uuid.NAMESPACE_OID, str(sum(map(len, parts)))).hex
    head = f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode()
    body = b"".join(head + part for part in parts) + f"\r\n--{boundary}--\r\n".encode()
    short_kind = kind.partition(";")[0]
    return f'multipart/related; type="{short_kind}"; boundary={boundary}', body


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/related" or not boundary:
        raise _Refusal(415, "Send multipart/related; type=application/dicom.")
    return boundary.encode()


def _parts(body: bytes, boundary: bytes) -> Iterator[bytes]:
    for piece in body.split(b"--" + boundary)[1:-1]:
        _head, found, content = piece.partition(b"\r\n\r\n")
        if found:
            yield content.removesuffix(b"\r\n")
