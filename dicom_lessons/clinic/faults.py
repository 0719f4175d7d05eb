"""The faults that the clinic knows by name: how grave each is, why it happens, what it explains."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from dicom_lessons.findings import Finding
from dicom_lessons.text import _

SEVERITIES = ("note", "warning", "error", "unread")
"""From what is worth knowing to what could not be looked at at all."""


_PIXELS = (
    *("pixel", "picture", "wrong_rows", "planar", "monochrome", "jpeg", "no_delimiter"),
    *("broken", "compressed_ow", "truncated"),
)
"""What those faults explain whose ``explains`` begins with ``"@pixels"``."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes
    ----------
    title : str
        The diagnosis in a few words; translated when shown.
    severity : str
        One of :data:`SEVERITIES`.
    why : str
        How files come to it; translated when shown.
    explains : tuple of str
        Beginnings of the names of faults that follow from this one, and are not told beside it;
        ``"*"`` is every other.
    """

    title: str
    severity: str
    why: str
    explains: tuple[str, ...] = ()


def _known() -> dict[str, Fault]:
    """Return the faults of ``faults.json``, the most likely cause first."""
    found = {}
    for row in json.loads(Path(__file__).with_name("faults.json").read_text(encoding="utf-8")):
        explains = tuple(row.get("explains", ()))
        if explains[:1] == ("@pixels",):
            explains = (*_PIXELS, *explains[1:])
        found[row["name"]] = Fault(row["title"], row["severity"], row["why"], explains)
    return found


# where two are found, this is the order in which they are told
FAULTS = _known()
ORDER = {name: place for place, name in enumerate(FAULTS)}


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Finding):
    """A finding with the name of its fault.

    Attributes
    ----------
    fault : str
        A key of :data:`FAULTS`.
    """

    fault: str

    @property
    def severity(self) -> str:
        """How grave it is: one of :data:`SEVERITIES`."""
        return FAULTS[self.fault].severity

    @property
    def title(self) -> str:
        """The diagnosis in a few words."""
        return _(FAULTS[self.fault].title)

    @property
    def why(self) -> str:
        """How files come to it."""
        return _(FAULTS[self.fault].why)


def ranked(found: list[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses with the most likely cause first, without those that it explains."""
    in_order = sorted(dict.fromkeys(found), key=lambda one: ORDER[one.fault])
    kept: list[Diagnosis] = []
    for one in in_order:
        causes = [each.fault for each in kept if each.fault != one.fault]
        if not any(_explains(cause, one.fault) for cause in causes):
            kept.append(one)
    return tuple(kept)


def _explains(cause: str, other: str) -> bool:
    told = FAULTS[cause].explains
    return "*" in told or other.startswith(told)
