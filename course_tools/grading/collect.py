"""What lies in ``downloaded/``, sorted into the folders from which nbgrader grades.

Mails, folders, archives and archives in archives: each file is looked at, none stops another, and
a table says what became of each. Of several copies the newest is taken.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from course_tools.grading.cells import (
    MOST_BYTES,
    Notebook,
    by_name,
    opened,
    read,
    require_course,
    text_of,
)
from course_tools.grading.learners import Roster, bare, behind, folders, ids_in, key, named, safe
from course_tools.grading.mend import check_of, mend
from course_tools.grading.pieces import Piece, pieces
from course_tools.grading.tables import write_table
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


@dataclass(frozen=True)
class Row:
    """What became of one file: a line of ``collected.csv``; ``became`` is a key of ``BECAME``."""

    file: str
    learner: str
    sitting: str
    became: str
    note: str = ""


def collect(course: Path) -> list[Row]:
    """Sort ``downloaded/`` into ``submitted/LEARNER/SITTING/``, and write ``collected.csv``.

    Raises
    ------
    FileNotFoundError
        If the folder is no course, or has nothing in ``downloaded/``.
    """
    require_course(course)
    sources = {path.stem: read(path) for path in sorted((course / "source").glob("*/*.ipynb"))}
    roster = Roster(course / "roster.csv")
    every = list(pieces(course / "downloaded"))
    notebooks = [piece for piece in every if not piece.became]
    for piece in notebooks:
        _understand(piece, sources)
    _name(notebooks, roster, ids_in(course / "submitted"), list(sources))
    groups: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    rows: list[Row] = []
    for piece in every:
        became = piece.became or ("nobody" if piece.sitting else "nothing")
        if piece.sitting and piece.learner:
            groups[piece.learner, piece.sitting].append(piece)
        else:
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
            note = [row.note, _("not on the roster")]
            rows[number] = replace(row, note="; ".join(filter(None, note)))
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


def _name(
    notebooks: list[Piece], roster: Roster, there: dict[str, str], sittings: list[str]
) -> None:
    """Give each notebook its learner: one id for one name, whatever its form."""
    for piece in notebooks:
        who, piece.number = named(piece.parts, sittings)
        inner = [bare(part) for part in reversed(piece.parts)]
        listed = (found for one in (who, piece.sender, *inner) if (found := roster.find(one)))
        piece.learner = next(listed, "") or who or piece.sender
    by_folder = folders((piece.parts, piece.sitting, piece.learner) for piece in notebooks)
    for piece in notebooks:
        behind_it = behind(piece.parts, sittings)
        piece.learner = piece.learner or by_folder[piece.parts] or behind_it
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for piece in notebooks:
        if piece.number:
            numbers[key(piece.learner), piece.sitting].add(piece.number)
    for piece in sorted(notebooks, key=lambda one: one.parts):
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
