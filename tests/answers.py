"""Answers to exercises, as tables by the name of the exercise, and what is said to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def right_and_wrong(
    right: Mapping[str, Sequence[Any]], wrong: Mapping[str, Sequence[Any]]
) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return the two tests of every file of answers: right ones are taken, wrong ones told why."""

    @table(right)
    def right_answers_are_right(name: str, answer: object) -> None:
        verdict = judged(name, answer)
        assert verdict.right, verdict

    @table(wrong)
    def wrong_answers_are_wrong(name: str, answer: object) -> None:
        verdict = judged(name, answer)
        assert not verdict.right
        assert verdict.why or answer is None  # not answered, nothing is told

    return right_answers_are_right, wrong_answers_are_wrong
