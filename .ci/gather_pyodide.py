"""Gather Pyodide for the tests of the live lessons, from the registries alone.

The published site takes Pyodide's own archive. Here its runtime comes from the npm package, its
packages of pure Python from PyPI, and the few that hold WebAssembly from a package on PyPI that
carries a copy of them: each is taken only if its SHA-256 is the one of Pyodide's own lock.

    python .ci/gather_pyodide.py FOLDER
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from course_tools.lessons import ROOT
from course_tools.live.wheels import ROOTS, RUNTIME, TABLES, VERSION, closure, download, key
from course_tools.live.wheels import gather as course_wheels

CARRIER = "open-webui==0.12.4"
INSIDE = "open_webui/frontend/pyodide/"


def gather(folder: Path) -> list[str]:
    """Fill a folder as Pyodide's archive would, and return the packages that are not to be had."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        work = Path(place)
        packed = ["npm", "pack", "--silent", f"pyodide@{VERSION}"]
        subprocess.run(packed, cwd=work, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(work / f"pyodide-{VERSION}.tgz") as archive:
            archive.extractall(work, filter="data")
        for name in RUNTIME:
            shutil.copy2(work / "package" / name, folder / name)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
             "--python-version", "3.12", "-d", str(work), CARRIER],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        carrier = next(work.glob("open_webui-*.whl"))
        missing = _packages(folder, work / "package" / "pyodide-lock.json", carrier, work)
    course_wheels(folder, ROOT / "requirements.txt")
    return missing


def _packages(folder: Path, lock_file: Path, carrier: Path, work: Path) -> list[str]:
    lock = json.loads(lock_file.read_text())
    packages, missing = {}, []
    with ZipFile(carrier) as carried:
        for name in closure(lock["packages"], (*ROOTS, *TABLES)):
            known = lock["packages"][name]
            try:
                content = carried.read(INSIDE + known["file_name"])
            except KeyError:
                content = b""
            if hashlib.sha256(content).hexdigest() != known["sha256"]:
                found = download(f"{name}=={known['version']}", work) or _without_speedups(
                    name, work
                )
                if found is None:
                    missing.append(name)
                    continue
                content = found.read_bytes()
                known["file_name"] = found.name
                known["sha256"] = hashlib.sha256(content).hexdigest()
            (folder / known["file_name"]).write_bytes(content)
            packages[name] = known
    for known in packages.values():
        known["depends"] = [name for name in known["depends"] if key(name) in packages]
    lock["packages"] = packages
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1) + "\n")
    return missing


def _without_speedups(name: str, work: Path) -> Path | None:
    """Return a wheel of MarkupSafe without its compiled part, which it can do without."""
    if name != "markupsafe":
        return None
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(work), name],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    found = next(work.glob("markupsafe-*.whl"))
    pure = work / f"{'-'.join(found.name.split('-')[:2])}-py3-none-any.whl"
    with ZipFile(found) as source, ZipFile(pure, "w", ZIP_DEFLATED) as target:
        for member in source.namelist():
            if not re.search(r"\.(so|pyd|c)$|RECORD$", member):
                text = source.read(member)
                if member.endswith("/WHEEL"):
                    text = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
                target.writestr(member, text)
    return pure


if __name__ == "__main__":
    wanted = Path(sys.argv[1])
    if lacking := gather(wanted):
        print("not to be had as WebAssembly:", *lacking)
    print(wanted)
