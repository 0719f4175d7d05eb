"""Replacing the UIDs of a data set, so that what belonged together still does."""

from __future__ import annotations

import contextlib
import copy
import json
import uuid
import warnings

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.tag import BaseTag
from pydicom.uid import UID, generate_uid

from dicom_lessons.elements import element, value
from dicom_lessons.text import _, short
from dicom_lessons.uids.meaning import names_no_instance
from dicom_lessons.uids.roots import DICOM_ROOT, UUID_ROOT, is_below
from dicom_lessons.uids.rules import judge

_LONGEST_ROOT = 53  # pydicom leaves at least ten digits for the suffix
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, UUID_ROOT)


def replace_uid(uid: str, secret: str, root: str = UUID_ROOT) -> UID:
    """Return the replacement of a UID: the same secret and UID give the same one, for ever.

    Nobody without the secret can find the old UID to a new one by trying. What DICOM defines is
    kept, because it identifies nothing of the patient's.

    Parameters
    ----------
    uid : str
        The old UID; surrounding white space and NUL do not count.
    secret : str
        Kept by whoever replaces; the same for all files that belong together.
    root : str
        Of the new UIDs, yours and without a full stop at its end (PS3.5 §9.2.2); by default 2.25,
        with a name-based UUID behind it (§B.2).

    Raises
    ------
    ValueError
        If the root is invalid or too long, or if it is DICOM's own or under 2.25.

    Examples
    --------
    >>> replace_uid("1.2.3.4", "secret") == replace_uid("1.2.3.4", "secret")
    True
    >>> replace_uid("1.2.840.10008.1.2", "secret")
    '1.2.840.10008.1.2'
    """
    old = str(uid).strip(" \0\t\r\n")
    if is_below(old, DICOM_ROOT):
        return UID(old)
    # one text of both: "ab", "c" and "a", "bc" must not give one UID
    source = json.dumps([secret, old])
    if root == UUID_ROOT:
        return UID(f"{UUID_ROOT}.{uuid.uuid5(_NAMESPACE, source).int}")
    _check_root(root)
    return generate_uid(f"{root}.", [source])


def _check_root(root: str) -> None:
    why = next((rule.why for rule in judge(root) if not rule.holds), "")
    if why:
        raise ValueError(_("{root} is no root: {why}", root=short(root, 40) or "“”", why=why))
    if is_below(root, DICOM_ROOT):
        raise ValueError(
            _("{root} is reserved for what DICOM defines: use a root of your own.", root=root)
        )
    if is_below(root, UUID_ROOT):
        raise ValueError(_("Under 2.25 stands a UUID and nothing else: use 2.25 itself as root."))
    if len(root) > _LONGEST_ROOT:
        raise ValueError(
            _(
                "The root has {count} characters; with more than {maximum} too few digits are "
                "left for the suffix.",
                count=len(root),
                maximum=_LONGEST_ROOT,
            )
        )


def replace_uids(dataset: Dataset, secret: str, root: str = UUID_ROOT) -> Dataset:
    """Return a copy of a data set in which every UID of an instance is replaced.

    Sequences and the file meta information are included, and the copy of the SOP Instance UID in
    (0002,0003) is set to what (0008,0018) holds then. UIDs that DICOM defines are kept; so are
    those of private classes, transfer syntaxes, implementations and code lists, which name no
    instance. With one secret, references between files stay whole (PS3.15 §E.1.1, action U).

    Private elements that no dictionary knows and that are stored as UN, or without a VR, are left
    as they are: nothing tells whether their bytes are a UID.

    Parameters
    ----------
    dataset : Dataset
        It is not changed.
    secret, root : str
        As for :func:`replace_uid`.

    Raises
    ------
    ValueError
        If an element that has to hold UIDs or a sequence cannot be read, if sequences are nested
        about a hundred levels deep, as no honest file does, or if the root cannot be used.
    """
    with warnings.catch_warnings(action="ignore"):  # an invalid UID is replaced like any other
        try:
            replaced = copy.deepcopy(dataset)
        except RecursionError:
            raise ValueError(
                _("The sequences of this data set are nested too deeply to be copied.")
            ) from None
        meta = getattr(replaced, "file_meta", None)
        waiting: list[Dataset] = [replaced] if meta is None else [replaced, meta]
        while waiting:
            waiting += _replace_level(waiting.pop(), secret, root)
    own = value(replaced, "SOPInstanceUID")
    if meta is not None and own and isinstance(own, str):  # several are no copy of one
        meta.MediaStorageSOPInstanceUID = own
    return replaced


def _replace_level(dataset: Dataset, secret: str, root: str) -> list[Dataset]:
    """Replace the UIDs of one level and return the items of its sequences."""
    items: list[Dataset] = []
    for tag in list(dataset.keys()):
        VR, found = _VR_of(dataset, tag), element(dataset, tag)
        if VR not in ("UI", "SQ") or found is None or not found.value:
            continue
        if found.VR != VR:
            raise ValueError(
                _(
                    "{tag} cannot be read as {VR}, so the UIDs in it cannot be replaced. Delete "
                    "the element, or mend it first.",
                    tag=f"{found.keyword} {tag}".strip(),
                    VR=VR,
                )
            )
        if VR == "SQ":
            items.extend(found.value)
        elif not names_no_instance(found.keyword):
            old = found.value if found.VM > 1 else [found.value]
            found.value = [replace_uid(uid, secret, root) for uid in old]
    return items


def _VR_of(dataset: Dataset, tag: BaseTag) -> str:
    """Return the VR that an element has to be read with: as stored, or by the dictionaries."""
    stored = dataset.get_item(tag, keep_deferred=True).VR
    if stored in ("UI", "SQ"):
        return str(stored)
    known = "UN"
    if not tag.is_private:
        with contextlib.suppress(KeyError):
            known = dictionary_VR(tag)
    elif stored in (None, "UN"):  # implicit VR, or by a program that did not know the element
        found = element(dataset, tag)
        known = found.VR if found else known
    return known
