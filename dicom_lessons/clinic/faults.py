"""The faults that the clinic knows by name: how grave each is, why it happens, what it explains."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from dicom_lessons.findings import Finding
from dicom_lessons.text import _

SEVERITIES = ("note", "warning", "error", "unread")
"""From what is worth knowing to what could not be looked at at all."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault, a row of ``faults.json``; its texts are translated when shown.

    Attributes
    ----------
    name, title, why : str
        Its key, the diagnosis in a few words, and how files come to it.
    severity : str
        One of :data:`SEVERITIES`.
    explains : list of str
        What follows from this one, and is not told beside it: groups, or beginnings of the names
        of faults; ``"*"`` is every other.
    group : str
        ``"pixels"`` of what such pixels suffer from that are cut off or broken.
    where, cure, section : str
        Those of a diagnosis that says nothing else.
    """

    name: str
    title: str
    severity: str
    why: str
    explains: list[str] = field(default_factory=list)
    group: str = ""
    where: str = ""
    cure: str = ""
    section: str = ""


_ROWS = json.loads(Path(__file__).with_name("faults.json").read_text(encoding="utf-8"))
FAULTS = {row["name"]: Fault(**row) for row in _ROWS}
"""By name; where several are found, they are told in this order, the most likely cause first."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Finding):
    """A finding with the name of its fault, a key of :data:`FAULTS`."""

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


def diagnose(
    fault: str, what: str, where: str = "", *, cure: str = "", section: str = "",
    tag: BaseTag | None = None, **fields: object,
) -> Diagnosis:  # fmt: skip
    """Return a diagnosis; what is not said is that of its fault, whose cure may have ``fields``."""
    known = FAULTS[fault]
    where = where or known.where
    found = None if tag else tag_for_keyword(where.rpartition(".")[2])
    return Diagnosis(
        fault=fault, what=what, where=where, cure=cure or _(known.cure, **fields),
        section=section or known.section, tag=tag if found is None else BaseTag(found),
    )  # fmt: skip


def ranked(found: list[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses with the most likely cause first, without those that it explains."""
    kept: list[Diagnosis] = []
    for one in sorted(dict.fromkeys(found), key=lambda one: list(FAULTS).index(one.fault)):
        causes = (FAULTS[each.fault].explains for each in kept if each.fault != one.fault)
        known = {"*", FAULTS[one.fault].group}
        if not any(known & {*told} or one.fault.startswith((*told,)) for told in causes):
            kept.append(one)
    return tuple(kept)
