"""What a learner gets back: a page with each answer, the verdict, and why, in plain HTML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from course_tools.grading.cells import Cell, by_name, graded, read, text_of
from course_tools.grading.report import MARKS, published, report
from dicom_lessons.html import render
from dicom_lessons.text import LANGUAGES, _, language, set_language

_PAGE = """\
<!DOCTYPE html>
<html lang="{{ language }}">
<head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width">
<style>
body { font-family: sans-serif; line-height: 1.5; margin: 2em auto; max-width: 45em; }
pre { background: #f5f5f5; color: #222; padding: 0.6em; }
p, pre { overflow-wrap: anywhere; white-space: pre-wrap; }
</style></head>
<body>
<h1>{{ title }}</h1>
<p>{{ total }}</p>
{% for answer in answers %}
<h2>{{ answer.sign }} {{ answer.title }}</h2>
<pre>{{ answer.source }}</pre>
{% for text in answer.texts %}<p>{{ text }}</p>
{% endfor %}{% endfor %}
</body>
</html>
"""


def write_feedback(course: Path) -> list[Path]:
    """Write ``feedback/LEARNER/SITTING/SITTING.html`` for all that is graded; return the paths.

    Each page is in the language of the notebook that was handed in. ``nbgrader
    release_feedback`` finds them where nbgrader puts its own.

    Raises
    ------
    FileNotFoundError
        If nothing was graded yet.
    """
    found, comments, before = report(course), _comments(course), language()
    written = []
    for notebook in sorted((course / "autograded").glob("*/*/*.ipynb")):
        learner, sitting = notebook.parts[-3:-1]
        page = course / "feedback" / learner / sitting / f"{sitting}.html"
        release = course / "release" / sitting / f"{sitting}.ipynb"
        if not release.is_file():
            continue
        cells = read(notebook)
        chosen = re.search(r"set_language\([\"'](\w+)", "\n".join(map(text_of, cells["cells"])))
        set_language(chosen[1] if chosen and chosen[1] in LANGUAGES else before)
        try:
            known = by_name(cells)
            names = [name.removesuffix("-check") for name in graded(read(release))]
            marks = {name: found.marks[learner].get(name, "blank") for name in names}
            answers = [_answer(name, marks[name], known) for name in names]
            for name, answer in zip(names, answers, strict=True):
                answer["texts"] += comments.get((learner, sitting, name), [])
            right = sum(mark == "right" for mark in marks.values())
            total = _("Right: {right} of {count}.", right=right, count=len(names))
            title = next((text_of(one) for one in cells["cells"]), sitting).lstrip("# \n")
            text = render(_PAGE, language=language(), title=title.partition("\n")[0], total=total,
                          answers=answers)  # fmt: skip
        finally:
            set_language(before)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8", errors="replace")
        written.append(page)
    return written


def _answer(name: str, mark: str, known: dict[str, Cell]) -> dict[str, Any]:
    asked = text_of(known[f"{name}-text"]) if f"{name}-text" in known else name
    source = text_of(known[name]).strip() if name in known else ""
    check = known.get(f"{name}-check", {"metadata": {}})
    texts = [_said(check, mark)]
    if name in known and not published(check):
        texts += [_error(output) for output in known[name].get("outputs", ())]
    return {"sign": MARKS[mark][0], "title": asked.lstrip("# ").partition("\n")[0],
            "source": source[:10_000], "texts": [text for text in texts if text]}  # fmt: skip


def _said(check: Cell, mark: str) -> str:
    """Return the sentence of check, or what was raised instead of it."""
    verdict = published(check)
    errors = [text for output in check.get("outputs", ()) if (text := _error(output))]
    if mark == "right":
        return _("Right. {why}", why=_(str(verdict.get("why", ""))))
    if verdict.get("verdict") == "right" and errors:
        return _("A further test of your teacher: {error}", error=errors[-1])
    return errors[-1] if errors else _(MARKS[mark][1])


def _error(output: dict[str, Any]) -> str:
    """Return what an error says: no traceback, no colours, no path of the teacher's computer."""
    if output.get("output_type") != "error":
        return ""
    text = re.sub(r"\x1b\[[\d;]*m", "", str(output.get("evalue", "")))
    text = re.sub(r"(?<![\w/:.])(?:[A-Za-z]:)?(?:[/\\][\w .@~+-]+)+[/\\](?=[\w.])", "", text)
    name = str(output.get("ename", ""))
    return text[:2000] if name in ("AssertionError", "NotRight") else f"{name}: {text[:2000]}"


def _comments(course: Path) -> dict[tuple[str, str, str], list[str]]:
    """Return what the teacher wrote in nbgrader's formgrader, by learner, sitting and cell."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.resolve() / 'gradebook.db'}") as gradebook:
        return {
            (submission.student.id, assignment.name, comment.name): [str(comment.comment)]
            for assignment in gradebook.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for comment in notebook.comments
            if comment.comment
        }
