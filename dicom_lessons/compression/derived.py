"""Marks of loss, and what a derived image says of itself (PS3.3 C.7.6.1.1.2, C.7.6.1.1.5)."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import (
    JPEG2000,
    UID,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
    generate_uid,
)

from dicom_lessons.pixels.header import frames_of
from dicom_lessons.pixels.notes import PixelError, refusal
from dicom_lessons.text import N_

# Lossy Image Compression Method (0028,2114), PS3.3 C.7.6.1.1.5.1
METHODS = {
    JPEGBaseline8Bit: "ISO_10918_1",
    JPEGExtended12Bit: "ISO_10918_1",
    JPEGLSNearLossless: "ISO_14495_1",
    JPEG2000: "ISO_15444_1",
}


class CompressionError(PixelError):
    """An image cannot be put into a transfer syntax; the message says why."""


def native_size(dataset: Dataset) -> int:
    """Return how many bytes the pixels are without compression."""
    bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("SamplesPerPixel") or 1)
    return -(-bits * int(dataset.BitsAllocated) * frames_of(dataset) // 8)


def encoded_size(dataset: Dataset) -> int:
    """Return how many bytes the codestreams of an encapsulated picture are."""
    with refusal(N_("The frames cannot be found in Pixel Data: {reason}."), CompressionError):
        frames = generate_frames(dataset.PixelData, number_of_frames=frames_of(dataset))
        return sum(map(len, frames))


def mark_derived(dataset: Dataset, syntax: UID, options: dict[str, Any]) -> None:
    """Make a compressed copy an object of its own, which says what it comes from."""
    ratio = native_size(dataset) / encoded_size(dataset)
    mark_lossy(dataset, syntax, ratio)
    kind = [str(value) for value in dataset.get("ImageType") or ["", "PRIMARY"]]
    dataset.ImageType = ["DERIVED", *kind[1:]]
    for element in dataset.iterall() if "SharedFunctionalGroupsSequence" in dataset else ():
        if element.keyword == "FrameType" and element.value:
            element.value = ["DERIVED", *list(element.value)[1:]]
    told = [dataset.get("DerivationDescription"), f"{syntax.name}, {ratio:.2f} : 1, with loss"]
    dataset.DerivationDescription = "; ".join(str(text) for text in told if text)[-1024:]  # ST
    source = str(dataset.get("SOPInstanceUID") or "")
    if source and dataset.get("SOPClassUID"):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = dataset.SOPClassUID, source
        dataset.SourceImageSequence = [item]
    derived = generate_uid(entropy_srcs=[source, str(syntax), repr(options)])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = derived


def mark_lossy(dataset: Dataset, syntax: UID, ratio: float) -> None:
    """Add to the marks of loss; those of earlier steps stay (PS3.3 C.7.6.1.1.5)."""
    keywords = ("LossyImageCompressionRatio", "LossyImageCompressionMethod")
    marks = (dataset.get(keyword) or [] for keyword in keywords)
    ratios, methods = ([told] if isinstance(told, str | float) else told for told in marks)
    steps = [tuple(map(str, step)) for step in zip_longest(ratios, methods, fillvalue="")]
    steps.append((f"{ratio:.2f}", METHODS[syntax]))
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = [step[0] for step in steps]
    dataset.LossyImageCompressionMethod = [step[1] for step in steps]
