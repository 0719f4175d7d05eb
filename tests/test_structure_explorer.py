"""The byte explorer: what it tells the browser, and its static twin."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from lab import jupyterlab, page

from dicom_lessons import samples
from dicom_lessons.structure import StructureError, map_bytes, rewrite
from dicom_lessons.structure.explorer import (
    BYTES_PER_BLOCK,
    ENTRIES_PER_BLOCK,
    ByteExplorer,
    entries_of,
    explore_bytes,
    structure_table,
)
from dicom_lessons.structure.labels import KINDS
from dicom_lessons.text import set_language

if TYPE_CHECKING:
    pass

__all__ = ["jupyterlab", "page"]

EVIL = "<img src=x onerror=alert(1)>"


class Browser:
    """Stands for the browser: asks, and stores what the explorer answers."""

    def __init__(self, explorer: ByteExplorer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.explorer = explorer
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        monkeypatch.setattr(explorer, "send", self.receive)

    def receive(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.messages.append((content, buffers or []))

    def ask(self, what: str, block: Any = 0, encoding: str = "stored") -> None:
        self.explorer._answer(None, {"ask": what, "block": block, "encoding": encoding}, [])

    def last(self, answer: str) -> dict[str, Any]:
        return next(
            content for content, _ in reversed(self.messages) if content["answer"] == answer
        )


def evil_file() -> bytes:
    dataset = samples.read("CT_small")
    dataset.PatientName = EVIL
    dataset.private_block(0x4D41, EVIL, create=True).add_new(1, "LO", EVIL)
    return rewrite(dataset, "1.2.840.10008.1.2.1")


@pytest.mark.parametrize("name", ["CT_small", "examples_jpeg2k", "image_dfl", "rtplan_truncated"])
def test_blocks_hold_all_bytes_and_all_entries(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes(name)
    browser = Browser(explorer, monkeypatch)
    raw, entries = explorer.file_map.raw, entries_of(explorer.file_map)
    for block in range(-1, len(raw) // BYTES_PER_BLOCK + 3):
        browser.ask("bytes", block)
    received = [(c, b) for c, b in browser.messages if c["answer"] == "bytes"]
    assert b"".join(buffers[0] for content, buffers in received) == raw
    offset = 0
    for content, _buffers in received:
        for kind, start, stop, entry in content["regions"]:
            assert start == offset < stop
            offset = stop
            assert entries[entry].offset <= start
            assert 0 <= kind < len(KINDS)
    assert offset == len(raw)
    for block in range(-1, len(entries) // ENTRIES_PER_BLOCK + 3):
        browser.ask("entries", block)
    rows = [
        row
        for content, _ in browser.messages
        if content["answer"] == "entries"
        for row in content["rows"]
    ]
    assert [row[1] for row in rows] == [entry.offset for entry in entries]


def test_only_what_is_asked_for_goes_to_the_browser() -> None:
    state = explore_bytes("CT_small").get_state()
    assert len(str({key: value for key, value in state.items() if key[0] != "_"})) < 4_000


def test_selecting_tells_which_bytes_light_up(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("CT_small")
    browser = Browser(explorer, monkeypatch)
    explorer.select("0010,0010")
    selection = browser.last("selection")
    assert (selection["offset"], selection["end"]) == (922, 952)
    assert selection["text"] == "(0010,0010) Patient's Name"
    assert explorer.selected == "0010,0010"
    explorer.select("prefix")
    assert browser.last("selection")["offset"] == 128
    assert explorer.selected == "prefix"
    explorer.select("")
    assert browser.last("selection")["entry"] == -1
    with pytest.raises(KeyError, match="no element Nonsense"):
        explorer.select("Nonsense")


def test_each_encoding_is_compared_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("MR_small")
    browser = Browser(explorer, monkeypatch)
    explorer.select("PatientName")
    rows = {row["encoding"]: row for row in browser.last("comparison")["rows"]}
    assert rows["explicit"]["parts"]["VR"][1] == "50 4e"
    assert "VR" not in rows["implicit"]["parts"]
    assert len(rows["implicit"]["parts"]["length"][1]) == len("00 00 00 00")
    assert rows["big"]["parts"]["tag"][1] == "00 10 00 10"
    assert "deflated" in rows["deflated"]["note"]
    assert rows["big"]["parts"]["value"][1] == rows["stored"]["parts"]["value"][1]


def test_the_selection_stays_when_the_encoding_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("rtplan")
    browser = Browser(explorer, monkeypatch)
    explorer.select("BeamSequence[0].BeamName")
    for encoding in ("big", "explicit", "stored"):
        explorer.encoding = encoding
        assert explorer.selected == "300A,00B0[0].300A,00C2"
        assert explorer.shown["encoding"] == encoding
    explorer.encoding = "deflated"
    assert explorer.selected == ""
    browser.messages.clear()
    browser.ask("bytes", 0, "stored")
    assert browser.messages == []


def test_a_deflated_file_can_be_seen_after_inflation() -> None:
    explorer = explore_bytes("image_dfl")
    assert "inflated" in dict(explorer.labels["encodings"])
    explorer.encoding = "inflated"
    explorer.select("PatientName")
    assert explorer.file_map.raw[:4].hex() != ""
    assert explorer.selected == "0010,0010"
    assert "inflated" not in dict(explore_bytes("CT_small").labels["encodings"])


def test_an_encoding_that_cannot_be_written_is_refused_in_words() -> None:
    explorer = explore_bytes("rtplan_truncated")
    assert "byte 2100" in explorer.shown["note"]
    explorer.encoding = "big"
    assert explorer.encoding == "stored"
    assert "cannot be read to its end" in explorer.shown["note"]
    explorer.encoding = "nonsense"
    assert explorer.encoding == "stored"


def test_rubbish_from_the_browser_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_bytes("CT_small")
    browser = Browser(explorer, monkeypatch)
    for block in (-5, 10**9, "x", None):
        browser.ask("bytes", block)
        browser.ask("nonsense", block)
    explorer.entry = 10**6
    assert explorer.selected == ""
    assert [content["answer"] for content, _ in browser.messages] == ["selection", "comparison"]


def test_sources_are_names_paths_bytes_and_maps(tmp_path: Path) -> None:
    raw = samples.path("CT_small").read_bytes()
    (tmp_path / "a file").write_bytes(raw)
    for source in ("CT_small", tmp_path / "a file", str(tmp_path / "a file"), raw, map_bytes(raw)):
        assert explore_bytes(source).file_map.raw == raw
    with pytest.raises(StructureError, match="is not DICOM"):
        explore_bytes(b"hello")
    with pytest.raises(LookupError):
        explore_bytes("no such sample")


def test_half_a_megabyte_opens_in_less_than_half_a_second(tmp_path: Path) -> None:
    path = big_file(tmp_path)
    assert path.stat().st_size > 500_000
    start = time.process_time()
    explore_bytes(path)
    assert time.process_time() - start < 0.5


def big_file(folder: Path) -> Path:
    dataset = samples.read("CT_small")
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = np.arange(512 * 512, dtype="<u2").tobytes()
    dataset.save_as(folder / "big.dcm")
    return folder / "big.dcm"


# The static twin


def test_the_stored_output_holds_the_table_and_no_model_id() -> None:
    bundle = explore_bytes("CT_small")._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "<table>" in bundle["text/html"]
    assert "(0002,0010)" in bundle["text/html"]
    assert bundle["text/plain"] == "ByteExplorer('CT_small.dcm', 39206 bytes)"
    again = explore_bytes("CT_small")._repr_mimebundle_()[0]
    assert again["text/html"] == bundle["text/html"]


def test_the_table_begins_and_ends_where_it_is_told() -> None:
    text = structure_table("CT_small", "0010,0010", most=2).text.splitlines()
    assert [line.split("(")[1][:9] for line in text[1:]] == ["0010,0010", "0010,0020"]
    assert len(structure_table("CT_small", most=3).text.splitlines()) == 4
    assert "128 bytes" in structure_table("CT_small", "preamble", most=1).text


def test_nothing_from_a_file_becomes_markup(tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(2)>.dcm"
    path.write_bytes(evil_file())
    for first, most in (("preamble", 12), ("0010,0010", 2), ("4D41,0010", 2)):
        page = structure_table(path, first, most=most)
        assert "<img" in page.text or first == "preamble"
        assert "<img" not in page._repr_html_()
        assert "&lt;img" in page._repr_html_()
    assert "<img" not in explore_bytes(path)._repr_mimebundle_()[0]["text/html"]


def test_the_script_makes_text_and_never_markup() -> None:
    script = ByteExplorer._esm
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|import\(", script
    )
    assert "http" not in script
    assert "textContent" in script


def test_labels_come_in_russian() -> None:
    set_language("ru")
    labels = explore_bytes("CT_small").labels
    assert labels["bytes"] == "Байты"
    assert dict(labels["kinds"])["preamble"] == "преамбула"
    assert "Смысл" in structure_table("CT_small", most=1).text
