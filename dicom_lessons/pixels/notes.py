"""Notes on a picture: whatever has to guess what a file means says so here, where it decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from dicom_lessons.findings import Finding

_notes: ContextVar[dict[Finding, None] | None] = ContextVar("notes", default=None)


class PixelError(ValueError):
    """The pixels of an object cannot be decoded or shown; the message says why."""


class PictureWarning(UserWarning):
    """A picture is shown, but its file lacks or contradicts something; the message says what."""


@contextmanager
def noted() -> Iterator[dict[Finding, None]]:
    """Collect the notes of all that runs inside, each once, in their order."""
    notes: dict[Finding, None] = {}
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def note(what: str, where: str = "", cure: str = "", section: str = "") -> None:
    """Note a clause on the element with a keyword, for whoever collects notes."""
    notes = _notes.get()
    if notes is not None:
        tag = tag_for_keyword(where.rpartition(".")[2]) if where else None
        known = None if tag is None else BaseTag(tag)
        notes[Finding(what=what, where=where, cure=cure, section=section, tag=known)] = None
