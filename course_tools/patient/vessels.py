"""Tubes: vessels, airways, ribs. Each is a row of short cones that both CT and X-ray can draw."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_tools.patient.shapes import Array, Grid, Point, around

# One cone per row: start x, y, z, end x, y, z, radius at the start, radius at the end (mm).
Cones = NDArray[np.floating[Any]]


def curve(points: Sequence[Point], radii: Sequence[float], step: float = 6.0) -> Cones:
    """Join points by a smooth curve (Catmull-Rom) cut into cones about ``step`` mm long."""
    knots = np.column_stack([np.array(points, float), np.array(radii, float)])
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    pieces = [knots[:1]]
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        gap = p2[:3] - p1[:3]
        count = max(1, int(np.ceil(np.sqrt(gap @ gap) / step)))
        t = (np.arange(1, count + 1) / count)[:, None]
        pieces.append(
            0.5
            * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
        )
    path = np.vstack(pieces)
    return np.column_stack([path[:-1, :3], path[1:, :3], path[:-1, 3], path[1:, 3]])


def mirrored(cones: Cones) -> Cones:
    """Mirror a tube to the other side of the body."""
    return cones * np.array([-1, 1, 1, -1, 1, 1, 1, 1])


def tubes_distance(grid: Grid, z: float, cones: Cones, shape_margin: float = 3.0) -> Array | None:
    """Distance of every point of a plane at height ``z`` to the nearest tube, or None if far."""
    radius = np.maximum(cones[:, 6], cones[:, 7]) + shape_margin
    low, high = np.minimum(cones[:, 2], cones[:, 5]), np.maximum(cones[:, 2], cones[:, 5])
    near = cones[(low - radius < z) & (high + radius > z)]
    if not len(near):
        return None
    nearest = np.full(grid.shape, -1000, np.float32)
    for ax, ay, az, bx, by, bz, ra, rb in near.tolist():
        reach = max(ra, rb) + shape_margin
        middle = ((ax + bx) / 2, (ay + by) / 2)
        box = around(grid, middle, (abs(bx - ax) / 2 + reach, abs(by - ay) / 2 + reach))
        x, y = grid.x[box[1]], grid.y[box[0]]
        if not (x.size and y.size):
            continue
        dx, dy, dz = bx - ax, by - ay, bz - az
        square = dx * dx + dy * dy + dz * dz + 1e-9
        px, py, pz = x[None, :] - np.float32(ax), y[:, None] - np.float32(ay), z - az
        t = px * np.float32(dx / square) + (
            py * np.float32(dy / square) + np.float32(pz * dz / square)
        )
        t = np.clip(t, 0, 1)
        qx, qy, qz = px - t * np.float32(dx), py - t * np.float32(dy), pz - t * np.float32(dz)
        distance = ra + t * np.float32(rb - ra) - np.sqrt(qx * qx + qy * qy + qz * qz)
        nearest[box] = np.maximum(nearest[box], distance)
    return nearest


def tubes_chord(
    u: NDArray[np.floating[Any]], v: NDArray[np.floating[Any]], cones: Cones, axes: tuple[int, int]
) -> NDArray[np.floating[Any]]:
    """Length (mm) of every ray inside tubes, seen along the axis that ``axes`` leaves out.

    ``u`` are the places of columns and ``v`` of rows, both rising; within one call the longest
    chord counts, so that the joints of one tube don't show.
    """
    total = np.zeros((v.size, u.size))
    for cone in cones.tolist():
        u0, v0, u1, v1 = cone[axes[0]], cone[axes[1]], cone[3 + axes[0]], cone[3 + axes[1]]
        ra, rb = cone[6], cone[7]
        reach = max(ra, rb) + 0.5
        c0, c1 = np.searchsorted(u, (min(u0, u1) - reach, max(u0, u1) + reach))
        r0, r1 = np.searchsorted(v, (min(v0, v1) - reach, max(v0, v1) + reach))
        if c0 == c1 or r0 == r1:
            continue
        du, dv = u1 - u0, v1 - v0
        along = abs(cone[3 + 3 - sum(axes)] - cone[3 - sum(axes)])
        pu, pv = u[None, c0:c1] - u0, v[r0:r1, None] - v0
        t = np.clip((pu * du + pv * dv) / (du * du + dv * dv + 1e-9), 0, 1)
        square = (pu - t * du) ** 2 + (pv - t * dv) ** 2
        radius = ra + t * (rb - ra)
        # A tube that runs towards the viewer is longer along the ray than it is wide.
        slant = min(np.sqrt(1 + along**2 / (du * du + dv * dv + 1.0)), 3.0)
        chord = 2 * slant * np.sqrt(np.maximum(radius * radius - square, 0))
        np.maximum(total[r0:r1, c0:c1], chord, out=total[r0:r1, c0:c1])
    return total


def fill_with_tree(
    roots: Sequence[Point],
    ways: Sequence[Point],
    targets: NDArray[np.floating[Any]],
    *,
    smallest: float = 0.5,
    power: float = 2.75,
    seed: int = 1,
) -> Cones:
    """Grow vessels from roots until they reach every target point (n, 3).

    Nearest targets come first; each joins where the way is short and the bend is gentle. Radii
    follow Murray's law: at a fork, radius ** ``power`` of the branches adds up to the stem's.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    first = np.array(roots, float)
    gaps = targets[:, None, :] - first[None, :, :]
    order = np.argsort(np.sqrt(np.sum(gaps * gaps, axis=2)).min(axis=1), kind="stable")
    places = np.zeros((len(first) + 3 * len(targets), 3))
    headings = np.zeros_like(places)
    parents = np.full(len(places), -1)
    count = len(first)
    places[:count] = first
    headings[:count] = np.array(ways, float)
    for target in targets[order]:
        gap = target - places[:count]
        length = np.sqrt(np.sum(gap * gap, axis=1)) + 1e-6
        bend = np.sum(gap * headings[:count], axis=1) / length
        parent = int(np.argmin(length * (1.75 - 0.75 * bend)))
        start, way, far = places[parent], headings[parent], float(length[parent])
        middle = start + (target - start) * 0.5 + (way - (target - start) / far) * far * 0.16
        middle = middle + random.normal(0, 0.03 * far, 3)
        quarter = start * 0.55 + middle * 0.45 + way * far * 0.04
        for point in (quarter, middle, target):
            step = point - places[parent]
            places[count], parents[count] = point, parent
            headings[count] = step / np.sqrt(step @ step + 1e-9)
            parent, count = count, count + 1
    flow = np.zeros(count)
    has_child = np.zeros(count, bool)
    has_child[parents[len(first) : count]] = True
    flow[~has_child] = 1.0
    for number in range(count - 1, len(first) - 1, -1):
        flow[parents[number]] += flow[number]
    radius = smallest * flow ** (1 / power)
    inner = np.arange(len(first), count)
    stems = parents[inner]
    # A branch starts no thicker than itself and a bit, so that forks don't bulge.
    wide = np.minimum(radius[stems], radius[inner] * 1.25)
    return np.column_stack([places[stems], places[inner], wide, radius[inner]])


def scatter_inside(
    inside: Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]],
    low: Point,
    high: Point,
    count: int,
    seed: int,
) -> NDArray[np.floating[Any]]:
    """Scatter points (n, 3) in the part of a box where ``inside`` is over 3 mm."""
    random = np.random.Generator(np.random.PCG64(seed))
    points = random.uniform(low, high, (count, 3))
    return points[inside(points) > 3]
