"""The faults that the clinic knows by name: how grave each is, why it happens, what it explains."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_lessons.findings import Finding
from dicom_lessons.text import N_, _

SEVERITIES = ("note", "warning", "error", "unread")
"""From what is worth knowing to what could not be looked at at all."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes
    ----------
    title : str
        The diagnosis in a few words; translated when shown.
    severity : str
        One of :data:`SEVERITIES`.
    why : str
        How files come to it; translated when shown.
    explains : tuple of str
        Beginnings of the names of faults that follow from this one, and are not told beside it;
        ``"*"`` is every other.
    """

    title: str
    severity: str
    why: str
    explains: tuple[str, ...] = ()


_PIXELS = (
    *("pixel", "picture", "wrong_rows", "planar", "monochrome", "jpeg", "no_delimiter"),
    *("broken", "compressed_ow", "truncated"),
)

# the most likely cause first: where two are found, this is the order in which they are told
FAULTS: dict[str, Fault] = {
    "unread": Fault(
        N_("it is not a file that can be looked at"), "unread",
        N_("A device, a pipe, a folder, a file that is too large, or none at all."), ("*",),
    ),
    "not_dicom": Fault(
        N_("it is not DICOM"), "unread",
        N_("Pictures, archives and pages of errors are often saved under the name of a file that "
           "was asked for."), ("*",),
    ),
    "deflate_bomb": Fault(
        N_("a deflated data set that swells beyond every limit"), "error",
        N_("Zeros deflate to a thousandth. A program that inflates without a limit runs out of "
           "memory; pydicom's own reader has none."), ("*",),
    ),
    "wrong_transfer_syntax": Fault(
        N_("the transfer syntax named is not the one used"), "error",
        N_("Somebody changed the label, (0002,0010), and not the bytes, or the other way round."),
        ("*",),
    ),
    "no_file_meta": Fault(
        N_("no file meta information"), "error",
        N_("The data set was saved as it came over the network, without preamble, prefix and "
           "group 0002."), ("no_transfer", "uids_at", "group_length"),
    ),
    "truncated_pixels": Fault(
        N_("native pixels are cut off"), "error",
        N_("A download or a copy ended too early."), (*_PIXELS, "missing"),
    ),
    "truncated_fragments": Fault(
        N_("compressed pixels are cut off"), "error",
        N_("A download or a copy ended too early."), (*_PIXELS, "missing"),
    ),
    "truncated": Fault(
        N_("the file is cut off"), "error",
        N_("A download or a copy ended too early."),
        (*_PIXELS, "missing", "value", "no_transfer"),
    ),
    "no_transfer_syntax": Fault(
        N_("no Transfer Syntax UID"), "error",
        N_("File meta information was made by hand, and its most important element was forgotten."),
        _PIXELS,
    ),
    "no_delimiter": Fault(
        N_("undefined length without a delimiter"), "error",
        N_("The program that wrote it forgot to end a sequence, an item or the fragments."),
        (*_PIXELS, "missing", "value"),
    ),
    "broken_structure": Fault(
        N_("the elements do not follow one another"), "error",
        N_("A length is wrong, or bytes were lost, added or changed in between."),
        (*_PIXELS, "missing", "value"),
    ),
    "too_many": Fault(
        N_("more elements than are looked at"), "warning",
        N_("Contours and headers of many frames have hundreds of thousands."),
        (*_PIXELS, "missing", "value"),
    ),
    "jpeg_scan_header": Fault(
        N_("a JPEG with a wrong scan header, which some decoders refuse"), "error",
        N_("Some devices write 0 as the end of spectral selection, where a sequential JPEG has 63 "
           "(ITU-T T.81, table B.3). The libjpeg of pylibjpeg refuses that; GDCM and DCMTK "
           "complain and decode it, Pillow decodes it."), ("picture", "pixel"),
    ),
    "wrong_rows": Fault(
        N_("Rows or Columns do not fit the pixels"), "error",
        N_("A program cut or scaled the picture and changed only one of the two, or only the "
           "header."), ("picture", "pixel"),
    ),
    "odd_length": Fault(
        N_("a value of odd length"), "warning",
        N_("The program that wrote it did not pad to an even number of bytes."),
        ("value", "pixel_length"),
    ),
    "pixel_length": Fault(
        N_("more or fewer pixels than the header announces"), "warning",
        N_("Padding, a wrong Number of Frames, or wrong Bits Allocated."),
    ),
    "planar_configuration": Fault(
        N_("Planar Configuration is not true"), "error",
        N_("Colours were rearranged, or came out of a decoder, and the element stayed as it was."),
    ),
    "monochrome1_as_2": Fault(
        N_("a negative: MONOCHROME1 labelled MONOCHROME2"), "error",
        N_("A program copied the pixels of a film and wrote the label that it always writes."),
    ),
    "rescale_lost": Fault(
        N_("Rescale Slope and Intercept are lost"), "error",
        N_("A program saved stored values as if they were Hounsfield units, and dropped what it "
           "did not understand."),
    ),
    "modality_against_class": Fault(
        N_("Modality and SOP class contradict each other"), "warning",
        N_("A program that writes a result copied the image's SOP class, or its template."),
    ),
    "text_lost": Fault(
        N_("text that was saved as question marks"), "error",
        N_("The character set could not hold the letters, and the program wrote ? for each."),
    ),
    "character_set": Fault(
        N_("Specific Character Set is wrong or missing"), "error",
        N_("Letters were written in one set, and the label names another or none."), ("value",),
    ),
    "wrong_vr": Fault(
        N_("a VR that the dictionary does not have there"), "warning",
        N_("The element was written by hand, tag and VR, instead of by its keyword."), ("value",),
    ),
    "uids_at_odds": Fault(
        N_("file meta information and data set name two instances"), "warning",
        N_("A program gave the data set a new UID and kept the old file meta information."),
    ),
    "emptied_uid": Fault(
        N_("a reference without a UID"), "warning",
        N_("A de-identifier emptied UIDs instead of replacing them."), ("missing",),
    ),
    "invented_uid": Fault(
        N_("a UID with a root that nobody owns"), "warning",
        N_("The program made UIDs from random numbers; only 2.25 may be followed by one, a UUID."),
    ),
    "compressed_ow": Fault(
        N_("compressed pixels with VR OW"), "warning",
        N_("The pixels were compressed, and the VR of the native ones stayed."),
    ),
    "long_decimal": Fault(
        N_("a decimal string of more than 16 characters"), "warning",
        N_("A program wrote every digit that the computer had."), (),
    ),
    "preamble_twin": Fault(
        N_("the file is two files at once"), "warning",
        N_("The preamble belongs to nobody, so another format can begin there. TIFF twins are "
           "meant to; a program in it is an attack (CVE-2019-11687)."),
    ),
    "value": Fault(
        N_("a value that its VR does not allow"), "warning",
        N_("The program that wrote it checked nothing."),
    ),
    "missing": Fault(
        N_("elements that the SOP class requires are missing"), "warning",
        N_("The object was made by hand, or somebody removed too much."),
    ),
    "picture": Fault(
        N_("the picture needs a guess"), "warning", N_("The header says too little, or too much."),
    ),
    "group_length": Fault(
        N_("the length of group 0002 is wrong"), "note",
        N_("File meta information was changed byte by byte."),
    ),
    "detail": Fault(
        N_("a detail that no reader minds"), "note", N_("Programs are lenient, and so it stayed."),
    ),
    "mixed_series": Fault(
        N_("the slices of one series do not belong together"), "note",
        N_("Localisers and reformatted slices often share a series with the rest."),
    ),
    "same_instance": Fault(
        N_("two files are the same instance"), "warning",
        N_("A file was copied, or two objects got one SOP Instance UID."),
    ),
    "incomplete_series": Fault(
        N_("slices are missing"), "error", N_("Not all files were sent, or copied."),
    ),
    "shuffled_series": Fault(
        N_("Instance Number is no guide to the order of the slices"), "warning",
        N_("Files were numbered as they arrived, or a program numbered them anew."),
    ),
    "uneven_series": Fault(
        N_("the slices make no even stack"), "note",
        N_("A tilted gantry, several acquisitions, or gaps on purpose."),
    ),
}  # fmt: skip
ORDER = {name: place for place, name in enumerate(FAULTS)}


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Finding):
    """A finding with the name of its fault.

    Attributes
    ----------
    fault : str
        A key of :data:`FAULTS`.
    """

    fault: str

    @property
    def severity(self) -> str:
        """How grave it is: one of :data:`SEVERITIES`."""
        return FAULTS[self.fault].severity

    @property
    def title(self) -> str:
        """The diagnosis in a few words."""
        return _(FAULTS[self.fault].title)

    @property
    def why(self) -> str:
        """How files come to it."""
        return _(FAULTS[self.fault].why)


def ranked(found: list[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Return diagnoses with the most likely cause first, without those that it explains."""
    in_order = sorted(dict.fromkeys(found), key=lambda one: ORDER[one.fault])
    kept: list[Diagnosis] = []
    for one in in_order:
        causes = [each.fault for each in kept if each.fault != one.fault]
        if not any(_explains(cause, one.fault) for cause in causes):
            kept.append(one)
    return tuple(kept)


def _explains(cause: str, other: str) -> bool:
    told = FAULTS[cause].explains
    return "*" in told or other.startswith(told)
