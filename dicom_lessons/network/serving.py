"""An archive on this computer, for as long as a block lasts: store, find, get, move.

It listens on 127.0.0.1 only, on a free port.
"""

from __future__ import annotations

import copy
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from io import FileIO
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from pydicom import Dataset

from dicom_lessons import reading, sop
from dicom_lessons.network.archive import LARGEST_ARCHIVE, NO_MATCHING_CLASS, Archive
from dicom_lessons.network.matching import (
    LEVELS,
    UNIQUE,
    QueryError,
    find,
    level_of,
    matches,
    require_unique_keys,
)

TITLE = "ARCHIVE"
PENDING, CANCELLED = 0xFF00, 0xFE00
LARGEST_NOTE = 2**16


class Services:
    """What pynetdicom calls when somebody asks something of an archive.

    Attributes
    ----------
    archive : Archive
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def store(self, event: Any) -> int:
        """Answer a C-STORE request (PS3.4 §B.2.3)."""
        request = event.request
        return self.archive.keep(
            event.dataset_path,
            str(request.AffectedSOPClassUID),
            str(request.AffectedSOPInstanceUID),
        )

    def find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        """Answer a C-FIND request: each match, pending (PS3.4 §C.4.1)."""
        try:
            query, level = self._question(event)
            if level != "PATIENT":
                require_unique_keys(query, level, _root(event))
        except QueryError:
            yield NO_MATCHING_CLASS, None
            return
        for answer in find(self.archive.records, query, level):
            if event.is_cancelled:
                yield CANCELLED, None
                return
            answer.RetrieveAETitle = self.archive.title
            yield PENDING, answer

    def get(self, event: Any) -> Iterator[Any]:
        """Answer a C-GET request over its own association (PS3.4 §C.4.3)."""
        try:
            wanted = self._wanted(event)
        except QueryError:
            yield 1
            yield NO_MATCHING_CLASS, None
            return
        yield len(wanted)
        yield from self._instances(event, wanted)

    def move(self, event: Any) -> Iterator[Any]:
        """Answer a C-MOVE request over a second association (PS3.4 §C.4.2)."""
        title = str(event.move_destination).strip()
        destination = self.archive.partners.get(title)
        if destination is None:
            yield None, None  # pynetdicom answers A801H
            return
        try:
            wanted = self._wanted(event)
        except QueryError:
            yield (*destination, {"ae_title": title})
            yield 1
            yield NO_MATCHING_CLASS, None
            return
        noted = self.archive.exchange.second(title)
        contexts = self._contexts(wanted)
        yield (*destination, {"ae_title": title, "contexts": contexts, "evt_handlers": noted})
        yield len(wanted)
        yield from self._instances(event, wanted)

    def _instances(self, event: Any, wanted: list[str]) -> Iterator[tuple[int, Dataset | None]]:
        for uid in wanted:
            if event.is_cancelled:
                yield CANCELLED, None
                return
            yield PENDING, reading.read(self.archive.path_of(uid))

    def _contexts(self, uids: list[str]) -> list[Any]:
        """Return what has to be offered so that these instances can be sent as they lie here."""
        from pynetdicom import build_context

        wanted = set(uids)
        pairs = {
            (str(each.SOPClassUID), str(each.file_meta.TransferSyntaxUID))
            for each in self.archive.records
            if str(each.SOPInstanceUID) in wanted
        }
        return [build_context(*pair) for pair in sorted(pairs)[:128]]

    def _wanted(self, event: Any) -> list[str]:
        query, level = self._question(event)
        require_unique_keys(query, level, _root(event))
        if level != "PATIENT" and not query.get(UNIQUE[LEVELS.index(level)]):
            raise QueryError(f"What is to be sent at level {level}?")
        return [str(one.SOPInstanceUID) for one in self.archive.records if matches(one, query)]

    def _question(self, event: Any) -> tuple[Dataset, str]:
        try:
            query = event.identifier
            return query, level_of(query, _root(event))
        except QueryError:
            raise
        except Exception as error:  # pydicom reads late, and a peer may send anything
            raise QueryError(str(type(error).__name__)) from None


@contextmanager
def open_archive(
    folder: str | os.PathLike[str] | None = None,
    *,
    title: str = TITLE,
    partners: Mapping[str, tuple[str, int]] | None = None,
    room: int = LARGEST_ARCHIVE,
    tls: ssl.SSLContext | None = None,
    callers: tuple[str, ...] = (),
) -> Iterator[Archive]:
    """Run an archive while a ``with`` block lasts.

    Parameters
    ----------
    folder : str or path, optional
        Where its files go; otherwise a temporary folder, gone afterwards.
    title : str
        Its AE title: 1 to 16 characters.
    partners : mapping of str to (str, int), optional
        Whom C-MOVE may send to.
    room : int
        Bytes that it takes.
    tls : ssl.SSLContext, optional
        Then nobody without TLS is let in.
    callers : tuple of str
        The only AE titles that are let in; all if it is empty. No lock: a title is a claim.

    Yields
    ------
    Archive

    See Also
    --------
    connect_archive : the same, or a real Orthanc.
    """
    from pynetdicom import evt

    entity = _entity(title, callers)
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory()) if folder is None else folder)
        place.mkdir(parents=True, exist_ok=True)
        archive = Archive(title, place, partners=dict(partners or {}), room=room)
        archive.index()
        services = Services(archive)
        stack.enter_context(_settings())
        archive.exchange = stack.enter_context(
            sop.storage_provider(
                entity=entity,
                tls=tls,
                handlers=[
                    (evt.EVT_C_STORE, services.store),
                    (evt.EVT_C_FIND, services.find),
                    (evt.EVT_C_GET, services.get),
                    (evt.EVT_C_MOVE, services.move),
                ],
            )
        )
        archive.exchange.largest_data_set = LARGEST_NOTE
        archive.port = archive.exchange.port
        yield archive


def _entity(title: str, callers: tuple[str, ...]) -> Any:
    entity = copy.copy(_everything())
    entity.ae_title, entity.require_calling_aet = title, list(callers)
    return entity


@cache
def _everything() -> Any:
    """Return an application entity that stores, finds and sends everything; it takes a while."""
    from pynetdicom import (
        AE,
        ALL_TRANSFER_SYNTAXES,
        AllStoragePresentationContexts,
        QueryRetrievePresentationContexts,
    )

    entity = AE()
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(
            str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES, scu_role=True, scp_role=True
        )
    for context in QueryRetrievePresentationContexts:
        service = str(context.abstract_syntax)
        if service.startswith(("1.2.840.10008.5.1.4.1.2.1.", "1.2.840.10008.5.1.4.1.2.2.")):
            entity.add_supported_context(service)
    return entity


class _Arriving(FileIO):
    """A file for an instance that arrives, which pynetdicom may forget to close."""

    @property
    def file(self) -> FileIO:
        """Itself, as a file of :mod:`tempfile` has it."""
        return self

    def __del__(self) -> None:
        self.close()


@contextmanager
def _settings() -> Iterator[None]:
    """Refuse UIDs that are none, and receive to the disk, whole objects never in memory.

    pynetdicom leaves there what a sender did not end, and all that C-GET fetched: it lies in a
    folder that goes with the outermost archive.
    """
    from pynetdicom import _config, dimse_messages

    if vars(dimse_messages)["NamedTemporaryFile"] is not NamedTemporaryFile:
        yield  # an archive around this one has seen to it
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        numbers = count()

        def arriving(**_options: Any) -> _Arriving:
            return _Arriving(Path(folder, f"{next(numbers)}.dcm"), "w")

        for place, name, value in (
            (_config, "ENFORCE_UID_CONFORMANCE", True),
            (_config, "STORE_RECV_CHUNKED_DATASET", True),
            (dimse_messages, "NamedTemporaryFile", arriving),
        ):
            stack.callback(setattr, place, name, getattr(place, name))
            setattr(place, name, value)
        yield


def _root(event: Any) -> str:
    model = str(event.context.abstract_syntax)
    return "PATIENT" if model.startswith("1.2.840.10008.5.1.4.1.2.1.") else "STUDY"
