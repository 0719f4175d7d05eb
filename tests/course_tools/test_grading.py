"""A simulated class goes through nbgrader: each fault stays with its learner.

Eight learners by default; ``DICOM_LESSONS_CLASS=40`` simulates all that are described below.
"""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from course_tools.grading import folder as classroom
from course_tools.grading import report as class_report
from course_tools.lessons import NOTEBOOKS, write
from dicom_lessons.exercises.kinds import Choice, Exercise, bound_name
from dicom_lessons.exercises.lessons import declared

LESSON = "01_structure"
SIZE = int(os.environ.get("DICOM_LESSONS_CLASS", "8"))
Notebook = dict[str, Any]

needs_nbgrader = pytest.mark.skipif(
    importlib.util.find_spec("nbgrader") is None and not os.environ.get("CI"),
    reason='needs pip install -e ".[class]"',
)


@dataclass
class Learner:
    """What one learner hands in, and the score that must come out of it."""

    name: str
    notebook: Notebook | bytes
    score: float | None  # None: no row in the gradebook
    marks: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    file: str = f"{LESSON}.ipynb"
    found: str = ""


def nbgrader(course: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def graded_exercises(notebook: Notebook) -> dict[str, Exercise]:
    known = declared(LESSON.partition("_")[2])
    names = (name.removesuffix("-check") for name in classroom.graded(notebook))
    return {name: known[name] for name in names}


def filled(notebook: Notebook, answers: dict[str, str]) -> Notebook:
    """Return a notebook with the sources of answer cells put in."""
    done = copy.deepcopy(notebook)
    for cell in done["cells"]:
        if (name := classroom.grade_id(cell)) in answers:
            cell["source"] = answers[name]
    return done


def without(notebook: Notebook, *names: str) -> Notebook:
    done = copy.deepcopy(notebook)
    done["cells"] = [cell for cell in done["cells"] if classroom.grade_id(cell) not in names]
    return done


def changed(notebook: Notebook, name: str, change: Callable[[dict[str, Any]], None]) -> Notebook:
    done = copy.deepcopy(notebook)
    for cell in done["cells"]:
        if classroom.grade_id(cell) == name:
            change(cell)
    return done


def doubled(notebook: Notebook, name: str, source: str | None = None) -> Notebook:
    done = copy.deepcopy(notebook)
    place = [classroom.grade_id(cell) for cell in done["cells"]].index(name)
    again = copy.deepcopy(done["cells"][place])
    again["id"] = "copy-of-a-cell"
    again["source"] = again["source"] if source is None else source
    done["cells"].insert(place, again)
    return done


RUBBISH = [
    *("object()", "lambda *a: iter(int, 1)", "float('nan')", "[[[]]]", "10**5000", "type"),
    *("b'\\xff' * 10**6", "{1: 2}", "'<img src=x onerror=alert(1)>'", "NotImplemented"),
]


def the_class(release: Notebook) -> list[Learner]:
    """Return all learners; the first eight are a fair sample."""
    known = graded_exercises(release)
    names = list(known)
    right = {name: exercise.solution for name, exercise in known.items()}
    full = float(len(names))
    good = filled(release, right)
    first = names[0]
    variable = bound_name(right[first])
    endless = {**right, names[0]: "while True:\n    pass"}
    half = {name: right[name] for name in names[: len(names) // 2]}
    shadow = {"dicom_lessons/__init__.py": "check = print\n", "warnings.py": "raise SystemExit\n"}
    learners = [
        Learner("right", good, full),
        Learner("half", filled(release, half), float(len(half))),
        *(
            mistaken(release, known, number)
            for number in range(max(len(one.mistakes) for one in known.values()))
        ),
        Learner("blank", release, 0.0),
        Learner("broken", b'{"cells": [', None, found="cannot be read as a notebook"),
        Learner("endless", filled(release, endless), full - 1),
        Learner("doubled", doubled(good, first), full, found="was there twice"),
        Learner("edited", edited(release), 0.0),
    ]
    mistakes = [one for one in learners if one.name.startswith("mistake-")]
    return [
        *(one for one in learners if one not in mistakes),
        *mistakes,
        Learner("Анна Иванова", from_the_repository("ru", right), full),
        Learner("repository", from_the_repository("en", right), full),
        Learner("renamed", good, full, file=f"{LESSON} (1).ipynb"),
        Learner("redefined", filled(release, {first: "def check(*a):\n    pass"}), 0.0,
                found="def check"),
        Learner("deleted-checks", without(good, *(f"{name}-check" for name in names)), full),
        Learner("deleted-exercise", without(good, first, f"{first}-check"), full - 1,
                found="it is back, blank"),
        Learner("deleted-answers", without(good, *names), 0.0),
        Learner("deleted-all", without(good, *names, *(f"{n}-check" for n in names)), 0.0,
                found="it is back, blank"),
        Learner("own-helper", release, 0.0, beside=shadow),
        # only the hidden test of the last exercise is beyond its reach
        Learner("patched", filled(release, {first: "import dicom_lessons\n\n"
                f"dicom_lessons.check = lambda *a: None\nNBGRADER = {variable} = 0"}), full - 1,
                marks={**dict.fromkeys(names, "doubtful"), names[-1]: "wrong"},
                found="it says 'check ='"),
        Learner("rich", changed(good, f"{first}-check", points_of(100)), full, found="are back"),
        Learner("poor", changed(good, first, lambda cell: cell["metadata"].update(
            nbgrader={"grade_id": first})), full, found="are back"),
        Learner("foreign", changed(good, first, lambda cell: cell["metadata"].update(
            nbgrader=7)), full, found="none of this lesson"),
        Learner("syntax", filled(good, {first: "x = = 1"}), full - 1),
        Learner("raising", filled(good, {first: "raise RuntimeError('x')"}), full - 1),
        Learner("leaving", filled(good, {first: f"import sys\n\n{variable} = 1\nsys.exit()"}),
                full - 1),
        Learner("noisy", filled(good, noisy(right)), full),
        Learner("talkative", filled(good, {first: right[first] + "\nprint('x\\n' * 10**5)"}), full),
        Learner("rubbish", filled(release, {name: f"{bound_name(right[name])} = {thing}"
                for name, thing in zip(names, RUBBISH, strict=False)}), 0.0),
        Learner("capital", filled(good, capital(known[names[-1]])), full - 1),
        Learner("two-checks", doubled(good, f"{first}-check", "print('ok')"), full,
                found="was there twice"),
        Learner("killed", filled(good, {first: "import os\n\nos._exit(1)"}), 0.0),
    ]  # fmt: skip


def capital(exercise: Exercise) -> dict[str, str]:
    """Return an answer that check takes and the hidden test does not."""
    assert isinstance(exercise, Choice)
    letter = exercise.solution[-2]
    return {exercise.name: exercise.solution.replace(f'"{letter}"', f'"{letter.upper()}"')}


def points_of(number: int) -> Callable[[dict[str, Any]], None]:
    return lambda cell: cell["metadata"]["nbgrader"].update(points=number)


def mistaken(release: Notebook, known: dict[str, Exercise], number: int) -> Learner:
    """Return one who makes in every exercise the mistake of this number, if there is one."""
    answers, marks = {}, {}
    for name, exercise in known.items():
        some = len(exercise.mistakes) > number
        answers[name] = exercise.mistakes[number].answer if some else exercise.solution
        marks[name] = "wrong" if some else "right"
    score = float(list(marks.values()).count("right"))
    return Learner(f"mistake-{number}", filled(release, answers), score, marks)


def edited(release: Notebook) -> Notebook:
    done = copy.deepcopy(release)
    for cell in done["cells"]:
        if classroom.grade_id(cell).endswith("-check"):
            cell["source"] = "print('Right.')"
    return done


def noisy(right: dict[str, str]) -> dict[str, str]:
    """Return answers whose functions warn, and write to stderr."""
    warn = "import sys\nimport warnings\n\nwarnings.warn('look out')\nprint('x', file=sys.stderr)\n"
    noise = "    print('x', file=__import__('sys').stderr)\n"
    return {
        name: warn + source.replace("):\n", "):\n" + noise, 1) for name, source in right.items()
    }


def from_the_repository(language: str, answers: dict[str, str]) -> Notebook:
    return filled(classroom.read(NOTEBOOKS / language / f"{LESSON}.ipynb"), answers)


def hand_in(course: Path, learner: Learner) -> None:
    """Put a submission where a teacher puts what came by mail: alone, or in an archive."""
    archive = course / "downloaded" / LESSON / "archive"
    archive.mkdir(parents=True, exist_ok=True)
    content = learner.notebook
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    if learner.beside or " " in learner.file:
        with zipfile.ZipFile(archive / f"{learner.name}.zip", "w") as packed:
            packed.writestr(learner.file, data)
            for name, text in learner.beside.items():
                packed.writestr(name, text)
    else:
        (archive / f"{learner.name}__{learner.file}").write_bytes(data)


def add_hidden_test(course: Path) -> None:
    """Ask more of the last exercise than the release shows, as TEACHING.md tells teachers."""
    source = course / "source" / LESSON / f"{LESSON}.ipynb"
    lesson = classroom.read(source)
    last = classroom.graded(lesson)[-1]
    exercise = graded_exercises(lesson)[last.removesuffix("-check")]
    name = bound_name(exercise.solution)
    for cell in lesson["cells"]:
        if classroom.grade_id(cell) == last:
            hidden = f"assert {name} == {name}.lower(), 'no capitals'"
            lines = ["", "### BEGIN HIDDEN TESTS", hidden, "### END HIDDEN TESTS"]
            cell["source"] = "".join(cell["source"]) + "\n".join(lines)
    write(source, lesson)


@dataclass
class Graded:
    course: Path
    learners: list[Learner]
    findings: list[classroom.Finding]
    report: class_report.Report
    exported: dict[str, float]
    seconds: dict[str, float]
    sources: dict[Path, bytes]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    course = tmp_path_factory.mktemp("class") / "course"
    classroom.lay_out(course)
    if SIZE < 30:
        with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
            config.write("\nc.Execute.timeout = 8\n")
    add_hidden_test(course)
    kept = [course / "nbgrader_config.py", *course.glob("source/*/*.ipynb")]
    sources = {path: path.read_bytes() for path in [*kept, *course.glob("helper/**/*.py")]}
    seconds: dict[str, float] = {}

    def step(*words: str) -> str:
        start = time.monotonic()
        result = nbgrader(course, *words)
        seconds[words[0]] = time.monotonic() - start
        # one learner whose kernel died is told of by the exit status; nobody else is held up
        assert result.returncode == 0 or "killed" in result.stderr, result.stderr[-3000:]
        return result.stderr

    step("generate_assignment", LESSON)
    release = classroom.read(course / "release" / LESSON / f"{LESSON}.ipynb")
    learners = the_class(release)[:SIZE]
    for learner in learners:
        hand_in(course, learner)
    step("zip_collect", LESSON)
    findings = classroom.examine(course)
    step("autograde", LESSON)
    step("generate_feedback", LESSON)
    step("export")
    with (course / "grades.csv").open(encoding="utf-8") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    report = class_report.report(course)
    return Graded(course, learners, findings, report, exported, seconds, sources)


@needs_nbgrader
def test_every_score_is_as_predicted(graded: Graded) -> None:
    print(len(graded.learners), "learners, seconds:", graded.seconds)
    predicted = {one.name: one.score for one in graded.learners if one.score is not None}
    assert graded.exported == predicted


@needs_nbgrader
def test_every_mark_is_as_predicted(graded: Graded) -> None:
    for learner in graded.learners:
        marks = graded.report.marks[learner.name]
        assert {name: marks[name] for name in learner.marks} == learner.marks
        assert graded.report.points[learner.name] == (learner.score or 0)
        if learner.score is None:
            assert set(marks.values()) == {"missing"}


@needs_nbgrader
def test_the_verdict_of_each_check_is_in_the_graded_notebook(graded: Graded) -> None:
    names = list(graded_exercises(classroom.read(
        graded.course / "source" / LESSON / f"{LESSON}.ipynb")))  # fmt: skip
    for learner, verdict in (("right", "right"), ("blank", "blank"), ("half", "right")):
        notebook = graded.course / "autograded" / learner / LESSON / f"{LESSON}.ipynb"
        told = [
            output["metadata"]["dicom_lessons"]
            for cell in classroom.read(notebook)["cells"]
            for output in cell.get("outputs", ())
            if "dicom_lessons" in output.get("metadata", {})
        ]
        assert [one["exercise"] for one in told] == names
        assert told[0]["verdict"] == verdict
        assert bool(told[0]["why"]) == (verdict == "right")


@needs_nbgrader
def test_what_needs_a_teacher_is_found(graded: Graded) -> None:
    found: dict[str, str] = {}
    for finding in graded.findings:
        found[finding.learner] = found.get(finding.learner, "") + finding.what
        assert finding.original is None or finding.original.is_file()
    for learner in graded.learners:
        assert bool(learner.found) == (learner.name in found), found.get(learner.name)
        assert learner.found in found.get(learner.name, "")


@needs_nbgrader
def test_misconceptions_are_counted(graded: Graded) -> None:
    known = graded_exercises(classroom.read(graded.course / "source" / LESSON / f"{LESSON}.ipynb"))
    for one in graded.report.shared:
        assert len(one.learners) == len(set(one.learners)) > 0
    for learner in graded.learners:
        if learner.name.startswith("mistake-"):
            number = int(learner.name.removeprefix("mistake-"))
            shown = {one.why for one in graded.report.shared if learner.name in one.learners}
            made = {e.mistakes[number].why for e in known.values() if len(e.mistakes) > number}
            assert made == shown


@needs_nbgrader
def test_hidden_tests_are_not_released(graded: Graded) -> None:
    released = (graded.course / "release" / LESSON / f"{LESSON}.ipynb").read_text("utf-8")
    assert "HIDDEN" not in released and "no capitals" not in released
    autograded = graded.course / "autograded" / "right" / LESSON / f"{LESSON}.ipynb"
    assert "no capitals" in autograded.read_text("utf-8")


@needs_nbgrader
def test_feedback_is_written_for_everyone_graded(graded: Graded) -> None:
    for learner in graded.learners:
        page = graded.course / "feedback" / learner.name / LESSON / f"{LESSON}.html"
        assert page.is_file() == (learner.score is not None and learner.name != "killed")


@needs_nbgrader
def test_the_report_is_a_table_and_a_picture(graded: Graded) -> None:
    written = class_report.write_report(graded.course)
    assert [path.name for path in written] == [
        "class.html", "class.png", "marks.csv", "misconceptions.csv"
    ]  # fmt: skip
    page = written[0].read_text(encoding="utf-8")
    assert page.count("<table>") == 2 and "<script" not in page
    assert written[1].read_bytes().startswith(b"\x89PNG")
    with written[2].open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == len(graded.learners) + 1


@needs_nbgrader
def test_the_sources_of_the_teacher_are_untouched(graded: Graded) -> None:
    assert {path: path.read_bytes() for path in graded.sources} == graded.sources
    assert not list((graded.course / "autograded").rglob("*.py"))


# ---- the course folder itself


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_course_holds_every_lesson_with_exercises(language: str, tmp_path: Path) -> None:
    written = classroom.lay_out(tmp_path / "course", language)
    source = tmp_path / "course" / "source" / LESSON / f"{LESSON}.ipynb"
    assert source in written
    setting = classroom.read(source)["cells"][1]["source"]
    assert f'set_language("{language}")' in "".join(setting)
    assert (tmp_path / "course" / "helper" / "dicom_lessons" / "__init__.py").is_file()
    assert not list((tmp_path / "course").rglob("__pycache__"))


def test_what_a_teacher_changed_stays(tmp_path: Path) -> None:
    classroom.lay_out(tmp_path)
    source = tmp_path / "source" / LESSON / f"{LESSON}.ipynb"
    lesson = classroom.read(source)
    lesson["cells"] = lesson["cells"][:5]
    write(source, lesson)
    (tmp_path / "nbgrader_config.py").write_text("# mine", encoding="utf-8")
    assert classroom.lay_out(tmp_path) == []
    assert classroom.read(source) == lesson
    assert (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8") == "# mine"


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError, match="new folder"):
        classroom.lay_out(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_report_needs_grades(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nbgrader autograde"):
        class_report.report(tmp_path)


# ---- what came in


def submitted(course: Path, content: str, name: str = f"{LESSON}.ipynb") -> Path:
    folder = course / "submitted" / "ivanova" / LESSON
    folder.mkdir(parents=True)
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


@pytest.fixture
def course(tmp_path: Path) -> Path:
    classroom.lay_out(tmp_path / "course")
    return tmp_path / "course"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"cells": 7}', "[" * 100_000,
     '{"nbformat": 3, "worksheets": []}',
     '{"cells": [{"metadata": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_what_is_no_notebook_is_set_aside(content: str, course: Path) -> None:
    notebook = submitted(course, content)
    (finding,) = classroom.examine(course)
    assert not notebook.exists()
    assert finding.learner == "ivanova"
    assert finding.original is not None
    assert finding.original.read_text(encoding="utf-8") == content
    assert "Ask for it again" in finding.what


def test_files_beside_and_wrong_names_are_told(course: Path) -> None:
    notebook = submitted(course, "{}", "homework.ipynb")
    assert "only: homework.ipynb" in classroom.examine(course)[0].what
    notebook.with_name("dicom_lessons.py").write_text("check = print", encoding="utf-8")
    notebook.rename(notebook.with_name(f"{LESSON}.ipynb")).write_text(
        (course / "source" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"), "utf-8"
    )
    assert [finding.what for finding in classroom.examine(course)] == [
        "dicom_lessons.py beside it is not used."
    ]


def test_examining_twice_finds_a_mended_submission_whole(course: Path) -> None:
    lesson = classroom.read(course / "source" / LESSON / f"{LESSON}.ipynb")
    first = classroom.graded(lesson)[0].removesuffix("-check")
    submitted(course, json.dumps(doubled(lesson, first)))
    assert len(classroom.examine(course)) == 1
    assert classroom.examine(course) == []
