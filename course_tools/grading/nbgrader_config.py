"""Settings of nbgrader for this course; nbgrader reads this file from the folder it runs in."""

import os
from pathlib import Path

from traitlets.config import Config

here = Path(__file__).parent
# nbgrader hands over get_config when it reads this file; without it the settings go nowhere
c = globals().get("get_config", Config)()

c.CourseDirectory.course_id = "dicom"
c.CourseDirectory.root = str(here)

# The lessons ship with blanks already; nbgrader's own blanks would stop them from running.
c.ClearSolutions.enabled = False

# A check cell that was edited or deleted comes back before grading.
c.OverwriteCells.add_missing_cells = True

# A warning is no wrong answer.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# An endless loop ends after so many seconds.
c.Execute.timeout = 30

# Lessons are graded with the helper of this folder, never with one that was handed in.
if "get_config" in globals():
    os.environ["PYTHONPATH"] = str(here / "helper")
    os.environ["DICOM_LESSONS_PROGRESS"] = "off"
c.CourseDirectory.ignore = [
    *(".ipynb_checkpoints", "__pycache__", "feedback", ".*"),
    *("*.py", "*.pyc", "*.so", "*.pyd", "dicom_lessons", "data"),
]

# `nbgrader zip_collect`: LEARNER.zip, LEARNER/01a_elements.ipynb or LEARNER__01a_elements.ipynb
# in downloaded/01a_elements/archive/.
c.ExtractorPlugin.zip_ext = [".zip"]
c.FileNameCollectorPlugin.named_regexp = (
    r"(?!.*\.ipynb_checkpoints)"
    r".*[/\\]extracted[/\\](?P<student_id>\w[\w.@ -]*?)(?:__|[/\\](?:.*[/\\])?)"
    r"(?P<file_id>\d\d[a-z]?_[a-z_]+)[^/\\]*\.ipynb$"
)
