"""What the judges of earlier lessons say of a data set, sorted by the faults of the clinic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import CTImageStorage, PositronEmissionTomographyImageStorage

from dicom_lessons import modality, read_write, sop
from dicom_lessons.clinic.faults import Diagnosis
from dicom_lessons.clinic.looks import judge_looks, syntax_of
from dicom_lessons.elements import element, value
from dicom_lessons.findings import Finding
from dicom_lessons.pixels import PixelError, header, image_pixel, stored_values
from dicom_lessons.pixels.notes import noted
from dicom_lessons.text import _, ngettext

MOST_NAMED = 4
LONGEST_DECIMAL = 16
"""Characters of a decimal string (PS3.5 §6.2)."""
MOST_PADDING = 2
"""Rows of zeros behind the pixels that are taken for padding."""


def judge(dataset: Dataset) -> Iterator[Diagnosis]:
    """Yield what all judges find in a data set, each as a diagnosis."""
    lacking = list(_lacks(dataset))
    without_rescale = any(one.fault == "rescale_lost" for one in lacking)
    with header.headers_kept():
        stored, notes = _decoded(dataset)
        judged = read_write.validate(dataset, stored=stored)
    told = {finding.where for finding in judged}
    for finding in (*judged, *(note for note in notes if note.where not in told)):
        if not (without_rescale and finding.where.startswith("Rescale")):
            yield _named(dataset, finding)
    yield from lacking
    yield from _left_to_conditions(dataset)
    agreed = modality.agreement(dataset)
    if agreed.agrees is False and value(dataset, "Modality"):
        yield Diagnosis(
            fault="modality_against_class", where="Modality", what=agreed.sentence.rstrip("."),
            cure=_("find out what made the object: a picture of a scanner or a result; then set "
                   "the other of the two"), section="PS3.3 §C.7.3.1.1.1",
        )  # fmt: skip
    with noted():  # these judges look again at what is noted already
        yield from judge_looks(dataset, stored)


def _decoded(dataset: Dataset) -> tuple[NDArray[Any] | None, list[Finding]]:
    """Decode the first frame once for all judges; return what the decoder notices, too."""
    with noted() as notes:
        try:
            return stored_values(dataset), list(notes)
        except PixelError:  # the judge of pixels says why
            return None, []


def _left_to_conditions(dataset: Dataset) -> Iterator[Diagnosis]:
    """See what the tables do not require: pixels of a picture, and UIDs of group 0002."""
    described = all(keyword in dataset for keyword in ("Rows", "Columns", "BitsAllocated"))
    holding = (*image_pixel.ELEMENTS, "PixelDataProviderURL")
    if described and not any(keyword in dataset for keyword in holding):
        what = _("missing, though Rows and Columns tell the size of a picture")
        cure = _("fetch the file again: it may be cut off before them")
        where, section = "PixelData", "PS3.3 §C.7.6.3"
        yield Diagnosis(fault="detail", what=what, where=where, cure=cure, section=section)
    file_meta = getattr(dataset, "file_meta", None) or Dataset()
    for keyword in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID") if file_meta else ():
        if not value(file_meta, keyword):
            cure = _("save with enforce_file_format=True, which copies it")
            where, section = f"file_meta.{keyword}", "PS3.10 §7.1"
            what = _("missing or empty")
            yield Diagnosis(fault="missing", what=what, where=where, cure=cure, section=section)


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
        return _as("wrong_rows" if _is_single(dataset) else "pixel_length", finding)
    if section == "PS3.5 §6.2":
        found = _long(dataset, where)
        return _as("long_decimal" if found else "value", finding)
    if section == "PS3.5 §7.1":
        return _as("value", finding)
    return _as("picture", finding)


def _is_single(dataset: Dataset) -> bool:
    """Say whether a class knows one frame only, and pixels of another number show a wrong size."""
    if "NumberOfFrames" in dataset or syntax_of(dataset).is_encapsulated:
        return False
    try:
        modules = sop.definition(str(value(dataset, "SOPClassUID"))).modules
    except sop.SOPClassError:
        return False
    return all(module.key != "multi-frame" for module in modules)


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
    is_padded = wanted < len(raw) <= wanted + MOST_PADDING * row and not raw[wanted:].strip(b"\0")
    if is_padded or len(raw) == wanted - 1:
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
