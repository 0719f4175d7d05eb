"""The de-identification diff: before, rule, after and why, for a study as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ipywidgets import HTML, Checkbox, Dropdown, GridBox, Layout
from markupsafe import Markup
from pydicom import Dataset

from dicom_lessons import html, reading
from dicom_lessons.deidentify.changes import ElementChange
from dicom_lessons.deidentify.identifiers import Identifiers, elements_in, texts_of
from dicom_lessons.deidentify.profile import ACTIONS, actions, options
from dicom_lessons.deidentify.study import Deidentified, deidentify
from dicom_lessons.text import _, ngettext, short
from dicom_lessons.widgets import Box

SECRET = "only for this lesson"
MOST_ROWS = 150
_LINES = "{% for line in lines %}<p>{{ line }}</p>{% endfor %}"
_EXCLUSIVE = ("full_dates", "modified_dates")


def explore_deidentification(
    sources: reading.Source | Iterable[reading.Source],
) -> DeidentificationDiff:
    """Open a study in the de-identification diff.

    Parameters
    ----------
    sources : str, path, bytes or Dataset, or an iterable of them
        The files of one patient.

    Raises
    ------
    LookupError, OSError
        If there is no such sample or file.
    ReadingError
        If one of them is not DICOM or too large.
    """
    one = isinstance(sources, str | bytes | Dataset) or hasattr(sources, "__fspath__")
    given: list[Any] = [sources] if one else list(sources)  # type: ignore[arg-type]
    return DeidentificationDiff(given)


class DeidentificationDiff(Box):
    """Options above; below them what each file held, what rule met it, and what is left.

    Attributes
    ----------
    done : list of Deidentified
        The study as it is shown, in the order given.
    """

    def __init__(self, sources: Sequence[reading.Source]) -> None:
        self._before = [reading.read(source) for source in sources]
        self._known = Identifiers.of(self._before)
        self._names = [
            f"{number} {short(dataset.get('Modality', ''), 16)}"
            if isinstance(source, Dataset)
            else reading.name_of(source)
            for number, (source, dataset) in enumerate(zip(sources, self._before, strict=True), 1)
        ]
        wide, whole = {"description_width": "initial"}, Layout(width="max-content")
        self.options = {
            name: Checkbox(False, description=title, indent=False, layout={"width": "auto"})
            for name, (_code, title) in options().items()
        }
        self.allow_list = Checkbox(
            False, description=_("Allow list"), indent=False, layout={"width": "auto"}
        )
        files = [(_("the whole study"), -1), *((name, n) for n, name in enumerate(self._names))]
        deeds = [(f"{letter}: {meaning}", letter) for letter, meaning in actions().items()]
        deeds.insert(0, (_("all actions"), ""))
        self.file = Dropdown(options=files, description=_("Files:"), style=wide, layout=whole)
        self.action = Dropdown(options=deeds, description=_("Action:"), style=wide, layout=whole)
        self.summary, self.rows = HTML(), HTML(layout=Layout(max_height="26em", overflow="auto"))
        for part in (self.summary, self.rows):
            part.add_class("jp-RenderedHTMLCommon")
        for name, box in self.options.items():
            box.observe(lambda change, name=name: self._choose(name, change["new"]), "value")
        self.allow_list.observe(self._do, "value")
        for choice in (self.file, self.action):
            choice.observe(self._show, "value")
        columns = Layout(
            grid_template_columns="repeat(auto-fill, minmax(min(30em, 100%), 1fr))", grid_gap="0"
        )
        switches = GridBox([*self.options.values(), self.allow_list], layout=columns)
        self._do({})
        super().__init__([switches, self.summary, self.file, self.action, self.rows])

    def _choose(self, name: str, on: bool) -> None:
        other = next((one for one in _EXCLUSIVE if one != name), "")
        if on and name in _EXCLUSIVE and self.options[other].value:
            self.options[other].value = False  # which does it all with the new choice
        else:
            self._do({})

    def _do(self, _change: dict[str, Any]) -> None:
        chosen = [name for name, box in self.options.items() if box.value]
        self.done: list[Deidentified] = deidentify(
            self._before, SECRET, chosen, allow_list=self.allow_list.value
        )
        self._lines = self._summary()
        self.summary.value = html.render(_LINES, lines=self._lines)
        self._show({})

    def _summary(self) -> list[str]:
        counts = Counter(change.action for done in self.done for change in done.changes)
        changed = ngettext("{count} element changed", "{count} elements changed", counts.total())
        told = ", ".join(f"{action} {counts[action]}" for action in ACTIONS if counts[action])
        left = self.still_identifies()
        found = ", ".join(f"{where}: {text}" for where, text in left[:8])
        last = _("What still identifies this patient, in words: {found}", found=found or "—")
        picture = _("What the pixels show, no table knows: look at them.")
        return [f"{changed}: {told}.", f"{last}.", picture]

    def still_identifies(self) -> list[tuple[str, str]]:
        """Return where a value of the study before still stands in a text, and which."""
        return [
            (f"{name} {element.keyword or element.tag}", short(", ".join(hits), 40))
            for name, done in zip(self._names, self.done, strict=True)
            for element in elements_in(done.dataset)
            for text in texts_of(element)
            if (hits := self._known.found_in(text))
        ]

    def _show(self, _change: dict[str, Any]) -> None:
        self.rows.value = self._table()

    def _chosen(self) -> list[tuple[str, ElementChange]]:
        return [
            (name, change)
            for number, (name, done) in enumerate(zip(self._names, self.done, strict=True))
            for change in done.changes
            if self.file.value in (-1, number) and self.action.value in ("", change.action)
        ]

    def _table(self) -> Markup:
        header = [_("Element"), _("Before"), _("Rule → Done"), _("After"), _("Why")]
        cells = [
            (
                f"{name} {one.where}",
                one.before,
                f"{one.rule or '—'} → {one.action}",
                one.after or "—",
                one.why,
            )
            for name, one in self._chosen()[:MOST_ROWS]
        ]
        return html.table(header, [[html.breakable(text) for text in row] for row in cells])

    def twin(self) -> html.Page:
        """Return the first changes as a table."""
        text = html.render(_LINES, lines=self._lines)
        return html.Page(text + self._table(), "\n".join(self._lines))
