"""Examine files from the command line: ``python -m dicom_lessons examine``."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from dicom_lessons import read_write, reading
from dicom_lessons.clinic.examination import Examination, examine_all
from dicom_lessons.clinic.faults import FAULTS
from dicom_lessons.text import _, ngettext, set_language, short

STATUS = {"": 0, "note": 0, "warning": 1, "error": 3, "unread": 4}
"""Exit status by severity; 2 is that of a command line that is wrong."""
MOST_COMPLAINTS = 3
_TOLD = ("fault", "severity", "title", "where", "what", "why", "cure", "section")


def follow(arguments: Namespace) -> int:
    """Examine what the command line names, print it, and return the exit status."""
    set_language(arguments.language)
    paths, refused = _paths(arguments.files, arguments.recursive)
    for sentence in refused:
        print(sentence, file=sys.stderr)
    worst, counted, files = STATUS["unread"] if refused else 0, Counter[str](), 0
    for number, found in enumerate(examine_all(paths)):
        path = paths[number] if number < len(paths) else None
        files += path is not None
        worst = max(worst, STATUS[found.severity])
        counted.update({one.fault for one in found.grave})
        is_asked = path is not None and not arguments.alone and found.severity != "unread"
        verdict = _verdict(path) if path is not None and is_asked else None
        if arguments.json:
            print(json.dumps(as_json(found, path, verdict), ensure_ascii=False), flush=True)
        elif len(paths) == 1 or arguments.all or not found.is_sound:
            print("\n".join(_lines(found, verdict, arguments.notes)), flush=True)
    if not arguments.json and len(paths) > 1:
        print(ngettext("{count} file was examined.", "{count} files were examined.", files))
        for fault, count in counted.most_common():
            print(f"{count:6}  {_(FAULTS[fault].title)}")
    return worst


def _paths(named: Iterable[Path], recursive: bool) -> tuple[list[Path], list[str]]:
    """Return the files to examine, and a sentence for each thing that is none."""
    paths: list[Path] = []
    refused: list[str] = []

    def unreadable(error: OSError) -> None:
        refused.append(f"{short(error.filename, 200)}: {error.strerror}")

    for path in named:
        for each in _files(path, unreadable) if recursive and path.is_dir() else [path]:
            if sentence := _refusal(each):
                refused.append(sentence)
            else:
                paths.append(each)
    return paths, refused


def _files(top: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the files of a folder and of the folders in it; links are not followed."""
    for folder, folders, names in os.walk(top, onerror=unreadable):
        folders.sort()
        paths = (Path(folder, name) for name in sorted(names))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _refusal(path: Path) -> str:
    """Return in one sentence why a path is not examined; empty if it is a file."""
    try:
        reading.path_of(path)
    except (OSError, reading.ReadingError) as error:
        if not path.is_dir():
            return str(error)
        name = short(path, 200)
        return _("{path} is a folder: add --recursive to examine all files in it.", path=name)
    return ""


def _lines(found: Examination, verdict: list[str] | None, notes: bool) -> Iterator[str]:
    yield str(found)
    minor = [one for one in found.diagnoses if one.severity == "note"]
    if notes:
        yield from (_("   Note: {note}", note=str(one)) for one in minor)
    if verdict is not None:
        told = ngettext("{count} error", "{count} errors", len(verdict))
        yield "   " + _("dciodvfy: {told}", told=told)
        yield from (f"      {line}" for line in verdict[:MOST_COMPLAINTS])


def as_json(
    found: Examination, path: Path | None = None, verdict: list[str] | None = None
) -> dict[str, Any]:
    """Return an examination as what JSON can hold."""
    told: dict[str, Any] = {
        "name": found.name, "path": None if path is None else os.fspath(path),
        "about": found.about, "severity": found.severity or "none",
        "findings": [
            {key: getattr(one, key) for key in _TOLD} | {"tag": one.tag and str(one.tag)}
            for one in found.diagnoses
        ],
    }  # fmt: skip
    return told if verdict is None else told | {"dciodvfy": verdict}


def _verdict(path: Path) -> list[str] | None:
    """Return what dciodvfy calls errors; None if it is not there or did not come to the end."""
    with suppress(OSError, LookupError, ValueError):  # the file may be gone
        said = read_write.verdict(path)
        return None if said.broken else [short(line, 200) for line in said.errors]
    return None
