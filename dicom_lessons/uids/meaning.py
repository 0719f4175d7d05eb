"""What a UID names: by the standard's list of UIDs, and by the element that holds it."""

from __future__ import annotations

import re
from typing import NamedTuple

from pydicom import config
from pydicom.uid import UID

from dicom_lessons.text import N_, _, short
from dicom_lessons.uids.roots import DICOM_ROOT, OWNERLESS, is_below, root_of
from dicom_lessons.uids.rules import as_text, is_valid, judge

KINDS: dict[str, str] = {
    "SOP class": N_("SOP class: a kind of object together with what may be done with it"),
    "transfer syntax": N_("transfer syntax: how a data set is encoded"),
    "well-known instance": N_("well-known instance: one thing that exists once for all"),
    "DICOM-defined": N_("defined by DICOM for another use"),
    "DICOM-reserved": N_("reserved for DICOM, but not in this dictionary"),
    "instance": N_("instance: one thing, named by whoever made it"),
    "private class": N_("private SOP class or its like, defined by an organisation"),
    "private transfer syntax": N_("private transfer syntax, defined by an organisation"),
    "private": N_("private: class or instance, which the element that holds it tells"),
    "invalid": N_("no valid UID"),
}
_KIND_OF_TYPE = {
    "SOP Class": "SOP class",
    "Meta SOP Class": "SOP class",
    "Transfer Syntax": "transfer syntax",
    "Well-known SOP Instance": "well-known instance",
    "Well-known frame of reference": "well-known instance",
    "Synchronization Frame of Reference": "well-known instance",
}


class Explanation(NamedTuple):
    """What is known of a UID: a key of ``KINDS``, and a sentence in the language that is set.

    The sentence is short whatever came in. Of what DICOM defines it tells name and type by the
    standard's list of UIDs (PS3.6 Table A-1).
    """

    kind: str
    sentence: str


def classify(uid: object, keyword: str = "") -> str:
    """Say what a UID names; the answer is a key of ``KINDS``.

    Digits decide this only for the UIDs that DICOM itself defines. For all others the element
    that holds the UID does: the same digits could name anything.

    Parameters
    ----------
    uid : object
        Anything.
    keyword : str
        Keyword of the element that holds it, if known, such as ``"SOPInstanceUID"``.

    Examples
    --------
    >>> classify("1.2.840.10008.5.1.4.1.1.2"), classify("1.2.840.10008.1.2")
    ('SOP class', 'transfer syntax')
    >>> classify("1.2.276.0.7230010.3.1.4.1"), classify("1.2.276.0.7230010.3.1.4.1", "DeviceUID")
    ('private', 'instance')
    >>> classify("1.2.840.10008.1.4.1.1"), classify("1.02")
    ('well-known instance', 'invalid')
    """
    if not is_valid(uid):
        return "invalid"
    text = as_text(uid) or ""
    defined = UID(text, config.IGNORE).type  # empty if pydicom's dictionary does not know it
    if defined:
        return _KIND_OF_TYPE.get(defined, "DICOM-defined")
    if is_below(text, DICOM_ROOT):
        return "DICOM-reserved"
    if "TransferSyntax" in keyword:
        return "private transfer syntax"
    if names_no_instance(keyword):
        return "private class"
    return "instance" if keyword else "private"


def names_no_instance(keyword: str) -> bool:
    """Return whether an element holds UIDs of classes, encodings or code lists, not of instances.

    >>> names_no_instance("ReferencedSOPClassUID"), names_no_instance("StudyInstanceUID")
    (True, False)
    """
    lists = r"SOPClass|TransferSyntax|ImplementationClass|CodingSchemeUID|ContextUID"
    return bool(re.search(rf"{lists}|MappingResource|PrivateInformationCreator", keyword))


def explain(uid: object, keyword: str = "") -> Explanation:
    """Say in one sentence what a UID is; anything may come in.

    Examples
    --------
    >>> explain("1.2.840.10008.1.2.1").sentence
    'Explicit VR Little Endian (Transfer Syntax).'
    >>> explain("1.2.840.10008.1.2.2").sentence
    'Explicit VR Big Endian (Transfer Syntax), retired.'
    >>> explain("1.2..3").sentence
    '1.2..3 is no valid UID: Nothing stands for component 3.'
    """
    text = as_text(uid)
    if text is None:
        text = type(uid).__name__
    broken = [rule.why for rule in judge(uid) if not rule.holds]
    kind = classify(uid, keyword)
    return Explanation(kind, _sentence(text, broken, kind))


def _sentence(text: str, broken: list[str], kind: str) -> str:
    if broken:
        return _("{uid} is no valid UID: {why}", uid=short(text) or "“”", why=" ".join(broken))
    uid = UID(text, config.IGNORE)
    if uid.type and uid.is_retired:
        return _("{name} ({type}), retired.", name=uid.name, type=uid.type)
    if uid.type:
        return _("{name} ({type}).", name=uid.name, type=uid.type)
    root, meaning = root_of(text), _(KINDS[kind])
    meaning = meaning[:1].upper() + meaning[1:]
    if root is None:
        return _("{kind}; its root is in no dictionary at hand.", kind=meaning)
    parts = {"kind": meaning, "root": root.uid, "organisation": root.organisation}
    if root.uid in OWNERLESS:
        return _("{kind}; its root {root} is set aside for: {organisation}.", **parts)
    return _("{kind}; its root {root} is registered for: {organisation}.", **parts)
