"""Exercises of lesson 01: the bytes of a DICOM file."""

from __future__ import annotations

import struct

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
from dicom_lessons.text import N_, _

WARM_UP = (
    Choice(
        name="structure-w1",
        question=N_("A colleague sends you a file called scan.jpg: what shows that it is DICOM?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Remember what file names prove."),
            N_("There is a mark inside the file."),
            N_("The mark is four letters long."),
        ),
        options=(
            Option(
                N_("Its name: DICOM files end in .dcm."),
                N_("Many DICOM files have another ending or none; a name proves nothing."),
            ),
            Option(
                N_("A picture viewer opens it."),
                N_("Viewers open other formats, and some DICOM files hold no picture at all."),
            ),
            Option(
                N_("Its bytes 128 to 131 are the letters DICM."),
                N_("These four bytes are the prefix by which software recognises a DICOM file."),
            ),
        ),
    ),
    Choice(
        name="structure-w2",
        question=N_("What does the DICOM standard lay down?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("The standard has about twenty parts."),
            N_("A picture format would need one part."),
            N_("Think of networks, web services and security."),
        ),
        options=(
            Option(
                N_("Objects, services, their encoding, network, files, web, security."),
                N_("Files are one of its many subjects; this lesson is about them."),
            ),
            Option(
                N_("A picture format, as PNG or JPEG are."),
                N_("Pictures are one kind of object; reports, plans and curves are others."),
            ),
            Option(
                N_("The names of files and folders in a hospital."),
                N_("Outside of exchange media, names of files are left to the programs."),
            ),
        ),
    ),
    Choice(
        name="structure-w3",
        question=N_("Which program receives, keeps and hands out studies on a network?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("You need a server."),
            N_("Two of these programs show and measure images on your desk."),
            N_("It is named after a dog with two heads."),
        ),
        options=(
            Option(
                N_("ITK-SNAP"),
                N_("ITK-SNAP outlines structures in images; it is no server."),
            ),
            Option(
                N_("Orthanc"),
                N_("Orthanc is a small DICOM server with open source."),
            ),
            Option(
                N_("3D Slicer"),
                N_("3D Slicer analyses images on your own computer."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="structure-p1",
        question=N_("How many bytes stand between the prefix and the letters UL?"),
        solution="size = 4",
        why=N_("A tag is two numbers of 16 bits each: 4 bytes (PS3.5 §7.1.1)."),
        hints=(
            N_("Count the bytes in the printed row."),
            N_("55 4c are the letters UL."),
            N_("02 00 and 00 00 stand before them."),
        ),
        mistakes=(Mistake("size = 2", N_("2 bytes hold the group alone.")),),
    ),
    Prediction(
        name="structure-p2",
        question=N_("Which 4 bytes does the tag (7FE0,0010) become in the file?"),
        solution='stored = b"\\xe0\\x7f\\x10\\x00"',
        why=N_("Each of the two numbers is stored with its low byte first."),
        hints=(
            N_("Look at how (0002,0000) is stored."),
            N_("7FE0 is one number of two bytes."),
            N_("Little endian: E0 comes before 7F."),
        ),
        mistakes=(
            Mistake(
                'stored = b"\\x7f\\xe0\\x00\\x10"',
                N_("This is big endian: the high byte first."),
            ),
            Mistake(
                'stored = b"\\x10\\x00\\xe0\\x7f"',
                N_("The order of group and element does not change, only that of their bytes."),
            ),
        ),
        form=forms.raw_bytes,
    ),
    Prediction(
        name="structure-p3",
        question=N_("How many different VRs will these five elements have?"),
        solution="kinds = 5",
        why=N_("The number 0010 says nothing on the kind of value: each group uses it anew."),
        hints=(
            N_("Is a name the same kind of value as a number of rows?"),
            N_("Is a UID the same kind of value as pixels?"),
            N_("No two of them agree."),
        ),
        mistakes=(Mistake("kinds = 1", N_("The claim would be right then.")),),
    ),
    Prediction(
        name="structure-p4",
        question=N_("At which byte does the data set of CT_small begin?"),
        solution="start = 336",
        why=N_("The count begins behind the element itself: 144 + 192 = 336."),
        hints=(
            N_("From which byte on are the 192 bytes counted?"),
            N_("They follow the first element, which ends before byte 144."),
            N_("Add 144 and 192."),
        ),
        mistakes=(
            Mistake("start = 192", N_("192 is a number of bytes, not a place in the file.")),
            Mistake("start = 324", N_("The element that holds the count is not counted.")),
            Mistake("start = 320", N_("Prefix and first element are not counted.")),
        ),
    ),
    Prediction(
        name="structure-p5",
        question=N_("Which 8 bytes stand in front of the same name in Implicit VR Little Endian?"),
        solution='header = b"\\x10\\x00\\x10\\x00\\x16\\x00\\x00\\x00"',
        why=N_("The VR is left out, and the length fills 4 bytes: 10 00 10 00 16 00 00 00."),
        hints=(
            N_("One of the three parts is not stored."),
            N_("The length always takes 4 bytes there."),
            N_("16 00 00 00 is the length 22."),
        ),
        mistakes=(
            Mistake(
                'header = b"\\x10\\x00\\x10\\x00PN\\x16\\x00"',
                N_("This is the explicit form, with its VR."),
            ),
        ),
        form=forms.raw_bytes,
    ),
    Prediction(
        name="structure-p6",
        question=N_("Which length does the header of this UID give?"),
        solution="length = 26",
        why=N_("A value always takes an even number of bytes: one NUL byte is added."),
        hints=(
            N_("Can a value take 25 bytes?"),
            N_("Lengths are even."),
            N_("One byte is added."),
        ),
        mistakes=(Mistake("length = 25", N_("The length counts the padding as well.")),),
    ),
    Prediction(
        name="structure-p7",
        question=N_("Which groups does the data set of this DICOMDIR hold at its top level?"),
        solution="groups = [4]",
        why=N_("At its top level, a DICOMDIR has group 0004 and no other."),
        hints=(
            N_("Such a file lists other files."),
            N_("It is one group alone."),
            N_("It lies between 0002 and 0008."),
        ),
        mistakes=(
            Mistake(
                "groups = [8, 16, 32]",
                N_("These stand inside the items of its sequence, not at the top level."),
            ),
        ),
        form=forms.list_of(forms.integer),
    ),
)

EXPLORATION = (
    Choice(
        name="structure-q1",
        question=N_("Which element does byte 6000 of CT_small belong to?"),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Go to the byte in the explorer."),
            N_("The table beside it lists where each element begins."),
            N_("It is the last element that begins at or before byte 6000."),
        ),
        options=(
            Option(
                N_("(7FE0,0010) Pixel Data"),
                N_("Pixel Data begins later, at byte 6288."),
            ),
            Option(
                N_("(0043,1029), a private element"),
                N_("It fills bytes 3936 to 6015; only its maker knows what the value means."),
            ),
            Option(
                N_("(0008,0005) Specific Character Set"),
                N_("That is the first element of the data set; it ends before byte 354."),
            ),
        ),
    ),
)


def _elements() -> list[tuple[bytes]]:
    raw = samples.path("CT_small").read_bytes()
    text_value = struct.pack("<HH2s2xI", 0x0040, 0xA160, b"UT", 4) + b"note"
    empty = struct.pack("<HH2sH", 0x0008, 0x0050, b"SH", 0)
    return [
        (raw[144:158],),
        (raw[132:144],),
        (raw[336:354],),
        (raw[336:400],),
        (text_value + empty,),
        (empty,),
    ]


def _parts(answer: object) -> list[object]:
    if not isinstance(answer, tuple | list) or len(answer) != 5:
        raise TypeError(_("Expected here: five things, (group, element, vr, length, value)."))
    group, element, vr, length, value = answer
    vr = vr.decode("ascii", "replace") if isinstance(vr, bytes) else vr
    return [forms.integer(group), forms.integer(element), str(vr), length, forms.raw_bytes(value)]


_DECODE = """\
import struct

LONG_HEADER = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}


def decode(raw):
    group, element = struct.unpack("<HH", raw[0:4])
    vr = raw[4:6].decode()
    if vr in LONG_HEADER:
        (length,) = struct.unpack("<I", raw[8:12])
        start = 12
    else:
        (length,) = struct.unpack("<H", raw[6:8])
        start = 8
    return group, element, vr, length, raw[start : start + length]
"""
_SHORT_ONLY = """\
import struct


def decode(raw):
    group, element = struct.unpack("<HH", raw[0:4])
    (length,) = struct.unpack("<H", raw[6:8])
    return group, element, raw[4:6].decode(), length, raw[8 : 8 + length]
"""
_NO_RESERVED = _DECODE.replace("raw[8:12]", "raw[6:10]").replace("start = 12", "start = 10")

GRADED = (
    Value(
        name="structure-1",
        question=N_(
            "At which bytes of the file do these five things begin, in this order: tag, VR, "
            "length, value, next element?"
        ),
        solution="positions = [144, 148, 152, 156, 158]",
        why=N_(
            "Tag 4 bytes, VR 2, reserved 2, length 4, value 2: the element takes 14 bytes, 12 of "
            "them its header."
        ),
        hints=(
            N_("OB has the long header: look at the table above."),
            N_("After the VR come 2 reserved bytes, then 4 bytes of length."),
            N_("144 for the tag, 148 for the VR, 152 for the length; go on from there."),
        ),
        mistakes=(
            Mistake(
                "positions = [144, 148, 150, 152, 154]",
                N_("This is the short header; OB has the long one, with 2 reserved bytes."),
            ),
            Mistake(
                "positions = [144, 148, 150, 152, 152]",
                N_(
                    "You read the 2 reserved bytes as the length 0. They stand between VR and "
                    "length in a long header."
                ),
            ),
            Mistake(
                "positions = [144, 148, 150, 156, 158]",
                N_("Nearly: bytes 150 and 151 are reserved; the length begins after them."),
            ),
            Mistake(
                "positions = [144, 146, 150, 154, 156]",
                N_("A tag takes 4 bytes: two for the group and two for the element."),
            ),
            Mistake(
                "positions = [0, 4, 8, 12, 14]",
                N_("Right within the element; give the places in the file, from byte 144 on."),
            ),
        ),
        form=forms.list_of(forms.integer),
    ),
    Code(
        name="structure-2",
        question=N_(
            "Write decode(raw), which takes the bytes of one element in Explicit VR Little Endian "
            "and returns (group, element, vr, length, value)."
        ),
        solution=_DECODE,
        why=N_("Your function reads short and long headers and cuts the value where it ends."),
        hints=(
            N_("Begin with the worked example: it reads a short header already."),
            N_("Look at the VR: if it is in LONG_HEADER, the length stands in raw[8:12]."),
            N_('Long: struct.unpack("<I", raw[8:12])[0], value from 12. Short: "<H", [6:8], 8.'),
        ),
        mistakes=(
            Mistake(
                _DECODE.replace("<HH", ">HH"),
                N_("The tag is read as big endian; here the low byte comes first: <HH."),
            ),
            Mistake(
                _SHORT_ONLY,
                N_("The long header is missing: after OB, OW, SQ, UT… come 2 reserved bytes."),
            ),
            Mistake(
                _NO_RESERVED,
                N_("Two reserved bytes stand between the VR and the length in a long header."),
            ),
            Mistake(
                _DECODE.replace('struct.unpack("<HH", raw[0:4])', "raw[0], raw[1]"),
                N_("A tag is not 2 bytes but 4: two numbers of 16 bits each."),
            ),
            Mistake(
                _DECODE.replace("start : start + length", "start:"),
                N_("The value ends after length bytes; what follows is another element."),
            ),
        ),
        cases=_elements,
        form=_parts,
    ),
    Value(
        name="structure-3",
        question=N_("Which transfer syntax UID does this hex view show?"),
        solution='syntax = "1.2.840.10008.1.2.4.91"',
        why=N_("(0002,0010) has VR UI and length 16H = 22: JPEG 2000."),
        hints=(
            N_("You look for the tag (0002,0010): which bytes is that?"),
            N_("02 00 10 00 begins at byte 264; then come UI, the length and the value."),
            N_("The value begins at byte 272, has 22 characters and goes on in the next row."),
        ),
        mistakes=(
            Mistake(
                'syntax = "1.2.840.10008.1.2.1"',
                N_("CT_small has this one; read the view of the other file, row 272 and on."),
            ),
            Mistake(
                'syntax = "1.2.840.10008.5.1.4.1.1.2"',
                N_("This is (0002,0002), Media Storage SOP Class UID: it says what, not how."),
            ),
            Mistake(
                'syntax = "1.2.840.10008.1."',
                N_("The value goes on in the next row: its length is 16H, which is 22 and not 16."),
            ),
            Mistake(
                'syntax = "1.2.840.10008.1"',
                N_("The value goes on in the next row: its length is 16H, which is 22 and not 16."),
            ),
            Mistake(
                'syntax = "1.2.826.0.1.3680043.2.1143.107.104.103.115.2.8.4"',
                N_("This is (0002,0012), Implementation Class UID: the program that wrote it."),
            ),
        ),
        form=forms.uid,
    ),
    Value(
        name="structure-4",
        question=N_("At which byte does the data set of this file begin?"),
        solution="other_start = 144 + 0xF0",
        why=N_("F0H is 240, counted from byte 144: 144 + 240 = 384."),
        hints=(
            N_("The value of (0002,0000) lies in bytes 140 to 143."),
            N_("f0 00 00 00 in little endian is 240."),
            N_("The 240 bytes follow the first element: add 144."),
        ),
        mistakes=(
            Mistake("other_start = 240", N_("This is a number of bytes, not a place in the file.")),
            Mistake(
                "other_start = 372", N_("The first element of 12 bytes is not counted itself.")
            ),
            Mistake(
                "other_start = 368", N_("Neither the prefix nor the first element is counted.")
            ),
            Mistake("other_start = 380", N_("The count begins after the value, not at it.")),
            Mistake(
                "other_start = 144 + 0xF0000000",
                N_("You read the value as big endian: f0 is its lowest byte."),
            ),
            Mistake(
                "other_start = 336", N_("This is the place in CT_small; this file has another.")
            ),
        ),
    ),
    Parsons(
        name="structure-5",
        question=N_("In which order do these lines read the first tag of a deflated data set?"),
        solution='order = "bfcaed"',
        why=N_("Read, find the length, find the start, cut, inflate, and only then decode."),
        hints=(
            N_("Each line may use only names that a line above it has set."),
            N_("The data set is cut out of the file first and inflated after that."),
            N_("It begins with b, f, c."),
        ),
        mistakes=(
            Mistake(
                'order = "bfcade"',
                N_("The tag is decoded while the data set is still deflated: it would be noise."),
            ),
            Mistake(
                'order = "bcfaed"',
                N_("start needs group_length, which is not there yet."),
            ),
            Mistake(
                'order = "bfcead"',
                N_("data_set must be cut out of the file before it can be inflated."),
            ),
        ),
        lines=(
            "data_set = raw[start:]",
            "raw = path.read_bytes()",
            "start = 144 + group_length",
            'group, element = struct.unpack("<HH", data_set[:4])',
            "data_set = zlib.decompress(data_set, wbits=-15)",
            'group_length = struct.unpack("<I", raw[140:144])[0]',
        ),
    ),
    Value(
        name="structure-6",
        question=N_(
            "How many bytes does the whole element (0010,0010) with the value Ivanov^Ivan take in "
            "Explicit VR Little Endian?"
        ),
        solution="size = 4 + 2 + 2 + 12",
        why=N_("Tag 4, VR 2, length 2, and the 11 characters padded to 12."),
        hints=(
            N_("Count the characters, then think of the padding."),
            N_("PN is not in LONG_HEADER: its header takes 8 bytes."),
            N_("8 bytes of header, and 11 characters rounded up to an even number."),
        ),
        mistakes=(
            Mistake("size = 19", N_("11 is odd: a space is added.")),
            Mistake("size = 11", N_("These are the characters alone: add header and padding.")),
            Mistake("size = 12", N_("This is the value alone: add the header.")),
            Mistake("size = 18", N_("A tag takes 4 bytes, not 2.")),
            Mistake("size = 22", N_("In a short header the length takes 2 bytes, not 4.")),
            Mistake("size = 24", N_("PN has the short header, of 8 bytes.")),
        ),
    ),
    Value(
        name="structure-7",
        question=N_(
            "What is the Cumulative Dose Reference Coefficient (300A,010C) in the first item of "
            "(300C,0050), in the second item of (300A,0111), in the first item of (300A,00B0)?"
        ),
        solution="""\
from dicom_lessons import samples

beam = samples.read("rtplan").BeamSequence[0]
item = beam.ControlPointSequence[1].ReferencedDoseReferenceSequence[0]
coefficient = float(item.CumulativeDoseReferenceCoefficient)
""",
        why=N_("Three sequences deep: Beam, Control Point, Referenced Dose Reference."),
        hints=(
            N_("pydicom's keywords are in the table above; items are counted from 0."),
            N_("Begin with plan.BeamSequence[0].ControlPointSequence[1]."),
            N_("Then .ReferencedDoseReferenceSequence[0].CumulativeDoseReferenceCoefficient."),
        ),
        mistakes=(
            Mistake(
                "coefficient = 0.0",
                N_("This is from the first control point: Python's [1] is the second item."),
            ),
            Mistake(
                "coefficient = 1.0",
                N_("This is from the second item of (300C,0050): Python's [0] is the first one."),
            ),
        ),
        form=forms.as_it_is,
    ),
    Choice(
        name="structure-8",
        question=N_("Why does force=True open a text file without an error?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("What would pydicom have looked at without force?"),
            N_("Read the letters h e l l as two numbers of 16 bits in little endian."),
            N_("Nothing is recognised and nothing is repaired."),
        ),
        options=(
            Option(
                N_("The text is a valid data set without a header."),
                N_("(6568,6C6C) is no element of the standard: its bytes are letters."),
            ),
            Option(
                N_("pydicom repairs the missing header."),
                N_("Nothing is repaired: reading begins at byte 0 as if a data set was there."),
            ),
            Option(
                N_("The test of the prefix is skipped, and any bytes can be taken for an element."),
                N_("Four letters become a tag, the next four a length: so check what was read."),
            ),
            Option(
                N_("pydicom recognises text and stores it as a comment."),
                N_("It recognises nothing: the letters are taken for tag, length and value."),
            ),
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, *EXPLORATION, *GRADED)
