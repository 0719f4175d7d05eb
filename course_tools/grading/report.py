"""What a class knows: learner by exercise, and the misconceptions that it shares.

While nbgrader executes a notebook, each ``check`` publishes its verdict as data: an output whose
metadata hold ``{"dicom_lessons": {"exercise": name, "verdict": verdict, "why": explanation}}``.
The verdict is ``"right"``, ``"wrong"`` or ``"blank"``, the explanation a message in English.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_tools.grading.cells import Cell, Notebook, by_name, grade_id, graded, read, text_of
from course_tools.grading.examine import remembered
from course_tools.grading.learners import Person, Roster
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice
from dicom_lessons.exercises.lessons import find
from dicom_lessons.text import N_, _

MARKS = {
    "right": ("✓", N_("right")),
    "wrong": ("✗", N_("not right yet")),
    "blank": ("·", N_("no answer")),
    "doubtful": ("?", N_("points without a verdict of check: read it")),
    "untouched": ("!", N_("points for an answer that nobody gave: not accepted, read it")),
    "missing": ("–", N_("not handed in")),
    "aside": ("□", N_("set aside: it could not be read")),
    "stopped": ("■", N_("stopped by its own code")),
    "ungraded": ("…", N_("not graded yet: run nbgrader autograde")),
}
"""The signs of the report; the last four stand for a whole sitting."""


@dataclass(frozen=True)
class Shared:
    """One misconception, and whose answers showed it."""

    exercise: str
    why: str
    learners: tuple[str, ...]


@dataclass
class Grade:
    """One learner in one sitting: nbgrader's points, and those that the report accepts."""

    learner: str
    sitting: str
    state: str
    score: float = 0.0
    largest: float = 0.0
    accepted: float = 0.0
    untouched: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """A class at one moment."""

    exercises: list[str]  # in the order of the lessons
    marks: dict[str, dict[str, str]]  # per learner and exercise one of the keys of ``MARKS``
    points: dict[str, float]  # per learner the sum of the scores in nbgrader's gradebook
    shared: list[Shared]  # misconceptions, the most frequent first
    grades: list[Grade]  # per learner and sitting
    people: dict[str, Person]  # what the roster knows of a learner


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
    releases = {path.stem: read(path) for path in sorted((course / "release").glob("*/*.ipynb"))}
    people = {one.id: one for one in Roster(course / "roster.csv").people}
    folders = [*(course / "submitted").glob("*"), *(course / "set_aside").glob("*")]
    marks: dict[str, dict[str, str]] = {}
    shared: dict[tuple[str, str], set[str]] = defaultdict(set)
    scores, tried, remarks = _scores(course), _tried(course), remembered(course)
    grades = []
    for learner in sorted({*people, *(folder.name for folder in folders if folder.is_dir())}):
        marks[learner] = {}
        for sitting, release in releases.items():
            state = _state(course, learner, sitting, tried)
            grade = Grade(learner, sitting, state, remarks=remarks.get((learner, sitting), []))
            grades.append(grade)
            for check in graded(release):
                name = check.removesuffix("-check")
                grade.largest += by_name(release)[check]["metadata"]["nbgrader"]["points"]
                marks[learner][name] = "blank" if state == "graded" else state
            if state == "graded":
                path = course / "autograded" / learner / sitting / f"{sitting}.ipynb"
                for name, mark, why in _marked(grade, read(path), release, scores):
                    marks[learner][name] = mark
                    if why:
                        shared[name, why].add(learner)
    exercises = [name.removesuffix("-check") for one in releases.values() for name in graded(one)]
    ordered = [Shared(*key, tuple(sorted(whose))) for key, whose in shared.items()]
    ordered.sort(key=lambda one: (-len(one.learners), exercises.index(one.exercise), one.why))
    points = dict.fromkeys(marks, 0.0)
    for grade in grades:
        points[grade.learner] += grade.score
    return Report(exercises, marks, points, ordered, grades, people)


def _marked(
    grade: Grade,
    notebook: Notebook,
    release: Notebook,
    scores: dict[tuple[str, str, str], tuple[float, float]],
) -> Iterator[tuple[str, str, str]]:
    """Yield exercise, mark and misconception, and add up the points of a grade."""
    cells = by_name(notebook)
    for check in graded(release):
        name = check.removesuffix("-check")
        verdict = published(cells[check]) if check in cells else {}
        score, full = scores.get((grade.learner, grade.sitting, check), (0.0, 1.0))
        mark = _mark(name, verdict, score >= full)
        if score and check != name and not _is_answered(notebook, release, name):
            mark = "untouched"
            grade.untouched.append(name)
        grade.score += score
        grade.accepted += 0.0 if mark == "untouched" else score
        yield name, mark, _misconception(name, verdict)


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


def _tried(course: Path) -> dict[tuple[str, str], str]:
    """Return which submissions nbgrader has begun to grade, by the time that they bear."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.resolve() / 'gradebook.db'}") as gradebook:
        return {
            (submission.student.id, assignment.name): str(submission.timestamp or "")
            for assignment in gradebook.assignments
            for submission in assignment.submissions
        }


def _state(course: Path, learner: str, sitting: str, tried: dict[tuple[str, str], str]) -> str:
    if (course / "autograded" / learner / sitting / f"{sitting}.ipynb").is_file():
        return "graded"
    folder = course / "submitted" / learner / sitting
    if not (folder / f"{sitting}.ipynb").is_file():
        kept = course / "set_aside" / learner / sitting
        return "aside" if kept.is_dir() and any(kept.iterdir()) else "missing"
    stamp = folder / "timestamp.txt"
    time = stamp.read_text("utf-8").removesuffix(" UTC") if stamp.is_file() else ""
    return "stopped" if tried.get((learner, sitting)) == time else "ungraded"


def published(cell: Cell) -> dict[str, Any]:
    """Return the verdict that a check cell published; empty if it did not, or more than one."""
    said = [output.get("metadata", {}).get("dicom_lessons") for output in cell.get("outputs", ())]
    verdicts = [
        one
        for one in said
        if isinstance(one, dict) and f"{one.get('exercise')}-check" == grade_id(cell)
    ]
    return verdicts[0] if len(verdicts) == 1 else {}


def _mark(name: str, verdict: dict[str, Any], full: bool) -> str:
    said, why = verdict.get("verdict"), verdict.get("why")
    if full:
        # a submission can publish anything: the words must be the exercise's own
        return "right" if said == "right" and why in _explanations(name, True) else "doubtful"
    return "blank" if said == "blank" else "wrong"


def _is_answered(notebook: Notebook, release: Notebook, name: str) -> bool:
    """Tell whether a statement that is none of the release's binds what the answer binds."""
    blank = by_name(release).get(name)
    if blank is None:
        return True
    own = {one for cell in release["cells"] for one in map(ast.dump, _statements(cell))}
    wanted = {bound for one in _statements(blank) for bound in _bound(one)}
    return any(
        wanted & set(_bound(one))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and not grade_id(cell).endswith("-check")
        for one in _statements(cell)
        if ast.dump(one) not in own
    )


def _statements(cell: Cell) -> list[ast.stmt]:
    """Return the statements of a cell; a line of IPython's own is none, but %time stands aside."""
    text = re.sub(r"^%{1,2}time\b *", "", text_of(cell), flags=re.M)
    try:
        return ast.parse(re.sub(r"^[%!].*", "", text, flags=re.M)).body
    except (SyntaxError, ValueError, RecursionError):
        return []


def _bound(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def _misconception(name: str, verdict: dict[str, Any]) -> str:
    """Return the explanation that a learner was given, in the language that is set."""
    why = verdict.get("why")
    # a submission can publish anything: only what the exercise declares is counted
    known = verdict.get("verdict") == "wrong" and why in _explanations(name, False)
    return _(str(why)) if known else ""


def _explanations(name: str, right: bool) -> list[str]:
    """Return what an exercise says to right answers or to wrong ones, in English."""
    try:
        exercise = find(name)
    except LookupError:  # a teacher's own
        return []
    if not isinstance(exercise, Choice):
        wrong = [mistake.why for mistake in exercise.mistakes]
        return [exercise.why] if right else [*wrong, *exercise.findings.values()]
    letters = zip(LETTERS, exercise.options, strict=False)
    return [option.why for letter, option in letters if (letter in exercise.models) == right]
