"""X-ray angiography: contrast runs into the left coronary artery of the beating heart."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import XRayAngiographicImageStorage

from course_tools.patient import blocks, raysum
from course_tools.patient.shapes import blur, sample
from course_tools.patient.trunk import CHAMBERS, HEART_AXIS
from course_tools.patient.vessels import Cones, curve, fill_with_tree, tubes_chord

Picture = NDArray[np.floating[Any]]

SIZE, FRAMES, PIXEL = 384, 24, 0.36
FRAME_MILLISECONDS = 80.0
BEAT_FRAMES = 11
CENTRE = (36.0, 26.0)  # x and z in mm
OSTIUM = (13.0, -30.0, 66.0)
IODINE = 0.15  # attenuation of vessels full of contrast, 1/mm


def _on_heart(points: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Pull points (n, 3) onto the surface of the left ventricle, a little above it."""
    centre, radii, _thickness, _along = CHAMBERS["left ventricle"]
    local = (points - np.array(centre)) @ HEART_AXIS.T
    size = np.sqrt(np.sum((local / np.array(radii)) ** 2, axis=1, keepdims=True))
    return np.array(centre) + (local / size * 1.03) @ HEART_AXIS


@lru_cache(maxsize=1)
def coronary_tree() -> tuple[Cones, ...]:
    """Left main stem with its two branches (one with a stenosis), and the twigs of both."""
    stem = curve([OSTIUM, (20, -33, 64), (27, -34, 60)], [2.3, 2.2, 2.2], 1.5)
    descending = _on_heart(np.array([
        (27, -38, 58), (38, -54, 54), (47, -62, 44), (51, -66, 33), (60, -66, 22), (64, -64, 9),
        (75, -60, 1), (80, -52, -10), (78, -44, -17),
    ], float))  # fmt: skip
    circumflex = _on_heart(np.array([
        (27, -34, 60), (40, -24, 62), (56, -10, 52), (57, 4, 40), (66, 8, 28), (60, 14, 10),
    ], float))  # fmt: skip
    descending[0] = circumflex[0] = (27, -34, 60)
    anterior = curve([tuple(p) for p in descending.tolist()],
                     [2.0, 1.8, 1.7, 1.5, 1.4, 1.2, 1.0, 0.7, 0.4], 1.5)  # fmt: skip
    # The stenosis: the artery narrows to a third over a few millimetres.
    place = np.arange(len(anterior)) - 17
    narrow = 1 - 0.68 * np.exp(-((place / 2.2) ** 2))
    anterior[:, 6] *= narrow
    anterior[:, 7] *= np.append(narrow[1:], 1)
    round_branch = curve([tuple(p) for p in circumflex.tolist()],
                         [1.9, 1.8, 1.6, 1.4, 1.1, 0.6], 1.5)  # fmt: skip
    twigs = [_twigs(anterior, 6, 91), _twigs(round_branch, 5, 92)]
    return stem, anterior, round_branch, *twigs


def _twigs(trunk: Cones, count: int, seed: int) -> Cones:
    random = np.random.Generator(np.random.PCG64(seed))
    chosen = np.linspace(5, len(trunk) - 5, count).astype(int)
    roots, ways, spots = [], [], []
    for number, index in enumerate(chosen.tolist()):
        start, heading = trunk[index, :3], trunk[index, 3:6] - trunk[index, :3]
        heading = heading / np.sqrt(heading @ heading)
        outward = start - np.array(CHAMBERS["left ventricle"][0])
        side = np.cross(heading, outward) * (1 if number % 2 else -1)
        side = side / np.sqrt(side @ side)
        way = heading * 0.75 + side * 0.65
        roots.append(tuple(start.tolist()))
        ways.append(tuple(way.tolist()))
        for _spot in range(9):
            reach, drift = random.uniform(8, 44), random.uniform(-0.45, 0.45)
            spots.append(start + (way + side * drift) * reach)
    return fill_with_tree(roots, ways, _on_heart(np.array(spots)), smallest=0.4, power=2.25,
                          seed=seed)  # fmt: skip


def _filled(cones: Cones, travelled: float) -> Cones:
    """Keep the part of a tree that contrast has reached (mm of way from the catheter's tip)."""
    gap = cones[:, :3] - np.array(OSTIUM)
    return cones[np.sqrt(np.sum(gap * gap, axis=1)) * 1.15 < travelled]


def _catheter() -> Cones:
    return curve(
        [(38, 20, 40), (33, 36, 96), (24, 22, 116), (6, -8, 120), (-10, -26, 104), (-6, -30, 84),
         (6, -28, 68), OSTIUM],
        [1.0] * 8, 3,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _background() -> Picture:
    """Show the chest behind the heart, from the ray sums of the same body, evened out."""
    chest = np.asarray(raysum.frontal_sum(), float)[:, 330:]
    base = blur(np.maximum(chest, 1.9), 45)
    even = chest - 0.86 * base
    # What is brighter than lung (gas in the stomach) is held back, as an equalising filter does.
    return np.maximum(even, -0.35) * 0.62 + np.minimum(even + 0.35, 0) * 0.25 + 0.08 * base


def cine() -> NDArray[np.uint8]:
    """Image all frames, shape (24, 384, 384): bright where many X-rays arrive."""
    chest = _background()
    half = (SIZE - 1) / 2 * PIXEL
    u = CENTRE[0] - half + np.arange(SIZE) * PIXEL
    v = CENTRE[1] - half + np.arange(SIZE) * PIXEL
    columns = (u + raysum.HALF_WIDTH) / raysum.PIXEL - 0.5 - 330
    wire = blur(tubes_chord(u, v, _catheter(), (0, 2)), 0.6) * 0.09
    random = np.random.Generator(np.random.PCG64(95))
    frames = []
    for number in range(FRAMES):
        beat = 0.5 - 0.5 * np.cos(2 * np.pi * number / BEAT_FRAMES)
        shrink = 1 - 0.055 * beat
        breath = 0.8 * np.sin(2 * np.pi * number / FRAMES)
        rows = (raysum.TOP - (v + breath)) / raysum.PIXEL - 0.5
        loss = sample(chest, rows[:, None], columns[None, :])
        filling = np.clip((number - 3) / 9, 0, 1)
        washout = np.clip((number - 16) / 14, 0, 1)
        contrast = np.zeros((SIZE, SIZE))
        for cones in coronary_tree():
            moved = _filled(cones, 175 * filling).copy()
            for first in (0, 3):
                moved[:, first] = OSTIUM[0] + (moved[:, first] - OSTIUM[0]) * shrink + 2.0 * beat
                moved[:, first + 2] = (
                    OSTIUM[2] + (moved[:, first + 2] - OSTIUM[2]) * shrink + 1.5 * beat
                )
            contrast = np.maximum(contrast, tubes_chord(u, v, moved, (0, 2)))
        loss = loss + blur(contrast, 0.7) * IODINE * (1 - 0.65 * washout) + wire
        frames.append(_developed(loss[::-1], random))
    return np.stack(frames)


def _developed(loss: Picture, random: np.random.Generator) -> NDArray[np.uint8]:
    bright = np.exp(-loss * 1.25) * 205
    grain = blur(random.standard_normal(loss.shape), 0.7) * 2.2
    return np.clip(np.rint(bright + 2.1 * grain), 0, 255).astype(np.uint8)


def build_xa() -> Dataset:
    """Make the multi-frame X-Ray Angiographic object."""
    ds = blocks.start_object(
        "virtual/xa",
        XRayAngiographicImageStorage,
        "XA",
        "heart",
        series=(1, "Left coronary artery"),
        seconds=600,
    )
    ds.ImageType = ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]
    ds.BodyPartExamined = "HEART"
    ds.PatientOrientation = ["L", "F"]
    ds.PixelIntensityRelationship = "LIN"
    ds.RadiationSetting, ds.KVP = "GR", "75"
    ds.XRayTubeCurrent, ds.ExposureTime = 400, 8
    ds.PositionerMotion = "STATIC"
    ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle = "0", "0"
    ds.ImagerPixelSpacing = blocks.decimals((PIXEL, PIXEL))
    ds.ContrastBolusAgent = "Iodinated contrast agent"
    ds.FrameTime = blocks.decimal(FRAME_MILLISECONDS)
    ds.NumberOfFrames = FRAMES
    ds.FrameIncrementPointer = Tag("FrameTime")
    ds.RecommendedDisplayFrameRate = round(1000 / FRAME_MILLISECONDS)
    blocks.add_pixels(ds, cine(), "MONOCHROME2", bits_stored=8)
    blocks.add_window(ds, 128, 256)
    return ds
