"""Exercises of lesson 02: unique identifiers."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread

from dicom_lessons import samples, uids
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import (
    Choice,
    Code,
    Exercise,
    Mistake,
    Option,
    Prediction,
    Repair,
    Value,
)
from dicom_lessons.text import N_

OLD_UIDS = [
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.1.2.1",
    "2.999.5.1",
    "2.999.5.2",
    "2.999.5.3",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.1.2.1",
    "2.999.5.1",
    "2.999.5.2",
    "2.999.5.4",
]
_READ_PLAN = """\
from pathlib import Path

from dicom_lessons import samples

Path("my_work").mkdir(exist_ok=True)
plan = samples.read("rtplan")
"""
_NO_AGREEMENT = N_("(0002,0003) and (0008,0018) still disagree in this file.")
_OTHER_OBJECT = N_(
    "(0008,0018) was changed: the data set says which object this is, the header only repeats it."
)
_OTHER_FILE = N_("This file is no complete copy of rtplan: its beams are missing.")


def pattern_of_new_uids(answer: object) -> object:
    """Say of each of the new UIDs which one it is, not what it is: any valid choice is right."""
    new = forms.list_of(forms.uid)(answer)
    seen: dict[object, str] = {}
    pattern = []
    for number, uid in enumerate(new):
        old = OLD_UIDS[number] if number < len(OLD_UIDS) else ""
        if uid == old:
            pattern.append("kept")
        elif not uids.is_valid(uid):
            pattern.append("invalid")
        elif old and str(uid).startswith(f"{old}."):
            pattern.append("built on the old one")
        else:
            pattern.append(seen.setdefault(uid, f"new {len(seen)}"))
    return pattern


def examine_plan(path: Path) -> str:
    """Say what is wrong with the learner's copy of the plan; nothing if all is well."""
    plan, original = dcmread(path), samples.read("rtplan")
    if plan.SOPInstanceUID != original.SOPInstanceUID:
        return _OTHER_OBJECT
    if plan.file_meta.get("MediaStorageSOPInstanceUID") != plan.SOPInstanceUID:
        return _NO_AGREEMENT
    return "" if plan.get("BeamSequence") == original.BeamSequence else _OTHER_FILE


WARM_UP = (
    Choice(
        name="uids-w1",
        question=N_("A UID of 25 characters fills 26 bytes of the file: what is the last byte?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Values have an even length."),
            N_("Text and UIDs are padded with different bytes."),
            N_("It cannot be mistaken for a character."),
        ),
        options=(
            Option(N_("A space."), N_("Text is padded with a space, a UID is not.")),
            Option(
                N_("A zero byte, 00H."),
                N_("UIDs are padded with one zero byte; it belongs to the file, not to the UID."),
            ),
            Option(
                N_("A full stop."),
                N_("A full stop at the end would make the UID invalid, as you will see."),
            ),
        ),
    ),
    Choice(
        name="uids-w2",
        question=N_("A data set is in Implicit VR Little Endian: how is group 0002 encoded?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Group 0002 tells how to read the rest."),
            N_("Whoever opens the file does not know yet how the rest is encoded."),
            N_("It is encoded in the same way in each file."),
        ),
        options=(
            Option(
                N_("In the same way, Implicit VR Little Endian."),
                N_("A reader learns the transfer syntax from group 0002, so it comes first."),
            ),
            Option(
                N_("As the program that writes the file likes."),
                N_("Then nobody could read the transfer syntax."),
            ),
            Option(
                N_("In Explicit VR Little Endian."),
                N_("Group 0002 is always written so, whatever the data set is written in."),
            ),
        ),
    ),
    Choice(
        name="uids-w3",
        question=N_("What is sent over a DICOM network?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("A file is one form of it."),
            N_("Its first 132 bytes exist on a disc only."),
            N_("It is called SOP instance."),
        ),
        options=(
            Option(
                N_("Data sets, called SOP instances."),
                N_("So the UID in a file's header stays behind, and the one in the data set goes."),
            ),
            Option(
                N_("Files, preamble and prefix included."),
                N_("Preamble, prefix and group 0002 belong to the file and never travel."),
            ),
            Option(
                N_("Pictures in a format that both programs know."),
                N_("Reports, plans and curves travel in the same way, without any picture."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="uids-p1",
        question=N_("What does the UID 1.2.840.10008.1.2.1 stand for?"),
        solution='name = "Explicit VR Little Endian"',
        why=N_(
            "The whole UID is in PS3.6 Table A-1: the transfer syntax Explicit VR Little Endian."
        ),
        hints=(
            N_("You met it in lesson 01."),
            N_("It stands in (0002,0010) of CT_small."),
            N_("It says how a data set is encoded, not what it is."),
        ),
        mistakes=(
            Mistake(
                'name = "CT Image Storage"',
                N_("So the claim says; CT Image Storage is another UID."),
            ),
        ),
        form=forms.uid,
    ),
    Prediction(
        name="uids-p2",
        question=N_("How many of the five texts are valid UIDs?"),
        solution="count = 2",
        why=N_("1.2.3 and 1.2.0 are; a component that is 0 itself may be 0."),
        hints=(
            N_("Go through the rules one by one."),
            N_("Look at the last component of each."),
            N_("84O ends with a letter."),
        ),
        mistakes=(
            Mistake("count = 3", N_("Look for a letter that looks like a digit.")),
            Mistake("count = 1", N_("0 alone is a component; 02 is not.")),
        ),
    ),
    Prediction(
        name="uids-p3",
        question=N_("Into how many studies do the 31 instances fall?"),
        solution="count = 6",
        why=N_("Six different values of (0020,000D) are in them, wherever the files lie."),
        hints=(
            N_("The folders do not tell."),
            N_("Count values of one element."),
            N_("There are more studies than folders at the top."),
        ),
        mistakes=(
            Mistake("count = 3", N_("3 is the number of folders at the top.")),
            Mistake("count = 13", N_("13 is the number of series.")),
            Mistake("count = 31", N_("31 instances: a study has many.")),
        ),
    ),
    Prediction(
        name="uids-p4",
        question=N_("After a plain save, do (0008,0018) and (0002,0003) agree: True or False?"),
        solution="agree = False",
        why=N_("A plain save writes the header as it was: the copy keeps the old UID."),
        hints=(
            N_("Which of the two did the code change?"),
            N_("pydicom changes the header only when it is asked to."),
            N_("The old UID is still in the header."),
        ),
        form=forms.truth,
    ),
    Prediction(
        name="uids-p5",
        question=N_("How many characters has the longest UID below 2.25?"),
        solution="length = 44",
        why=N_("The greatest number of 128 bits has 39 digits; 2.25. has 5 characters."),
        hints=(
            N_("A UUID has 128 bits."),
            N_("How many digits has 2 to the power of 128?"),
            N_("39 digits, and what stands before them."),
        ),
        mistakes=(
            Mistake("length = 39", N_("The number has 39 digits; add what stands before it.")),
            Mistake("length = 64", N_("64 is the limit of all UIDs; a UUID does not reach it.")),
            Mistake("length = 37", N_("Hexadecimal digits, 32 of them, are not allowed here.")),
        ),
    ),
)

BODY = (
    Choice(
        name="uids-q1",
        question=N_("What may your program conclude from the first numbers of a SOP Instance UID?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Think of the slice of CT_small."),
            N_("What does PS3.5 §9 say of reading meaning into a UID?"),
            N_("Everything that a program needs has an element of its own."),
        ),
        options=(
            Option(
                N_("Which company made the scanner."),
                N_("CT_small comes from one company's scanner and has another one's root."),
            ),
            Option(
                N_("The date of the scan, if eight digits look like one."),
                N_("Some makers put dates in, nobody has to; Study Date has its own element."),
            ),
            Option(
                N_("Nothing: it compares whole UIDs, and reads other elements for the rest."),
                N_("A UID says “the same” or “not the same”, and that is all (PS3.5 §9)."),
            ),
        ),
    ),
    Choice(
        name="uids-q2",
        question=N_("What does the explorer say of 1.2.840.10008.1.2.4.110, JPEG XL Lossless?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Type it into the field, or paste it."),
            N_("Read the sentence above the tables."),
            N_("The dictionary is older than this UID."),
        ),
        options=(
            Option(
                N_("That it is invalid."),
                N_("It keeps every rule: unknown does not mean invalid."),
            ),
            Option(
                N_("That it is reserved for DICOM, but in no dictionary at hand."),
                N_("It is newer than pydicom's list: unknown does not mean invalid, only unknown."),
            ),
            Option(
                N_("That it is private."),
                N_("Below 1.2.840.10008 only the standard itself may define UIDs."),
            ),
        ),
    ),
    Choice(
        name="uids-q3",
        question=N_("What makes the 7 instances of the series 700 one series?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("Select two of its instances and compare their UIDs with that of the series."),
            N_("An instance carries the UIDs of all levels above it."),
            N_("It is an element, (0020,000E)."),
        ),
        options=(
            Option(
                N_("Each holds the same value in Series Instance UID."),
                N_("Nothing else joins them; moved to seven folders, they are still one series."),
            ),
            Option(
                N_("Their UIDs begin with that of the series."),
                N_("Compare: the UID of the series ends in 118, theirs in other numbers."),
            ),
            Option(
                N_("They lie in the folder MR700."),
                N_("Folders and file names are chosen by whoever copies the files."),
            ),
        ),
    ),
)

GRADED = (
    Value(
        name="uids-1",
        question=N_(
            "What is each of the eight: class, transfer syntax, instance or invalid? Answer with "
            "a list of eight words in quotes."
        ),
        solution="""\
sorted_uids = [
    "class", "transfer syntax", "instance", "invalid",
    "transfer syntax", "instance", "class", "invalid",
]
""",
        why=N_("The standard's own UIDs are in its list; the others are what their element says."),
        hints=(
            N_("First look for invalid ones: leading zeros, full stops at the wrong place."),
            N_("Then ask pydicom: UID(...).type knows those of the standard."),
            N_("What is left came from SOP Instance UIDs, so it names instances."),
        ),
        mistakes=(
            Mistake(
                'sorted_uids = ["class", "transfer syntax", "instance", "transfer syntax", '
                '"transfer syntax", "instance", "class", "invalid"]',
                N_("Read the fourth again: 02 begins with a zero."),
            ),
            Mistake(
                'sorted_uids = ["class", "transfer syntax", "instance", "invalid", '
                '"transfer syntax", "instance", "transfer syntax", "invalid"]',
                N_("The seventh begins like a transfer syntax, and is none: look it up."),
            ),
            Mistake(
                'sorted_uids = ["class", "transfer syntax", "instance", "invalid", '
                '"transfer syntax", "instance", "class", "instance"]',
                N_("Read the eighth to its very end: no component follows the last full stop."),
            ),
            Mistake(
                'sorted_uids = ["class", "transfer syntax", "instance", "invalid", '
                '"transfer syntax", "invalid", "class", "invalid"]',
                N_("The sixth is valid: 2.25 is followed by one long number, a UUID."),
            ),
        ),
        form=forms.list_of(forms.text),
    ),
    Code(
        name="uids-2",
        question=N_(
            "Write repair(text): it takes away spaces, zero bytes and full stops at both ends and "
            "the leading zeros of each component, and returns the UID."
        ),
        solution="""\
def repair(text):
    components = text.strip(" .\\0").split(".")
    return ".".join(component.lstrip("0") or "0" for component in components)
""",
        why=N_("All three are standard UIDs again, and 0 alone has stayed 0."),
        hints=(
            N_("text.strip takes a text of all characters to be taken away."),
            N_('Go on with a list of components: text.split(".").'),
            N_('component.lstrip("0") is empty for "0": put the 0 back with or.'),
        ),
        mistakes=(
            Mistake(
                "def repair(text):\n    return text.strip(' .\\0').replace('.0', '.')",
                N_("A component that is 0 itself must stay: 1.2.0.4 would lose it."),
            ),
            Mistake(
                "def repair(text):\n    return text.strip(' .\\0').replace('0', '')",
                N_("Only leading zeros mean nothing: 840 and 10008 must keep theirs."),
            ),
            Mistake(
                "def repair(text):\n    return text.strip(' \\0')",
                N_("Leading zeros and the full stop at the end are still there."),
            ),
            Mistake(
                "def repair(text):\n"
                "    return '.'.join(c.lstrip('0') or '0' for c in text.strip().split('.'))",
                N_("strip() without an argument leaves zero bytes and full stops at the end."),
            ),
        ),
        cases=lambda: [
            ("1.2.840.010008.1.2",),
            ("1.2.840.10008.5.1.4.1.1.2 ",),
            ("1.2.840.10008.1.2.1.",),
            ("1.2.840.10008.1.1\0",),
            ("1.2.0.4",),
            ("2.999.007.000.10",),
        ],
    ),
    Repair(
        name="uids-3",
        question=N_(
            "Write a copy of rtplan in which the header names the same instance as the data set, "
            "and answer with its path."
        ),
        solution=_READ_PLAN
        + """\
plan.save_as("my_work/plan.dcm", enforce_file_format=True)
mended = "my_work/plan.dcm"
""",
        why=N_("The data set decides; the header repeats it, and now it does so rightly."),
        hints=(
            N_("Which of the two UIDs is the object's own, and which is the copy?"),
            N_("Set plan.file_meta.MediaStorageSOPInstanceUID, or let pydicom do it."),
            N_("plan.save_as(path, enforce_file_format=True) copies the UID to the header."),
        ),
        mistakes=(
            Mistake(
                _READ_PLAN + 'plan.save_as("my_work/plain.dcm")\nmended = "my_work/plain.dcm"',
                _NO_AGREEMENT,
            ),
            Mistake(
                _READ_PLAN + "plan.SOPInstanceUID = plan.file_meta.MediaStorageSOPInstanceUID\n"
                'plan.save_as("my_work/other.dcm")\n'
                'mended = "my_work/other.dcm"',
                _OTHER_OBJECT,
            ),
            Mistake(
                _READ_PLAN + "del plan.BeamSequence\n"
                'plan.save_as("my_work/bare.dcm", enforce_file_format=True)\n'
                'mended = "my_work/bare.dcm"',
                _OTHER_FILE,
            ),
        ),
        examine=examine_plan,
    ),
    Code(
        name="uids-4",
        question=N_(
            "Write own_uid(root, study, series, image): it returns the four joined by full stops, "
            "and raises ValueError if that has more than 64 characters."
        ),
        solution="""\
def own_uid(root, study, series, image):
    uid = f"{root}.{study}.{series}.{image}"
    if len(uid) > 64:
        raise ValueError(f"{len(uid)} characters")
    return uid
""",
        why=N_("Unique as long as you number your studies, series and images without repeating."),
        hints=(
            N_("An f-string puts the four together."),
            N_("Numbers need no zeros in front: 7 is 7."),
            N_("if len(uid) > 64: raise ValueError"),
        ),
        mistakes=(
            Mistake(
                "def own_uid(root, study, series, image):\n"
                "    uid = f'{root}.{study}.{series}.{image:04}'\n"
                "    if len(uid) > 64:\n"
                "        raise ValueError\n"
                "    return uid",
                N_("0001 begins with a zero: such a component is invalid."),
            ),
            Mistake(
                "def own_uid(root, study, series, image):\n"
                "    return f'{root}.{study}.{series}.{image}'[:64]",
                N_("Cut to 64 characters, two images may get the same UID."),
            ),
            Mistake(
                "def own_uid(root, study, series, image):\n"
                "    return f'{root}.{study}.{series}.{image}'",
                N_("More than 64 characters go through: such a UID is invalid."),
            ),
            Mistake(
                "def own_uid(root, study, series, image):\n"
                "    uid = f'{root}.{study}.{series}.{image}'\n"
                "    if len(uid) >= 64:\n"
                "        raise ValueError\n"
                "    return uid",
                N_("64 characters are allowed; only 65 are too many."),
            ),
        ),
        cases=lambda: [
            ("2.999.1", 1, 1, 1),
            ("2.999.1", 10, 2, 0),
            ("2.999.1", 7, 3, 120),
            ("2.999." + "1" * 52, 1, 1, 1),
            ("2.999." + "1" * 52, 1, 1, 12),
        ],
    ),
    Code(
        name="uids-5",
        question=N_(
            "Write from_uuid(text): it takes the hexadecimal text of a UUID and returns its UID "
            "below 2.25."
        ),
        solution="""\
import uuid


def from_uuid(text):
    return "2.25." + str(uuid.UUID(text).int)
""",
        why=N_("One number in decimal, without leading zeros: at most 44 characters."),
        hints=(
            N_("Python's module uuid reads the text: uuid.UUID(text)."),
            N_("A UUID is a number of 128 bits; its attribute int is that number."),
            N_('"2.25." + str(uuid.UUID(text).int)'),
        ),
        mistakes=(
            Mistake(
                "def from_uuid(text):\n    return '2.25.' + text",
                N_("Letters and hyphens are not allowed in a UID: write the number in decimal."),
            ),
            Mistake(
                "def from_uuid(text):\n    return '2.25.' + text.replace('-', '')",
                N_("This is still hexadecimal: a to f are no digits of a UID."),
            ),
            Mistake(
                "def from_uuid(text):\n"
                "    return '2.25.' + '.'.join(str(int(part, 16)) for part in text.split('-'))",
                N_("All 128 bits are one number; the hyphens of a UUID mean nothing here."),
            ),
            Mistake(
                "import uuid\n\n\ndef from_uuid(text):\n"
                "    return '2.25.' + str(uuid.UUID(text).int).zfill(39)",
                N_("No component may begin with a zero, so do not fill it up."),
            ),
        ),
        cases=lambda: [
            ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6",),
            ("00000000-0000-0000-0000-0000000000ff",),
            ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",),
        ],
    ),
    Code(
        name="uids-6",
        question=N_(
            "Write new_uids(old): for a list of UIDs from two files it returns a list of new ones, "
            "where the same old UID gives the same new one and the standard's own are kept."
        ),
        solution="""\
from pydicom.uid import generate_uid


def new_uids(old):
    new = {uid: generate_uid() for uid in old}
    return [uid if uid.startswith("1.2.840.10008.") else new[uid] for uid in old]
""",
        why=N_("Both files still tell the same study and series, under names that nobody knows."),
        hints=(
            N_("Which of the ten name an instance, and which a class or an encoding?"),
            N_("A dictionary from old to new, filled once, keeps the files together."),
            N_('new = {uid: generate_uid() for uid in old}; keep what begins "1.2.840.10008."'),
        ),
        mistakes=(
            Mistake(
                "from pydicom.uid import generate_uid\n\n\ndef new_uids(old):\n"
                "    return [u if u.startswith('1.2.840.10008.') else generate_uid() for u in old]",
                N_("The two files have lost each other: study and series differ between them now."),
            ),
            Mistake(
                "from pydicom.uid import generate_uid\n\n\ndef new_uids(old):\n"
                "    new = {uid: generate_uid() for uid in old}\n"
                "    return [new[uid] for uid in old]",
                N_("SOP class and transfer syntax were replaced too: no program can read that."),
            ),
            Mistake(
                "from pydicom.uid import generate_uid\n\n\ndef new_uids(old):\n"
                "    one = generate_uid()\n"
                "    return [u if u.startswith('1.2.840.10008.') else one for u in old]",
                N_("One UID for all: study, series and both images now have the same name."),
            ),
            Mistake(
                "def new_uids(old):\n"
                "    return [u if u.startswith('1.2.840.10008.') else u + '.1' for u in old]",
                N_(
                    "A UID of somebody else is no root of yours, and the old one can still be "
                    "read in the new one."
                ),
            ),
            Mistake(
                "from pydicom.uid import generate_uid\n\n\ndef new_uids(old):\n"
                "    new = {u: generate_uid() for u in old if not u.startswith('1.2.840.10008.')}\n"
                "    return [new.get(uid, uid) for uid in dict.fromkeys(old)]",
                N_("The list is too short: give one UID for each of the ten, in their order."),
            ),
            Mistake(
                "def new_uids(old):\n    return old",
                N_("Nothing was replaced: the old UIDs lead back to the patient."),
            ),
        ),
        cases=lambda: [(OLD_UIDS,)],
        form=pattern_of_new_uids,
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, *BODY, *GRADED)
