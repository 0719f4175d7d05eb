"""The house stays small: lines, names and functions are counted against `design.md`'s budgets."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lesson_files import EVERY, cells, name, sittings_of, source

from course_tools import lessons
from dicom_lessons.exercises.lessons import LESSONS as ROOMS

ROOT = lessons.ROOT
PACKAGE = ROOT / "dicom_lessons"
TOOLS = ROOT / "course_tools"
LARGEST_ROOM = 900
LARGER_ROOMS = {
    "deidentify": 1670,
    "volume": 1660,
    "structure": 1550,
    "sop": 1575,
    "uids": 1140,
    "compression": 1110,
    "modality": 790,
    "read_write": 1805,
    "pixels": 2150,
    "network": 2130,
    "clinic": 2170,
    "collection": 1805,
}
OTHERS = {"exercises": 1985, "viewer": 750, "browser": 860}
KIT, TOOLS_WITHOUT_PATIENT, FOR_A_LEARNER = 2270, 8700, 27_000
SCRIPT_OF_VIEWER, SCRIPT_OF_A_ROOM = 1300, 500
NAMES_PER_FACE, NAMES_IN_ALL = 10, 120
LINES_PER_FUNCTION = 60
OPEN_TO_NOTEBOOKS = {"dicom_lessons", "dicom_lessons.samples", "dicom_lessons.viewer"}

room = pytest.mark.parametrize("room", ROOMS)
every = pytest.mark.parametrize("path", EVERY, ids=name)


def lines(paths: list[Path]) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def python(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def scripts(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.js"))


@room
def test_a_room_fits_its_budget(room: str) -> None:
    assert lines(python(PACKAGE / room)) <= LARGER_ROOMS.get(room, LARGEST_ROOM)
    assert lines(scripts(PACKAGE / room)) <= SCRIPT_OF_A_ROOM


def test_kit_system_viewer_and_tools_fit_their_budgets() -> None:
    assert lines(sorted(PACKAGE.glob("*.py"))) <= KIT
    for folder, most in OTHERS.items():
        assert lines(python(PACKAGE / folder)) <= most, folder
    assert lines(scripts(PACKAGE / "viewer")) <= SCRIPT_OF_VIEWER
    tools = [path for path in python(TOOLS) if "patient" not in path.parts]
    assert lines(tools) <= TOOLS_WITHOUT_PATIENT


def test_what_a_learner_can_load_fits_its_budget() -> None:
    assert lines(python(PACKAGE)) <= FOR_A_LEARNER


def test_folders_of_the_package_are_rooms_or_known() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {*ROOMS, *OTHERS, "locale"}


@room
def test_a_face_has_ten_names_at_most(room: str) -> None:
    face = importlib.import_module(f"dicom_lessons.{room}")
    assert len(face.__all__) <= NAMES_PER_FACE
    assert all(hasattr(face, one) for one in face.__all__)


def test_the_faces_together_stay_small() -> None:
    faces = (importlib.import_module(f"dicom_lessons.{each}") for each in (*ROOMS, "viewer"))
    assert sum(len(face.__all__) for face in faces) <= NAMES_IN_ALL


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", [*python(PACKAGE), *python(TOOLS)], ids=str)
def test_a_function_fits_a_screen(path: Path) -> None:
    for function in functions(path):
        assert (function.end_lineno or 0) - function.lineno < LINES_PER_FUNCTION, function.name


def test_no_name_of_a_class_means_two_things() -> None:
    names = Counter(
        node.name
        for path in python(PACKAGE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [each for each, count in names.items() if count > 1] == []


# ---- who may reach how deep


def imported(code: str) -> Iterator[tuple[str, str]]:
    """Yield module and name of every import; a module that is imported whole has no name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@every
def test_notebooks_import_faces_only(path: Path) -> None:
    code = "\n".join(
        re.sub(r"^[%!].*$", "", source(cell), flags=re.M) for cell in cells(path, "code")
    )
    faces = OPEN_TO_NOTEBOOKS | {f"dicom_lessons.{each}" for each in ROOMS}
    for module, _name in imported(code):
        if module.startswith("dicom_lessons"):
            assert module in faces, module


@room
def test_a_room_sees_only_faces_of_other_rooms(room: str) -> None:
    ground = {"pixels", room}
    for path in python(PACKAGE / room):
        for module, _name in imported(path.read_text(encoding="utf-8")):
            parts = module.split(".")
            if parts[0] == "dicom_lessons" and len(parts) > 2 and parts[1] in ROOMS:
                assert parts[1] in ground, f"{path.name}: {module}"


@room
def test_riddles_hold_no_answers(room: str) -> None:
    riddles = PACKAGE / room / "riddles.py"
    if riddles.is_file():
        reached = {module for module, _name in imported(riddles.read_text(encoding="utf-8"))}
        assert not any("checks" in module or "exercises" in module for module in reached)
        assert "solution" not in riddles.read_text(encoding="utf-8")


@room
def test_a_room_has_all_that_its_lesson_needs(room: str) -> None:
    folder = PACKAGE / room
    assert (folder / "exercises.md").is_file()
    assert (folder / "explorer.py").is_file() or room == "pixels"
    assert (ROOT / "tests" / f"test_{room}.py").is_file()
    assert all(sittings_of(room, language) for language in ("en", "ru"))
