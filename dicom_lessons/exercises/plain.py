"""What an answer holds, as Python's own exact types, and how two of them are compared.

An object may call itself equal to everything, or change its value with every look. It is read once,
by the methods of the built-in type below it; no class of a learner's takes part after that.
"""

from __future__ import annotations

import itertools
import math
import re
import reprlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

from dicom_lessons.text import _, short

MOST_LISTS, DEEPEST, LONGEST = 20_000, 40, 1_000_000


class _Repr(reprlib.Repr):
    """Shows a data set by its first elements, each by its keyword."""

    def repr_Dataset(self, dataset: Dataset, level: int) -> str:
        first = itertools.islice(dataset, 8)
        told = [f"{one.keyword or one.tag}: {self.repr1(one.value, level - 1)}" for one in first]
        return f"Dataset({', '.join(told)})"


_repr = _Repr()
_repr.maxstring = _repr.maxother = 60


@dataclass(frozen=True)
class Strange:
    """What is none of the plain types: only how it looks is kept. No right answer is one."""

    text: str

    def __repr__(self) -> str:
        return self.text


class Refused(Strange):
    """What the form of an exercise does not take; the text says what was expected."""


@dataclass(frozen=True)
class Raised:
    """What a function raised, or an error that it returned: names of its types, and its text."""

    types: tuple[str, ...]
    text: str
    returned: bool = False

    @classmethod
    def of(cls, error: BaseException, *, returned: bool = False) -> Raised:
        """Note an error; the most special of its types comes first."""
        types = type(error).__mro__
        return cls(tuple(each.__qualname__ for each in types), shown(error), returned)

    def __repr__(self) -> str:
        return self.text if self.returned else f"raise {self.text}"

    def is_one(self, other: Raised) -> bool:
        """Tell whether this is an error of the other's type; a subclass is one if it was raised."""
        allowed = self.types[:1] if self.returned else self.types
        return self.returned == other.returned and other.types[0] in allowed


def shown(value: object) -> str:
    """Return a short representation of anything, even of what cannot represent itself.

    Where something lies in memory says nothing, and differs each time.
    """
    try:
        text = re.sub(r" at 0x[0-9A-Fa-f]+", "", _repr.repr(value))
        return short(text, 200) or type(value).__name__
    except BaseException:  # even sys.exit() may be in there
        return short(_("something of type {type}", type=type(value).__name__), 200)


# a boolean has no subclass; each reader is the base type's own, whatever the value redefines
_SCALARS: dict[type, Callable[[Any], object]] = {
    bool: bool,
    int: int.__index__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: bytes.__bytes__,
    bytearray: lambda value: bytes(bytearray.copy(value)),
    memoryview: memoryview.tobytes,
    np.floating: np.generic.__float__,
    np.generic: np.generic.item,
    Decimal: Decimal,
    PersonName: PersonName.__str__,
}
_KEPT = (type(None), type(...), Fraction, date, time, datetime, timedelta, UUID)
_LISTS: dict[type, Callable[[Any], Iterable[object]]] = {
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
    np.ndarray: lambda value: np.ndarray.tolist(np.ndarray.reshape(value, -1)),
    MultiValue: lambda value: vars(value)["_list"],
}


@lru_cache(10_000)
def _base(kind: type) -> type | None:
    """Return the type as which something is read; only exact types are kept as they are."""
    if kind in (*_KEPT, Strange, Refused, Raised):
        return type(None)
    bases = (*_SCALARS, dict, *_LISTS, BaseException)
    return next((base for base in bases if issubclass(kind, base)), None)


def is_scalar(value: object) -> bool:
    """Tell whether a value has no methods but Python's own, and no members."""
    return value is None or type(value) in (bool, int, float, str, bytes)


def plain(value: object, other: Callable[[Any], object] = lambda one: Strange(shown(one))) -> Any:
    """Return a value made of exact built-in types and arrays; of the rest what ``other`` makes.

    >>> class Text(str):
    ...     def __eq__(self, other):
    ...         return True
    >>> plain([Text("a"), np.int64(7), {1.5}]) == ["a", 7, {1.5}], plain(Text("a")) == "b"
    (True, False)
    """
    count, inside = itertools.count(), set[int]()

    def read(one: Any) -> object:
        kind: Any = type(one)
        base = _base(kind)
        if base in _SCALARS:
            found = _SCALARS[base](one)
            too_long = isinstance(found, str | bytes) and len(found) > LONGEST
            return Strange("…") if too_long else found
        if base is None:
            return other(one)
        if base is BaseException:
            return Raised.of(one, returned=True)
        if base is np.ndarray and not np.ndarray.__getattribute__(one, "dtype").hasobject:
            return np.array(one, subok=False)
        if base not in (dict, *_LISTS):
            return one
        if id(one) in inside or len(inside) > DEEPEST or next(count) > MOST_LISTS:
            return Strange("…")
        inside.add(id(one))
        try:
            return members(one, base)
        finally:
            inside.remove(id(one))

    def members(one: Any, base: type) -> object:
        if base is dict:
            return {_key(read(key)): read(value) for key, value in dict.items(one)}
        found = [read(member) for member in _LISTS[base](one)]
        if base in (set, frozenset):
            return {_key(member) for member in found}
        return tuple(found) if base is tuple else found

    return read(value)


def _key(value: object) -> object:
    """Return what may stand in a set or before a colon."""
    try:
        hash(value)
    except TypeError:
        return Strange(shown(value))
    return value


def same(one: Any, other: Any) -> bool:
    """Compare two results: floats to nine digits, arrays by shape and members, rest by ``==``."""
    try:
        if isinstance(one, Refused) or isinstance(other, Refused):
            return False
        if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
            if np.asarray(other).dtype.kind not in "fc":
                return np.array_equal(one, other)
            return np.shape(one) == np.shape(other) and np.allclose(one, other, 1e-9, 1e-9)
        if isinstance(other, float):
            return math.isclose(float(one), other, rel_tol=1e-9, abs_tol=1e-9)
        if isinstance(other, list | tuple) and isinstance(one, list | tuple):
            return len(one) == len(other) and all(map(same, one, other))
        return isinstance(one, bool | np.bool_) == isinstance(other, bool | np.bool_) and bool(
            one == other
        )
    except Exception:
        return False


def partly(given: Any, right: Any) -> str:
    """Say how much of a list is right, by place (list) or wherever it is (tuple); else nothing."""
    if not isinstance(given, list | tuple) or not isinstance(right, list | tuple):
        return ""
    hits = map(same, given, right) if isinstance(given, list) else map(given.__contains__, right)
    told = _("Right: {right} of {count}.", right=sum(hits), count=len(right))
    return f"{told} {_too_many(given, right)}".rstrip()


def _too_many(given: Any, right: Any) -> str:
    strange = [one for one in given if one not in right] if isinstance(given, tuple) else []
    if isinstance(given, tuple) and len(given) > len(set(map(repr, given))):
        return _("Something stands there twice.")
    if strange and len(given) > len(right):
        return _("Too much: {values}.", values=", ".join(map(shown, strange)))
    return _("It is longer than it should be.") if len(given) > len(right) else ""


def contrast(got: object, expected: object) -> tuple[str, str]:
    """Return short representations of two things that are not the same, so that one sees it."""
    one, other = shown(got), shown(expected)
    if one != other:
        return one, other
    if type(got) is not type(expected):
        return f"{type(got).__name__} {one}", f"{type(expected).__name__} {other}"
    # a data set prints long values as "Array of 81 elements"
    whole = [v.to_json_dict() if isinstance(v, Dataset) else v for v in (got, expected)]
    texts = [" ".join(repr(value).split()) for value in whole]
    place = next((n for n, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), 0)
    begin = max(place - 20, 0)
    cut = [f"…{text[begin : place + 60]}" for text in texts]
    return cut[0], cut[1]
