"""What must run to judge the exercises of lesson 12: cases and forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.text import N_

Cases = Sequence[tuple[object, ...]]


def _licences() -> Cases:
    names = ("CC BY 4.0", "CC BY 3.0", "CC BY-NC 4.0", "CC BY-NC 3.0", "CC0 1.0", "CC BY-NC-SA 4.0")
    others = ("Terms and Conditions; May 21, 2019", "", None, "TCIA Restricted", "CC BY 2.5")
    return [(name,) for name in (*names, *others)]


def _files() -> Cases:
    names = ("CT_small", "rtplan", "virtual/mg", "MR_small")
    folder = samples.path("CT_small").parent
    others = folder / "README.txt", folder / "nothing.dcm"
    return [(path,) for path in (*map(samples.path, names), *others)]


def _states() -> Cases:
    known = {"a": (10, 100), "b": (20, 100), "c": (30, 100), "d": (40, 100), "gone": (5, 5)}
    found = {"c": (30, 90), "b": (20, 200), "a": (10, 100), "new": (7, 50), "d": (41, 100)}
    return [(known, found), ({}, found), (known, known), (known, {}), (found, known)]


def _runs() -> Cases:
    return [(10_000_000, 17.6, 20_000, 2), (1_000_000, 60, 5000, 16), (20_000, 18, 20_000, 1)]


def _rows() -> Cases:
    return [
        ([("1.2", "aa"), ("1.3", "bb"), ("1.2", "aa"), ("1.4", "cc"), ("1.4", "dd")],),
        ([("1.5", "aa"), ("1.5", "bb"), ("1.5", "aa"), ("1.6", "aa"), ("1.7", "aa")],),
        ([],),
        ([("1.8", "aa")] * 3,),
    ]


def _numbers() -> Cases:
    mixed: list[list[int | None]] = [[0, 3, None, 2], [101], [], [None], [3, 1, 2]]
    return [(each,) for each in ([1, 2, 4, 7], [12, 10, 11, 14, 14], *mixed)]


def _dates() -> Cases:
    good = ("20250203", "19991231", "20240229", "18960101")
    bad = ("20250229", "20251301", "20250100", "2025-02-03", "2024131", "", None, "31121999")
    return [(text,) for text in (*good, *bad, "２０２５０２０３")]


@forms.expecting(N_("one whole number, for example 34"))
def _cell(answer: Any) -> int:
    """Return a whole number, or the only one in a table, which is how a question is answered."""
    for method in ("fetchall", "to_numpy", "tolist"):
        if hasattr(answer, method):
            answer = getattr(answer, method)()
    for _level in ("row", "column"):
        if isinstance(answer, list | tuple):
            (answer,) = answer
    return forms.integer(answer)


@forms.expecting(N_("a dict with the keys Modality, Rows and problem"))
def _row(answer: Any) -> list[object]:
    if not isinstance(answer, Mapping) or set(answer) != {"Modality", "Rows", "problem"}:
        raise TypeError
    rows = answer["Rows"]
    return [
        None if answer["Modality"] is None else str(answer["Modality"]),
        None if rows is None else int(rows),
        bool(answer["problem"]),
    ]


@forms.expecting(N_("a dict of UID and word"))
def _words(answer: Any) -> list[tuple[str, str]]:
    if not isinstance(answer, Mapping):
        raise TypeError
    return sorted((str(uid), str(word)) for uid, word in answer.items())


CHECKS = {
    "collection-1": Check(form=_cell),
    "collection-2": Check(form=_cell),
    "collection-3": Check(cases=_licences),
    "collection-4": Check(cases=_files, form=_row),
    "collection-5": Check(cases=_states, form=forms.list_of(forms.exact_text)),
    "collection-6": Check(cases=_runs, form=forms.number),
    "collection-7": Check(cases=_rows, form=_words),
    "collection-8": Check(cases=_numbers),
    "collection-9": Check(cases=_dates),
}
