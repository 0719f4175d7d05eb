"""Tables of the SOP class explorer: modules, attributes, and what a file lacks."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

from pydicom import Dataset

from dicom_lessons.html import Page, render, table
from dicom_lessons.sop.conditions import condition, module_condition
from dicom_lessons.sop.report import Lack, lacks
from dicom_lessons.sop.tables import Attribute, InformationObjectDefinition, Module
from dicom_lessons.text import N_, _, ngettext, short

USAGES = {"M": N_("M mandatory"), "C": N_("C conditional"), "U": N_("U user option")}
LONGEST_VALUE = 49
MOST_ROWS = 150


def module_table(iod: InformationObjectDefinition, findings: Sequence[Lack] = ()) -> Page:
    """Return the modules of an IOD as a table: entity, usage, numbers of required attributes.

    Parameters
    ----------
    iod : InformationObjectDefinition
    findings : sequence of Lack
        What a file lacks; it is counted per module.

    Examples
    --------
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
    """Return the attributes of a module as a table; attributes of items are marked with ``>``.

    Parameters
    ----------
    module : Module
    dataset : Dataset, optional
        Whose values to show.
    required : bool
        Whether to leave out Type 3.
    """
    in_file = () if dataset is None else (_("In this file"),)
    header = (_("Type"), _("Tag"), _("Attribute"), *in_file, _("Condition"))
    rows = []
    for attribute, sequence in _with_items(module):
        if required and "3" in (attribute.type, sequence.type if sequence else ""):
            continue
        tag = str(attribute.tag) if attribute.tag else ""
        name = ("> " if sequence else "") + attribute.name
        value = () if dataset is None else (value_of(dataset, attribute, sequence),)
        rows.append((attribute.type, tag, name, *value, condition(module, attribute)))
    caption = _("{module} module", module=module.name)
    if len(rows) > MOST_ROWS:
        caption = _("{module} module, the first {count} rows", module=module.name, count=MOST_ROWS)
    return _page(header, rows[:MOST_ROWS], caption)


def lacking_table(dataset: Dataset, name: str) -> Page:
    """Return what a data set lacks as a table, or one sentence if it lacks nothing.

    Raises
    ------
    SOPClassError
        If nothing says what it needs.
    """
    findings = lacks(dataset)
    if not findings:
        sentence = _("{name} lacks nothing that is required without condition.", name=name)
        return Page(render("<p>{{ sentence }}</p>", sentence=sentence), sentence)
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


def _with_items(module: Module) -> Iterator[tuple[Attribute, Attribute | None]]:
    for attribute in module.attributes:
        yield attribute, None
        for item in attribute.items:
            yield item, attribute


def _page(header: Sequence[object], rows: Sequence[Sequence[object]], caption: str) -> Page:
    lines = ["; ".join(map(str, row)).rstrip() for row in [header, *rows]]
    return Page(table(header, rows, caption), "\n".join(lines))
