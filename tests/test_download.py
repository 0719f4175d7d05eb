"""Lesson 05: whatever a server does, only whole, verified files are kept, and it is said why."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import random
import shutil
import socket
import stat
import struct
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch
import pydicom
import pytest
import requests
from lesson_files import cells, load, sittings_of, tags
from pydicom import Dataset, dcmread
from tools import require

from course_tools import lessons
from course_tools.bench.ports import until
from dicom_lessons import download, fetching, places, samples
from dicom_lessons.download import (
    classroom,
    explore_faults,
)
from dicom_lessons.download.classroom import ARCHIVE
from dicom_lessons.download.server import FAULTS, Faulty, serve
from dicom_lessons.download.web import Way
from dicom_lessons.exercises import sources
from dicom_lessons.exercises.lessons import declared

CONTENT = bytes(128) + b"DICM" + bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REAL = lessons.ROOT.parent / "shared" / "samples"
with_real_files = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
REPOSITORY = "https://example.org/owner/data/"
REASONS = {
    "stalls": "silent for 0.3 seconds",
    "missing": "answers 404",
    "busy": "answers 503",
    "redirects": "sends us on to http://127.1",
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


def test_callers_that_are_silent_or_hang_up_leave_no_thread_and_no_word(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = threading.active_count()
    with serve(Faulty(CONTENT)) as address:
        port = urlsplit(address).port
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"GET /file.dcm HT")
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        silent = socket.create_connection(("127.0.0.1", port))
        assert until(lambda: threading.active_count() > before + 1)
    with silent:
        assert silent.recv(1) == b""
    assert until(lambda: threading.active_count() <= before)
    assert capfd.readouterr().err == ""


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
    with serve(lambda request: request.reply(CONTENT)) as server:
        monkeypatch.setenv(samples.MIRROR, f"{server}dicom")
        way = download.reach(REPOSITORY)
        assert (way.by, way.trouble) == ("mirror", "")
        assert "answers: 127.0.0.1" in repr(way.readiness())
        assert requests.get(f"{way.address}own.dcm", timeout=10).content == CONTENT
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
    monkeypatch.setattr(places, "cache", lambda: tmp_path)
    address = download.start_classroom()
    way = Way(address, "classroom")
    content = requests.get(f"{address}any/path/RG1_J2KI.dcm", timeout=10).content
    assert "a stand-in" in repr(way.readiness())
    data_set = dcmread(io.BytesIO(content))
    assert data_set.PatientName == "StandIn^ForRG1"
    assert says(data_set) == FLAWS
    assert data_set.pixel_array.shape == (data_set.Rows, data_set.Columns)
    assert data_set.file_meta.MediaStorageSOPInstanceUID == data_set.SOPInstanceUID
    original = samples.read("virtual/cr")
    assert data_set.SOPInstanceUID != original.SOPInstanceUID
    assert data_set.SourceImageSequence[0].ReferencedSOPInstanceUID == original.SOPInstanceUID
    classroom.stand_in.cache_clear()
    assert classroom.stand_in() == content


FLAWS = [
    "JPEG 2000 Image Compression",
    "CR",
    "MONOCHROME1",
    ["DERIVED", "PRIMARY"],
    "01",
    "JPEG 2000 irreversible (lossy) 10:1",
    [0, 0],
]


def says(data_set: Dataset) -> list[object]:
    keywords = ("Modality", "PhotometricInterpretation", "ImageType", "LossyImageCompression")
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
    found = ask(f"{address}orthanc/instances")
    assert found == sorted(found)
    first = f"{address}orthanc/instances/{found[0]}"
    tags = ask(f"{first}/simplified-tags")
    read = dcmread(io.BytesIO(requests.get(f"{first}/file", timeout=10).content))
    assert tags["SOPInstanceUID"] == read.SOPInstanceUID
    answer = ask(f"{address}dicom-web/instances", Modality="CT")
    assert [Dataset.from_json(one).PatientID for one in answer] == ["1CT1"]
    assert len(ask(f"{address}dicom-web/instances")) == 3
    for path in ("orthanc/instances/none/file", "orthanc/else", "dicom-web/else"):
        assert requests.get(address + path, timeout=10).status_code == 404


def ask(address: str, **query: str) -> Any:
    return requests.get(address, params=query, timeout=10).json()


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


# ---- the whole lesson, as a learner runs it


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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with copies of all sittings, as a learner has it."""
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv(samples.MIRROR, raising=False)
    for path in sittings_of("download"):
        shutil.copy(path, tmp_path)
    return tmp_path


@with_real_files
def test_the_lesson_downloads_the_real_file_from_a_teachers_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(samples.MIRROR, str(REAL))
    done = lessons.run(folder / "05a_download.ipynb")
    assert outputs(done["cells"]) == outputs(cells(lessons.NOTEBOOKS / "en/05a_download.ipynb"))
    readiness = next(cell for cell in done["cells"] if cell["id"] == "way-readiness")
    assert "the real chest radiograph" in json.dumps(readiness["outputs"])
    real = (REAL / "RG1_J2KI.dcm").read_bytes()
    for name in ("RG1_J2KI.dcm", "modified.dcm"):
        assert (folder / "my_work" / name).read_bytes() == real


def test_a_stranger_on_a_train_solves_the_lesson(folder: Path) -> None:
    exercises = declared("download")
    checked = []
    for path in sorted(folder.glob("*.ipynb")):
        blank = load(path)
        for cell in blank["cells"]:
            if cell["id"] in exercises:
                cell["source"] = exercises[cell["id"]].solution
        lessons.write(path, blank)
        for cell in lessons.run(path)["cells"]:
            if cell["id"].endswith("-check"):
                checked.append(cell["id"])
                said = "".join(cell["outputs"][0]["text"])
                assert said.startswith("Right. "), said
    assert len(checked) == 9
    left = {path.name for path in (folder / "my_work").iterdir()}
    assert left == {
        *("RG1_J2KI.dcm", "modified.dcm", "lied.dcm", "delivered.dcm", "series.zip"),
        *("again.dcm", "kept.dcm"),
    }
    whole = samples.path("CT_small").read_bytes()
    assert (folder / "my_work" / "delivered.dcm").read_bytes() == whole
    assert not (folder / "escaped.dcm").exists()


# ---- answers of many forms: right ones pass, wrong ones that look right do not

RIGHT: dict[str, list[str]] = {
    "download-1": [
        """
        def answer(url):
            name = unquote(urlsplit(url).path).replace(chr(92), "/").rpartition("/")[2]
            if name in {"", ".", ".."}:
                raise ValueError("no name")
            return name
        """,
        """
        def answer(url):
            name = re.split(r"[/\\\\]", unquote(urlparse(url).path))[-1]
            if not name.strip("."):
                raise ValueError(url)
            return name
        """,
        """
        def answer(url):
            *_folders, name = unquote(urlparse(url).path).replace("\\\\", "/").split("/")
            if not name or set(name) == {"."}:
                raise ValueError
            return name
        """,
        """
        def answer(url):
            path = unquote(urlsplit(url)[2])
            last = max(path.rfind("/"), path.rfind(chr(92)))
            name = path[last + 1 :]
            if name == "" or name == "." or name == "..":
                raise ValueError("no file name")
            return name
        """,
        """
        def answer(url):
            name = ntpath.basename(unquote(urlsplit(url).path))
            if name in ("", ".", ".."):
                raise ValueError(url)
            return name
        """,
        """
        def answer(url):
            name = posixpath.basename(unquote(urlsplit(url).path).replace(chr(92), "/"))
            if name in ["", ".", ".."]:
                raise ValueError(url)
            return name
        """,
        """
        def answer(url):
            path = unquote(urlsplit(url).path)
            name = path.split("/")[-1].split(chr(92))[-1]
            if re.fullmatch(r"[.]{0,2}", name):
                raise ValueError(f"{url}: no name")
            return name
        """,
        """
        def answer(url):
            name = unquote(url.partition("://")[2].partition("?")[0].partition("/")[2])
            name = name.replace(chr(92), "/").split("/")[-1]
            if name in ("", ".", ".."):
                raise ValueError(url)
            return name
        """,
        """
        def answer(url):
            name = re.search(r"[^/\\\\]*$", unquote(urlsplit(url).path)).group()
            if name in ("", ".", ".."):
                raise ValueError(url)
            return name
        """,
        """
        def answer(url):
            path = unquote(urlsplit(url).path).replace(chr(92), "/")
            name = str(PurePosixPath(path).name)
            if path.endswith(("/", "/.")) or name in ("", ".", ".."):
                raise ValueError(url)
            return name
        """,
    ],
    "download-2": [
        "answer = lambda c, n, h: len(c) == n and hashlib.sha256(c).hexdigest() == h.lower()",
        "answer = lambda c, n, h: (len(c), hashlib.sha256(c).hexdigest()) == (n, h.casefold())",
        "answer = lambda c, n, h: hashlib.sha256(c).digest() == bytes.fromhex(h) and len(c) == n",
        "answer = lambda c, n, h: len(c) == n and "
        "hashlib.new('sha256', c).hexdigest() == h.lower()",
        "answer = lambda c, n, h: hashlib.sha256(c).hexdigest().upper() == h.upper() "
        "if len(c) == n else False",
        "answer = lambda c, n, h: all([len(c) == n, hashlib.sha256(c).hexdigest() == h.lower()])",
        "answer = lambda c, n, h: not (len(c) - n or int(hashlib.sha256(c).hexdigest(), 16) "
        "- int(h, 16))",
        "answer = lambda c, n, h: np.bool_(len(c) == n) & (hashlib.sha256(c).hexdigest() "
        "== h.lower())",
        """
        def answer(content, size, sha256):
            if len(content) != size:
                return False
            digest = hashlib.sha256()
            for start in range(0, len(content), 1000):
                digest.update(content[start : start + 1000])
            return digest.hexdigest() == sha256.lower()
        """,
        """
        def answer(content, size, sha256):
            try:
                assert len(content) == size
                assert hmac.compare_digest(hashlib.sha256(content).digest(), bytes.fromhex(sha256))
            except AssertionError:
                return False
            return True
        """,
    ],
    "download-3": ["answer = 'bedca'", "answer = 'BEDCA'", "answer = list('bedca')",
                   "answer = 'b, e, d, c, a'", "answer = 'b e d c a'", "answer = tuple('BEDCA')",
                   "answer = 'b-e-d-c-a'", "answer = ' bedca '", "answer = 'b\\\ne\\\nd\\\nc\\\na'",
                   "answer = ['b', 'e', 'd', 'c', 'A']"],
    "download-4": [
        # through memory, then aside
        """
        def answer(url, path, size, sha256, timeout):
            reply = requests.get(url, timeout=timeout, allow_redirects=False, stream=True)
            if reply.status_code != 200:
                raise ValueError(reply.status_code)
            content = reply.raw.read(size + 1)
            if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
                raise ValueError("not the file")
            part = path + ".part"
            with open(part, "wb") as file:
                file.write(content)
            os.rename(part, path) if os.name != "nt" else os.replace(part, path)
        """,
        # a temporary file in the same folder
        """
        def answer(url, path, size, sha256, timeout):
            handle, name = tempfile.mkstemp(dir=os.path.dirname(path))
            try:
                with os.fdopen(handle, "wb") as file, requests.get(
                    url, timeout=timeout, allow_redirects=False, stream=True
                ) as reply:
                    assert reply.status_code == 200
                    left = size
                    for chunk in reply.iter_content(4096):
                        left -= len(chunk)
                        assert left >= 0
                        file.write(chunk)
                assert hashlib.sha256(Path(name).read_bytes()).hexdigest() == sha256
                os.replace(name, path)
            except BaseException:
                os.unlink(name)
                raise
        """,
        # a temporary folder elsewhere, then moved
        """
        def answer(url, path, size, sha256, timeout):
            with tempfile.TemporaryDirectory() as folder:
                part = Path(folder) / "part"
                with requests.get(url, timeout=timeout, allow_redirects=False, stream=True) as r:
                    if r.status_code != 200 or int(r.headers.get("Content-Length", 0)) != size:
                        raise OSError("refused")
                    part.write_bytes(r.content)
                if hashlib.sha256(part.read_bytes()).hexdigest() != sha256:
                    raise OSError("other bytes")
                shutil.move(part, path)
        """,
        # urllib, which follows redirects unless it is told not to
        """
        def answer(url, path, size, sha256, timeout):
            class Stay(urllib.request.HTTPRedirectHandler):
                def redirect_request(self, *arguments):
                    return None

            opener = urllib.request.build_opener(Stay)
            with opener.open(url, timeout=timeout) as reply:
                content = reply.read(size + 1)
            if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
                raise OSError("not the file")
            part = Path(path).with_suffix(".part")
            part.write_bytes(content)
            part.replace(path)
        """,
        # http.client
        """
        def answer(url, path, size, sha256, timeout):
            parts = urlsplit(url)
            connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
            try:
                connection.request("GET", parts.path)
                reply = connection.getresponse()
                if reply.status != 200:
                    raise OSError(reply.status)
                content = reply.read(size + 1)
            finally:
                connection.close()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise OSError("not the file")
            Path(path + "~").write_bytes(content)
            Path(path + "~").rename(path) if os.name != "nt" else os.replace(path + "~", path)
        """,
        # the course's own, which keeps what is right already
        """
        def answer(url, path, size, sha256, timeout):
            path = Path(path)
            fetching.fetch(
                url, path.parent, size=size, sha256=sha256, name=path.name, timeout=timeout
            )
        """,
        # counted while it comes, into a temporary file that keeps its name
        """
        def answer(url, path, size, sha256, timeout):
            target, digest = Path(path), hashlib.sha256()
            with requests.Session() as session:
                reply = session.get(url, timeout=timeout, allow_redirects=False, stream=True)
                with reply, tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
                    try:
                        if reply.status_code != requests.codes.ok:
                            raise OSError(f"status {reply.status_code}")
                        for chunk in reply.iter_content(10_000):
                            digest.update(chunk)
                            file.write(chunk)
                            if file.tell() > size:
                                raise OSError("too much")
                        if (file.tell(), digest.hexdigest()) != (size, sha256):
                            raise OSError("not the file")
                    except BaseException:
                        file.close()
                        Path(file.name).unlink()
                        raise
            Path(file.name).replace(target)
        """,
        # pooch alone
        """
        def answer(url, path, size, sha256, timeout):
            def download(url, target, _pooch):
                with requests.get(url, stream=True, timeout=timeout, allow_redirects=False) as r:
                    if r.status_code != 200:
                        raise OSError(r.status_code)
                    Path(target).write_bytes(r.raw.read(size + 1))

            pooch.get_logger().setLevel("ERROR")
            path = Path(path)
            return pooch.retrieve(
                url, f"sha256:{sha256}", fname=path.name, path=path.parent, downloader=download
            )
        """,
        # right already? then nothing is asked
        """
        def answer(url, path, size, sha256, timeout):
            path = Path(path)
            if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
                return path
            with requests.get(url, stream=True, timeout=timeout, allow_redirects=False) as r:
                if r.status_code != 200:
                    raise OSError("status")
                content = b"".join(itertools.islice(r.iter_content(4096), size // 4096 + 2))
            if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
                raise OSError("not the file")
            part = path.with_name("part")
            part.write_bytes(content)
            os.replace(part, path)
            return path
        """,
        # a session, and sys.exit in place of an error
        """
        def answer(url, path, size, sha256, timeout):
            with requests.Session() as session:
                r = session.get(url, stream=True, timeout=(timeout, timeout), allow_redirects=False)
                if r.status_code != requests.codes.ok:
                    sys.exit("status")
                content = r.raw.read(size + 1)
            if (len(content), hashlib.sha256(content).hexdigest()) != (size, sha256):
                sys.exit("not the file")
            with tempfile.NamedTemporaryFile(dir=Path(path).parent, delete=False) as file:
                file.write(content)
            os.replace(file.name, path)
        """,
    ],
    "download-5": [
        "answer = Path('my_work/delivered.dcm')",
        "answer = 'my_work/delivered.dcm'",
        "answer = Path('my_work', 'delivered.dcm').resolve()",
        "answer = os.path.join('my_work', 'delivered.dcm')",
        "answer = os.path.abspath('my_work/delivered.dcm')",
        "answer = Path.cwd() / 'my_work' / 'delivered.dcm'",
        "answer = Path('my_work') / 'delivered.dcm'",
        "answer = './my_work/delivered.dcm'",
        "answer = 'my_work/../my_work/delivered.dcm'",
        "answer = b'my_work/delivered.dcm'.decode()",
    ],
    "download-6": ["answer = 'b'", "answer = 'B'", "answer = 'b.'", "answer = ' b '",
                   "answer = '(b)'", "answer = 'b)'", "answer = str('b')", "answer = 'B.'",
                   "answer = repr('b')", "answer = '(B)'"],
    "download-7": ["answer = ['a', 'c', 'd', 'f']", "answer = ('f', 'd', 'c', 'a')",
                   "answer = {'a', 'c', 'd', 'f'}", "answer = ['A', 'C', 'D', 'F']",
                   "answer = ['a.', 'c.', 'd.', 'f.']", "answer = np.array(['a', 'c', 'd', 'f'])",
                   "answer = iter(['a', 'c', 'd', 'f'])", "answer = list('acdf')",
                   "answer = ['d', 'a', 'f', 'c']", "answer = ['(a)', '(c)', '(d)', '(f)']"],
    "download-8": [
        """
        def answer(url):
            response = requests.get(url, stream=True, timeout=10)
            response.raise_for_status()
            content = b"".join(response.iter_content(8192))
            return pydicom.dcmread(io.BytesIO(content))
        """,
        """
        def answer(url):
            with urllib.request.urlopen(url, timeout=10) as reply:
                return dcmread(io.BytesIO(reply.read()))
        """,
        """
        def answer(url):
            with requests.get(url) as response:
                if response.status_code != 200:
                    raise ValueError(response.status_code)
                return dcmread(io.BytesIO(response.content), force=False)
        """,
        """
        def answer(url):
            response = requests.get(url)
            assert response.ok
            return dcmread(pydicom.filebase.DicomBytesIO(response.content))
        """,
        """
        def answer(url):
            response = requests.get(url, timeout=5)
            response.raise_for_status()
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "file.dcm"
                path.write_bytes(response.content)
                return dcmread(path)
        """,
        """
        def answer(url):
            with requests.Session() as session:
                response = session.get(url, timeout=5)
            if not response.ok:
                sys.exit("no such file")
            return dcmread(io.BytesIO(response.content), defer_size=None)
        """,
        """
        def answer(url):
            file = io.BytesIO()
            fetching.receive(url, file, most=10**6)
            file.seek(0)
            return dcmread(file)
        """,
        """
        def answer(url):
            parts = urlsplit(url)
            connection = http.client.HTTPConnection(parts.netloc, timeout=5)
            connection.request("GET", parts.path)
            reply = connection.getresponse()
            if reply.status >= 400:
                raise ConnectionError(reply.reason)
            return dcmread(io.BytesIO(reply.read()))
        """,
        """
        def answer(url):
            response = requests.get(url, stream=True, timeout=10)
            response.raise_for_status()
            file = tempfile.SpooledTemporaryFile()
            shutil.copyfileobj(response.raw, file)
            file.seek(0)
            return dcmread(file)
        """,
        """
        def answer(url):
            response = requests.request("GET", url, timeout=10)
            if response.status_code >= 400:
                raise requests.HTTPError(response.reason)
            return pydicom.dcmread(io.BytesIO(memoryview(response.content)))
        """,
    ],
    "download-9": ["answer = ['a', 'c', 'e']", "answer = ('e', 'c', 'a')",
                   "answer = {'a', 'c', 'e'}", "answer = ['A', 'C', 'E']",
                   "answer = ['a.', 'c.', 'e.']", "answer = list('ace')",
                   "answer = np.array(['a', 'c', 'e'])", "answer = iter(['a', 'c', 'e'])",
                   "answer = [' a', 'c ', 'e']", "answer = ['(a)', '(c)', '(e)']"],
}  # fmt: skip
FETCH = declared("download")["download-4"].solution
READ = declared("download")["download-8"].solution
NAME = declared("download")["download-1"].solution


def changed(source: str, old: str, new: str) -> str:
    assert old in source
    return source.replace(old, new)


def first(source: str, line: str) -> str:
    return changed(source, "    digest =", f"{line}\n    digest =")


WRONG: dict[str, list[str]] = {
    "download-1": [
        "answer = os.path.basename",
        "answer = lambda url: PurePosixPath(urlsplit(url).path).name",
        "answer = lambda url: unquote(url).split('/')[-1]",
        "answer = lambda url: unquote(urlsplit(url).path).split('/')[-1]",
        "answer = lambda url: urlsplit(url).path",
        "answer = lambda url: url.rpartition('/')[2].partition('?')[0]",
        changed(NAME, 'raise ValueError(f"no file name in {url}")', "return ''"),
        changed(NAME, "ValueError", "KeyError"),
        changed(NAME, '".", ', ""),
        changed(NAME, ', ".."', ""),
        changed(NAME, "unquote(urlsplit(url).path)", "urlsplit(unquote(url)).path + '?'"),
        changed(NAME, "return name", "return path"),
    ],
    "download-2": [
        "answer = lambda c, n, h: len(c) == n",
        "answer = lambda c, n, h: hashlib.sha256(c).hexdigest() == h.lower()",
        "answer = lambda c, n, h: len(c) == n and hashlib.sha256(c).hexdigest() == h",
        "answer = lambda c, n, h: len(c) == n and hashlib.sha256(c).hexdigest() == h.upper()",
        "answer = lambda c, n, h: len(c) == n or hashlib.sha256(c).hexdigest() == h.lower()",
        "answer = lambda c, n, h: len(c) >= n and hashlib.sha256(c).hexdigest() != h.lower()",
        "answer = lambda c, n, h: len(c) <= n and hashlib.sha256(c).hexdigest() == h.lower()",
        "answer = lambda c, n, h: len(c) == n and hashlib.sha1(c).hexdigest() == h.lower()",
        "answer = lambda c, n, h: len(c) == n and hashlib.sha256(c).digest() == h.lower()",
        "answer = lambda c, n, h: (len(c), hashlib.sha256(c).hexdigest())",
        "answer = lambda c, n, h: print(len(c) == n)",
        "answer = lambda c, n, h: True",
    ],
    "download-3": [f"answer = {order!r}" for order in (
        "bedac", "bdeca", "becda", "bdcea", "ebdca", "abcde", "bedc", "bedcaa", "bcdea", "acdeb",
        7, "bedcf")],
    "download-4": [
        "answer = lambda *arguments: True",
        "answer = shutil.copyfile",
        changed(FETCH, "timeout=timeout, ", ""),
        changed(FETCH, ", allow_redirects=False", ""),
        changed(FETCH, "received != size or digest.hexdigest() != sha256", "received != size"),
        changed(FETCH, "received > size", "received > 2**30"),
        changed(FETCH, 'f"{path}.part"', "path"),
        changed(FETCH, "part.unlink(missing_ok=True)", "pass"),
        changed(FETCH, "os.replace(part, path)", "Path(path).write_bytes(part.read_bytes())"),
        changed(FETCH, "os.replace(part, path)", "os.replace(part, f'{path}.ready')"),
        changed(FETCH, "digest.update(chunk)", "pass"),
        # says nothing
        changed(FETCH, "    finally:", "    except (OSError, requests.RequestException):\n"
                "        return False\n    finally:"),
        # verified in memory, but written in place
        """
        def answer(url, path, size, sha256, timeout):
            with requests.get(url, stream=True, timeout=timeout, allow_redirects=False) as r:
                content = r.raw.read(size + 1) if r.status_code == 200 else b""
            if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
                raise OSError("not the file")
            Path(path).write_bytes(content)
        """,
        # keeps whatever is there
        first(FETCH, "    if Path(path).exists():\n        return path"),
        first(FETCH, "    if Path(path).exists():\n        raise FileExistsError"),
        # takes the old one away first
        first(FETCH, "    Path(path).unlink(missing_ok=True)"),
    ],
    "download-5": [
        "answer = samples.path('CT_small')",
        "answer = 'delivered.dcm'",
        "answer = 'my_work'",
        "answer = 'my_work/nothing.dcm'",
        "answer = 'my_work/short.dcm'",
        "answer = 'my_work/copy.dcm'",
        "answer = True",
        "answer = samples.path('CT_small').read_bytes()",
        "answer = 39206",
        "answer = dcmread('my_work/delivered.dcm')",
    ],
    "download-6": [f"answer = {letter!r}" for letter in (
        "a", "c", "d", "e", "ab", "", 2, ["b"], "CC BY 4.0", True)],
    "download-7": [f"answer = {letters!r}" for letters in (
        ["a", "c", "d"], ["a", "b", "c", "d", "f"], ["a", "c", "d", "e", "f"], ["a", "c", "f"], [],
        ["a", "b", "c", "d", "e", "f"], ["g"], "a", ["a", "c", "d", "d", "f"], ["c", "d", "f"])],
    "download-8": [
        changed(READ, "    response.raise_for_status()\n", ""),
        changed(READ, "pydicom.dcmread(io.BytesIO(response.content))", "response"),
        changed(READ, "pydicom.dcmread(io.BytesIO(response.content))", "response.content"),
        changed(READ, "io.BytesIO(response.content)", "response.raw"),
        changed(READ, "io.BytesIO(response.content)", "response.content"),
        changed(READ, "pydicom.dcmread(io.BytesIO(response.content))",
                "pydicom.dcmread(io.BytesIO(response.content)).file_meta"),
        changed(READ, "response.content)", "response.content), stop_before_pixels=True"),
        changed(READ, "response.content)", "response.content), specific_tags=['Modality']"),
        changed(READ, "response.raise_for_status()", "if not response.ok: return None"),
        "answer = lambda url: samples.read('CT_small')",
        "answer = lambda url: dcmread(url)",
        "answer = lambda url: print(dcmread(io.BytesIO(requests.get(url).content)).Modality)",
    ],
    "download-9": [f"answer = {letters!r}" for letters in (
        ["a", "c"], ["a", "b", "c", "e"], ["a", "c", "d", "e"], ["a", "e"], ["c", "e"], ["b", "d"],
        [], ["a", "b", "c", "d", "e"], ["a", "c", "e", "e"], ["f"], "a", ["c"])],
}  # fmt: skip
IMPORTS = """
import hashlib, hmac, http.client, io, itertools, ntpath, os, posixpath, re, shutil, sys, tempfile
import urllib.request
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlparse, urlsplit
import numpy as np, pooch, pydicom, requests
from pydicom import dcmread
from dicom_lessons import fetching, samples
"""


def judged(name: str, source: str) -> bool | None:
    namespace: dict[str, Any] = {}
    exec(IMPORTS + textwrap.dedent(source), namespace)
    answer = namespace["answer"] if "answer" in namespace else namespace[sources.bound_name(source)]
    return declared("download")[name].judge(answer).right


@pytest.fixture
def delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    whole = samples.path("CT_small").read_bytes()
    Path("my_work").mkdir()
    for name in ("my_work/delivered.dcm", "delivered.dcm", "my_work/copy.dcm"):
        Path(name).write_bytes(whole)
    Path("my_work/short.dcm").write_bytes(whole[:100])


def numbered(answers: dict[str, list[str]]) -> list[Any]:
    return [
        pytest.param(name, source, id=f"{name}-{number}")
        for name, sources in answers.items()
        for number, source in enumerate(sources)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(("name", "source"), numbered(RIGHT))
def test_a_right_answer_of_any_form_is_right(name: str, source: str) -> None:
    assert judged(name, source) is True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(("name", "source"), numbered(WRONG))
def test_a_wrong_answer_that_looks_right_is_wrong(name: str, source: str) -> None:
    assert judged(name, source) is False


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "too short"),
        (samples.path("CT_small").read_bytes()[:-1], "too short"),
        (samples.path("CT_small").read_bytes() + b"x", "too long"),
        (samples.path("CT_small").read_bytes()[:-1] + b"?", "Its size is right"),
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
    ],
)
def test_a_delivery_is_told_what_is_wrong_with_it(content: bytes, reason: str) -> None:
    Path("my_work/delivered.dcm").write_bytes(content)
    verdict = declared("download")["download-5"].judge("my_work/delivered.dcm")
    assert verdict.right is False
    assert reason in verdict.why


# ---- a real Orthanc is asked as the classroom server is

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
ASK = r"""
import io, json, pathlib, subprocess, sys, time
import requests
from pydicom import dcmread
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
    instances = sorted(requests.get(orthanc + "instances", timeout=10).json())
    first = f"{orthanc}instances/{instances[0]}/"
    tags = requests.get(first + "simplified-tags", timeout=10).json()
    content = requests.get(first + "file", timeout=10).content
    query = {"Modality": "MR"}
    found = requests.get(orthanc + "dicom-web/instances", params=query, timeout=10).json()
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
    instances = ask(f"{address}orthanc/instances")
    tags = ask(f"{address}orthanc/instances/{instances[0]}/simplified-tags")
    found = ask(f"{address}dicom-web/instances", Modality="MR")
    uids = [one["00080018"] for one in found]
    assert json.loads(done.stdout) == [instances, tags["SOPInstanceUID"], tags["Modality"], uids]
