"""Requests to servers of this computer, by urllib3 and whatever is built on it."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

LOOPBACK = ("127.0.0.1", "127.1", "localhost", "0.0.0.0", "", None)


def settle() -> None:
    """Have Python's web server close each connection after its answer.

    It would wait for the next request, on top of the client that is to make it.
    """
    BaseHTTPRequestHandler.handle = _answer_once  # type: ignore[method-assign, assignment]


def _answer_once(handler: BaseHTTPRequestHandler) -> None:
    handler.handle_one_request()
    handler.close_connection = True


def answer_requests(select: Callable[..., Any]) -> None:
    """Have urllib3 reach servers of this computer by these sockets, others by the browser."""
    try:
        import urllib3.connectionpool as pools
    except ImportError:  # a lesson that makes no request has none
        return
    import urllib3.util.wait as waits
    from urllib3.connection import HTTPConnection

    plain = getattr(pools, "HTTPConnection", HTTPConnection)
    begin = pools.HTTPConnectionPool.__init__
    if getattr(begin, "reaches_here", False):
        return

    def begin_here(pool: Any, host: str, *more: Any, **options: Any) -> None:
        begin(pool, host, *more, **options)
        if host in LOOPBACK and type(pool) is pools.HTTPConnectionPool:
            pool.ConnectionCls = plain

    begin_here.reaches_here = True  # type: ignore[attr-defined]
    pools.HTTPConnectionPool.__init__ = begin_here  # type: ignore[method-assign, assignment]
    waits.wait_for_socket = lambda sock, read=False, write=False, timeout=None: any(
        select([sock] * read, [sock] * write, [], timeout)
    )
