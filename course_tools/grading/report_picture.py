"""The report of a class as a picture: learner by exercise, and the shared misconceptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from course_tools.grading.report import MARKS, Report
from dicom_lessons.text import _, short


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

    return ListedColormap(["#9ecae1", "#fdae6b", "#f0f0f0", "#ffe680", "#ff9999", *["#ffffff"] * 4])


def _plain(text: str) -> str:
    return short(text, 100).replace("$", r"\$")  # no formula
