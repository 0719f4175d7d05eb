"""Pictures as HTML: for the tables of samples and of modalities, and for a viewer's static twin."""

from __future__ import annotations

import base64
import io

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons import samples
from dicom_lessons.html import render
from dicom_lessons.packing import LEVEL
from dicom_lessons.text import _

_PICTURE = (
    '<img alt="{{ alt }}" width="{{ width }}" height="{{ height }}" style="max-width:100%;'
    'height:auto;aspect-ratio:{{ width }}/{{ height }};image-rendering:pixelated" '
    'src="data:image/png;base64,{{ data }}">'
)


def alt_of(name: str) -> str:
    """Return what stands for the picture of a sample where it cannot be seen.

    Raises
    ------
    LookupError
        If there is no such sample.
    """
    sample = samples.get(name)
    return _("{modality} picture: {teaches}", modality=sample.modality, teaches=_(sample.teaches))


def picture_of(pixels: NDArray[np.uint8], alt: str, side: int, aspect: float = 1.0) -> Markup:
    """Return one picture as HTML.

    Parameters
    ----------
    pixels : ndarray of uint8
        Shape (rows, columns) or (rows, columns, 3).
    alt : str
        Said where the picture cannot be seen.
    side : int
        Width or height on the page in pixels; a smaller picture is enlarged, its pixels visible.
    aspect : float
        Height of a pixel over its width.
    """
    from PIL.Image import Resampling, fromarray

    image = fromarray(pixels)
    shape = image.width, image.height * aspect
    width, height = (max(1, round(length * side / max(shape))) for length in shape)
    if image.width > width or image.height > height:
        image = image.resize((width, height), Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=LEVEL)
    data = base64.b64encode(file.getvalue()).decode()
    return render(_PICTURE, alt=alt, width=width, height=height, data=data)
