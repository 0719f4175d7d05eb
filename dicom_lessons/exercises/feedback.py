"""What a learner calls: ``check``, ``hint``, ``predict``, ``compare`` and ``quiz``.

Feedback is shown at once, stays on this computer, and raises nothing, except when nbgrader
executes the notebook: there, a failed assertion is what counts.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings

from dicom_lessons.exercises import progress
from dicom_lessons.exercises.kinds import Choice, Exercise, Prediction, Verdict, shown
from dicom_lessons.exercises.lessons import find
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
    verdict, message = answered(exercise, answer)
    if os.environ.get("NBGRADER_EXECUTION"):
        _publish(exercise, verdict)
    if not verdict.right:
        message += " " + _("For a hint: {call}", call=f'hint("{name}")')
    if not verdict.right and os.environ.get("NBGRADER_EXECUTION"):
        raise AssertionError(message)
    print(message)


def _publish(exercise: Exercise, verdict: Verdict) -> None:
    """Show the verdict as data: an output whose metadata the report of a class reads."""
    from IPython.display import display

    word = {True: "right", False: "wrong", None: "blank"}[verdict.right]
    said = [mistake.why for mistake in exercise.mistakes]
    said += [option.why for option in exercise.options] if isinstance(exercise, Choice) else []
    why = next((why for why in said if why and word == "wrong" and _(why) in verdict.why), "")
    about = {"exercise": exercise.name, "verdict": word, "why": why}
    metadata = {"dicom_lessons": about}
    display({"text/plain": ""}, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]


def hint(name: str) -> None:
    """Print the next of the exercise's three hints; after the last, the last again."""
    hints = find(name).hints
    number = _hints_given[name] = min(_hints_given.get(name, 0) + 1, len(hints))
    print(
        _(
            "Hint {number} of {count}: {text}",
            number=number,
            count=len(hints),
            text=_(hints[number - 1]),
        )
    )


def predict(name: str, answer: object) -> None:
    """Write down a prediction before the result is shown; nothing is judged yet."""
    if not isinstance(find(name), Prediction):
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
    progress.record(name)  # a prediction is made to be compared, not to be right
    opening = _("As you predicted.") if verdict.right else _("Not what you predicted.")
    print(opening, verdict.why if verdict.right else f"{verdict.why}\n{_(exercise.why)}")


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


def answered(exercise: Exercise, answer: object) -> tuple[Verdict, str]:
    """Judge an answer, write down that a right one was given, and say what was seen."""
    verdict = _judged(exercise, answer)
    if verdict.right:
        progress.record(exercise.name)
        return verdict, _("Right. {why}", why=verdict.why)
    if verdict.right is None:
        return verdict, _("No answer yet: write yours instead of the three dots.")
    return verdict, _("Not yet. {why}", why=verdict.why)


def _judged(exercise: Exercise, answer: object) -> Verdict:
    # nbgrader takes away the points of a check cell that writes to stderr
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return exercise.judge(answer)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # even sys.exit() in the answer's own methods
            return Verdict(False, _("The answer cannot be read: {error}.", error=shown(error)))
