"""A table of samples with small pictures."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.uid import UID

from dicom_lessons import samples
from dicom_lessons.explorers.modality_pictures import picture_of
from dicom_lessons.html import Page, table
from dicom_lessons.pixels import PixelError, to_display
from dicom_lessons.text import _

SIDE = 96


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
    if not sample.frames:
        return _("no pixels")
    try:
        frame = to_display(samples.read(sample.name, force=True))
    except FileNotFoundError:
        return _("not downloaded yet")
    except PixelError:
        return _("not decoded here")
    alt = _("{modality} picture of sample {name}", modality=sample.modality, name=sample.name)
    return picture_of(frame, alt, SIDE)
