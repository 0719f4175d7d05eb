"""What a data set lacks: the attributes that its IOD requires without condition.

Type 1 must be there with a value, Type 2 must be there and may be empty (PS3.5 §7.4). Only what no
condition limits is reported; conditions are for a person to judge
(:func:`dicom_lessons.sop.condition`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_is_retired, keyword_for_tag, tag_for_keyword
from pydicom.tag import BaseTag
from pydicom.uid import MediaStorageDirectoryStorage

from dicom_lessons.sop.conditions import VALUE_TYPES
from dicom_lessons.sop.tables import (
    Attribute,
    InformationObjectDefinition,
    Module,
    SOPClassError,
    definition,
)
from dicom_lessons.text import N_, _

_ADVICE = {
    ("missing", "1"): N_("Add it with a value: Type 1 has to be there and may not be empty."),
    ("missing", "2"): N_("Add it; if the value is not known, leave it empty: Type 2 allows that."),
    ("empty", "1"): N_("Give it a value: Type 1 may not be empty."),
    ("differs", "1"): N_(
        "Save with enforce_file_format=True, which copies the UID of the data set into the header."
    ),
}
_FUNCTIONAL_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_CONTENT = "ContentSequence"
_BY_REFERENCE = "ReferencedContentItemIdentifier"
_DEEPEST = 50


@dataclass(frozen=True)
class Finding:
    """One thing that a data set lacks.

    Attributes
    ----------
    module : str
        The module that requires the attribute.
    path : str
        Keywords down to the attribute, items counted from 1:
        ``"SourceImageSequence[1]/ReferencedSOPClassUID"``.
    attribute : Attribute
    problem : str
        ``"missing"``, ``"empty"``, or ``"differs"``: the file's header says otherwise.
    """

    module: str
    path: str
    attribute: Attribute
    problem: str

    @property
    def advice(self) -> str:
        """What to do, in one sentence."""
        return _(_ADVICE[self.problem, self.attribute.type])

    def __str__(self) -> str:
        problems = {
            "missing": _("is missing"),
            "empty": _("is empty"),
            "differs": _("differs from the copy in the file's header"),
        }
        return _(
            "{path} {tag}, Type {type}, module {module}: {problem}. {advice}",
            path=self.path,
            tag=self.attribute.tag,
            type=self.attribute.type,
            module=self.module,
            problem=problems[self.problem],
            advice=self.advice,
        )


def definition_of(dataset: Dataset) -> InformationObjectDefinition:
    """Return the information object definition that a data set names in (0008,0016).

    Raises
    ------
    SOPClassError
        If it names none, or one that the course has no tables for.
    """
    uid = str(_value(dataset, "SOPClassUID") or "")
    if uid:
        return definition(uid)
    in_header = str(_value(getattr(dataset, "file_meta", Dataset()), "MediaStorageSOPClassUID"))
    if in_header == MediaStorageDirectoryStorage:
        raise SOPClassError(
            _(
                "This is a DICOMDIR: only its header names a SOP class, its data set has none "
                "(PS3.10 §8.6). Read it with pydicom.fileset.FileSet."
            )
        )
    raise SOPClassError(
        _(
            "The data set has no SOP Class UID (0008,0016), so nothing says which modules it "
            "needs. Look whether it is DICOM at all, then set ds.SOPClassUID."
        )
    )


@dataclass(frozen=True)
class Requirement:
    """One attribute that is required without condition, and where.

    Attributes
    ----------
    module : Module
    path : str
        As in :class:`Finding`.
    attribute : Attribute
        Of Type 1 or Type 2.
    place : Dataset
        The data set, or the item of a sequence, that has to hold it.
    """

    module: Module
    path: str
    attribute: Attribute
    place: Dataset


def requirements(dataset: Dataset) -> Iterator[Requirement]:
    """Yield what a data set has to hold by its SOP class, in the order of the standard's tables.

    Required are the Type 1 and Type 2 attributes of mandatory modules and, in every sequence that
    is there, those of its items. Whether a conditional module is needed is not judged.

    Raises
    ------
    SOPClassError
        If nothing says which attributes are required.
    """
    iod = definition_of(dataset)
    for module in iod.modules:
        for attribute in module.attributes:
            if is_required(attribute, module, iod) and _applies(attribute, dataset, module):
                yield Requirement(module, attribute.keyword, attribute, dataset)
            yield from _in_items(dataset, attribute, module, "")


def lacks(dataset: Dataset) -> tuple[Finding, ...]:
    """Return what a data set lacks of its requirements, and UIDs on which the header disagrees.

    Returns
    -------
    tuple of Finding
        Empty if nothing is lacking. Conditions (Types 1C and 2C) are not judged.

    Raises
    ------
    SOPClassError
        If nothing says which attributes are required.

    Examples
    --------
    >>> from dicom_lessons import samples, sop
    >>> ct = samples.read("CT_small")
    >>> del ct.PatientName
    >>> [(finding.module, finding.path, finding.problem) for finding in sop.lacks(ct)]
    [('Patient', 'PatientName', 'missing')]
    """
    found: dict[str, Finding] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd values, which are not the question here
        for required in requirements(dataset):
            problem = _problem(required.place, required.attribute)
            if problem:
                finding = Finding(required.module.name, required.path, required.attribute, problem)
                found.setdefault(required.path, finding)
        return (*found.values(), *_two_homes(dataset))


def _problem(place: Dataset, attribute: Attribute) -> str:
    if not _has(place, attribute.keyword):
        return "missing"
    element = _element(place, attribute.keyword)
    empty = element is not None and element.is_empty
    return "empty" if empty and attribute.type == "1" else ""


def outside(dataset: Dataset) -> tuple[BaseTag, ...]:
    """Return the tags of standard attributes that no module of the data set's IOD holds.

    Private and retired attributes are left out. An application may add attributes, but no
    receiver has to understand them.

    Raises
    ------
    SOPClassError
        If nothing says which modules there are.
    """
    iod = definition_of(dataset)
    known = {attribute.keyword for module in iod.modules for attribute in module.attributes}
    return tuple(
        tag
        for tag in dataset.keys()  # noqa: SIM118 - iterating over a Dataset converts its values
        if not tag.is_private
        and tag.group >> 8 not in (0x50, 0x60)  # curves and overlays: one table, many groups
        and (keyword := keyword_for_tag(tag))
        and keyword not in known
        and not dictionary_is_retired(tag)
    )


def _in_items(
    place: Dataset, sequence: Attribute, module: Module, path: str, depth: int = 0
) -> Iterator[Requirement]:
    element = _element(place, sequence.keyword)
    if element is None or element.VR != "SQ" or depth > _DEEPEST:
        return
    for number, item in enumerate(element.value or (), start=1):
        inside = f"{path}{sequence.keyword}[{number}]/"
        for attribute in sequence.items:
            # content items nest without end, each level by the same table (PS3.3 §C.17.3)
            if attribute.keyword == sequence.keyword == _CONTENT:
                attribute = sequence
            elif attribute.type in ("1", "2") and _applies(attribute, item, module, sequence):
                yield Requirement(module, inside + attribute.keyword, attribute, item)
            yield from _in_items(item, attribute, module, inside, depth + 1)


def is_required(attribute: Attribute, module: Module, iod: InformationObjectDefinition) -> bool:
    """Say whether an attribute at the top of a data set is required without condition."""
    if module.usage != "M" or attribute.type not in ("1", "2"):
        return False
    # the SC Equipment module makes optional what General Series requires (PS3.3 §C.8.6.1)
    return not (attribute.keyword == "Modality" and iod.key == "secondary-capture-image")


def _applies(
    attribute: Attribute, place: Dataset, module: Module, sequence: Attribute | None = None
) -> bool:
    """Say whether a row of the table is meant for this place at all."""
    if sequence and sequence.keyword in _FUNCTIONAL_GROUPS:
        return False  # which macros are needed, and in which sequence, depends on the IOD
    in_content = sequence is None or sequence.keyword == _CONTENT
    if in_content and sequence and _has(place, _BY_REFERENCE):
        return attribute.keyword == "RelationshipType"
    if in_content and module.key == "sr-document-content" and attribute.keyword in VALUE_TYPES:
        return _value(place, "ValueType") in VALUE_TYPES[attribute.keyword]
    return True


def _two_homes(dataset: Dataset) -> Iterator[Finding]:
    header = getattr(dataset, "file_meta", Dataset())
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        copy, own = _value(header, f"MediaStorage{keyword}"), _value(dataset, keyword)
        if copy and own and copy != own:
            yield Finding("SOP Common", keyword, Attribute(keyword, "1"), "differs")


def _value(place: Dataset, keyword: str) -> object:
    element = _element(place, keyword)
    return None if element is None else element.value


def _has(place: Dataset, keyword: str) -> bool:
    tag = tag_for_keyword(keyword)  # None for what is newer than pydicom's dictionary
    return tag is not None and tag in place


def _element(place: Dataset, keyword: str) -> DataElement | None:
    """Return an element, or None where it is absent or its bytes make no value."""
    try:
        return place[keyword] if _has(place, keyword) else None
    except Exception:  # pydicom converts late, and anything may come out of broken bytes
        return None
