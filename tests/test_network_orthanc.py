"""The same questions to a real Orthanc, named as a learner names it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lesson_files import cells, source
from pydicom import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelFind,
)
from tools import require

from course_tools import lessons
from dicom_lessons import samples
from dicom_lessons.network import connect_archive
from dicom_lessons.text import set_language

VARIABLE = "DICOM_LESSONS_ORTHANC"
_OF_THE_COURSE = r"^(?:check|predict|compare|quiz|network\.explore_messages)\("


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _orthanc(folder: Path) -> Iterator[str]:
    """Run an empty Orthanc; say how a learner names it."""
    port, web = _free_port(), _free_port()
    settings = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": web,
        "DicomPort": port,
        "RemoteAccessAllowed": False,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
    }
    (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(["Orthanc", str(folder / "orthanc.json")], stdout=quiet, stderr=quiet)
    try:
        for _try in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}:{web}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture(params=[True, False], ids=["Orthanc", "ours"])
def either(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    require("Orthanc")
    monkeypatch.delenv(VARIABLE, raising=False)
    if not request.param:
        yield
        return
    with _orthanc(tmp_path) as named:
        monkeypatch.setenv(VARIABLE, named)
        yield


@pytest.mark.tools
@pytest.mark.usefixtures("either")
def test_one_cell_asks_either_archive() -> None:
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


@pytest.mark.tools
@pytest.mark.usefixtures("either")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("stem", ["09a_ask_archive", "09b_move_images"])
def test_the_cells_of_a_sitting_talk_to_either_archive(
    stem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    told = {}
    for cell in cells(lessons.NOTEBOOKS / "en" / f"{stem}.ipynb", "code"):
        if not re.search(_OF_THE_COURSE, source(cell), flags=re.M):
            exec(compile(source(cell), cell["id"], "exec"), names)
            told[cell["id"]] = sorted(capsys.readouterr().out.splitlines())
    set_language("en")
    if stem == "09a_ask_archive":
        assert told["study-run"][0] == "0000 None"
        assert [line[:13] for line in told["study-run"][1:]] == ["FF00 20240311", "FF00 20240312"]
        assert len(told["levels"]) == 4
        assert len(told["image"]) == 2
    else:
        assert told["store-run"] == ["0000"] * 4
        assert told["get-run"] == ["3 ['FF00', 'FF00', 'FF00', '0000']"]
