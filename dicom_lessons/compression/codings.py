"""One picture coded in many ways: how many bytes, how large an error, who decodes it."""

from __future__ import annotations

import contextlib
import copy
import statistics
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_lessons import samples
from dicom_lessons.compression.change import (
    ENCODERS,
    METHODS,
    CompressionError,
    checked,
    compress,
    encode,
    encoded_size,
    native_size,
)
from dicom_lessons.compression.syntaxes import Package, decoders
from dicom_lessons.pixels import ELEMENTS, PixelError, one_line, stored_values
from dicom_lessons.text import _

RATES = (5, 10, 20, 40)
LIMITS = (1, 3, 10)
# real files of one picture, by the one that the others are compared with
FOUND = {
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
    transfer_syntax : UID
        Its transfer syntax.
    size : int
        Bytes of the encoded pixels; for a deflated data set, those that the pixels add to it.
    native_size : int
        Bytes of the same pixels without compression.
    largest_error : int or None
        By how much a stored value differs at most from the reference; None if it cannot be decoded.
    reason : str
        Why it cannot be decoded, or empty.
    options : dict
        Those of :func:`compress` that made it; empty for a file that was found.
    dataset : Dataset
        The picture itself.
    """

    name: str
    transfer_syntax: UID
    size: int
    native_size: int
    largest_error: int | None
    reason: str
    options: dict[str, Any] = field(repr=False, compare=False)
    dataset: Dataset = field(repr=False, compare=False)

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

    @property
    def decoders(self) -> tuple[Package, ...]:
        """Which packages decode it here; see :func:`dicom_lessons.compression.decoders`."""
        return decoders(self.transfer_syntax)

    def values(self, frame: int = 0) -> NDArray[Any]:
        """Decode one frame; see :func:`dicom_lessons.pixels.stored_values`."""
        return stored_values(self.dataset, frame)


class Times(NamedTuple):
    """Median milliseconds on this computer, now."""

    encode: float
    decode: float


def made(dataset: Dataset) -> tuple[Coding, ...]:
    """Code one picture in every way that this computer can.

    Ways that its encoder cannot take such pixels are left out. JPEG 2000 counts its rate from
    Bits Stored, so 12 bits in words of 16 come out a third smaller than asked for.

    Raises
    ------
    PixelError
        If the picture itself cannot be decoded.

    >>> from dicom_lessons import samples
    >>> for coding in made(samples.read("CT_small"))[-2:]:
    ...     print(coding.name, coding.size, coding.largest_error)
    JPEG 2000, set to 20 : 1 1562 98
    JPEG 2000, set to 40 : 1 834 171
    """
    native = compress(dataset, ExplicitVRLittleEndian)
    reference = stored_values(native, None)
    codings = []
    for name, syntax, options in _ways():
        with contextlib.suppress(CompressionError):
            coded = compress(native, syntax, **options)
            codings.append(_coding(name, coded, reference, native_size(native), options))
    return tuple(codings)


def found(name: str) -> tuple[Coding, ...]:
    """Compare real files of one picture, each with the first of them.

    Parameters
    ----------
    name : str
        A key of ``FOUND``: the sample that the others are compared with.

    Raises
    ------
    LookupError
        If there is no such family.
    """
    if name not in FOUND:
        raise LookupError(
            _("There is no family {name!r}: {known}.", name=name, known=", ".join(FOUND))
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pydicom says of odd UIDs in these files
        files = [samples.read(member) for member in FOUND[name]]
    values, size = stored_values(files[0], None), native_size(files[0])
    return tuple(
        _coding(member, file, values, size, {})
        for member, file in zip(FOUND[name], files, strict=True)
    )


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


def time_coding(dataset: Dataset, transfer_syntax: str, rounds: int = 5, **options: Any) -> Times:
    """Measure how long a picture takes to encode and to decode.

    Parameters
    ----------
    dataset : Dataset
        Any picture; it is decoded before the clock starts.
    transfer_syntax : str
        UID. Without encapsulation, writing the data set to memory counts as encoding.
    rounds : int
        How often; the medians count.
    **options
        Those of :func:`compress`.

    Raises
    ------
    PixelError
        See :func:`compress`.
    """
    native = compress(dataset, ExplicitVRLittleEndian)
    coded, times = compress(native, transfer_syntax, **options), []
    syntax = UID(transfer_syntax)
    options = checked(syntax, options)
    for _round in range(max(rounds, 1)):
        fresh = copy.deepcopy(native)
        start = time.perf_counter()
        if syntax in ENCODERS:
            encode(fresh, syntax, options)
        else:
            _written(coded)
        times.append(time.perf_counter() - start)
    return Times(1000 * statistics.median(times), time_decoding(coded, rounds))


def time_decoding(dataset: Dataset, rounds: int = 5) -> float:
    """Return the median milliseconds that all frames of a picture take to decode."""
    deflated = _deflated(dataset)
    content, times = _written(dataset) if deflated else b"", []
    for _round in range(max(rounds, 1)):
        start = time.perf_counter()
        stored_values(dcmread(BytesIO(content)) if deflated else dataset, None)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def _ways() -> Iterator[tuple[str, UID, dict[str, Any]]]:
    yield _("not compressed, implicit VR"), ImplicitVRLittleEndian, {}
    yield _("not compressed, explicit VR"), ExplicitVRLittleEndian, {}
    yield _("whole data set deflated"), DeflatedExplicitVRLittleEndian, {}
    yield "RLE", RLELossless, {}
    yield _("JPEG-LS, lossless"), JPEGLSLossless, {}
    for limit in LIMITS:
        name = _("JPEG-LS, off by {limit} at most", limit=limit)
        yield name, JPEGLSNearLossless, {"jls_error": limit}
    yield _("JPEG 2000, lossless"), JPEG2000Lossless, {}
    for rate in RATES:
        name = _("JPEG 2000, set to {rate} : 1", rate=rate)
        yield name, JPEG2000, {"j2k_cr": [rate]}


def _coding(
    name: str, dataset: Dataset, reference: NDArray[Any], native: int, options: dict[str, Any]
) -> Coding:
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    error, reason = None, ""
    try:
        values = stored_values(dataset, None)
        error = int(difference(values, reference).max())
    except PixelError as refusal:
        reason = str(refusal)
    return Coding(name, syntax, _size(dataset), native, error, reason, options, dataset)


def _size(dataset: Dataset) -> int:
    if _deflated(dataset):
        without = copy.deepcopy(dataset)
        for keyword in ELEMENTS:
            without.pop(keyword, None)
        return len(_written(dataset)) - len(_written(without))
    if UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated:
        return encoded_size(dataset)
    # YBR_FULL_422 has fewer bytes than its pixels have samples, an odd number of bytes one more
    stored = sum(len(dataset[keyword].value) for keyword in ELEMENTS if keyword in dataset)
    return min(stored, native_size(dataset))


def _deflated(dataset: Dataset) -> bool:
    return bool(dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian)


def _written(dataset: Dataset) -> bytes:
    file = BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd values of other elements are no matter here
            dcmwrite(file, dataset)
    except Exception as error:  # pydicom raises many kinds on broken values
        reason = _("The object cannot be written: {reason}.", reason=one_line(error))
        raise CompressionError(reason) from error
    return file.getvalue()
