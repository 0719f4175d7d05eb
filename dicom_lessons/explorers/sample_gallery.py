"""A table of samples with small pictures."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

from dicom_lessons import samples
from dicom_lessons.html import Page, render, table
from dicom_lessons.text import _

SIDE = 96
LARGEST = 2**24
_PICTURE = '<img alt="{{ alt }}" width="96" src="data:image/png;base64,{{ data }}">'


def gallery_page(chosen: Sequence[samples.Sample]) -> Page:
    """Return a table of samples: picture, name, what it is, and what it teaches.

    Parameters
    ----------
    chosen : sequence of Sample
        Samples that were not downloaded yet, and those without a picture, stand without one.
    """
    header = [_("Picture"), _("Name"), _("Modality"), _("Transfer syntax"), _("What it teaches")]
    rows = [
        (
            picture(sample),
            sample.name,
            sample.modality or "–",
            UID(sample.transfer_syntax).name if sample.transfer_syntax else "–",
            _(sample.teaches),
        )
        for sample in chosen
    ]
    text = "\n".join(f"{sample.name}: {_(sample.teaches)}" for sample in chosen)
    return Page(table(header, rows, _("Samples")), text)


def picture(sample: samples.Sample) -> str:
    """Return a small picture of the first frame as HTML, or a word why there is none."""
    from PIL import Image

    pixels = sample.rows * sample.columns * sample.frames
    if not pixels:
        return _("no pixels")
    if pixels > LARGEST:
        return _("too large for a small picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.fromarray(_first_frame(sample))
    except FileNotFoundError:
        return _("not downloaded yet")
    except BaseException as error:  # a decoder's panic is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return _("not decoded here")
    image.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    image.save(file, "PNG")
    alt = _("{modality} picture of sample {name}", modality=sample.modality, name=sample.name)
    return render(_PICTURE, alt=alt, data=base64.b64encode(file.getvalue()).decode())


def _first_frame(sample: samples.Sample) -> NDArray[np.uint8]:
    """Return one frame as 8-bit grey (rows, columns) or colour (rows, columns, 3)."""
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
    from pydicom.pixels.utils import pixel_array

    dataset = samples.read(sample.name, force=True)
    array = pixel_array(dataset, index=0)
    if sample.photometric_interpretation == "PALETTE COLOR":
        array = apply_color_lut(array, dataset)
    elif array.ndim == 2:
        array = apply_modality_lut(array, dataset)
        windowed = apply_voi_lut(array, dataset)
        array = windowed if np.ptp(windowed) else array
    low, high = float(array.min()), float(array.max())
    grey: NDArray[np.uint8] = ((array - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    return np.uint8(255) - grey if sample.photometric_interpretation == "MONOCHROME1" else grey
