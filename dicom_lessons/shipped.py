"""Where the files lie that come with the course: its data and its notebooks.

In a clone they lie beside the package; an installed wheel holds them inside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSIDE = _PACKAGE / "_course"
COURSE = _INSIDE if _INSIDE.is_dir() else _PACKAGE.parent
DATA = COURSE / "data"
NOTEBOOKS = COURSE / "notebooks"
# only a clone can make the data again
CLONE = (COURSE / "course_tools").is_dir()
