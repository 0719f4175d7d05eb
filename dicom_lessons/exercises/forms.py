"""Right forms of an answer: the same value as int, hexadecimal text or bytes is the same answer.

Each function takes what a learner gave and returns one plain form of it, or raises ``ValueError``
or ``TypeError`` with a sentence that says which form was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import SupportsIndex

from pydicom._uid_dict import UID_dictionary
from pydicom.tag import Tag

from dicom_lessons.text import N_, _

_EXPECTED = {
    "integer": N_("a whole number, for example 132 or 0x84"),
    "tag": N_("a tag, for example 0x00100010, (0x0010, 0x0010) or '(0010,0010)'"),
    "text": N_("text in quotes"),
    "raw bytes": N_("bytes, for example b'DICM' or '44 49 43 4D'"),
    "truth": N_("True or False"),
    "uid": N_("a UID in quotes, for example '1.2.840.10008.1.2'"),
    "list": N_("a list, for example [1, 2, 3]"),
}
Form = Callable[[object], object]


def _refused(form: str) -> TypeError:
    return TypeError(_("Expected here: {form}.", form=_(_EXPECTED[form])))


def as_it_is(answer: object) -> object:
    """Return the answer unchanged."""
    return answer


def integer(answer: object) -> int:
    r"""Return an integer from an int, a decimal or hexadecimal text, or little-endian bytes.

    >>> integer("0x84"), integer(b"\xc0\x00\x00\x00"), integer(132)
    (132, 192, 132)
    """
    if isinstance(answer, bytes | bytearray) and 0 < len(answer) <= 8:
        return int.from_bytes(answer, "little")
    if isinstance(answer, str):
        digits = answer.strip().lower()
        if re.fullmatch(r"[+-]?(0x[0-9a-f]{1,16}|[0-9]{1,20})", digits):
            return int(digits, 16 if "x" in digits else 10)
        if re.fullmatch(r"[0-9a-f]{1,16}h", digits):
            return int(digits[:-1], 16)
    elif isinstance(answer, SupportsIndex) and not isinstance(answer, bool):
        return answer.__index__()
    elif isinstance(answer, float) and answer.is_integer():
        return int(answer)
    raise _refused("integer")


def tag(answer: object) -> int:
    """Return a tag as one 32-bit number from a number, a pair, a text or a keyword.

    >>> tag("(7FE0,0010)") == tag((0x7FE0, 0x0010)) == tag("PixelData") == 0x7FE00010
    True
    """
    try:
        if isinstance(answer, str):
            digits = re.sub(r"[\s(),]|0x", "", answer)
            return int(digits, 16) if re.fullmatch("[0-9A-Fa-f]{8}", digits) else int(Tag(answer))
        if isinstance(answer, int | tuple | list) and not isinstance(answer, bool):
            return int(Tag(answer))  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError, NotImplementedError):
        pass
    raise _refused("tag")


def text(answer: object) -> str:
    """Return text without regard to case, surrounding spaces or quotes.

    >>> text(" Explicit ")
    'explicit'
    """
    if isinstance(answer, str):
        return answer.strip().strip("'\"").strip().casefold()
    raise _refused("text")


def uid(answer: object) -> str:
    r"""Return a UID as text, from its text, padded bytes, its keyword or its name.

    >>> uid(b"1.2.840.10008.1.2\x00")
    '1.2.840.10008.1.2'
    """
    if isinstance(answer, bytes):
        answer = answer.decode("ascii", "replace")
    if isinstance(answer, str):
        digits = answer.strip(" \0'\"")
        names = {value.casefold(): key for key, value in _uid_names()}
        return names.get(digits.casefold(), digits)
    raise _refused("uid")


def raw_bytes(answer: object) -> bytes:
    """Return bytes from bytes, hexadecimal text or a list of numbers.

    >>> raw_bytes("44 49 43 4D") == raw_bytes([68, 73, 67, 77]) == b"DICM"
    True
    """
    try:
        if isinstance(answer, str):
            return bytes.fromhex(answer.replace("0x", "").replace(",", " "))
        if isinstance(answer, bytes | bytearray | list | tuple):
            return bytes(answer)
    except (ValueError, TypeError):
        pass
    raise _refused("raw bytes")


def truth(answer: object) -> bool:
    """Return True or False from a truth value, numpy's included."""
    if isinstance(answer, bool) or type(answer).__name__ in {"bool_", "bool"}:
        return bool(answer)
    raise _refused("truth")


def list_of(form: Form, *, ordered: bool = True) -> Callable[[object], list[object]]:
    """Return the form of a list whose members have a form.

    >>> list_of(integer)(("0x10", 17))
    [16, 17]
    """

    def listed(answer: object) -> list[object]:
        if isinstance(answer, str | bytes | dict) or not isinstance(answer, Iterable):
            raise _refused("list")
        members = []
        for member in answer:
            members.append(form(member))
            if len(members) > 10_000:
                raise _refused("list")
        return members if ordered else sorted(members, key=repr)

    return listed


def _uid_names() -> Iterable[tuple[str, str]]:
    for value, (name, *_unused, keyword) in UID_dictionary.items():
        yield value, name
        yield value, keyword
