"""What dciodvfy complains of, as a table of patterns: each kind of its messages in words."""

from __future__ import annotations

import re
from typing import NamedTuple

from dicom_lessons.read_write.judge import RULES
from dicom_lessons.text import N_, _, short

LONGEST = 200
"""Characters of a sentence of dciodvfy that is in no row of the table."""
_MODULE = re.compile(r" (?:- )?Module=<(?P<module>\w*)>$")
TYPES = {"1": "§7.4.1", "1C": "§7.4.2", "2": "§7.4.3", "2C": "§7.4.4", "3": "§7.4.5"}


class Kind(NamedTuple):
    """One kind of message: how it reads, what it means, what to do, and who says so."""

    pattern: re.Pattern[str]
    what: str
    cure: str
    section: str


def in_words(sentence: str) -> tuple[str, str, str]:
    r"""Return what a sentence of dciodvfy means, what to do about it, and the section.

    >>> in_words("Missing attribute for Type 2 Required - Module=<GeneralStudy>")[0]
    'missing, and module GeneralStudy wants it, though it may be empty'
    >>> in_words("Value is \x1b[31m not known yet")[0]
    'in the words of dciodvfy: Value is \\x1b[31m not known yet'
    """
    module = _MODULE.search(sentence)
    bare = sentence[: module.start()] if module else sentence
    for kind in KINDS:
        if match := kind.pattern.match(bare):
            found = match.groupdict(default="").items()
            fields = {name: short(text) or _("the value") for name, text in found}
            fields["module"] = module["module"] if module else "?"
            cure = kind.cure or RULES.get(fields.get("vr", ""), "")
            section = kind.section or f"PS3.5 {TYPES.get(fields.get('type', ''), '')}".strip()
            section = "" if section == "PS3.5" else section
            return _(kind.what, **fields), _(cure, **fields), section
    return _("in the words of dciodvfy: {sentence}", sentence=short(bare, LONGEST)), "", ""


def _kind(pattern: str, what: str, cure: str = "", section: str = "") -> Kind:
    return Kind(re.compile(pattern), what, cure, section)


_BROKEN = N_("the bytes do not go on as a data set should; what follows here was not judged")
_COPY = N_("get the file once more: the copy may be damaged")
_ITEMS = "PS3.5 §7.5"
_META = "PS3.10 §7.1"
_ENCAPSULATED = "PS3.5 §A.4"
_VALUE = r"(?: = <(?P<value>.*?)>)?"
KINDS = (
    # ---- which attributes are there
    _kind(r"Missing attribute for Type (?P<type>1) ",
          N_("missing, and module {module} wants it with a value"),
          N_("give it its value; an invented one is worse than none")),
    _kind(r"Missing attribute for Type (?P<type>2) ",
          N_("missing, and module {module} wants it, though it may be empty"),
          N_("add it; leave it empty if the value is unknown")),
    _kind(r"Missing attribute for Type (?P<type>1C) ",
          N_("missing, though the condition is met under which {module} wants it with a value"),
          N_("look its condition up in the module, and give it its value")),
    _kind(r"Missing attribute for Type (?P<type>2C) ",
          N_("missing, though the condition is met under which {module} wants it"),
          N_("look its condition up in the module; it may be empty if the value is unknown")),
    _kind(r"Empty attribute \(no value\) for Type (?P<type>\w+) ",
          N_("empty, but {module} wants a value here (Type {type})"),
          N_("give it its value; an invented one is worse than none")),
    _kind(r"Attribute present (?:when|but empty).* for Type (?P<type>\w+) ",
          N_("there, but the condition is not met under which {module} allows it"),
          N_("delete it, or set right what the condition asks for")),
    _kind(r"Attribute is not present in standard DICOM IOD",
          N_("not in the definition of this kind of object (IOD)"),
          N_("no fault if you mean it: an object may hold more than its IOD lists")),
    _kind(r"Missing attribute or value that would be needed to build DICOMDIR",
          N_("without a value here, a DICOMDIR cannot list this file"),
          N_("give it a value before the file goes onto a disc"), "PS3.3 F.5"),
    _kind(r"Retired attribute", N_("retired: the standard no longer says what it is for"),
          N_("leave it out of new objects"), "PS3.6 chapter 6"),
    _kind(r"Shall not be present (?:when|if|for|in|unless) (?P<reason>.+)",
          N_("not allowed in this case; dciodvfy gives as reason: {reason}"), N_("delete it")),
    _kind(r"is only permitted to be empty when actually unknown; should be absent",
          N_("empty: that means a paired body part whose side is unknown"),
          N_("give the side, L or R; delete the element if the body part is not paired"),
          "PS3.3 C.7.3.1"),
    _kind(r"A value is required for value (?P<number>\d+) in (?P<kind>[\w ]+)",
          N_("value {number} is missing, which {kind} must have"),
          N_("look up in the module which values belong here")),
    _kind(r"Attribute with an (?:even|odd) group number is not",
          N_("no such element is in the standard as this dciodvfy knows it"),
          N_("check the tag; a newer dciodvfy may know it"), "PS3.6 chapter 6"),
    # ---- values
    _kind(r"Unrecognized enumerated value" + _VALUE,
          N_("{value} is none of the values that the standard allows here"),
          N_("choose one of the Enumerated Values of the module"), "PS3.5 §6.3"),
    _kind(r"Unrecognized defined term" + _VALUE,
          N_("{value} is none of the terms that the standard explains here; others are allowed"),
          N_("use a Defined Term of the module if one says the same"), "PS3.5 §6.3"),
    _kind(r"Value invalid for this VR \[(?P<vr>UI)\].*Leading zeroes",
          N_("a component of the UID begins with 0"), "", "PS3.5 §9.1"),
    _kind(r"Value invalid for this VR \[(?P<vr>UI)\].*(?:Nothing but zero|Empty) component",
          N_("a UID of zeros alone, or with nothing between two dots"), "", "PS3.5 §9.1"),
    _kind(r"Value invalid for this VR.*Character invalid for character repertoire",
          N_("holds a letter that Specific Character Set does not have"),
          N_("read the text in its true set first, by read_write.read_in_set"),
          "PS3.3 C.12.1.1.2"),
    _kind(r"Value invalid for this VR \[(?P<vr>\w\w)\](?: = <(?P<value>.*?)>)? - "
          r"(?:Trailing c|C)haracter invalid for this VR = '(?P<letter>.?)' \((?P<code>\w+)\)",
          N_("{value} holds a character that VR {vr} does not allow: code {code}"),
          "", "PS3.5 §6.2"),
    _kind(r"Value invalid for this VR \[(?P<vr>\w\w)\] = <(?P<value>.*?)> - Length invalid",
          N_("{value} is too long or too short for VR {vr}"), "", "PS3.5 §6.2"),
    _kind(r"Value invalid for this VR \[(?P<vr>\w\w)\](?: = <(?P<value>.*?)>)?",
          N_("{value} is no valid value of VR {vr}"), "", "PS3.5 §6.2"),
    _kind(r"Value dubious for this VR \[PN\]" + _VALUE + " - Retired Person Name form",
          N_("{value} has no ^, so nobody can tell family name and given name apart"),
          N_("write Family^Given^Middle^Prefix^Suffix"), "PS3.5 §6.2.1"),
    _kind(r"Value dubious for this VR \[(?P<vr>\w\w)\]" + _VALUE,
          N_("{value} is a doubtful value of VR {vr}"), "", "PS3.5 §6.2"),
    _kind(r"Value is zero", N_("0, which makes no sense as a measure"),
          N_("give the true value; if it is unknown, delete the element or leave it empty")),
    _kind(r"(?:Illegal negative value|Not permitted to be negative)",
          N_("negative, which is not allowed here"), N_("give the true value")),
    _kind(r"Bad attribute Value Multiplicity" + _VALUE + r" \((?P<wanted>\S+) Required",
          N_("holds {value} values where the dictionary wants {wanted}"),
          N_("write exactly as many values as the dictionary wants"), "PS3.5 §6.4"),
    _kind(r"Bad attribute Value Multiplicity",
          N_("holds more or fewer values than {module} wants"),
          N_("write exactly as many values as the module wants"), "PS3.5 §6.4"),
    _kind(r"Bad attribute value - <(?P<value>.*?)> exceeds (?P<limit>Bits\w+|High Bit)",
          N_("{value} does not fit into {limit}"),
          N_("compare it with Bits Allocated, Bits Stored and High Bit"), "PS3.5 §8.1.1"),
    _kind(r"Bad attribute Value|Bad attribute value",
          N_("a value that cannot stand here"), N_("look the attribute up in its module")),
    _kind(r"Orientation vector is not unit vector",
          N_("a direction whose length is not 1"), N_("divide the three numbers by their length"),
          "PS3.3 C.7.6.2.1.1"),
    _kind(r"Orientation vectors are not orthogonal",
          N_("the two directions are not at right angles"), N_("check them at the source"),
          "PS3.3 C.7.6.2.1.1"),
    _kind(r"(?:Illegal character in|Conflicting directions in) PatientOrientation",
          N_("no direction in the body: only A, P, R, L, H and F are letters of it"),
          N_("write it as in L\\P: where rows and columns lead to"), "PS3.3 C.7.6.1.1.1"),
    _kind(r"Non-identity Modality LUT",
          N_("an MR image with a slope or intercept, which its IOD does not list: programs may "
             "window it in different ways"),
          N_("let a viewer show it, and compare the values"), "PS3.3 C.11.1"),
    _kind(r"VOI LUT Module .* not appropriate",
          N_("a window in a colour image"), N_("delete it: a window is for grey values"),
          "PS3.3 C.11.2"),
    _kind(r"Non-(?:numeric|string|tag) attribute while verifying",
          N_("its VR is so wrong that the value could not be judged"),
          N_("give it the VR of the dictionary"), "PS3.6 chapter 6"),
    # ---- UIDs and codes
    _kind(r"Illegal root for UID|Inappropriate example root|Invalid use of NEMA",
          N_("a UID whose root nobody was given"),
          N_("make a new one, by pydicom.uid.generate_uid()"), "PS3.5 §9"),
    _kind(r"(?P<one>\w+UID) has same value as (?P<other>\w+UID)",
          N_("{one} and {other} are the same, but each UID names one thing"),
          N_("make a new UID for one of them, in every file of the study"), "PS3.5 §9"),
    _kind(r"Private CodingSchemeDesignator contains non-alphanumeric",
          N_("the name of a private coding scheme holds more than letters and digits"),
          N_("such names begin with 99, and letters and digits follow"), "PS3.3 §8.2"),
    _kind(r"CodingSchemeDesignator is deprecated" + _VALUE,
          N_("{value} is an old name of a coding scheme"),
          N_("SRT and SNM3 became SCT, with other code values"), "PS3.3 §8.2"),
    _kind(r"CodingSchemeDesignator in a units Code Sequence is not UCUM" + _VALUE,
          N_("units are coded in {value}, where the standard wants UCUM"),
          N_("take the code of the unit from UCUM"), "PS3.3 §8.2"),
    _kind(r"CodeValue contains invalid characters",
          N_("a code with a character that its coding scheme does not have"),
          N_("check the code in its scheme"), "PS3.3 §8.1"),
    _kind(r"Referenced SOP Instance is not listed in Current",
          N_("the report points to an object that its list of evidence lacks"),
          N_("list each object in (0040,A375) or (0040,A385)"), "PS3.3 C.17.2"),
    # ---- pixels
    _kind(r"PixelData has incorrect value length = <(?P<told>\d+)> - expected (?P<wanted>\d+)",
          N_("{told} bytes, but Rows, Columns and bits make {wanted}"),
          N_("set_pixel_data(array, …) sets all of them together"), "PS3.5 §8.1.1"),
    _kind(r"PixelData has incorrect value length",
          N_("its length does not follow from Rows, Columns and bits"),
          N_("set_pixel_data(array, …) sets all of them together"), "PS3.5 §8.1.1"),
    _kind(r"Value Representation for (?:encapsulated )?(?:compressed )?PixelData",
          N_("the VR of these pixels must be OB if they are compressed, else OB or OW"),
          N_("save the data set anew with pydicom, or set the VR"), "PS3.5 §A.4"),
    _kind(r"Encapsulated ?[Pp]ixel ?[Dd]ata ?[Ff]ragment|Malformed compressed bitstream",
          N_("a fragment of compressed pixels that does not begin or end as it should"),
          N_("see whether it decodes; compress the picture anew if not"), _ENCAPSULATED),
    _kind(r"Length of BasicOffsetTable|BasicOffsetTable entry|.*ExtendedOffsetTable",
          N_("the offset table does not fit the frames"),
          N_("empty it, or count it anew: pydicom.encaps.encapsulate does"), _ENCAPSULATED),
    _kind(r"Specification of fixed value length for PixelData|Undefined value length of other",
          N_("the length says compressed and the transfer syntax does not, or the reverse"),
          N_("compress() and decompress() change both together"), _ENCAPSULATED),
    _kind(r"Number of items in PerFrameFunctionalGroupsSequence .* have (?P<items>\d+) items - "
          r"but (?P<frames>\d+) frames",
          N_("{items} items for {frames} frames: each frame needs an item of its own"),
          N_("make Number of Frames and the items agree"), "PS3.3 C.7.6.16"),
    _kind(r"DimensionIndexPointer Attribute not present",
          N_("a dimension points to an attribute that no frame has"),
          N_("add the attribute, or take the dimension out"), "PS3.3 C.7.6.17"),
    _kind(r"LookupTable(?:Data|Descriptor)",
          N_("a lookup table whose descriptor and data do not agree"),
          N_("three numbers describe it: entries, first value, bits; count them"),
          "PS3.3 C.7.6.3.1.5"),
    _kind(r"FrameIncrementPointer value is not present",
          N_("it points to an element that is not there"),
          N_("add that element, or point to the one that times the frames"), "PS3.3 C.7.6.6"),
    _kind(r"PixelAspectRatio may not be present when it has a ratio of 1:1",
          N_("1:1 is what everybody assumes, so it must not be there"), N_("delete it"),
          "PS3.3 C.7.6.3"),
    # ---- file meta information and SOP class
    _kind(r"Information Object Not found",
          N_("no SOP class that this dciodvfy knows, so no module was judged"),
          N_("look at SOPClassUID; private and retired classes remain unjudged"),
          "PS3.4 B.5"),
    _kind(r"MediaStorage(?P<keyword>\w+) different from",
          N_("not the {keyword} of the data set"),
          N_("save with enforce_file_format=True, which copies it"), _META),
    _kind(r"MediaStorage(?P<keyword>\w+) but missing",
          N_("stands here, but the data set has no {keyword}"),
          N_("add it to the data set, or see why the data set broke off"), _META),
    _kind(r"Metaheader present but doesn't contain|Empty or missing TransferSyntaxUID",
          N_("no transfer syntax: nobody can tell how the data set is encoded"),
          N_("set file_meta.TransferSyntaxUID"), _META),
    _kind(r"Unexpected TransferSyntaxUID outside",
          N_("a transfer syntax in the data set instead of the file meta information"),
          N_("move it to file_meta, or delete it"), _META),
    _kind(r"Meta Information Header|Incomplete meta-information|Missing meta-information|"
          r"Bad FileMetaInformationVersion",
          N_("file meta information that is not made as it should be"),
          N_("save with enforce_file_format=True, which makes it anew"), _META),
    # ---- private elements
    _kind(r"Private tag without owner",
          N_("no private creator has reserved this element"),
          N_('private_block(group, "NAME", create=True).add_new(…) reserves a block'),
          "PS3.5 §7.8.1"),
    _kind(r"Bad private owner value|Private creator is not LO",
          N_("a private creator that reserves nothing, because it is empty, or its place or VR "
             "is wrong"),
          N_('private_block(group, "NAME", create=True).add_new(…) reserves a block'),
          "PS3.5 §7.8.1"),
    _kind(r"Unrecognized tag - (?:assuming|explicit value representation is UN)",
          N_("an element that dciodvfy does not know; its VR cannot be checked"),
          N_("no fault if it is private and its maker explains it"), "PS3.5 §7.8"),
    # ---- bytes
    _kind(r"Explicit value representation doesn't match data dictionary - "
          r"\[(?P<vr>\w\w)\] Dictionary \[(?P<known>[^\]]+)\]",
          N_("VR {vr} stands where the dictionary has {known}"),
          N_("set it by its keyword: pydicom looks its VR up"), "PS3.6 chapter 6"),
    _kind(r"Invalid Value Representation",
          N_("its VR is not the one that the dictionary has"),
          N_("set it by its keyword: pydicom looks its VR up"), "PS3.6 chapter 6"),
    _kind(r"Bad group length - Group (?P<group>\w+) specified as (?P<told>\w+) actually "
          r"(?P<counted>\w+)",
          N_("group {group} says it has {told} bytes and has {counted}"),
          N_("delete it: group lengths are retired, but for that of group 0002"), "PS3.5 §7.2"),
    _kind(r"Bad Value Length - not a multiple of 2",
          N_("an odd length, and every value has an even number of bytes"), _COPY,
          "PS3.5 §7.1.1"),
    _kind(r"Bad Value Length|Value length does not match|Unexpected value length",
          N_("a length that its VR cannot have"), _COPY, "PS3.5 §6.2"),
    _kind(r"Bad Explicit Value Length for Sequence|Sequence.*prematurely delimited",
          N_("the length of a sequence or an item is not that of what lies in it"),
          N_("save it anew: pydicom counts lengths, or writes delimiters"), _ITEMS),
    _kind(r"Bad tag in sequence|Item tag was found prematurely",
          N_("something else stands where an item must begin"), _COPY, _ITEMS),
    _kind(r"Sequence (?:attribute|Item dataset) read failed",
          N_("a sequence that breaks off"), _COPY, _ITEMS),
    _kind(r"Tags out of order - same element occurs twice",
          N_("the same element twice"), N_("keep one of the two"), "PS3.5 §7.1"),
    _kind(r"Tags out of order",
          N_("the tags do not rise: something stands behind the data set, or it is no DICOM"),
          _COPY, "PS3.5 §7.1"),
    _kind(r"Illegal zero bytes where explicit|Tag read failed - Implicit VR|Data element encoded",
          N_("no VR where one must stand: is the transfer syntax in the file the true one?"),
          N_("read it with pydicom and compare with the transfer syntax"), "PS3.5 §7.1"),
    _kind(r"Value representation unsupported|Unrecognized value representation|"
          r"Incorrect Short Value Length",
          N_("no VR of the standard, or one whose length is not encoded as it should be"), _COPY,
          "PS3.5 §7.1.2"),
    _kind(r"Seek failed|Value length exceeds|Value Length exceeds",
          N_("a value that is longer than the rest of the file"), _COPY, "PS3.5 §7.1.1"),
    _kind(r"(?:Dicom dataset|Attribute|Tag|Value length|Value representation|PixelData) "
          r"read failed|Unrecognized or unsupported tag|Not a valid DICOM",
          _BROKEN, _COPY, "PS3.5 §7.1"),
    _kind(r"Bad PixelRepresentation|PixelRepresentation has bad|Missing Pixel ?Representation",
          N_("neither 0 nor 1, so signed and unsigned values cannot be told apart"),
          N_("0 means unsigned, 1 signed"), "PS3.3 C.7.6.3"),
)  # fmt: skip
"""All kinds, the narrower before the wider."""
