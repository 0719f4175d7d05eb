"""Decode JPEG and JPEG 2000 by the package imagecodecs, as a plug-in of pydicom's decoders.

It reads what the other permissive packages do not: JPEG Lossless, and JPEG of 12 bits (PS3.5
§A.4.1, §A.4.2). Its other codecs stay unused: given broken frames, some end the process or hang.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from pydicom import uid
from pydicom.pixels.decoders.base import Decoder, DecodeRunner, get_decoder

LABEL = "imagecodecs"
INSTALLED = find_spec(LABEL) is not None
_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1)
_J2K = (
    uid.JPEG2000Lossless,
    uid.JPEG2000,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.HTJ2K,
)
DECODER_DEPENDENCIES = dict.fromkeys((*_JPEG, *_J2K), ("numpy", LABEL))


def is_available(syntax: str) -> bool:
    """Say whether this plug-in decodes a transfer syntax here; pydicom asks it."""
    return INSTALLED and syntax in DECODER_DEPENDENCIES


def decode_frame(coded: bytes, runner: DecodeRunner) -> bytes:
    """Decode one frame; pydicom calls it.

    Returns
    -------
    bytes
        Little endian, colour by pixel; as coded: colours are not converted. In ``runner`` the
        bits allocated are set to those of the returned values.
    """
    import imagecodecs

    if runner.transfer_syntax in _J2K:
        values = imagecodecs.jpeg2k_decode(coded)
    else:
        same: dict[str, Any] = {"colorspace": "RGB", "outcolorspace": "RGB"}
        values = imagecodecs.jpeg8_decode(coded, **(same if runner.samples_per_pixel == 3 else {}))
    runner.set_option("bits_allocated", 8 * values.dtype.itemsize)
    runner.set_option("planar_configuration", 0)
    found = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    if runner.transfer_syntax in _JPEG and runner.pixel_representation:
        # JPEG knows no sign: the bits above those stored are put right (PS3.5 §8.2.1)
        spare = found.dtype.itemsize * 8 - runner.bits_stored
        signed = found.view(found.dtype.str.replace("u", "i"))
        found = (signed << spare) >> spare
    return found.tobytes()


@cache
def decoder_with(name: str, syntax: uid.UID) -> Decoder:
    """Return pydicom's decoder of a transfer syntax that has the plug-in of this name.

    Ours is not among those that ``pixel_array`` asks, unless :func:`add_decoder` puts it there.
    """
    if name != LABEL:
        return get_decoder(syntax)
    decoder = Decoder(syntax)
    decoder.add_plugin(LABEL, (__name__, decode_frame.__name__))
    return decoder


def add_decoder() -> None:
    """Let pydicom itself ask imagecodecs too, after the plug-ins that it has.

    From then on ``pixel_array`` and ``decompress`` read JPEG Lossless and 12-bit JPEG.
    """
    for syntax in DECODER_DEPENDENCIES:
        decoder = get_decoder(syntax)
        named = (*decoder.available_plugins, *decoder.missing_dependencies)
        if not any(each.startswith(LABEL) for each in named):
            decoder.add_plugin(LABEL, (__name__, decode_frame.__name__))
