"""Text in pixels: covered, so that nobody reads it again (PS3.15 §E.3.1)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from types import EllipsisType

from pydicom import Dataset

from dicom_lessons.deidentify.study import code_of
from dicom_lessons.elements import value
from dicom_lessons.text import _, short

CLEAN_PIXEL_DATA = "113101"
Region = tuple[int, int, int, int]


def hide(dataset: Dataset, regions: Iterable[Region]) -> Dataset:
    """Return a copy of an image whose regions are covered in every frame.

    Nothing finds text in a picture for certain: a person looks at every frame. Pixels are covered,
    never blurred: what is blurred can be guessed. A compressed image is decompressed first.

    Parameters
    ----------
    dataset : Dataset
        An image; it is not changed.
    regions : iterable of (top, left, bottom, right)
        Rows and columns from 0; bottom and right are the first ones outside.

    Returns
    -------
    Dataset
        Burned In Annotation (0028,0301) says NO, and if it was de-identified, code 113101 stands
        among its methods.

    Raises
    ------
    ValueError
        If there are no pixels, they cannot be read or written, or a region is not in the picture.
    """
    covered = copy.deepcopy(dataset)
    if "PixelData" not in covered:
        raise ValueError(_("There are no pixels to cover."))
    regions = list(regions)
    for region in regions:
        _check(region, *(int(value(covered, side) or 0) for side in ("Rows", "Columns")))
    try:
        if covered.file_meta.TransferSyntaxUID.is_compressed:
            covered.decompress(generate_instance_uid=False)
        array = covered.pixel_array.copy()
        for region in regions:
            array[part_of(covered, region)] = array.min()
        covered.set_pixel_data(
            array,
            covered.PhotometricInterpretation,
            int(covered.BitsStored),
            generate_instance_uid=False,
        )
    except Exception as error:  # whatever pydicom raises on pixels that it cannot take
        why = short(error, 120)
        raise ValueError(_("These pixels cannot be covered: {why}", why=why)) from error
    covered.BurnedInAnnotation = "NO"
    methods = covered.get("DeidentificationMethodCodeSequence")
    if methods and all(item.get("CodeValue") != CLEAN_PIXEL_DATA for item in methods):
        methods.append(code_of(CLEAN_PIXEL_DATA))
    return covered


def part_of(dataset: Dataset, region: Sequence[int]) -> tuple[EllipsisType | slice, ...]:
    """Return the index of a region in all frames: samples of colour are the last axis."""
    top, left, bottom, right = region
    inside = (..., slice(top, bottom), slice(left, right))
    return (*inside, slice(None)) if int(dataset.get("SamplesPerPixel", 1)) > 1 else inside


def _check(region: Region, rows: int, columns: int) -> None:
    top, left, bottom, right = region
    if not (0 <= top < bottom <= rows and 0 <= left < right <= columns):
        told = {"region": (top, left, bottom, right), "rows": rows, "columns": columns}
        raise ValueError(
            _("The region {region} is not within {rows} rows and {columns} columns.", **told)
        )
