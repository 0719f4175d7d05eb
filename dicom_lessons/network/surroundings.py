"""Archives that run around a learner's function while it is judged."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydicom import Dataset, dcmread
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

from dicom_lessons import samples
from dicom_lessons.network.archive import Archive
from dicom_lessons.network.serving import open_archive

SECONDS_TO_RELEASE = 0.3


@cache
def plain_slice() -> Dataset:
    """Return a CT image without private elements; it is not to be changed."""
    dataset = samples.read("CT_small")
    dataset.remove_private_tags()
    return dataset


def _instance(patient: str, study: int, series: int, number: int, modality: str) -> Dataset:
    dataset = copy.deepcopy(plain_slice())
    dataset.PatientID, dataset.Modality = patient, modality
    dataset.StudyInstanceUID = f"2.25.{study}"
    dataset.SeriesInstanceUID = f"2.25.{study}.{series}"
    dataset.SOPInstanceUID = f"2.25.{study}.{series}.{number}"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


_HELD = (
    *(("DL-0001", 1, 1, number, "CT") for number in (1, 2, 3)),
    *(("DL-0001", 1, 2, number, "CT") for number in (1, 2)),
    ("DL-0001", 1, 3, 1, "PT"),
    ("DL-0001", 2, 1, 1, "CT"),
    ("DL-0002", 3, 1, 1, "CT"),
)


def encoded(dataset: Dataset) -> bytes:
    """Return a data set as a file holds it."""
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def without_header(raw: bytes) -> bytes:
    """Return the bytes behind group 0002, whose first element says how long it is."""
    return raw[144 + int.from_bytes(raw[140:144], "little") :]


@cache
def _files() -> tuple[bytes, ...]:
    return tuple(encoded(_instance(*place)) for place in _HELD)


def _fill(archive: Archive) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "instance.dcm")
        for file in _files():
            path.write_bytes(file)
            archive.keep(path)


@contextmanager
def _talk(archive: Archive, model: str) -> Iterator[Any]:
    user = AE(ae_title="STUDENT")
    user.acse_timeout = user.dimse_timeout = user.network_timeout = 10
    user.add_requested_context(model)
    association = user.associate(archive.address, archive.port, ae_title=archive.title)
    try:
        yield association
    finally:
        if association.is_established:
            # whoever left responses unread is not waited for: then it is an abort
            association.acse_timeout = SECONDS_TO_RELEASE
            association.release()


class Asked:
    """A learner's questions with an archive to answer them."""

    def __init__(self, questions: Any) -> None:
        self.questions = questions
        self.__code__ = getattr(questions, "__code__", None)

    def __call__(self, patient: str) -> object:
        with open_archive() as archive:
            _fill(archive)
            with _talk(archive, StudyRootQueryRetrieveInformationModelFind) as association:
                found = self.questions(association, patient)
        if not isinstance(found, dict):
            return found
        return {str(uid): count for uid, count in found.items()}


class Moved:
    """A learner's transfer with two archives; what the second is like makes the case."""

    def __init__(self, transfer: Any) -> None:
        self.transfer = transfer
        self.__code__ = getattr(transfer, "__code__", None)

    def __call__(self, room: int, changed: str) -> object:
        with open_archive(title="SECOND", room=room) as target:
            kept = target.keep

            def keep(path: Path, sop_class: str = "", uid: str = "") -> int:
                if uid == changed:
                    dataset = dcmread(path)
                    dataset.PatientComments = "changed"
                    dataset.save_as(path, enforce_file_format=True)
                return kept(path, sop_class, uid)

            target.keep = keep  # type: ignore[method-assign]
            partners = {target.title: (target.address, target.port)}
            with open_archive(partners=partners) as source:
                _fill(source)
                with _talk(source, StudyRootQueryRetrieveInformationModelMove) as association:
                    answer = self.transfer(association, source, target, "2.25.1", "2.25.1.1")
            if answer is None or not isinstance(answer, (list, tuple, set)):
                return answer
            return [sorted(map(str, answer)), len(target.records)]
