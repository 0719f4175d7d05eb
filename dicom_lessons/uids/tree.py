"""The tree that UIDs make of a folder: studies, their series, their instances."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dicom_lessons.findings import Finding
from dicom_lessons.reading import files_in, read
from dicom_lessons.text import _, ngettext, short
from dicom_lessons.uids.rules import is_valid

MOST_FILES = 10_000
_LONGEST_VALUE = 4096  # bytes; what is longer stays in the file until somebody asks
_LEVELS = ("study", "series", "instance")
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


@dataclass(frozen=True)
class Node:
    """A study, a series or an instance.

    Attributes
    ----------
    level : str
        ``"study"``, ``"series"`` or ``"instance"``.
    uid : str
        Its UID, as the file holds it.
    label : str
        What the file says of it, shortened; text that came from outside.
    children : tuple of Node
        The series of a study, the instances of a series.
    """

    level: str
    uid: str
    label: str
    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Tree:
    """The studies in the order of their dates, and what is wrong with files, by their names."""

    studies: tuple[Node, ...]
    problems: tuple[Finding, ...]


@dataclass
class _Branch:
    label: str = ""
    number: int = 0
    children: dict[str, _Branch] = field(default_factory=dict)


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
    studies: dict[str, _Branch] = {}
    problems: list[Finding] = []
    paths = files_in(files)
    for path in paths[:MOST_FILES]:
        try:
            values = _values(path)
        except Exception as error:  # whatever a broken value makes pydicom raise
            reason = short(error, 160).rstrip(".")
            what = _("it cannot be read: {reason}", reason=reason)
            problems.append(Finding(what=what, where=path.name))
            continue
        problems += [Finding(what=what, where=path.name) for what in _hang(studies, values)]
    if len(paths) > MOST_FILES:
        problems.append(Finding(what=_("only the first {most} files are read", most=MOST_FILES)))
    return Tree(tuple(_nodes(studies, _LEVELS)), tuple(problems))


def _values(path: Path) -> dict[str, Any]:
    dataset = read(path, stop_before_pixels=True, defer_size=_LONGEST_VALUE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tree judges the UIDs itself
        return {keyword: dataset.get(keyword) for keyword in _KEYWORDS}


def _hang(studies: dict[str, _Branch], values: dict[str, Any]) -> Iterator[str]:
    uids = {keyword: str(values[keyword] or "") for keyword in _KEYWORDS[:3]}
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
    study = studies.setdefault(study_uid, _Branch(label))
    label = _label(values, "Modality", "SeriesNumber", "SeriesDescription")
    branch = _Branch(label, _number(values["SeriesNumber"]))
    series = study.children.setdefault(series_uid, branch)
    if instance_uid in series.children:
        yield _("its SOPInstanceUID is that of another file: {uid}", uid=short(instance_uid))
        return
    kind = short(getattr(values["SOPClassUID"], "name", ""))
    label = " ".join(filter(None, [_label(values, "InstanceNumber"), kind]))
    series.children[instance_uid] = _Branch(label, _number(values["InstanceNumber"]))


def _label(values: dict[str, Any], *keywords: str) -> str:
    parts = (short(values[keyword] or "", 40) for keyword in keywords)
    return " · ".join(filter(None, parts))


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0


def _nodes(branches: dict[str, _Branch], levels: tuple[str, ...]) -> Iterator[Node]:
    def order(item: tuple[str, _Branch]) -> tuple[int, str, str]:
        return item[1].number, item[1].label if levels[0] == "study" else "", item[0]

    for uid, branch in sorted(branches.items(), key=order):
        children = tuple(_nodes(branch.children, levels[1:]))
        label = branch.label
        if children:
            count = len(children)
            counted = (
                ngettext("{count} series", "{count} series", count)
                if levels[0] == "study"
                else ngettext("{count} instance", "{count} instances", count)
            )
            label = " · ".join(filter(None, [label, counted]))
        yield Node(levels[0], uid, label, children)
