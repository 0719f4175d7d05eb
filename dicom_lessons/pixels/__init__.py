"""From stored numbers to a picture, in the steps of the standard (PS3.3 C.11, PS3.4 N.2).

Stored values → modality values → values of interest → presentation → 8-bit grey levels. Each step
is a function of its own; :func:`to_display` goes all the way, fast. What the viewer and later
lessons need beyond these ten names, they take from ``stored``, ``grey`` and ``display``.
"""

from dicom_lessons.pixels.display import overlay, to_display
from dicom_lessons.pixels.grey import Window, apply_window, modality_values, padding, windows
from dicom_lessons.pixels.stored import PixelError, frames_of, stored_values

__all__ = [
    "PixelError",
    "Window",
    "apply_window",
    "frames_of",
    "modality_values",
    "overlay",
    "padding",
    "stored_values",
    "to_display",
    "windows",
]
