"""Answers to exercises, as tables by the name of the exercise, and what is said to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
