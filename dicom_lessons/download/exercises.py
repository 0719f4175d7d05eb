"""Exercises of lesson 05: downloads that keep nothing but whole, verified files."""

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
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import (
    Choice,
    Code,
    Exercise,
    Mistake,
    Option,
    Parsons,
    Prediction,
    Repair,
    Value,
    Verdict,
    shown,
)
from dicom_lessons.text import N_, _

WARM_UP = (
    Choice(
        name="download-w1",
        question=N_("A plate that was read by a laser gives a chest radiograph: which Modality?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("Lesson 03 has a picture of each."),
            N_("The plate, not the detector, makes the difference."),
            N_("Computed Radiography."),
        ),
        options=(
            Option(N_("CR"), N_("CR is Computed Radiography, with a plate that a laser reads.")),
            Option(N_("DR"), N_("DR is no defined term; digital radiography is DX.")),
            Option(N_("XA"), N_("XA is X-Ray Angiography: vessels with contrast.")),
        ),
    ),
    Choice(
        name="download-w2",
        question=N_("Where is the SOP Class UID that travels with an object over a network?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Lesson 04: there are two copies."),
            N_("Group 0002 belongs to files."),
            N_("It is in group 0008."),
        ),
        options=(
            Option(
                N_("In (0002,0002), the meta information"),
                N_("Group 0002 is the header of a file; C-STORE does not send it."),
            ),
            Option(
                N_("In (0008,0016), the data set"),
                N_("The data set has it in every case; group 0002 repeats it in files."),
            ),
            Option(N_("In the name of the file"), N_("A name proves nothing about the content.")),
        ),
    ),
    Choice(
        name="download-w3",
        question=N_("Which element says that the pixels are compressed with JPEG 2000?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Lesson 02: it is one of the UIDs."),
            N_("It stands in the meta information."),
            N_("(0002,0010)."),
        ),
        options=(
            Option(N_("SOP Class UID"), N_("It says what kind of object this is, not how.")),
            Option(N_("SOP Instance UID"), N_("It identifies this one object and says no more.")),
            Option(
                N_("Transfer Syntax UID"),
                N_("It names the encoding of the data set, compressed pixels included."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="download-p1",
        question=N_("How many bytes can still be read from the connection?"),
        solution="left = 0",
        why=N_("response.content reads everything into memory, with or without stream=True."),
        hints=(
            N_("What does response.content give you?"),
            N_("It gives the whole file, as bytes."),
            N_("Nothing is left on the connection."),
        ),
        mistakes=(
            Mistake("left = 39206", N_("These are all bytes of the file: they were read before.")),
        ),
    ),
    Prediction(
        name="download-p2",
        question=N_("Does modified.dcm hold the same bytes as the file that was read?"),
        solution="same = True",
        why=N_("Nothing was modified: pydicom writes the bytes that it has read."),
        hints=(
            N_("Which line changed an element?"),
            N_("None did."),
            N_("What is not changed is written as it was."),
        ),
        mistakes=(
            Mistake("same = False", N_("The name of the file promises more than was done.")),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="download-p3",
        question=N_("How many bytes will the code from the beginning save, without an error?"),
        solution="saved = 39106",
        why=N_("requests believes the announced length and stops 100 bytes early, in silence."),
        hints=(
            N_("What does a client know of the length?"),
            N_("It knows what the server announced."),
            N_("39,206 less 100."),
        ),
        mistakes=(
            Mistake("saved = 39206", N_("The server sent no more than it had announced.")),
            Mistake("saved = 0", N_("An error would be better, but there is none.")),
        ),
    ),
    Prediction(
        name="download-p4",
        question=N_("Can pydicom decode JPEG 2000 with no other package than NumPy?"),
        solution="alone = False",
        why=N_("pydicom decodes RLE by itself; for JPEG 2000 it calls another package."),
        hints=(
            N_("Lesson 00 listed what decodes each transfer syntax here."),
            N_("JPEG 2000 needs a library of its own."),
            N_("pydicom brings none."),
        ),
        mistakes=(Mistake("alone = True", N_("Reading the elements needs pydicom alone.")),),
        form=forms.truth,
    ),
)

EXPLORATION = (
    Choice(
        name="download-q1",
        question=N_("Which fault can be noticed by no other check than the hash?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Try each of the three in the explorer."),
            N_("Two of them change the number of bytes."),
            N_("Look for a wrong file with 39,206 bytes."),
        ),
        options=(
            Option(
                N_("The server closes the connection when half of the file is sent."),
                N_("requests raises an error here, and the size is wrong as well."),
            ),
            Option(
                N_("The server announces 100 bytes less than the file has, and sends no more."),
                N_("There is no error, but the size is not the pinned one."),
            ),
            Option(
                N_("The server sends a file of the right size with one byte changed."),
                N_("Status, length and type are as they should be; the hash alone differs."),
            ),
        ),
    ),
)

_FILE_NAME = """\
from urllib.parse import unquote, urlsplit


def file_name(url):
    path = unquote(urlsplit(url).path).replace("\\\\", "/")
    name = path.split("/")[-1]
    if name in ("", ".", ".."):
        raise ValueError(f"no file name in {url}")
    return name
"""
_INTACT = """\
import hashlib


def intact(content, size, sha256):
    return len(content) == size and hashlib.sha256(content).hexdigest() == sha256.lower()
"""


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


_CARELESS = """\
import requests


def fetch(url, path, size, sha256, timeout):
    response = requests.get(url, stream=True)
    response.raise_for_status()
    with open(path, "wb") as file:
        for chunk in response.iter_content(chunk_size=8192):
            file.write(chunk)
    return path
"""
_TIMED = _CARELESS.replace("stream=True", "stream=True, timeout=timeout")
_NO_STATUS = _TIMED.replace("    response.raise_for_status()\n", "")
_STRAIGHT = _TIMED.replace("timeout=timeout", "timeout=timeout, allow_redirects=False").replace(
    "response.raise_for_status()", "assert response.status_code == 200"
)
_FETCH = """\
import hashlib
import os
from pathlib import Path

import requests


def fetch(url, path, size, sha256, timeout):
    part = Path(f"{path}.part")
    digest = hashlib.sha256()
    received = 0
    try:
        response = requests.get(url, stream=True, timeout=timeout, allow_redirects=False)
        if response.status_code != 200:
            raise OSError(f"the server answers {response.status_code}")
        with part.open("wb") as file:
            for chunk in response.iter_content(chunk_size=8192):
                received += len(chunk)
                if received > size:
                    raise OSError("more came than was announced")
                digest.update(chunk)
                file.write(chunk)
        if received != size or digest.hexdigest() != sha256:
            raise OSError("this is not the file that was asked for")
        os.replace(part, path)
    finally:
        if "response" in locals():
            response.close()
        part.unlink(missing_ok=True)
    return path
"""
_BELIEVING = _FETCH.replace(
    "if received != size or digest.hexdigest() != sha256:",
    'if str(received) != response.headers.get("Content-Length", str(received)):',
)
_UNVERIFIED = _FETCH.replace(" or digest.hexdigest() != sha256", "")
_BOTTOMLESS = _FETCH.replace(
    """\
                if received > size:
                    raise OSError("more came than was announced")
""",
    "",
)
_DELETING = _FETCH.replace('Path(f"{path}.part")', "Path(path)").replace(
    """\
        os.replace(part, path)
    finally:
        if "response" in locals():
            response.close()
        part.unlink(missing_ok=True)
""",
    """\
    except (OSError, requests.RequestException):
        part.unlink(missing_ok=True)
        raise
""",
)

WHY = {
    "": N_("Begin with the code from the beginning of the lesson: it serves a good server."),
    "stalls": N_("Your function waited until the server gave up: hand timeout to requests.get."),
    "missing": N_("404 is no file: look at the status before you write anything."),
    "busy": N_("503 is no file: look at the status before you write anything."),
    "redirects": N_(
        "The file would come from another host than the one that you pinned: "
        "allow_redirects=False, and accept status 200 alone."
    ),
    "breaks off": N_(
        "A part of the file stayed behind: write under another name, rename at the end, and "
        "delete the part in finally."
    ),
    "lies": N_(
        "The file is 100 bytes short, and the announced length agrees: compare with size, which "
        "you know from elsewhere."
    ),
    "login page": N_("A web page of a proxy was kept as the file: compare size and hash."),
    "endless": N_("Your function took all that came: stop when more than size bytes have come."),
    "other bytes": N_("The size is right, one byte is not: compare the SHA-256."),
    "kept": N_(
        "A good file lay at path before, and the failed download spoilt it: write under another "
        "name and rename at the end."
    ),
}
_ORDER = [*(fault for fault in FAULTS if fault in WHY), "kept"]


@dataclass(frozen=True, kw_only=True)
class Download(Exercise):
    """A function that downloads, let loose on a server of this computer with one fault each time.

    It is called with address, path, size, SHA-256 and time limit. From a server that answers
    well it leaves the file at the path; else it raises anything and leaves the folder as it was.
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
        for fault in ("", *_ORDER):
            fine, seen = _met(function, fault)
            if not seen:
                return Verdict(None)
            if not fine:
                return Verdict(False, f"{seen} {_(WHY[fault])}")
        return Verdict(True, _(self.why))


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
        return N_("This is a web page. Open it with a text editor: it says who sent it.")
    if len(content) < wanted.size:
        return N_("It is too short: part of the file is missing. Don't copy it, fetch it anew.")
    return N_("Its size is right, but its SHA-256 is not that of the sample CT_small.")


_DELIVERED = """\
from pathlib import Path

from dicom_lessons import download, samples

wanted = samples.get("CT_small")
delivered = download.fetch(
    download.start_classroom() + "CT_small.dcm",
    Path("my_work"),
    size=wanted.size,
    sha256=wanted.sha256,
    name="delivered.dcm",
)
"""

GRADED = (
    Code(
        name="download-1",
        question=N_(
            "Write file_name(url), which returns the last part of the path in a URL as a name "
            "without folders, and raises ValueError if there is none."
        ),
        solution=_FILE_NAME,
        why=N_("A server decides what a URL says; you decide where files go on your disk."),
        hints=(
            N_("urlsplit(url).path leaves out the host and everything after the question mark."),
            N_("unquote turns %2F into /: do it first, then cut at / and at \\."),
            N_('Take the last piece; if it is "", "." or "..", raise ValueError.'),
        ),
        mistakes=(
            Mistake(
                "def file_name(url):\n    return url.split('/')[-1]",
                N_("What follows a question mark belongs to the query, not to the name."),
            ),
            Mistake(
                _FILE_NAME.replace("unquote(urlsplit(url).path)", "urlsplit(url).path"),
                N_("%2F is a hidden slash: unquote before you cut."),
            ),
            Mistake(
                _FILE_NAME.replace('.replace("\\\\", "/")', ""),
                N_("On Windows a backslash parts folders as well."),
            ),
            Mistake(
                _FILE_NAME.replace('"", ".", ".."', '""'),
                N_("Two dots are the folder above, no name of a file."),
            ),
            Mistake(
                _FILE_NAME.replace('name in ("", ".", "..")', "False"),
                N_("An empty name, or one of dots alone, is no name of a file."),
            ),
        ),
        cases=_addresses,
    ),
    Code(
        name="download-2",
        question=N_(
            "Write intact(content, size, sha256), which returns True if the bytes have this size "
            "and this SHA-256, and False otherwise."
        ),
        solution=_INTACT,
        why=N_("Size and hash come from elsewhere, so the server cannot make them agree."),
        hints=(
            N_("len(content) is the size."),
            N_("hashlib.sha256(content).hexdigest() is the hash as text in small letters."),
            N_("Some pages write hashes in capital letters: compare with sha256.lower()."),
        ),
        mistakes=(
            Mistake(
                "def intact(content, size, sha256):\n    return len(content) == size",
                N_("Bytes of the right number can still be the wrong bytes: compare the hash."),
            ),
            Mistake(
                _INTACT.replace("sha256.lower()", "sha256"),
                N_("The same hash may be written in capital letters."),
            ),
            Mistake(
                _INTACT.replace("hashlib.sha256", "hashlib.md5"),
                N_("This is another hash function: MD5 gives 32 digits, SHA-256 gives 64."),
            ),
        ),
        cases=_contents,
    ),
    Parsons(
        name="download-3",
        question=N_("In which order do these lines keep a file only if it is the right one?"),
        solution='order = "bedca"',
        why=N_("Ask, judge the answer, write under another name, verify, rename."),
        hints=(
            N_("The rename makes the file visible under its own name: what must be sure by then?"),
            N_("The status is known before the first byte of the file comes."),
            N_("It begins with b, e."),
        ),
        mistakes=(
            Mistake(
                'order = "bedac"',
                N_("The file has its own name before it is verified: a wrong one may be used."),
            ),
            Mistake(
                'order = "bdeca"',
                N_("An error page is written before the status was looked at."),
            ),
            Mistake(
                'order = "becda"',
                N_("There is nothing to verify before the bytes are written."),
            ),
        ),
        lines=(
            "os.replace(part, path)",
            "response = requests.get(url, timeout=10)",
            "verify(part.read_bytes())",
            "part.write_bytes(response.content)",
            "response.raise_for_status()",
        ),
    ),
    Download(
        name="download-4",
        question=N_(
            "Write fetch(url, path, size, sha256, timeout), which leaves the whole, verified file "
            "at path, or raises an error and leaves the folder as it was."
        ),
        solution=_FETCH,
        why=N_("Nine faults and a file from before: nothing but the right file is ever kept."),
        hints=(
            N_("Begin with the careless code, run the check, mend what it says, and so on."),
            N_("Write to path + '.part', count the bytes, feed hashlib.sha256(); end in finally."),
            N_(
                "requests.get(url, stream=True, timeout=timeout, allow_redirects=False), os.replace"
            ),
        ),
        mistakes=(
            Mistake(_CARELESS, WHY["stalls"]),
            Mistake(_NO_STATUS, WHY["missing"]),
            Mistake(_TIMED, WHY["redirects"]),
            Mistake(_STRAIGHT, WHY["breaks off"]),
            Mistake(_BELIEVING, WHY["lies"]),
            Mistake(_BOTTOMLESS, WHY["endless"]),
            Mistake(_UNVERIFIED, WHY["other bytes"]),
            Mistake(_DELETING, WHY["kept"]),
        ),
    ),
    Repair(
        name="download-5",
        question=N_(
            "Put the whole file in place of the spoilt my_work/delivered.dcm and set delivered to "
            "its path."
        ),
        solution=_DELIVERED,
        why=N_("Size and SHA-256 are those of the sample."),
        hints=(
            N_("download.fetch does it; size and hash are in wanted."),
            N_("Address: pinned.address + 'CT_small.dcm'; name='delivered.dcm' gives the name."),
            N_("Also needed: folder, size=wanted.size, sha256=wanted.sha256. It returns the path."),
        ),
        mistakes=(
            Mistake(
                """\
from pathlib import Path

from dicom_lessons import samples

Path("half.dcm").write_bytes(samples.path("CT_small").read_bytes()[:20000])
delivered = "half.dcm"
""",
                N_("It is too short: part of the file is missing. Don't copy it, fetch it anew."),
            ),
            Mistake(
                """\
from pathlib import Path

Path("page.dcm").write_bytes(b"<html>Log in</html>")
delivered = "page.dcm"
""",
                N_("This is a web page. Open it with a text editor: it says who sent it."),
            ),
        ),
        examine=_examine_delivery,
    ),
    Choice(
        name="download-6",
        question=N_("Which source do you take for a course whose files you want to pass on?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Passing on is a question of the licence."),
            N_("A licence that is not stated permits nothing."),
            N_("CC BY permits it, if you name the source."),
        ),
        options=(
            Option(
                N_("A file on GitHub whose folder states no licence"),
                N_("Without a stated licence you may look at it; passing it on is another thing."),
            ),
            Option(
                N_("A series of IDC with the licence CC BY 4.0"),
                N_("CC BY permits passing on, changed or not, if you name the source."),
            ),
            Option(
                N_("A study that a hospital mailed you with the name deleted"),
                N_("Deleting a name is no de-identification, and nobody gave a licence."),
            ),
            Option(
                N_("A series of IDC with the licence CC BY-NC 4.0, for a paid course"),
                N_("NC means non-commercial: a paid course is not covered."),
            ),
        ),
    ),
    Value(
        name="download-7",
        question=N_("Which letters belong in a citation of the data set?"),
        solution='letters = ["a", "c", "d", "f"]',
        why=N_("Who, what, where to find it for good, and what exactly was used."),
        hints=(
            N_("A reader should be able to find the very same bytes in ten years."),
            N_("What lies on your own disk helps nobody else."),
            N_("A DOI stays; a version tells which files; authors and title are due anyway."),
        ),
        mistakes=(
            Mistake(
                'letters = ["a", "c", "d"]',
                N_("Collections change: without version or date nobody knows which files."),
            ),
            Mistake(
                'letters = ["a", "c", "d", "e", "f"]',
                N_("Your path means nothing on another computer."),
            ),
            Mistake(
                'letters = ["a", "b", "c", "d", "f"]',
                N_("A patient's name has no place in a citation, not even an invented one."),
            ),
            Mistake(
                'letters = ["a", "c", "f"]',
                N_("Web addresses move; the DOI is what stays."),
            ),
        ),
        form=forms.list_of(forms.letter_of(6), ordered=False),
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, *EXPLORATION, *GRADED)
