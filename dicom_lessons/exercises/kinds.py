"""The kinds of exercise, and how each judges an answer by behaviour.

An exercise is declared once: question, model solution, likely mistakes and hints. Solutions and
mistakes are the source of an answer cell, so that the solutions notebooks and the tests run the
very code that the judge compares with.
"""

from __future__ import annotations

import ast
import copy
import reprlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path

from dicom_lessons.exercises import forms
from dicom_lessons.text import _

Cases = Callable[[], Sequence[tuple[object, ...]]]
Result = tuple[object, BaseException | None]
LETTERS = "abcdefghijkl"
_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 60


@dataclass(frozen=True)
class Verdict:
    """What was seen: right, wrong, or (``right is None``) not answered yet."""

    right: bool | None
    why: str = ""


UNANSWERED = Verdict(None)


@dataclass(frozen=True)
class Mistake:
    """A likely wrong answer as the source of an answer cell, and what explains it."""

    answer: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What every kind declares.

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
    mistakes : tuple of Mistake
        Likely wrong answers.
    """

    name: str
    question: str
    solution: str
    why: str
    hints: tuple[str, str, str]
    mistakes: tuple[Mistake, ...] = ()

    @property
    def lesson(self) -> str:
        return self.name.rpartition("-")[0]

    def judge(self, answer: object) -> Verdict:
        """Say whether the answer is right; anything at all may come in."""
        if answer is ... or answer is None:
            return UNANSWERED
        return self._judge(answer)

    def _judge(self, answer: object) -> Verdict:
        raise NotImplementedError

    def _mistaken(self, same_as: Callable[[object], bool], seen: str) -> Verdict:
        for mistake in self.mistakes:
            if same_as(bound_by(mistake.answer)):
                return Verdict(False, f"{seen} {_(mistake.why)}")
        return Verdict(False, seen)


@dataclass(frozen=True, kw_only=True)
class Value(Exercise):
    """One value, compared in a plain form: ``336``, ``"0x150"`` and its bytes are one answer."""

    form: forms.Form = forms.integer

    def _judge(self, answer: object) -> Verdict:
        seen = _("You answered {answer}.", answer=shown(answer))
        try:
            given = self.form(answer)
        except (TypeError, ValueError) as refusal:
            return Verdict(False, f"{seen} {refusal}")
        if same(given, self.form(bound_by(self.solution))):
            return Verdict(True, _(self.why))
        return self._mistaken(lambda wrong: same(given, self.form(wrong)), seen)


@dataclass(frozen=True, kw_only=True)
class Prediction(Value):
    """A value written down before the lesson shows it; a wrong one costs nothing."""


@dataclass(frozen=True)
class Option:
    """One answer of a choice and what is to be said about it."""

    text: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Choice(Exercise):
    """One letter out of several; every option has its own explanation."""

    options: tuple[Option, ...]

    def _judge(self, answer: object) -> Verdict:
        letters = LETTERS[: len(self.options)]
        letter = answer.strip(" .)('\"").lower() if isinstance(answer, str) else ""
        if len(letter) != 1 or letter not in letters:
            known = ", ".join(repr(known) for known in letters)
            return Verdict(False, _("Answer with one letter in quotes: {letters}.", letters=known))
        option = self.options[letters.index(letter)]
        return Verdict(letter == bound_by(self.solution), _(option.why))


@dataclass(frozen=True, kw_only=True)
class Parsons(Exercise):
    """Lines to put in order; the answer is their letters, such as ``"cab"``.

    ``lines`` stand as they are shown, the first under the letter a; ``also_right`` holds further
    orders that work.
    """

    lines: tuple[str, ...]
    also_right: tuple[str, ...] = ()

    def _judge(self, answer: object) -> Verdict:
        letters = (
            answer
            if isinstance(answer, str)
            else "".join(map(str, forms.list_of(forms.text)(answer)))
        )
        order = "".join(letter for letter in letters.lower() if letter.isalpha())
        if sorted(order) != list(LETTERS[: len(self.lines)]):
            return Verdict(
                False,
                _(
                    "Give each of the {count} letters once, in one text, such as {example!r}.",
                    count=len(self.lines),
                    example=LETTERS[: len(self.lines)][::-1],
                ),
            )
        if order in (bound_by(self.solution), *self.also_right):
            return Verdict(True, _(self.why))
        seen = _("Your order is {order}.", order=order)
        return self._mistaken(lambda wrong: wrong == order, seen)


@dataclass(frozen=True, kw_only=True)
class Repair(Exercise):
    """A file that the learner wrote, read and judged.

    ``examine`` gets its path and returns an empty text if all is well, else the explanation of
    what is wrong, as declared with ``N_``; any error while it reads counts as wrong.
    """

    examine: Callable[[Path], str]

    def _judge(self, answer: object) -> Verdict:
        path = Path(answer) if isinstance(answer, str | PathLike) else None
        if path is None or not path.is_file():
            return Verdict(
                False,
                _("There is no file {path}: write it first.", path=shown(answer)),
            )
        try:
            finding = self.examine(path)
        except Exception as error:
            finding = _(
                "pydicom cannot read {name}: {error}.", name=path.name, error=shown(str(error))
            )
        return Verdict(not finding, _(finding or self.why))


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function that is called with several inputs and compared with the model's results.

    ``cases`` returns the argument tuples; results are compared after ``form``, exceptions by
    their type.
    """

    cases: Cases
    form: forms.Form = forms.as_it_is

    def _judge(self, answer: object) -> Verdict:
        if not callable(answer):
            return Verdict(
                False,
                _("You answered {answer}. A function is expected here.", answer=shown(answer)),
            )
        model = bound_by(self.solution)
        results = self._results(answer)
        if all(result == (None, None) for result in results):
            return UNANSWERED
        for arguments, result, wanted in zip(
            self.cases(), results, self._results(model), strict=True
        ):
            if not self._agree(result, wanted):
                seen = _describe(arguments, result, wanted)
                return self._mistaken(
                    lambda wrong: self._all_agree(results, self._results(wrong)),
                    seen,
                )
        return Verdict(True, _(self.why))

    def _results(self, function: object) -> list[Result]:
        assert callable(function)
        results: list[Result] = []
        for arguments in self.cases():
            try:
                results.append((function(*copy.deepcopy(arguments)), None))
            except KeyboardInterrupt:
                raise
            except NotImplementedError:
                results.append((None, None))
            except BaseException as error:  # a decoder's panic is no Exception
                results.append((None, error))
        return results

    def _all_agree(self, results: list[Result], others: list[Result]) -> bool:
        return all(self._agree(*pair) for pair in zip(results, others, strict=True))

    def _agree(self, one: Result, other: Result) -> bool:
        if one[1] or other[1]:
            return type(one[1]) is type(other[1])
        try:
            return same(self.form(one[0]), self.form(other[0]))
        except Exception:
            return False


def _describe(
    arguments: tuple[object, ...],
    result: Result,
    wanted: Result,
) -> str:
    call = ", ".join(shown(argument) for argument in arguments)
    value, error = result
    got = f"{type(error).__name__}: {shown(str(error))}" if error else shown(value)
    expected = type(wanted[1]).__name__ if wanted[1] else shown(wanted[0])
    return _(
        "Called with ({arguments}), your function gave {got}; expected: {expected}.",
        arguments=call,
        got=got,
        expected=expected,
    )


def same(one: object, other: object) -> bool:
    """Compare two results: floats to nine digits, arrays by shape and members, rest by ``==``."""
    import numpy as np

    try:
        if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
            first, second = np.asarray(one), np.asarray(other)
            return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-9))
        if isinstance(one, float) or isinstance(other, float):
            return abs(float(one) - float(other)) <= 1e-9 * max(1.0, abs(float(other)))  # type: ignore[arg-type]
        if isinstance(other, bool) != isinstance(one, bool):
            return False
        if isinstance(one, list | tuple) and isinstance(other, list | tuple):
            return len(one) == len(other) and all(map(same, one, other))
        return bool(one == other)
    except Exception:
        return False


def shown(value: object) -> str:
    """Return a short representation of anything, even of what cannot represent itself."""
    try:
        return _repr.repr(value)[:200]
    except Exception:
        return _("something of type {type}", type=type(value).__name__)


@cache
def bound_by(source: str) -> object:
    """Run the source of an answer cell and return what its last statement binds."""
    last = ast.parse(source).body[-1]
    if isinstance(last, ast.FunctionDef):
        name = last.name
    elif isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        name = last.targets[0].id
    else:
        raise ValueError(f"the last statement binds no single name: {source!r}")
    namespace: dict[str, object] = {}
    exec(compile(source, "<answer>", "exec"), namespace)
    return namespace[name]
