"""Examine files from the command line: ``python -m dicom_lessons examine``."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from dicom_lessons import read_write
from dicom_lessons.clinic.examination import Examination, examine_all, refusal
from dicom_lessons.clinic.faults import FAULTS, Diagnosis
from dicom_lessons.text import _, ngettext, set_language, short

STATUS = {"": 0, "note": 0, "warning": 1, "error": 3, "unread": 4}
"""Exit status by severity; 2 is that of a command line that is wrong."""
MOST_COMPLAINTS = 3


def follow(arguments: Namespace) -> int:
    """Examine what the command line names, print it, and return the exit status."""
    set_language(arguments.language)
    paths, refused = _paths(arguments.files, arguments.recursive)
    for sentence in refused:
        print(sentence, file=sys.stderr)
    worst, counted = (STATUS["unread"] if refused else 0), Counter[str]()
    files = 0
    for number, found in enumerate(examine_all(paths)):
        path = paths[number] if number < len(paths) else None
        files += path is not None
        worst = max(worst, STATUS[found.severity])
        counted.update({one.fault for one in found.diagnoses if one.severity != "note"})
        is_asked = path is not None and not arguments.alone and found.severity != "unread"
        verdict = _verdict(path) if path is not None and is_asked else None
        if arguments.json:
            print(json.dumps(as_json(found, path, verdict), ensure_ascii=False), flush=True)
        elif len(paths) == 1 or arguments.all or not found.is_sound:
            print("\n".join(_lines(found, verdict, arguments.notes)), flush=True)
    if not arguments.json and len(paths) > 1:
        print(*_summary(files, counted), sep="\n")
    return worst


def _paths(named: Iterable[Path], recursive: bool) -> tuple[list[Path], list[str]]:
    """Return the files to examine, and a sentence for each thing that is none."""
    paths: list[Path] = []
    refused: list[str] = []
    for path in named:
        if recursive and path.is_dir():
            paths += _files(path, refused)
        elif sentence := refusal(path):
            refused.append(sentence)
        else:
            paths.append(path)
    return paths, refused


def _files(top: Path, refused: list[str]) -> list[Path]:
    """Return the files of a folder and of the folders in it; links are not followed."""

    def unreadable(error: OSError) -> None:
        refused.append(f"{short(error.filename, 200)}: {error.strerror}")

    found = []
    for folder, folders, names in os.walk(top, onerror=unreadable):
        folders.sort()
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_symlink() or not path.is_file():
                continue
            if sentence := refusal(path):
                refused.append(sentence)
            else:
                found.append(path)
    return found


def _lines(found: Examination, verdict: list[str] | None, notes: bool) -> Iterator[str]:
    yield str(found)
    minor = [one for one in found.diagnoses if one.severity == "note"]
    if notes:
        yield from (_("   Note: {note}", note=str(one)) for one in minor)
    if verdict is not None:
        told = ngettext("{count} error", "{count} errors", len(verdict))
        yield "   " + _("dciodvfy: {told}", told=told)
        yield from (f"      {line}" for line in verdict[:MOST_COMPLAINTS])


def _summary(files: int, counted: Counter[str]) -> Iterator[str]:
    yield ngettext("{count} file was examined.", "{count} files were examined.", files)
    for fault, count in counted.most_common():
        yield f"{count:6}  {_(FAULTS[fault].title)}"


def as_json(
    found: Examination, path: Path | None = None, verdict: list[str] | None = None
) -> dict[str, Any]:
    """Return an examination as what JSON can hold."""
    told: dict[str, Any] = {
        "name": found.name, "path": None if path is None else os.fspath(path),
        "about": found.about, "severity": found.severity or "none",
        "findings": [_finding(one) for one in found.diagnoses],
    }  # fmt: skip
    if verdict is not None:
        told["dciodvfy"] = verdict
    return told


def _finding(one: Diagnosis) -> dict[str, Any]:
    return {
        "fault": one.fault, "severity": one.severity, "title": one.title, "where": one.where,
        "what": one.what, "why": one.why, "cure": one.cure, "section": one.section,
        "tag": None if one.tag is None else str(one.tag),
    }  # fmt: skip


def _verdict(path: Path) -> list[str] | None:
    """Return what dciodvfy calls errors; None if it is not there or did not come to the end."""
    with suppress(OSError, LookupError, ValueError):  # the file may be gone
        said = read_write.verdict(path)
        return None if said.broken else [short(line, 200) for line in said.errors]
    return None
