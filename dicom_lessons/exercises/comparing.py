"""Two results compared: whether they are the same, how much of one is right, where they differ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pydicom import Dataset

from dicom_lessons.exercises.plain import Refused, shown
from dicom_lessons.text import _


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
