"""The Basic Application Level Confidentiality Profile and its options, as data (PS3.15 Annex E)."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag, Tag

from dicom_lessons.text import N_, _

TABLE = Path(__file__).with_name("profile.csv")
EDITION = "2026c"

PROFILE_CODE = "113100"
OPTIONS = MappingProxyType(
    {
        "graphics": ("113103", N_("Clean Graphics")),
        "structured_content": ("113104", N_("Clean Structured Content")),
        "descriptors": ("113105", N_("Clean Descriptors")),
        "full_dates": ("113106", N_("Retain Longitudinal Temporal Information, Full Dates")),
        "modified_dates": (
            "113107",
            N_("Retain Longitudinal Temporal Information, Modified Dates"),
        ),
        "patient_characteristics": ("113108", N_("Retain Patient Characteristics")),
        "devices": ("113109", N_("Retain Device Identity")),
        "uids": ("113110", N_("Retain UIDs")),
        "safe_private": ("113111", N_("Retain Safe Private")),
        "institutions": ("113112", N_("Retain Institution Identity")),
    }
)
"""The ten options of Table E.1-1: code of CID 7050, and title."""

ACTIONS = MappingProxyType(
    {
        "D": N_("replace the value by a dummy"),
        "Z": N_("empty the value"),
        "X": N_("remove the element"),
        "K": N_("keep it; look into its items"),
        "C": N_("clean the value of all that identifies"),
        "U": N_("replace the UID, everywhere by the same one"),
    }
)
"""The actions of PS3.15 Table E.1-1a; a combination such as X/Z is decided by the IOD."""


@dataclass(frozen=True)
class TableRow:
    """One row of Table E.1-1.

    Attributes
    ----------
    tag : str
        As the table writes it; ``(60xx,3000)`` stands for sixteen overlay groups.
    name : str
        Attribute Name, also where pydicom's dictionary is older than the table.
    action : str
        Of the Basic Profile: one of ``ACTIONS``, or a combination such as ``"X/Z/D"``.
    options : mapping
        What an option does instead: ``"K"`` or ``"C"`` by its name.
    edition : str
        Of the standard, where the row is not in both tables that this one was gathered from.
    """

    tag: str
    name: str
    action: str
    options: MappingProxyType[str, str]
    edition: str = ""

    def __str__(self) -> str:
        kept = ", ".join(f"{name}={action}" for name, action in self.options.items())
        return f"{self.tag} {self.name}: {self.action}" + (f" ({kept})" if kept else "")

    def action_with(self, options: Collection[str]) -> str:
        """Return the action under options; where they disagree, cleaning wins over keeping."""
        chosen = {self.options[one] for one in options if one in self.options}
        return min(chosen, default=self.action)


def rule(tag: int | str) -> TableRow | None:
    """Return what the profile says about an element, or None if it does not name it.

    Parameters
    ----------
    tag : int or str
        A tag, or the keyword of one.

    Raises
    ------
    ValueError
        If the text is neither.

    Examples
    --------
    >>> rule("PatientID").action, rule(0x00091001).name, rule("Rows")
    ('Z/D', 'Private Attributes', None)
    """
    number = tag_for_keyword(tag) if tag and isinstance(tag, str) else None
    try:
        found = Tag((tag or "-") if number is None else number)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(_("{tag!r} is neither a tag nor a keyword.", tag=str(tag)[:40])) from None
    return rules().get(_row_of(found))


def options() -> dict[str, tuple[str, str]]:
    """Return the ten options of the table by name: code of CID 7050, and title."""
    return {name: (code, _(title)) for name, (code, title) in OPTIONS.items()}


def actions() -> dict[str, str]:
    """Return what each letter of the table asks for (PS3.15 Table E.1-1a)."""
    return {letter: _(meaning) for letter, meaning in ACTIONS.items()}


@cache
def rules() -> dict[str, TableRow]:
    """Return the whole table, by tag as it is written there."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    table: dict[str, TableRow] = {}
    for row in rows:
        options = MappingProxyType(dict(pair.split("=") for pair in row["options"].split()))
        cells = (row["tag"], row["name"], row["action"])
        table[row["tag"]] = TableRow(*cells, options, row["edition"])
    return table


def check_options(options: Collection[str]) -> None:
    """Refuse options that the table does not have, and two that exclude each other.

    Raises
    ------
    ValueError
        With the names that may be given.
    """
    if isinstance(options, str) or (unknown := [one for one in options if one not in OPTIONS]):
        named = options if isinstance(options, str) else unknown[0]
        raise ValueError(
            _(
                "{option!r} is no option. A list of these: {names}.",
                option=str(named)[:40],
                names=", ".join(OPTIONS),
            )
        )
    if {"full_dates", "modified_dates"} <= set(options):
        raise ValueError(_("Dates are either kept or moved: choose one of the two options."))


def _row_of(tag: BaseTag) -> str:
    if tag.is_private:
        return "(odd,xxxx)"
    if tag.group >> 8 == 0x50:
        return "(50xx,xxxx)"
    if tag.group >> 8 == 0x60:
        return f"(60xx,{tag.element:04X})"
    return f"({tag.group:04X},{tag.element:04X})"
