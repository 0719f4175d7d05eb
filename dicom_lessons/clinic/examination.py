"""Examine any file: what is wrong with it, the most likely cause first. Nothing is written."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO

from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons import reading, volume
from dicom_lessons.clinic import outside
from dicom_lessons.clinic.contents import judge_contents
from dicom_lessons.clinic.faults import SEVERITIES, Diagnosis, diagnose, ranked
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.clinic.labels import judge_labels
from dicom_lessons.elements import element, value
from dicom_lessons.pixels import PixelError
from dicom_lessons.text import _, ngettext, short

MOST_SLICES = 5000
"""Of one series, those that are looked at together."""
MOST_NAMED = 4
"""Files that one sentence names."""
# what a slice has to tell so that it can be compared with its neighbours
_OF_A_SLICE = (
    *("SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber", "Rows", "Columns", "Modality"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "FrameOfReferenceUID"),
    *("PhotometricInterpretation", "RescaleSlope", "RescaleIntercept"),
)
_SERIES = {
    "mixed": "mixed_series", "missing": "incomplete_series", "order": "shuffled_series",
    "uneven": "uneven_series", "tilted": "uneven_series", "duplicate": "uneven_series",
}  # fmt: skip


@dataclass(frozen=True)
class Examination:
    """What was found in one file, or in the files of one series together.

    Attributes
    ----------
    name : str
        Of the file or the series.
    diagnoses : tuple of Diagnosis
        The most likely cause first; empty if nothing was found.
    about : str
        Modality and transfer syntax, as far as they are known.
    slice : Dataset or None
        What the file tells of its place in a series.
    """

    name: str
    diagnoses: tuple[Diagnosis, ...]
    about: str = ""
    slice: Dataset | None = field(default=None, repr=False, compare=False)

    @property
    def severity(self) -> str:
        """The gravest of its diagnoses: one of ``SEVERITIES``, or ``""`` if there is none."""
        return max((one.severity for one in self.diagnoses), key=SEVERITIES.index, default="")

    @property
    def grave(self) -> list[Diagnosis]:
        """Its diagnoses that are worse than a note."""
        return [one for one in self.diagnoses if one.severity != "note"]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found that is worse than a note."""
        return not self.grave

    def __str__(self) -> str:
        heading = f"{self.name}: {self.about}" if self.about else self.name
        if self.is_sound:
            return _("{heading}: nothing found.", heading=heading)
        told = (f"{number}. {_described(one)}" for number, one in enumerate(self.grave, 1))
        return "\n".join([heading, *told])


def _described(one: Diagnosis) -> str:
    """Return a diagnosis in three lines: title, where and what; why; what to do."""
    place = f"{one.where}: " if one.where else ""
    section = f" ({one.section})" if one.section else ""
    lines = [f"{one.title[:1].upper()}{one.title[1:]}.", f"   {place}{one.what}{section}.",
             "   " + _("Why: {why}", why=one.why)]  # fmt: skip
    if cure := one.cure.rstrip("."):
        lines.append("   " + _("What to do: {cure}.", cure=cure[:1].lower() + cure[1:]))
    return "\n".join(lines)


def examine(source: str | os.PathLike[str] | bytes) -> Examination:
    """Examine one file: its bytes, its data set and its picture.

    Parameters
    ----------
    source : str, path or bytes
        Name of a sample, path of a file, or its bytes. Whatever it is, nothing is raised.

    Returns
    -------
    Examination
        The most likely cause first.

    Examples
    --------
    >>> [one.fault for one in examine("MR_truncated").diagnoses]
    ['truncated_pixels']
    >>> print(examine("MR_small"))
    MR_small: MR, Explicit VR Little Endian: nothing found.
    """
    with warnings.catch_warnings(action="ignore"):  # what pydicom warns of is judged here
        return _examined(source, reading.name_of(source))


def _examined(source: str | os.PathLike[str] | bytes, name: str) -> Examination:
    try:
        raw = reading.read_bytes(source)
    except Exception as error:  # of the system, of a name, of a limit
        return Examination(name, (_unread("unread", error, name),))
    try:
        if not raw:
            raise reading.ReadingError(_("it is empty"))
        inside = Inside(raw, name)
    except reading.ReadingError as error:
        return Examination(name, (_unread("not_dicom", error, name),))
    if inside.is_bomb:  # no other reader gets to see it
        most = reading.MOST_INFLATED
        what = _("its data set inflates to more than {most} bytes", most=most)
        return Examination(name, (diagnose("deflate_bomb", what),), _about(None, inside))
    if not inside.elements and inside.whole.inflated is None:
        reason = inside.stop.what if inside.stop else _("no data element follows the prefix DICM")
        return Examination(name, (diagnose("not_dicom", reason),))
    found = list(judge_labels(inside))
    is_false = any(one.fault == "wrong_transfer_syntax" for one in found)
    found += [inside.stop] if inside.stop and not is_false else []
    found += judge_contents(inside)
    try:
        dataset = reading.read(inside.raw[: inside.readable])
    except Exception as error:  # told already, or nothing else is known
        found = found or [_unread("not_dicom", error, name)]
        return Examination(name, ranked(found), _about(None, inside))
    dataset.buffer = BytesIO(inside.raw)  # the judge of group 0002 counts its bytes there
    try:
        found += outside.judge(dataset)
    except (ValueError, RecursionError) as error:
        found.append(diagnose("value", reading.reason_of(error), section="PS3.5 §7.5"))
    dataset.buffer = None
    return Examination(name, ranked(found), _about(dataset, inside), _slice(dataset))


def _unread(fault: str, error: Exception, name: str) -> Diagnosis:
    reason = error.strerror or "" if isinstance(error, OSError) else ""
    what = short(reason or reading.reason_of(error), 300).removeprefix(f"{name}: ")
    return diagnose(fault, what, most=reading.MOST_BYTES)


def _about(dataset: Dataset | None, inside: Inside) -> str:
    kind = short(value(dataset, "Modality") or "", 16) if dataset is not None else ""
    return ", ".join(each for each in (kind, short(UID(inside.syntax).name)) if each)


def _slice(dataset: Dataset) -> Dataset | None:
    """Return the few elements that tell of a series; None of what is no slice."""
    if "ImagePositionPatient" not in dataset or "NumberOfFrames" in dataset:
        return None
    found = (element(dataset, keyword) for keyword in _OF_A_SLICE)
    return Dataset({one.tag: one for one in found if one is not None})


def examine_all(
    sources: Iterable[str | os.PathLike[str] | bytes],
) -> Iterator[Examination]:
    """Examine files one by one, then the series that they make; each result comes at once.

    Yields
    ------
    Examination
        Of each file in the order given, then of each series in which something was found.
    """
    series: dict[str, list[tuple[str, Dataset]]] = {}
    for source in sources:
        found = examine(source)
        yield found
        if found.slice is not None:
            uid = str(found.slice.get("SeriesInstanceUID", ""))
            slices = series.setdefault(uid, [])
            if len(slices) < MOST_SLICES:
                slices.append((found.name, found.slice))
    for uid, slices in series.items():
        if diagnoses := ranked(list(_judge_series(slices))):
            yield Examination(_("series {uid}", uid=short(uid)), diagnoses)


def _judge_series(slices: list[tuple[str, Dataset]]) -> Iterator[Diagnosis]:
    known: dict[str, str] = {}
    rest, twice = [], []
    for name, one in slices:
        uid = str(one.get("SOPInstanceUID", ""))
        if uid and uid in known:
            twice.append(f"{name} = {known[uid]}")
        else:
            known[uid] = name
            rest.append((name, one))
    if twice:
        what = ngettext(
            "{count} file has the SOP Instance UID of another: {names}",
            "{count} files have the SOP Instance UIDs of others: {names}",
            len(twice), names=", ".join(twice[:MOST_NAMED]),
        )  # fmt: skip
        yield diagnose("same_instance", what)
    if len(rest) < 3:
        return
    rest.sort(key=lambda pair: (_number(pair[1]), pair[0]))
    try:
        faults = volume.check_series([one for _name, one in rest])
    except (PixelError, ValueError, TypeError, LookupError, AttributeError):
        return  # that a slice tells no place is told with its file
    for fault in faults:
        if fault.kind not in _SERIES:
            continue
        what = re.sub(r"\[(\d+)\]", lambda found: rest[int(found[1])][0], fault.what)
        if fault.kind == "order":
            what = _("sorted by Instance Number, {what}", what=what)
        yield diagnose(_SERIES[fault.kind], what, cure=fault.cure, section=fault.section)


def _number(one: Dataset) -> int:
    try:
        return int(one.get("InstanceNumber") or 0)
    except (TypeError, ValueError, OverflowError):
        return 0
