"""Pictures of the modality gallery: frames as 8-bit grey levels or colours, and as HTML."""

from __future__ import annotations

import base64
import io

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_lessons.html import render
from dicom_lessons.pixels import PixelError, frames_of, to_display
from dicom_lessons.text import _

_PICTURE = (
    '<img alt="{{ alt }}" width="{{ width }}" style="image-rendering:pixelated;max-width:100%" '
    'src="data:image/png;base64,{{ data }}">'
)


def eight_bit(dataset: Dataset) -> NDArray[np.uint8]:
    """Return all frames as 8-bit grey (frames, rows, columns) or colour (…, 3), for display.

    Raises
    ------
    ValueError
        If there are no pixels, too many, or none that can be decoded here.
    """
    try:
        return np.stack([to_display(dataset, frame=frame) for frame in range(frames_of(dataset))])
    except PixelError as error:
        reason = str(error).rstrip(".")
        raise ValueError(_("The pixels cannot be shown: {reason}.", reason=reason)) from error


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
