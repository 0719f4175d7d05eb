"""What lies in ``downloaded/``, sorted into the folders from which nbgrader grades.

Mails, folders, archives and archives in archives: each file is looked at, none stops another, and
a table says what became of each. Of several copies the newest is taken.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import hashlib
import json
import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from course_tools.grading.cells import MOST_BYTES, Notebook, by_name, opened, read, text_of
from course_tools.grading.learners import Roster, bare, behind, folders, ids_in, key, named, safe
from course_tools.grading.mend import check_of, mend
from course_tools.grading.tables import write_table
from dicom_lessons.reading import MOST_UNPACKED, ReadingError, files_in, members_of
from dicom_lessons.text import N_, _, short

BECAME = {
    "taken": N_("taken"),
    "anew": N_("taken in place of an earlier one: nbgrader autograde grades it anew"),
    "same": N_("taken before"),
    "older": N_("not taken: an older copy"),
    "blank": N_("not taken: nothing is answered in it, and the learner answered in another"),
    "broken": N_("cannot be read: ask for it again"),
    "nobody": N_("not taken: whose is it? Put it into a folder with the learner's name"),
    "nothing": N_("not taken: it is of no sitting of this class"),
    "closed": N_("this archive cannot be opened: unpack it, or ask for it again"),
    "other": N_("not taken: no notebook"),
    "missing": N_("on the roster, and handed in nothing"),
}
_MOST_IN_ARCHIVE = 200 * 2**20
_MOST_DEEP = 4
_NO_ARCHIVES = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".npz", ".whl", ".jar", ".epub")
_OTHER_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".xz", ".bz2")


@dataclass(frozen=True)
class Row:
    """What became of one file: a line of ``collected.csv``; ``became`` is a key of ``BECAME``."""

    file: str
    learner: str
    sitting: str
    became: str
    note: str = ""


@dataclass
class Piece:
    """One file, out of whatever it was packed in."""

    parts: tuple[str, ...]
    raw: bytes
    when: datetime
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


def collect(course: Path) -> list[Row]:
    """Sort ``downloaded/`` into ``submitted/LEARNER/SITTING/``, and write ``collected.csv``.

    Raises
    ------
    FileNotFoundError
        If the folder is no course, or has nothing in ``downloaded/``.
    """
    if not (course / "nbgrader_config.py").is_file():
        raise FileNotFoundError(
            _("{path} is no course: lay it out with python -m course_tools class.", path=course)
        )
    sources = {path.stem: read(path) for path in sorted((course / "source").glob("*/*.ipynb"))}
    roster = Roster(course / "roster.csv")
    rows: list[Row] = []
    pieces = list(_sorted(course / "downloaded", sources, rows))
    _name(pieces, roster, ids_in(course / "submitted"), list(sources))
    groups: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.sitting and piece.learner:
            groups[piece.learner, piece.sitting].append(piece)
        else:
            became = "nobody" if piece.sitting else "nothing"
            rows.append(Row(piece.file, piece.learner, piece.sitting, became, piece.fault))
    memory = course / "collected.json"
    known = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    for (learner, sitting), copies in groups.items():
        elsewhere = [one for who, other in groups if who == learner and other != sitting
                     for one in groups[who, other] if one.answered]  # fmt: skip
        try:
            rows += _taken(course, learner, sitting, copies, elsewhere, known)
        except OSError as error:
            rows += [Row(one.file, learner, sitting, "broken", short(error)) for one in copies]
    memory.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
    strangers = {who for who, _sitting in groups} - {one.id for one in roster.people}
    for number, row in enumerate(rows if roster.people else []):
        if row.learner in strangers:
            note = f"{row.note} {_('not on the roster')}".strip()
            rows[number] = replace(row, note=note)
    there = {path.parts[-2:] for path in (course / "submitted").glob("*/*")}
    for sitting in sorted({sitting for _who, sitting in there}):
        absent = [one.id for one in roster.people if (one.id, sitting) not in there]
        rows += [Row("", learner, sitting, "missing") for learner in absent]
    rows.sort(key=lambda row: (row.file == "", row.file, row.learner, row.sitting))
    header = [_("file"), _("learner"), _("sitting"), _("what became of it"), _("note")]
    table = [[row.file, row.learner, row.sitting, _(BECAME[row.became]), row.note] for row in rows]
    write_table(course / "collected.csv", header, table)
    return rows


def told(rows: list[Row]) -> Iterator[str]:
    """Yield what became of each file as lines; files that are no notebooks are counted only."""
    for row in rows:
        if row.became not in ("other", "missing", "same"):
            what = f"{_(BECAME[row.became])}{f' ({row.note})' if row.note else ''}"
            who = f"{row.learner or '?'}, {row.sitting or '?'}"
            yield f"{who}: {what}: {row.file}"
    absent: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.became == "missing":
            absent[row.sitting].append(row.learner)
    for sitting, learners in absent.items():
        yield f"{sitting}: {_(BECAME['missing'])}: {', '.join(learners)}"
    for became in ("same", "other"):
        if count := sum(row.became == became for row in rows):
            yield f"{_(BECAME[became])}: {count}"


# ---- out of folders, mails and archives


def _sorted(downloaded: Path, sources: dict[str, Notebook], rows: list[Row]) -> Iterator[Piece]:
    """Yield the notebooks among all files, each with its sitting; tell of the others in rows."""
    for path in files_in(downloaded):
        parts = path.relative_to(downloaded).parts
        try:
            when = _time(*datetime.fromtimestamp(path.stat().st_mtime).timetuple()[:6])
            large = path.stat().st_size > MOST_UNPACKED
            raw = b"" if large else path.read_bytes()
        except (OSError, ValueError, OverflowError) as error:
            rows.append(Row("/".join(map(short, parts)), "", "", "broken", short(error)))
            continue
        room = [MOST_UNPACKED]
        for piece in _unpacked(Piece(parts, raw, when), room, rows):
            if _is_notebook(piece):
                _understand(piece, sources)
                yield piece
            else:
                rows.append(Row(piece.file, "", "", "other"))


def _is_notebook(piece: Piece) -> bool:
    name, raw = piece.parts[-1].lower(), piece.raw
    if raw.startswith(b"\0\5\x16\7"):  # what macOS keeps beside a file
        return False
    begins = raw[:100].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
    return ".ipynb" in name or (begins and b'"nbformat"' in raw)


def _unpacked(piece: Piece, room: list[int], rows: list[Row], depth: int = 0) -> Iterator[Piece]:
    name = piece.parts[-1].lower()
    if name.endswith(".eml"):
        yield from _attached(piece, room, rows, depth)
    elif piece.raw.startswith(b"PK\3\4") and not name.endswith(_NO_ARCHIVES):
        most = min(room[0], MOST_UNPACKED if depth == 0 else _MOST_IN_ARCHIVE)
        inside = [most]
        try:
            if depth >= _MOST_DEEP:
                raise ReadingError(_("too many archives in archives"))
            members = zipfile.ZipFile(BytesIO(piece.raw)).infolist()
            for about, (_name, raw) in zip(
                members, members_of(BytesIO(piece.raw), most), strict=False
            ):
                inside[0] -= len(raw)
                if not about.is_dir():
                    parts = tuple(part for part in re.split(r"[\\/]", _readable(about)) if part)
                    when = _time(*about.date_time)
                    inner = Piece(piece.parts + parts, raw, when, piece.sender)
                    yield from _unpacked(inner, inside, rows, depth + 1)
        except (
            ReadingError,
            OSError,
            ValueError,
            NotImplementedError,
            zipfile.BadZipFile,
        ) as error:
            rows.append(Row(piece.file, "", "", "closed", short(error, 120)))
        room[0] -= most - max(inside[0], 0)
    elif name.endswith(_OTHER_ARCHIVES):
        rows.append(Row(piece.file, "", "", "closed"))
    else:
        yield piece


def _readable(about: zipfile.ZipInfo) -> str:
    """Return the name of a member; Windows writes Russian ones in code page 866, untold."""
    if about.flag_bits & 0x800 or about.filename.isascii():
        return about.filename
    russian = about.filename.encode("cp437", "replace").decode("cp866")
    return russian if re.search("[А-яЁё]", russian) else about.filename


def _time(*parts: int) -> datetime:
    """Return a time that every system can hold; no file is older than archives are."""
    earliest = datetime(1980, 1, 1)
    try:
        return max(datetime(*parts[:6]), earliest) if parts[0] < 2900 else earliest
    except ValueError:
        return earliest


def _attached(piece: Piece, room: list[int], rows: list[Row], depth: int) -> Iterator[Piece]:
    mail = email.message_from_bytes(piece.raw, policy=email.policy.default)
    sender = email.utils.parseaddr(str(mail["From"] or ""))[1]
    try:
        sent = email.utils.parsedate_to_datetime(str(mail["Date"]))
        when = _time(*sent.astimezone().timetuple()[:6])
    except (ValueError, OverflowError):
        when = piece.when
    for part in mail.walk():
        if name := part.get_filename():
            content = part.get_payload(decode=True)
            raw = content if isinstance(content, bytes) else b""
            yield from _unpacked(
                Piece((*piece.parts, name), raw, when, sender), room, rows, depth + 1
            )


# ---- which sitting, and whose


def _understand(piece: Piece, sources: dict[str, Notebook]) -> None:
    """Find out by its cells of which sitting a notebook is; by its name if it cannot be read."""
    name = piece.parts[-1].lower()
    called = next((one for one in sources if one.lower() in name), "")
    try:
        content, _notes = opened(piece.raw)
        piece.sitting = _sitting(content, sources, called)
        if not piece.sitting:
            return
        mend(content, sources[piece.sitting])
    except Exception as error:  # one of them stops nobody
        piece.sitting, piece.fault = called, short(error, 120)
        return
    if called != piece.sitting:
        piece.notes.append(_("its cells tell that it is {sitting}", sitting=piece.sitting))
    blanks = by_name(sources[piece.sitting])
    piece.answered = any(
        text_of(cell).split() not in ([], text_of(blanks[name]).split())
        for name, cell in by_name(content).items()
        if name in blanks and blanks[name]["metadata"]["nbgrader"].get("solution")
    )


def _sitting(content: Notebook, sources: dict[str, Notebook], called: str) -> str:
    """Return the sitting whose cells a notebook holds most of; nothing if it holds none."""
    ids = {str(cell.get("id", "")) for cell in content["cells"]} | set(by_name(content))
    ids |= {f"{one}-check" for cell in content["cells"] for one in check_of(text_of(cell))}
    shared = {one: len(ids & set(by_name(source))) for one, source in sources.items()}
    best = max(shared, key=lambda one: (shared[one], one == called), default="")
    return best if shared.get(best) else ""


def _name(pieces: list[Piece], roster: Roster, there: dict[str, str], sittings: list[str]) -> None:
    """Give each notebook its learner: one id for one name, whatever its form."""
    for piece in pieces:
        who, piece.number = named(piece.parts, sittings)
        inner = [bare(part) for part in reversed(piece.parts)]
        listed = (found for one in (who, piece.sender, *inner) if (found := roster.find(one)))
        piece.learner = next(listed, "") or who or piece.sender
    by_folder = folders((piece.parts, piece.sitting, piece.learner) for piece in pieces)
    for piece in pieces:
        behind_it = behind(piece.parts, sittings)
        piece.learner = piece.learner or by_folder[piece.parts] or behind_it
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for piece in pieces:
        if piece.number:
            numbers[key(piece.learner), piece.sitting].add(piece.number)
    for piece in sorted(pieces, key=lambda one: one.parts):
        if len(numbers[key(piece.learner), piece.sitting]) > 1:
            piece.learner = f"{piece.learner} {piece.number}".strip()
            piece.notes.append(_("two learners have this name"))
        piece.learner = there.setdefault(key(safe(piece.learner)), safe(piece.learner))


# ---- into nbgrader's folder


def _taken(
    course: Path,
    learner: str,
    sitting: str,
    copies: list[Piece],
    elsewhere: list[Piece],
    known: dict[str, str],
) -> Iterator[Row]:
    *others, best = sorted(copies, key=lambda piece: piece.rank)
    packed = {piece.parts[:1] for piece in elsewhere}
    blank = not best.answered and not best.fault and best.parts[:1] in packed
    folder = course / "submitted" / learner / sitting
    digest = hashlib.sha256(best.raw).hexdigest()
    before, time = known.get(f"{learner}/{sitting}", " ").split(" ", 1)
    became = "broken" if best.fault else "taken"
    if before == digest and folder.is_dir():
        became = "broken" if best.fault else "same"
    elif blank and not folder.is_dir():
        became = "blank"
    elif folder.is_dir() and (best.when.isoformat() < time or best.fault or blank):
        became = "broken" if best.fault else "older"
    else:
        graded = [course / step / learner / sitting for step in ("autograded", "feedback")]
        became = "anew" if folder.exists() and not best.fault else became
        for old in (folder, *graded):  # nbgrader passes over what it has graded
            if old.is_dir():
                shutil.rmtree(old)
        folder.mkdir(parents=True)
        (folder / f"{sitting}.ipynb").write_bytes(best.raw[:MOST_BYTES])
        stamp = best.when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
        known[f"{learner}/{sitting}"] = f"{digest} {best.when.isoformat()}"
    yield Row(best.file, learner, sitting, became, "; ".join([*best.notes, best.fault]).strip("; "))
    for piece in others:
        became = "broken" if piece.fault else "older"
        yield Row(piece.file, learner, sitting, became, piece.fault)
