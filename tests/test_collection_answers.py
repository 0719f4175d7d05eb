"""Answers to the exercises of lesson 12: right ones of many forms, and wrong ones."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from answers import all_right, all_wrong, judged, rubbish_is_wrong
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from dicom_lessons.collection import open_idc


def counted(question: str) -> Any:
    return open_idc().sql(question)


def allowed(licence: Any) -> Any:
    if not licence:
        return False
    return licence.startswith(("CC BY ", "CC0"))


def header_row(path: Any) -> dict[str, Any]:
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=["Modality", "Rows"])
    except (InvalidDicomError, OSError):
        return dict(Modality=None, Rows=None, problem=True)
    values = {keyword: getattr(header, keyword, None) for keyword in ("Modality", "Rows")}
    return {**values, "problem": np.False_}


def new_or_changed(known: Any, found: Any) -> list[Any]:
    paths = []
    for path in sorted(found):
        if path not in known or known[path] != found[path]:
            paths.append(path)
    return paths


def hours_step_by_step(files: float, seconds: float, sample: float, processes: int) -> float:
    process_seconds = seconds * 2
    each = process_seconds / sample
    return each * files / processes / 60 / 60


def kinds_by_sets(rows: Any) -> dict[str, str]:
    digests, count = defaultdict(set), Counter(uid for uid, _digest in rows)
    for uid, digest in rows:
        digests[uid].add(digest)
    repeated = [uid for uid in count if count[uid] > 1]
    return {uid: ("conflict" if len(digests[uid]) > 1 else "duplicate") for uid in repeated}


def missing_by_steps(numbers: Any) -> list[int]:
    known = sorted({one for one in numbers if one is not None})
    return [between for one, two in itertools.pairwise(known) for between in range(one + 1, two)]


def missing_as_array(numbers: Any) -> Any:
    known = np.array([one for one in numbers if one is not None], int)
    return np.setdiff1d(np.arange(known.min(), known.max() + 1), known) if known.size else known


def date_by_format(text: Any) -> bool:
    try:
        return bool(text == datetime.strptime(text, "%Y%m%d").strftime("%Y%m%d"))
    except (TypeError, ValueError):
        return False


RIGHT: dict[str, list[Any]] = {
    "collection-p1": ["SR", " sr ", "'SR'"],
    "collection-1": [34634, 34634.0, "34634", np.int64(34634), "34,634", "34 634", [(34634,)]],
    "collection-2": [584, "584", (584,), np.array([[584]])],
    "collection-3": [allowed, lambda name: bool(name) and allowed(name)],
    "collection-4": [header_row],
    "collection-5": [
        new_or_changed,
        lambda known, found: sorted(dict(found.items() - known.items())),
    ],
    "collection-6": [
        hours_step_by_step,
        lambda files, seconds, sample, processes: seconds / sample * files / (processes / 2) / 3600,
    ],
    "collection-7": [kinds_by_sets],
    "collection-8": [missing_by_steps, missing_as_array],
    "collection-9": [date_by_format],
}
WRONG: dict[str, list[Any]] = {
    "collection-p1": ["MR", "SEG", 2, "", "CT"],
    "collection-1": [28783, 5851, 34635, "many", None.__class__, -34634, [(28783,), (5851,)]],
    "collection-2": [270830, 985, 0, "CT", [584, 584], "5,84"],
    "collection-3": [
        lambda name: True,
        lambda name: "NC" not in (name or "NC"),
        lambda name: (name or "").startswith("CC"),
        lambda name: "yes" if allowed(name) else "no",
        lambda name: name.startswith("CC BY "),
        True,
    ],
    "collection-4": [
        lambda path: {},
        lambda path: {"Modality": "CT", "Rows": 128, "problem": False},
        lambda path: {**header_row(path), "path": path},
        lambda path: {**header_row(path), "problem": False},
        lambda path: None,
        lambda path: (header_row(path)["Modality"], header_row(path)["Rows"], False),
    ],
    "collection-5": [
        lambda known, found: sorted(found),
        lambda known, found: [],
        lambda known, found: new_or_changed(found, known),
        lambda known, found: new_or_changed(known, found)[::-1],
        lambda known, found: found.clear(),
    ],
    "collection-6": [
        lambda files, seconds, sample, processes: files * seconds / sample / processes / 3600,
        lambda files, seconds, sample, processes: hours_step_by_step(files, seconds, sample, 2),
        lambda *_several: 2.4,
        lambda *_several: "a night",
    ],
    "collection-7": [
        lambda rows: {},
        lambda rows: dict.fromkeys(kinds_by_sets(rows), "conflict"),
        lambda rows: {uid: "duplicate" for uid, _digest in rows},
        lambda rows: kinds_by_sets([(digest, uid) for uid, digest in rows]),
        lambda rows: sorted(kinds_by_sets(rows)),
    ],
    "collection-8": [
        lambda numbers: [],
        lambda numbers: missing_by_steps([1, *numbers]),
        lambda numbers: len(missing_by_steps(numbers)),
        lambda numbers: missing_by_steps([one for one in numbers if one]),
        lambda numbers: sorted(set(range(max(numbers))) - set(numbers)),
    ],
    "collection-9": [
        lambda text: True,
        lambda text: str(text).isdigit(),
        lambda text: len(str(text)) == 8,
        lambda text: date_by_format(text) or None,
        lambda text: bool(text) and text[:2] in ("19", "20"),
    ],
}


test_right_answers_of_every_form_are_right = all_right(RIGHT)
test_wrong_answers_are_wrong_and_say_why = all_wrong(WRONG, may_be_blank=True)
test_rubbish_is_wrong_and_never_an_error = rubbish_is_wrong(
    RIGHT, [object(), b"\xff", {}, [], float("nan"), len, 10**400]
)


@pytest.mark.parametrize("name", ["collection-5", "collection-8"])
def test_who_gives_a_set_where_order_counts_is_told(name: str) -> None:
    (right, *_others) = RIGHT[name]
    assert "use a list" in judged(name, lambda *given: set(right(*given))).why


def test_the_numbers_asked_for_are_those_of_the_table() -> None:
    nc = "SELECT sum(series) FROM groups WHERE license_short_name LIKE '%NC%'"
    for answer in (counted(nc), counted(nc).df(), counted(nc).fetchall()):
        assert judged("collection-1", answer).right
    assert judged("collection-1", counted(nc).fetchall()[0][0]).right
    assert judged("collection-1", counted("FROM groups")).right is False
    captures = (
        "SELECT sum(series) FROM groups WHERE Modality = 'CT' "
        "AND sop_class_name = 'Secondary Capture Image Storage'"
    )
    assert judged("collection-2", counted(captures).fetchall()[0][0]).right


def test_a_digest_of_any_kind_will_do() -> None:
    rows = [("1.2", hashlib.sha256(raw).hexdigest()) for raw in (b"a", b"a", b"b")]
    assert kinds_by_sets(rows) == {"1.2": "conflict"}
