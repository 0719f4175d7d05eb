"""What dciodvfy complains of, in words: ``complaints.json`` has a row for each kind of message."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dicom_lessons.read_write.judge import RULES
from dicom_lessons.text import _, short

LONGEST = 200
"""Characters of a sentence of dciodvfy for which there is no row."""
TYPES = {"1": "§7.4.1", "1C": "§7.4.2", "2": "§7.4.3", "2C": "§7.4.4", "3": "§7.4.5"}
"""Sections of PS3.5 on the types of attributes."""
_MODULE = re.compile(r" (?:- )?Module=<(?P<module>\w*)>$")


class Kind(NamedTuple):
    """One kind of message: how it reads, what it means, what to do, and who says so."""

    pattern: re.Pattern[str]
    what: str
    cure: str
    section: str


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds, the narrower before the wider."""
    rows = json.loads(Path(__file__).with_name("complaints.json").read_text(encoding="utf-8"))
    return tuple(
        Kind(re.compile(row["pattern"]), row["what"], row.get("cure", ""), row.get("section", ""))
        for row in rows
    )


def in_words(sentence: str) -> tuple[str, str, str]:
    r"""Return what a sentence of dciodvfy means, what to do about it, and the section.

    >>> in_words("Missing attribute for Type 2 Required - Module=<GeneralStudy>")[0]
    'missing, and module GeneralStudy wants it, though it may be empty'
    >>> in_words("Value is \x1b[31m not known yet")[0]
    'in the words of dciodvfy: Value is \\x1b[31m not known yet'
    """
    module = _MODULE.search(sentence)
    bare = sentence[: module.start()] if module else sentence
    for kind in kinds():
        if match := kind.pattern.match(bare):
            found = match.groupdict(default="")
            fields = {name: short(text) or _("the value") for name, text in found.items()}
            fields["module"] = module["module"] if module else "?"
            cure = kind.cure or RULES.get(found.get("vr", ""), "")
            type_section = TYPES.get(found.get("type", ""))
            section = kind.section or (f"PS3.5 {type_section}" if type_section else "")
            return _(kind.what, **fields), _(cure, **fields), section
    return _("in the words of dciodvfy: {sentence}", sentence=short(bare, LONGEST)), "", ""
