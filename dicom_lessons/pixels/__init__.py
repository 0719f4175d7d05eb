"""From stored numbers to a picture, in the steps of the standard (PS3.3 C.11, PS3.4 N.2).

Stored values → modality values → values of interest → presentation → 8-bit grey levels. Each step
is a function of its own; :func:`to_display` goes all the way, fast.
"""

from dicom_lessons.pixels.display import colours, default_voi, overlay, to_display
from dicom_lessons.pixels.grey import (
    FUNCTIONS,
    PRESETS,
    LookupTable,
    Window,
    apply_window,
    full_window,
    grey_levels,
    is_inverted,
    modality_table,
    modality_values,
    padding,
    rescale,
    units,
    voi_tables,
    windows,
)
from dicom_lessons.pixels.stored import (
    DECODERS,
    ELEMENTS,
    LARGEST,
    PixelError,
    attribute,
    frames_of,
    is_colour,
    one_line,
    stored_values,
)

__all__ = [
    "DECODERS",
    "ELEMENTS",
    "FUNCTIONS",
    "LARGEST",
    "PRESETS",
    "LookupTable",
    "PixelError",
    "Window",
    "apply_window",
    "attribute",
    "colours",
    "default_voi",
    "frames_of",
    "full_window",
    "grey_levels",
    "is_colour",
    "is_inverted",
    "modality_table",
    "modality_values",
    "one_line",
    "overlay",
    "padding",
    "rescale",
    "stored_values",
    "to_display",
    "units",
    "voi_tables",
    "windows",
]
