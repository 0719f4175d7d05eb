"""Where a learner's files go: work, progress, and what is kept to be used again.

Where nothing can be written (a course or a home that is read-only, a full disk, a name that a file
has taken), a folder of this user among the computer's temporary files takes the place.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from dicom_lessons.text import _

WORK = "my_work"
PROGRESS = "DICOM_LESSONS_PROGRESS"
_said: set[Path] = set()


def work() -> Path:
    """Return the folder for what a learner makes: ``my_work`` in the current folder.

    It is made if need be. If nothing can be written there, it is a temporary folder of the same
    name, and a sentence says so once.

    Raises
    ------
    OSError
        If nothing can be written there either.

    >>> work()  # doctest: +SKIP
    PosixPath('my_work')
    """
    wanted = Path(WORK)
    folder = writable(wanted)
    if folder != wanted and (place := wanted.absolute()) not in _said:
        _said.add(place)
        print(
            _(
                "Nothing can be written to {place}: your work goes to {folder}. Copy from there "
                "what you want to keep.",
                place=place,
                folder=folder,
            )
        )
    return folder


def progress() -> Path | None:
    """Return the file that keeps a learner's progress; ``None`` if none is to be kept or can be.

    ``DICOM_LESSONS_PROGRESS`` names another file than that of the user, or is ``off``.
    """
    named = os.environ.get(PROGRESS)
    if named == "off":
        return None
    path = Path(named or user_data_path("dicom_lessons", appauthor=False) / "progress.json")
    try:
        return (_substitute() if path.is_dir() else writable(path.parent)) / path.name
    except OSError:
        return None


def cache() -> Path:
    """Return the folder that keeps what was downloaded or unpacked, to be used again."""
    return writable(user_cache_path("dicom_lessons"))


def writable(folder: Path) -> Path:
    """Return a folder, made if need be, or one of its name that takes its place.

    Raises
    ------
    OSError
        If neither can be written.
    """
    try:
        return ready(folder)
    except OSError:
        return ready(_substitute() / folder.name)


def ready(folder: Path) -> Path:
    """Return a folder in which a file could be written just now; it is made if need be.

    Raises
    ------
    OSError
        If it cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(4096))
    return folder


def _substitute() -> Path:
    owner = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"dicom_lessons-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if stat.S_ISDIR(about.st_mode) and about.st_uid == owner:
        return folder
    return Path(tempfile.mkdtemp(prefix="dicom_lessons-"))  # somebody else was there first
