"""One picture coded in many ways: how many bytes, how large an error, how long it takes."""

from __future__ import annotations

import contextlib
import copy
import statistics
import timeit
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_lessons import reading
from dicom_lessons.compression.change import ENCODERS, compress, encode
from dicom_lessons.compression.derived import METHODS, CompressionError, encoded_size, native_size
from dicom_lessons.elements import check_writable
from dicom_lessons.pixels.header import read_header
from dicom_lessons.pixels.image_pixel import ELEMENTS
from dicom_lessons.pixels.notes import PixelError, refusal
from dicom_lessons.pixels.stored import stored_values
from dicom_lessons.text import N_, _

MOST_FRAMES, MOST_BYTES = 256, 2**25
"""Of a picture that is coded in every way, each of which takes its time."""

# real files of one picture, by the one that the others are compared with
FAMILIES = {
    "SC_rgb_rle": (
        "SC_rgb_rle",
        "SC_rgb_gdcm_KY",
        "SC_rgb_jpeg_gdcm",
        "SC_rgb_jpeg_dcmtk",
        "SC_rgb_jpeg_lossy_gdcm",
        "SC_rgb_jls_lossy_line",
        "SC_rgb_jls_lossy_sample",
        "SC_rgb_dcmtk_+eb+cr",
        "SC_rgb_dcmtk_+eb+cy+n1",
        "SC_rgb_dcmtk_+eb+cy+n2",
        "SC_rgb_dcmtk_+eb+cy+np",
        "SC_rgb_dcmtk_+eb+cy+s2",
        "SC_rgb_dcmtk_+eb+cy+s4",
    ),
    "MR_small": (
        "MR_small",
        "MR_small_implicit",
        "MR_small_bigendian",
        "MR_small_RLE",
        "MR_small_jpeg_ls_lossless",
        "MR_small_jp2klossless",
    ),
}


@dataclass(frozen=True)
class Coding:
    """One picture in one transfer syntax.

    Attributes
    ----------
    name : str
        What it is called in a table: how it was made, or the name of the sample.
    dataset : Dataset
        The picture itself.
    options : dict or None
        Those of :func:`compress` that made it; None for a real file.
    size : int
        Bytes of the encoded pixels; for a deflated data set, those that the pixels add to it.
    native_size : int
        Bytes of the same pixels without compression.
    largest_error : int or None
        By how much a stored value differs at most from the first; None if it cannot be decoded.
    reason : str
        Why it cannot be decoded, or empty.
    """

    name: str
    dataset: Dataset = field(repr=False, compare=False)
    options: dict[str, Any] | None = field(repr=False, compare=False)
    size: int
    native_size: int
    largest_error: int | None
    reason: str

    @property
    def transfer_syntax(self) -> UID:
        """Its transfer syntax."""
        return UID(self.dataset.file_meta.TransferSyntaxUID)

    @property
    def ratio(self) -> float:
        """How many times fewer bytes than without compression."""
        return self.native_size / max(self.size, 1)

    @property
    def lossless(self) -> bool:
        """Whether no value differs; where nothing could be decoded, what the syntax promises."""
        if self.largest_error is None:
            return self.transfer_syntax not in METHODS
        return self.largest_error == 0


def codings_of(source: reading.Source) -> tuple[Coding, ...]:
    """Code one picture in every way that this computer can, or open the real files of a family.

    Ways that their encoder cannot take such pixels are left out. JPEG 2000 counts its rate from
    Bits Stored, so 12 bits in words of 16 come out a third smaller than asked for.

    Parameters
    ----------
    source : str, path, bytes or Dataset
        A picture; or a key of ``FAMILIES``, which stands for real files of one picture, each
        compared with the first.

    Raises
    ------
    PixelError
        If the picture itself cannot be decoded.
    LookupError, OSError, ReadingError
        If it cannot be read; see :func:`dicom_lessons.reading.read`.

    >>> for coding in codings_of("CT_small")[-2:]:
    ...     print(coding.name, coding.size, coding.largest_error)
    JPEG 2000, set to 20 : 1 1562 98
    JPEG 2000, set to 40 : 1 834 171
    """
    pictures = list(_pictures(source))
    first = pictures[0][1]
    reference, size = stored_values(first, None), native_size(first)
    codings = []
    for name, dataset, options in pictures:
        error, reason = None, ""
        try:
            error = int(difference(stored_values(dataset, None), reference).max())
        except PixelError as refusal:
            reason = str(refusal)
        codings.append(Coding(name, dataset, options, _size(dataset), size, error, reason))
    return tuple(codings)


def difference(values: NDArray[Any], reference: NDArray[Any]) -> NDArray[Any]:
    """Return by how much each stored value differs: an unsigned array of the same shape.

    >>> difference(np.array([-32768, 5], "i2"), np.array([32767, 7], "i2")).tolist()
    [65535, 2]
    """
    values, reference = (a.astype(a.dtype.newbyteorder("=")) for a in (values, reference))
    if values.shape != reference.shape or values.dtype != reference.dtype:
        raise PixelError(_("These are not the same picture: size or type of the pixels differ."))
    larger, smaller = np.maximum(values, reference), np.minimum(values, reference)
    if values.dtype.kind == "f":
        return np.asarray(larger - smaller)
    # the difference of two signed numbers may need their sign bit
    unsigned = values.dtype.str.replace("i", "u")
    return np.asarray(larger.view(unsigned) - smaller.view(unsigned))


def time_encoding(coding: Coding, native: Dataset, rounds: int = 5) -> float:
    """Return the median milliseconds that a picture takes to encode, on this computer, now.

    The picture without compression, ``native``, stays as it is. Without encapsulation, writing
    the data set to memory counts as encoding.
    """
    syntax, options = coding.transfer_syntax, coding.options or {}
    if syntax not in ENCODERS:
        return _milliseconds(lambda: _file_of(coding.dataset), rounds)
    copies = [copy.deepcopy(native) for _round in range(rounds)]
    return _milliseconds(lambda: encode(copies.pop(), syntax, options), rounds)


def time_decoding(dataset: Dataset, rounds: int = 5) -> float:
    """Return the median milliseconds that all frames of a picture take to decode."""
    if dataset.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
        return _milliseconds(lambda: stored_values(dataset, None), rounds)
    content = _file_of(dataset)
    return _milliseconds(lambda: stored_values(dcmread(BytesIO(content)), None), rounds)


def _milliseconds(work: Callable[[], object], rounds: int) -> float:
    return 1000 * statistics.median(timeit.repeat(work, number=1, repeat=rounds))


def _pictures(source: reading.Source) -> Iterator[tuple[str, Dataset, dict[str, Any] | None]]:
    """Yield names, data sets and options: the files of a family, or all that can be made."""
    if isinstance(source, str) and source in FAMILIES:
        for name in FAMILIES[source]:
            yield name, reading.read(name), None
        return
    dataset = reading.read(source)
    header = read_header(dataset)
    frames, size = header.frames, header.frames * header.frame_bits // 8
    if frames > MOST_FRAMES or size > MOST_BYTES:
        raise PixelError(
            _(
                "{frames} frames of {size} bytes in all are too much to be coded in so many ways: "
                "at most {most} frames, {bytes} bytes. Choose a smaller picture.",
                frames=frames,
                size=size,
                most=MOST_FRAMES,
                bytes=MOST_BYTES,
            )
        )
    native = compress(dataset, ExplicitVRLittleEndian)
    for name, syntax, options in _ways():
        with contextlib.suppress(CompressionError):
            yield name, compress(native, syntax, **options), options


def _ways() -> Iterator[tuple[str, UID, dict[str, Any]]]:
    yield _("not compressed, implicit VR"), ImplicitVRLittleEndian, {}
    yield _("not compressed, explicit VR"), ExplicitVRLittleEndian, {}
    yield _("whole data set deflated"), DeflatedExplicitVRLittleEndian, {}
    yield "RLE", RLELossless, {}
    yield _("JPEG-LS, lossless"), JPEGLSLossless, {}
    for limit in (1, 3, 10):
        name = _("JPEG-LS, off by {limit} at most", limit=limit)
        yield name, JPEGLSNearLossless, {"jls_error": limit}
    yield _("HTJ2K, lossless"), HTJ2KLossless, {}
    yield _("JPEG 2000, lossless"), JPEG2000Lossless, {}
    for rate in (5, 10, 20, 40):
        name = _("JPEG 2000, set to {rate} : 1", rate=rate)
        yield name, JPEG2000, {"j2k_cr": [rate]}


def _size(dataset: Dataset) -> int:
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if syntax == DeflatedExplicitVRLittleEndian:
        without = copy.deepcopy(dataset)
        for keyword in ELEMENTS:
            without.pop(keyword, None)
        return len(_file_of(dataset)) - len(_file_of(without))
    if syntax.is_encapsulated:
        return encoded_size(dataset)
    # YBR_FULL_422 has fewer bytes than its pixels have samples, an odd number of bytes one more
    stored = sum(len(dataset[keyword].value) for keyword in ELEMENTS if keyword in dataset)
    return min(stored, native_size(dataset))


def _file_of(dataset: Dataset) -> bytes:
    file = BytesIO()
    broken = refusal(N_("The object cannot be written: {reason}."), CompressionError)
    with (
        broken,
        warnings.catch_warnings(action="ignore"),
    ):  # odd values of other elements are no matter here
        check_writable(dataset)
        dcmwrite(file, dataset)
    return file.getvalue()
