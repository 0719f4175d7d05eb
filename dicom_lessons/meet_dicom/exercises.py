"""Exercises of lesson 00: what DICOM is, recognising a file, choosing a program."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import (
    Choice,
    Code,
    Exercise,
    Mistake,
    Option,
    Parsons,
    Prediction,
    Value,
)
from dicom_lessons.text import N_


def four_bytes(answer: object) -> bytes:
    """Return bytes in any form, or from the letters themselves.

    >>> four_bytes("DICM") == four_bytes(b"DICM") == four_bytes("44 49 43 4D")
    True
    """
    try:
        return forms.raw_bytes(answer)
    except TypeError:
        if isinstance(answer, str):
            return answer.strip().encode()
        raise


@cache
def _files() -> tuple[Path, ...]:
    workplace = TemporaryDirectory(prefix="is_dicom-")
    atexit.register(workplace.cleanup)
    contents = {
        "letter.dcm": b"Dear colleague, this is a letter and no more. " * 5,
        "about_DICM.txt": b"The letters DICM stand in a text. ".ljust(200, b"."),
        "start.bin": b"DICM".ljust(200, b"."),
        "lower.dcm": bytes(128) + b"dicm" + bytes(50),
        "cut_short.dcm": bytes(128) + b"DI",
        "empty.dcm": b"",
        "picture.png": samples.path("MR_small").read_bytes(),
    }
    paths = []
    for name, content in contents.items():
        path = Path(workplace.name, name)
        path.write_bytes(content)
        paths.append(path)
    without_extension = samples.path("dicomdirtests/77654033/CR1/6154")
    return (samples.path("CT_small"), without_extension, *paths)


def _paths() -> list[tuple[object, ...]]:
    return [(path,) for path in _files()]


PREDICTIONS = (
    Prediction(
        name="meet_dicom-p1",
        question=N_("Does this DICOM file hold the element Pixel Data: True or False?"),
        form=forms.truth,
        solution="""\
from dicom_lessons import samples
answer = "PixelData" in samples.read("waveform_ecg")
""",
        why=N_("An electrocardiogram is a set of curves: there are no pixels in the file."),
        hints=(
            N_("What does an electrocardiogram look like on paper?"),
            N_("A curve is a list of voltages over time."),
            N_("A list of voltages needs no pixels."),
        ),
    ),
    Prediction(
        name="meet_dicom-p2",
        question=N_("How many of these 184 files have no extension in their name?"),
        solution="""\
from dicom_lessons import samples
paths = [samples.path(name) for name in samples.names(source="bundled")]
answer = sum(path.suffix == "" for path in paths)
""",
        why=N_("88 of them have no extension, and each is read like the others."),
        hints=(
            N_("Think of the disc that a patient takes home."),
            N_("On such discs, extensions are not allowed."),
            N_("It is nearly half of them."),
        ),
    ),
    Prediction(
        name="meet_dicom-p3",
        question=N_("How many of the seven files carry the letters DICM at bytes 128 to 131?"),
        solution="answer = 6",
        why=N_("Six are copies of one file, whatever their names; the seventh is a text."),
        hints=(
            N_("Copying does not change the bytes of a file."),
            N_("Neither does a name."),
            N_("Count the files that were written with the bytes of the CT."),
        ),
    ),
    Prediction(
        name="meet_dicom-p4",
        question=N_("How many of its 258 elements will differ from the original?"),
        solution="""\
from dicom_lessons import samples
original, edited = samples.read("CT_small"), samples.read("CT_small")
edited.PatientID = "LESSON00"
answer = sum(element != original[element.tag] for element in edited)
""",
        why=N_("One. An editor changes what you name and leaves the rest alone."),
        hints=(
            N_("One line assigns one value."),
            N_("Nothing else is mentioned in that line."),
            N_("The count is the number of elements that the line names."),
        ),
    ),
)

VERDICTS = (
    Choice(
        name="meet_dicom-t1",
        question=N_("MITK Workbench and 3D Slicer are DICOM editors: what is your verdict?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Look at the column “Kind” of the table."),
            N_("To edit is to change elements of a file and to leave the rest alone."),
            N_("Both programs segment and register images."),
        ),
        options=(
            Option(
                N_("Right: both open DICOM files and can save them again."),
                N_("Opening and saving does not make an editor: what they save is a new object."),
            ),
            Option(
                N_("Imprecise: only one of the two is an editor."),
                N_("Neither is. Compare what the table says on their purpose."),
            ),
            Option(
                N_("Wrong: both are platforms for the analysis of images."),
                N_("They segment, register and show in 3D. Editors of elements are other tools."),
            ),
        ),
    ),
    Choice(
        name="meet_dicom-t2",
        question=N_(
            "A wrong Patient ID stands in 2000 files, nothing else may change: what do you take?"
        ),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Which kind of program changes elements?"),
            N_("2000 files ask for something that a script can call."),
            N_("Filter the table by the kind “editor”."),
        ),
        options=(
            Option(
                N_("3D Slicer"),
                N_("It analyses images; what it exports is a new object, not your corrected file."),
            ),
            Option(
                N_("dcmodify or pydicom"),
                N_("Both change one element in many files; lesson 06 shows how, safely."),
            ),
            Option(N_("Weasis"), N_("It is a viewer: it shows the wrong Patient ID very well.")),
            Option(N_("ITK-SNAP"), N_("It outlines organs in volumes; it edits no elements.")),
        ),
    ),
)

GRADED = (
    Choice(
        name="meet_dicom-1",
        question=N_("What does DICOM standardise?"),
        solution='standardised = "b"',
        why="",
        hints=(
            N_("You have opened a picture, a curve, a plan and a report."),
            N_("Count the rows of the table above."),
            N_("Look for the answer that names more than files."),
        ),
        options=(
            Option(
                N_("The format of picture files, as PNG and JPEG do."),
                N_("Pictures are one kind of object. The ECG and the plan hold none."),
            ),
            Option(
                N_("Objects and services, their encoding, network, media, web and security."),
                N_("A file on a disc is one of the ways in which an object travels."),
            ),
            Option(
                N_("How a diagnosis follows from a picture."),
                N_("That is medicine. DICOM carries a report, but not the reasoning behind it."),
            ),
            Option(
                N_("The menus and buttons of viewers."),
                N_("Makers of programs are free there; DICOM says what the data mean."),
            ),
        ),
    ),
    Value(
        name="meet_dicom-2",
        question=N_("Which four bytes stand at offsets 128 to 131 of the sample MR_small?"),
        form=four_bytes,
        solution="""\
from dicom_lessons import samples
prefix = samples.path("MR_small").read_bytes()[128:132]
""",
        why=N_("This is the prefix: by it, software recognises a DICOM file (PS3.10 §7.1)."),
        hints=(
            N_("samples.path gives a path; its method read_bytes gives all bytes of the file."),
            N_("A slice of Python stops before its second number."),
            N_("Take the slice [128:132] of the bytes."),
        ),
        mistakes=(
            Mistake(
                'prefix = b"DIC"',
                N_("One is missing: [128:131] stops before offset 131. Write [128:132]."),
            ),
            Mistake(
                'prefix = b"ICM"',
                N_("The first is missing: offsets count from 0, so the preamble ends at 127."),
            ),
            Mistake(
                r'prefix = b"\x00DIC"',
                N_("One too early: the preamble fills offsets 0 to 127."),
            ),
            Mistake(
                r'prefix = b"ICM\x02"',
                N_("One too late: offsets count from 0, so 128 bytes fill offsets 0 to 127."),
            ),
            Mistake(
                "from dicom_lessons import samples\n"
                'prefix = samples.path("MR_small").read_bytes()[:4]',
                N_("These are the first four bytes of the file: skip the 128 of the preamble."),
            ),
            Mistake(
                'prefix = b"DICOM"',
                N_("It is not the name of the standard: read the bytes of the file."),
            ),
        ),
    ),
    Code(
        name="meet_dicom-3",
        question=N_(
            "Complete is_dicom(path): True if bytes 128 to 131 of the file are the letters DICM, "
            "otherwise False, for files of any length."
        ),
        cases=_paths,
        form=forms.truth,
        solution="""\
def is_dicom(path):
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
""",
        why=N_("Names played no part. In pydicom, pydicom.misc.is_dicom does the same."),
        hints=(
            N_("Read the bytes as in exercise 2, but from the path that is given."),
            N_("Compare a slice with b'DICM': the b makes it bytes, not text."),
            N_("Compare path.read_bytes()[128:132] with b'DICM', and return what comes out."),
        ),
        mistakes=(
            Mistake(
                'def is_dicom(path):\n    return path.suffix == ".dcm"',
                N_("The name decides here, but letter.dcm is a letter, and many files lack .dcm."),
            ),
            Mistake(
                'def is_dicom(path):\n    return b"DICM" in path.read_bytes()',
                N_("The place counts: any text may hold these letters somewhere."),
            ),
            Mistake(
                'def is_dicom(path):\n    return path.read_text()[128:132] == "DICM"',
                N_("A DICOM file is no text, and read_text stumbles over it: use read_bytes."),
            ),
            Mistake(
                'def is_dicom(path):\n    return path.read_bytes()[:4] == b"DICM"',
                N_("The file begins with 128 bytes of preamble; the prefix comes after it."),
            ),
            Mistake(
                'def is_dicom(path):\n    return path.read_bytes()[128:132] == "DICM"',
                N_("Nothing is recognised. Is the slice four bytes long, and has b'DICM' its b?"),
            ),
            Mistake(
                'def is_dicom(path):\n    return path.read_bytes()[128:132].upper() == b"DICM"',
                N_("The standard asks for upper case: dicm is not the prefix."),
            ),
        ),
    ),
    Parsons(
        name="meet_dicom-4",
        question=N_(
            "Put the lines in order: recognise the file before reading it, and make sure that "
            "there is a picture before drawing it."
        ),
        lines=(
            "ct = dcmread(path)",
            'plt.imshow(ct.pixel_array, cmap="gray")',
            'path = samples.path("CT_small")',
            'assert prefix == b"DICM"',
            "prefix = path.read_bytes()[128:132]",
            'assert "PixelData" in ct',
        ),
        solution='order = "cedafb"',
        why=N_("Locate, recognise, read, make sure, draw: so begins every work with DICOM files."),
        hints=(
            N_("Which line needs nothing that another line makes?"),
            N_("The prefix is read from the path, and judged before the file is read as DICOM."),
            N_("c, e, d come first, in this order."),
        ),
        mistakes=(
            Mistake(
                'order = "caedfb"',
                N_("The file is read before it is recognised. What if it is a letter?"),
            ),
            Mistake(
                'order = "cedabf"',
                N_("It is drawn before it is known that there is a picture."),
            ),
            Mistake(
                'order = "ecdafb"',
                N_("The line e uses path before the line c has made it."),
            ),
            Mistake(
                'order = "cdeafb"',
                N_("The line d judges prefix before the line e has read it."),
            ),
        ),
    ),
    Value(
        name="meet_dicom-5",
        question=N_("How many of these five samples hold no Pixel Data?"),
        solution="""\
from dicom_lessons import samples
names = ["CT_small", "rtdose", "rtplan", "test-SR", "waveform_ecg"]
without_pixels = sum("PixelData" not in samples.read(name) for name in names)
""",
        why=N_("The plan, the report and the ECG. The dose is a grid of numbers, kept as pixels."),
        hints=(
            N_("Do not guess from the names: ask each data set."),
            N_('"PixelData" in samples.read(name) is True or False.'),
            N_("Count in a loop, or: sum(... not in ... for name in names)"),
        ),
        mistakes=(
            Mistake(
                "without_pixels = 4",
                N_("Did you count the dose? It is no photograph, yet its values are Pixel Data."),
            ),
            Mistake(
                "without_pixels = 2",
                N_("Two is the number of those that do hold Pixel Data."),
            ),
            Mistake(
                "without_pixels = 5",
                N_("The CT has pixels. Is the keyword written as one word, PixelData?"),
            ),
        ),
    ),
    Value(
        name="meet_dicom-6",
        question=N_("Which viewers of the table are open source?"),
        form=forms.list_of(forms.text, ordered=False),
        solution="""\
from dicom_lessons.meet_dicom import PROGRAMS
open_viewers = [
    program.name for program in PROGRAMS if program.kind == "viewer" and program.open_source
]
""",
        why=N_("One for macOS alone, one for every desktop."),
        hints=(
            N_("Take the list above and change its condition."),
            N_("Two conditions are joined by and."),
            N_('... if program.kind == "viewer" and program.open_source'),
        ),
        mistakes=(
            Mistake(
                """\
from dicom_lessons.meet_dicom import PROGRAMS
open_viewers = [program.name for program in PROGRAMS if program.kind == "viewer"]
""",
                N_("These are all viewers: the second condition is missing."),
            ),
            Mistake(
                """\
from dicom_lessons.meet_dicom import PROGRAMS
open_viewers = [program.name for program in PROGRAMS if program.open_source]
""",
                N_("These are all open programs, viewers or not: ask for the kind as well."),
            ),
            Mistake(
                """\
from dicom_lessons.meet_dicom import PROGRAMS
open_viewers = [
    program.name for program in PROGRAMS if program.kind == "viewer" or program.open_source
]
""",
                N_("With or, one condition is enough; both are asked for: write and."),
            ),
            Mistake(
                'open_viewers = ["Weasis"]',
                N_("One more is open source; it runs on macOS."),
            ),
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (*PREDICTIONS, *VERDICTS, *GRADED)
