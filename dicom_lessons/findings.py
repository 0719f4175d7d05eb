"""The one form in which every judge of the course says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.tag import BaseTag

from dicom_lessons.text import _


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, where, and what to do about it.

    Attributes
    ----------
    what : str
        What is wrong, as a clause.
    where : str
        Keywords down to an element such as ``"BeamSequence[0].BeamName"``, or the name of a file;
        empty if it is the whole.
    cure : str
        What to do; empty if there is nothing.
    section : str
        Who says so, such as ``"PS3.5 §6.2"``.
    tag : BaseTag or None
        Of the element in question.
    """

    what: str
    where: str = ""
    cure: str = ""
    section: str = ""
    tag: BaseTag | None = None

    def __str__(self) -> str:
        sentence = _("{where}: {what}", where=self.where, what=self.what).removeprefix(": ")
        if self.section:
            sentence += f" ({self.section})"
        return f"{sentence}. {self.cure}".rstrip()
