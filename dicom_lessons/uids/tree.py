"""The tree that UIDs make of a folder: studies, their series, their instances."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dicom_lessons.findings import Finding
from dicom_lessons.reading import files_in, read, reason_of, value
from dicom_lessons.text import _, ngettext, short
from dicom_lessons.uids.rules import is_valid

MOST_FILES = 10_000
_LONGEST_VALUE = 4096  # bytes; what is longer stays in the file until somebody asks
_KEYWORDS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "StudyDate",
    "StudyDescription",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "InstanceNumber",
)


@dataclass
class Node:
    """A study, a series or an instance.

    Attributes
    ----------
    level : str
        ``"study"``, ``"series"`` or ``"instance"``.
    uid : str
        Its UID, as the file holds it.
    description : str
        What the file says of it, shortened; text that came from outside.
    number : int
        Of a series in its study, of an instance in its series.
    below : dict of str to Node
        The series of a study, the instances of a series, by their UIDs.
    """

    level: str
    uid: str
    description: str
    number: int = 0
    below: dict[str, Node] = field(default_factory=dict)

    @property
    def children(self) -> tuple[Node, ...]:
        """What is below, in the order of its numbers."""
        return tuple(sorted(self.below.values(), key=lambda node: (node.number, node.uid)))

    @property
    def label(self) -> str:
        """The description, and how many there are below."""
        count = len(self.below)
        counted = {
            "study": ngettext("{count} series", "{count} series", count),
            "series": ngettext("{count} instance", "{count} instances", count),
        }
        return " · ".join(filter(None, [self.description, counted.get(self.level)]))


@dataclass(frozen=True)
class Tree:
    """The studies in the order of their dates, and what is wrong with files, by their names."""

    studies: tuple[Node, ...]
    problems: tuple[Finding, ...]


def read_tree(files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Tree:
    """Read files without their pixels and hang them into one tree (PS3.3 §A.1.2, PS3.5 §9).

    Series belong to a study because their instances carry both UIDs: nothing else joins them,
    neither the folder nor the name of the file.

    Parameters
    ----------
    files : str, path or iterable of them
        A folder, with all below it, or the files themselves; at most 10,000.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    studies: dict[str, Node] = {}
    problems: list[Finding] = []
    paths = files_in(files)
    for path in paths[:MOST_FILES]:
        try:
            odd = [*_hang(studies, _values(path))]
        except Exception as error:  # whatever a broken value makes pydicom raise
            odd = [_("it cannot be read: {reason}", reason=reason_of(error))]
        problems += [Finding(what=what, where=short(path.name)) for what in odd]
    if len(paths) > MOST_FILES:
        problems.append(Finding(what=_("only the first {most} files are read", most=MOST_FILES)))
    by_date = sorted(studies.values(), key=lambda study: (study.description, study.uid))
    return Tree(tuple(by_date), tuple(problems))


def _values(path: Path) -> dict[str, Any]:
    dataset = read(path, stop_before_pixels=True, defer_size=_LONGEST_VALUE)
    return {keyword: value(dataset, keyword) for keyword in _KEYWORDS}


def _hang(studies: dict[str, Node], values: dict[str, Any]) -> Iterator[str]:
    found = {keyword: values[keyword] or "" for keyword in _KEYWORDS[:3]}
    uids = {key: uid if isinstance(uid, str) else short(uid) for key, uid in found.items()}
    for keyword, uid in uids.items():
        if not uid:
            yield _("it has no {keyword}: it has no place in the tree", keyword=keyword)
            return
        if not is_valid(uid):
            yield _("its {keyword} is no valid UID: {uid}", keyword=keyword, uid=short(uid, 40))
    study_uid, series_uid, instance_uid = uids.values()
    if len({study_uid, series_uid, instance_uid}) < 3:
        twice = study_uid if study_uid in (series_uid, instance_uid) else series_uid
        yield _("one UID names two things: {uid}", uid=short(twice))
    label = _label(values, "StudyDate", "StudyDescription")
    study = studies.setdefault(study_uid, Node("study", study_uid, label))
    label = _label(values, "Modality", "SeriesNumber", "SeriesDescription")
    node = Node("series", series_uid, label, _number(values["SeriesNumber"]))
    series = study.below.setdefault(series_uid, node)
    if instance_uid in series.below:
        yield _("its SOPInstanceUID is that of another file: {uid}", uid=short(instance_uid))
        return
    kind = short(getattr(values["SOPClassUID"], "name", ""))
    label = " ".join(filter(None, [_label(values, "InstanceNumber"), kind]))
    number = _number(values["InstanceNumber"])
    series.below[instance_uid] = Node("instance", instance_uid, label, number)


def _label(values: dict[str, Any], *keywords: str) -> str:
    parts = (short(values[keyword] or "", 40) for keyword in keywords)
    return " · ".join(filter(None, parts))


def _number(value: object) -> int:
    try:
        return int(short(value, 20))
    except ValueError:
        return 0
