"""Organs of the upper abdomen, great vessels and airways, vessels of lungs and liver."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_tools.patient.shapes import (
    Array,
    Box,
    Grid,
    around,
    axes_along,
    blend,
    ellipsoid,
    polar_distance,
)
from course_tools.patient.trunk import diaphragm_height, lung_depth, wall_outline
from course_tools.patient.vessels import (
    Cones,
    curve,
    fill_with_tree,
    scatter_inside,
    tubes_distance,
)

LESION_CENTRE = (-84.0, 20.0, 58.0)
LESION_RADIUS = 14.0


@lru_cache(maxsize=1)
def great_vessels() -> dict[str, Cones]:
    """Aorta and its branches, caval veins, lung arteries near the heart: one name, one tube."""
    return {
        "aorta": curve(
            [(3, -20, 48), (0, -24, 66), (-9, -30, 82), (-11, -26, 98), (-1, -10, 112),
             (15, 8, 116), (26, 28, 106), (27, 40, 86), (24, 44, 50), (16, 43, 5),
             (7, 38, -50), (3, 35, -110), (2, 35, -165)],
            [15, 16, 15.5, 15, 14, 13.5, 13, 12.5, 12, 11.5, 10.5, 9.5, 9],
        ),
        "arch branches": np.vstack([
            curve([(-8, -14, 108), (-15, -8, 135), (-19, 0, 165), (-24, 2, 205), (-26, 4, 260)],
                  [7, 6.5, 5.5, 3.6, 3.4]),
            curve([(-19, 0, 165), (-45, 2, 184), (-85, -12, 186)], [5, 4.5, 4]),
            curve([(5, -3, 112), (14, 2, 150), (22, 4, 205), (24, 6, 260)], [4.5, 4, 3.6, 3.4]),
            curve([(15, 8, 113), (25, 14, 150), (46, 8, 182), (85, -10, 186)], [5.5, 5, 4.5, 4]),
        ]),
        "caval veins": np.vstack([
            curve([(-22, -18, 118), (-24, -18, 80), (-26, -16, 52)], [9.5, 10, 11]),
            curve([(36, -22, 158), (10, -30, 134), (-22, -18, 118)], [7, 7, 8]),
            curve([(-34, -14, 162), (-24, -18, 138), (-22, -18, 118)], [7, 7.5, 9]),
            curve([(-24, -4, 26), (-22, 12, 4), (-20, 22, -25), (-20, 26, -70), (-18, 29, -165)],
                  [13, 13, 12.5, 11.5, 11]),
        ]),
        "lung arteries": np.vstack([
            curve([(14, -44, 46), (20, -40, 66), (24, -24, 80)], [14, 14.5, 14]),
            curve([(22, -28, 80), (4, -12, 79), (-24, -6, 77), (-44, 0, 74)], [13, 11.5, 10.5, 9]),
            curve([(24, -26, 82), (38, 0, 88), (52, 12, 82)], [13.5, 11.5, 9.5]),
        ]),
        "lung veins": np.vstack([
            curve([(-2, 8, 56), (-34, 2, 50), (-52, 6, 44)], [9, 7.5, 5.5]),
            curve([(4, 8, 58), (36, 8, 52), (54, 12, 46)], [9, 7.5, 5.5]),
            curve([(0, 6, 64), (-32, -12, 66), (-50, -18, 74)], [8, 6.5, 5]),
            curve([(4, 6, 66), (36, -8, 70), (52, -14, 78)], [8, 6.5, 5]),
        ]),
    }  # fmt: skip


@lru_cache(maxsize=1)
def airways() -> Cones:
    """Windpipe and bronchi down to the segments (their inner wall)."""
    return np.vstack([
        curve([(0, 2, 262), (0, 6, 200), (1, 10, 140), (0, 14, 98)], [9, 9, 8.8, 8.6]),
        curve([(0, 14, 97), (-22, 14, 84), (-40, 14, 72), (-50, 18, 50), (-56, 26, 26)],
              [7.4, 6.8, 6, 4.6, 3.2]),
        curve([(0, 14, 97), (26, 17, 82), (46, 20, 70), (56, 26, 48), (62, 32, 24)],
              [6.6, 6.2, 5.4, 4.2, 3]),
        curve([(-30, 14, 79), (-52, 10, 92), (-62, 8, 108)], [4.6, 3.6, 2.4]),
        curve([(44, 18, 72), (58, 4, 84), (64, -4, 100)], [4.4, 3.4, 2.4]),
        curve([(-46, 16, 60), (-62, -14, 46), (-72, -34, 36)], [3.4, 2.8, 2]),
    ])  # fmt: skip


@lru_cache(maxsize=1)
def lung_trees() -> tuple[Cones, ...]:
    """Arteries and veins of both lungs, from the hilum to twigs about 1 mm wide."""
    trees = []
    for side, (low, high) in ((-1, (-136.0, 0.0)), (1, (0.0, 136.0))):
        arteries = [(44.0, 0, 78), (48, 6, 70), (50, 14, 60)]
        ways = [(0.6, 0, 0.8), (0.9, -0.3, 0.0), (0.5, 0.5, -0.7)]
        veins = [(52.0, 6, 45), (50, -16, 75)]
        ways_of_veins = [(0.7, 0.5, -0.5), (0.6, -0.5, 0.6)]
        for number, (roots, headings) in enumerate(((arteries, ways), (veins, ways_of_veins))):
            seed = 40 + 10 * side + number
            targets = scatter_inside(lung_depth, (low, -85, -75), (high, 98, 190), 1500, seed)
            tree = fill_with_tree(
                [(side * x, y, z) for x, y, z in roots],
                [(side * x, y, z) for x, y, z in headings],
                targets,
                smallest=0.6,
                power=2.45,
                seed=seed,
            )
            trees.append(tree)
    return tuple(trees)


@lru_cache(maxsize=1)
def lung_vessels() -> Cones:
    """All trees of :func:`lung_trees` in one array."""
    return np.vstack(lung_trees())


def _liver_depth(points: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    q = (points - np.array([-58, 0, -45])) / np.array([60, 74, 62])
    inside = (1 - np.sqrt(np.sum(q * q, axis=1))) * 60
    lift = np.array([float(diaphragm_height(x, y)) for x, y, _z in points.tolist()]) - 8
    result: NDArray[np.floating[Any]] = np.minimum(inside, lift - points[:, 2])
    return result


@lru_cache(maxsize=1)
def liver_vessels() -> Cones:
    """Portal vein with its branches, and the three liver veins."""
    low, high = (-140.0, -85.0, -125.0), (50.0, 90.0, 10.0)
    trees = [
        fill_with_tree(roots, ways, scatter_inside(_liver_depth, low, high, 420, seed),
                       smallest=1.0, power=2.4, seed=seed)
        for seed, roots, ways in (
            (31, [(-30, -6, -62), (-28, -10, -58)], [(-0.9, 0.1, 0.1), (-0.2, -0.9, 0.3)]),
            (32, [(-25, 10, -6), (-24, 4, -6), (-22, 0, -8)],
             [(-0.9, -0.1, -0.4), (-0.5, -0.7, -0.4), (0.1, -0.9, -0.4)]),
        )
    ]  # fmt: skip
    portal = curve([(28, 6, -96), (2, -6, -88), (-18, -6, -72), (-32, -6, -60)], [5, 7, 7, 6.5])
    return np.vstack([portal, *trees])


@lru_cache(maxsize=1)
def small_parts() -> dict[str, Cones]:
    """Gut, pancreas, vessels to the kidneys, adrenal glands, muscle of the diaphragm's legs."""
    colon = curve(
        [(-98, 26, -170), (-100, 0, -150), (-92, -34, -134), (-58, -66, -124), (0, -74, -132),
         (52, -66, -114), (88, -34, -96), (102, 4, -86), (106, 34, -112), (104, 40, -170)],
        [21, 21, 19, 17, 16, 17, 17, 15, 13, 13], 3.0,
    )  # fmt: skip
    wave = 1 + 0.16 * np.sin(np.arange(len(colon) + 1) * 0.55)
    colon[:, 6] *= wave[:-1]
    colon[:, 7] *= wave[1:]
    loops = [
        curve([(30, -48, -128), (60, -40, -136), (74, -10, -142), (48, 4, -150), (20, -20, -158)],
              [10, 11, 11, 10, 11]),
        curve([(-20, -50, -146), (-52, -38, -152), (-66, -6, -160), (-40, -10, -168)],
              [11, 11, 10, 11]),
        curve([(-22, -38, -98), (-42, -14, -104), (-42, 6, -124), (-10, 8, -142), (30, 2, -138)],
              [10, 11, 11, 11, 10]),
    ]  # fmt: skip
    return {
        "colon": colon,
        "small bowel": np.vstack(loops),
        "pancreas": curve(
            [(-28, -4, -104), (-18, -16, -98), (8, -20, -92), (34, -6, -84), (62, 16, -74)],
            [12, 11, 9, 9, 8],
        ),
        "kidney vessels": np.vstack([
            curve([(4, 28, -104), (28, 34, -106), (44, 46, -106)], [5, 4.5, 4.5]),
            curve([(-18, 30, -112), (-32, 38, -116), (-44, 46, -118)], [5, 4.5, 4.5]),
            curve([(2, 24, -92), (0, 8, -104), (-2, 2, -150)], [4, 4, 4]),
        ]),
        "spleen vein": curve([(2, -4, -88), (36, 6, -82), (74, 30, -68)], [5, 4.5, 4]),
        "adrenal glands": np.vstack([
            curve([(-26, 36, -66), (-32, 46, -76)], [2.4, 2.0]),
            curve([(34, 30, -72), (38, 42, -82)], [2.4, 2.0]),
            curve([(34, 30, -72), (30, 44, -82)], [2.4, 2.0]),
        ]),
        "gullet": curve([(3, 22, 262), (4, 26, 120), (8, 30, 60), (14, 24, 10), (30, 6, -22)],
                        [7, 7, 7.5, 8, 8]),
        "legs of the diaphragm": np.vstack([
            curve([(-12, 32, -30), (-13, 46, -80), (-12, 50, -150)], [4, 4.5, 3]),
            curve([(22, 32, -30), (17, 46, -80), (15, 50, -150)], [4, 4.5, 3]),
        ]),
    }  # fmt: skip


def _under_the_dome(grid: Grid, box: Box, z: float, gap: float) -> Array:
    x, y = grid.x[box[1]][None, :], grid.y[box[0]][:, None]
    below = (diaphragm_height(x, y) - np.float32(gap + z)) * np.float32(0.6)
    wall = polar_distance(grid, wall_outline(round(z * 16) / 16))[box] - np.float32(gap)
    inside: Array = np.minimum(below, wall)
    return inside


def stomach_distance(x: Array, y: Array, z: float) -> Array:
    """Distance to the outside of the stomach."""
    fundus = ellipsoid(x, y, z, (62, -2, -44), (34, 40, 38))
    body = ellipsoid(x, y, z, (58, -34, -74), (30, 30, 42))
    antrum = ellipsoid(x, y, z, (16, -52, -96), (46, 18, 19))
    return blend(blend(fundus, body, 20), antrum, 16)


def kidney_frame(side: int) -> tuple[tuple[float, float, float], NDArray[np.floating[Any]]]:
    """Centre and axes (long, towards the hilum, front to back) of a kidney; left is +1."""
    centre = (57.0, 50.0, -106.0) if side > 0 else (-58.0, 50.0, -120.0)
    return centre, axes_along((0.22 * -side, -0.12, 1.0))


def kidney_distance(x: Array, y: Array, z: float, side: int) -> Array:
    """Distance to the outside of a kidney, notched at its hilum."""
    centre, axes = kidney_frame(side)
    whole = ellipsoid(x, y, z, centre, (56, 27, 25), axes)
    notch = ellipsoid(x, y, z, (centre[0] - 28 * side, centre[1] - 10, centre[2]), (15, 12, 17))
    kidney: Array = np.minimum(whole, -notch)
    return kidney


def spleen_distance(grid: Grid, z: float) -> tuple[Box, Array]:
    """Distance to the spleen, which the chest wall, the diaphragm and the stomach shape."""
    box = around(grid, (92, 40), 75)
    x, y = grid.x[box[1]], grid.y[box[0]]
    whole = ellipsoid(x, y, z, (92, 42, -58), (30, 52, 50), axes_along((1.0, 0.45, 0.15)))
    inside = np.minimum(whole, _under_the_dome(grid, box, z, 4))
    inside = np.minimum(inside, -stomach_distance(x, y, z) - 3)
    return box, np.minimum(inside, -kidney_distance(x, y, z, 1) - 3)


def liver_distance(grid: Grid, z: float) -> tuple[Box, Array]:
    """Distance to the liver: right and left lobe, fitted to its neighbours."""
    box = around(grid, (-35, 0), (115, 105))
    x, y = grid.x[box[1]], grid.y[box[0]]
    right = ellipsoid(x, y, z, (-68, 2, -48), (96, 92, 72), axes_along((-0.42, 0.12, -1.0)))
    left = ellipsoid(x, y, z, (14, -46, -24), (62, 36, 42))
    whole = np.minimum(blend(right, left, 24), _under_the_dome(grid, box, z, 4))
    # The lobes hang free of the spine and of the vena cava's groove.
    spine = ellipsoid(x, y, 0, (2, 62, 0), (40, 40, 1e3))
    whole = np.minimum(whole, -spine)
    whole = np.minimum(whole, -kidney_distance(x, y, z, -1) - 3)
    whole = np.minimum(whole, -stomach_distance(x, y, z) * np.float32(0.8) - 2)
    hilum = ellipsoid(x, y, z, (-14, -8, -92), (34, 22, 34), axes_along((1, 0.25, 0)))
    whole = np.minimum(whole, -hilum)
    ligament = ellipsoid(x, y, z, (-2, -56, -62), (4.5, 30, 32), axes_along((1, 0.3, 0)))
    whole = np.minimum(whole, -ligament)
    return box, np.minimum(whole, -gallbladder_distance(x, y, z))


def gallbladder_distance(x: Array, y: Array, z: float) -> Array:
    """Distance to the outside of the gallbladder."""
    return ellipsoid(x, y, z, (-46, -48, -90), (30, 13, 14), axes_along((-0.35, -0.45, -0.8)))


def lesion_distance(grid: Grid, z: float) -> tuple[Box, Array]:
    """Distance to the tumour in the right lung: lobed, with spicules into the lung."""
    box = around(grid, LESION_CENTRE, 34)
    x, y = grid.x[box[1]], grid.y[box[0]]
    cx, cy, cz = LESION_CENTRE
    whole = ellipsoid(x, y, z, LESION_CENTRE, (14.5, 13.5, 14))
    for dx, dy, dz, radius in (
        (-8, 5, 3, 8.0),
        (7, -6, -4, 8.5),
        (4, 8, 5, 7.5),
        (-5, -8, -3, 7.0),
    ):
        bump = ellipsoid(x, y, z, (cx + dx, cy + dy, cz + dz), (radius, radius, radius))
        whole = blend(whole, bump, 4.0)
    spicules = tubes_distance(
        Grid(x, y, grid.radius[box], grid.angle[box], grid.fraction[box], grid.pixel),
        z, _spicules(),
    )  # fmt: skip
    return box, whole if spicules is None else blend(whole, spicules, 3.0)


@lru_cache(maxsize=1)
def _spicules() -> Cones:
    random = np.random.Generator(np.random.PCG64(77))
    ways = random.normal(0, 1, (26, 3)) * np.array([1, 1, 0.8])
    ways /= np.sqrt(np.sum(ways * ways, axis=1, keepdims=True))
    reach = random.uniform(19, 29, (26, 1))
    centre = np.array(LESION_CENTRE)
    thick, thin = np.full((26, 1), 1.9), np.full((26, 1), 0.3)
    return np.hstack([centre + ways * 10, centre + ways * reach, thick, thin])
