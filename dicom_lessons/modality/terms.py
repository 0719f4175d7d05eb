"""Defined Terms of Modality (0008,0060), and what any other value is.

The list is that of PS3.3 C.7.3.1.1.1, edition 2026a: 79 current and 18 retired terms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dicom_lessons.text import N_, _, ngettext, short

EDITION = "2026a"
LONGEST = 16

_TABLE = json.loads(Path(__file__).with_name("terms.json").read_text(encoding="utf-8"))
CURRENT, RETIRED = (
    {entry["term"]: entry["text"] for entry in _TABLE if entry["status"] == status}
    for status in ("current", "retired")
)
REPLACED_BY = {
    entry["term"]: entry["use"][0]
    for entry in _TABLE
    if entry["status"] == "retired" and entry["use"]
}
# seen in files and in speech, in no list of the standard: why, and the terms to use
IN_THE_WILD = {
    entry["term"]: (entry["text"], tuple(entry["use"]))
    for entry in _TABLE
    if entry["status"] == "in the wild"
}


@dataclass(frozen=True)
class Judgement:
    """What to make of a value of Modality (0008,0060).

    Attributes
    ----------
    kind : str
        ``"current"`` or ``"retired"`` Defined Term; ``"unlisted"``, a legal Code String that the
        standard does not list; ``"malformed"``, no legal Code String; ``"empty"``.
    code : str
        The value without the spaces around it, empty if it is malformed.
    use : tuple of str
        Defined Terms to use instead, where they are known.
    sentence : str
        All this in words, in the language that is set.
    """

    kind: str
    code: str
    use: tuple[str, ...]
    sentence: str


def meaning(code: str) -> str:
    """Return the meaning of a current or retired Defined Term in the language that is set.

    >>> meaning("XA")
    'X-Ray Angiography'

    Raises
    ------
    LookupError
        If it is no Defined Term; the message says what it is instead.
    """
    if code not in CURRENT | RETIRED:
        raise LookupError(judge(code).sentence)
    return _((CURRENT | RETIRED)[code])


def judge(value: object) -> Judgement:
    r"""Say what a value of Modality is: any text, any bytes, anything at all.

    Parameters
    ----------
    value : object
        As pydicom gives it or as it lies in the file. The spaces around a Code String do not
        count (PS3.5 §6.2).

    >>> judge(b"CT ").kind, judge("DR").use, judge("Ct").kind
    ('current', ('DX',), 'malformed')
    """
    if value is None:
        return _empty()
    if isinstance(value, bytes | bytearray):
        text = bytes(value[:1000]).decode("latin-1")
    elif isinstance(value, str):
        text = value[:1000]
    elif isinstance(value, Sequence):
        return _several([str(one)[:40] for one in value[:40]]) if len(value) else _empty()
    else:
        sentence = _(
            "Modality must be text, but here it is of type {type}.", type=type(value).__name__
        )
        return Judgement("malformed", "", (), sentence)
    if "\\" in text:
        return _several(text.split("\\"))
    code = text.strip(" ")
    if not code:
        return _empty()
    fault = _fault(code)
    return _malformed(value, code, fault) if fault else _well_formed(code)


def _empty() -> Judgement:
    sentence = _(
        "Modality has no value. A series must have one (Type 1, PS3.3 C.7.3.1); "
        "only a Secondary Capture may go without it (Type 3, PS3.3 C.8.6.1)."
    )
    return Judgement("empty", "", (), sentence)


def _several(values: list[str]) -> Judgement:
    sentence = _(
        "Modality holds one value, but here are {count}: {values}. "
        "All modalities of a study stand in Modalities in Study (0008,0061).",
        count=len(values),
        values=short(repr(values)),
    )
    return Judgement("malformed", "", (), sentence)


def _fault(code: str) -> str:
    wrong = re.search(r"[^A-Z0-9 _]", code)
    if wrong:
        return _(
            "character {position} is {character}, but only A–Z, 0–9, the space and _ are allowed",
            position=wrong.start() + 1,
            character=ascii(wrong.group()),
        )
    if len(code) > LONGEST:
        return _(
            "it has {count} characters, but {longest} is the limit",
            count=len(code),
            longest=LONGEST,
        )
    return ""


def _malformed(value: str | bytes | bytearray, code: str, fault: str) -> Judgement:
    sentence = _(
        "{value} is no Code String (PS3.5 §6.2): {fault}.",
        value=short(repr(value[:100])),  # quoted, so that spaces and control characters are seen
        fault=fault,
    )
    meant = code.strip("\0\t\r\n ").upper()
    if meant not in CURRENT:
        return Judgement("malformed", "", (), sentence)
    sentence += " " + _("Perhaps {term} was meant ({meaning}).", term=meant, meaning=meaning(meant))
    return Judgement("malformed", "", (meant,), sentence)


def _well_formed(code: str) -> Judgement:
    if code in CURRENT:
        sentence = _(
            "{code} is a Defined Term: {meaning} (PS3.3 C.7.3.1.1.1, edition {edition}).",
            code=code,
            meaning=meaning(code),
            edition=EDITION,
        )
        return Judgement("current", code, (), sentence)
    if code in RETIRED:
        return _retired(code)
    extended = N_(
        "The list may be extended, so it is legal, but a receiver cannot know what it means."
    )
    why, use = IN_THE_WILD.get(code, (extended, ()))
    sentence = _(
        "{code} is not among the Defined Terms of edition {edition}.", code=code, edition=EDITION
    )
    sentence += " " + _(why)
    if use:
        sentence += " " + ngettext(
            "The Defined Term is {terms}.",
            "The Defined Terms are {terms}.",
            len(use),
            terms=", ".join(f"{term} ({meaning(term)})" for term in use),
        )
    return Judgement("unlisted", code, use, sentence)


def _retired(code: str) -> Judgement:
    sentence = _(
        "{code} is a retired Defined Term: {meaning}. "
        "Old files may keep it, new files should not use it.",
        code=code,
        meaning=meaning(code),
    )
    if code not in REPLACED_BY:
        return Judgement("retired", code, (), sentence)
    term = REPLACED_BY[code]
    sentence += " " + _("Today it is {term} ({meaning}).", term=term, meaning=meaning(term))
    return Judgement("retired", code, (term,), sentence)
