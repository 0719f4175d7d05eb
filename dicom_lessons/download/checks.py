"""What must run to judge the exercises of lesson 05: cases, forms, examinations."""

from __future__ import annotations

import gc
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
    good = ("RG1_J2KI.dcm", "RG1_J2KI.dcm?raw=true", "RG1%20J2KI.dcm")
    names = (*good, "%2E%2E%2Fx.dcm", "..%5Cx.dcm", "", "..")
    return [(f"https://example.org/data/{name}",) for name in names]


def _contents() -> list[tuple[bytes, int, str]]:
    whole, wanted = samples.path("CT_small").read_bytes(), samples.get("CT_small")
    size, sha256 = wanted.size, wanted.sha256
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
        faults = [fault for fault in FAULTS if fault in self.findings]
        for fault in ("", *faults, "kept"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # connections that the function forgets to close
                fine, seen = _met(answer, fault)
                gc.collect()
            if not seen:
                return Verdict(None)
            if not fine:
                return self._found(fault or "no fault", seen)
        return self._right()


def _met(function: Callable[..., object], fault: str) -> tuple[bool, str]:
    """Return whether a function met a fault well, and what was seen; nothing if it did nothing."""
    content, wanted = samples.path("CT_small").read_bytes(), samples.get("CT_small")
    real_fault = "breaks off" if fault == "kept" else fault
    server = Faulty(content, (real_fault,), patience=1.5)
    returned, failure = None, ""
    with tempfile.TemporaryDirectory() as folder, serve(server) as address:
        path = Path(folder) / "CT_small.dcm"
        if fault == "kept":
            path.write_bytes(content)
        asked = (f"{address}CT_small.dcm", str(path), wanted.size, wanted.sha256, 0.5)
        try:
            returned = function(*asked)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # even sys.exit() ends the download, not the lesson
            failure = shown(error)
        left = {one.name: one.read_bytes() for one in Path(folder).iterdir() if one.is_file()}
    if not fault and not failure and returned is None and not left:
        return False, ""
    right = {path.name: content} if fault in ("", "kept") else {}
    fine = left == right and not server.waited and bool(failure) == bool(fault)
    seen = _(
        "The server {does}. Your function {did}; files left: {names}.",
        does=_(FAULTS[real_fault][1]) if real_fault else _("answers well"),
        did=_("raised {error}", error=failure) if failure else _("raised no error"),
        names=", ".join(sorted(left)) or _("none"),
    )
    return fine, seen


def _examine_delivery(path: Path) -> str:
    content, whole = path.read_bytes(), samples.path("CT_small").read_bytes()
    if content == whole:
        return ""
    if content.lstrip()[:1] == b"<":
        return "web page"
    return "too short" if len(content) < len(whole) else "other bytes"


CHECKS = {
    "download-1": Check(cases=_addresses),
    "download-2": Check(cases=_contents),
    "download-4": Check(kind=Download),
    "download-5": Check(examine=_examine_delivery),
}
