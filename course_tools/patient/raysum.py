"""Ray sums: what X-rays lose on their way through the body, seen from the front and the side.

Soft shapes are summed through planes of the body; bones and vessels are drawn apart, with the
exact length of every ray inside them, so that they stay sharp.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_tools.patient import organs, skeleton, tissues
from course_tools.patient.anatomy import blended, paint
from course_tools.patient.shapes import make_grid, sample, smooth_noise
from course_tools.patient.vessels import Cones, curve, mirrored, tubes_chord

Picture = NDArray[np.floating[Any]]

PIXEL = 0.4
BOTTOM, TOP = -163.0, 237.0
HALF_WIDTH = 204.8
FRONT, BACK = -118.4, 137.6
_STEP = 1.6


def _coarse_places() -> tuple[Picture, Picture, Picture]:
    x = np.arange(-HALF_WIDTH + _STEP / 2, HALF_WIDTH, _STEP)
    y = np.arange(FRONT + _STEP / 2, BACK, _STEP)
    z = np.arange(BOTTOM + _STEP / 2, TOP, _STEP)
    return x, y, z


@lru_cache(maxsize=1)
def _soft_sums() -> tuple[Picture, Picture]:
    """Sum through the soft shapes, from the front and from the side; lowest row first."""
    x, y, z = _coarse_places()
    grid = make_grid(x, y)
    frontal, lateral = np.zeros((z.size, x.size)), np.zeros((z.size, y.size))
    for row, height in enumerate(z.tolist()):
        layers = paint(grid, height, fine=False, upright=True)
        plane = blended(layers, grid.shape, lambda layer: layer.tissue.attenuation, 0.0)
        exact = plane.astype(float)
        frontal[row] = np.add.reduce(exact, axis=0) * _STEP
        # From the side the arms are raised, out of the picture.
        raised = np.abs(x) < np.interp(height, (40, 105, 180), (186, 152, 142))
        lateral[row] = np.add.reduce(exact * raised, axis=1) * _STEP
    return frontal, lateral


@lru_cache(maxsize=1)
def _arms() -> tuple[Cones, Cones]:
    """Upper arms of a person who stands: bone, and all around it."""
    bone = curve(
        [(-160, 6, 179), (-172, 6, 172), (-182, 6, 150), (-206, 4, 92), (-230, 2, 20)],
        [17, 24, 15, 12, 12],
    )
    flesh = curve([(-112, 6, 196), (-158, 6, 178), (-188, 6, 148), (-226, 2, 60)], [4, 26, 44, 40])
    return np.vstack([bone, mirrored(bone)]), np.vstack([flesh, mirrored(flesh)])


def _bone_loss(
    u: Picture, v: Picture, cones: Cones, axes: tuple[int, int], cortex: float
) -> Picture:
    outer = tubes_chord(u, v, cones, axes)
    core = cones.copy()
    core[:, 6:] = np.maximum(core[:, 6:] - cortex, 0.05)
    inner = tubes_chord(u, v, core, axes)
    shell = tissues.CORTICAL_BONE.attenuation - tissues.MUSCLE.attenuation
    marrow = tissues.MARROW.attenuation - tissues.MUSCLE.attenuation
    loss: Picture = (outer - inner) * shell + inner * marrow
    return loss


def _sharp_sums(u: Picture, v: Picture, axes: tuple[int, int]) -> Picture:
    total = np.zeros((v.size, u.size))
    bones, cartilage = skeleton.ribs()
    for cones in bones:
        total += _bone_loss(u, v, cones, axes, 0.9) * 0.8
    for cones in skeleton.vertebral_processes():
        total += _bone_loss(u, v, cones, axes, 1.0) * 0.7
    if axes == (0, 2):
        for cones in skeleton.shoulder_bones():
            total += _bone_loss(u, v, cones, axes, 1.1)
    spotted = tissues.CARTILAGE.attenuation - tissues.MUSCLE.attenuation
    total += tubes_chord(u, v, cartilage, axes) * spotted
    blood = tissues.BLOOD.attenuation - tissues.LUNG.attenuation
    for tree in organs.lung_trees():
        total += tubes_chord(u, v, tree, axes) * blood * 0.9
    return total


@lru_cache(maxsize=1)
def frontal_sum() -> Picture:
    """Loss along rays from back to front, shape (1000, 1024), head up, the left side right."""
    soft, _lateral = _soft_sums()
    u = np.arange(-HALF_WIDTH + PIXEL / 2, HALF_WIDTH, PIXEL)
    v = np.arange(BOTTOM + PIXEL / 2, TOP, PIXEL)
    total = _enlarged(soft, (v.size, u.size)) + _sharp_sums(u, v, (0, 2))
    bone, flesh = _arms()
    beyond = np.clip((np.abs(u) - 150) / 40, 0, 1)[None, :]
    total += tubes_chord(u, v, flesh, (0, 2)) * tissues.MUSCLE.attenuation * beyond
    total += _bone_loss(u, v, bone, (0, 2), 3.2) * 0.75
    return _grained(total)[::-1]


@lru_cache(maxsize=1)
def lateral_sum() -> Picture:
    """Loss along rays from right to left, shape (1000, 640), head up, the front left."""
    _frontal, soft = _soft_sums()
    u = np.arange(FRONT + PIXEL / 2, BACK, PIXEL)
    v = np.arange(BOTTOM + PIXEL / 2, TOP, PIXEL)
    return _grained(_enlarged(soft, (v.size, u.size)) + _sharp_sums(u, v, (1, 2)))[::-1]


def _enlarged(soft: Picture, shape: tuple[int, int]) -> Picture:
    """Bring coarse sums to fine pixels, keeping the places of pixel centres."""
    ratio = _STEP / PIXEL
    rows = (np.arange(shape[0]) + 0.5) / ratio - 0.5
    columns = (np.arange(shape[1]) + 0.5) / ratio - 0.5
    return sample(soft, rows[:, None], columns[None, :])


def _grained(total: Picture) -> Picture:
    """Add the fine grain of lung and bone that the model has no shapes for."""
    grain = smooth_noise(1024, 61, 1.1, 1.1)[: total.shape[0], : total.shape[1]]
    return total * (1 + 0.006 * grain)
