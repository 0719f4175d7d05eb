"""Programs for DICOM, and files to take along to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dicom_lessons import samples
from dicom_lessons.html import Page, table
from dicom_lessons.text import _

REGISTRY = Path(__file__).with_name("programs.json")


@dataclass(frozen=True)
class Program:
    """A program, server or collection that has to do with DICOM.

    Attributes
    ----------
    name : str
        As its makers write it.
    kind : str
        ``viewer``, ``platform``, ``research``, ``editor``, ``tool``, ``server``, ``collection``.
    purpose : str
        What it is for, in English; translated when shown, as are the next three.
    platforms : tuple of str
        Where it runs.
    licence : str
        Terms of use.
    opens : str
        How a file gets into it.
    open_source : bool
        Whether anybody may read and change its source.
    """

    name: str
    kind: str
    purpose: str
    platforms: tuple[str, ...]
    licence: str
    opens: str
    open_source: bool = False


PROGRAMS = tuple(
    Program(**{**entry, "platforms": tuple(entry["platforms"])})
    for entry in json.loads(REGISTRY.read_text(encoding="utf-8"))
)


def program_table(programs: Sequence[Program] = PROGRAMS) -> Page:
    """Return a table of programs for a notebook.

    >>> program_table([program for program in PROGRAMS if program.kind == "server"])
    Orthanc (server): a small DICOM server with a web page; holds no pictures until you send some
    """
    header = [_("Name"), _("Kind"), _("What it is for"), _("Runs on"), _("Licence"), _("To open")]
    rows, lines = [], []
    for program in programs:
        platforms = ", ".join(_(name) for name in program.platforms)
        row = (program.name, program.kind, _(program.purpose), platforms, _(program.licence))
        rows.append((*row, _(program.opens)))
        lines.append(f"{program.name} ({program.kind}): {_(program.purpose)}")
    caption = _("Programs, servers and collections for DICOM")
    return Page(table(header, rows, caption), "\n".join(lines))


def export_files(names: Iterable[str], folder: str | Path) -> list[Path]:
    """Copy samples into a folder; a file that is there already is never overwritten.

    Parameters
    ----------
    names : iterable of str
        Names of samples, such as ``"CT_small"``.
    folder : str or Path
        It is made if need be.

    Returns
    -------
    list of Path
        The files, one per name, with the extension ``.dcm`` that RFC 3240 recommends. A copy
        that is there from before is returned as it is; beside another file of the same name the
        copy gets a number.

    Raises
    ------
    LookupError
        If no sample has one of the names.
    NotADirectoryError
        If the folder is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(
            _("{name} is a file, not a folder: choose another name.", name=folder.name)
        )
    sources = {name: samples.path(name).read_bytes() for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    return [_copy(folder, name, content) for name, content in sources.items()]


def _copy(folder: Path, name: str, content: bytes) -> Path:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", samples.get(name).name).strip("_")
    number = 1
    while True:
        path = folder / (f"{stem}.dcm" if number == 1 else f"{stem}-{number}.dcm")
        try:
            with path.open("xb") as file:
                file.write(content)
            return path
        except FileExistsError:
            same_size = path.is_file() and path.stat().st_size == len(content)
            if same_size and path.read_bytes() == content:
                return path
            number += 1
