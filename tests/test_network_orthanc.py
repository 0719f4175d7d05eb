"""The same questions to a real Orthanc, named as a learner names it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path

import pytest
from pydicom import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelFind,
)
from tools import require

from dicom_lessons import samples
from dicom_lessons.network import connect_archive


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.tools
@pytest.mark.parametrize("real", [True, False], ids=["Orthanc", "ours"])
def test_one_cell_asks_either_archive(
    real: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("Orthanc")
    port, web = _free_port(), _free_port()
    settings = {
        "StorageDirectory": str(tmp_path / "db"),
        "IndexDirectory": str(tmp_path / "db"),
        "HttpPort": web,
        "DicomPort": port,
        "RemoteAccessAllowed": False,
        "DicomAlwaysAllowFind": True,
    }
    (tmp_path / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
    monkeypatch.delenv("DICOM_LESSONS_ORTHANC", raising=False)
    server = None
    try:
        if real:
            quiet = subprocess.DEVNULL
            server = subprocess.Popen(
                ["Orthanc", str(tmp_path / "orthanc.json")], stdout=quiet, stderr=quiet
            )
            for _try in range(400):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            monkeypatch.setenv("DICOM_LESSONS_ORTHANC", f"127.0.0.1:{port}:{web}")
        with connect_archive() as archive:
            user = AE()
            user.add_requested_context(CTImageStorage)
            user.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
            association = user.associate(archive.address, archive.port, ae_title=archive.title)
            assert association.send_c_store(samples.read("CT_small")).Status == 0
            query = Dataset()
            query.QueryRetrieveLevel, query.PatientID, query.StudyInstanceUID = "STUDY", "1CT1", ""
            found = list(association.send_c_find(query, StudyRootQueryRetrieveInformationModelFind))
            assert [status.Status for status, _answer in found] == [0xFF00, 0]
            association.release()
            assert archive.web.startswith("http://127.0.0.1:")
    finally:
        if server:
            server.kill()
            server.wait()
