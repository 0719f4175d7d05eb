"""Disks that mean no good: whatever lies on them is told, nothing ends a run, nothing is lost."""

from __future__ import annotations

import errno
import os
import signal
import struct
import sys
import zipfile
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from test_collection import codes, instance, rows, run, tree

from dicom_lessons import reading, samples
from dicom_lessons.collection import crew as crews
from dicom_lessons.collection import (
    examine_all,
    explore_collection,
    find_faults,
    index_files,
    open_index,
    sources,
    table,
)
from dicom_lessons.collection.table import CollectionError

CT = samples.path("CT_small").read_bytes()
posix = pytest.mark.skipif(sys.platform == "win32", reason="links and names of POSIX")


def archive(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as file:
        for name, raw in members.items():
            file.writestr(name, raw)
    return path


# ---- folders


@posix
def test_sources_that_overlap_are_read_once(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 120)
    several = [folder, folder / "000", folder / "001" / "00101", str(folder) + os.sep, folder]
    index = index_files(several, tmp_path / "out", processes=1)
    assert rows(index) == rows(index_files(os.fsencode(folder), tmp_path / "one", processes=1))


@posix
def test_an_index_in_the_folder_that_it_describes_leaves_itself_out(tmp_path: Path) -> None:
    tree(tmp_path / "in", 5)
    (tmp_path / "in" / "part-7.dcm").write_bytes(CT)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for out in (tmp_path / "in", tmp_path / "link", tmp_path / "in" / "000" / "index"):
        for _time in range(2):
            assert len(index_files(tmp_path / "link", out, processes=1)) == 6
        for part in open_index(out).parts:
            part.unlink()


@posix
def test_a_source_that_is_a_link_is_followed_and_a_circle_is_no_source(tmp_path: Path) -> None:
    folder = tree(tmp_path / "in", 5)
    (tmp_path / "one").symlink_to(folder)
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (folder / "up").symlink_to(tmp_path)
    (folder / "self").symlink_to(folder / "self")
    index = index_files(tmp_path / "one", tmp_path / "out", processes=1)
    assert codes(index) == {"up": "link", "self": "link"}
    with pytest.raises(CollectionError, match="no file or folder"):
        index_files(tmp_path / "a", tmp_path / "out")


@posix
def test_a_file_without_a_name_in_utf_8_that_cannot_be_read_has_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / os.fsdecode(b"in\xff")
    (folder / os.fsdecode(b"z\xe9")).mkdir(parents=True)
    for name in (b"\xff.dcm", b"z\xe9/\xc0\xaf.dcm", b"two\nlines\t\x1b[31m.dcm"):
        (folder / os.fsdecode(name)).write_bytes(CT)
    (folder / os.fsdecode(b"\xfe.zip")).write_bytes(b"PK\3\4")
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if os.fsencode(path).endswith(b"\xe9"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    def broken(path: Any, *_arguments: Any) -> Any:
        raise OSError(errno.EIO, "Input/output error", os.fspath(path))

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(sources, "values_of", broken)
    index = index_files(folder, tmp_path / "out", processes=1)
    assert sorted(codes(index).values()) == ["archive", "folder", "system", "system"]
    assert all("\udcff" not in str(each) for each in index.problems())
    monkeypatch.undo()
    again = index_files(folder, tmp_path / "out", processes=1)
    asked = "SELECT folder, path, member FROM instances"
    found = [again.source(*place) for place in again.ask(asked).fetchall()]
    assert [Path(str(each)).read_bytes() for each in found] == [CT] * 3


def test_any_time_of_change_makes_a_row(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, seconds in enumerate((0, -1e9, 4e9, 1.5)):
        (folder / str(number)).write_bytes(CT)
        os.utime(folder / str(number), (seconds, seconds))
    index = index_files(folder, tmp_path / "out", processes=1)
    assert index.problems() == []
    assert index_files(folder, tmp_path / "out", processes=1).files_read == 0


@posix
def test_a_file_that_becomes_a_pipe_or_a_folder_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree(tmp_path / "in", 6)
    read = table.values_of

    def swap(path: Any, columns: Any) -> Any:
        if path.name == "00001":
            path.unlink()
            os.mkfifo(path)
        if path.name == "00002":
            path.unlink()
            path.mkdir()
        if path.name == "00003":
            path.write_bytes(b"")
        return read(path, columns)

    monkeypatch.setattr(sources, "values_of", swap)
    index = index_files(folder, tmp_path / "out", processes=1)
    told = {"000/00001": "changed", "000/00002": "system", "000/00003": "changed"}
    assert codes(index) == told
    monkeypatch.undo()
    again = index_files(folder, tmp_path / "out", processes=1)
    assert codes(again) == {"000/00001": "no-file", "000/00003": "not-dicom"}


def test_whatever_reading_raises_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree(tmp_path / "in", 4)
    errors = iter([RecursionError(), MemoryError(), ZeroDivisionError("x"), KeyError("y")])

    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise next(errors)

    monkeypatch.setattr(reading, "read", fail)
    index = index_files(folder, tmp_path / "out", processes=1)
    kinds = ["unreadable", "system", "unreadable", "unreadable"]
    assert list(codes(index).values()) == kinds
    monkeypatch.undo()
    assert index_files(folder, tmp_path / "out", processes=1).files_read == 1


@posix
def test_of_a_large_file_the_header_is_read_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, start in (("film", CT), ("zeros", b"")):
        with (folder / name).open("wb") as file:
            file.write(start)
            file.truncate(10 * 2**30)  # a hole: it takes no room
    index = index_files(folder, tmp_path / "out", processes=1)
    assert codes(index) == {"zeros": "not-dicom"}
    assert index.ask("SELECT Modality, bytes FROM instances").fetchall() == [("CT", 10 * 2**30)]
    assert "10737418240" not in str(find_faults(index))
    assert explore_collection(index).pictures() == []


def test_items_of_ten_thousand_frames_are_passed_by(tmp_path: Path) -> None:
    one = instance(1, PixelSpacing=[1, 1])
    one.save_as(tmp_path / "many", enforce_file_format=True)
    item = b"\xfe\xff\x00\xe0" + struct.pack("<L", 0xFFFFFFFF)
    head = b"\x00\x52\x30\x92SQ\0\0" + struct.pack("<L", 0xFFFFFFFF)
    with (tmp_path / "many").open("ab") as file:
        file.write(head + item * 20_000)  # deeper than any reader goes
    index = index_files(tmp_path / "many", tmp_path / "out", processes=1)
    assert index.ask("SELECT Modality, PixelSpacing FROM instances").fetchall() == [
        ("CT", [1.0, 1.0])
    ]


@pytest.mark.parametrize("behind", ["SOPInstanceUID", "StudyInstanceUID", "Rows"])
def test_elements_out_of_order_are_found(tmp_path: Path, behind: str) -> None:
    whole = instance(1, Rows=7)
    whole.save_as(tmp_path / "one", enforce_file_format=True)
    raw, tag = (tmp_path / "one").read_bytes(), whole[behind].tag
    start = raw.index(struct.pack("<HH", tag.group, tag.element), 132)
    end = start + 8 + struct.unpack_from("<H", raw, start + 6)[0]
    private = b"\x43\0\x01\0SH\2\0x "
    (tmp_path / "one").write_bytes(raw[:start] + raw[end:] + private + raw[start:end])
    index = index_files(tmp_path / "one", tmp_path / "out", processes=1)
    ((found,),) = index.ask(f'SELECT "{behind}" FROM instances').fetchall()
    assert found == whole[behind].value


# ---- archives


NAMES = (
    *("/etc/passwd", "../../up.dcm", "C:\\boot.dcm", "a\\b.dcm", "name\nof two lines", " "),
    *("имя.dcm", "z\xe9", "con", "a/" * 400 + "deep", "same", "Same", "same (2)"),
)


def test_no_name_of_a_member_leads_out_of_its_archive(tmp_path: Path) -> None:
    members = {name: CT[:-2] + bytes([number, 0]) for number, name in enumerate(NAMES)}
    path = archive(tmp_path / "all.zip", members)
    with pytest.warns(UserWarning), zipfile.ZipFile(path, "a") as file:
        for number in (90, 91):
            file.writestr("same", CT[:-2] + bytes([number, 0]))
    before = sorted(tmp_path.rglob("*"))
    index = index_files([path], tmp_path / "out", processes=1)
    assert codes(index) == {}
    asked = index.ask("SELECT folder, path, member FROM instances").fetchall()
    found = {member: index.source(folder, path, member) for folder, path, member in asked}
    assert len(found) == len(set(found.values())) == len(NAMES) + 2
    assert all(found[name] == raw for name, raw in members.items())
    seen = examine_all(index, lambda path: [str(path.read_bytes() in found.values())])
    assert [each for _name, each in seen] == ["True"] * len(found)
    assert [each for each in sorted(tmp_path.rglob("*")) if "out" not in each.parts] == before
    with pytest.raises(LookupError):
        index.source(str(tmp_path), "all.zip", "nobody")


def test_bombs_are_told_and_take_neither_memory_nor_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    read = table.values_of

    def watch(source: Any, columns: Any) -> Any:
        taken.append(len(source))
        return read(source, columns)

    monkeypatch.setattr(sources, "values_of", watch)
    zeros = bytes(100_000_000)
    path = tmp_path / "in" / "bomb.zip"
    path.parent.mkdir()
    archive(path, {"zeros": zeros, "film": CT + zeros}, zipfile.ZIP_DEFLATED)
    lying = bytearray(archive(tmp_path / "x.zip", {"a": CT}, zipfile.ZIP_DEFLATED).read_bytes())
    place = lying.index(b"PK\1\2")
    lying[place + 24 : place + 28] = struct.pack("<L", 2**32 - 2)  # it says 4 GB
    (path.parent / "lying.zip").write_bytes(lying)
    index = index_files(path.parent, tmp_path / "out", processes=1)
    assert codes(index) == {"bomb.zip/zeros": "not-dicom"}
    assert max(taken) < 20_000_000
    assert len(index.ask("FROM instances").fetchall()) == 2


def test_an_archive_that_changes_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = archive(folder / "a.zip", {str(number): CT for number in range(4)})
    read, calls = table.values_of, list[int]()

    def meddle(raw: Any, columns: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            archive(tmp_path / "b.zip", {"0": CT, "one": CT[:300]})
            os.utime(tmp_path / "b.zip", (1, 1))
            (tmp_path / "b.zip").replace(path)
        return read(raw, columns)

    monkeypatch.setattr(sources, "values_of", meddle)
    index = index_files(folder, tmp_path / "out", processes=1)
    assert set(codes(index).values()) == {"changed"}
    monkeypatch.undo()
    again = index_files(folder, tmp_path / "out", processes=1)
    assert rows(again) == rows(index_files(folder, tmp_path / "new", processes=1))
    assert codes(again) == {"a.zip/one": "unreadable"}
    path.write_bytes(path.read_bytes()[:500])
    assert codes(index_files(folder, tmp_path / "out", processes=1)) == {"a.zip": "archive"}
    path.unlink()
    assert len(index_files(folder, tmp_path / "out", processes=1)) == 0


def test_what_is_called_zip_and_is_none(tmp_path: Path) -> None:
    (tmp_path / "in" / "folder.zip").mkdir(parents=True)
    (tmp_path / "in" / "folder.zip" / "a").write_bytes(CT)
    (tmp_path / "in" / "empty.zip").write_bytes(b"")
    (tmp_path / "in" / "ct.zip").write_bytes(CT)
    inner = archive(tmp_path / "in" / "nothing.zip", {}).read_bytes()
    archive(tmp_path / "in" / "twice.zip", {"in.zip": inner})
    index = index_files(tmp_path / "in", tmp_path / "out", processes=1)
    assert codes(index) == {"empty.zip": "archive", "twice.zip/in.zip": "archive-inside"}
    asked = "SELECT path FROM instances ORDER BY path"
    assert index.ask(asked).fetchall() == [("ct.zip",), ("folder.zip/a",)]


# ---- the disk of the index, and whoever reads


LIMITED = """
import resource, sys
from dicom_lessons.collection import index_files
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        index_files(sys.argv[1], sys.argv[2], processes=1, chunk=40)
    except ValueError as error:
        print(type(error).__name__, error)
"""


@posix
def test_a_disk_that_takes_no_more_bytes_is_one_sentence(tmp_path: Path) -> None:
    folder, out = tree(tmp_path / "in", 500), tmp_path / "out"
    with run(LIMITED, folder, out, 9000) as process:
        told, said = process.communicate(timeout=120)
    assert told.startswith("CollectionError The index cannot be written: "), said
    assert not list(out.glob("*.tmp"))
    assert rows(index_files(folder, out, processes=1)) == rows(
        index_files(folder, tmp_path / "new", processes=1)
    )


@pytest.mark.parametrize("where", ["unlink", "glob", "replace"])
def test_an_index_that_cannot_be_changed_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    folder, out = tree(tmp_path / "in", 10), tmp_path / "out"

    def refuse(*_arguments: Any, **_options: Any) -> Any:
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, where, refuse)
    with pytest.raises(CollectionError, match=r"cannot be written: .*Read-only"):
        index_files(folder, out, processes=1)


class Breaking(crews.Crew):
    """A pool that is broken whenever it is to take the third chunk."""

    def _open(self) -> Any:
        pool, submit, taken = super()._open(), None, []
        submit = pool.submit

        def third(*arguments: Any) -> Any:
            taken.append(1)
            if len(taken) == 3:
                raise BrokenProcessPool("gone")
            return submit(*arguments)

        pool.submit = third  # type: ignore[assignment, method-assign]
        return pool


def test_a_pool_that_breaks_as_it_takes_a_chunk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dicom_lessons.collection import indexing

    folder = tree(tmp_path / "in", 100)
    monkeypatch.setattr(indexing, "open_crew", lambda columns, *_rest: Breaking(columns, 1 + 1))
    index = index_files(folder, tmp_path / "out", chunk=25)
    monkeypatch.undo()
    assert rows(index) == rows(index_files(folder, tmp_path / "new", processes=1))


DASK = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
from distributed import LocalCluster
from dicom_lessons.collection import index_files
if __name__ == "__main__":
    options = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster:
        where = cluster.scheduler_address
        pids = [worker.pid for worker in cluster.workers.values()]
        def kill():
            while not os.path.isdir(sys.argv[2]):
                time.sleep(0.01)
            os.kill(pids[0], signal.SIGKILL)
        def end():
            kill()
            cluster.scheduler.loop.add_callback(cluster.scheduler.close)
        threading.Thread(target=end if sys.argv[3] == "end" else kill, daemon=True).start()
        try:
            print(index_files(sys.argv[1], sys.argv[2], cluster=where, chunk=20).files_read)
        except ValueError as error:
            print(type(error).__name__)
        sys.stdout.flush()
        os._exit(0)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")
@pytest.mark.parametrize(("what", "told"), [("kill", "600"), ("end", "CollectionError")])
def test_a_cluster_that_loses_workers_loses_no_file(tmp_path: Path, what: str, told: str) -> None:
    folder, out = tree(tmp_path / "in", 600), tmp_path / "out"
    with run(DASK, folder, out, what) as process:
        said, error = process.communicate(timeout=180)
    assert said.split() == [told], error
    index = index_files(folder, out, processes=1)
    assert rows(index) == rows(index_files(folder, tmp_path / "here", processes=1))
