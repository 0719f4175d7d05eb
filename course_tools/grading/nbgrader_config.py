"""Settings of nbgrader for this course; nbgrader reads this file from the folder it runs in."""

import copy
import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from traitlets.config import Config

here = Path(__file__).parent
MOST_KERNELS = 10
SILENCES = re.compile(
    r"\b(exit|quit|ask_exit|do_shutdown)\s*(\(|$)|\bstd(out|err)\s*=[^=]", flags=re.M
)
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

if "get_config" in globals():
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from nbformat.v4 import new_output
    from nbgrader.converters import Autograde
    from nbgrader.preprocessors import Execute

    class EndedOrEndless(Execute):  # type: ignore[misc]
        """Executes on where nbgrader gives up: after a cell that swallows the interrupt or exits.

        It costs its own exercise alone: a new kernel executes the cells before, without that one.
        """

        def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
            """Execute all cells of a notebook."""
            self.culprits: set[int] = set()
            self.shutdown_kernel = "immediate"
            # a kernel that is killed clears nothing away
            with (
                TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as folder,
                patch.dict(os.environ, TMPDIR=folder),
            ):
                done: tuple[Any, Any] = super().preprocess(nb, resources, km)
            return done

        def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
            """Execute one cell; whatever it does, the next one finds a kernel that answers."""
            failure = ""
            try:
                done: tuple[Any, Any] = super().preprocess_cell(cell, resources, index)
                kinds = [output.get("ename") for output in cell.get("outputs", ())]
                if "CellTimeoutError" not in kinds or len(self.culprits) >= MOST_KERNELS:
                    return done
            except (CellTimeoutError, DeadKernelError) as error:
                failure = type(error).__name__
                if len(self.culprits) >= MOST_KERNELS:
                    raise
            # some kernels end, or fall silent, a moment after the cell that is to blame
            before = enumerate(self.nb.cells[:index])
            earlier = {place for place, one in before if SILENCES.search(one.source)}
            earlier -= self.culprits
            self.culprits |= earlier or {index}
            self._begin_anew(index)
            if earlier:
                return self.preprocess_cell(cell, resources, index)
            if failure:
                said = "This cell did not end, or it ended Python itself."
                cell.outputs.append(
                    new_output("error", ename=failure, evalue=said, traceback=[said])
                )
            return cell, resources

        def _begin_anew(self, index: int) -> None:
            self._cleanup_kernel()
            self.km = self.create_kernel_manager()
            self.start_new_kernel()
            self.start_new_kernel_client()
            for place, cell in enumerate(self.nb.cells[:index]):
                is_check = cell.metadata.get("nbgrader", {}).get("grade")
                if place not in self.culprits and not is_check:
                    self.execute_cell(copy.deepcopy(cell), place)
                    self.nb.cells[place] = cell

    preprocessors = Autograde.autograde_preprocessors.default_args[0]
    c.Autograde.autograde_preprocessors = [
        EndedOrEndless if one is Execute else one for one in preprocessors
    ]

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
