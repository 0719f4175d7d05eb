"""The classroom server: on this computer, with the files that lesson 05 asks the web for."""

from __future__ import annotations

import atexit
import hashlib
import json
from contextlib import ExitStack, suppress
from functools import cache, partial
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydicom import Dataset
from pydicom.uid import JPEG2000, generate_uid

from dicom_lessons import samples
from dicom_lessons.download.server import Request, serve
from dicom_lessons.fetching import file_name, receive

MOST = 16 * 2**20
"""Bytes of one file; those of the lessons have less than one megabyte."""
ARCHIVE = ("CT_small", "MR_small", "rtplan")
ATTRIBUTES = ("SOPClassUID", "SOPInstanceUID", "Modality", "PatientID", "Rows", "Columns")


@cache
def start_classroom(mirror: str = "") -> str:
    """Start the classroom server, which stops when Python ends, and return its address.

    It answers every address that ends in the name of a file that it has: in the mirror, in the
    samples, or the stand-in for RG1_J2KI.dcm. The mirror is a folder or an http address. Below
    ``orthanc/`` the server answers the questions of the lesson as an Orthanc server does, below
    ``dicom-web/`` a search for instances.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(serve(partial(_answer, mirror)))


def _answer(mirror: str, request: Request) -> None:
    parts = urlsplit(request.path)
    try:
        if parts.path.startswith("/orthanc/"):
            answer = _orthanc(parts.path.split("/")[2:])
        elif parts.path == "/dicom-web/instances":
            answer = _instances(dict(parse_qsl(parts.query)))
        else:
            answer = _content(file_name(request.path), mirror)
    except (LookupError, OSError):
        request.reply(b"not here", 404, "text/plain")
    else:
        if isinstance(answer, bytes):
            request.reply(answer)
        else:
            request.reply(json.dumps(answer).encode(), kind="application/json")


def _content(name: str, mirror: str) -> bytes:
    if mirror:
        file = BytesIO()
        with suppress(OSError):
            receive(samples.mirrored(mirror, name), file, most=MOST)
            return file.getvalue()
    try:
        return samples.path(name).read_bytes()
    except FileNotFoundError:
        if name == "RG1_J2KI.dcm":
            return stand_in()
        raise


@cache
def stand_in() -> bytes:
    """Return a file in place of RG1_J2KI.dcm: the virtual patient's radiograph, as flawed.

    It is a lossy copy and marked as one: DERIVED, a new UID, and what it was made from (PS3.3
    C.7.6.1.1.5, C.12.1.1.3).
    """
    data_set = samples.read("virtual/cr")
    source = Dataset()
    source.ReferencedSOPClassUID = data_set.SOPClassUID
    source.ReferencedSOPInstanceUID = data_set.SOPInstanceUID
    source.PurposeOfReferenceCodeSequence = [_code("121320", "Uncompressed predecessor")]
    data_set.decompress()
    data_set.compress(JPEG2000, j2k_cr=[10])
    data_set.SOPInstanceUID = generate_uid(entropy_srcs=["stand-in for RG1_J2KI"])
    data_set.ImageType = ["DERIVED", *data_set.ImageType[1:]]
    data_set.PatientName = "StandIn^ForRG1"
    data_set.SourceImageSequence = [source]
    data_set.DerivationCodeSequence = [_code("113040", "Lossy Compression")]
    data_set.DerivationDescription = "JPEG 2000 irreversible (lossy) 10:1"
    data_set.LossyImageCompression = "01"
    data_set.LossyImageCompressionRatio = "10"
    data_set.LossyImageCompressionMethod = "ISO_15444_1"
    data_set.PixelSpacing = ["0.000", "0.000"]
    file = BytesIO()
    data_set.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def _orthanc(path: list[str]) -> Any:
    names = {_orthanc_id(samples.read(name, stop_before_pixels=True)): name for name in ARCHIVE}
    match path:
        case ["instances"]:
            return sorted(names)
        case ["instances", instance, "file"]:
            return samples.path(names[instance]).read_bytes()
        case ["instances", instance, "simplified-tags"]:
            elements = samples.read(names[instance], stop_before_pixels=True)
            return {one.keyword: str(one.value) for one in elements if one.keyword}
    raise LookupError(path)


def _orthanc_id(data_set: Any) -> str:
    keywords = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    text = "|".join(str(data_set.get(keyword, "")) for keyword in keywords)
    digest = hashlib.sha1(text.encode()).hexdigest()
    return "-".join(digest[start : start + 8] for start in range(0, 40, 8))


def _instances(query: dict[str, str]) -> list[Any]:
    every = [samples.read(name, specific_tags=list(ATTRIBUTES)) for name in ARCHIVE]
    found = [one for one in every if all(str(one.get(key, "")) == query[key] for key in query)]
    return [one.to_json_dict() for one in found]
