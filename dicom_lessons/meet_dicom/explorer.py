"""Explorer of lesson 00: what this computer has, and what it answers when a button is pressed."""

from __future__ import annotations

from ipywidgets import HTML, Button, HBox, Layout

from dicom_lessons.html import Page, render, table
from dicom_lessons.meet_dicom import computer
from dicom_lessons.meet_dicom.computer import Prerequisite
from dicom_lessons.text import N_, _
from dicom_lessons.widgets import Box

_STATUS = """<p role="status">{{ text }}</p>"""
_NOTE = """<p>{{ text }}</p>"""
_KERNEL_UNKNOWN = N_(
    "? not known yet: press the button. If nothing changes, choose Kernel > Restart Kernel, "
    "load this page again and run the cell once more."
)
_NETWORK_UNKNOWN = N_(
    "? not asked: press the button if you want to know. It waits a few seconds at most."
)
_HOW_TO_INSTALL = N_(
    "If a line says “missing”: copy its command into a new cell with a percent sign in front "
    "(%pip install …), run it, then choose Kernel > Restart Kernel."
)


class Readiness(Box):
    """The readiness check with two buttons; the network is asked only when one is pressed.

    Without a kernel, a page shows what is checked and what is to be done if it is missing.
    """

    def __init__(self) -> None:
        self.packages = HTML(
            _table(computer.packages() + computer.extensions(), _("Python and packages"))
        )
        self.decoders = HTML(
            _table(computer.decoders(), _("Can these transfer syntaxes be decoded here?"))
        )
        wide = Layout(width="auto", min_width="14em")
        self.kernel = Button(description=_("Does the kernel hear me?"), layout=wide)
        self.kernel_answer = HTML(render(_STATUS, text=_(_KERNEL_UNKNOWN)))
        self.network = Button(description=_("Is the network there?"), layout=wide)
        self.network_answer = HTML(render(_STATUS, text=_(_NETWORK_UNKNOWN)))
        self.kernel.on_click(self._answer_for_kernel)
        self.network.on_click(self._answer_for_network)
        wrapping = Layout(flex_flow="row wrap", align_items="center")
        buttons = [
            HBox([self.kernel, self.kernel_answer], layout=wrapping),
            HBox([self.network, self.network_answer], layout=wrapping),
        ]
        note = HTML(render(_NOTE, text=_(_HOW_TO_INSTALL)))
        super().__init__([*buttons, self.packages, note, self.decoders])

    def _answer_for_kernel(self, _button: Button) -> None:
        self.kernel_answer.value = render(_STATUS, text=_("✓ yes, widgets are live here"))

    def _answer_for_network(self, _button: Button) -> None:
        self.network_answer.value = render(_STATUS, text=_("asking…"))
        network = computer.network()
        answer = (
            _("✓ yes, {address} answered", address=computer.ADDRESS)
            if network.ok
            else _("✗ no. {advice}", advice=network.advice)
        )
        self.network_answer.value = render(_STATUS, text=answer)

    def twin(self) -> Page:
        """Say what is checked, without versions or answers: the same on every computer."""
        rows = list(computer.needed().items())
        rows += [(uid.name, ", ".join(names)) for uid, names in computer.DECODED_BY.items()]
        text = _("Readiness check: run the cell to see this computer's answers.")
        return Page(table((_("What is checked"), _("Needed")), rows, text), text)


def readiness_check() -> Readiness:
    """Return the readiness check as a widget with a static twin."""
    return Readiness()


def _table(prerequisites: tuple[Prerequisite, ...], caption: str) -> str:
    header = (_("Result"), _("What"), _("Found"), _("Needed"), _("What to do"))
    rows = [
        (computer.status(one), one.what, one.found, one.needed, one.advice) for one in prerequisites
    ]
    return table(header, rows, caption)
