"""The attributes of the Image Pixel Module one by one, each by its best reading (PS3.3 C.7.6.3)."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import UID, RLELossless

from dicom_lessons.pixels import codestream
from dicom_lessons.pixels.decoders import NATIVE
from dicom_lessons.pixels.elements import attribute, number, numbers, text
from dicom_lessons.pixels.notes import PixelError, note
from dicom_lessons.text import _, short

ELEMENTS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
FLOATS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_GREY = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_SECTION = "PS3.3 §C.7.6.3.1"


def pixel_data(dataset: Dataset) -> tuple[str, bytes]:
    """Return the keyword and the bytes of the pixels.

    Raises
    ------
    PixelError
        If there are none.
    """
    element = next((keyword for keyword in ELEMENTS if keyword in dataset), "PixelData")
    data = attribute(dataset, element)
    if isinstance(data, bytes | bytearray) and data:
        return element, bytes(data)
    raise PixelError(_("This object holds no pixels."))


def is_colour(dataset: Dataset) -> bool:
    """Say whether the picture is in colour (PS3.3 C.7.6.3.1.2)."""
    return not interpretation(dataset)[1].startswith("MONOCHROME")


def interpretation(dataset: Dataset) -> tuple[int, str]:
    """Return Samples per Pixel and Photometric Interpretation, so that they fit the pixels."""
    told = text(dataset, "PhotometricInterpretation").upper()
    found = number(dataset, "SamplesPerPixel", 3 if told in _COLOUR else 1)
    samples = int(found) if found in (1, 2, 3, 4) else 0
    if samples not in (1, 3) or told in (_COLOUR if samples == 3 else _GREY):
        return samples, told
    section = "PS3.3 §C.7.6.3.1.2"
    if told in _GREY + _COLOUR:
        really = _samples_stored(dataset, samples)
        if really != samples:
            seen = {"samples": samples, "told": told, "really": really}
            what = _("{samples} does not fit {told}: the pixels have {really}", **seen)
            note(what, "SamplesPerPixel", "", section)
            return really, told
    best = "MONOCHROME2" if samples == 1 else "YBR_FULL" if told[:3] == "YBR" else "RGB"
    what = _("it is missing: taken as {best}", best=best)
    if told:
        seen = {"told": short(told, 20), "samples": samples, "best": best}
        what = _("{told} does not fit Samples per Pixel {samples}: taken as {best}", **seen)
    note(what, "PhotometricInterpretation", "", section)
    return samples, best


def _samples_stored(dataset: Dataset, told: int) -> int:
    """Return how many samples a pixel has, by the length of Pixel Data or the first frame."""
    try:
        data, syntax = pixel_data(dataset)[1], transfer_syntax(dataset)
        pixels = count_of(dataset, "Rows") * count_of(dataset, "Columns")
        size = pixels * count_of(dataset, "BitsAllocated") * frames_announced(dataset) // 8
    except PixelError:
        return told
    if syntax == RLELossless:
        start = 16 + int.from_bytes(data[4:8], "little")
        return 1 if data[start] in (1, 2) else 3
    if syntax not in NATIVE:
        parsed = codestream.parse(data[: 2**16])
        return parsed.samples if parsed else told
    fitting = [samples for samples in (1, 3) if 0 <= len(data) - samples * size <= 1]
    return fitting[0] if fitting else told


def zero_or_one(dataset: Dataset, keyword: str, meaning: str) -> int:
    """Return 0 or 1; 0, with a note on what that means, if it is neither."""
    found = number(dataset, keyword)
    if found not in (0, 1):
        what = _("it is missing, or neither 0 nor 1: taken as 0, {meaning}", meaning=meaning)
        note(what, keyword, "", _SECTION)
        return 0
    return int(found)


def bits_of(dataset: Dataset, allocated: int, is_float: bool) -> tuple[int, int]:
    """Return Bits Stored and High Bit (PS3.5 §8.1.1)."""
    if is_float or allocated == 1:
        return allocated, allocated - 1
    stored = number(dataset, "BitsStored")
    if not _is_count(stored, allocated):
        seen = {"allocated": allocated}
        what = _("it is missing, or not from 1 to {allocated}: taken as {allocated}", **seen)
        note(what, "BitsStored", "", "PS3.5 §8.1.1")
        stored = allocated
    right = int(stored) - 1
    high = number(dataset, "HighBit")
    if high == right:
        return int(stored), right
    if not (_is_count(high, allocated - 1) and high > right):
        note(_("it cannot be: taken as {right}", right=right), "HighBit", "", "PS3.5 §8.1.1")
        return int(stored), right
    return int(stored), int(high)


def frames_announced(dataset: Dataset) -> int:
    """Return Number of Frames (0028,0008), 1 where it is absent or cannot be."""
    found = numbers(dataset, "NumberOfFrames")[:1]
    if not found or _is_count(found[0], 2**31 - 1):
        return int((*found, 1)[0])
    if found[0] == found[0]:  # of what is no number, it is noted already
        what = _("{value} cannot be: taken as 1", value=found[0])
        note(what, "NumberOfFrames", "", "PS3.3 §C.7.6.6")
    return 1


def _is_count(found: float, most: int) -> bool:
    return 1 <= found <= most and found == int(found)


def count_of(dataset: Dataset, keyword: str) -> int:
    found = numbers(dataset, keyword)
    if len(found) != 1 or not _is_count(found[0], 2**16 - 1):
        raise PixelError(_("{keyword} is missing or is no count.", keyword=keyword))
    return int(found[0])


def transfer_syntax(dataset: Dataset) -> UID:
    found = text(getattr(dataset, "file_meta", None) or Dataset(), "TransferSyntaxUID")
    if not found:
        reason = _(
            "There is no Transfer Syntax UID (0002,0010). If you know it, set "
            "ds.file_meta.TransferSyntaxUID."
        )
        raise PixelError(reason)
    return UID(found)
