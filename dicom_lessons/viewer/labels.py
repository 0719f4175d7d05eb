"""What the viewer's buttons, fields and values are called."""

from __future__ import annotations

from typing import Any

from dicom_lessons.text import _


def labels() -> dict[str, Any]:
    """Return every text of the viewer in the language that is set; the browser fills fields."""
    return {
        "title": _("Image viewer"),
        "picture": _("Picture: drag it, or use the keys"),
        "tools": [
            ["window", _("Window")],
            ["move", _("Move")],
            ["cursor", _("Cursor")],
            ["distance", _("Distance")],
            ["region", _("Region")],
            ["scroll", _("Scroll")],
        ],
        "tool": _("What dragging and the arrow keys do"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "reset": _("Reset"),
        "preset": _("Preset:"),
        "own": _("own window"),
        "as_file": _("as the file says"),
        "center": _("Center:"),
        "width": _("Width:"),
        "function": _("Function:"),
        "inverted": _("inverted"),
        "overlay": _("overlay"),
        "histogram": _("Histogram with the window: drag it or its edges"),
        "play": _("Play"),
        "stop": _("Stop"),
        "frame": _("Frame:"),
        "place": _("Column, row"),
        "stored": _("Stored value"),
        "modality": _("Modality value"),
        "displayed": _("Displayed"),
        "position": _("Position"),
        "padding": _("padding"),
        "measured": _("Measured"),
        "distance": _("{mm} mm"),
        "distance_detector": _("{mm} mm at the detector"),
        "distance_pixels": _("{pixels} pixels; the size of a pixel is unknown"),
        "region": _("mean {mean}, standard deviation {deviation}, from {low} to {high}"),
        "region_size": _("{count} pixels"),
        "region_area": _("{count} pixels, {area} mm²"),
        "help": [
            ["grey", _("Drag: up and down the center, left and right the width.")],
            ["film", _("Wheel, Page Up and Page Down: frames; Space plays them.")],
            ["", _("Ctrl and wheel, + and −: zoom. Double click or Home: reset.")],
            ["", _("Keys: {letters} choose the tool, arrows stand for dragging.")],
            ["", _("Enter sets a point, I inverts.")],
            ["grey", _("1 to 9: presets, 0: as the file says.")],
            ["touch", _("Two fingers zoom; one drags once a tool is chosen, else it scrolls.")],
        ],
    }
