"""Where a learner's files go: beside the notebook if possible, else elsewhere, and it is said."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dicom_lessons
from course_tools.lessons import NOTEBOOKS, ROOT
from dicom_lessons import check, places, progress, samples
from dicom_lessons.exercises.lessons import declared

RECORD = """
import sys
from dicom_lessons.exercises.progress import record
for name in sys.argv[1:]:
    record(name)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty current folder; temporary files of the test are its own too."""
    (tmp_path / "course").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(places, "_said", set())
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path / "course"


def refuse(number: int, below: Path) -> Callable[..., Any]:
    """Return a way to make temporary files that fails below a folder, as a full disk does."""
    real = tempfile.TemporaryFile

    def opened(*words: Any, dir: Any = None, **options: Any) -> Any:
        if dir is not None and Path(dir).absolute().is_relative_to(below):
            raise OSError(number, os.strerror(number), str(dir))
        return real(*words, dir=dir, **options)

    return opened


def test_work_goes_beside_the_notebook(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dicom_lessons.work_folder() == places.work() == Path("my_work")
    assert (here / "my_work").is_dir() and list((here / "my_work").iterdir()) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
def test_where_nothing_can_be_written_another_folder_is_taken_and_told(
    number: int, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse(number, here))
    folder = places.work()
    assert folder.name == "my_work" and folder.is_relative_to(here.parent / "temporary")
    (folder / "mine.dcm").write_bytes(b"mine")
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and str(folder) in said and str(here / "my_work") in said
    assert places.work() == folder and (folder / "mine.dcm").read_bytes() == b"mine"
    assert capsys.readouterr().out == ""
    if os.name == "posix":
        assert folder.parent.stat().st_mode & 0o077 == 0


def test_a_file_of_that_name_is_left_alone(here: Path) -> None:
    (here / "my_work").write_text("a thesis", encoding="utf-8")
    assert places.work().is_dir()
    assert (here / "my_work").read_text(encoding="utf-8") == "a thesis"


def test_a_folder_that_somebody_laid_in_the_way_is_not_taken(here: Path) -> None:
    (here / "my_work").write_text("no folder", encoding="utf-8")
    owner = os.getuid() if hasattr(os, "getuid") else 0
    trap = here.parent / "temporary" / f"dicom_lessons-{owner}"
    (here / "elsewhere").mkdir()
    try:
        trap.symlink_to(here / "elsewhere")
    except OSError:
        pytest.skip("this system makes no links")
    folder = places.work()
    assert not folder.resolve().is_relative_to(here / "elsewhere")
    assert list((here / "elsewhere").iterdir()) == []


def test_nowhere_at_all_is_an_error_of_one_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse(errno.ENOSPC, here.parent))
    with pytest.raises(OSError, match="No space left"):
        places.work()
    monkeypatch.setenv(places.PROGRESS, str(here / "progress.json"))
    assert places.progress() is None
    exercise = next(one for one in declared("structure").values() if one.name == "structure-w1")
    check(exercise.name, "a")
    progress()
    assert "Kept in" not in capsys.readouterr().out


def test_progress_says_that_it_is_kept_only_where_it_is(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(places.PROGRESS, "off")
    progress()
    assert capsys.readouterr().out.splitlines()[-1] == "Your progress is not kept."
    monkeypatch.setenv(places.PROGRESS, str(here / "new" / "progress.json"))
    progress()
    assert "ept in" not in capsys.readouterr().out
    record("structure-w1")
    progress()
    assert f"Kept in {here / 'new' / 'progress.json'}" in capsys.readouterr().out
    # a home that cannot be written
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse(errno.EROFS, here))
    record("structure-w2")
    progress()
    said = capsys.readouterr().out.splitlines()[-1]
    assert str(here.parent / "temporary") in said
    kept = places.progress()
    assert kept and str(kept) in said and "structure-w2" in kept.read_text("utf-8")


def record(*names: str) -> None:
    from dicom_lessons.exercises.progress import record as write_down

    for name in names:
        write_down(name)


def test_the_cache_is_where_it_can_be(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    (here / "cache").write_text("no folder", encoding="utf-8")
    monkeypatch.setattr(places, "user_cache_path", lambda name: here / "cache" / name)
    assert places.cache().is_relative_to(here.parent / "temporary")
    assert len(samples.series("virtual/pt_volume")) > 1


def test_kernels_that_record_at_once_lose_nothing(here: Path) -> None:
    names = [f"room-{number}" for number in range(35)]
    environment = {**os.environ, places.PROGRESS: str(here / "progress.json")}
    environment["PYTHONPATH"] = str(ROOT)
    (here / "progress.json").write_text('{"course": "dicom_lessons", "done": ["old-1"]}', "utf-8")
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", RECORD, *names[first::5]],
            env=environment,
            stdout=subprocess.PIPE,
        )
        for first in (0, 1, 2, 3, 4, 0)
    ]
    assert [kernel.communicate(timeout=120)[0] for kernel in kernels] == [b""] * 6
    done = json.loads((here / "progress.json").read_text("utf-8"))["done"]
    assert sorted(done) == sorted([*names, "old-1"])
    assert [path.name for path in here.iterdir()] == ["progress.json"]


def test_a_lock_that_a_dead_kernel_left_stops_nobody_for_good(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_lessons.exercises.progress._TRIES", 3)
    monkeypatch.setenv(places.PROGRESS, str(here / "progress.json"))
    (here / "progress.lock").touch()
    record("a-1", "a-2")
    assert json.loads((here / "progress.json").read_text("utf-8"))["done"] == ["a-1", "a-2"]
    assert not (here / "progress.lock").exists()


# ---- a course and a home that cannot be written, as whoever has no right to write meets them

LESSONS = ("00b_beyond_pictures", "05a_download", "07f_write_pixels")
RUN = """
import sys, nbformat
from nbclient import NotebookClient
path = sys.argv[1]
lesson = nbformat.read(path, as_version=4)
folder = path.rpartition("/")[0]
NotebookClient(lesson, timeout=100, resources={"metadata": {"path": folder}}).execute()
print(*(o.text for c in lesson.cells if c.cell_type == "code" for o in c.outputs if "text" in o))
"""


@pytest.mark.skipif(
    shutil.which("setpriv") is None or not hasattr(os, "getuid") or os.getuid() != 0,
    reason="root alone can lay down the right to write anywhere",
)
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_where_nothing_may_be_written(lesson: str, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "home").mkdir(mode=0o555)
        (folder / "en").mkdir()
        (folder / "free").mkdir()
        (folder / "free").chmod(0o777)
        notebook = folder / "en" / f"{lesson}.ipynb"
        shutil.copy(NOTEBOOKS / "en" / notebook.name, notebook)
        notebook.parent.chmod(0o555)
        free = str(folder / "free")
        environment = {
            **{key: text for key, text in os.environ.items() if key != "DICOM_LESSONS_PROGRESS"},
            **{"HOME": str(folder / "home"), "TMPDIR": free, "PYTHONPATH": str(ROOT)},
            **{"MPLCONFIGDIR": free, "IPYTHONDIR": free, "JUPYTER_RUNTIME_DIR": free},
        }
        done = subprocess.run(
            ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner",
             sys.executable, "-c", RUN, str(notebook)],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        assert f"Nothing can be written to {folder / 'en' / 'my_work'}" in done.stdout
        assert sorted(path.name for path in (folder / "en").iterdir()) == [notebook.name]
