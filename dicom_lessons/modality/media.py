"""A file set with a DICOMDIR (PS3.10 §8), as it is written on a disc for a patient."""

from __future__ import annotations

import gc
import uuid
import warnings
from collections.abc import Iterable
from pathlib import Path

from pydicom.fileset import FileSet
from pydicom.uid import UID

from dicom_lessons import places, samples
from dicom_lessons.text import _


def write_media(folder: Path | str, files: Iterable[Path] | None = None) -> Path:
    """Copy files into a file set, under names that the standard allows, and index it.

    The same files give the same file set, its UID included (PS3.5 §B.2).

    Parameters
    ----------
    folder : Path or str
        An empty or absent folder.
    files : iterable of Path, optional
        DICOM files; of two with one SOP Instance UID, the second is left out. Without them, it is
        the whole virtual patient, CT and PET series included: about 8 MB.

    Returns
    -------
    Path
        The DICOMDIR.

    Raises
    ------
    FileExistsError
        If the folder holds something already, or is a file.
    OSError
        If it cannot be written.
    """
    folder = Path(folder).absolute()
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise FileExistsError(
            _("{folder} is not an empty folder; give a new one for the file set.", folder=folder)
        )
    places.ready(folder)  # before half a minute of work
    if files is None:
        series = samples.names(source="made", kind="series")
        files = [samples.path(name) for name in samples.names(source="made")]
        files += [path for name in series for path in samples.series(name)]
    # pydicom leaves its temporary folder to the garbage collector, with a warning
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        _write(files, folder)
        gc.collect()
    return folder / "DICOMDIR"


def _write(files: Iterable[Path], folder: Path) -> None:
    file_set = FileSet()
    file_set.ID = "DICOM_LESSONS"
    for file in files:
        file_set.add(file)
    instances = sorted(str(instance.SOPInstanceUID) for instance in file_set)
    file_set.UID = UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join(instances)).int}")
    file_set.write(folder)
