"""The image viewer: pixels go to the browser once, and are windowed there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import traitlets
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons.html import Page
from dicom_lessons.packing import take_bytes
from dicom_lessons.pixels import PixelError, Window, display, grey
from dicom_lessons.pixels.grey import PRESETS
from dicom_lessons.pixels.modality_lut import LookupTable
from dicom_lessons.text import _
from dicom_lessons.viewer import page as viewer_page
from dicom_lessons.viewer.frames import Frames, One, Opened, describe, frame_time, window_parts
from dicom_lessons.viewer.labels import labels
from dicom_lessons.viewer.pictures import alt_of, picture_of
from dicom_lessons.widgets import Widget

LARGEST_PAGE = 2**23
LARGEST_OUTPUT = 2**19
SIDE = 512  # of the static picture on the page, in pixels
_WINDOW = ("center", "width", "function", "table")
_STATE = (*_WINDOW, "frame", "flipped", "as_file")
_REFUSALS = (OSError, ValueError, LookupError)


def view_image(
    source: One | Sequence[One], center: float | None = None, width: float | None = None
) -> Viewer:
    """Open an image in the viewer.

    Parameters
    ----------
    source : str, path, Dataset, ndarray, or a sequence of them
        Name of a sample, path of a file, a data set, or stored values of shape (rows, columns),
        (frames, rows, columns), or (rows, columns, 3) for 8-bit colour. A sequence is a series,
        shown in the order given; its files are read as they are needed.
    center, width : float, optional
        The window, in modality units; otherwise as the file says.

    Returns
    -------
    Viewer
        A widget; without a kernel the notebook shows its picture instead.

    Raises
    ------
    LookupError, OSError, ReadingError
        If there is neither a file nor a sample of this name, or it cannot be read.
    PixelError
        If the first picture cannot be shown.
    """
    viewer = Viewer(source)
    for name, value in {"width": width, "center": center}.items():
        if value is not None:
            viewer.table = -1
            setattr(viewer, name, value)
    return viewer


class Viewer(Widget):
    """The widget of :func:`view_image`.

    Attributes
    ----------
    as_file : bool
        Whether each frame is shown in the window that the file gives it; no longer once a window
        is set, by hand or from Python, until this is set again.
    center, width : float
        The window, in modality units.
    function : str
        VOI LUT Function: ``"LINEAR"``, ``"LINEAR_EXACT"`` or ``"SIGMOID"``.
    table : int
        Which table of the VOI LUT Sequence is used instead of the window; -1 for none.
    frame : int
        Which frame is shown, from 0.
    flipped : bool
        Whether small values are bright where the file makes them dark, and the other way round.
    measured : dict
        What was last measured with the mouse or the keyboard: a distance or a region.
    """

    _esm = viewer_page.SCRIPT
    _css = viewer_page.STYLE
    center = traitlets.Float().tag(sync=True)
    width = traitlets.Float(1.0).tag(sync=True)
    function = traitlets.Enum(grey.FUNCTIONS, "LINEAR").tag(sync=True)
    table = traitlets.Int(-1).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    flipped = traitlets.Bool(False).tag(sync=True)
    as_file = traitlets.Bool(True).tag(sync=True)
    measured = traitlets.Dict().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    first = traitlets.Dict().tag(sync=True)

    def __init__(self, source: One | Sequence[One]) -> None:
        self._frames = Frames(source)
        self._opened: tuple[int, Opened] | None = None
        self._led = False  # whether the state follows the file or the browser, nobody's will
        super().__init__()
        # the browser loads the script while the pixels are decoded, which keeps all threads waiting
        time.sleep(0.001)
        try:
            with self._leading(), self.hold_sync(), self.hold_trait_notifications():
                self._begin(source)
        except Exception:
            self.close()
            raise
        self.on_msg(self._answer)

    def _begin(self, source: One | Sequence[One]) -> None:
        self.first = describe(*self._open(0), reduced=True)
        wanted = self.first.get("units") == "HU" or self._frames.is_series
        alt = ""
        with suppress(LookupError):
            alt = alt_of(source) if isinstance(source, str) else ""
        self.about = {
            "alt": alt,
            "frames": self._frames.count,
            "frame_time": frame_time(self._open(0).dataset),
            "presets": [window_parts(one, _(one.name)) for one in PRESETS if wanted],
            "labels": labels(),
        }
        self._take(self.first["look"])

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the browser knows, which has put the window right for its frame."""
        with self._leading():
            super().set_state(sync_data)

    def notify_change(self, change: Any) -> None:
        """Tell whoever observes; what they set is their own will."""
        self._led = self._led and change["name"] not in _STATE
        super().notify_change(change)

    def observe(self, handler: Callable[..., Any], names: Any = traitlets.All, **kind: Any) -> None:
        """Call a function when the state named changes; then also while the mouse drags."""
        super().observe(handler, names, **kind)
        named = [names] if isinstance(names, str) else names
        if named is not traitlets.All and set(named) & set(_STATE):
            self.live = True

    def stored_values(self) -> NDArray[Any]:
        """Return the stored values of the frame that is shown, shape (rows, columns[, 3])."""
        return self._open(self.frame).stored

    @property
    def inverted(self) -> bool:
        """Whether small values are bright."""
        return self.flipped != grey.is_inverted(self._frames.dataset(self.frame))

    @inverted.setter
    def inverted(self, value: bool) -> None:
        self.flipped ^= bool(value) != self.inverted

    def picture(self) -> NDArray[np.uint8]:
        """Return the frame as it is shown: 8-bit grey (rows, columns) or colour (…, 3)."""
        return self._display(self._open(self.frame))

    def page(self) -> Page:
        """Return the viewer as HTML that goes on working without a kernel and without a network.

        Raises
        ------
        PixelError
            If its frames take more than ``LARGEST_PAGE`` bytes.
        """
        return Page(self._live(LARGEST_PAGE), repr(self))

    def twin(self) -> Markup:
        """Return the viewer as a live page if it is small, otherwise its picture."""
        hint = _("Run the cell, and the picture becomes a viewer.")
        try:
            return self._live(LARGEST_OUTPUT, hint)
        except PixelError:
            return self._still(hint)

    def __repr__(self) -> str:
        rows, columns = self.first["rows"], self.first["columns"]
        frames = f", {self._frames.count} frames" if self._frames.count > 1 else ""
        return f"Viewer({rows} × {columns}{frames}, center={self.center:g}, width={self.width:g})"

    @traitlets.validate(*_WINDOW)
    def _check_window(self, proposal: Any) -> Any:
        changed = {proposal["trait"].name: proposal["value"]}
        state = {name: getattr(self, name) for name in ("center", "width", "function")} | changed
        Window(state["center"], state["width"], state["function"])
        if not self._led:
            self.as_file = False
        return proposal["value"]

    @traitlets.validate("frame")
    def _check_frame(self, proposal: Any) -> int:
        index = min(max(int(proposal["value"]), 0), self._frames.count - 1)
        if self.as_file:
            self._follow(index)
        return index

    @traitlets.validate("as_file")
    def _check_as_file(self, proposal: Any) -> Any:
        if proposal["value"]:
            self._follow(self.frame)
        return proposal["value"]

    @contextmanager
    def _leading(self) -> Iterator[None]:
        before, self._led = self._led, True
        try:
            yield
        finally:
            self._led = before

    def _follow(self, index: int) -> None:
        """Take the window that the file gives a frame; the last one stays if there is no picture.

        The browser does the same for its frames, so nothing is opened for what comes from there.
        """
        if self._led:
            return
        with suppress(*_REFUSALS), self._leading(), self.hold_trait_notifications():
            self._take(self._describe(index)["look"])

    def _take(self, look: dict[str, Any]) -> None:
        for name, value in look.items():
            setattr(self, name, value)

    def _open(self, index: int) -> Opened:
        if self._opened is None or self._opened[0] != index:
            self._opened = index, self._frames.open(index)
        return self._opened[1]

    def _describe(self, index: int) -> dict[str, Any]:
        """Return what the browser needs to show a frame, perhaps only every so many pixels."""
        return self.first if index == 0 else describe(*self._open(index), reduced=True)

    def _message(self, index: int) -> dict[str, Any]:
        is_open = self._opened is not None and self._opened[0] == index
        try:
            opened = self._open(index) if is_open else self._frames.open(index)
            return {"frame": index, "info": describe(*opened)}
        except _REFUSALS as error:
            return {"frame": index, "note": str(error)}

    def _answer(self, widget: Any, content: Any, buffers: Any) -> None:
        """Send the frames that the browser asks for, or why one cannot be shown."""
        wanted = content.get("frames") if isinstance(content, dict) else None
        known = range(self._frames.count)
        if not isinstance(wanted, list) or not all(type(i) is int and i in known for i in wanted):
            return
        began = time.perf_counter()
        answer = {"ask": content.get("ask"), "frames": [self._message(index) for index in wanted]}
        message, places, binary = take_bytes(answer)
        spent = 1000 * (time.perf_counter() - began)
        self.send(message | {"places": places, "spent": spent}, binary)

    def _display(self, opened: Opened) -> NDArray[np.uint8]:
        picture = opened.stored
        if picture.ndim == 2:
            voi: Window | LookupTable = Window(self.center, self.width, self.function)
            tables = grey.voi_tables(opened.dataset, opened.frame)
            if 0 <= self.table < len(tables):
                voi = tables[self.table]
            picture = display.drawn(opened.dataset, voi, opened.frame, stored=opened.stored)
        return 255 - picture if self.flipped else picture

    def _live(self, most: int, hint: str = "") -> Markup:
        state = {name: getattr(self, name) for name in _STATE} | {"measured": {}, "live": False}
        frames = viewer_page.every_frame(self.first, self._frames.count, self._message, most)
        data = {"state": state, "about": self.about, "frames": frames}
        return viewer_page.live(self._still(hint), data)

    def _still(self, hint: str = "") -> Markup:
        """Return the frame as a picture with what there is to say, or why there is no picture."""
        try:
            opened, info = self._open(self.frame), self._describe(self.frame)
            step = max(1, -(-max(opened.stored.shape[:2]) // (2 * SIDE)))
            few = np.ascontiguousarray(opened.stored[::step, ::step])
            picture = self._display(opened._replace(stored=few))
            overlay = display.overlay(opened.dataset, opened.frame)
        except _REFUSALS as error:
            return viewer_page.still(Markup(), str(error), hint)
        if overlay is not None:
            picture = viewer_page.with_overlay(picture, overlay[::step, ::step])
        caption = self._caption(info)
        told = [f"{caption}. {hint}" if hint else caption, *info["note"].splitlines()]
        aspect = info["aspect"] * (info["rows"] / info["columns"]) / (len(few) / few.shape[1])
        alt = self.about["alt"] or caption
        return viewer_page.still(picture_of(picture, alt, SIDE, aspect), *told)

    def _caption(self, info: dict[str, Any]) -> str:
        caption = _("{rows} × {columns} pixels", rows=info["rows"], columns=info["columns"])
        if info["kind"] != "rgb" and self.table < 0:
            window = {"center": f"{self.center:g}", "width": f"{self.width:g}"}
            caption += ", " + _("window center {center}, width {width}", **window)
        if self._frames.count > 1:
            place = {"frame": self.frame + 1, "frames": self._frames.count}
            caption += ", " + _("frame {frame} of {frames}", **place)
        return caption
