"""The kinds of exercise, and how each judges an answer by behaviour.

An exercise is written once, in the ``exercises.md`` of its room: question, model solution, likely
mistakes and hints. Solutions and mistakes are the source of an answer cell, so that the solutions
notebooks and the tests run the very code that the judge compares with.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dicom_lessons import reading
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.apart import Unfinished
from dicom_lessons.exercises.calls import Outcome, outcomes
from dicom_lessons.exercises.plain import (
    Raised,
    Refused,
    contrast,
    partly,
    plain,
    same,
    shown,
)
from dicom_lessons.exercises.sources import bound_by
from dicom_lessons.exercises.verdicts import Verdict, called, looked_at_apart
from dicom_lessons.text import N_, _, language

Cases = Callable[[], Sequence[tuple[object, ...]]]
_GAVE = N_("Called with ({arguments}), your function gave {got}; expected: {expected}.")
_RAISED = N_("Called with ({arguments}), your function raised {got}; expected: {expected}.")


@dataclass(frozen=True)
class Answer:
    """An option of a choice, or a mistake as the source of an answer cell; and what explains it."""

    text: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What every kind holds.

    Attributes
    ----------
    name : str
        Lesson and number, such as ``"structure-3"``.
    question : str
        One sentence; the lesson's text repeats it word for word.
    solution : str
        Source of an answer cell; its last statement binds the answer.
    why : str
        Said after a right answer.
    hints : tuple of str
        Three, from a nudge to almost the solution.
    mistakes : tuple of Answer
        Likely wrong answers.
    also_right : tuple of str
        Further right answers, as sources.
    findings : mapping
        What an examination may find: the name that it returns, and what is said then.
    """

    name: str
    question: str
    solution: str
    why: str
    hints: tuple[str, ...]
    mistakes: tuple[Answer, ...] = ()
    also_right: tuple[str, ...] = ()
    findings: Mapping[str, str] = field(default_factory=dict)
    sitting: str = ""
    none_is_an_answer: ClassVar[bool] = False

    @property
    def models(self) -> list[object]:
        """What the model solution and the further right ones bind."""
        return [bound_by(source) for source in (self.solution, *self.also_right)]

    def judge(self, answer: object) -> Verdict:
        """Say whether the answer is right; anything at all may come in."""
        unanswered = answer is ... or (answer is None and not self.none_is_an_answer)
        try:
            return Verdict(None) if unanswered else self._judge(answer)
        except Unfinished as how:
            return Verdict(False, str(how))

    def _judge(self, answer: object) -> Verdict:
        raise NotImplementedError

    def _compared(self, answer: object, form: forms.Form) -> tuple[Verdict, object]:
        """Return the verdict, and the answer in its plain form."""
        right = [plain(form(model)) for model in self.models]
        text, given = looked_at_apart(answer, form)
        seen = _("You answered {answer}.", answer=text)
        if isinstance(given, Refused):
            return Verdict(False, f"{seen} {given}"), given
        if any(same(given, one) for one in right):
            return self._right(), given
        unforeseen = f"{seen} {partly(given, right[0])}".rstrip()
        is_same = lambda wrong: same(given, plain(form(wrong)))  # noqa: E731
        return self._mistaken(is_same, seen, unforeseen), given

    def _right(self) -> Verdict:
        return Verdict(True, _(self.why), self.why)

    def _found(self, finding: str, seen: str = "") -> Verdict:
        """Return the verdict on what an examination found; a nameless finding is its own text."""
        reason = self.findings.get(finding, finding)
        return Verdict(False, f"{seen} {_(reason)}".lstrip(), reason)

    def _mistaken(self, is_same: Callable[[object], bool], seen: str, unforeseen: str) -> Verdict:
        for mistake in self.mistakes:
            if is_same(bound_by(mistake.text)):
                return Verdict(False, f"{seen} {_(mistake.why)}".lstrip(), mistake.why)
        return Verdict(False, unforeseen)


@dataclass(frozen=True, kw_only=True)
class Value(Exercise):
    """One value, compared in a plain form: ``336``, ``"0x150"`` and its bytes are one answer."""

    form: forms.Form = forms.integer

    def _judge(self, answer: object) -> Verdict:
        return self._compared(answer, self._written)[0]

    @property
    def _written(self) -> forms.Form:
        """What is written down, not returned by a function, may be in quotes."""
        return forms.written_truth if self.form is forms.truth else self.form

    def refusal(self, answer: object) -> str:
        """Say which form was expected, if the answer has another; else nothing."""
        try:
            given = looked_at_apart(answer, self._written)[1]
        except Unfinished as how:
            return str(how)
        return str(given) if isinstance(given, Refused) else ""


@dataclass(frozen=True, kw_only=True)
class Prediction(Value):
    """A value written down before the lesson shows it; a wrong one costs nothing."""


@dataclass(frozen=True, kw_only=True)
class Choice(Exercise):
    """One letter out of several; every option has its own explanation."""

    options: tuple[Answer, ...]

    def _judge(self, answer: object) -> Verdict:
        verdict, given = self._compared(answer, forms.letter_of(len(self.options)))
        if not isinstance(given, str):
            return verdict
        option = self.options[forms.LETTERS.index(given)]
        return Verdict(verdict.right, _(option.why), option.why)


@dataclass(frozen=True, kw_only=True)
class Parsons(Exercise):
    """Lines to put in order; the answer is their letters, such as ``"cab"``.

    ``lines`` stand as they are shown, the first under the letter a.
    """

    lines: tuple[str, ...]

    def _judge(self, answer: object) -> Verdict:
        return self._compared(answer, forms.order_of(len(self.lines)))[0]


@dataclass(frozen=True, kw_only=True)
class Repair(Exercise):
    """A file that the learner wrote, read and judged.

    ``examine`` gets its path and returns an empty text if all is well, else the name of one of the
    ``findings`` (or a sentence of its own); any error while it reads counts as wrong.
    """

    examine: Callable[[Path], str]
    none_is_an_answer: ClassVar[bool] = True

    def _judge(self, answer: object) -> Verdict:
        if answer is None:
            return Verdict(
                False, _("You gave None: what saves a file returns nothing. Give its path.")
            )
        text, given = looked_at_apart(answer, os.fspath)
        try:
            path = Path(given)  # type: ignore[arg-type]
            if not path.is_file():
                raise FileNotFoundError
        except Exception:
            return Verdict(False, _("There is no file {path}: write it first.", path=text))
        try:
            finding = self.examine(path)
        except reading.ReadingError as error:
            finding = str(error)
        except Exception as error:
            finding = _("pydicom cannot read {name}: {error}.", name=path.name, error=shown(error))
        return self._found(finding) if finding else self._right()


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function that is called with several inputs and compared with the model's results.

    ``cases`` returns the argument tuples; results are compared after ``form``, numbers to
    ``within`` if it is given, exceptions by their type; a subclass is as good.
    """

    cases: Cases
    form: forms.Form = forms.as_it_is
    within: tuple[float, float] | None = None

    def _judge(self, answer: object) -> Verdict:
        wanted = self._wanted  # before a learner's function can change what the models look at
        results, refusal = called(answer, self.cases(), self.form)
        return refusal or self._judge_results(results, wanted)

    @property
    def _wanted(self) -> list[list[Outcome]]:
        return [list(self._foreseen(model)) for model in self.models]

    def _judge_results(self, results: list[Outcome], wanted: list[list[Outcome]]) -> Verdict:
        """Compare all that a learner's function did with what each model does."""
        if any(all(map(self._agree, results, each)) for each in wanted):
            return self._right()
        agreed = map(self._agree, results, wanted[0])
        place = next(place for place, agrees in enumerate(agreed) if not agrees)
        seen = self._seen(self.cases()[place], results[place].result, wanted[0][place].result)
        if isinstance(results[place].plain, Refused):
            seen = f"{seen} {results[place].plain}".rstrip()

        def is_same(wrong: object) -> bool:
            return all(map(self._agree, results, self._foreseen(wrong)))

        return self._mistaken(is_same, seen, seen)

    @cached_property
    def _by_language(self) -> dict[tuple[str, int], tuple[object, list[Outcome]]]:
        return {}

    def _foreseen(self, function: object) -> Iterator[Outcome]:
        """Give what a model or a mistake comes to, case by case; each call of it is made once."""
        key = language(), id(function)  # a result may be a sentence
        known = self._by_language.setdefault(key, (function, []))[1]
        yield from known
        for case in self.cases()[len(known) :]:
            known += outcomes(function, [case], self.form)
            yield known[-1]

    def _seen(self, arguments: tuple[object, ...], result: object, wanted: object) -> str:
        """Say what the first call gave that went wrong; a kind of its own may say otherwise."""
        got, expected = contrast(result, wanted)
        raised = isinstance(result, Raised) and not result.returned
        return _(
            _RAISED if raised else _GAVE,
            arguments=", ".join(shown(getattr(each, "name", each)) for each in arguments),
            got=got.removeprefix("raise ") if raised else got,
            expected=expected,
        )

    def _agree(self, one: Outcome, other: Outcome) -> bool:
        if isinstance(one.plain, Raised) and isinstance(other.plain, Raised):
            return one.plain.is_one(other.plain)
        try:
            return self._matches(one.plain, other.plain)
        except Exception:  # anything at all may have come back
            return False

    def _matches(self, one: Any, other: Any) -> bool:
        """Compare two plain forms of what was returned; a kind of its own may compare otherwise."""
        if self.within is None:
            return same(one, other)
        return np.shape(one) == np.shape(other) and np.allclose(one, other, *self.within)


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a room's ``checks.py`` adds to the text of an exercise: that which must run."""

    cases: Cases | None = None  # returns the argument tuples of a :class:`Code`
    form: forms.Form | None = None  # of this exercise alone; others are named in the text
    examine: Callable[[Path], str] | None = None  # looks at the file of a :class:`Repair`
    within: tuple[float, float] | None = None  # how much numbers may be off: relative, and besides
    kind: type[Exercise] | None = None
