"""What tests that run other programs share."""

from __future__ import annotations

import os
import shutil

import pytest


def require(*programs: str) -> None:
    """Skip the test if a program is missing; on a CI server that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


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
