"""What passes between two programs: presentation contexts and messages (PS3.7 §D, PS3.8 §9)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydicom import Dataset
from pydicom.uid import UID

from dicom_lessons.text import N_, _

# PS3.8 Table 9-18
_RESULTS = {
    None: N_("not answered"),
    0: N_("accepted"),
    1: N_("refused by the user"),
    2: N_("refused, no reason given"),
    3: N_("refused: abstract syntax not supported"),
    4: N_("refused: transfer syntaxes not supported"),
}


@dataclass
class Context:
    """One presentation context as offered and as answered (PS3.8 §9.3.2.2, §9.3.3.2).

    Attributes
    ----------
    number : int
        The presentation context ID: odd, from 1 to 255.
    abstract_syntax : UID
        The SOP class.
    transfer_syntaxes : tuple of UID
        All that were offered.
    result : int or None
        0 if accepted, 1 to 4 if refused, ``None`` if there was no answer.
    transfer_syntax : UID or None
        The one that was accepted.
    """

    number: int
    abstract_syntax: UID
    transfer_syntaxes: tuple[UID, ...]
    result: int | None = None
    transfer_syntax: UID | None = None

    @property
    def answer(self) -> str:
        """The result in words."""
        return _(_RESULTS.get(self.result) or N_("refused"))

    @property
    def offer(self) -> str:
        """What was offered, in one line."""
        names = self.transfer_syntaxes[0].name if self.transfer_syntaxes else ""
        more = len(self.transfer_syntaxes) - 1
        if more > 0:
            names = _("{name} and {more} more", name=names, more=more)
        return f"{self.number}: {self.abstract_syntax.name} ({names})"

    @property
    def reply(self) -> str:
        """What was answered, in one line."""
        syntax = f" ({self.transfer_syntax.name})" if self.transfer_syntax else ""
        return f"{self.number}: {self.answer}{syntax}"


@dataclass(frozen=True)
class Message:
    """One message between the two programs.

    Attributes
    ----------
    sender : str
        ``"requestor"`` or ``"acceptor"`` of the association.
    name : str
        Such as ``"A-ASSOCIATE-RQ"`` or ``"C-STORE-RSP"``.
    details : tuple of str
        What it says, line by line.
    command : Dataset
        The command set, elements of group 0000; empty unless it is a DIMSE message.
    data_set : bytes
        The bytes that follow the command set, if any do.
    second : str
        The title at the other end, if the acceptor opened a second association for this message.
    """

    sender: str
    name: str
    details: tuple[str, ...] = ()
    command: Dataset = field(default_factory=Dataset, repr=False)
    data_set: bytes = field(default=b"", repr=False)
    second: str = ""

    def __str__(self) -> str:
        arrow = "→" if self.sender == "requestor" else "←"
        return f"{arrow} {self.name:<15} {'; '.join(self.details)}".rstrip()
