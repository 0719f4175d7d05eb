"""The papers of the repository agree with it: versions, commands, paths, extras."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import dicom_lessons.__main__ as learners
from course_tools import __main__ as makers
from course_tools.grading.report import MARKS
from course_tools.lessons import ROOT, notebooks
from course_tools.sittings import minutes

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


# ---- what teachers read

TEACHING = [ROOT / "TEACHING.md", ROOT / "TEACHING.ru.md"]
teaching = pytest.mark.parametrize("path", TEACHING, ids=lambda path: path.name)


def shape(path: Path) -> list[str]:
    """Return what both languages must have in the same order: headings, rows, commands, links."""
    found = []
    for line in re.split(r"\n", path.read_text(encoding="utf-8")):
        if mark := re.match(r"#+ |- |\||```|> ", line):
            links = re.findall(r"\]\(((?:notebooks|https)[^)#]*)", line)
            cells = line.count(" | ") if mark[0] == "|" else ""
            linked = " ".join(links).replace("/ru/", "/en/")
            found.append(f"{mark[0]}{cells} {linked}")
    return found


def commands(path: Path) -> list[str]:
    fences = re.findall(r"```\w*\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S)
    return [text.replace(" --language ru", "").replace("/ru/", "/en/") for text in fences]


def test_both_languages_tell_teachers_the_same_in_the_same_order() -> None:
    assert shape(TEACHING[0]) == shape(TEACHING[1])
    assert commands(TEACHING[0]) == commands(TEACHING[1])


@teaching
def test_a_link_into_a_sitting_leads_to_a_heading_in_it(path: Path) -> None:
    links = re.findall(r"\((notebooks/[^)#]+)#([^)]+)\)", path.read_text(encoding="utf-8"))
    assert len(links) > 10
    for notebook, anchor in links:
        cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
        lines = "\n".join("".join(cell["source"]) for cell in cells).split("\n")
        headings = [re.sub("^#+ ", "", line) for line in lines if re.match("#+ ", line)]
        assert anchor in [heading.replace(" ", "-") for heading in headings], (notebook, anchor)


@teaching
def test_a_plan_gives_each_sitting_the_time_that_it_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d\d):(\d\d)–(\d\d):(\d\d) \| \[.*?\]\((notebooks/[^)#]+)\)", text,
                      flags=re.M)  # fmt: skip
    assert len(rows) == 5
    for hour, minute, end, stop, notebook in rows:
        cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
        planned = sum(minutes(cells))
        assert int(end) * 60 + int(stop) - int(hour) * 60 - int(minute) >= 1.5 * planned
    (parts,) = re.findall(r"((?:^\| \d+–\d+ \|.*\n)+)", text, flags=re.M)
    times = [tuple(map(int, one)) for one in re.findall(r"^\| (\d+)–(\d+)", parts, flags=re.M)]
    assert [end for _begin, end in times[:-1]] == [begin for begin, _end in times[1:]]
    assert (times[0][0], times[-1][1]) == (0, 90)


@teaching
def test_what_the_table_of_troubles_quotes_is_what_the_course_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for sign, _said in list(MARKS.values())[3:]:
        assert f"| {sign} " in text, sign


def test_every_sitting_with_a_task_of_its_own_has_a_row_in_the_rubric() -> None:
    text = TEACHING[0].read_text(encoding="utf-8")
    for notebook in notebooks("en"):
        own = "## On your own" in notebook.read_text("utf-8")
        assert own == (f"{notebook.name}#On-your-own) |" in text), notebook.name


def test_the_plan_for_a_semester_counts_what_is_there() -> None:
    total = len(notebooks("en"))
    for path, said in zip(TEACHING, ["26 of the {} sittings", "26 занятий из {}"], strict=True):
        assert said.format(total) in path.read_text(encoding="utf-8"), path.name
    first = [
        one.stem[:3] for one in notebooks("en") if one.stem[:2] <= "07" and one.stem[:3] != "05c"
    ]
    archives = [
        one.stem for one in notebooks("en") if one.stem[:2] == "08" or "09a" <= one.stem < "09d"
    ]
    images = [one.stem for one in notebooks("en") if one.stem[:2] in {"10", "11"}]
    assert len(first) == 20
    assert len(archives) == len(images) == 6
