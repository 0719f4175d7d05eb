"""The same questions to a real Orthanc, named as a learner names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from course_tools.bench.network import open_orthanc
from dicom_lessons import samples
from dicom_lessons.network import connect_archive
from dicom_lessons.text import set_language

VARIABLE = "DICOM_LESSONS_ORTHANC"
_OF_THE_COURSE = r"^(?:check|predict|compare|quiz|network\.explore_messages)\("


@pytest.fixture(params=[True, False], ids=["Orthanc", "ours"])
def either(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    require("Orthanc")
    monkeypatch.delenv(VARIABLE, raising=False)
    if not request.param:
        yield
        return
    with open_orthanc(tmp_path) as (port, web):
        monkeypatch.setenv(VARIABLE, f"127.0.0.1:{port}:{web}")
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
