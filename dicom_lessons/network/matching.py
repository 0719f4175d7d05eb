"""Questions to an archive: levels, keys and how a key matches (PS3.4 §C.2.2)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping

from pydicom import DataElement, Dataset
from pydicom.datadict import keyword_for_tag
from pydicom.multival import MultiValue

LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
UNIQUE = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
"""The unique key of each level (PS3.4 §C.6.1.1)."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "PATIENT": ("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    "STUDY": (
        *("StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID"),
        *("StudyDescription", "ReferringPhysicianName"),
    ),
    "SERIES": (
        *("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription"),
        *("SeriesDate", "BodyPartExamined"),
    ),
    "IMAGE": (
        *("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Rows", "Columns"),
        *("NumberOfFrames", "ImageType"),
    ),
}
"""What the archive keeps of each instance, and may be asked for."""

ALL_KEYS = tuple(dict.fromkeys(key for keys in KEYS.values() for key in keys))
_COUNTS = {
    "NumberOfStudyRelatedSeries": "SeriesInstanceUID",
    "NumberOfStudyRelatedInstances": "SOPInstanceUID",
    "NumberOfSeriesRelatedInstances": "SOPInstanceUID",
}
_RANGED = ("DA", "DT", "TM")
_WILD = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT")


class QueryError(ValueError):
    """A question that cannot be answered; the message says what is missing or wrong."""


def level_of(query: Dataset, root: str) -> str:
    """Return Query/Retrieve Level (0008,0052).

    Parameters
    ----------
    query : Dataset
    root : str
        ``"PATIENT"`` or ``"STUDY"``: the highest level of the information model.

    Raises
    ------
    QueryError
        If it is missing, unknown, or above the root.
    """
    level = str(query.get("QueryRetrieveLevel") or "").strip()
    allowed = LEVELS[LEVELS.index(root) :]
    if level not in allowed:
        raise QueryError(f"Query/Retrieve Level is {level[:16]!r}, none of {', '.join(allowed)}.")
    return level


def require_unique_keys(query: Dataset, level: str, root: str) -> None:
    """Refuse a question below a level whose unique key has no single value (PS3.4 §C.4.1.2.2).

    Raises
    ------
    QueryError
        With the key that is missing.
    """
    for place in range(LEVELS.index(root), LEVELS.index(level)):
        value = query.get(UNIQUE[place]) or ""
        if not isinstance(value, str) or not value or re.search(r"[*?\\]", value):
            raise QueryError(f"A question at level {level} needs one value for {UNIQUE[place]}.")


def find(records: Iterable[Dataset], query: Dataset, level: str) -> Iterator[Dataset]:
    """Yield one answer per patient, study, series or image that matches.

    Parameters
    ----------
    records : iterable of Dataset
        One per instance, with ``ALL_KEYS``.
    query : Dataset
        Its elements with a value are to match; those without are to be returned.
    level : str
        One of ``LEVELS``.
    """
    everything = list(records)
    studies = _studies(everything, query)
    key = UNIQUE[LEVELS.index(level)]
    groups: dict[str, list[Dataset]] = {}
    for record in everything:
        if matches(record, query) and str(record.get("StudyInstanceUID")) in studies:
            groups.setdefault(str(record.get(key, "")), []).append(record)
    for value, members in groups.items():
        # counts are of all that is held, not of what the question left
        family = [record for record in everything if str(record.get(key, "")) == value]
        yield _answer(members[0], family, query, level)


def _studies(records: list[Dataset], query: Dataset) -> set[str]:
    """Return the studies that hold a modality that is asked for (PS3.4 §C.2.2.1)."""
    asked = query.get("ModalitiesInStudy") or []
    modalities = {asked} if isinstance(asked, str) else set(asked)
    return {
        str(record.get("StudyInstanceUID"))
        for record in records
        if not modalities or any(_fits(str(record.get("Modality", "")), one) for one in modalities)
    }


def matches(record: Dataset, query: Dataset) -> bool:
    """Return whether an instance has what a question asks for."""
    return all(
        _matches(record, element)
        for element in query
        if element.keyword in ALL_KEYS and not element.is_empty
    )


def _matches(record: Dataset, wanted: DataElement) -> bool:
    held = record.get(wanted.keyword)
    # an attribute of several values matches if one of them does (PS3.4 §C.2.2.1.1)
    texts = [str(one) for one in held] if isinstance(held, MultiValue) else [str(held or "")]
    asked = [str(one) for one in wanted.value] if wanted.VM > 1 else [str(wanted.value)]
    return any(_one_matches(text, asked, wanted.VR) for text in texts)


def _one_matches(text: str, asked: list[str], vr: str) -> bool:
    if vr == "UI":
        return text in asked
    if vr in _RANGED and "-" in asked[0]:
        low, _minus, high = asked[0].partition("-")
        return (
            bool(text)
            and (not low or text[: len(low)].ljust(len(low), "0") >= low)
            and (not high or text[: len(high)] <= high)
        )
    if vr == "PN":
        # any case, and any of the component groups
        names = [text, *text.split("=")]
        return any(_fits(name.casefold(), asked[0].casefold()) for name in names)
    if vr in _WILD:
        return any(_fits(text, one) for one in asked)
    return text == asked[0]


def _fits(text: str, pattern: str) -> bool:
    # only * and ? are wild in DICOM; fnmatch knows brackets too
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _answer(first: Dataset, members: list[Dataset], query: Dataset, level: str) -> Dataset:
    answer = Dataset()
    answer.QueryRetrieveLevel = level
    if first.get("SpecificCharacterSet"):
        answer.SpecificCharacterSet = first.SpecificCharacterSet
    allowed = {key for one in LEVELS[: LEVELS.index(level) + 1] for key in KEYS[one]}
    for element in query:
        keyword = keyword_for_tag(element.tag)
        if keyword in allowed and keyword in first:
            answer[keyword] = first[keyword]
        elif keyword in _COUNTS:
            count = len({str(member.get(_COUNTS[keyword])) for member in members})
            setattr(answer, keyword, count)
        elif keyword == "ModalitiesInStudy":
            answer.ModalitiesInStudy = sorted({str(member.get("Modality")) for member in members})
        elif keyword not in ("QueryRetrieveLevel", "SpecificCharacterSet"):
            answer.add_new(element.tag, element.VR, None)
    return answer
