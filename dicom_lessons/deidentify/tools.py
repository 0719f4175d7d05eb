"""Tools side by side on the planted study: ``course_tools.bench.deidentifiers`` measures anew."""

from __future__ import annotations

import csv
from pathlib import Path

from dicom_lessons import html
from dicom_lessons.text import N_, _

_NAMES = (
    N_("dicom-anonymizer, table of 2023"),
    N_("dicom-anonymizer, table of 2026c"),
    N_("deid, its default recipe"),
    N_("this course"),
)
TABLE = Path(__file__).with_name("tools.csv")


def tool_table() -> html.Page:
    """Return what each tool left of the 31 texts, errors that it added, and lines of the key."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = [tuple(row.values()) for row in csv.DictReader(file)]
    rows = [(_(name) if name in _NAMES else name, *rest) for name, *rest in found]
    header = (_("Tool"), _("Version"), _("Texts left"), _("New errors"), _("Lines met of 37"))
    lines = [" | ".join(row) for row in (header, *rows)]
    return html.Page(html.table(header, rows, row_headers=True), "\n".join(lines))
