"""An archive on this computer, for as long as a block lasts: store, find, get, move.

It listens on 127.0.0.1 only, on a free port. What arrives goes to a folder under names made from a
hash, never from a UID: a sender may write anything into a UID (PS3.5 §9.1 is a rule, no lock).
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
import shutil
import ssl
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydicom import Dataset
from pydicom.misc import is_dicom
from pydicom.uid import RE_VALID_UID

from dicom_lessons import reading, sop
from dicom_lessons.network.matching import (
    ALL_KEYS,
    LEVELS,
    UNIQUE,
    QueryError,
    find,
    level_of,
    matches,
    require_unique_keys,
)
from dicom_lessons.network.words import explained

TITLE = "ARCHIVE"
SUCCESS, PENDING, CANCELLED = 0x0000, 0xFF00, 0xFE00
OUT_OF_RESOURCES, NO_MATCHING_CLASS, CANNOT_UNDERSTAND = 0xA700, 0xA900, 0xC000
UNKNOWN_DESTINATION, SUB_OPERATIONS_FAILED = 0xA801, 0xB000
LARGEST_ARCHIVE = 4 * 2**30
LARGEST_NOTE = 2**16

_TAGS = [*ALL_KEYS, "SpecificCharacterSet"]


@dataclass
class Archive:
    """What is stored, and who may be sent something.

    Attributes
    ----------
    title : str
        Its AE title.
    address, port
        Where it listens.
    folder : Path
        Where its files lie.
    partners : dict
        AE titles that C-MOVE may send to, each with address and port.
    room : int
        Bytes that it takes before it says that it is out of resources.
    web : str
        Where it is asked by web, if it is.
    """

    title: str
    folder: Path
    address: str = "127.0.0.1"
    port: int = 0
    partners: dict[str, tuple[str, int]] = field(default_factory=dict)
    room: int = LARGEST_ARCHIVE
    web: str = ""
    exchange: Any = field(default=None, repr=False)
    _sizes: dict[str, int] = field(default_factory=dict, repr=False)
    _records: dict[str, Dataset] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def messages(self) -> Any:
        """What passed, in its order; :func:`dicom_lessons.sop.draw_sequence` draws it.

        Empty for an archive that is not ours: what passes there is not seen here.
        """
        return [explained(each) for each in self.exchange.messages] if self.exchange else []

    @property
    def records(self) -> list[Dataset]:
        """What the archive knows of each instance, in the order of arrival."""
        with self._lock:
            return list(self._records.values())

    def path_of(self, uid: str) -> Path:
        """Return where an instance lies: a hash of its UID, so that no UID is a path."""
        return self.folder / f"{hashlib.sha256(str(uid).encode()).hexdigest()}.dcm"

    def keep(self, path: Path, sop_class: str = "", uid: str = "") -> int:
        """Take a file that has arrived whole; return the status of the answer (PS3.4 §B.2.3).

        Parameters
        ----------
        path : Path
            The file; it is copied.
        sop_class, uid : str, optional
            What the sender said of it: the data set has to say the same.
        """
        try:
            if not is_dicom(path):  # as it came over the network, without its beginning
                return CANNOT_UNDERSTAND
            record = _record(path)
            held_class, held_uid = str(record.SOPClassUID), str(record.SOPInstanceUID)
        except Exception:  # whatever a sender calls a data set
            return CANNOT_UNDERSTAND
        if (uid and held_uid != uid) or (sop_class and held_class != sop_class):
            return NO_MATCHING_CLASS
        if len(held_uid) > 64 or not re.fullmatch(RE_VALID_UID, held_uid):
            return CANNOT_UNDERSTAND  # PS3.5 §9.1
        size, target = path.stat().st_size, self.path_of(held_uid)
        part = target.with_suffix(f".{threading.get_ident()}.part")
        with self._lock:
            before = self._sizes.get(held_uid, 0)
            if sum(self._sizes.values()) - before + size > self.room:
                return OUT_OF_RESOURCES
            self._sizes[held_uid] = size
        try:
            shutil.copyfile(path, part)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            with self._lock:
                self._sizes[held_uid] = before
            return OUT_OF_RESOURCES
        with self._lock:
            self._records[held_uid] = record
        return SUCCESS

    def _index(self) -> None:
        """Know again what lies in the folder from an earlier time."""
        for path in sorted(self.folder.glob("*.dcm")):
            with suppress(Exception):  # any file may lie there
                record = _record(path)
                uid = str(record.SOPInstanceUID)
                if path == self.path_of(uid):
                    self._records[uid], self._sizes[uid] = record, path.stat().st_size

    # ---- what pynetdicom calls

    def _store(self, event: Any) -> int:
        request = event.request
        return self.keep(
            event.dataset_path,
            str(request.AffectedSOPClassUID),
            str(request.AffectedSOPInstanceUID),
        )

    def _find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        try:
            query, level = self._question(event)
            if level != "PATIENT":
                require_unique_keys(query, level, _root(event))
        except QueryError:
            yield NO_MATCHING_CLASS, None
            return
        for answer in find(self.records, query, level):
            if event.is_cancelled:
                yield CANCELLED, None
                return
            answer.RetrieveAETitle = self.title
            yield PENDING, answer

    def _get(self, event: Any) -> Iterator[Any]:
        try:
            wanted = self._wanted(event)
        except QueryError:
            yield 1
            yield NO_MATCHING_CLASS, None
            return
        yield len(wanted)
        yield from self._instances(event, wanted)

    def _move(self, event: Any) -> Iterator[Any]:
        title = str(event.move_destination).strip()
        destination = self.partners.get(title)
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
        noted = self.exchange.second(title)
        contexts = self._contexts(wanted)
        yield (*destination, {"ae_title": title, "contexts": contexts, "evt_handlers": noted})
        yield len(wanted)
        yield from self._instances(event, wanted)

    def _instances(self, event: Any, wanted: list[str]) -> Iterator[tuple[int, Dataset | None]]:
        for uid in wanted:
            if event.is_cancelled:
                yield CANCELLED, None
                return
            yield PENDING, reading.read(self.path_of(uid))

    def _contexts(self, uids: list[str]) -> list[Any]:
        """Return what has to be offered so that these instances can be sent as they lie here."""
        from pynetdicom import build_context

        with self._lock:
            records = [self._records[uid] for uid in uids]
        pairs = {(str(each.SOPClassUID), str(each.file_meta.TransferSyntaxUID)) for each in records}
        return [build_context(*pair) for pair in sorted(pairs)[:128]]

    def _wanted(self, event: Any) -> list[str]:
        query, level = self._question(event)
        require_unique_keys(query, level, _root(event))
        if level != "PATIENT" and not query.get(UNIQUE[LEVELS.index(level)]):
            raise QueryError(f"What is to be sent at level {level}?")
        return [str(one.SOPInstanceUID) for one in self.records if matches(one, query)]

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
    from pynetdicom import _config, evt

    entity = _entity(title, callers)
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory()) if folder is None else folder)
        place.mkdir(parents=True, exist_ok=True)
        archive = Archive(title, place, partners=dict(partners or {}), room=room)
        archive._index()
        stack.enter_context(_settings(_config))
        archive.exchange = stack.enter_context(
            sop.storage_provider(
                entity=entity,
                tls=tls,
                handlers=[
                    (evt.EVT_C_STORE, archive._store),
                    (evt.EVT_C_FIND, archive._find),
                    (evt.EVT_C_GET, archive._get),
                    (evt.EVT_C_MOVE, archive._move),
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


@contextmanager
def _settings(config: Any) -> Iterator[None]:
    """Refuse UIDs that are none, and receive to the disk, whole objects never in memory."""
    wanted = {"ENFORCE_UID_CONFORMANCE": True, "STORE_RECV_CHUNKED_DATASET": True}
    before = {name: getattr(config, name) for name in wanted}
    for name, value in wanted.items():
        setattr(config, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(config, name, value)


def _root(event: Any) -> str:
    model = str(event.context.abstract_syntax)
    return "PATIENT" if model.startswith("1.2.840.10008.5.1.4.1.2.1.") else "STUDY"


def _record(path: Path) -> Dataset:
    """Read what is to be known of an instance; a value that cannot be read counts as none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = reading.read(path, stop_before_pixels=True, specific_tags=_TAGS)
        for tag in list(record.keys()):
            try:
                str(record[tag].value)
            except Exception:  # a number of letters, an unknown character set
                del record[tag]
    return record
