"""What a class knows: learner by exercise, and the misconceptions that it shares."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_tools.grading.folder import grade_id, graded, read
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise
from dicom_lessons.exercises.lessons import find
from dicom_lessons.html import render, table
from dicom_lessons.text import LANGUAGES, N_, _, language, set_language

MARKS = {
    "right": ("✓", N_("right")),
    "wrong": ("✗", N_("not right yet")),
    "blank": ("·", N_("no answer")),
    "doubtful": ("?", N_("points without the words of check: read it")),
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
        for name, said in _sayings(notebook):
            score, largest = scores.get((learner, notebook.stem, f"{name}-check"), (0.0, 1.0))
            points[learner] += score
            marks[learner][name] = _mark(said, score >= largest)
            if why := _misconception(name, said):
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


def _sayings(notebook: Path) -> Iterable[tuple[str, str]]:
    for cell in read(notebook)["cells"]:
        if (name := grade_id(cell)).endswith("-check"):
            outputs = cell.get("outputs", ())
            yield name.removesuffix("-check"), " ".join(filter(None, map(_said, outputs)))


def _said(output: dict[str, Any]) -> str:
    return str(output.get("evalue") or "".join(output.get("text", "")))


def _mark(said: str, full: bool) -> str:
    if full:
        return "right" if said.startswith(_each("Right. {why}", why="")) else "doubtful"
    blank = _each("No answer yet: write yours instead of the three dots.")
    return "blank" if said.startswith(blank) else "wrong"


def _misconception(name: str, said: str) -> str:
    """Return the explanation that a learner was given, in the language that is set."""
    for why in _explanations(find(name)):
        if any(text in said for text in _each(why)):
            return _(why)
    return ""


def _explanations(exercise: Exercise) -> list[str]:
    if isinstance(exercise, Choice):
        letters = zip(LETTERS, exercise.options, strict=False)
        return [option.why for letter, option in letters if not exercise.judge(letter).right]
    return [mistake.why for mistake in exercise.mistakes]


def _each(message: str, **values: object) -> tuple[str, ...]:
    """Return a message in every language: learners of one class may use several."""
    before, texts = language(), []
    for each in LANGUAGES:
        set_language(each)
        texts.append(_(message, **values))
    set_language(before)
    return tuple(texts)


# ---- showing it


def write_report(course: Path) -> list[Path]:
    """Write tables and a picture of a class to ``report/`` and return their paths.

    ``marks.csv`` and ``misconceptions.csv`` open in a spreadsheet, ``class.html`` in a browser.
    """
    found = report(course)
    folder = course / "report"
    folder.mkdir(exist_ok=True)
    header = [_("learner"), *found.exercises, _("points")]
    rows = [
        [learner, *(MARKS[mark][0] for mark in marks.values()), f"{found.points[learner]:g}"]
        for learner, marks in found.marks.items()
    ]
    shared_header = [_("exercise"), _("learners"), _("explanation that they were given"), _("who")]
    shared = [
        [one.exercise, len(one.learners), one.why, ", ".join(one.learners)] for one in found.shared
    ]
    _write_csv(folder / "marks.csv", header, rows)
    _write_csv(folder / "misconceptions.csv", shared_header, shared)
    draw(found, folder / "class.png")
    page = render(
        _PAGE,
        language=language(),
        title=_("Report of the class"),
        legend="; ".join(f"{sign.strip() or '␣'} {_(text)}" for sign, text in MARKS.values()),
        marks=table(header, rows, _("Learner by exercise")),
        shared=table(shared_header, shared, _("Shared misconceptions")),
        alternative=_("The first table as a picture, and the misconceptions as bars."),
    )
    (folder / "class.html").write_text(page, encoding="utf-8")
    return [
        folder / name for name in ("class.html", "class.png", "marks.csv", "misconceptions.csv")
    ]


_PAGE = """\
<!DOCTYPE html>
<html lang="{{ language }}">
<head><meta charset="utf-8"><title>{{ title }}</title>
<style>
body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border: 1px solid #999; padding: 0.2em 0.6em; }
img { max-width: 100%; }
</style></head>
<body>
<h1>{{ title }}</h1>
<p>{{ legend }}</p>
{{ marks }}
{{ shared }}
<img src="class.png" alt="{{ alternative }}">
</body>
</html>
"""


def _write_csv(path: Path, header: Sequence[object], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            # a spreadsheet would run a name that looks like a formula
            writer.writerow([f"'{x}" if str(x)[:1] in "=+-@" else x for x in map(str, row)])


def draw(found: Report, path: Path) -> None:
    """Draw learner by exercise, and below it the shared misconceptions, as a PNG."""
    from matplotlib.figure import Figure

    order = list(MARKS)
    height = 0.25 * len(found.marks) + 0.45 * min(len(found.shared), 10) + 2.5
    figure = Figure(figsize=(10, height), dpi=100, layout="constrained")
    ratios = [len(found.marks) + 3, 1.6 * min(len(found.shared), 10) + 1]
    above, below = figure.subplots(2, 1, height_ratios=ratios)
    numbers = [[order.index(mark) for mark in marks.values()] for marks in found.marks.values()]
    above.imshow(numbers, cmap=_colours(), vmin=0, vmax=len(order) - 1, aspect="auto")
    for row, marks in enumerate(found.marks.values()):
        for column, mark in enumerate(marks.values()):
            above.text(column, row, MARKS[mark][0], ha="center", va="center")
    above.set_xticks(range(len(found.exercises)), found.exercises, rotation=45, ha="right")
    above.set_yticks(range(len(found.marks)), [_plain(learner) for learner in found.marks])
    above.set_title(_("Learner by exercise"))
    most = found.shared[:10]
    counts = [len(one.learners) for one in most]
    below.barh(range(len(most)), counts, color="#9ecae1")
    for row, one in enumerate(most):
        text = f" {len(one.learners)}   {one.exercise}: {one.why}"
        below.text(0, row, _plain(text), va="center", fontsize=9)
    below.xaxis.get_major_locator().set_params(integer=True)
    below.set_yticks([])
    below.invert_yaxis()
    below.set_xlabel(_("learners"))
    below.set_title(_("Shared misconceptions"))
    figure.savefig(path, metadata={"Software": ""})


def _colours() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap(["#9ecae1", "#fdae6b", "#f0f0f0", "#ffe680", "#ffffff"])


def _plain(text: str) -> str:
    short = text if len(text) <= 100 else text[:99] + "…"
    return short.replace("$", r"\$")  # no formula
