"""The SOP class explorer: modules and attributes of a class, and what one file lacks of them."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ipywidgets import HTML, Checkbox, Dropdown, HBox, Layout, Select, VBox
from markupsafe import Markup
from pydicom import Dataset

from dicom_lessons import samples
from dicom_lessons.html import Page, render, table
from dicom_lessons.reading import ReadingError, Source, is_there, name_of, read
from dicom_lessons.sop.conditions import condition, module_condition
from dicom_lessons.sop.report import Lack, definition_of, lacks
from dicom_lessons.sop.tables import (
    Attribute,
    InformationObjectDefinition,
    Module,
    SOPClassError,
    classes,
    definition,
)
from dicom_lessons.text import N_, _, ngettext, short
from dicom_lessons.widgets import Box

USAGES = {"M": N_("M mandatory"), "C": N_("C conditional"), "U": N_("U user option")}
LONGEST_VALUE = 49
MOST_ROWS = 150
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


class SOPClassExplorer(Box):
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
            rows=14, description=_("Module:"), style=style, layout=Layout(width="auto")
        )
        self.only_required = Checkbox(description=_("Without Type 3"), indent=False, value=True)
        self.summary, self.attributes = (
            HTML(),
            HTML(layout=Layout(max_height="24em", flex="1 1 38em", min_width="0")),
        )
        for part in (self.summary, self.attributes):
            part.add_class("jp-RenderedHTMLCommon")
            part.layout.overflow = "auto"
        self.attributes.add_class("dl-attributes")
        modules = VBox([self.module_choice, self.only_required], layout=Layout(flex="0 1 24em"))
        super().__init__(
            [
                HBox([self.class_choice, self.file_choice], layout=Layout(flex_flow="row wrap")),
                self.summary,
                HBox([modules, self.attributes], layout=Layout(flex_flow="row wrap")),
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
        here = (each for each in map(samples.get, samples.names()) if each.source != "downloaded")
        known = [each.name for each in here if each.sop_class == self.iod.sop_class]
        known += [chosen] if chosen and chosen not in known else []
        options = [(_("no file, the class alone"), ""), *((name, name) for name in known)]
        self.file_choice.options = options
        self.file_choice.value = chosen

    def _show(self) -> None:
        self.findings = None if self.dataset is None else lacks(self.dataset)
        lacking = {finding.module for finding in self.findings or ()}
        found = "" if self.findings is None else lacking_table(self.findings, self.name).markup
        self.summary.value = render(_SUMMARY, sentence=self._sentence(), findings=found)
        options = [
            (f"{'✗' if module.name in lacking else ' '} {module.usage}  {module.name}", module.key)
            for module in self.iod.modules
        ]
        marked = [module for module in self.iod.modules if module.name in lacking]
        self.module_choice.options = options
        self.module_choice.value = (marked or self.iod.modules)[0].key
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

    def twin(self) -> Page:
        """Return the modules and, of a file, what it lacks."""
        pages = [_sentence_page(self._sentence())]
        if self.findings is not None:
            pages.append(lacking_table(self.findings, self.name))
        pages.append(module_table(self.iod, self.findings or ()))
        markup = Markup("").join(page.markup for page in pages)
        return Page(markup, "\n".join(page.text for page in pages))


def _opened(source: Source) -> tuple[Dataset | None, InformationObjectDefinition, str]:
    given = source if isinstance(source, bytes | Dataset) else str(source)
    names = {name for uid in classes() for name in (uid.keyword, uid.name)}
    if isinstance(given, str) and (given in names or re.fullmatch(r"[0-9.]+", given)):
        return None, definition(given), ""
    name = name_of(given)
    if isinstance(given, str) and not is_there(given):
        name = samples.get(given).name
    try:
        dataset = read(given)
    except ReadingError as error:
        raise SOPClassError(str(error)) from error
    return dataset, definition_of(dataset), name


def module_table(iod: InformationObjectDefinition, findings: Sequence[Lack] = ()) -> Page:
    """Return the modules of an IOD as a table: entity, usage, numbers of required attributes.

    Findings, what a file lacks, are counted per module.

    >>> from dicom_lessons import sop
    >>> print(module_table(sop.definition("CTImageStorage")).text.splitlines()[1])
    M mandatory; Patient; Patient; 0; 4;
    """
    header = (_("Usage"), _("Module"), _("Describes"), _("Type 1"), _("Type 2"), _("Remark"))
    count = Counter(finding.module for finding in findings)
    rows = [
        (
            _(USAGES[module.usage]),
            module.name,
            module.entity,
            *(sum(each.type == kind for each in module.attributes) for kind in ("1", "2")),
            ngettext("{count} finding", "{count} findings", count[module.name])
            if count[module.name]
            else module_condition(module),
        )
        for module in iod.modules
    ]
    return _page(header, rows, _("Modules of the {iod} IOD", iod=iod.name))


def attribute_table(module: Module, dataset: Dataset | None = None, required: bool = False) -> Page:
    """Return the attributes of a module as a table, ``required`` without Type 3.

    Attributes of items are marked with ``>``; of a data set, the values are shown.
    """
    in_file = () if dataset is None else (_("In this file"),)
    header = (_("Type"), _("Tag"), _("Attribute"), *in_file, _("Condition"))
    rows = []
    for top in module.attributes:
        for attribute in (top, *top.items):
            if required and "3" in (attribute.type, top.type):
                continue
            sequence = None if attribute is top else top
            tag = str(attribute.tag) if attribute.tag else ""
            name = ("> " if sequence else "") + attribute.name
            value = () if dataset is None else (value_of(dataset, attribute, sequence),)
            rows.append((attribute.type, tag, name, *value, condition(module, attribute)))
    caption = _("{module} module", module=module.name)
    if len(rows) > MOST_ROWS:
        caption = _("{module} module, the first {count} rows", module=module.name, count=MOST_ROWS)
    return _page(header, rows[:MOST_ROWS], caption)


def lacking_table(findings: Sequence[Lack], name: str) -> Page:
    """Return what a data set lacks as a table, or one sentence if it lacks nothing."""
    if not findings:
        return _sentence_page(
            _("{name} lacks nothing that is required without condition.", name=name)
        )
    header = (_("Module"), _("Attribute"), _("Type"), _("Problem"), _("What to do"))
    rows = [
        (each.module, f"{each.where} {each.tag}", each.type, each.what, each.cure)
        for each in findings
    ]
    caption = ngettext("{name}: {count} finding", "{name}: {count} findings", len(rows), name=name)
    return _page(header, rows[:MOST_ROWS], caption)


def value_of(dataset: Dataset, attribute: Attribute, sequence: Attribute | None = None) -> str:
    """Return a short text on what a data set holds; for an attribute of items, of the first one."""
    try:
        place = dataset if sequence is None else dataset[sequence.tag].value[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd values, which are shown as they are
            element = place[attribute.tag]
        if element.VR == "SQ":
            return ngettext("{count} item", "{count} items", len(element.value))
        if isinstance(element.value, bytes):
            return ngettext("{count} byte", "{count} bytes", len(element.value))
        return short("" if element.value is None else element.value, LONGEST_VALUE) or _("(empty)")
    except KeyError:
        return _("— absent")
    except Exception:  # an item that is not there, or bytes that make no value
        return _("— absent") if sequence else _("not readable")


def _sentence_page(sentence: str) -> Page:
    return Page(render("<p>{{ sentence }}</p>", sentence=sentence), sentence)


def _page(header: Sequence[object], rows: Sequence[Sequence[object]], caption: str) -> Page:
    lines = ["; ".join(map(str, row)).rstrip() for row in [header, *rows]]
    return Page(table(header, rows, caption), "\n".join(lines))
