"""Count and check the modalities of a folder; a bad file is reported and stops nothing."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset
from pydicom.filereader import read_partial

from dicom_lessons.deflated import inflates_beyond
from dicom_lessons.modality.sop_classes import agreement, class_of, raw_value
from dicom_lessons.modality.terms import judge, shown
from dicom_lessons.text import _

INFLATED_LIMIT = 1 << 28


@dataclass(frozen=True)
class Entry:
    """One DICOM file: its modality, its SOP class, and what is odd about them.

    ``modality`` and ``sop_class`` are empty where the file has none that can be read;
    ``finding`` is empty if all is well.
    """

    path: Path
    modality: str
    sop_class: str
    finding: str


@dataclass(frozen=True)
class Survey:
    """All files of a folder: those that were read, and those that were not with the reason."""

    entries: tuple[Entry, ...]
    refused: dict[Path, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many files carry each modality, the most frequent first."""
        return dict(Counter(entry.modality for entry in self.entries).most_common())

    @property
    def findings(self) -> dict[Path, str]:
        """What is odd, by file."""
        return {entry.path: entry.finding for entry in self.entries if entry.finding}


def survey(folder: Path | str) -> Survey:
    """Read the modality of every file below a folder, whatever the file is called.

    Only the beginning of each file is read, up to Modality.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(
            _("There is no folder {folder}. Give the path of a folder.", folder=folder)
        )
    entries, refused = [], {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                entries.append(examine(path))
            except Exception as error:  # whatever a file does, the next one is read
                refused[path] = str(error)[:300] or type(error).__name__
    return Survey(tuple(entries), refused)


def examine(path: Path) -> Entry:
    """Read the modality of one file.

    Raises
    ------
    ValueError
        If it is no DICOM file, or its beginning cannot be read.
    """
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            raise ValueError(
                _(
                    "{name} cannot be recognised as DICOM: bytes 128–131 are not DICM.",
                    name=path.name,
                )
            )
    if inflates_beyond(path, INFLATED_LIMIT):
        raise ValueError(
            _(
                "{name} would unpack to more than {limit} MB: it is not read.",
                name=path.name,
                limit=INFLATED_LIMIT >> 20,
            )
        )
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            dataset = read_partial(file, lambda tag, _vr, _length: tag > 0x00080060)
            return _entry(path, dataset)
    except Exception as error:
        raise ValueError(
            _("{name} cannot be read: {error}.", name=path.name, error=shown(str(error)))
        ) from error


def _entry(path: Path, dataset: Dataset) -> Entry:
    judgement = judge(raw_value(dataset, 0x00080060))
    compared = agreement(dataset)
    odd = []
    if judgement.kind not in ("current", "empty"):
        odd.append(judgement.sentence)
    if compared.agrees is False and compared.sentence not in odd:
        odd.append(compared.sentence)
    return Entry(path, judgement.code, class_of(dataset), " ".join(odd))
