"""Broken files, made from good ones: each function takes the bytes of a file and breaks one thing.

A good file that does not allow the fault, such as one without pixels, raises :class:`Unfit`. All
of it is deterministic, and nothing is written to a disk.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from pydicom import DataElement, Dataset, config, uid
from pydicom.datadict import tag_for_keyword

from dicom_lessons import reading, volume
from dicom_lessons.clinic import making
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.clinic.looks import border_is_bright
from dicom_lessons.clinic.making import native, need, opened, saved
from dicom_lessons.pixels import stored_values
from dicom_lessons.text import _

NAME = "Иванов^Иван^Петрович"
BOMB = reading.MOST_INFLATED + 2**20
"""Bytes of zeros in the deflate bomb: a little more than this course reads."""
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
_PADDING = 0xFFFCFFFC
_PADDING_HEADER = struct.pack("<HH2s2x", 0xFFFC, 0xFFFC, b"OB")


# ---- before the data set


def no_file_meta(raw: bytes) -> bytes:
    """Leave out preamble, prefix and group 0002 (PS3.10 §7.1)."""
    plain = saved(native(raw))
    return plain[Inside(plain, "").start :]


def wrong_transfer_syntax(raw: bytes) -> bytes:
    """Name a transfer syntax that the bytes do not have (PS3.5 §10)."""
    syntax = Inside(raw, "").syntax
    need(not syntax.is_deflated, _("it is deflated"))
    is_other = syntax.is_encapsulated or syntax == uid.ExplicitVRBigEndian
    return making.renamed(raw, uid.ExplicitVRLittleEndian if is_other else uid.ExplicitVRBigEndian)


def uids_at_odds(raw: bytes) -> bytes:
    """Give the data set a new SOP Instance UID, and leave the file meta information as it is."""
    dataset = opened(raw)
    need(dataset.get("SOPInstanceUID"), _("it has no SOP Instance UID"))
    dataset.SOPInstanceUID = f"2.25.{making.number(dataset.SOPInstanceUID)}"
    return saved(dataset)


def tiff_twin(raw: bytes) -> bytes:
    """Make the file a TIFF picture as well, harmlessly: both show the same pixels."""
    dataset = native(raw)
    allocated, is_grey = dataset.get("BitsAllocated", 8), dataset.get("SamplesPerPixel", 1) == 1
    fits = allocated in (8, 16) and is_grey and "NumberOfFrames" not in dataset
    need(fits, _("a TIFF of this picture would need more than one strip"))
    dataset.pop(_PADDING, None)
    plain = saved(dataset)
    pixels, directory = making.element(plain), len(plain) + len(_PADDING_HEADER) + 4
    white_is_zero = dataset.PhotometricInterpretation == "MONOCHROME1"
    entries = (
        (256, dataset.Columns), (257, dataset.Rows), (258, allocated), (259, 1),
        (262, 0 if white_is_zero else 1), (273, pixels.value_offset), (277, 1),
        (278, dataset.Rows), (279, pixels.length or 0),
    )  # fmt: skip
    table = struct.pack("<H", len(entries))
    table += b"".join(struct.pack("<HHII", tag, 4, 1, number) for tag, number in entries)
    table += bytes(4)
    preamble = b"II*\0" + struct.pack("<I", directory) + bytes(120)
    return preamble + plain[128:] + _PADDING_HEADER + struct.pack("<I", len(table)) + table


def deflate_bomb(raw: bytes) -> bytes:
    """Deflate the data set with so many zeros behind it that no program should inflate it."""
    plain = saved(native(raw))
    start = Inside(plain, "").start
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(plain[start:])
    body += packer.compress(_PADDING_HEADER + struct.pack("<I", BOMB))
    zeros = bytes(2**20)
    body += b"".join(packer.compress(zeros) for _time in range(BOMB // len(zeros)))
    body += packer.flush()
    body += bytes(len(body) % 2)
    return making.renamed(plain[:start], uid.DeflatedExplicitVRLittleEndian) + body


# ---- lengths, delimiters, VRs


def truncated_pixels(raw: bytes) -> bytes:
    """Cut the file off within native pixels."""
    plain = saved(native(raw))
    pixels = making.element(plain)
    return plain[: pixels.value_offset + (pixels.length or 0) * 7 // 10]


def truncated_fragments(raw: bytes) -> bytes:
    """Cut the file off within the last fragment of compressed pixels."""
    packed = making.compressed(raw)
    fragments = [each for each in Inside(packed, "").elements if each.kind == "fragment"]
    need(fragments and fragments[-1].length, _("it has no fragments"))
    return packed[: fragments[-1].value_offset + (fragments[-1].length or 0) * 6 // 10]


def odd_length(raw: bytes) -> bytes:
    """Take the last byte of a text away, and count it away in its length (PS3.5 §7.1.1)."""
    inside = Inside(raw, "")
    elements = inside.elements if inside.whole.inflated is None else ()
    texts = [
        each for each in elements
        if each.VR in ("LO", "SH", "PN", "CS") and not each.depth and (each.length or 0) >= 4
        and each.tag.group != 2 and each.tag != 0x00080005
    ]  # fmt: skip
    need(texts, _("it has no text"))
    return making.shortened(raw, inside, texts[0])


def no_delimiter(raw: bytes) -> bytes:
    """Take away the delimiter that ends the fragments (PS3.5 §A.4)."""
    packed = making.compressed(raw)
    end = making.element(packed).end
    need(packed[end - 8 : end] == _DELIMITER, _("it has no delimiter"))
    return packed[: end - 8] + packed[end:]


def wrong_vr(raw: bytes) -> bytes:
    """Write a number as text: VR LO where the dictionary has IS or DS (PS3.6 chapter 6)."""
    inside = Inside(raw, "")
    known = ("InstanceNumber", "SeriesNumber", "AcquisitionNumber")
    numbers = [each for each in (inside.top(tag_for_keyword(one)) for one in known) if each]
    fits = inside.whole.inflated is None and numbers and numbers[0].explicit
    need(fits, _("it has no number with a stored VR"))
    place = numbers[0].offset + 4
    return raw[:place] + b"LO" + raw[place + 2 :]


def long_decimal(raw: bytes) -> bytes:
    """Write a decimal string of 18 characters, where 16 are allowed (PS3.5 §6.2)."""
    dataset = opened(raw)
    known = ("SliceThickness", "KVP", "PatientWeight", "EchoTime", "DoseGridScaling")
    tags = [tag_for_keyword(each) or 0 for each in known if each in dataset]
    need(tags, _("it has no decimal string"))
    text, mode = "0.3333333333333333", config.IGNORE
    dataset[tags[0]] = DataElement(tags[0], "DS", text, validation_mode=mode)
    return saved(dataset)


# ---- text and UIDs


def wrong_character_set(raw: bytes) -> bytes:
    """Write a Cyrillic name in ISO_IR 144, and name ISO_IR 100 (PS3.3 C.12.1.1.2)."""
    dataset = opened(raw)
    is_latin = dataset.get("SpecificCharacterSet", "") in ("ISO_IR 100", "ISO_IR 6", "")
    need(is_latin, _("its text is in another character set"))
    list(dataset.iterall())
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 144", NAME
    written = saved(dataset)
    need(written.count(b"ISO_IR 144") == 1, _("it is deflated"))
    return written.replace(b"ISO_IR 144", b"ISO_IR 100")


def lost_text(raw: bytes) -> bytes:
    """Write a name in a set that has none of its letters: question marks are left."""
    dataset = opened(raw)
    list(dataset.iterall())
    dataset.PatientName = "??????^????^????????"
    return saved(dataset)


def invented_uid(raw: bytes) -> bytes:
    """Give the instance a UID of 2. and a random number: nobody registered that arc (PS3.5 §9)."""
    dataset = opened(raw)
    need(dataset.get("SOPInstanceUID"), _("it has no SOP Instance UID"))
    invented = uid.UID(f"2.{making.number(dataset.SOPInstanceUID)}", config.IGNORE)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = invented
    return saved(dataset)


def emptied_uid(raw: bytes) -> bytes:
    """Empty the UID of a reference, as some de-identifiers do (PS3.3 §10.8: Type 1)."""
    dataset = opened(raw)
    need("SOPClassUID" in dataset, _("it has no SOP Class UID"))
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = dataset.SOPClassUID, ""
    dataset.ReferencedStudySequence = [item]
    return saved(dataset)


def seg_modality(raw: bytes) -> bytes:
    """Write Modality SEG into a CT image, as found in public archives."""
    dataset = opened(raw)
    need(dataset.get("SOPClassUID") == uid.CTImageStorage, _("it is no CT image"))
    dataset.Modality = "SEG"
    return saved(dataset)


# ---- pixels


def wrong_rows(raw: bytes) -> bytes:
    """Say that there are fewer rows than there are."""
    dataset = opened(raw)
    is_single = "PixelData" in dataset and dataset.get("NumberOfFrames", 1) == 1
    need(is_single and dataset.Rows >= 8, _("it has no pixels, or several frames"))
    dataset.Rows = dataset.Rows * 3 // 4 + 1
    return saved(dataset)


def planar_configuration(raw: bytes) -> bytes:
    """Say that colours lie pixel by pixel where they lie plane by plane, or the other way round."""
    dataset = native(raw)
    is_colour = dataset.get("SamplesPerPixel") == 3 and dataset.BitsAllocated == 8
    need(is_colour, _("it is not in colours of 8 bits"))
    colours = np.frombuffer(dataset.PixelData, np.uint8)
    is_whole = dataset.Rows >= 8 and len(colours) >= 3 * dataset.Rows * dataset.Columns
    need(is_whole and colours.std() >= 10, _("its colours are halved, or all alike"))
    dataset.PlanarConfiguration = 1 - dataset.PlanarConfiguration
    return saved(dataset)


def monochrome1_as_2(raw: bytes) -> bytes:
    """Label a negative as a positive; of a positive, the negative is made first."""
    dataset = native(raw)
    told = dataset.get("PhotometricInterpretation", "")
    is_grey = told.startswith("MONOCHROME") and dataset.BitsAllocated in (8, 16)
    need(is_grey, _("it is no grey picture"))
    if told == "MONOCHROME2":
        kind = "i" if dataset.PixelRepresentation else "u"
        pixels = np.frombuffer(dataset.PixelData, f"<{kind}{dataset.BitsAllocated // 8}")
        turned = int(pixels.min()) + int(pixels.max()) - pixels.astype(np.int32)
        dataset.PixelData = turned.astype(pixels.dtype).tobytes()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    is_clear = border_is_bright(dataset, stored_values(dataset))
    need(is_clear, _("its surroundings are not dark: nobody could tell"))
    return saved(dataset)


def rescale_lost(raw: bytes) -> bytes:
    """Leave out Rescale Slope and Intercept, which a CT needs (PS3.3 §C.8.2.1)."""
    dataset = opened(raw)
    has_slope = "RescaleSlope" in dataset and dataset.get("Modality") in ("CT", "PT")
    need(has_slope, _("it has no Rescale Slope"))
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        dataset.pop(keyword, None)
    return saved(dataset)


def jpeg_scan_header(raw: bytes) -> bytes:
    """Write 0 for 63 at the end of spectral selection (ITU-T T.81 B.2.3)."""
    is_jpeg = Inside(raw, "").syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
    broken, place = bytearray(raw), raw.find(b"\xff\xda")
    while is_jpeg and place >= 0:
        end = place + 2 + int.from_bytes(raw[place + 2 : place + 4], "big")
        if raw[end - 3 : end] == b"\0\x3f\0":
            broken[end - 2] = 0
        place = raw.find(b"\xff\xda", place + 2)
    need(broken != raw, _("it is no sequential JPEG"))
    return bytes(broken)


def compressed_ow(raw: bytes) -> bytes:
    """Leave the VR of native pixels, OW, on compressed ones (PS3.5 §A.4)."""
    packed = making.compressed(raw)
    place = making.element(packed).offset + 4
    return packed[:place] + b"OW" + packed[place + 2 :]


# ---- series


def shuffled_series(files: Sequence[bytes]) -> list[bytes]:
    """Give the slices of a series numbers in no order."""
    numbers = sorted(range(1, len(files) + 1), key=lambda one: hashlib.sha256(b"%d" % one).digest())
    need(len(files) >= 4, _("it has too few slices"))
    slices = [opened(raw) for raw in files]
    for one, number in zip(slices, numbers, strict=True):
        one.InstanceNumber = number
    return [saved(one) for one in slices]


def incomplete_series(files: Sequence[bytes]) -> list[bytes]:
    """Leave one slice out, neither the first nor the last along the normal."""
    need(len(files) >= 5, _("it has too few slices"))
    middle = volume.sort_slices([opened(raw) for raw in files])[len(files) // 2].given
    return [raw for place, raw in enumerate(files) if place != middle]
