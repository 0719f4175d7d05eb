"""One body: which tissue fills how much of every pixel of a plane through chest and belly."""

# numpy's stubs give up (Any) where single and double precision meet.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_tools.patient import organs, skeleton, tissues
from course_tools.patient.shapes import (
    Array,
    Box,
    Grid,
    around,
    axes_along,
    ellipsoid,
    polar_distance,
    soft,
)
from course_tools.patient.tissues import Tissue
from course_tools.patient.trunk import (
    CHAMBERS,
    HEART_AXIS,
    body_outline,
    diaphragm_height,
    heart_distance,
    lung_distance,
    muscle_outline,
    wall_outline,
)
from course_tools.patient.vessels import Cones, tubes_distance


@dataclass(frozen=True, eq=False)
class Layer:
    """A tissue painted over what lies below: the part of the plane, and how much of each pixel."""

    tissue: Tissue
    box: Box
    share: Array


class _Painter:
    """Collects layers of one plane, the later over the earlier."""

    def __init__(self, grid: Grid, z: float) -> None:
        self.grid, self.z = grid, z
        self.width = max(grid.pixel, 1.2)
        self.layers: list[Layer] = []
        self.everywhere: Box = (slice(0, grid.shape[0]), slice(0, grid.shape[1]))

    def fill(self, tissue: Tissue, distance: Array | None, box: Box | None = None) -> None:
        """Paint where the distance is positive."""
        if distance is None or not distance.size or float(distance.max()) < -self.width:
            return
        self.layers.append(Layer(tissue, box or self.everywhere, soft(distance, self.width)))

    def shell(self, outer: Tissue, inner: Tissue, distance: Array | None, thickness: float,
              box: Box | None = None) -> None:  # fmt: skip
        """Paint a wall of one tissue filled with another."""
        if distance is None:
            return
        self.fill(outer, distance, box)
        self.fill(inner, distance - np.float32(thickness), box)

    def tubes(self, tissue: Tissue, cones: Cones, wall: Tissue | None = None,
              thickness: float = 0.0) -> None:  # fmt: skip
        """Paint tubes, with a wall around them if one is given."""
        distance = tubes_distance(self.grid, self.z, cones, 3 + thickness)
        if distance is None:
            return
        if wall is not None:
            self.fill(wall, distance + np.float32(thickness))
        self.fill(tissue, distance)

    def places(self, box: Box) -> tuple[Array, Array]:
        """Return the x and y of a part of the plane."""
        return self.grid.x[box[1]], self.grid.y[box[0]]


def paint(grid: Grid, z: float, *, fine: bool = True, upright: bool = False) -> list[Layer]:
    """Paint the plane at height ``z`` (mm), from the skin inwards.

    Parameters
    ----------
    grid : Grid
        The plane's columns and rows.
    z : float
        Height along the body in mm, towards the head.
    fine : bool
        Whether to paint ribs, bone processes and lung vessels; ray sums draw them apart, sharper.
    upright : bool
        Whether the person stands (gas under the diaphragm) or lies on the back (gas at the front).

    Returns
    -------
    list of Layer
        To be blended in their order.
    """
    painter = _Painter(grid, z)
    _walls(painter)
    if z > -70:
        _heart(painter)
    _belly(painter, upright)
    _great_tubes(painter)
    _bones(painter, fine)
    if fine:
        _lung_details(painter)
    box, lesion = organs.lesion_distance(grid, z)
    painter.fill(tissues.LESION, lesion, box)
    return painter.layers


def blended(
    layers: list[Layer],
    shape: tuple[int, int],
    value: Callable[[Layer], float | Array],
    empty: float,
) -> NDArray[np.floating[Any]]:
    """Blend one physical value of all layers into a picture."""
    picture = np.full(shape, empty, np.float32)
    for layer in layers:
        part = picture[layer.box]
        part += layer.share * (np.asarray(value(layer), np.float32) - part)
    return picture


def _walls(painter: _Painter) -> None:
    grid, z = painter.grid, painter.z
    near = round(z * 16) / 16
    body = polar_distance(grid, body_outline(near))
    painter.shell(tissues.SKIN, tissues.FAT, body, 1.8)
    muscle = polar_distance(grid, muscle_outline(near))
    wall = polar_distance(grid, wall_outline(near))
    flesh = np.minimum(muscle, body - np.float32(5))
    painter.fill(tissues.MUSCLE, flesh)
    # Two thin sheets of fat part the muscles of the chest.
    thickness = np.maximum(muscle - wall, 1)
    for share in (0.38, 0.68):
        middle = np.abs(muscle - thickness * np.float32(share))
        sheet = np.minimum(np.float32(0.8) - middle, -wall - np.float32(8))
        painter.fill(tissues.FAT, np.minimum(sheet, np.minimum(thickness - 19, 36 - thickness)))
    _armpits(painter, body)
    painter.fill(tissues.FAT, np.minimum(wall, flesh))
    if z > -118:
        lung = lung_distance(grid, z)
        painter.fill(tissues.LUNG, lung)


def _armpits(painter: _Painter, skin: Array) -> None:
    # Fat of the armpits and between the muscles of the shoulders.
    for side in (-1, 1):
        for centre, radii, way in (
            ((126, -18, 138), (26, 42, 36), (1.0, 0.35, 0.2)),
            ((128, 34, 150), (8, 44, 40), (0.55, 1.0, 0.0)),
            ((104, -52, 152), (5, 52, 30), (1.0, 0.55, 0.3)),
            ((60, -46, 178), (40, 12, 22), (1.0, 0.1, 0.0)),
            ((62, 62, 176), (40, 5, 26), (1.0, 0.25, 0.0)),
        ):
            box = around(painter.grid, (side * centre[0], centre[1]), 62)
            axes = axes_along((side * way[0], way[1], way[2]))
            place = (side * centre[0], centre[1], centre[2])
            pocket = ellipsoid(*painter.places(box), painter.z, place, radii, axes)
            painter.fill(tissues.FAT, np.minimum(pocket, skin[box] - np.float32(7)), box)


def _heart(painter: _Painter) -> None:
    box = around(painter.grid, (15, -20), (100, 85))
    x, y = painter.places(box)
    z = painter.z
    painter.fill(tissues.MYOCARDIUM, heart_distance(x, y, z), box)
    for centre, radii, thickness, along in CHAMBERS.values():
        outer = ellipsoid(x, y, z, centre, radii, HEART_AXIS if along else None)
        if thickness == 4.0:
            left, left_radii, _wall, _along = CHAMBERS["left ventricle"]
            outer = np.minimum(outer, -ellipsoid(x, y, z, left, left_radii, HEART_AXIS) + 2)
        painter.fill(tissues.BLOOD, outer - np.float32(thickness), box)
    for place in ((62, -50, 22), (44, -2, 16)):
        muscle = ellipsoid(x, y, z, place, (18, 3.5, 3.5), HEART_AXIS)
        painter.fill(tissues.MYOCARDIUM, muscle, box)


def _belly(painter: _Painter, upright: bool) -> None:
    grid, z = painter.grid, painter.z
    if z > 20:
        return
    box, liver = organs.liver_distance(grid, z)
    painter.fill(tissues.LIVER, liver, box)
    veins = tubes_distance(grid, z, organs.liver_vessels())
    if veins is not None:
        painter.fill(tissues.LIVER_VEIN, veins)
    box = around(grid, (-50, -50), 60)
    bladder = organs.gallbladder_distance(*painter.places(box), z)
    painter.shell(tissues.BOWEL_WALL, tissues.BILE, bladder, 1.6, box)
    box, spleen = organs.spleen_distance(grid, z)
    painter.fill(tissues.SPLEEN, spleen, box)
    for side in (-1, 1):
        _kidney(painter, side)
    parts = organs.small_parts()
    for side in (-1, 1):
        if z < -75:
            _psoas(painter, side)
    painter.tubes(tissues.MUSCLE, parts["legs of the diaphragm"])
    painter.tubes(tissues.PANCREAS, parts["pancreas"])
    painter.tubes(tissues.PANCREAS, parts["adrenal glands"])
    painter.tubes(tissues.BLOOD, parts["kidney vessels"])
    painter.tubes(tissues.LIVER_VEIN, parts["spleen vein"])
    _gut(painter, upright)


def _psoas(painter: _Painter, side: int) -> None:
    size = float(np.clip((-75 - painter.z) / 75, 0, 1))
    box = around(painter.grid, (side * 32, 62), 40)
    x, y = painter.places(box)
    turn = axes_along((0.5 * side, 1.0, 0.0))
    centre = (side * (24 + 6 * size), 62 - 2 * size, 0)
    muscle = ellipsoid(x, y, 0, centre, (7 + 12 * size, 4 + 9 * size, 1e3), turn)
    painter.fill(tissues.MUSCLE, muscle, box)


def _kidney(painter: _Painter, side: int) -> None:
    (cx, cy, cz), axes = organs.kidney_frame(side)
    box = around(painter.grid, (cx, cy), 50)
    x, y = painter.places(box)
    z = painter.z
    whole = organs.kidney_distance(x, y, z, side)
    painter.fill(tissues.KIDNEY_CORTEX, whole, box)
    # Pyramids: the medulla in wedges, with columns of cortex between them.
    around_hilum = np.arctan2(
        (y[:, None] - cy + 6).astype(float), (x[None, :] - (cx - 8 * side)).astype(float)
    )
    wedges = (np.cos(around_hilum * 6 + (z - cz) * 0.17) * 3.0).astype(np.float32)
    medulla = np.minimum(whole - np.float32(6.5), wedges + np.float32(1.2))
    painter.fill(tissues.KIDNEY_MEDULLA, medulla, box)
    sinus = ellipsoid(x, y, z, (cx - 8 * side, cy - 4, cz), (33, 14, 10.5), axes)
    painter.fill(tissues.FAT, sinus, box)
    pelvis = ellipsoid(x, y, z, (cx - 11 * side, cy - 5, cz - 2), (15, 11, 5), axes)
    painter.fill(tissues.URINE, pelvis, box)


def _gut(painter: _Painter, upright: bool) -> None:
    grid, z = painter.grid, painter.z
    box = around(grid, (40, -25), (90, 80))
    x, y = painter.places(box)
    stomach = organs.stomach_distance(x, y, z)
    dome = (diaphragm_height(x[None, :], y[:, None]) - np.float32(z + 4)) * np.float32(0.6)
    wall = polar_distance(grid, wall_outline(round(z * 16) / 16))[box] - np.float32(4)
    stomach = np.minimum(np.minimum(stomach, dome), wall)
    painter.shell(tissues.BOWEL_WALL, tissues.WATER, stomach, 4.0, box)
    level = np.full((y.size, 1), z + 36, np.float32) if upright else -48 - y[:, None]
    painter.fill(tissues.GAS, np.minimum(stomach - np.float32(4), level), box)
    parts = organs.small_parts()
    painter.tubes(tissues.WATER, parts["small bowel"], tissues.BOWEL_WALL, 2.0)
    colon = tubes_distance(grid, z, parts["colon"], 5)
    if colon is not None:
        painter.shell(tissues.BOWEL_WALL, tissues.STOOL, colon, 2.0)
        front = -30 - grid.y[:, None] + np.float32(0.2) * np.abs(grid.x[None, :] - 20)
        if upright:
            front = (front + 40) * np.float32(0.03)
        painter.fill(tissues.GAS, np.minimum(colon - np.float32(2.2), front))


def _great_tubes(painter: _Painter) -> None:
    vessels = organs.great_vessels()
    if painter.z > -50:
        painter.tubes(tissues.MUSCLE, organs.small_parts()["gullet"])
    painter.tubes(tissues.BLOOD, vessels["lung veins"])
    painter.tubes(tissues.BLOOD, vessels["caval veins"])
    painter.tubes(tissues.BLOOD, vessels["lung arteries"])
    painter.tubes(tissues.AORTA, vessels["arch branches"], tissues.MUSCLE, 0.8)
    painter.tubes(tissues.AORTA, vessels["aorta"], tissues.MUSCLE, 1.2)
    painter.tubes(tissues.GAS, organs.airways(), tissues.CARTILAGE, 1.4)


def _bones(painter: _Painter, fine: bool) -> None:
    grid, z = painter.grid, painter.z
    box, body, disc = skeleton.vertebra_distances(grid, z)
    painter.fill(tissues.DISC, disc, box)
    painter.shell(tissues.CORTICAL_BONE, tissues.MARROW, body, 1.3, box)
    if fine:
        for cones in skeleton.vertebral_processes():
            _bone_tube(painter, cones, 1.4)
    box, canal = skeleton.canal_distance(grid)
    painter.fill(tissues.SPINAL_FLUID, canal, box)
    painter.fill(tissues.CORD, canal - np.float32(3.6), box)
    box, sternum = skeleton.sternum_distance(grid, z)
    painter.shell(tissues.CORTICAL_BONE, tissues.MARROW, sternum, 1.3, box)
    for side in (-1, 1):
        blade = skeleton.blade_distance(grid, z, side)
        if blade is not None:
            painter.shell(tissues.CORTICAL_BONE, tissues.MARROW, blade[1], 1.1, blade[0])
    if not fine:
        return
    bones, cartilage = skeleton.ribs()
    painter.tubes(tissues.CARTILAGE, cartilage)
    for cones in bones:
        _bone_tube(painter, cones, 1.3)
    for cones in skeleton.shoulder_bones():
        _bone_tube(painter, cones, 1.5)


def _bone_tube(painter: _Painter, cones: Cones, cortex: float) -> None:
    low, high = min(cones[:, 2].min(), cones[:, 5].min()), max(cones[:, 2].max(), cones[:, 5].max())
    if low - 10 < painter.z < high + 10:
        distance = tubes_distance(painter.grid, painter.z, cones)
        painter.shell(tissues.CORTICAL_BONE, tissues.MARROW, distance, cortex)


def _lung_details(painter: _Painter) -> None:
    grid, z = painter.grid, painter.z
    distance = tubes_distance(grid, z, organs.lung_vessels(), 1.5)
    if distance is not None:
        wall = polar_distance(grid, wall_outline(round(z * 16) / 16)) - np.float32(2)
        floor = np.float32(z) - diaphragm_height(grid.x[None, :], grid.y[:, None])
        painter.fill(tissues.BLOOD, np.minimum(distance, np.minimum(wall, floor)))
