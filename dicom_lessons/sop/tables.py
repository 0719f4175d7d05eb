"""Information object definitions: modules with M, C or U, attributes with types 1 to 3.

The tables are those of PS3.3, chapters A and C; ``python -m course_tools.iods`` says where
they come from. They are read once, when first asked for.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydicom.config import IGNORE
from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, CTImageStorage

from dicom_lessons.text import N_, _

TABLES = Path(__file__).with_name("iods.json")


class SOPClassError(LookupError):
    """A SOP class is unknown, or a data set names none; the message says what to do."""


@dataclass(frozen=True)
class Attribute:
    """One row of a module's table.

    Attributes
    ----------
    keyword : str
        Such as ``"PatientName"``.
    type : str
        ``"1"``, ``"1C"``, ``"2"``, ``"2C"`` or ``"3"`` (PS3.5 §7.4).
    items : tuple of Attribute
        What each item holds, if the attribute is a sequence; else empty.
    """

    keyword: str
    type: str
    items: tuple[Attribute, ...] = ()

    @property
    def tag(self) -> BaseTag:
        """The tag in the data dictionary (PS3.6 §6); pydicom's may be older than the table."""
        return Tag(tag_for_keyword(self.keyword) or 0)

    @cached_property
    def judged(self) -> tuple[Attribute, ...]:
        """Of its items' attributes those that may be lacking, or hold some that may."""
        return tuple(each for each in self.items if each.type in ("1", "2") or each.items)

    @property
    def name(self) -> str:
        """The name in the data dictionary, or the keyword where pydicom does not know it."""
        return dictionary_description(self.tag) if self.tag else self.keyword


@dataclass(frozen=True)
class Module:
    """A group of attributes of one information entity, as an IOD uses it.

    Attributes
    ----------
    key, name : str
        Such as ``"general-study"`` and ``"General Study"``.
    entity : str
        What it describes: ``"Patient"``, ``"Study"``, ``"Series"``, ``"Image"`` …
    usage : str
        ``"M"`` mandatory, ``"C"`` conditional, ``"U"`` user option (PS3.3 §A.1.3).
    attributes : tuple of Attribute
    """

    key: str
    name: str
    entity: str
    usage: str
    attributes: tuple[Attribute, ...] = field(repr=False)

    @cached_property
    def table(self) -> Attribute:
        """All of its attributes, as those of one item are told."""
        return Attribute("", "", self.attributes)


@dataclass(frozen=True)
class InformationObjectDefinition:
    """What instances of a SOP class consist of.

    Attributes
    ----------
    sop_class : UID
    key, name : str
        Such as ``"ct-image"`` and ``"CT Image"``.
    modules : tuple of Module
        In the order of the standard.
    """

    sop_class: UID
    key: str
    name: str
    modules: tuple[Module, ...] = field(repr=False)

    def module(self, name: str) -> Module:
        """Return one module by its name or key.

        Raises
        ------
        LookupError
            If the IOD has no such module; the message lists near matches.
        """
        by_name = {module.name.casefold(): module for module in self.modules}
        by_name |= {module.key: module for module in self.modules}
        wanted = str(name).casefold()
        if wanted not in by_name:
            near = difflib.get_close_matches(wanted, by_name, 3, 0)
            raise LookupError(
                _(
                    "The {iod} IOD has no module {name!r}. Near matches: {near}.",
                    iod=self.name,
                    name=str(name)[:60],
                    near=", ".join(dict.fromkeys(by_name[found].name for found in near)),
                )
            )
        return by_name[wanted]


def classes() -> tuple[UID, ...]:
    """Return the SOP classes whose tables the course holds."""
    return tuple(UID(each) for each in _tables()["classes"])


def definition(sop_class: str) -> InformationObjectDefinition:
    """Return the information object definition of a storage SOP class (PS3.4 §B.5).

    Parameters
    ----------
    sop_class : str
        Its UID, keyword or name.

    Raises
    ------
    SOPClassError
        If there is no such SOP class, or the course does not hold its tables.

    Examples
    --------
    >>> ct = definition("CTImageStorage")
    >>> ct.name, ct.module("Patient").usage, ct.module("Patient").attributes[0].type
    ('CT Image', 'M', '3')
    """
    text = str(sop_class).strip(" \0")
    uid = UID(_uid_by_name().get(text, text), IGNORE)
    if uid in _tables()["classes"]:
        return _definition(uid)
    message = N_("{uid} is {name}, a UID of type {type}, not a SOP class.")
    if not uid.type:
        message = N_(
            "{text!r} is no SOP class of the standard; one that is: '{ct}' (CT Image Storage)."
        )
    elif uid.type == "SOP Class":
        message = N_(
            "The course holds no tables for {name} ({uid}); look it up in PS3.3, chapter A."
        )
    values = {"text": text[:70], "ct": CTImageStorage, "uid": uid}
    raise SOPClassError(_(message, **values, name=uid.name, type=uid.type))


@cache
def _tables() -> dict[str, Any]:
    return json.loads(TABLES.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@cache
def _uid_by_name() -> dict[str, UID]:
    return {name: uid for uid in classes() for name in (uid.name, uid.keyword)}


@cache
def _definition(uid: UID) -> InformationObjectDefinition:
    tables = _tables()
    key = tables["classes"][uid]
    modules = []
    for line in tables["iods"][key]:
        usage_and_entity, module = line.split(": ")
        usage, entity = usage_and_entity.split(" ", 1)
        attributes = _attributes(tables["modules"][module])
        modules.append(Module(module, tables["names"][module], entity, usage, attributes))
    return InformationObjectDefinition(uid, key, tables["names"][key], tuple(modules))


@cache
def _attributes(number: int) -> tuple[Attribute, ...]:
    found = []
    for line in _tables()["tables"][number]:
        kind, keyword, *items = line.split(" ")
        found.append(Attribute(keyword, kind, _attributes(int(items[0])) if items else ()))
    return tuple(found)
