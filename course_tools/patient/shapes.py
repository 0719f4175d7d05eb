"""Numbers that draw bodies: grids, distances in millimetres, soft edges, smooth noise.

A distance is positive inside a shape. Only exactly rounded operations (``+ - * / sqrt``) touch
whole pictures in single precision, so that every computer gets the same bytes.
"""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating[Any]]
Box = tuple[slice, slice]
Point = tuple[float, float, float]

ANGLES = 720


@dataclass(frozen=True, eq=False)
class Grid:
    """A plane of points: ``x`` (columns) and ``y`` (rows) in mm, and polar places around a pole."""

    x: Array
    y: Array
    radius: Array
    angle: NDArray[np.intp]
    fraction: Array
    pixel: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y.size, self.x.size


def make_grid(x: ArrayLike, y: ArrayLike, pole: tuple[float, float] = (0.0, 8.0)) -> Grid:
    """Lay out a plane with columns at ``x`` and rows at ``y`` (mm), both rising."""
    columns, rows = np.asarray(x, float), np.asarray(y, float)
    dx, dy = columns[None, :] - pole[0], rows[:, None] - pole[1]
    place = np.arctan2(dy, dx) % (2 * np.pi) * (ANGLES / (2 * np.pi))
    index = np.floor(place).astype(np.intp)
    return Grid(
        columns.astype(np.float32),
        rows.astype(np.float32),
        np.sqrt(dx * dx + dy * dy).astype(np.float32),
        index % ANGLES,
        (place - index).astype(np.float32),
        float(columns[1] - columns[0]),
    )


def around(grid: Grid, centre: Sequence[float], reach: float | tuple[float, float]) -> Box:
    """Return the part of a grid within ``reach`` mm of a centre, as rows and columns."""
    rx, ry = reach if isinstance(reach, tuple) else (reach, reach)
    x0, x1 = np.searchsorted(grid.x, (centre[0] - rx, centre[0] + rx))
    y0, y1 = np.searchsorted(grid.y, (centre[1] - ry, centre[1] + ry))
    return slice(int(y0), int(y1)), slice(int(x0), int(x1))


def soft(distance: Array, width: float) -> Array:
    """Turn a distance into a fraction of the pixel: 0 outside, 1 inside, a ramp between."""
    fraction: Array = np.clip(distance * np.float32(1 / width) + np.float32(0.5), 0, 1)
    return fraction


def outline(a: float, b: float, power: float = 2.3, waves: Sequence[Sequence[float]] = ()) -> Array:
    """Radius at every angle of a rounded box of half widths ``a`` and ``b``, with waves.

    Each wave is (number of periods, relative height, phase in degrees).
    """
    angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    radius = (np.abs(np.cos(angle) / a) ** power + np.abs(np.sin(angle) / b) ** power) ** (
        -1 / power
    )
    for periods, height, phase in waves:
        radius = radius * (1 + height * np.cos(periods * angle - np.radians(phase)))
    return radius.astype(np.float32)


def polar_distance(grid: Grid, table: Array) -> Array:
    """Distance of every point of the grid to an outline around the grid's pole."""
    closed = np.append(table, table[0])
    radius = closed[grid.angle] * (1 - grid.fraction) + closed[grid.angle + 1] * grid.fraction
    distance: Array = radius - grid.radius
    return distance


def between(levels: Mapping[float, Sequence[float]], z: float) -> NDArray[np.floating[Any]]:
    """Values between the levels given, joined smoothly; level is in mm along the body."""
    keys = np.array(sorted(levels))
    values = np.array([levels[key] for key in sorted(levels)], float)
    if z <= keys[0]:
        return values[0]
    if z >= keys[-1]:
        return values[-1]
    high = int(np.searchsorted(keys, z))
    t = (z - keys[high - 1]) / (keys[high] - keys[high - 1])
    before, after = values[max(high - 2, 0)], values[min(high + 1, len(keys) - 1)]
    p0, p1 = values[high - 1], values[high]
    m0, m1 = (p1 - before) / 2, (after - p0) / 2
    result: NDArray[np.floating[Any]] = (
        (2 * t**3 - 3 * t**2 + 1) * p0
        + (t**3 - 2 * t**2 + t) * m0
        + (-2 * t**3 + 3 * t**2) * p1
        + (t**3 - t**2) * m1
    )
    return result


def ellipsoid(
    x: Array,
    y: Array,
    z: float,
    centre: Sequence[float],
    radii: Sequence[float],
    axes: NDArray[np.floating[Any]] | None = None,
) -> Array:
    """Distance to an ellipsoid's surface; ``axes`` are its three directions, one a row."""
    turn = np.eye(3) if axes is None else axes
    dx, dy = x[None, :] - np.float32(centre[0]), y[:, None] - np.float32(centre[1])
    dz = z - centre[2]
    first = np.float32(1e-9)
    second = np.float32(1e-9)
    for axis, radius in zip(turn.astype(np.float32), radii, strict=True):
        part = (dx * axis[0] + dy * axis[1] + np.float32(dz * axis[2])) / np.float32(radius)
        first = first + part * part
        part = part / np.float32(radius)
        second = second + part * part
    size = np.sqrt(first)
    distance: Array = (1 - size) * size / np.sqrt(second)
    return np.maximum(distance, np.float32(-1000))


def axes_along(direction: Sequence[float]) -> NDArray[np.floating[Any]]:
    """Three perpendicular directions, the first of them along the one given."""
    first = np.array(direction, float) / np.sqrt(np.dot(direction, direction))
    helper = np.array([0.0, 0.0, 1.0]) if abs(first[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    second = np.cross(helper, first)
    second /= np.sqrt(second @ second)
    return np.array([first, second, np.cross(first, second)])


def blend(first: Array, second: Array, radius: float) -> Array:
    """Join two shapes with a rounded seam of about ``radius`` mm."""
    gap = np.maximum(radius - np.abs(first - second), 0)
    union: Array = np.maximum(first, second) + gap * gap * np.float32(0.25 / radius)
    return union


def blur(picture: ArrayLike, *sigmas: float) -> NDArray[np.floating[Any]]:
    """Gaussian blur, one sigma in pixels per axis (or one for all), edges repeated."""
    result = np.asarray(picture, float)
    widths = sigmas * result.ndim if len(sigmas) == 1 else sigmas
    for axis, sigma in enumerate(widths):
        if sigma <= 0:
            continue
        reach = int(np.ceil(3.5 * sigma))
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        taps /= taps.sum()
        padding = [(reach, reach) if other == axis else (0, 0) for other in range(result.ndim)]
        padded = np.moveaxis(np.pad(result, padding, mode="edge"), axis, 0)
        length = result.shape[axis]
        total = padded[reach : reach + length] * taps[reach]
        for step in range(1, reach + 1):
            pair = (
                padded[reach - step : reach - step + length]
                + padded[reach + step : reach + step + length]
            )
            total = total + pair * taps[reach + step]
        result = np.moveaxis(total, 0, axis)
    return result


@lru_cache(maxsize=32)
def smooth_noise(
    size: int, seed: int, sigma: float, fall: float = 0.0
) -> NDArray[np.floating[Any]]:
    """Square periodic noise of mean 0 and deviation 1.

    ``sigma`` in pixels sets the finest detail; ``fall`` > 0 adds coarser and coarser detail
    (spectrum 1 / frequency ** fall).
    """
    white = np.random.Generator(np.random.PCG64(seed)).standard_normal((size, size))
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
    square = fx * fx + fy * fy
    gain = np.exp(-2 * (np.pi * sigma) ** 2 * square)
    if fall:
        gain = gain / np.maximum(square, 1 / size**2) ** (fall / 2)
    gain[0, 0] = 0
    noise = np.fft.irfft2(np.fft.rfft2(white) * gain, s=(size, size))
    result = noise / np.sqrt(np.mean(noise * noise))
    result.flags.writeable = False
    return result


def sample(
    picture: NDArray[np.floating[Any]], rows: ArrayLike, columns: ArrayLike
) -> NDArray[np.floating[Any]]:
    """Read a picture between its pixels (bilinear); places outside get the nearest edge."""
    r = np.clip(np.asarray(rows, float), 0, picture.shape[0] - 1.000001)
    c = np.clip(np.asarray(columns, float), 0, picture.shape[1] - 1.000001)
    r0, c0 = r.astype(np.intp), c.astype(np.intp)
    fr, fc = r - r0, c - c0
    top = picture[r0, c0] * (1 - fc) + picture[r0, c0 + 1] * fc
    bottom = picture[r0 + 1, c0] * (1 - fc) + picture[r0 + 1, c0 + 1] * fc
    result: NDArray[np.floating[Any]] = top * (1 - fr) + bottom * fr
    return result
