"""Exercises of lesson 06: read, change and write."""

from __future__ import annotations

import shutil
import subprocess
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

from pydicom import DataElement, Dataset, FileDataset, dcmread
from pydicom.charset import python_encoding
from pydicom.uid import SecondaryCaptureImageStorage

from dicom_lessons import read_write, samples, sop
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

NAME = "Иванов^Иван^Иванович"

WARM_UP = (
    Choice(
        name="read_write-w1",
        question=N_("A download breaks off in the middle: what keeps half a file from being used?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Until which moment does the file have another name?"),
            N_("Something is compared before the name is given."),
            N_("Size and SHA-256 are known before the download begins."),
        ),
        options=(
            Option(
                N_("dcmread refuses files that are too short."),
                N_("Often it reads them up to the place where they end, and only warns."),
            ),
            Option(
                N_("It goes to a temporary file, which is renamed after size and hash are right."),
                N_("So the name that you asked for stands either for the whole file or for none."),
            ),
            Option(
                N_("The server sends the rest later."),
                N_("Nobody does so by himself: a client has to ask for the rest, or begin anew."),
            ),
        ),
    ),
    Choice(
        name="read_write-w2",
        question=N_("The patient's name is not known, and the attribute is of Type 2: what now?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("Type 1 needs a value, Type 3 may be left out."),
            N_("Type 2 stands between the two."),
            N_("The element is there, and nothing is in it."),
        ),
        options=(
            Option(
                N_("The element is written with an empty value."),
                N_("Type 2 has to be there and may be empty (PS3.5 §7.4)."),
            ),
            Option(
                N_("The element is left out."),
                N_("That would be allowed for Type 3."),
            ),
            Option(
                N_("The element is written with the value UNKNOWN."),
                N_("An invented value looks like a name; nobody can tell it from a real one."),
            ),
        ),
    ),
    Choice(
        name="read_write-w3",
        question=N_("Which element tells how the data set of a file is encoded?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("A program has to read it before the data set."),
            N_("So it lies in group 0002."),
            N_("Its value is a UID such as 1.2.840.10008.1.2.1."),
        ),
        options=(
            Option(
                N_("(0008,0005) Specific Character Set"),
                N_("It tells how letters are encoded, and only within the data set."),
            ),
            Option(
                N_("(0008,0016) SOP Class UID"),
                N_("It tells what the object is, not how it is written."),
            ),
            Option(
                N_("(0002,0010) Transfer Syntax UID"),
                N_("It stands in the header, which is always encoded in the same way."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="read_write-p1",
        question=N_("How many elements does the data set hold that is read so?"),
        solution="count = 2",
        why=N_("(0008,0005) always comes along: without it nobody could decode the name."),
        hints=(
            N_("Is the name all that is needed to read the name?"),
            N_("Letters are bytes; something tells which letters."),
            N_("Patient's Name and Specific Character Set."),
        ),
        mistakes=(
            Mistake("count = 1", N_("The name alone could not be decoded.")),
            Mistake("count = 258", N_("That is the whole data set.")),
        ),
    ),
    Prediction(
        name="read_write-p2",
        question=N_("Does ct.add_new(note) add the ready element note: True or False?"),
        solution="added = False",
        why=N_("add_new makes an element of tag, VR and value; a ready one is added with add."),
        hints=(
            N_("What does the word new in the name say?"),
            N_("It wants three arguments."),
            N_("Tag, VR, value."),
        ),
        mistakes=(Mistake("added = True", N_("The claim would be right then.")),),
        form=forms.truth,
    ),
    Prediction(
        name="read_write-p3",
        question=N_("How many elements are left after remove_private_tags()?"),
        solution="left = 258 - 179",
        why=N_("258 elements, 179 of them private: 79 are left."),
        hints=(
            N_("Lesson 01 counted the private elements of CT_small."),
            N_("258 elements in all, 179 of them private."),
            N_("258 − 179"),
        ),
        mistakes=(
            Mistake("left = 179", N_("These are the private ones.")),
            Mistake("left = 258", N_("Then nothing would have been removed.")),
        ),
    ),
    Prediction(
        name="read_write-p4",
        question=N_("Are the bytes of both files equal: True or False?"),
        solution="equal = True",
        why=N_("Nothing was changed, and pydicom writes what it has not decoded as it was."),
        hints=(
            N_("What was changed between reading and saving?"),
            N_("pydicom keeps the preamble as well."),
            N_("Nothing was changed."),
        ),
        mistakes=(Mistake("equal = False", N_("A name such as modified.dcm changes nothing.")),),
        form=forms.truth,
    ),
    Prediction(
        name="read_write-p5",
        question=N_("How many characters of text does the file hold for 0.1 + 0.2?"),
        solution="count = 19",
        why=N_("Python writes 0.30000000000000004, and pydicom takes it as it is."),
        hints=(
            N_("Let Python print 0.1 + 0.2."),
            N_("It is not 0.3."),
            N_("Count 0.30000000000000004."),
        ),
        mistakes=(
            Mistake("count = 3", N_("0.1 + 0.2 is not exactly 0.3 in Python.")),
            Mistake("count = 16", N_("16 is what the standard allows; pydicom did not ask.")),
            Mistake("count = 20", N_("20 are the bytes with the padding.")),
        ),
    ),
    Prediction(
        name="read_write-p6",
        question=N_("How many bytes does the value take in ISO_IR 192, padding included?"),
        solution="count = 22",
        why=N_("10 letters of 2 bytes, one ^ of 1 byte, and a space as padding."),
        hints=(
            N_("A Cyrillic letter takes 2 bytes in UTF-8."),
            N_("10 letters and one ^, which is ASCII."),
            N_("21 is odd."),
        ),
        mistakes=(
            Mistake("count = 12", N_("So it is in ISO_IR 144: one byte for each letter.")),
            Mistake("count = 21", N_("A value takes an even number of bytes.")),
            Mistake("count = 11", N_("These are the characters, not the bytes.")),
        ),
    ),
)

EXPLORATION = (
    Choice(
        name="read_write-q1",
        question=N_("Which element says why the second picture is sharper than the first?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("Sharpness is made when a slice is computed from the measured rays."),
            N_("The window and the transfer syntax come later."),
            N_("Look for a word that means the filter of the reconstruction."),
        ),
        options=(
            Option(
                N_("ConvolutionKernel"),
                N_("SOFT against SHARP: the filter with which the slice was reconstructed."),
            ),
            Option(
                N_("WindowCenter"),
                N_("The window chooses which values become grey; the pixels stay as they are."),
            ),
            Option(
                N_("TransferSyntaxUID"),
                N_("Both are compressed without loss: that changes the bytes, not the picture."),
            ),
        ),
    ),
)


def _for_adding() -> Sequence[tuple[object, ...]]:
    note = DataElement("PatientComments", "LT", "Fasting")
    history = DataElement("AdditionalPatientHistory", "LT", "None known")
    return [(Dataset(), note), (samples.read("CT_small", stop_before_pixels=True), history)]


def _for_nesting() -> Sequence[tuple[object, ...]]:
    ct = samples.read("CT_small", specific_tags=["OtherPatientIDsSequence"])
    return [(ct, "A-7"), (Dataset(), "A-8")]


def _for_marking() -> Sequence[tuple[object, ...]]:
    taken = Dataset()
    taken.private_block(0x0011, "SOMEBODY ELSE", create=True).add_new(0x01, "LO", "to be kept")
    return [(Dataset(), "checked"), (taken, "checked")]


_ADD = """\
def add_three(dataset, element):
    dataset.add(element)
    dataset.InstitutionName = "Clinic"
    dataset.add_new(0x00081010, "SH", "Room 3")
    return dataset
"""
_NEST = """\
from pydicom import Dataset


def add_identifier(dataset, identifier):
    item = Dataset()
    item.PatientID = identifier
    item.TypeOfPatientID = "TEXT"
    if "OtherPatientIDsSequence" not in dataset:
        dataset.OtherPatientIDsSequence = []
    dataset.OtherPatientIDsSequence.append(item)
    return dataset
"""
_ASK_FIRST = """\
    if "OtherPatientIDsSequence" not in dataset:
        dataset.OtherPatientIDsSequence = []
"""
_FLAT = """\
def add_identifier(dataset, identifier):
    dataset.OtherPatientIDs = identifier
    return dataset
"""
_MARK = """\
def mark(dataset, text):
    block = dataset.private_block(0x0011, "MY COURSE", create=True)
    block.add_new(0x01, "LO", text)
    return dataset
"""
_MARK_BY_FULL_TAG = """\
def mark(dataset, text):
    dataset.add_new(0x00110010, "LO", "MY COURSE")
    dataset.add_new(0x00111001, "LO", text)
    return dataset
"""
_MARK_WITHOUT_CREATOR = """\
def mark(dataset, text):
    dataset.add_new(0x00111001, "LO", text)
    return dataset
"""


def _read(path: Path) -> FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong is said by the explanation
        dataset = dcmread(path)
        dataset.decode()
    return dataset


def _name_survives(path: Path) -> str:
    dataset = _read(path)
    name = str(dataset.get("PatientName", ""))
    if "?" in name:
        return N_(
            "The name has become question marks: the character set of this file has no Cyrillic "
            "letters. Choose another one before you save."
        )
    term = dataset.get("SpecificCharacterSet") or ""
    if isinstance(term, str) and term not in python_encoding:
        return N_(
            "pydicom wrote the letters, but this character set is no Defined Term: no other "
            "program has to know it."
        )
    if name != NAME:
        return N_("Another name is read from this file: compare it with the one asked for.")
    return _still_right(dataset)


def _still_right(dataset: FileDataset) -> str:
    return next(
        (f"{finding.where}: {finding.what}. {finding.cure}."
         for finding in read_write.validate(dataset)), ""
    )  # fmt: skip


def _capture_accepted(path: Path) -> str:
    dataset = _read(path)
    if dataset.get("SOPClassUID") != SecondaryCaptureImageStorage:
        return N_("SOP Class UID is not that of Secondary Capture Image Storage.")
    if "PixelData" not in dataset:
        return N_("There are no pixels in it: set_pixel_data puts an array there.")
    lacking = sop.lacks(dataset)
    if lacking:
        return N_(
            "It lacks attributes that its class requires: ask sop.lacks which, and whether they "
            "may be empty."
        )
    if not dataset.get("Modality"):
        return N_("Modality is missing: OT fits a picture of mixed or unknown origin.")
    if "BodyPartExamined" not in dataset and "Laterality" not in dataset:
        return N_(
            "Neither Body Part Examined nor Laterality is there: of a paired part of the body the "
            "side has to be told, so name a part that is not paired."
        )
    dataset.pixel_array  # noqa: B018  an error here is told to the learner
    return _still_right(dataset) or _refused(path)


def _refused(path: Path) -> str:
    """Return the first complaint of dciodvfy; nothing where it is not installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        return ""
    done = subprocess.run(
        [program, "-new", path.resolve()], capture_output=True, text=True, errors="replace"
    )
    said = [line for line in done.stderr.splitlines() if line.startswith(("Error", "Warning"))]
    return " ".join(said[:1])


def _without_warnings(source: str) -> str:
    body, last = source.rstrip().rsplit("\n", 1)
    silent = (
        "import warnings\n\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
    )
    return silent + textwrap.indent(body, "    ") + f"\n{last}\n"


_WRITE_NAME = """\
from pathlib import Path

from dicom_lessons import samples

dataset = samples.read("CT_small")
dataset.SpecificCharacterSet = "ISO_IR 192"
dataset.PatientName = "Иванов^Иван^Иванович"
Path("my_work").mkdir(exist_ok=True)
dataset.save_as("my_work/cyrillic.dcm", enforce_file_format=True)
cyrillic_file = "my_work/cyrillic.dcm"
"""
_NO_SET = _WRITE_NAME.replace('dataset.SpecificCharacterSet = "ISO_IR 192"\n', "")
_MAKE_CAPTURE = """\
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

own = Dataset()
own.SOPClassUID = SecondaryCaptureImageStorage
own.StudyInstanceUID, own.SeriesInstanceUID = generate_uid(), generate_uid()
own.PatientName, own.PatientID = "Ivanov^Ivan", "DL-0001"
own.PatientBirthDate, own.PatientSex = "19700412", "M"
own.StudyID, own.StudyDate, own.StudyTime = "1", "20240325", "120000"
own.Modality, own.ConversionType, own.BodyPartExamined = "OT", "WSD", "HEAD"
own.SeriesNumber = own.InstanceNumber = 1
own.AccessionNumber = own.ReferringPhysicianName = own.PatientOrientation = ""
own.file_meta = FileMetaDataset()
own.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
own.set_pixel_data(np.eye(64, dtype="uint8") * 255, "MONOCHROME2", bits_stored=8)
Path("my_work").mkdir(exist_ok=True)
own.save_as("my_work/capture.dcm", enforce_file_format=True)
capture_file = "my_work/capture.dcm"
"""
_PIXELS = 'own.set_pixel_data(np.eye(64, dtype="uint8") * 255, "MONOCHROME2", bits_stored=8)\n'

GRADED: tuple[Exercise, ...] = (
    Code(
        name="read_write-1",
        question=N_(
            "Write add_three(dataset, element), which adds the ready element, then Institution "
            "Name with the value Clinic by its keyword, then (0008,1010) with the VR SH and the "
            "value Room 3 by tag, VR and value, and returns the data set."
        ),
        solution=_ADD,
        why=N_("Three ways, one result: an element in the data set."),
        hints=(
            N_("All three ways stand in the cell above."),
            N_("A ready element: dataset.add(element). By keyword: dataset.InstitutionName = …"),
            N_('The third: dataset.add_new(0x00081010, "SH", "Room 3"); then return dataset.'),
        ),
        mistakes=(
            Mistake(
                _ADD.replace("dataset.add(element)", "dataset.add_new(element)"),
                N_("add_new does not take a ready element: it makes one of tag, VR and value."),
            ),
            Mistake(
                _ADD.replace("InstitutionName", "InstitutionNam"),
                N_("A misspelt keyword adds nothing: look at Institution Name letter by letter."),
            ),
            Mistake(
                _ADD.replace('"SH"', '"LO"'),
                N_("The VR of (0008,1010) is SH; add_new takes what you say without asking."),
            ),
        ),
        cases=_for_adding,
        form=Dataset.to_json_dict,
    ),
    Code(
        name="read_write-2",
        question=N_(
            "Write add_identifier(dataset, identifier), which appends an item with this Patient ID "
            "and the Type of Patient ID TEXT to Other Patient IDs Sequence, and returns the data "
            "set."
        ),
        solution=_NEST,
        why=N_("The items that were there are kept, and a sequence is made where there was none."),
        hints=(
            N_("An item is a Dataset of its own; a sequence is a list of items."),
            N_('Is the sequence there? Ask: "OtherPatientIDsSequence" in dataset.'),
            N_("If not, set it to an empty list first; then .append(item)."),
        ),
        mistakes=(
            Mistake(
                _NEST.replace(_ASK_FIRST, ""),
                N_("A data set without the sequence makes it fail: set an empty list first."),
            ),
            Mistake(
                _NEST.replace(_ASK_FIRST, "    dataset.OtherPatientIDsSequence = []\n"),
                N_("The items that were there before are lost: append, do not replace."),
            ),
            Mistake(
                _FLAT,
                N_("(0010,1000) is the flat, retired element; the sequence is (0010,1002)."),
            ),
        ),
        cases=_for_nesting,
        form=Dataset.to_json_dict,
    ),
    Code(
        name="read_write-3",
        question=N_(
            "Write mark(dataset, text), which stores the text with the VR LO in element 01 of the "
            "private block of MY COURSE in group 0011, and returns the data set."
        ),
        solution=_MARK,
        why=N_("The block goes to the first free place, whoever was there before."),
        hints=(
            N_("private_block finds the block of a creator, or makes it."),
            N_('dataset.private_block(0x0011, "MY COURSE", create=True)'),
            N_('Then block.add_new(0x01, "LO", text), and return dataset.'),
        ),
        mistakes=(
            Mistake(
                _MARK_BY_FULL_TAG,
                N_(
                    "In one of the data sets (0011,0010) belongs to SOMEBODY ELSE, and you wrote "
                    "over it. Never fix the full tag: let private_block find a free block."
                ),
            ),
            Mistake(
                _MARK_WITHOUT_CREATOR,
                N_("No private creator reserves the element: nobody can know whose it is."),
            ),
            Mistake(
                _MARK.replace(", create=True", ""),
                N_("Without create=True a block that is not there yet is an error."),
            ),
        ),
        cases=_for_marking,
        form=Dataset.to_json_dict,
    ),
    Value(
        name="read_write-4",
        question=N_("Which element did the plain save_as forget to bring in step?"),
        solution='forgotten = "(0002,0003)"',
        why=N_("Media Storage SOP Instance UID is the copy in the header (PS3.10 §7.1)."),
        hints=(
            N_("A UID of the data set has a copy elsewhere."),
            N_("Print again.file_meta and look for the old value."),
            N_("It is the element after (0002,0002)."),
        ),
        mistakes=(
            Mistake(
                'forgotten = "(0008,0018)"',
                N_("This is the one that you changed; the question is on its copy."),
            ),
            Mistake(
                'forgotten = "(0002,0002)"',
                N_("This is the copy of the class, and the class did not change."),
            ),
            Mistake(
                'forgotten = "(0002,0010)"',
                N_("The transfer syntax is as before, and rightly so."),
            ),
            Mistake(
                'forgotten = "(0020,000D)"',
                N_("The slice still belongs to its study; only the instance is another one."),
            ),
        ),
        form=forms.tag,
    ),
    Repair(
        name="read_write-5",
        question=N_(
            "Write a copy of CT_small into my_work/cyrillic.dcm whose Patient's Name is "
            "Иванов^Иван^Иванович, so that every reader gets the same letters back."
        ),
        solution=_WRITE_NAME,
        why=N_("The label and the bytes agree, so each reader sees the same letters."),
        hints=(
            N_("Which character set does CT_small name, and which letters does that one have?"),
            N_("Set SpecificCharacterSet first, then PatientName, then save."),
            N_('dataset.SpecificCharacterSet = "ISO_IR 192" before anything else.'),
        ),
        mistakes=(
            Mistake(
                _without_warnings(_NO_SET),
                N_(
                    "The name has become question marks: the character set of this file has no "
                    "Cyrillic letters. Choose another one before you save."
                ),
            ),
            Mistake(
                _WRITE_NAME.replace("Иванов^Иван^Иванович", "Ivanov^Ivan^Ivanovich"),
                N_("Another name is read from this file: compare it with the one asked for."),
            ),
            Mistake(
                _without_warnings(_WRITE_NAME.replace("ISO_IR 192", "windows-1251")),
                N_(
                    "pydicom wrote the letters, but this character set is no Defined Term: no "
                    "other program has to know it."
                ),
            ),
        ),
        examine=_name_survives,
    ),
    Parsons(
        name="read_write-6",
        question=N_("In which order do these lines make a file of an array?"),
        solution='order = "cgbedfa"',
        why=N_("Identity, header, transfer syntax, pixels; then judge, and only then save."),
        hints=(
            N_("Each line may use only what a line above it has made."),
            N_("set_pixel_data has to know the transfer syntax."),
            N_("It ends with d, f, a."),
        ),
        mistakes=(
            Mistake(
                'order = "cgdbefa"',
                N_("set_pixel_data asks for the transfer syntax, which is not there yet."),
            ),
            Mistake(
                'order = "cgbedaf"',
                N_("What is wrong is found out only after it was saved."),
            ),
            Mistake(
                'order = "cgebdfa"',
                N_("file_meta has to be there before an element of it can be set."),
            ),
        ),
        also_right=("cbgedfa", "cbegdfa", "cbedgfa"),
        lines=(
            "capture.save_as(path, enforce_file_format=True)",
            "capture.file_meta = FileMetaDataset()",
            "capture = Dataset()",
            'capture.set_pixel_data(array, "MONOCHROME2", bits_stored=8)',
            "capture.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian",
            "assert not read_write.validate(capture)",
            "capture.SOPClassUID = SecondaryCaptureImageStorage",
        ),
    ),
    Repair(
        name="read_write-7",
        question=N_(
            "Make a Secondary Capture of an array of your own in my_work/capture.dcm, with "
            "everything that its class requires."
        ),
        solution=_MAKE_CAPTURE,
        why=N_("Class, identity, pixels and header agree: any program may take this file."),
        hints=(
            N_("Go through the worked example cell by cell; only the array has to be new."),
            N_("Before you save, look at read_write.validate(own) and sop.lacks(own)."),
            N_("Copy the cells of its four steps, with own instead of capture and another array."),
        ),
        mistakes=(
            Mistake(
                _MAKE_CAPTURE.replace(
                    "own.SOPClassUID = SecondaryCaptureImageStorage",
                    'own.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"',
                ),
                N_("SOP Class UID is not that of Secondary Capture Image Storage."),
            ),
            Mistake(
                _MAKE_CAPTURE.replace(_PIXELS, "own.SOPInstanceUID = generate_uid()\n"),
                N_("There are no pixels in it: set_pixel_data puts an array there."),
            ),
            Mistake(
                _MAKE_CAPTURE.replace("own.AccessionNumber = own.Ref", "own.Ref"),
                N_(
                    "It lacks attributes that its class requires: ask sop.lacks which, and whether "
                    "they may be empty."
                ),
            ),
            Mistake(
                _MAKE_CAPTURE.replace(
                    'own.Modality, own.ConversionType, own.BodyPartExamined = "OT", "WSD", "HEAD"',
                    'own.ConversionType = "WSD"',
                ),
                N_("Modality is missing: OT fits a picture of mixed or unknown origin."),
            ),
            Mistake(
                _MAKE_CAPTURE.replace(
                    'own.BodyPartExamined = "OT", "WSD", "HEAD"',
                    'own.SeriesNumber = "OT", "WSD", 1',
                ),
                N_(
                    "Neither Body Part Examined nor Laterality is there: of a paired part of the "
                    "body the side has to be told, so name a part that is not paired."
                ),
            ),
        ),
        examine=_capture_accepted,
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, *EXPLORATION, *GRADED)
