"""The one table: its headers, and values that stay text."""

from __future__ import annotations

import re

from dicom_lessons.html import table


def test_a_first_column_of_names_is_one_of_row_headers() -> None:
    rows = [("Rows", 128), ("<b>", "<i>")]
    plain, named = table("ab", rows), table("ab", rows, row_headers=True)
    assert plain.count('scope="col"') == named.count('scope="col"') == 2
    assert 'scope="row"' not in plain
    cells = re.findall(r'<(td|th scope="row")[^>]*>(.*?)</', named)
    assert cells == [
        ('th scope="row"', "Rows"),
        ("td", "128"),
        ('th scope="row"', "&lt;b&gt;"),
        ("td", "&lt;i&gt;"),
    ]
