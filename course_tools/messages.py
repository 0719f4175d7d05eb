"""The messages of the course: gathered into the catalogue, compiled, and what lacks Russian."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from course_tools.lessons import ROOT
from dicom_lessons.text import DOMAIN, LOCALE

PACKAGE = ROOT / "dicom_lessons"
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def update_messages() -> list[str]:
    """Gather all messages of the package into the catalogues and return those without Russian."""
    from babel.messages import Catalog, mofile, pofile

    source = LOCALE / "ru" / "LC_MESSAGES" / f"{DOMAIN}.po"
    catalogue = (
        pofile.read_po(io.BytesIO(source.read_bytes()), locale="ru")
        if source.is_file()
        else Catalog(locale="ru", domain=DOMAIN)
    )
    catalogue.update(gathered_messages(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version, catalogue.fuzzy = DOMAIN, "1", False
    catalogue.creation_date = catalogue.revision_date = _FIRST_DAY
    catalogue.last_translator = catalogue.msgid_bugs_address = "the authors of the course"
    catalogue.header_comment = "# Messages of the course in Russian."
    source.parent.mkdir(parents=True, exist_ok=True)
    with source.open("wb") as file:
        pofile.write_po(file, catalogue, width=0, include_lineno=False)
    with source.with_suffix(".mo").open("wb") as file:
        mofile.write_mo(file, catalogue)
    return missing_messages(catalogue)


def gathered_messages() -> Any:
    """Return a catalogue of every message in the package's code and registries."""
    from babel.messages import Catalog
    from babel.messages.extract import extract_from_dir

    # no dates: the same messages give the same bytes
    gathered = Catalog(domain=DOMAIN, creation_date=_FIRST_DAY)
    keywords = {"_": None, "N_": None, "ngettext": (1, 2)}
    for package in ("course_tools", "dicom_lessons"):
        found = extract_from_dir(ROOT / package, [("**.py", "python")], {}, keywords)
        for file, _line, message, _comments, _context in sorted(found, key=repr):
            gathered.add(message, locations=[(f"{package}/{file}", 0)])
    for registry in (PACKAGE / "samples.json", ROOT / "data" / "registry.json"):
        if registry.is_file():
            for entry in json.loads(registry.read_text(encoding="utf-8")):
                gathered.add(entry["teaches"], locations=[(registry.name, 0)])
    programs = PACKAGE / "meet_dicom" / "programs.json"
    for entry in json.loads(programs.read_text(encoding="utf-8")):
        for text in (entry["purpose"], entry["licence"], entry["opens"], *entry["platforms"]):
            gathered.add(text, locations=[(programs.name, 0)])
    sources = PACKAGE / "download" / "sources.json"
    for entry in json.loads(sources.read_text(encoding="utf-8")):
        for field in ("what", "python", "licence", "good_for"):
            gathered.add(entry[field], locations=[(sources.name, 0)])
    return gathered


def missing_messages(catalogue: Any) -> list[str]:
    """Return the messages without a translation, or with a doubtful one."""
    missing = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            missing.append(str(message.id))
    return missing
