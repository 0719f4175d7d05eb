"""What a class knows: learner by exercise, and the misconceptions that it shares.

While nbgrader executes a notebook, each ``check`` publishes its verdict as data: an output whose
metadata hold ``{"dicom_lessons": {"exercise": name, "verdict": verdict, "why": explanation}}``.
The verdict is ``"right"``, ``"wrong"`` or ``"blank"``, the explanation a message in English.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_tools.grading.folder import grade_id, graded, read
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise
from dicom_lessons.exercises.lessons import find
from dicom_lessons.text import N_, _

MARKS = {
    "right": ("✓", N_("right")),
    "wrong": ("✗", N_("not right yet")),
    "blank": ("·", N_("no answer")),
    "doubtful": ("?", N_("points without a verdict of check: read it")),
    "missing": (" ", N_("not handed in, set aside, or stopped by its own code")),
}


@dataclass(frozen=True)
class Shared:
    """One misconception, and whose answers showed it."""

    exercise: str
    why: str
    learners: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """A class at one moment.

    Attributes
    ----------
    exercises : list of str
        In the order of the lessons.
    marks : dict
        Per learner and exercise one of the keys of ``MARKS``.
    points : dict
        Per learner the sum of the scores in nbgrader's gradebook.
    shared : list of Shared
        Misconceptions, the most frequent first.
    """

    exercises: list[str]
    marks: dict[str, dict[str, str]]
    points: dict[str, float]
    shared: list[Shared]


def report(course: Path) -> Report:
    """Read nbgrader's gradebook and the graded notebooks of a course.

    Raises
    ------
    FileNotFoundError
        If nothing was graded yet.
    """
    if not (course / "gradebook.db").is_file():
        raise FileNotFoundError(
            _("{path} has no gradebook.db: run nbgrader autograde first.", path=course)
        )
    exercises = [
        name.removesuffix("-check")
        for source in sorted((course / "release").glob("*/*.ipynb"))
        for name in graded(read(source))
    ]
    folders = [*(course / "submitted").glob("*"), *(course / "set_aside").glob("*")]
    learners = sorted({folder.name for folder in folders})
    marks = {learner: dict.fromkeys(exercises, "missing") for learner in learners}
    points = dict.fromkeys(learners, 0.0)
    mistaken: dict[tuple[str, str], set[str]] = defaultdict(set)
    scores = _scores(course)
    for notebook in sorted((course / "autograded").glob("*/*/*.ipynb")):
        learner = notebook.parts[-3]
        for name, verdict in _verdicts(notebook):
            score, largest = scores.get((learner, notebook.stem, f"{name}-check"), (0.0, 1.0))
            points[learner] += score
            marks[learner][name] = _mark(verdict, score >= largest)
            if why := _misconception(name, verdict):
                mistaken[name, why].add(learner)
    shared = [Shared(*key, tuple(sorted(whose))) for key, whose in mistaken.items()]
    shared.sort(key=lambda one: (-len(one.learners), exercises.index(one.exercise), one.why))
    return Report(exercises, marks, points, shared)


def _scores(course: Path) -> dict[tuple[str, str, str], tuple[float, float]]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.resolve() / 'gradebook.db'}") as gradebook:
        return {
            (grade.student.id, grade.notebook.name, grade.name): (grade.score, grade.max_score)
            for assignment in gradebook.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def _verdicts(notebook: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each graded exercise with what its check published; empty if it did not."""
    for cell in read(notebook)["cells"]:
        if (check := grade_id(cell)).endswith("-check"):
            name, verdict = check.removesuffix("-check"), {}
            for output in cell.get("outputs", ()):
                published = output.get("metadata", {}).get("dicom_lessons")
                if isinstance(published, dict) and published.get("exercise") == name:
                    verdict = published
            yield name, verdict


def _mark(verdict: dict[str, Any], full: bool) -> str:
    said = verdict.get("verdict")
    if full:
        return "right" if said == "right" else "doubtful"
    return "blank" if said == "blank" else "wrong"


def _misconception(name: str, verdict: dict[str, Any]) -> str:
    """Return the explanation that a learner was given, in the language that is set."""
    why = verdict.get("why")
    # a submission can publish anything: only what the exercise declares is counted
    known = verdict.get("verdict") == "wrong" and why in _explanations(find(name))
    return _(str(why)) if known else ""


def _explanations(exercise: Exercise) -> list[str]:
    """Return what the exercise says to wrong answers, in English."""
    if isinstance(exercise, Choice):
        letters = zip(LETTERS, exercise.options, strict=False)
        return [option.why for letter, option in letters if not exercise.judge(letter).right]
    return [*(mistake.why for mistake in exercise.mistakes), *exercise.findings.values()]
