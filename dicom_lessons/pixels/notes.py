"""Notes on a picture: whatever has to guess what a file means says so here, where it decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from dicom_lessons.findings import Finding
from dicom_lessons.text import _, short

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


@contextmanager
def refusal(message: str, kind: type[PixelError] = PixelError, **values: object) -> Iterator[None]:
    """Turn whatever is raised on broken values into one sentence, with its ``reason``."""
    try:
        yield
    except PixelError:
        raise
    except Exception as error:  # values are converted late, and many kinds are raised
        raise kind(_(message, reason=reason_of(error), **values)) from error


def reason_of(error: BaseException) -> str:
    """Return what an error says, as a clause without addresses; never empty."""
    said = short(str(error).rpartition("available plugins:")[2] or error, 200).rstrip(" .")
    if isinstance(error, RecursionError):
        return _("its sequences are nested too deeply")
    if re.search(r"0x[0-9a-f]{6}|NoneType|object|unpack|buffer", said) or said[-1:] in ("", ":"):
        return _("it is broken")
    return said
