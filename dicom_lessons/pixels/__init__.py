"""From stored numbers to a picture, in the steps of the standard (PS3.3 C.11, PS3.4 N.2).

Stored values → modality values → values of interest → presentation → 8-bit grey levels. Each step
is a function of its own; :func:`to_display` goes all the way, fast. What a file lacks or
contradicts is read in the standard's best sense, and noted: see :func:`findings`. What the viewer
and later lessons need beyond these ten names, they take from ``stored``, ``grey`` and ``display``.
"""

from dicom_lessons.pixels.display import findings, to_display
from dicom_lessons.pixels.grey import Window, apply_window, windows
from dicom_lessons.pixels.modality_lut import modality_values, padding
from dicom_lessons.pixels.notes import PictureWarning, PixelError
from dicom_lessons.pixels.stored import stored_values

__all__ = [
    "PictureWarning",
    "PixelError",
    "Window",
    "apply_window",
    "findings",
    "modality_values",
    "padding",
    "stored_values",
    "to_display",
    "windows",
]
