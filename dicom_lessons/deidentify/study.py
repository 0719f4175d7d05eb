"""A study without its patient: the profile over every element of every file (PS3.15 §E.1)."""

from __future__ import annotations

import copy
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
    move_date,
    patient_for,
    top_of,
)
from dicom_lessons.deidentify.identifiers import TEXT_VRS, Identifiers, texts_of
from dicom_lessons.deidentify.profile import (
    EDITION,
    OPTIONS,
    PROFILE_CODE,
    check_options,
    rule,
)
from dicom_lessons.deidentify.safe_private import is_safe
from dicom_lessons.text import N_, _, ngettext, short
from dicom_lessons.uids import replace_uids

METHOD = f"PS3.15 {EDITION} Basic Profile, dicom_lessons"
_KEPT_META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
_DEEPEST = 50
PUBLIC_SCHEMES = frozenset(
    {"DCM", "FMA", "LN", "MA", "NCIt", "RADLEX", "SCT", "SRT", "UCUM", "UMLS"}
)
WHYS = {
    "table": N_("Table E.1-1 says {action}; its type here is {type}"),
    "text": N_("the text held what identifies the patient"),
    "overlay": N_("belongs to an overlay or curve that is removed"),
    "unknown": N_("not in the tables of its SOP class: an allow list keeps only what it knows"),
    "inside": N_("free text inside a sequence whose values the profile replaces"),
    "deep": N_("nested deeper than {deepest} levels"),
    "broken": N_("its bytes make no value, so nothing can be said about it"),
    "reference": N_("a UID of an instance: the same new one everywhere"),
}


@dataclass(frozen=True)
class Change:
    """What was done to one element, and why.

    Attributes
    ----------
    where : str
        Keywords or tags down to it.
    name : str
        Attribute Name.
    rule : str
        The action of the table, such as ``"X/Z"``; empty if it does not name the element.
    action : str
        What was done: one of ``ACTIONS``; ``"+"`` if it was added.
    before, after : str
        Short texts of the values; ``after`` is empty if the element is gone or empty.
    why : str
    """

    where: str
    name: str
    rule: str
    action: str
    before: str
    after: str
    why: str


@dataclass(frozen=True)
class Deidentified:
    """A data set after de-identification, and what was done to it."""

    dataset: Dataset
    changes: tuple[Change, ...] = field(repr=False)


def deidentify(
    datasets: Dataset | Iterable[Dataset],
    secret: str,
    options: Collection[str] = (),
    *,
    allow_list: bool = False,
) -> list[Deidentified]:
    """De-identify the data sets of one patient by the Basic Profile and its options.

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
        be copied.

    Examples
    --------
    >>> from dicom_lessons import samples
    >>> (done,) = deidentify(samples.read("virtual/ct"), "secret")
    >>> done.dataset.PatientIdentityRemoved, done.dataset.get("StudyDate")
    ('YES', '')
    """
    check_options(options)
    if not isinstance(secret, str) or not secret:
        raise ValueError(_("Give a secret: a text that only you know."))
    given = [datasets] if isinstance(datasets, Dataset) else list(datasets)
    known = Identifiers()
    for dataset in given:
        known.gather(dataset)
    return [_Walk(secret, frozenset(options), allow_list, known).over(each) for each in given]


class _Walk:
    """One pass over one data set."""

    def __init__(
        self, secret: str, options: frozenset[str], allow_list: bool, known: Identifiers
    ) -> None:
        self.secret, self.options, self.allow_list, self.known = secret, options, allow_list, known
        self.changes: list[Change] = []

    def over(self, dataset: Dataset) -> Deidentified:
        old_patient = str(dataset.get("PatientID") or dataset.get("PatientName") or "")
        self.patient = patient_for(self.secret, old_patient)
        self.days = days_for(self.secret, old_patient)
        try:
            made = copy.deepcopy(dataset)
        except RecursionError:
            raise ValueError(
                _("The sequences of this data set are nested too deeply to be copied.")
            ) from None
        self._level(made, top_of(dataset), "", 0)
        made.file_meta = _new_meta(made)
        made.preamble = bytes(128)
        self._mark(made)
        return Deidentified(made, tuple(self.changes))

    def _level(
        self, dataset: Dataset, place: Place, where: str, depth: int, strict: bool = False
    ) -> None:
        for tag in list(dataset.keys()):
            if tag not in dataset:  # removed with its overlay
                continue
            try:
                element = dataset[tag]
            except Exception:
                self._remove(dataset, DataElement(tag, "UN", b""), where, "", "broken")
                continue
            self._element(dataset, element, place, where, depth, strict)

    def _element(
        self,
        dataset: Dataset,
        element: DataElement,
        place: Place,
        where: str,
        depth: int,
        strict: bool,
    ) -> None:
        said, keyword = rule(element.tag), element.keyword
        safe = element.tag.is_private and "safe_private" in self.options
        if said is None and self.allow_list and not place.knows(keyword):
            self._remove(dataset, element, where, "", "unknown")
        elif said is None or (safe and is_safe(dataset, element.tag)):
            if strict and element.VR in TEXT_VRS and not _is_coded(dataset):
                self._set(element, dummy(element), where, "", "D", _because("inside"))
            else:
                self._unnamed(dataset, element, place, where, depth, strict)
        else:
            type = place.type_of(keyword)
            action = decide(said.action_with(self.options), type)
            self._act(dataset, element, (said.action, action, type), place, where, depth)

    def _unnamed(
        self,
        dataset: Dataset,
        element: DataElement,
        place: Place,
        where: str,
        depth: int,
        strict: bool,
    ) -> None:
        """Keep what the table does not name, without what identifies in its text."""
        if element.VR == "SQ":
            self._items(dataset, element, place, where, depth, strict)
        elif element.VR == "UI" and "uids" not in self.options:
            self._set(element, self._new_uids(element), where, "", "U", _because("reference"))
        elif element.VR in TEXT_VRS and any(map(self.known.found_in, texts_of(element))):
            self._set(
                element, clean(element, self.known, self.days), where, "", "C", _because("text")
            )
        elif element.VR in DATES and any(map(self.known.found_in, texts_of(element))):
            self._set(element, self._moved(element), where, "", "C", _because("text"))

    def _act(
        self,
        dataset: Dataset,
        element: DataElement,
        row: tuple[str, str, str],
        place: Place,
        where: str,
        depth: int,
    ) -> None:
        said, action, type = row
        why = _because("table", action=said, type=type or "?")
        if action == "X":
            self._remove(dataset, element, where, said, why)
        elif action == "Z":
            # zero length, or a dummy (Table E.1-1a): a patient without any name cannot be found
            patient = self.patient if element.keyword in ("PatientID", "PatientName") else None
            self._set(element, patient, where, said, "Z", why)
        elif action == "D" and element.VR == "SQ":
            self._items(dataset, element, place, where, depth, strict=True)
        elif action == "D":
            self._set(element, dummy(element, patient=self.patient), where, said, "D", why)
        elif element.VR == "SQ":  # K and C: kept, and looked into
            self._items(dataset, element, place, where, depth)
        elif action == "C":
            if isinstance(element.value, bytes):  # a drawing: nothing tells what it shows
                self._remove(dataset, element, where, said, why)
            else:
                self._set(element, clean(element, self.known, self.days), where, said, "C", why)
        elif action == "U":
            self._set(element, self._new_uids(element), where, said, "U", _because("reference"))

    def _new_uids(self, element: DataElement) -> object:
        """Return new UIDs for old ones; what DICOM defines stays."""
        alone = Dataset()
        alone[element.tag] = copy.copy(element)
        return replace_uids(alone, self.secret)[element.tag].value

    def _items(
        self,
        dataset: Dataset,
        element: DataElement,
        place: Place,
        where: str,
        depth: int,
        strict: bool = False,
    ) -> None:
        if depth >= _DEEPEST:
            self._remove(dataset, element, where, "", _because("deep", deepest=_DEEPEST))
            return
        inside = place.inside(element.keyword)
        for number, item in enumerate(element.value or ()):
            self._level(item, inside, f"{where}{_called(element)}[{number}].", depth + 1, strict)

    def _moved(self, element: DataElement) -> object:
        moved = [move_date(text, element.VR, self.days) for text in texts_of(element)]
        return moved if len(moved) > 1 else "".join(moved)

    def _set(
        self, element: DataElement, value: object, where: str, said: str, action: str, why: str
    ) -> None:
        before = _short(element)
        element.value = value
        after = _short(element)
        if before != after:
            self.changes.append(
                Change(where + _called(element), element.name, said, action, before, after, why)
            )

    def _remove(
        self, dataset: Dataset, element: DataElement, where: str, said: str, why: str
    ) -> None:
        self._note(element, where, said, "X", "", why)
        del dataset[element.tag]
        # without its data an overlay or a curve is not valid
        if element.tag.group >> 8 in (0x50, 0x60) and not element.tag.is_private:
            for other in list(dataset.group_dataset(element.tag.group)):
                self._note(other, where, "", "X", "", "overlay")
                del dataset[other.tag]

    def _note(
        self, element: DataElement, where: str, said: str, action: str, after: str, why: str
    ) -> None:
        self.changes.append(
            Change(
                where + _called(element),
                element.name,
                said,
                action,
                _short(element),
                after,
                _because(why) if why in WHYS else why,
            )
        )

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
    meaning = next(
        code.meaning
        for code in (getattr(codes.cid7050, name) for name in dir(codes.cid7050))
        if code.value == number
    )
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
    if dataset.get("SOPInstanceUID"):
        new.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return new


def _because(reason: str, **values: object) -> str:
    return _(WHYS[reason], **values)


def _short(element: DataElement) -> str:
    """Return a value as one short line; an element without one gives an empty text."""
    if element.VR == "SQ":
        return ngettext("{count} item", "{count} items", len(element.value or ()))
    if isinstance(element.value, bytes):
        return ngettext("{count} byte", "{count} bytes", len(element.value))
    return short("" if element.is_empty else element.value, 60)


def _is_coded(item: Dataset) -> bool:
    """Return whether an item is a code of a public scheme, whose words are the scheme's."""
    return str(item.get("CodingSchemeDesignator", "")) in PUBLIC_SCHEMES


def _called(element: DataElement) -> str:
    return element.keyword or str(element.tag)
