"""A study without its patient: the profile over every element of every file (PS3.15 §E.1)."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from pydicom import DataElement, Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.codedict import codes

from dicom_lessons.deidentify.actions import (
    DATES,
    Place,
    clean,
    days_for,
    decide,
    dummy,
    patient_for,
    top_of,
)
from dicom_lessons.deidentify.changes import ElementChange, because, called, shortened
from dicom_lessons.deidentify.identifiers import DEEPEST, TEXT_VRS, Identifiers, texts_of
from dicom_lessons.deidentify.profile import EDITION, OPTIONS, PROFILE_CODE, check_options, rule
from dicom_lessons.deidentify.safe_private import is_safe
from dicom_lessons.elements import element, value
from dicom_lessons.text import _
from dicom_lessons.uids import replace_uids

METHOD = f"PS3.15 {EDITION} Basic Profile, dicom_lessons"
_KEPT_META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
PUBLIC_SCHEMES = frozenset(
    {"DCM", "FMA", "LN", "MA", "NCIt", "RADLEX", "SCT", "SRT", "UCUM", "UMLS"}
)
# what is written as a number or time is one: else it is a text in disguise
_FORMS = {
    "AS": re.compile(r"[0-9]{1,3}[DWMY]"),
    "DS": re.compile(r"[0-9+.eE -]+"),
    "IS": re.compile(r"[0-9+ -]+"),
    "TM": re.compile(r"[0-9:. -]+"),
}


@dataclass(frozen=True)
class Deidentified:
    """A data set after de-identification, and what was done to it."""

    dataset: Dataset
    changes: tuple[ElementChange, ...] = field(repr=False)


def deidentify(
    datasets: Dataset | Iterable[Dataset],
    secret: str,
    options: Collection[str] = (),
    *,
    allow_list: bool = False,
) -> list[Deidentified]:
    """De-identify data sets by the Basic Profile and its options.

    For learning, not for releasing patients' data: nobody but a person can say that a picture, a
    free text or a rare disease tells nothing. UIDs, Patient IDs and dates change in one way under
    one secret, so that a study stays a study. Texts that the profile does not name are searched
    for what the named elements of all data sets hold. Pixel data stay as they are: see
    :func:`hide`.

    Parameters
    ----------
    datasets : Dataset or iterable of Dataset
        They are not changed.
    secret : str
        Whoever has it can find the new UID, number and date of a known patient; nobody else.
    options : collection of str
        Names in ``OPTIONS``.
    allow_list : bool
        Whether to remove also what the tables of the SOP class do not hold, and to keep no text
        that is not coded.

    Returns
    -------
    list of Deidentified
        In the order given.

    Raises
    ------
    ValueError
        If an option is unknown, two exclude each other, the secret is empty, or a data set cannot
        be copied or is a DICOMDIR.

    Examples
    --------
    >>> from dicom_lessons import samples
    >>> (done,) = deidentify(samples.read("virtual/ct"), "secret")
    >>> done.dataset.PatientIdentityRemoved, done.dataset["StudyDate"].is_empty
    ('YES', True)
    """
    check_options(options)
    if not isinstance(secret, str) or not secret:
        raise ValueError(_("Give a secret: a text that only you know."))
    given = [datasets] if isinstance(datasets, Dataset) else list(datasets)
    if any("DirectoryRecordSequence" in each for each in given):
        raise ValueError(
            _(
                "This is a DICOMDIR, an index of many patients' files by their positions in it. "
                "De-identify the files, then make a new one of them."
            )
        )
    known = Identifiers.of(given)
    with warnings.catch_warnings(action="ignore"):  # of values that were odd before
        return [_Walk(secret, frozenset(options), allow_list, known).over(each) for each in given]


@dataclass(frozen=True)
class _Level:
    """A data set or an item, where it stands, and whether its free text has to go."""

    dataset: Dataset
    place: Place
    where: str = ""
    depth: int = 0
    strict: bool = False


class _Walk:
    """One pass over one data set."""

    def __init__(
        self, secret: str, options: frozenset[str], allow_list: bool, known: Identifiers
    ) -> None:
        self.secret, self.options, self.allow_list, self.known = secret, options, allow_list, known
        self.changes: list[ElementChange] = []

    def over(self, dataset: Dataset) -> Deidentified:
        # two patients without a number must not become one
        names = ("PatientID", "PatientName", "StudyInstanceUID")
        old = str(next(filter(None, (value(dataset, name) for name in names)), ""))
        self.patient, self.days = patient_for(self.secret, old), days_for(self.secret, old)
        try:
            made = copy.deepcopy(dataset)
        except RecursionError:
            raise ValueError(
                _("The sequences of this data set are nested too deeply to be copied.")
            ) from None
        self._level(_Level(made, top_of(dataset)))
        made.file_meta = _new_meta(made)
        made.preamble = bytes(128)
        made.filename = None  # it may carry a name or number
        self._mark(made)
        return Deidentified(made, tuple(self.changes))

    def _level(self, level: _Level) -> None:
        for tag in list(level.dataset.keys()):
            found = element(level.dataset, tag)
            if found is not None:  # it may have gone with its overlay
                self._element(level, found)

    def _element(self, level: _Level, found: DataElement) -> None:
        said = rule(found.tag)
        safe = "safe_private" in self.options and is_safe(level.dataset, found.tag)
        form = _FORMS.get(found.VR)
        fits = not form or all(map(form.fullmatch, texts_of(found)))
        if not fits or (found.VR == "UN" and found.keyword):
            self._remove(level, found, "", because("broken"))
        elif said is None and self.allow_list and not level.place.knows(found.keyword):
            self._remove(level, found, "", because("unknown"))
        elif said is None or safe:
            self._unnamed(level, found)
        elif found.tag.is_private:  # the option cleans by its list of safe ones alone
            self._named(level, found, said.action, "X", "3")
        else:
            type = level.place.type_of(found.keyword)
            action = decide(said.action_with(self.options), type)
            self._named(level, found, said.action, action, type)

    def _unnamed(self, level: _Level, found: DataElement) -> None:
        """Keep what the table does not name, without what identifies in its text."""
        scheme = str(value(level.dataset, "CodingSchemeDesignator", ""))
        if found.VR == "SQ":
            self._items(level, found, level.strict)
        elif level.strict and found.VR in TEXT_VRS and scheme not in PUBLIC_SCHEMES:
            self._set(level, found, dummy(found, self.patient), "", "D", because("inside"))
        elif found.VR == "UI" and "uids" not in self.options:
            self._set(level, found, self._new_uids(found), "", "U", because("reference"))
        elif found.VR == "PN":  # whoever it is, it is somebody
            self._set(level, found, dummy(found, self.patient), "", "D", because("text"))
        elif not self._tells(found):
            return
        elif isinstance(found.value, bytes):
            self._remove(level, found, "", because("text"))
        else:
            done = clean(found, self.known, self.days)
            self._set(level, found, done, "", "C", because("text"))

    def _tells(self, found: DataElement) -> bool:
        """Return whether an element that no row names holds what identifies."""
        if isinstance(found.value, bytes):
            text = found.value.decode("utf-8", "replace") if found.VR == "UN" else ""
            tells = found.keyword not in _PIXELS and self.known.in_bytes(found.value)
            return tells or bool(self.known.found_in(text))
        if found.VR == "CS":  # these say how pixels and texts are to be read
            is_form = found.tag.group == 0x0028 or found.keyword == "SpecificCharacterSet"
            return not is_form and any(map(self.known.in_code, texts_of(found)))
        return found.VR in TEXT_VRS | DATES and any(map(self.known.found_in, texts_of(found)))

    def _named(self, level: _Level, found: DataElement, said: str, action: str, type: str) -> None:
        """Do what the table says."""
        by_option = action == "C" and "C" not in said
        why = because("option" if by_option else "table", action=said, type=type or "?")
        is_sequence = found.VR == "SQ"
        # nothing tells what bytes show, nor which UID a text was
        unknown = (action == "C" and isinstance(found.value, bytes)) or (
            action == "U" and found.VR != "UI" and not is_sequence
        )
        if action == "X" or unknown:
            self._remove(level, found, said, why)
        elif action == "Z":
            # zero length, or a dummy (Table E.1-1a): a patient without any name cannot be found
            keeps_number = found.keyword in ("PatientID", "PatientName")
            self._set(level, found, self.patient if keeps_number else None, said, "Z", why)
        elif is_sequence:  # D, K, C and U: it is kept, and looked into
            self._items(level, found, action == "D")
        elif action == "D":
            self._set(level, found, dummy(found, self.patient), said, "D", why)
        elif action == "C":
            self._set(level, found, clean(found, self.known, self.days), said, "C", why)
        elif action == "U":
            self._set(level, found, self._new_uids(found), said, "U", because("reference"))

    def _new_uids(self, found: DataElement) -> object:
        """Return new UIDs for old ones; what DICOM defines stays."""
        alone = Dataset()
        alone[found.tag] = copy.copy(found)
        return replace_uids(alone, self.secret)[found.tag].value

    def _items(self, level: _Level, found: DataElement, strict: bool) -> None:
        if level.depth >= DEEPEST:
            self._remove(level, found, "", because("deep", deepest=DEEPEST))
            return
        inside = level.place.inside(found.keyword)
        for number, item in enumerate(found.value or ()):
            where = f"{level.where}{called(found)}[{number}]."
            self._level(_Level(item, inside, where, level.depth + 1, strict))

    def _set(
        self, level: _Level, found: DataElement, new: object, said: str, action: str, why: str
    ) -> None:
        before = shortened(found)
        found.value = new
        after = shortened(found)
        if before != after:
            where = level.where + called(found)
            self.changes.append(ElementChange(where, found.name, said, action, before, after, why))

    def _remove(self, level: _Level, found: DataElement, said: str, why: str) -> None:
        gone = [(found, said, why)]
        # without its data an overlay or a curve is not valid
        if found.tag.group >> 8 in (0x50, 0x60) and not found.tag.is_private:
            tags = [tag for tag in list(level.dataset.keys()) if tag.group == found.tag.group]
            others = (element(level.dataset, tag) for tag in tags if tag != found.tag)
            gone += [(other, "", because("overlay")) for other in others if other is not None]
        for one, rule_of_it, reason in gone:
            where = level.where + called(one)
            self.changes.append(
                ElementChange(where, one.name, rule_of_it, "X", shortened(one), "", reason)
            )
            del level.dataset[one.tag]

    def _mark(self, dataset: Dataset) -> None:
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = METHOD
        numbers = [PROFILE_CODE, *sorted(OPTIONS[one][0] for one in self.options)]
        dataset.DeidentificationMethodCodeSequence = [code_of(number) for number in numbers]
        kept = "UNMODIFIED" if "full_dates" in self.options else "REMOVED"
        kept = "MODIFIED" if "modified_dates" in self.options else kept
        dataset.LongitudinalTemporalInformationModified = kept


def code_of(number: str) -> Dataset:
    """Return the code of a profile or option, of CID 7050, as an item of a code sequence."""
    known = codes.cid7050.concepts.values()
    meaning = next(code.meaning for code in known if code.value == number)
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = number, "DCM", meaning
    return item


def _new_meta(dataset: Dataset) -> FileMetaDataset:
    """Return file meta information with nothing in it of whoever sent the file (§E.1.1)."""
    old = getattr(dataset, "file_meta", None) or FileMetaDataset()
    new = FileMetaDataset()
    for keyword in _KEPT_META:
        if keyword in old:
            new[keyword] = old[keyword]
    for kind in ("Class", "Instance"):
        if own := value(dataset, f"SOP{kind}UID"):
            setattr(new, f"MediaStorageSOP{kind}UID", own)
    return new
