"""What a data set lacks: the attributes that its IOD requires without condition.

Type 1 must be there with a value, Type 2 must be there and may be empty (PS3.5 §7.4). Only what no
condition limits is reported; conditions are for a person to judge
(:func:`dicom_lessons.sop.condition`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import MediaStorageDirectoryStorage

from dicom_lessons.elements import element, is_empty, tag_of, value
from dicom_lessons.findings import Finding
from dicom_lessons.sop.conditions import VALUE_TYPES
from dicom_lessons.sop.tables import (
    Attribute,
    InformationObjectDefinition,
    Module,
    SOPClassError,
    definition,
)
from dicom_lessons.text import N_, _

_PROBLEMS = {
    "missing": N_("is missing"),
    "empty": N_("is empty"),
    "differs": N_("differs from the copy in the file meta information"),
}
_CURES = {
    ("missing", "1"): N_("Add it with a value: Type 1 has to be there and may not be empty."),
    ("missing", "2"): N_("Add it; if the value is not known, leave it empty: Type 2 allows that."),
    ("empty", "1"): N_("Give it a value: Type 1 may not be empty."),
    ("differs", "1"): N_(
        "Save with enforce_file_format=True, which copies the UID of the data set into the file "
        "meta information."
    ),
}
_FUNCTIONAL_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_CONTENT = "ContentSequence"
_BY_REFERENCE = "ReferencedContentItemIdentifier"
_RECURSIVE = (_CONTENT, "EquivalentCodeSequence")  # PS3.3 §C.17.3, §8.8
_DEEPEST, _LONGEST_PATH = 200, 150

Requirement = tuple[Module, str, Attribute, Dataset]


@dataclass(frozen=True, kw_only=True)
class Lack(Finding):
    """One attribute that a data set lacks.

    Attributes
    ----------
    module : str
        The module that requires the attribute.
    type : str
        ``"1"`` or ``"2"`` (PS3.5 §7.4).
    problem : str
        ``"missing"``, ``"empty"``, or ``"differs"``: the file meta information says otherwise.
    """

    module: str
    type: str
    problem: str

    def __str__(self) -> str:
        return _(
            "{path} {tag}, Type {type}, module {module}: {problem}. {advice}",
            path=self.where
            if len(self.where) <= _LONGEST_PATH
            else f"…{self.where[-_LONGEST_PATH:]}",
            tag=self.tag,
            type=self.type,
            module=self.module,
            problem=self.what,
            advice=self.cure,
        )


def _lack(module: str, where: str, attribute: Attribute, problem: str) -> Lack:
    return Lack(
        what=_(_PROBLEMS[problem]),
        where=where,
        cure=_(_CURES[problem, attribute.type]),
        section="PS3.10 §7.1" if problem == "differs" else "PS3.5 §7.4",
        tag=attribute.tag,
        module=module,
        type=attribute.type,
        problem=problem,
    )


def definition_of(dataset: Dataset) -> InformationObjectDefinition:
    """Return the information object definition that a data set names in (0008,0016).

    Raises
    ------
    SOPClassError
        If it names none, or one that the course has no tables for.
    """
    uid = str(value(dataset, "SOPClassUID") or "")
    if uid:
        return definition(uid)
    in_file_meta = str(value(getattr(dataset, "file_meta", Dataset()), "MediaStorageSOPClassUID"))
    message = N_(
        "The data set has no SOP Class UID (0008,0016), so nothing says which modules it "
        "needs. Look whether it is DICOM at all, then set ds.SOPClassUID."
    )
    if in_file_meta == MediaStorageDirectoryStorage:
        message = N_(
            "This is a DICOMDIR: only its file meta information names a SOP class, its data set "
            "has none (PS3.10 §8.6). Read it with pydicom.fileset.FileSet."
        )
    raise SOPClassError(_(message))


def requirements(dataset: Dataset) -> Iterator[Requirement]:
    """Yield what a data set has to hold by its SOP class, in the order of the standard's tables.

    Required are the Type 1 and Type 2 attributes of mandatory modules and, in every sequence that
    is there, those of its items. Whether a conditional module is needed is not judged.

    Yields
    ------
    tuple of Module, str, Attribute and Dataset
        What requires the attribute; keywords down to it, such as
        ``"SourceImageSequence[0].ReferencedSOPClassUID"``; the attribute; and the data set, or the
        item of a sequence, that has to hold it.
    """
    iod = definition_of(dataset)
    for module in iod.modules:
        for required in _required_in(dataset, module.table, module):
            # the SC Equipment module makes optional what General Series requires (PS3.3 §C.8.6.1)
            if required[1] != "Modality" or iod.key != "secondary-capture-image":
                yield required


def lacks(dataset: Dataset) -> tuple[Lack, ...]:
    """Return what a data set lacks of its requirements, and UIDs that its copy contradicts.

    Returns
    -------
    tuple of Lack
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
    >>> [(finding.module, finding.where, finding.problem) for finding in sop.lacks(ct)]
    [('Patient', 'PatientName', 'missing')]
    """
    found: dict[str, Lack] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd values, which are not the question here
        for module, where, attribute, place in requirements(dataset):
            if problem := _problem(place, attribute):
                found.setdefault(where, _lack(module.name, where, attribute, problem))
        return (*found.values(), *_two_homes(dataset))


def _problem(place: Dataset, attribute: Attribute) -> str:
    if not _has(place, attribute.keyword):
        return "missing"
    return "empty" if attribute.type == "1" and is_empty(place, attribute.keyword) else ""


def _required_in(
    place: Dataset, table: Attribute, module: Module, where: str = "", depth: int = 0
) -> Iterator[Requirement]:
    """Yield what one place has to hold: the data set, or an item of the sequence ``table``."""
    # some sequences nest without end, each level by the same table, which does not say so again
    again = (table,) if table.keyword in _RECURSIVE else ()
    for attribute in (*table.judged, *again):
        if attribute is not table and _is_required(attribute, place, module, table):
            yield module, where + attribute.keyword, attribute, place
        if not (attribute.items or attribute.keyword in _RECURSIVE):
            continue  # no sequence: it is not converted to see that
        found = element(place, attribute.keyword)
        if found is not None and found.VR == "SQ" and depth <= _DEEPEST:
            for number, item in enumerate(found.value or ()):
                inside = f"{where}{attribute.keyword}[{number}]."
                yield from _required_in(item, attribute, module, inside, depth + 1)


def _is_required(attribute: Attribute, place: Dataset, module: Module, table: Attribute) -> bool:
    at_top = not table.keyword
    if attribute.type not in ("1", "2") or (at_top and module.usage != "M"):
        return False
    if table.keyword in _FUNCTIONAL_GROUPS:
        return False  # which macros are needed, and in which sequence, depends on the IOD
    if table.keyword == _CONTENT and _has(place, _BY_REFERENCE):
        return attribute.keyword == "RelationshipType"
    in_content = module.key == "sr-document-content" and (at_top or table.keyword == _CONTENT)
    if in_content and attribute.keyword in VALUE_TYPES:
        return value(place, "ValueType") in VALUE_TYPES[attribute.keyword]
    return True


def _two_homes(dataset: Dataset) -> Iterator[Lack]:
    file_meta = getattr(dataset, "file_meta", Dataset())
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        copy, own = value(file_meta, f"MediaStorage{keyword}"), value(dataset, keyword)
        if copy and own and copy != own:
            yield _lack("SOP Common", keyword, Attribute(keyword, "1"), "differs")


def _has(place: Dataset, keyword: str) -> bool:
    return tag_of(keyword) in place  # that of what pydicom does not know is in none
