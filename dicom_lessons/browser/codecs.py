"""JPEG 2000 and JPEG-LS in a browser, where imagecodecs alone has them, as plug-ins of pydicom.

They stand where pylibjpeg and pyjpegls stand elsewhere, and take the same options. pydicom reads
and writes RLE and, with Pillow, reads baseline JPEG by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom import uid

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner
    from pydicom.pixels.encoders.base import EncodeRunner

LABEL = "imagecodecs in a browser"
_JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
_J2K = (uid.JPEG2000Lossless, uid.JPEG2000)
_HTJ2K = (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
_NEEDS = ("numpy", "imagecodecs")
DECODER_DEPENDENCIES = dict.fromkeys((*_JPEG_LS, *_J2K, *_HTJ2K), _NEEDS)
ENCODER_DEPENDENCIES = dict.fromkeys((*_JPEG_LS, *_J2K), _NEEDS)
ENCODERS = dict.fromkeys(ENCODER_DEPENDENCIES, LABEL)
_TRIES = 12


def is_available(syntax: str) -> bool:
    """Say whether this plug-in decodes a transfer syntax; pydicom asks it."""
    return syntax in DECODER_DEPENDENCIES


def settle() -> None:
    """Let pydicom ask these plug-ins."""
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.encoders.base import get_encoder

    for syntax in DECODER_DEPENDENCIES:
        get_decoder(syntax).add_plugin(LABEL, (__name__, decode_frame.__name__))
    for syntax in ENCODER_DEPENDENCIES:
        get_encoder(syntax).add_plugin(LABEL, (__name__, encode_frame.__name__))


def decode_frame(coded: bytes, runner: DecodeRunner) -> bytes:
    """Decode one frame; pydicom calls it.

    Returns
    -------
    bytes
        Little endian, colour by pixel, colours as coded. In ``runner`` the bits allocated are set
        to those of the returned values.
    """
    import imagecodecs

    decode = (
        imagecodecs.jpegls_decode if runner.transfer_syntax in _JPEG_LS
        else imagecodecs.jpeg2k_decode
    )  # fmt: skip
    values: Any = decode(coded)
    runner.set_option("bits_allocated", 8 * values.dtype.itemsize)
    runner.set_option("planar_configuration", 0)
    found = values.astype(values.dtype.newbyteorder("<"))
    if runner.transfer_syntax in _JPEG_LS and runner.pixel_representation:
        # JPEG-LS knows no sign: the bits above those stored are put right (PS3.5 §8.2.3)
        spare = found.dtype.itemsize * 8 - runner.bits_stored
        found = (found.view(found.dtype.str.replace("u", "i")) << spare) >> spare
    content: bytes = found.tobytes()
    return content


def encode_frame(native: bytes, runner: EncodeRunner) -> bytes:
    """Encode one frame; pydicom calls it.

    Raises
    ------
    ValueError
        If an option does not fit the transfer syntax.
    """
    import numpy as np

    size = runner.bits_allocated // 8
    signed = runner.pixel_representation and runner.transfer_syntax in _J2K
    values = np.frombuffer(native, f"<{'i' if signed else 'u'}{size}")
    colours = (3,) if runner.samples_per_pixel == 3 else ()
    values = values.reshape(runner.rows, runner.columns, *colours)
    if runner.transfer_syntax in _JPEG_LS:
        return _jpeg_ls(values, runner)
    return _jpeg2000(values, runner)


def _jpeg_ls(values: Any, runner: EncodeRunner) -> bytes:
    import imagecodecs

    near = runner.get_option("jls_error", 0)
    if near and runner.transfer_syntax == uid.JPEGLSLossless:
        raise ValueError("JPEG-LS Lossless takes no 'jls_error'")
    if runner.bits_stored < 8 * values.dtype.itemsize:
        values = values & (2**runner.bits_stored - 1)
    return bytes(imagecodecs.jpegls_encode(values, near))


def _jpeg2000(values: Any, runner: EncodeRunner) -> bytes:
    import imagecodecs

    rates, qualities = runner.get_option("j2k_cr"), runner.get_option("j2k_psnr")
    if bool(rates or qualities) == (runner.transfer_syntax == uid.JPEG2000Lossless):
        raise ValueError("JPEG 2000 takes one of 'j2k_cr' and 'j2k_psnr', JPEG 2000 Lossless none")
    options: dict[str, Any] = {
        "codecformat": "J2K",
        "bitspersample": runner.bits_stored,
        "mct": str(runner.photometric_interpretation).startswith("YBR"),
    }
    if not rates and not qualities:
        return bytes(imagecodecs.jpeg2k_encode(values, reversible=True, **options))
    options["reversible"] = False
    if qualities:
        return bytes(imagecodecs.jpeg2k_encode(values, level=qualities[-1], **options))
    most = values.size * runner.bits_stored / 8 / rates[-1]
    return _largest(lambda level: imagecodecs.jpeg2k_encode(values, level=level, **options), most)


def _largest(encode: Any, most: float) -> bytes:
    """Return the best codestream that is not larger: imagecodecs asks for quality, not for size."""
    low, high = 1.0, 120.0
    best = bytes(encode(low))
    for _try in range(_TRIES):
        middle = (low + high) / 2
        coded = bytes(encode(middle))
        if len(coded) <= most:
            low, best = middle, coded
            if len(coded) > 0.98 * most:
                break
        else:
            high = middle
    return best
