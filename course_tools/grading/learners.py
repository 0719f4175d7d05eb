"""Who handed a file in: read from folders and files, from Moodle's and Canvas' names, a roster."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_LETTERS = 60
_MOODLE = re.compile(
    r"(?P<who>[^_].*?)_(?P<number>\d+(?=_assignsub)|\d{5,})_[^\W\d_][^\d]*_.*", flags=re.S
)
_CANVAS = re.compile(r"(?P<who>[^_]+)_(?:late_)?(?P<number>\d{2,})_\d{3,}_.+", flags=re.I | re.S)
_MAIL = re.compile(r"[\w.+-]+@[a-z\d-]+(?:\.[a-z\d-]+)+", flags=re.I)
_RESERVED = re.compile(r"^(con|prn|aux|nul|(?:com|lpt)\d)(?=\.|$)", flags=re.I)
_GENERAL = re.compile(
    r"(\d\d[a-z]?_\w+|archive|extracted|notebooks?|en|ru|down(load)?s?|downloaded|inbox|e?mails?"
    r"|letters|attachments?|submi(ssions?|tted)|homeworks?|hw|assignments?|my|tasks?|lessons?|class"
    r"|(my[ _]?)?(work|solution)|course|moodle|canvas|dicom.*|(week|group|round|part) ?\d*|copy.*"
    r"|new|old|last|final|backup|копия.*|письма|вложения|работ[аы]|дз|загрузки|входящие"
    r"|домашн(ее|яя|ие)\b.*|задани[ея].*|групп[аы]\b.*|(нов|стар)(ая|ое|ые|ый)( .*)?)"
    r"( ?[№#-]?\d+| ?\(\d+\))?",
    flags=re.I,
)


_STATE = re.compile(
    r"checkpoint|complete|solved|done|answer|solution|fixed|edit|готов|реш[её]н|ответ|исправ|v\b",
    flags=re.I,
)


@dataclass(frozen=True)
class Person:
    """One line of the roster."""

    id: str
    name: str = ""
    email: str = ""


def key(name: str) -> str:
    """Return what is the same for one name in any form of Unicode and any case.

    >>> key("Ivanova_Anna ") == key("ivanova anna"), key("И\u0306") == key("й")
    (True, True)
    """
    seen = "".join(one for one in name if unicodedata.category(one) not in ("Cf", "Cs"))
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().replace("_", " ").split())


def safe(name: str) -> str:
    """Return a name that is a folder on every system, and nbgrader's name of a learner.

    >>> safe("../=Ivanova, Anna?"), safe("con"), safe("Иванова Анна")
    ('Ivanova Anna', 'con_', 'Иванова Анна')
    """
    plain = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    shown = "".join(one if one.isprintable() else " " for one in plain)
    words = " ".join(re.sub(r"[\\/:*?\"<>|,;\[\]{}'`$%&!#^~]", " ", shown).split())
    words = words.strip(" .").lstrip("=+-@＝＋－＠ .")
    if len(words) > MOST_LETTERS:
        digest = hashlib.sha256(words.encode()).hexdigest()[:8]
        words = f"{words[: MOST_LETTERS - 9].rstrip(' .')} {digest}"
    return _RESERVED.sub(r"\1_", words)


def named(parts: tuple[str, ...], sittings: Iterable[str]) -> tuple[str, str]:
    """Return the learner and the platform's number of a learner that a path tells for certain."""
    for part in reversed(parts):
        found = part == parts[-1] and _CANVAS.fullmatch(part)
        if found := found or _MOODLE.fullmatch(part):
            return found["who"], found["number"]
    known = "|".join(map(re.escape, sittings)) or "$"
    file = re.match(rf"(.+?)(__|[\s_\-–—.]*(?:{known}))", parts[-1], flags=re.I)
    who = file[1].strip(" _-–—.") if file else ""
    if file and (file[2] == "__" or _like_a_name(who)):
        return who, ""
    mail = next((found[0] for part in reversed(parts) if (found := _MAIL.search(bare(part)))), "")
    return mail, ""


def behind(parts: tuple[str, ...], sittings: Iterable[str]) -> str:
    """Return the name behind that of the sitting, where nothing else tells a learner."""
    known = "|".join(map(re.escape, sittings)) or "$"
    file = re.match(rf"(?:{known})[\s_\-–—.]+(.+)", bare(parts[-1]), flags=re.I)
    who = file[1].strip(" _-–—.") if file else ""
    return who if _like_a_name(who) and not _STATE.match(who) else ""


def _like_a_name(who: str) -> bool:
    letters = sum(map(str.isalpha, who))
    return "@" in who or (letters > 1 and not _GENERAL.fullmatch(who) and not re.search(r"\d", who))


def bare(part: str) -> str:
    """Return the name of a folder or an archive without its ending and a browser's number."""
    return re.sub(r"( ?\(\d+\))?\.(zip|eml|ipynb)$|( \(\d+\))$", "", part, flags=re.I).strip()


def folders(every: Iterable[tuple[tuple[str, ...], str, str]]) -> dict[tuple[str, ...], str]:
    """Return whose each path is by its folders, given path, sitting and who is known otherwise.

    The outermost folder or archive is the learner's, unless it holds one sitting of several, and
    none of it directly: then it is a collection, and what lies in it is the learners'.
    """
    paths = list(every)
    inner: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    direct = set()
    for parts, sitting, who in paths:
        names = [bare(part) for part in parts[:-1]]
        general = [bool(_GENERAL.fullmatch(name)) for name in names]
        for depth in range(1, len(parts)):
            if who or (depth < len(names) and not general[depth]):
                inner[parts[:depth], sitting].add(key(who or names[depth]))
            if not who and all(general[depth:]):
                direct.add((parts[:depth], sitting))
    whose = {}
    for parts, sitting, _who in paths:
        levels = [n for n in range(len(parts) - 1) if not _GENERAL.fullmatch(bare(parts[n]))]
        single = [
            n for n in levels
            if (parts[: n + 1], sitting) in direct or len(_next(inner, parts, n, sitting)) < 2
        ]  # fmt: skip
        whose[parts] = bare(parts[single[0]]) if single else ""
    return whose


def _next(
    inner: dict[tuple[tuple[str, ...], str], set[str]],
    parts: tuple[str, ...],
    level: int,
    sitting: str,
) -> set[str]:
    """Return the folders of learners below a folder; general ones between them are passed."""
    found: set[str] = set()
    for (above, one), names in inner.items():
        rest = above[level + 1 :]
        if one == sitting and above[: level + 1] == parts[: level + 1]:
            found |= names if all(_GENERAL.fullmatch(bare(part)) for part in rest) else set()
    return found


class Roster:
    """The learners of a class, as ``roster.csv`` lists them: id, name, e-mail."""

    def __init__(self, path: Path) -> None:
        self.people = list(_people(path)) if path.is_file() else []
        known: dict[str, set[str]] = defaultdict(set)
        for person in self.people:
            words = key(person.name).split()
            turned = [*words[1:], *words[:1]], words[::-1], words
            joined = {"".join(order) for order in turned} | {" ".join(order) for order in turned}
            mails = {person.email, person.email.partition("@")[0]}
            for name in {key(one) for one in {person.id, *mails, *joined}} - {""}:
                known[name].add(person.id)
        self._ids = {name: ids.pop() for name, ids in known.items() if len(ids) == 1}

    def find(self, name: str) -> str:
        """Return the id of whoever has this id, name (in any order) or e-mail; or nothing."""
        return self._ids.get(key(name), "")


def _people(path: Path) -> Iterator[Person]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1251", "replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [
        [cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=delimiter)
    ]
    order = {"id": 0, "name": 1, "email": 2}
    head = [re.sub(r"[^\w]", "", key(cell)) for cell in rows[0]] if rows else []
    if "id" in head:
        named = {"имя": "name", "фио": "name", "почта": "email", "mail": "email"}
        order = {named.get(name, name): place for place, name in enumerate(head)}
        rows = rows[1:]
    for row in rows:
        found = {name: row[place] for name, place in order.items() if place < len(row)}
        if identity := safe(found.get("id", "")):
            yield Person(identity, found.get("name", ""), found.get("email", ""))


def ids_in(folder: Path) -> dict[str, str]:
    """Return the learners that a folder of nbgrader holds already, by the key of their names."""
    return {key(path.name): path.name for path in sorted(folder.glob("*"))}
