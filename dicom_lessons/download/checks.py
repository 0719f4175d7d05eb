"""What must run to judge the exercises of lesson 05: cases, forms, examinations."""

from __future__ import annotations

import gc
import hashlib
import os
import tempfile
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydicom import FileDataset
from pydicom.errors import InvalidDicomError

from dicom_lessons import samples
from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.download.server import FAULTS, Faulty, serve
from dicom_lessons.exercises.calls import Outcome
from dicom_lessons.exercises.kinds import Check, Code, Exercise
from dicom_lessons.exercises.plain import Raised
from dicom_lessons.exercises.verdicts import Verdict, called
from dicom_lessons.text import _


def _addresses() -> list[tuple[str]]:
    return [
        ("https://example.org/data/RG1_J2KI.dcm",),
        ("https://example.org/data/RG1_J2KI.dcm?raw=true",),
        ("https://example.org/data/RG1%20J2KI.dcm",),
        ("https://example.org/data/%2E%2E%2Fx.dcm",),
        ("https://example.org/data/..%5Cx.dcm",),
        ("https://example.org/data/",),
        ("https://example.org/data/..",),
        ("https://example.org/data/.",),
        ("https://example.org/data/50%2525.dcm",),
        ("https://example.org",),
    ]


def _contents() -> list[tuple[bytes, int, str]]:
    whole = samples.path("CT_small").read_bytes()
    sha256 = hashlib.sha256(whole).hexdigest()
    size = len(whole)
    return [
        (whole, size, sha256),
        (whole, size, sha256.upper()),
        (whole[:-100], size, sha256),
        (whole[:-1] + b"?", size, sha256),
        (b"", size, sha256),
        (whole[:-100], size - 100, sha256),
        (whole, size + 1, sha256),
    ]


def _on_the_server() -> list[tuple[str]]:
    address = start_classroom()
    return [(f"{address}data/{name}.dcm",) for name in ("CT_small", "MR_small", "nothing")]


def _data_set(result: object) -> object:
    if isinstance(result, FileDataset):
        return "data set", str(result.SOPInstanceUID), len(result)
    return result


@dataclass(frozen=True, kw_only=True)
class Reading(Code):
    """A function that may raise any error where the model raises one, whatever library it uses.

    Only "this is no DICOM file" is another error: the status was not looked at.
    """

    def _agree(self, one: Outcome, other: Outcome) -> bool:
        both = one.plain, other.plain
        if all(isinstance(each, Raised) for each in both):
            wrong = (InvalidDicomError.__name__ in each.types for each in both)
            return len({*wrong}) == 1
        return super()._agree(one, other)


@dataclass(frozen=True, kw_only=True)
class Download(Exercise):
    """A function that downloads, let loose on a server of this computer with one fault each time.

    It is called with address, path, size, SHA-256 and time limit. From a server that answers
    well it leaves the file at the path, in place of an older one too; else it raises anything and
    leaves the folder as it was. The faults that are tried, in the server's order, are those that
    ``findings`` explain.
    """

    def _judge(self, answer: object) -> Verdict:
        with warnings.catch_warnings(action="ignore"):
            # connections that the function forgets to close
            try:
                return self._first_failing(answer)
            finally:
                gc.collect()

    def _first_failing(self, function: object) -> Verdict:
        faults = [fault for fault in FAULTS if fault in self.findings]
        tries = [("", ""), *((fault, "") for fault in faults), ("breaks off", OLD), ("", OLD)]
        for fault, before in tries:
            finding, seen, refusal = _met(function, fault, before)
            if refusal:
                return refusal
            if finding:
                return self._found(finding, seen)
        return self._right()


OLD = "an older version"


def _met(function: object, fault: str, before: str) -> tuple[str, str, Verdict | None]:
    """Return what was done badly and what was seen, or that there was nothing to see.

    An older version of the file has two names, so that it shows who writes into it.
    """
    content, old = samples.path("CT_small").read_bytes(), before.encode()
    server = Faulty(content, (fault,) if fault else (), patience=1.5)
    with tempfile.TemporaryDirectory() as parent, serve(server) as address:
        folder, other_name = Path(parent) / "folder", Path(parent) / "other name"
        folder.mkdir()
        path = folder / "CT_small.dcm"
        if old:
            path.write_bytes(old)
            _link(path, other_name)
        sha256 = hashlib.sha256(content).hexdigest()
        arguments = (f"{address}CT_small.dcm", str(path), len(content), sha256, 0.5)
        results, refusal = called(function, [arguments], may_give_nothing=True)
        if refusal:
            return "", "", refusal
        left = {one.name: one.read_bytes() if one.is_file() else b"" for one in folder.iterdir()}
        in_place = other_name.is_file() and other_name.read_bytes() != old
    returned = results[0].result
    failure = returned.text if isinstance(returned, Raised) else ""
    if not fault and returned is None and not left:
        return "", "", Verdict(None)
    kept = left.pop(path.name, None)
    finding = ""
    if server.waited:
        finding = "stalls" if fault == "stalls" else "endless"
    elif fault and kept != (old or None):
        finding = "kept" if old else fault
    elif not fault and (kept != content or failure):
        finding = "not replaced" if old else "no fault"
    elif left:
        finding = "left over"
    elif fault and not failure:
        finding = "stale" if old else "no error"
    elif in_place:
        finding = "in place"
    seen = _(
        "The server {does}. Your function {did}; files left: {names}.",
        does=_(FAULTS[fault][1]) if fault else _("answers well"),
        did=_("raised {error}", error=failure) if failure else _("raised no error"),
        names=", ".join(sorted({*left, *([path.name] if kept is not None else [])})) or _("none"),
    )
    return finding, seen, None


def _link(path: Path, name: Path) -> None:
    with suppress(OSError):  # some disks know no second names
        os.link(path, name)


def _examine_delivery(path: Path) -> str:
    if path.resolve().parts[-2:] != ("my_work", "delivered.dcm"):
        return "elsewhere"
    wanted = samples.get("CT_small")
    with path.open("rb") as file:  # of any size
        content = file.read(wanted.size + 1)
    if hashlib.sha256(content).hexdigest() == wanted.sha256:
        return ""
    if content.lstrip()[:1] == b"<":
        return "web page"
    if len(content) != wanted.size:
        return "too short" if len(content) < wanted.size else "too long"
    return "other bytes"


CHECKS = {
    "download-1": Check(cases=_addresses),
    "download-2": Check(cases=_contents),
    "download-4": Check(kind=Download),
    "download-5": Check(examine=_examine_delivery),
    "download-8": Check(kind=Reading, cases=_on_the_server, form=_data_set),
}
