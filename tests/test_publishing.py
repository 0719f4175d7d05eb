"""What publishes the course: workflows, templates, licences, addresses, the paper."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from course_tools import __main__ as makers
from course_tools import about, links
from course_tools.lessons import ROOT
from course_tools.live import wheels

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = [
    path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"
]
GITLAB = ROOT / ".gitlab-ci.yml"
PUBLISH = ROOT / ".ci" / "publish"
PINS = ROOT / ".ci" / "pyodide.sha256"
README = (ROOT / "README.md").read_text(encoding="utf-8")
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
each_file = pytest.mark.parametrize("path", [*WORKFLOWS, GITLAB, PUBLISH], ids=lambda p: p.name)


def loaded(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in loaded(path)["jobs"].values():
        yield from job.get("steps", [])


def is_to_come(name: str) -> bool:
    """Return whether this is a part of the tools, command and extra, that is not there yet."""
    return name in ("live", "site") and not (ROOT / "course_tools" / name).is_dir()


# ---- workflows


def test_there_are_the_workflows_that_a_release_needs() -> None:
    assert {path.stem for path in WORKFLOWS} == {"tests", "nightly", "pages", "release"}


@each_workflow
def test_a_workflow_is_whole(path: Path) -> None:
    workflow = loaded(path)
    assert workflow["name"] and workflow[True], "YAML reads the key on as true"
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "runs-on" in job or "uses" in job, name
        needs = job.get("needs", [])
        assert {needs} if isinstance(needs, str) else set(needs) <= set(workflow["jobs"])
        for step in job.get("steps", []):
            assert ("uses" in step) != ("run" in step), step


@each_workflow
def test_actions_are_pinned_by_their_hash_and_say_their_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for line in re.findall(r"uses: (.+)", text):
        assert line.startswith("./") or re.fullmatch(
            r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line
        ), line
    hashes: dict[str, set[str]] = {}
    for name, kept in re.findall(r"uses: (\S+)@(\S+)", "".join(map(Path.read_text, WORKFLOWS))):
        hashes.setdefault(name, set()).add(kept)
    assert all(len(kept) == 1 for kept in hashes.values()), hashes


@each_workflow
def test_the_code_is_fetched_without_leaving_a_key_behind(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_file
def test_every_command_of_the_course_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    known = next(
        action.choices for action in makers.parser()._actions if isinstance(action.choices, dict)
    )
    for command in re.findall(r"-m course_tools (\w+)", text):
        assert command in known or is_to_come(command), command
    for file in re.findall(r"(?<![\w/])(\.ci/\w+)", text):
        assert (ROOT / file).stat().st_mode & stat.S_IXUSR, file


@each_file
def test_every_extra_exists(path: Path) -> None:
    known = set(about.project()["optional-dependencies"])
    for names in re.findall(r"-e '\.\[([\w,]+)\]'", path.read_text(encoding="utf-8")):
        for name in names.split(","):
            assert name in known or is_to_come(name), name


def test_the_tests_run_the_commands_of_the_readme() -> None:
    (unix,) = re.findall(r"^python3 -m venv .*/pytest$", README, flags=re.M)
    windows = next(row for row in README.splitlines() if row.startswith("| Windows, `cmd` |"))
    install = re.findall(r"`(py -m venv .*requirements\.txt)", windows)[0]
    commands = [
        step["run"] for step in steps(ROOT / ".github/workflows/tests.yml") if "run" in step
    ]
    assert unix in commands
    assert any(command.startswith(install) for command in commands)
    assert any(unix in line for line in loaded(GITLAB)["readme"]["script"])


def test_the_matrix_has_every_system_and_the_oldest_python_of_the_project() -> None:
    matrix = loaded(ROOT / ".github/workflows/tests.yml")["jobs"]["readme"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["system"]} == {"ubuntu", "macos", "windows"}
    oldest = about.project()["requires-python"].removeprefix(">=")
    assert matrix["python"][0] == oldest and len(matrix["python"]) == 2
    assert loaded(GITLAB)["readme"]["parallel"]["matrix"] == [{"PYTHON": matrix["python"]}]
    assert (ROOT / ".binder/runtime.txt").read_text().strip() == f"python-{oldest}"


def test_nothing_is_published_from_a_change_that_is_not_in_main() -> None:
    assert loaded(ROOT / ".github/workflows/pages.yml")[True]["push"]["branches"] == ["main"]
    release = loaded(ROOT / ".github/workflows/release.yml")
    assert list(release[True]) == ["push"] and list(release[True]["push"]) == ["tags"]
    jobs = release["jobs"]
    assert jobs["build"]["needs"] == "tests" and jobs["publish"]["needs"] == "build"
    assert "pull_request_target" not in "".join(path.read_text() for path in WORKFLOWS)


def test_gitlab_is_told_the_same() -> None:
    jobs = loaded(GITLAB)
    stages = jobs.pop("stages")
    jobs.pop("workflow")
    assert all(job["stage"] in stages and job["script"] for job in jobs.values())
    assert {"everything", "readme", "newest", "links", "pages", "wheel"} == set(jobs)
    assert jobs["pages"]["artifacts"]["paths"] == ["public"]
    assert all(jobs[name]["allow_failure"] for name in ("newest", "links"))


@pytest.fixture
def publishing(tmp_path: Path) -> Path:
    """Give a folder with the script, beside programs that say what they were asked."""
    if sys.platform == "win32":
        pytest.skip("a script of bash")
    folder, programs = tmp_path / "course", tmp_path / "bin"
    (folder / ".ci").mkdir(parents=True)
    programs.mkdir()
    shutil.copy2(PUBLISH, folder / ".ci")
    names = [line.split()[1] for line in PINS.read_text().splitlines()]
    with tarfile.open(tmp_path / "archive", "w:bz2") as archive:
        for name in names:
            entry = tarfile.TarInfo(f"pyodide/{name}")
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
    sums = [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in names]
    (folder / ".ci" / PINS.name).write_text("".join(sums))
    say = f"echo $(basename $0) $* >> {tmp_path}/said"
    made = "".join(f"cp {programs}/say .venv/bin/{name}; " for name in ("pip", "python"))
    scripts = {
        "curl": f"for one; do case $one in .pyodide/*) cp {tmp_path}/archive $one;; esac; done",
        "say": say,
        "python3": f"mkdir -p .venv/bin; {made}",
    }
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    return folder


def publish(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{folder.parent / 'bin'}:/usr/bin:/bin"}
    script = [str(folder / ".ci" / "publish"), "public"]
    return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60)


def test_live_lessons_come_before_the_pages_that_lead_to_them(publishing: Path) -> None:
    done = publish(publishing)
    assert done.returncode == 0, done.stderr
    said = (publishing.parent / "said").read_text()
    assert re.findall(r"-m course_tools (\w+)", said) == ["live", "site", "cards"]


@pytest.mark.parametrize("name", [line.split()[1] for line in PINS.read_text().splitlines()])
def test_an_archive_with_another_file_is_refused(name: str, publishing: Path) -> None:
    pins = publishing / ".ci" / PINS.name
    true = hashlib.sha256(name.encode()).hexdigest()
    pins.write_text(pins.read_text().replace(true, hashlib.sha256(b"another").hexdigest()))
    done = publish(publishing)
    assert done.returncode != 0 and f"{name}: FAILED" in done.stdout
    assert not (publishing / ".venv").exists()


def test_the_pins_are_those_of_the_live_lessons() -> None:
    assert f"version={wheels.VERSION}\n" in PUBLISH.read_text()
    pins = {line.split()[1]: line.split()[0] for line in PINS.read_text().splitlines()}
    assert len(pins.pop(wheels.LOCK)) == 64
    assert pins == wheels.RUNTIME


# ---- what else lies in the repository


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_in_both_languages_and_warns_of_patients(path: Path) -> None:
    form = loaded(path)
    assert form["name"] and form["description"]
    first, *fields = form["body"]
    assert first["type"] == "markdown" and "patient" in first["attributes"]["value"]
    assert "пациент" in first["attributes"]["value"]
    assert len({field["id"] for field in fields}) == len(fields) >= 3
    for field in fields:
        assert field["type"] in ("input", "textarea")
        assert re.search("[а-я]", field["attributes"]["label"]), field
    assert (ROOT / ".gitlab/issue_templates").is_dir()


def test_the_devcontainer_sets_up_what_the_readme_does() -> None:
    made = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    (unix,) = re.findall(r"^python3 -m venv .*requirements\.txt(?= && .*/pytest$)", README, re.M)
    assert made["postCreateCommand"] == unix
    opened = made["customizations"]["codespaces"]["openFiles"]
    assert all((ROOT / name).is_file() for name in opened)


def test_binder_gets_the_pins_of_the_readme() -> None:
    (line,) = (ROOT / ".binder/requirements.txt").read_text().splitlines()
    target = line.removeprefix("-r ")
    assert (ROOT / ".binder" / target).resolve() == ROOT / "requirements.txt"


def test_every_licence_is_there_in_full_and_no_other() -> None:
    named = about.project()["license"].split(" AND ")
    found = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("LICENSES/*.txt")}
    assert set(found) == set(named)
    assert "WITHOUT WARRANTY OF ANY KIND" in found["MIT"]
    assert "Section 8 – Interpretation" in found["CC-BY-4.0"].replace("--", "–")
    assert "Affirmer" in found["CC0-1.0"] and len(found["CC0-1.0"]) > 6000
    declared = set(re.findall(r'License-Identifier = "(.+)"', (ROOT / "REUSE.toml").read_text()))
    assert {name for one in declared for name in one.split(" AND ")} == set(named)


# ---- addresses and authors from one place


def test_what_was_copied_from_the_project_is_in_step(tmp_path: Path) -> None:
    names = ("README.md", "README.ru.md", "CITATION.cff", "paper.md")
    for name in names:
        shutil.copy(ROOT / name, tmp_path / name)
    assert {path.name for path in about.write_about(tmp_path)} == set(names)
    for name in names:
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name


def test_where_no_address_is_known_there_is_no_button(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "project", lambda: {"authors": [], "version": "1"})
    assert about.buttons("en") == about.buttons("ru") == ""


@pytest.mark.parametrize(
    ("repository", "binder"),
    [
        ("https://github.com/someone/lessons", "mybinder.org/v2/gh/someone/lessons/HEAD"),
        ("https://gitlab.com/someone/lessons/", "mybinder.org/v2/gl/someone%2Flessons/HEAD"),
        ("https://code.example.org/lessons", ""),
    ],
)
def test_a_known_address_gives_buttons_everywhere(
    repository: str, binder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = {
        "authors": [{"name": "Ada Lovelace"}, {"name": "Софья Ковалевская"}],
        "urls": {"Repository": repository, "Site": "https://lessons.example.org/"},
        "version": "9.8.7",
    }
    monkeypatch.setattr(about, "project", lambda: told)
    for name in ("README.md", "README.ru.md", "CITATION.cff", "paper.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    for _turn in range(2):  # a second time changes nothing
        paths = list(about.write_about(tmp_path))
        texts = [path.read_text(encoding="utf-8") for path in paths]
    english, russian, citation, paper = texts
    assert "https://lessons.example.org/en/" in english
    assert "https://lessons.example.org/ru/" in russian
    assert binder in english and (not binder or "notebooks/ru/00a" in russian)
    assert english.count(about.BEGIN) == english.count(about.END) == 1
    cited = yaml.safe_load(citation)
    assert cited["repository-code"] == repository.rstrip("/")
    assert cited["version"] == "9.8.7"
    assert [author["name"] for author in cited["authors"]] == ["Ada Lovelace", "Софья Ковалевская"]
    assert cited["keywords"] and cited["title"]
    head = yaml.safe_load(paper.split("---\n")[1])
    assert [author["name"] for author in head["authors"]] == ["Ada Lovelace", "Софья Ковалевская"]
    assert head["bibliography"] == "paper.bib"


def test_a_readme_without_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Nothing here\n")
    with pytest.raises(ValueError, match=r"README\.md has no place"):
        list(about.write_about(tmp_path))


def test_both_readmes_say_how_to_update_and_where_to_report() -> None:
    russian = (ROOT / "README.ru.md").read_text(encoding="utf-8")
    assert "### Update without losing your work" in README and "## If a sentence is wrong" in README
    assert "### Обновить и не потерять свою работу" in russian
    assert "## Если фраза неверна" in russian
    for text in (README, russian):
        assert "git switch -c mine && git commit -am" in text


def test_the_way_to_update_with_git_keeps_the_answers(tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("not installed: git")

    def run(*words: str, where: Path) -> None:
        identity = ["-c", "user.name=learner", "-c", "user.email=learner@example.org"]
        subprocess.run([git, *identity, *words], cwd=where, check=True, capture_output=True)

    course, mine = tmp_path / "course", tmp_path / "mine"
    course.mkdir()
    run("init", "-b", "main", where=course)
    (course / "lesson").write_text("question\nanswer = ...\n")
    run("add", "lesson", where=course)
    run("commit", "-m", "first", where=course)
    run("clone", str(course), str(mine), where=tmp_path)
    (mine / "lesson").write_text("question\nanswer = 42\n")
    (course / "lesson").write_text("a better question\nanswer = ...\n")
    run("commit", "-am", "second", where=course)
    run("switch", "-c", "mine", where=mine)
    run("commit", "-am", "my answers", where=mine)
    run("switch", "main", where=mine)
    run("pull", where=mine)
    assert (mine / "lesson").read_text() == "a better question\nanswer = ...\n"
    run("switch", "mine", where=mine)
    assert "42" in (mine / "lesson").read_text()


# ---- the paper


def test_the_paper_cites_what_its_bibliography_holds() -> None:
    text = (ROOT / "paper.md").read_text(encoding="utf-8")
    entries = re.findall(r"^@\w+\{(\w+),", (ROOT / "paper.bib").read_text("utf-8"), flags=re.M)
    assert len(entries) == len(set(entries))
    assert set(re.findall(r"\[@(\w+)\]", text)) == set(entries)
    head = yaml.safe_load(text.split("---\n")[1])
    assert {"title", "tags", "authors", "affiliations", "date"} <= set(head)


def test_the_paper_says_what_is_missing() -> None:
    text = (ROOT / "paper.md").read_text(encoding="utf-8")
    assert "**Missing: evidence from classrooms.**" in text
    for heading in ("Summary", "Statement of need", "Instructional design", "Use in teaching"):
        assert f"\n# {heading}\n" in text
    assert 700 <= len(text.split()) <= 1500


# ---- links


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/gone": 404, "/busy": 429}.get(self.path, 200))
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


def test_links_that_do_not_answer_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[a](https://h/fine) [b](https://h/gone#part) [c](https://h/busy)\n"
                    "```\n[d](https://h/code)\n```\n")  # fmt: skip
    known = links.links([page])
    assert known == {f"https://h/{name}": ["page.md"] for name in ("fine", "gone", "busy")}
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            local = f"http://127.0.0.1:{server.server_port}"
            asked = {link.replace("https://h", local): names for link, names in known.items()}
            monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
            (line,) = links.dead(asked)
            monkeypatch.setenv("GITHUB_ACTIONS", "true")
            (warning,) = links.dead(asked)
        finally:
            server.shutdown()
            thread.join()
    assert line == f"warning: {local}/gone in page.md: HTTP 404"
    assert warning.startswith("::warning::")
    (refused,) = links.dead({f"{local}/fine": ["page.md"]})
    assert "ConnectionError" in refused


def test_the_course_has_links_to_ask() -> None:
    assert len(links.links()) > 50
