"""A mirror: every file that the lessons ask the web for, in one folder, for a class without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dicom_lessons import places, samples
from dicom_lessons.fetching import DownloadError, fetch

ASKED_FOR = ("CT_small", "693_J2KI")
"""Files of pydicom that lesson 05 asks a server for all the same."""


def fill(folder: Path) -> Iterator[tuple[str, str]]:
    """Put the files into a folder, each verified, and yield the name of each and what failed.

    A file that lies there already and is the right one is not asked for again, so a mirror that
    was left half full can be filled up.

    Parameters
    ----------
    folder : Path
        It is made if need be.

    Yields
    ------
    tuple of str
        The file's name, and why it is missing; empty if it lies in the folder now.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    places.ready(folder)
    for name in (*ASKED_FOR, *samples.names(source="downloaded")):
        sample = samples.get(name)
        file = Path(sample.file).name
        try:
            source = str(samples.path(name))
        except FileNotFoundError:
            source = samples.address(name)
        try:
            fetch(source, folder, size=sample.size, sha256=sample.sha256, name=file)
        except DownloadError as error:
            yield file, error.reason
        else:
            yield file, ""
