"""Count and check the modalities of a folder; a bad file is reported and stops nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from dicom_lessons.modality.sop_classes import agreement, raw_value
from dicom_lessons.modality.terms import judge
from dicom_lessons.reading import ReadingError, files_in, is_there, read, reason_of
from dicom_lessons.text import _, short


@dataclass(frozen=True)
class Survey:
    """All files of a folder: those that were read, and those that were not.

    Attributes
    ----------
    modalities : dict of Path to str
        Modality of each DICOM file; empty where it has none that can be read.
    findings : dict of Path to str
        What is odd about a file's Modality, or about Modality and SOP class.
    refused : dict of Path to str
        Why a file was not read.
    """

    modalities: dict[Path, str]
    findings: dict[Path, str]
    refused: dict[Path, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many files carry each modality, the most frequent first."""
        return dict(Counter(self.modalities.values()).most_common())


def survey(folder: Path | str) -> Survey:
    """Read the modality of every file below a folder, whatever the file is called.

    Only the beginning of each file is read, up to Modality. Links are not followed.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.
    """
    if not (is_there(folder) and Path(folder).is_dir()):
        name = short(folder, 200)
        raise NotADirectoryError(
            _("There is no folder {folder}. Give the path of a folder.", folder=name)
        )
    result = Survey({}, {}, {})
    for path in files_in(folder):
        try:
            dataset = _beginning(path)
            judgement, compared = judge(raw_value(dataset, 0x00080060)), agreement(dataset)
        except ReadingError as refusal:
            result.refused[path] = str(refusal)
            continue
        except Exception as error:  # whatever a file does, the next one is read
            result.refused[path] = _(
                "{name} cannot be read: {error}.", name=short(path.name), error=reason_of(error)
            )
            continue
        result.modalities[path] = judgement.code
        odd = [] if judgement.kind in ("current", "empty") else [judgement.sentence]
        if compared.agrees is False and compared.sentence not in odd:
            odd.append(compared.sentence)
        if odd:
            result.findings[path] = " ".join(odd)
    return result


def _beginning(path: Path) -> Dataset:
    """Read a file up to Modality (0008,0060)."""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            refusal = _(
                "{name} cannot be recognised as DICOM: bytes 128–131 are not DICM.",
                name=short(path.name),
            )
            raise ReadingError(refusal)
    return read(path, stop_when=lambda tag, _vr, _length: tag > 0x00080060)
