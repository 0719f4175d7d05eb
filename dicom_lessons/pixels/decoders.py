"""Who decodes a transfer syntax here, and what to do, true for its kind, where nobody does."""

from __future__ import annotations

from contextlib import suppress

from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicom_lessons import browser
from dicom_lessons.browser import codecs
from dicom_lessons.pixels import plugin
from dicom_lessons.pixels.notes import PixelError
from dicom_lessons.text import N_, _, short

_IN_A_BROWSER = (codecs.LABEL,) if browser.HERE else ()
DECODERS = ("pylibjpeg", "pyjpegls", "pillow", *_IN_A_BROWSER, plugin.LABEL, "pydicom")
NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
)
# Encapsulated Uncompressed, and Deflated Image Frame Compression (PS3.5 §A.4.11, §A.4.13)
WRAPPED = ("1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1")

_JPEG = N_("Convert the file with another program: dcmdjpeg of DCMTK, or gdcmconv --raw of GDCM.")
_VIDEO = N_(
    "It is a film: join its fragments (pydicom.encaps.generate_fragments), save them as a file, "
    "and open that with a video player or ffmpeg."
)
_XL = N_(
    "Save each frame (pydicom.encaps.generate_frames) as a file .jxl: djxl of libjxl reads it."
)
_JPIP = N_(
    "The pixels are not in the file: a server has them, whose address is in Pixel Data Provider "
    "URL (0028,7FE0)."
)
_RLE = N_("The program dcmdrle of DCMTK may decode it: let it convert the file.")
_JPEG_LS = N_("The program dcmdjpls of DCMTK may decode it: let it convert the file.")
_J2K = N_("Convert the file with another program, such as gdcmconv --raw of GDCM.")
_PART_2 = N_("Convert the file with a program that reads JPEG 2000 Part 2.")
_CURES = {
    "1.2.840.10008.1.2.5": _RLE,
    "1.2.840.113619.5.2": N_(
        "It is private to GE: implicit VR, with pixels in big endian. Convert the file with "
        "gdcmconv --raw of GDCM."
    ),
}
# last numbers of UIDs under 1.2.840.10008.1.2.4, from and to
_CODED = {
    (50, 70): _JPEG,
    (80, 81): _JPEG_LS,
    (90, 91): _J2K,
    (92, 93): _PART_2,
    (94, 95): _JPIP,
    (100, 108): _VIDEO,
    (110, 112): _XL,
    (204, 205): _JPIP,
}
_NAMES = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
}
_LOOK = N_("Ask whoever made the file for another transfer syntax.")


def decoders_of(syntax: UID) -> list[str]:
    """Return the decoders to try, in our order; gdcm, which can kill the kernel, never.

    Raises
    ------
    PixelError
        If there is none; the message says what to do.
    """
    if syntax in NATIVE or syntax in WRAPPED:
        return []
    if found := plugins_of(syntax):
        return found
    what = _("No decoder here for transfer syntax {name}.", name=_name(syntax))
    raise PixelError(f"{what} {cure_of(syntax)}")


def plugins_of(syntax: UID) -> list[str]:
    """Return the plug-ins that decode a transfer syntax here, in our order; maybe none."""
    available = {plugin.LABEL} if plugin.is_available(syntax) else set()
    with suppress(NotImplementedError):
        available.update(get_decoder(syntax).available_plugins)
    return [name for name in DECODERS if name in available]


def cure_of(syntax: UID) -> str:
    """Return what to do with a transfer syntax that cannot be decoded here, as a sentence."""
    if syntax in _CURES:
        return _(_CURES[syntax])
    last = syntax.removeprefix("1.2.840.10008.1.2.4.").partition(".")[0]
    if syntax.startswith("1.2.840.10008.1.2.4.") and last.isdigit():
        for (lowest, highest), cure in _CODED.items():
            if lowest <= int(last) <= highest:
                return _(cure)
    return _(_LOOK)


def _name(syntax: UID) -> str:
    """Return name and UID of a transfer syntax, and the UID once if it has no name."""
    uid = short(syntax)
    name = _NAMES.get(syntax) or short(syntax.name, 99)
    return uid if name == uid else f"{name} ({uid})"
