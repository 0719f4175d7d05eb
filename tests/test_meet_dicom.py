from __future__ import annotations

import json
import platform
import re
import socket
import struct
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import metadata
from pathlib import Path

import numpy as np
import pydicom.misc
import pytest
from lesson_files import cells, source
from pydicom import dcmread
from pydicom.uid import (
    JPEG2000,
    UID,
    AllTransferSyntaxes,
    HTJ2KLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
)

from course_tools import lessons
from dicom_lessons import samples
from dicom_lessons.exercises.kinds import Code
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.meet_dicom import PROGRAMS, computer, programs, readiness_check
from dicom_lessons.meet_dicom.computer import Prerequisite
from dicom_lessons.meet_dicom.programs import Program
from dicom_lessons.text import set_language
from dicom_lessons.viewer import view_image

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
        assert f"{name}{versions}" in [one.partition(";")[0] for one in project["dependencies"]]


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


def test_a_missing_decoder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computer, "plugins_of", lambda syntax: [])
    lines = computer.decoders()
    assert prerequisite(lines, JPEGLSLossless.name).advice == 'pip install "pyjpegls>=1.5.1,<2"'
    assert '"imagecodecs>=' in prerequisite(lines, JPEGLosslessSV1.name).advice
    assert '"pylibjpeg-openjpeg>=2.6,<3"' in prerequisite(lines, HTJ2KLossless.name).advice
    assert prerequisite(lines, "Explicit VR Little Endian").ok
    for line in lines:
        assert line.ok or line.advice, line
        assert line.ok == (computer.status(line) == "✓ ready")


def test_every_transfer_syntax_that_pydicom_knows_is_listed() -> None:
    lines = computer.decoders()
    assert [line.what for line in lines] == [uid.name for uid in AllTransferSyntaxes]
    without = [line for line in lines if "has no decoder" in line.advice]
    assert {computer.status(line) for line in without} == {"– not needed"}
    names = " ".join(line.what for line in without)
    assert all(word in names for word in ("MPEG2", "H.264", "H.265", "JPIP", "Part 2"))


def test_every_lossless_syntax_that_is_called_ready_is_decoded() -> None:
    ready = {one.what for one in computer.decoders() if one.ok and one.needed}
    syntaxes = {samples.get(name).transfer_syntax for name in samples.names(modality="MR")}
    assert {UID(uid).name for uid in syntaxes} <= ready
    assert JPEG2000.name in ready


@pytest.mark.parametrize("lost", list(computer.EXTENSIONS))
@pytest.mark.parametrize("has_own_python", [False, True])
def test_a_front_end_without_widgets_is_noticed(
    lost: str, has_own_python: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in computer.EXTENSIONS:
        folder = tmp_path / "labextensions" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text("{}" if name == lost else '{"version": "1.2"}')
    server = sys.executable
    if has_own_python:  # a program that stands for it, and says where it looks
        server = str(tmp_path / "python")
        paths = json.dumps({"data": [str(tmp_path)]})
        Path(server).write_text(f"#!/bin/sh\necho '{paths}'\n")
        Path(server).chmod(0o755)
    else:
        monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda: [str(tmp_path)])
    monkeypatch.setattr(computer, "_server", lambda: server)
    lines = computer.extensions()
    assert [line.found for line in lines] == [
        "" if n == lost else "1.2" for n in computer.EXTENSIONS
    ]
    (missing,) = [line for line in lines if not line.ok]
    assert lost in missing.what
    assert missing.advice.startswith(f'"{server}" -m pip install')
    assert missing in computer.readiness()


def test_the_server_of_a_notebook_is_found() -> None:
    """A process that is called like Jupyter's starts another, as a server does with a kernel."""
    child = "from dicom_lessons.meet_dicom import computer; print(computer._server())"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    command = [sys.executable, "-c", program, "jupyter-lab"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert told == sys.executable


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
    asked: list[bool] = []

    def answer() -> Prerequisite:
        asked.append(check.network.disabled)  # a button that is disabled loses the focus
        return Prerequisite("network", "", "", False, "No connection <img src=x onerror=alert(1)>")

    monkeypatch.setattr(computer, "network", answer)
    check = readiness_check()
    assert asked == []
    check.network.click()
    assert asked == [False]
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
    monkeypatch.setattr(computer, "plugins_of", lambda syntax: [])
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


# ---- answers

FOUR_BYTES = samples.path("MR_small").read_bytes()[132:136]
RIGHT: dict[str, list[object]] = {
    "meet_dicom-2": [
        *(FOUR_BYTES, bytearray(FOUR_BYTES), memoryview(FOUR_BYTES), [2, 0, 0, 0], (2, 0, 0, 0)),
        *("02 00 00 00", "02000000", "0x02 0x00 0x00 0x00", "02, 00, 00, 00"),
        *(["0x02", "0x00", "0x00", "0x00"], np.frombuffer(FOUR_BYTES, np.uint8)),
        *(np.array([2, 0, 0, 0]), struct.pack("<HH", 2, 0), list(FOUR_BYTES)),
    ],
    "meet_dicom-4": [
        *("cedafb", "CEDAFB", "c e d a f b", "c, e, d, a, f, b", "c-e-d-a-f-b", "c>e>d>a>f>b"),
        *(list("cedafb"), tuple("cedafb"), list("CEDAFB"), "c. e. d. a. f. b.", ["ced", "afb"]),
    ],
    "meet_dicom-5": [
        *(3, 3.0, "3", " 3 ", "0x3", np.int64(3), np.uint8(3), np.array(3), b"\x03", "3h"),
        sum("PixelData" not in samples.read(name) for name in ("rtplan", "test-SR", "CT_small"))
        + 1,
    ],
    "meet_dicom-6": [
        *(5, 5.0, "5", "5.0", "5,0", "5 mm", "5,0 мм", "5.000000", np.float32(5), np.int8(5)),
        *(samples.read("CT_small").SliceThickness, samples.read("CT_small")["SliceThickness"]),
        Decimal("5.000000"),
    ],
}
WRONG: dict[str, list[object]] = {
    "meet_dicom-2": [
        *(b"DICM", "DICM", "44 49 43 4d", b"\2\0\0", b"M\2\0\0", b"\0\0\0U", bytes(4), b"UL\4\0"),
        *(2, 33554432, "2", b"\2\0\0\0U", [0, 0, 0, 2], [2, 0], "(0002,0000)", True, 5, [2.5]),
    ],
    "meet_dicom-4": [
        *("caedfb", "cedabf", "ecdafb", "cdeafb", "cedfab", "acedfb", "cedaf", "cedafbb"),
        *("abcdef", "bfadec", "", ["c", "e", "d"], 6, "ceda fg", {"c": 1}),
    ],
    "meet_dicom-5": [
        *(
            2,
            4,
            5,
            0,
            1,
            -3,
            "three",
            True,
            [3],
            ["rtplan", "test-SR", "waveform_ecg"],
            3.5,
            "3 of 5",
        ),
    ],
    "meet_dicom-6": [
        *(0.5, "0.5", 0.661468, 338.6716, 128, 50, -5, 5.1, "five", True, [5], "5 cm", 4.999),
        samples.read("CT_small")["KVP"],
    ],
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_of_every_form_are_right(name: str) -> None:
    assert len(RIGHT[name]) >= 10
    judge = declared("meet_dicom")[name].judge
    assert [answer for answer in RIGHT[name] if not judge(answer).right] == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_that_look_right_are_wrong(name: str) -> None:
    assert len(WRONG[name]) >= 10
    judge = declared("meet_dicom")[name].judge
    assert [answer for answer in WRONG[name] if judge(answer).right is not False] == []


def _with_seek(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(128)
        return file.read(4) == b"DICM"


def _with_try(path: Path) -> bool:
    try:
        return path.read_bytes()[128:132].decode("ascii") == "DICM"
    except UnicodeDecodeError:
        return False


def _with_struct(path: Path) -> bool:
    content = path.read_bytes()
    return len(content) >= 132 and struct.unpack_from("4s", content, 128)[0] == b"DICM"


def _with_branches(path: Path) -> bool:
    data = path.read_bytes()
    if len(data) < 132:
        return False
    return all(data[128 + place] == ord(letter) for place, letter in enumerate("DICM"))


RECOGNISE: list[Callable[[Path], object]] = [
    *(pydicom.misc.is_dicom, _with_seek, _with_try, _with_struct, _with_branches),
    lambda path: path.read_bytes()[128:132] == b"DICM",
    lambda path: path.read_bytes()[128:].startswith(b"DICM"),
    lambda path: path.read_bytes().startswith(b"DICM", 128),
    lambda path: path.read_bytes().find(b"DICM", 128) == 128,
    lambda path: [*path.read_bytes()[128:132]] == [68, 73, 67, 77],
    lambda path: path.read_bytes()[128:132].hex() == "4449434d",
    lambda path: re.match(rb"(?s).{128}DICM", path.read_bytes()) is not None,
    lambda path: np.bool_(path.read_bytes()[128:132] == b"DICM"),
    lambda path: path.read_bytes().decode("latin-1")[128:132] == "DICM",
]


def _reads(path: Path) -> bool:
    try:
        dcmread(path)
    except Exception:
        return False
    return True


def _reads_by_force(path: Path) -> bool:
    try:
        return len(dcmread(path, force=True)) > 0
    except Exception:
        return False


MISTAKE_FOR: list[Callable[[Path], object]] = [
    *(_reads, _reads_by_force),
    lambda path: path.suffix == ".dcm",
    lambda path: path.suffix in (".dcm", ""),
    lambda path: b"DICM" in path.read_bytes(),
    lambda path: b"DICM" in path.read_bytes()[:132],
    lambda path: b"DICM" in path.read_bytes()[128:],
    lambda path: path.read_bytes().find(b"DICM") == 128,
    lambda path: path.read_bytes()[:4] == b"DICM",
    lambda path: path.read_bytes()[128:132] == "DICM",  # type: ignore[comparison-overlap]
    lambda path: path.read_bytes()[128:131] == b"DIC",
    lambda path: path.read_bytes()[129:133] == b"DICM",
    lambda path: path.read_bytes()[128:132].upper() == b"DICM",
    lambda path: _with_seek(path) and path.stat().st_size > 500,
    lambda path: _with_seek(path) and path.stat().st_size > 132,
    lambda path: _with_seek(path) and path.suffix != ".png",
    lambda path: _with_seek(path) and _reads(path),
    lambda path: path.read_bytes()[128:132],
    lambda path: str(_with_seek(path)),
    lambda path: path.read_bytes()[128] == 68,
    lambda path: True,
    lambda path: False,
]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_program_that_recognises_is_right_whatever_its_algorithm() -> None:
    judge = declared("meet_dicom")["meet_dicom-3"].judge
    verdicts = [judge(program) for program in RECOGNISE]
    assert [verdict.why for verdict in verdicts if not verdict.right] == []


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_program_that_falls_into_a_trap_is_wrong() -> None:
    judge = declared("meet_dicom")["meet_dicom-3"].judge
    accepted = [place for place, program in enumerate(MISTAKE_FOR) if judge(program).right]
    assert accepted == []


def test_two_files_are_honest_and_nine_are_traps() -> None:
    exercise = declared("meet_dicom")["meet_dicom-3"]
    assert isinstance(exercise, Code)
    paths = [path for (path,) in exercise.cases()]
    assert len(paths) == 2 + 9
    assert [path for path in paths[:2] if not pydicom.misc.is_dicom(str(path))] == []


# ---- the learner's own file


def last_cell(file: Path) -> str:
    """Return the last code cell of the first sitting, with a path of the learner's own."""
    code = [
        source(cell) for cell in cells(lessons.NOTEBOOKS / "en/00a_recognise_dicom.ipynb", "code")
    ]
    assert 'set_language("en")' in code[0] and "view_image(" in code[0]
    assert "readiness_check()" in code[1]
    return code[-1].replace('folder / "f.png"', repr(str(file)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (samples.path("MR_small").read_bytes(), ""),
        (samples.path("waveform_ecg").read_bytes(), "no pixels"),
        (samples.path("CT_small").read_bytes()[:20_000], ""),
        (bytes(128) + b"DICM", "no pixels"),
        (b"This is a letter.", "is not DICOM"),
        (b"", "is not DICOM"),
        (None, "There is no file"),
    ],
    ids=["picture", "ecg", "cut", "prefix", "letter", "empty", "none"],
)
def test_the_last_cell_shows_a_picture_or_says_in_one_sentence_why_not(
    content: bytes | None, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    shown: list[object] = []
    exec(last_cell(path), {"Path": Path, "view_image": view_image, "display": shown.append})
    said = capsys.readouterr().out
    assert (len(shown), bool(said)) == ((0, True) if reason else (1, False))
    assert reason in said
    assert said.count("\n") == bool(reason)


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
