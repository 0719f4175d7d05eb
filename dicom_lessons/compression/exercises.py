"""Exercises of lesson 07b: colour, compression, and pixels written back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from dicom_lessons import pixels, samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import (
    Choice,
    Code,
    Exercise,
    Mistake,
    Option,
    Parsons,
    Prediction,
    Repair,
    Value,
)
from dicom_lessons.text import N_

STRIP = 60
_MAY_CHANGE = ("SOPInstanceUID", "PixelData", "PlanarConfiguration", "BurnedInAnnotation")

WARM_UP = (
    Choice(
        name="compression-w1",
        question=N_("In which order do the steps from a stored value to the screen come?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("A window is given in Hounsfield units."),
            N_("So the units come before the window."),
            N_("MONOCHROME1 comes last."),
        ),
        options=(
            Option(
                N_("rescale, window, invert"),
                N_("Units first, then the choice of values, then light or dark."),
            ),
            Option(
                N_("window, rescale, invert"),
                N_("A window is given in modality values, so these have to be there first."),
            ),
            Option(
                N_("invert, rescale, window"),
                N_("Whoever inverts stored values gets other Hounsfield units."),
            ),
        ),
    ),
    Choice(
        name="compression-w2",
        question=N_("What does the UID 1.2.840.10008.1.2.4.90 identify?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("UID(…).type tells."),
            N_("1.2.840.10008.1.2 itself is Implicit VR Little Endian; these are its kin."),
            N_("It says how a data set is encoded."),
        ),
        options=(
            Option(
                N_("an instance"),
                N_("No picture of a patient has such a UID: this root belongs to the standard."),
            ),
            Option(
                N_("a SOP class"),
                N_("Storage classes begin with 1.2.840.10008.5.1.4.1.1."),
            ),
            Option(
                N_("a transfer syntax"),
                N_("JPEG 2000, lossless only: one of many ways to encode an object."),
            ),
        ),
    ),
    Choice(
        name="compression-w3",
        question=N_("How does a program find the end of Pixel Data of undefined length?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Compressed pixels lie in fragments."),
            N_("Each fragment is an item with a length of its own."),
            N_("(FFFE,E0DD)"),
        ),
        options=(
            Option(
                N_("By Rows times Columns"),
                N_("That is the size after decoding; compressed pixels are shorter."),
            ),
            Option(
                N_("By the delimiter behind the last fragment"),
                N_("Item after item, until (FFFE,E0DD) comes (PS3.5 §A.4)."),
            ),
            Option(
                N_("It searches the bytes FE FF DD E0"),
                N_("They may occur within a fragment by chance: go from item to item."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="compression-p1",
        question=N_("How many bytes does Pixel Data of this colour picture take?"),
        solution="count = 240 * 320 * 3",
        why=N_("Three samples of one byte for each of 240 × 320 pixels."),
        hints=(
            N_("How many samples does a pixel have?"),
            N_("Samples per Pixel is 3, Bits Allocated is 8."),
            N_("240 × 320 × 3"),
        ),
        mistakes=(
            Mistake("count = 240 * 320", N_("That is one sample per pixel: a grey picture.")),
            Mistake("count = 240 * 320 * 24", N_("These are bits; a byte has eight of them.")),
        ),
    ),
    Prediction(
        name="compression-p2",
        question=N_("Is what pixel_array gives by default red, green and blue: True or False?"),
        solution="is_rgb = True",
        why=N_(
            "pydicom 3 converts YBR to RGB by itself, and leaves Photometric Interpretation as it "
            "is."
        ),
        hints=(
            N_("Photometric Interpretation describes what is stored, not what you get."),
            N_("Look at the picture: a grey ultrasound should be grey."),
            N_("Only raw=True gives Y, Cb and Cr."),
        ),
        mistakes=(
            Mistake(
                "is_rgb = False",
                N_("So it was before pydicom 3; whoever converts again spoils the colours."),
            ),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="compression-p3",
        question=N_(
            "Is the command pip install pydicom enough to see every picture: True or False?"
        ),
        solution="enough = False",
        why=N_("pydicom alone decodes native, deflated and RLE pixels; the rest needs packages."),
        hints=(
            N_("Which packages did the readiness check of lesson 00 name?"),
            N_("JPEG, JPEG-LS and JPEG 2000 are large standards of their own."),
            N_("Even pixel_array itself needs numpy."),
        ),
        mistakes=(Mistake("enough = True", N_("Then every line above would list pydicom.")),),
        form=forms.truth,
    ),
    Prediction(
        name="compression-p4",
        question=N_("Does compress mark the object as lossy: True or False?"),
        solution="marked = False",
        why=N_("pydicom 3.0 encodes the pixels; what has become of them, you have to write down."),
        hints=(
            N_("The mark is (0028,2110), Lossy Image Compression."),
            N_("JPEG 2000 can be lossless or lossy; the transfer syntax does not tell."),
            N_("Look for it in the data set after compress."),
        ),
        mistakes=(
            Mistake(
                "marked = True",
                N_("It would be good to have; but then the lines above would begin with True."),
            ),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="compression-p5",
        question=N_("After decompressing, is the object lossless again: True or False?"),
        solution="lossless = False",
        why=N_("The bytes are native, the values are still the changed ones: 01 stays for ever."),
        hints=(
            N_("What was lost, a decoder cannot know."),
            N_("Compare the values with the original."),
            N_("(0028,2110) must stay 01 (PS3.3 C.7.6.1.1.5)."),
        ),
        mistakes=(
            Mistake("lossless = True", N_("A decoder gives back what was encoded, not more.")),
        ),
        form=forms.truth,
    ),
)

EXPLORATION = (
    Choice(
        name="compression-q1",
        question=N_("Which coding promises how large its largest error can be?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Compare the numbers in the names with the largest errors."),
            N_("A rate such as 20 : 1 promises a size, not an error."),
            N_("Near-lossless are the lines “JPEG-LS, off by … at most”."),
        ),
        options=(
            Option(
                N_("JPEG 2000 at 10 : 1"),
                N_("It promises the size; the largest error depends on the picture."),
            ),
            Option(
                N_("JPEG-LS near-lossless"),
                N_("No value errs by more than the limit that was set; the size follows."),
            ),
            Option(
                N_("RLE"),
                N_("It loses nothing at all, so there is no error to be promised."),
            ),
        ),
    ),
)


def _cards() -> Sequence[tuple[object, ...]]:
    card = np.arange(2 * 3 * 3, dtype="uint8").reshape(2, 3, 3)
    planes = card.transpose(2, 0, 1)
    return [
        (card.tobytes(), 2, 3, 0, 1, 2),
        (planes.tobytes(), 2, 3, 1, 1, 2),
        (planes.tobytes(), 2, 3, 1, 0, 1),
        (card.tobytes(), 2, 3, 0, 0, 0),
    ]


def _for_marks() -> Sequence[tuple[object, ...]]:
    once = Dataset()
    once.LossyImageCompression = "01"
    once.LossyImageCompressionRatio = "4.5"
    once.LossyImageCompressionMethod = "ISO_10918_1"
    return [(Dataset(), 10.25, "ISO_15444_1"), (once, 8, "ISO_15444_1")]


def _covered(path: Path) -> str:
    dataset = dcmread(path)
    before = samples.read("virtual/sc")
    old, new = pixels.stored_values(before), pixels.stored_values(dataset)
    if new.shape != old.shape:
        return N_("The picture has another size or another number of samples than before.")
    if new[:STRIP].any():
        return N_(
            "The upper 60 rows are not black: was only the array changed and not Pixel Data, or "
            "was it compressed with loss?"
        )
    if not np.array_equal(new[STRIP:], old[STRIP:]):
        return N_("Pixels below the strip have changed: keep them, and compress without loss.")
    if dataset.SOPInstanceUID == before.SOPInstanceUID:
        return N_("Other pixels are another instance: it needs a SOP Instance UID of its own.")
    if dataset.file_meta.get("MediaStorageSOPInstanceUID") != dataset.SOPInstanceUID:
        return N_("The meta information names another SOP Instance UID than the data set.")
    kept = [element for element in before if element.keyword not in _MAY_CHANGE]
    if any(element.tag not in dataset or dataset[element.tag] != element for element in kept):
        return N_("Another element than the pixels has changed or is missing: keep it.")
    return ""


_PIXEL = """\
def pixel(data, rows, columns, planar_configuration, row, column):
    place = row * columns + column
    if planar_configuration == 0:
        return list(data[3 * place : 3 * place + 3])
    plane = rows * columns
    return [data[place], data[plane + place], data[2 * plane + place]]
"""
_MARK = """\
def mark_lossy(dataset, ratio, method):
    dataset.LossyImageCompression = "01"
    for keyword, value in [
        ("LossyImageCompressionRatio", ratio),
        ("LossyImageCompressionMethod", method),
    ]:
        earlier = dataset.get(keyword, [])
        earlier = [earlier] if isinstance(earlier, (str, float)) else list(earlier)
        setattr(dataset, keyword, [*earlier, value])
    return dataset
"""
_MARK_AGAIN = """\
def mark_lossy(dataset, ratio, method):
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionRatio = ratio
    dataset.LossyImageCompressionMethod = method
    return dataset
"""
_COVER = """\
from pathlib import Path

from dicom_lessons import samples

capture = samples.read("virtual/sc")
array = capture.pixel_array.copy()
array[:60] = 0
capture.set_pixel_data(array, "RGB", bits_stored=8)
Path("my_work").mkdir(exist_ok=True)
capture.save_as("my_work/covered.dcm", enforce_file_format=True)
covered_file = "my_work/covered.dcm"
"""
_SET = 'capture.set_pixel_data(array, "RGB", bits_stored=8)\n'

GRADED: tuple[Exercise, ...] = (
    Code(
        name="compression-1",
        question=N_(
            "Write pixel(data, rows, columns, planar_configuration, row, column), which returns "
            "the red, green and blue values of one pixel as a list, from the bytes of Pixel Data."
        ),
        solution=_PIXEL,
        why=N_("Side by side, or a plane after the other: one element says which."),
        hints=(
            N_("How many pixels stand before this one? Whole rows first."),
            N_(
                "With 0, each of them takes three bytes; with 1, each plane is rows * columns long."
            ),
            N_(
                "place = row * columns + column; with 1: data[place], data[plane + place], "
                "data[2 * plane + place]."
            ),
        ),
        mistakes=(
            Mistake(
                _PIXEL.replace("planar_configuration == 0", "True"),
                N_("With Planar Configuration 1 all red values come first, then all green ones."),
            ),
            Mistake(
                _PIXEL.replace("row * columns + column", "row * rows + column"),
                N_("A row is as long as there are columns."),
            ),
        ),
        cases=_cards,
    ),
    Code(
        name="compression-2",
        question=N_(
            "Write mark_lossy(dataset, ratio, method), which sets Lossy Image Compression, adds "
            "the ratio and the method to those of earlier compressions, and returns the data set."
        ),
        solution=_MARK,
        why=N_("Each lossy step leaves its ratio and its method behind; 01 stays."),
        hints=(
            N_("The three elements are (0028,2110), (0028,2112) and (0028,2114)."),
            N_(
                "Lossy Image Compression is the text 01; the other two grow by one value each time."
            ),
            N_(
                "earlier = dataset[keyword].value if it is there; with VM 1 make it a list: "
                "[earlier]."
            ),
        ),
        mistakes=(
            Mistake(
                _MARK_AGAIN,
                N_("The object had been compressed before: keep the earlier ratio and method."),
            ),
            Mistake(
                _MARK.replace('= "01"', '= "1"'),
                N_("The value is the text 01, with its zero."),
            ),
            Mistake(
                _MARK.replace('= "01"', "= 1"),
                N_("The value is a text, and its zero belongs to it: 01."),
            ),
            Mistake(
                _MARK.replace('    dataset.LossyImageCompression = "01"\n', ""),
                N_("Lossy Image Compression itself is missing."),
            ),
        ),
        cases=_for_marks,
        form=Dataset.to_json_dict,
    ),
    Value(
        name="compression-3",
        question=N_("Which of the eight transfer syntaxes keep every value for certain?"),
        solution='lossless = ["a", "c", "e", "g"]',
        why=N_("JPEG 2000 and HTJ2K without “lossless” in their names may be either."),
        hints=(
            N_("Four of them say so in their names, or compress the whole data set like a zip."),
            N_("Near-lossless is lossy."),
            N_("f and h may be lossless, but the syntax does not promise it."),
        ),
        mistakes=(
            Mistake(
                'lossless = ["a", "c", "d", "e", "g"]',
                N_("Near-lossless means: with a loss that has a limit."),
            ),
            Mistake(
                'lossless = ["a", "c", "e", "f", "g", "h"]',
                N_("The syntaxes f and h allow both; for certain is less."),
            ),
            Mistake(
                'lossless = ["c", "e", "g"]',
                N_("Deflate is the method of zip archives: every byte comes back."),
            ),
        ),
        form=forms.list_of(forms.letter_of(8), ordered=False),
    ),
    Repair(
        name="compression-4",
        question=N_(
            "Write a copy of virtual/sc into my_work/covered.dcm in which the upper 60 rows are "
            "black and everything else is as before."
        ),
        solution=_COVER,
        why=N_("Changed pixels, the others untouched, and a new instance that says who it is."),
        hints=(
            N_("Copy the array, change the copy, and give it back to the data set."),
            N_("set_pixel_data writes the pixels and makes a new SOP Instance UID."),
            N_('array[:60] = 0; capture.set_pixel_data(array, "RGB", bits_stored=8)'),
        ),
        mistakes=(
            Mistake(
                _COVER.replace(_SET, ""),
                N_(
                    "The upper 60 rows are not black: was only the array changed and not Pixel "
                    "Data, or was it compressed with loss?"
                ),
            ),
            Mistake(
                _COVER.replace("array[:60] = 0", "array[:, :60] = 0"),
                N_(
                    "The upper 60 rows are not black: was only the array changed and not Pixel "
                    "Data, or was it compressed with loss?"
                ),
            ),
            Mistake(
                _COVER.replace("bits_stored=8)", "bits_stored=8, generate_instance_uid=False)"),
                N_("Other pixels are another instance: it needs a SOP Instance UID of its own."),
            ),
            Mistake(
                _COVER.replace("[:60] = 0\n", "[:60] = 0\narray[300:] = 0\n"),
                N_("Pixels below the strip have changed: keep them, and compress without loss."),
            ),
            Mistake(
                _COVER.replace(_SET, _SET + "del capture.PatientID\n"),
                N_("Another element than the pixels has changed or is missing: keep it."),
            ),
        ),
        examine=_covered,
    ),
    Parsons(
        name="compression-5",
        question=N_("In which order do these lines change the pixels of a compressed file?"),
        solution='order = "ecafbd"',
        why=N_("Decode, change a copy, write it back, compress, save."),
        hints=(
            N_("What is there before anything else? The data set."),
            N_("Compression comes after the pixels are written back."),
            N_("It begins with e, c, a and ends with d."),
        ),
        mistakes=(
            Mistake(
                'order = "ecabfd"',
                N_("compress comes too early: the changed array is not in the data set yet."),
            ),
            Mistake(
                'order = "ecafdb"',
                N_("Saved before it was compressed: the file on the disc is native."),
            ),
            Mistake(
                'order = "ebcafd"',
                N_("compress refuses: those pixels are compressed already."),
            ),
        ),
        lines=(
            "array[:60] = 0",
            "dataset.compress(RLELossless)",
            "array = dataset.pixel_array.copy()",
            "dataset.save_as(path, enforce_file_format=True)",
            'dataset = samples.read("virtual/sc")',
            'dataset.set_pixel_data(array, "RGB", bits_stored=8)',
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, *EXPLORATION, *GRADED)
