"""What was done to an element, in words."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import DataElement

from dicom_lessons.text import N_, _, ngettext, short

WHYS = {
    "table": N_("Table E.1-1 says {action}; its type here is {type}"),
    "option": N_("an option keeps it, cleaned; without it Table E.1-1 says {action}"),
    "text": N_("the text held what identifies the patient"),
    "overlay": N_("belongs to an overlay or curve that is removed"),
    "unknown": N_("not in the tables of its SOP class: an allow list keeps only what it knows"),
    "inside": N_("free text inside a sequence whose values the profile replaces"),
    "deep": N_("nested deeper than {deepest} levels"),
    "broken": N_("its bytes make no value, so nothing can be said about it"),
    "reference": N_("a UID of an instance: the same new one everywhere"),
}


@dataclass(frozen=True)
class ElementChange:
    """What was done to one element, and why.

    Attributes
    ----------
    where : str
        Keywords or tags down to it.
    name : str
        Attribute Name.
    rule : str
        The action of the table, such as ``"X/Z"``; empty if it does not name the element.
    action : str
        What was done: one of ``ACTIONS``.
    before, after : str
        Short texts of the values; ``after`` is empty if the element is gone or empty.
    why : str
    """

    where: str
    name: str
    rule: str
    action: str
    before: str
    after: str
    why: str


def because(reason: str, **values: object) -> str:
    """Say why something is done, by its name in ``WHYS``."""
    return _(WHYS[reason], **values)


def shortened(found: DataElement) -> str:
    """Return a value as one short line; an element without one gives an empty text."""
    if found.VR == "SQ":
        return ngettext("{count} item", "{count} items", len(found.value or ()))
    if isinstance(found.value, bytes):
        return ngettext("{count} byte", "{count} bytes", len(found.value))
    return short("" if found.is_empty else found.value, 60)


def called(found: DataElement) -> str:
    """Return the keyword of an element, or its tag."""
    return found.keyword or str(found.tag)
