"""What must run to judge the exercises of lesson 10: cases, forms and numbers that are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.text import N_

Cases = Sequence[tuple[object, ...]]


@dataclass(frozen=True, kw_only=True)
class Close(Code):
    """A function that returns numbers: a millionth part may differ."""

    def _matches(self, one: Any, other: Any) -> bool:
        return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-6, atol=1e-6)


@dataclass(frozen=True, kw_only=True)
class Factor(Code):
    """SUV factors are small: only the ratio of two of them counts."""

    def _matches(self, one: Any, other: Any) -> bool:
        return bool(np.isclose(one, other, rtol=1e-4, atol=0))


def _injections() -> Cases:
    return [
        (78.0, 260e6, 6586.2, 3900.0),
        (60.0, 185e6, 6586.2, 6586.2),
        (95.5, 400e6, 4062.6, 0.0),
        (70, 1e8, 1223.4, 600),
    ]


def _grids() -> tuple[NDArray[np.float64], ...]:
    fine = np.array(
        [[0, 0, 1.6, -204.2], [0, 1.6, 0, -194.2], [5, 0, 0, -152], [0, 0, 0, 1]], float
    )
    coarse = np.array([[0, 0, 4, -254], [0, 4, 0, -244], [5, 0, 0, -150], [0, 0, 0, 1]], float)
    oblique = np.array(
        [[0.9, -0.48, 1.2, 12], [0, 0.64, 0.9, -7], [2.4, 0.6, 0, 300], [0, 0, 0, 1]], float
    )
    return fine, coarse, oblique


def _pairs() -> Cases:
    fine, coarse, oblique = _grids()
    return [
        ((0, 0, 0), fine, coarse),
        ((35, 128, 100), fine, coarse),
        ((12, 40, 7), coarse, fine),
        ((3, 2, 1), coarse, oblique),
    ]


def _framed(uid: str | None, study: str = "2.25.7") -> Dataset:
    image = Dataset()
    image.StudyInstanceUID = study
    if uid is not None:
        image.FrameOfReferenceUID = uid
    return image


def _frames() -> Cases:
    here, there = "2.25.11", "2.25.12"
    return [
        (_framed(here), _framed(here)),
        (_framed(here), _framed(there)),
        (_framed(here), _framed(here, "2.25.8")),
        (_framed(None), _framed(None)),
        (_framed(""), _framed("")),
        (_framed(here), _framed(None)),
        (_framed(None), _framed(here)),
    ]


def _matrices() -> Cases:
    return [(grid,) for grid in _grids()]


@forms.expecting(N_("three numbers, for example [1.5, -20, 60]"))
def _three(answer: Any) -> list[float]:
    values = [float(value) for value in np.asarray(answer, float).reshape(-1)]
    if len(values) != 3:
        raise ValueError
    return values


@forms.expecting(N_("a matrix of four rows and four columns"))
def _four_by_four(answer: Any) -> list[list[float]]:
    values = np.asarray(answer, float)
    if values.shape != (4, 4):
        raise ValueError
    return values.tolist()  # type: ignore[no-any-return]


CHECKS = {
    "volume-11": Check(cases=_injections, form=forms.number, kind=Factor),
    "volume-12": Check(cases=_pairs, form=_three, kind=Close),
    "volume-13": Check(cases=_frames),
    "volume-14": Check(cases=_matrices, form=_four_by_four, kind=Close),
}
