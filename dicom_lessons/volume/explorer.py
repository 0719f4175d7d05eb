"""The slice-order lab, and three planes through one volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import traitlets
from ipywidgets import HTML, Dropdown, HBox, Layout
from markupsafe import Markup
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, MultiFrameGrayscaleWordSecondaryCaptureImageStorage

from dicom_lessons import html
from dicom_lessons.pixels import (
    PixelError,
    Window,
    apply_window,
    modality_values,
    stored_values,
    windows,
)
from dicom_lessons.pixels.grey import full_window
from dicom_lessons.text import N_, _
from dicom_lessons.viewer import Viewer, view_image
from dicom_lessons.viewer.page import still
from dicom_lessons.viewer.pictures import picture_of
from dicom_lessons.volume.faults import faults_of
from dicom_lessons.volume.planes import PLANES
from dicom_lessons.volume.series import Slice, Source, slices_of
from dicom_lessons.volume.stack import Volume, stacked
from dicom_lessons.widgets import Box

KEYS: dict[str, tuple[str, Callable[[Slice], Any]]] = {
    "list": (N_("as the list came"), lambda one: one.given),
    "name": (N_("file name"), lambda one: one.name),
    "number": (N_("Instance Number"), lambda one: _number(one, "InstanceNumber")),
    "location": (N_("Slice Location"), lambda one: _number(one, "SliceLocation")),
    "z": (N_("z of Image Position (Patient)"), lambda one: float(one.position[2])),
    "normal": (N_("projection on the normal"), lambda one: one.place),
}
_SIDE = 400
_PLANES = {
    "axial": N_("axial plane, seen from the feet"),
    "coronal": N_("coronal plane, seen from the front"),
    "sagittal": N_("sagittal plane, seen from the left"),
}


def explore_slice_order(sources: Source | Iterable[Source]) -> SliceOrderLab:
    """Open a series in the slice-order lab.

    Raises
    ------
    PixelError, ReadingError, LookupError, OSError
        As for :func:`dicom_lessons.volume.sort_slices`.
    """
    return SliceOrderLab(slices_of(sources))


class SliceOrderLab(Box):
    """A sort key is chosen; beside it stand a plane through the stack and its faults."""

    def __init__(self, slices: Sequence[Slice]) -> None:
        self._slices = slices
        self._window = _window_of(slices[0])
        self.key = Dropdown(
            options=[(_(title), name) for name, (title, _key) in KEYS.items()],
            description=_("Sort by:"),
            style={"description_width": "initial"},
            layout=Layout(width="max-content", max_width="100%"),
        )
        self.picture, self.told = HTML(), HTML()
        self.told.add_class("jp-RenderedHTMLCommon")
        self.key.observe(self._show, "value")
        self._show({})
        super().__init__([self.key, self.picture, self.told])

    def sorted(self) -> list[Slice]:
        """Return the slices in the order that is shown."""
        return sorted(self._slices, key=KEYS[self.key.value][1])

    def _show(self, _change: dict[str, Any]) -> None:
        self.picture.value, self.told.value = self._picture(), self._told()

    def _picture(self) -> Markup:
        order = self.sorted()
        if any(fault.kind == "mixed" for fault in faults_of(order)):
            return still(Markup(), _("These slices make no stack, in whatever order."))
        array = stacked(order)
        side = array[::-1, array.shape[1] // 2]
        spacing = _row_spacing(order)
        levels = np.rint(apply_window(side, self._window)).astype(np.uint8)
        alt = _("a plane across the stack, slices from bottom to top")
        picture = picture_of(levels, alt, _SIDE, spacing[0] / spacing[1])
        return still(picture, _(KEYS[self.key.value][0]))

    def _told(self) -> Markup:
        faults = faults_of(self.sorted())
        told = [str(fault) for fault in faults] or [_("The slices make one even stack.")]
        lines = [line[:1].upper() + line[1:] for line in told]
        return html.render("{% for line in lines %}<p>{{ line }}</p>{% endfor %}", lines=lines)

    def twin(self) -> html.Page:
        """Return the plane and the faults as they are shown."""
        return html.Page(self._picture() + self._told(), _(KEYS[self.key.value][0]))


def explore_planes(volume: Volume, center: float, width: float) -> PlanesViewer:
    """Open a volume in three viewers, one plane each, with one window.

    Parameters
    ----------
    volume : Volume
    center, width : float
        The window, in the volume's unit.

    Raises
    ------
    PixelError
        If the volume is oblique to the patient: no plane of its own is axial then.
    """
    return PlanesViewer(volume, center, width)


class PlanesViewer(Box):
    """Axial, coronal and sagittal planes of one volume; the window is the same in all three.

    Attributes
    ----------
    viewers : tuple of Viewer
        In the order axial, coronal, sagittal.
    """

    def __init__(self, volume: Volume, center: float, width: float) -> None:
        upright = to_upright(volume)
        self.viewers: tuple[Viewer, ...] = tuple(
            view_image(plane_images(upright, name), center, width) for name in PLANES
        )
        for viewer, name in zip(self.viewers, PLANES, strict=True):
            viewer.about = {**viewer.about, "alt": _(_PLANES[name])}
            viewer.frame = upright.array.shape[PLANES.index(name)] // 2
            # a viewer takes the width it is given, and a row gives it none by itself
            viewer.layout = Layout(flex="1 1 340px", min_width="min(100%, 340px)")
        self._links = [
            traitlets.link((self.viewers[0], trait), (other, trait))
            for other in self.viewers[1:]
            for trait in ("center", "width", "function", "flipped")
        ]
        layout = Layout(flex_flow="row wrap", grid_gap="8px 24px")
        super().__init__([HBox(list(self.viewers), layout=layout)])

    def twin(self) -> html.Page:
        """Return the three planes as they are shown."""
        shown = Markup("").join(Markup(viewer._still()) for viewer in self.viewers)
        return html.Page(shown, " ".join(map(repr, self.viewers)))


def to_upright(volume: Volume) -> Volume:
    """Return the same voxels as (from foot to head, from front to back, from right to left).

    Raises
    ------
    PixelError
        If an axis of the array does not run along an axis of the patient.
    """
    directions = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    along = np.abs(directions).argmax(axis=0)
    if len(set(along)) < 3 or (np.abs(directions).max(axis=0) < 0.999).any():
        raise PixelError(_("The volume lies oblique to the patient: cut planes with cut()."))
    order = [int(np.flatnonzero(along == axis)[0]) for axis in (2, 1, 0)]
    array = volume.array.transpose(order)
    affine = volume.affine[:, [*order, 3]].copy()
    for place, axis in enumerate((2, 1, 0)):
        if affine[axis, place] < 0:
            array = np.flip(array, place)
            affine[:3, 3] += affine[:3, place] * (array.shape[place] - 1)
            affine[:3, place] *= -1
    names = ()  # a slice is no plane of the new array, or in another order
    return Volume(array, affine, volume.unit, volume.frame_of_reference, names)


def plane_images(upright: Volume, name: str) -> Dataset:
    """Return all planes of one direction as one multi-frame image in memory.

    Coronal and sagittal planes show the head above, as a radiologist expects it.
    """
    between, rows, columns = upright.spacing
    array = upright.array
    if name == "axial":
        planes, spacing, turned = array, (rows, columns), [1, 0, 0, 0, 1, 0]
    elif name == "coronal":
        planes = array.transpose(1, 0, 2)[:, ::-1]
        spacing, turned = (between, columns), [1, 0, 0, 0, 0, -1]
    else:
        planes = array.transpose(2, 0, 1)[:, ::-1]
        spacing, turned = (between, rows), [0, 1, 0, 0, 0, -1]
    return _image(planes, spacing, turned)


def coronal_series(volume: Volume) -> list[Dataset]:
    """Return the coronal planes of a volume as slices of their own, from front to back.

    Each data set holds its position, orientation and spacing, and stored values.

    Raises
    ------
    PixelError
        If the volume lies oblique to the patient.
    """
    upright = to_upright(volume)
    every = plane_images(upright, "coronal")
    values = stored_values(every, None)
    top = upright.array.shape[0] - 1
    series = []
    for row, plane in enumerate(values):
        one = Dataset()
        one.update(every)
        one.file_meta = every.file_meta
        del one.NumberOfFrames, one.PixelData  # the elements that are left are shared
        one.InstanceNumber = row + 1
        one.FrameOfReferenceUID = volume.frame_of_reference
        corner = upright.to_millimetres([top, row, 0])
        one.ImagePositionPatient = [f"{mm:.10g}" for mm in corner]
        one.PixelData = np.ascontiguousarray(plane).tobytes()
        one["PixelData"].VR = "OW"
        series.append(one)
    return series


def _image(planes: NDArray[Any], spacing: tuple[float, float], turned: list[int]) -> Dataset:
    low, high = float(planes.min()), float(planes.max())
    whole = np.issubdtype(planes.dtype, np.integer) or bool((planes == np.rint(planes)).all())
    slope = 1.0 if whole and high - low < 2**16 else max((high - low) / 65_000, 1e-9)
    stored = np.rint((planes - low) / slope).astype("<u2")
    image = Dataset()
    image.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    image.NumberOfFrames, image.Rows, image.Columns = planes.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
    image.PixelRepresentation = 0
    image.RescaleSlope, image.RescaleIntercept = f"{slope:.10g}", f"{low:.10g}"
    image.PixelSpacing = [f"{mm:.10g}" for mm in spacing]
    image.ImageOrientationPatient = turned
    image.PixelData = np.ascontiguousarray(stored).tobytes()
    image["PixelData"].VR = "OW"
    image.ensure_file_meta()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def _window_of(one: Slice) -> Window:
    found = windows(one.dataset, one.frame)
    values = modality_values(stored_values(one.dataset, one.frame), one.dataset, one.frame)
    return found[0] if found else full_window(values)


def _number(one: Slice, keyword: str) -> float:
    try:
        return float(one.dataset.get(keyword) or 0)
    except (TypeError, ValueError):
        return 0.0


def _row_spacing(order: Sequence[Slice]) -> tuple[float, float]:
    from dicom_lessons.volume.geometry import spacing
    from dicom_lessons.volume.series import step_of

    step = step_of(sorted(order, key=lambda one: one.place)) or 1.0
    return step, spacing(order[0].dataset, order[0].frame)[1]
