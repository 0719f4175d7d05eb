"""A head for MR: one axial plane through basal ganglia and ventricles, as shares of tissues.

The folds of the cortex are level lines of smooth noise that is stretched along the depth, so that
furrows run inwards from the surface, as they do.
"""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_tools.patient import tissues
from course_tools.patient.shapes import blur, sample, smooth_noise
from course_tools.patient.tissues import Tissue

Picture = NDArray[np.floating[Any]]

SIZE, PIXEL = 256, 0.9
_FINE = 2  # painted so many times finer than imaged


def _places() -> tuple[Picture, Picture]:
    count = SIZE * _FINE
    places = (np.arange(count) - (count - 1) / 2) * (PIXEL / _FINE)
    return places[None, :], places[:, None]


def _ellipse(x: Picture, y: Picture, place: tuple[float, float], radii: tuple[float, float],
             turn: float = 0.0) -> Picture:  # fmt: skip
    """Distance to an ellipse turned by ``turn`` degrees."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    dx, dy = x - place[0], y - place[1]
    u, v = (dx * c + dy * s) / radii[0], (-dx * s + dy * c) / radii[1]
    size = np.sqrt(u * u + v * v) + 1e-9
    distance: Picture = (
        (1 - size) * size / np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + 1e-12)
    )
    return distance


def _head_outline(x: Picture, y: Picture) -> Picture:
    """Distance to the skin: an egg, wider behind, a little uneven."""
    angle = np.arctan2(y - 4, x)
    a = 74 + 5 * np.sin(angle)
    radius = (np.abs(np.cos(angle) / a) ** 2.25 + np.abs(np.sin(angle) / 95) ** 2.25) ** (-1 / 2.25)
    waves = (
        0.006 * np.cos(3 * angle + 0.4) + 0.005 * np.cos(5 * angle + 2) + 0.004 * np.sin(2 * angle)
    )
    distance: Picture = radius * (1 + waves) - np.sqrt(x * x + (y - 4) ** 2)
    return distance


def _furrows(x: Picture, y: Picture, depth: Picture) -> Picture:
    """Distance to the nearest furrow of the cortex, small near its middle line."""
    angle = np.arctan2(y - 4, np.abs(x) + 0 * y)
    fine = smooth_noise(512, 17, 7.4)
    noise = fine - blur(fine, 13.0)
    noise = noise / np.sqrt(np.mean(noise * noise))
    # The two halves of the brain are alike, not equal.
    along = (angle * 82 * 2.0 + np.where(x < 0, 190.0, 0.0)) % 512
    bent = sample(blur(smooth_noise(512, 18, 14.0), 1.0), (y + 128) * 2 % 511, (x + 128) * 2 % 511)
    inwards = (depth * 0.75 * 2.0 + 30 + bent * 5) % 511
    field = sample(noise, inwards + 0 * along, (along + bent * 7) % 511)
    step = PIXEL / _FINE
    down, across = np.gradient(field, step)
    slope = np.sqrt(down * down + across * across)
    return np.abs(field) / (slope + 0.03)


def _cortex(x: Picture, y: Picture, depth: Picture) -> tuple[Picture, Picture]:
    """Distance from fluid along the folds, and distance to the fluid itself."""
    reach = 19 + 6 * sample(smooth_noise(512, 19, 24.0), (y + 128) * 2 % 511, (x + 128) * 2 % 511)
    reach = reach - 9 * np.exp(-(((y + 3) / 21) ** 2)) * np.clip((np.abs(x) - 25) / 8, 0, 1)
    furrow = _furrows(x, y, depth) + np.maximum(depth - reach, 0) * 0.9
    cleft = np.abs(x + 0.7 * np.sin(y / 13)) + 0.25
    ends = np.maximum(np.minimum(y + 37, 42 - y), 0)
    cleft = cleft + ends * 1.2
    # Sylvian fissure: from the side inwards, then along the island.
    sylvian = np.full(depth.shape, 99.0)
    for side in (-1, 1):
        inner = np.abs(x * side - (42.5 + 2.2 * np.sin((y + 8) / 9)))
        inner = np.sqrt(inner**2 + np.maximum(np.abs(y + 3) - 19, 0) ** 2)
        t = np.clip((x * side - 42) / 26, 0, 1)
        outer = np.sqrt((y - (-15 - 5 * t + 4 * t * t)) ** 2
                        + np.maximum(42 - x * side, 0) ** 2)  # fmt: skip
        sylvian = np.minimum(sylvian, np.minimum(inner, outer + 0.3))
    fluid = np.minimum(np.minimum(furrow + 0.45, cleft), np.minimum(sylvian - 0.2, depth + 0.5))
    return fluid, np.minimum(furrow, cleft)


def _deep_parts(x: Picture, y: Picture) -> dict[str, Picture]:
    """Distances to nuclei and ventricles, both halves."""
    parts: dict[str, list[Picture]] = {"nuclei": [], "ventricles": [], "white": [], "plexus": []}
    for side in (-1, 1):
        u = x * side + 0.6 * np.sin(y / 17)
        caudate = _ellipse(u, y, (14.5, -21), (5.5, 10), -14)
        putamen = np.minimum(_ellipse(u, y, (27, -4), (7.2, 17.5), -12),
                             -_ellipse(u, y, (16, -1), (9, 14), -20))  # fmt: skip
        thalamus = _ellipse(u, y, (11.5, 13), (10, 14.5), 24)
        claustrum = np.minimum(0.7 - np.abs(u - 36.4 - 0.004 * (y + 3) ** 2), 15 - np.abs(y + 4))
        parts["nuclei"] += [caudate, putamen, thalamus, claustrum]
        horn = np.minimum(_ellipse(u, y, (9.5, -25), (9.5, 13), 22),
                          -_ellipse(u, y, (16, -19.5), (7.2, 14), -6))  # fmt: skip
        atrium = np.minimum(_ellipse(u, y, (25, 38), (7, 14), -28),
                            -_ellipse(u, y, (16, 28), (8, 12), 10))  # fmt: skip
        parts["ventricles"] += [np.minimum(horn, u - 0.7), atrium]
        parts["plexus"] += [_ellipse(u, y, (24.5, 36), (2.4, 5.5), -28)]
        parts["white"] += [_ellipse(u, y, (20.5, -2), (3.6, 21), -28)]
    parts["ventricles"] += [_ellipse(x, y, (0, 6), (2.0, 12.5)), _ellipse(x, y, (0, 31), (8, 4.5))]
    callosum = [_ellipse(x, y, (0, -39), (22, 5.5)), _ellipse(x, y, (0, 44), (24, 6))]
    parts["white"] += callosum
    return {name: np.maximum.reduce(distances) for name, distances in parts.items()}


@lru_cache(maxsize=1)
def tissue_shares() -> tuple[tuple[Tissue, Picture], ...]:
    """Share of each tissue in every pixel of the plane, shape (256, 256) each."""
    x, y = _places()
    skin = _head_outline(x, y)
    wavy = 0.7 * sample(smooth_noise(512, 23, 22.0), (y + 128) * 2 % 511, (x + 128) * 2 % 511)
    skull = skin - 6.5 - 1.4 * np.cos(np.arctan2(y, x) * 2) - 0.5 * wavy
    inner = skull - 6.4 - 1.5 * np.abs(np.sin(np.arctan2(y, x))) ** 3 + 0.4 * wavy
    depth = inner - 1.9 + 0.5 * wavy
    fluid, _open = _cortex(x, y, depth)
    deep = _deep_parts(x, y)
    painted: list[tuple[Tissue, Picture]] = [
        (tissues.SKIN, skin),
        (tissues.SCALP_FAT, skin - 1.7),
        (tissues.MUSCLE, np.minimum(np.minimum(skin - 3, 3.6 - np.abs(skull + 2.2)),
                                    (17 - np.abs(y + 22 + 0 * x)) * 0.25)),
        (tissues.CORTICAL_BONE, skull),
        (tissues.MARROW, np.minimum(skull - 1.6, -(inner + 1.7)) + 0.5 * wavy),
        (tissues.BRAIN_FLUID, inner - 0.7),
        (tissues.GREY_MATTER, np.minimum(depth, fluid - 0.82)),
        (tissues.WHITE_MATTER, np.minimum(depth - 2.6, fluid - 3.35)),
        (tissues.WHITE_MATTER, np.minimum(deep["white"], 60.0)),
        (tissues.DEEP_GREY, deep["nuclei"]),
        (tissues.BRAIN_FLUID, deep["ventricles"]),
        (tissues.GREY_MATTER, deep["plexus"]),
        (tissues.BLOOD, _ellipse(x, y, (0, 88.5), (4.5, 4))),
    ]  # fmt: skip
    step = PIXEL / _FINE
    left = np.ones(skin.shape)
    shares: list[tuple[Tissue, Picture]] = []
    for tissue, distance in reversed(painted):
        part = np.clip(distance / (1.5 * step) + 0.5, 0, 1) * left
        left = left - part
        small = (part[::2, ::2] + part[1::2, ::2] + part[::2, 1::2] + part[1::2, 1::2]) / 4
        shares.append((tissue, small))
    return tuple(shares)
