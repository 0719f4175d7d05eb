"""The ward: every patient with its admission note, a diagnosis to choose, and who is healed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ipywidgets import HTML, Button, Dropdown, HBox, Layout, Select, ToggleButtons, VBox
from markupsafe import Markup
from pydicom import Dataset

from dicom_lessons import html, read_write, reading
from dicom_lessons.clinic.faults import FAULTS
from dicom_lessons.clinic.ward import PATIENTS, admission, admit, good, patient, treat
from dicom_lessons.findings import Finding
from dicom_lessons.text import N_, _, ngettext, short
from dicom_lessons.viewer.page import still
from dicom_lessons.viewer.pictures import picture_of
from dicom_lessons.widgets import Box

STATES = {
    "waiting": N_("waits"), "diagnosed": N_("diagnosed"), "healed": N_("healed"),
    "returned": N_("sent back"),
}  # fmt: skip
_MARKS = {"waiting": "○", "diagnosed": "◐", "healed": "●", "returned": "↩"}
_INSTRUMENTS = (N_("Picture"), N_("Bytes"), N_("Elements"), N_("Neighbour"))
_SIDE, _BYTES, _ROWS = 320, 256, 40
_LINES = "{% for line in lines %}<p>{{ line }}</p>{% endfor %}"
_TEXT = '<pre style="line-height: 1.3; max-height: 22em; overflow: auto">{{ text }}</pre>'


def explore_ward() -> Ward:
    """Open the ward."""
    return Ward()


class Ward(Box):
    """Choose a patient, look, choose a diagnosis; cures are written in a cell: :meth:`heal`.

    Attributes
    ----------
    states : dict of str
        ``"waiting"``, ``"diagnosed"``, ``"healed"`` or ``"returned"``, by the name of a patient.
    """

    def __init__(self) -> None:
        self.states = dict.fromkeys(PATIENTS, "waiting")
        wide = {"description_width": "initial"}
        self.beds = Select(rows=14, description=_("Patient:"), style=wide,
                           layout=Layout(width="auto", min_width="18em"))  # fmt: skip
        self.instrument = ToggleButtons(
            options=[(_(name), name) for name in _INSTRUMENTS], style={"button_width": "auto"}
        )
        self.diagnosis = Dropdown(description=_("Diagnosis:"), style=wide,
                                  layout=Layout(width="auto", max_width="36em"))  # fmt: skip
        self.diagnose = Button(description=_("Diagnose"), layout=Layout(width="auto"))
        self.send = Button(description=_("Send back"), layout=Layout(width="auto"))
        self.note, self.seen, self.said = HTML(), HTML(), HTML()
        for part in (self.note, self.seen, self.said):
            part.add_class("jp-RenderedHTMLCommon")
        self._list()
        self.beds.observe(self._admit, "value")
        self.instrument.observe(self._look, "value")
        self.diagnose.on_click(self._judge)
        self.send.on_click(lambda _button: self._tell(self.heal(self.beds.value, None)))
        self._admit({})
        choice = HBox([self.diagnosis, self.diagnose, self.send],
                      layout=Layout(flex_flow="row wrap"))  # fmt: skip
        right = VBox([self.note, self.instrument, self.seen, choice, self.said],
                     layout=Layout(flex="1 1 32em", min_width="0"))  # fmt: skip
        super().__init__([HBox([self.beds, right], layout=Layout(flex_flow="row wrap"))])

    def heal(
        self, name: str, cure: Callable[[Any], Any] | bytes | list[bytes] | None
    ) -> list[Finding]:
        """Treat a patient with a function of its bytes, or with the bytes after a cure.

        Returns
        -------
        list of Finding
            What is still wrong or was harmed; empty if the patient is healed. ``None`` as a cure
            sends the patient back.
        """
        cured = cure(admit(name)) if callable(cure) else cure
        found = treat(name, cured)
        if not found:
            self.states[name] = "returned" if cured is None else "healed"
            self._list()
        return found

    def _list(self) -> None:
        chosen = self.beds.value
        self.beds.options = [
            (f"{_MARKS[state]} {number:2} {_(STATES[state])}", name)
            for number, (name, state) in enumerate(self.states.items(), 1)
        ]
        self.beds.value = chosen or next(iter(PATIENTS))

    def _admit(self, _change: dict[str, Any]) -> None:
        one = patient(self.beds.value)
        said = _("“{complaint}”", complaint=_(one.complaint))
        lines = [said, *admission(one.name).lines]
        self.note.value = html.render(_LINES, lines=lines)
        known = sorted((one.fault, *one.others), key=list(FAULTS).index)
        options = [(_(FAULTS[fault].title), fault) for fault in known]
        self.diagnosis.options = [(_("choose"), ""), *options]
        self.diagnosis.value = ""
        self.said.value = ""
        self._look({})

    def _look(self, _change: dict[str, Any]) -> None:
        name, look = self.beds.value, _SEEN.get(self.instrument.value)
        lines = "\n".join(look(name)) if look else ""
        self.seen.value = html.render(_TEXT, text=lines) if look else _picture(name)

    def _judge(self, _button: object) -> None:
        one, said = patient(self.beds.value), self.diagnosis.value
        if not said:
            self._say([_("Choose a diagnosis first.")])
        elif said != one.fault:
            why = _(FAULTS[said].why)
            self._say([_("No. Here is the cause of what you chose. {why} Look again.", why=why)])
        else:
            if self.states[one.name] == "waiting":
                self.states[one.name] = "diagnosed"
                self._list()
            self._say([_("Right. {why}", why=_(FAULTS[said].why))])

    def _tell(self, found: list[Finding]) -> None:
        """Say what keeps a patient here; its name, which tells the diagnosis, stays unsaid."""
        reasons = [each.what[:1].upper() + each.what[1:] for each in found]
        self._say(reasons or [_("Rightly so: nobody can know what is lost.")])

    def _say(self, lines: list[str]) -> None:
        self.said.value = html.render(_LINES, lines=lines)

    def twin(self) -> html.Page:
        """Return the patients and how each is."""
        rows = [
            (number, _(patient(name).complaint), _(STATES[state]))
            for number, (name, state) in enumerate(self.states.items(), 1)
        ]
        header = (_("Bed"), _("The user says"), _("State"))
        markup = html.table(header, rows, _("The ward"))
        done = sum(state in ("healed", "returned") for state in self.states.values())
        text = ngettext("{count} patient left the ward", "{count} patients left the ward", done)
        return html.Page(markup, text)

    def __repr__(self) -> str:
        return self.twin().text


def _picture(name: str) -> Markup:
    picture = admission(name).picture
    if picture is None:
        return html.render(_LINES, lines=[_("There is no picture.")])
    levels = picture.astype(float)
    low, high = float(levels.min()), float(levels.max())
    shown = ((levels - low) * 255 / max(high - low, 1)).astype(np.uint8)
    alt = _("the picture as pydicom gives it, from black to white")
    return still(picture_of(shown, alt, _SIDE, picture.shape[0] / picture.shape[1]), alt)


def _first(name: str) -> bytes:
    """Return a patient, or the first slice of one."""
    files = admit(name)
    return files if isinstance(files, bytes) else bytes(files[0])


def _hexadecimal(name: str) -> list[str]:
    raw = _first(name)
    size = len(raw)
    beginning, end = range(0, min(_BYTES, size), 16), range(max(size - 48, 0), size, 16)
    return [*(_line(raw, at) for at in beginning), "…", *(_line(raw, at) for at in end)]


def _line(raw: bytes, at: int) -> str:
    part = raw[at : at + 16]
    letters = "".join(chr(one) if 32 <= one < 127 else "." for one in part)
    return f"{at:8}  {part.hex(' '):<47}  {letters}"


def _elements(name: str) -> list[str]:
    if name == "deflate_bomb":
        return [_("It is not inflated here.")]
    dataset = reading.read(_first(name))
    meta = getattr(dataset, "file_meta", None) or Dataset()
    lines = [short(each, 100) for part in (meta, dataset) for each in part]
    return lines[:_ROWS] + [each for each in lines[_ROWS:] if each.startswith("(0028")]


def _neighbour(name: str) -> list[str]:
    """Return how a file differs from a healthy one of the same source."""
    if name == "deflate_bomb":
        return [_("It is not inflated here.")]
    healthy, sick = (reading.read(raw) for raw in (good(name)[0], _first(name)))
    return [read_write.report(read_write.difference(healthy, sick)[:_ROWS])]


_SEEN = dict(zip(_INSTRUMENTS[1:], (_hexadecimal, _elements, _neighbour), strict=True))
