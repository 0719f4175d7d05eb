"""Lesson 05: whatever a server does, only whole, verified files are kept, and it is said why."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pooch
import pydicom
import pytest
import requests
from lesson_files import cells, load, tags
from pydicom import Dataset, dcmread
from tools import require

from course_tools import lessons
from dicom_lessons import download, fetching, samples
from dicom_lessons.download import (
    classroom,
    explore_answer,
    explore_faults,
)
from dicom_lessons.download.classroom import ARCHIVE
from dicom_lessons.download.server import FAULTS, Faulty, Request, serve
from dicom_lessons.download.web import Way
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.text import set_language

CONTENT = bytes(128) + b"DICM" + bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REAL = lessons.ROOT.parent / "shared" / "samples"
with_real_files = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
REPOSITORY = "https://example.org/owner/data/"
REASONS = {
    "stalls": "silent for 0.3 seconds",
    "missing": "answers 404",
    "busy": "answers 503",
    "redirects": "sends us on to http://localhost",
    "breaks off": f"broke after {len(CONTENT) // 2} bytes",
    "lies": f"only {len(CONTENT) - 100} of {len(CONTENT)} bytes",
    "login page": "a web page, perhaps a page to log in",
    "endless": f"more came than {len(CONTENT)} bytes",
    "other bytes": "SHA-256 differs",
    "drips": "more than 0.6 seconds",
}


@pytest.fixture(autouse=True)
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(samples.MIRROR, raising=False)


def fetch(address: str, folder: Path, timeout: float = 0.3, deadline: float = 0.6) -> Path:
    return fetching.fetch(
        address, folder, size=len(CONTENT), sha256=SHA256, timeout=timeout, deadline=deadline
    )


# ---- every fault of a server


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_clear_error_and_the_next_try_works(fault: str, tmp_path: Path) -> None:
    with serve(server := Faulty(CONTENT, [fault])) as address:
        start = time.monotonic()
        with pytest.raises(download.DownloadError, match=r"file\.dcm was not downloaded") as failed:
            fetch(f"{address}file.dcm", tmp_path)
        assert time.monotonic() - start < 3
        assert REASONS[fault] in str(failed.value)
        assert REASONS[fault] in failed.value.reason
        assert list(tmp_path.iterdir()) == []
        assert fetch(f"{address}file.dcm", tmp_path).read_bytes() == CONTENT
    assert not server.waited
    assert server.asked == ["/file.dcm"] * 2


@pytest.mark.parametrize("fault", FAULTS)
def test_a_good_file_survives_a_failed_download(fault: str, tmp_path: Path) -> None:
    kept = tmp_path / "file.dcm"
    kept.write_bytes(b"an older version, still wanted")
    with serve(Faulty(CONTENT, [fault])) as address:
        with pytest.raises(download.DownloadError):
            fetch(f"{address}file.dcm", tmp_path)
        assert kept.read_bytes() == b"an older version, still wanted"
        assert [path.name for path in tmp_path.iterdir()] == ["file.dcm"]
        fetch(f"{address}file.dcm", tmp_path)
    assert kept.read_bytes() == CONTENT


def test_a_thousand_downloads_with_random_faults_keep_whole_files_only(tmp_path: Path) -> None:
    chance = random.Random(2026)
    slow = {"stalls", "drips"}
    faults = chance.choices(
        ["", *FAULTS], [2.0, *(0.05 if fault in slow else 1.0 for fault in FAULTS)], k=1000
    )
    kept = 0
    with serve(Faulty(CONTENT, faults, patience=1.0)) as address:
        for number, fault in enumerate(faults):
            try:
                fetch(f"{address}{number}.dcm", tmp_path, timeout=0.5, deadline=0.8)
                kept += 1
                assert not fault, fault
            except download.DownloadError:
                assert fault
    files = list(tmp_path.iterdir())
    assert len(files) == kept == faults.count("") > 100
    assert all(path.read_bytes() == CONTENT for path in files)
    assert set(faults) == {"", *FAULTS}


def test_a_file_that_is_here_is_not_asked_for(tmp_path: Path) -> None:
    with serve(server := Faulty(CONTENT)) as address:
        for _attempt in range(3):
            fetch(f"{address}file.dcm", tmp_path)
    assert len(server.asked) == 1


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    steps: list[int] = []
    with serve(Faulty(CONTENT)) as address:
        fetching.fetch(
            f"{address}file.dcm",
            tmp_path,
            size=len(CONTENT),
            sha256=SHA256.upper(),
            progress=steps.append,
        )
    assert sum(steps) == len(CONTENT)


def test_nobody_there_is_told_at_once(tmp_path: Path) -> None:
    with serve(Faulty(CONTENT)) as address:
        pass
    with pytest.raises(download.DownloadError, match="connection failed"):
        fetch(f"{address}file.dcm", tmp_path)


def test_a_local_file_is_read_up_to_the_limit_only(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(64 * 2**20)
    tracemalloc.start()
    with pytest.raises(OSError, match="more came than 1000 bytes"):
        fetching.receive(str(tmp_path / "huge"), io.BytesIO(), most=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    kept = io.BytesIO()
    (tmp_path / "small").write_bytes(CONTENT)
    assert fetching.receive(str(tmp_path / "small"), kept, most=len(CONTENT)) == len(CONTENT)
    assert kept.getvalue() == CONTENT


# ---- the disk


class FullDisk(io.FileIO):
    def write(self, data: object, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file.dcm").write_bytes(b"older")
    with serve(Faulty(CONTENT)) as address:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", lambda path, _mode="r": FullDisk(path, "w"))
            with pytest.raises(download.DownloadError, match="No space left on device"):
                fetch(f"{address}file.dcm", tmp_path)
        assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"older"]
        fetch(f"{address}file.dcm", tmp_path)
    assert (tmp_path / "file.dcm").read_bytes() == CONTENT


def test_a_folder_that_may_not_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_options: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr(pooch.core, "temporary_file", refuse)
    with (
        serve(Faulty(CONTENT)) as address,
        pytest.raises(download.DownloadError, match="Permission denied"),
    ):
        fetch(f"{address}file.dcm", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with serve(Faulty(CONTENT)) as address, pytest.raises(download.DownloadError):
        fetch(f"{address}file.dcm", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.parametrize(
    "path", ["%2E%2E%2F%2E%2E%2Fx.dcm", "..%5C..%5Cx.dcm", "a/../../x.dcm", "x.dcm?n=../../y"]
)
def test_an_address_never_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    inner = tmp_path / "one" / "two"
    with serve(Faulty(CONTENT)) as address:
        assert fetch(address + path, inner) == inner / "x.dcm"
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [inner / "x.dcm"]


@pytest.mark.parametrize("path", ["", "data/", "..", "a/%2E%2E", "C%3Ax.dcm", "x%00.dcm", "x%0A"])
def test_an_address_without_a_usable_name_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(download.DownloadError, match="does not end in the name of a file"):
        fetch(f"https://example.org/{path}", tmp_path)
    assert list(tmp_path.iterdir()) == []


# ---- the internet or the classroom


def test_no_network_is_noticed_and_the_classroom_answers() -> None:
    start = time.monotonic()
    way = download.reach(REPOSITORY)
    assert time.monotonic() - start < 3
    assert way.by == "classroom"
    assert way.address.startswith("http://127.0.0.1:")
    assert way.address.endswith("/owner/data/")
    reply = requests.get(f"{way.address}CT_small.dcm", timeout=10)
    assert reply.content == samples.path("CT_small").read_bytes()
    assert requests.get(f"{way.address}nothing.dcm", timeout=10).status_code == 404


@pytest.mark.parametrize("answer", ["hangs", "fails", "answers"])
def test_the_probe_is_bounded(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def head(_address: str, **_options: object) -> requests.Response:
        if answer == "hangs":
            time.sleep(1.5)
        if answer != "answers":
            raise requests.ConnectionError
        return requests.Response()

    monkeypatch.setattr(requests, "head", head)
    start = time.monotonic()
    way = download.reach(REPOSITORY.rstrip("/"), seconds=0.3)
    assert time.monotonic() - start < 1
    assert way.by == ("internet" if answer == "answers" else "classroom")
    if way.by == "internet":
        assert way.address == REPOSITORY
        assert "example.org" in repr(way.readiness())


def test_a_teacher_may_name_a_server_or_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(samples.MIRROR, "https://class.example/dicom")
    way = download.reach(REPOSITORY)
    assert way == Way("https://class.example/dicom/", "mirror")
    assert "class.example" in repr(way.readiness())
    monkeypatch.setenv(samples.MIRROR, str(tmp_path))
    (tmp_path / "own.dcm").write_bytes(CONTENT)
    (tmp_path.parent / "secret.dcm").write_bytes(b"secret")
    way = download.reach(REPOSITORY)
    assert requests.get(f"{way.address}own.dcm", timeout=10).content == CONTENT
    for path in ("..%2Fsecret.dcm", "%2E%2E/secret.dcm", "..%5Csecret.dcm"):
        assert requests.get(way.address + path, timeout=10).status_code == 404


def test_the_way_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert download.reach(REPOSITORY, mirror="internet").by == "internet"
    monkeypatch.setenv(samples.MIRROR, "https://class.example/dicom")
    assert download.reach(REPOSITORY, mirror="classroom").by == "classroom"
    with pytest.raises(ValueError, match="'auto', 'internet' or 'classroom', not 'maybe'"):
        download.reach(REPOSITORY, mirror="maybe")


def test_the_stand_in_says_that_it_is_one_and_has_the_same_flaws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "cache_folder", lambda: tmp_path)
    address = download.start_classroom()
    way = Way(address, "classroom")
    content = requests.get(f"{address}any/path/RG1_J2KI.dcm", timeout=10).content
    assert "a stand-in" in repr(way.readiness())
    data_set = dcmread(io.BytesIO(content))
    assert data_set.PatientName == "StandIn^ForRG1"
    assert says(data_set) == FLAWS
    assert data_set.pixel_array.shape == (data_set.Rows, data_set.Columns)
    assert data_set.file_meta.MediaStorageSOPInstanceUID == data_set.SOPInstanceUID
    assert data_set.SOPInstanceUID != samples.read("virtual/cr").SOPInstanceUID
    classroom.stand_in.cache_clear()
    assert classroom.stand_in() == content


FLAWS = [
    "JPEG 2000 Image Compression",
    "CR",
    "MONOCHROME1",
    "01",
    "JPEG 2000 irreversible (lossy) 10:1",
    [0, 0],
]


def says(data_set: Dataset) -> list[object]:
    keywords = ("Modality", "PhotometricInterpretation", "LossyImageCompression")
    values = [data_set[keyword].value for keyword in (*keywords, "DerivationDescription")]
    return [data_set.file_meta.TransferSyntaxUID.name, *values, list(data_set.PixelSpacing)]


@with_real_files
def test_the_real_file_comes_over_http_and_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(samples.MIRROR, str(REAL))
    wanted = samples.get("RG1_J2KI")
    way = download.reach(REPOSITORY)
    assert "the real chest radiograph" in repr(way.readiness())
    address = f"{way.address}{wanted.file}"
    path = download.fetch(address, tmp_path, size=wanted.size, sha256=wanted.sha256)
    data_set = pydicom.dcmread(path)
    assert data_set.PatientName == "CompressedSamples^RG1"
    assert says(data_set) == FLAWS
    assert (data_set.Rows, data_set.Columns, len(data_set.PixelData)) == (1955, 1841, 674_840)


# ---- questions to services


def test_the_classroom_answers_as_orthanc_and_dicomweb_do() -> None:
    address = download.start_classroom()
    found = download.ask(f"{address}orthanc/instances")
    assert found == sorted(found)
    first = f"{address}orthanc/instances/{found[0]}"
    tags = download.ask(f"{first}/simplified-tags")
    read = dcmread(io.BytesIO(requests.get(f"{first}/file", timeout=10).content))
    assert tags["SOPInstanceUID"] == read.SOPInstanceUID
    answer = download.ask(f"{address}dicom-web/instances", Modality="CT")
    assert [Dataset.from_json(one).PatientID for one in answer] == ["1CT1"]
    assert len(download.ask(f"{address}dicom-web/instances")) == 3
    for path in ("orthanc/instances/none/file", "orthanc/else", "dicom-web/else"):
        with pytest.raises(download.DownloadError, match="404"):
            download.ask(address + path)


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"<html>Log in</html>", "text/html", "web page"),
        (b"{", "application/json", "no JSON"),
        (b"\xff\xfe", "application/json", "no JSON"),
        (b"", "application/json", "no JSON"),
    ],
)
def test_an_answer_that_is_no_json_is_told(body: bytes, kind: str, reason: str) -> None:
    with (
        serve(lambda request: request.reply(body, kind=kind)) as address,
        pytest.raises(download.DownloadError, match=reason),
    ):
        download.ask(address)


def test_a_question_goes_where_it_should() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: Request) -> None:
        asked.append((request.path, request.headers["Accept"]))
        request.reply(b"[]", kind="application/json")

    with serve(answer) as address:
        assert download.ask(f"{address}getSeries", Collection="A & B") == []
    assert asked == [("/getSeries?Collection=A+%26+B", "application/dicom+json, application/json")]


def test_an_answer_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_lessons.download.web.MOST_ANSWER", 1000)
    body = json.dumps(["x" * 2000]).encode()
    with (
        serve(lambda request: request.reply(body, kind="application/json")) as address,
        pytest.raises(download.DownloadError, match="more came than 1000 bytes"),
    ):
        download.ask(address)


def test_sources_are_told_in_both_languages() -> None:
    for language, word in (("en", "mostly CC BY"), ("ru", "чаще всего CC BY")):
        set_language(language)
        page = download.source_table()
        assert word in page._repr_html_()
        for name in ("IDC", "TCIA", "Orthanc", "DICOM Library", "MAGNETOM World"):
            assert name in repr(page)


# ---- archives


def zipped(folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(folder / "series.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return folder / "series.zip"


def test_an_archive_is_unpacked_into_a_new_folder(tmp_path: Path) -> None:
    archive = zipped(tmp_path, ("LICENSE", b"CC BY"), ("a/1-1.dcm", CONTENT))
    paths = download.unpack(archive, tmp_path / "series")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "series/LICENSE", "series/a/1-1.dcm"
    ]  # fmt: skip
    with pytest.raises(FileExistsError, match="choose a new one"):
        download.unpack(archive, tmp_path / "series")


LINK = zipfile.ZipInfo("link.dcm")
LINK.create_system = 3
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("../escaped.dcm", "outside of the folder"),
        ("a/../../escaped.dcm", "outside of the folder"),
        ("/tmp/escaped.dcm", "outside of the folder"),
        ("..\\escaped.dcm", "outside of the folder"),
        ("C:/escaped.dcm", "outside of the folder"),
        (LINK, "a link"),
    ],
    ids=str,
)
def test_a_member_that_climbs_out_is_refused(
    member: str | zipfile.ZipInfo, reason: str, tmp_path: Path
) -> None:
    archive = zipped(tmp_path, ("good.dcm", CONTENT), (member, b"../../target"))
    before = sorted(tmp_path.parent.iterdir())
    with pytest.raises(download.DownloadError, match=rf"series\.zip was not unpacked.*{reason}"):
        download.unpack(archive, tmp_path / "series")
    assert [path.name for path in tmp_path.iterdir()] == ["series.zip"]
    assert sorted(tmp_path.parent.iterdir()) == before


def test_an_archive_that_is_a_bomb_or_broken_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path, ("zeros.dcm", bytes(5_000_000)))
    assert archive.stat().st_size < 10_000
    with pytest.raises(download.DownloadError, match="more than 1000000 bytes"):
        download.unpack(archive, tmp_path / "series", most=1_000_000)
    whole = zipped(tmp_path, ("noise.dcm", random.Random(1).randbytes(5000))).read_bytes()
    for broken in (b"", b"no zip", whole[:-10], whole[:100] + b"?" + whole[101:]):
        archive.write_bytes(broken)
        with pytest.raises(download.DownloadError, match="was not unpacked"):
            download.unpack(archive, tmp_path / "series")
    assert [path.name for path in tmp_path.iterdir()] == ["series.zip"]


# ---- what the explorer shows


def test_the_explorer_shows_what_careless_and_careful_downloads_leave() -> None:
    quietly_wrong = set()
    explorer = explore_faults()
    assert explorer._repr_mimebundle_()["text/plain"].count("the right file") == 2
    for _label, fault in explorer.faults.options:
        explorer.faults.value = fault
        _caption, careless, careful = explorer._repr_mimebundle_()["text/plain"].split("\n")
        assert "<table>" in explorer.outcome.value
        if fault:
            assert careful.endswith("| nothing"), fault
            assert REASONS[fault].split(" ")[0] in careful or fault in ("breaks off", "drips")
        if "| no error" in careless and "wrong" in careless:
            quietly_wrong.add(fault)
    assert quietly_wrong == {"lies", "login page", "endless", "other bytes"}


def test_an_answer_is_shown_as_text_or_the_reason_why_there_is_none() -> None:
    page = explore_answer(lambda: [{"name": "<img src=x>"}] * 9)
    assert "&lt;img src=x&gt;" in page._repr_html_()
    assert repr(page) == "5 of 9"
    assert repr(explore_answer(lambda: ["a", "b"])) == "2 of 2"
    assert "no list" in repr(explore_answer(lambda: 7))

    def missing() -> object:
        import a_package_that_is_not_there  # type: ignore[import-not-found]

        return a_package_that_is_not_there

    assert "pip install a-package-that-is-not-there" in repr(explore_answer(missing))

    def offline() -> object:
        return download.ask("https://example.invalid/")

    assert "No answer from https://example.invalid/" in repr(explore_answer(offline))


# ---- the whole lesson, as a learner runs it

LESSON = "05_download.ipynb"


def outputs(lesson: list[dict[str, Any]]) -> dict[str, Any]:
    """Return text outputs of the cells that show the same everywhere."""
    kept = {}
    for cell in lesson:
        if cell["cell_type"] == "code" and "nbval-ignore-output" not in tags(cell):
            texts = []
            for output in cell["outputs"]:
                data = output.get("data", output)
                text = data.get("text") or data.get("text/plain") or data.get("evalue")
                texts.append("".join(text))
            kept[cell["id"]] = texts
    return kept


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv(samples.MIRROR, raising=False)
    return Path(shutil.copy(lessons.NOTEBOOKS / "en" / LESSON, tmp_path))


@with_real_files
def test_the_lesson_downloads_the_real_file_from_a_teachers_folder(
    lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(samples.MIRROR, str(REAL))
    done = lessons.run(lesson)
    assert outputs(done["cells"]) == outputs(cells(lessons.NOTEBOOKS / "en" / LESSON))
    readiness = next(cell for cell in done["cells"] if cell["id"] == "way-readiness")
    assert "the real chest radiograph" in json.dumps(readiness["outputs"])
    real = (REAL / "RG1_J2KI.dcm").read_bytes()
    for name in ("RG1_J2KI.dcm", "modified.dcm"):
        assert (lesson.parent / "my_work" / name).read_bytes() == real
    assert not (lesson.parent / "escaped.dcm").exists()


def test_a_stranger_on_a_train_solves_the_lesson(lesson: Path) -> None:
    exercises = declared("download")
    blank = load(lesson)
    for cell in blank["cells"]:
        if cell["id"] in exercises:
            cell["source"] = exercises[cell["id"]].solution
    lessons.write(lesson, blank)
    done = {cell["id"]: cell for cell in lessons.run(lesson)["cells"]}
    checks = [name for name in exercises if f"{name}-check" in done]
    assert len(checks) == 7
    for name in checks:
        said = "".join(done[f"{name}-check"]["outputs"][0]["text"])
        assert said.startswith("Right. "), said
    left = {path.name for path in (lesson.parent / "my_work").iterdir()}
    assert left == {
        *("RG1_J2KI.dcm", "modified.dcm", "lied.dcm", "again.dcm", "delivered.dcm", "series.zip")
    }
    whole = samples.path("CT_small").read_bytes()
    assert (lesson.parent / "my_work" / "delivered.dcm").read_bytes() == whole


# ---- a real Orthanc is asked as the classroom server is

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


@pytest.mark.tools
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
