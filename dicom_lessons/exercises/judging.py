"""An answer judged and answered with a sentence, and what a learner may see after how many tries.

Both the functions of a notebook and the quiz come here, so that a hint or a try counts the same
wherever it was made.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections import Counter

from dicom_lessons.exercises import progress
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise, Parsons
from dicom_lessons.exercises.plain import shown
from dicom_lessons.exercises.sources import bound_by
from dicom_lessons.exercises.verdicts import Verdict
from dicom_lessons.text import _

TRIES = 3
_tries: Counter[str] = Counter()
_hints: Counter[str] = Counter()
_done: set[str] = set()


def answered(exercise: Exercise, answer: object) -> tuple[Verdict, str]:
    """Judge an answer, write down that a right one was given, and say what was seen."""
    verdict = judged(exercise, answer)
    if verdict.right:
        progress.record(exercise.name)
        return verdict, _("Right. {why}", why=verdict.why)
    if verdict.right is None:
        return verdict, _("No answer yet: write yours instead of the three dots.")
    return verdict, _("Not yet. {why}", why=verdict.why)


def judged(exercise: Exercise, answer: object) -> Verdict:
    """Judge an answer, whatever it does, and count the try."""
    # nbgrader takes away the points of a check cell that writes to stderr
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stderr(io.StringIO()):
        try:
            verdict = exercise.judge(answer)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # even sys.exit() in the answer's own methods
            verdict = Verdict(False, _("The answer cannot be read: {error}.", error=shown(error)))
    if verdict.right:
        _done.add(exercise.name)
    elif verdict.right is False:
        _tries[exercise.name] += 1
    return verdict


def is_open(exercise: Exercise) -> bool:
    """Tell whether all hints were taken, or three tries made."""
    return _hints[exercise.name] >= len(exercise.hints) or _tries[exercise.name] >= TRIES


def next_hint(exercise: Exercise) -> str:
    """Return the next of the exercise's three hints; after the last, the last again."""
    name, count = exercise.name, len(exercise.hints)
    number = _hints[name] = min(_hints[name] + 1, count)
    text = _(exercise.hints[number - 1])
    return _("Hint {number} of {count}: {text}", number=number, count=count, text=text)


def solved(exercise: Exercise) -> str:
    """Return the model solution and why it is right; before it is open, what is left to do."""
    if not is_open(exercise) and exercise.name not in _done:
        return _(
            "The solution comes after three hints or three tries. Hints left: {hints}; tries left: "
            "{tries}.",
            hints=len(exercise.hints) - _hints[exercise.name],
            tries=TRIES - _tries[exercise.name],
        )
    return f"{_model(exercise)}\n\n{_(exercise.why)}"


def _model(exercise: Exercise) -> str:
    """Return a program as it is, an option with its letter, lines in their order."""
    source = exercise.solution.strip()
    if not isinstance(exercise, Choice | Parsons):
        return source
    right = str(bound_by(source))
    if isinstance(exercise, Choice):
        return f"{right}. {_(exercise.options[LETTERS.index(right)].text)}"
    return "\n".join([source, *(exercise.lines[LETTERS.index(letter)] for letter in right)])
