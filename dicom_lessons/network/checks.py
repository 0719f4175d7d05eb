"""What must run to judge the exercises of lesson 09."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from dicom_lessons import samples
from dicom_lessons.exercises import forms
from dicom_lessons.exercises.kinds import Check, Code
from dicom_lessons.exercises.plain import Raised
from dicom_lessons.network import attackers, cases, surroundings
from dicom_lessons.reading import read
from dicom_lessons.text import _


def _returned(path: Path) -> str:
    wanted = samples.path("virtual/us")
    if read(path).get("SOPInstanceUID") != samples.read("virtual/us").SOPInstanceUID:
        return "another"
    there, back = (surroundings.without_header(each.read_bytes()) for each in (wanted, path))
    return "" if there == back else "changed"


@cache
def _put(around: Any, function: object) -> Any:
    """Return a foreseen function in its surroundings: one and the same each time."""
    return around(function)


class _Surrounded(Code):
    """A function that is judged by what it does to programs around it."""

    around: ClassVar[Any]

    @property
    def models(self) -> list[object]:
        """What the solutions come to in the same surroundings."""
        return [_put(self.around, model) for model in super().models]

    def _judge(self, answer: object) -> Any:
        return super()._judge(self.around(answer) if callable(answer) else answer)

    def _mistaken(self, is_same: Any, seen: str, unforeseen: str) -> Any:
        return super()._mistaken(lambda wrong: is_same(_put(self.around, wrong)), seen, unforeseen)


class Provider(_Surrounded):
    """A handler of C-STORE, judged by what hostile senders reach with it."""

    around = attackers.Attacked


class Asking(_Surrounded):
    """Questions of a learner, put to an archive that runs meanwhile."""

    around = surroundings.Asked


class Moving(_Surrounded):
    """A transfer of a learner, between two archives that run meanwhile."""

    around = surroundings.Moved


class Believing(Code):
    """A TLS client that is made, and judged by whom it believes."""

    def _seen(self, arguments: tuple[object, ...], result: object, wanted: object) -> str:
        if isinstance(result, Raised):
            return super()._seen(arguments, result, wanted)
        return _(
            "This client does not believe what it should: servers whose certificate this authority "
            "has signed for their address, and no others."
        )


CHECKS = {
    "network-p6": Check(form=cases.status),
    "network-p18": Check(form=cases.folder),
    "network-1": Check(cases=cases.days, form=cases.identifier),
    "network-2": Check(cases=cases.responses, form=cases.uids_of),
    "network-3": Check(cases=cases.patients, kind=Asking),
    "network-5": Check(cases=cases.works, form=cases.worklist),
    "network-6": Check(cases=cases.statuses, form=forms.truth),
    "network-7": Check(cases=cases.offers, form=cases.pairs),
    "network-8": Check(cases=cases.ends, form=forms.truth),
    "network-9": Check(cases=cases.lines, form=forms.list_of(forms.exact_text, ordered=False)),
    "network-10": Check(cases=cases.moves, kind=Moving),
    "network-11": Check(cases=cases.questions, form=cases.address),
    "network-12": Check(cases=cases.instances),
    "network-13": Check(cases=cases.answers, form=forms.list_of(forms.exact_text, ordered=False)),
    "network-14": Check(cases=cases.bodies, form=forms.list_of(bytes)),
    "network-15": Check(examine=_returned),
    "network-16": Check(cases=cases.wires, form=forms.list_of(forms.exact_text, ordered=False)),
    "network-17": Check(cases=lambda: [(cases.AUTHORITY,)], form=cases.trust, kind=Believing),
    "network-18": Check(cases=cases.names, form=forms.truth),
    "network-19": Check(cases=cases.loads, form=forms.integer),
    "network-20": Check(cases=attackers.attacks, kind=Provider),
}
