"""The folder of a class on nbgrader; nbgrader itself releases and grades, with its own commands."""

from __future__ import annotations

import shutil
from pathlib import Path

from course_tools.grading.cells import grade_id, graded, read
from course_tools.grading.examine import Remark, examine
from course_tools.lessons import NOTEBOOKS, ROOT
from dicom_lessons.text import _

__all__ = ["Remark", "examine", "grade_id", "graded", "lay_out", "read"]
CONFIGURATION = Path(__file__).with_name("nbgrader_config.py")


def lay_out(course: Path, language: str = "en", notebooks: Path = NOTEBOOKS) -> list[Path]:
    """Make an nbgrader course folder; what is there already stays as it is.

    Parameters
    ----------
    course : Path
        A new or empty folder, or an earlier course to which lessons are to be added.
    language : str
        Of the lessons: ``"en"`` or ``"ru"``.
    notebooks : Path
        Folder that holds a folder of lessons per language.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    FileExistsError
        If the folder holds something that is no course.
    """
    if course.is_dir() and any(course.iterdir()) and not (course / "nbgrader_config.py").is_file():
        raise FileExistsError(
            _("{path} holds other files: name a new folder for the course.", path=course)
        )
    written = []
    if not (course / "nbgrader_config.py").exists():
        course.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CONFIGURATION, course / "nbgrader_config.py")
        written.append(course / "nbgrader_config.py")
    if not (course / "helper").exists():
        skipped = shutil.ignore_patterns("__pycache__", "*.pyc", "*.part")
        for folder in ("dicom_lessons", "data"):
            if (ROOT / folder).is_dir():
                shutil.copytree(ROOT / folder, course / "helper" / folder, ignore=skipped)
        written.append(course / "helper")
    for lesson in sorted((notebooks / language).glob("[0-9]*.ipynb")):
        source = course / "source" / lesson.stem / lesson.name
        if graded(read(lesson)) and not source.exists():
            source.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(lesson, source)
            written.append(source)
    return written
