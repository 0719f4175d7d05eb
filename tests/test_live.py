"""The live copies of the sittings, what the live site is made of, and the course in one thread."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import nbformat
import pytest
from lesson_files import EVERY, name
from tools import pyodide, require

from course_tools import lessons
from course_tools.live import compiling, notebooks, wheels
from course_tools.live.build import build
from dicom_lessons.browser import recorded

every = pytest.mark.parametrize("path", EVERY, ids=name)
HERE = Path(__file__).parent


def code(notebook: Any) -> dict[str, Any]:
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


# ---- live copies


@every
def test_a_live_copy_runs_the_same_cells(path: Path) -> None:
    sitting, live = nbformat.read(path, as_version=4), notebooks.live_copy(path)
    before, after = code(sitting), code(live)
    assert list(after) == [notebooks.READY, *before]
    recorded = notebooks.recorded(path.name[:3], tables=True)
    for id, cell in before.items():
        fails = "raises-exception" in cell.metadata.get("tags", [])
        if fails or id in recorded:
            assert after[id].source != cell.source
            assert cell.source.splitlines()[0].strip() in after[id].source
        else:
            assert after[id].source == cell.source
    assert all(cell.outputs == [] for cell in after.values())
    nbformat.validate(live)


@every
def test_a_live_copy_asks_for_what_its_cells_import(path: Path) -> None:
    asked = notebooks.packages(nbformat.read(path, as_version=4))
    assert asked[0] == wheels.COURSE
    known = {*wheels.FROM_PYPI, *wheels.ROOTS, *wheels.TABLES, wheels.COURSE}
    assert set(asked) <= known
    assert not {*asked} & {*wheels.ALWAYS}


def test_cells_that_are_recorded_exist_in_both_languages() -> None:
    for path in EVERY:
        shown = notebooks.recorded(path.name[:3], tables=False)
        cells = code(nbformat.read(path, as_version=4))
        assert all(cells[id].outputs for id in shown)
        assert {*shown.values()} <= {*recorded.REASONS}


@every
def test_without_duckdb_no_cell_asks_for_what_a_recorded_one_makes(path: Path) -> None:
    shown = notebooks.recorded(path.name[:3], tables=False)
    live = code(notebooks.live_copy(path, tables=False))
    assert not any(each in live[notebooks.READY].source for each in wheels.TABLES)
    made: set[str] = set()
    there: set[str] = set()
    for id, cell in live.items():
        if id in shown:
            assert cell.source.startswith(f"%%recorded {path.name[:3]} {id} {shown[id]}\n")
            made |= names(cell.source.partition("\n")[2], ast.Store)
        else:
            there |= names(cell.source, ast.Store) | defined(cell.source)
            assert not (made - there) & names(cell.source, ast.Load), id


def names(source: str, context: type[ast.expr_context]) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, context)}


def defined(source: str) -> set[str]:
    nodes = [*ast.walk(ast.parse(source))]
    imports = [one for one in nodes if isinstance(one, ast.Import | ast.ImportFrom)]
    imported = {alias.asname or alias.name for one in imports for alias in one.names}
    return imported | {one.name for one in nodes if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_nine_cells_of_ten_run_live_as_on_a_desktop(language: str) -> None:
    every, shown = 0, 0
    for path in lessons.notebooks(language):
        ids = code(nbformat.read(path, as_version=4))
        every += len(ids)
        shown += len({*ids} & {*notebooks.recorded(path.name[:3], tables=False)})
    assert (every - shown) / every >= 0.95, f"{every - shown} of {every} cells"


def test_a_failing_cell_prints_its_traceback_and_the_run_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = notebooks.told("number = 1 / 0\nnumber = 2")
    names: dict[str, Any] = {}
    exec(compile(told, "cell", "exec"), names)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert "number" not in names
    ast.parse(notebooks.told("for one in [1]:\n    raise ValueError(one)"))


def test_a_text_over_several_lines_is_not_moved() -> None:
    with pytest.raises(ValueError, match="several lines"):
        notebooks.told('text = """a\nb"""')


# ---- parts of Pyodide


def write_wheel(folder: Path, file_name: str, *members: str) -> Path:
    with ZipFile(folder / file_name, "w") as wheel:
        for member in members:
            wheel.writestr(member, "")
    return folder / file_name


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small Pyodide of empty files that fits its pins."""
    folder = tmp_path / "parts"
    folder.mkdir()
    packages: dict[str, Any] = {}
    for each in (*wheels.ROOTS, "six"):
        file = write_wheel(folder, f"{each}-1.0-py3-none-any.whl", f"{each}.py")
        packages[each] = {
            "name": each,
            "file_name": file.name,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "depends": ["six", "not-there"] if each == "ipython" else [],
        }
    (folder / wheels.LOCK).write_text(json.dumps({"info": {}, "packages": packages}))
    for each in wheels.RUNTIME:
        (folder / each).write_text(each)
        pin = hashlib.sha256(each.encode()).hexdigest()
        monkeypatch.setitem(wheels.RUNTIME, each, pin)
    for each in wheels.FROM_PYPI:
        package = each.replace("-", "_")
        write_wheel(folder, f"{package}-2.0-py3-none-any.whl", f"{package}/__init__.py")
    return folder


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """Give the wheels of a kernel, without a module."""
    folder = tmp_path / "kernel"
    folder.mkdir()
    for each in wheels.KERNEL:
        write_wheel(folder, f"{each.replace('-', '_')}-3.0-py3-none-any.whl", "nothing.txt")
    return folder


@pytest.fixture(autouse=True)
def without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for Pyodide here does not compile."""
    monkeypatch.setattr(compiling, "find_node", lambda: None)


def course(folder: Path) -> Path:
    return write_wheel(
        folder,
        "dicom_lessons-1-py3-none-any.whl",
        "dicom_lessons/a.py",
        "dicom_lessons-1.dist-info/M",
    )


def test_one_lock_names_all_that_the_site_has(parts: Path, kernel: Path, tmp_path: Path) -> None:
    wheels.require_runtime(parts)
    site = tmp_path / "site"
    wheels.lay_out(parts, course(tmp_path), site, kernel)
    packages = json.loads((site / wheels.LOCK).read_text())["packages"]
    every_one = {*wheels.ROOTS, "six", *wheels.FROM_PYPI, *wheels.KERNEL, wheels.COURSE}
    assert {*packages} == every_one
    assert {*wheels.AT_ONCE} <= every_one
    for entry in packages.values():
        content = (site / entry["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert {*entry["depends"]} <= {*packages}
    assert packages[wheels.COURSE]["imports"] == ["dicom_lessons"]
    assert packages["ipython"]["depends"] == ["six"]


@pytest.mark.parametrize("broken", ["pyodide.asm.wasm", "numpy-1.0-py3-none-any.whl"])
def test_another_file_than_the_pinned_one_is_refused(
    parts: Path, kernel: Path, tmp_path: Path, broken: str
) -> None:
    (parts / broken).write_text("something else")
    with pytest.raises(wheels.MissingPart, match=broken):
        wheels.require_runtime(parts)
        wheels.lay_out(parts, course(tmp_path), tmp_path / "site", kernel)


@pytest.mark.parametrize("gone", ["pyodide.mjs", wheels.LOCK, "pydicom-2.0-py3-none-any.whl"])
def test_a_missing_part_is_named(parts: Path, kernel: Path, tmp_path: Path, gone: str) -> None:
    (parts / gone).unlink()
    with pytest.raises(wheels.MissingPart, match=gone.split("-2.0")[0]):
        wheels.require_runtime(parts)
        wheels.lay_out(parts, course(tmp_path), tmp_path / "site", kernel)


def test_of_imagecodecs_only_what_the_course_uses_goes_along(
    parts: Path, kernel: Path, tmp_path: Path
) -> None:
    name = "imagecodecs-2.0-py3-none-any.whl"
    members = ("imagecodecs/a.py", "imagecodecs/_jpeg2k.abi3.so", "imagecodecs/_tiff.abi3.so")
    write_wheel(parts, name, *members)
    wheels.lay_out(parts, course(tmp_path), tmp_path / "site", kernel)
    with ZipFile(tmp_path / "site" / name) as wheel:
        assert wheel.namelist() == ["imagecodecs/a.py", "imagecodecs/_jpeg2k.abi3.so"]


def test_duckdb_and_pyarrow_go_along_if_pyodide_has_both(
    parts: Path, kernel: Path, tmp_path: Path
) -> None:
    assert not wheels.has_tables(parts)
    lock = json.loads((parts / wheels.LOCK).read_text())
    for each in (*wheels.TABLES, "pandas"):
        file = write_wheel(parts, f"{each}-1.0-py3-none-any.whl", f"{each}.py")
        lock["packages"][each] = {
            "name": each,
            "file_name": file.name,
            "sha256": wheels.sha256_of(file),
            "depends": ["pandas"] if each == "pyarrow" else [],
        }
    (parts / wheels.LOCK).write_text(json.dumps(lock))
    assert wheels.has_tables(parts)
    wheels.lay_out(parts, course(tmp_path), tmp_path / "site", kernel)
    packages = json.loads((tmp_path / "site" / wheels.LOCK).read_text())["packages"]
    assert {*packages} >= {*wheels.TABLES, "pandas"}


def test_what_no_notebook_uses_stays_behind(parts: Path, kernel: Path, tmp_path: Path) -> None:
    name = "nibabel-2.0-py3-none-any.whl"
    members = ("nibabel/a.py", "nibabel/tests/data/a.nii", "nibabel/a.pyi")
    write_wheel(parts, name, *members)
    pydicom = ("pydicom/__init__.py", "pydicom/data/test_files/a.dcm")
    write_wheel(parts, "pydicom-2.0-py3-none-any.whl", *pydicom)
    wheels.lay_out(parts, course(tmp_path), tmp_path / "site", kernel)
    with ZipFile(tmp_path / "site" / name) as wheel:
        assert wheel.namelist() == ["nibabel/a.py"]
    with ZipFile(tmp_path / "site" / "pydicom-2.0-py3-none-any.whl") as wheel:
        assert wheel.namelist() == [*pydicom]


def test_pyodide_compiles_modules_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    real = pyodide()
    require("node")
    name = "two-1.0-py3-none-any.whl"
    with ZipFile(tmp_path / name, "w") as wheel:
        for member, text in {
            "pydicom/one.py": "number = 1", "other/two.py": "number = 2", "other/old.py": "print 1",
            "other/data.txt": "3",
        }.items():  # fmt: skip
            wheel.writestr(member, text)
    assert compiling.compile_in_place([tmp_path / name], real, keep=False)
    with ZipFile(tmp_path / name) as wheel:
        assert wheel.namelist() == [
            "pydicom/one.py", "pydicom/__pycache__/one.cpython-314.pyc", "other/two.pyc",
            "other/old.py", "other/data.txt",
        ]  # fmt: skip
        compiled = wheel.read("other/two.pyc")
    assert compiled[4:8] == b"\1\0\0\0"  # by hash, and never compared with a source


def test_a_wheel_that_was_compiled_before_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = write_wheel(tmp_path, "one-1.0-py3-none-any.whl", "one.py")
    known = tmp_path / compiling.KEPT / f"{wheels.sha256_of(wheel)}.whl"
    known.parent.mkdir()
    known.write_bytes(b"compiled")
    assert not compiling.compile_in_place([wheel], tmp_path)
    monkeypatch.setattr(compiling, "find_node", lambda: "no such program")
    assert compiling.compile_in_place([wheel], tmp_path)
    assert wheel.read_bytes() == b"compiled"


def test_what_is_no_live_site_is_not_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("years of work")
    for folder in (tmp_path, mine):
        with pytest.raises(FileExistsError):
            build(folder, tmp_path / "no parts")
    assert mine.read_text() == "years of work"


def test_every_package_that_pyodide_lacks_is_pinned() -> None:
    assert {*wheels.pinned(lessons.ROOT / "requirements.txt")} == {*wheels.FROM_PYPI}


def test_the_course_asks_a_browser_for_nothing_that_has_no_webassembly() -> None:
    from packaging.requirements import Requirement

    text = (lessons.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    import tomllib

    asked = [Requirement(line) for line in tomllib.loads(text)["project"]["dependencies"]]
    there = {one.name for one in asked if not one.marker or one.marker.evaluate(
        {"sys_platform": "emscripten"})}  # fmt: skip
    assert there <= {*wheels.FROM_PYPI, *wheels.ROOTS}


# ---- the course in one thread, its bytes in memory


@pytest.mark.parametrize("sitting", ["04b", "05a", "05b", "05c", "09a", "09b", "09c", "12a", "12c"])
def test_a_sitting_says_the_same_without_threads_and_sockets(sitting: str) -> None:
    path = next((lessons.NOTEBOOKS / "en").glob(f"{sitting}_*.ipynb"))
    done = subprocess.run(
        [sys.executable, HERE / "as_in_browser.py", path],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    printed = json.loads(done.stdout.splitlines()[-1])
    for id, cell in code(nbformat.read(path, as_version=4)).items():
        text, error = printed[id]
        assert bool(error) <= ("raises-exception" in cell.metadata.get("tags", [])), (id, error)
        stored = [one.text for one in cell.outputs if one.get("name") == "stdout"]
        assert "".join(stored).strip() in text, id


def in_one_thread(program: str) -> str:
    paths = [str(lessons.ROOT), str(HERE)]
    begin = f"import sys; sys.path[:0] = {paths}\nimport as_in_browser; as_in_browser.settle()\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + textwrap.dedent(program)],
        capture_output=True, text=True, timeout=200, check=False,
        env=os.environ | {"DICOM_LESSONS_PROGRESS": "off"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_server_that_answers_badly_does_so_in_memory_too() -> None:
    printed = in_one_thread("""
        import hashlib, pathlib, tempfile
        from dicom_lessons.download import DownloadError, faulty_server, fetch
        from dicom_lessons.download.server import FAULTS

        content = bytes(range(256)) * 1000
        sha256 = hashlib.sha256(content).hexdigest()
        workplace = tempfile.TemporaryDirectory()
        folder = pathlib.Path(workplace.name)
        for number, fault in enumerate(["", *FAULTS]):
            with faulty_server(content, *[fault] * 3) as address:
                name = f"{number}.dcm"
                try:
                    got = fetch(address + name, folder, size=len(content), sha256=sha256,
                                name=name, timeout=0.3, deadline=1.0)
                    print(fault or "good", got.read_bytes() == content)
                except DownloadError as error:
                    print(fault, "refused")
    """)
    lines = printed.splitlines()
    assert "good True" in lines
    assert sum(line.endswith("refused") for line in lines) >= 9, printed


def test_sockets_in_memory_behave_as_sockets() -> None:
    printed = in_one_thread("""
        import select, socket, threading, time

        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        try:
            socket.create_connection(("127.0.0.1", port + 1))
        except ConnectionRefusedError:
            print("nobody there")
        try:
            socket.create_connection(("10.0.0.1", 80))
        except OSError as error:
            print("no network")
        client = socket.create_connection(("127.0.0.1", port))
        served, address = server.accept()
        print(address == client.getsockname())
        client.settimeout(0.05)
        try:
            client.recv(1)
        except TimeoutError:
            print("silent")
        served.sendall(b"one\\ntwo\\n")
        print(select.select([client], [], [], 0)[0] == [client])
        with client.makefile("rb") as file:
            print(file.readline(), file.readline())
        double = client.dup()
        double.shutdown(socket.SHUT_RDWR)
        print(served.recv(1) == b"")
        try:
            served.send(b"more")
        except OSError:
            print("broken")
        done = []
        timer = threading.Timer(0.05, lambda: done.append("timer"))
        timer.start()
        time.sleep(0.1)
        late = threading.Timer(5, print)
        late.start()
        late.cancel()
        late.join()
        print(done)
    """)
    told = printed.splitlines()
    assert told[-9:] == [
        "nobody there", "no network", "True", "silent", "True", "b'one\\n' b'two\\n'", "True",
        "broken", "['timer']",
    ]  # fmt: skip


def test_codecs_of_a_browser_write_and_read_the_same_values() -> None:
    printed = in_one_thread("""
        import numpy as np
        from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGLSLossless, JPEGLSNearLossless
        from dicom_lessons import compression, samples
        from dicom_lessons.compression import change, derived
        from dicom_lessons.browser import codecs
        from dicom_lessons.pixels import stored_values

        assert change.ENCODERS[JPEG2000] == codecs.LABEL
        asked = {JPEG2000Lossless: {}, JPEGLSLossless: {}, JPEGLSNearLossless: {"jls_error": 2},
                 JPEG2000: {"j2k_cr": [10]}}
        for name in ("CT_small", "virtual/ct", "examples_rgb_color"):
            image = samples.read(name)
            for syntax, options in asked.items():
                coded = compression.compress(image, syntax, **options)
                off = stored_values(coded).astype(int) - stored_values(image)
                native, size = derived.native_size(image), derived.encoded_size(coded)
                print(syntax.keyword, abs(off).max(), round(native / size, 1))
    """)
    off = [line.split() for line in printed.splitlines()]
    assert len(off) == 12
    for syntax, most, ratio in off:
        allowed = {"JPEG2000Lossless": 0, "JPEGLSLossless": 0, "JPEGLSNearLossless": 2}
        assert int(most) <= allowed.get(syntax, 200)
        assert syntax != "JPEG2000" or 8 < float(ratio) < 16


def test_a_recorded_cell_shows_what_it_gave_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    from dicom_lessons.text import set_language

    recorded.show("09d tls tls", "")
    assert "status 0000H" in capsys.readouterr().out
    set_language("ru")
    recorded.show("09d tls-refused tls", "")
    assert capsys.readouterr().out.count("\n") >= 2
    with pytest.raises(LookupError):
        recorded.outputs("09d", "nothing")
