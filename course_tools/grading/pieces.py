"""Single files, out of folders, mails, archives and archives in archives, within limits."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

from dicom_lessons.archives import MOST_UNPACKED, members_of
from dicom_lessons.reading import ReadingError, files_in
from dicom_lessons.text import _, short

_MOST_IN_ARCHIVE = 200 * 2**20
_MOST_DEEP = 4
_NO_ARCHIVES = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".npz", ".whl", ".jar", ".epub")
_OTHER_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".xz", ".bz2")


@dataclass
class Piece:
    """One file, out of whatever it was packed in.

    Attributes
    ----------
    parts : tuple of str
        Folders, archives and at last the file, from ``downloaded/`` on.
    raw : bytes
        What it holds.
    when : datetime
        When it was written, in the time of this computer.
    became : str
        ``"closed"``, ``"broken"`` or ``"other"`` if it is no notebook, else empty.
    sender, sitting, learner, number : str
        Who sent the mail; which sitting, whose it is, and a platform's number of the learner.
    fault : str
        Why it cannot be read.
    answered : bool
        Whether an answer cell holds anything but the blank.
    """

    parts: tuple[str, ...]
    raw: bytes = b""
    when: datetime = datetime(1980, 1, 1)
    became: str = ""
    sender: str = ""
    sitting: str = ""
    learner: str = ""
    number: str = ""
    fault: str = ""
    answered: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        return "/".join(map(short, self.parts))

    @property
    def rank(self) -> tuple[object, ...]:
        """Sort key: what can be read, is answered and no checkpoint; then the newest."""
        counted = re.search(r"\((\d+)\)\D*$|-(\d+)\.ipynb$", self.parts[-1])
        count = int(counted[1] or counted[2]) if counted else 0
        kept = ".ipynb_checkpoints" not in self.parts
        when = int(self.when.timestamp()) // 2  # as finely as archives tell
        return not self.fault, self.answered, kept, when, count, self.parts


def pieces(downloaded: Path) -> Iterator[Piece]:
    """Yield all files below a folder, out of whatever they are packed in.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    for path in files_in(downloaded):
        whole = Piece(path.relative_to(downloaded).parts)
        try:
            whole.when = _time(*datetime.fromtimestamp(path.stat().st_mtime).timetuple()[:6])
            if path.stat().st_size <= MOST_UNPACKED:
                whole.raw = path.read_bytes()
        except (OSError, ValueError, OverflowError) as error:
            whole.became, whole.fault = "broken", short(error)
            yield whole
            continue
        for piece in _unpacked(whole, [MOST_UNPACKED], 0):
            piece.became = piece.became or ("" if _is_notebook(piece) else "other")
            piece.raw = b"" if piece.became else piece.raw  # only notebooks are kept in memory
            yield piece


def _is_notebook(piece: Piece) -> bool:
    name, raw = piece.parts[-1].lower(), piece.raw
    if raw.startswith(b"\0\5\x16\7"):  # what macOS keeps beside a file
        return False
    begins = raw[:100].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
    return ".ipynb" in name or (begins and b'"nbformat"' in raw)


def _unpacked(piece: Piece, room: list[int], depth: int) -> Iterator[Piece]:
    """Yield what a file holds; ``room`` is how many bytes all that is in it may still take."""
    name = piece.parts[-1].lower()
    is_archive = piece.raw.startswith(b"PK\3\4") and not name.endswith(_NO_ARCHIVES)
    if not is_archive and not name.endswith(".eml"):
        piece.became = "closed" if name.endswith(_OTHER_ARCHIVES) else ""
        yield piece
        return
    most = min(room[0], MOST_UNPACKED if depth == 0 else _MOST_IN_ARCHIVE)
    inside = [most]
    try:
        if depth >= _MOST_DEEP:
            raise ReadingError(_("too many archives in archives"))
        for inner in _members(piece, most) if is_archive else _attached(piece):
            inside[0] -= len(inner.raw)
            yield from _unpacked(inner, inside, depth + 1)
    except Exception as error:  # zipfile, zlib and email raise many kinds; none stops the others
        yield Piece(piece.parts, became="closed", fault=short(error, 120))
    room[0] -= most - max(inside[0], 0)


def _members(piece: Piece, most: int) -> Iterator[Piece]:
    members = zipfile.ZipFile(BytesIO(piece.raw)).infolist()
    contents = members_of(BytesIO(piece.raw), most)
    for about, (_name, raw) in zip(members, contents, strict=False):
        if not about.is_dir():
            parts = [part for part in re.split(r"[\\/]", _readable(about)) if part]
            yield Piece((*piece.parts, *parts), raw, _time(*about.date_time), sender=piece.sender)


def _readable(about: zipfile.ZipInfo) -> str:
    """Return the name of a member; Windows writes Russian ones in code page 866, untold."""
    if about.flag_bits & 0x800 or about.filename.isascii():
        return about.filename
    russian = about.filename.encode("cp437", "replace").decode("cp866")
    return russian if re.search("[А-яЁё]", russian) else about.filename


def _attached(piece: Piece) -> Iterator[Piece]:
    mail = email.message_from_bytes(piece.raw, policy=email.policy.default)
    sender = email.utils.parseaddr(str(mail["From"] or ""))[1]
    try:
        sent = email.utils.parsedate_to_datetime(str(mail["Date"]))
        when = _time(*sent.astimezone().timetuple()[:6])
    except (ValueError, OverflowError):
        when = piece.when
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if (name := part.get_filename()) and isinstance(content, bytes):
            yield Piece((*piece.parts, name), content, when, sender=sender)


def _time(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    """Return a time that every system can hold; no file is older than archives are."""
    earliest = datetime(1980, 1, 1)
    try:
        given = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return earliest
    return max(given, earliest) if year < 2900 else earliest
