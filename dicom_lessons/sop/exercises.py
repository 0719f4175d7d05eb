"""Exercises of lesson 04: SOP classes."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    MRImageStorage,
)

from dicom_lessons import samples, sop
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
from dicom_lessons.sop.exchange import Context, Message
from dicom_lessons.text import N_, _

_VERIFICATION = UID("1.2.840.10008.1.1")


def incomplete() -> Dataset:
    """Return an MR image of the virtual patient that lacks one Type 1 attribute."""
    scan = samples.read("virtual/mr_t1", stop_before_pixels=True)
    scan.PatientBirthDate = None
    scan.StudyID = None
    del scan.SeriesDescription
    del scan.SequenceVariant
    return scan


def log() -> list[Message]:
    """Return the messages of an association in which not every context is accepted."""
    contexts = [
        Context(1, _VERIFICATION, (ImplicitVRLittleEndian,), 0, ImplicitVRLittleEndian),
        Context(3, CTImageStorage, (JPEG2000Lossless,), 4),
        Context(5, CTImageStorage, (ExplicitVRLittleEndian,), 0, ExplicitVRLittleEndian),
        Context(7, MRImageStorage, (ExplicitVRLittleEndian,), 3),
    ]
    ct = CTImageStorage.name
    success = _("status {status}: {meaning}", status="0000H", meaning=_("success"))
    failure = _("status {status}: {meaning}", status="A700H", meaning=_("no success"))
    return [
        Message("requestor", "A-ASSOCIATE-RQ", tuple(each.offer for each in contexts)),
        Message("acceptor", "A-ASSOCIATE-AC", tuple(each.reply for each in contexts)),
        Message("requestor", "C-ECHO-RQ", (_VERIFICATION.name,)),
        Message("acceptor", "C-ECHO-RSP", (success,)),
        Message("requestor", "C-STORE-RQ", (ct,)),
        Message("acceptor", "C-STORE-RSP", (success,)),
        Message("requestor", "C-STORE-RQ", (ct,)),
        Message("acceptor", "C-STORE-RSP", (failure,)),
        Message("requestor", "A-RELEASE-RQ"),
        Message("acceptor", "A-RELEASE-RP"),
    ]


def _modules() -> list[tuple[object, ...]]:
    ct = sop.definition("CTImageStorage")
    return [(ct.module(name),) for name in ("General Study", "Image Pixel", "General Acquisition")]


WARM_UP = (
    Choice(
        name="sop-w1",
        question=N_("Modality says NM. Which SOP class does the object have?"),
        solution='answer = "c"',
        why="",
        hints=(
            N_("Think of the bone scans of lesson 03."),
            N_("They were captured from a screen."),
            N_("Modality and class are two elements, and neither gives the other."),
        ),
        options=(
            Option(
                N_("Nuclear Medicine Image Storage, of course."),
                N_("The bone scans of lesson 03 have NM and are Secondary Captures."),
            ),
            Option(
                N_("Secondary Capture Image Storage, as lesson 03 has shown."),
                N_("That was so in four files; a gamma camera writes the other class."),
            ),
            Option(
                N_("Modality alone does not tell."),
                N_("Only SOP Class UID (0008,0016) tells the class."),
            ),
        ),
    ),
    Choice(
        name="sop-w2",
        question=N_("What does the UID 1.2.840.10008.5.1.4.1.1.2 stand for?"),
        solution='answer = "a"',
        why="",
        hints=(
            N_("Its root belongs to the standard itself."),
            N_("Transfer syntaxes begin with 1.2.840.10008.1.2."),
            N_("5.1.4.1.1 is the family of storage classes."),
        ),
        options=(
            Option(
                N_("A SOP class: CT Image Storage."),
                N_("The standard gives it, and every CT image of this kind carries it."),
            ),
            Option(
                N_("One CT image."),
                N_("Nobody but the standard may make a UID with this root, for an image least."),
            ),
            Option(
                N_("A transfer syntax."),
                N_("Those begin with 1.2.840.10008.1.2 and say how bytes are written."),
            ),
        ),
    ),
    Choice(
        name="sop-w3",
        question=N_(
            "The data set of a file is in Implicit VR Little Endian: how is its group 0002 written?"
        ),
        solution='answer = "b"',
        why="",
        hints=(
            N_("A reader has to read group 0002 before it knows the transfer syntax."),
            N_("So there can be no choice."),
            N_("Look at the VRs in the first bytes after DICM."),
        ),
        options=(
            Option(
                N_("In Implicit VR Little Endian as well."),
                N_("The transfer syntax in group 0002 is that of the data set only."),
            ),
            Option(
                N_("In Explicit VR Little Endian, as always."),
                N_("The header has one encoding, so that any reader can begin (PS3.10 §7.1)."),
            ),
            Option(
                N_("As the writing program likes; a flag tells which."),
                N_("There is no such flag, and no choice."),
            ),
        ),
    ),
)

PREDICTIONS = (
    Prediction(
        name="sop-p1",
        question=N_("Are the two SOP Instance UIDs of this dose equal: True or False?"),
        solution="equal = False",
        why=N_("Somebody changed the data set and saved it with the old header."),
        hints=(
            N_("The header is a copy, and copies grow old."),
            N_("Would the lesson ask, if they were equal?"),
            N_("False."),
        ),
        form=forms.truth,
        mistakes=(
            Mistake("equal = True", N_("They should be, as in the CT; nothing forces them to be.")),
        ),
    ),
    Prediction(
        name="sop-p2",
        question=N_("How many of the 25 modules of the CT Image IOD are mandatory?"),
        solution="mandatory = 11",
        why=N_("From Patient to SOP Common: 11 are mandatory, 11 are user options, 3 conditional."),
        hints=(
            N_("Neither all nor almost none."),
            N_("Contrast agents, overlays and clinical trials are not needed in each CT."),
            N_("Less than a half."),
        ),
        mistakes=(
            Mistake(
                "mandatory = 25", N_("Most modules are for cases that many images never meet.")
            ),
            Mistake(
                "mandatory = 1",
                N_("A CT image needs a patient, a study, a series and more, each a module."),
            ),
        ),
    ),
    Prediction(
        name="sop-p3",
        question=N_(
            "The patient's name is not known: may a CT leave the element (0010,0010) out, "
            "True or False?"
        ),
        solution="may = False",
        why=N_("Patient's Name is of Type 2: it may be empty, but it has to be there."),
        hints=(
            N_("Which type has the name?"),
            N_("Type 2 tells apart two things: the element and its value."),
            N_("The value may be missing, the element may not."),
        ),
        form=forms.truth,
        mistakes=(Mistake("may = True", N_("An unknown value is left empty; the element stays.")),),
    ),
    Prediction(
        name="sop-p4",
        question=N_("Into how many service classes do these five SOP classes fall?"),
        solution="service_classes = 4",
        why=N_("FIND and MOVE share Query/Retrieve; each of the other three has its own."),
        hints=(
            N_("Ask of each class which task it serves."),
            N_("To look for images and to have them sent is one task."),
            N_("Two of the five share a service class."),
        ),
        mistakes=(
            Mistake("service_classes = 1", N_("One would be enough if each class could do all.")),
            Mistake(
                "service_classes = 5",
                N_("FIND and MOVE are two SOP classes, but of one service class."),
            ),
            Mistake(
                "service_classes = 3",
                N_("Verification counts too: it needs no object, yet it has a service class."),
            ),
        ),
    ),
    Prediction(
        name="sop-p5",
        question=N_("How many of the four offered contexts will be accepted?"),
        solution="accepted = 3",
        why=N_("The provider knows Verification, CT and RT Plan; MR was not among its classes."),
        hints=(
            N_("Compare what is offered with what the provider was started with."),
            N_("Each provider accepts Verification here."),
            N_("All but one."),
        ),
        mistakes=(
            Mistake("accepted = 4", N_("The provider was started for CT and RT Plan only.")),
            Mistake("accepted = 2", N_("Verification is accepted as well: it needs no data set.")),
            Mistake(
                "accepted = 0",
                N_("One refused context does not spoil the others: each is answered."),
            ),
        ),
    ),
    Prediction(
        name="sop-p6",
        question=N_(
            "Are the two SOP Instance UIDs of the plan equal after the journey: True or False?"
        ),
        solution="equal = True",
        why=N_("The header did not travel; the receiver made a new one from the data set."),
        hints=(
            N_("What travels in a C-STORE?"),
            N_("No preamble, no prefix, no group 0002."),
            N_("The receiver wrote the header anew."),
        ),
        form=forms.truth,
        mistakes=(
            Mistake(
                "equal = False",
                N_("The old header stayed at home: only the data set travels."),
            ),
        ),
    ),
)

QUESTION = Choice(
    name="sop-q1",
    question=N_("In which of these IODs is the General Equipment module only a user option?"),
    solution='answer = "b"',
    why="",
    hints=(
        N_("Choose each class at the top and look for the module in the list."),
        N_("It is a class whose pictures need not come from a device for medicine."),
        N_("A photograph of a screen has SC Equipment instead."),
    ),
    options=(
        Option(N_("CT Image"), N_("There it is M: the device is part of each CT image.")),
        Option(
            N_("Secondary Capture Image"),
            N_("There SC Equipment is mandatory, and General Equipment may say more."),
        ),
        Option(N_("RT Plan"), N_("There it is M, although a plan is no picture.")),
    ),
)

_NAMES = (
    'names = ["Patient", "Patient Study", "General Series", "Image Plane", "Contrast/Bolus", '
    '"Image Pixel", "VOI LUT", "SOP Common"]'
)
_KEPT = """\
from dicom_lessons import sop
definition = sop.definition("CTImageStorage")
"""

GRADED = (
    Value(
        name="sop-1",
        question=N_("Which of these eight modules are mandatory in every CT image?"),
        form=forms.list_of(forms.text, ordered=False),
        solution=f"""\
{_KEPT}{_NAMES}
mandatory = [name for name in names if definition.module(name).usage == "M"]
""",
        why=N_("Who, which series, where in space, the pixels, and the object itself."),
        hints=(
            N_("definition.module(name) gives a module, and its usage is one letter."),
            N_("M is mandatory; C depends on a condition; U is free."),
            N_('Keep each name for which definition.module(name).usage == "M".'),
        ),
        mistakes=(
            Mistake(
                'mandatory = ["Patient", "Patient Study", "General Series", "Image Plane", '
                '"Image Pixel", "SOP Common"]',
                N_("Patient Study holds age and weight at the time of the study: a user option."),
            ),
            Mistake(
                'mandatory = ["Patient", "General Series", "Image Plane", "Contrast/Bolus", '
                '"Image Pixel", "SOP Common"]',
                N_("Contrast/Bolus is conditional: only if a contrast medium was used."),
            ),
            Mistake(
                'mandatory = ["Patient", "General Series", "Image Plane", "Image Pixel", '
                '"VOI LUT", "SOP Common"]',
                N_("VOI LUT holds the window. A CT may come without one, as CT_small does."),
            ),
            Mistake(
                'mandatory = ["Patient", "General Series", "Image Pixel", "SOP Common"]',
                N_("Image Plane is missing: a CT slice has to say where it lies."),
            ),
            Mistake(
                _NAMES.replace("names", "mandatory"),
                N_("All eight belong to the IOD, but not all are mandatory."),
            ),
        ),
    ),
    Code(
        name="sop-2",
        question=N_(
            "Write required(module): the keywords of the attributes of the module that have to be "
            "there without condition, as a list in the order of the table."
        ),
        solution="""\
def required(module):
    return [each.keyword for each in module.attributes if each.type in ("1", "2")]
""",
        cases=_modules,
        why=N_("Type 1 with a value, Type 2 with or without one: both have to be there."),
        hints=(
            N_("Go through module.attributes; each has a keyword and a type."),
            N_("Two of the five types ask for the element without condition."),
            N_('Keep each.keyword where each.type in ("1", "2").'),
        ),
        mistakes=(
            Mistake(
                "def required(module):\n"
                '    return [each.keyword for each in module.attributes if each.type == "1"]',
                N_("Type 2 is missing: it may be empty, but it has to be there."),
            ),
            Mistake(
                "def required(module):\n"
                '    return [each.keyword for each in module.attributes if each.type != "3"]',
                N_("Types 1C and 2C are in it, and those depend on a condition."),
            ),
            Mistake(
                "def required(module):\n    return [each.keyword for each in module.attributes]",
                N_("All attributes are in it, those of Type 3 as well."),
            ),
            Mistake(
                "def required(module):\n"
                '    return [each for each in module.attributes if each.type in ("1", "2")]',
                N_("These are the attributes themselves; the keywords are asked for."),
            ),
        ),
    ),
    Value(
        name="sop-3",
        question=N_("Which Type 1 attribute does this MR image lack?"),
        form=forms.tag,
        solution="""\
from dicom_lessons import sop
from dicom_lessons.sop.exercises import incomplete
lacking = sop.lacks(incomplete())[0].where
""",
        why=N_("Sequence Variant is of Type 1 in the MR Image module; even NONE would be a value."),
        hints=(
            N_("Only modules that are mandatory for an MR image matter."),
            N_("Compare required(module) of each mandatory module with the elements of the scan."),
            N_('It is in the module "MR Image", next to Scanning Sequence.'),
        ),
        mistakes=(
            Mistake(
                'lacking = "PatientBirthDate"',
                N_("It is there and empty, and Type 2 allows just that."),
            ),
            Mistake(
                'lacking = "StudyID"', N_("It is there and empty, and Type 2 allows just that.")
            ),
            Mistake(
                'lacking = "SeriesDescription"',
                N_("It is absent indeed, but its Type is 3: nobody needs to give it."),
            ),
            Mistake(
                'lacking = "InversionTime"',
                N_("Type 2C: only needed where Scanning Sequence contains IR, and here it is SE."),
            ),
            Mistake(
                'lacking = "PixelData"',
                N_("The scan was read without its pixels; besides, Pixel Data is of Type 1C."),
            ),
        ),
    ),
    Value(
        name="sop-4",
        question=N_("Which DIMSE service does each of the five tasks need?"),
        form=forms.list_of(forms.text),
        solution='services = ["C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "N-CREATE"]',
        why=N_("Four are composite services, and the last, normalized, makes a new object."),
        hints=(
            N_("Who sends the images decides between C-STORE, C-GET and C-MOVE."),
            N_("C-MOVE names the program that gets the images; C-FIND answers without images."),
            N_("The first is C-ECHO and the last N-CREATE."),
        ),
        mistakes=(
            Mistake(
                'services = ["C-ECHO", "C-STORE", "C-FIND", "C-GET", "N-CREATE"]',
                N_("C-GET brings images back to the one who asks; here a third program gets them."),
            ),
            Mistake(
                'services = ["C-ECHO", "C-MOVE", "C-FIND", "C-MOVE", "N-CREATE"]',
                N_("Who has the images and sends them uses C-STORE; C-MOVE asks somebody else to."),
            ),
            Mistake(
                'services = ["C-ECHO", "C-STORE", "C-GET", "C-MOVE", "N-CREATE"]',
                N_("C-GET fetches whole objects; the question was only which studies there are."),
            ),
            Mistake(
                'services = ["C-FIND", "C-STORE", "C-FIND", "C-MOVE", "N-CREATE"]',
                N_("To see whether somebody is there, no search is needed: C-ECHO."),
            ),
            Mistake(
                'services = ["C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "C-STORE"]',
                N_("The procedure step is a normalized object: it is created, and later changed."),
            ),
        ),
    ),
    Value(
        name="sop-5",
        question=N_("Over which presentation contexts, by number, may messages pass here?"),
        form=forms.list_of(forms.integer, ordered=False),
        solution="usable = [1, 5]",
        why=N_("Only these two were accepted; the CT images went over context 5."),
        hints=(
            N_("The requestor offers, the acceptor decides."),
            N_("Read the lines of A-ASSOCIATE-AC."),
            N_("Only the numbers followed by “accepted” count."),
        ),
        mistakes=(
            Mistake("usable = [1, 3, 5, 7]", N_("These were offered; not all were accepted.")),
            Mistake(
                "usable = [1, 3, 5]",
                N_("Context 3 is CT, but in a transfer syntax that the acceptor refused."),
            ),
            Mistake("usable = [1]", N_("Two CT images were sent, so there is a context for them.")),
            Mistake("usable = [5]", N_("The C-ECHO needed a context as well.")),
            Mistake("usable = [3, 7]", N_("These two were refused.")),
        ),
    ),
    Parsons(
        name="sop-6",
        question=N_("In which order do these six lines store a CT image at the provider?"),
        lines=(
            "association.release()",
            'user = AE(ae_title="STUDENT")',
            "status = association.send_c_store(ct)",
            'ct = samples.read("CT_small")',
            "association = provider.associate(user)",
            "user.add_requested_context(ct.SOPClassUID, ct.file_meta.TransferSyntaxUID)",
        ),
        solution='order = "dbfeca"',
        also_right=("bdfeca",),
        why=N_("Object, program, offer, association, message, release."),
        hints=(
            N_("The offer is made of what is to be sent, so the object comes before it."),
            N_("What was not offered before associate cannot be used after it."),
            N_("It ends with e, c, a."),
        ),
        mistakes=(
            Mistake(
                'order = "dbefca"',
                N_("The context is added after the association was negotiated: too late."),
            ),
            Mistake(
                'order = "dbfeac"',
                N_("After the release there is no association for the C-STORE."),
            ),
            Mistake(
                'order = "bfdeca"',
                N_("The offer uses ct before it was read."),
            ),
        ),
    ),
)

EXERCISES: tuple[Exercise, ...] = (*WARM_UP, *PREDICTIONS, QUESTION, *GRADED)
