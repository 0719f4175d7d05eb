"""The byte explorer: what each byte of a file is, and the same object in four encodings."""

from __future__ import annotations

import os
from bisect import bisect_right
from operator import attrgetter
from pathlib import Path
from typing import Any

import traitlets
from markupsafe import Markup

from dicom_lessons import html, reading
from dicom_lessons.structure.describe import find_element, path_of
from dicom_lessons.structure.element import Element, Region
from dicom_lessons.structure.encoding import rewrite
from dicom_lessons.structure.file_map import FileMap, map_bytes, map_file
from dicom_lessons.structure.labels import (
    ENCODINGS,
    KINDS,
    comparison_row,
    labels,
    list_row,
    meaning_of,
    twin,
)
from dicom_lessons.text import _
from dicom_lessons.widgets import Widget, script, style

Source = str | os.PathLike[str] | bytes | FileMap
Entry = Element | Region

BYTES_PER_BLOCK = 1024
ENTRIES_PER_BLOCK = 64
MAXIMUM_REWRITTEN_ELEMENTS = 5_000


def explore_bytes(source: Source, select: str = "") -> ByteExplorer:
    """Open a file in the byte explorer.

    Parameters
    ----------
    source : str, path, bytes or FileMap
        Name of a sample, path of a file, or its bytes.
    select : str
        What to light up at first; see :meth:`ByteExplorer.select`.

    Returns
    -------
    ByteExplorer
        A widget; without a kernel the notebook shows a table of the first elements instead.

    Raises
    ------
    LookupError, OSError
        If there is no such sample or file.
    ReadingError
        If it is too large, or no file; as StructureError if it is not DICOM at all.
    """
    explorer = ByteExplorer(_map(source))
    explorer.select(select)
    return explorer


def structure_table(source: Source, first: str = "", most: int = 12) -> html.Page:
    """Return a table of parts and elements with their bytes: the explorer's static twin.

    Parameters
    ----------
    source : str, path, bytes or FileMap
        Name of a sample, path of a file, or its bytes.
    first : str
        Where to begin, as :meth:`ByteExplorer.select` takes it; empty for the first byte.
    most : int
        The most rows to show.

    Examples
    --------
    >>> print(structure_table("CT_small", "0008,0060", most=1).text)
    Offset  Bytes                             Tag          VR  Length  Value  Meaning
    658     08 00 60 00  43 53  02 00  43 54  (0008,0060)  CS  2       CT     Modality
    """
    file_map = _map(source)
    entries = entries_of(file_map)
    start = _index(file_map, entries, first) if first else 0
    return twin(file_map, entries[start : start + most], len(entries))


def entries_of(file_map: FileMap) -> list[Entry]:
    """Return the elements of a map and the parts that belong to none, in the order of the file."""
    return sorted((*file_map.parts, *file_map.elements), key=lambda entry: entry.offset)


class ByteExplorer(Widget):
    """The widget of :func:`explore_bytes`; the browser asks it for the rows in view."""

    _esm = script(Path(__file__).parent, "rows.js", "explorer.js")
    _css = style(Path(__file__).with_name("explorer.css"))
    labels = traitlets.Dict().tag(sync=True)
    encoding = traitlets.Unicode("stored").tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    entry = traitlets.Int(-1).tag(sync=True)

    def __init__(self, file_map: FileMap) -> None:
        self._stored = file_map
        self._maps: dict[str, FileMap | str] = {"stored": file_map}
        if file_map.inflated is not None:
            self._maps["inflated"] = file_map.inflated
        self._show("stored", file_map)
        super().__init__(labels=labels(file_map), shown=self._describe())
        self.on_msg(self._answer)
        self.observe(self._change_encoding, "encoding")
        self.observe(self._send_selection, "entry")

    def _show(self, encoding: str, file_map: FileMap) -> None:
        self._shown = encoding
        self.file_map = file_map
        self._entries = entries_of(file_map)

    @property
    def selected(self) -> str:
        """The path of what is lit up, such as ``"0010,0010"``; empty if nothing is."""
        entry = self._entry(self.entry)
        if isinstance(entry, Region):
            return entry.kind
        return path_of(self.file_map, entry) if entry else ""

    def select(self, path: str) -> None:
        """Light up an element and scroll to it.

        Parameters
        ----------
        path : str
            ``"0010,0010"``, ``"PatientName"``, ``"BeamSequence[0].BeamName"``, or the name of a
            part such as ``"prefix"``; empty for nothing.

        Raises
        ------
        KeyError
            If there is none.
        """
        self.entry = _index(self.file_map, self._entries, path) if path else -1

    def twin(self) -> Markup:
        """Return a table of the first elements."""
        return structure_table(self._stored).markup

    def __repr__(self) -> str:
        return f"ByteExplorer({self._stored.name!r}, {len(self._stored.raw)} bytes)"

    def _entry(self, index: int) -> Entry | None:
        return self._entries[index] if 0 <= index < len(self._entries) else None

    def _map_of(self, encoding: str) -> FileMap | str:
        """Return a map, or the sentence that says why there is none."""
        if encoding not in self._maps:
            self._maps[encoding] = _rewrite(self._stored, encoding)
        return self._maps[encoding]

    def _describe(self, note: str = "") -> dict[str, Any]:
        return {
            "encoding": self._shown,
            "size": len(self.file_map.raw),
            "entries": len(self._entries),
            "note": note or str(self.file_map.stopped or ""),
        }

    def _change_encoding(self, change: Any) -> None:
        if self.encoding == self._shown:
            return
        found = self._map_of(self.encoding)
        if isinstance(found, str):
            self.shown = self._describe(found)
            self.encoding = self._shown
            return
        path = self.selected
        self._show(self.encoding, found)
        self.shown = self._describe()
        try:
            entry = _index(found, self._entries, path) if path else -1
        except KeyError:
            entry = -1
        if entry == self.entry:
            self._send_selection()
        self.entry = entry

    def _answer(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        """Answer the browser: a block of bytes, a block of entries, or what is selected."""
        block = content.get("block", 0)
        if content.get("encoding") != self._shown or not isinstance(block, int) or block < 0:
            return
        if content.get("ask") == "bytes":
            self._send_bytes(block)
        elif content.get("ask") == "entries":
            self._send_entries(block)
        elif content.get("ask") == "selection":
            self._send_selection()

    def _send_bytes(self, block: int) -> None:
        shown, start = self.file_map, block * BYTES_PER_BLOCK
        stop = min(start + BYTES_PER_BLOCK, len(shown.raw))
        if start >= stop:
            return
        regions = []
        for region in shown.regions_between(start, stop):
            entry = bisect_right(self._entries, region.offset, key=attrgetter("offset")) - 1
            kind = list(KINDS).index(region.kind)
            regions.append([kind, max(region.offset, start), min(region.end, stop), entry])
        message = {"answer": "bytes", "encoding": self._shown, "block": block, "regions": regions}
        self.send(message, [shown.raw[start:stop]])

    def _send_entries(self, block: int) -> None:
        start = block * ENTRIES_PER_BLOCK
        entries = self._entries[start : start + ENTRIES_PER_BLOCK]
        rows = [list_row(self.file_map, entry) for entry in entries]
        message = {"answer": "entries", "encoding": self._shown, "block": block, "rows": rows}
        self.send(message)

    def _send_selection(self, _change: Any = None) -> None:
        entry = self._entry(self.entry)
        message: dict[str, Any] = {"answer": "selection", "encoding": self._shown}
        message |= {"entry": self.entry, "offset": -1, "end": -1, "text": ""}
        if entry is not None:
            message |= {"offset": entry.offset, "end": entry.end}
            message["text"] = meaning_of(self.file_map, entry)
        self.send(message)
        self.send({"answer": "comparison", "entry": self.entry, "rows": self._compare(entry)})

    def _compare(self, entry: Entry | None) -> list[dict[str, Any]]:
        """Say how the element selected is stored in each encoding, part by part."""
        if not isinstance(entry, Element):
            return []
        path = path_of(self.file_map, entry)
        encodings = [encoding for encoding, _text in self.labels["encodings"]]
        return [comparison_row(encoding, self._map_of(encoding), path) for encoding in encodings]


def _map(source: Source) -> FileMap:
    return source if isinstance(source, FileMap) else map_file(source)


def _index(file_map: FileMap, entries: list[Entry], path: str) -> int:
    for index, entry in enumerate(entries):
        if isinstance(entry, Region) and entry.kind == path:
            return index
    return entries.index(find_element(file_map, path))


def _rewrite(stored: FileMap, encoding: str) -> FileMap | str:
    if encoding not in ENCODINGS:
        return _("There is no encoding {name!r}.", name=encoding)
    if len((stored.inflated or stored).elements) > MAXIMUM_REWRITTEN_ELEMENTS:
        return _("not written: more than {most} elements", most=MAXIMUM_REWRITTEN_ELEMENTS)
    if stored.stopped is not None and stored.inflated is None:
        return _("not written: the file cannot be read to its end")
    try:
        dataset = reading.read(stored.raw)
        name = f"{stored.name}, {ENCODINGS[encoding].name}"
        return map_bytes(rewrite(dataset, ENCODINGS[encoding]), name)
    except Exception as error:  # pydicom raises many kinds; the explorer stays open on all
        return _("not written: {error}", error=reading.reason_of(error))
