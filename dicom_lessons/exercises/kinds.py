"""The kinds of exercise, and how each judges an answer by behaviour.

An exercise is written once, in the ``exercises.md`` of its room: question, model solution, likely
mistakes and hints. Solutions and mistakes are the source of an answer cell, so that the solutions
notebooks and the tests run the very code that the judge compares with.
"""

from __future__ import annotations

import ast
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydicom import Dataset

from dicom_lessons import reading
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.apart import Unfinished, apart
from dicom_lessons.exercises.calls import Outcome, outcomes
from dicom_lessons.exercises.plain import Raised, Refused, is_scalar, plain, shown
from dicom_lessons.text import _, language

Cases = Callable[[], Sequence[tuple[object, ...]]]


@dataclass(frozen=True)
class Verdict:
    """What was seen.

    Attributes
    ----------
    right : bool or None
        None means not answered yet.
    why : str
        What to say, in the language that is set.
    reason : str
        The explanation in it as it stands in ``exercises.md``, before translation.
    """

    right: bool | None
    why: str = ""
    reason: str = ""


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
        look = partial(_looked_at, answer, form)
        text, given = look() if is_scalar(answer) else apart(look)
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
        return self._compared(answer, self.form)[0]


@dataclass(frozen=True, kw_only=True)
class Prediction(Value):
    """A value written down before the lesson shows it; a wrong one costs nothing."""

    def _judge(self, answer: object) -> Verdict:
        if self.form is forms.truth and isinstance(answer, str):  # written in quotes
            answer = {"True": True, "False": False}.get(str.strip(answer, " '\"").title(), answer)
        return super()._judge(answer)


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
        text, given = apart(partial(_looked_at, answer, os.fspath))
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

    ``cases`` returns the argument tuples; results are compared after ``form``, exceptions by
    their type; a subclass is as good.
    """

    cases: Cases
    form: forms.Form = forms.as_it_is

    def _judge(self, answer: object) -> Verdict:
        wanted = self._wanted  # before a learner's function can change what the models look at
        results, refusal = called(answer, self.cases(), self.form)
        return refusal or self._judge_results(results, wanted)

    @cached_property
    def _by_language(self) -> dict[str, list[list[Outcome]]]:
        return {}

    @property
    def _wanted(self) -> list[list[Outcome]]:
        if language() not in self._by_language:  # a result may be a sentence
            wanted = [list(outcomes(model, self.cases(), self.form)) for model in self.models]
            self._by_language[language()] = wanted
        return self._by_language[language()]

    def _judge_results(self, results: list[Outcome], wanted: list[list[Outcome]]) -> Verdict:
        """Compare all that a learner's function did with what each model does."""
        if any(all(map(self._agree, results, each)) for each in wanted):
            return self._right()
        agreed = map(self._agree, results, wanted[0])
        place = next(place for place, agrees in enumerate(agreed) if not agrees)
        seen = self._seen(self.cases()[place], results[place].result, wanted[0][place].result)

        def is_same(wrong: object) -> bool:
            return all(map(self._agree, results, self._foreseen(wrong)))

        return self._mistaken(is_same, seen, seen)

    @cached_property
    def _mistakes_by_language(self) -> dict[tuple[str, int], tuple[object, list[Outcome]]]:
        return {}

    def _foreseen(self, wrong: object) -> Iterator[Outcome]:
        """Give what a mistake comes to, case by case; each call of it is made once."""
        known = self._mistakes_by_language.setdefault((language(), id(wrong)), (wrong, []))[1]
        yield from known
        for case in self.cases()[len(known) :]:
            known += outcomes(wrong, [case], self.form)
            yield known[-1]

    def _seen(self, arguments: tuple[object, ...], result: object, wanted: object) -> str:
        """Say what the first call gave that went wrong; a kind of its own may say otherwise."""
        got, expected = contrast(result, wanted)
        return _(
            "Called with ({arguments}), your function gave {got}; expected: {expected}.",
            arguments=", ".join(shown(getattr(each, "name", each)) for each in arguments),
            got=got,
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
        return same(one, other)


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a room's ``checks.py`` adds to the text of an exercise: that which must run.

    Attributes
    ----------
    cases : callable or None
        Returns the argument tuples of a :class:`Code`.
    form : callable or None
        A form of this exercise alone; those of :mod:`forms` are named in the text.
    examine : callable or None
        Looks at the file of a :class:`Repair`.
    kind : type or None
        A kind of this room's own.
    """

    cases: Cases | None = None
    form: forms.Form | None = None
    examine: Callable[[Path], str] | None = None
    kind: type[Exercise] | None = None


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


def _looked_at(answer: object, form: forms.Form) -> tuple[str, object]:
    """Return a short text of an answer and its plain form, or what was expected instead."""
    text = shown(answer)
    try:
        return text, plain(form(plain(answer, forms.as_it_is)))
    except (TypeError, ValueError) as refusal:
        return text, Refused(str(refusal))


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


@cache
def bound_by(source: str) -> object:
    """Run the source of an answer cell and return what its last statement binds."""
    namespace: dict[str, object] = {}
    exec(compile(source, "<answer>", "exec"), namespace)
    return namespace[bound_name(source)]


def bound_name(source: str) -> str:
    """Return the name that the last statement of an answer cell binds."""
    last = ast.parse(source).body[-1]
    if isinstance(last, ast.FunctionDef):
        return last.name
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        return last.targets[0].id
    raise ValueError(f"the last statement binds no single name: {source!r}")
