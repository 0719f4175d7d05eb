"""Answers to the exercises of 07a to 07c: right ones of many forms, and wrong ones."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from answers import all_right, all_wrong, judged
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_rescale
from pydicom.pixels.utils import iter_pixels, pixel_array

from dicom_lessons import pixels, samples
from dicom_lessons.exercises.kinds import Code
from dicom_lessons.exercises.lessons import declared

Array = Any


# ---- pixels-1: a word


def by_shifts(word: int, bits: int, signed: int) -> int:
    value = (word << (16 - bits)) & 0xFFFF
    return (value - 0x10000 if signed and value & 0x8000 else value) >> (16 - bits)


def by_xor(word: int, bits: int, signed: int) -> int:
    value, half = word % (1 << bits), 1 << (bits - 1)
    return (value ^ half) - half if signed else value


def by_text(word: int, bits: int, signed: int) -> int:
    digits = f"{word:016b}"[-bits:]
    return int(digits, 2) - (int(digits[0]) << bits) * bool(signed)


def by_numpy(word: int, bits: int, signed: int) -> Any:
    shift = 16 - bits
    if signed:
        return np.array([word << shift & 0xFFFF], "uint16").view("int16")[0] >> shift
    return np.uint16(word) & np.uint16(2**bits - 1)


def by_bytes(word: int, bits: int, signed: int) -> int:
    kept = word & ((1 << bits) - 1)
    if signed and kept >> (bits - 1):
        kept |= 0xFFFF << bits & 0xFFFF
    return int.from_bytes(kept.to_bytes(2, "little"), "little", signed=bool(signed))


WORDS_RIGHT = [
    *(by_shifts, by_xor, by_text, by_numpy, by_bytes),
    lambda word, bits, signed: float(by_shifts(word, bits, signed)),
    lambda word, bits, signed: np.int64(by_xor(word, bits, signed)),
    lambda word, bits, signed: str(by_text(word, bits, signed)),
    lambda word, bits, signed: hex(word & (1 << bits) - 1) if not signed else by_xor(word, bits, 1),
    lambda word, bits, signed: sum(
        (-1 if signed and place == bits - 1 else 1) * (word >> place & 1) << place
        for place in range(bits)
    ),
]
WORDS_WRONG = [
    lambda word, bits, signed: word,
    lambda word, bits, signed: word & 0x0FFF,
    lambda word, bits, signed: word & (2**bits - 1),
    lambda word, bits, signed: by_xor(word, bits, 1),
    lambda word, bits, signed: word >> (16 - bits),
    lambda word, bits, signed: word - 2 ** (bits - 1) if signed else word & (2**bits - 1),
    lambda word, bits, signed: -(word & (2**bits - 1)) if signed else word & (2**bits - 1),
    lambda word, bits, signed: int(np.uint16(word).view("int16")) if signed else word,
    lambda word, bits, signed: by_xor(word, 12, signed),
    lambda word, bits, signed: abs(by_xor(word, bits, signed)),
    lambda word, bits, signed: by_xor(word, bits + 1, signed),
]

# ---- pixels-3: a window


def by_interp(values: Array, center: float, width: float) -> Array:
    low = center - 0.5 - (width - 1) / 2
    return np.interp(values, [low, low + width - 1], [0, 255])


def by_clip(values: Array, center: float, width: float) -> Array:
    return np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)


def by_loop(values: Array, center: float, width: float) -> Array:
    grey = np.empty(values.shape)
    for place, value in np.ndenumerate(values):
        inside = ((value - (center - 0.5)) / (width - 1) + 0.5) * 255
        grey[place] = min(255, max(0, inside))
    return grey


def by_select(values: Array, center: float, width: float) -> Array:
    middle, half = center - 0.5, (width - 1) / 2
    return np.select(
        [values <= middle - half, values > middle + half],
        [0, 255],
        ((values - middle) / (width - 1) + 0.5) * 255,
    )


def by_mask(values: Array, center: float, width: float) -> Array:
    grey = values.astype(float).copy()
    grey = (grey - center + 0.5) / (width - 1) * 255 + 127.5
    grey[grey < 0] = 0
    grey[grey > 255] = 255
    return grey


WINDOW_RIGHT = [
    *(by_interp, by_clip, by_loop, by_select, by_mask),
    lambda values, center, width: pixels.apply_window(values, pixels.Window(center, width)),
    lambda values, center, width: by_clip(values.astype("float64"), center, width),
    lambda values, center, width: np.minimum(np.maximum(by_mask(values, center, width), 0), 255),
    lambda values, center, width: np.vectorize(
        lambda value: float(by_clip(np.array(value), center, width))
    )(values),
    lambda values, center, width: by_loop(values, center, width).tolist(),
    lambda values, center, width: by_clip(values, center, width).astype("longdouble"),
]


def overwriting(values: Array, center: float, width: float) -> Array:
    values[:] = by_clip(values, center, width)
    return values


def clipping_first(values: Array, center: float, width: float) -> Array:
    low = center - 0.5 - (width - 1) / 2
    grey = by_clip(values, center, width)
    values[values < low] = low  # what came in is changed, what goes out is right
    return grey


WINDOW_WRONG = [
    lambda values, center, width: np.clip(((values - center) / width + 0.5) * 255, 0, 255),
    lambda values, center, width: ((values - (center - 0.5)) / (width - 1) + 0.5) * 255,
    lambda values, center, width: by_clip(values, center, width).round(),
    lambda values, center, width: by_clip(values, center, width).astype("uint8"),
    lambda values, center, width: by_clip(values, center, width) / 255,
    lambda values, center, width: by_clip(values, center, width) * 256 / 255,
    lambda values, center, width: by_clip(values, width, center),
    lambda values, center, width: np.clip(((values - center) / (width - 1) + 0.5) * 255, 0, 255),
    lambda values, center, width: np.interp(
        values, [center - width / 2, center + width / 2], [0, 255]
    ),
    lambda values, center, width: 255 - by_clip(values, center, width),
    lambda values, center, width: (values - values.min()) / (np.ptp(values) or 1) * 255,
    *(overwriting, clipping_first),
    lambda values, center, width: by_clip(values, center, width).astype("float32"),
]

# ---- pixels-4: eight bits


def scaled(values: Array, low: float, high: float) -> Array:
    return np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255


EIGHT_RIGHT = [
    lambda values, low, high: np.rint(scaled(values, low, high)).astype("uint8"),
    lambda values, low, high: np.floor(scaled(values, low, high) + 0.5).astype(np.uint8),
    lambda values, low, high: (scaled(values, low, high) + 0.5).astype("uint8"),
    lambda values, low, high: scaled(values, low, high).round().astype("u1"),
    lambda values, low, high: np.interp(values, [low, high], [0, 255]).round().astype("uint8"),
    lambda values, low, high: np.array(
        [round(float(one)) for one in scaled(values, low, high)], "uint8"
    ),
    lambda values, low, high: np.around(
        (np.clip(values.astype("float64"), low, high) - low) * 255 / (high - low)
    ).astype("uint8"),
    lambda values, low, high: np.uint8(np.round(scaled(values.astype("float64"), low, high))),
    lambda values, low, high: np.round(255 * scaled(values, low, high) / 255).astype("uint8"),
    lambda values, low, high: np.frompyfunc(
        lambda one: int(min(max((float(one) - low) / (high - low), 0), 1) * 255 + 0.5), 1, 1
    )(values).astype("uint8"),
]
EIGHT_WRONG = [
    lambda values, low, high: values.astype("uint8"),
    lambda values, low, high: scaled(values, low, high).astype("uint8"),
    lambda values, low, high: scaled(values, low, high).round(),
    lambda values, low, high: scaled(values, low, high).round().astype("uint16"),
    lambda values, low, high: scaled(values, low, high).round().astype("int8"),
    lambda values, low, high: np.rint((values - low) / (high - low) * 255).astype("uint8"),
    lambda values, low, high: np.rint(np.clip(values, 0, 255)).astype("uint8"),
    lambda values, low, high: np.ceil(scaled(values, low, high)).astype("uint8"),
    lambda values, low, high: scaled(values, values.min(), values.max()).round().astype("uint8"),
    lambda values, low, high: (scaled(values, low, high) / 255 * 256).clip(0, 255).astype("uint8"),
    lambda values, low, high: (values >> 8).astype("uint8"),
    lambda values, low, high: 255 - np.rint(scaled(values, low, high)).astype("uint8"),
]

# ---- pixels-5: a picture


def levels(dataset: Dataset) -> Array:
    values = apply_modality_lut(dataset.pixel_array, dataset)
    return pixels.apply_window(values, pixels.windows(dataset)[0])


def turned(dataset: Dataset, grey: Array) -> Array:
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def with_own_formula(dataset: Dataset) -> Array:
    slope, intercept = dataset.get("RescaleSlope", 1), dataset.get("RescaleIntercept", 0)
    values = dataset.pixel_array.astype(float) * float(slope) + float(intercept)
    window = pixels.windows(dataset)[0]
    return turned(dataset, by_interp(values, window.center, window.width)).round().astype("uint8")


def by_a_negative_slope(dataset: Dataset) -> Array:
    grey = levels(dataset)
    sign = -1 if dataset.PhotometricInterpretation.endswith("1") else 1
    return np.rint(sign * grey + (255 if sign < 0 else 0)).astype("uint8")


DISPLAY_RIGHT = [
    pixels.to_display,
    with_own_formula,
    by_a_negative_slope,
    lambda dataset: np.rint(turned(dataset, levels(dataset))).astype("uint8"),
    lambda dataset: np.floor(turned(dataset, levels(dataset)) + 0.5).astype("uint8"),
    lambda dataset: pixels.to_display(dataset, pixels.windows(dataset)[0]),
    lambda dataset: turned(dataset, levels(dataset).round()).astype(np.uint8),
    lambda dataset: turned(dataset, levels(dataset).round().astype("uint8")),
    lambda dataset: np.array(Image.fromarray(pixels.to_display(dataset))),
    lambda dataset: np.interp(
        turned(dataset, levels(dataset)), [0, 255], [0, 255]
    ).round().astype("uint8"),
]  # fmt: skip
DISPLAY_WRONG = [
    lambda dataset: levels(dataset).round().astype("uint8"),
    lambda dataset: (255 - levels(dataset)).round().astype("uint8"),
    lambda dataset: turned(dataset, levels(dataset)).astype("uint8"),
    lambda dataset: turned(dataset, levels(dataset)).round(),
    lambda dataset: turned(dataset, levels(dataset)).round().astype("uint16"),
    lambda dataset: dataset.pixel_array.astype("uint8"),
    lambda dataset: (
        levels(dataset) if dataset.Modality != "CR" else 255 - levels(dataset)
    ).round().astype("uint8"),
    lambda dataset: turned(
        dataset, pixels.apply_window(dataset.pixel_array, pixels.windows(dataset)[0])
    ).round().astype("uint8"),
    lambda dataset: turned(
        dataset, scaled(dataset.pixel_array, dataset.pixel_array.min(), dataset.pixel_array.max())
    ).round().astype("uint8"),
    lambda dataset: pixels.to_display(dataset, pixels.Window(40, 400)),
    lambda dataset: pixels.to_display(dataset)[::-1],
]  # fmt: skip

# ---- pixels-6: a distance


def apart(spacing: Any, start: Any, end: Any) -> tuple[float, float]:
    return (end[0] - start[0]) * spacing[0], (end[1] - start[1]) * spacing[1]


DISTANCE_RIGHT = [
    lambda spacing, start, end: math.hypot(*apart(spacing, start, end)),
    lambda spacing, start, end: math.dist((0, 0), apart(spacing, start, end)),
    lambda spacing, start, end: np.hypot(*apart(spacing, start, end)),
    lambda spacing, start, end: np.linalg.norm(
        (np.array(end) - np.array(start)) * np.array(spacing)
    ),
    lambda spacing, start, end: sum(one**2 for one in apart(spacing, start, end)) ** 0.5,
    lambda spacing, start, end: abs(complex(*apart(spacing, start, end))),
    lambda spacing, start, end: math.sqrt(sum(one * one for one in apart(spacing, start, end))),
    lambda spacing, start, end: math.hypot(*apart(spacing, end, start)),
    lambda spacing, start, end: str(math.hypot(*apart(spacing, start, end))),
    lambda spacing, start, end: Decimal(math.hypot(*apart(spacing, start, end))),
    lambda spacing, start, end: Fraction(math.hypot(*apart(spacing, start, end))),
    lambda spacing, start, end: np.array(math.hypot(*apart(spacing, start, end))),
]
DISTANCE_WRONG = [
    lambda spacing, start, end: math.hypot(*apart(spacing[::-1], start, end)),
    lambda spacing, start, end: math.hypot(*apart((1, 1), start, end)),
    lambda spacing, start, end: sum(map(abs, apart(spacing, start, end))),
    lambda spacing, start, end: sum(apart(spacing, start, end)),
    lambda spacing, start, end: max(map(abs, apart(spacing, start, end))),
    lambda spacing, start, end: math.hypot(*apart((spacing[0], spacing[0]), start, end)),
    lambda spacing, start, end: math.hypot(*apart((spacing[1], spacing[1]), start, end)),
    lambda spacing, start, end: round(math.hypot(*apart(spacing, start, end)), 1),
    lambda spacing, start, end: math.hypot(*apart(spacing, start, end)) / 10,
    lambda spacing, start, end: math.hypot(*apart(spacing, start, end)) ** 2,
    lambda spacing, start, end: apart(spacing, start, end),
    lambda spacing, start, end: math.hypot(
        (abs(end[0] - start[0]) + 1) * spacing[0], (abs(end[1] - start[1]) + 1) * spacing[1]
    ),
]

# ---- pixels-7: a region


def cut(dataset: Dataset, top: int, left: int, height: int, width: int) -> Array:
    return apply_modality_lut(dataset.pixel_array, dataset)[top : top + height, left : left + width]


def step_by_step(dataset: Dataset, top: int, left: int, height: int, width: int) -> Any:
    values = [float(one) for one in cut(dataset, top, left, height, width).ravel()]
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((one - mean) ** 2 for one in values) / len(values))


def stored_first(dataset: Dataset, top: int, left: int, height: int, width: int) -> Any:
    inside = dataset.pixel_array[top : top + height, left : left + width]
    slope, intercept = (float(dataset.get(one, default)) for one, default in
                        [("RescaleSlope", 1), ("RescaleIntercept", 0)])  # fmt: skip
    return inside.mean() * slope + intercept, inside.std() * slope


def by_masking(dataset: Dataset, top: int, left: int, height: int, width: int) -> Any:
    mask = np.zeros((dataset.Rows, dataset.Columns), bool)
    mask[top : top + height, left : left + width] = True
    values = apply_modality_lut(dataset.pixel_array, dataset)[mask]
    return [values.mean(), values.std()]


REGION_RIGHT = [
    *(step_by_step, stored_first, by_masking),
    lambda *given: (cut(*given).mean(), cut(*given).std()),
    lambda *given: np.array([cut(*given).mean(), cut(*given).std()]),
    lambda *given: (np.average(cut(*given)), np.sqrt(cut(*given).var())),
    lambda *given: [float(np.mean(cut(*given))), float(np.std(cut(*given), ddof=1))],
    lambda *given: (round(cut(*given).mean(), 1), round(cut(*given).std(), 2)),
    lambda dataset, top, left, height, width: (
        (inside := pixels.modality_values(dataset.pixel_array, dataset)[
            top : top + height, left : left + width
        ]).mean(), inside.std(),
    ),
    lambda dataset, top, left, height, width: (
        (inside := apply_rescale(pixel_array(dataset), dataset)[
            np.ix_(range(top, top + height), range(left, left + width))
        ]).mean(), inside.std(),
    ),
]  # fmt: skip


def of_stored(dataset: Dataset, top: int, left: int, height: int, width: int) -> Any:
    inside = dataset.pixel_array[top : top + height, left : left + width]
    return inside.mean(), inside.std()


REGION_WRONG = [
    of_stored,
    lambda *given: cut(*given).mean(),
    lambda *given: (cut(*given).std(), cut(*given).mean()),
    lambda *given: (cut(*given).mean(), cut(*given).var()),
    lambda *given: (np.median(cut(*given)), cut(*given).std()),
    lambda *given: (cut(*given).mean(), np.ptp(cut(*given))),
    lambda dataset, top, left, height, width: (
        (every := cut(dataset, 0, 0, dataset.Rows, dataset.Columns)).mean(), every.std()
    ),
    lambda dataset, top, left, height, width: (
        (part := cut(dataset, left, top, height, width)).mean(), part.std()
    ),
    lambda dataset, top, left, height, width: (
        (part := cut(dataset, top, left, width, height)).mean(), part.std()
    ),
    lambda dataset, top, left, height, width: (
        (part := cut(dataset, top, left, height + 1, width + 1)).mean(), part.std()
    ),
    lambda dataset, top, left, height, width: (
        (part := cut(dataset, 0, 0, height, width)).mean(), part.std()
    ),
    lambda *given: (round(cut(*given).mean()), round(cut(*given).std())),
]  # fmt: skip

# ---- values

MEANS = [float(frame.mean()) for frame in iter_pixels(samples.path("virtual/xa"))]
CT = samples.read("virtual/ct")
LINE = apply_modality_lut(CT.pixel_array, CT)[268, 110:190]
COLUMN = float(CT.PixelSpacing[1])

RIGHT: dict[str, list[Any]] = {
    "pixels-1": WORDS_RIGHT,
    "pixels-2": ["cab", "CAB", "c, a, b", " c a b ", ["c", "a", "b"], ("C", "A", "B"),
                 "c-a-b", "Cab", "c;a;b", np.array(["c", "a", "b"]), "c a b"],
    "pixels-3": WINDOW_RIGHT,
    "pixels-4": EIGHT_RIGHT,
    "pixels-5": DISPLAY_RIGHT,
    "pixels-6": DISTANCE_RIGHT,
    "pixels-7": REGION_RIGHT,
    "pixels-8": [16, "16", 16.0, np.int64(16), np.argmin(MEANS), MEANS.index(min(MEANS)), "0x10",
                 "16 ", sorted(range(24), key=MEANS.__getitem__)[0], b"\x10", np.float64(16) // 1],
    "pixels-9": [32.8, "32,8", 32, 33, 32.03125, (LINE > -400).sum() * COLUMN, np.float64(32.83),
                 (LINE > -300).sum() * COLUMN, 40 * COLUMN, Decimal("32.8"), "31.5", 34.0],
}  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "pixels-1": WORDS_WRONG,
    "pixels-2": ["abc", "acb", "bac", "bca", "cba", "ca", "caab", "", 3, ["c", "a"], "air", b"cab"],
    "pixels-3": WINDOW_WRONG,
    "pixels-4": EIGHT_WRONG,
    "pixels-5": DISPLAY_WRONG,
    "pixels-6": DISTANCE_WRONG,
    "pixels-7": REGION_WRONG,
    "pixels-8": [17, 15, 0, 3, 24, 106, min(MEANS), -8, "frame 16", [16], True, (16, 106.2)],
    "pixels-9": [41, 40, 3.28, 51.2, 0.8, 25, 38.4, 0, -32.8, "32.8 mm", [32.8], True, "wide"],
}  # fmt: skip


test_right_answers_of_many_forms_are_right = all_right(RIGHT)
test_wrong_answers_that_look_right_are_wrong = all_wrong(WRONG)


def test_every_answer_of_a_learner_stands_in_the_tables() -> None:
    graded = {name for name in declared("pixels") if name.rpartition("-")[2].isdecimal()}
    assert {*RIGHT} == {*WRONG} == graded
    assert min(map(len, [*RIGHT.values(), *WRONG.values()])) >= 10


@pytest.mark.parametrize("answer", [overwriting, clipping_first])
def test_who_overwrites_the_array_is_told(answer: object) -> None:
    assert "overwrites the array" in judged("pixels-3", answer).why


def test_who_calculates_in_float32_is_told() -> None:
    assert "float32" in judged("pixels-3", WINDOW_WRONG[-1]).why


def test_air_is_dark_in_every_case_of_the_inverted_chest() -> None:
    exercise = declared("pixels")["pixels-5"]
    assert isinstance(exercise, Code)
    for (dataset,) in exercise.cases():
        assert pixels.to_display(dataset)[:3, :3].max() < 20  # type: ignore[arg-type]
