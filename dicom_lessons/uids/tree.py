"""The tree that UIDs make of a folder: studies, their series, their instances."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset, dcmread

from dicom_lessons.deflated import inflates_beyond
from dicom_lessons.text import _, ngettext
from dicom_lessons.uids.rules import is_valid, shortened

MOST_FILES = 10_000
MOST_BYTES = 64 * 2**20
_KEYWORDS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "StudyDate",
    "StudyDescription",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "InstanceNumber",
]


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
class Problem:
    """A file that has no place in the tree, or an odd one.

    Attributes
    ----------
    file : str
        Its name, without its folder.
    reason : str
        In the language that is set.
    """

    file: str
    reason: str


@dataclass(frozen=True)
class Tree:
    """The studies in the order of their dates, and the files with problems."""

    studies: tuple[Node, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Branch:
    label: str = ""
    number: int = 0
    children: dict[str, _Branch] = field(default_factory=dict)


def read_tree(files: Path | Iterable[Path]) -> Tree:
    """Read the headers of files and hang them into one tree (PS3.3 §A.1.2, PS3.5 §9).

    Series belong to a study because their instances carry both UIDs: nothing else joins them,
    neither the folder nor the name of the file.

    Parameters
    ----------
    files : Path or iterable of Path
        A folder, with all below it, or the files themselves; at most 10,000.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    studies: dict[str, _Branch] = {}
    problems: list[Problem] = []
    for count, path in enumerate(_paths(files)):
        if count >= MOST_FILES:
            problems.append(Problem("…", _("Only the first {most} files are read.", most=count)))
            break
        try:
            dataset = _header(path)
        except Exception as error:  # whatever a broken file makes a reader raise
            reason = _("It cannot be read: {error}.", error=shortened(str(error), 80).rstrip("."))
            problems.append(Problem(path.name, reason))
            continue
        problems += [Problem(path.name, reason) for reason in _hang(studies, dataset)]
    return Tree(tuple(_nodes(studies, ("study", "series", "instance"))), tuple(problems))


def _paths(files: Path | Iterable[Path]) -> Iterator[Path]:
    if isinstance(files, Path):
        if not files.exists():
            raise FileNotFoundError(_("There is no folder {path}.", path=files))
        found = sorted(files.rglob("*")) if files.is_dir() else [files]
        return (path for path in found if path.is_file() and not path.is_symlink())
    return iter(files)


def _header(path: Path) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tree judges the UIDs itself
        if inflates_beyond(path, MOST_BYTES):
            limit = MOST_BYTES // 2**20
            raise ValueError(_("its data set inflates to more than {limit} MiB", limit=limit))
        dataset = dcmread(path, stop_before_pixels=True, specific_tags=list(_KEYWORDS))
        for keyword in _KEYWORDS:
            dataset.get(keyword)
    return dataset


def _hang(studies: dict[str, _Branch], dataset: Dataset) -> Iterator[str]:
    levels = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    uids = [str(dataset.get(keyword) or "") for keyword in levels]
    for keyword, uid in zip(levels, uids, strict=True):
        if not uid:
            yield _("It has no {keyword}: it has no place in the tree.", keyword=keyword)
            return
        if not is_valid(uid):
            yield _("Its {keyword} is no valid UID: {uid}", keyword=keyword, uid=shortened(uid))
    if len(set(uids)) < 3:
        yield _("One UID names two things: {uid}", uid=shortened(_twice(uids), 64))
    study = studies.setdefault(uids[0], _Branch(_label(dataset, "StudyDate", "StudyDescription")))
    series = study.children.setdefault(
        uids[1],
        _Branch(
            _label(dataset, "Modality", "SeriesNumber", "SeriesDescription"),
            _number(dataset.get("SeriesNumber")),
        ),
    )
    if uids[2] in series.children:
        yield _("Its SOPInstanceUID is that of another file: {uid}", uid=shortened(uids[2], 64))
        return
    number = dataset.get("InstanceNumber")
    kind = shortened(getattr(dataset.get("SOPClassUID"), "name", ""), 64)
    series.children[uids[2]] = _Branch(
        " ".join(filter(None, [_label(dataset, "InstanceNumber"), kind])), _number(number)
    )


def _twice(uids: list[str]) -> str:
    return next(uid for uid in uids if uids.count(uid) > 1)


def _label(dataset: Dataset, *keywords: str) -> str:
    values = (str(dataset.get(keyword) or "").strip() for keyword in keywords)
    return " · ".join(shortened(value) for value in values if value)


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
