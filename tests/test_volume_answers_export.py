"""Answers to the exercises of 10c: right ones of many forms, wrong ones, rubbish."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from typing import Any

import numpy as np
import pytest
from answers import judged
from pydicom import Dataset


def by_exponential(weight: float, dose: float, half_life: float, seconds: float) -> Any:
    return np.float32(weight * 1000 / (dose * exp(-log(2) * seconds / half_life)))


def by_minutes(weight: float, dose: float, half_life: float, seconds: float) -> float:
    return float(weight * 1000 / (dose * 0.5 ** (seconds / 60 / half_life)))


def by_inverse(index: Any, source: Any, target: Any) -> list[float]:
    matrix = np.linalg.inv(target) @ source
    return list((matrix @ np.array([*index, 1]))[:3])


def with_the_one(index: Any, source: Any, target: Any) -> Any:
    return np.linalg.inv(target) @ source @ [*index, 1]


def by_attribute(one: Dataset, other: Dataset) -> bool:
    uids = [getattr(each, "FrameOfReferenceUID", "") for each in (one, other)]
    return bool(all(uids) and uids[0] == uids[1])


def by_first_missing(one: Dataset, other: Dataset) -> bool:
    return bool(one.get("FrameOfReferenceUID", "a") == other.get("FrameOfReferenceUID", "b"))


def by_loop(affine: Any) -> list[list[float]]:
    signs = [-1, -1, 1, 1]
    return [
        [sign * row[axis] for axis in (2, 1, 0, 3)] for sign, row in zip(signs, affine, strict=True)
    ]


def without_origin(affine: Any) -> Any:
    turned = affine[:, [2, 1, 0, 3]].copy()
    turned[:2, :3] *= -1
    return turned


RIGHT: list[tuple[str, Callable[..., Any]]] = [
    ("volume-11", by_exponential),
    ("volume-12", by_inverse),
    ("volume-13", by_attribute),
    ("volume-14", by_loop),
]
WRONG: list[tuple[str, Callable[..., Any]]] = [
    ("volume-11", by_minutes),
    ("volume-12", with_the_one),
    ("volume-13", by_first_missing),
    ("volume-14", without_origin),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right_answers_of_other_forms_are_right(name: str, answer: Callable[..., Any]) -> None:
    assert judged(name, answer).right, judged(name, answer)


@pytest.mark.parametrize(("name", "answer"), WRONG)
def test_answers_that_look_right_are_not(name: str, answer: Callable[..., Any]) -> None:
    assert judged(name, answer).right is False


@pytest.mark.parametrize("name", [name for name, _answer in RIGHT])
@pytest.mark.parametrize("rubbish", [0, "x", None, [1, 2], lambda *given: "rubbish", 1j])
def test_rubbish_is_never_right(name: str, rubbish: object) -> None:
    assert not judged(name, rubbish).right
