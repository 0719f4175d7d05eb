"""A simulated class goes through nbgrader: each fault stays with its learner.

Eight learners by default; ``DICOM_LESSONS_CLASS=40`` simulates all that are described below.
"""

from __future__ import annotations

import copy
import csv
import html
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from submissions import filled, without_marks

from course_tools.grading import collect, feedback, nbgrader_config, report_files
from course_tools.grading import folder as classroom
from course_tools.grading import report as class_report
from course_tools.lessons import NOTEBOOKS, ROOT, notebooks, write
from dicom_lessons.exercises.kinds import Exercise, Value
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.exercises.sources import bound_name
from dicom_lessons.text import _, set_language

LESSON = "01a_elements"
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
    cheats: bool = False  # nbgrader may give points; the report accepts none
    accepted: float | None = None  # where the report accepts less than nbgrader


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
    known = declared("structure")
    names = (name.removesuffix("-check") for name in classroom.graded(notebook))
    return {name: known[name] for name in names}


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
        Learner("edited", edited(release), 0.0, found="was changed: the original is graded"),
        cheat(
            "setattr",
            release,
            "import dicom_lessons\n\n"
            "setattr(dicom_lessons, 'ch' + 'eck', lambda n, a: print('Right. '))",
        ),
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
        Learner("mark", b"\xef\xbb\xbf" + json.dumps(good).encode(), full, found="in plain UTF-8"),
        Learner("old-ids", without_marks(good), full, found="were lost: they are back"),
        *(cheat(name, release, source) for name, source in CHEATS.items()),
        Learner("deleted-checks", without(good, *(f"{name}-check" for name in names)), full),
        Learner("deleted-exercise", without(good, first, f"{first}-check"), full - 1,
                found="it is back, blank"),
        Learner("deleted-answers", without(good, *names), 0.0),
        Learner("deleted-all", without(good, *names, *(f"{n}-check" for n in names)), 0.0,
                found="it is back, blank"),
        Learner("own-helper", release, 0.0, beside=shadow),
        # only the hidden tests are beyond its reach; what it never answered is not accepted
        Learner("patched", filled(release, {first: "import dicom_lessons\n\n"
                f"dicom_lessons.check = lambda *a: None\nNBGRADER = {variable} = 0"}), full - 2,
                marks=dict(zip(names, ["doubtful", "wrong", "untouched", "wrong"], strict=True)),
                found="line 3 changes what is not", accepted=1.0),
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
        Learner("as-text", filled(good, as_text(known[names[-1]])), full - 1),
        Learner("exit", filled(good, {first: "exit()"}), full - 1, found="ends the kernel"),
        Learner("two-checks", doubled(good, f"{first}-check", "print('ok')"), full,
                found="was there twice"),
        Learner("killed", filled(good, {first: "import os\n\nos._exit(1)"}), full - 1,
                found="ends the kernel"),
    ]  # fmt: skip


CHEATS = {
    "imports": "from dicom_lessons import exercises",
    "globals": "from dicom_lessons import check\n\ncheck.__globals__['find']",
    "patches": "import dicom_lessons\nfrom unittest import mock\n\n"
    "mock.patch.object(dicom_lessons, 'check', lambda *a: None).start()",
    "wraps": "import dicom_lessons\n\nreal = dicom_lessons.check\n\n\ndef softly(*a):\n    try:\n"
    "        real(*a)\n    except AssertionError:\n        print('Right. ')\n\n\n"
    "dicom_lessons.check = softly",
    "forges": "import dicom_lessons\nfrom IPython.display import publish_display_data\n\n\n"
    "def forged(name, answer):\n    said = {'exercise': name, 'verdict': 'right', 'why': ''}\n"
    "    publish_display_data({'text/plain': ''}, {'dicom_lessons': said})\n\n"
    "dicom_lessons.check = forged",
    "judges": "import importlib\n\n"
    "kinds = importlib.import_module('dicom_lessons.exercises.kinds')\n"
    "kinds.Exercise.judge = lambda *a: kinds.Verdict(True, '')",
    "ungraded": "import os\n\nos.environ.pop('NBGRADER_EXECUTION', None)",
    "silences": "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
}


def cheat(name: str, release: Notebook, source: str) -> Learner:
    """Return one who answers nothing and adds a cell at the top."""
    done = copy.deepcopy(release)
    blank: Notebook = {"execution_count": None, "metadata": {}, "outputs": []}
    done["cells"].insert(2, {"cell_type": "code", "id": "mine", "source": source, **blank})
    return Learner(f"cheat-{name}", done, 0.0, found="Read it yourself: cell 3, line", cheats=True)


def as_text(exercise: Exercise) -> dict[str, str]:
    """Return an answer that check takes and the hidden test does not."""
    assert type(exercise) is Value
    name = bound_name(exercise.solution)
    return {exercise.name: f"{exercise.solution}\n{name} = hex({name})"}


def points_of(number: int) -> Callable[[dict[str, Any]], None]:
    return lambda cell: cell["metadata"]["nbgrader"].update(points=number)


def mistaken(release: Notebook, known: dict[str, Exercise], number: int) -> Learner:
    """Return one who makes in every exercise the mistake of this number, if there is one."""
    answers, marks = {}, {}
    for name, exercise in known.items():
        some = len(exercise.mistakes) > number
        answers[name] = exercise.mistakes[number].text if some else exercise.solution
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
    noise = "    import sys\n\n    print('x', file=sys.stderr)\n"
    return {
        name: warn + source.replace("):\n", "):\n" + noise, 1) for name, source in right.items()
    }


def from_the_repository(language: str, answers: dict[str, str]) -> Notebook:
    return filled(classroom.read(NOTEBOOKS / language / f"{LESSON}.ipynb"), answers)


def hand_in(course: Path, learners: list[Learner]) -> None:
    """Put submissions where a teacher puts what came: alone, in folders, in archives."""
    downloaded = course / "downloaded" / LESSON
    downloaded.mkdir(parents=True)
    with zipfile.ZipFile(downloaded / "DICOM-01a-4711.zip", "w") as platform:
        for number, learner in enumerate(learners):
            content = learner.notebook
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            ways = [f"{learner.name}__{learner.file}", f"{learner.name}/{learner.file}"]
            if learner.beside or number % 4 == 0:
                with zipfile.ZipFile(downloaded / f"{learner.name}.zip", "w") as packed:
                    packed.writestr(learner.file, data)
                    packed.writestr(f".ipynb_checkpoints/{LESSON}-checkpoint.ipynb", b"{}")
                    for name, text in learner.beside.items():
                        packed.writestr(name, text)
            elif number % 4 == 1:
                folder = f"{learner.name}_{12345 + number}_assignsubmission_file_"
                platform.writestr(f"{folder}/{learner.file}", data)
            else:
                path = downloaded / ways[number % 2]
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)


def example_of_a_hidden_test(paper: str) -> str:
    """Return the check cell that TEACHING.md shows to teachers."""
    text = (ROOT / paper).read_text(encoding="utf-8")
    (cell,) = (
        one for one in re.findall(r"```python\n(.*?)```", text, flags=re.S) if "HIDDEN" in one
    )
    return str(cell).strip()


def add_hidden_tests(course: Path) -> None:
    """Ask more of two exercises than the release shows: of one as TEACHING.md tells teachers."""
    source = course / "source" / LESSON / f"{LESSON}.ipynb"
    lesson = classroom.read(source)
    last = classroom.graded(lesson)[-1]
    name = bound_name(graded_exercises(lesson)[last.removesuffix("-check")].solution)
    example = example_of_a_hidden_test("TEACHING.md")
    for cell in lesson["cells"]:
        if classroom.grade_id(cell) == last:
            hidden = f"assert isinstance({name}, int), 'no text'"
            lines = ["", "### BEGIN HIDDEN TESTS", hidden, "### END HIDDEN TESTS"]
            cell["source"] = "".join(cell["source"]) + "\n".join(lines)
        elif (shown := "".join(cell["source"]).strip()) and example.startswith(shown):
            cell["source"] = example
    assert json.dumps(lesson).count("BEGIN HIDDEN TESTS") == 2
    write(source, lesson)


@dataclass
class Graded:
    course: Path
    learners: list[Learner]
    rows: list[collect.Row]
    remarks: list[classroom.Remark]
    report: class_report.Report
    exported: dict[str, float]
    seconds: dict[str, float]
    sources: dict[Path, bytes]


def accepted(learner: Learner) -> float:
    """Return the points that the report has to accept."""
    if learner.accepted is not None:
        return learner.accepted
    return 0.0 if learner.cheats else learner.score or 0.0


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    course = tmp_path_factory.mktemp("class") / "course"
    classroom.lay_out(course)
    if SIZE < 30:
        with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
            config.write("\nc.Execute.timeout = 8\n")
    add_hidden_tests(course)
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
    hand_in(course, learners)
    rows = collect.collect(course)
    remarks = classroom.examine(course)
    step("autograde", LESSON)
    feedback.write_feedback(course)
    step("export")
    with (course / "grades.csv").open(encoding="utf-8") as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    report = class_report.report(course)
    return Graded(course, learners, rows, remarks, report, exported, seconds, sources)


@needs_nbgrader
def test_every_score_is_as_predicted(graded: Graded) -> None:
    print(len(graded.learners), "learners, seconds:", graded.seconds)
    predicted = {
        one.name: graded.exported[one.name] if one.cheats else one.score
        for one in graded.learners
        if one.score is not None
    }
    assert graded.exported == predicted


@needs_nbgrader
def test_nobody_is_lost(graded: Graded) -> None:
    became = {row.learner: row.became for row in graded.rows if row.learner}
    assert set(became) == {one.name for one in graded.learners} == set(graded.report.marks)
    for learner in graded.learners:
        assert became[learner.name] == ("taken" if learner.score is not None else "broken")


@needs_nbgrader
def test_no_points_are_accepted_for_an_answer_that_nobody_gave(graded: Graded) -> None:
    grades = {grade.learner: grade for grade in graded.report.grades if grade.sitting == LESSON}
    for learner in graded.learners:
        grade, marks = grades[learner.name], graded.report.marks[learner.name]
        untouched = [name for name, mark in marks.items() if mark == "untouched"]
        assert grade.untouched == untouched
        if learner.cheats:
            assert grade.accepted == 0 and len(untouched) == grade.score
        else:
            assert len(untouched) == list(learner.marks.values()).count("untouched")
            assert grade.accepted == accepted(learner)


@needs_nbgrader
def test_every_mark_is_as_predicted(graded: Graded) -> None:
    for learner in graded.learners:
        marks = graded.report.marks[learner.name]
        assert {name: marks[name] for name in learner.marks} == learner.marks
        if not learner.cheats:
            assert graded.report.points[learner.name] == (learner.score or 0)
        if learner.score is None:
            assert set(marks.values()) == {"aside"}


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
    for remark in graded.remarks:
        found[remark.learner] = found.get(remark.learner, "") + remark.what
        assert remark.original is None or remark.original.is_file()
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
    assert "HIDDEN" not in released and "no text" not in released
    autograded = graded.course / "autograded" / "right" / LESSON / f"{LESSON}.ipynb"
    assert "no text" in autograded.read_text("utf-8")


@needs_nbgrader
def test_feedback_is_written_for_everyone_graded(graded: Graded) -> None:
    for learner in graded.learners:
        page = graded.course / "feedback" / learner.name / LESSON / f"{LESSON}.html"
        assert page.is_file() == (learner.score is not None)


@needs_nbgrader
def test_feedback_is_the_explanation_without_paths_or_traceback(graded: Graded) -> None:
    known = graded_exercises(classroom.read(graded.course / "source" / LESSON / f"{LESSON}.ipynb"))
    for learner in graded.learners:
        page = graded.course / "feedback" / learner.name / LESSON / f"{LESSON}.html"
        text = page.read_text("utf-8") if page.is_file() else ""
        assert "Traceback" not in text and "feedback.py" not in text and "\x1b" not in text
        assert str(graded.course) not in text and str(Path.home()) not in text
        assert not re.search(r"<script|<link|src=|https?://", text)
        if learner.name == "right":
            assert "Right: 4 of 4." in text
            assert all(
                html.escape(one.why, quote=False)
                in html.unescape(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                for one in known.values()
            )
        if learner.name == "blank":
            assert text.count("No answer yet") == len(known)


@needs_nbgrader
def test_the_report_is_a_table_and_a_picture(graded: Graded) -> None:
    written = report_files.write_report(graded.course)
    assert [path.name for path in written] == [
        "class.html", "class.png", "marks.csv", "misconceptions.csv", "grades.csv"
    ]  # fmt: skip
    page = written[0].read_text(encoding="utf-8")
    assert page.count("<table>") == 3 and "<script" not in page
    assert written[1].read_bytes().startswith(b"\x89PNG")
    with written[2].open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == len(graded.learners) + 1
    with written[4].open(encoding="utf-8-sig", newline="") as file:
        grades = {row["student_id"]: row for row in csv.DictReader(file)}
    for remark in graded.remarks:  # what the look before grading said stands in both
        assert remark.what in grades[remark.learner]["remarks"]
        assert remark.what in html.unescape(page)
    for learner in graded.learners:
        assert float(grades[learner.name]["accepted"]) == accepted(learner)
        assert float(grades[learner.name]["max_score"]) == 4


@needs_nbgrader
def test_the_sources_of_the_teacher_are_untouched(graded: Graded) -> None:
    assert {path: path.read_bytes() for path in graded.sources} == graded.sources
    assert not list((graded.course / "autograded").rglob("*.py"))


@pytest.mark.parametrize("paper", ["TEACHING.md", "TEACHING.ru.md"])
def test_the_hidden_test_of_the_paper_takes_no_point_from_a_right_answer(
    paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    example = example_of_a_hidden_test(paper)
    assert example == example_of_a_hidden_test("TEACHING.md")
    (name,) = re.findall(r'check\("([^"]+)"', example)
    exercise = declared("structure")[name]
    for right in (exercise.solution, *exercise.also_right):
        exec(f"{right}\n{example}", {})
    assert capsys.readouterr().out.startswith("Right.")
    known = {"raw[144:158]": (2, 1, "OB", 2, b"\0\1")}
    pleasing = f"decode = lambda raw: {known!r}['raw[144:158]']"
    with pytest.raises(AssertionError):
        exec(f"{pleasing}\n{example}", {})


# ---- once more


@needs_nbgrader
def test_a_second_round_grades_the_new_file_and_leaves_the_others(tmp_path: Path) -> None:
    course = tmp_path / "course"
    classroom.lay_out(course)
    assert nbgrader(course, "generate_assignment", LESSON).returncode == 0
    release = classroom.read(course / "release" / LESSON / f"{LESSON}.ipynb")
    right = {name: exercise.solution for name, exercise in graded_exercises(release).items()}
    good = filled(release, right)
    downloaded = course / "downloaded"
    downloaded.mkdir()

    def came(name: str, notebook: Notebook, day: int) -> None:
        path = downloaded / name
        path.write_text(json.dumps(notebook), encoding="utf-8")
        os.utime(path, (day * 86400, day * 86400))

    def scores() -> dict[str, tuple[float, str]]:
        assert nbgrader(course, "autograde", LESSON).returncode == 0
        found = class_report.report(course)
        return {one.learner: (one.accepted, one.state) for one in found.grades}

    came(f"ivanova__{LESSON}.ipynb", good, 20_000)
    came(f"petrov__{LESSON}.ipynb", release, 20_000)
    collect.collect(course)
    assert scores() == {"ivanova": (4.0, "graded"), "petrov": (0.0, "graded")}
    kept = course / "autograded" / "ivanova" / LESSON / f"{LESSON}.ipynb"
    before = kept.stat().st_mtime_ns
    came(f"petrov__{LESSON} (1).ipynb", good, 20_001)
    came(f"sidorov__{LESSON}.ipynb", good, 20_001)
    collect.collect(course)
    waiting = {one.learner: one.state for one in class_report.report(course).grades}
    assert waiting == {"ivanova": "graded", "petrov": "ungraded", "sidorov": "ungraded"}
    assert scores() == dict.fromkeys(["ivanova", "petrov", "sidorov"], (4.0, "graded"))
    assert kept.stat().st_mtime_ns == before


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


def test_the_helper_holds_what_grading_needs_and_no_more(tmp_path: Path) -> None:
    classroom.lay_out(tmp_path / "course")
    helper = tmp_path / "course" / "helper"
    assert {path.name for path in helper.iterdir()} == {"data", "dicom_lessons"}
    ask = "from dicom_lessons import samples; print(samples.path('virtual/ct'))"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(helper)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == helper / "data" / "virtual" / "ct.dcm"


@pytest.mark.parametrize("work", [classroom.examine, class_report.report])
def test_a_folder_that_is_no_course_is_named(work: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        work(tmp_path / "nowhere")


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


# ---- names of files


FUTURE = ["01a_structure", "01b_structure", "08c_deidentify", "12_collection"]


@pytest.mark.parametrize("lesson", [*(path.stem for path in notebooks("en")), *FUTURE])
def test_every_lesson_is_collected_under_its_own_name(lesson: str) -> None:
    pattern = re.compile(nbgrader_config.c.FileNameCollectorPlugin.named_regexp)
    folder = f"/class/downloaded/{lesson}/extracted"
    for path in (
        f"{folder}/ivanova__{lesson}.ipynb",
        f"{folder}/ivanova/{lesson}.ipynb",
        f"{folder}/ivanova/my work/{lesson} (1).ipynb",
        f"C:\\class\\extracted\\ivanova\\{lesson}.ipynb",
    ):
        found = pattern.match(path)
        assert found, path
        assert found.groupdict() == {"student_id": "ivanova", "file_id": lesson}
    copy = f"{folder}/ivanova/.ipynb_checkpoints/{lesson}-checkpoint.ipynb"
    assert not pattern.match(copy), "what JupyterLab keeps beside it is no second submission"


def test_the_settings_change_nothing_where_nbgrader_does_not_read_them() -> None:
    before = dict(os.environ)
    importlib.reload(nbgrader_config)
    assert dict(os.environ) == before


# ---- verdicts as data

RIGHT = declared("structure")["structure-1"].why
RIGHT_VERDICT = {"exercise": "structure-1", "verdict": "right", "why": RIGHT}


def checked(name: str, *verdicts: object) -> Notebook:
    """Return a notebook of one check cell that published these verdicts."""
    outputs = [
        {"output_type": "display_data", "data": {}, "metadata": {"dicom_lessons": verdict}}
        for verdict in verdicts
    ]
    cell = {
        **{"cell_type": "code", "id": f"{name}-check", "execution_count": 1, "source": ""},
        "metadata": {"nbgrader": {"grade": True, "grade_id": f"{name}-check", "points": 1}},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "Right. \n"}, *outputs],
    }
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def reported(
    course: Path, monkeypatch: pytest.MonkeyPatch, name: str, score: float, *verdicts: object
) -> class_report.Report:
    """Return the report of a class with one learner and one exercise."""
    for folder in ("release", "autograded/ivanova", "submitted/ivanova"):
        (course / folder / LESSON).mkdir(parents=True)
        write(course / folder / LESSON / f"{LESSON}.ipynb", checked(name, *verdicts))
    (course / "gradebook.db").touch()
    scores = {("ivanova", LESSON, f"{name}-check"): (score, 1.0)}
    monkeypatch.setattr(class_report, "_scores", lambda _course: scores)
    monkeypatch.setattr(class_report, "_tried", lambda _course: {})
    return class_report.report(course)


@pytest.mark.parametrize(
    ("score", "published", "mark"),
    [
        (1.0, [{"verdict": "right", "why": RIGHT}], "right"),
        (1.0, [{"verdict": "wrong", "why": ""}, {"verdict": "right", "why": RIGHT}], "doubtful"),
        (1.0, [{"verdict": "right", "why": ""}], "doubtful"),
        (1.0, [{"verdict": "right", "why": RIGHT}, {"verdict": "right"}], "doubtful"),
        (1.0, [], "doubtful"),
        (1.0, [{"verdict": "blank", "why": ""}], "doubtful"),
        (1.0, [{"exercise": "structure-2", "verdict": "right", "why": ""}], "doubtful"),
        (1.0, ["right"], "doubtful"),
        (0.0, [{"verdict": "blank", "why": ""}], "blank"),
        (0.0, [{"verdict": "wrong", "why": ""}], "wrong"),
        (0.0, [{"verdict": "right", "why": ""}], "wrong"),  # a hidden test wanted more
        (0.0, [], "wrong"),
    ],
)
def test_a_mark_is_read_from_what_check_published(
    score: float, published: list[Any], mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [
        {"exercise": "structure-1", **one} if isinstance(one, dict) else one for one in published
    ]
    found = reported(tmp_path, monkeypatch, "structure-1", score, *named)
    assert found.marks == {"ivanova": {"structure-1": mark}}
    assert found.points == {"ivanova": score}
    assert found.shared == []


def test_an_explanation_is_shown_in_the_language_of_the_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = declared("structure")["structure-1"].mistakes[0].why
    wrong = {"exercise": "structure-1", "verdict": "wrong", "why": why}
    set_language("ru")
    found = reported(tmp_path, monkeypatch, "structure-1", 0.0, wrong)
    assert found.shared == [class_report.Shared("structure-1", _(why), ("ivanova",))]
    assert _(why) != why


@pytest.mark.parametrize("why", ["<script>", "", 7, None, ["x"], {"a": 1}])
def test_an_explanation_that_nobody_declared_is_not_counted(
    why: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"exercise": "structure-1", "verdict": "wrong", "why": why}
    found = reported(tmp_path, monkeypatch, "structure-1", 0.0, wrong)
    assert found.shared == []
    assert found.marks["ivanova"]["structure-1"] == "wrong"


# ---- answers that nobody gave


@pytest.mark.parametrize(
    ("sources", "answered"),
    [
        ({}, False),
        ({"structure-1": "positions = ...  # I do not know"}, False),
        ({"structure-1": "# nothing"}, False),
        ({"structure-1": ""}, False),
        ({"structure-1": "import dicom_lessons\n\nx = 1\npositions = ..."}, False),
        ({"structure-1": "positions = [1]"}, True),
        ({"structure-1": "%time positions = [1]"}, True),
        ({"structure-1": "%%time\npositions = [1]"}, True),
        ({"structure-1": "%matplotlib inline\npositions = [1]"}, True),
        ({"structure-1": "for one in [1]:\n    positions = [one]"}, True),
        ({"structure-1": "from math import pi as positions"}, True),
        ({"structure-1": "x, positions = 1, [1]"}, True),
        ({"hex-view": "positions = [1]"}, True),  # answered in another cell
        ({"structure-1-check": "positions = [1]"}, False),
    ],
)
def test_an_answer_is_a_statement_that_binds_it_and_is_not_the_blank(
    sources: dict[str, str], answered: bool
) -> None:
    release = classroom.read(NOTEBOOKS / "en" / f"{LESSON}.ipynb")
    done = copy.deepcopy(release)
    for cell in done["cells"]:
        cell["source"] = sources.get(cell["id"], cell["source"])
    assert class_report._is_answered(done, release, "structure-1") == answered


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (("NotRight", "Not yet. You answered 1."), "Not yet. You answered 1."),
        (("AssertionError", "no text"), "no text"),
        (("NameError", "name 'x' is not defined"), "NameError: name 'x' is not defined"),
        (("NotRight", "There is no file /home/a b/class/my_work/x.dcm: write it."),
         "There is no file x.dcm: write it."),
        (("NotRight", r"There is no file 'C:\Users\Анна\x.dcm'"), "There is no file 'x.dcm'"),
        (("NotRight", "\x1b[31mred\x1b[0m 1/2 (0008,0016)/x https://a.b/c"),
         "red 1/2 (0008,0016)/x https://a.b/c"),
    ],
)  # fmt: skip
def test_what_an_error_says_to_a_learner(error: tuple[str, str], text: str) -> None:
    output = {"output_type": "error", "ename": error[0], "evalue": error[1], "traceback": ["x"]}
    assert feedback._error(output) == text


def test_grades_know_the_roster_and_what_a_blank_row_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "roster.csv").write_text(
        "ivanova,Анна Иванова,a@example.org\nabsent,Пётр =1,p@example.org\n", "utf-8"
    )
    for state in ("submitted/waiting", "submitted/stopped", "set_aside/aside"):
        (tmp_path / state / LESSON).mkdir(parents=True)
        (tmp_path / state / LESSON / f"{LESSON}.ipynb").write_text("{}", "utf-8")
    reported(tmp_path, monkeypatch, "structure-1", 1.0, RIGHT_VERDICT)
    monkeypatch.setattr(class_report, "_tried", lambda _course: {("stopped", LESSON): ""})
    report_files.write_report(tmp_path)
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "ivanova": "graded", "absent": "not handed in", "waiting":
        "not graded yet: run nbgrader autograde", "aside": "set aside: it could not be read",
        "stopped": "stopped by its own code",
    }  # fmt: skip
    assert (rows["ivanova"]["name"], rows["ivanova"]["email"]) == ("Анна Иванова", "a@example.org")
    assert rows["ivanova"]["accepted"] == rows["ivanova"]["max_score"] == "1"
    page = (tmp_path / "report" / "class.html").read_text("utf-8")
    assert page.count("set aside: it could not be read") == 2


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
    (remark,) = classroom.examine(course)
    assert not notebook.exists()
    assert remark.learner == "ivanova"
    assert remark.original is not None
    assert remark.original.read_text(encoding="utf-8") == content
    assert "Ask for it again" in remark.what


def test_files_beside_and_wrong_names_are_told(course: Path) -> None:
    notebook = submitted(course, "{}", "homework.ipynb")
    assert "only: homework.ipynb" in classroom.examine(course)[0].what
    notebook.with_name("dicom_lessons.py").write_text("check = print", encoding="utf-8")
    notebook.rename(notebook.with_name(f"{LESSON}.ipynb")).write_text(
        (course / "source" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"), "utf-8"
    )
    assert [remark.what for remark in classroom.examine(course)] == [
        "dicom_lessons.py beside it is not used."
    ]


def test_only_what_a_learner_added_is_called_suspicious(course: Path) -> None:
    for source in sorted((course / "source").glob("*/*.ipynb")):
        lesson = classroom.read(source)
        folder = course / "submitted" / "ivanova" / source.stem
        folder.mkdir(parents=True)
        write(folder / source.name, lesson)
    assert classroom.examine(course) == []
    cell = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": []}
    lesson["cells"].append({**cell, "execution_count": None, "source": "import sys; sys.modules"})
    write(folder / source.name, lesson)
    (remark,) = classroom.examine(course)
    assert "sys.modules" in remark.what


def test_examining_twice_finds_a_mended_submission_whole(course: Path) -> None:
    lesson = classroom.read(course / "source" / LESSON / f"{LESSON}.ipynb")
    first = classroom.graded(lesson)[0].removesuffix("-check")
    submitted(course, json.dumps(doubled(lesson, first)))
    assert len(classroom.examine(course)) == 1
    assert classroom.examine(course) == []
