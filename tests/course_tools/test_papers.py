"""The papers of the repository agree with it: versions, commands, paths, extras."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import dicom_lessons.__main__ as learners
from course_tools import __main__ as makers
from course_tools.lessons import ROOT

PAPERS = sorted(ROOT.glob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
paper = pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.name)
GROWING = re.compile(r"NN_|NAME|exercises\.md|checks\.py|riddles\.py|04[a-z]_|my_work")


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    (day,) = re.findall(r"^date-released: (\S+)$", citation, flags=re.M)
    changes = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.M)
    assert changes[0] == f"{version} ({day})"
    for name in ("README.md", "README.ru.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert f"dicom_lessons-{version}-py3-none-any.whl" in text


def test_the_licences_are_those_of_the_project() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    named = re.findall(r"^  - ((?:MIT|CC)\S*)$", citation, flags=re.M)
    assert " AND ".join(named) == PROJECT["license"]


@paper
@pytest.mark.parametrize(
    ("module", "main"), [("course_tools", makers), ("dicom_lessons", learners)]
)
def test_every_command_exists(
    path: Path, module: str, main: object, capsys: pytest.CaptureFixture[str]
) -> None:
    text = path.read_text(encoding="utf-8")
    for command in set(re.findall(rf"python -m {module} (\w+)", text)) - {"media"}:
        with pytest.raises(SystemExit) as stopped:
            main.main([command, "--help"])  # type: ignore[attr-defined]
        assert stopped.value.code == 0, command
        assert f"python -m {module} {command}" in capsys.readouterr().out


@paper
def test_every_file_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"(?:notebooks|dicom_lessons|course_tools|tests|data)/[\w./*]*", text)
    missing = {
        name
        for name in named
        if not GROWING.search(name) and not list(ROOT.glob(name.rstrip("./") or name))
    }
    assert missing - {"dicom_lessons/name/", "tests/test_name.py"} == set()


@paper
def test_every_extra_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for names in re.findall(r"-e ['\"]\.\[([\w,]+)\]", text):
        assert set(names.split(",")) <= set(PROJECT["optional-dependencies"])


def test_every_extra_is_explained() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| ", text, flags=re.M)) == set(
        PROJECT["optional-dependencies"]
    )
