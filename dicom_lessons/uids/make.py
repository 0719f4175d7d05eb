"""Making UIDs, and replacing those of a whole data set."""

from __future__ import annotations

import copy
import json
import uuid
import warnings
from typing import TypeVar

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import UID, generate_uid

from dicom_lessons.text import _
from dicom_lessons.uids.arcs import DICOM_ROOT, UUID_ROOT
from dicom_lessons.uids.meaning import names_no_instance
from dicom_lessons.uids.rules import is_valid, judge, shortened

_LONGEST_ROOT = 53  # pydicom leaves at least ten digits for the suffix
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, UUID_ROOT)
SomeDataset = TypeVar("SomeDataset", bound=Dataset)


def make_uid(root: str, *sources: str) -> UID:
    """Make a UID under a root that is yours (PS3.5 §9.2.2, §B.1).

    Parameters
    ----------
    root : str
        The root, without a full stop at its end, at most 53 characters.
    *sources : str
        The same texts give the same UID, on every computer; without any, chance decides.

    Raises
    ------
    ValueError
        If the root is invalid or too long, or if it is DICOM's own or 2.25.

    Examples
    --------
    >>> make_uid("2.999.1", "first slice") == make_uid("2.999.1", "first slice")
    True
    >>> make_uid("2.999.1", "first slice")[:8], len(make_uid("2.999.1", "first slice"))
    ('2.999.1.', 64)
    """
    for rule in judge(root):
        if not rule.holds:
            raise ValueError(
                _("{root} is no root: {why}", root=shortened(str(root)) or "“”", why=rule.why)
            )
    if root == DICOM_ROOT or root.startswith(f"{DICOM_ROOT}."):
        raise ValueError(
            _("{root} is reserved for what DICOM defines: use a root of your own.", root=root)
        )
    if root == UUID_ROOT or root.startswith(f"{UUID_ROOT}."):
        raise ValueError(_("Below 2.25 stands a UUID and nothing else: use uid_from_uuid."))
    if len(root) > _LONGEST_ROOT:
        raise ValueError(
            _(
                "The root has {count} characters; with more than {maximum} too few digits are "
                "left for the suffix.",
                count=len(root),
                maximum=_LONGEST_ROOT,
            )
        )
    # one text of all: "ab", "c" and "a", "bc" must not give one UID
    return generate_uid(f"{root}.", [json.dumps(sources)] if sources else None)


def uid_from_uuid(value: uuid.UUID | str | None = None) -> UID:
    """Write a UUID as a UID: 2.25 and the UUID as one decimal number (PS3.5 §B.2).

    Parameters
    ----------
    value : UUID, str or None
        A UUID or its hexadecimal text; without one, a new random UUID is taken.

    Raises
    ------
    ValueError
        If the text is no UUID.

    Examples
    --------
    >>> uid_from_uuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    '2.25.329800735698586629295641978511506172918'
    """
    if value is None:
        value = uuid.uuid4()
    if not isinstance(value, uuid.UUID):
        try:
            value = uuid.UUID(value)
        except (ValueError, AttributeError, TypeError):
            raise ValueError(
                _("{value} is no UUID: 32 hexadecimal digits.", value=shortened(str(value)))
            ) from None
    return UID(f"{UUID_ROOT}.{value.int}")


def uuid_from_uid(uid: str) -> uuid.UUID:
    """Return the UUID that a UID under 2.25 carries.

    Raises
    ------
    ValueError
        If the UID is not one number of at most 128 bits under 2.25.

    Examples
    --------
    >>> str(uuid_from_uid("2.25.329800735698586629295641978511506172918"))
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
    """
    number = uid.removeprefix(f"{UUID_ROOT}.")
    alone = is_valid(uid) and uid.startswith(f"{UUID_ROOT}.") and "." not in number
    if not alone or int(number) >= 1 << 128:
        raise ValueError(_("{uid} carries no UUID.", uid=shortened(uid)))
    return uuid.UUID(int=int(number))


def replace_uid(uid: str, secret: str, root: str = UUID_ROOT) -> UID:
    """Return the replacement of a UID: the same secret and UID give the same one, for ever.

    Nobody without the secret can find the old UID to a new one by trying. What DICOM defines is
    kept, because it names no patient's thing.

    Parameters
    ----------
    uid : str
        The old UID; surrounding white space and NUL do not count.
    secret : str
        Kept by whoever replaces; the same for all files that belong together.
    root : str
        Root of the new UIDs; by default 2.25, with a name-based UUID behind it.

    Examples
    --------
    >>> replace_uid("1.2.3.4", "secret") == replace_uid("1.2.3.4", "secret")
    True
    >>> replace_uid("1.2.840.10008.1.2", "secret")
    '1.2.840.10008.1.2'
    """
    old = str(uid).strip(" \0\t\r\n")
    if old == DICOM_ROOT or old.startswith(f"{DICOM_ROOT}."):
        return UID(old)
    if root == UUID_ROOT:
        return uid_from_uuid(uuid.uuid5(_NAMESPACE, json.dumps([secret, old])))
    return make_uid(root, secret, old)


def replace_uids(dataset: SomeDataset, secret: str, root: str = UUID_ROOT) -> SomeDataset:
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
        If sequences are nested about a hundred levels deep, as no honest file does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid UID is replaced like any other
        replaced = _copied(dataset)
        header = getattr(replaced, "file_meta", None)
        waiting: list[Dataset] = [replaced] if header is None else [replaced, header]
        while waiting:
            waiting += _replace_level(waiting.pop(), secret, root)
    if header is not None and replaced.get("SOPInstanceUID"):
        header.MediaStorageSOPInstanceUID = replaced.SOPInstanceUID
    return replaced


def _copied(dataset: SomeDataset) -> SomeDataset:
    try:
        return copy.deepcopy(dataset)
    except RecursionError:
        raise ValueError(
            _("The sequences of this data set are nested too deeply to be copied.")
        ) from None


def _replace_level(dataset: Dataset, secret: str, root: str) -> list[Dataset]:
    """Replace the UIDs of one level and return the items of its sequences."""
    items: list[Dataset] = []
    for tag in list(dataset.keys()):
        if _VR_of(dataset, tag) not in ("UI", "SQ"):
            continue
        element = dataset[tag]
        if element.VR == "SQ":
            items.extend(element.value)
        elif not names_no_instance(element.keyword):
            _replace_values(element, secret, root)
    return items


def _replace_values(element: DataElement, secret: str, root: str) -> None:
    if isinstance(element.value, MultiValue | list):
        element.value = [replace_uid(value, secret, root) for value in element.value]
    elif element.value:
        element.value = replace_uid(element.value, secret, root)


def _VR_of(dataset: Dataset, tag: BaseTag) -> str:
    VR = dataset.get_item(tag).VR
    if VR not in (None, "UN"):
        return str(VR)
    # implicit VR, or written by a program that did not know the element
    try:
        return dataset[tag].VR if tag.is_private else dictionary_VR(tag)
    except KeyError:
        return "UN"
