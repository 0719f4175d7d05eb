"""What a status says in words, and what else a message tells of its sub-operations."""

from __future__ import annotations

from dataclasses import replace

from dicom_lessons.sop import Message
from dicom_lessons.text import N_, _, short

# PS3.7 Annex C; PS3.4 Tables B.2-1, C.4-1, C.4-2, C.4-3; None stands for every service
_EXACT = {
    (None, 0x0000): N_("success"),
    (None, 0x0110): N_("processing failure"),
    (None, 0x0117): N_("invalid SOP instance"),
    (None, 0x0122): N_("SOP class not supported"),
    (None, 0x0124): N_("not authorized"),
    (None, 0x0211): N_("unrecognized operation"),
    (None, 0xFE00): N_("cancelled"),
    ("C-FIND", 0xFF00): N_("pending: a match follows"),
    ("C-FIND", 0xFF01): N_("pending: a match, but not every optional key is supported"),
    ("C-GET", 0xFF00): N_("pending: sub-operations continue"),
    ("C-MOVE", 0xFF00): N_("pending: sub-operations continue"),
    ("C-MOVE", 0xA801): N_("refused: move destination unknown"),
    ("C-STORE", 0xB000): N_("warning: elements were coerced"),
    (None, 0xB000): N_("warning: one or more sub-operations failed"),
    ("C-STORE", 0xB006): N_("warning: elements were discarded"),
    ("C-STORE", 0xB007): N_("warning: the data set does not match the SOP class"),
}
# by the first digits only
_RANGES = {
    (None, 0xA7): N_("refused: out of resources"),
    ("C-STORE", 0xA9): N_("error: the data set does not match the SOP class"),
    (None, 0xA9): N_("error: the identifier does not match the SOP class"),
}
_COUNTS = {
    "NumberOfRemainingSuboperations": N_("remaining {count}"),
    "NumberOfCompletedSuboperations": N_("completed {count}"),
    "NumberOfFailedSuboperations": N_("failed {count}"),
    "NumberOfWarningSuboperations": N_("with a warning {count}"),
}


def meaning(status: int, service: str) -> str:
    """Return what a status says in words.

    Parameters
    ----------
    status : int
        Status (0000,0900).
    service : str
        Such as ``"C-MOVE"``: one number may mean different things.
    """
    first = status >> 8
    found = (
        _EXACT.get((service, status))
        or _EXACT.get((None, status))
        or _RANGES.get((service, first))
        or _RANGES.get((None, first))
    )
    if found is None and status >> 12 == 0xC:
        cannot = N_("error: cannot understand"), N_("failed: unable to process")
        found = cannot[service != "C-STORE"]
    return _(found or N_("no success"))


def explained(message: Message) -> Message:
    """Return a message whose details say its status in words, and its sub-operations."""
    command, name = message.command, message.name
    if "Status" not in command:
        destination = command.get("MoveDestination")
        if not destination:
            return message
        line = _("to {title}", title=short(str(destination).strip(), 16))
        return replace(message, details=(*message.details, line))
    status = int(command.Status)
    words = meaning(status, name.rpartition("-")[0])
    details = [_("status {status}: {meaning}", status=f"{status:04X}H", meaning=words)]
    counts = [
        _(text, count=int(command[keyword].value))
        for keyword, text in _COUNTS.items()
        if command.get(keyword) is not None
    ]
    if counts:
        details.append(", ".join(counts))
    return replace(message, details=tuple(details))
