"""Build the live lessons: a JupyterLite site of plain files, for any web server."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from course_tools import lessons
from course_tools.live import wheels
from course_tools.live.compiling import run
from course_tools.live.notebooks import live_copy, recorded

LANGUAGES = ("en", "ru")
EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)
SITE = "jupyter-lite.json"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"


def build(folder: Path, parts: Path) -> Path:
    """Build the site and return its folder.

    Parameters
    ----------
    folder : Path
        Of the site; an older one there is replaced.
    parts : Path
        Pyodide's archive, unpacked; gets the wheels that it lacks.

    Raises
    ------
    FileExistsError
        If the folder is a file, or holds something else than a live site.
    wheels.MissingPart
        If a part of Pyodide, a wheel or an extension of JupyterLab is not there.
    RuntimeError
        If JupyterLite does not build; the message holds what it said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / SITE).is_file():
        raise FileExistsError(f"{folder} holds something else: name an empty folder.")
    wheels.require_runtime(parts)
    wheels.gather(parts, lessons.ROOT / "requirements.txt")
    tables = wheels.has_tables(parts)
    with TemporaryDirectory() as place:
        work = Path(place)
        for language in LANGUAGES:
            target = work / "content" / language
            target.mkdir(parents=True)
            for notebook in lessons.notebooks(language):
                nbformat.write(live_copy(notebook, tables=tables), target / notebook.name)
        course = wheels.trimmed(course_wheel(work / "dist"), work, _is_used)
        kernel = _extension(EXTENSIONS[0]) / "static" / "pypi"
        wheels.lay_out(parts, course, work / "static" / "pyodide", kernel)
        _configure(work)
        _lite(work, folder)
    return folder


def course_wheel(folder: Path) -> Path:
    """Build the wheel of the course, with its data, and return its path."""
    _run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], lessons.ROOT
    )
    return next(folder.glob("*.whl"))


def _is_used(member: str) -> bool:
    """Tell whether the course in a browser needs a file of its wheel: not its notebooks again."""
    number = member.rpartition("/")[2][:3]
    return "/notebooks/" not in member or bool(recorded(number, tables=False))


def _configure(work: Path) -> None:
    extensions = [str(_extension(name)) for name in EXTENSIONS]
    config = {
        "LiteBuildConfig": {
            "apps": ["notebooks", "tree"],  # lab would open all that was open, each with its Python
            "contents": ["content"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
            "ignore_sys_prefix": ["federated_extensions"],
            "federated_extensions": extensions,
        }
    }
    (work / "jupyter_lite_config.json").write_text(json.dumps(config))
    options = {"packages": wheels.AT_ONCE}
    settings = {KERNEL: {"disablePyPIFallback": True, "loadPyodideOptions": options}}
    site = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "DICOM Lessons",
            "appUrl": "./tree",
            "faviconUrl": "./tree/favicon.ico",
            "exposeAppInBrowser": True,
            "litePluginSettings": settings,
        },
    }
    (work / SITE).write_text(json.dumps(site))


def _extension(name: str) -> Path:
    found = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / name
    if not found.is_dir():
        raise wheels.MissingPart(f"{name} is not installed: pip install -e '.[live]'")
    return found


def _lite(work: Path, folder: Path) -> None:
    output = work / "site"
    command = "import sys; from jupyterlite_core.app import main; sys.exit(main())"
    _run([sys.executable, "-c", command, "build", "--output-dir", str(output)], work)
    shutil.rmtree(folder)
    shutil.move(output, folder)


def _run(command: list[str], folder: Path) -> None:
    run(command, folder, f"{' '.join(command[1:4])} failed")
