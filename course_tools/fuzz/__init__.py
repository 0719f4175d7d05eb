"""Feed every reader of the course mutated files, each file in a process of its own.

What a reader promises may come out of it, in one clear sentence; anything else is a fault, and so
is a process that dies, more than two seconds of CPU time, or more than 500 MB of memory. From one
seed come the same files on every computer.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from course_tools.fuzz.mutations import mutate
from course_tools.fuzz.readers import READERS, Reader, Subject
from dicom_lessons import reading, samples

MOST_SECONDS, MOST_BYTES = 2.0, 500 * 10**6
MOST_OF_A_SENTENCE = 400
_LARGEST_SEED = 800_000
_ROOM = 3 * 2**30  # bytes of address space that a process may take on top of what it has
_PAGES = Path("/proc/self/statm")
_KILLED_AFTER = 60, 600  # seconds of CPU time, of silence
_UNCLEAR = re.compile(
    r"^\W*$|Traceback|0x[0-9a-f]{6,}|[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)


@dataclass
class Result:
    """What came of a run: how often what was called, and faults by their signatures.

    Attributes
    ----------
    files, calls, refused : int
        Mutated files, calls of readers, and calls that ended in an error that was promised.
    faults : dict
        From kind, reader and signature to the numbers of the files.
    """

    files: int = 0
    calls: int = 0
    refused: int = 0
    faults: dict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __str__(self) -> str:
        lines = [f"{self.files} files, {self.calls} calls, {self.refused} refused as promised"]
        for kind in ("uncaught", "unclear", "dead", "slow", "large"):
            numbers = {n for key, found in self.faults.items() if key[0] == kind for n in found}
            lines.append(f"{kind}: {len(numbers)} files")
        for (kind, reader, what), found in sorted(self.faults.items()):
            lines.append(f"{kind} {len(found)} {reader}: {what} (files {found[:3]})")
        return "\n".join(lines)


def seeds(folder: Path | None = None) -> list[Path]:
    """Return the files to mutate: those that lie here already, and those of a folder."""
    here = [name for name in samples.names() if samples.get(name).source != "downloaded"]
    found = [path for path in map(samples.path, here) if path.stat().st_size < _LARGEST_SEED]
    if folder is not None:
        more = (path for path in sorted(folder.rglob("*")) if path.is_file())
        found += [path for path in more if 0 < path.stat().st_size < _LARGEST_SEED]
    return found


def run(
    numbers: Sequence[int],
    seed: int = 0,
    folder: Path | None = None,
    keep: Path | None = None,
    result: Result | None = None,
) -> Result:
    """Mutate files, have them read, and return what came of it.

    Parameters
    ----------
    numbers : sequence of int
        Which files of all that the seed gives.
    seed : int
    folder : Path, optional
        Further files to mutate.
    keep : Path, optional
        Where files that show a fault are kept, by their numbers.
    result : Result, optional
        Of a run before, to be added to.
    """
    result, files = result or Result(), seeds(folder)
    with tempfile.TemporaryDirectory() as workplace:
        for number in numbers:
            chance = Random(f"{seed}/{number}")
            source = chance.choice(files)
            if "dicomdirtests" in source.parts and chance.random() < 0.9:  # so many are alike
                source = chance.choice(files)
            place = Path(workplace) / str(number)
            place.mkdir()
            before = sum(map(len, result.faults.values()))
            _count(result, number, _supervised(source, place, chance))
            if keep is not None and sum(map(len, result.faults.values())) > before:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{number}.dcm").write_bytes((place / "files" / "case.dcm").read_bytes())
            shutil.rmtree(place, ignore_errors=True)
    return result


def judge(path: Path) -> Result:
    """Have a file read by all readers as it is, and return what came of it."""
    result = Result()
    with tempfile.TemporaryDirectory() as workplace:
        _count(result, 0, _supervised(path, Path(workplace), None))
    return result


def _count(result: Result, number: int, events: Iterator[dict[str, object]]) -> None:
    result.files += 1
    for event in events:
        if event["kind"] == "call":
            result.calls += 1
        elif event["kind"] == "refused":
            result.refused += 1
        else:
            key = str(event["kind"]), str(event["reader"]), str(event["what"])
            if number not in result.faults[key]:
                result.faults[key].append(number)


def _supervised(source: Path, place: Path, chance: Random | None) -> Iterator[dict[str, object]]:
    """Mutate and read a file in a process of its own; yield what it tells, and how it died."""
    receiving, sending = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # of threads, none of which the child needs
        child = os.fork()
    if child == 0:
        os.close(receiving)
        _read_all(source, place, chance, sending)
    os.close(sending)
    reader, told = "mutate", b""
    while True:
        ready, _, _ = select.select([receiving], [], [], _KILLED_AFTER[1])
        block = os.read(receiving, 1 << 16) if ready else b""
        if not ready:
            os.kill(child, signal.SIGKILL)
        if not block:
            break
        *lines, told = (told + block).split(b"\n")
        for line in lines:
            event = json.loads(line)
            reader = event["reader"]
            yield event
    os.close(receiving)
    _pid, status = os.waitpid(child, 0)
    if status:
        signature = f"signal {status & 0x7F}, exit status {status >> 8}"
        yield {"kind": "dead", "reader": reader, "what": signature}


def _read_all(source: Path, place: Path, chance: Random | None, sending: int) -> None:
    """Run in the child: tell of every call, and end without going back.

    Without chance nothing is changed, and all readers but the slowest are called.
    """
    status = 1
    try:
        faulthandler.disable()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        if _PAGES.exists():
            size = int(_PAGES.read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + _ROOM, size + _ROOM))
        resource.setrlimit(resource.RLIMIT_CPU, (_KILLED_AFTER[0], _KILLED_AFTER[0] + 5))
        warnings.simplefilter("ignore")
        (place / "files").mkdir()
        path = place / "files" / "case.dcm"
        raw = source.read_bytes()
        path.write_bytes(raw if chance is None else mutate(raw, chance))
        subject = Subject(path, samples.path("CT_small"), Random(0))
        if chance is not None:
            subject = Subject(path, source, chance)
        is_read = _is_read(path)
        for reader in READERS:
            share = 0.05 if chance is None else chance.random()
            if share >= reader.share or (reader.of_data_set and not is_read):
                continue
            _call(reader, subject, sending)
            if reader.of_data_set:
                plain = replace(reader, name=f"{reader.name} (plain)")
                _call(plain, replace(subject, plain=True), sending)
        status = 0
    finally:
        os._exit(status)


def _is_read(path: Path) -> bool:
    """Whether the guard lets a file pass: what pydicom alone would make of others may be a bomb."""
    try:
        reading.read(path)
    except Exception:
        return False
    return True


def _call(reader: Reader, subject: Subject, sending: int) -> None:
    def tell(kind: str, what: str = "") -> None:
        line = json.dumps({"kind": kind, "reader": reader.name, "what": what})
        os.write(sending, line.encode() + b"\n")

    tell("call")
    began, size = time.process_time(), _peak()
    try:
        if subject.plain:
            try:
                subject.dataset()
            except Exception:  # what pydicom itself cannot read, no learner has
                return
        reader.read(subject)
    except reader.promised as error:
        tell("refused")
        sentence = str(error)
        if _UNCLEAR.search(sentence) or len(sentence) > MOST_OF_A_SENTENCE:
            tell("unclear", f"{_signature(error)}: {sentence[:100]!a}")
    except BaseException as error:
        tell("uncaught", _signature(error))
    spent, grown = time.process_time() - began, _peak() - size
    if spent > MOST_SECONDS:
        tell("slow", f"{spent:.1f} s" if spent > 10 else "2 to 10 s")
    if grown > MOST_BYTES:
        tell("large", f"{round(grown, -8) // 10**6} MB")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _signature(error: BaseException) -> str:
    """Return the type of an error and the innermost place of the course that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if "dicom_lessons" in each.filename] or list(frames)
    place = f"{Path(own[-1].filename).name}:{own[-1].name}" if own else "?"
    return f"{type(error).__name__} in {place}: {str(error)[:60]!a}"


def main(files: int, seed: int, folder: Path | None, keep: Path | None) -> int:
    """Run and print; return the exit status, 1 if there was any fault."""
    if folder is not None and not folder.is_dir():
        raise NotADirectoryError(f"There is no folder {folder}.")
    result = Result()
    for start in range(0, files, 500):
        run(range(start, min(start + 500, files)), seed, folder, keep, result)
        print(f"{result.files} files, {len(result.faults)} faults", file=sys.stderr, flush=True)
    print(result)
    return bool(result.faults)
