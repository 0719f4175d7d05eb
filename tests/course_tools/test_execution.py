"""How nbgrader executes a submission here: no cell ends more than its own exercise."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from traitlets.config import Config

from course_tools.grading.folder import CONFIGURATION

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("nbgrader") is None and not os.environ.get("CI"),
        reason='needs pip install -e ".[class]"',
    ),
    # nbclient leaves what waits for a kernel that was killed
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]
SWALLOWING = (
    "import time\nwhile True:\n    try:\n        time.sleep(0.1)\n    except:\n        pass"
)


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in ("PYTHONPATH", "DICOM_LESSONS_PROGRESS"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    settings: dict[str, Any] = {"get_config": Config, "__file__": str(tmp_path / "config.py")}
    exec(compile(CONFIGURATION.read_text("utf-8"), "config", "exec"), settings)
    kinds = settings["c"].Autograde.autograde_preprocessors
    assert len([one for one in kinds if issubclass(one, settings["EndedOrEndless"])]) == 1
    return settings["EndedOrEndless"](timeout=5, kernel_name="python3")


def executed(executor: Any, folder: Path, *sources: str) -> list[Any]:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata["nbgrader"] = {"grade": True}
    notebook = nbformat.v4.new_notebook(cells=cells)
    executor.preprocess(notebook, {"metadata": {"path": str(folder)}})
    return list(notebook.cells)


def text(cell: Any) -> str:
    return "".join(str(one.get("text", one.get("ename"))) for one in cell.outputs)


@pytest.mark.parametrize(
    ("culprit", "error"),
    [
        (SWALLOWING, "CellTimeoutError"),
        ("import os\nos._exit(0)", "DeadKernelError"),
    ],
    ids=["swallowing", "leaving"],
)
def test_what_cannot_be_interrupted_costs_one_cell(
    culprit: str, error: str, executor: Any, tmp_path: Path
) -> None:
    before, bad, after, check = executed(
        executor, tmp_path, "seen = [1]\nprint('first')", culprit, "seen.append(2)", "print(seen)"
    )
    assert text(before) == "first\n"
    assert text(bad) == error
    assert "did not end" in bad.outputs[-1].traceback[0]
    assert text(after) == ""
    assert text(check) == "[1, 2]\n"


LATER = "later = 'exit()'\nimport os, threading\nthreading.Timer(0.5, os._exit, (0,)).start()"


@pytest.mark.parametrize(
    "ending",
    ["exit()", LATER, "import sys\nsys.stdout = None"],
    ids=["exit", "later", "without stdout"],
)
def test_who_ends_or_silences_the_kernel_is_found(
    ending: str, executor: Any, tmp_path: Path
) -> None:
    """It happens a few cells later, which are not to blame."""
    steps = ["import time", "seen.append(0)", "time.sleep(1)", "seen.append(1)"]
    *cells, check = executed(executor, tmp_path, "seen = []", ending, *steps, "print(seen)")
    assert text(check) == "[0, 1]\n"
    assert not any(map(text, cells))
    assert executor.culprits <= {1}
    assert executor.culprits or ending == "exit()"


def test_a_loop_that_is_interrupted_is_not_waited_for_again(executor: Any, tmp_path: Path) -> None:
    executor.timeout = 3
    first, bad, check = executed(
        executor, tmp_path, "while True:\n    pass", "import os\nos._exit(0)", "print(7)"
    )
    assert text(first).startswith(("CellTimeoutError", "KeyboardInterrupt"))
    assert text(bad) == "DeadKernelError"
    assert text(check) == "7\n"
    assert executor.culprits == {0, 1}


def test_a_kernel_that_is_killed_leaves_nothing(
    executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(place))
    made = (
        "from dicom_lessons.meet_dicom.checks import CHECKS\npaths = CHECKS['meet_dicom-3'].cases()"
    )
    _cell, check = executed(
        executor, tmp_path, made, "print(all(path.exists() for (path,) in paths))"
    )
    assert text(check) == "True\n"
    assert list(place.iterdir()) == []
