"""Answers to the exercises of 10a and 10b: right ones of many forms, and wrong ones."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
from answers import all_right, all_wrong, judged


def normal_by_hand(image: Any) -> list[float]:
    a, b, c, d, e, f = map(float, image.ImageOrientationPatient)
    return [b * f - c * e, c * d - a * f, a * e - b * d]


def place_by_hand(image: Any) -> float:
    pairs = zip(normal_by_hand(image), image.ImagePositionPatient, strict=True)
    return sum(part * float(value) for part, value in pairs)


def place_by_determinant(image: Any) -> Any:
    turned = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    return np.linalg.det(np.vstack([turned, np.array(image.ImagePositionPatient, float)]))


def gaps_by_hand(places: Any) -> list[Any]:
    steps = sorted(after - before for before, after in itertools.pairwise(places))
    middle = len(steps) // 2
    usual = steps[middle] if len(steps) % 2 else (steps[middle - 1] + steps[middle]) / 2
    return [one for one, two in itertools.pairwise(places) if two - one > 1.5 * usual]


def groups_by_comparing(images: Any) -> list[list[Any]]:
    found: list[list[Any]] = []
    for image in images:
        for group in found:
            first = np.array(group[0].ImageOrientationPatient, float)
            if np.abs(first - np.array(image.ImageOrientationPatient, float)).max() < 1e-3:
                group.append(image)
                break
        else:
            found.append([image])
    return found


def where(image: Any, row: int, column: int) -> Any:
    turned = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    steps = np.array([column * image.PixelSpacing[1], row * image.PixelSpacing[0]], float)
    return steps @ turned + np.array(image.ImagePositionPatient, float)


def index_by_solving(affine: Any, point: Any) -> list[int]:
    matrix = np.asarray(affine)
    return [round(float(one)) for one in np.linalg.solve(matrix[:3, :3], point - matrix[:3, 3])]


def ras_by_rows(affine: Any) -> Any:
    turned = np.array(affine, float)
    turned[:2] *= -1
    return turned


def ras_in_place(affine: Any) -> Any:
    affine[:2] *= -1
    return affine


RIGHT: dict[str, list[Any]] = {
    "volume-1": [
        place_by_hand,
        place_by_determinant,
        lambda image: np.float32(place_by_hand(image)),
        lambda image: str(place_by_hand(image)),
    ],
    "volume-2": [
        lambda images: sorted(images, key=place_by_hand),
        lambda images: tuple(sorted(images, key=place_by_determinant)),
    ],
    "volume-3": [gaps_by_hand, lambda places: tuple(map(float, gaps_by_hand(places)))],
    "volume-5": [
        groups_by_comparing,
        lambda images: tuple(map(tuple, groups_by_comparing(images))),
    ],
    "volume-4": [[8, 4], (8.0, 4), np.array([8, 4]), ["8", "4"]],
    "volume-6": [where, lambda *given: list(where(*given)), lambda *given: tuple(where(*given))],
    "volume-7": [
        index_by_solving,
        lambda *given: np.array(index_by_solving(*given)),
        lambda affine, point: ((np.linalg.inv(affine) @ [*point, 1])[:3] + 0.5).astype(int),
    ],
    "volume-8": [137.7, 137.71371, np.float32(137.71), "137.7", Fraction(1377, 10)],
    "volume-10": [ras_by_rows, lambda affine: ras_by_rows(affine).tolist()],
    "volume-9": ["second", " Second "],
}
WRONG: dict[str, list[Any]] = {
    "volume-1": [
        lambda image: image.ImagePositionPatient[2],
        lambda image: image.SliceLocation,
        lambda image: abs(place_by_hand(image)),
        lambda image: math.hypot(*map(float, image.ImagePositionPatient)),
        place_by_hand(
            type(
                "I",
                (),
                {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [0, 0, 1]},
            )
        ),
    ],
    "volume-2": [
        lambda images: images,
        lambda images: sorted(images, key=place_by_hand, reverse=True),
        lambda images: sorted(images, key=lambda one: one.ImagePositionPatient[2]),
        lambda images: sorted(images, key=place_by_hand)[1:],
        lambda images: images.sort(key=place_by_hand) or images,
        None,
    ],
    "volume-3": [
        lambda places: [],
        lambda places: [2 * one for one in gaps_by_hand(places)],
        lambda places: gaps_by_hand(places)[:1],
        "",
    ],
    "volume-5": [
        lambda images: [images],
        lambda images: [[one] for one in images],
        lambda images: groups_by_comparing(images)[::-1],
        lambda images: [one for group in groups_by_comparing(images) for one in group],
        7,
    ],
    "volume-4": [[8, 5], [33, 4], [4, 8], 8, [8], "four", None, [8, 4, 0]],
    "volume-6": [
        lambda image, row, column: where(image, column, row),
        lambda image, row, column: where(image, row + 0.5, column + 0.5),
        lambda image, row, column: where(image, row, column)[:2],
        lambda image, row, column: -where(image, row, column),
    ],
    "volume-7": [
        lambda affine, point: index_by_solving(affine, point)[::-1],
        lambda affine, point: point,
        lambda affine, point: [0, 0, 0],
        lambda affine, point: None,
    ],
    "volume-8": [82.7, 131.8, 209.8, -137.7, 137, "far", None, [], math.nan, math.inf],
    "volume-10": [
        ras_in_place,
        lambda affine: affine,
        lambda affine: -np.asarray(affine),
        lambda affine: ras_by_rows(affine)[:3],
        np.eye(4),
    ],
    "volume-9": ["first", "third", "", None, 2, ["second", "third"]],
}


test_right_answers_of_many_forms_are_right = all_right(RIGHT)
test_wrong_answers_that_look_right_are_wrong = all_wrong(WRONG, may_be_blank=True)


def test_who_swaps_two_right_numbers_or_rounds_one_is_told() -> None:
    assert "The place comes first" in judged("volume-4", [4, 8]).why
    assert "one decimal" in judged("volume-8", 138).why


def test_who_gives_a_set_where_order_counts_is_told() -> None:
    assert "use a list" in judged("volume-3", lambda places: set(gaps_by_hand(places))).why


def test_a_slice_that_was_judged_wrongly_is_shown_by_its_position() -> None:
    why = judged("volume-1", lambda image: abs(place_by_hand(image))).why
    assert "ImagePositionPatient: [" in why and "ImageOrientationPatient: [" in why


def test_who_overwrites_the_matrix_is_told() -> None:
    assert "overwrites" in str(judged("volume-10", ras_in_place))
