"""Answers looked at apart, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from dicom_lessons.exercises import forms
from dicom_lessons.exercises.apart import Unfinished, apart
from dicom_lessons.exercises.calls import Outcome, outcomes
from dicom_lessons.exercises.plain import Refused, is_scalar, plain, shown
from dicom_lessons.text import _


@dataclass(frozen=True)
class Verdict:
    """What was seen."""

    right: bool | None  # None means not answered yet
    why: str = ""  # what to say, in the language that is set
    reason: str = ""  # the explanation in it as it stands in ``exercises.md``


def called(
    function: object,
    cases: Sequence[tuple[object, ...]],
    form: forms.Form = forms.as_it_is,
    *,
    may_give_nothing: bool = False,
) -> tuple[list[Outcome], Verdict | None]:
    """Call a learner's function apart; a verdict comes with it if there is nothing to judge."""
    if not callable(function):
        said = _("You answered {answer}. A function is expected here.", answer=seen(function))
        return [], Verdict(False, said)
    results = apart(lambda: list(outcomes(function, cases, form)))
    if may_give_nothing or any(one.result is not None for one in results):
        return results, None
    why = _("Your function gives nothing back: does it end with return?")
    return results, Verdict(None if all(one.blank for one in results) else False, why)


def seen(answer: object) -> str:
    """Return a short text of a learner's object, whose own code makes it."""
    try:
        return shown(answer) if is_scalar(answer) else apart(partial(shown, answer))
    except Unfinished as how:
        return str(how)


def looked_at_apart(answer: object, form: forms.Form) -> tuple[str, object]:
    """Return a short text of an answer and its plain form, or what was expected instead.

    What has code of its own is looked at apart.
    """
    look = partial(_looked_at, answer, form)
    return look() if is_scalar(answer) else apart(look)


def _looked_at(answer: object, form: forms.Form) -> tuple[str, object]:
    text = shown(answer)
    try:
        return text, plain(form(plain(answer, forms.as_it_is)))
    except (TypeError, ValueError) as refusal:
        return text, Refused(str(refusal))
