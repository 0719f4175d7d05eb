"""The house in order: style, types, spelling, links, pins, and who imports whom."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tools
from lesson_files import EVERY, cells, source, without_code

from course_tools import lessons

ROOT = lessons.ROOT
PACKAGE = ROOT / "dicom_lessons"
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "data" / "README.md"]
HEAVY = ("matplotlib", "pandas", "dask", "pynetdicom", "ipywidgets", "anywidget", "pooch", "PIL")


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def python(*arguments: str) -> str:
    return run(sys.executable, "-m", *arguments)


def test_the_code_is_in_style() -> None:
    assert python("ruff", "check", ".") == ""


def test_the_code_is_formatted() -> None:
    assert python("ruff", "format", "--check", "dicom_lessons", "course_tools", "tests") == ""


def test_the_types_agree() -> None:
    assert python("mypy") == ""


def test_scripts_and_styles_are_in_order() -> None:
    """Format, lint and functions of 60 lines at most, all by biome: see biome.json."""
    biome = shutil.which("biome") or str(ROOT / "node_modules" / ".bin" / "biome")
    tools.require(biome)
    assert run(biome, "check", "--error-on-warnings") == ""


def english_texts() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        if ".ru." not in path.name:
            yield path.name, path.read_text(encoding="utf-8")
    for path in EVERY:
        if "en" in path.parts:
            yield path.stem, "\n".join(source(cell) for cell in cells(path, "markdown"))


def russian_texts() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        if ".ru." in path.name:
            yield path.name, path.read_text(encoding="utf-8")
    for path in EVERY:
        if "ru" in path.parts:
            yield path.stem, "\n".join(source(cell) for cell in cells(path, "markdown"))
    catalogue = (PACKAGE / "locale/ru/LC_MESSAGES/dicom_lessons.po").read_text(encoding="utf-8")
    yield "messages", "\n".join(re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', catalogue, flags=re.M))


def test_english_is_spelled_right(tmp_path: Path) -> None:
    for name, text in english_texts():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    accepted = "fo,te,ot,doesnt,requestor,positionof,siz"
    assert (
        python(
            "codespell_lib", "-L", accepted, str(tmp_path), "dicom_lessons", "course_tools", "tests"
        )
        == ""
    )


def test_russian_is_spelled_right() -> None:
    tools.require("hunspell")
    words = ROOT / "tests" / "russian_words.txt"
    command = ["hunspell", "-d", "ru_RU,en_GB", "-p", str(words), "-l", "-i", "utf-8"]
    unknown: dict[str, set[str]] = {}
    for name, text in russian_texts():
        plain = re.sub(
            r"https?://\S+|\{[^}]*\}|<[^>]*>|[\w./]*[_/.\\][\w./]+", " ", without_code(text)
        )
        plain = plain.replace("ё", "е").replace("Ё", "Е")
        done = subprocess.run(command, input=plain, capture_output=True, text=True, check=True)
        russian = {word for word in done.stdout.split() if re.search("[а-я]", word, flags=re.I)}
        if russian:
            unknown[name] = russian
    assert unknown == {}


def targets(text: str) -> list[str]:
    text = re.sub(r"```.*?```|`[^`\n]*`", " ", text, flags=re.S)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)


def linked_files() -> Iterator[tuple[Path, str]]:
    for path in [*PAGES, *EVERY]:
        text = (
            path.read_text(encoding="utf-8")
            if path.suffix == ".md"
            else "\n\n".join(source(cell) for cell in cells(path, "markdown"))
        )
        for target in targets(text):
            yield path, target


def test_links_inside_the_course_lead_somewhere() -> None:
    dead = [
        f"{path.name}: {target}"
        for path, target in linked_files()
        if not re.match(r"https?:|#|mailto:", target)
        and not (path.parent / target.partition("#")[0]).exists()
    ]
    assert dead == []


def test_links_outside_are_secure_and_well_formed() -> None:
    outside = [target for _path, target in linked_files() if re.match(r"\w+:", target)]
    assert outside
    bad = [
        link for link in outside if not re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+(/\S*)?", link)
    ]
    assert bad == []


def test_requirements_are_exact_and_hold_no_address() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    assert lines[-2:] == ["-e .", ""]
    assert all(re.match(r"[a-z0-9-]+==[\w.]+( ; .+)?$", line) for line in lines[:-2])
    assert "nbgrader" not in "".join(lines)


def test_requirements_meet_the_ranges_of_the_project() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = [
        Requirement(line)
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()[:-1]
    ]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    for requirement in map(Requirement, wanted):
        versions = [
            str(pin.specifier)[2:] for pin in pinned if pin.name == requirement.name.lower()
        ]
        assert versions, requirement
        assert all(map(requirement.specifier.contains, versions)), requirement


def test_arrows_point_one_way() -> None:
    program = "from importlinter import cli; raise SystemExit(cli.lint_imports())"
    assert run(sys.executable, "-c", program) == ""


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, dicom_lessons; print(*sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    already = subprocess.run(
        [sys.executable, "-c", code.replace("dicom_lessons", "pydicom")],
        capture_output=True,
        text=True,
        check=True,
    )
    added = set(loaded.stdout.split()) - set(already.stdout.split())
    assert not added & set(HEAVY)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_nothing_is_tracked_that_should_not_be() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    assert not re.search(r"checkpoint|__pycache__|\.egg-info|my_work|\.DS_Store", tracked)
