"""The questions of lesson 05 go to a real Orthanc as they go to the classroom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools import require

from dicom_lessons import download, samples
from dicom_lessons.download.classroom import ARCHIVE

pytestmark = pytest.mark.tools
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
ASK = r"""
import io, json, pathlib, subprocess, sys, time
import requests
from pydicom import dcmread
from dicom_lessons import download
folder, plugin, *files = sys.argv[1:]
settings = {"StorageDirectory": folder + "/db", "IndexDirectory": folder + "/db",
            "HttpPort": 18043, "DicomPort": 14243, "AuthenticationEnabled": False,
            "Plugins": [plugin], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}}
config = pathlib.Path(folder, "orthanc.json")
config.write_text(json.dumps(settings))
orthanc = "http://127.0.0.1:18043/"
server = subprocess.Popen(["Orthanc", str(config)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
try:
    for _ in range(200):
        try:
            requests.get(orthanc + "system", timeout=5)
            break
        except OSError:
            time.sleep(0.05)
    for file in files:
        requests.post(orthanc + "instances", pathlib.Path(file).read_bytes(), timeout=20)
    instances = sorted(download.ask(orthanc + "instances"))
    first = f"{orthanc}instances/{instances[0]}/"
    tags = download.ask(first + "simplified-tags")
    content = requests.get(first + "file", timeout=10).content
    found = download.ask(orthanc + "dicom-web/instances", Modality="MR")
    print(json.dumps([instances, tags["SOPInstanceUID"], dcmread(io.BytesIO(content)).Modality,
                      [one["00080018"] for one in found]]))
finally:
    server.kill()
    server.wait()
"""


def test_orthanc_answers_as_the_classroom_does(tmp_path: Path) -> None:
    require("Orthanc", "unshare", "ip")
    if not PLUGIN.is_file():
        require("the DICOMweb plug-in of Orthanc")
    namespace = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    if subprocess.run([*namespace, "true"], capture_output=True).returncode:
        require("a private network namespace")
    script = tmp_path / "ask.py"
    script.write_text(ASK)
    files = [str(samples.path(name)) for name in ARCHIVE]
    shell = 'ip link set lo up && exec "$@"'
    command = [*namespace, "sh", "-c", shell, "sh", sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(
        [*command, str(PLUGIN), *files], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    address = download.start_classroom()
    instances = download.ask(f"{address}orthanc/instances")
    tags = download.ask(f"{address}orthanc/instances/{instances[0]}/simplified-tags")
    found = download.ask(f"{address}dicom-web/instances", Modality="MR")
    uids = [one["00080018"] for one in found]
    assert json.loads(done.stdout) == [instances, tags["SOPInstanceUID"], tags["Modality"], uids]
