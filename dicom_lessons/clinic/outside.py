"""What the judges of earlier lessons say of a data set, sorted by the faults of the clinic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import CTImageStorage, PositronEmissionTomographyImageStorage

from dicom_lessons import modality, read_write, sop
from dicom_lessons.clinic.faults import Diagnosis, diagnose
from dicom_lessons.clinic.looks import judge_looks, syntax_of
from dicom_lessons.elements import value
from dicom_lessons.findings import Finding
from dicom_lessons.pixels import PixelError, header, image_pixel, stored_values
from dicom_lessons.pixels.notes import noted
from dicom_lessons.text import _, ngettext

MOST_NAMED = 4
LONGEST_DECIMAL = 16
"""Characters of a decimal string (PS3.5 §6.2)."""
MOST_PADDING = 2
"""Rows of zeros behind the pixels that are taken for padding."""
# beginning of the place of a finding, its section, and the fault that it is
_FAULTS = (
    ("file_meta.TransferSyntaxUID", "", "no_transfer_syntax"),
    ("file_meta.MediaStorage", "", "uids_at_odds"),
    ("file_meta.FileMetaInformationGroupLength", "", "group_length"),
    ("SOP", "PS3.3 C.12.1", "missing"),
    ("", "PS3.6 chapter 6", "wrong_vr"),
    ("", "PS3.3 C.12.1.1.2", "character_set"),
    ("", "PS3.5 §G.5", "wrong_rows"),
    ("", "PS3.5 §7.8.1", "detail"),
    ("", "PS3.3 C.9.2", "detail"),
    ("", "PS3.5 §6.2", "value"),
    ("", "PS3.5 §7.1", "value"),
    ("", "", "picture"),
)


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
        yield diagnose("modality_against_class", agreed.sentence.rstrip("."))
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
        yield diagnose("detail", what, "PixelData", cure=cure, section="PS3.3 §C.7.6.3")
    file_meta = getattr(dataset, "file_meta", None) or Dataset()
    for keyword in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID") if file_meta else ():
        if not value(file_meta, keyword):
            what, where = _("missing or empty"), f"file_meta.{keyword}"
            cure = _("save with enforce_file_format=True, which copies it")
            yield diagnose("missing", what, where, cure=cure, section="PS3.10 §7.1")


def _named(dataset: Dataset, finding: Finding) -> Diagnosis:
    """Return a finding of lesson 06 or 07 under the name of its fault."""
    where, section, what = finding.where, finding.section, finding.what
    fault = next(
        fault for start, known, fault in _FAULTS
        if where.startswith(start) and (section == known or not known)
    )  # fmt: skip
    if where == "PixelData" and section == "PS3.5 §8.1.1":
        fault, more = _length(dataset)
        if fault == "wrong_rows":
            return diagnose(fault, what + more)
    elif where == "NumberOfFrames" and section in ("PS3.5 §8.1.1", "PS3.5 §A.4"):
        fault = "wrong_rows" if _is_single(dataset) else "pixel_length"
    elif section == "PS3.5 §6.2" and _is_long(dataset, where):
        fault = "long_decimal"
    return diagnose(fault, what, where, cure=finding.cure, section=section, tag=finding.tag)


def _is_single(dataset: Dataset) -> bool:
    """Say whether a class knows one frame only, and pixels of another number show a wrong size."""
    if "NumberOfFrames" in dataset or syntax_of(dataset).is_encapsulated:
        return False
    try:
        modules = sop.definition(str(value(dataset, "SOPClassUID"))).modules
    except sop.SOPClassError:
        return False
    return all(module.key != "multi-frame" for module in modules)


def _is_long(dataset: Dataset, where: str) -> bool:
    """Say whether the element at a place is a decimal string that is too long, and no more."""
    keyword = where.rpartition(".")[2]
    for each in dataset.iterall():
        if each.keyword == keyword and each.VR == "DS":
            values = each.value if each.VM > 1 else [each.value]
            texts = (getattr(one, "original_string", str(one)) for one in values)
            if any(len(text.strip()) > LONGEST_DECIMAL for text in texts):
                return True
    return False


def _length(dataset: Dataset) -> tuple[str, str]:
    """Say whether wrong Rows or padding explain a wrong length of native pixels, and what fits."""
    raw, absent = value(dataset, "PixelData"), {"SamplesPerPixel": 1, "BitsAllocated": 16}
    sizes = ("SamplesPerPixel", "BitsAllocated", "Rows", "Columns")
    numbers = [value(dataset, keyword, absent.get(keyword, 0)) for keyword in sizes]
    if not isinstance(raw, bytes) or not all(isinstance(n, int) and n > 0 for n in numbers):
        return "pixel_length", ""
    samples, allocated, rows, columns = numbers
    row, wanted = (count * samples * allocated // 8 for count in (columns, rows * columns))
    is_padded = wanted < len(raw) <= wanted + MOST_PADDING * row and not raw[wanted:].strip(b"\0")
    if is_padded or len(raw) == wanted - 1:
        return "pixel_length", ""
    if not row or len(raw) % row not in (0, 1) or "NumberOfFrames" in dataset:
        return "wrong_rows", ""
    return "wrong_rows", _("; the pixels would make {rows} rows of {columns}",
                           rows=len(raw) // row, columns=columns)  # fmt: skip


def _lacks(dataset: Dataset) -> Iterator[Diagnosis]:
    try:
        found = [one for one in sop.lacks(dataset) if one.problem != "differs"]
    except sop.SOPClassError:
        return
    rescale = {one.where for one in found} & {"RescaleSlope", "RescaleIntercept"}
    kept = (CTImageStorage, PositronEmissionTomographyImageStorage)
    if rescale and "PixelData" in dataset and value(dataset, "SOPClassUID") in kept:
        what = _("missing, and the modality needs them: stored values are no measure")
        yield diagnose("rescale_lost", what, min(rescale))
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
        yield diagnose(fault, what, names[0].where, cure=cure, section="PS3.5 §7.4")
