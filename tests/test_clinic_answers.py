"""Answers to the exercises of lesson 11: right ones of many forms, and wrong ones."""

from __future__ import annotations

import math
import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from answers import all_right, all_wrong, judged
from pydicom import dcmread
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

UIDS = {
    one.name.title(): one
    for one in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)
}
BACK = ["truncated_pixels", "lost_text", "incomplete_series"]


def encoding_by_pattern(first: bytes) -> str:
    if not re.match(rb"[A-Z]{2}", first[4:6]):
        return "implicit vr little endian"
    return f"Explicit VR {'Little' if first[0] else 'Big'} Endian"


def negative_by_mask(picture: Any) -> Any:
    rows, columns = picture.shape
    border = np.ones(picture.shape, bool)
    border[1:-1, 1:-1] = False
    middle = picture[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    return np.median(picture[border]) > np.median(middle)


def wanted_in_pairs(rows: int, columns: int, samples: int, allocated: int, frames: int) -> int:
    return 2 * math.ceil(rows * columns * samples * allocated * frames / 16)


def healed(raw: bytes, explicit: bool = False) -> BytesIO:
    dataset = dcmread(BytesIO(raw), force=True)
    implicit = dataset.original_encoding[0] and not explicit
    dataset.file_meta.TransferSyntaxUID = (
        ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    )
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file


RIGHT: dict[str, list[Any]] = {
    "clinic-1": [encoding_by_pattern, lambda first: UIDS[encoding_by_pattern(first).title()]],
    "clinic-2": ["cabd", "C A B D", "c, a, b, d", ["c", "a", "b", "d"], "сabd"],
    "clinic-3": [negative_by_mask, lambda picture: bool(negative_by_mask(picture))],
    "clinic-4": [lambda pairs: tuple(k for k, n in pairs if n & 1 and n < 2**32 - 1)],
    "clinic-5": [wanted_in_pairs, lambda *given: float(wanted_in_pairs(*given))],
    "clinic-6": [healed, lambda raw: healed(raw).getvalue()],
    "clinic-7": [BACK, set(BACK), tuple(BACK[::-1]), ", ".join(BACK), [*BACK, BACK[0]]],
    "clinic-8": ["cfeadb", "c f e a d b", list("CFEADB"), "cefadb"],
}
WRONG: dict[str, list[Any]] = {
    "clinic-1": [
        lambda first: "Explicit VR Little Endian",
        lambda first: encoding_by_pattern(first[::-1]),
        lambda first: encoding_by_pattern(first) + "!",
    ],
    "clinic-2": ["cbad", "dbac", "cab", "cabdd", "", None, 4, ["c", "a"]],
    "clinic-3": [
        lambda picture: picture.mean() > 127,
        lambda picture: not negative_by_mask(picture),
        lambda picture: int(negative_by_mask(picture)),
    ],
    "clinic-4": [lambda pairs: [], lambda pairs: [n for _k, n in pairs if n % 2], "PatientID"],
    "clinic-5": [
        lambda *given: math.prod(given) // 8,
        lambda *given: wanted_in_pairs(*given) + 2,
        lambda r, c, s, a, f: f * wanted_in_pairs(r, c, s, a, 1),
    ],
    "clinic-6": [
        lambda raw: raw,
        lambda raw: healed(raw, explicit=True),
        lambda raw: bytes(128) + b"DICM" + raw,
        lambda raw: None,
    ],
    "clinic-7": [BACK[:2], [*BACK, "no_delimiter"], [], "lost_text", ["nobody"], None, 3],
    "clinic-8": ["abcdef", "cfead", "cfeabd", "fceadb", None, 7],
}


test_right_answers_of_many_forms_are_right = all_right(RIGHT)
test_wrong_answers_that_look_right_are_wrong = all_wrong(WRONG, may_be_blank=True)


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("rubbish", [object(), {}, lambda *_: 1 / 0, b"x", math.nan])
def test_rubbish_is_wrong_and_never_an_error(name: str, rubbish: object) -> None:
    assert not judged(name, rubbish).right


def test_who_names_two_of_three_patients_is_told_so() -> None:
    assert "2 of 3" in judged("clinic-7", ["truncated_pixels", "lost_text"]).why
