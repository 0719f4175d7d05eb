"""The cheat sheet: one page of A4 with two sides, made from the glossary and ``exercises.md``.

What the sheet says is in ``sheet.html``; the sentences of the standard that it repeats come from
the package, so that they are said once.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydicom.uid import UID

from course_tools.bench.jupyterlab import find_chromium
from course_tools.cards.deck import Mistake, _inline, mistakes
from course_tools.glossary import terms
from dicom_lessons.html import render
from dicom_lessons.modality import meaning
from dicom_lessons.read_write.judge import RULES
from dicom_lessons.text import _, language

TEMPLATE = Path(__file__).with_name("sheet.html")
SIDES = 2
SECONDS = 120
"""How long Chromium may take to print."""
SYNTAXES = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.201",
)  # fmt: skip
MODALITIES = ("CT", "MR", "PT", "NM", "US", "XA", "CR", "DX", "MG", "SEG", "SR", "OT")
CHOSEN = {
    "structure-w1": 0, "uids-w1": 0, "uids-w3": 0, "modality-w1": 0, "sop-w1": 0, "sop-w3": 0,
    "download-w3": 0, "read_write-w1": 0, "read_write-w2": 1, "compression-w1": 0,
    "deidentify-w3": 0, "deidentify-q3": 0, "network-w11": 0, "network-w13": 1, "volume-w2": 0,
    "volume-w4": 0, "volume-q2": 0,
}  # fmt: skip
"""The mistakes on the sheet: an exercise, and which of its wrong answers."""


def write_sheet(path: Path) -> Iterator[Path]:
    """Write the sheet in the language that is set, as HTML and by Chromium as PDF.

    Raises
    ------
    ImportError
        If pypdf is not installed.
    OSError
        If Chromium does not print.
    RuntimeError
        If the PDF has not two pages.
    """
    path.write_text(page(), encoding="utf-8")
    yield path
    if chromium := find_chromium():
        yield _printed(chromium, path)


def page() -> str:
    """Return the sheet as HTML that needs nothing else."""
    return render(
        TEMPLATE.read_text(encoding="utf-8"),
        _=_,
        language=language(),
        inline=_inline,
        rules=[(vr, _(rule).partition("; ")[0]) for vr, rule in RULES.items()],
        syntaxes=[(uid.removeprefix("1.2.840.10008.1.2"), _name(uid)) for uid in SYNTAXES],
        modalities=[(code, meaning(code)) for code in MODALITIES],
        terms=[term for term in terms(language()) if term.section],
        mistakes=list(chosen()),
    )  # fmt: skip


def chosen() -> Iterator[Mistake]:
    """Yield the mistakes that stand on the sheet, in the order of the course."""
    seen: dict[str, int] = {}
    for one in mistakes():
        name = one.exercise.name
        seen[name] = seen.get(name, -1) + 1
        if CHOSEN.get(name) == seen[name]:
            yield one


def _name(uid: str) -> str:
    return re.sub(
        r" Image Compression| \(Process.*|, (?:Non-Hierarchical|First-Order).*| - .*",
        "",
        UID(uid).name,
    )


def _printed(chromium: str, path: Path) -> Path:
    """Print a page with Chromium; the same page gives the same bytes."""
    from pypdf import PdfReader

    target = path.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "sheet.pdf")
        # root may run Chromium without its sandbox only, as in a container
        free = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        command = [chromium, "--headless", "--disable-gpu", *free,
                   f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
                   f"--print-to-pdf={made}", path.resolve().as_uri()]  # fmt: skip
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=SECONDS, check=True)  # fmt: skip
        except subprocess.SubprocessError as error:
            raise OSError(f"Chromium did not print {path.name}: open it and print it.") from error
        content = re.sub(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}", rb"\g<1>19800101000000",
                         made.read_bytes())  # fmt: skip
    target.write_bytes(content)
    if (pages := len(PdfReader(target).pages)) != SIDES:
        raise RuntimeError(f"{target.name} has {pages} pages, not {SIDES}.")
    return target
