"""What must run to judge the exercises of lesson 09: cases, forms, and hostile senders."""

from __future__ import annotations

import copy
import io
import ssl
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from pydicom import DataElement, Dataset, config, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.network.archive import Archive, open_archive
from dicom_lessons.reading import read
from dicom_lessons.text import N_, _

Cases = Sequence[tuple[object, ...]]

LARGEST = 1_000_000
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
_ENCODING = {"SpecificCharacterSet"}  # says how a question is written, and asks nothing
_AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBXjCCAQOgAwIBAgIUcUR2LABI9ZbsRwyTGR6pfN+cuWEwCgYIKoZIzj0EAwIw
IzEhMB8GA1UEAwwYQXV0aG9yaXR5IG9mIHRoaXMgbGVzc29uMCAXDTIwMDEwMTAw
MDAwMFoYDzIwOTkwMTAxMDAwMDAwWjAjMSEwHwYDVQQDDBhBdXRob3JpdHkgb2Yg
dGhpcyBsZXNzb24wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATpr9cFHhqIBIYM
DXEVHVAfVw9N3TRi0cZ6onK8CYe7pEwd4fQR4A/+NeqvmMFxao9YPrsAmxS65lff
8bxmzLjjoxMwETAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCq
+Op9NlM5C40VKs38G1OUhBa06hhAgLGfpEQGbbTQoAIhAKV3qiJn1bhQj2fodC64
S3VyaktL+zaspvR+11E/ihLi
-----END CERTIFICATE-----
"""


# ---- 09a and 09b


def _days() -> Cases:
    days = (("20240301", "20240312"), ("20240311", ""), ("", "20240311"), ("20240312", "20240312"))
    return [("DL-0001", *pair) for pair in days] + [("P 7", "19991231", "20000101")]


@forms.expecting(N_("an identifier: a pydicom Dataset"))
def _identifier(answer: Any) -> object:
    """Return what a question asks for; what else it wants returned is the learner's choice."""
    if not isinstance(answer, Dataset):
        raise TypeError
    level = str(answer.get("QueryRetrieveLevel") or "").strip()
    asked = sorted({element.keyword for element in answer if not element.is_empty} - _ENCODING)
    day = str(answer.get("StudyDate") or "")
    day = day if "-" in day or len(day) != 8 else f"{day}-{day}"
    return [level, asked, str(answer.get("PatientID")), day, "StudyInstanceUID" in answer]


def _told(status: int | None, **counts: int) -> Dataset:
    """Return what pynetdicom gives for a response; without Status if the connection broke."""
    told = Dataset()
    if status is not None:
        told.Status = status
    for keyword, count in counts.items():
        setattr(told, f"NumberOf{keyword}Suboperations", count)
    return told


def _responses() -> Cases:
    def match(number: int) -> Dataset:
        found = Dataset()
        found.StudyInstanceUID = f"2.25.{number}"
        return found

    first, second = match(1), match(2)
    pending, optional, success = _told(0xFF00), _told(0xFF01), (_told(0x0000), None)
    return [
        ([(pending, first), (pending, second), success],),
        ([(optional, first), (pending, second), success],),
        ([(pending, first), (_told(None), None)],),
        ([(_told(0xA900), None)],),
        ([(pending, first), (_told(0xFE00), None)],),
        ([success],),
    ]


@forms.expecting(N_("a list of identifiers"))
def _uids_of(answer: Any) -> object:
    return forms.list_of(lambda one: one and str(one.StudyInstanceUID))(answer)


def _works() -> Cases:
    return [("CT", "20240312"), ("MR", "20240401")]


@forms.expecting(N_("an identifier: a pydicom Dataset"))
def _worklist(answer: Any) -> object:
    """Return what is asked of a worklist: by keys of the patient, and by those of each step."""
    if not isinstance(answer, Dataset):
        raise TypeError
    asked = {element.keyword for element in answer if not element.is_empty}
    steps = [
        [
            sorted(element.keyword for element in step if not element.is_empty),
            str(step.get("Modality")),
            str(step.get("ScheduledProcedureStepStartDate")).partition("-")[0],
            "ScheduledProcedureStepDescription" in step,
        ]
        for step in answer.get("ScheduledProcedureStepSequence") or []
    ]
    return [sorted(asked - _ENCODING), "PatientID" in answer, steps]


def _statuses() -> Cases:
    values = (0x0000, 0xB000, 0xB006, 0xB007, 0xA700, 0xA7FF, 0xA900, 0xC000, 0x0122, 0x0117)
    return [(_told(value),) for value in (*values, None)]


def _ends() -> Cases:
    going = (_told(0xFF00, Remaining=1, Completed=1, Failed=0, Warning=0), None)
    ends = [
        _told(0x0000, Completed=2, Failed=0, Warning=0),
        _told(0x0000, Completed=0, Failed=0, Warning=0),
        _told(0xB000, Completed=1, Failed=1, Warning=0),
        _told(0xA702, Completed=0, Failed=2, Warning=0),
        _told(0xFE00, Remaining=1, Completed=1, Failed=0, Warning=0),
        _told(None),
    ]
    return [([going, (end, None)],) for end in ends] + [([(_told(0xA801), None)],)]


class _Line:
    """An association on which each file has its fate: a status, no context, or the end."""

    name = "association"

    def __init__(self, *fates: int | str) -> None:
        self.fates = {f"{number}.dcm": fate for number, fate in enumerate(fates)}
        self.is_established = True

    def send_c_store(self, path: Any, *_arguments: Any, **_options: Any) -> Dataset:
        if not self.is_established:
            raise RuntimeError("The association with a peer SCP must be established")
        fate = self.fates[Path(path).name]
        if fate == "no context":
            raise ValueError("No presentation context has been accepted by the peer")
        self.is_established = fate != "gone"
        return _told(fate if isinstance(fate, int) else None)

    def release(self) -> None:
        self.is_established = False


def _lines() -> Cases:
    fates: list[tuple[int | str, ...]] = [
        (0x0000, 0x0000, 0x0000),
        (0x0000, 0xA700, 0xB000),
        (0xB007, "no context", 0x0000),
        (0x0000, "gone", 0x0000, 0x0000),
        (),
    ]
    return [(_Line(*each), [f"{number}.dcm" for number in range(len(each))]) for each in fates]


def _offers() -> Cases:
    ct, sharp, ultrasound = (
        samples.read(name) for name in ("virtual/ct", "virtual/ct_sharp", "virtual/us")
    )
    return [([ct],), ([ct, sharp, ultrasound],), ([ct, ct, sharp, ct],), ([],)]


@forms.expecting(N_("a list of pairs of UIDs"))
def _pairs(answer: Any) -> object:
    return forms.list_of(forms.list_of(forms.uid), ordered=False)(answer)


def _instance(patient: str, study: int, series: int, number: int, modality: str) -> Dataset:
    dataset = copy.deepcopy(_slice())
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


@cache
def _files() -> tuple[bytes, ...]:
    files = [io.BytesIO() for _place in _HELD]
    for place, file in zip(_HELD, files, strict=True):
        _instance(*place).save_as(file, enforce_file_format=True)
    return tuple(file.getvalue() for file in files)


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


def _moves() -> Cases:
    return [(10**9, ""), (90_000, ""), (10**9, "2.25.1.1.2")]


def _patients() -> Cases:
    return [("DL-0001",), ("DL-0002",), ("NOBODY",)]


# ---- 09c


def _questions() -> Cases:
    base = "http://127.0.0.1:8042/dicom-web"
    return [
        (base, {"PatientID": "DL-0001"}),
        (base, {"PatientName": "Ivanov^*", "StudyDate": "20240101-20241231"}),
        (base, {"AccessionNumber": "A&B=C #7"}),
        (base, {"PatientName": "Иванов^Иван", "limit": 5}),
        (base, {"StudyDescription": "PET+CT 100%"}),
    ]


@forms.expecting(N_("an address in quotes, for example 'http://127.0.0.1/studies?limit=1'"))
def _address(answer: Any) -> object:
    """Return an address by its parts, and its question by what a server reads in it."""
    parts = urlsplit(forms.exact_text(answer))
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return [parts.scheme, parts.netloc, parts.path, parts.fragment, *map(list, pairs)]


def _instances() -> Cases:
    found = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
        "00080008": {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]},
        "00100010": {
            "vr": "PN",
            "Value": [{"Alphabetic": "Иванов^Иван", "Ideographic": "\u4f0a\u4e07"}],
        },
        "00100020": {"vr": "LO", "Value": ["DL-0001"]},
        "00100030": {"vr": "DA"},
        "00200013": {"vr": "IS", "Value": [0]},
        "00280010": {"vr": "US", "Value": [512]},
        "00081048": {"vr": "PN", "Value": []},
    }
    return [(found, tag) for tag in (*found, "00104000")] + [({}, "00100010")]


def _answers() -> Cases:
    def items(*numbers: int) -> dict[str, object]:
        uid = {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]}
        each = [
            {"00081150": uid, "00081155": {"vr": "UI", "Value": [f"2.25.{n}"]}} for n in numbers
        ]
        return {"vr": "SQ", "Value": each}

    return [
        ({"00081199": items(1, 2, 3)},),
        ({"00081199": items(1, 3), "00081198": items(2)},),
        ({"00081198": items(1, 2)},),
        ({"00081199": items(7), "00081198": {"vr": "SQ"}},),
        ({},),
    ]


def _bodies() -> Cases:
    def body(*contents: bytes, boundary: str) -> tuple[bytes, str]:
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        joined = b"".join(head + content + b"\r\n" for content in contents)
        return joined + f"--{boundary}--\r\n".encode(), boundary

    first = b"\0" * 128 + b"DICM\x02\x00"
    return [
        body(first, boundary="b0undary"),
        body(first, b"second\r\n\r\nwith an empty line", boundary="7"),
        body(b" spaces and a line at the end \r\n", b"\n", b"last", boundary="a-b.c"),
        body(b"a -- b", first + b"--", boundary="xyz"),
    ]


def _returned(path: Path) -> str:
    wanted = samples.path("virtual/us")
    if read(path).get("SOPInstanceUID") != samples.read("virtual/us").SOPInstanceUID:
        return "another"
    return "" if _data_set(path) == _data_set(wanted) else "changed"


def _data_set(path: Path) -> bytes:
    """Return the bytes behind group 0002, whose first element says how long it is."""
    raw = path.read_bytes()
    return raw[144 + int.from_bytes(raw[140:144], "little") :]


# ---- 09d


def _wires() -> Cases:
    words = ["Ivanov^Ivan", "Иванов^Иван", "DL-0001", "secret"]
    plain = b"\x04\x00\x00\x00\x08\x1aPN\x0b\x00Ivanov^Ivan\x10\x00 \x00LO\x08\x00DL-0001 "
    return [
        (plain, words),
        (plain + "PN Иванов^Иван=".encode(), words),
        (b"\x17\x03\x03\x40\x11\x93\xa8\xd0\xff", words),
        (bytearray(plain), ["LO", "Petrov"]),
        (b"", words),
    ]


def _authorities() -> Cases:
    return [(_AUTHORITY,)]


@forms.expecting(N_("an ssl.SSLContext of a client"))
def _trust(context: Any) -> object:
    """Return whom a client believes: only a certificate that was signed, for this address."""
    if not isinstance(context, ssl.SSLContext):
        raise TypeError
    minimum = context.minimum_version
    old = minimum not in (
        ssl.TLSVersion.TLSv1_2,
        ssl.TLSVersion.TLSv1_3,
        ssl.TLSVersion.MAXIMUM_SUPPORTED,
    )
    return [
        context.verify_mode == ssl.CERT_REQUIRED,
        context.check_hostname,
        len(context.get_ca_certs()),
        old,
    ]


def _names() -> Cases:
    names = ("1.2.3.dcm", "../1.2.3.dcm", "/nowhere/1.dcm", "a/../b.dcm", "a/../../b.dcm")
    more = ("../inbox-old/1.dcm", "../inbox/1.dcm", "..dcm", "a..b.dcm", "sub/1.dcm")
    return [("hospital/inbox", name) for name in (*names, *more)]


def _loads() -> Cases:
    return [
        ([], 10, 100),
        ([40, 50], 10, 100),
        ([40, 50], 11, 100),
        ([], 101, 100),
        ([100], 0, 100),
        ([60, 60], 1, 100),
    ]


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


def _attacks() -> Cases:
    return [
        (["2.25.1"], 0),
        (["2.25.1", "2.25.2", "2.25.11"], 0),
        *(([uid], 0) for uid in HOSTILE),
        (["2.25.3"], 2 * LARGEST),
    ]


@cache
def _slice() -> Dataset:
    dataset = samples.read("CT_small")
    dataset.remove_private_tags()
    return dataset


class Event:
    """What pynetdicom gives a handler of C-STORE, as far as a handler needs it."""

    def __init__(self, uid: str, padding: int) -> None:
        self.file_meta = FileMetaDataset()
        self.file_meta.MediaStorageSOPClassUID = CTImageStorage
        self.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        forge(self.file_meta, "MediaStorageSOPInstanceUID", uid)
        self.dataset = copy.deepcopy(_slice())
        forge(self.dataset, "SOPInstanceUID", uid)
        if padding:
            self.dataset.DataSetTrailingPadding = bytes(padding)
        self.request = SimpleNamespace(
            AffectedSOPInstanceUID=uid, AffectedSOPClassUID=CTImageStorage, MessageID=1
        )
        self.context = SimpleNamespace(
            abstract_syntax=CTImageStorage, transfer_syntax=ExplicitVRLittleEndian
        )

    def encoded_dataset(self, include_meta: bool = True) -> bytes:
        """Return what arrived, with a preamble and file meta information before it."""
        whole = Dataset(self.dataset)
        whole.file_meta = FileMetaDataset(self.file_meta)
        file = io.BytesIO()
        whole.save_as(file, enforce_file_format=True)
        raw = file.getvalue()
        return raw if include_meta else raw[144 + int.from_bytes(raw[140:144], "little") :]


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


class _Surrounded(Code):
    """A function that is judged by what it does to programs around it."""

    around: ClassVar[Any]

    @property
    def models(self) -> list[object]:
        """What the solutions come to in the same surroundings."""
        return [self.around(model) for model in super().models]

    def _judge(self, answer: object) -> Any:
        return super()._judge(self.around(answer) if callable(answer) else answer)

    def _mistaken(self, is_same: Any, seen: str, unforeseen: str) -> Any:
        return super()._mistaken(lambda wrong: is_same(self.around(wrong)), seen, unforeseen)


class Provider(_Surrounded):
    """A handler of C-STORE, judged by what hostile senders reach with it."""

    around = Attacked


class Asking(_Surrounded):
    """Questions of a learner, put to an archive that runs meanwhile."""

    around = Asked


class Moving(_Surrounded):
    """A transfer of a learner, between two archives that run meanwhile."""

    around = Moved


CHECKS = {
    "network-1": Check(cases=_days, form=_identifier),
    "network-2": Check(cases=_responses, form=_uids_of),
    "network-3": Check(cases=_patients, kind=Asking),
    "network-5": Check(cases=_works, form=_worklist),
    "network-6": Check(cases=_statuses, form=forms.truth),
    "network-7": Check(cases=_offers, form=_pairs),
    "network-8": Check(cases=_ends, form=forms.truth),
    "network-9": Check(cases=_lines, form=forms.list_of(forms.exact_text, ordered=False)),
    "network-10": Check(cases=_moves, kind=Moving),
    "network-11": Check(cases=_questions, form=_address),
    "network-12": Check(cases=_instances),
    "network-13": Check(cases=_answers, form=forms.list_of(forms.exact_text, ordered=False)),
    "network-14": Check(cases=_bodies, form=forms.list_of(bytes)),
    "network-15": Check(examine=_returned),
    "network-16": Check(cases=_wires, form=forms.list_of(forms.exact_text, ordered=False)),
    "network-17": Check(cases=_authorities, form=_trust),
    "network-18": Check(cases=_names, form=forms.truth),
    "network-19": Check(cases=_loads, form=forms.integer),
    "network-20": Check(cases=_attacks, kind=Provider),
}
