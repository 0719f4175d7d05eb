"""Downloads: a mirror that fails in any way leaves the cache clean and says what to do."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from course_tools import lessons
from dicom_lessons import fetching, places, samples
from dicom_lessons import registry as registries

CONTENT = bytes(128) + b"DICM" + bytes(range(256)) * 400
REAL = lessons.ROOT.parent / "shared" / "samples"
Answer = Callable[[BaseHTTPRequestHandler], None]


def registry(folder: Path) -> Path:
    entry = {
        "name": "made_up",
        "file": "made_up.dcm",
        "source": "downloaded",
        "modality": "OT",
        "sop_class": "",
        "transfer_syntax": "",
        "photometric_interpretation": "",
        "frames": 0,
        "rows": 0,
        "columns": 0,
        "size": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "licence": "licence not stated",
        "teaches": "A test",
        "address": "https://example.invalid/made_up.dcm",
    }
    file = folder / "registry.json"
    file.write_text(json.dumps([entry]), encoding="utf-8")
    return file


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(registries, "REGISTRIES", (registry(tmp_path),))
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(fetching, "SECONDS_TO_ANSWER", 0.5)
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 1)
    registries.samples_known.cache_clear()
    yield tmp_path / "cache" / "samples"
    registries.samples_known.cache_clear()


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Answer]]:
    answers: list[Answer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers[0](self)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv(samples.MIRROR, f"http://127.0.0.1:{server.server_port}/files")
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(
    handler: BaseHTTPRequestHandler,
    body: bytes = CONTENT,
    status: int = 200,
    length: int | None = None,
    kind: str = "application/dicom",
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def stall(handler: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(0.9)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _time in range(25):
            handler.wfile.write(b"x")
            threading.Event().wait(0.1)
    except OSError:
        pass


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _chunk in range(1000):
            handler.wfile.write(bytes(65536))
    except OSError:
        pass


def redirect(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://example.invalid/other")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


FAULTS: dict[str, tuple[Answer, str]] = {
    "missing": (lambda handler: send(handler, b"", 404), "answers 404"),
    "busy": (lambda handler: send(handler, b"", 503), "answers 503"),
    "html": (lambda handler: send(handler, b"<html>", kind="text/html; charset=utf-8"), "web page"),
    "truncated": (lambda handler: send(handler, CONTENT[:1000]), "only 1000 of|1000 bytes"),
    "broken off": (lambda handler: send(handler, CONTENT[:1000], length=len(CONTENT)), "1000"),
    "wrong hash": (lambda handler: send(handler, b"x" * len(CONTENT)), "SHA-256 differs"),
    "stalled": (stall, "silent for 0.5 seconds"),
    "slow": (trickle, "more than 1 seconds"),
    "endless": (endless, "more came than"),
    "elsewhere": (redirect, "on to http://example.invalid/other"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_mirror_is_told_and_leaves_nothing(
    fault: str, cache: Path, mirror: list[Answer]
) -> None:
    answer, reason = FAULTS[fault]
    mirror.append(answer)
    told = rf"(?s)made_up\.dcm.*({reason}).*Nothing of it was kept"
    with pytest.raises(fetching.DownloadError, match=told):
        samples.download("made_up")
    assert list(cache.glob("*")) == []
    mirror[0] = send
    assert samples.download("made_up").read_bytes() == CONTENT


def test_a_file_is_kept_and_not_asked_for_again(cache: Path, mirror: list[Answer]) -> None:
    mirror.append(send)
    samples.download("made_up")
    mirror[0] = FAULTS["missing"][0]
    assert samples.download("made_up") == samples.path("made_up") == cache / "made_up.dcm"


def test_a_spoilt_file_in_the_cache_is_replaced(cache: Path, mirror: list[Answer]) -> None:
    mirror.append(send)
    samples.download("made_up").write_bytes(b"spoilt")
    assert samples.download("made_up").read_bytes() == CONTENT


def test_a_mirror_may_be_a_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(samples.MIRROR, str(tmp_path / "usb"))
    with pytest.raises(fetching.DownloadError, match=r"made_up\.dcm"):
        samples.download("made_up")
    (tmp_path / "usb").mkdir()
    (tmp_path / "usb" / "made_up.dcm").write_bytes(CONTENT)
    assert samples.download("made_up").read_bytes() == CONTENT


def test_without_a_network_the_error_says_what_to_do(cache: Path) -> None:
    with pytest.raises(fetching.DownloadError, match=r"made_up\.dcm.*DICOM_LESSONS_MIRROR"):
        samples.download("made_up")


def test_before_the_download_the_path_says_how(cache: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'samples\.download\("made_up"\)'):
        samples.path("made_up")


def test_two_processes_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    registry(tmp_path)
    (tmp_path / "made_up.dcm").write_bytes(CONTENT)
    code = (
        "import sys, pathlib; from dicom_lessons import places, registry as registries, samples;"
        "folder = pathlib.Path(sys.argv[1]);"
        "registries.REGISTRIES = (folder / 'registry.json',);"
        "places.cache = lambda: folder / 'cache'; print(samples.download('made_up'))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = {samples.MIRROR: str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=lessons.ROOT)
        for _number in range(2)
    ]
    for process in both:
        process.communicate(timeout=60)
    assert [process.returncode for process in both] == [0, 0]
    kept = list((tmp_path / "cache" / "samples").iterdir())
    assert [file.name for file in kept] == ["made_up.dcm"]
    assert kept[0].read_bytes() == CONTENT


def test_addresses_are_secure_and_pinned() -> None:
    downloadable = [samples.get(name) for name in samples.names(source="downloaded")]
    assert len(downloadable) == 12
    for sample in downloadable:
        assert sample.address.startswith("https://raw.githubusercontent.com/robyoung/")
        assert len(sample.address.split("/")[5]) == 40
        assert sample.address.endswith(f"/{sample.file}")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_real_files_come_through_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(samples.MIRROR, str(REAL))
    monkeypatch.setattr(places, "cache", lambda: tmp_path)
    for name in samples.names(source="downloaded"):
        samples.download(name)
    assert samples.read("RG1_J2KI").PhotometricInterpretation == "MONOCHROME1"
    assert samples.read("liver").Modality == "SEG"
