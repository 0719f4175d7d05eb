"""Compare two data sets, element by element and item by item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from pydicom import DataElement, Dataset, datadict
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag

from dicom_lessons.elements import elements
from dicom_lessons.read_write.file_meta import file_meta_of
from dicom_lessons.text import N_, _, ngettext

DEEPEST = 64
LONGEST_VALUE = 64


@dataclass(frozen=True)
class Difference:
    """One place where two data sets differ.

    Attributes
    ----------
    path : str
        Such as ``"BeamSequence[0].BeamName"``; ``"file_meta."`` goes before the names of group
        0002, and an element without a keyword of its own is called by its tag, ``"0009,1001"``.
    kind : str
        ``"added"``, ``"removed"``, ``"value changed"`` or ``"VR changed"``; translated when shown.
    one, other : DataElement, Dataset or None
        What stands there: an element, an item of a sequence, or nothing.
    """

    path: str
    kind: str
    one: DataElement | Dataset | None
    other: DataElement | Dataset | None


def difference(one: Dataset, other: Dataset) -> tuple[Difference, ...]:
    """Compare two data sets, items of sequences and the file meta information included.

    Neither is changed. Items are compared by their number, values by the text that pydicom reads,
    so that the decimal strings 1.0 and 1.00 differ; (0002,0000) is left out: it only counts bytes.

    Raises
    ------
    ValueError
        If sequences are nested deeper than :data:`DEEPEST`.

    >>> from dicom_lessons import samples
    >>> plan, changed = samples.read("rtplan"), samples.read("rtplan")
    >>> changed.BeamSequence[0].BeamName = "Left"
    >>> [(each.path, each.kind) for each in difference(plan, changed)]
    [('BeamSequence[0].BeamName', 'value changed')]
    """
    left, right = map(file_meta_of, (one, other))
    return (*_compare(left, right, "file_meta."), *_compare(one, other, ""))


def _compare(one: Dataset, other: Dataset, path: str, depth: int = 0) -> Iterator[Difference]:
    if depth > DEEPEST:
        raise ValueError(
            _("{path}: nested deeper than {deepest}.", path=path[-150:], deepest=DEEPEST)
        )
    alike = _stored_alike(one, other)
    left, right = elements_of(one, alike), elements_of(other, alike)
    for tag in sorted(left.keys() | right.keys()):
        if tag != 0x00020000:
            yield from _pair(path + name_of(tag), left.get(tag), right.get(tag), depth)


def _stored_alike(one: Dataset, other: Dataset) -> set[BaseTag]:
    """Return tags whose bytes agree and so need no decoding."""
    if one.original_character_set != other.original_character_set:
        return set()
    alike = set()
    for tag in one.keys() & other.keys():
        pair: list[Any] = [each.get_item(tag, keep_deferred=True) for each in (one, other)]
        if all(each.is_raw and isinstance(each.value, bytes) for each in pair):
            left, right = ((each.VR, each.is_little_endian, each.value) for each in pair)
            if left == right:
                alike.add(tag)
    return alike


def elements_of(
    dataset: Dataset, without: Set[BaseTag] = frozenset()
) -> dict[BaseTag, DataElement]:
    """Return the elements in their order; what cannot be decoded is UN, and nothing is changed."""
    tags = dataset.keys() - without
    # what pydicom decodes in the view stays raw in the data set itself
    view = Dataset({tag: kept_element(dataset, tag) for tag in tags})
    implicit, little = dataset.original_encoding
    view.set_original_encoding(implicit, little, dataset.original_character_set)
    return elements(view)


def kept_element(dataset: Dataset, tag: BaseTag) -> Any:
    """Return an element as pydicom keeps it, read now if it was left in the file."""
    found: Any = dataset.get_item(tag, keep_deferred=True)
    if found.is_raw and found.value is None and found.length:
        with suppress(Exception):  # the file may be gone
            return dataset[tag]
    return found


def _pair(path: str, one: Any, other: Any, depth: int) -> Iterator[Difference]:
    if one is None or other is None:
        yield Difference(path, N_("added") if one is None else N_("removed"), one, other)
    elif one.VR != other.VR:
        yield Difference(path, N_("VR changed"), one, other)
    elif isinstance(one.value, Items) and isinstance(other.value, Items):
        for number, (left, right) in enumerate(zip_longest(one.value, other.value)):
            place = f"{path}[{number}]"
            if left is None or right is None:
                yield from _pair(place, left, right, depth)
            else:
                yield from _compare(left, right, f"{place}.", depth + 1)
    elif _stored(one) != _stored(other):
        yield Difference(path, N_("value changed"), one, other)


@lru_cache(maxsize=8192)
def name_of(tag: BaseTag) -> str:
    """Return the keyword of a tag, or the tag itself where the keyword is shared or missing."""
    keyword = datadict.keyword_for_tag(tag)
    own = keyword and datadict.tag_for_keyword(keyword) == tag
    return keyword if own else f"{tag.group:04X},{tag.element:04X}"


def _stored(element: DataElement) -> object:
    """Return a value in a form in which NaN equals NaN, and an empty text equals nothing."""
    value = element.value
    return value if value and isinstance(value, bytes) else tuple(map(str, values_of(element)))


def report(differences: Iterable[Difference]) -> str:
    """Return differences as lines of text: kind, path, what stood there and what stands there.

    >>> from dicom_lessons import samples
    >>> ct, changed = samples.read("CT_small"), samples.read("CT_small")
    >>> changed.PatientName = "Ivanov^Ivan"
    >>> print(report(difference(ct, changed)))
    value changed: PatientName
        PN CompressedSamples^CT1 → PN Ivanov^Ivan
    """
    lines = [
        f"{_(each.kind)}: {each.path}\n    {described(each.one)} → {described(each.other)}"
        for each in differences
    ]
    return "\n".join(lines) or _("no difference")


def described(thing: DataElement | Dataset | None) -> str:
    """Return one line on an element, an item or nothing; long values are cut."""
    if thing is None:
        return "—"
    if isinstance(thing, Dataset):
        return ngettext("item of {count} element", "item of {count} elements", len(thing))
    value = thing.value
    if isinstance(value, Items):
        text = ngettext("{count} item", "{count} items", len(value))
    elif isinstance(value, bytes):
        text = ngettext("{count} byte", "{count} bytes", len(value))
    else:
        text = "\\".join(map(str, values_of(thing))) or _("(empty)")
        text = "".join(letter if letter.isprintable() else "·" for letter in text)
        text = text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
    return f"{thing.VR or '??'} {text}"


def values_of(element: DataElement) -> list[Any]:
    """Return the values of an element, none if it is empty."""
    value = element.value
    if isinstance(value, str | bytes):  # the text of which may be megabytes of pixels
        return [value] if value else []
    if isinstance(value, Sequence):
        return list(value)
    return [] if value is None or not str(value) else [value]
