"""The report of a class as files: tables for a spreadsheet, a page for a browser, a picture."""

from __future__ import annotations

from pathlib import Path

from course_tools.grading.report import MARKS, report
from course_tools.grading.report_picture import draw
from course_tools.grading.tables import write_table
from dicom_lessons.html import render, table
from dicom_lessons.text import _, language


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
    write_table(folder / "marks.csv", header, rows)
    write_table(folder / "misconceptions.csv", shared_header, shared)
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
