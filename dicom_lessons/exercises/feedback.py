"""What a learner calls: ``check``, ``hint``, ``solution``, ``predict``, ``compare`` and ``quiz``.

Feedback is shown at once, stays on this computer, and raises nothing, except when nbgrader
executes the notebook: there, a failed assertion is what counts.
"""

from __future__ import annotations

import contextlib
import io
import sys

from dicom_lessons.exercises import progress
from dicom_lessons.exercises.apart import is_graded
from dicom_lessons.exercises.judging import answered, is_open, judged, next_hint, solved
from dicom_lessons.exercises.kinds import Choice, Prediction
from dicom_lessons.exercises.lessons import find
from dicom_lessons.exercises.verdicts import Verdict, seen
from dicom_lessons.text import _

_VERDICTS = {True: "right", False: "wrong", None: "blank"}
_predictions: dict[str, object] = {}


class NotRight(AssertionError):
    """Takes the point while nbgrader executes; shown as its sentence, without our source code."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


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

    Notes
    -----
    While nbgrader executes the notebook, the verdict is also in the metadata of an output:
    ``{"dicom_lessons": {"exercise": …, "verdict": "right" | "wrong" | "blank", "why": …}}``, where
    ``why`` is the explanation in English, or an empty text: of a right answer always that of the
    exercise. Each call leaves one such output; a check cell with another number was tampered with.
    """
    exercise = find(name)
    verdict, message = answered(exercise, answer)
    if not verdict.right:
        message += " " + _("For a hint: {call}", call=f'hint("{name}")')
    if is_graded():
        _publish(name, verdict)
        if not verdict.right:
            raise NotRight(message)
    elif verdict.right is False and is_open(exercise):
        message += " " + _way_to_solution(name)
    _say(message)


def hint(name: str) -> None:
    """Print the next of the exercise's three hints; after the last, the last again."""
    exercise = find(name)
    _say(next_hint(exercise))
    if is_open(exercise):
        _say(_way_to_solution(name))


def solution(name: str) -> None:
    """Print the model solution and why it is right, after three hints or three tries.

    Before that, and while nbgrader executes the notebook, it says so instead.
    """
    exercise = find(name)
    if is_graded():
        _say(_("No solution is shown while answers are graded."))
    else:
        _say(solved(exercise))


def predict(name: str, answer: object) -> None:
    """Write down a prediction before the result is shown; only its form is looked at."""
    exercise = find(name)
    if not isinstance(exercise, Prediction):
        raise ValueError(_("{name} is no prediction: use check.", name=name))
    if answer is ... or answer is None:
        _predictions.pop(name, None)
        _say(_("What do you expect? Write it instead of the three dots, then run this cell."))
    elif refusal := exercise.refusal(answer):
        _predictions.pop(name, None)
        _say(refusal)
    else:
        _predictions[name] = answer
        _say(_("Noted: {answer}. The next cell shows it.", answer=seen(answer)))


def compare(name: str) -> None:
    """Print the prediction beside the answer, and why it is so."""
    exercise = find(name)
    if name not in _predictions:
        _say(_("Predict first: write what you expect two cells above and run that cell."))
        return
    verdict = judged(exercise, _predictions[name])
    progress.record(name)  # a prediction is made to be compared, not to be right
    opening = _("As you predicted.") if verdict.right else _("Not what you predicted.")
    _say(f"{opening} {verdict.why}" + ("" if verdict.right else f"\n{_(exercise.why)}"))


def quiz(name: str) -> object:
    """Return a widget that asks a choice and explains each option as it is chosen.

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


def _way_to_solution(name: str) -> str:
    call = f'from dicom_lessons import solution; solution("{name}")'
    return _("For the solution: {call}", call=call)


def _publish(name: str, verdict: Verdict) -> None:
    """Leave the verdict in an output of the cell, for the report of the class."""
    said = {"exercise": name, "verdict": _VERDICTS[verdict.right], "why": verdict.reason}
    _display(f"{name}: {said['verdict']}", {"dicom_lessons": said})


def _say(text: str) -> None:
    try:
        sys.stdout.write(f"{text}\n")
    except (AttributeError, ValueError):  # the learner's code took or closed it
        _display(text, {})


def _display(text: str, metadata: dict[str, object]) -> None:
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:  # else nobody keeps outputs
        with contextlib.redirect_stdout(sys.stdout or io.StringIO()):  # it is flushed first
            ipython.display.publish_display_data({"text/plain": text}, metadata)
