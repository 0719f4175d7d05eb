"""A file set with a DICOMDIR (PS3.10 §8), as it is written on a disc for a patient."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom.fileset import FileSet

from course_tools.patient import catalogue, ct, identity, pt
from dicom_lessons.text import _


def write_file_set(files: Iterable[Path], directory: Path) -> Path:
    """Copy files into a file set with names that the standard allows, and index it.

    Parameters
    ----------
    files : iterable of Path
        DICOM files.
    directory : Path
        An empty or absent directory.

    Returns
    -------
    Path
        The DICOMDIR.

    Raises
    ------
    FileExistsError
        If the directory holds something already.
    """
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(
            _(
                "{directory} is not empty; give a new directory for the file set.",
                directory=directory,
            )
        )
    directory.mkdir(parents=True, exist_ok=True)
    file_set = FileSet()
    file_set.ID = "DICOM_LESSONS"
    file_set.UID = identity.make_uid("file set")
    for file in files:
        file_set.add(file)
    file_set.write(directory)
    # pydicom would remove its temporary folder only when Python collects it, with a warning.
    file_set._stage["t"].cleanup()
    return directory / "DICOMDIR"


def write_media(directory: Path, *, volumes: bool = True, progress: bool = False) -> Path:
    """Make a file set of the whole virtual patient.

    Parameters
    ----------
    directory : Path
        An empty or absent directory.
    volumes : bool
        Whether to add the whole CT and PET series (about 40 MB).
    progress : bool
        Whether to show progress bars.

    Returns
    -------
    Path
        The DICOMDIR.
    """
    with TemporaryDirectory() as folder:
        made = [path for path in catalogue.write_patient(Path(folder)) if path.suffix == ".dcm"]
        if volumes:
            made += ct.write_ct_volume(Path(folder) / "ct", progress=progress)
            made += pt.write_pt_volume(Path(folder) / "pt", progress=progress)
        return write_file_set(made, directory)
