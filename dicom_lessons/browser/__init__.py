"""The one place that knows that the course runs in a web browser, where no process has its own.

There Python has no threads and no sockets. So threads take turns, and sockets of this computer pass
their bytes in memory: the programs at both ends, and what they say to each other, are the same.
Everywhere else nothing of this is used.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = sys.platform == "emscripten"
_DRIVE = Path("/drive")


def settle() -> None:
    """Have threads take turns, pass bytes in memory, keep progress where it can be downloaded."""
    from dicom_lessons.browser import codecs, recorded, sockets, turns

    turns.settle()
    sockets.settle()
    codecs.settle()
    recorded.settle()
    # the drive does not know a file that has no name any more, and waits for it for ever
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # type: ignore[assignment]
    if _DRIVE.is_dir():  # the files that JupyterLite shows and keeps
        os.environ.setdefault("DICOM_LESSONS_PROGRESS", str(_DRIVE / "progress.json"))


def keep_in_memory(folder: Path) -> None:
    """Keep the files of an empty folder until the page is closed, and no longer.

    On the drive each would be stored by itself, and all be read again for every page that opens.
    Elsewhere than in a web browser nothing happens.
    """
    if HERE and _DRIVE in folder.resolve().parents and not folder.is_mount():
        from pyodide_js import FS  # type: ignore[import-not-found]

        FS.mount(FS.filesystems.MEMFS, None, str(folder.resolve()))
