"""Pictures in the lessons are the ones that the code draws; nbval does not look at them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from lesson_files import LESSON_FILES, load, name

from course_tools import lessons


def pictures(lesson: dict[str, Any]) -> dict[str, list[str]]:
    return {
        cell["id"]: [
            "".join(output["data"]["image/png"]).strip()
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        for cell in lesson["cells"]
    }


@pytest.mark.skipif(sys.platform != "linux", reason="fonts are drawn otherwise elsewhere")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("path", LESSON_FILES, ids=name)
def test_a_lesson_draws_the_pictures_that_it_stores(path: Path) -> None:
    stored, drawn = pictures(load(path)), pictures(lessons.run(path))
    changed = [cell for cell in stored if stored[cell] != drawn[cell]]
    assert changed == []
