"""The difference viewer: its list, its detail and its static twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydicom import Dataset, dcmwrite

from dicom_lessons import reading, samples
from dicom_lessons.read_write import difference, explore_difference
from dicom_lessons.read_write.explorer import MOST_ROWS, DifferenceViewer
from dicom_lessons.reading import ReadingError
from dicom_lessons.text import set_language

EVIL = "<img src=x onerror=alert(1)>"


def two_plans() -> tuple[Dataset, Dataset]:
    plan, changed = samples.read("rtplan"), samples.read("rtplan")
    changed.BeamSequence[0].BeamName = "Left"
    changed.BeamSequence.append(Dataset())
    changed.add_new("StudyID", "LO", "other VR")
    del changed.PatientID
    return plan, changed


def shown(viewer: DifferenceViewer) -> str:
    return re.sub(r"<[^>]+>", "", viewer.detail.value)


def test_every_difference_is_listed_with_its_mark() -> None:
    viewer = explore_difference(*two_plans())
    assert [text for text, _number in viewer.places.options] == [
        " − PatientID",
        "VR StudyID",
        " ≠ BeamSequence[0].BeamName",
        " + BeamSequence[1]",
    ]
    assert "4 places differ" in viewer.summary.value


def test_the_list_can_be_narrowed_to_one_kind() -> None:
    viewer = explore_difference(*two_plans())
    viewer.kind_choice.value = "added"
    assert [text for text, _number in viewer.places.options] == [" + BeamSequence[1]"]
    assert "item of 0 elements" in shown(viewer)
    viewer.kind_choice.value = ""
    assert len(viewer.places.options) == 4
    same = explore_difference("rtplan", "rtplan")
    assert same.places.options == () and "Nothing differs" in shown(same)


def test_the_detail_shows_both_sides_down_to_the_bytes_of_the_file() -> None:
    viewer = explore_difference("virtual/ct", "virtual/ct_sharp")
    names = [found.path for found in viewer.differences]
    viewer.places.value = names.index("ConvolutionKernel")
    text = shown(viewer)
    assert "SH SOFT" in text and "SH SHARP" in text
    for name in ("virtual/ct", "virtual/ct_sharp"):
        raw = samples.path(name).read_bytes()
        offset = raw.index(b"\x18\x00\x10\x12SH")
        assert f"{offset}" in text
        assert " ".join(f"{byte:02x}" for byte in raw[offset : offset + 6]) in text
    marked = re.findall(r"<mark><b><u>(..)</u></b></mark>", viewer.detail.value)
    assert marked[:4] == ["04", "4f", "46", "54"]


def test_long_values_are_cut() -> None:
    viewer = explore_difference("virtual/ct", "virtual/ct_sharp")
    viewer.places.value = len(viewer.differences) - 1
    assert "more bytes" in shown(viewer)
    assert len(viewer.detail.value) < 20_000


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_data_of_a_file_never_becomes_markup() -> None:
    one, other = samples.read("CT_small"), samples.read("CT_small")
    other.PatientName = other.StudyDescription = EVIL
    other.private_block(0x4D41, EVIL, create=True).add_new(1, "LO", EVIL)
    viewer = explore_difference(one, other)
    for _text, number in viewer.places.options:
        viewer.places.value = number
        assert "<img" not in viewer.detail.value
    assert "<img" not in viewer._repr_mimebundle_()["text/html"]


def test_the_static_twin_says_the_same() -> None:
    one, other = two_plans()
    bundle = explore_difference(one, other)._repr_mimebundle_()
    assert "<caption>4 places differ</caption>" in bundle["text/html"]
    for found in difference(one, other):
        assert found.path in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_the_twin_stays_small() -> None:
    text = explore_difference("CT_small", "rtplan")._repr_mimebundle_()["text/plain"]
    assert f"the first {MOST_ROWS} are shown" in text
    assert text.count("\n") == MOST_ROWS + 1


def test_the_twin_says_where_the_bytes_begin() -> None:
    text = explore_difference("MR_small", "MR_small_RLE")._repr_mimebundle_()["text/plain"]
    assert text.splitlines()[4] == (
        "VR VR changed; PixelData; OW 8192 bytes; 1488; OB 6128 bytes; 1504"
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_source_can_be_compared(tmp_path: Path) -> None:
    path = samples.path("CT_small")
    for source in ("CT_small", path, str(path), path.read_bytes(), samples.read("CT_small")):
        assert explore_difference(source, "CT_small").differences == ()
    for name in ("image_dfl", "MR_small_bigendian", "examples_jpeg2k", "rtplan_truncated"):
        viewer = explore_difference(name, "CT_small")
        for _text, number in viewer.places.options[:: max(1, len(viewer.places.options) // 20)]:
            viewer.places.value = number
    bare = Dataset()
    bare.PatientID = "7"
    assert "LO 7" in shown(explore_difference(Dataset(), bare))
    dcmwrite(tmp_path / "bare", bare, implicit_vr=True, little_endian=True)
    assert "LO 7" in shown(explore_difference(Dataset(), tmp_path / "bare"))
    (tmp_path / "letter").write_text("This is a letter, not a picture. " * 10)
    for source in (tmp_path / "letter", b"", b"a letter"):
        with pytest.raises(ReadingError, match="DICOM"):
            explore_difference(source, "CT_small")
    with pytest.raises(LookupError, match="no sample"):
        explore_difference("no such sample", "CT_small")


def test_what_inflates_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_INFLATED", 1000)
    path = samples.path("image_dfl")
    for source in ("image_dfl", path, path.read_bytes()):
        with pytest.raises(ReadingError, match="inflates to more than 1000 bytes"):
            explore_difference(source, "CT_small")


def test_it_speaks_russian() -> None:
    set_language("ru")
    viewer = explore_difference(*two_plans())
    assert "различаются 4 места" in viewer.summary.value
    assert "удалено" in shown(viewer)
