"""What a learner calls: ``check``, ``hint``, ``predict``, ``compare`` and ``quiz``.

Feedback is printed at once, stays on this computer, and raises nothing, except when nbgrader
executes the notebook: there, a failed assertion is what counts.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
import pkgutil
import warnings
from functools import cache

from dicom_lessons import exercises
from dicom_lessons.exercises.kinds import Choice, Exercise, Prediction, Verdict, shown
from dicom_lessons.text import _

_hints_given: dict[str, int] = {}
_predictions: dict[str, object] = {}


def check(name: str, answer: object) -> None:
    """Print whether an answer is right, and what to look at if it is not.

    Parameters
    ----------
    name : str
        The exercise, such as ``"structure-3"``.
    answer : object
        Anything. ``...``, ``None`` and a function that returns nothing mean "not answered yet".

    Raises
    ------
    AssertionError
        Only while nbgrader executes the notebook, and if the answer is not right.
    """
    exercise = find(name)
    verdict = _judged(exercise, answer)
    message = _message(name, verdict)
    if not verdict.right and os.environ.get("NBGRADER_EXECUTION"):
        raise AssertionError(message)
    print(message)


def hint(name: str) -> None:
    """Print the next of the exercise's three hints; after the last, the last again."""
    hints = find(name).hints
    number = min(_hints_given.get(name, 0), len(hints) - 1)
    _hints_given[name] = number + 1
    print(
        _(
            "Hint {number} of {count}: {text}",
            number=number + 1,
            count=len(hints),
            text=_(hints[number]),
        )
    )


def predict(name: str, answer: object) -> None:
    """Write down a prediction before the result is shown; nothing is judged yet."""
    exercise = find(name)
    if not isinstance(exercise, Prediction):
        raise ValueError(_("{name} is no prediction: use check.", name=name))
    if answer is ... or answer is None:
        _predictions.pop(name, None)
        print(_("What do you expect? Write it instead of the three dots, then run this cell."))
    else:
        _predictions[name] = answer
        print(_("Noted: {answer}. The next cell shows it.", answer=shown(answer)))


def compare(name: str) -> None:
    """Print the prediction beside the answer, and why it is so."""
    exercise = find(name)
    if name not in _predictions:
        print(_("No prediction was made. {why}", why=_(exercise.why)))
        return
    verdict = _judged(exercise, _predictions[name])
    opening = _("As you predicted.") if verdict.right else _("Not what you predicted.")
    explanation = "" if verdict.right else f"\n{_(exercise.why)}"
    print(f"{opening} {verdict.why}{explanation}")


def quiz(name: str) -> object:
    """Return a widget that asks a choice and explains each option as it is chosen.

    Parameters
    ----------
    name : str
        A choice, such as ``"structure-w1"``.

    Raises
    ------
    ValueError
        If the exercise is no choice.
    """
    exercise = find(name)
    if not isinstance(exercise, Choice):
        raise ValueError(_("{name} is no choice: use check.", name=name))
    from dicom_lessons.exercises.quiz import Quiz  # ipywidgets load slowly

    return Quiz(exercise)


def find(name: str) -> Exercise:
    """Return the declaration of an exercise.

    Raises
    ------
    LookupError
        If there is no such exercise; the message lists near matches.
    """
    lesson = str(name).rpartition("-")[0]
    known = declared(lesson) if lesson in lessons() else {}
    if name not in known:
        every = [other for each in lessons() for other in declared(each)]
        near = difflib.get_close_matches(str(name), every, n=3, cutoff=0) or every[:3]
        raise LookupError(
            _("There is no exercise {name!r}. Near: {near}.", name=name, near=", ".join(near))
        )
    return known[name]


@cache
def lessons() -> tuple[str, ...]:
    """Return the lessons that declare exercises, by module name."""
    support = {"feedback", "forms", "kinds", "progress", "quiz", "solutions"}
    found = (module.name for module in pkgutil.iter_modules(exercises.__path__))
    return tuple(sorted(set(found) - support))


@cache
def declared(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of one lesson by name, in order."""
    module = importlib.import_module(f"dicom_lessons.exercises.{lesson}")
    return {exercise.name: exercise for exercise in module.EXERCISES}


def _judged(exercise: Exercise, answer: object) -> Verdict:
    # nbgrader takes away the points of a check cell that writes to stderr
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return exercise.judge(answer)
        except Exception as error:
            return Verdict(False, _("The answer cannot be read: {error}.", error=shown(error)))


def _message(name: str, verdict: Verdict) -> str:
    call = f'hint("{name}")'
    if verdict.right:
        return _("Right. {why}", why=verdict.why)
    if verdict.right is None:
        return _(
            "No answer yet: write yours instead of the three dots. For a hint: {call}", call=call
        )
    return _("Not yet. {why} For a hint: {call}", why=verdict.why, call=call)
