"""A learner's code runs apart: in a thread where no frame holds an answer, and never for ever.

While nbgrader executes the notebook, Linux runs it in a process of its own as well, which is ended
after ``LIMIT``: neither a loop that swallows interrupts nor the end of Python costs more than its
own exercise. Elsewhere forking a process with threads is not safe: there the thread is left behind.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import io
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from dicom_lessons.exercises.plain import shown
from dicom_lessons.text import _

LIMIT = 20.0
"""Seconds of all calls of one exercise while it is graded; nbgrader's own limit is 30."""
MOST_PRINTED = 2_000
"""Characters."""
_GRADED_FROM_THE_START = bool(os.environ.get("NBGRADER_EXECUTION"))
Found = TypeVar("Found")


class Stopped(BaseException):
    """Ends a thread whose answer nobody waits for any more."""


class Unfinished(Exception):
    """Code that did not come to an end; the message says how."""


def is_graded() -> bool:
    """Tell whether nbgrader executes the notebook, even if its code forgot so meanwhile."""
    return _GRADED_FROM_THE_START or bool(os.environ.get("NBGRADER_EXECUTION"))


class _Printed(io.TextIOBase):
    """Standard output with an end, which cannot be closed; what goes beyond is dropped."""

    encoding = "utf-8"

    def __init__(self, onto: Any) -> None:
        self.onto, self.left = onto, MOST_PRINTED

    def write(self, text: str) -> int:
        kept = text[: self.left]
        if self.left:
            with contextlib.suppress(Exception):  # the learner may have closed the real one
                self.onto.write(kept + "\n…\n" * (len(kept) < len(text)))
        self.left -= len(kept)
        return len(text)

    def close(self) -> None:
        """Stay open."""


def apart(work: Callable[[], Found]) -> Found:
    """Return what ``work`` returns; what it prints is cut, and the folder stays what it was.

    Parameters
    ----------
    work : callable
        Takes and holds nothing that its code must not see. Its result can be pickled.

    Raises
    ------
    Unfinished
        If it raises, does not end in time, or ends Python.
    KeyboardInterrupt
        If the learner stops it.
    """
    graded = is_graded()
    run = _in_a_process if graded and sys.platform == "linux" else _tried
    outcome: list[tuple[bool, Any]] = []
    context, done = contextvars.copy_context(), threading.Event()

    def answer() -> None:
        try:
            outcome.append(context.run(run, work))
        finally:
            done.set()

    thread = threading.Thread(target=answer, daemon=True)
    end = time.monotonic() + LIMIT + 2 if graded else float("inf")
    with folder_kept(), contextlib.redirect_stdout(_Printed(sys.stdout)):
        try:
            thread.start()
            while time.monotonic() < end and not done.wait(0.2):
                pass  # Windows hears of an interrupt between two waits only
        finally:
            _stop(thread, done)
    good, found = (outcome or [(False, _too_long())])[0]
    if not good:
        raise Unfinished(found)
    return found  # type: ignore[no-any-return]


def _too_long() -> str:
    return _(
        "Your code did not end within {seconds} seconds: look for a loop without an end.",
        seconds=round(LIMIT),
    )


@contextlib.contextmanager
def folder_kept() -> Iterator[None]:
    """Go back to the working folder, wherever the code inside went."""
    folder = None
    with contextlib.suppress(OSError):  # it may be gone already
        folder = Path.cwd()
    try:
        yield
    finally:
        if folder is not None:
            with contextlib.suppress(OSError):
                os.chdir(folder)


def _stop(thread: threading.Thread, done: threading.Event) -> None:
    """Interrupt a thread several times, since its code may swallow one; then leave it."""
    for _time in range(10):  # is_alive() is wrong after an interrupt of join()
        if done.is_set():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped)
        )
        done.wait(0.05)


def _tried(work: Callable[[], Found]) -> tuple[bool, Any]:
    try:
        return True, work()
    except BaseException as error:  # even sys.exit() may be in there
        return False, _("The answer cannot be read: {error}.", error=shown(error))


def _in_a_process(work: Callable[[], Found]) -> tuple[bool, Any]:
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="answer-", ignore_cleanup_errors=True) as folder:
        process = context.Process(target=_send, args=(sending, work, folder), daemon=True)
        # there are other threads; the new process touches none
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            process.start()
        sending.close()
        try:
            if not receiving.poll(LIMIT):
                return False, _too_long()
            good, found, printed = receiving.recv()
            sys.stdout.write(printed)
            return good, pickle.loads(found) if good else found
        except (EOFError, OSError):
            said = _("Your code ended Python itself: let it return something or raise an error.")
            return False, said
        finally:
            with contextlib.suppress(OSError):  # with whatever it has started
                os.killpg(int(str(process.pid)), signal.SIGKILL)
            process.kill()
            process.join()


def _send(sending: Connection, work: Callable[[], Found], folder: str) -> None:
    os.setpgid(0, 0)
    tempfile.tempdir = folder  # nothing is left of it, however it ends
    printed = io.StringIO()
    sys.stdout = _Printed(printed)
    good, found = _tried(lambda: pickle.dumps(work()))
    sending.send((good, found, printed.getvalue()))
