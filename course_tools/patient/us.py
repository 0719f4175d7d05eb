"""Ultrasound of the upper abdomen: a sector with speckle, and a colour Doppler picture."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UltrasoundImageStorage

from course_tools.patient import blocks
from course_tools.patient.shapes import blur, sample, smooth_noise
from course_tools.patient.vessels import Cones, curve, tubes_chord

Picture = NDArray[np.floating[Any]]

ROWS, COLUMNS, PIXEL = 480, 640, 0.36  # mm
PROBE_RADIUS, HALF_ANGLE, DEPTH = 52.0, 33.0, 150.0  # mm, degrees, mm
APEX = (COLUMNS - 1) / 2, 16.0  # column and row of the middle of the probe's face
_LINES, _SAMPLES = 384, 1000


@lru_cache(maxsize=1)
def _beams() -> tuple[Picture, Picture]:
    """Place of every sample along every beam: x to the side, depth below the skin (mm)."""
    angle = np.radians(np.linspace(-HALF_ANGLE, HALF_ANGLE, _LINES))[None, :]
    radius = PROBE_RADIUS + (np.arange(_SAMPLES) + 0.5)[:, None] * (DEPTH / _SAMPLES)
    return radius * np.sin(angle), radius * np.cos(angle) - PROBE_RADIUS


def _ellipse(x: Picture, d: Picture, place: tuple[float, float], radii: tuple[float, float],
             turn: float = 0.0) -> Picture:  # fmt: skip
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    u = ((x - place[0]) * c + (d - place[1]) * s) / radii[0]
    v = (-(x - place[0]) * s + (d - place[1]) * c) / radii[1]
    size = np.sqrt(u * u + v * v) + 1e-9
    distance: Picture = (1 - size) * min(radii) * 1.1
    return distance


def _share(distance: Picture, width: float = 0.7) -> Picture:
    return np.clip(distance / width + 0.5, 0, 1)


def _uneven(seed: int, scale: float) -> Picture:
    """Smooth noise over the sector; ``scale`` is the size of its features in mm."""
    x, d = _beams()
    return sample(smooth_noise(512, seed, scale), (d * 2 + 8) % 511, (x * 2 + 256) % 511)


def _wall_layers(echo: Picture, x: Picture, d: Picture) -> Picture:
    """Skin, fat and muscle of the belly wall, and the bright line of the peritoneum."""
    bend = d - 1.2 * np.sin(x / 21 + 1) - 0.008 * x
    fat = np.clip((16 - bend) / 1.0, 0, 1)
    bands = 0.55 + 0.5 * np.exp(-((np.sin(bend * 1.1 + 0.5 * _uneven(3, 9.0)) / 0.35) ** 2))
    echo = echo * (1 - fat) + fat * bands * 1.5
    for depth, height in ((1.2, 7.0), (8.5, 4.0), (16.2, 6.0)):
        echo = echo + height * np.exp(-(((bend - depth) / 0.45) ** 2))
    return echo


@lru_cache(maxsize=1)
def _tubes() -> dict[str, Cones]:
    """Vessels in the plane: x, depth and 0 as coordinates."""
    return {
        "portal": np.vstack([
            curve([(66, 108, 0), (38, 92, 0), (12, 82, 0), (-8, 80, 0), (-26, 86, 0)],
                  [5.6, 5.4, 5.2, 4.8, 3.6], 2),
            curve([(-8, 80, 0), (-22, 68, 0), (-34, 62, 0)], [3.2, 2.8, 1.8], 2),
            curve([(-26, 86, 0), (-42, 96, 0)], [2.6, 1.6], 2),
        ]),
        "liver veins": np.vstack([
            curve([(-6, 128, 0), (-16, 108, 0), (-34, 84, 0), (-46, 58, 0), (-50, 40, 0)],
                  [5.6, 4.4, 3.4, 2.4, 1.4], 2),
            curve([(-24, 97, 0), (-44, 88, 0), (-60, 80, 0)], [2.4, 1.9, 1.2], 2),
            curve([(-2, 126, 0), (6, 104, 0), (8, 66, 0), (2, 42, 0)], [4.4, 3.2, 2.2, 1.2], 2),
        ]),
        "small": np.vstack([
            curve([(-14, 44, 0), (-34, 52, 0), (-52, 50, 0)], [1.8, 1.5, 0.9], 2),
            curve([(-34, 52, 0), (-46, 62, 0)], [1.2, 0.8], 2),
            curve([(44, 56, 0), (56, 70, 0), (60, 86, 0)], [1.2, 1.8, 2.2], 2),
            curve([(-6, 118, 0), (0, 106, 0), (-2, 96, 0)], [2.8, 2.2, 1.2], 2),
        ]),
    }  # fmt: skip


def _tube_distance(x: Picture, d: Picture, cones: Cones) -> Picture:
    """Half chord of tubes in the plane, read at the samples of the beams: 0 outside."""
    u, v = np.arange(-110, 110, 0.4), np.arange(0, 170, 0.4)
    chord = tubes_chord(u, v, cones, (0, 1)) / 2
    return sample(chord, d / 0.4, (x + 110) / 0.4)


def _echoes(view: str) -> tuple[Picture, Picture]:
    """Strength of echoes, and how much of the sound passes (product down each beam)."""
    x, d = _beams()
    echo = 1.0 + 0.10 * _uneven(5, 5.0) + 0.08 * _uneven(6, 14.0)
    through = np.ones_like(echo)
    veins = _tube_distance(x, d, _tubes()["liver veins" if view == "doppler" else "small"])
    echo = echo * (1 - 0.94 * np.clip(veins / 0.8, 0, 1))
    portal = _tube_distance(x, d, _tubes()["portal"])
    inside = np.clip(portal / 0.8, 0, 1)
    halo = np.clip(blur(inside, 4, 3) - inside, 0, 1)
    if view == "doppler":
        echo = echo * (1 - 0.94 * inside) + 4.5 * halo
    arc = 134 - 0.0058 * (x + 22) ** 2 + 1.5 * np.sin(x / 16)
    echo = echo + 7.5 * np.exp(-(((d - arc) / 0.9) ** 2))
    echo = np.where(d > arc + 1.2, echo * 0.34, echo)
    kidney = _ellipse(x, d, (-46, 98), (34, 18), -27) + 0.4 * _uneven(9, 14.0)
    if view == "gallbladder":
        cortex, sinus = _share(kidney), _share(_ellipse(x, d, (-45, 99), (20, 7), -27), 5)
        pyramid = np.clip(np.cos(np.arctan2(d - 98, x + 46) * 10) * 2, 0, 1) * _share(kidney - 5, 2)
        echo = echo * (1 - cortex) + cortex * (0.42 - 0.26 * pyramid * (1 - sinus) + 2.6 * sinus)
        echo = echo + 3.5 * np.exp(-((kidney / 0.6) ** 2))
        echo, through = _gallbladder(echo, through, x, d)
    return _wall_layers(echo, x, d), through


def _gallbladder(
    echo: Picture, through: Picture, x: Picture, d: Picture
) -> tuple[Picture, Picture]:
    """Bile without echoes and bright behind; a stone with its shadow."""
    bladder = _ellipse(x, d, (12, 66), (31, 13.5), 24)
    bladder = bladder + 0.5 * _uneven(8, 12.0)
    bile = _share(bladder)
    echo = np.where(bladder > 0, 1.0, echo) * (1 - 0.998 * bile) + 5.5 * np.exp(
        -(((bladder + 0.8) / 0.75) ** 2)
    )
    behind = np.cumsum(bile, axis=0) * (DEPTH / _SAMPLES)
    through = through * (1 + 0.08 * np.minimum(behind, 26))
    for place, radii in (((24, 77.5), (6.8, 4.4)), ((12.5, 74.5), (3.2, 2.6))):
        stone = _ellipse(x, d, place, radii, 20)
        face = np.exp(-(((stone - 0.4) / 0.9) ** 2)) * (d < place[1] + 1.0)
        echo = echo * (1 - _share(stone)) + 13 * face + 1.2 * _share(stone - 0.8)
        covered = np.maximum.accumulate(_share(stone - 0.3), axis=0)
        covered = blur(covered, 0, 1.6)
        through = through * np.where(stone > 0, 1, 1 - 0.975 * covered)
    return echo, through


def _brightness(view: str) -> Picture:
    """Grey level (0 to 255) of every sample: speckle, attenuation, logarithm."""
    echo, through = _echoes(view)
    _x, depth = _beams()
    random = np.random.Generator(np.random.PCG64(81 if view == "gallbladder" else 82))
    real, other = random.standard_normal((2, _SAMPLES, _LINES))
    near = np.linspace(1, 0, _SAMPLES)[:, None] ** 2
    narrow = [blur(part * np.sqrt(echo + 0.0005), 1.5, 1.0) for part in (real, other)]
    wide = [blur(part * np.sqrt(echo + 0.0005), 1.9, 2.2) for part in (real, other)]
    envelope = np.zeros_like(echo)
    for first, second in zip(narrow, wide, strict=True):
        mixed = first * near * 1.6 + second * 2.6 * (1 - near)
        envelope = envelope + mixed * mixed
    focus = np.exp(-(((depth - 72) / 70) ** 2)) * 0.75 + 0.42
    power = envelope * through * focus * np.exp(-depth / 190) + 1e-5
    grey = 112 + 20.5 * np.log(power / np.median(power))
    return np.clip(grey, 0, 255)


@lru_cache(maxsize=1)
def _sector() -> tuple[Picture, Picture, Picture]:
    """For every pixel of the picture: sample and line to read, and its share in the sector."""
    column, row = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
    x, d = (column - APEX[0]) * PIXEL, (row - APEX[1]) * PIXEL + PROBE_RADIUS
    radius, angle = np.sqrt(x * x + d * d), np.degrees(np.arctan2(x, d))
    samples = (radius - PROBE_RADIUS) * (_SAMPLES / DEPTH) - 0.5
    lines = (angle + HALF_ANGLE) / (2 * HALF_ANGLE) * (_LINES - 1)
    edge = np.minimum(
        np.radians(HALF_ANGLE - np.abs(angle)) * radius, DEPTH - radius + PROBE_RADIUS
    )
    edge = np.minimum(edge, radius - PROBE_RADIUS)
    return samples, lines, np.clip(edge / PIXEL + 0.5, 0, 1)


def _scan_converted(beams: Picture) -> Picture:
    samples, lines, share = _sector()
    return sample(beams, samples, lines) * share


def _decorated(picture: Picture) -> Picture:
    """Add the depth scale and the grey bar that a scanner draws beside the sector."""
    picture[60:260, 20:32] = np.linspace(255, 0, 200)[:, None]
    for centimetre in range(16):
        row = round(APEX[1] + centimetre * 10 / PIXEL)
        if row < ROWS:
            picture[row : row + 1, COLUMNS - (26 if centimetre % 5 == 0 else 20) : COLUMNS - 14] = (
                190
            )
    return picture


def _start(name: str, description: str, number: int) -> Dataset:
    ds = blocks.start_object(
        name,
        UltrasoundImageStorage,
        "US",
        "ultrasound",
        series=(number, description),
        seconds=90 * number,
    )
    ds.BodyPartExamined = "ABDOMEN"
    ds.PatientOrientation = ""
    ds.LossyImageCompression = "00"
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 40, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = COLUMNS - 30, ROWS - 1
    region.ReferencePixelX0 = round(APEX[0]) - 40
    region.ReferencePixelY0 = round(APEX[1])
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3  # cm
    region.ReferencePixelPhysicalValueX = region.ReferencePixelPhysicalValueY = 0.0
    region.PhysicalDeltaX = region.PhysicalDeltaY = PIXEL / 10
    ds.SequenceOfUltrasoundRegions = [region]
    return ds


def build_us() -> Dataset:
    """Make the grey-scale Ultrasound Image object: gallbladder with stones, kidney, liver."""
    ds = _start("virtual/us", "Gallbladder", 1)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"]
    picture = _decorated(_scan_converted(_brightness("gallbladder")))
    blocks.add_pixels(ds, np.rint(picture).astype(np.uint8), "MONOCHROME2", bits_stored=8)
    return ds


def _flow() -> tuple[Picture, Picture]:
    """Velocity towards the probe (-1 to 1) and certainty of flow at every sample."""
    x, d = _beams()
    random = np.random.Generator(np.random.PCG64(83))
    velocity, certain = np.zeros_like(x), np.zeros_like(x)
    for name, speed in (("portal", 0.78), ("liver veins", -0.72)):
        half = _tube_distance(x, d, _tubes()[name])
        profile = np.clip(half / 4.4, 0, 1)
        velocity = np.where(half > 0.4, speed * (0.35 + 0.65 * profile), velocity)
        certain = np.maximum(certain, np.clip((half - 0.3) / 0.8, 0, 1))
    velocity = blur(velocity, 4, 2) + 0.10 * blur(random.standard_normal(x.shape), 5, 2.5) * 7
    box = (np.abs(x + 10) < 36 + d * 0.05) & (d > 46) & (d < 124)
    return np.clip(velocity, -1, 1), blur(certain, 2, 1) * box


def _flow_colours(velocity: Picture) -> Picture:
    """Red to yellow towards the probe, blue to cyan away from it; shape (..., 3)."""
    towards, away = np.clip(velocity, 0, 1), np.clip(-velocity, 0, 1)
    red = np.clip(towards * 2.6, 0, 1) * 235 + np.clip(towards - 0.6, 0, 1) * 50
    green = np.clip(towards - 0.35, 0, 1) * 300 + np.clip(away - 0.35, 0, 1) * 300
    blue = np.clip(away * 2.6, 0, 1) * 245
    return np.stack([np.clip(red, 0, 255), np.clip(green, 0, 255), np.clip(blue, 0, 255)], axis=-1)


def build_us_doppler() -> Dataset:
    """Make the colour Doppler object: portal vein towards the probe, liver veins away from it."""
    ds = _start("virtual/us_doppler", "Liver, colour Doppler", 2)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0011"]
    grey = _decorated(_scan_converted(_brightness("doppler")))
    velocity, certain = _flow()
    shown = _scan_converted(certain) > 0.45
    colours = _flow_colours(_scan_converted(velocity))
    picture = np.repeat(np.rint(grey)[..., None], 3, axis=-1)
    picture[shown] = colours[shown]
    picture[60:260, 20:32] = _flow_colours(np.linspace(1, -1, 200))[:, None, :]
    picture[158:162, 20:32] = 0
    x, d = _beams()
    box = (np.abs(x + 10) < 36 + d * 0.05) & (d > 46) & (d < 124)
    frame = _scan_converted(box.astype(float)) > 0.5
    inner = (
        frame[1:-1, 1:-1] & frame[2:, 1:-1] & frame[:-2, 1:-1] & frame[1:-1, 2:] & frame[1:-1, :-2]
    )
    line = frame.copy()
    line[1:-1, 1:-1] &= ~inner
    picture[line] = (210, 210, 120)
    blocks.add_pixels(ds, np.rint(picture).astype(np.uint8), "RGB", bits_stored=8)
    return ds
