"""Threads that take turns: whoever waits lets the others go on meanwhile.

A thread runs to its end when somebody first waits, on top of whoever waits. A loop that serves
others (a server, pynetdicom's reactors) never ends: each turn is one round of it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from socketserver import BaseServer
from threading import Condition, Thread, Timer
from typing import Any

LONGEST_WAIT = 60.0
"""Seconds after which a wait that nothing can end is given up."""
_REST = 0.001

_begun: list[Thread] = []
_rounds: dict[Thread, Callable[[], None]] = {}
_due: dict[Timer, float] = {}
_alive: set[Thread] = set()
_busy: set[Thread] = set()
_start, _join, _is_alive, _enumerate = (
    Thread.start, Thread.join, Thread.is_alive, threading.enumerate,
)  # fmt: skip
rest = time.sleep


class Idle(BaseException):
    """Ends a round of a loop that has nothing more to do just now."""


def turn() -> None:
    """Let every other thread have its turn."""
    now = time.monotonic()
    for timer in [one for one, end in _due.items() if end <= now or one.finished.is_set()]:
        del _due[timer]
        if not timer.finished.is_set():
            timer.function(*timer.args, **timer.kwargs)
        _alive.discard(timer)
    while _begun:
        thread = _begun.pop(0)
        with _taken(thread):
            thread.run()
        _alive.discard(thread)
    for thread, round_ in [*_rounds.items()]:
        if thread in _rounds and thread not in _busy:
            with _taken(thread):
                round_()


@contextlib.contextmanager
def _taken(thread: Thread) -> Any:
    _busy.add(thread)
    try:
        yield
    except Idle:
        pass
    except Exception:
        threading.excepthook(threading.ExceptHookArgs((*_error(), thread)))
    finally:
        _busy.discard(thread)


def _error() -> tuple[Any, ...]:
    import sys

    return sys.exc_info()


def wait_until(happened: Callable[[], bool], seconds: float | None) -> bool:
    """Let others go on until something happened, and tell whether it did in time."""
    end = time.monotonic() + (LONGEST_WAIT if seconds is None else seconds)
    while not happened():
        turn()
        if happened():
            break
        if time.monotonic() >= end:
            if seconds is None:
                raise RuntimeError("Nothing in this browser can end this wait.")
            return False
        rest(_REST)
    return True


def sleep(seconds: float) -> None:
    """Let others go on for some seconds."""
    wait_until(lambda: False, seconds)


def end(thread: Thread) -> None:
    """Give a loop no turn any more."""
    _rounds.pop(thread, None)
    _alive.discard(thread)


def settle() -> None:
    """Have the threads of the course and of the servers that it runs take turns."""
    for name, function in (("start", _begin), ("join", _wait_for), ("is_alive", _lives)):
        setattr(Thread, name, function)
    setattr(Condition, "wait", _wait)  # noqa: B010
    setattr(BaseServer, "shutdown", _shut_down)  # noqa: B010
    threading.enumerate = lambda: [*_enumerate(), *_alive]
    setattr(time, "sleep", sleep)  # noqa: B010


def _begin(thread: Thread) -> None:
    target = getattr(thread, "_target", None)
    maker = type(thread).__module__ if target is None else getattr(target, "__module__", "")
    if isinstance(thread, Timer):
        _due[thread] = time.monotonic() + thread.interval
    elif hasattr(thread, "run_reactor"):
        from dicom_lessons.browser.associations import round_of

        _rounds[thread] = round_of(thread)
    elif getattr(target, "__func__", None) is BaseServer.serve_forever:
        _rounds[thread] = _serve(target.__self__)  # type: ignore[union-attr]
    elif (maker or "").partition(".")[0] in (
        "dicom_lessons",
        "socketserver",
        "pynetdicom",
        "__main__",
    ):
        _begun.append(thread)
    else:
        _start(thread)
        return
    _alive.add(thread)
    thread.takes_turns = True  # type: ignore[attr-defined]
    thread._started.set()  # type: ignore[attr-defined]


def _serve(server: Any) -> Callable[[], None]:
    def round_() -> None:
        while server.socket.waiting:
            server._handle_request_noblock()

    round_.server = server  # type: ignore[attr-defined]
    return round_


def _shut_down(server: BaseServer) -> None:
    turn()
    for thread, round_ in [*_rounds.items()]:
        if getattr(round_, "server", None) is server:
            end(thread)


def _wait_for(thread: Thread, timeout: float | None = None) -> None:
    if hasattr(thread, "takes_turns"):
        wait_until(lambda: thread not in _alive, timeout)
    else:
        _join(thread, timeout)


def _lives(thread: Thread) -> bool:
    return thread in _alive if hasattr(thread, "takes_turns") else _is_alive(thread)


def _wait(condition: Any, timeout: float | None = None) -> bool:
    waiter = threading.Lock()
    waiter.acquire()
    condition._waiters.append(waiter)
    held = condition._release_save()
    try:
        return wait_until(lambda: waiter.acquire(blocking=False), timeout)
    finally:
        condition._acquire_restore(held)
        with contextlib.suppress(ValueError):
            condition._waiters.remove(waiter)
