"""The archive of lesson 09 under load, beside Orthanc and DCMTK's storescp, all in one run."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import UID
from pynetdicom import evt

from course_tools.bench.figures import Figure
from course_tools.bench.ports import answers, free_port, until
from dicom_lessons import samples, sop
from dicom_lessons.network import client_context, make_certificates, open_archive, open_web
from dicom_lessons.network import server_context as tls_of

CLIENTS, INSTANCES = 4, 1000
LARGE = 315_000_000
CAUSE = (
    "DCMTK's client writes head and body of a PDU apart, so the body waits until the head is"
    " acknowledged, which a system may put off by 40 ms. Our archive acknowledges at once"
    " (TCP_QUICKACK, on Linux); storescp leaves it to the system. With TCP_NODELAY=1, which DCMTK"
    " reads from the environment, at least its answers no longer wait for an acknowledgement."
)


def figures(say: Callable[[str], None] = print) -> list[Figure | str]:
    """Measure, and return the figures and what is to be known about them."""
    found, notes = list[Figure](), [CAUSE]
    with TemporaryDirectory() as place:
        folder = Path(place)
        wanted = _instances(folder / "in")
        times, undelayed = {}, {**os.environ, "TCP_NODELAY": "1"}
        servers: dict[str, Callable[[Path], Any]] = {
            "archive": _ours,
            "storescp": _storescp,
            "storescp, TCP_NODELAY=1": partial(_storescp, environment=undelayed),
            "Orthanc": _orthanc,
        }
        for name, run in servers.items():
            if name != "archive" and shutil.which(name.partition(",")[0]) is None:
                notes.append(f"{name} is not installed.")
                continue
            with run(folder / name) as (port, retrieve):
                times[name] = _store(folder / "in", port) / INSTANCES * 1000
                got = retrieve(list(wanted))
            same = sum(got.get(uid) == digest for uid, digest in wanted.items())
            notes.append(f"{name}: {same} of {INSTANCES} instances identical on retrieval.")
            say(f"{name}: {times[name]:.1f} ms per instance, {same} of {INSTANCES} identical")
        found.append(Figure("Network", "time per instance, four clients at once", "ms", times))
        memory = {name: _memory(folder, name) for name in ("in chunks", "whole")}
        found.append(Figure("Network", "more memory for an object of 315 MB", "bytes", memory))
        found.append(Figure("Network", "association", "ms", _associations(folder)))
    return [*found, *notes]


def _instances(folder: Path) -> dict[str, str]:
    """Write a folder for each client; return what each instance's data set hashes to."""
    wanted = {}
    for number in range(INSTANCES):
        dataset = samples.read("CT_small")
        uid = UID(f"2.25.{number + 1}")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
        dataset.InstanceNumber = number + 1
        del dataset.DataSetTrailingPadding  # DCMTK's client does not send it
        path = folder / str(number % CLIENTS) / f"{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        wanted[str(dataset.SOPInstanceUID)] = _digest(dcmread(path))
    return wanted


def _digest(dataset: Dataset) -> str:
    buffer = BytesIO()
    plain = Dataset(dataset)  # without file meta, which each server writes anew
    plain.save_as(buffer, implicit_vr=False, little_endian=True)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def _store(folder: Path, port: int) -> float:
    """Let DCMTK's storescu send each folder at once; return the seconds."""
    command = ["storescu", "-xe", "+sd", "127.0.0.1", str(port)]
    begin = time.perf_counter()
    clients = [
        subprocess.Popen([*command, str(folder / str(each))], stderr=subprocess.DEVNULL)
        for each in range(CLIENTS)
    ]
    if any(client.wait(300) for client in clients):
        raise RuntimeError("A client failed.")
    return time.perf_counter() - begin


@contextmanager
def _served(*words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run our archive in a process of its own, as the others are."""
    command = [sys.executable, "-m", "course_tools.bench.network", *words]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield server, server.stdout.readline().split()
    finally:
        server.communicate("", timeout=60)


@contextmanager
def _ours(_folder: Path) -> Iterator[tuple[int, Any]]:
    with _served() as (_server, (port, address)):

        def retrieve(_uids: list[str]) -> dict[str, str]:
            from dicomweb_client import DICOMwebClient

            client = DICOMwebClient(address)
            study = client.search_for_studies()[0]["0020000D"]["Value"][0]
            return {str(one.SOPInstanceUID): _digest(one) for one in client.retrieve_study(study)}

        yield int(port), retrieve


@contextmanager
def _process(
    command: list[str], port: int, environment: dict[str, str] | None = None
) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment)
    try:
        until(lambda: answers(port))
        yield
    finally:
        server.kill()
        server.wait()


@contextmanager
def _storescp(folder: Path, environment: dict[str, str] | None = None) -> Iterator[tuple[int, Any]]:
    folder.mkdir()
    port = free_port()

    def retrieve(_uids: list[str]) -> dict[str, str]:
        held = map(dcmread, folder.iterdir())
        return {str(one.SOPInstanceUID): _digest(one) for one in held}

    with _process(["storescp", "--fork", "-od", str(folder), str(port)], port, environment):
        yield port, retrieve


@contextmanager
def open_orthanc(folder: Path) -> Iterator[tuple[int, int]]:
    """Run an empty Orthanc in a folder; give its ports for DICOM and for the web."""
    port, web = free_port(), free_port()
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
    with _process(["Orthanc", str(folder / "orthanc.json")], port):
        yield port, web


@contextmanager
def _orthanc(folder: Path) -> Iterator[tuple[int, Any]]:
    folder.mkdir()

    def get(path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{web}{path}", timeout=60) as answer:
            return bytes(answer.read())

    def retrieve(_uids: list[str]) -> dict[str, str]:
        files = (get(f"/instances/{each}/file") for each in json.loads(get("/instances")))
        held = (dcmread(BytesIO(file)) for file in files)
        return {str(one.SOPInstanceUID): _digest(one) for one in held}

    with open_orthanc(folder) as (port, web):
        yield port, retrieve


def _memory(folder: Path, name: str) -> float:
    """Return how much more memory the archive needs at its peak (Linux only; 0 elsewhere)."""
    dataset = samples.read("CT_small")
    dataset.PixelData = bytes(LARGE)
    path = folder / "large.dcm"
    dataset.save_as(path, enforce_file_format=True)
    with _served(name) as (server, (port, _address)):
        status = Path(f"/proc/{server.pid}/status")
        before = _peak(status)
        command = ["storescu", "-xe", "127.0.0.1", port, str(path)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=300)
        return _peak(status) - before


def _peak(status: Path) -> float:
    if not status.is_file():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _associations(folder: Path) -> dict[str, float]:
    from pynetdicom import AE

    authority, certificate, key = make_certificates(folder)
    user = AE()
    user.add_requested_context("1.2.840.10008.1.1")
    found = {}
    for name, context in (("plain", None), ("TLS", tls_of(certificate, key))):
        trust = (client_context(authority), "127.0.0.1") if context else None
        times = []
        with open_archive(tls=context) as archive:
            for _each in range(9):
                begin = time.perf_counter()
                association = user.associate(archive.address, archive.port, tls_args=trust)
                times.append((time.perf_counter() - begin) * 1000)
                association.release()
        found[name] = statistics.median(times)
    return found


def _serve(whole: bool) -> None:
    with TemporaryDirectory() as folder:
        if whole:
            # as most teaching code has it: event.dataset, then save_as
            def keep(event: Any) -> int:
                dataset = event.dataset
                dataset.file_meta = event.file_meta
                dataset.save_as(Path(folder, "whole.dcm"), enforce_file_format=True)
                return 0

            with sop.storage_provider(
                dcmread(samples.path("CT_small"), stop_before_pixels=True).SOPClassUID,
                handlers=[(evt.EVT_C_STORE, keep)],
            ) as provider:
                print(provider.port, "-", flush=True)
                sys.stdin.read()
            return
        with open_archive() as archive, open_web(archive) as address:
            print(archive.port, address, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    _serve("whole" in sys.argv)
