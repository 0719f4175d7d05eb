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
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from course_tools.live.compiling import compile_in_place

VERSION = "314.0.3"
"""Of Pyodide. The kernel's own is a later one of the same interface, 2026_0."""
PYTHON, PLATFORM = "3.14", "pyemscripten_2026_0_wasm32"
LOCK = "pyodide-lock.json"
RUNTIME = {
    "pyodide.mjs": "5cfc46f5dcbaf2a16f26e2363f441873eb424762609cc03db00d6a2ace4d00e5",
    "pyodide.asm.mjs": "1a9775427ef6e8abaa7db88ece0515422d1886915ae5c9093776410c865dfd8d",
    "pyodide.asm.wasm": "e7f8fac36f8bf11085309cbc5c829b3ec3057c18bf1d73b05a6741612d63cdbf",
    "python_stdlib.zip": "444c770dfd75a32097fc0a7d5c1413fd3140601f49c3a1f2e9af0376fcd124b4",
}
"""The files of Pyodide itself, each with its SHA-256; its packages stand in its lock."""
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
)
"""Packages that Pyodide has; what they need comes with them."""
TABLES = ("duckdb", "pyarrow")
"""What lesson 12 asks; they are in Pyodide's archive, and in no package registry."""
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
    "anywidget", "imagecodecs", "jinja2", "markdown-it-py", "numpy", "packaging", "pillow",
    "platformdirs", "pydicom", "tqdm",
)  # fmt: skip
"""What every sitting uses."""
KERNEL = {
    "ipykernel": (),
    "piplite": ("micropip",),
    "pyodide-kernel": ("comm", "ipykernel", "ipython", "jedi", "traitlets"),
}
"""The wheels of the kernel, and what each needs."""
AT_ONCE = ("micropip", "comm", "jedi", "ipython", *KERNEL, COURSE)
"""Packages that are fetched while Python itself still starts."""
LEFT_OUT = ("fonttools", "pytz")
"""What Pyodide says that Matplotlib needs, and what no notebook does with it: PDF, time zones."""
UNUSED = re.compile(
    r"(^|/)tests/"  # not pydicom's test_files
    r"|^(?!jedi/third_party/typeshed/stdlib/).*\.pyi$"
    r"|^matplotlib/mpl-data/(images|sample_data|fonts/(afm|pdfcorefonts))/"
)
"""Members of wheels that no notebook uses; unpacking each takes its time in a browser."""


CODECS = ("_htj2k", "_imcd", "_jpeg2k", "_jpeg8", "_jpegls", "_shared")
"""What the course uses of imagecodecs: a browser makes each compiled part ready at once."""


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


def pinned(requirements: Path) -> dict[str, str]:
    """Return the versions of the packages that Pyodide lacks, those for the newest Python."""
    found: dict[str, str] = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition(";")[0].strip().partition("==")
        if key(name) in FROM_PYPI:
            found[key(name)] = version
    return found


def gather(folder: Path, requirements: Path) -> None:
    """Download the wheels that Pyodide lacks and that are not in the folder yet.

    Raises
    ------
    MissingPart
        If one cannot be had.
    """
    for name, version in pinned(requirements).items():
        if not _wheel(folder, name, version) and not download(f"{name}=={version}", folder):
            raise MissingPart(f"No wheel of {name} {version} for Pyodide: is there a network?")


def _wheel(folder: Path, name: str, version: str = "*") -> Path | None:
    found = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    return found[-1] if found else None


def require_runtime(parts: Path) -> None:
    """Make sure that a folder holds Pyodide, and that it is the one of :data:`VERSION`.

    Raises
    ------
    MissingPart
        If a file is missing or is another one.
    """
    for name, sha256 in RUNTIME.items():
        _require_hash(parts / name, sha256)
    if not (parts / LOCK).is_file():
        raise MissingPart(f"{parts / LOCK} is missing: take the archive of Pyodide {VERSION}.")


def has_tables(parts: Path) -> bool:
    """Tell whether Pyodide's archive holds :data:`TABLES`."""
    known = json.loads((parts / LOCK).read_text(encoding="utf-8"))["packages"]
    return {*TABLES} <= {*known}


def lay_out(parts: Path, course: Path, folder: Path, kernel: Path) -> None:
    """Copy the runtime and every package into a folder of the site, with one lock for all.

    Of each only what a notebook uses, and compiled if there is node.

    Parameters
    ----------
    parts : Path
        Pyodide's archive, unpacked, or what the tests gather, with the wheels of :func:`gather`.
    course : Path
        The wheel of the course.
    folder : Path
        Gets everything.
    kernel : Path
        Folder with the wheels of the kernel, :data:`KERNEL`.

    Raises
    ------
    MissingPart
        If a part is not there, or is not what the lock says.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = json.loads((parts / LOCK).read_text(encoding="utf-8"))
    packages = _pyodides(lock["packages"], parts, folder)
    for name, needs in FROM_PYPI.items():
        packages[name] = entry_of(_require_wheel(parts, name), name, needs, folder)
    for name, needs in KERNEL.items():
        packages[name] = entry_of(_require_wheel(kernel, name), name, needs, folder)
    compile_in_place([folder / entry["file_name"] for entry in packages.values()], parts)
    packages[COURSE] = entry_of(course, COURSE, ALWAYS, folder)
    compile_in_place([folder / course.name], parts, keep=False)
    for entry in packages.values():
        entry["sha256"] = sha256_of(folder / entry["file_name"])
        entry["depends"] = [name for name in map(key, entry["depends"]) if name in packages]
    for name in RUNTIME:
        shutil.copy2(parts / name, folder)
    text = json.dumps({**lock, "packages": packages}, indent=1) + "\n"
    (folder / LOCK).write_text(text, encoding="utf-8")


def _pyodides(known: Mapping[str, Any], parts: Path, folder: Path) -> dict[str, Any]:
    """Copy what Pyodide itself has, each checked, and return the entries of its lock."""
    tables = has_tables(parts)  # their pandas may ask for time zones
    left_out = {*LEFT_OUT} - ({"pytz"} if tables else set())
    left = {name: entry for name, entry in known.items() if name not in left_out}
    roots = [*ROOTS, *(TABLES if tables else ())]
    packages = {name: known[name] for name in closure(left, roots) if name not in FROM_PYPI}
    for name, entry in packages.items():
        _require_hash(parts / entry["file_name"], entry["sha256"])
        trimmed(parts / entry["file_name"], folder, _wanted_of(name))
    return packages


def _require_wheel(parts: Path, name: str) -> Path:
    found = _wheel(parts, name)
    if found is None:
        raise MissingPart(f"No wheel of {name} lies in {parts}.")
    return found


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_hash(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise MissingPart(f"{path} is missing: unpack the archive of Pyodide {VERSION} there.")
    if sha256_of(path) != sha256:
        raise MissingPart(f"{path} is not that of Pyodide {VERSION}: get it again.")


def entry_of(wheel: Path, name: str, needs: Iterable[str], folder: Path) -> dict[str, Any]:
    """Copy what is used of a wheel into a folder and return its entry for a lock, without hash."""
    wheel = trimmed(wheel, folder, _wanted_of(name))
    with ZipFile(wheel) as opened:
        tops = {member.split("/")[0] for member in opened.namelist()}
    imports = [
        top.removesuffix(".py") for top in tops if not re.search(r"\.(dist-info|data)$", top)
    ]
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "package_type": "package",
        "imports": sorted(imports),
        "depends": list(needs),
        "unvendored_tests": False,
    }


def trimmed(wheel: Path, folder: Path, wanted: Callable[[str], bool]) -> Path:
    """Copy the members of a wheel whose names are wanted, and return the new wheel's path."""
    folder.mkdir(parents=True, exist_ok=True)
    with ZipFile(wheel) as source, ZipFile(folder / wheel.name, "w", ZIP_DEFLATED) as target:
        for member in source.infolist():
            if wanted(member.filename):
                target.writestr(member, source.read(member))
    return folder / wheel.name


def _wanted_of(name: str) -> Callable[[str], bool]:
    def is_used(member: str) -> bool:
        if name == "imagecodecs" and member.endswith(".so"):
            return member.rpartition("/")[2].partition(".")[0] in CODECS
        return not UNUSED.search(member)

    return is_used
