"""The arcs of a UID: whose number space each number opens.

The numbers at the front of a UID are arcs of one tree that ISO and ITU-T share (PS3.5 §9, §C). The
names below tell who may hand out the numbers under an arc, and nothing else. The roots of
organisations are those that files of pydicom's, libraries and the owners' own pages tell.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from dicom_lessons.text import N_, _
from dicom_lessons.uids.rules import as_text

DICOM_ROOT = "1.2.840.10008"
UUID_ROOT = "2.25"
OWNERLESS = (UUID_ROOT, "2.999")

ROOTS: dict[str, str] = {
    DICOM_ROOT: N_("DICOM: what the standard itself defines, registered by NEMA"),
    UUID_ROOT: N_("UUIDs written as one decimal number, by anybody"),
    "2.999": N_("examples in documents"),
    "1.2.826.0.1.3680043": N_("Medical Connections (hands out roots for free)"),
    "1.2.826.0.1.3680043.8.498": "pydicom",
    "1.2.826.0.1.3680043.9.3811": "pynetdicom",
    "1.2.826.0.1.3680043.9.7433": "highdicom",
    "1.2.826.0.1.3680043.2.1143": "GDCM",
    "1.2.276.0.7230010.3": "OFFIS DCMTK",
    "1.3.6.1.4.1.5962": "PixelMed Publishing (dicom3tools)",
    "1.3.6.1.4.1.19376": "IHE International",
    "1.2.840.113619": "GE Medical Systems",
    "1.2.840.114340": "SonoSite",
    "1.3.12.2.1107": "Siemens",
    "1.3.46.670589": "Philips",
    "2.16.840.1.113883": "HL7 International",
}
_ARCS: dict[str, str] = {
    "0": "ITU-T",
    "1": "ISO",
    "1.2": N_("national member bodies of ISO, by country"),
    "1.2.36": N_("Australia"),
    "1.2.40": N_("Austria"),
    "1.2.56": N_("Belgium"),
    "1.2.76": N_("Brazil"),
    "1.2.112": N_("Belarus"),
    "1.2.124": N_("Canada"),
    "1.2.156": N_("China"),
    "1.2.203": N_("Czechia"),
    "1.2.208": N_("Denmark"),
    "1.2.246": N_("Finland"),
    "1.2.250": N_("France"),
    "1.2.276": N_("Germany"),
    "1.2.356": N_("India"),
    "1.2.376": N_("Israel"),
    "1.2.380": N_("Italy"),
    "1.2.392": N_("Japan"),
    "1.2.398": N_("Kazakhstan"),
    "1.2.410": N_("Republic of Korea"),
    "1.2.528": N_("Netherlands"),
    "1.2.578": N_("Norway"),
    "1.2.616": N_("Poland"),
    "1.2.643": N_("Russia"),
    "1.2.702": N_("Singapore"),
    "1.2.724": N_("Spain"),
    "1.2.752": N_("Sweden"),
    "1.2.756": N_("Switzerland"),
    "1.2.804": N_("Ukraine"),
    "1.2.826": N_("United Kingdom"),
    "1.2.840": N_("United States"),
    "1.3": N_("identified organisations (ISO/IEC 6523)"),
    "1.3.6": N_("US Department of Defense"),
    "1.3.6.1": N_("Internet"),
    "1.3.6.1.4": N_("private use"),
    "1.3.6.1.4.1": N_("enterprises, registered by IANA"),
    "2": N_("ISO and ITU-T together"),
    "2.16": N_("countries"),
    "2.16.840": N_("United States"),
}
_DEEPEST = max(root.count(".") for root in ROOTS) + 1


class Arc(NamedTuple):
    """One number of a UID, and in the language that is set whose numbers follow.

    The name is empty where no dictionary at hand knows.
    """

    number: str
    name: str


class Root(NamedTuple):
    """A root such as ``"1.2.840.10008"``, and who is answerable for the numbers under it."""

    uid: str
    organisation: str


def arcs(uid: object) -> tuple[Arc, ...]:
    """Split any text into its arcs and name those that a dictionary at hand knows (PS3.5 §9, §C).

    The names belong to registers, not to meanings: behind the root, the numbers mean nothing to
    anyone but the organisation that chose them, and a program shall not read them.

    Examples
    --------
    >>> [arc.number for arc in arcs("1.2.840.10008.1.2")]
    ['1', '2', '840', '10008', '1', '2']
    >>> arcs("1.2.840.10008.1.2")[2]
    Arc(number='840', name='United States')
    """
    text = as_text(uid)
    if text is None:
        return ()
    numbers = text.split(".")
    prefixes = [".".join(numbers[:end]) for end in range(1, min(len(numbers), _DEEPEST) + 1)]
    names = [_(ROOTS.get(prefix) or _ARCS.get(prefix, "")) for prefix in prefixes]
    return tuple(Arc(*arc) for arc in zip_longest(numbers, names, fillvalue=""))


def root_of(uid: object) -> Root | None:
    """Return the longest known root at the front of a UID, or None.

    >>> root_of("1.2.840.10008.1.2").uid, root_of("1.2.840.100080.1")
    ('1.2.840.10008', None)
    """
    numbers = (as_text(uid) or "").split(".", _DEEPEST)
    for end in range(min(len(numbers), _DEEPEST), 0, -1):
        prefix = ".".join(numbers[:end])
        if prefix in ROOTS:
            return Root(prefix, _(ROOTS[prefix]))
    return None


def is_below(uid: str, root: str) -> bool:
    """Return whether a UID is a root or stands under it."""
    return uid == root or uid.startswith(f"{root}.")
