"""The patients of the ward: how each is admitted, and whether a cure heals without harm."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicom_lessons import reading, samples
from dicom_lessons.clinic import patients
from dicom_lessons.clinic.examination import examine_all
from dicom_lessons.elements import value
from dicom_lessons.findings import Finding
from dicom_lessons.pixels import PixelError, stored_values
from dicom_lessons.read_write import difference
from dicom_lessons.text import _, short

SERIES = "virtual/ct_volume"
EVERY_SLICE = 10
"""Of the series, every tenth slice lies in the ward."""
MOST_NAMED = 3
_Cured = bytes | Sequence[bytes] | None


@dataclass(frozen=True)
class Patient:
    """One broken file, or one series of them: a row of ``patients.json``.

    Attributes
    ----------
    name : str
        That of the function in :mod:`dicom_lessons.clinic.patients` that breaks it.
    fault, others : str, list of str
        The right diagnosis, and those that look right.
    base : str
        The good sample that it was made from.
    complaint : str
        What the user tells; translated when shown.
    is_curable : bool
        Whether the file itself holds all that a cure needs.
    free : list of str
        Beginnings of paths that a cure may change.
    wanted : dict
        The values that have to stand there after it, by keyword.
    """

    name: str
    fault: str
    base: str
    others: list[str]
    complaint: str
    is_curable: bool = True
    free: list[str] = field(default_factory=list)
    wanted: dict[str, str | float] = field(default_factory=dict)

    @property
    def is_series(self) -> bool:
        """Whether it is a series of files."""
        return self.base == SERIES


PATIENTS = {
    row["name"]: Patient(**row)
    for row in json.loads(Path(__file__).with_name("patients.json").read_text(encoding="utf-8"))
}
"""By name, in the order of their beds."""


def patient(name: str) -> Patient:
    """Return a patient of the ward.

    Raises
    ------
    LookupError
        If there is none of this name.
    """
    if name not in PATIENTS:
        known = ", ".join(PATIENTS)
        raise LookupError(_("No patient is called {name!r}. There are: {known}.",
                            name=short(name), known=known))  # fmt: skip
    return PATIENTS[name]


@cache
def good(name: str) -> tuple[bytes, ...]:
    """Return the file, or files, that a patient was made from."""
    one = patient(name)
    if one.is_series:
        return tuple(path.read_bytes() for path in samples.series(SERIES)[::EVERY_SLICE])
    return (samples.path(one.base).read_bytes(),)


def admit(name: str) -> Any:
    """Return a patient: the bytes of a broken file, or a list of those of a series.

    Raises
    ------
    LookupError
        If there is none of this name.

    Examples
    --------
    >>> admit("no_file_meta")[:4].hex(" ")
    '08 00 05 00'
    """
    made = _made(name)
    return made if isinstance(made, bytes) else list(made)


@cache
def _made(name: str) -> bytes | tuple[bytes, ...]:
    files, make = good(name), getattr(patients, name)
    return tuple(make(files)) if patient(name).is_series else bytes(make(files[0]))


class Admission(NamedTuple):
    """What a user would see with pydicom alone: lines of warnings and errors, stored values."""

    lines: tuple[str, ...]
    picture: NDArray[Any] | None = None


def admission(name: str) -> Admission:
    """Open a patient as any program with pydicom would, and return what happens."""
    broken = admit(name)
    if name == "deflate_bomb":  # which is never inflated here
        said = _("dcmread would make {size} bytes of {small}: it was not called",
                 size=patients.BOMB, small=len(broken))  # fmt: skip
        return Admission((said,))
    if isinstance(broken, list):
        return _of_series(broken)
    lines: list[str] = []
    picture = None
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            dataset = dcmread(BytesIO(broken))
            name = short(dataset.get("PatientName", "")) or _("missing")
            lines.append(_("dcmread: opens; Patient's Name is {name}", name=name))
            picture = np.asarray(dataset.pixel_array)
            shape, kind = " × ".join(map(str, picture.shape)), picture.dtype
            lines.append(_("pixel_array: {shape}, {kind}", shape=shape, kind=kind))
        except Exception as error:  # the symptom, of whatever kind
            lines.append(f"{type(error).__name__}: {short(error, 300)}")
    warned = [f"{one.category.__name__}: {short(one.message, 200)}" for one in heard]
    return Admission((*dict.fromkeys(warned), *lines), picture)


def _of_series(files: Sequence[bytes]) -> Admission:
    slices = [reading.read(raw) for raw in files]
    slices.sort(key=lambda one: int(one.InstanceNumber))
    rows = [stored_values(one)[one.Rows // 2] for one in slices]
    lines = [
        _("{count} files open; sorted by Instance Number, z is {places}", count=len(slices),
          places=", ".join(f"{one.ImagePositionPatient[2]:g}" for one in slices))
    ]  # fmt: skip
    return Admission(tuple(lines), np.repeat(np.array(rows[::-1]), 24, axis=0))


def treat(name: str, cured: _Cured) -> list[Finding]:
    """Judge a cure: the fault has to be gone, and nothing may be harmed.

    Parameters
    ----------
    name : str
        Of the patient.
    cured : bytes, sequence of bytes, or None
        The file, or files, after the cure; None to send the patient back, because nobody can know
        what is missing.

    Returns
    -------
    list of Finding
        What is still wrong, or was harmed; empty if the patient is healed, or rightly sent back.

    Raises
    ------
    LookupError
        If there is no such patient.
    """
    one = patient(name)
    if cured is None and one.is_curable:
        what = _("this patient can be healed: all that is needed is in the file")
        return [Finding(what=what, where=name)]
    if cured is None:
        return []
    if not one.is_curable:
        cure = _("Send the patient back: ask for the original.")
        return [Finding(what=_("what is missing was invented"), where=name, cure=cure)]
    files = [cured] if isinstance(cured, bytes | bytearray) else list(cured)
    originals = good(name)
    if len(files) != len(originals) or not all(isinstance(raw, bytes | bytearray) for raw in files):
        return [Finding(what=_("the cure has to give back as many files as came, as bytes"))]
    if left := [each for found in examine_all(map(bytes, files)) for each in found.grave]:
        return list(dict.fromkeys(left))
    broken = admit(name) if one.is_series else [admit(name)]
    harm: list[Finding] = []
    for raw, original, sick in zip(files, originals, broken, strict=True):
        harm += _harm(one, reading.read(bytes(raw)), reading.read(original), sick)
    return list(dict.fromkeys(harm))[:MOST_NAMED]


def _harm(one: Patient, cured: Dataset, original: Dataset, sick: bytes) -> list[Finding]:
    found = []
    for each in difference(original, cured):
        free = each.path.startswith(("file_meta.", "PixelData", *one.free))
        if not free and not _are_one_number(each.one, each.other):
            what = _("the cure changed it: {kind}", kind=_(each.kind))
            found.append(Finding(what=what, where=each.path))
    try:
        equal = np.array_equal(stored_values(original, None), stored_values(cured, None))
    except PixelError as error:
        return [*found, Finding(what=str(error).rstrip("."), where="PixelData")]
    if not equal:
        found.append(Finding(what=_("the cure changed the pixels"), where="PixelData"))
    return [*found, *_wanted(one, cured, original, sick)]


def _are_one_number(one: Any, other: Any) -> bool:
    try:
        return float(one.value) == float(other.value)
    except (TypeError, ValueError, AttributeError):
        return False


def _wanted(one: Patient, cured: Dataset, original: Dataset, sick: bytes) -> list[Finding]:
    """Look at what a cure may change, but not to anything."""
    wrong = [keyword for keyword, right in one.wanted.items()
             if not _are_near(value(cured, keyword), right)]  # fmt: skip
    if one.name == "uids_at_odds":
        uids = [value(each, "SOPInstanceUID") for each in (cured, original, reading.read(sick))]
        wrong += ["SOPInstanceUID"] if uids[0] not in uids[1:] else []
    return [Finding(what=_("that is not its value"), where=keyword) for keyword in wrong]


def _are_near(one: Any, other: Any) -> bool:
    try:
        return abs(float(one) - float(other)) < 1e-6
    except (TypeError, ValueError):
        return str(one) == str(other)
