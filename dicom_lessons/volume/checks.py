"""What must run to judge the exercises of lesson 10: cases, forms and numbers that are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons.exercises import forms
from dicom_lessons.exercises.calls import Outcome
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.exercises.verdicts import Verdict
from dicom_lessons.text import N_, _

Cases = Sequence[tuple[object, ...]]
_AXIAL = (1, 0, 0, 0, 1, 0)
_CORONAL = (1, 0, 0, 0, 0, -1)
_SAGITTAL = (0, 1, 0, 0, 0, -1)
_OBLIQUE = (0.8, 0.6, 0, -0.48, 0.64, 0.6)


@dataclass(frozen=True, kw_only=True)
class Apart(Code):
    """One that makes something new, and leaves what it is given as it is."""

    def _judge_results(self, results: list[Outcome], wanted: list[list[Outcome]]) -> Verdict:
        if any(each.changed for each in results):
            return Verdict(False, _("Your function overwrites what it is given: make a new one."))
        return super()._judge_results(results, wanted)


def _image(
    number: int, place: Sequence[float], turned: Sequence[float], spacing: Sequence[float] = (1, 1)
) -> Dataset:
    image = Dataset()
    image.SOPInstanceUID = UID(f"2.25.{1000 + number}")
    image.InstanceNumber = number
    image.SliceLocation = -float(number)
    image.ImagePositionPatient = [round(float(value), 6) for value in place]
    image.ImageOrientationPatient = list(turned)
    image.PixelSpacing = list(spacing)
    return image


def _series(turned: Sequence[float], places: Sequence[float]) -> list[Dataset]:
    """Return slices at places along the normal, whose numbers tell nothing."""
    normal = np.cross(turned[:3], turned[3:])
    return [
        _image(number, list(np.array([-100.0, -90.0, 40.0]) + place * normal), turned)
        for number, place in enumerate(places, 1)
    ]


def _alone() -> Cases:
    kinds = (_AXIAL, _CORONAL, _SAGITTAL, _OBLIQUE)
    return [(image,) for turned in kinds for image in _series(turned, (12.5, -40))]


def _piles() -> Cases:
    piles = [_series(turned, (0, 10, -5, 5, -10)) for turned in (_AXIAL, _CORONAL, _SAGITTAL)]
    return [(pile,) for pile in (*piles, _series(_OBLIQUE, (3, 1, 2)), _series(_AXIAL, (7,)))]


def _scouts() -> Cases:
    axial, coronal = _series(_AXIAL, (0, 5, 10)), _series(_CORONAL, (0, 7))
    nearly = _series((1, 0.0001, 0, -0.0001, 1, 0), (15, 20))
    sagittal = _series(_SAGITTAL, (3,))
    for number, image in enumerate((*axial, *coronal, *nearly, *sagittal), 1):
        image.SOPInstanceUID = UID(f"2.25.{2000 + number}")
    return [
        ([axial[0], *coronal, axial[1], *nearly, *sagittal, axial[2]],),
        ([*axial, *nearly],),
        ([*axial, *sagittal],),
    ]


def _places() -> Cases:
    return [
        ([0, 2, 4, 10, 12],),
        ([-10.0, -8.75, -7.5, -2.5, -1.25, 40.0, 41.25, 42.5],),
        ([0, 1, 2, 3],),
        ([0, 1, 2, 3.2, 4.2],),
        ([0.0, 5.0, 10.0, 20.0, 25.0, 225.0, 230.0],),
    ]


def _pixels() -> Cases:
    wide = _image(1, (-204.2, -194.2, 60), _AXIAL, (0.7, 1.4))
    front = _image(2, (-100, 30, 200), _CORONAL, (2, 0.5))
    turned = _image(3, (10, -20, 30), _OBLIQUE, (0.8, 1.6))
    return [(wide, 0, 0), (wide, 10, 3), (front, 7, 100), (turned, 5, 2), (turned, 255, 511)]


def _affines() -> Cases:
    oblique = np.eye(4)
    oblique[:3, 0], oblique[:3, 1] = np.array(_OBLIQUE[:3]) * 1.5, np.array(_OBLIQUE[3:]) * 0.7
    oblique[:3, 3] = (12, -7, 300)
    plain: NDArray[np.float64] = np.array(
        [[0, 0, 1.6, -204], [0, 1.6, 0, -194], [5, 0, 0, -152], [0, 0, 0, 1]], float
    )
    return [(plain,), (oblique,), (np.eye(4),)]


def _points() -> Cases:
    affines = [np.asarray(affine, float) for (affine,) in _affines()[:2]]
    inside = ((42.2, 133.8, 74.7), (34.4, 104.9, 151.8), (0.4, 0.6, 0.7))
    return [(each, (each @ [*one, 1])[:3].tolist()) for each in affines for one in inside]


@forms.expecting(N_("a list of the images that your function was given"))
def _given(answer: Any) -> str:
    return str(answer.SOPInstanceUID)


_images = forms.list_of(_given)
_groups = forms.list_of(_images)


@forms.expecting(N_("three numbers, for example [1.5, -20, 60]"))
def _place(answer: Any) -> list[float]:
    values = [float(value) for value in np.asarray(answer, float).reshape(-1)]
    if len(values) != 3:
        raise ValueError
    return values


@forms.expecting(N_("a matrix of four rows and four columns"))
def _matrix(answer: Any) -> list[list[float]]:
    values = np.asarray(answer, float)
    if values.shape != (4, 4):
        raise ValueError
    return values.tolist()  # type: ignore[no-any-return]


@forms.expecting(N_("a number, for example 0.5"))
def _tenths(answer: Any) -> float:
    return round(forms.number(answer), 1)


# ---- 10c


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


CHECKS = {
    "volume-1": Check(cases=_alone, within=(0, 1e-3)),
    "volume-2": Check(cases=_piles, form=_images, kind=Apart),
    "volume-3": Check(cases=_places, form=forms.list_of(forms.number)),
    "volume-4": Check(form=forms.list_of(forms.number)),
    "volume-5": Check(cases=_scouts, form=_groups),
    "volume-6": Check(cases=_pixels, form=_place, within=(0, 1e-3)),
    "volume-7": Check(cases=_points, form=_place, within=(0, 1e-3)),
    "volume-8": Check(form=_tenths),
    "volume-10": Check(cases=_affines, form=_matrix, kind=Apart, within=(0, 1e-3)),
    "volume-11": Check(cases=_injections, form=forms.number, within=(1e-4, 0)),
    "volume-12": Check(cases=_pairs, form=_place, within=(1e-6, 1e-6)),
    "volume-13": Check(cases=_frames),
    "volume-14": Check(cases=_matrices, form=_matrix, within=(1e-6, 1e-6)),
}
