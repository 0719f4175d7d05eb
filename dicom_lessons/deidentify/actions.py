"""What each action of Table E.1-1a does to one element (PS3.15 §E.1.1)."""

from __future__ import annotations

import datetime
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydicom import DataElement, Dataset

from dicom_lessons.deidentify.identifiers import TEXT_VRS, Identifiers
from dicom_lessons.elements import value
from dicom_lessons.sop import SOPClassError, definition

DATES = frozenset({"DA", "DT"})
_DATE = re.compile(r"([0-9]{4})(?:\.?([0-9]{2}))?(?:\.?([0-9]{2}))?([0-9.+-]*)")
REMOVED_CODE = "REMOVED"
_LONGEST = {"AE": 16, "LO": 64, "SH": 16, "ST": 1024}
_DUMMIES: dict[str, object] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "SH", "ST", "UC", "UT"), REMOVED_CODE),
    **dict.fromkeys(("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT"), 0),
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW", "UN"), bytes(8)),
    **{"AS": "000Y", "DA": "19000101", "DT": "19000101000000", "TM": "000000"},
    **{"DS": "0", "IS": "0", "PN": "Removed", "UR": "urn:removed"},
}


@dataclass(frozen=True)
class Place:
    """What the tables of its IOD say of a data set or an item; None if no IOD is known."""

    attributes: tuple[Any, ...] | None

    def type_of(self, keyword: str) -> str:
        """Return the strictest type of all modules, ``"3"`` if none names it, ``""`` if unknown."""
        if self.attributes is None:
            return ""
        return min((one.type for one in self._named(keyword)), default="3")

    def inside(self, keyword: str) -> Place:
        """Return the place of the items of a sequence."""
        if self.attributes is None:
            return self
        return Place(tuple(item for one in self._named(keyword) for item in one.items))

    def knows(self, keyword: str) -> bool:
        """Return whether the tables have such an attribute here; True if there are no tables."""
        return self.attributes is None or any(True for _one in self._named(keyword))

    def _named(self, keyword: str) -> Iterator[Any]:
        return (one for one in self.attributes or () if one.keyword == keyword)


def top_of(dataset: Dataset) -> Place:
    """Return the place of a data set's own elements."""
    try:
        modules = definition(str(value(dataset, "SOPClassUID", ""))).modules
    except SOPClassError:
        return Place(None)
    return Place(tuple(one for module in modules for one in module.attributes))


def decide(action: str, type: str) -> str:
    """Return the one action that keeps an object valid by its IOD.

    Parameters
    ----------
    action : str
        Of the table: ``"X"``, ``"X/Z/D"`` …; with an asterisk, U is for references to instances.
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
    if type == "3":
        return allowed[0]
    if action.endswith("*"):  # other elements may need the references (PS3.3 §C.12.2)
        return "U"
    if type[0] == "2":
        return "Z" if "Z" in allowed or allowed == ["X"] else allowed[-1]
    return allowed[-1] if allowed[-1] in "DU" else "D"


def dummy(element: DataElement, patient: str) -> object:
    """Return a value that fits the VR and says nothing but, where it is asked, the new number."""
    if element.keyword in ("PatientID", "PatientName", "ClinicalTrialSubjectID"):
        return patient
    return _DUMMIES.get(element.VR.split(" or ")[0], REMOVED_CODE)


def move_date(text: str, VR: str, days: int) -> str:
    """Return a date or date with time moved by whole days; what is no date becomes empty.

    >>> move_date("2026.01.31", "DA", -31), move_date("202601311200", "DT", 1)
    ('20251231', '202602011200')
    """
    found = _DATE.fullmatch(text.strip(" \0"))
    if not found or (VR == "DA" and (found[4] or not found[3])):
        return ""
    parts = [part for part in found.groups()[:3] if part]
    year, month, day = (int(part or 1) for part in found.groups()[:3])
    try:
        moved = datetime.date(year, month, day) + datetime.timedelta(days)
    except (ValueError, OverflowError):
        return ""
    return f"{moved.year:04}{moved:%m%d}"[: sum(map(len, parts))] + found[4]


def days_for(secret: str, patient: str) -> int:
    """Return by how many days the dates of one patient move: one to ten years back.

    The same secret and patient give the same number, so that intervals stay as they are.
    """
    return -365 - int(_digest(secret, f"days of {patient.strip()}")[:8], 16) % 3288


def patient_for(secret: str, patient: str) -> str:
    """Return the new Patient ID of one patient; nobody without the secret can go back."""
    return f"P{_digest(secret, patient.strip())[:12].upper()}"


def _digest(secret: str, text: str) -> str:
    key, message = (one.encode("utf-8", "backslashreplace") for one in (secret, text))
    return hmac.new(key, message, "sha256").hexdigest()


def clean(element: DataElement, known: Identifiers, days: int) -> object:
    """Return a value of similar meaning that identifies nobody (action C): text and dates only."""
    values = element.value if element.VM > 1 else [element.value or ""]
    if element.VR in DATES:
        done = [move_date(str(text), element.VR, days) for text in values]
    elif element.VR == "CS":  # no brackets in it
        done = [REMOVED_CODE if known.in_code(str(text)) else str(text) for text in values]
    elif element.VR in TEXT_VRS:
        done = [known.cleaned(str(text))[: _LONGEST.get(element.VR)] for text in values]
    else:
        return element.value
    return done if len(done) > 1 else "".join(done)
