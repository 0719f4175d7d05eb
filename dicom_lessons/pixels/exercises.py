"""Exercises of lesson 07a: from stored numbers to grey levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import (
    Choice,
    Code,
    Exercise,
    Mistake,
    Option,
    Prediction,
    Value,
)
from dicom_lessons.text import N_


def _tenths(answer: Any) -> float:
    return round(forms.number(answer), 1)


WARM_UP = (
    Choice(
        name="pixels-w1",
        question=N_("Which argument of save_as brings the UIDs of the header in step?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Lesson 06 changed a SOP Instance UID and found its copy unchanged."),
            N_("The argument asks for a file that keeps the rules of PS3.10."),
            N_("Its name ends with format."),
        ),
        options=(
            Option(
                N_("overwrite=False"),
                N_("It only refuses to write over a file that is there."),
            ),
            Option(
                N_("enforce_file_format=True"),
                N_("It copies class and instance from the data set into group 0002."),
            ),
            Option(
                N_("little_endian=True"),
                N_("It concerns the order of bytes, and the transfer syntax says that already."),
            ),
        ),
    ),
    Choice(
        name="pixels-w2",
        question=N_("A chest picture was read from a storage phosphor plate. Its Modality?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("It is a projection, taken with a plate and not with a detector."),
            N_("A laser reads the plate afterwards."),
            N_("Computed radiography."),
        ),
        options=(
            Option("DX", N_("DX comes straight from a digital detector.")),
            Option("RF", N_("RF is fluoroscopy: a film of moving organs.")),
            Option("CR", N_("Computed Radiography: a plate is exposed, then read by a laser.")),
        ),
    ),
    Choice(
        name="pixels-w3",
        question=N_("How does Explicit VR Little Endian store the 16-bit number 0x0489?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("It is 1161, and you will meet it again in a minute."),
            N_("The little end goes first."),
            N_("89 is the low byte."),
        ),
        options=(
            Option("04 89", N_("That is big endian, which is retired.")),
            Option("89 04", N_("The low byte comes first, in pixels as in lengths.")),
            Option(
                N_("as this computer does it"),
                N_("The transfer syntax decides, whatever the computer is."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="pixels-p1",
        question=N_("Which is the largest number that 12 unsigned bits can hold?"),
        solution="largest = 2**12 - 1",
        why=N_("12 bits have 4096 patterns, and the first of them is zero."),
        hints=(
            N_("How many different patterns do 12 bits have?"),
            N_("2**12 of them, and counting begins with 0."),
            N_("4096 − 1"),
        ),
        mistakes=(
            Mistake("largest = 4096", N_("There are 4096 patterns, but one of them means 0.")),
            Mistake("largest = 65535", N_("That takes all 16 allocated bits.")),
            Mistake("largest = 2047", N_("So it would be with a sign.")),
        ),
    ),
    Prediction(
        name="pixels-p2",
        question=N_("Does the array hold Hounsfield units: True or False?"),
        solution="claim = False",
        why=N_("The array holds stored values; slope and intercept turn them into units."),
        hints=(
            N_("Air has about −1000 Hounsfield units."),
            N_("Pixel Representation is 0: no stored value is below zero."),
            N_("So something has to be subtracted."),
        ),
        mistakes=(
            Mistake(
                "claim = True",
                N_("Then air would be about −1000, and unsigned numbers have no minus."),
            ),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="pixels-p3",
        question=N_("Which grey level does the value 240 get, center 40 and width 400?"),
        solution="level = 255",
        why=N_("239 is the last value inside the window; whatever is above is white as well."),
        hints=(
            N_("Where does the window end?"),
            N_("At 40 − 0.5 + 399 / 2 = 239."),
            N_("Above the end everything is white."),
        ),
        mistakes=(
            Mistake("level = 256", N_("8 bits end at 255.")),
            Mistake("level = 255.6", N_("The formula holds inside the window only.")),
            Mistake("level = 0", N_("Black is below the window.")),
        ),
        form=_tenths,
    ),
    Prediction(
        name="pixels-p4",
        question=N_("Does apply_voi_lut give grey levels from 0 to 255: True or False?"),
        solution="levels = False",
        why=N_("pydicom spreads the window over all values that could be stored, here to 3071."),
        hints=(
            N_("pydicom does not know on what you will show the picture."),
            N_("8 bits are the business of a screen."),
            N_("Its output has the range of its input, whatever the window is."),
        ),
        mistakes=(
            Mistake("levels = True", N_("That is what a screen needs; pydicom leaves it to you.")),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="pixels-p5",
        question=N_("Does pydicom invert MONOCHROME1 by itself: True or False?"),
        solution="inverts = False",
        why=N_("Neither pixel_array nor apply_voi_lut inverts: the last step is yours."),
        hints=(
            N_("pixel_array gives stored values, whatever they mean."),
            N_("apply_voi_lut looks at the window only."),
            N_("Photometric Interpretation concerns the screen."),
        ),
        mistakes=(
            Mistake("inverts = True", N_("Then the lungs would be dark in the picture above.")),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="pixels-p6",
        question=N_("How many millimetres wide is this picture, to one decimal?"),
        solution="width = round(16 * 0.596847, 1)",
        why=N_("The second number is the distance between columns, and there are 16 of them."),
        hints=(
            N_("Which of the two numbers is the step from one column to the next?"),
            N_("Row spacing comes first: it is the step from one row down to the next."),
            N_("16 × 0.596847"),
        ),
        mistakes=(
            Mistake("width = 8.7", N_("0.545455 is the step between rows: that is the height.")),
            Mistake("width = 16", N_("These are columns, not millimetres.")),
            Mistake("width = 9.6", N_("9.5496 has 9.5 as its one decimal.")),
        ),
        form=_tenths,
    ),
)

EXPLORATION = (
    Choice(
        name="pixels-q1",
        question=N_("By its values, what is the round spot in the right lung made of?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("The patient's right side is on the left of the picture."),
            N_("Point at the spot and read the modality value, or draw a region in it."),
            N_("Compare it with the muscles of the back, then with the lung around it."),
        ),
        options=(
            Option(N_("air"), N_("Air has about −1000, and the lung around it about −850.")),
            Option(
                N_("soft tissue"),
                N_("Its values are near those of muscle: a lump of tissue in a lung of air."),
            ),
            Option(N_("bone"), N_("Bone begins at some hundreds; look at a rib.")),
        ),
    ),
)


def _words() -> Sequence[tuple[object, ...]]:
    return [
        (0x0FFF, 12, 0),
        (0x0FFF, 12, 1),
        (0xF7FF, 12, 1),
        (0xA123, 12, 0),
        (0xFC18, 16, 1),
        (0x0200, 10, 1),
    ]


def _for_windows() -> Sequence[tuple[object, ...]]:
    return [
        (np.array([-1000, -161, -160]), 40, 400),
        (np.array([-159, 0, 39.5]), 40, 400),
        (np.array([40, 239, 239.5]), 40, 400),
        (np.array([-600.0, -599, 240]), -600, 1500),
        (np.array([[39, 40], [41, 42]]), 41, 2),
    ]


def _for_eight_bits() -> Sequence[tuple[object, ...]]:
    return [
        (np.array([0, 300, 1839, 4000, 65535], "uint16"), 0, 65535),
        (np.array([-32768, -1000, 0, 1000, 32767], "int16"), -32768, 32767),
        (np.array([0, 100, 201, 255, 256, 3000], "uint16"), 100, 300),
        (np.array([-500.0, 1.0, 17.3, 81.0]), -100, 100),
    ]


def _levels(answer: Any) -> list[object]:
    return [str(answer.dtype), answer]


def _for_display() -> Sequence[tuple[object, ...]]:
    plate = samples.read("dicomdirtests/77654033/CR1/6154")
    plate.PhotometricInterpretation = "MONOCHROME2"
    return [(samples.read(name),) for name in ("virtual/cr", "virtual/ct", "virtual/dx")] + [
        (plate,)
    ]


def _distances() -> Sequence[tuple[object, ...]]:
    return [
        ([0.545455, 0.596847], (2, 3), (14, 3)),
        ([0.545455, 0.596847], (2, 3), (2, 15)),
        ([0.5, 2.0], (10, 10), (4, 2)),
    ]


_STORED = """\
def stored_value(word, bits_stored, pixel_representation):
    value = word & (2**bits_stored - 1)
    if pixel_representation == 1 and value >= 2 ** (bits_stored - 1):
        value -= 2**bits_stored
    return value
"""
_WINDOW = """\
import numpy as np


def window(values, center, width):
    low = center - 0.5 - (width - 1) / 2
    high = center - 0.5 + (width - 1) / 2
    grey = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    grey = np.where(values <= low, 0, grey)
    return np.where(values > high, 255, grey)
"""
_EXACT = """\
import numpy as np


def window(values, center, width):
    grey = ((values - center) / width + 0.5) * 255
    return np.clip(grey, 0, 255)
"""
_EIGHT_BITS = """\
import numpy as np


def to_eight_bits(values, low, high):
    grey = (values.astype(float) - low) / (high - low) * 255
    return np.rint(np.clip(grey, 0, 255)).astype("uint8")
"""
_DISPLAY = """\
from dicom_lessons import pixels


def display(dataset):
    values = pixels.modality_values(dataset.pixel_array, dataset)
    grey = pixels.apply_window(values, pixels.windows(dataset)[0])
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    return grey.round().astype("uint8")
"""
_ONLY_ONE = (
    '    if dataset.PhotometricInterpretation == "MONOCHROME1":\n        grey = 255 - grey\n'
)
_DISTANCE = """\
import math


def distance(pixel_spacing, start, end):
    down = (end[0] - start[0]) * pixel_spacing[0]
    across = (end[1] - start[1]) * pixel_spacing[1]
    return math.hypot(down, across)
"""

GRADED: tuple[Exercise, ...] = (
    Code(
        name="pixels-1",
        question=N_(
            "Write stored_value(word, bits_stored, pixel_representation), which returns the stored "
            "value that a 16-bit word holds."
        ),
        solution=_STORED,
        why=N_("First the bits that are stored, then the sign: what lies above is no value."),
        hints=(
            N_("Two steps: throw away the bits that are not stored, then look at the sign."),
            N_("word & (2**bits_stored - 1) keeps the lower bits."),
            N_(
                "With a sign, a value of at least 2**(bits_stored - 1) is too large by "
                "2**bits_stored."
            ),
        ),
        mistakes=(
            Mistake(
                _STORED.replace("word & (2**bits_stored - 1)", "word"),
                N_("The unused bits may hold anything: mask them away first."),
            ),
            Mistake(
                _STORED.replace("pixel_representation == 1 and ", ""),
                N_("Only with Pixel Representation 1 the highest stored bit is a sign."),
            ),
            Mistake(
                _STORED.replace(
                    "    if pixel_representation == 1 and value >= 2 ** (bits_stored - 1):\n"
                    "        value -= 2**bits_stored\n",
                    "",
                ),
                N_("With Pixel Representation 1 the highest stored bit is the sign."),
            ),
        ),
        cases=_words,
        form=forms.integer,
    ),
    Value(
        name="pixels-2",
        question=N_(
            "Which of the squares A, B and C lies in air, which in water and which in bone? Write "
            "the letter of the square in air, then of the one in water, then of the one in bone."
        ),
        solution='order = "cab"',
        why=N_("About −990, 0 and some hundreds: three materials, told apart by numbers alone."),
        hints=(
            N_("Take the mean of the Hounsfield units in each square."),
            N_("Air is near −1000, water is 0."),
            N_("belly_hu[201:209, 316:324].mean() is that of A."),
        ),
        mistakes=(
            Mistake('order = "bca"', N_("First the square in air, then in water, then in bone.")),
            Mistake('order = "abc"', N_("Take the mean in each square: A is not air.")),
            Mistake('order = "bac"', N_("Bone has the highest values, air the lowest.")),
            Mistake('order = "acb"', N_("0 is water: by that the scale was made.")),
            Mistake('order = "cba"', N_("Water is 0, and bone has some hundreds.")),
        ),
        form=forms.order_of(3),
    ),
    Code(
        name="pixels-3",
        question=N_(
            "Write window(values, center, width), which returns the grey levels from 0 to 255 of "
            "an array of values by the function LINEAR, not rounded."
        ),
        solution=_WINDOW,
        why=N_("Formula and both ends agree with PS3.3 C.11.2.1.2.1, to the last digit."),
        hints=(
            N_("Three parts: below the window, above it, inside."),
            N_("np.where(condition, one, other) chooses for each member of an array."),
            N_("grey = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255 is the inside."),
        ),
        mistakes=(
            Mistake(
                _EXACT,
                N_("This is LINEAR_EXACT, without the − 0.5 and the − 1; LINEAR is the default."),
            ),
            Mistake(
                _WINDOW.replace("    grey = np.where(values <= low, 0, grey)\n", ""),
                N_("Values below the window become negative: they have to be black."),
            ),
            Mistake(
                _WINDOW.replace("np.where(values > high, 255, grey)", "grey"),
                N_("Values above the window pass 255: they have to be white."),
            ),
            Mistake(
                _WINDOW.replace("* 255\n", "* 255\n    grey = np.floor(grey)\n"),
                N_("You rounded; the exercise asks for the numbers as they are."),
            ),
            Mistake(
                _WINDOW.replace("* 255\n", "* 255\n    grey = np.rint(grey)\n"),
                N_("You rounded; the exercise asks for the numbers as they are."),
            ),
            Mistake(
                _WINDOW.replace("/ (width - 1)", "/ width"),
                N_("w − 1, not w: from the first value to the last there are w − 1 steps."),
            ),
        ),
        cases=_for_windows,
    ),
    Code(
        name="pixels-4",
        question=N_(
            "Write to_eight_bits(values, low, high), which turns an array of any type into uint8: "
            "low and less become 0, high and more become 255, what lies between is spread evenly "
            "and rounded."
        ),
        solution=_EIGHT_BITS,
        why=N_("Into floating point first, then clip, round, and only then cast."),
        hints=(
            N_("In which type are the intermediate results? uint16 and int16 overflow in silence."),
            N_("values.astype(float) first; np.clip(grey, 0, 255) before the cast."),
            N_('End with np.rint(np.clip(grey, 0, 255)).astype("uint8").'),
        ),
        mistakes=(
            Mistake(
                'def to_eight_bits(values, low, high):\n    return values.astype("uint8")\n',
                N_("A cast keeps the lowest 8 bits and throws the others away: 256 becomes 0."),
            ),
            Mistake(
                _EIGHT_BITS.replace(
                    "(values.astype(float) - low) / (high - low) * 255",
                    "(values - values.dtype.type(low)) * values.dtype.type(255) / (high - low)",
                ),
                N_("The product or the difference overflows in 16 bits: go to floats first."),
            ),
            Mistake(
                _EIGHT_BITS.replace("values.astype(float)", "values"),
                N_("values - low overflows in int16, in silence: go to floats first."),
            ),
            Mistake(
                _EIGHT_BITS.replace("values.astype(float)", "np.clip(values, low, high)"),
                N_("Clipping is right, but - low still overflows in int16: floats first."),
            ),
            Mistake(
                _EIGHT_BITS.replace("np.clip(grey, 0, 255)", "grey % 256"),
                N_("What lies outside has to be clipped; here it begins anew."),
            ),
            Mistake(
                _EIGHT_BITS.replace('.astype("uint8")', ""),
                N_("The numbers are right, but the type is not uint8."),
            ),
            Mistake(
                _EIGHT_BITS.replace("np.rint(np.clip(grey, 0, 255))", "np.clip(grey, 0, 255)"),
                N_("A cast cuts the fraction off: round before it."),
            ),
        ),
        cases=_for_eight_bits,
        form=_levels,
    ),
    Code(
        name="pixels-5",
        question=N_(
            "Write display(dataset), which returns a grey image as uint8, rounded, with the first "
            "window of its file, so that air is dark."
        ),
        solution=_DISPLAY,
        why=N_("The window first, then the inversion, and only where the file asks for it."),
        hints=(
            N_(
                "Modality values, then apply_window with the window of the file; then ask whether "
                "it is MONOCHROME1."
            ),
            N_("Invert grey levels, not stored values: 255 - grey."),
            N_('if dataset.PhotometricInterpretation == "MONOCHROME1": grey = 255 - grey'),
        ),
        mistakes=(
            Mistake(
                _DISPLAY.replace(_ONLY_ONE, ""),
                N_("The chest is inverted: its smallest values have to be white."),
            ),
            Mistake(
                _DISPLAY.replace(_ONLY_ONE, "    grey = 255 - grey\n"),
                N_("Now the CT is inverted: only MONOCHROME1 asks for it."),
            ),
            Mistake(
                _DISPLAY.replace("        grey = 255 - grey\n", "        grey = -grey\n"),
                N_("Negative numbers do not fit into uint8: invert by 255 - grey."),
            ),
            Mistake(
                _DISPLAY.replace(
                    "pixels.modality_values(dataset.pixel_array, dataset)", "dataset.pixel_array"
                ),
                N_("A window is in modality values: rescale the stored values first."),
            ),
            Mistake(
                _DISPLAY.replace('PhotometricInterpretation == "MONOCHROME1"', 'Modality == "CR"'),
                N_("Not every CR is MONOCHROME1: ask for Photometric Interpretation."),
            ),
            Mistake(
                _DISPLAY.replace(".round()", ""),
                N_("A cast cuts the fraction off: round before it."),
            ),
            Mistake(
                _DISPLAY.replace('.astype("uint8")', ""),
                N_("The grey levels are right, but the type is not uint8."),
            ),
        ),
        cases=_for_display,
        form=_levels,
    ),
    Code(
        name="pixels-6",
        question=N_(
            "Write distance(pixel_spacing, start, end), which returns the distance in millimetres "
            "between two pixels, each given as (row, column)."
        ),
        solution=_DISTANCE,
        why=N_("Rows with the first number, columns with the second, and Pythagoras at the end."),
        hints=(
            N_("How far is it down, and how far across, each in millimetres?"),
            N_("Down: difference of rows times pixel_spacing[0]."),
            N_("Then math.hypot(down, across)."),
        ),
        mistakes=(
            Mistake(
                _DISTANCE.replace("pixel_spacing[0]", "swap")
                .replace("pixel_spacing[1]", "pixel_spacing[0]")
                .replace("swap", "pixel_spacing[1]"),
                N_("Pixel Spacing begins with the step between rows, which is the vertical one."),
            ),
            Mistake(
                _DISTANCE.replace(" * pixel_spacing[0]", "").replace(" * pixel_spacing[1]", ""),
                N_("These are pixels; a pixel is not a millimetre."),
            ),
            Mistake(
                _DISTANCE.replace("math.hypot(down, across)", "abs(down) + abs(across)"),
                N_("That is the way round the corner; the straight way is shorter."),
            ),
        ),
        cases=_distances,
        form=forms.number,
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, *EXPLORATION, *GRADED)
