"""Lesson 01: its exercises agree with the files, and its figure with the map."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from lesson_files import cells, source
from pydicom import Dataset, dcmwrite

from course_tools import lessons
from dicom_lessons import samples
from dicom_lessons.exercises.kinds import Exercise, Parsons, bound_by
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.structure import find_element, map_file
from dicom_lessons.structure.file_map import FileMap


def exercise(name: str) -> Exercise:
    return declared("structure")[name]


def accepts(name: str, answer: object) -> bool | None:
    return exercise(name).judge(answer).right


def data_set_start(file_map: FileMap) -> int:
    return next(e.offset for e in file_map.children(None) if e.tag.group != 0x0002)


def test_the_lines_in_order_read_the_first_tag_of_a_deflated_data_set() -> None:
    parsons = exercise("structure-5")
    assert isinstance(parsons, Parsons)
    order = str(bound_by(parsons.solution))
    names = {"path": samples.path("image_dfl"), "struct": struct, "zlib": zlib}
    exec("\n".join(parsons.lines["abcdef".index(letter)] for letter in order), names)
    assert (names["group"], names["element"]) == (0x0008, 0x0016)


def test_the_other_file_holds_what_is_asked() -> None:
    other = map_file(samples.path("693_J2KI"))
    assert accepts("structure-3", other.transfer_syntax)
    assert accepts("structure-4", data_set_start(other))


def test_the_predicted_size_is_what_pydicom_writes() -> None:
    data_set = Dataset()
    data_set.PatientName = "Ivanov^Ivan"
    written = BytesIO()
    dcmwrite(written, data_set, implicit_vr=False, little_endian=True)
    assert accepts("structure-6", len(written.getvalue()))


@pytest.mark.parametrize("sequence", [tuple, list])
@pytest.mark.parametrize("text", [str, str.encode])
def test_decode_may_return_any_likely_form(
    sequence: Callable[[list[object]], object], text: Callable[[str], object]
) -> None:
    model = bound_by(exercise("structure-2").solution)
    assert callable(model)

    def decode(raw: bytes) -> object:
        group, element, vr, length, value = model(raw)
        return sequence([group, element, text(vr), length, value])

    assert accepts("structure-2", decode)


def test_byte_6000_belongs_to_the_element_of_the_right_option() -> None:
    ct = map_file(samples.path("CT_small"))
    element = find_element(ct, "0043,1029")
    (region,) = ct.regions_between(6000, 6001)
    assert region.element == element.index
    assert (element.offset, element.end) == (3936, 6016)


def test_the_figure_is_drawn_with_the_places_of_the_map() -> None:
    ct = map_file(samples.path("CT_small"))
    places = [0, 128, ct.elements[0].offset, data_set_start(ct)]
    places += [find_element(ct, tag).offset for tag in ("7FE0,0010", "FFFC,FFFC")]
    places.append(len(ct.raw))
    assert f"places = {places}" in _code("layout-figure")


def _code(cell_id: str) -> str:
    lesson = lessons.NOTEBOOKS / "en" / "01_structure.ipynb"
    return next(source(cell) for cell in cells(lesson) if cell["id"] == cell_id)
