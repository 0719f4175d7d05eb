"""Put an image into another transfer syntax, and mark what a lossy one has done to it."""

from __future__ import annotations

import math
import warnings
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, config
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import get_encoder
from pydicom.pixels.utils import pack_bits
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom_lessons import browser
from dicom_lessons.browser import codecs
from dicom_lessons.compression.derived import (
    METHODS,
    CompressionError,
    encoded_size,
    mark_derived,
    mark_lossy,
    native_size,
)
from dicom_lessons.pixels.header import frames_of
from dicom_lessons.pixels.notes import noted, refusal
from dicom_lessons.pixels.plugin import LABEL, is_available
from dicom_lessons.pixels.stored import stored_values
from dicom_lessons.structure import swap_words
from dicom_lessons.text import N_, _, short

# Encoders by name: pydicom would take whichever it finds first, and encoders differ in bytes.
ENCODERS = {
    RLELossless: "pydicom",
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    HTJ2KLossless: LABEL,
} | (codecs.ENCODERS if browser.HERE else {})
NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
_LOSSY = {JPEGLSNearLossless: ("jls_error",), JPEG2000: ("j2k_cr", "j2k_psnr")}
_COLOURS = {JPEG2000Lossless: "YBR_RCT", HTJ2KLossless: "YBR_RCT", JPEG2000: "YBR_ICT"}


def compress(dataset: Dataset, transfer_syntax: str, **options: Any) -> Dataset:
    """Return a copy of an image in another transfer syntax; the original stays as it is.

    Parameters
    ----------
    dataset : Dataset
        An image; it is decoded first if need be. Colours become RGB then, for JPEG 2000 YBR_RCT
        or YBR_ICT (PS3.5 §8.2.4).
    transfer_syntax : str
        UID: implicit, explicit or deflated little endian, RLE, JPEG-LS, JPEG 2000 or HTJ2K
        Lossless.
    **options
        Those of :meth:`pydicom.Dataset.compress`: for JPEG-LS Near-Lossless ``jls_error``, by how
        much a stored value may be off; for JPEG 2000 ``j2k_cr`` or ``j2k_psnr``, a list with the
        compression rate (from the bits stored) or the signal-to-noise ratio (dB) of each layer.

    Returns
    -------
    Dataset
        If no loss was asked for, the same object with the same SOP Instance UID. Otherwise a new
        one that says so: derived (PS3.3 C.7.6.1.1.2), from what and how (C.12.4), by which method
        at which ratio (C.7.6.1.1.5). Its UID is the same whenever original, syntax and options
        are.

    Raises
    ------
    CompressionError
        If there is no encoder here, options do not fit, or the encoder cannot take such pixels.
    PixelError
        If the pixels cannot be decoded; see :func:`dicom_lessons.pixels.stored_values`.

    >>> from dicom_lessons import samples
    >>> from pydicom.uid import JPEG2000
    >>> lossy = compress(samples.read("CT_small"), JPEG2000, j2k_cr=[10])
    >>> lossy.LossyImageCompressionRatio, lossy.LossyImageCompressionMethod, lossy.ImageType[0]
    ('10.44', 'ISO_15444_1', 'DERIVED')
    """
    syntax = UID(transfer_syntax, validation_mode=config.IGNORE)
    options = _options(syntax, options)
    with refusal(N_("The header of the picture is broken: {reason}."), CompressionError):
        copy = _native(dataset)
        if syntax in ENCODERS:
            encode(copy, syntax, options)
        copy.file_meta.TransferSyntaxUID = syntax
        if syntax in METHODS:
            mark_derived(copy, syntax, options)
    return copy


def _options(syntax: UID, options: dict[str, Any]) -> dict[str, Any]:
    """Return options as the encoder wants them, or refuse what cannot be."""
    if syntax == ExplicitVRBigEndian:
        raise CompressionError(_("Explicit VR Big Endian is retired: it is read, never written."))
    name, uid = short(syntax.name, 99), short(syntax)
    if syntax not in NATIVE and not _has_encoder(syntax):
        raise CompressionError(
            _("No encoder here for transfer syntax {name} ({uid}).", name=name, uid=uid)
        )
    allowed = _LOSSY.get(syntax, ())
    for option in options:
        if option not in allowed:
            raise CompressionError(
                _("The option {option} does not fit {name}.", option=short(option, 40), name=name)
            )
    if allowed and len(options) != 1:
        raise CompressionError(
            _("{name} needs one option: {options}.", name=name, options=_(" or ").join(allowed))
        )
    return {option: _option(option, value) for option, value in options.items()}


def _has_encoder(syntax: UID) -> bool:
    if ENCODERS.get(syntax) == LABEL:
        return is_available(syntax)
    return syntax in ENCODERS and ENCODERS[syntax] in get_encoder(syntax).available_plugins


def _option(option: str, value: Any) -> Any:
    if option == "jls_error":
        if not isinstance(value, int | np.integer) or not 1 <= value <= 255:
            raise CompressionError(
                _("jls_error must be a whole number from 1 to 255; without loss: JPEG-LS Lossless.")
            )
        return int(value)
    least = 1 if option == "j2k_cr" else 0
    try:
        numbers = [float(number) for number in value]
    except (TypeError, ValueError):
        numbers = []
    if not numbers or not all(least < number < math.inf for number in numbers):
        reason = _(
            "{option} must be a list of numbers above {least}; without loss: JPEG 2000 "
            "Lossless Only.",
            option=option,
            least=least,
        )
        raise CompressionError(reason)
    return numbers


def _native(dataset: Dataset) -> Dataset:
    """Return a copy whose pixels are not compressed, in little endian."""
    with noted() as notes:
        values = stored_values(dataset, None)
    source = UID(dataset.file_meta.TransferSyntaxUID)
    with warnings.catch_warnings(action="ignore"):
        # the file it was read from is closed, and is not needed
        copy = deepcopy(dataset)
    if source == ExplicitVRBigEndian:
        swap_words(copy)
        copy.set_original_encoding(False, True)
    if (source not in NATIVE or notes) and "PixelData" in copy:
        _store(copy, values)
        if (frames := frames_of(dataset)) > 1:
            copy.NumberOfFrames = frames
    if source in METHODS and source != JPEG2000 and not copy.get("LossyImageCompression"):
        mark_lossy(copy, source, native_size(copy) / encoded_size(dataset))
    copy.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return copy


def _store(dataset: Dataset, values: NDArray[Any]) -> None:
    """Put decoded values into Pixel Data, without compression."""
    signed, bits = int(dataset.PixelRepresentation), int(dataset.BitsStored)
    dataset.HighBit = bits - 1
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    if values.min() < lowest or values.max() >= highest:
        raise CompressionError(
            _("Some stored values need more than the {bits} Bits Stored of the header.", bits=bits)
        )
    if dataset.BitsAllocated == 1:
        content = pack_bits(values.ravel(), pad=False)
    else:
        content = values.astype(values.dtype.newbyteorder("<")).tobytes()
    for keyword in ("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        dataset.pop(keyword, None)
    kind = "OW" if dataset.BitsAllocated > 8 else "OB"
    dataset.add_new("PixelData", kind, content + b"\0" * (len(content) % 2))
    if values.shape[-1] == dataset.SamplesPerPixel == 3:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0


def encode(dataset: Dataset, syntax: UID, options: dict[str, Any]) -> None:
    """Compress native pixels in place."""
    values = stored_values(dataset, None)
    _check_pixels(dataset, values, syntax, options.get("jls_error", 0))
    # encoders see whole words: whatever lies in unused bits must be gone
    _store(dataset, values)
    if dataset.SamplesPerPixel == 3:
        dataset.PhotometricInterpretation = _COLOURS.get(syntax, "RGB")
    bits, plugin = dataset.BitsStored, ENCODERS[syntax]
    if syntax == RLELossless:
        # pydicom leaves out the bytes above Bits Stored, which RLE keeps (PS3.5 §G.2)
        dataset.BitsStored = dataset.BitsAllocated
    try:
        if plugin == LABEL:
            _encode_htj2k(dataset, values)
        else:
            dataset.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False, **options)
    except BaseException as error:  # the panic of an encoder is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise _cannot_take(dataset, syntax) from error
    dataset.BitsStored = bits


def _encode_htj2k(dataset: Dataset, values: NDArray[Any]) -> None:
    """Do what pydicom has no encoder for (PS3.5 §A.4)."""
    from imagecodecs import htj2k_encode

    colours = (3,) if dataset.SamplesPerPixel == 3 else ()
    frames = values.reshape(-1, dataset.Rows, dataset.Columns, *colours)
    coded = [bytes(htj2k_encode(one, rgb=bool(colours), reversible=True)) for one in frames]
    dataset.add_new("PixelData", "OB", encapsulate(coded))
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = HTJ2KLossless


def _check_pixels(dataset: Dataset, values: NDArray[Any], syntax: UID, limit: int) -> None:
    if values.dtype.kind == "f":
        raise CompressionError(
            _("These pixels are floating-point numbers: encoders take whole numbers only.")
        )
    if syntax in METHODS and dataset.PhotometricInterpretation == "PALETTE COLOR":
        raise CompressionError(
            _("Values of a palette are indices of colours: they cannot be compressed with loss.")
        )
    half = 2 ** (int(dataset.BitsStored) - 1)
    # beyond the limit of ISO 14495-1 the encoder still writes, but nobody can read it
    if dataset.BitsAllocated not in (8, 16) or limit >= half:
        raise _cannot_take(dataset, syntax)
    beyond = int(values.max()) + limit >= half or int(values.min()) - limit < -half
    if limit and dataset.PixelRepresentation and beyond:
        reason = _(
            "JPEG-LS knows no sign: with loss, a value as near to the end of the signed range "
            "as these could come back at the other end."
        )
        raise CompressionError(reason)


def _cannot_take(dataset: Dataset, syntax: UID) -> CompressionError:
    names = ("Rows", "Columns", "PhotometricInterpretation", "BitsAllocated", "BitsStored")
    told = [short(dataset.get(name), 20) for name in names]
    return CompressionError(
        _(
            "The encoder of {name} cannot take such a picture: {rows} × {columns} pixels, "
            "{photometric}, {allocated} bits allocated, {stored} stored.",
            name=syntax.name,
            rows=told[0],
            columns=told[1],
            photometric=told[2],
            allocated=told[3],
            stored=told[4],
        )
    )
