"""The wheel alone, in an empty folder outside the checkout, without a network."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_tools.lessons import NOTEBOOKS, ROOT

LESSON = "ru/03a_modality.ipynb"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
BUILT_FROM = ["course_tools", "data", "dicom_lessons", "notebooks", "tests"]
RUN = """
import sys, nbformat
from nbclient import NotebookClient
lesson = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(lesson, kernel_name="python3", timeout=60).execute()
print(len([cell for cell in lesson.cells if cell.cell_type == "code" and cell.execution_count]))
"""


@dataclass
class Installed:
    """A computer on which nothing of the course is but its wheel."""

    wheel: Path
    sdist: Path
    environment: Path
    folder: Path

    def run(self, program: str, *arguments: str, status: int = 0) -> str:
        path = self.environment / SCRIPTS / program
        kept = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        # its packages are those of this environment, and so are JupyterLab's extensions
        kept["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")
        done = subprocess.run(
            [path, *arguments],
            cwd=self.folder,
            env={**kept, "PYTHONUTF8": "1", "DICOM_LESSONS_PROGRESS": "off"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr

    def python(self, code: str, *arguments: str) -> str:
        return self.run("python", "-c", code, *arguments).strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place = tmp_path_factory.mktemp("Мои документы")
    source = place / "source"
    skipped = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for name in BUILT_FROM:
        shutil.copytree(ROOT / name, source / name, ignore=skipped)
    for path in [*ROOT.glob("*.*"), ROOT / "LICENSE", ROOT / ".gitignore"]:
        if path.is_file():
            shutil.copy(path, source)
    # what a learner leaves in a clone
    for litter in ("notebooks/en/my_work/me.ipynb", "notebooks/en/.ipynb_checkpoints/x.ipynb"):
        (source / litter).parent.mkdir(exist_ok=True)
        (source / litter).write_text("a patient's name", encoding="utf-8")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(place / "dist")]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,), (sdist,) = place.glob("dist/*.whl"), place.glob("dist/*.tar.gz")
    environment = place / "environment"
    venv.create(environment)
    python = environment / SCRIPTS / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True)
    # everything else is that of the running environment; its own .pth files are not followed
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    others = Path(own.stdout.strip()) / "others.pth"
    others.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    folder = place / "empty"
    folder.mkdir()
    return Installed(wheel, sdist, environment, folder)


def test_the_wheel_holds_what_a_learner_needs_and_no_more(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as packed:
        names = set(packed.namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"dicom_lessons"}
    for path in (ROOT / "dicom_lessons").rglob("*"):
        relative = path.relative_to(ROOT).as_posix()
        if path.is_file() and "__pycache__" not in path.parts:
            assert (relative in names) == (path.suffix not in {".po", ".pyc"}), relative
    inside = {name for name in names if "/_course/" in name}
    files = [*(ROOT / "data").rglob("*"), *NOTEBOOKS.glob("*.md"), *NOTEBOOKS.glob("*/*.ipynb")]
    wanted = {path.relative_to(ROOT).as_posix() for path in files if path.is_file()}
    assert inside == {f"dicom_lessons/_course/{name}" for name in wanted}


def test_the_checkout_is_not_used(installed: Installed) -> None:
    used = installed.python("import dicom_lessons; print(dicom_lessons.__file__)")
    assert Path(used).is_relative_to(installed.environment)
    missing = "import importlib.util; print(importlib.util.find_spec('course_tools'))"
    assert installed.python(missing) == "None"


def test_every_file_of_the_virtual_patient_is_found(installed: Installed) -> None:
    ask = (
        "from dicom_lessons import samples; made = samples.names(source='made');"
        "print(len(made), *{samples.path(name).parents[1].name for name in made})"
    )
    made = json.loads((ROOT / "data" / "registry.json").read_text(encoding="utf-8"))
    files = [one for one in made if one.get("kind", "file") == "file"]
    assert installed.python(ask) == f"{len(files)} data"


def test_the_computer_is_called_ready(installed: Installed) -> None:
    said = installed.run("python", "-m", "dicom_lessons", "check")
    assert "✓ ready  pydicom" in said
    assert "needed: >=3.0.2,<4" in said


def test_a_copied_lesson_runs_from_top_to_bottom(installed: Installed) -> None:
    said = installed.run("dicom-lessons", "--only-copy", "--language", "ru")
    course = installed.folder / "dicom_lessons_course"
    assert str(course) in said
    lesson = course / LESSON
    assert lesson.read_bytes() == (NOTEBOOKS / LESSON).read_bytes()
    assert int(installed.python(RUN, str(lesson))) > 10


def test_the_old_commands_are_answered(installed: Installed) -> None:
    said = installed.run("python", "-m", "dicom_lessons", "class", "x", status=2)
    assert said.startswith("class is a command of authors and teachers: it needs a clone")
    assert len(said.splitlines()) == 1


def test_the_whole_patient_is_written(installed: Installed) -> None:
    if "media" not in installed.run("python", "-m", "dicom_lessons", "--help"):
        pytest.skip("this version has no media")
    installed.run("python", "-m", "dicom_lessons", "media", "disc")
    assert (installed.folder / "disc" / "DICOMDIR").is_file()


def test_the_sdist_builds_the_same_wheel(installed: Installed, tmp_path: Path) -> None:
    unpack = [sys.executable, "-m", "tarfile", "-e", str(installed.sdist), str(tmp_path)]
    subprocess.run(unpack, check=True, capture_output=True)
    (source,) = tmp_path.iterdir()
    assert not list(source.rglob("my_work")) and not list(source.rglob(".ipynb_checkpoints"))
    for name in (*BUILT_FROM, "README.md", "TEACHING.ru.md", "LICENSE", "requirements.txt"):
        assert (source / name).exists(), name
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (again,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(again) as new, zipfile.ZipFile(installed.wheel) as old:
        assert new.namelist() == old.namelist()
        assert [one.CRC for one in new.infolist()] == [one.CRC for one in old.infolist()]


def imported(path: Path) -> set[str]:
    """Return the top-level modules that a file imports, wherever it does."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module)
    return {module.partition(".")[0] for module in modules}


def test_lessons_import_only_what_they_require() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        if extra not in {"author", "bench", "cards", "class", "live", "site", "test"}:
            wanted += requirements
    # what dask, ipykernel, jinja2, ipywidgets and requests are made of
    parts = {"distributed", "ipython", "jupyter_core", "markupsafe", "psutil", "traitlets"}
    allowed = {Requirement(one).name for one in wanted} | parts | {"urllib3"}
    there = {*sys.stdlib_module_names, "dicom_lessons", "pyodide_js"}  # the last in a browser alone
    owners = packages_distributions()
    strangers = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / "dicom_lessons").rglob("*.py")
        for module in imported(path) - there
        if not {name.lower() for name in owners.get(module, [])} & allowed
    }
    assert strangers == set()
