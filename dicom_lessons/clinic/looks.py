"""What the picture itself says of its header: size, order of colours, black for white."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons.clinic.faults import Diagnosis, diagnose
from dicom_lessons.elements import value
from dicom_lessons.pixels import codestream
from dicom_lessons.text import _, short

ROUGHER = 1.7
"""How many times rougher a picture is that is read in the wrong order."""
SMALLEST = 48
"""Rows and columns below which a picture tells nothing of itself."""
ALIKE = 0.85
"""Part of the difference of rows by which true neighbours differ at most."""
_ITEM = b"\xfe\xff\x00\xe0"
_PROJECTIONS = ("CR", "DX", "MG", "IO", "PX", "RG")
_SURROUNDED = ("CT", "MR", "PT", "US", "NM")


def judge_looks(dataset: Dataset, stored: NDArray[Any] | None) -> Iterator[Diagnosis]:
    """Yield where the picture contradicts its header; ``stored`` is its first frame, if any."""
    raw, syntax = value(dataset, "PixelData"), syntax_of(dataset)
    rows, columns = value(dataset, "Rows"), value(dataset, "Columns")
    are_known = all(isinstance(each, int) and each > 0 for each in (rows, columns))
    if isinstance(raw, bytes) and are_known and syntax.is_transfer_syntax:
        if syntax.is_encapsulated and raw[:4] == _ITEM:
            yield from _size(raw, rows, columns)
        elif not syntax.is_encapsulated and min(rows, columns) >= 8:
            yield from _orders(dataset, raw, rows, columns)
    if stored is not None:
        yield from _folded(stored)
    yield from _negative(dataset, stored)


def _size(raw: bytes, rows: int, columns: int) -> Iterator[Diagnosis]:
    """Compare Rows and Columns with what the first compressed frame says of itself."""
    start = 16 + int.from_bytes(raw[4:8], "little")
    found = codestream.parse(raw[start : start + 2**16])
    if found is None or (found.rows, found.columns) == (rows, columns):
        return
    if 0 < found.rows < 2**16 and 0 < found.columns < 2**16:
        what = _("the compressed frame says {rows} × {columns}, Rows and Columns say {told}",
                 rows=found.rows, columns=found.columns, told=f"{rows} × {columns}")  # fmt: skip
        cure = _("set Rows and Columns to what the frame says; decoders believe the frame")
        yield diagnose("wrong_rows", what, cure=cure, section="PS3.5 §8.2")


def _orders(dataset: Dataset, raw: bytes, rows: int, columns: int) -> Iterator[Diagnosis]:
    """See whether the first frame, read in another order, makes a smoother picture."""
    samples, bits = value(dataset, "SamplesPerPixel"), value(dataset, "BitsAllocated")
    told, size = value(dataset, "PlanarConfiguration"), rows * columns
    if samples not in (1, 3) or bits not in (8, 16) or len(raw) < samples * size * bits // 8:
        return
    order = "<" if syntax_of(dataset).is_little_endian else ">"
    frame = np.frombuffer(raw, f"{order}u{bits // 8}", samples * size).astype(np.int32)
    if samples == 3 and told in (0, 1):
        ways = frame.reshape(rows, columns, 3).transpose(2, 0, 1), frame.reshape(3, rows, columns)
        rough = [sum(map(_roughness, way)) for way in ways]
        if _is_rougher(rough[told], rough[1 - told]):
            what = _(
                "it says {told}, but read as {other} the picture is {times} times smoother",
                told=told, other=1 - told, times=_times(rough[told], rough[1 - told]),
            )  # fmt: skip
            yield diagnose("planar_configuration", what, other=1 - told)
    elif samples == 1 and rows != columns and min(rows, columns) >= SMALLEST:
        rough = [_roughness(frame.reshape(shape)) for shape in ((rows, columns), (columns, rows))]
        if _is_rougher(*rough):
            yield _smoother(columns, rows, *rough)


def _folded(stored: NDArray[Any]) -> Iterator[Diagnosis]:
    """See whether two rows lie in one, or one in two, by which parts are alike as neighbours are.

    In a wide picture that is so, the halves of a row were neighbours, and so were the second half
    of a row and the first half of the next. Tiles and stripes that are alike satisfy one of these.
    """
    rows, columns = stored.shape[:2]
    half = columns // 2
    if columns >= 2 * rows and columns % 2 == 0 and rows >= SMALLEST // 2:
        left, right = (part.astype(float) for part in (stored[:, :half], stored[:, half:]))
        near = max(_apart(left, right), _apart(right[:-1], left[1:]))
        far, size = _apart(left[:-1], left[1:]), (rows * 2, half)
    elif rows >= 2 * columns and rows % 2 == 0 and columns >= SMALLEST // 2:
        even, odd = (stored[start::2].astype(float) for start in (0, 1))
        near = max(_apart(even[:-1], even[1:]), _apart(odd[:-1], odd[1:]))
        far, size = _apart(even, odd), (rows // 2, columns * 2)
    else:
        return
    if near < ALIKE * far:
        yield _smoother(*size, far, near)


def _smoother(rows: int, columns: int, rough: float, smooth: float) -> Diagnosis:
    what = _("read as {other} the picture is {times} times smoother",
             other=f"{rows} × {columns}", times=_times(rough, smooth))  # fmt: skip
    return diagnose("wrong_rows", what)


def _times(rough: float, smooth: float) -> str:
    return f"{rough / max(smooth, 0.01):.1f}"


def _is_rougher(one: float, other: float) -> bool:
    return one > ROUGHER * other and one > 1


def _apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.abs(one - other).mean())


def _roughness(plane: NDArray[np.int32]) -> float:
    """Return how much neighbours differ, across and down."""
    return _apart(plane[:, 1:], plane[:, :-1]) + _apart(plane[1:], plane[:-1])


def _negative(dataset: Dataset, stored: NDArray[Any] | None) -> Iterator[Diagnosis]:
    """See whether MONOCHROME2 contradicts the other elements, or the picture itself."""
    if value(dataset, "PhotometricInterpretation") != "MONOCHROME2":
        return
    sign = value(dataset, "PixelIntensityRelationshipSign")
    what = ""
    if value(dataset, "PresentationLUTShape") == "INVERSE":
        what = _("Presentation LUT Shape INVERSE goes with MONOCHROME1 only")
    elif sign == 1 and value(dataset, "Modality") in _PROJECTIONS:
        what = _("Pixel Intensity Relationship Sign 1 says that bone has low values, so it would "
                 "be shown black")  # fmt: skip
    elif stored is not None and border_is_bright(dataset, stored):
        what = _("the surroundings of the patient are bright, and the patient is dark")
    if what:
        yield diagnose("monochrome1_as_2", what)


def border_is_bright(dataset: Dataset, stored: NDArray[Any]) -> bool:
    """Say whether a picture, as MONOCHROME2, is brighter at its border than inside."""
    rows, columns = (value(dataset, keyword) for keyword in ("Rows", "Columns"))
    known = value(dataset, "Modality") in (*_PROJECTIONS, *_SURROUNDED)
    large = all(isinstance(each, int) and each >= SMALLEST for each in (rows, columns))
    if not known or not large or stored.ndim != 2:
        return False
    values = stored[:: max(rows // 64, 1), :: max(columns // 64, 1)]
    levels, wide = np.sort(values, None).astype(float), max(len(values) // 32, 1)
    low, high = levels[len(levels) * 2 // 100], levels[len(levels) * 98 // 100]
    edges = (values[:wide], values[-wide:], values[:, :wide], values[:, -wide:])
    border = np.median(np.concatenate([edge.reshape(-1) for edge in edges]))
    tall, broad = (size // 4 for size in values.shape)
    middle = np.median(values[tall:-tall, broad:-broad])
    is_bright = border - low > 0.85 * (high - low)
    return bool(high > low and is_bright and border - middle > 0.25 * (high - low))


def syntax_of(dataset: Dataset) -> UID:
    """Return the transfer syntax that a data set names, shortened if it is endless."""
    file_meta = getattr(dataset, "file_meta", None) or Dataset()
    return UID(short(value(file_meta, "TransferSyntaxUID", "")))
