"""What must run to judge the exercises of lesson 02: cases, forms, examinations."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import Dataset

from dicom_lessons import samples, uids
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check, Repair
from dicom_lessons.exercises.plain import Raised, Refused
from dicom_lessons.exercises.verdicts import Verdict, called
from dicom_lessons.reading import read
from dicom_lessons.text import N_, _
from dicom_lessons.uids.roots import DICOM_ROOT, UUID_ROOT, is_below

_OF_ONE_STUDY = ("virtual/ct", "virtual/pt")
_NEW = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"]
_READABLE = 16  # digits in a row that chance does not repeat
_TO_REPAIR = [
    *("1.2.840.010008.1.2", "1.2.840.10008.5.1.4.1.1.2 ", "1.2.840.10008.1.2.1."),
    *("1.2.840.10008.1.1\0", " .1.2.840.10008.1.2\0", "1.2.840.10008.15.0.3.01"),
    *("1.2.840.10008.0001.000002.04.50", "1.2.840.10008.1.2", "2.999.007.000.10"),
    *("1.2.0.4 ", "1.2.840.10008.1.2.4.0999"),
]
_UUIDS = [
    *("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "00000000-0000-0000-0000-0000000000ff"),
    *("00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
]
_WORDS = {
    "sop class": "class",
    "sop instance": "instance",
    "transfer syntax uid": "transfer syntax",
    "класс": "class",
    "синтаксис передачи": "transfer syntax",
    "экземпляр": "instance",
    "неправильный": "invalid",
}


def _word(answer: object) -> str:
    """Return one of the four words, however it is spelled."""
    word = " ".join(forms.text(answer).replace("_", " ").replace("-", " ").split())
    return _WORDS.get(word, word)


@forms.expecting(N_("a list or a set of UIDs in quotes"))
def _set_of_uids(answer: Any) -> tuple[object, ...]:
    """Return UIDs without regard to order and repetition."""
    return tuple(sorted({*forms.list_of(forms.uid, ordered=False)(answer)}, key=str))


# ---- a copy of the plan


def _copied(path: Path) -> str:
    """Say what is wrong with the learner's copy of the plan; nothing if all is well."""
    plan, original = read(path, force=False), samples.read("rtplan")
    if path.resolve() == samples.path("rtplan").resolve():
        return "original"
    home = (plan.get("SOPClassUID"), plan.get("SOPInstanceUID"))
    if home != (original.SOPClassUID, original.SOPInstanceUID):
        return "other object"
    meta = plan.file_meta
    if (meta.get("MediaStorageSOPClassUID"), meta.get("MediaStorageSOPInstanceUID")) != home:
        return "copies differ"
    return "" if Dataset(plan) == Dataset(original) else "other file"


# ---- two files that still belong together


@dataclass(frozen=True, kw_only=True)
class Replacing(Repair):
    """A function that replaces UIDs, examined by what it makes of two files."""

    def _judge(self, answer: object) -> Verdict:
        with warnings.catch_warnings(action="ignore"):
            # the examination names an invalid UID itself
            cases = [(samples.read(name),) for name in _OF_ONE_STUDY]
            results, refusal = called(answer, cases, _saved)
            if refusal:
                return refusal
            failed = [each.plain for each in results if isinstance(each.plain, Raised | Refused)]
            if failed:
                return Verdict(False, _("Your function fails: {error}.", error=failed[0].text))
            finding = self.examine(results)  # type: ignore[arg-type]
            return self._found(finding) if finding else self._right()


def _saved(dataset: Any) -> bytes:
    file = BytesIO()
    Dataset.save_as(copy.deepcopy(dataset), file, enforce_file_format=True)
    return file.getvalue()


def _replaced(results: Any) -> str:
    """Say what is wrong with what the learner's function made of two files of one study."""
    originals = [samples.read(name) for name in _OF_ONE_STUDY]
    made = [read(each.plain, force=False) for each in results]
    pairs = [
        (str(original[keyword].value), str(one.get(keyword, "")))
        for original, one in zip(originals, made, strict=True)
        for keyword in _NEW
    ]
    if any(
        one.get("SOPClassUID") != old.SOPClassUID for one, old in zip(made, originals, strict=True)
    ):
        return "class"
    if finding := next((found for old, new in pairs if (found := _flaw(old, new, pairs))), ""):
        return finding
    if len({new for _old, new in pairs}) < len({old for old, _new in pairs}):
        return "one name"
    if len({*pairs}) > len({old for old, _new in pairs}):
        return "apart"
    if any(each.changed for each in results):
        return "original"
    for original, one in zip(originals, made, strict=True):
        rest = [Dataset(each) for each in (original, one)]
        for keyword in _NEW:
            for each in rest:
                del each[keyword]
        if rest[0] != rest[1]:
            return "changed"
    return ""


def _flaw(old: str, new: str, pairs: list[tuple[str, str]]) -> str:
    """Say what is wrong with one new UID."""
    if new in {one for one, _new in pairs}:
        return "moved"
    if SequenceMatcher(None, old, new, autojunk=False).find_longest_match().size >= _READABLE:
        return "built"
    if not uids.is_valid(new):
        return "invalid"
    if is_below(new, DICOM_ROOT):
        return "DICOM's own"
    if str(abs(hash(old))) in new:
        return "this session"
    number = new.removeprefix(f"{UUID_ROOT}.")
    if is_below(new, UUID_ROOT) and not (number.isdigit() and int(number) < 2**128):
        return "no UUID"
    return ""


# ---- instances in their series


def _instances() -> list[Dataset]:
    folder = "dicomdirtests/98892003/"
    return [samples.read(name) for name in samples.names() if name.startswith(folder)]


def _scattered() -> list[Dataset]:
    """Return instances of three series of one study, in no order, with one Series Number."""
    scattered = [Dataset() for _number in range(6)]
    for number, (one, series) in enumerate(zip(scattered, "121321", strict=True), 1):
        one.StudyInstanceUID, one.SeriesInstanceUID = "2.999.1", f"2.999.1.{series}"
        one.SOPInstanceUID = f"2.999.1.{series}.{number}"
        one.SeriesNumber, one.InstanceNumber, one.Modality = 1, number, "MR"
    return scattered


@forms.expecting(N_("a dictionary from UIDs to lists of instances"))
def _grouped(answer: Any) -> dict[str, list[str]]:
    """Return the SOP Instance UIDs of each series, in no particular order."""
    return {
        str(key): sorted(str(getattr(one, "SOPInstanceUID", one)) for one in answer[key])
        for key in answer
    }


# ---- a function that raises


CHECKS = {
    "uids-1": Check(form=forms.list_of(_word)),
    "uids-2": Check(cases=lambda: [(text,) for text in _TO_REPAIR]),
    "uids-3": Check(examine=_copied),
    "uids-4": Check(
        cases=lambda: [
            ("2.999.1", 1, 1, 1),
            ("2.999.1", 10, 2, 0),
            ("2.999.1", 7, 3, 120),
            ("1.2.3.4", 1234, 56, 7),
            ("2.999." + "1" * 52, 1, 1, 1),
            ("2.999." + "1" * 52, 1, 1, 12),
            ("2.999." + "1" * 52, 1, 10, 12),
            ("2.999." + "1" * 58, 10, 10, 10),
        ],
    ),
    "uids-5": Check(cases=lambda: [(text,) for text in _UUIDS]),
    "uids-6": Check(examine=_replaced, kind=Replacing),
    "uids-7": Check(
        cases=lambda: [(_scattered(),), (_instances(),), (_instances()[::-1],), ([],)],
        form=_grouped,
    ),
    "uids-8": Check(form=_set_of_uids),
}
