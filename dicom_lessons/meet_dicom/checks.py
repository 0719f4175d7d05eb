"""What must run to judge the exercises of lesson 00: cases, forms, examinations."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check


def four_bytes(answer: object) -> bytes:
    """Return bytes in any form, or from the letters themselves.

    >>> four_bytes("DICM") == four_bytes(b"DICM") == four_bytes("44 49 43 4D")
    True
    """
    try:
        return forms.raw_bytes(answer)
    except TypeError:
        if isinstance(answer, str):
            return answer.strip().encode()
        raise


@cache
def _paths() -> list[tuple[Path]]:
    workplace = TemporaryDirectory(prefix="is_dicom-")
    atexit.register(workplace.cleanup)
    contents = {
        "letter.dcm": b"Dear colleague, this is a letter and no more. " * 5,
        "about_DICM.txt": b"The letters DICM stand in a text. ".ljust(200, b"."),
        "start.bin": b"DICM".ljust(200, b"."),
        "lower.dcm": bytes(128) + b"dicm" + bytes(50),
        "cut_short.dcm": bytes(128) + b"DI",
        "empty.dcm": b"",
        "picture.png": samples.path("MR_small").read_bytes(),
    }
    for name, content in contents.items():
        Path(workplace.name, name).write_bytes(content)
    without_extension = samples.path("dicomdirtests/77654033/CR1/6154")
    made = (Path(workplace.name, name) for name in contents)
    return [(path,) for path in (samples.path("CT_small"), without_extension, *made)]


CHECKS = {
    "meet_dicom-2": Check(form=four_bytes),
    "meet_dicom-3": Check(cases=_paths),
}
