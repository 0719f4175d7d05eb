"""Right forms of an answer: the same value as int, hexadecimal text or bytes is the same answer.

Each form takes what a learner gave and returns one plain form of it, or raises ``TypeError`` with
a sentence that says what was expected.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import numpy as np
import pydicom.uid
from pydicom.tag import Tag

from dicom_lessons.text import N_, _

LETTERS = "abcdefghijkl"
# typed on a Russian keyboard, these look on the screen like the Latin letters below them
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХаеорсух", "ABEKMHOPCTYXaeopcyx")
Plain = TypeVar("Plain")
Form = Callable[[Any], object]


def expecting(
    example: str, **fields: object
) -> Callable[[Callable[[Any], Plain]], Callable[[Any], Plain]]:
    """Make a form of a function that may fail in any way; ``example`` says what it expects."""

    def decorate(read: Callable[[Any], Plain]) -> Callable[[Any], Plain]:
        @wraps(read)
        def form(answer: Any) -> Plain:
            try:
                return read(answer)
            except Exception:
                raise TypeError(_("Expected here: {form}.", form=_(example, **fields))) from None

        return form

    return decorate


def latin(written: str) -> str:
    """Return a text whose Cyrillic letters all look like Latin ones in these; others stay."""
    folded = written.translate(_LOOK_ALIKES)
    return written if re.search("[а-яё]", folded, flags=re.I) else folded


def as_it_is(answer: Any) -> object:
    """Return the answer unchanged."""
    return answer


@expecting(N_("a whole number, for example 132 or 0x84"))
def integer(answer: Any) -> int:
    r"""Return an integer from an int, a decimal or hexadecimal text, or little-endian bytes.

    >>> integer("0x84"), integer(b"\xc0\x00\x00\x00"), integer(132), integer("84h")
    (132, 192, 132, 132)
    """
    if isinstance(answer, bytes | bytearray) and 0 < len(answer) <= 8:
        return int.from_bytes(answer, "little")
    if isinstance(answer, str):
        digits = answer.strip().lower()
        if re.fullmatch(r"[1-9]\d{0,2}([,\s]\d{3})+", digits):  # as prose parts thousands
            digits = re.sub(r"\D", "", digits)
        return int(digits.removesuffix("h"), 16 if re.search("x|h$", digits) else 10)
    if isinstance(answer, float) and answer.is_integer():
        return int(answer)
    return operator.index(answer if not isinstance(answer, bool) else None)  # type: ignore[arg-type]


@expecting(N_("a number, for example 0.5"))
def number(answer: Any) -> float:
    """Return a number from an int, a float or text; a decimal comma is welcome.

    >>> number("0,5") == number(0.5)
    True
    """
    if isinstance(answer, bool):
        raise TypeError
    return float(answer.replace(",", ".") if isinstance(answer, str) else answer)


@expecting(N_("a tag or its keyword, for example 0x00100010, '(0010,0010)' or 'PatientName'"))
def tag(answer: Any) -> int:
    """Return a tag as one 32-bit number from a number, a pair, a text, a keyword or a name.

    >>> tag("(7FE0,0010)") == tag((0x7FE0, 0x0010)) == tag("PixelData") == tag("Pixel Data")
    True
    """
    if isinstance(answer, bool):
        raise TypeError
    answer = re.sub(r"'s\b|\s", "", latin(answer)) if isinstance(answer, str) else answer
    digits = re.sub(r"[(),]|0x", "", answer) if isinstance(answer, str) else ""
    return int(digits, 16) if re.fullmatch("[0-9A-Fa-f]{8}", digits) else int(Tag(answer))


@expecting(N_("text in quotes"))
def exact_text(answer: Any) -> str:
    """Return text as it is written, but for surrounding spaces, quotes and Cyrillic look-alikes.

    >>> exact_text(" 'СТ' ") == "CT", exact_text("ct") == "CT"
    (True, False)
    """
    return latin(str.strip(answer, " \t\n'\""))


@expecting(N_("text in quotes"))
def text(answer: Any) -> str:
    """Return text without regard to case, surrounding spaces or quotes.

    >>> text(" Explicit ")
    'explicit'
    """
    return exact_text(answer).casefold()


@expecting(N_("a UID in quotes, for example '1.2.840.10008.1.2'"))
def uid(answer: Any) -> str:
    r"""Return a UID as text, from its text, padded bytes, its keyword or its name.

    >>> uid(b"1.2.840.10008.1.2\x00") == uid("Implicit VR Little Endian")
    True
    """
    given = str(answer, "ascii") if isinstance(answer, bytes) else answer
    digits = latin(str.strip(given, " \0'\"")).casefold()
    return _uids_by_name().get(digits, digits)


@cache
def _uids_by_name() -> dict[str, str]:
    """Return pydicom's transfer syntaxes and storage classes by name and by keyword."""
    known = [value for value in vars(pydicom.uid).values() if isinstance(value, pydicom.uid.UID)]
    names = [(name.casefold(), str(one)) for one in known for name in (one.name, one.keyword)]
    return {name: value for name, value in names if name}


@expecting(N_("bytes, for example b'DICM' or '44 49 43 4D'"))
def raw_bytes(answer: Any) -> bytes:
    """Return bytes from bytes, hexadecimal text or a list of numbers.

    >>> raw_bytes("44 49 43 4D") == raw_bytes([68, 73, 67, 77]) == b"DICM"
    True
    """
    if isinstance(answer, str):
        return bytes.fromhex(answer.replace("0x", "").replace(",", " "))
    if isinstance(answer, bytes | bytearray | list | tuple):
        return bytes(answer)
    raise TypeError


@expecting(N_("True or False"))
def truth(answer: Any) -> bool:
    """Return True or False from a truth value, numpy's included."""
    if isinstance(answer, bool | np.bool_):
        return bool(answer)
    raise TypeError


@expecting(N_("True or False"))
def written_truth(answer: Any) -> bool:
    """Return True or False from a truth value or from its word in quotes.

    >>> written_truth("False"), written_truth(True)
    (False, True)
    """
    words = {"true": True, "false": False}
    return words[text(answer)] if isinstance(answer, str) else truth(answer)


@expecting(N_("a list, for example [1, 2, 3] or ['CT', 'MR']"))
def _members(answer: Any) -> list[object]:
    if isinstance(answer, str) and re.search(r"[,;\s]", answer.strip()):
        written = answer.strip(" ,;[]()\n")
        marks = r"\s*[,;\n][,;\s]*" if re.search(r"[,;\n]", written) else r"\s+"
        answer = re.split(marks, written)  # a space divides only where no other mark does
    members = list(itertools.islice(answer, 1_001))
    if isinstance(answer, str | bytes | dict) or len(members) > 1_000:
        raise TypeError
    return members


def list_of(
    form: Form, *, ordered: bool = True
) -> Callable[[Any], list[object] | tuple[object, ...]]:
    """Return the form of a list whose members have a form; a sorted tuple if order is nothing.

    >>> list_of(integer)(("0x10", 17))
    [16, 17]
    """

    def listed(answer: Any) -> list[object] | tuple[object, ...]:
        if ordered and isinstance(answer, set | frozenset):
            raise TypeError(_("Order counts here, and a set keeps none: use a list."))
        members = [form(member) for member in _members(answer)]
        return members if ordered else tuple(sorted(members, key=repr))

    return listed


def letter_of(count: int) -> Callable[[Any], str]:
    """Return the form of one of the first letters of the alphabet.

    >>> letter_of(3)("B.")
    'b'
    """
    known = ", ".join(map(repr, LETTERS[:count]))

    @expecting(N_("one letter in quotes: {letters}"), letters=known)
    def letter(answer: Any) -> str:
        given = latin(str.strip(answer, " .)('\"")).lower()
        return {letter: letter for letter in LETTERS[:count]}[given]

    return letter


def letters_of(count: int) -> Callable[[Any], object]:
    """Return the form of some of the first letters in any order: a list, or one word.

    >>> letters_of(5)("ace") == letters_of(5)({"E", "A", "C"}) == ("a", "c", "e")
    True
    """

    @expecting(N_("letters from a to {last}, for example ['a', 'b']"), last=LETTERS[count - 1])
    def letters(answer: Any) -> object:
        is_word = isinstance(answer, str) and answer.strip().isalpha()
        given = list(answer.strip()) if is_word else answer
        return list_of(letter_of(count), ordered=False)(given)

    return letters


def order_of(count: int) -> Callable[[Any], list[str]]:
    """Return the form of an order of the first letters of the alphabet.

    >>> order_of(3)("c, b, a") == order_of(3)(["C", "B", "A"]) == ["c", "b", "a"]
    True
    """
    known = LETTERS[:count]
    said = N_("each of {count} letters once, for example {order!r}")

    @expecting(said, count=count, order=known[::-1])
    def order(answer: Any) -> list[str]:
        letters = answer if isinstance(answer, str) else "".join(map(text, _members(answer)))
        given = list(filter(str.isalpha, latin(letters).lower()))
        if sorted(given) != list(LETTERS[:count]):
            raise ValueError
        return given

    return order


NAMES: dict[str, Form] = {
    "exact": as_it_is,
    "exact text": exact_text,
    "integer": integer,
    "number": number,
    "tag": tag,
    "text": text,
    "uid": uid,
    "bytes": raw_bytes,
    "truth": truth,
}


_COUNTED = {"letter": letter_of, "order": order_of, "set of letter": letters_of}


def named(words: str) -> Form:
    """Return the form that stands in brackets behind the name of an exercise.

    Parameters
    ----------
    words : str
        A key of ``NAMES``; ``"list of …"``, in which order counts, or ``"set of …"``, in which it
        does not; ``"letter of 5"``; ``"order of 3"``.

    Raises
    ------
    KeyError
        If there is no such form.

    Examples
    --------
    >>> named("set of integer")([3, "0x1"])
    (1, 3)
    """
    kind, _of, count = words.rpartition(" of ")
    if kind in _COUNTED and count.isdecimal() and 1 < int(count) <= len(LETTERS):
        return _COUNTED[kind](int(count))
    first, _of, rest = words.partition(" of ")
    if first in ("list", "set") and rest:
        return list_of(named(rest), ordered=first == "list")
    return NAMES[words]
