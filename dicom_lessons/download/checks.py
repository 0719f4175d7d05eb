"""What must run to judge the exercises of lesson 05: cases, forms, examinations."""

from __future__ import annotations

import gc
import hashlib
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dicom_lessons import samples
from dicom_lessons.download.server import FAULTS, Faulty, serve
from dicom_lessons.exercises.kinds import Check, Exercise, Verdict, shown
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
    ]


@dataclass(frozen=True, kw_only=True)
class Download(Exercise):
    """A function that downloads, let loose on a server of this computer with one fault each time.

    It is called with address, path, size, SHA-256 and time limit. From a server that answers
    well it leaves the file at the path; else it raises anything and leaves the folder as it was.
    The faults that are tried, in the server's order, are those that ``findings`` explain.
    """

    def _judge(self, answer: object) -> Verdict:
        if not callable(answer):
            seen = _("You answered {answer}. A function is expected here.", answer=shown(answer))
            return Verdict(False, seen)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # connections that the function forgets to close
            try:
                return self._first_failing(answer)
            finally:
                gc.collect()

    def _first_failing(self, function: Callable[..., object]) -> Verdict:
        faults = [fault for fault in FAULTS if fault in self.findings]
        for fault in ("", *faults, "kept"):
            fine, seen = _met(function, fault)
            if not seen:
                return Verdict(None)
            if not fine:
                return self._found(fault or "no fault", seen)
        return self._right()


def _met(function: Callable[..., object], fault: str) -> tuple[bool, str]:
    """Return whether a function met a fault well, and what was seen; nothing if it did nothing."""
    content = samples.path("CT_small").read_bytes()
    real_fault = "breaks off" if fault == "kept" else fault
    server = Faulty(content, (real_fault,) if real_fault else (), patience=1.5)
    with tempfile.TemporaryDirectory() as folder, serve(server) as address:
        path = Path(folder) / "CT_small.dcm"
        if fault == "kept":
            path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        arguments = (f"{address}CT_small.dcm", str(path), len(content), sha256, 0.5)
        returned, failure = _called(function, arguments)
        left = {one.name: one.read_bytes() for one in Path(folder).iterdir() if one.is_file()}
    if not fault and not failure and returned is None and not left:
        return False, ""
    good = {path.name: content}
    fine = left == (good if fault in ("", "kept") else {}) and not server.waited
    fine = fine and bool(failure) == bool(fault)
    seen = _(
        "The server {does}. Your function {did}; files left: {names}.",
        does=_(FAULTS[real_fault][1]) if real_fault else _("answers well"),
        did=_("raised {error}", error=failure) if failure else _("raised no error"),
        names=", ".join(sorted(left)) or _("none"),
    )
    return fine, seen


def _called(function: Callable[..., object], arguments: tuple[object, ...]) -> tuple[object, str]:
    """Return what a function returned, and what it raised."""
    try:
        return function(*arguments), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # even sys.exit() ends the download, not the lesson
        return None, shown(error)


def _examine_delivery(path: Path) -> str:
    content = path.read_bytes()
    wanted = samples.get("CT_small")
    if hashlib.sha256(content).hexdigest() == wanted.sha256:
        return ""
    if content.lstrip()[:1] == b"<":
        return "web page"
    if len(content) < wanted.size:
        return "too short"
    return "other bytes"


CHECKS = {
    "download-1": Check(cases=_addresses),
    "download-2": Check(cases=_contents),
    "download-4": Check(kind=Download),
    "download-5": Check(examine=_examine_delivery),
}
