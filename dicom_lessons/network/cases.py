"""What functions of lesson 09 are called with, and in which form their answers are compared."""

from __future__ import annotations

import os
import posixpath
import ssl
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydicom import Dataset

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.text import N_

Cases = Sequence[tuple[object, ...]]

_ENCODING = {"SpecificCharacterSet"}  # says how a question is written, and asks nothing

AUTHORITY = """-----BEGIN CERTIFICATE-----
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


def days() -> Cases:
    days = (("20240301", "20240312"), ("20240311", ""), ("", "20240311"), ("20240312", "20240312"))
    return [("DL-0001", *pair) for pair in days] + [("P 7", "19991231", "20000101")]


@forms.expecting(N_("an identifier: a pydicom Dataset"))
def identifier(answer: Any) -> object:
    """Return what a question asks for; what else it wants returned is the learner's choice."""
    if not isinstance(answer, Dataset):
        raise TypeError
    level = str(answer.get("QueryRetrieveLevel") or "").strip()
    asked = sorted({element.keyword for element in answer if not element.is_empty} - _ENCODING)
    day = str(answer.get("StudyDate") or "")
    day = day if "-" in day or len(day) != 8 else f"{day}-{day}"
    return [level, asked, str(answer.get("PatientID")), day, "StudyInstanceUID" in answer]


def told(status: int | None, **counts: int) -> Dataset:
    """Return what pynetdicom gives for a response; without Status if the connection broke."""
    told = Dataset()
    if status is not None:
        told.Status = status
    for keyword, count in counts.items():
        setattr(told, f"NumberOf{keyword}Suboperations", count)
    return told


def responses() -> Cases:
    def match(number: int) -> Dataset:
        found = Dataset()
        found.StudyInstanceUID = f"2.25.{number}"
        return found

    first, second = match(1), match(2)
    pending, optional, success = told(0xFF00), told(0xFF01), (told(0x0000), None)
    return [
        ([(pending, first), (pending, second), success],),
        ([(optional, first), (pending, second), success],),
        ([(pending, first), (told(None), None)],),
        ([(told(0xA900), None)],),
        ([(pending, first), (told(0xFE00), None)],),
        ([success],),
    ]


@forms.expecting(N_("a list of identifiers"))
def uids_of(answer: Any) -> object:
    return forms.list_of(lambda one: one and str(one.StudyInstanceUID))(answer)


def works() -> Cases:
    return [("CT", "20240312"), ("MR", "20240401")]


@forms.expecting(N_("an identifier: a pydicom Dataset"))
def worklist(answer: Any) -> object:
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


def statuses() -> Cases:
    values = (0x0000, 0xB000, 0xB006, 0xB007, 0xA700, 0xA7FF, 0xA900, 0xC000, 0x0122, 0x0117)
    return [(told(value),) for value in (*values, None)]


def ends() -> Cases:
    going = (told(0xFF00, Remaining=1, Completed=1, Failed=0, Warning=0), None)
    ends = [
        told(0x0000, Completed=2, Failed=0, Warning=0),
        told(0x0000, Completed=0, Failed=0, Warning=0),
        told(0xB000, Completed=1, Failed=1, Warning=0),
        told(0xA702, Completed=0, Failed=2, Warning=0),
        told(0xFE00, Remaining=1, Completed=1, Failed=0, Warning=0),
        told(None),
    ]
    return [([going, (end, None)],) for end in ends] + [([(told(0xA801), None)],)]


class Line:
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
        return told(fate if isinstance(fate, int) else None)

    def release(self) -> None:
        self.is_established = False


def lines() -> Cases:
    fates: list[tuple[int | str, ...]] = [
        (0x0000, 0x0000, 0x0000),
        (0x0000, 0xA700, 0xB000),
        (0xB007, "no context", 0x0000),
        (0x0000, "gone", 0x0000, 0x0000),
        (),
    ]
    return [(Line(*each), [f"{number}.dcm" for number in range(len(each))]) for each in fates]


def offers() -> Cases:
    ct, sharp, ultrasound = (
        samples.read(name) for name in ("virtual/ct", "virtual/ct_sharp", "virtual/us")
    )
    return [([ct],), ([ct, sharp, ultrasound],), ([ct, ct, sharp, ct],), ([],)]


@forms.expecting(N_("a list of pairs of UIDs"))
def pairs(answer: Any) -> object:
    return forms.list_of(forms.list_of(forms.uid), ordered=False)(answer)


def moves() -> Cases:
    return [(10**9, ""), (90_000, ""), (10**9, "2.25.1.1.2")]


def patients() -> Cases:
    return [("DL-0001",), ("DL-0002",), ("NOBODY",)]


# ---- 09c


def questions() -> Cases:
    base = "http://127.0.0.1:8042/dicom-web"
    return [
        (base, {"PatientID": "DL-0001"}),
        (base, {"PatientName": "Ivanov^*", "StudyDate": "20240101-20241231"}),
        (base, {"AccessionNumber": "A&B=C #7"}),
        (base, {"PatientName": "Иванов^Иван", "limit": 5}),
        (base, {"StudyDescription": "PET+CT 100%"}),
    ]


@forms.expecting(N_("an address in quotes, for example 'http://127.0.0.1/studies?limit=1'"))
def address(answer: Any) -> object:
    """Return an address by its parts, and its question by what a server reads in it."""
    parts = urlsplit(forms.exact_text(answer))
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return [parts.scheme, parts.netloc, parts.path, parts.fragment, *map(list, pairs)]


def instances() -> Cases:
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


def answers() -> Cases:
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


def bodies() -> Cases:
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


# ---- 09d


def wires() -> Cases:
    words = ["Ivanov^Ivan", "Иванов^Иван", "DL-0001", "secret"]
    plain = b"\x04\x00\x00\x00\x08\x1aPN\x0b\x00Ivanov^Ivan\x10\x00 \x00LO\x08\x00DL-0001 "
    return [
        (plain, words),
        (plain + "PN Иванов^Иван=".encode(), words),
        (b"\x17\x03\x03\x40\x11\x93\xa8\xd0\xff", words),
        (bytearray(plain), ["LO", "Petrov"]),
        (b"", words),
    ]


@forms.expecting(N_("an ssl.SSLContext of a client"))
def trust(context: Any) -> object:
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
        context.verify_mode != ssl.CERT_NONE,  # optional is the same of a client
        context.check_hostname,
        len(context.get_ca_certs()),
        old,
    ]


@forms.expecting(N_("a status in four hexadecimal digits, for example 'FE00'"))
def status(answer: Any) -> str:
    """Return a status as four hexadecimal digits, from its text or its number."""
    if isinstance(answer, str):
        answer = int(forms.text(answer).removesuffix("h"), 16)
    return f"{forms.integer(answer):04X}"


@forms.expecting(N_("text in quotes"))
def folder(answer: Any) -> str:
    """Return the path of a folder, from its own or from that of the file in it."""
    path = PurePosixPath(posixpath.normpath(forms.exact_text(os.fspath(answer)).strip("/")))
    return str(path.parent if path.suffix else path).casefold()


def names() -> Cases:
    names = ("1.2.3.dcm", "../1.2.3.dcm", "/nowhere/1.dcm", "a/../b.dcm", "a/../../b.dcm")
    more = ("../inbox-old/1.dcm", "../inbox/1.dcm", "..dcm", "a..b.dcm", "sub/1.dcm")
    return [("hospital/inbox", name) for name in (*names, *more)]


def loads() -> Cases:
    return [
        ([], 10, 100),
        ([40, 50], 10, 100),
        ([40, 50], 11, 100),
        ([], 101, 100),
        ([100], 0, 100),
        ([60, 60], 1, 100),
    ]
