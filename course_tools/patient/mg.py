"""Mammography: the left breast from above (cranio-caudal), with microcalcifications."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation

from course_tools.patient import blocks
from course_tools.patient.dx import add_projection
from course_tools.patient.shapes import blur, sample, smooth_noise
from course_tools.patient.vessels import Cones, curve, fill_with_tree, tubes_chord

Picture = NDArray[np.floating[Any]]

ROWS, COLUMNS, PIXEL = 1152, 704, 0.14
CLUSTER = (44.0, -18.0)  # mm from the chest wall, mm from the nipple's line
NIPPLE = 88.0


@lru_cache(maxsize=1)
def _places() -> tuple[Picture, Picture]:
    """Distance from the chest wall (columns) and from the middle line (rows), mm."""
    return (np.arange(COLUMNS) + 0.5) * PIXEL, (np.arange(ROWS) - (ROWS - 1) / 2) * PIXEL


def _skin_distance() -> Picture:
    """Distance to the edge of the breast."""
    u, v = _places()
    x, y = u[None, :], v[:, None]
    angle = np.arctan2(y, x + 6)
    uneven = 1 + 0.012 * np.cos(3 * angle + 0.5) + 0.008 * np.cos(5 * angle + 1.9)
    a, b = 91.0 * uneven, (73.0 + 3 * np.sign(y)) * uneven
    px, py = (np.abs(x + 6) / a) ** 2.15, (np.abs(y) / b) ** 2.15
    size = (px + py) ** (1 / 2.15) + 1e-9
    radius = np.sqrt((x + 6) ** 2 + y * y)
    breast = radius * (1 / size - 1)
    bump = 5.2 - np.sqrt(((x - NIPPLE + 1.0) * 0.9) ** 2 + (y * 0.95) ** 2)
    gap = np.maximum(5 - np.abs(breast - bump), 0)
    joined: Picture = np.maximum(breast, bump) + gap * gap / 20
    return joined


def _noise(
    seed: int, sigma: float, fall: float, stretch: float = 1.0, turn: float = 0.0
) -> Picture:
    """Noise over the whole picture, finest detail ``sigma`` pixels, stretched along a direction."""
    u, v = _places()
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    x, y = u[None, :] / PIXEL, v[:, None] / PIXEL
    field = smooth_noise(1024, seed, sigma, fall)
    return sample(
        field, ((-x * s + y * c) + 2000) % 1023, ((x * c + y * s) / stretch + 2000) % 1023
    )


def _ducts() -> Cones:
    random = np.random.Generator(np.random.PCG64(51))
    spots = random.uniform((12, -46, -12), (76, 46, 12), (520, 3))
    keep = (np.abs(spots[:, 1]) < 12 + (NIPPLE - spots[:, 0]) * 0.62) & (
        spots[:, 0] > 10 + 0.006 * spots[:, 1] ** 2
    )
    roots = [(NIPPLE - 7, y, 0.0) for y in (-2.4, -0.8, 0.8, 2.4)]
    ways = [(-1.0, y * 0.4, 0.0) for y in (-1.5, -0.5, 0.5, 1.5)]
    return fill_with_tree(roots, ways, spots[keep], smallest=0.24, power=3.0, seed=52)


def _calcifications() -> NDArray[np.floating[Any]]:
    """Place the cluster and one harmless round speck: x, y, radii and turn of each (n, 5)."""
    random = np.random.Generator(np.random.PCG64(53))
    count = 22
    spread = random.normal(0, (3.4, 2.3), (count, 2)) + np.array(CLUSTER)
    size = random.uniform(0.13, 0.34, (count, 1))
    shape = random.uniform(0.55, 1.7, (count, 1))
    turn = random.uniform(0, np.pi, (count, 1))
    specks = np.hstack([spread, size * shape, size, turn])
    return np.vstack([specks, [[62.0, 27.0, 0.55, 0.55, 0.0]]])


def _calcium() -> Picture:
    u, v = _places()
    total = np.zeros((ROWS, COLUMNS))
    for x, y, rx, ry, turn in _calcifications().tolist():
        columns = slice(*np.searchsorted(u, (x - 1.5, x + 1.5)).tolist())
        rows = slice(*np.searchsorted(v, (y - 1.5, y + 1.5)).tolist())
        dx, dy = u[None, columns] - x, v[rows, None] - y
        along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        height = np.sqrt(np.maximum(1 - (along / rx) ** 2 - (across / ry) ** 2, 0))
        total[rows, columns] += height * min(rx, ry) * 2
    return blur(total, 0.7)


def breast_picture() -> Picture:
    """Brightness of the processed picture, 0 outside the breast, about 1 in dense tissue."""
    u, v = _places()
    x, y = u[None, :], v[:, None]
    edge = _skin_distance()
    thick = np.sqrt(np.clip(1 - np.clip(1 - edge / 16, 0, 1) ** 2, 0, 1))
    # Gland: a cone behind the nipple, in lobes, thinned out towards the chest wall.
    reach = (13 + np.clip(NIPPLE - x, 0, 70) * 0.56) * (1 + 0.12 * _noise(64, 34, 0.8))
    cone = np.clip(1.25 - (np.abs(y + 4 * np.sin(x / 17)) / reach) ** 2, 0, 1)
    cone = (
        cone * np.clip((x - 6 - 6 * _noise(54, 40, 0.5)) / 24, 0, 1) * np.clip((edge - 5) / 9, 0, 1)
    )
    lobes = _noise(55, 9, 1.5)
    streaks = 0.5 * _noise(56, 2.2, 1.1, 2.6, 14) + 0.5 * _noise(57, 2.2, 1.1, 2.6, -16)
    gland = cone * np.clip(0.48 + 0.24 * lobes + 0.21 * streaks, 0, 1.2)
    gland = gland / (1 + 0.35 * gland)
    # Ligaments: thin ridges, strongest under the skin.
    ridge = np.exp(-((_noise(58, 11, 0.9, 1.8, 30) / 0.055) ** 2))
    ridge += np.exp(-((_noise(59, 11, 0.9, 1.8, -30) / 0.055) ** 2))
    ridge = blur(ridge, 0.9) * np.clip(0.25 + 0.75 * _noise(60, 30, 0.6), 0, 1)
    ducts = tubes_chord(u, v, _ducts(), (0, 1))
    vessels = tubes_chord(u, v, _vessels(), (0, 1))
    skin = np.exp(-(((edge - 0.9) / 0.75) ** 2))
    tissue = 0.24 + 0.62 * gland + 0.085 * blur(ridge, 0.7) + 0.035 * blur(ducts, 1.4)
    tissue = tissue + 0.042 * blur(vessels, 1) + 0.016 * _noise(62, 1.0, 1.0)
    picture = thick * tissue + 0.13 * skin * np.clip(edge / 0.6, 0, 1)
    nipple = np.clip((6.0 - np.sqrt((x - NIPPLE) ** 2 + y * y)) / 6, 0, 1)
    picture = picture + 0.16 * nipple * np.clip(edge / 2, 0, 1)
    return picture * np.clip(edge / 0.5 + 0.5, 0, 1) + _calcium() * 0.75


def _vessels() -> Cones:
    return np.vstack([
        curve([(0, -52, 0), (18, -45, 0), (34, -48, 0), (52, -38, 0), (66, -28, 0)],
              [0.9, 0.85, 0.75, 0.6, 0.35], 2.0),
        curve([(18, -45, 0), (30, -38, 0), (44, -40, 0)], [0.6, 0.5, 0.3], 2.0),
        curve([(0, 44, 0), (14, 50, 0), (30, 46, 0), (44, 48, 0), (58, 38, 0)],
              [0.85, 0.8, 0.7, 0.5, 0.3], 2.0),
    ])  # fmt: skip


def build_mg() -> Dataset:
    """Make the Digital Mammography object of the left breast."""
    ds = blocks.start_object(
        "virtual/mg",
        DigitalMammographyXRayImageStorageForPresentation,
        "MG",
        "breast",
        series=(1, "Left CC"),
    )
    add_projection(ds, PIXEL)
    ds.BodyPartExamined = "BREAST"
    ds.ImageLaterality = "L"
    ds.PatientOrientation = ["A", "R"]
    ds.OrganExposed = "BREAST"
    ds.AnatomicRegionSequence = [blocks.code("76752008", "SCT", "Breast")]
    view = blocks.code("399162004", "SCT", "cranio-caudal")
    view.ViewModifierCodeSequence = []
    ds.ViewCodeSequence = [view]
    ds.PositionerType = "MAMMOGRAPHIC"
    ds.KVP, ds.BodyPartThickness, ds.CompressionForce = "28", "54", "95"
    ds.AnodeTargetMaterial, ds.FilterMaterial = "TUNGSTEN", "RHODIUM"
    random = np.random.Generator(np.random.PCG64(63))
    picture = breast_picture()
    grain = blur(random.standard_normal(picture.shape), 0.55) * 1.9
    picture = picture + 0.008 * grain * np.sqrt(picture + 0.01)
    stored = np.clip(np.rint(80 + 3300 * picture), 0, 4095).astype(np.uint16)
    blocks.add_pixels(ds, stored, "MONOCHROME2", bits_stored=12)
    blocks.add_window(ds, 1700, 3000)
    return ds
