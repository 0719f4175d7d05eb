"""What each action of Table E.1-1a does to one element (PS3.15 §E.1.1)."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pydicom import DataElement, Dataset
from pydicom.valuerep import DA, DT

from dicom_lessons.deidentify.identifiers import TEXT_VRS, Identifiers
from dicom_lessons.sop import SOPClassError, definition

DATES = frozenset({"DA", "DT"})
_DUMMIES: dict[str, object] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "SH", "ST", "UC", "UT"), "REMOVED"),
    **dict.fromkeys(("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT"), 0),
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW", "UN"), bytes(8)),
    **{"AS": "000Y", "DA": "19000101", "DT": "19000101000000", "TM": "000000"},
    **{"DS": "0", "IS": "0", "PN": "Removed", "UR": "urn:removed"},
}


class Table(Protocol):
    """What holds rows of attributes: a module, or an attribute that is a sequence."""

    @property
    def items(self) -> tuple[Row, ...]: ...


class Row(Table, Protocol):
    """One attribute of a table."""

    @property
    def keyword(self) -> str: ...
    @property
    def type(self) -> str: ...


@dataclass(frozen=True)
class Place:
    """Where an element stands in the tables of its IOD: candidates, for modules may share it.

    ``tables`` is None if nothing says which IOD it is.
    """

    tables: tuple[Table, ...] | None

    def type_of(self, keyword: str) -> str:
        """Return the strictest type that a table gives it, ``"3"`` if it stands in none."""
        if self.tables is None:
            return ""
        return min((one.type for one in self._rows(keyword)), default="3")

    def inside(self, keyword: str) -> Place:
        """Return the place of the items of a sequence."""
        return self if self.tables is None else Place(tuple(self._rows(keyword)))

    def knows(self, keyword: str) -> bool:
        """Return whether the tables have such an attribute here; True if there are no tables."""
        return self.tables is None or any(True for _row in self._rows(keyword))

    def _rows(self, keyword: str) -> Iterator[Row]:
        for table in self.tables or ():
            yield from (row for row in table.items if row.keyword == keyword)


def top_of(dataset: Dataset) -> Place:
    """Return the place of a data set's own elements."""
    try:
        modules = definition(str(dataset.get("SOPClassUID", ""))).modules
    except SOPClassError:
        return Place(None)
    return Place(tuple(_Module(module.attributes) for module in modules))


@dataclass(frozen=True)
class _Module:
    items: tuple[Row, ...]


def decide(action: str, type: str) -> str:
    """Return the one action that keeps an object valid by its IOD.

    Parameters
    ----------
    action : str
        Of the table: ``"X"``, ``"X/Z/D"`` …
    type : str
        Of the attribute in its IOD (PS3.5 §7.4): ``"1"`` to ``"3"``, empty if that is unknown.

    Examples
    --------
    >>> decide("X/Z/D", "3"), decide("X/Z/D", "2"), decide("X/Z/D", "1C"), decide("X", "2")
    ('X', 'Z', 'D', 'Z')
    """
    allowed = action.rstrip("*").split("/")
    if len(allowed) == 1 and action not in ("X", "Z"):
        return action
    if not type:  # whatever it is, this keeps it valid
        return allowed[-1]
    needed = {"1": "D", "2": "Z", "3": "X"}[type[0]]
    if needed == "X":
        return allowed[0]
    if needed == "Z":
        return "Z" if "Z" in allowed or allowed == ["X"] else allowed[-1]
    return allowed[-1] if allowed[-1] in "DU" else "D"


def dummy(element: DataElement, *, patient: str = "") -> object:
    """Return a value that fits the VR and says nothing."""
    if element.keyword in ("PatientID", "PatientName", "ClinicalTrialSubjectID") and patient:
        return patient
    return _DUMMIES.get(element.VR.split(" or ")[0], "REMOVED")


def move_date(text: str, VR: str, days: int) -> str:
    """Return a date or date with time moved by whole days; what is no date becomes empty.

    >>> move_date("20260131", "DA", -31), move_date("202601311200", "DT", 1)
    ('20251231', '202602011200')
    """
    try:
        date = (DA if VR == "DA" else DT)(text.strip())
        moved = date + datetime.timedelta(days)
    except (TypeError, ValueError, OverflowError):
        return ""
    return f"{moved:%Y%m%d}" + text.strip()[8:]


def days_for(secret: str, patient: str) -> int:
    """Return by how many days the dates of one patient move: one to ten years back.

    The same secret and patient give the same number, so that intervals stay as they are.
    """
    return -365 - int.from_bytes(digest(secret, patient)[:4], "big") % 3288


def patient_for(secret: str, patient: str) -> str:
    """Return the new Patient ID of one patient; nobody without the secret can go back."""
    return f"P{digest(secret, patient).hex()[:12].upper()}"


def digest(secret: str, text: str) -> bytes:
    """Return a keyed hash of a text."""
    return hashlib.blake2b(text.strip().encode(), key=secret.encode()[:64], digest_size=16).digest()


def clean(element: DataElement, known: Identifiers, days: int) -> object:
    """Return a value of similar meaning that identifies nobody (action C): text and dates only."""
    values = list(element.value) if element.VM > 1 else [element.value]
    if element.VR in DATES:
        done: list[object] = [move_date(str(value), element.VR, days) for value in values]
    elif element.VR in TEXT_VRS:
        done = [known.cleaned(str(value)) for value in values]
    else:
        done = values
    return done if len(done) > 1 else done[0]
