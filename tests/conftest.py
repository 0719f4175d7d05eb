"""What every test runs under: no network but loopback, one language, no leftovers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from lab import desk, jupyterlab, page, profile
from pages import site

from dicom_lessons.text import set_language

__all__ = ["desk", "jupyterlab", "page", "profile", "site"]

_connect = socket.socket.connect


def _connect_to_loopback(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple):
        host = "127.0.0.1" if address[0] in {"", "localhost"} else address[0]
        if not ipaddress.ip_address(host).is_loopback:
            raise PermissionError(f"a test reached for the network: {address}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _connect_to_loopback)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")  # for what modules share: their fixtures come before this one


@pytest.fixture(autouse=True)
def without_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Right answers of tests are no progress of whoever runs them."""
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", "off")
