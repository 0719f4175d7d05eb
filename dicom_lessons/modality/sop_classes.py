"""Modality against SOP class: which values go with which class, and what a disagreement means.

Where the class's own series module enumerates the values, they are demanded; elsewhere the class
is named after a method and the value usually follows, but PS3.3 C.7.3.1.1.1 lets it differ.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from pydicom import Dataset, uid
from pydicom.config import IGNORE

from dicom_lessons.modality.terms import REPLACED_BY, judge
from dicom_lessons.text import N_, _

_TABLE = json.loads(Path(__file__).with_name("sop_classes.json").read_text(encoding="utf-8"))
DEMANDED, USUAL = (
    {
        str(getattr(uid, entry["sop_class"])): tuple(entry["modalities"])
        for entry in _TABLE
        if entry["how"] == how
    }
    for how in ("demanded", "usual")
)


class Agreement(NamedTuple):
    """How Modality and SOP class of an object go together, and all of it in words.

    ``agrees`` is None where the class goes with any modality or is not known here.
    """

    agrees: bool | None
    sentence: str


def agreement(dataset: Dataset) -> Agreement:
    """Compare Modality (0008,0060) with SOP Class UID (0008,0016).

    Parameters
    ----------
    dataset : Dataset
        Any; elements that lack or are malformed are told in words, nothing is raised.
    """
    judgement, sop_class = judge(raw_value(dataset, 0x00080060)), class_of(dataset)
    wanted = DEMANDED.get(sop_class) or USUAL.get(sop_class) or ()
    code, name = judgement.code, uid.UID(sop_class, IGNORE).name
    if sop_class == uid.MediaStorageDirectoryStorage:
        return Agreement(None, _("A directory of files belongs to no series and has no modality."))
    if not code:
        return Agreement(False if wanted else None, judgement.sentence)
    if not wanted:
        stands = N_("{name} says nothing about the method, so Modality {code} stands by itself.")
        if not sop_class:
            stands = N_(
                "There is no SOP Class UID (0008,0016), so nothing can be compared with {code}."
            )
        return Agreement(None, _(stands, name=name, code=code))
    now = REPLACED_BY.get(code, code)
    if now in wanted:
        return Agreement(True, _("{name} and Modality {code} agree.", name=name, code=now))
    differ = N_("{name} demands Modality {wanted}, but the file says {code}: an error.")
    if sop_class in USUAL:
        differ = N_(
            "{name} usually carries Modality {wanted}, but the file says {code}. "
            "The standard lets them differ (PS3.3 C.7.3.1.1.1): "
            "look at the equipment and at the picture."
        )
    return Agreement(False, _(differ, name=name, wanted=", ".join(wanted), code=code))


def raw_value(dataset: Dataset, tag: int) -> object:
    """Return a value as it lies in the file, before pydicom converts or judges it."""
    stored = dataset.get_item(tag, keep_deferred=True)  # else pydicom converts what is empty
    return None if stored is None else stored.value


def class_of(dataset: Dataset) -> str:
    """Return the SOP Class UID (0008,0016), or its copy in the file meta information (0002,0002).

    Empty if there is none that can be read.
    """
    value = raw_value(dataset, 0x00080016)
    if value is None:
        value = raw_value(getattr(dataset, "file_meta", Dataset()), 0x00020002)
    if isinstance(value, bytes):
        value = value[:128].decode("latin-1")
    return value.strip(" \0") if isinstance(value, str) else ""
