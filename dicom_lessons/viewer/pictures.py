"""Small pictures as HTML, for the tables of samples and of modalities."""

from __future__ import annotations

import base64
import io

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dicom_lessons import samples
from dicom_lessons.html import render
from dicom_lessons.text import _

_PICTURE = (
    '<img alt="{{ alt }}" width="{{ width }}" style="image-rendering:pixelated;max-width:100%" '
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
