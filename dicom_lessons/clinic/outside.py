"""What the judges of earlier lessons say of a data set, sorted by the faults of the clinic."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    PositronEmissionTomographyImageStorage,
    RLELossless,
)

from dicom_lessons import modality, read_write, sop
from dicom_lessons.clinic.faults import Diagnosis
from dicom_lessons.elements import element, value
from dicom_lessons.findings import Finding
from dicom_lessons.pixels import PixelError, codestream, stored_values
from dicom_lessons.pixels.header import headers_kept
from dicom_lessons.pixels.notes import noted
from dicom_lessons.text import _, ngettext, short

MOST_NAMED = 4
LONGEST_DECIMAL = 16
"""Characters of a decimal string (PS3.5 §6.2)."""
ROUGHER = 1.7
"""How many times rougher a picture is that is read in the wrong planar configuration."""
SMALLEST = 48
"""Rows and columns below which a picture tells nothing of itself."""
MOST_PADDING = 2
"""Rows of zeros behind the pixels that are taken for padding."""
_PROJECTIONS = ("CR", "DX", "MG", "IO", "PX", "RG")
_SURROUNDED = ("CT", "MR", "PT", "US", "NM")


def judge(dataset: Dataset) -> Iterator[Diagnosis]:
    """Yield what all judges find in a data set, each as a diagnosis."""
    lacking = list(_lacks(dataset))
    without_rescale = any(one.fault == "rescale_lost" for one in lacking)
    with headers_kept():
        stored, notes = _decoded(dataset)
        judged = read_write.validate(dataset, stored=stored)
    told = {finding.where for finding in judged}
    for finding in (*judged, *(note for note in notes if note.where not in told)):
        if not (without_rescale and finding.where.startswith("Rescale")):
            yield _named(dataset, finding)
    yield from lacking
    agreed = modality.agreement(dataset)
    if agreed.agrees is False and value(dataset, "Modality"):
        yield Diagnosis(
            fault="modality_against_class", where="Modality", what=agreed.sentence.rstrip("."),
            cure=_("find out what made the object: a picture of a scanner or a result; then set "
                   "the other of the two"), section="PS3.3 §C.7.3.1.1.1",
        )  # fmt: skip
    with noted():  # these judges look again at what is noted already
        yield from _rows(dataset)
        yield from _planar(dataset)
        yield from _negative(dataset, stored)


def _decoded(dataset: Dataset) -> tuple[NDArray[Any] | None, list[Finding]]:
    """Decode the first frame once for all judges; return what the decoder notices, too."""
    with noted() as notes:
        try:
            return stored_values(dataset), list(notes)
        except PixelError:  # the judge of pixels says why
            return None, []


def _as(fault: str, finding: Finding) -> Diagnosis:
    return Diagnosis(
        fault=fault, what=finding.what, where=finding.where, cure=finding.cure,
        section=finding.section, tag=finding.tag,
    )  # fmt: skip


def _named(dataset: Dataset, finding: Finding) -> Diagnosis:
    """Return a finding of lesson 06 or 07 under the name of its fault."""
    where, section = finding.where, finding.section
    if where == "file_meta.TransferSyntaxUID":
        return _as("no_transfer_syntax", finding)
    if where.startswith("file_meta.MediaStorage"):
        return _as("uids_at_odds", finding)
    if where == "file_meta.FileMetaInformationGroupLength":
        return _as("group_length", finding)
    if where in ("SOPClassUID", "SOPInstanceUID") and section == "PS3.3 C.12.1":
        return _as("missing", finding)
    if section == "PS3.6 chapter 6":
        return _as("wrong_vr", finding)
    if section == "PS3.3 C.12.1.1.2":
        return _as("character_set", finding)
    if section == "PS3.5 §7.8.1" or section == "PS3.3 C.9.2":
        return _as("detail", finding)
    if where == "PixelData" and section == "PS3.5 §8.1.1":
        return _length(dataset, finding)
    if where == "NumberOfFrames" and section in ("PS3.5 §8.1.1", "PS3.5 §A.4"):
        return _as("pixel_length", finding)
    if section == "PS3.5 §6.2":
        found = _long(dataset, where)
        return _as("long_decimal" if found else "value", finding)
    if section == "PS3.5 §7.1":
        return _as("value", finding)
    return _as("picture", finding)


def _long(dataset: Dataset, where: str) -> bool:
    """Say whether the element at a place is a decimal string that is too long, and no more."""
    place: Dataset | None = dataset
    *above, keyword = where.split(".")
    for step in above:
        name, _bracket, number = step.partition("[")
        items = value(place, name) if place is not None else None
        try:
            place = items[int(number.rstrip("]"))] if items else None
        except (ValueError, IndexError, TypeError, KeyError):
            return False
    found = element(place, keyword) if place is not None else None
    if found is None or found.VR != "DS":
        return False
    values = found.value if found.VM > 1 else [found.value]
    texts = [getattr(each, "original_string", str(each)) for each in values]
    return any(len(text.strip()) > LONGEST_DECIMAL for text in texts)


def _length(dataset: Dataset, finding: Finding) -> Diagnosis:
    """Say whether Rows or padding explain a wrong length of native pixels."""
    raw = value(dataset, "PixelData")
    samples, allocated, rows, columns = (
        value(dataset, keyword, absent)
        for keyword, absent in (
            ("SamplesPerPixel", 1), ("BitsAllocated", 16), ("Rows", 0), ("Columns", 0)
        )
    )  # fmt: skip
    if not isinstance(raw, bytes) or not all(
        isinstance(each, int) and each > 0 for each in (samples, allocated, rows, columns)
    ):
        return _as("pixel_length", finding)
    wanted = rows * columns * samples * allocated // 8
    row = columns * samples * allocated // 8
    if wanted < len(raw) <= wanted + MOST_PADDING * row and not raw[wanted:].strip(b"\0"):
        return _as("pixel_length", finding)
    more = ""
    if row and len(raw) % row in (0, 1) and "NumberOfFrames" not in dataset:
        more = _("; the pixels would make {rows} rows of {columns}", rows=len(raw) // row,
                 columns=columns)  # fmt: skip
    cure = _("look at the picture: with the right Rows and Columns it neither leans nor tears")
    return Diagnosis(
        fault="wrong_rows", where="Rows", what=finding.what + more, cure=cure,
        section="PS3.3 §C.7.6.3.1",
    )  # fmt: skip


def _lacks(dataset: Dataset) -> Iterator[Diagnosis]:
    try:
        found = [one for one in sop.lacks(dataset) if one.problem != "differs"]
    except sop.SOPClassError:
        return
    rescale = {one.where for one in found} & {"RescaleSlope", "RescaleIntercept"}
    kept = (CTImageStorage, PositronEmissionTomographyImageStorage)
    if rescale and "PixelData" in dataset and value(dataset, "SOPClassUID") in kept:
        yield Diagnosis(
            fault="rescale_lost", where=min(rescale), section="PS3.3 §C.8.2.1",
            what=_("missing, and the modality needs them: stored values are no measure"),
            cure=_("take slope and intercept from another instance of the series, or ask for the "
                   "original; a guess is no cure"),
        )  # fmt: skip
    for kind, fault in (("1", "missing"), ("2", "detail")):
        names = [one for one in found if one.type == kind and one.where not in rescale]
        if not names:
            continue
        empty = [one for one in names if one.problem == "empty"]
        text = ", ".join(one.where for one in names[:MOST_NAMED])
        more = len(names) - MOST_NAMED
        text += _(" and {count} more", count=more) if more > 0 else ""
        what = ngettext(
            "{count} element of Type {kind} is missing or empty: {names}",
            "{count} elements of Type {kind} are missing or empty: {names}",
            len(names), kind=kind, names=text,
        )  # fmt: skip
        cure = names[0].cure if len(names) == 1 or not empty else empty[0].cure
        yield Diagnosis(
            fault=fault, where=names[0].where, what=what, cure=cure, section="PS3.5 §7.4",
            tag=names[0].tag,
        )  # fmt: skip


def _rows(dataset: Dataset) -> Iterator[Diagnosis]:
    """Compare Rows and Columns with what the first compressed frame says of itself."""
    raw, syntax = value(dataset, "PixelData"), _syntax(dataset)
    if not isinstance(raw, bytes) or raw[:4] != b"\xfe\xff\x00\xe0":
        return
    if not syntax.is_transfer_syntax or not syntax.is_encapsulated:
        return
    start = 16 + int.from_bytes(raw[4:8], "little")
    rows, columns = (value(dataset, keyword) for keyword in ("Rows", "Columns"))
    if syntax == RLELossless:
        yield from _segment(raw[start - 8 :], rows, columns)
        return
    found = codestream.parse(raw[start : start + 2**16])
    if found is None or (found.rows, found.columns) == (rows, columns):
        return
    if 0 < found.rows < 2**16 and 0 < found.columns < 2**16:
        what = _("the compressed frame says {rows} × {columns}, Rows and Columns say {told}",
                 rows=found.rows, columns=found.columns, told=f"{rows} × {columns}")  # fmt: skip
        yield Diagnosis(
            fault="wrong_rows", where="Rows", what=what, section="PS3.5 §8.2",
            cure=_("set Rows and Columns to what the frame says; decoders believe the frame"),
        )  # fmt: skip


def _segment(fragment: bytes, rows: object, columns: object) -> Iterator[Diagnosis]:
    """Compare Rows and Columns with the length of the first segment of RLE (PS3.5 §G.5)."""
    length = int.from_bytes(fragment[4:8], "little")
    frame = fragment[8 : 8 + length]
    if len(frame) < 64 or not isinstance(rows, int) or not isinstance(columns, int):
        return
    first, second = struct.unpack_from("<2I", frame, 4)
    try:
        from rle import utils

        coded = frame[first : second or None]
        size = len(utils.decode_segment(coded))  # type: ignore[attr-defined]
    except Exception:  # not installed, or what it raises on broken bytes
        return
    if rows * columns < size - 1 and columns:
        what = _("the first segment of RLE makes {rows} rows of {columns}, Rows says {told}",
                 rows=size // columns, columns=columns, told=rows)  # fmt: skip
        yield Diagnosis(
            fault="wrong_rows", where="Rows", what=what, section="PS3.5 §G.5",
            cure=_("look at the picture: with the right Rows and Columns it neither leans nor "
                   "tears"),
        )  # fmt: skip


def _planar(dataset: Dataset) -> Iterator[Diagnosis]:
    """See whether colours read the other way round make a smoother picture."""
    raw, syntax = value(dataset, "PixelData"), _syntax(dataset)
    told, samples = value(dataset, "PlanarConfiguration"), value(dataset, "SamplesPerPixel")
    rows, columns = sizes = [value(dataset, keyword) for keyword in ("Rows", "Columns")]
    if not isinstance(raw, bytes) or not syntax.is_transfer_syntax or syntax.is_encapsulated:
        return
    if samples != 3 or told not in (0, 1) or value(dataset, "BitsAllocated") != 8:
        return
    if not all(isinstance(each, int) and each >= 8 for each in sizes):
        return
    if len(raw) < 3 * rows * columns:
        return
    frame = np.frombuffer(raw, np.uint8, 3 * rows * columns).astype(np.int16)
    ways = (
        frame.reshape(rows, columns, 3).transpose(2, 0, 1),
        frame.reshape(3, rows, columns),
    )
    rough = [float(sum(np.abs(np.diff(way, axis=axis)).mean() for axis in (1, 2))) for way in ways]
    if rough[told] > ROUGHER * rough[1 - told] and rough[told] > 1:
        what = _(
            "it says {told}, but read as {other} the picture is {times} times smoother",
            told=told,
            other=1 - told,
            times=f"{rough[told] / max(rough[1 - told], 0.01):.1f}",
        )
        yield Diagnosis(
            fault="planar_configuration", where="PlanarConfiguration", what=what,
            cure=_("set it to {other}; the pixels stay", other=1 - told),
            section="PS3.3 §C.7.6.3.1.3",
        )  # fmt: skip


def _negative(dataset: Dataset, stored: NDArray[Any] | None) -> Iterator[Diagnosis]:
    """See whether MONOCHROME2 contradicts the other elements, or the picture itself."""
    if value(dataset, "PhotometricInterpretation") != "MONOCHROME2":
        return
    cure = _("compare with another picture of the same patient, then write MONOCHROME1; the pixels "
             "stay")  # fmt: skip
    shape, sign = (
        value(dataset, keyword)
        for keyword in ("PresentationLUTShape", "PixelIntensityRelationshipSign")
    )
    what = ""
    if shape == "INVERSE":
        what = _("Presentation LUT Shape INVERSE goes with MONOCHROME1 only")
    elif sign == 1 and value(dataset, "Modality") in _PROJECTIONS:
        what = _("Pixel Intensity Relationship Sign 1 says that bone has low values, so it would "
                 "be shown black")  # fmt: skip
    elif stored is not None and border_is_bright(dataset, stored):
        what = _("the surroundings of the patient are bright, and the patient is dark")
    if what:
        yield Diagnosis(
            fault="monochrome1_as_2", where="PhotometricInterpretation", what=what, cure=cure,
            section="PS3.3 §C.7.6.3.1.2",
        )  # fmt: skip


def border_is_bright(dataset: Dataset, stored: NDArray[Any]) -> bool:
    """Say whether a picture, as MONOCHROME2, is brighter at its border than inside."""
    rows, columns = (value(dataset, keyword) for keyword in ("Rows", "Columns"))
    known = value(dataset, "Modality") in (*_PROJECTIONS, *_SURROUNDED)
    large = all(isinstance(each, int) and each >= SMALLEST for each in (rows, columns))
    if not known or not large:
        return False
    values = stored[:: max(rows // 64, 1), :: max(columns // 64, 1)]
    if values.ndim != 2:
        return False
    levels, wide = np.sort(values, None).astype(float), max(len(values) // 32, 1)
    low, high = levels[len(levels) * 2 // 100], levels[len(levels) * 98 // 100]
    edges = (values[:wide], values[-wide:], values[:, :wide], values[:, -wide:])
    border = np.median(np.concatenate([edge.reshape(-1) for edge in edges]))
    tall, broad = (size // 4 for size in values.shape)
    middle = np.median(values[tall:-tall, broad:-broad])
    is_bright = border - low > 0.85 * (high - low)
    return bool(high > low and is_bright and border - middle > 0.25 * (high - low))


def _syntax(dataset: Dataset) -> UID:
    file_meta = getattr(dataset, "file_meta", None) or Dataset()
    return UID(short(value(file_meta, "TransferSyntaxUID", "")))
