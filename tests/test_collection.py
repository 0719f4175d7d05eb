"""Collections: one row per file whatever a disk holds, the same table however often it stopped."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import nbformat
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_files
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from course_tools import lessons
from dicom_lessons import samples
from dicom_lessons.collection import crew as crews
from dicom_lessons.collection import (
    download_commands,
    examine_all,
    explore_collection,
    fill_disk,
    find_faults,
    index_files,
    indexing,
    open_idc,
    open_index,
    sources,
)
from dicom_lessons.collection.index import Index
from dicom_lessons.collection.table import (
    ELEMENTS,
    PROBLEMS,
    CollectionError,
    columns_of,
    values_of,
)
from dicom_lessons.findings import Finding

Row = tuple[Any, ...]


def instance(number: int, **values: Any) -> Dataset:
    """Return a small CT instance without pixels."""
    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, f"2.25.{1000 + number}"
    one.StudyInstanceUID, one.SeriesInstanceUID = "2.25.1", f"2.25.{10 + number // 50}"
    one.PatientID, one.Modality, one.InstanceNumber = "P1", "CT", number
    one.ensure_file_meta()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with warnings.catch_warnings(action="ignore"):
        for keyword, value in values.items():
            setattr(one, keyword, value)
    return one


def tree(folder: Path, count: int, each_folder: int = 100) -> Path:
    """Write small files, two in a hundred broken."""
    for number in range(count):
        path = folder / f"{number // each_folder:03}" / f"{number:05}"
        path.parent.mkdir(parents=True, exist_ok=True)
        instance(number).save_as(path, enforce_file_format=True)
        if number % 50 == 7:
            path.write_bytes(path.read_bytes()[: number % 180])
    return folder


def rows(index: Index, without: Sequence[str] = ()) -> list[Row]:
    """Return all of a table, in one order."""
    left_out = f"EXCLUDE ({', '.join(without)})" if without else ""
    asked = index.ask(f"SELECT * {left_out} FROM files ORDER BY path, member").fetchall()
    return [tuple(row) for row in asked]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(fill_disk(tmp_path_factory.mktemp("disk") / "disk"))


@pytest.fixture(scope="module")
def index(disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Index:
    found: Index = index_files(disk, tmp_path_factory.mktemp("index"), processes=1)
    return found


# ---- what a row says


def test_each_file_has_one_row_and_each_row_says_what_pydicom_reads(tmp_path: Path) -> None:
    paths = {Path(path).resolve() for path in get_testdata_files()}
    top = next(path for path in paths if path.name == "CT_small.dcm").parent
    index = index_files(top, tmp_path, processes=1)
    every = [path for path in top.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(index) == len(every)
    asked = "SELECT path, Modality, Rows, SOPInstanceUID, PixelSpacing, InstanceNumber FROM files"
    compared = 0
    for path, modality, height, uid, spacing, number in index.ask(asked).fetchall():
        try:
            dataset = dcmread(top / path, stop_before_pixels=True)
        except Exception:
            continue
        if "DICOMDIR" in path:
            continue
        compared += 1
        assert (modality or "") == (dataset.get("Modality") or "")
        assert (uid or "") == dataset.get("SOPInstanceUID", "")
        assert height == dataset.get("Rows")
        assert (spacing or None) == (
            [float(mm) for mm in dataset.get("PixelSpacing") or []] or None
        )
        assert number == (None if dataset.get("InstanceNumber") is None else number)
    assert compared > 140


def test_all_bundled_instances_are_read_without_a_problem(tmp_path: Path) -> None:
    paths = [samples.path(name) for name in samples.names() if name.startswith("virtual/")]
    index = index_files([path for path in paths if path.suffix != ".zip"], tmp_path, processes=1)
    assert index.problems() == []
    assert find_faults(index) == []


def test_names_come_in_every_character_set_and_only_if_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, (term, name) in enumerate(
        [("ISO_IR 192", "Иванов^Иван"), ("ISO_IR 144", "Петров"), ("ISO_IR 100", "Müller")]
    ):
        one = instance(number, SpecificCharacterSet=term, PatientName=name)
        one.save_as(folder / str(number), enforce_file_format=True)
    plain = index_files(folder, tmp_path / "out", processes=1)
    assert "PatientName" not in plain.ask("FROM files").columns
    asked = index_files(folder, tmp_path / "out", elements=["PatientName"], processes=1)
    assert asked.files_read == 3
    names = asked.ask("SELECT PatientName FROM files ORDER BY path").fetchall()
    assert names == [("Иванов^Иван",), ("Петров",), ("Müller",)]


@pytest.mark.parametrize("wrong", ["PatientsName", "", "BeamSequence", "PixelData", 7, None])
def test_what_makes_no_column_is_refused_at_once(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(CollectionError):
        index_files(samples.path("CT_small"), tmp_path, elements=[wrong])


def test_values_of_any_kind_make_a_row(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, (keyword, vr, raw) in enumerate(
        [
            ("Rows", "US", b"\1\0\2\0"), ("Rows", "LO", b"12"), ("Rows", "OB", b"\xff" * 8),
            ("InstanceNumber", "IS", b"9" * 40), ("InstanceNumber", "IS", b"1.5\\x "),
            ("PixelSpacing", "DS", b"1,5\\2 "), ("PixelSpacing", "DS", b"nan\\1 "),
            ("PatientID", "LO", b"\xff\xfe\x00\x1b"), ("StudyDate", "SQ", b""),
            ("Modality", "UN", b"CT\\MR "),
        ]
    ):  # fmt: skip
        one = instance(number)
        setattr(one, keyword, None)
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)
        whole = (folder / f"{number}.dcm").read_bytes()
        tag = one[keyword].tag
        head = bytes([tag.group & 255, tag.group >> 8, tag.element & 255, tag.element >> 8])
        place = whole.index(head, 132)
        long = vr in {"OB", "SQ", "UN"}
        size = len(raw).to_bytes(4, "little") if long else len(raw).to_bytes(2, "little")
        new = head + vr.encode() + (b"\0\0" if long else b"") + size + raw
        (folder / f"{number}.dcm").write_bytes(whole[:place] + new + whole[place + 8 :])
    index = index_files(folder, tmp_path / "out", processes=1)
    assert len(index) == 10
    assert [str(each) for each in index.problems()] == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_mutated_files_never_stop_an_index(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(samples.path("rtplan").read_bytes()[:2000])
    for _time in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(100, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "one.dcm"
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    os.utime(path, ns=(0, data.draw(st.integers(0, 2**40))))
    assert len(index_files(path, tmp_path / "out", processes=1)) == 1


# ---- again, and after accidents


def test_a_second_pass_reads_what_is_new_and_forgets_what_is_gone(tmp_path: Path) -> None:
    folder, out = tree(tmp_path / "in", 60), tmp_path / "out"
    assert index_files(folder, out, processes=1).files_read == 60
    assert index_files(folder, out, processes=1).files_read == 0
    instance(3, PatientID="P2").save_as(folder / "000" / "00003", enforce_file_format=True)
    instance(99).save_as(folder / "000" / "zz", enforce_file_format=True)
    (folder / "000" / "00005").unlink()
    again = index_files(folder, out, processes=1)
    assert again.files_read == 2
    assert rows(again) == rows(index_files(folder, tmp_path / "fresh", processes=1))
    assert len(again) == 60
    assert len(open_index(out)) == 60


def test_an_index_that_was_opened_before_the_last_run_answers_too(tmp_path: Path) -> None:
    folder, out = tree(tmp_path / "in", 20), tmp_path / "out"
    before = index_files(folder, out, processes=1)
    assert len(before) == 20
    index_files(folder, out, processes=1, elements=["KVP"])
    assert "KVP" in before.ask("FROM files").columns
    for part in before.parts:
        part.unlink()
    with pytest.raises(CollectionError, match="no index in"):
        before.ask("FROM files")


def test_an_index_inside_its_own_folder_does_not_index_itself(tmp_path: Path) -> None:
    tree(tmp_path, 5)
    for _time in range(2):
        assert len(index_files(tmp_path, tmp_path / "index", processes=1)) == 5


def test_a_broken_part_is_read_anew(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 20)
    whole = rows(index_files(folder, tmp_path / "out", processes=1))
    for spoil in (b"", b"PAR1 rubbish"):
        open_index(tmp_path / "out").parts[0].write_bytes(spoil)
        assert rows(index_files(folder, tmp_path / "out", processes=1)) == whole


def test_processes_give_the_same_table_as_one(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 300)
    one = index_files(folder, tmp_path / "one", processes=1)
    two = index_files(folder, tmp_path / "two", processes=2, chunk=40)
    assert rows(one) == rows(two)
    assert len(two.problems()) == 6


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
def test_twenty_random_kills_change_nothing(tmp_path: Path) -> None:
    folder, out = tree(tmp_path / "in", 2000), tmp_path / "out"
    wanted = rows(index_files(folder, tmp_path / "whole", processes=1))
    rng, killed = random.Random(7), 0
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([indexing.__name__])
    for attempt in range(20):
        options = {"processes": 1 + (attempt % 7 == 6), "chunk": 10}
        process = context.Process(target=index_files, args=(folder, out), kwargs=options)
        process.start()
        process.join(rng.random() ** 3)
        killed += process.is_alive()
        process.kill()
        process.join()
        if any(out.glob("part-*.parquet")):
            assert set(rows(open_index(out))) <= set(wanted)
            if rng.random() < 0.5:  # so that a run has something left to do
                open_index(out).parts[-1].unlink()
    assert killed >= 3
    assert rows(index_files(folder, out, processes=1)) == wanted


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
def test_workers_that_vanish_take_nothing_along(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 800)
    code = """
import os, sys, threading, time, psutil
from dicom_lessons.collection import index_files
def hunt():
    for _time in range(3):
        while not (found := [one for one in psutil.Process().children(recursive=True)
                             if not one.children() and "forkserver" not in " ".join(one.cmdline())
                             or one.ppid() != os.getpid()]):
            time.sleep(0.01)
        time.sleep(0.05)
        try:
            found[0].kill()
        except psutil.Error:
            pass
        time.sleep(0.3)
if __name__ == "__main__":
    threading.Thread(target=hunt, daemon=True).start()
    index_files(sys.argv[1], sys.argv[2], processes=2, chunk=20)
"""
    with run(code, folder, tmp_path / "out") as process:
        _out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    wanted = rows(index_files(folder, tmp_path / "whole", processes=1))
    assert rows(open_index(tmp_path / "out")) == wanted


class Mortal(crews.Crew):
    """Processes that die of one file."""

    def __init__(self, deadly: str) -> None:
        super().__init__(columns_of(), 2)
        self.deadly, self.deaths = deadly, 0

    def submit(self, chunk: crews.Chunk) -> Future[Any]:
        future: Future[Any] = Future()
        if any(one.path == self.deadly for one in chunk[1]):
            self.deaths += 1
            future.set_exception(BrokenProcessPool("gone"))
        else:
            future.set_result(crews.table_of_chunk(chunk, self.columns))
        return future


def test_the_file_that_kills_is_found_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree(tmp_path / "in", 100)
    mortal = Mortal(os.path.join("000", "00042"))  # noqa: PTH118
    monkeypatch.setattr(indexing, "open_crew", lambda *_arguments: mortal)
    index = index_files(folder, tmp_path / "out", chunk=30)
    assert len(index) == 100
    assert mortal.deaths <= 8
    asked = "SELECT path FROM problems WHERE problem = 'crash'"
    assert index.ask(asked).fetchall() == [("000/00042",)]
    monkeypatch.undo()
    assert rows(index_files(folder, tmp_path / "out")) == rows(
        index_files(folder, tmp_path / "new", processes=1)
    )


DASHBOARD = 8787  # where each scheduler shows its own, unless told otherwise
DASK = """
import sys
from distributed import LocalCluster
from dicom_lessons.collection import index_files
if __name__ == "__main__":
    {settings}
    with LocalCluster(n_workers=2, threads_per_worker=1, **settings) as cluster:
        index = index_files(sys.argv[1], sys.argv[2], cluster=cluster.scheduler_address, chunk=50)
        print(index.files_read, flush=True)
"""


def test_two_dask_workers_give_the_same_table_beside_another_cluster(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 300)
    notebook = nbformat.read(lessons.NOTEBOOKS / "en" / "12b_index_your_own.ipynb", as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.id == "dask-run")
    line = next(line for line in source.splitlines() if line.startswith("settings = "))
    script = [sys.executable, "-c", DASK.format(settings=line)]
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # somebody's scheduler is there
            other.bind(("127.0.0.1", DASHBOARD))
            other.listen()
        told = subprocess.run(
            [*script, folder, tmp_path / "dask"], capture_output=True, text=True, timeout=120
        )
    assert (told.stdout.split(), told.stderr) == (["300"], "")
    wanted = rows(index_files(folder, tmp_path / "here", processes=1))
    assert rows(open_index(tmp_path / "dask")) == wanted


def test_no_cluster_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import distributed

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(CollectionError, match=r"no Dask scheduler at tcp://.*: Timed out"):
        index_files(samples.path("CT_small"), tmp_path, cluster="tcp://127.0.0.1:1")


# ---- a hostile disk


def codes(index: Index) -> dict[str, str]:
    asked = "SELECT concat_ws('/', path, member), problem FROM problems"
    return dict(index.ask(asked).fetchall())


@pytest.mark.skipif(sys.platform == "win32", reason="links and names of POSIX")
def test_links_pipes_and_odd_names_are_told_and_never_followed(tmp_path: Path) -> None:
    top = tmp_path / "in"
    (top / "a" / "b").mkdir(parents=True)
    raw = samples.path("CT_small").read_bytes()
    (top / "a" / "circle").symlink_to(top)
    (top / "a" / "nowhere").symlink_to(top / "none")
    (top / "other.dcm").symlink_to(samples.path("MR_small"))
    os.mkfifo(top / "pipe")
    odd = [
        b"\xe9t\xe9.dcm",
        b"\xd0\x98\xd0\xb2.dcm",
        b"new\nline",
        b" ",
        b"a\\x41.dcm",
        b"\xff\\xfe",
    ]
    for name in odd:
        (top / os.fsdecode(name)).write_bytes(raw)
    deep = top
    for _level in range(60):
        deep = deep / "deep"
    deep.mkdir(parents=True)
    (deep / "x").write_bytes(raw)
    index = index_files(top, tmp_path / "out", processes=1)
    links = dict.fromkeys(["a/circle", "a/nowhere", "other.dcm"], "link")
    assert codes(index) == {**links, "pipe": "no-file"}
    asked = "SELECT folder, path, member FROM instances"
    found = index.ask(asked).fetchall()
    assert len(found) == len(odd) + 1
    for place in found:
        assert Path(os.fspath(index.source(*place))).read_bytes() == raw
    assert index_files(top, tmp_path / "out", processes=1).files_read == 0


def test_folders_and_files_that_the_system_refuses_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree(tmp_path / "in", 30, 10)
    scandir, stat = os.scandir, os.stat

    def refuse(path: Any = ".") -> Any:
        if Path(path).name == "001":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    def gone(path: Any, **options: Any) -> Any:
        if str(path).endswith("00003"):
            raise OSError(errno.EIO, "Input/output error")
        return stat(path, **options)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "stat", gone)
    index = index_files(folder, tmp_path / "out", processes=1)
    told = codes(index)
    assert told.pop("000/00003") == "system"
    assert told.pop("001") == "folder"
    assert len(index) == 21
    monkeypatch.undo()
    again = index_files(folder, tmp_path / "out", processes=1)
    assert rows(again) == rows(index_files(folder, tmp_path / "new", processes=1))


def test_files_that_change_while_they_are_read_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree(tmp_path / "in", 5)
    read = values_of

    def meddle(source: Any, columns: Any) -> Any:
        values = read(source, columns)
        if source.name == "00002":
            source.write_bytes(source.read_bytes() + b"\0\0")
        if source.name == "00004":
            source.unlink()
        return values

    monkeypatch.setattr(sources, "values_of", meddle)
    index = index_files(folder, tmp_path / "out", processes=1)
    assert codes(index) == {"000/00002": "changed", "000/00004": "system"}
    monkeypatch.undo()
    again = index_files(folder, tmp_path / "out", processes=1)
    assert again.files_read == 1
    assert len(again) == 4


@pytest.mark.parametrize("when", [0, 1, 3])
def test_a_full_disk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    folder, out = tree(tmp_path / "in", 200), tmp_path / "out"
    write, calls = pq.write_table, []

    def full(table: Any, file: Any, **options: Any) -> None:
        calls.append(table.num_rows)
        if len(calls) > when:
            file.write(b"PAR1")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(table, file, **options)

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(CollectionError, match=r"the disk is full\. What it holds is kept"):
        index_files(folder, out, processes=1, chunk=4)
    assert [path.suffix for path in out.iterdir()] == [".parquet"] * when
    monkeypatch.undo()
    index = index_files(folder, out, processes=1)
    assert index.files_read == 200 - 40 * when
    assert rows(index) == rows(index_files(folder, tmp_path / "new", processes=1))


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CollectionError, match="cannot be written"):
        index_files(samples.path("CT_small"), tmp_path / "file" / "index")


@pytest.mark.parametrize("nothing", ["nowhere", [], ["a", "b"], "\0"])
def test_sources_that_are_not_there_are_one_sentence(tmp_path: Path, nothing: Any) -> None:
    with pytest.raises(CollectionError):
        index_files(nothing, tmp_path / "out")


# ---- zip archives


def test_an_archive_gives_the_rows_of_its_folder(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 120)
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    own = ("folder", "path", "member", "modified", "stamp", "detail")
    plain = rows(index_files(folder, tmp_path / "one", processes=1), own)
    zipped = rows(index_files([archive], tmp_path / "two", processes=1), own)
    assert sorted(map(repr, zipped)) == sorted(map(repr, plain))
    assert index_files([archive], tmp_path / "two", processes=1).files_read == 0


def test_archives_of_every_bad_kind_are_told(tmp_path: Path) -> None:
    top = tmp_path / "in"
    top.mkdir()
    raw = samples.path("CT_small").read_bytes()
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as file:
        file.writestr("a.dcm", raw)
    with pytest.warns(UserWarning), zipfile.ZipFile(top / "outer.ZIP", "w") as file:
        file.writestr("inner.zip", (tmp_path / "inner.zip").read_bytes())
        for _time in range(2):
            file.writestr("../same.dcm", raw)
        file.writestr("large", bytes(40_000_000), zipfile.ZIP_DEFLATED)
    (top / "cut.zip").write_bytes((top / "outer.ZIP").read_bytes()[:1000])
    spoilt = bytearray((tmp_path / "inner.zip").read_bytes())
    spoilt[5000] ^= 255
    (top / "spoilt.zip").write_bytes(spoilt)
    locked = bytearray((tmp_path / "inner.zip").read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    (top / "locked.zip").write_bytes(locked)
    index = index_files(top, tmp_path / "out", processes=1)
    assert codes(index) == {
        "outer.ZIP/inner.zip": "archive-inside",
        "outer.ZIP/large": "not-dicom",
        "cut.zip": "archive",
        "spoilt.zip/a.dcm": "unreadable",
        "locked.zip/a.dcm": "unreadable",
    }
    assert index.ask("SELECT member FROM instances ORDER BY 1").fetchall() == [
        ("../same.dcm",),
        ("../same.dcm (2)",),
    ]


# ---- what is wrong


def test_the_faults_of_the_disk_are_found_and_no_others(index: Index) -> None:
    what = [each.what.split(" (")[0] for each in find_faults(index)]
    assert what == [
        "the same instance is there 2 times",
        "one SOP Instance UID for 2 different instances",
        "one SOP Instance UID for 2 different instances",
        "one series in 2 studies",
        "one study of 2 patients",
        "one series of several modalities: MR, OT",
        "slices are missing, 3 by the distances",
        "slices are missing, 161 by the distances",
        "Study Date is 20991231: no date, before the first X-ray picture, or later than the file",
        "20000 bytes are too few for its pixels",
    ]
    assert {problem for _path, problem in codes(index).items()} == {
        "not-dicom", "dicomdir", "unreadable",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        ({"SOPInstanceUID": ""}, "UID of Type 1 is missing"),
        ({"StudyInstanceUID": "2.25.99"}, "one series in 2 studies"),
        ({"PatientID": "P9"}, "one study of 2 patients"),
        ({"Modality": "MR"}, "several modalities: CT, MR"),
        ({"StudyDate": "31.12.99"}, "Study Date is 31.12.99"),
        ({"StudyDate": "20240231"}, "Study Date is 20240231"),
        ({"StudyDate": "18010101"}, "Study Date is 18010101"),
        ({"Rows": 64, "Columns": 64, "BitsAllocated": 16, "SamplesPerPixel": 1,
          "PhotometricInterpretation": "MONOCHROME2"}, "too few for its pixels"),
    ],
)  # fmt: skip
def test_one_fault_in_a_sound_series_is_the_one_that_is_found(
    tmp_path: Path, spoil: dict[str, Any], fault: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(12):
        where = {
            "ImagePositionPatient": [0, 0, 2.5 * number],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "StudyDate": "20240105",
        }
        one = instance(number, **{**where, **(spoil if number == 5 else {})})
        one.save_as(folder / f"{number}", enforce_file_format=bool(one.SOPInstanceUID))
    (found,) = find_faults(index_files(folder, tmp_path / "out", processes=1))
    assert fault in str(found)
    assert found.cure and found.section


@given(
    count=st.integers(6, 30),
    step=st.floats(0.5, 10),
    missing=st.integers(1, 3),
    turn=st.sampled_from(
        [(1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1), (0.8, 0.6, 0, -0.48, 0.64, 0.6)]
    ),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_gaps_are_counted_in_any_direction(
    tmp_path_factory: pytest.TempPathFactory, count: int, step: float, missing: int, turn: Any
) -> None:
    import numpy as np

    top = tmp_path_factory.mktemp("gap")
    (top / "in").mkdir()
    normal = np.cross(turn[:3], turn[3:])
    middle = count // 2
    for number in range(count):
        place = number if number < middle else number + missing
        one = instance(number, ImageOrientationPatient=list(turn))
        one.ImagePositionPatient = [f"{mm:.6f}" for mm in normal * step * place + 7]
        one.SeriesInstanceUID = "2.25.5"
        one.save_as(top / "in" / f"{number:03}", enforce_file_format=True)
    (found,) = find_faults(index_files(top / "in", top / "out", processes=1))
    assert found.what == f"slices are missing, {missing} by the distances"


def test_every_instance_is_examined_members_of_archives_too(index: Index) -> None:
    def examine(path: Path) -> list[Finding]:
        dataset = dcmread(path, force=True)
        if dataset.Modality == "MG":
            raise RuntimeError("no mood for it")
        return [Finding(what="it is a CR")] if dataset.Modality == "CR" else []

    found = examine_all(index, examine)
    assert len([name for name, each in found if each.what == "it is a CR"]) == 4
    assert sum("old.zip" in name for name, _each in found) == 3
    assert [each.what for name, each in found if name == "unsorted/MG"] == [
        "it could not be examined: no mood for it"
    ]
    assert len(examine_all(index, examine, "Modality = 'MG'")) == 1


def test_every_problem_is_said_in_words(index: Index) -> None:
    assert len(index.problems()) == 10
    assert all(each.where and each.what for each in index.problems())
    assert set(codes(index).values()) <= set(PROBLEMS)


def test_a_wrong_question_is_answered_in_one_sentence(index: Index) -> None:
    with pytest.raises(CollectionError, match="Modalty"):
        index.ask("SELECT Modalty FROM instances")
    with pytest.raises(CollectionError, match="no index in"):
        open_index("nowhere")


# ---- the explorer


def test_the_explorer_counts_and_shows(index: Index) -> None:
    explorer = explore_collection(index)
    assert dict(explorer.counts())["CT"] == 122
    explorer.group.value = "PatientID"
    assert explorer.chosen.value == "DL-0001"
    assert "left coronary" in explorer.twin().markup.lower()
    assert explorer.sheet.value.count("<img") == 6
    explorer.measure.value = "MB"
    assert explorer.counts()[0][0] == "DL-0001"
    for group in ("StudyDate", "Manufacturer", "TransferSyntaxUID", "SeriesDescription"):
        explorer.group.value = group
        assert explorer.twin().text


def test_what_a_file_says_stays_text(tmp_path: Path) -> None:
    one = instance(1, Manufacturer="<img src=x onerror=alert(1)>", SeriesDescription="</script>")
    one.save_as(tmp_path / "<b>.dcm", enforce_file_format=True)
    explorer = explore_collection(index_files(tmp_path, tmp_path / "out", processes=1))
    for group in ("Manufacturer", "SeriesDescription"):
        explorer.group.value = group
        assert "<img src=x" not in explorer.twin().markup
        assert "</script>" not in explorer.twin().markup


# ---- the public index


def one_answer(question: str, **options: bool) -> Any:
    return open_idc(**options).sql(question).fetchall()


def test_the_excerpt_says_what_the_archive_holds() -> None:
    total = "SELECT sum(series), sum(instances), round(sum(MB) / 1e6, 1) FROM groups"
    assert one_answer(total) == [(1_044_191, 58_784_975, 99.9)]
    first = "SELECT Modality, sum(series) n FROM groups GROUP BY ALL ORDER BY n DESC LIMIT 3"
    assert one_answer(first) == [("CT", 270_830), ("SR", 270_687), ("SEG", 193_295)]
    negative = "SELECT sum(series) FROM groups WHERE PhotometricInterpretation = 'MONOCHROME1'"
    assert one_answer(negative) == [(2745,)]
    assert one_answer("SELECT sum(series) FROM groups WHERE PhotometricInterpretation IS NULL") == [
        (302_352,)
    ]
    assert one_answer("SELECT sum(series_of_one) FROM groups WHERE Modality = 'CT'") == [(29_544,)]


def test_the_excerpt_is_that_of_the_whole_index(tmp_path: Path) -> None:
    if importlib.util.find_spec("idc_index_data") is None:
        if os.environ.get("CI"):
            pytest.fail("not installed: idc-index-data")
        pytest.skip("not installed: idc-index-data")
    from course_tools.idc import COLUMNS, write_excerpt

    assert one_answer("FROM groups ORDER BY ALL") == one_answer(
        "FROM groups ORDER BY ALL", whole=True
    )
    asked = (
        f"SELECT {', '.join(COLUMNS)} FROM series WHERE collection_id = 'qin_lung_ct' ORDER BY ALL"
    )
    assert one_answer(asked) == one_answer(asked, whole=True)
    names = [path.name for path in write_excerpt(tmp_path)]
    assert names == ["README.md", "groups.parquet", "series.parquet"]


def test_without_the_whole_index_one_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dicom_lessons.collection import idc

    monkeypatch.setattr(idc, "find_spec", lambda _name: None)
    with pytest.raises(CollectionError, match="pip install"):
        open_idc(whole=True)


def test_commands_fetch_what_is_named_and_nothing_else() -> None:
    (address,) = open_idc().sql("SELECT series_aws_url FROM series LIMIT 1").fetchall()[0]
    (command,) = download_commands([address], "it's here")
    assert command.startswith("s5cmd --no-sign-request cp 's3://idc-open-data")
    import shlex

    assert shlex.split(command)[-1] == f"it's here/{address.split('/')[-2]}/"
    for wrong in (
        "",
        "http://x/y/*",
        "s3://idc-open-data/a;rm -rf ~/*",
        "s3://a/'b'/*",
        "s3:///a/*",
    ):
        with pytest.raises(CollectionError, match="no address"):
            download_commands([wrong], "x")


def test_the_index_never_reaches_for_the_network() -> None:
    database = open_idc()
    asked = "SELECT current_setting('autoinstall_known_extensions')"
    assert database.sql(asked).fetchall() == [(False,)]


def test_the_columns_need_no_name_of_a_person() -> None:
    assert not {"PatientName", "PatientBirthDate", "OtherPatientIDs"} & set(ELEMENTS)


def test_the_figures_compare_tables_of_the_same_files(tmp_path: Path) -> None:
    from course_tools.bench.collection import _plain_chunk, write_files

    write_files(tmp_path / "in", 120)
    paths = sorted(path for path in (tmp_path / "in").rglob("*") if path.is_file())
    plain = {Path(row["path"]).name: row for row in _plain_chunk(paths)}
    index = index_files(tmp_path / "in", tmp_path / "out", processes=1)
    asked = "SELECT path, problem, SOPInstanceUID, InstanceNumber FROM files"
    for path, problem, uid, number in index.ask(asked).fetchall():
        row = plain[path.rpartition("/")[2]]
        if problem is None:
            assert (uid, str(number)) == (row["SOPInstanceUID"], row["InstanceNumber"])
    assert len(plain) == len(index) == 120
    assert 1 <= len(index.problems()) <= 3


def test_exercises_and_workers_need_neither_pyarrow_nor_widgets() -> None:
    code = """
import sys
sys.modules["pyarrow"] = sys.modules["duckdb"] = sys.modules["dask"] = None
from dicom_lessons.exercises.lessons import declared
print(len(declared("collection")) > 9)
"""
    with run(code) as process:
        told, said = process.communicate(timeout=60)
    assert told.split() == ["True"], said
    code = "import sys, dicom_lessons.collection.crew as c; print('ipywidgets' in sys.modules)"
    with run(code) as process:
        told, said = process.communicate(timeout=60)
    assert told.split() == ["False"], said
