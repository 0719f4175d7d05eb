"""The rules of a UID, each with its verdict and the reason."""

from __future__ import annotations

import re
from typing import NamedTuple

from dicom_lessons.text import _, ngettext, short

MAXIMUM_LENGTH = 64


class Rule(NamedTuple):
    """What the standard demands, whether a UID keeps it, what was seen, and where the rule stands.

    Texts are in the language that is set.
    """

    rule: str
    holds: bool
    why: str
    section: str


def judge(uid: object) -> tuple[Rule, ...]:
    r"""Judge a UID by each rule (PS3.5 §9.1; its beginning: ISO/IEC 9834-1, named by PS3.5 §9).

    Anything may come in. Text is judged as a value: a NUL or a space in it is a wrong character.
    Bytes are judged as stored in a file, so one NUL that makes the length even is padding.

    Parameters
    ----------
    uid : object
        A ``str`` (pydicom's ``UID`` is one) or ``bytes``; anything else breaks the first rule.

    Returns
    -------
    tuple of Rule

    Examples
    --------
    >>> [rule.holds for rule in judge("1.2.840.010008")]
    [True, True, False, True, True]
    >>> judge("1.2.840.010008")[2].why
    'Component 4 is written 010008.'
    >>> is_valid(b"1.2.3\0"), is_valid("1.2.3\0")
    (True, False)
    """
    text = as_text(uid)
    if text is None:
        why = _("It is of type {type}.", type=type(uid).__name__)
        return (Rule(_("It is text."), False, why, "PS3.5 §6.2"),)
    components = text.split(".")
    return (
        _characters(text),
        _components(components),
        _zeros(components),
        _length(text),
        _beginning(components),
    )


def is_valid(uid: object) -> bool:
    """Return whether a UID keeps every rule.

    pydicom's ``UID.is_valid`` agrees, but for two things: pydicom takes white space away from
    both ends before it looks, and it does not ask how the UID begins.

    >>> is_valid("1.2.840.10008.1.2"), is_valid(" 1.2.840.10008.1.2")
    (True, False)
    """
    return all(rule.holds for rule in judge(uid))


def as_text(uid: object) -> str | None:
    """Return the text of a UID, without the padding if it is bytes; None if it is neither."""
    if isinstance(uid, bytes | bytearray):
        padded = uid.endswith(b"\0") and len(uid) % 2 == 0
        return bytes(uid[:-1] if padded else uid).decode("latin-1")
    return str(uid) if isinstance(uid, str) else None


def _characters(text: str) -> Rule:
    wrong = re.search(r"[^0-9.]", text)
    if wrong is None:
        why = _("Nothing else is in it.")
    elif wrong.group() == "\0":
        why = _("Character {number} is NUL: padding of the file, no part of the UID.", **_at(wrong))
    elif wrong.group().isspace():
        why = _("Character {number} is white space ({code}): UIDs have none.", **_at(wrong))
    elif wrong.group().isdigit():
        why = _("Character {number} is {shown} ({code}), no digit from 0 to 9.", **_at(wrong))
    else:
        why = _("Character {number} is {shown} ({code}).", **_at(wrong))
    rule = _("It consists of the digits 0 to 9 and full stops alone.")
    return Rule(rule, wrong is None, why, "PS3.5 §9.1")


def _at(found: re.Match[str]) -> dict[str, object]:
    letter = found.group()
    return {"number": found.start() + 1, "shown": short(letter), "code": f"U+{ord(letter):04X}"}


def _components(components: list[str]) -> Rule:
    count = len(components)
    if components == [""]:
        why = _("It is empty.")
    elif "" not in components:
        why = ngettext("{count} component, not empty.", "{count} components, none empty.", count)
    elif components[0] == "":
        why = _("It begins with a full stop.")
    elif components[-1] == "" and components.count("") == 1:
        why = _("It ends with a full stop.")
    else:
        why = _("Nothing stands for component {number}.", number=components.index("") + 1)
    rule = _("Each component has at least one digit.")
    return Rule(rule, "" not in components, why, "PS3.5 §9.1")


def _zeros(components: list[str]) -> Rule:
    rule = _("No component begins with 0, unless it is 0 itself.")
    for number, component in enumerate(components, 1):
        if len(component) > 1 and component.startswith("0"):
            written = short(component, 40)
            why = _("Component {number} is written {component}.", number=number, component=written)
            return Rule(rule, False, why, "PS3.5 §9.1")
    return Rule(rule, True, _("None does."), "PS3.5 §9.1")


def _length(text: str) -> Rule:
    rule = _("It has at most {maximum} characters.", maximum=MAXIMUM_LENGTH)
    why = ngettext("It has {count} character.", "It has {count} characters.", len(text))
    return Rule(rule, len(text) <= MAXIMUM_LENGTH, why, "PS3.5 §9.1")


def _beginning(components: list[str]) -> Rule:
    first, second = (*components, "")[:2]
    if first not in ("0", "1", "2"):
        holds, why = False, _("It begins with {component}.", component=short(first, 40) or "“”")
    elif not second:
        holds, why = False, _("One component alone is no root with a suffix.")
    else:
        holds = first == "2" or bool(re.fullmatch(r"0*[0-3]?[0-9]", second))
        why = _("It begins with {first}.{second}.", first=first, second=short(second, 20))
    rule = _("It begins as object identifiers do: 0, 1 or 2, then under 0 and 1 at most 39.")
    return Rule(rule, holds, why, "PS3.5 §9, ISO/IEC 9834-1")
