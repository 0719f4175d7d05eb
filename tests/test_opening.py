"""The course is copied to the learner, and nothing of the learner's is overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lesson_files import LESSON_FILES, cells, name, source

import dicom_lessons.__main__ as commands
from dicom_lessons import opening, samples, shipped

ALL = {name(path) for path in LESSON_FILES}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "system_language", lambda: "en")
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str, bool]]:
    """Return what JupyterLab was started with, instead of starting it."""
    calls: list[tuple[Path, str, bool]] = []
    monkeypatch.setattr(opening, "_start_jupyterlab", lambda *words: calls.append(words))
    return calls


def test_every_lesson_of_both_languages_is_copied(here: Path) -> None:
    added, kept = opening.copy_course(here / "mine")
    notebooks = {path.as_posix() for path in added if path.suffix == ".ipynb"}
    assert notebooks == ALL
    assert kept == []
    for path in LESSON_FILES:
        assert (here / "mine" / name(path)).read_bytes() == path.read_bytes()


def test_links_of_the_copies_lead_somewhere(here: Path) -> None:
    added, _kept = opening.copy_course(here)
    dead = []
    for path in added:
        texts = (
            [path.read_text(encoding="utf-8")]
            if path.suffix == ".md"
            else [source(cell) for cell in cells(path, "markdown")]
        )
        for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", "\n".join(texts)):
            link = "".join(target).partition("#")[0]
            if link and not re.match(r"[a-z]+:", link) and not (path.parent / link).exists():
                dead.append(f"{path}: {link}")
    assert dead == []


def test_the_work_of_a_learner_is_never_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opening.main(["mine", "--only-copy"])
    mine = here / "mine" / "en" / "01a_elements.ipynb"
    mine.write_text("my answers", encoding="utf-8")
    (here / "mine" / "ru" / "02a_belong_together.ipynb").unlink()
    (here / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert opening.main(["mine", "--only-copy"]) == 0
    said = capsys.readouterr().out
    assert "1 file was added" in said
    assert "Kept as you have them: en/01a_elements.ipynb." in said
    assert mine.read_text(encoding="utf-8") == "my answers"
    assert (here / "mine" / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert (here / "mine" / "ru" / "02a_belong_together.ipynb").is_file()


def test_the_first_lesson_opens(here: Path, started: list[tuple[Path, str, bool]]) -> None:
    assert opening.main([]) == 0
    assert commands.main(["open", "Мой курс", "--language", "ru", "--no-browser"]) == 0
    assert started == [
        (opening.FOLDER, "en/00a_recognise_dicom.ipynb", True),
        (Path("Мой курс"), "ru/00a_recognise_dicom.ipynb", False),
    ]
    assert (here / opening.FOLDER / "en" / "00a_recognise_dicom.ipynb").is_file()
    assert (here / "Мой курс" / "ru" / "00a_recognise_dicom.ipynb").is_file()


def test_jupyterlab_serves_the_whole_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr("jupyterlab.labapp.main", given.append)
    assert opening.main(["mine", "--language", "ru", "--no-browser"]) == 0
    root, lesson, browser = given[0]
    assert root == "--ServerApp.root_dir=." and Path.cwd() == here / "mine"
    assert lesson.endswith("=/lab/tree/ru/00a_recognise_dicom.ipynb")
    assert browser == "--no-browser"


def test_no_second_course_is_made_inside_the_first(
    here: Path, started: list[tuple[Path, str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opening.main([]) == 0
    monkeypatch.chdir(here / opening.FOLDER)
    assert opening.main([]) == 0
    assert [folder for folder, *_others in started] == [opening.FOLDER, Path()]
    assert not (here / opening.FOLDER / opening.FOLDER).exists()


def test_it_speaks_russian(capsys: pytest.CaptureFixture[str]) -> None:
    opening.main(["--only-copy", "--language", "ru"])
    said = capsys.readouterr().out
    assert said.startswith("Курс лежит в ")
    assert re.search(r"добавлен\w* \d+ файл", said, flags=re.I)


def test_a_place_that_cannot_be_written_is_named(
    here: Path, started: list[tuple[Path, str, bool]], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "thesis.txt").write_text("mine", encoding="utf-8")
    assert opening.main(["thesis.txt"]) == 1
    said = capsys.readouterr()
    assert "thesis.txt" in said.err and "Name another folder." in said.err
    assert len(said.err.splitlines()) == 1
    assert started == []
    assert (here / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_command_is_taken_for_no_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        opening.main(["check"])
    assert stopped.value.code == 2
    assert "python -m dicom_lessons check" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("system", "language"),
    [(("ru_RU", "UTF-8"), "ru"), (("Russian_Russia", "1251"), "ru"), ((None, None), "en"),
     (("C", "UTF-8"), "en"), (("de_DE", "UTF-8"), "en")],
)  # fmt: skip
def test_the_language_is_that_of_the_system(
    system: tuple[str | None, str | None], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("locale.getlocale", lambda: system)
    assert opening.system_language() == language


@pytest.mark.parametrize(
    ("clone", "cure"), [(True, "python -m course_tools data"), (False, "pip install")]
)
def test_the_cure_for_a_lost_file_fits_the_installation(
    clone: bool, cure: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "CLONE", clone)
    monkeypatch.setattr(samples, "MADE", here)
    with pytest.raises(FileNotFoundError, match=f"Get it with: {cure}"):
        samples.path("virtual/ct")
