"""What an archive holds: files in a folder, and what is known of each instance.

What arrives goes to a folder under names made from a hash, never from a UID: a sender may write
anything into a UID (PS3.5 §9.1 is a rule, no lock).
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.misc import is_dicom
from pydicom.uid import RE_VALID_UID

from dicom_lessons import reading
from dicom_lessons.network.matching import ALL_KEYS
from dicom_lessons.network.words import explained

SUCCESS = 0x0000
OUT_OF_RESOURCES, NO_MATCHING_CLASS, CANNOT_UNDERSTAND = 0xA700, 0xA900, 0xC000
LARGEST_ARCHIVE = 4 * 2**30

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

    def index(self) -> None:
        """Know again what lies in the folder from an earlier time."""
        for path in sorted(self.folder.glob("*.dcm")):
            with suppress(Exception):  # any file may lie there
                record = _record(path)
                uid = str(record.SOPInstanceUID)
                if path == self.path_of(uid):
                    self._records[uid], self._sizes[uid] = record, path.stat().st_size


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
