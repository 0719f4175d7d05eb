"""Hostile senders around a learner's handler of C-STORE."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from pydicom import DataElement, Dataset, config, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from dicom_lessons.network.cases import Cases
from dicom_lessons.network.surroundings import encoded, plain_slice, without_header
from dicom_lessons.text import _

LARGEST = 1_000_000
SUCCESS = 0x0000
HOSTILE = (
    "../escaped",
    "../../escaped",
    "../inbox-old/escaped",
    "{root}/escaped",
    "sub/../../escaped",
    "..",
    "1.2.3\0../escaped",
    "9" * 10_000,
    "..\\escaped",
    "C:\\escaped",
    "C:escaped",
    "",
    " ",
    "1.2.3/",
)


def attacks() -> Cases:
    return [
        (["2.25.1"], 0),
        (["2.25.1", "2.25.2", "2.25.11"], 0),
        *(([uid], 0) for uid in HOSTILE),
        (["2.25.3"], 2 * LARGEST),
    ]


class Event:
    """What pynetdicom gives a handler of C-STORE, as far as a handler needs it."""

    def __init__(self, uid: str, padding: int) -> None:
        self.file_meta = FileMetaDataset()
        self.file_meta.MediaStorageSOPClassUID = CTImageStorage
        self.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        forge(self.file_meta, "MediaStorageSOPInstanceUID", uid)
        self.dataset = copy.deepcopy(plain_slice())
        forge(self.dataset, "SOPInstanceUID", uid)
        if padding:
            self.dataset.DataSetTrailingPadding = bytes(padding)
        self.request = SimpleNamespace(
            AffectedSOPInstanceUID=UID(uid, validation_mode=config.IGNORE),
            AffectedSOPClassUID=CTImageStorage,
            MessageID=1,
        )
        self.context = SimpleNamespace(
            abstract_syntax=CTImageStorage, transfer_syntax=ExplicitVRLittleEndian
        )

    def encoded_dataset(self, include_meta: bool = True) -> bytes:
        """Return what arrived, with a preamble and file meta information before it."""
        whole = Dataset(self.dataset)
        whole.file_meta = FileMetaDataset(self.file_meta)
        raw = encoded(whole)
        return raw if include_meta else without_header(raw)


def forge(dataset: Dataset, keyword: str, uid: str) -> None:
    """Put text into a data set as its UID, whatever it is; a hostile sender does."""
    dataset[keyword] = DataElement(keyword, "UI", uid, validation_mode=config.IGNORE)


class Attacked:
    """A learner's handler with senders around it: says what their instances came to."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.__code__ = getattr(handler, "__code__", None)

    def __call__(self, uids: list[str], padding: int) -> object:
        with TemporaryDirectory(prefix="attack-") as name, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pydicom, about such UIDs
            root = Path(name).resolve()
            folder = root / "hospital" / "inbox"
            for each in (folder, folder.with_name("inbox-old"), root / "sub"):
                each.mkdir(parents=True)
            (folder.parent / "accounts.txt").write_text("not yours", encoding="utf-8")
            before = _outside(root, folder)
            events = [Event(uid.replace("{root}", str(root)), padding) for uid in uids]
            statuses = [self._status(event, folder) for event in events]
            if _outside(root, folder) != before or not folder.is_dir():
                return _("a file outside the folder was written or changed")
            if all(status is None for status in statuses):
                return None
            kept = [path for path in folder.rglob("*") if path.is_file()]
            if padding:
                return _as_text(statuses, kept)
            if any(not uid.replace(".", "").isdigit() or len(uid) > 64 for uid in uids):
                return (
                    _("nothing outside the folder, and no piece of a file")
                    if _is_safe(statuses, kept)
                    else _as_text(statuses, kept)
                )
            if any(not _is_whole(event, kept) for event in events):
                return _("not every instance lies in the folder as a whole DICOM file")
            return _as_text(statuses, kept)

    def _status(self, event: Event, folder: Path) -> object:
        try:
            return self.handler(event, folder)
        except Exception as error:  # pynetdicom answers with a status of failure
            return type(error).__name__


def _as_text(statuses: list[object], kept: list[Path]) -> str:
    told = [f"{s:04X}H" if isinstance(s, int) and s >= 0 else str(s) for s in statuses]
    return _("status {statuses}; files: {count}", statuses=", ".join(told), count=len(kept))


def _is_safe(statuses: list[object], kept: list[Path]) -> bool:
    if any(path.stat().st_size == 0 for path in kept):
        return False
    return len(kept) == sum(status == SUCCESS for status in statuses)


def _is_whole(event: Event, kept: list[Path]) -> bool:
    for path in kept:
        try:
            dataset = dcmread(path)
        except Exception:
            continue
        if dataset == event.dataset:
            return True
    return False


def _outside(root: Path, folder: Path) -> dict[str, bytes]:
    paths = [path for path in root.rglob("*") if path != folder and folder not in path.parents]
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in paths}
