from __future__ import annotations

import json
import platform
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000, UID, HTJ2KLossless, JPEGLosslessSV1, JPEGLSLossless

from dicom_lessons import samples
from dicom_lessons.exercises.lessons import find
from dicom_lessons.meet_dicom import PROGRAMS, computer, programs, readiness_check
from dicom_lessons.meet_dicom.computer import Prerequisite
from dicom_lessons.meet_dicom.programs import Program
from dicom_lessons.text import set_language

ROOT = Path(__file__).parents[1]
NAMED_BY_THE_SOURCE = {
    *("RadiAnt DICOM Viewer", "Horos", "Weasis", "OsiriX MD", "syngo.via"),
    *("MITK Workbench", "3D Slicer", "ImageJ", "ITK-SNAP", "DICOM Anonymizer", "DVTk"),
    *("Orthanc", "TCIA", "DICOM Library", "MAGNETOM World"),
}


def prerequisite(lines: tuple[Prerequisite, ...], what: str) -> Prerequisite:
    return next(one for one in lines if one.what == what)


# ---- readiness


def test_an_ordinary_installation_is_ready() -> None:
    lines = computer.readiness()
    assert [one.what for one in lines if one.needed and not one.ok] == []
    assert prerequisite(lines, "pydicom").found == metadata.version("pydicom")


def test_the_ranges_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python, *others = computer.needed().items()
    assert python == ("Python", project["requires-python"])
    assert [name for name, _versions in others] == list(computer.PACKAGES)
    for name, versions in others:
        assert f"{name}{versions}" in project["dependencies"]


def test_a_course_that_was_copied_and_not_installed_takes_every_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(computer, "COURSE", "no such distribution")
    computer.needed.cache_clear()
    try:
        assert [one.what for one in computer.readiness() if one.needed and not one.ok] == []
    finally:
        computer.needed.cache_clear()


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        *(("3.0.2", True), ("3.10.0", True), ("3.0.1", False), ("2.4.5", False)),
        *(("4.0.0.dev0", False), ("3.2.0rc1", True), ("3.1.0+", True), ("unknown", False)),
    ],
)
def test_versions_are_compared_as_numbers(version: str, enough: bool) -> None:
    assert computer.meets(version, ">=3.0.2,<4") is enough


@pytest.mark.parametrize("version", ["2.4.5", None])
def test_an_old_or_missing_package_comes_with_its_command(
    version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = metadata.version

    def installed(name: str) -> str:
        if name == "pydicom" and version is None:
            raise metadata.PackageNotFoundError(name)
        return version if name == "pydicom" and version else real(name)

    monkeypatch.setattr(metadata, "version", installed)
    line = prerequisite(computer.readiness(), "pydicom")
    assert (line.ok, line.found) == (False, version or "")
    assert line.advice == 'pip install "pydicom>=3.0.2,<4"'
    assert computer.status(line) == "✗ missing"


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.14")
    line = prerequisite(computer.packages(), "Python")
    assert not line.ok
    assert "python.org" in line.advice


def without_plugins(uid: UID) -> SimpleNamespace:
    if uid.is_compressed:
        return SimpleNamespace(is_available=False, available_plugins=())
    return SimpleNamespace(is_available=True, available_plugins=())


def test_a_missing_decoder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computer, "get_decoder", without_plugins)
    lines = computer.decoders()
    assert prerequisite(lines, JPEGLSLossless.name).advice == 'pip install "pyjpegls>=1.5.1,<2"'
    assert '"pylibjpeg-openjpeg>=2.6,<3"' in prerequisite(lines, HTJ2KLossless.name).advice
    assert prerequisite(lines, "Explicit VR Little Endian").ok
    for line in lines:
        assert line.ok or line.advice, line
        assert line.ok == (computer.status(line) == "✓ ready")


def test_what_no_lesson_needs_is_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computer, "get_decoder", without_plugins)
    line = prerequisite(computer.decoders(), JPEGLosslessSV1.name)
    assert computer.status(line) == "– not needed"


def test_every_lossless_syntax_that_is_called_ready_is_decoded() -> None:
    ready = {one.what for one in computer.decoders() if one.ok and one.needed}
    syntaxes = {samples.get(name).transfer_syntax for name in samples.names(modality="MR")}
    assert {UID(uid).name for uid in syntaxes} <= ready
    assert JPEG2000.name in ready


def test_the_report_has_a_line_per_prerequisite() -> None:
    report = computer.readiness_text(computer.readiness())
    assert len(report.splitlines()) == len(computer.readiness())
    assert report.startswith("✓ ready  Python  ")


def test_the_check_speaks_where_widgets_are_missing() -> None:
    program = (
        "import sys; sys.modules['ipywidgets'] = None; "
        "from dicom_lessons.__main__ import main; main(['check'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.startswith("✓ ready  Python  "), done.stderr


# ---- network


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setattr(computer, "ADDRESS", f"https://127.0.0.1:{port}")
        yield listening


def test_a_refused_connection_is_no_network(server: socket.socket) -> None:
    server.close()
    answer = computer.network()
    assert not answer.ok
    assert answer.advice.startswith("No connection")


def test_a_server_that_stalls_is_not_waited_for(server: socket.socket) -> None:
    answer = computer.network(timeout=0.2)
    assert not answer.ok
    assert answer.advice.startswith("No answer in 0.2 seconds")


def test_a_server_without_encryption_is_not_trusted(server: socket.socket) -> None:
    def speak_plainly() -> None:
        connection, _address = server.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    speaker = threading.Thread(target=speak_plainly)
    speaker.start()
    answer = computer.network(timeout=5)
    speaker.join()
    assert not answer.ok
    assert "certificate" in answer.advice


def test_any_answer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    monkeypatch.setattr(requests, "head", lambda *_address, **_options: object())
    assert computer.network().ok


# ---- explorer


def test_the_network_is_asked_only_when_its_button_is_pressed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    def answer(timeout: float = 3.0) -> Prerequisite:
        asked.append(timeout)
        return Prerequisite("network", "", "", False, "No connection <img src=x onerror=alert(1)>")

    monkeypatch.setattr(computer, "network", answer)
    check = readiness_check()
    assert asked == []
    check.network.click()
    assert len(asked) == 1
    assert "✗ no. No connection &lt;img" in check.network_answer.value
    assert not check.network.disabled


def test_the_kernel_answers_its_button() -> None:
    check = readiness_check()
    assert "not known yet" in check.kernel_answer.value
    check.kernel.click()
    assert "✓ yes" in check.kernel_answer.value


def test_the_static_twin_is_the_same_on_every_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    before = readiness_check()._repr_mimebundle_()
    monkeypatch.setattr(metadata, "version", lambda _name: "0.0.1")
    monkeypatch.setattr(computer, "get_decoder", without_plugins)
    check = readiness_check()
    assert "✗ missing" in check.packages.value
    after = check._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]
    assert "<th scope" in after["text/html"]


def test_the_explorer_speaks_russian() -> None:
    set_language("ru")
    check = readiness_check()
    assert "✓ есть" in check.packages.value
    assert check.network.description == "Есть ли сеть?"


# ---- programs


def test_every_program_that_the_source_names_is_there() -> None:
    assert {program.name for program in PROGRAMS} >= NAMED_BY_THE_SOURCE


def test_editors_are_not_platforms() -> None:
    kinds = {program.name: program.kind for program in PROGRAMS}
    assert kinds["MITK Workbench"] == kinds["3D Slicer"] == "platform"
    assert {name for name, kind in kinds.items() if kind == "editor"} == {
        *("dcmodify (DCMTK)", "DicomBrowser", "DVTk DICOM Editor")
    }


def test_every_program_is_complete() -> None:
    kinds = {"viewer", "platform", "research", "editor", "tool", "server", "collection"}
    assert {program.kind for program in PROGRAMS} == kinds
    for program in PROGRAMS:
        assert all(
            (program.name, program.purpose, program.platforms, program.licence, program.opens)
        )
        assert program.open_source is (
            program.licence != "commercial" and program.kind != "collection"
        )


def test_the_table_is_translated() -> None:
    english = programs.program_table()._repr_html_()
    set_language("ru")
    russian = programs.program_table()._repr_html_()
    for program in PROGRAMS:
        assert program.name in english
        assert program.name in russian
        assert program.purpose not in russian
    assert "Для чего" in russian


def test_what_stands_in_a_program_is_never_markup() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    program = Program(hostile, hostile, hostile, (hostile,), hostile, hostile, False)
    page = programs.program_table([program])._repr_html_()
    assert "<img" not in page
    assert page.count("&lt;img") == 6


# ---- what the lesson counts


def test_the_numbers_of_the_lesson_are_those_of_the_installed_pydicom() -> None:
    bundled = [samples.path(name) for name in samples.names(source="bundled")]
    bare = sum(path.suffix == "" for path in bundled)
    exercise = find("meet_dicom-p2")
    assert f" {len(bundled)} files " in exercise.question
    assert exercise.why.startswith(f"{bare} of them ")


# ---- export


def test_exported_files_are_the_samples_themselves(tmp_path: Path) -> None:
    paths = programs.export_files(["CT_small", "waveform_ecg"], tmp_path / "my_work")
    assert [path.name for path in paths] == ["CT_small.dcm", "waveform_ecg.dcm"]
    assert paths[0].read_bytes() == samples.path("CT_small").read_bytes()
    assert dcmread(paths[1]).Modality == "ECG"


def test_names_are_made_safe(tmp_path: Path) -> None:
    names = ["dicomdirtests/77654033/CT2/17106", "SC_rgb_dcmtk_+eb+cr"]
    written = [path.name for path in programs.export_files(names, tmp_path)]
    assert written == ["dicomdirtests_77654033_CT2_17106.dcm", "SC_rgb_dcmtk__eb_cr.dcm"]
    every = programs.export_files(samples.names(source="bundled"), tmp_path)
    assert all(path.parent == tmp_path for path in every)
    assert len(set(every)) == len(every)


def test_a_second_export_changes_nothing(tmp_path: Path) -> None:
    first = programs.export_files(["CT_small"], tmp_path)
    assert programs.export_files(["CT_small"], tmp_path) == first
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "CT_small.dcm").write_text("my notes")
    (tmp_path / "CT_small-2.dcm").mkdir()
    paths = programs.export_files(["CT_small"], tmp_path)
    assert [path.name for path in paths] == ["CT_small-3.dcm"]
    assert (tmp_path / "CT_small.dcm").read_text() == "my notes"


@pytest.mark.parametrize("hostile", ["../CT_small", "/etc/passwd", "", "CT_small\0", "nul"])
def test_an_unknown_name_writes_nothing(hostile: str, tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        programs.export_files(["CT_small", hostile], tmp_path / "my_work")
    assert not (tmp_path / "my_work").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "my_work").write_text("")
    with pytest.raises(NotADirectoryError, match="my_work is a file"):
        programs.export_files(["CT_small"], tmp_path / "my_work")


def test_the_registry_of_programs_is_sorted_by_kind() -> None:
    entries = json.loads(programs.REGISTRY.read_text(encoding="utf-8"))
    kinds = [entry["kind"] for entry in entries]
    assert len(set(kinds)) == sum(a != b for a, b in zip(kinds, ["", *kinds], strict=False))
