"""What the live lessons are made of: Pyodide's runtime and packages, and wheels from PyPI.

All lies in the site itself, and one lock file names it: an ``import`` in a cell fetches from there
what is not here yet, and nothing else is ever asked.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

VERSION = "314.0.3"
"""Of Pyodide. The kernel's own is a later one of the same interface, 2026_0."""
PYTHON, PLATFORM = "3.14", "pyemscripten_2026_0_wasm32"
RUNTIME = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
ROOTS = (
    # the kernel's
    "micropip",
    "ipython",
    "jedi",
    "pyodide-http",
    "traitlets",
    # the lessons'
    "numpy",
    "pillow",
    "matplotlib",
    "requests",
    "jinja2",
    "packaging",
    "typing-extensions",
    "retrying",
    "cryptography",
)
"""Packages that Pyodide has; what they need comes with them."""
FROM_PYPI = {
    "anywidget": ("ipywidgets", "psygnal", "typing-extensions"),
    "comm": ("traitlets",),
    "dicomweb-client": ("numpy", "pillow", "pydicom", "requests", "retrying"),
    "highdicom": ("numpy", "packaging", "pillow", "pydicom", "typing-extensions"),
    "imagecodecs": ("numpy",),
    "ipywidgets": ("comm", "ipython", "jupyterlab-widgets", "traitlets"),
    "jupyterlab-widgets": (),
    "markdown-it-py": ("mdurl",),
    "mdurl": (),
    "nibabel": ("numpy", "packaging", "typing-extensions"),
    "platformdirs": (),
    "pooch": ("packaging", "platformdirs", "requests"),
    "psygnal": (),
    "pydicom": (),
    "pynetdicom": ("pydicom",),
    "pynrrd": ("numpy", "typing-extensions"),
    "tqdm": (),
}
"""Packages that Pyodide lacks, and what each needs; versions are those of requirements.txt."""
COURSE = "dicom-lessons"
ALWAYS = (
    "anywidget", "jinja2", "markdown-it-py", "numpy", "packaging", "pillow", "platformdirs", "pydicom",
    "requests", "tqdm",
)  # fmt: skip
"""What every sitting uses."""


class MissingPart(FileNotFoundError):
    """A part of Pyodide is not where it should be; the message says which, and what to do."""


def key(name: str) -> str:
    """Return the name of a package as Pyodide's lock writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(packages: Mapping[str, Any], roots: Iterable[str]) -> list[str]:
    """Return these packages of a lock and all that they need, in alphabetical order."""
    found: set[str] = set()
    waiting = [*roots]
    while waiting:
        name = key(waiting.pop())
        if name not in found and name in packages:
            found.add(name)
            waiting += packages[name]["depends"]
    return sorted(found)


def download(requirement: str, folder: Path) -> Path | None:
    """Download the wheel of a package for Pyodide; ``None`` if there is none."""
    name, _, version = requirement.partition("==")
    pattern = f"{key(name).replace('-', '_')}-{version or '*'}-*.whl"
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            "--implementation", "cp", "--python-version", PYTHON,
            "--abi", f"cp{PYTHON.replace('.', '')}", "--abi", "abi3", "--abi", "none",
            "--platform", PLATFORM, "--platform", "any", "--dest", str(folder), requirement,
        ],
        capture_output=True, check=False,
    )  # fmt: skip
    return next(iter(sorted(folder.glob(pattern))), None) if done.returncode == 0 else None


def gather(folder: Path, requirements: Path) -> list[Path]:
    """Download the wheels that Pyodide lacks, in the versions that requirements.txt names.

    Raises
    ------
    MissingPart
        If one cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = requirements.read_text(encoding="utf-8").splitlines()
    wheels = []
    for name in FROM_PYPI:
        # the last line that names it is that of the newest Python
        pinned = [line.partition(";")[0].strip() for line in lines if key(line.split("=")[0]) == name]
        wheel = download(pinned[-1], folder)
        if wheel is None:
            raise MissingPart(f"There is no wheel of {pinned[-1]} for Pyodide {VERSION}.")
        wheels.append(wheel)
    return wheels


def lay_out(pyodide: Path, wheels: Path, course: Path, folder: Path) -> None:
    """Copy the runtime and every package into a folder of the site, with one lock for all.

    Parameters
    ----------
    pyodide : Path
        Pyodide's archive, unpacked, or what the tests gather.
    wheels : Path
        Where the wheels of :func:`gather` lie.
    course : Path
        The wheel of the course.
    folder : Path
        Gets everything.

    Raises
    ------
    MissingPart
        If a part is not there, or is not what the lock says.
    """
    for name in RUNTIME:
        if not (pyodide / name).is_file():
            raise MissingPart(f"{pyodide / name} is missing: name the folder of Pyodide {VERSION}.")
    folder.mkdir(parents=True, exist_ok=True)
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    known = lock["packages"]
    packages = {name: known[name] for name in closure(known, ROOTS) if name not in FROM_PYPI}
    for entry in packages.values():
        _require_hash(pyodide / entry["file_name"], entry["sha256"])
        shutil.copy2(pyodide / entry["file_name"], folder)
    for name, needs in FROM_PYPI.items():
        found = sorted(wheels.glob(f"{name.replace('-', '_')}-*.whl"))
        if not found:
            raise MissingPart(f"No wheel of {name} lies in {wheels}: gather them first.")
        packages[name] = _entry(found[-1], name, needs, folder)
    packages[COURSE] = _entry(course, COURSE, ALWAYS, folder)
    for entry in packages.values():
        entry["depends"] = [name for name in map(key, entry["depends"]) if name in packages]
    for name in RUNTIME:
        shutil.copy2(pyodide / name, folder)
    text = json.dumps({**lock, "packages": packages}, indent=1) + "\n"
    (folder / "pyodide-lock.json").write_text(text, encoding="utf-8")


def _require_hash(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise MissingPart(f"{path} is missing: take the whole archive of Pyodide {VERSION}.")
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise MissingPart(f"{path} is not the file that Pyodide's lock names: get it again.")


def _entry(wheel: Path, name: str, needs: Iterable[str], folder: Path) -> dict[str, Any]:
    shutil.copy2(wheel, folder)
    with ZipFile(wheel) as opened:
        tops = {member.split("/")[0] for member in opened.namelist()}
    imports = [top.removesuffix(".py") for top in tops if not re.search(r"\.(dist-info|data)$", top)]
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(imports),
        "depends": list(needs),
        "unvendored_tests": False,
    }
