"""The image viewer: pixels go to the browser once, and are windowed there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons.html import Page
from dicom_lessons.pixels import PixelError, Window, display, grey
from dicom_lessons.pixels.grey import PRESETS, LookupTable
from dicom_lessons.text import _
from dicom_lessons.viewer import page as viewer_page
from dicom_lessons.viewer.frames import One, describe, frame_time, frames_of, window_parts
from dicom_lessons.viewer.labels import labels
from dicom_lessons.viewer.pictures import alt_of
from dicom_lessons.widgets import Widget

LARGEST_PAGE = 2**23
LARGEST_OUTPUT = 2**19
BREATH = 0.001
_STATE = ("center", "width", "function", "table", "frame", "inverted")


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
    PixelError
        If the first picture cannot be shown.
    """
    viewer = Viewer(source)
    if width is not None:
        viewer.width = width
    if center is not None:
        viewer.center = center
    if center is not None or width is not None:
        viewer.table = -1
    return viewer


class Viewer(Widget):
    """The widget of :func:`view_image`.

    Attributes
    ----------
    center, width : float
        The window, in modality units.
    function : str
        VOI LUT Function: ``"LINEAR"``, ``"LINEAR_EXACT"`` or ``"SIGMOID"``.
    table : int
        Which table of the VOI LUT Sequence is used instead of the window; -1 for none.
    frame : int
        Which frame is shown, from 0.
    inverted : bool
        Whether small values are bright.
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
    inverted = traitlets.Bool(False).tag(sync=True)
    measured = traitlets.Dict().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    first = traitlets.Dict().tag(sync=True)

    def __init__(self, source: One | Sequence[One]) -> None:
        self._frames = frames_of(source)
        self._opened: tuple[int, Any, NDArray[Any]] | None = None
        super().__init__()
        # the browser loads the script while the pixels are decoded, which keeps all threads waiting
        time.sleep(BREATH)
        try:
            with self.hold_sync(), self.hold_trait_notifications():
                self._begin(source)
        except Exception:
            self.close()
            raise
        self.on_msg(self._answer)

    def _begin(self, source: One | Sequence[One]) -> None:
        dataset, stored = self._open(0)
        first = describe(dataset, stored, self._frames[0].index, reduced=True)
        in_hounsfield = first.get("units") == "HU"
        self.about = {
            "alt": _alt_of(source),
            "frames": len(self._frames),
            "frame_time": frame_time(dataset),
            "presets": [window_parts(one, _(one.name)) for one in PRESETS if in_hounsfield],
            "labels": labels(),
        }
        self.first = first
        for name, value in _initial(first).items():
            setattr(self, name, value)

    def observe(self, handler: Callable[..., Any], names: Any = traitlets.All, **kind: Any) -> None:
        """Call a function when the state named changes; then also while the mouse drags."""
        super().observe(handler, names, **kind)
        named = [names] if isinstance(names, str) else names
        if named is not traitlets.All and set(named) & set(_STATE):
            self.live = True

    def stored_values(self) -> NDArray[Any]:
        """Return the stored values of the frame that is shown, shape (rows, columns[, 3])."""
        return self._open(self.frame)[1]

    def picture(self) -> NDArray[np.uint8]:
        """Return the frame as it is shown: 8-bit grey (rows, columns) or colour (…, 3)."""
        dataset, stored = self._open(self.frame)
        return self._display(dataset, stored)

    def page(self) -> Page:
        """Return the viewer as HTML that goes on working without a kernel and without a network.

        Raises
        ------
        PixelError
            If there are more than ``LARGEST_PAGE`` bytes of pixels.
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
        frames = f", {len(self._frames)} frames" if len(self._frames) > 1 else ""
        return f"Viewer({rows} × {columns}{frames}, center={self.center:g}, width={self.width:g})"

    @traitlets.validate("center", "width", "function")
    def _check_window(self, proposal: Any) -> Any:
        changed = {proposal["trait"].name: proposal["value"]}
        state = {name: getattr(self, name) for name in ("center", "width", "function")} | changed
        Window(**state)
        return proposal["value"]

    @traitlets.validate("frame")
    def _check_frame(self, proposal: Any) -> int:
        return min(max(int(proposal["value"]), 0), len(self._frames) - 1)

    def _open(self, index: int) -> tuple[Any, NDArray[Any]]:
        if self._opened is None or self._opened[0] != index:
            self._opened = (index, *self._frames[index].open())
        return self._opened[1], self._opened[2]

    def _message(self, index: int) -> dict[str, Any]:
        frame = self._frames[index]
        try:
            if self._opened is not None and self._opened[0] == index:
                dataset, stored = self._open(index)
            else:
                dataset, stored = frame.open()
            return {"frame": index, "info": describe(dataset, stored, frame.index)}
        except (PixelError, OSError, ValueError) as error:
            return {"frame": index, "note": str(error)}

    def _answer(self, widget: Any, content: Any, buffers: Any) -> None:
        """Send the frames that the browser asks for, or why one cannot be shown."""
        wanted = content.get("frames") if isinstance(content, dict) else None
        if not isinstance(wanted, list) or not all(map(self._is_frame, wanted)):
            return
        began = time.perf_counter()
        answer = {"ask": content.get("ask"), "frames": [self._message(index) for index in wanted]}
        places: list[list[str | int]] = []
        binary: list[bytes] = []
        message = _take_bytes(answer, [], places, binary)
        spent = 1000 * (time.perf_counter() - began)
        self.send(message | {"places": places, "spent": spent}, binary)

    def _is_frame(self, index: Any) -> bool:
        return isinstance(index, int) and 0 <= index < len(self._frames)

    def _display(self, dataset: Any, stored: NDArray[Any]) -> NDArray[np.uint8]:
        if stored.ndim == 3:
            return stored
        index = self._frames[self.frame].index
        voi: Window | LookupTable = Window(self.center, self.width, self.function)
        if self.table >= 0:
            voi = grey.voi_tables(dataset)[self.table]
        picture = display.drawn(dataset, voi, index, stored=stored)
        return 255 - picture if self.inverted != grey.is_inverted(dataset) else picture

    def _live(self, most: int, hint: str = "") -> Markup:
        state = {name: getattr(self, name) for name in _STATE} | {"measured": {}, "live": False}
        data = {"state": state, "about": self.about, "frames": self._every_frame(most)}
        return viewer_page.live(self._still(hint), data)

    def _every_frame(self, most: int) -> list[dict[str, Any]]:
        first = self.first
        each = first["rows"] * first["columns"] * _bytes_per_pixel(first["kind"])
        messages, size = [], each * len(self._frames)
        for index in range(len(self._frames)):
            if size <= most:
                whole = index == 0 and first["step"] == 1
                messages.append({"info": first} if whole else self._message(index))
                size += len(messages[-1].get("info", {"pixels": b""})["pixels"]) - each
        if size > most:
            raise PixelError(
                _(
                    "{size} bytes of pixels are too many for a page; the most are {most}.",
                    size=size,
                    most=most,
                )
            )
        return messages

    def _still(self, hint: str = "") -> Markup:
        dataset, stored = self._open(self.frame)
        step = max(1, -(-max(stored.shape[:2]) // (2 * viewer_page.SIDE)))
        picture = self._display(dataset, np.ascontiguousarray(stored[::step, ::step]))
        overlay = display.overlay(dataset, self._frames[self.frame].index)
        if overlay is not None:
            picture = viewer_page.with_overlay(picture, overlay[::step, ::step])
        shape = stored.shape[0] * self.first["aspect"], stored.shape[1]
        caption = self._caption()
        alt = self.about["alt"] or caption
        return viewer_page.still(picture, shape, alt, f"{caption}. {hint}" if hint else caption)

    def _caption(self) -> str:
        size = {"rows": self.first["rows"], "columns": self.first["columns"]}
        caption = _("{rows} × {columns} pixels", **size)
        if self.first["kind"] != "rgb" and self.table < 0:
            window = {"center": f"{self.center:g}", "width": f"{self.width:g}"}
            caption += ", " + _("window center {center}, width {width}", **window)
        if len(self._frames) > 1:
            place = {"frame": self.frame + 1, "frames": len(self._frames)}
            caption += ", " + _("frame {frame} of {frames}", **place)
        return caption


def _alt_of(source: One | Sequence[One]) -> str:
    """Return what stands for the picture where it cannot be seen; empty if it is no sample."""
    if not isinstance(source, str):
        return ""
    try:
        return alt_of(source)
    except LookupError:
        return ""


def _bytes_per_pixel(kind: str) -> int:
    return 3 if kind == "rgb" else np.dtype(kind).itemsize


def _initial(first: dict[str, Any]) -> dict[str, Any]:
    if first["kind"] == "rgb":
        return {}
    window = (first["windows"] or [first["full"]])[0]
    state = {name: window[name] for name in ("center", "width", "function")}
    state |= {"inverted": first["inverted"], "table": 0 if first["tables"] else -1}
    if first["tables"] and not first["windows"]:
        table = first["tables"][0]
        count = len(table["entries"]) // 8
        state |= {"center": table["first"] + count / 2, "width": float(count)}
    return state


def _take_bytes(
    value: Any, path: list[str | int], places: list[list[str | int]], binary: list[bytes]
) -> Any:
    """Return a message without its binary parts, which go beside it."""
    if isinstance(value, bytes):
        places.append(path)
        binary.append(value)
        return None
    if isinstance(value, dict):
        return {key: _take_bytes(one, [*path, key], places, binary) for key, one in value.items()}
    if isinstance(value, list):
        return [_take_bytes(one, [*path, i], places, binary) for i, one in enumerate(value)]
    return value
