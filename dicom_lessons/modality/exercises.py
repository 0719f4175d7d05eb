"""Exercises of lesson 03: modalities."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.uid import XRayAngiographicImageStorage

from dicom_lessons import samples
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

_PICTURES = {"A": "examples_overlay", "B": "JPEG2000", "C": "virtual/xa"}
_BETRAY = ("Modality", "SOPClassUID", "StudyDescription", "SeriesDescription", "ProtocolName")


def unlabelled(letter: str) -> Dataset:
    """Return a real or invented object without the elements that would name its modality.

    Parameters
    ----------
    letter : str
        ``"A"``, ``"B"`` or ``"C"``.
    """
    dataset = samples.read(_PICTURES[letter])
    for keyword in _BETRAY:
        if keyword in dataset:
            del dataset[keyword]
    return dataset


def suspects() -> dict[str, Dataset]:
    """Return five headers by letter; the Modality of one of them is a lie."""
    header = {"stop_before_pixels": True}
    angiogram = Dataset()
    angiogram.SOPClassUID = XRayAngiographicImageStorage
    angiogram.Modality = "RF"
    angiogram.ManufacturerModelName = "Fluoroscope"
    lie = samples.read("CT_small", **header)
    lie.Modality = "MR"
    return {
        "a": samples.read("JPEG2000", **header),
        "b": samples.read("examples_ybr_color", **header),
        "c": angiogram,
        "d": lie,
        "e": samples.read("virtual/sc", **header),
    }


def _folders() -> list[tuple[Path]]:
    test_files = samples.BUNDLED / "test_files"
    return [(test_files / "dicomdirtests",), (samples.BUNDLED / "charset_files",)]


_STILL_LOWER = N_("Modality is still no Code String: it must be in upper case.")
_ANOTHER = N_("Modality is legal now, but it is no longer that of a CT.")
_LOST = N_("Modality is right, but other elements are missing or changed.")


def _mended(path: Path) -> str:
    dataset = dcmread(path)
    value = dataset.get("Modality")
    if value != "CT":
        return _ANOTHER if value and str(value).isupper() else _STILL_LOWER
    return "" if dataset == samples.read("CT_small") else _LOST


_BROKEN = """\
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from pydicom import dcmread
from dicom_lessons import samples
raw = samples.path("CT_small").read_bytes()
broken = raw.replace(b"CS\\x02\\x00CT", b"CS\\x02\\x00ct")
dataset = dcmread(BytesIO(broken))
"""
_SAVED = """\
path = Path(mkdtemp()) / "mended.dcm"
dataset.save_as(path)
mended = path
"""

WARM_UP = (
    Choice(
        name="modality-w1",
        question=N_(
            "Two files have the same Series Instance UID and different SOP Instance UIDs: "
            "what are they?"
        ),
        solution='answer = "b"',
        why="",
        hints=(
            N_("One of the two UIDs names a group of objects."),
            N_("The other one names a single object."),
            N_("Two slices of one scan are such a pair."),
        ),
        options=(
            Option(
                N_("Two copies of one object."),
                N_("Copies carry the same SOP Instance UID."),
            ),
            Option(
                N_("Two objects of one series."),
                N_("The series is the same, the objects differ: two slices of a scan, say."),
            ),
            Option(
                N_("Two objects of different patients."),
                N_("A series belongs to one study, and a study to one patient."),
            ),
        ),
    ),
    Choice(
        name="modality-w2",
        question=N_(
            "How many bytes does the element (0008,0060) with the value CT take in Explicit VR "
            "Little Endian?"
        ),
        solution='answer = "b"',
        why="",
        hints=(
            N_("Add up the tag, the VR, the length and the value."),
            N_("CS is a VR with a short header."),
            N_("4 + 2 + 2 bytes of header, then the value."),
        ),
        options=(
            Option(N_("2 bytes"), N_("That is the value alone, without its header.")),
            Option(
                N_("10 bytes"),
                N_("4 for the tag, 2 for the VR, 2 for the length, 2 for the value."),
            ),
            Option(
                N_("14 bytes"),
                N_("CS has a short header: 2 bytes of length and nothing reserved."),
            ),
        ),
    ),
    Choice(
        name="modality-w3",
        question=N_("Which of these files is not a DICOM file?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("DICOM is more than pictures."),
            N_("A file name proves nothing."),
            N_("Ask where the letters DICM stand."),
        ),
        options=(
            Option(
                N_("An electrocardiogram without any picture."),
                N_("It may be one: curves are among the objects of DICOM."),
            ),
            Option(
                N_("A CT slice whose name has no extension."),
                N_("It may be one: the name plays no part."),
            ),
            Option(
                N_("A letter saved as scan.dcm."),
                N_("The name says .dcm, but the bytes 128 to 131 are not DICM."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="modality-p1",
        question=N_("How many different modalities will the four series of this PET/CT have?"),
        solution="different = 3",
        why=N_("CT twice, PT once, and OT for the photograph of the screen: each series has one."),
        hints=(
            N_("A PET/CT scanner is two devices in one."),
            N_("The photograph of a screen came from neither of them."),
            N_("CT, PT and one more."),
        ),
        mistakes=(
            Mistake("different = 1", N_("The study has no modality of its own; each series does.")),
            Mistake("different = 2", N_("CT and PT, but the photograph of the screen is neither.")),
            Mistake(
                "different = 4", N_("Two of the series are CT: two reconstructions of a scan.")
            ),
        ),
    ),
    Prediction(
        name="modality-p2",
        question=N_("How many characters does the longest Defined Term of Modality have?"),
        solution="longest = 10",
        why=N_("CTPROTOCOL, XAPROTOCOL and TEXTUREMAP have 10; the limit of a CS is 16."),
        hints=(
            N_("Radiotherapy has long ones."),
            N_("RTSTRUCT has 8, and it is not the longest."),
            N_("CTPROTOCOL is among the longest."),
        ),
        mistakes=(
            Mistake("longest = 5", N_("You will read this number often; no rule says so.")),
            Mistake("longest = 16", N_("16 is the limit of the VR CS; no term reaches it.")),
            Mistake("longest = 2", N_("Two letters are frequent, but there is more.")),
        ),
    ),
    Prediction(
        name="modality-p3",
        question=N_("Is OT among the standard's Defined Terms: True or False?"),
        solution="standard = True",
        why=N_("OT means Other, and the standard lists it (PS3.3 C.7.3.1.1.1)."),
        hints=(
            N_("What would a standard offer for all that has no name of its own?"),
            N_("OT stands for Other."),
            N_("It is in PS3.16, CID 32, as well."),
        ),
        form=forms.truth,
        mistakes=(
            Mistake("standard = False", N_("It looks like a stopgap, and it is a standard one.")),
        ),
    ),
    Prediction(
        name="modality-p4",
        question=N_("Is DR among the current or the retired terms: True or False?"),
        solution="listed = False",
        why=N_("DR is in neither list: the term for digital radiography is DX."),
        hints=(
            N_("People say DR; what does the standard say?"),
            N_("The same thing needs one term only."),
            N_("The term is DX."),
        ),
        form=forms.truth,
        mistakes=(
            Mistake("listed = True", N_("Everybody says DR, but it never was a Defined Term.")),
        ),
    ),
    Prediction(
        name="modality-p5",
        question=N_("Which Defined Term stands for fluoroscopy?"),
        solution='term = "RF"',
        why=N_("RF is Radio Fluoroscopy; XA is X-Ray Angiography, pictures of vessels."),
        hints=(
            N_("It has two letters, and the second comes from fluoroscopy."),
            N_("The first one comes from radio-."),
            N_("R and F."),
        ),
        form=forms.text,
        mistakes=(
            Mistake('term = "XA"', N_("The A of XA is angiography: vessels filled with contrast.")),
            Mistake(
                'term = "DF"', N_("DF was digital fluoroscopy; it is retired, RF includes it.")
            ),
            Mistake('term = "FL"', N_("There is no such term.")),
        ),
    ),
    Prediction(
        name="modality-p6",
        question=N_("Which SOP class do the four files with Modality NM have?"),
        solution='sop_class = "Secondary Capture Image Storage"',
        why=N_("The bone scans were captured as pictures; Modality still names where they began."),
        hints=(
            N_("It is not the one that the modality suggests."),
            N_("Somebody captured these pictures from a workstation."),
            N_("Secondary Capture Image Storage."),
        ),
        form=forms.uid,
        mistakes=(
            Mistake(
                'sop_class = "Nuclear Medicine Image Storage"',
                N_("This is the class one would expect, but Modality does not decide the class."),
            ),
        ),
    ),
    Prediction(
        name="modality-p7",
        question=N_("How many of the three CT files will the loop count?"),
        solution="counted = 2",
        why=N_("The text 'ct' is not equal to 'CT', so one file is passed over in silence."),
        hints=(
            N_("Python compares text letter by letter."),
            N_("One of the files is unlike the others."),
            N_("Three less one."),
        ),
        mistakes=(
            Mistake("counted = 3", N_("pydicom does not mend the value when it reads.")),
            Mistake("counted = 0", N_("The other two files are in order.")),
        ),
    ),
)

QUESTION = Choice(
    name="modality-q1",
    question=N_("In which object of the virtual patient is the name part of the picture itself?"),
    solution='answer = "c"',
    why="",
    hints=(
        N_("Look for letters in the pictures of the left column."),
        N_("Burned In Annotation (0028,0301) says YES there."),
        N_("It is the photograph of a screen."),
    ),
    options=(
        Option(
            N_("In the CR: each radiograph carries its patient's name."),
            N_("Its name stands in the header; the picture shows the chest only."),
        ),
        Option(
            N_("In the US: scanners write the name at the top."),
            N_("Real scanners often do so. This one does not: look at the picture."),
        ),
        Option(
            N_("In the OT: the screen showed the name, and so does its photograph."),
            N_("Burned In Annotation is YES; no change of the header removes this name."),
        ),
    ),
)

GRADED = (
    Value(
        name="modality-1",
        question=N_("Which of these ten values are current Defined Terms of Modality?"),
        form=forms.list_of(forms.text, ordered=False),
        solution="""\
from dicom_lessons import modality
values = ["CT", "DR", "RTSTRUCT", "MRI", "OT", "PET", "XA", "DS", "KO", "SC"]
terms = [value for value in values if value in modality.CURRENT]
""",
        why=N_("Five are. DS is retired; DR, MRI, PET and SC are in no list of the standard."),
        hints=(
            N_("Neither the length nor the familiar sound of a value decides."),
            N_("modality.CURRENT is a dict whose keys are the current terms."),
            N_("Keep each value for which value in modality.CURRENT is True."),
        ),
        mistakes=(
            Mistake(
                'terms = ["CT", "RTSTRUCT", "OT", "XA", "DS", "KO"]',
                N_("DS was a term once; it is retired now, and XA includes it."),
            ),
            Mistake(
                'terms = ["CT", "RTSTRUCT", "XA", "KO"]',
                N_("OT is missing: Other is a Defined Term like any other."),
            ),
            Mistake(
                'terms = ["CT", "OT", "XA", "KO"]',
                N_("RTSTRUCT is missing: a term may be longer than five letters."),
            ),
            Mistake(
                'terms = ["CT", "DR", "RTSTRUCT", "OT", "XA", "KO"]',
                N_("DR is what people say; the term is DX."),
            ),
            Mistake(
                'terms = ["CT", "RTSTRUCT", "OT", "XA", "KO", "SC"]',
                N_("SC is a kind of object, Secondary Capture, and no modality."),
            ),
            Mistake(
                'terms = ["CT", "RTSTRUCT", "OT", "PET", "XA", "KO"]',
                N_("PET is the everyday word; the term is PT."),
            ),
        ),
    ),
    Value(
        name="modality-2",
        question=N_("Which modalities have the objects A, B and C, in this order?"),
        form=forms.list_of(forms.text),
        solution='modalities = ["MR", "NM", "XA"]',
        why=N_("Each picture agrees with its elements; neither alone would be enough."),
        hints=(
            N_("Ask of each element: which kind of device has such a thing?"),
            N_("A has an echo time, B counts decays along a whole body, C is a film of vessels."),
            N_("A is magnetic resonance, B nuclear medicine, C angiography."),
        ),
        mistakes=(
            Mistake(
                'modalities = ["MRI", "NM", "XA"]',
                N_("MRI is the everyday word; the Defined Term has two letters."),
            ),
            Mistake(
                'modalities = ["CT", "NM", "XA"]',
                N_("A is a slice as well, but X-rays know neither echo nor magnetic field."),
            ),
            Mistake(
                'modalities = ["MR", "PT", "XA"]',
                N_("B shows a tracer too, but PT makes slices from pairs of photons; look again."),
            ),
            Mistake(
                'modalities = ["MR", "OT", "XA"]',
                N_("B does come from a known method: it counts decays. OT would give that away."),
            ),
            Mistake(
                'modalities = ["MR", "NM", "RF"]',
                N_("C is a film of X-rays like RF, but a contrast agent fills vessels: XA."),
            ),
        ),
    ),
    Value(
        name="modality-3",
        question=N_("Which of the five objects, a to e, carries a wrong Modality?"),
        form=forms.letter_of(5),
        solution='liar = "d"',
        why=N_(
            "A CT image with a tube voltage, and Modality says MR: one of the two must be wrong."
        ),
        hints=(
            N_("Print Modality and SOPClassUID.name of each."),
            N_("Two classes go with any modality, or with several: ask modality.agreement."),
            N_("An object with a tube voltage (KVP) does not come from a magnet."),
        ),
        mistakes=(
            Mistake(
                'liar = "a"',
                N_("A Secondary Capture names the method that the picture came from: NM is right."),
            ),
            Mistake(
                'liar = "b"',
                N_(
                    "Ultrasound Multi-frame is a class of its own; its modality is US all the same."
                ),
            ),
            Mistake(
                'liar = "c"',
                N_("An XA object may say RF, if a fluoroscope made it; the standard says so."),
            ),
            Mistake(
                'liar = "e"',
                N_("The photograph of a screen that showed two modalities is rightly OT."),
            ),
        ),
    ),
    Choice(
        name="modality-4",
        question=N_("A study has one CT series and one PT series: what stands in Modality?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("To what does Modality belong: to the study, the series or the patient?"),
            N_("How many values may Modality have?"),
            N_("Each series speaks for itself."),
        ),
        options=(
            Option(
                N_("CT\\PT in every file."),
                N_("Modality has exactly one value. Modalities in Study may have several."),
            ),
            Option(
                N_("PT in every file, since that was the question of the examination."),
                N_("Modality says what made the objects of a series, not what was asked."),
            ),
            Option(
                N_("CT in the files of one series, PT in those of the other."),
                N_("Modality belongs to the series, and each series has its own."),
            ),
            Option(
                N_("OT in every file, since the study is mixed."),
                N_("OT is for what has no term of its own, not for mixtures."),
            ),
        ),
    ),
    Code(
        name="modality-5",
        question=N_(
            "Complete count_modalities(folder): a dict that says how many DICOM files at any depth "
            "of the folder carry each value of Modality, with the empty text for none."
        ),
        cases=_folders,
        form=dict,
        solution="""\
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

def count_modalities(folder):
    counts = {}
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        try:
            header = dcmread(path, specific_tags=["Modality"])
        except InvalidDicomError:
            continue
        value = header.get("Modality", "")
        counts[value] = counts.get(value, 0) + 1
    return counts
""",
        why=N_(
            "Names played no part, and files without DICOM or without Modality stopped nothing."
        ),
        hints=(
            N_("folder.rglob('*') yields everything below a folder, the folders among it."),
            N_("dcmread raises InvalidDicomError for a file that is not DICOM: catch it, go on."),
            N_("header.get('Modality', '') gives the empty text where there is no Modality."),
        ),
        mistakes=(
            Mistake(
                """\
from pydicom import dcmread

def count_modalities(folder):
    counts = {}
    for path in folder.rglob("*.dcm"):
        value = dcmread(path).get("Modality", "")
        counts[value] = counts.get(value, 0) + 1
    return counts
""",
                N_("Only names that end in .dcm were counted; most files here have no ending."),
            ),
            Mistake(
                """\
from pydicom import dcmread

def count_modalities(folder):
    counts = {}
    for path in folder.rglob("*"):
        if path.is_file():
            value = dcmread(path).get("Modality", "")
            counts[value] = counts.get(value, 0) + 1
    return counts
""",
                N_("A file that is not DICOM stopped the count: catch InvalidDicomError."),
            ),
            Mistake(
                """\
from pydicom import dcmread

def count_modalities(folder):
    counts = {}
    for path in folder.rglob("*"):
        if path.is_file():
            value = dcmread(path, force=True).get("Modality", "")
            counts[value] = counts.get(value, 0) + 1
    return counts
""",
                N_("force=True takes any file for DICOM, the read-me files of the folder as well."),
            ),
            Mistake(
                """\
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

def count_modalities(folder):
    counts = {}
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                value = dcmread(path).Modality
            except InvalidDicomError:
                continue
            counts[value] = counts.get(value, 0) + 1
    return counts
""",
                N_("Some objects have no Modality: use get with the empty text."),
            ),
            Mistake(
                """\
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

def count_modalities(folder):
    counts = {}
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                value = dcmread(path).Modality
            except (InvalidDicomError, AttributeError):
                continue
            counts[value] = counts.get(value, 0) + 1
    return counts
""",
                N_("Files without Modality were left out; they count under the empty text."),
            ),
        ),
    ),
    Repair(
        name="modality-6",
        question=N_(
            "Write a copy of the broken file in which Modality is right and every other element is "
            "as before, and give its path."
        ),
        examine=_mended,
        solution=f"{_BROKEN}dataset.Modality = dataset.Modality.upper()\n{_SAVED}",
        why=N_("Modality is a Code String again, and nothing else has changed."),
        hints=(
            N_("Read the file, change one element, save it under another name."),
            N_("A text of Python has the method upper."),
            N_("dataset.Modality = dataset.Modality.upper(), then dataset.save_as(mended)."),
        ),
        mistakes=(
            Mistake(f"{_BROKEN}{_SAVED}", _STILL_LOWER),
            Mistake(f'{_BROKEN}dataset.Modality = "OT"\n{_SAVED}', _ANOTHER),
            Mistake(
                f'{_BROKEN}dataset.Modality = "CT"\ndataset.remove_private_tags()\n{_SAVED}',
                _LOST,
            ),
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, QUESTION, *GRADED)
