"""Who answers lesson 05: no proxy stands before this computer, a mirror that fails is told."""

from __future__ import annotations

import os
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from lesson_files import cells, sittings_of
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

import dicom_lessons.__main__ as commands
from course_tools import lessons
from dicom_lessons import download, fetching, places, samples, sop
from dicom_lessons.download import classroom, mirror
from dicom_lessons.download.server import Request, serve

REPOSITORY = "https://example.org/owner/data/"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
PICTURE = "RG1_J2KI.dcm"
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mirror and no proxies, and what a test sets in the environment ends with it."""
    known = {name: text for name, text in os.environ.items() if name.lower() not in PROXIES}
    known.pop(samples.MIRROR, None)
    monkeypatch.setattr(os, "environ", known)


# ---- proxies


@pytest.mark.parametrize("variables", [
    {"HTTP_PROXY": DEAD, "HTTPS_PROXY": DEAD},
    {"http_proxy": DEAD, "https_proxy": DEAD, "ALL_PROXY": DEAD},
    {"HTTP_PROXY": DEAD, "NO_PROXY": "clinic.example,10.0.0.0/8"},
    {"http_proxy": DEAD, "no_proxy": "localhost"},
    {"all_proxy": DEAD},
], ids=str)  # fmt: skip
def test_no_request_to_this_computer_goes_through_a_proxy(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.environ |= variables
    resolve = socket.getaddrinfo  # a bare machine need not know the name localhost

    def known(host: str, *rest: Any, **others: Any) -> Any:
        return resolve("127.0.0.1" if host == "localhost" else host, *rest, **others)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    with serve(lambda request: request.reply(b"DICM")) as address:
        for host in ("127.0.0.1", "localhost"):
            there = address.replace("127.0.0.1", host) + "a.dcm"
            assert requests.get(there, timeout=5).content == b"DICM"
            assert requests.Session().get(there, timeout=5).content == b"DICM"
            assert urllib.request.build_opener().open(there, timeout=5).read() == b"DICM"
            with fetching.opened(there) as source:
                assert source.read() == b"DICM"
    spared = os.environ["NO_PROXY"].split(",")
    assert {"127.0.0.1", "localhost", "::1"} <= {*spared}
    assert len(spared) == len({*spared})
    for name in ("clinic.example", "10.0.0.0/8"):
        assert (name in spared) == (name in variables.get("NO_PROXY", ""))
    assert requests.utils.should_bypass_proxies("http://[::1]:80/", None)
    # others are still asked through it
    assert requests.utils.get_environ_proxies("http://example.org/")
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("http://example.org/", timeout=5)


def test_without_a_proxy_nothing_is_set() -> None:
    fetching.spare_loopback()
    assert not {name.lower() for name in os.environ} & {*PROXIES}
    os.environ |= {"HTTP_PROXY": DEAD, "NO_PROXY": "*"}
    fetching.spare_loopback()
    assert os.environ["NO_PROXY"] == "*"


def test_the_systems_own_proxy_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and macOS name proxies elsewhere, and are not asked once the environment speaks."""
    system = {"http": "http://proxy.example:3128", "https": "http://proxy.example:3128"}
    monkeypatch.setattr(fetching, "getproxies", lambda: system)
    monkeypatch.setattr(fetching, "proxy_bypass", lambda host: host == "localhost")
    fetching.spare_loopback()
    assert os.environ["http_proxy"] == system["http"]
    assert os.environ["NO_PROXY"] == "127.0.0.1,::1,127.1"
    assert requests.utils.get_environ_proxies("https://example.org/")["https"] == system["https"]


def test_associations_know_no_proxy() -> None:
    os.environ |= {"HTTP_PROXY": DEAD, "ALL_PROXY": DEAD}
    with sop.storage_provider() as provider:
        user = AE()
        user.add_requested_context(Verification)
        association = user.associate(provider.address, provider.port)
        assert association.send_c_echo().Status == 0
        association.release()


def test_lesson_05_runs_behind_a_proxy(tmp_path: Path) -> None:
    for path in sittings_of("download"):
        shutil.copy(path, tmp_path)
    os.environ |= {
        name: DEAD for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    }
    os.environ["DICOM_LESSONS_PROGRESS"] = "off"
    for path in sorted(tmp_path.glob("05*.ipynb")):
        done = lessons.run(path)
        before = {cell["id"]: cell for cell in cells(lessons.NOTEBOOKS / "en" / path.name)}
        for cell in done["cells"]:
            if cell["cell_type"] == "code" and "image" not in str(cell["outputs"]):
                assert cell["outputs"] == before[cell["id"]]["outputs"], cell["id"]


# ---- mirrors


@contextmanager
def mirror_of(*names: str) -> Iterator[str]:
    """Run a web server that has some samples, and answers 404 with a page for all others."""

    def answer(request: Request) -> None:
        name = unquote(request.path).removeprefix("/files/")
        if name in names:
            content = classroom.stand_in() if name == PICTURE else samples.path(name).read_bytes()
            request.reply(content)
        else:
            request.reply(b"<html>Nothing here", 404, "text/html")

    with serve(answer) as address:
        yield f"{address}files"


def test_a_mirror_that_lacks_some_files_is_completed(capsys: pytest.CaptureFixture[str]) -> None:
    with mirror_of(PICTURE) as address:
        os.environ[samples.MIRROR] = address
        way = download.reach(REPOSITORY)
        assert (way.by, way.host, way.trouble) == ("mirror", "127.0.0.1", "")
        assert capsys.readouterr().out == ""
        said = repr(way.readiness())
        assert "The mirror of your class answers: 127.0.0.1." in said
        # what it has is no more than a stand-in, and that is told
        assert "a stand-in" in said
        for name in ("CT_small.dcm", "693_J2KI.dcm"):
            content = requests.get(way.address + name, timeout=10).content
            assert content == samples.path(name).read_bytes()
        assert requests.get(f"{way.address}nothing.dcm", timeout=10).status_code == 404


def wrong_mirrors(folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "file").write_bytes(b"x")
    yield "http://127.0.0.1:1", "the connection failed"
    yield "http://127.0.0.1:1/dicom/", "the connection failed"
    yield str(folder / "nowhere"), "No such file"
    yield "~/no such mirror", "No such file"
    yield f"file://{folder}", "No such file"
    yield str(folder / "file"), "Not a directory"
    yield "ftp://127.0.0.1/x", "No such file"
    yield "http://[::1", "cannot be asked"
    yield "http://127.0.0.1:99999/", "cannot be asked"
    yield "\x1b[31mred", r"\\x1b"
    with mirror_of("CT_small.dcm") as address:
        yield address, "answers 404"
        yield f"{address}/wrong", "answers 404"
    with serve(lambda request: request.reply(b"<html>", kind="text/html")) as address:
        yield address, "a web page"
    with serve(lambda request: request.reply(b"", 302, Location="/login")) as address:
        yield address, "sends us on to /login"
    with serve(lambda request: [request.wait(20)].clear()) as address:
        yield address, "0.5 seconds"


def test_a_mirror_that_fails_is_told_before_the_lesson_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for named, reason in wrong_mirrors(tmp_path):
        os.environ[samples.MIRROR] = named
        way = download.reach(REPOSITORY, seconds=0.5)
        said = capsys.readouterr().out
        assert len(said.splitlines()) == 1 and said.strip().isprintable(), named
        assert samples.MIRROR in said and reason.replace(r"\\", "\\") in said, said
        assert "restart the kernel" in said
        assert way.by == "classroom" and way.trouble == said.strip()
        shown = repr(way.readiness())
        assert shown.startswith("Mirror: ") and said.strip() in shown
        assert "a stand-in" in shown and "the real" not in shown
        content = requests.get(f"{way.address}CT_small.dcm", timeout=10).content
        assert content == samples.path("CT_small").read_bytes()


def test_the_picture_of_the_internet_is_promised_only_if_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses = {REPOSITORY.rstrip("/"): 200, f"{REPOSITORY}{PICTURE}": 503}

    def head(address: str, **_options: object) -> requests.Response:
        answer = requests.Response()
        answer.status_code = statuses[address]
        return answer

    monkeypatch.setattr(requests, "head", head)
    way = download.reach(REPOSITORY.rstrip("/"))
    assert way.by == "internet"
    assert "not to be had there now" in repr(way.readiness())
    statuses[f"{REPOSITORY}{PICTURE}"] = 200
    assert "the real chest radiograph" in repr(way.readiness())


def test_a_link_in_a_mirror_leads_nowhere_else(tmp_path: Path) -> None:
    folder, secret = tmp_path / "mirror", tmp_path / "secret.dcm"
    folder.mkdir()
    secret.write_bytes(b"secret")
    (folder / "own.dcm").write_bytes(b"own")
    try:
        (folder / "CT_small.dcm").symlink_to(secret)
        (folder / "alias.dcm").symlink_to("own.dcm")
    except OSError:
        pytest.skip("this system makes no links")
    address = classroom.start_classroom(str(folder))
    assert requests.get(f"{address}alias.dcm", timeout=10).content == b"own"
    content = requests.get(f"{address}CT_small.dcm", timeout=10).content
    assert content == samples.path("CT_small").read_bytes()
    with pytest.raises(download.DownloadError, match="leads out of the mirror"):
        samples.mirrored(str(folder), "CT_small.dcm")


# ---- the command that fills one


def test_a_mirror_is_filled_and_filled_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = samples.names(source="bundled")[:3]
    monkeypatch.setattr(mirror, "ASKED_FOR", ("CT_small", *names))
    monkeypatch.setattr(samples, "names", lambda **_wanted: ["RG1_J2KI"])
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    folder = tmp_path / "Мои файлы"
    folder.mkdir()
    (folder / "CT_small.dcm").write_bytes(b"half")
    os.environ[samples.MIRROR] = str(tmp_path)
    assert commands.main(["mirror", str(folder)]) == 1
    said = capsys.readouterr()
    assert "✓ CT_small.dcm" in said.out and f"✗ {PICTURE}: " in said.out
    assert said.err == f"Missing: {PICTURE}. With a network, run the command again.\n"
    assert (folder / "CT_small.dcm").read_bytes() == samples.path("CT_small").read_bytes()
    (tmp_path / PICTURE).write_bytes(b"another file")
    assert commands.main(["mirror", str(folder)]) == 1
    assert not (folder / PICTURE).exists()
    real = lessons.ROOT.parent / "shared" / "samples" / PICTURE
    if real.is_file():
        capsys.readouterr()
        shutil.copy(real, tmp_path)
        assert commands.main(["mirror", str(folder)]) == 0
        assert samples.MIRROR in capsys.readouterr().out.splitlines()[-1]
