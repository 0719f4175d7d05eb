"""Answers to exercises, as tables by the name of the exercise, and what is said to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from dicom_lessons.exercises.lessons import declared
from dicom_lessons.exercises.verdicts import Verdict
from dicom_lessons.text import set_language


def judged(name: str, answer: object) -> Verdict:
    """Return what is said in English to an answer."""
    set_language("en")
    return declared(name.rpartition("-")[0])[name].judge(answer)


def table(answers: Mapping[str, Sequence[Any]]) -> pytest.MarkDecorator:
    """Give a test each answer with the name of its exercise."""
    every = [(name, answer) for name, several in answers.items() for answer in several]
    ids = [f"{name}-{number}" for number, (name, _answer) in enumerate(every)]
    return pytest.mark.parametrize(("name", "answer"), every, ids=ids)


def all_right(answers: Mapping[str, Sequence[Any]]) -> Callable[[str, object], None]:
    """Return a test in which each answer is right."""

    @table(answers)
    def test(name: str, answer: object) -> None:
        verdict = judged(name, answer)
        assert verdict.right, verdict.why

    return test


def all_wrong(
    answers: Mapping[str, Sequence[Any]], *, may_be_blank: bool = False
) -> Callable[[str, object], None]:
    """Return a test in which each answer is wrong and is told why, or may count as none yet."""

    @table(answers)
    def test(name: str, answer: object) -> None:
        verdict = judged(name, answer)
        assert verdict.right is False or (may_be_blank and verdict.right is None)
        assert verdict.why or answer is None

    return test


def rubbish_is_wrong(names: Iterable[str], rubbish: Sequence[Any]) -> Callable[..., None]:
    """Return a test in which no exercise takes any rubbish, nor stumbles over it."""

    @pytest.mark.parametrize("name", list(names))
    @pytest.mark.parametrize("answer", rubbish)
    def test(name: str, answer: object) -> None:
        assert judged(name, answer).right is not True

    return test
