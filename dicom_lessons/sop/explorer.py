"""The SOP class explorer: modules and attributes of a class, and what one file lacks of them."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Any

from ipywidgets import HTML, Checkbox, Dropdown, HBox, Layout, Select, VBox
from markupsafe import Markup
from pydicom import Dataset, dcmread

from dicom_lessons import samples, sop
from dicom_lessons.html import Page, render
from dicom_lessons.sop.explorer_tables import attribute_table, lacking_table, module_table
from dicom_lessons.text import _, ngettext
from dicom_lessons.widgets import KeepKeys, StaticTwin

Source = str | os.PathLike[str] | Dataset
_SUMMARY = """<p role="status">{{ sentence }}</p>{{ findings }}"""


def explore_sop_class(source: Source = "CT_small") -> SOPClassExplorer:
    """Open a file, or a SOP class alone, in the explorer.

    Parameters
    ----------
    source : str, path or Dataset
        Name of a sample, path of a file, a data set, or the UID or keyword of a SOP class.

    Raises
    ------
    SOPClassError
        If nothing says which modules there are.
    LookupError
        If there is no such sample, file or class.
    """
    return SOPClassExplorer(source)


class SOPClassExplorer(StaticTwin, VBox):  # type: ignore[misc]
    """Choose a class, a file of it, a module; the tables follow. All of it works by keyboard."""

    def __init__(self, source: Source) -> None:
        self.dataset, self.iod, self.name = _opened(source)
        self._given = (self.name, self.dataset)
        narrow, style = Layout(width="auto", max_width="28em"), {"description_width": "initial"}
        classes = sorted((uid.name, str(uid)) for uid in sop.classes())
        self.class_choice = Dropdown(
            options=classes, description=_("SOP class:"), layout=narrow, style=style
        )
        self.file_choice = Dropdown(description=_("File:"), layout=narrow, style=style)
        self.module_choice = Select(
            rows=14,
            description=_("Module:"),
            style=style,
            layout=Layout(width="24em"),
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
        self.iod, self.dataset, self.name = sop.definition(change["new"]), None, ""
        self._list_files("")
        self._show()

    def _choose_file(self, change: dict[str, Any]) -> None:
        name = change["new"] or ""
        if name == self.name:
            return
        self.name = name
        given_name, given = self._given
        self.dataset = given if name and name == given_name else _read(name) if name else None
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
        findings = sop.lacks(self.dataset) if self.dataset is not None else ()
        lacking = {finding.module for finding in findings}
        self.summary.value = self._summary()
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
        page = attribute_table(module, self.dataset, self.only_required.value)
        self.attributes.value = page.markup

    def _sentence(self) -> str:
        mandatory = sum(module.usage == "M" for module in self.iod.modules)
        count = ngettext("{count} module", "{count} modules", len(self.iod.modules))
        return _(
            "{iod} IOD: {count}, of these {mandatory} mandatory (M).",
            iod=self.iod.name,
            count=count,
            mandatory=mandatory,
        )

    def _summary(self) -> str:
        findings = "" if self.dataset is None else lacking_table(self.dataset, self.name).markup
        return str(render(_SUMMARY, sentence=self._sentence(), findings=findings))

    def twin(self) -> Page:
        """Return the modules and, of a file, what it lacks."""
        findings = sop.lacks(self.dataset) if self.dataset is not None else ()
        modules = module_table(self.iod, findings)
        pages = [modules]
        if self.dataset is not None:
            pages.insert(0, lacking_table(self.dataset, self.name))
        text = "\n".join([self._sentence(), *(page.text for page in pages)])
        sentence = render("<p>{{ text }}</p>", text=self._sentence())
        return Page(Markup("").join([sentence, *(page.markup for page in pages)]), text)


def _opened(source: Source) -> tuple[Dataset | None, sop.InformationObjectDefinition, str]:
    if isinstance(source, Dataset):
        return source, sop.definition_of(source), _("your data set")
    text = str(source)
    named = {uid.keyword for uid in sop.classes()} | {uid.name for uid in sop.classes()}
    if text in named or re.fullmatch(r"[0-9.]+", text):
        return None, sop.definition(text), ""
    if Path(text).is_file():
        dataset: Dataset = dcmread(text)
        return dataset, sop.definition_of(dataset), Path(text).name
    dataset = _read(text)
    return dataset, sop.definition_of(dataset), samples.get(text).name


def _read(name: str) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # samples with odd values are here to be looked at
        return samples.read(name, force=True)
