"""The report of a class as files: tables for a spreadsheet, a page for a browser, a picture."""

from __future__ import annotations

from pathlib import Path

from course_tools.grading.learners import Person
from course_tools.grading.report import MARKS, Report, report
from course_tools.grading.report_picture import draw
from course_tools.grading.tables import write_table
from dicom_lessons.html import render, table
from dicom_lessons.text import N_, _, language

_GRADES = ("assignment", "student_id", "name", "email", "score", "max_score", "accepted", "state",
           "remarks")  # fmt: skip
_STATES = {"graded": N_("graded"), **{name: text for name, (_sign, text) in MARKS.items()}}


def write_report(course: Path) -> list[Path]:
    """Write tables and a picture of a class to ``report/`` and return their paths.

    ``marks.csv`` and ``misconceptions.csv`` open in a spreadsheet, ``class.html`` in a browser.
    ``grades.csv`` beside ``gradebook.db`` is the table of grades.
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
    grades = _grades(found)
    plain = [_(_STATES["graded"]), ""]
    told = [[row[1], row[0], *row[4:]] for row in grades if row[7:] != plain]
    points = [_("points"), _("of"), _("accepted points")]
    told_header = [_("learner"), _("sitting"), *points, _("state"), _("remarks")]
    write_table(folder / "marks.csv", header, rows)
    write_table(folder / "misconceptions.csv", shared_header, shared)
    write_table(course / "grades.csv", _GRADES, grades)
    draw(found, folder / "class.png")
    page = render(
        _PAGE,
        language=language(),
        title=_("Report of the class"),
        legend="; ".join(f"{sign} {_(text)}" for sign, text in MARKS.values()),
        marks=table(header, rows, _("Learner by exercise")),
        told=table(told_header, told, _("To be read by a teacher")) if told else "",
        shared=table(shared_header, shared, _("Shared misconceptions")),
        alternative=_("The first table as a picture, and the misconceptions as bars."),
    )
    (folder / "class.html").write_text(page, encoding="utf-8", errors="replace")
    return [
        folder / name for name in ("class.html", "class.png", "marks.csv", "misconceptions.csv")
    ] + [course / "grades.csv"]


def _grades(found: Report) -> list[list[str]]:
    """Return the rows of ``grades.csv``, in the order of ``_GRADES``."""
    rows = []
    for grade in found.grades:
        person = found.people.get(grade.learner, Person(grade.learner))
        told = [
            _("Points for an answer that nobody gave: {name}.", name=name)
            for name in grade.untouched
        ]
        points = [f"{number:g}" for number in (grade.score, grade.largest, grade.accepted)]
        who = [grade.sitting, grade.learner, person.name, person.email]
        rows.append([*who, *points, _(_STATES[grade.state]), " ".join([*told, *grade.remarks])])
    return rows


_PAGE = """\
<!DOCTYPE html>
<html lang="{{ language }}">
<head><meta charset="utf-8"><title>{{ title }}</title>
<style>
body { font-family: sans-serif; margin: 2em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border: 1px solid #999; padding: 0.2em 0.6em; overflow-wrap: anywhere; }
img { max-width: 100%; }
</style></head>
<body>
<h1>{{ title }}</h1>
<p>{{ legend }}</p>
{{ marks }}
{{ told }}
{{ shared }}
<img src="class.png" alt="{{ alternative }}">
</body>
</html>
"""
