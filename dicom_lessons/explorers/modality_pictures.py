"""Pictures of the modality gallery: frames as 8-bit grey levels or colours, and as HTML."""

from __future__ import annotations

import base64
import io
import warnings
from typing import cast

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.html import render
from dicom_lessons.modality.terms import shown
from dicom_lessons.text import _

LARGEST = 2**25
_PICTURE = (
    '<img alt="{{ alt }}" width="{{ width }}" style="image-rendering:pixelated;max-width:100%" '
    'src="data:image/png;base64,{{ data }}">'
)


def eight_bit(dataset: Dataset) -> NDArray[np.uint8]:
    """Return all frames as 8-bit grey (frames, rows, columns) or colour (…, 3), for display.

    Stored values are rescaled, windowed by the first window of the file if it has one, spread from
    the darkest to the lightest of all frames, and turned round for MONOCHROME1.

    Raises
    ------
    ValueError
        If there are no pixels, too many, or none that can be decoded here.
    """
    if "PixelData" not in dataset:
        raise ValueError(_("This object holds no pixels."))
    try:
        size = _decoded_size(dataset)
        if size > LARGEST:
            raise ValueError(_("too many pixels for the gallery"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = _for_display(dataset)
    except BaseException as error:  # a decoder's panic is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        reason = shown(str(error))
        raise ValueError(_("The pixels cannot be shown: {reason}.", reason=reason)) from error
    return array if array.shape[0] > 1 or _frames(dataset) == 1 else array[:1]


def _decoded_size(dataset: Dataset) -> int:
    sides = (dataset.Rows, dataset.Columns, dataset.get("SamplesPerPixel", 1), _frames(dataset))
    return int(np.prod([int(side) for side in sides], dtype=object))


def _frames(dataset: Dataset) -> int:
    return int(dataset.get("NumberOfFrames") or 1)


def _for_display(dataset: Dataset) -> NDArray[np.uint8]:
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
    from pydicom.pixels.utils import pixel_array

    array = pixel_array(dataset)
    if _frames(dataset) == 1:
        array = array[np.newaxis]
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        array = apply_color_lut(array, dataset)
    elif dataset.get("SamplesPerPixel", 1) == 1:
        rescaled = apply_modality_lut(array, dataset)
        windowed = apply_voi_lut(rescaled, dataset)
        array = windowed if np.ptp(windowed) else rescaled
    elif array.dtype == np.uint8:
        return cast("NDArray[np.uint8]", array)
    low, high = float(array.min()), float(array.max())
    spread = (array - low) * (255 / max(high - low, 1e-9))
    grey: NDArray[np.uint8] = spread.round().astype(np.uint8)
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def frame_time(dataset: Dataset) -> int:
    """Return how long a frame is shown, in milliseconds: Frame Time (0018,1063), else 100."""
    try:
        milliseconds = float(dataset.get("FrameTime") or 100)
    except (TypeError, ValueError):
        milliseconds = 100.0
    return int(min(max(milliseconds, 40), 2000)) if np.isfinite(milliseconds) else 100


def picture_of(pixels: NDArray[np.uint8], alt: str, side: int) -> Markup:
    """Return one picture as HTML, at most ``side`` pixels wide and high.

    Parameters
    ----------
    pixels : ndarray of uint8
        Shape (rows, columns) or (rows, columns, 3).
    alt : str
        Said where the picture cannot be seen.
    side : int
        Width or height on the page in pixels; a smaller picture is enlarged, its pixels visible.
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    width = round(image.width * side / max(image.size))
    image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    return render(_PICTURE, alt=alt, width=max(width, 1), data=data)
