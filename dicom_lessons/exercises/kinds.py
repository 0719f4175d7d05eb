"""The kinds of exercise, and how each judges an answer by behaviour.

An exercise is written once, in the ``exercises.md`` of its room: question, model solution, likely
mistakes and hints. Solutions and mistakes are the source of an answer cell, so that the solutions
notebooks and the tests run the very code that the judge compares with.
"""

from __future__ import annotations

import ast
import copy
import math
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydicom import Dataset

from dicom_lessons.exercises import forms
from dicom_lessons.text import _

Cases = Callable[[], Sequence[tuple[object, ...]]]
_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 60


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
        return Verdict(None) if unanswered else self._judge(answer)

    def _judge(self, answer: object) -> Verdict:
        raise NotImplementedError

    def _compared(self, answer: object, form: forms.Form) -> Verdict:
        seen = _("You answered {answer}.", answer=shown(answer))
        try:
            given = form(answer)
        except (TypeError, ValueError) as refusal:
            return Verdict(False, f"{seen} {refusal}")
        if any(same(given, form(right)) for right in self.models):
            return self._right()
        unforeseen = f"{seen} {partly(given, form(self.models[0]))}".rstrip()
        return self._mistaken(lambda wrong: same(given, form(wrong)), seen, unforeseen)

    def _right(self) -> Verdict:
        return Verdict(True, _(self.why), self.why)

    def _found(self, finding: str, seen: str = "") -> Verdict:
        """Return the verdict on what an examination found; a nameless finding is its own text."""
        reason = self.findings.get(finding, finding)
        return Verdict(False, f"{seen} {_(reason)}".lstrip(), reason)

    def _mistaken(self, is_same: Callable[[object], bool], seen: str, unforeseen: str) -> Verdict:
        for mistake in self.mistakes:
            if is_same(bound_by(mistake.text)):
                return Verdict(False, f"{seen} {_(mistake.why)}", mistake.why)
        return Verdict(False, unforeseen)


@dataclass(frozen=True, kw_only=True)
class Value(Exercise):
    """One value, compared in a plain form: ``336``, ``"0x150"`` and its bytes are one answer."""

    form: forms.Form = forms.integer

    def _judge(self, answer: object) -> Verdict:
        return self._compared(answer, self.form)


@dataclass(frozen=True, kw_only=True)
class Prediction(Value):
    """A value written down before the lesson shows it; a wrong one costs nothing."""


@dataclass(frozen=True, kw_only=True)
class Choice(Exercise):
    """One letter out of several; every option has its own explanation."""

    options: tuple[Answer, ...]

    def _judge(self, answer: object) -> Verdict:
        verdict = self._compared(answer, form := forms.letter_of(len(self.options)))
        try:
            option = self.options[forms.LETTERS.index(form(answer))]
        except TypeError:
            return verdict
        return Verdict(verdict.right, _(option.why), option.why)


@dataclass(frozen=True, kw_only=True)
class Parsons(Exercise):
    """Lines to put in order; the answer is their letters, such as ``"cab"``.

    ``lines`` stand as they are shown, the first under the letter a.
    """

    lines: tuple[str, ...]

    def _judge(self, answer: object) -> Verdict:
        return self._compared(answer, forms.order_of(len(self.lines)))


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
        try:
            path = Path(answer)  # type: ignore[arg-type]
            if not path.is_file():
                raise FileNotFoundError
        except Exception:
            return Verdict(False, _("There is no file {path}: write it first.", path=shown(answer)))
        try:
            finding = self.examine(path)
        except Exception as error:
            finding = _("pydicom cannot read {name}: {error}.", name=path.name, error=shown(error))
        return self._found(finding) if finding else self._right()


@dataclass(frozen=True)
class Raised:
    """What a function raised, told from an error that it returned."""

    error: BaseException

    def __repr__(self) -> str:
        return f"raise {self.error!r}"


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function that is called with several inputs and compared with the model's results.

    ``cases`` returns the argument tuples; results are compared after ``form``, exceptions by
    their type; a subclass is as good.
    """

    cases: Cases
    form: forms.Form = forms.as_it_is

    def _judge(self, answer: object) -> Verdict:
        if not callable(answer):
            seen = _("You answered {answer}. A function is expected here.", answer=shown(answer))
            return Verdict(False, seen)
        results = self._results(answer)
        if all(result is None for result in results):
            names = getattr(getattr(answer, "__code__", None), "co_names", ())
            return Verdict(
                None if {*names} <= {"NotImplementedError"} else False,
                _("Your function gives nothing back: does it end with return?"),
            )
        models = [self._results(model) for model in self.models]
        if any(all(map(self._agree, results, model)) for model in models):
            return self._right()
        agreed = map(self._agree, results, models[0])
        place = next(place for place, agrees in enumerate(agreed) if not agrees)
        got, expected = contrast(results[place], models[0][place])
        seen = _(
            "Called with ({arguments}), your function gave {got}; expected: {expected}.",
            arguments=", ".join(map(shown, self.cases()[place])),
            got=got,
            expected=expected,
        )
        return self._mistaken(
            lambda wrong: all(map(self._agree, results, self._results(wrong))), seen, seen
        )

    def _results(self, function: Any) -> list[object]:
        """Call a function with every case; what it raises stands for what it returns."""
        results: list[object] = []
        for arguments in self.cases():
            try:
                results.append(function(*copy.deepcopy(arguments)))
            except NotImplementedError:
                results.append(None)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a decoder's panic is no Exception
                results.append(Raised(error))
        return results

    def _agree(self, one: object, other: object) -> bool:
        if isinstance(one, Raised) and isinstance(other, Raised):
            return isinstance(one.error, type(other.error))
        if isinstance(one, BaseException) and isinstance(other, BaseException):
            return type(one) is type(other)
        try:
            return self._matches(one, other)
        except Exception:  # anything at all may have come back
            return False

    def _matches(self, one: Any, other: Any) -> bool:
        """Compare two things that were returned; a kind of its own may compare otherwise."""
        return same(self.form(one), self.form(other))


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


def same(one: Any, other: Any) -> bool:
    """Compare two results: floats to nine digits, arrays by shape and members, rest by ``==``."""
    try:
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


def shown(value: object) -> str:
    """Return a short representation of anything, even of what cannot represent itself."""
    try:
        return " ".join(_repr.repr(value).split())[:200] or type(value).__name__
    except BaseException:  # even sys.exit() may be in there
        return _("something of type {type}", type=type(value).__name__)


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
