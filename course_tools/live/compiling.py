"""Wheels whose modules are compiled already: an import in a browser takes a third of the time."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

READABLE = ("dicom_lessons", "pydicom", "pynetdicom")
"""Packages whose source a learner may want to read."""
KEPT = "compiled"
_HERE = Path(__file__).parent


def compile_in_place(wheels: Iterable[Path], parts: Path, *, keep: bool = True) -> bool:
    """Replace wheels by ones whose modules are compiled, and tell whether this could be done.

    Pyodide's own Python compiles, by node; where there is no node, the wheels stay as they are.

    Parameters
    ----------
    wheels : iterable of Path
        Are replaced.
    parts : Path
        Pyodide's archive, unpacked; what was compiled is kept there for the next time.
    keep : bool
        Whether to keep it: not what changes each time.

    Raises
    ------
    RuntimeError
        If node cannot run Pyodide; the message holds what it said.
    """
    node = find_node()
    if node is None:
        return False
    kept = parts / KEPT
    kept.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=kept) as place:
        source, target = Path(place) / "source", Path(place) / "target"
        source.mkdir()
        target.mkdir()
        waiting: dict[Path, Path] = {}
        for wheel in wheels:
            known = kept / f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}.whl"
            if known.is_file():
                shutil.copy2(known, wheel)
            else:
                shutil.copy2(wheel, source)
                waiting[wheel] = known
        if waiting:
            _run(node, parts, source, target)
        for wheel, known in waiting.items():
            shutil.copy2(target / wheel.name, wheel)
            if keep:
                (target / wheel.name).replace(known)
    return True


def find_node() -> str | None:
    """Return the path of node, if there is one."""
    return shutil.which("node")


def _run(node: str, parts: Path, source: Path, target: Path) -> None:
    script, code = _HERE / "compile.mjs", _HERE / "in_pyodide.py"
    command: list[str | Path] = [node, script, parts.resolve(), source, target, code, *READABLE]
    run(command, None, "node cannot compile with Pyodide")


def run(command: Sequence[str | Path], folder: Path | None, failure: str) -> None:
    """Run a program in a folder; if it fails, raise a RuntimeError with the end of what it said."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{failure}:\n{done.stdout[-4000:]}")
