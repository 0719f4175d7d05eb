"""The SOP class explorer: modules and attributes of a class, and what one file lacks of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Checkbox, Dropdown, HBox, Layout, Select, VBox
from markupsafe import Markup
from pydicom import Dataset

from dicom_lessons import samples
from dicom_lessons.html import Page, render
from dicom_lessons.reading import ReadingError, Source, name_of, read
from dicom_lessons.sop.explorer_tables import attribute_table, lacking_table, module_table
from dicom_lessons.sop.report import definition_of, lacks
from dicom_lessons.sop.tables import InformationObjectDefinition, SOPClassError, classes, definition
from dicom_lessons.text import _, ngettext
from dicom_lessons.widgets import KeepKeys, StaticTwin

_SUMMARY = """<p role="status">{{ sentence }}</p>{{ findings }}"""


def explore_sop_class(source: Source = "CT_small") -> SOPClassExplorer:
    """Open a file, or a SOP class alone, in the explorer.

    Parameters
    ----------
    source : str, path, bytes or Dataset
        Name of a sample, path of a file, its bytes, a data set, or the UID or keyword of a SOP
        class.

    Raises
    ------
    SOPClassError
        If nothing says which modules there are, or what is given cannot be read.
    LookupError
        If there is no such sample, file or class.
    """
    return SOPClassExplorer(source)


class SOPClassExplorer(StaticTwin, VBox):  # type: ignore[misc]
    """Choose a class, a file of it, a module; the tables follow. All of it works by keyboard."""

    def __init__(self, source: Source) -> None:
        self.dataset, self.iod, self.name = _opened(source)
        self._given = {"": None, self.name: self.dataset}
        narrow, style = Layout(width="auto", max_width="28em"), {"description_width": "initial"}
        names = sorted((uid.name, str(uid)) for uid in classes())
        self.class_choice = Dropdown(
            options=names, description=_("SOP class:"), layout=narrow, style=style
        )
        self.file_choice = Dropdown(description=_("File:"), layout=narrow, style=style)
        self.module_choice = Select(
            rows=14, description=_("Module:"), style=style, layout=Layout(width="24em")
        )
        self.only_required = Checkbox(description=_("Without Type 3"), indent=False, value=True)
        self.summary, self.attributes = HTML(), HTML(layout=Layout(max_height="24em"))
        for part in (self.summary, self.attributes):
            part.add_class("jp-RenderedHTMLCommon")
            part.layout.overflow = "auto"
        modules = VBox([self.module_choice, self.only_required], layout=Layout(flex="0 0 auto"))
        super().__init__(
            [
                HBox([self.class_choice, self.file_choice], layout=Layout(flex_flow="row wrap")),
                self.summary,
                HBox([modules, self.attributes]),
                KeepKeys(),
            ]
        )
        self.class_choice.value = str(self.iod.sop_class)
        self._list_files(self.name)
        self._show()
        self.class_choice.observe(self._choose_class, "value")
        self.file_choice.observe(self._choose_file, "value")
        self.module_choice.observe(self._show_module, "value")
        self.only_required.observe(self._show_module, "value")

    def _choose_class(self, change: dict[str, Any]) -> None:
        self.iod, self.dataset, self.name = definition(change["new"]), None, ""
        self._list_files("")
        self._show()

    def _choose_file(self, change: dict[str, Any]) -> None:
        name = change["new"] or ""
        if name == self.name:
            return
        self.name = name
        self.dataset = self._given[name] if name in self._given else read(name)
        self._show()

    def _list_files(self, chosen: str) -> None:
        known = [
            name
            for name in samples.names()
            if samples.get(name).sop_class == self.iod.sop_class
            and samples.get(name).source != "downloaded"
        ]
        known += [chosen] if chosen and chosen not in known else []
        options = [(_("no file, the class alone"), ""), *((name, name) for name in known)]
        self.file_choice.options = options
        self.file_choice.value = chosen

    def _show(self) -> None:
        findings = lacks(self.dataset) if self.dataset is not None else ()
        lacking = {finding.module for finding in findings}
        table = "" if self.dataset is None else lacking_table(self.dataset, self.name).markup
        self.summary.value = render(_SUMMARY, sentence=self._sentence(), findings=table)
        options = [
            (f"{'✗' if module.name in lacking else ' '} {module.usage}  {module.name}", module.key)
            for module in self.iod.modules
        ]
        first = next((module.key for module in self.iod.modules if module.name in lacking), None)
        self.module_choice.options = options
        self.module_choice.value = first or options[0][1]
        self._show_module({})

    def _show_module(self, change: dict[str, Any]) -> None:
        if self.module_choice.value is None:
            return
        module = self.iod.module(self.module_choice.value)
        table = attribute_table(module, self.dataset, self.only_required.value)
        self.attributes.value = table.markup

    def _sentence(self) -> str:
        mandatory = sum(module.usage == "M" for module in self.iod.modules)
        count = ngettext("{count} module", "{count} modules", len(self.iod.modules))
        return _(
            "{iod} IOD: {count}, of these {mandatory} mandatory (M).",
            iod=self.iod.name,
            count=count,
            mandatory=mandatory,
        )

    def twin(self) -> Page:
        """Return the modules and, of a file, what it lacks."""
        findings = lacks(self.dataset) if self.dataset is not None else ()
        modules = module_table(self.iod, findings)
        pages = [modules]
        if self.dataset is not None:
            pages.insert(0, lacking_table(self.dataset, self.name))
        text = "\n".join([self._sentence(), *(page.text for page in pages)])
        sentence = render("<p>{{ text }}</p>", text=self._sentence())
        return Page(Markup("").join([sentence, *(page.markup for page in pages)]), text)


def _opened(source: Source) -> tuple[Dataset | None, InformationObjectDefinition, str]:
    given = source if isinstance(source, bytes | Dataset) else str(source)
    names = {name for uid in classes() for name in (uid.keyword, uid.name)}
    if isinstance(given, str) and (given in names or re.fullmatch(r"[0-9.]+", given)):
        return None, definition(given), ""
    name = name_of(given)
    if isinstance(given, str) and not Path(given).exists():
        name = samples.get(given).name
    try:
        dataset = read(given)
    except ReadingError as error:
        raise SOPClassError(str(error)) from error
    return dataset, definition_of(dataset), name
