"""What a learner has done, kept in one small file on this computer and nowhere else.

``DICOM_LESSONS_PROGRESS`` names another file, or is ``off`` to keep nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from dicom_lessons import places
from dicom_lessons.exercises.lessons import find, sittings
from dicom_lessons.text import _

_LARGEST = 1_000_000  # bytes; a file of this course stays far below
_TRIES, _SECONDS = 250, 0.02


def progress() -> None:
    """Print what is done in each sitting, and what to try next."""
    path = places.progress()
    done = _read(path) if path else []
    undone: dict[str, list[str]] = {}
    every = sittings()
    for sitting, names in every.items():
        undone[sitting] = [name for name in names if name not in done]
        solved = len(names) - len(undone[sitting])
        bar = "■" * solved + "□" * len(undone[sitting])
        counted = _("{done} of {all}", done=solved, all=len(names))
        room = names[0].rpartition("-")[0]
        print(f"{sitting:3} {room:12} {bar} {counted}")
    begun = [sitting for sitting in undone if 0 < len(undone[sitting]) < len(every[sitting])]
    following = [name for sitting in (*begun, *undone) for name in undone[sitting]]
    if following:
        name, question = following[0], _(find(following[0]).question)
        print(_("Try next: {name}. {question}", name=name, question=question))
    else:
        print(_("All exercises are done."))
    if path is None:
        print(_("Your progress is not kept."))
    elif path.is_file():
        print(_("Kept in {path}: delete this file to begin anew.", path=path))


def record(name: str) -> None:
    """Write down that an exercise is done; a disk that cannot be written is no obstacle."""
    if os.environ.get("NBGRADER_EXECUTION") or not (path := places.progress()):
        return
    part = path.with_suffix(f".{os.getpid()}.part")
    with contextlib.suppress(OSError), _alone(path.with_suffix(".lock")):
        if name not in (done := _read(path)):
            part.write_text(json.dumps({"course": "dicom_lessons", "done": [*done, name]}), "utf-8")
            part.replace(path)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other kernel writes, and keep the others waiting meanwhile.

    Nobody holds the lock for longer than it takes to write a line: one that never goes away was
    left by a kernel that died, and goes away with ours.
    """
    for _try in range(_TRIES):
        try:
            lock.open("x").close()
            break
        except OSError:  # Windows has several for a file that is just being deleted
            time.sleep(_SECONDS)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _read(path: Path) -> list[str]:
    try:
        if not path.is_file():
            return []
        content = json.loads(path.read_text("utf-8")) if path.stat().st_size < _LARGEST else {}
        done = content["done"]
        if content["course"] == "dicom_lessons" and all(isinstance(one, str) for one in done):
            return list(done)
    except OSError:
        return []
    except Exception:  # whatever is wrong in it, it is not ours to mend
        pass
    return _set_aside(path)


def _set_aside(path: Path) -> list[str]:
    names = (path.with_suffix(f".{number}.aside") for number in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    with contextlib.suppress(OSError):
        path.replace(aside)
        print(
            _(
                "{path} is no progress of this course: it now lies in {aside}.",
                path=path,
                aside=aside,
            )
        )
    return []
