"""What must run to judge the exercises of lesson 04: cases, forms, examinations."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
from pydicom.datadict import dictionary_description, keyword_dict

from dicom_lessons import sop
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.exercises.plain import shown
from dicom_lessons.sop.tables import Module
from dicom_lessons.text import N_, _

_SERVICES = (
    *("C-ECHO", "C-STORE", "C-FIND", "C-GET", "C-MOVE"),
    *("N-CREATE", "N-SET", "N-GET", "N-DELETE", "N-ACTION", "N-EVENT-REPORT"),
)
_BY_LETTERS = {name.replace("-", "").casefold(): name for name in _SERVICES}


def _modules() -> list[tuple[object, ...]]:
    ct, mr = sop.definition("CTImageStorage"), sop.definition("MRImageStorage")
    names = ("General Study", "Image Pixel", "General Acquisition")
    return [*((ct.module(name),) for name in names), (mr.module("MR Image"),)]


@forms.expecting(N_("the name of a module in quotes, for example 'Patient'"))
def _module(answer: Any) -> str:
    """Return the name of a module, of which the module itself may be given."""
    return forms.text(answer.name if isinstance(answer, Module) else answer)


@forms.expecting(N_("the name of a DIMSE service in quotes, for example 'C-ECHO'"))
def _service(answer: Any) -> str:
    """Return the name of a service, however its letters are joined; that of its request as well.

    >>> _service("c_echo"), _service("C-STORE-RQ")
    ('C-ECHO', 'C-STORE')
    """
    letters = re.sub(r"[\W_]", "", forms.text(answer))
    return _BY_LETTERS[letters if letters in _BY_LETTERS else letters.removesuffix("rq")]


def _keywords(result: Any) -> object:
    """Return a list as one of texts; a tag, which equals its keyword, is none."""
    if not isinstance(result, list | tuple | np.ndarray):
        return result
    return [each if isinstance(each, str) else [each] for each in result]


def _attribute(answer: Any) -> int:
    """Return the tag of an attribute: from its keyword, name or tag, or from what has a tag.

    >>> _attribute("Sequence Variant") == _attribute(["SequenceVariant"]) == 0x00180021
    True
    """
    if isinstance(answer, list | tuple | set) and len(answer) == 1:
        answer = next(iter(answer))
    if isinstance(answer, str):
        letters = _letters(answer)
        if letters in _tags():
            return _tags()[letters]
        if not re.search("[0-9]", answer):
            raise TypeError(_("No element has the keyword or name {text}.", text=shown(answer)))
    return forms.tag(getattr(answer, "tag", answer))


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", forms.text(name))


@cache
def _tags() -> dict[str, int]:
    """Return the tags of the data dictionary by name and by keyword."""
    known = [(keyword, tag) for keyword, tag in keyword_dict.items() if keyword]
    names = {_letters(dictionary_description(tag)): tag for _keyword, tag in known}
    return names | {_letters(keyword): tag for keyword, tag in known}


CHECKS = {
    "sop-1": Check(form=forms.list_of(_module, ordered=False)),
    "sop-2": Check(cases=_modules, form=_keywords),
    "sop-3": Check(form=_attribute),
    "sop-4": Check(form=forms.list_of(_service)),
}
