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
from pydicom import DataElement, Dataset, FileDataset, config
from pydicom.datadict import tag_for_keyword
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
)

from dicom_lessons import reading
from dicom_lessons.clinic import making
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.clinic.looks import border_is_bright
from dicom_lessons.clinic.making import Unfit, changes, native, opened, saved
from dicom_lessons.pixels import stored_values
from dicom_lessons.text import _

NAME = "Иванов^Иван^Петрович"
BOMB = reading.MOST_INFLATED + 2**20
"""Bytes of zeros in the deflate bomb: a little more than this course reads."""
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
_PADDING = 0xFFFCFFFC


# ---- before the data set


def no_file_meta(raw: bytes) -> bytes:
    """Leave out preamble, prefix and group 0002 (PS3.10 §7.1)."""
    plain = saved(native(raw))
    return plain[Inside(plain, "").start :]


def wrong_transfer_syntax(raw: bytes) -> bytes:
    """Name a transfer syntax that the bytes do not have (PS3.5 §10)."""
    inside = Inside(raw, "")
    if inside.syntax.is_deflated:
        raise Unfit(_("it is deflated"))
    encapsulated = inside.syntax.is_encapsulated
    named = ExplicitVRLittleEndian if encapsulated else ExplicitVRBigEndian
    if inside.syntax == named:
        named = ExplicitVRLittleEndian
    return making.renamed(raw, named)


@changes(opened)
def uids_at_odds(dataset: FileDataset) -> None:
    """Give the data set a new SOP Instance UID, and leave the file meta information as it is."""
    if not dataset.get("SOPInstanceUID"):
        raise Unfit(_("it has no SOP Instance UID"))
    dataset.SOPInstanceUID = f"2.25.{making.number(dataset.SOPInstanceUID)}"


def tiff_twin(raw: bytes) -> bytes:
    """Make the file a TIFF picture as well, harmlessly: both show the same pixels."""
    dataset = native(raw)
    samples, allocated = dataset.get("SamplesPerPixel", 1), dataset.get("BitsAllocated", 8)
    if allocated not in (8, 16) or samples != 1 or "NumberOfFrames" in dataset:
        raise Unfit(_("a TIFF of this picture would need more than one strip"))
    dataset.pop(_PADDING, None)
    plain = saved(dataset)
    pixels = making.element(plain, tag_for_keyword("PixelData"))
    header = struct.pack("<HH2s2xI", 0xFFFC, 0xFFFC, b"OB", 0)
    directory = len(plain) + len(header)
    white_is_zero = dataset.PhotometricInterpretation == "MONOCHROME1"
    entries = (
        (256, dataset.Columns), (257, dataset.Rows), (258, allocated), (259, 1),
        (262, 0 if white_is_zero else 1), (273, pixels.value_offset), (277, 1),
        (278, dataset.Rows), (279, pixels.length or 0),
    )  # fmt: skip
    table = struct.pack("<H", len(entries))
    table += b"".join(struct.pack("<HHII", tag, 4, 1, number) for tag, number in entries)
    table += bytes(4)
    header = header[:8] + struct.pack("<I", len(table))
    preamble = b"II*\0" + struct.pack("<I", directory) + bytes(120)
    return preamble + plain[128:] + header + table


def deflate_bomb(raw: bytes) -> bytes:
    """Deflate the data set with so many zeros behind it that no program should inflate it."""
    dataset = native(raw)
    plain = saved(dataset)
    start = Inside(plain, "").start
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(plain[start:])
    body += packer.compress(struct.pack("<HH2s2xI", 0xFFFC, 0xFFFC, b"OB", BOMB))
    zeros = bytes(2**20)
    body += b"".join(packer.compress(zeros) for _time in range(BOMB // len(zeros)))
    body += packer.flush()
    body += bytes(len(body) % 2)
    return making.renamed(plain[:start], DeflatedExplicitVRLittleEndian) + body


# ---- lengths, delimiters, VRs


def truncated_pixels(raw: bytes) -> bytes:
    """Cut the file off within native pixels."""
    plain = saved(native(raw))
    pixels = making.element(plain, tag_for_keyword("PixelData"))
    return plain[: pixels.value_offset + (pixels.length or 0) * 7 // 10]


def truncated_fragments(raw: bytes) -> bytes:
    """Cut the file off within the last fragment of compressed pixels."""
    packed = making.compressed(raw)
    fragments = [each for each in Inside(packed, "").elements if each.kind == "fragment"]
    if not fragments or not fragments[-1].length:
        raise Unfit(_("it has no fragments"))
    last = fragments[-1]
    return packed[: last.value_offset + (last.length or 0) * 6 // 10]


def odd_length(raw: bytes) -> bytes:
    """Take the last byte of a text away, and count it away in its length (PS3.5 §7.1.1)."""
    inside = Inside(raw, "")
    for each in inside.elements if inside.whole.inflated is None else ():
        kind = each.VR in ("LO", "SH", "PN", "CS") and not each.depth and each.tag.group != 2
        if kind and each.length and each.length >= 4 and each.tag != 0x00080005:
            cut = raw[: each.end - 1] + raw[each.end :]
            short = each.explicit
            size = each.value_offset - (2 if short else 4)
            order = "<" if inside.map.little_endian else ">"
            number = struct.pack(f"{order}{'H' if short else 'I'}", each.length - 1)
            return cut[:size] + number + cut[each.value_offset :]
    raise Unfit(_("it has no text"))


def no_delimiter(raw: bytes) -> bytes:
    """Take away the delimiter that ends the fragments (PS3.5 §A.4)."""
    packed = making.compressed(raw)
    pixels = making.element(packed, tag_for_keyword("PixelData"))
    if packed[pixels.end - 8 : pixels.end] != _DELIMITER:
        raise Unfit(_("it has no delimiter"))
    return packed[: pixels.end - 8] + packed[pixels.end :]


def wrong_vr(raw: bytes) -> bytes:
    """Write a number as text: VR LO where the dictionary has IS or DS (PS3.6 chapter 6)."""
    inside = Inside(raw, "")
    for keyword in ("InstanceNumber", "SeriesNumber", "AcquisitionNumber"):
        tag = tag_for_keyword(keyword)
        for each in inside.elements if inside.whole.inflated is None else ():
            if each.tag == tag and each.explicit and not each.depth:
                return raw[: each.offset + 4] + b"LO" + raw[each.offset + 6 :]
    raise Unfit(_("it has no number with a stored VR"))


@changes(opened)
def long_decimal(dataset: FileDataset) -> None:
    """Write a decimal string of 18 characters, where 16 are allowed (PS3.5 §6.2)."""
    known = ("SliceThickness", "KVP", "PatientWeight", "EchoTime", "DoseGridScaling")
    keyword = next((each for each in known if each in dataset), None)
    if keyword is None:
        raise Unfit(_("it has no decimal string"))
    tag, mode = tag_for_keyword(keyword) or 0, config.IGNORE
    dataset[tag] = DataElement(tag, "DS", "0.3333333333333333", validation_mode=mode)


# ---- text and UIDs


def wrong_character_set(raw: bytes) -> bytes:
    """Write a Cyrillic name in ISO_IR 144, and name ISO_IR 100 (PS3.3 C.12.1.1.2)."""
    dataset = opened(raw)
    if dataset.get("SpecificCharacterSet", "ISO_IR 100") not in ("ISO_IR 100", "ISO_IR 6", ""):
        raise Unfit(_("its text is in another character set"))
    list(dataset.iterall())
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 144", NAME
    written = saved(dataset)
    if written.count(b"ISO_IR 144") != 1:
        raise Unfit(_("it is deflated"))
    return written.replace(b"ISO_IR 144", b"ISO_IR 100")


@changes(opened)
def lost_text(dataset: FileDataset) -> None:
    """Write a name in a set that has none of its letters: question marks are left."""
    list(dataset.iterall())
    dataset.PatientName = "??????^????^????????"


@changes(opened)
def invented_uid(dataset: FileDataset) -> None:
    """Give the instance a UID of 2. and a random number: nobody registered that arc (PS3.5 §9)."""
    if not dataset.get("SOPInstanceUID"):
        raise Unfit(_("it has no SOP Instance UID"))
    uid = UID(f"2.{making.number(dataset.SOPInstanceUID)}", config.IGNORE)
    dataset.SOPInstanceUID = uid
    dataset.file_meta.MediaStorageSOPInstanceUID = uid


@changes(opened)
def emptied_uid(dataset: FileDataset) -> None:
    """Empty the UID of a reference, as some de-identifiers do (PS3.3 §10.8: Type 1)."""
    if "SOPClassUID" not in dataset:
        raise Unfit(_("it has no SOP Class UID"))
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = dataset.SOPClassUID, ""
    dataset.ReferencedStudySequence = [item]


@changes(opened)
def seg_modality(dataset: FileDataset) -> None:
    """Write Modality SEG into a CT image, as found in public archives."""
    if dataset.get("SOPClassUID") != CTImageStorage:
        raise Unfit(_("it is no CT image"))
    dataset.Modality = "SEG"


# ---- pixels


@changes(opened)
def wrong_rows(dataset: FileDataset) -> None:
    """Say that there are fewer rows than there are."""
    if "PixelData" not in dataset or dataset.get("NumberOfFrames", 1) != 1 or dataset.Rows < 8:
        raise Unfit(_("it has no pixels, or several frames"))
    dataset.Rows = dataset.Rows * 3 // 4 + 1


@changes(native)
def planar_configuration(dataset: FileDataset) -> None:
    """Say that colours lie pixel by pixel where they lie plane by plane, or the other way round."""
    if dataset.get("SamplesPerPixel") != 3 or dataset.BitsAllocated != 8:
        raise Unfit(_("it is not in colours of 8 bits"))
    colours = np.frombuffer(dataset.PixelData, np.uint8)
    whole = len(colours) >= 3 * dataset.Rows * dataset.Columns
    if dataset.Rows < 8 or not whole or colours.std() < 10:
        raise Unfit(_("its colours are halved, or all alike"))
    dataset.PlanarConfiguration = 1 - dataset.PlanarConfiguration


@changes(native)
def monochrome1_as_2(dataset: FileDataset) -> None:
    """Label a negative as a positive; of a positive, the negative is made first."""
    told = dataset.get("PhotometricInterpretation", "")
    if not told.startswith("MONOCHROME") or dataset.BitsAllocated not in (8, 16):
        raise Unfit(_("it is no grey picture"))
    if told == "MONOCHROME2":
        kind = "i" if dataset.PixelRepresentation else "u"
        pixels = np.frombuffer(dataset.PixelData, f"<{kind}{dataset.BitsAllocated // 8}")
        turned = int(pixels.min()) + int(pixels.max()) - pixels.astype(np.int32)
        dataset.PixelData = turned.astype(pixels.dtype).tobytes()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if not border_is_bright(dataset, stored_values(dataset)):
        raise Unfit(_("its surroundings are not dark: nobody could tell"))


@changes(opened)
def rescale_lost(dataset: FileDataset) -> None:
    """Leave out Rescale Slope and Intercept, which a CT needs (PS3.3 §C.8.2.1)."""
    if "RescaleSlope" not in dataset or dataset.get("Modality") not in ("CT", "PT"):
        raise Unfit(_("it has no Rescale Slope"))
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        dataset.pop(keyword, None)


def jpeg_scan_header(raw: bytes) -> bytes:
    """Write 0 for 63 at the end of spectral selection (ITU-T T.81 B.2.3)."""
    if Inside(raw, "").syntax not in (JPEGBaseline8Bit, JPEGExtended12Bit):
        raise Unfit(_("it is no sequential JPEG"))
    broken, place = bytearray(raw), raw.find(b"\xff\xda")
    found = 0
    while place >= 0:
        end = place + 2 + int.from_bytes(raw[place + 2 : place + 4], "big")
        if raw[end - 3 : end] == b"\0\x3f\0":
            broken[end - 2] = 0
            found += 1
        place = raw.find(b"\xff\xda", place + 2)
    if not found:
        raise Unfit(_("it is no sequential JPEG"))
    return bytes(broken)


def compressed_ow(raw: bytes) -> bytes:
    """Leave the VR of native pixels, OW, on compressed ones (PS3.5 §A.4)."""
    packed = making.compressed(raw)
    pixels = making.element(packed, tag_for_keyword("PixelData"))
    return packed[: pixels.offset + 4] + b"OW" + packed[pixels.offset + 6 :]


# ---- series


def shuffled_series(files: Sequence[bytes]) -> list[bytes]:
    """Give the slices of a series numbers in no order."""
    numbers = sorted(range(1, len(files) + 1), key=lambda one: hashlib.sha256(b"%d" % one).digest())
    if len(files) < 4:
        raise Unfit(_("it has too few slices"))
    return [making.numbered(raw, number) for raw, number in zip(files, numbers, strict=True)]


def incomplete_series(files: Sequence[bytes]) -> list[bytes]:
    """Leave one slice out, neither the first nor the last along the normal."""
    if len(files) < 5:
        raise Unfit(_("it has too few slices"))
    places = sorted(files, key=making.place)
    return [raw for raw in files if raw is not places[len(places) // 2]]
