"""What keeps slices from being one even stack: every fault named with its slices."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dicom_lessons.findings import Finding
from dicom_lessons.pixels import PixelError
from dicom_lessons.text import N_, _, ngettext, short
from dicom_lessons.volume.geometry import Floats, is_parallel, normal, orientation, spacing
from dicom_lessons.volume.series import Slice, Source, slices_of, step_of

UNEVEN = 0.01
"""Part of a slice distance by which one may differ: 1 %, as highdicom allows."""

_NAMED = 6


@dataclass(frozen=True, kw_only=True)
class SeriesFault(Finding):
    """Why some slices make no even stack.

    Attributes
    ----------
    kind : str
        ``"missing"``, ``"duplicate"``, ``"uneven"``, ``"tilted"``, ``"mixed"``, ``"order"``,
        ``"reversed"``, ``"rescale"``, ``"single"`` or ``"geometry"``.
    slices : tuple of str
        Names of the slices concerned.
    """

    kind: str
    slices: tuple[str, ...] = ()


def check_series(sources: Source | Iterable[Source]) -> list[SeriesFault]:
    """Return what keeps slices from being one even stack, each fault with its slices.

    Nothing is mended: a stack with a gap is no stack, and only a person knows why the gap is
    there.

    Raises
    ------
    PixelError
        As for :func:`slices_of`.
    """
    return faults_of(slices_of(sources))


def faults_of(found: Sequence[Slice]) -> list[SeriesFault]:
    """Return the faults of slices as they were given."""
    mixed = _mixed(found)
    if mixed:
        return mixed
    if len(found) == 1:
        what = _("there is only one slice: a plane, no volume")
        return [SeriesFault(what=what, kind="single", slices=(found[0].name,))]
    stack = sorted(found, key=lambda one: (one.place, one.given))
    faults = [*_duplicates(stack), *_gaps(stack), *_tilt(stack)]
    return [*faults, *_order(found), *_rescales(stack)]


def _mixed(found: Sequence[Slice]) -> list[SeriesFault]:
    """Return what differs between slices that has to be the same in a stack."""
    questions: dict[str, Callable[[Slice], object]] = {
        N_("size"): lambda one: (one.dataset.get("Rows"), one.dataset.get("Columns")),
        N_("orientation"): _turned,
        N_("pixel spacing"): lambda one: tuple(
            round(mm, 4) for mm in spacing(one.dataset, one.frame)
        ),
        N_("frame of reference"): lambda one: one.dataset.get("FrameOfReferenceUID"),
        N_("series"): lambda one: one.dataset.get("SeriesInstanceUID"),
        N_("photometric interpretation"): lambda one: one.dataset.get("PhotometricInterpretation"),
    }
    faults = []
    for name, ask in questions.items():
        answers = [_answer(ask, one) for one in found]
        (usual, count), *others = Counter(answers).most_common()
        if others:
            odd = [one.name for one, said in zip(found, answers, strict=True) if said != usual]
            what = ngettext(
                "{count} slice has another {name} than the other {rest}: {slices}",
                "{count} slices have another {name} than the other {rest}: {slices}",
                len(odd),
                name=_(name),
                rest=count,
                slices=_listed(odd),
            )
            cure = _("Make a volume of those that belong together.")
            faults.append(
                SeriesFault(
                    what=what, cure=cure, kind="mixed", slices=tuple(odd), section="PS3.3 §C.7.6.2"
                )
            )
    return faults


def _answer(ask: Callable[[Slice], object], one: Slice) -> object:
    try:
        return ask(one)
    except PixelError as error:
        return str(error)


def _turned(one: Slice) -> object:
    row, column = orientation(one.dataset, one.frame)
    return tuple(np.round([*row, *column], 3) + 0.0)


def _duplicates(stack: Sequence[Slice]) -> list[SeriesFault]:
    step = step_of(stack)
    same = [
        (one, other)
        for one, other in itertools.pairwise(stack)
        if other.place - one.place <= max(UNEVEN * step, 1e-4)
    ]
    if not same:
        return []
    pairs = [f"{one.name} = {other.name}" for one, other in same]
    names = tuple(dict.fromkeys(each.name for pair in same for each in pair))
    what = ngettext(
        "{count} slice lies where another one lies: {slices}",
        "{count} slices lie where others lie: {slices}",
        len(same),
        slices=_listed(pairs),
    )
    cure = _("Look whether they are two acquisitions, two echoes or one file twice.")
    return [SeriesFault(what=what, cure=cure, kind="duplicate", slices=names)]


def _gaps(stack: Sequence[Slice]) -> list[SeriesFault]:
    """Return missing slices (a distance of several steps) and uneven ones (anything else)."""
    step = step_of(stack)
    faults = []
    uneven: list[tuple[Slice, Slice]] = []
    for one, other in itertools.pairwise(stack):
        distance = other.place - one.place
        steps = round(distance / step) if step else 0
        if distance <= max(UNEVEN * step, 1e-4) or abs(distance - step) <= UNEVEN * step:
            continue
        if steps >= 2 and abs(distance - steps * step) <= UNEVEN * step * steps:
            what = ngettext(
                "{count} slice is missing between {one} and {other}: {distance} mm instead of "
                "{step}",
                "{count} slices are missing between {one} and {other}: {distance} mm instead of "
                "{step}",
                steps - 1,
                one=one.name,
                other=other.name,
                distance=f"{distance:g}",
                step=f"{step:g}",
            )
            cure = _("Ask for them; a volume made without them is squeezed there.")
            names: tuple[str, ...] = (one.name, other.name)
            faults.append(SeriesFault(what=what, cure=cure, kind="missing", slices=names))
        else:
            uneven.append((one, other))
    if uneven:
        pairs = [
            f"{one.name} → {other.name} {other.place - one.place:.4g} mm" for one, other in uneven
        ]
        what = _(
            "the distances differ; most are {step} mm, but: {slices}",
            step=f"{step:g}",
            slices=_listed(pairs),
        )
        names = tuple(dict.fromkeys(each.name for pair in uneven for each in pair))
        cure = _("One spacing cannot say where these slices are: resample, or keep them apart.")
        faults.append(SeriesFault(what=what, cure=cure, kind="uneven", slices=names))
    return faults


def _tilt(stack: Sequence[Slice]) -> list[SeriesFault]:
    """Return whether the slices are pushed sideways against each other, as by a tilted gantry."""
    way = stack[-1].position - stack[0].position
    length = float(np.linalg.norm(way))
    along = normal(stack[0].dataset, stack[0].frame)
    if length < 1e-4 or is_parallel(way / length, along):
        return _sideways(stack, along)
    angle = float(np.degrees(np.arccos(np.clip(way @ along / length, -1, 1))))
    if angle < 0.1:
        return []
    what = _(
        "the stack leans by {angle}° against the normal of its slices, from {first} to {last}",
        angle=f"{angle:.1f}",
        first=stack[0].name,
        last=stack[-1].name,
    )
    cure = _("Use the affine with the lean in it, or resample: the voxels are no boxes.")
    names = tuple(one.name for one in stack)
    return [
        SeriesFault(what=what, cure=cure, kind="tilted", slices=names, section="PS3.3 §C.8.2.1")
    ]


def _sideways(stack: Sequence[Slice], along: Floats) -> list[SeriesFault]:
    first = stack[0].position
    off = [
        one
        for one in stack
        if np.linalg.norm((one.position - first) - along * ((one.position - first) @ along)) > 0.05
    ]
    if not off:
        return []
    names = tuple(one.name for one in off)
    what = _("slices are shifted sideways against the first: {slices}", slices=_listed(names))
    return [SeriesFault(what=what, kind="tilted", slices=names, section="PS3.3 §C.7.6.2.1.1")]


def _order(found: Sequence[Slice]) -> list[SeriesFault]:
    places = np.array([one.place for one in found])
    steps = np.diff(places)
    if (steps >= 0).all():
        return []
    cure = _("Sort them along the normal; sort_slices does.")
    if (steps <= 0).all():
        what = _("the list runs against the normal, from {first}", first=found[0].name)
        names = tuple(one.name for one in found)
        return [SeriesFault(what=what, cure=cure, kind="reversed", slices=names)]
    wrong = [two.name for two, step in zip(found[1:], steps, strict=True) if step < 0]
    what = _("the list is not in the order of the slices; it jumps back at: {slices}",
             slices=_listed(wrong))  # fmt: skip
    return [SeriesFault(what=what, cure=cure, kind="order", slices=tuple(wrong))]


def _rescales(stack: Sequence[Slice]) -> list[SeriesFault]:
    from dicom_lessons.pixels.modality_lut import rescale

    try:
        said = [rescale(one.dataset, one.frame) for one in stack]
    except PixelError:
        return []
    if len(set(said)) < 2:
        return []
    slopes = sorted({slope for slope, _intercept in said})
    what = _(
        "Rescale Slope differs from slice to slice, from {low} to {high}: stored values of two "
        "slices cannot be compared",
        low=f"{slopes[0]:g}",
        high=f"{slopes[-1]:g}",
    )
    cure = _("Turn each slice into modality values before stacking; the volume does.")
    names = tuple(one.name for one in stack)
    return [
        SeriesFault(what=what, cure=cure, kind="rescale", slices=names, section="PS3.3 §C.11.1")
    ]


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(short(name, 60) for name in names[:_NAMED])
    rest = len(names) - _NAMED
    return text if rest <= 0 else _("{names} and {rest} more", names=text, rest=rest)
