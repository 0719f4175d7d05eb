"""The walls of chest and belly: skin, muscle, chest wall, diaphragm, mediastinum, lungs.

Coordinates are the standard's patient axes (PS3.3 C.7.6.2.1.1): x to the left, y to the back,
z to the head, in mm. z = 0 lies at the height of the diaphragm, +95 at the fork of the windpipe.
"""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_tools.patient.shapes import (
    ANGLES,
    Array,
    Grid,
    axes_along,
    between,
    blend,
    ellipsoid,
    outline,
    polar_distance,
)

POLE = (0.0, 8.0)

# Half width, half depth of the body, and how far the front leans (relative wave of one period).
BODY: dict[float, tuple[float, ...]] = {
    -160: (150, 112, 0.00),
    -110: (149, 113, 0.00),
    -60: (153, 113, 0.01),
    0: (163, 114, 0.01),
    60: (170, 113, 0.01),
    110: (174, 108, 0.01),
    150: (182, 105, -0.01),
    175: (194, 102, -0.03),
    200: (172, 97, -0.06),
    230: (98, 78, -0.12),
    260: (66, 68, -0.12),
}
# Half width and half depth of the inner chest wall.
WALL: dict[float, tuple[float, ...]] = {
    -160: (126, 84),
    -110: (128, 86),
    -60: (131, 89),
    0: (136, 90),
    50: (134, 87),
    90: (127, 80),
    120: (116, 71),
    145: (101, 59),
    165: (81, 45),
    180: (59, 31),
    190: (36, 20),
    196: (16, 12),
    204: (3, 3),
    260: (1, 1),
}
# The mediastinum's half width at the front, middle and back, and where its middle lies.
MEDIASTINUM: dict[float, tuple[float, ...]] = {
    -160: (0, 0, 0, 0),
    -60: (26, 34, 31, 4),
    0: (26, 33, 26, 6),
    40: (10, 30, 25, 4),
    70: (5, 27, 24, 2),
    95: (5, 24, 21, 0),
    125: (8, 23, 20, -2),
    150: (15, 27, 21, 0),
    175: (26, 29, 26, 0),
    200: (30, 30, 30, 0),
}


def _height_key(z: float) -> float:
    return round(z * 16) / 16


@lru_cache(maxsize=1024)
def body_outline(z: float) -> Array:
    """Radius of the skin at every angle around the pole at height ``z``."""
    a, b, lean = between(BODY, z)
    belly = float(np.clip((-20 - z) / 80, 0, 1))
    flat = [(1, lean, -90), (2, 0.004, 30), (3, 0.006, 70), (5, 0.004, z)]
    radius = outline(a, b, 2.35 + 0.1 * belly, flat).astype(float)
    angle = np.arange(ANGLES) * (360 / ANGLES)
    furrow = np.exp(-(((angle - 90) / 9) ** 2)) * 5.0
    breast = np.exp(-(((z - 62) / 26) ** 2)) * 4.0
    chest = (np.exp(-(((angle - 238) / 16) ** 2)) + np.exp(-(((angle - 302) / 16) ** 2))) * breast
    return (radius - furrow + chest).astype(np.float32)


@lru_cache(maxsize=1024)
def wall_outline(z: float) -> Array:
    """Radius of the inner chest wall at every angle around the pole at height ``z``."""
    a, b = between(WALL, z)
    radius = outline(a, b, 2.25, [(2, 0.006, 40), (3, 0.012, -80), (4, 0.008, 0)]).astype(float)
    angle = np.arange(ANGLES) * (360 / ANGLES)
    ribs = 0.9 * np.cos(np.radians(angle * 22 + z * 17)) * np.exp(-(((angle - 270) / 85) ** 8))
    # Beside the spine the long muscles of the back push the wall forwards.
    belly = float(np.clip((-30 - z) / 50, 0, 1))
    back = (5 + 9 * belly) * np.exp(-(((angle - 90) / (15 + 8 * belly)) ** 2))
    inner: Array = np.maximum(radius + ribs - back, radius * 0.5).astype(np.float32)
    return inner


@lru_cache(maxsize=1024)
def muscle_outline(z: float) -> Array:
    """Radius of the outer side of the muscles at every angle around the pole."""
    angle = np.arange(ANGLES) * (360 / ANGLES)
    wall = np.maximum(wall_outline(z).astype(float), 30.0)
    upper = float(np.clip((z - 20) / 70, 0, 1))
    belly = float(np.clip((-30 - z) / 60, 0, 1))
    thick = 13 + 3 * np.cos(np.radians(2 * angle))
    for centre, width, height in (
        (235, 20, 14 * upper),
        (305, 20, 14 * upper),
        (40, 18, 9 + 5 * upper),
        (140, 18, 9 + 5 * upper),
        (68, 13, 20 - 4 * upper),
        (112, 13, 20 - 4 * upper),
        (262, 8, 3 * belly),
        (278, 8, 3 * belly),
        (90, 5, 6),
    ):
        thick = thick + height * np.exp(-(((angle - centre) / width) ** 2))
    skin = body_outline(z).astype(float)
    shoulder = float(np.clip((z - 118) / 32, 0, 1)) * float(np.clip((245 - z) / 30, 0, 1))
    thick = thick + 95 * shoulder * (1 - 0.75 * np.exp(-(((angle - 270) / 22) ** 4)))
    fat = 5.5 + 5 * belly + (3 + 7 * belly) * np.exp(-(((angle - 270) / 50) ** 2))
    return np.minimum(wall + thick, skin - fat).astype(np.float32)


def diaphragm_height(x: Array, y: Array) -> Array:
    """Height of the diaphragm (mm) above every place: two domes that fall off to the wall."""
    rx, ry = (x + 66) / np.float32(76), (y - 2) / np.float32(88)
    right = 12 - 74 * (rx * rx * np.float32(0.55) + ry * ry * np.float32(0.75))
    lx, ly = (x - 68) / np.float32(74), (y - 2) / np.float32(88)
    left = -2 - 74 * (lx * lx * np.float32(0.55) + ly * ly * np.float32(0.78))
    top: Array = np.maximum(blend(right, left, 12.0), -112)
    return top


HEART_AXIS = axes_along((0.72, -0.50, -0.48))
# Chambers: name, centre, outer radii, wall thickness, whether it lies along the heart's axis.
CHAMBERS = {
    "left ventricle": ((40, -26, 20), (50, 36, 34), 11.0, True),
    "right ventricle": ((8, -46, 24), (50, 25, 36), 4.0, True),
    "right atrium": ((-26, -20, 34), (24, 29, 35), 2.5, False),
    "left atrium": ((2, 8, 58), (37, 22, 23), 2.5, False),
}


def heart_distance(x: Array, y: Array, z: float) -> Array:
    """Distance to the outside of the heart muscle."""
    joined: Array | None = None
    for centre, radii, _thickness, along in CHAMBERS.values():
        part = ellipsoid(x, y, z, centre, radii, HEART_AXIS if along else None)
        joined = part if joined is None else blend(joined, part, 10.0)
    if joined is None:
        raise AssertionError("a heart has chambers")
    return joined


def mediastinum_distance(x: Array, y: Array, z: float) -> Array:
    """Distance to the space between the lungs, the heart with its fat included."""
    front, middle, back, centre = between(MEDIASTINUM, z)
    width = np.interp(
        y.astype(float),
        (-85, -55, -28, 2, 26, 46, 60, 74, 88),
        (
            front,
            front * 1.1,
            middle * 0.72,
            middle * 1.04,
            middle * 0.7,
            back * 0.9,
            back * 0.98,
            back * 0.5 + 15,
            back * 0.3 + 27,
        ),
    )
    # The lung's inner sides wave a little and differ: the right one lies along the great vein.
    sway = 1.6 * np.sin(z / 19) + 2.2 * np.exp(-(((z - 118) / 30) ** 2))
    aside = np.abs(x[None, :] - np.float32(centre - sway))
    column = width.astype(np.float32)[:, None] - aside
    if not -60 < z < 100:
        return column
    joined: Array = blend(column, heart_distance(x, y, z) + np.float32(5), 14.0)
    return joined


def lung_distance(grid: Grid, z: float) -> Array:
    """Distance to the pleura, positive in either lung."""
    wall = polar_distance(grid, wall_outline(_height_key(z))) - np.float32(1.5)
    gap = -mediastinum_distance(grid.x, grid.y, z)
    floor = (np.float32(z) - diaphragm_height(grid.x[None, :], grid.y[:, None])) * np.float32(0.6)
    lungs: Array = np.minimum(np.minimum(wall, gap), floor)
    return lungs


def lung_depth(points: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Distance to the pleura of single points (n, 3); coarser than :func:`lung_distance`."""
    result = np.empty(len(points))
    for number, (x, y, z) in enumerate(points.tolist()):
        dx, dy = x - POLE[0], y - POLE[1]
        place = int(np.arctan2(dy, dx) % (2 * np.pi) * (ANGLES / (2 * np.pi))) % ANGLES
        wall = float(wall_outline(round(z / 4) * 4.0)[place]) - float(np.sqrt(dx * dx + dy * dy))
        here_x, here_y = np.array([x], np.float32), np.array([y], np.float32)
        gap = -float(mediastinum_distance(here_x, here_y, z)[0, 0])
        floor = (z - float(diaphragm_height(here_x[0], here_y[0]))) * 0.6
        result[number] = min(wall - 1.5, gap + 6, floor)
    return result
