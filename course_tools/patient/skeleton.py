"""Bones: spine, ribs with their cartilage, breastbone, collar bones, shoulder blades."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from course_tools.patient.shapes import ANGLES, Array, Grid, Point, around, ellipsoid
from course_tools.patient.trunk import POLE, wall_outline
from course_tools.patient.vessels import Cones, curve, mirrored

# Middle heights of the vertebral bodies: neck, chest (where the ribs begin), loins.
THORACIC = tuple(187.0 - 20.2 * k - 0.22 * k * k for k in range(12))
VERTEBRAE = (257.0, 239.5, 222.0, 204.5, *THORACIC, -86.0, -117.0, -149.0, -181.0)
NECK = 4
# For each pair of ribs: how far the front end hangs below the back end, and where it ends.
RIB_DROP = (26, 44, 60, 72, 82, 90, 96, 98, 96, 86, 52, 26)
RIB_END = (232, 240, 244, 246, 245, 242, 237, 230, 222, 213, 160, 128)


def _wall_point(angle: float, z: float, outwards: float) -> Point:
    index = round(angle * ANGLES / 360) % ANGLES
    radius = float(wall_outline(round(z))[index]) + outwards
    return (
        POLE[0] + radius * float(np.cos(np.radians(angle))),
        POLE[1] + radius * float(np.sin(np.radians(angle))),
        z,
    )


def _rib(number: int) -> tuple[Cones, Cones | None]:
    """Shape the right rib ``number`` (0 to 11) and its cartilage."""
    head, drop, end = THORACIC[number] + 6, RIB_DROP[number], RIB_END[number]
    points: list[Point] = [(-17, 66, head), (-34, 88, head - 3)]
    if number == 0:
        points = [(-17, 60, head), (-30, 66, head)]
    for angle in np.arange(118, end + 1, 8).tolist():
        way = (angle - 108) / (end - 108)
        whole = (end - 100) / 145
        fall = drop * (way**1.25 if whole > 0.8 else way)
        points.append(_wall_point(angle, head - 4 - fall, 5.0))
    radii = np.interp(np.linspace(0, 1, len(points)), (0, 0.12, 0.5, 1), (3.8, 4.8, 5.3, 5.6))
    bone = curve(points, radii.tolist(), 5.0)
    if number > 9:
        return bone, None
    start = points[-1]
    rise = 4 + 7.0 * max(number - 2, 0)
    goal_z = max(start[2] + rise, 22 + 2 * (9 - number)) if number > 3 else start[2] + rise
    middle = _wall_point(min(end + 14.0, 262.0), (start[2] + goal_z) / 2 - 3, 5.0)
    finish = (-15.0 - max(number - 6, 0) * 2, _wall_point(268, goal_z, 6.0)[1], goal_z)
    return bone, curve([start, middle, finish], [5.6, 5.4, 4.5], 5.0)


@lru_cache(maxsize=1)
def ribs() -> tuple[tuple[Cones, ...], Cones]:
    """All ribs, one array of cones each, and all rib cartilage in one array."""
    bones: list[Cones] = []
    cartilage: list[Cones] = []
    for number in range(12):
        bone, soft_end = _rib(number)
        bones += [bone, mirrored(bone)]
        if soft_end is not None:
            cartilage += [soft_end, mirrored(soft_end)]
    return tuple(bones), np.vstack(cartilage)


@lru_cache(maxsize=1)
def shoulder_bones() -> tuple[Cones, ...]:
    """Collar bones and the rims, spine and socket of the shoulder blades."""
    clavicle = curve(
        [(-17, -68, 158), (-45, -76, 168), (-85, -58, 181), (-125, -30, 188), (-156, -12, 187)],
        [8.0, 6.2, 5.6, 6.0, 6.5],
        5.0,
    )
    lateral = curve([(-150, 26, 163), (-137, 62, 118), (-110, 84, 56)], [6.5, 4.2, 4.4], 6.0)
    medial = curve([(-74, 84, 172), (-76, 96, 120), (-104, 88, 56)], [2.2, 2.4, 3.4], 6.0)
    spine = curve([(-80, 97, 152), (-120, 84, 172), (-158, 34, 192)], [2.4, 4.0, 6.0], 6.0)
    upper = curve([(-74, 84, 172), (-110, 62, 184), (-138, 26, 180)], [2.0, 2.6, 4.0], 6.0)
    coracoid = curve([(-140, 24, 176), (-136, -4, 178)], [5.0, 4.5], 6.0)
    right = (clavicle, lateral, medial, spine, upper, coracoid)
    return right + tuple(mirrored(bone) for bone in right)


@lru_cache(maxsize=1)
def vertebral_processes() -> tuple[Cones, ...]:
    """Arches, transverse and spinous processes of every vertebra."""
    parts: list[Cones] = []
    for place, z in enumerate(VERTEBRAE):
        number = max(place - NECK, 0)
        lumbar = number > 11
        out, back = (38.0, 80.0) if lumbar else (31.0 - 0.6 * number, 90.0)
        slope = 4.0 if lumbar else 17.0
        side = curve(
            [(-13, 64, z + 3), (-15, 79, z + 1), (-out, back, z + 1)], [4.8, 5.0, 3.4], 5.0
        )
        lamina = curve([(-15, 79, z + 1), (0, 91, z - 4)], [4.4, 4.2], 5.0)
        tip = 108.0 if place >= NECK else 96.0
        spinous = curve([(0, 90, z - 3), (0, tip, z - 3 - slope)], [4.0, 3.0], 5.0)
        parts += [side, mirrored(side), lamina, mirrored(lamina), spinous]
    return tuple(parts)


def vertebra_distances(grid: Grid, z: float) -> tuple[tuple[slice, slice], Array, Array]:
    """Where the spine lies in a plane; distances to the vertebral body and to the disc there."""
    place = int(np.argmin([abs(z - middle) for middle in VERTEBRAE]))
    middle = VERTEBRAE[place]
    gap_up = (VERTEBRAE[place - 1] - middle) / 2 if place else 8.5
    gap_down = (middle - VERTEBRAE[place + 1]) / 2 if place < len(VERTEBRAE) - 1 else 15.0
    gap = gap_up if z > middle else gap_down
    number = max(place - NECK, -1)
    width = 13.5 + 0.55 * number
    depth = 10.0 + 0.5 * number
    waist = 1 - 0.11 * max(0.0, 1 - (abs(z - middle) / (gap - 2)) ** 2)
    box = around(grid, (0, 55), 40)
    x, y = grid.x[box[1]], grid.y[box[0]]
    front = 69.0 - depth
    # The back of the body is hollowed by the canal.
    plate = ellipsoid(x, y, 0, (0, front, 0), (width * waist, depth * waist, 1e3))
    canal = ellipsoid(x, y, 0, (0, front + depth + 5, 0), (9.5, 8.0, 1e3))
    body = np.minimum(plate, -canal)
    margin = np.float32(gap - (2.2 if number < 12 else 4.2) - abs(z - middle))
    return box, np.minimum(body, margin), np.minimum(body, -margin)


def canal_distance(grid: Grid) -> tuple[tuple[slice, slice], Array]:
    """Distance to the spinal canal."""
    box = around(grid, (0, 76), 20)
    return box, ellipsoid(grid.x[box[1]], grid.y[box[0]], 0, (0, 77, 0), (10.0, 8.5, 1e3))


def sternum_distance(grid: Grid, z: float) -> tuple[tuple[slice, slice], Array]:
    """Distance to the breastbone: handle, body and the notch between the collar bones."""
    front = float(np.interp(z, (10, 60, 100, 130, 162), (-89, -87, -82, -74, -62)))
    half = float(
        np.interp(z, (14, 22, 45, 100, 112, 120, 140, 158), (4, 10, 18, 15, 17, 24, 29, 20))
    )
    box = around(grid, (0, front), 50)
    x, y = grid.x[box[1]], grid.y[box[0]]
    flat = ellipsoid(x, y, 0, (0, front, 0), (half * 1.1, 6.5, 1e3))
    return box, np.minimum(flat, np.float32(min(z - 14.0, 158.0 - z)))


def blade_distance(grid: Grid, z: float, side: int) -> tuple[tuple[slice, slice], Array] | None:
    """Distance to the thin plate of a shoulder blade, between its two rims."""
    if not 58 < z < 180:
        return None
    mx, my = (np.interp(z, (56, 120, 172, 180), p) for p in ((104, 76, 74, 80), (88, 98, 84, 80)))
    lx, ly = (
        np.interp(z, (56, 118, 163, 180), p) for p in ((110, 137, 150, 138), (84, 62, 26, 26))
    )
    ax, bx = side * mx, side * lx
    box = around(grid, ((ax + bx) / 2, (my + ly) / 2), (abs(bx - ax) / 2 + 6, abs(ly - my) / 2 + 6))
    x, y = grid.x[box[1]][None, :], grid.y[box[0]][:, None]
    dx, dy = bx - ax, ly - my
    t = (
        (x - np.float32(ax)) * np.float32(dx) + (y - np.float32(my)) * np.float32(dy)
    ) / np.float32(dx * dx + dy * dy)
    t = np.clip(t, 0, 1)
    # The plate is hollow towards the ribs.
    bow = np.float32(10) * t * (1 - t)
    qx = x - np.float32(ax) - t * np.float32(dx) + bow * np.float32(-0.3 * side)
    qy = y - np.float32(my) - t * np.float32(dy) - bow
    return box, np.float32(1.6) - np.sqrt(qx * qx + qy * qy)
