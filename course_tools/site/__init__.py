"""The course as a web site: readable pages in both languages, for any server of static files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from course_tools import lessons
from course_tools.site import sources
from course_tools.site.sitting import LIVE, live_address
from dicom_lessons.html import render
from dicom_lessons.text import LANGUAGES

__all__ = ["live_address", "write_site"]

# what a browser asks for only while somebody looks into the theme's own scripts
_LEFT_OUT = ("**/*.map", "**/.gitignore", ".buildinfo", "_sources", "_static/webpack-macros.html")
_DOOR = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DICOM Lessons · Уроки DICOM</title>
<link rel="icon" href="en/_static/icon.svg" type="image/svg+xml">
<style>body { font: 1.25rem/1.6 sans-serif; margin: 4rem auto; max-width: 32rem; padding: 0 1rem; }
@media (prefers-color-scheme: dark) { body { background: #14181e; color: #ced6dd; }
a { color: #8fc7ff; } }</style>
<script>
const russian = navigator.languages?.[0]?.startsWith("ru");
location.replace(russian ? "ru/index.html" : "en/index.html");
</script>
</head>
<body>
<main>
<h1>DICOM Lessons · <span lang="ru">Уроки DICOM</span></h1>
<p><a href="en/index.html">Read the course in English</a></p>
<p lang="ru"><a href="ru/index.html">Читать курс по-русски</a></p>
</main>
</body>
</html>
"""


def write_site(folder: Path) -> Iterator[Path]:
    """Write the site into a folder and yield the first page of each language.

    Links to live lessons are there if the folder holds them already, in ``live/``. What else the
    folder holds stays.

    Raises
    ------
    ModuleNotFoundError
        If what builds the pages is not installed.
    RuntimeError
        If Sphinx has anything to complain of, a warning included.
    """
    import myst_nb  # noqa: F401  # said here, in words, rather than by Sphinx
    import pydata_sphinx_theme  # noqa: F401

    folder.mkdir(parents=True, exist_ok=True)
    live = (folder / LIVE).is_file()
    with tempfile.TemporaryDirectory() as workplace:
        builds = {}
        for language in LANGUAGES:
            source = Path(workplace, language)
            sources.write_sources(source, language, live=live)
            builds[language] = _start(source, source.with_name(f"{language}-out"))
        said = {language: build.communicate()[0] for language, build in builds.items()}
        for language, build in builds.items():
            if build.returncode:
                raise RuntimeError(f"Sphinx does not build the {language} pages:\n{said[language]}")
        for language in LANGUAGES:
            _move(Path(workplace, f"{language}-out"), folder / language)
            yield folder / language / "index.html"
    (folder / "index.html").write_text(render(_DOOR), encoding="utf-8")
    (folder / ".nojekyll").touch()  # or GitHub Pages would leave out the folders with a _


def _start(source: Path, target: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q",
        "-d", str(target.with_name(f"{target.name}-doctrees")), str(source), str(target),
    ]  # fmt: skip
    path = os.pathsep.join(filter(None, [str(lessons.ROOT), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def _move(made: Path, target: Path) -> None:
    for pattern in _LEFT_OUT:
        for path in [*made.glob(pattern)]:
            path.unlink() if path.is_file() else shutil.rmtree(path)
    for path in made.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\n?//# sourceMappingURL=.*", "", text), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(made, target)
