"""Every declared exercise in both languages: solutions pass, whatever is wrong is explained."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import os
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from lesson_files import cells, sittings_of

import dicom_lessons
from course_tools import lessons
from dicom_lessons import check, compare, hint, predict, progress, quiz, solution
from dicom_lessons.exercises import feedback, forms, judging, kinds, plain, sources
from dicom_lessons.exercises import lessons as declarations
from dicom_lessons.exercises.judging import answered
from dicom_lessons.exercises.lessons import LESSONS, declared
from dicom_lessons.text import _, set_language

EXERCISES = {name: exercise for lesson in LESSONS for name, exercise in declared(lesson).items()}
# a learner's wrong answer may leave files and sockets open
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
every = pytest.mark.parametrize("name", EXERCISES)
both = pytest.mark.parametrize("language", ["en", "ru"])


@pytest.fixture(autouse=True)
def own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Solutions may write files, and right answers are written down: both go here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path / "progress.json"


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has tried anything yet, nor taken a hint."""
    for counts in ("_tries", "_hints"):
        monkeypatch.setattr(judging, counts, Counter())
    monkeypatch.setattr(judging, "_done", set())
    monkeypatch.setattr(feedback, "_predictions", {})


def answer_of(source: str) -> object:
    namespace: dict[str, Any] = {}
    exec(compile(source, "<answer>", "exec"), namespace)
    return namespace[sources.bound_name(source)]


@cache
def notebook(lesson: str, language: str) -> dict[str, Any]:
    """Return the cells of a lesson and those of its exercises elsewhere, by their ids."""
    own = sittings_of(lesson, language)
    found = [
        cell
        for path in lessons.notebooks(language)
        for cell in read_cells(path)
        if path in own or cell["id"].startswith(f"{lesson}-")
    ]
    return {cell["id"]: {**cell, "source": "".join(cell["source"])} for cell in found}


read_cells = cache(cells)


# ---- what is declared


@every
def test_each_model_solution_is_right(name: str) -> None:
    exercise = EXERCISES[name]
    for source in (exercise.solution, *exercise.also_right):
        verdict = exercise.judge(answer_of(source))
        assert verdict.right, verdict.why


@every
@both
def test_each_mistake_meets_its_own_explanation(name: str, language: str) -> None:
    set_language(language)
    exercise = EXERCISES[name]
    for mistake in exercise.mistakes:
        with warnings.catch_warnings(action="ignore"):  # a wrong program may well warn
            answer = answer_of(mistake.text)
        verdict = exercise.judge(answer)
        assert (verdict.right, verdict.reason) == (False, mistake.why)
        assert _(mistake.why) in verdict.why


CHOICES = [name for name in EXERCISES if isinstance(EXERCISES[name], kinds.Choice)]


@pytest.mark.parametrize("name", CHOICES)
def test_each_option_of_a_choice_has_its_own_explanation(name: str) -> None:
    exercise = EXERCISES[name]
    assert isinstance(exercise, kinds.Choice)
    verdicts = [exercise.judge(letter) for letter in forms.LETTERS[: len(exercise.options)]]
    assert [verdict.right for verdict in verdicts].count(True) == 1
    assert len({verdict.why for verdict in verdicts}) == len(exercise.options)
    assert len({option.text for option in exercise.options}) == len(exercise.options)


@every
def test_a_learner_can_err_in_a_foreseen_way(name: str) -> None:
    exercise = EXERCISES[name]
    foreseen = isinstance(exercise, kinds.Choice | kinds.Prediction) or exercise.mistakes
    assert foreseen


@every
def test_hints_are_three_and_different(name: str) -> None:
    hints = EXERCISES[name].hints
    assert len(hints) == len(set(hints)) == 3
    assert all(text.strip() for text in hints)


@every
def test_all_texts_have_russian(name: str) -> None:
    set_language("ru")
    for text in _texts(EXERCISES[name]):
        russian = _(text)
        assert russian != text or not re.search("[a-z]{4} [a-z]{3}", text), text


def _texts(exercise: kinds.Exercise) -> Iterator[str]:
    yield exercise.question
    yield from filter(None, [exercise.why])
    yield from exercise.hints
    yield from (mistake.why for mistake in exercise.mistakes)
    if isinstance(exercise, kinds.Choice):
        for option in exercise.options:
            yield from (option.text, option.why)


@pytest.mark.parametrize(
    ("name", "answer", "seen"),
    [
        ("structure-1", [144, 148, 152, 154, 156], "Right: 3 of 5."),
        ("modality-1", ["KO", "CT", "SC", "DR"], "Right: 2 of 5."),
        ("meet_dicom-4", "cedbfa", "Right: 4 of 6."),
    ],
)
def test_an_unforeseen_list_is_told_how_much_of_it_is_right(
    name: str, answer: object, seen: str
) -> None:
    verdict = EXERCISES[name].judge(answer)
    assert verdict.right is False
    assert verdict.why.endswith(seen)


def test_a_function_that_prints_is_told_to_return(capsys: pytest.CaptureFixture[str]) -> None:
    set_language("en")
    verdict = EXERCISES["meet_dicom-3"].judge(lambda path: print(path.name))
    assert verdict.right is False
    assert "return" in verdict.why
    assert EXERCISES["meet_dicom-3"].judge(lambda path: None).right is None


def test_no_text_stays_no_text() -> None:
    set_language("ru")
    assert _("") == ""


def test_a_second_right_answer_is_right_whatever_the_kind() -> None:
    text: dict[str, Any] = {"name": "x-1", "question": "Q", "why": "", "hints": ("1", "2", "3")}
    value = kinds.Value(solution="x = 7", also_right=("x = 9",), **text)
    assert [value.judge(answer).right for answer in (7, 9, 8)] == [True, True, False]
    code = kinds.Code(
        solution="def f(n):\n    return n",
        also_right=("def f(n):\n    return -n",),
        cases=lambda: [(1,), (2,)],
        **text,
    )
    functions = (lambda n: n, lambda n: -n, abs, lambda n: n if n == 1 else -n)
    assert [code.judge(one).right for one in functions] == [True, True, True, False]
    options = tuple(kinds.Answer(letter, letter) for letter in "ABC")
    choice = kinds.Choice(solution="x = 'a'", also_right=("x = 'c'",), options=options, **text)
    assert [choice.judge(letter).right for letter in "abc"] == [True, False, True]


@every
def test_a_right_answer_is_explained(name: str) -> None:
    exercise = EXERCISES[name]
    assert exercise.judge(answer_of(exercise.solution)).why


def test_names_are_unique_and_each_lesson_is_known() -> None:
    names = [name for lesson in LESSONS for name in declared(lesson)]
    texts = [
        (Path(dicom_lessons.__file__).parent / lesson / "exercises.md").read_text("utf-8")
        for lesson in LESSONS
    ]
    headings = re.findall(r"^## ", "\n".join(texts), flags=re.M)
    assert len(names) == len(set(names)) == len(headings)
    rooms = Path(dicom_lessons.__file__).parent.glob("*/exercises.md")
    assert {path.parent.name for path in rooms} == {*LESSONS}
    for lesson in LESSONS:
        assert all(name.rpartition("-")[0] == lesson for name in declared(lesson))


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_an_examination_names_is_explained(lesson: str) -> None:
    """A name without its sentence would be shown as it is."""
    checks = Path(dicom_lessons.__file__).parent / lesson / "checks.py"
    returns = [
        node.value
        for node in ast.walk(ast.parse(checks.read_text("utf-8")))
        if isinstance(node, ast.Return)
    ]
    branches = [(one.body, one.orelse) for one in returns if isinstance(one, ast.IfExp)]
    values = [*returns, *itertools.chain.from_iterable(branches)]
    constants = [one.value for one in values if isinstance(one, ast.Constant)]
    returned = {value for value in constants if isinstance(value, str)}
    examined = [one for one in declared(lesson).values() if isinstance(one, kinds.Repair)]
    explained = {finding for exercise in examined for finding in exercise.findings}
    assert returned - {""} == explained


# ---- how lessons use it


@every
@both
def test_the_lesson_asks_the_question_word_for_word(name: str, language: str) -> None:
    exercise = EXERCISES[name]
    cells = notebook(name.rpartition("-")[0], language)
    set_language(language)
    text = cells.get(f"{name}-text")
    if text is None:
        assert re.search(r"-[a-z]\d+$", name), f"no text cell of {name}"
        return
    plain = " ".join(text["source"].replace("`", "").replace("*", "").split())
    assert " ".join(_(exercise.question).replace("`", "").split()) in plain
    if isinstance(exercise, kinds.Choice) and f"{name}-check" in cells:
        for letter, option in zip(forms.LETTERS, exercise.options, strict=False):
            assert f"{letter}. {_(option.text)}".replace("`", "") in plain


@pytest.mark.parametrize("lesson", LESSONS)
@both
def test_exercise_cells_are_what_nbgrader_wants(lesson: str, language: str) -> None:
    cells = notebook(lesson, language)
    common = {"schema_version": 3, "task": False}
    graded = [name for name in declared(lesson) if f"{name}-check" in cells]
    assert graded
    for name in graded:
        kind: dict[str, object] = {"grade": False, "locked": True, "solution": False}
        assert cells[f"{name}-text"]["metadata"]["nbgrader"] == {
            **common, **kind, "grade_id": f"{name}-text"
        }  # fmt: skip
        kind = {"grade": False, "locked": False, "solution": True}
        assert cells[name]["metadata"]["nbgrader"] == {**common, **kind, "grade_id": name}
        kind = {"grade": True, "locked": True, "solution": False}
        kind["points"] = 1
        assert cells[f"{name}-check"]["metadata"]["nbgrader"] == {
            **common, **kind, "grade_id": f"{name}-check"
        }  # fmt: skip
        order = [key for key in cells if key in {f"{name}-text", name, f"{name}-check"}]
        assert order == [f"{name}-text", name, f"{name}-check"]
    parts = ("-text", "", "-check")
    others = set(cells) - {f"{name}{part}" for name in EXERCISES for part in parts}
    assert not any("nbgrader" in cells[key]["metadata"] for key in others)


@pytest.mark.parametrize("lesson", LESSONS)
@both
def test_check_cells_import_check_anew_and_accept_the_solution(
    lesson: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = notebook(lesson, language)
    for name, exercise in declared(lesson).items():
        if f"{name}-check" not in cells:
            continue
        source = cells[f"{name}-check"]["source"]
        assert source.startswith("from dicom_lessons import check\n")
        namespace: dict[str, object] = {"check": print}
        exec(exercise.solution, namespace)
        exec(source, namespace)
        said = capsys.readouterr().out
        assert said.startswith(_("Right. {why}", why=""))
        stub = ast.parse(cells[name]["source"]).body[-1]
        assert sources.bound_name(ast.unparse(stub)) == sources.bound_name(exercise.solution)


@pytest.mark.parametrize("lesson", LESSONS)
@both
def test_every_name_that_a_lesson_uses_is_declared(lesson: str, language: str) -> None:
    calls = r"\b(?:check|hint|predict|compare|quiz)\(\s*[\"']([^\"']+)"
    used = {
        name
        for cell in notebook(lesson, language).values()
        if cell["cell_type"] == "code"
        for name in re.findall(calls, cell["source"])
    }
    assert used <= set(EXERCISES)
    assert set(declared(lesson)) <= used


# ---- answers of every sort


class Hostile:
    """Raises wherever it is touched."""

    def _raise(self, *_others: object, **_named: object) -> Any:
        raise SystemExit("hostile")

    __eq__ = __repr__ = __str__ = __bool__ = __len__ = __iter__ = __getitem__ = _raise
    __call__ = __index__ = __float__ = __fspath__ = __array__ = __bytes__ = __getattr__ = _raise
    __hash__ = None  # type: ignore[assignment]


def endless() -> Iterator[int]:
    yield from itertools.count()


def recursive(*arguments: object) -> object:
    return recursive(*arguments)


def leaving(*_arguments: object) -> object:
    sys.exit(3)


def noisy(*_arguments: object) -> object:
    print("look out", file=sys.stderr)
    return 7


nested: list[object] = []
nested.append(nested)

RUBBISH = [
    *(Hostile(), Hostile, object(), endless(), nested, recursive, leaving, noisy, print, type),
    *("", " ", "a" * 100_000, "\x00", "<img src=x onerror=alert(1)>", "{name}", "%s", "../.."),
    *(0, -1, 10**5000, 2**31, 1.5, float("nan"), float("inf"), 1j, True, False, b"", b"\xff" * 9),
    *([], (), {}, set(), [1, [2, [3]]], {"a": 1}, range(10**9), slice(3), NotImplemented),
    *(np.arange(6), np.zeros((2, 3)), np.array("x"), np.bool_(True), np.float32(1.5), np.nan),
    *(Path(), Path("/"), Path("\x00"), os, memoryview(b"ab"), iter([1, 2]), Exception("x"), []),
]  # fmt: skip


@pytest.fixture(scope="module")
def one_of_each_kind() -> list[kinds.Exercise]:
    text: dict[str, Any] = {"question": "Q", "why": "Because.", "hints": ("1", "2", "3")}
    options = (kinds.Answer("one", "No."), kinds.Answer("two", "Yes."))
    numbers = forms.list_of(forms.integer, ordered=False)
    forms_of_value = [*_every_form(), numbers, forms.list_of(forms.tag)]
    return [
        *(
            kinds.Value(name=f"x-{form.__name__}", solution=f"x = {solution}", form=form, **text)
            for form, solution in zip(forms_of_value, [*_SOLUTIONS, "[1, 2]", "[]"], strict=True)
        ),
        kinds.Prediction(name="x-p", solution="x = 4", **text),
        kinds.Choice(name="x-c", solution="x = 'b'", options=options, **text),
        kinds.Parsons(name="x-o", solution="x = 'cab'", lines=("1", "2", "3"), **text),
        kinds.Repair(name="x-r", solution="x = ''", examine=lambda path: str(path.stat()), **text),
        kinds.Code(
            name="x-f",
            solution="def f(n):\n    return [n, n / 3]",
            cases=lambda: [(0,), (1,)],
            mistakes=(kinds.Answer("def f(n):\n    return n", "No list."),),
            **text,
        ),
    ]


_SOLUTIONS = ["'x'", "7", "0.5", "0x00100010", "'yes'", "'1.2.840.10008.1.2'", "b'DICM'", "True"]


def _every_form() -> list[forms.Form]:
    return [
        *(forms.as_it_is, forms.integer, forms.number, forms.tag),
        *(forms.text, forms.uid, forms.raw_bytes, forms.truth),
    ]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda value: type(value).__name__)
@both
def test_rubbish_gets_a_sensible_sentence(
    rubbish: object, language: str, one_of_each_kind: list[kinds.Exercise]
) -> None:
    set_language(language)
    for exercise in one_of_each_kind:
        verdict, message = answered(exercise, rubbish)
        if verdict.right:
            continue
        assert 10 < len(message) < 600
        assert "\n" not in message and message.endswith("."), message
        assert "Traceback" not in message and " at 0x" not in message.partition("0x")[0]


@every
def test_no_rubbish_passes_or_harms(name: str) -> None:
    for rubbish in RUBBISH:
        verdict, message = answered(EXERCISES[name], rubbish)
        assert message
        if verdict.right:
            assert plain.same(rubbish, rubbish) and not isinstance(rubbish, str | Hostile)


_scalars = (
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
    | strategies.complex_numbers() | strategies.text(max_size=9) | strategies.binary(max_size=9)
    | strategies.datetimes() | strategies.sampled_from([..., int, len, np.int64(7), "7FE00010"])
)  # fmt: skip
_values = strategies.recursive(
    _scalars,
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.text(max_size=3), inner, max_size=2)
        | strategies.lists(inner, max_size=2).map(tuple)
        | inner.map(lambda value: lambda *_arguments: value)
    ),
    max_leaves=4,
)


@hypothesis.settings(max_examples=400, derandomize=True, deadline=None, database=None)
@hypothesis.given(strategies.lists(_values, min_size=25, max_size=25))
def test_ten_thousand_random_values_never_crash_any_kind(answers: list[object]) -> None:
    for place, answer in enumerate(answers):
        for exercise in RANDOM[place % 5 :: 5]:  # each meets two thousand of them
            _verdict, message = answered(exercise, answer)
            assert message


RANDOM: list[kinds.Exercise] = []


@pytest.fixture(autouse=True, scope="module")
def _random_exercises(one_of_each_kind: list[kinds.Exercise]) -> None:
    RANDOM[:] = one_of_each_kind


# ---- what a learner calls


@pytest.fixture
def declared_for_test(
    monkeypatch: pytest.MonkeyPatch, one_of_each_kind: list[kinds.Exercise]
) -> None:
    """One lesson of one exercise of each kind stands where the lessons' declarations stand."""
    known = {one.name: dataclasses.replace(one, sitting="01a") for one in one_of_each_kind}
    monkeypatch.setattr(declarations, "LESSONS", {"structure": "01"})
    monkeypatch.setattr(declarations, "declared", lambda _lesson: known)
    for module in (feedback, declarations, dicom_lessons.exercises.progress):
        monkeypatch.setattr(module, "find", known.__getitem__)


@pytest.mark.usefixtures("declared_for_test")
def test_check_prints_and_raises_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    check("x-integer", 7)
    check("x-integer", "8")
    check("x-integer", ...)
    assert capsys.readouterr().out.splitlines() == [
        "Right. Because.",
        "Not yet. You answered '8'. For a hint: hint(\"x-integer\")",
        'No answer yet: write yours instead of the three dots. For a hint: hint("x-integer")',
    ]


@pytest.mark.usefixtures("declared_for_test")
def test_under_nbgrader_only_a_right_answer_raises_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_progress: Path
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check("x-integer", 7)
    for answer in (8, ..., None, *RUBBISH):
        with pytest.raises(AssertionError, match=r"\w{3}"):
            check("x-integer", answer)
    for function, did in ((noisy, "gave"), (leaving, "raised"), (recursive, "raised")):
        with pytest.raises(AssertionError, match=f"your function {did}"):
            check("x-f", function)
    said = capsys.readouterr()
    assert said.out == "Right. Because.\n"
    assert said.err == ""
    assert not own_progress.exists()


@pytest.mark.usefixtures("declared_for_test")
def test_a_function_is_judged_by_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    check("x-f", lambda n: (n, np.float64(n) / 3))
    check("x-f", lambda n: n)
    check("x-f", lambda n: [n, 1 / 0])
    check("x-f", lambda: None)
    check("x-f", lambda _n: None)
    check("x-f", 7)
    right, mistaken, failed, refused, empty, number = capsys.readouterr().out.splitlines()
    assert right == "Right. Because."
    assert "Called with (0), your function gave 0; expected: [0, 0.0]. No list." in mistaken
    assert "ZeroDivisionError('division by zero')" in failed
    assert "TypeError" in refused
    assert empty.startswith("No answer yet")
    assert "A function is expected here." in number


@pytest.mark.usefixtures("declared_for_test")
def test_hints_come_one_after_another(capsys: pytest.CaptureFixture[str]) -> None:
    for _again in range(4):
        hint("x-o")
    said = capsys.readouterr().out.split("\n")
    offer = 'For the solution: from dicom_lessons import solution; solution("x-o")'
    last = ["Hint 3 of 3: 3", offer]
    assert said == ["Hint 1 of 3: 1", "Hint 2 of 3: 2", *last, *last, ""]


@pytest.mark.usefixtures("declared_for_test")
def test_a_solution_comes_after_three_hints(capsys: pytest.CaptureFixture[str]) -> None:
    for _again in range(3):
        solution("x-o")
        hint("x-o")
    capsys.readouterr()
    solution("x-o")
    assert capsys.readouterr().out == "x = 'cab'\n3\n1\n2\n\nBecause.\n"


@pytest.mark.usefixtures("declared_for_test")
def test_before_that_it_says_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    for language, first in (("en", "The solution comes"), ("ru", "Решение откроется")):
        set_language(language)
        solution("x-integer")
        assert capsys.readouterr().out.startswith(first)
    set_language("en")
    hint("x-integer")
    check("x-integer", 8)
    check("x-integer", ...)  # no try
    capsys.readouterr()
    solution("x-integer")
    assert capsys.readouterr().out == (
        "The solution comes after three hints or three tries. Hints left: 2; tries left: 2.\n"
    )


@pytest.mark.usefixtures("declared_for_test")
def test_a_solution_comes_after_three_tries_or_a_right_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for wrong in (1, 2, 3):
        check("x-integer", wrong)
    offered = ["For the solution" in line for line in capsys.readouterr().out.splitlines()]
    assert offered == [False, False, True]
    check("x-c", "b")
    predict("x-p", 4)
    compare("x-p")
    capsys.readouterr()
    for name, model in (("x-integer", "x = 7"), ("x-c", "b. two"), ("x-p", "x = 4")):
        solution(name)
        assert capsys.readouterr().out.startswith(f"{model}\n\n")


@every
@both
def test_each_solution_is_shown_with_its_reason(
    name: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_language(language)
    exercise = EXERCISES[name]
    for _again in range(3):
        hint(name)
    capsys.readouterr()
    solution(name)
    shown = capsys.readouterr().out
    assert shown.endswith(f"\n\n{_(exercise.why)}\n")
    if isinstance(exercise, kinds.Choice):
        right = str(answer_of(exercise.solution))
        option = exercise.options[forms.LETTERS.index(right)]
        assert shown.startswith(f"{right}. {_(option.text)}\n")
    else:
        assert shown.startswith(exercise.solution.strip())


@pytest.mark.usefixtures("declared_for_test")
def test_no_solution_is_shown_while_nbgrader_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for _again in range(3):
        hint("x-integer")
    capsys.readouterr()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    solution("x-integer")
    with pytest.raises(AssertionError) as told:
        check("x-integer", 8)
    assert capsys.readouterr().out == "No solution is shown while answers are graded.\n"
    assert "solution" not in str(told.value)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_verdict_is_published_as_data(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the class report reads it: in every language alike, also where the check raises."""
    published: list[Any] = []
    shell = SimpleNamespace(
        get_ipython=object,
        display=SimpleNamespace(
            publish_display_data=lambda data, metadata: published.append((data, metadata))
        ),
    )
    monkeypatch.setitem(sys.modules, "IPython", shell)
    set_language(language)
    check("structure-3", 1)
    assert published == []  # a learner's own notebook stays as it is
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    exercise = EXERCISES["structure-3"]
    check("structure-3", answer_of(exercise.solution))
    mistake = exercise.mistakes[0]
    for answer in (answer_of(mistake.text), "1.2.3", ...):
        with pytest.raises(AssertionError):
            check("structure-3", answer)
    assert [metadata["dicom_lessons"] for _data, metadata in published] == [
        {"exercise": "structure-3", "verdict": verdict, "why": why}
        for verdict, why in (
            ("right", exercise.why), ("wrong", mistake.why), ("wrong", ""), ("blank", "")
        )
    ]  # fmt: skip
    assert all(data == {"text/plain": f"structure-3: {metadata['dicom_lessons']['verdict']}"}
               for data, metadata in published)  # fmt: skip


@pytest.mark.parametrize("name", ["meet_dicom-1", "download-5", "download-4", "structure-2"])
def test_every_kind_publishes_the_english_explanation(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_language("ru")
    exercise = EXERCISES[name]
    wrong = "a" if isinstance(exercise, kinds.Choice) else answer_of(exercise.mistakes[0].text)
    verdict, _message = answered(exercise, wrong)
    explanations = [mistake.why for mistake in exercise.mistakes]
    explanations += [option.why for option in getattr(exercise, "options", ())]
    assert verdict.reason in explanations
    assert answered(exercise, answer_of(exercise.solution))[0].reason == exercise.why


@pytest.mark.parametrize("written", [True, "True", " true", "'TRUE'", np.bool_(True)])
def test_a_truth_may_stand_in_quotes(written: object) -> None:
    assert forms.written_truth(written) is True
    assert forms.written_truth("False") is False
    for other in ("yes", 1, "", "1"):
        with pytest.raises(TypeError, match="True or False"):
            forms.written_truth(other)


def test_commas_part_a_list_before_spaces_do() -> None:
    names = forms.list_of(forms.exact_text)
    assert names("Image Plane, SOP Common") == ["Image Plane", "SOP Common"]
    assert names("['Image Plane'; 'SOP Common']") == ["Image Plane", "SOP Common"]
    assert names("CT MR\tPT") == names("CT, MR,PT,") == ["CT", "MR", "PT"]


@pytest.mark.usefixtures("declared_for_test")
def test_a_prediction_of_another_kind_is_refused_before_the_result_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    predict("x-p", 4)
    predict("x-p", "four")
    compare("x-p")
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Expected here: a whole number, for example 132 or 0x84.",
        "Predict first: write what you expect two cells above and run that cell.",
    ]


@pytest.mark.usefixtures("declared_for_test")
def test_a_prediction_is_noted_then_compared(capsys: pytest.CaptureFixture[str]) -> None:
    compare("x-p")
    predict("x-p", ...)
    predict("x-p", "0x5")
    compare("x-p")
    predict("x-p", 4)
    compare("x-p")
    with pytest.raises(ValueError, match="x-o is no prediction"):
        predict("x-o", 1)
    assert capsys.readouterr().out.splitlines() == [
        "Predict first: write what you expect two cells above and run that cell.",
        "What do you expect? Write it instead of the three dots, then run this cell.",
        "Noted: '0x5'. The next cell shows it.",
        "Not what you predicted. You answered '0x5'.",
        "Because.",
        "Noted: 4. The next cell shows it.",
        "As you predicted. Because.",
    ]


def test_an_unknown_name_lists_near_ones() -> None:
    with pytest.raises(LookupError, match="structure-1"):
        check("structur-1", 5)


# ---- the quiz


def test_a_quiz_explains_each_option_and_escapes_all(
    one_of_each_kind: list[kinds.Exercise],
) -> None:
    from dicom_lessons.exercises.quiz import Quiz

    options = (kinds.Answer("<b>one", "No <i>."), kinds.Answer("two", "Yes & so."))
    text: dict[str, Any] = {"why": "", "hints": ("1", "2", "3")}
    choice = kinds.Choice(
        name="structure-x", question="<script>?", solution="x = 'b'", options=options, **text
    )
    asked = Quiz(choice)
    assert asked.buttons.value is None
    asked.buttons.value = "a"
    assert "✗ Not yet. No &lt;i&gt;." in asked.feedback.value
    asked.buttons.value = "b"
    assert "✓ Right. Yes &amp; so." in asked.feedback.value
    shown = asked._repr_mimebundle_()
    assert shown["text/plain"] == "<script>?\na. <b>one\nb. two"
    assert "<li>&lt;b&gt;one</li>" in shown["text/html"]
    assert "<script>" not in shown["text/html"] + asked.children[0].value
    assert "Yes" not in json.dumps(shown)


def test_a_quiz_gives_hints(one_of_each_kind: list[kinds.Exercise]) -> None:
    from dicom_lessons.exercises.quiz import Quiz

    choice = next(one for one in one_of_each_kind if isinstance(one, kinds.Choice))
    asked = Quiz(choice)
    assert asked.hint.value == ""
    for number in (1, 2, 3, 3):
        asked.hint_button.click()
        assert asked.hint.value == f'<p role="status">Hint {number} of 3: {number}</p>'


@pytest.mark.parametrize("lesson", LESSONS)
@both
def test_a_lesson_says_once_that_predictions_and_quizzes_have_hints(
    lesson: str, language: str
) -> None:
    told = [
        cell["source"]
        for cell in notebook(lesson, language).values()
        if re.search(rf'hint\("{lesson}-p\d+"\)', cell["source"])
    ]
    assert len(told) == 1
    assert {"en": "button", "ru": "кнопка"}[language] in told[0]


def test_a_quiz_asks_choices_only() -> None:
    wrong = next(name for name, one in EXERCISES.items() if not isinstance(one, kinds.Choice))
    with pytest.raises(ValueError, match="is no choice"):
        quiz(wrong)


# ---- progress


@pytest.mark.usefixtures("declared_for_test")
def test_progress_counts_what_is_done(
    capsys: pytest.CaptureFixture[str], own_progress: Path
) -> None:
    check("x-integer", 7)
    check("x-integer", 7)
    check("x-tag", 7)
    predict("x-p", 9)
    compare("x-p")
    assert json.loads(own_progress.read_text("utf-8"))["done"] == ["x-integer", "x-p"]
    capsys.readouterr()
    progress()
    first, following, place = capsys.readouterr().out.splitlines()
    assert first == "01a x            ■■□□□□□□□□□□□□ 2 of 14"
    assert following == "Try next: x-as_it_is. Q"
    assert str(own_progress) in place
    own_progress.unlink()
    progress()
    assert "0 of 14" in capsys.readouterr().out


@pytest.mark.usefixtures("declared_for_test")
@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"{", b"[]", b"7", b'{"course": "other"}', b'{"done": [1]}',
     b'{"course": "dicom_lessons", "done": [[]]}', b"[" * 100_000, b"x" * 2_000_000],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_a_foreign_file_is_set_aside(
    content: bytes, capsys: pytest.CaptureFixture[str], own_progress: Path
) -> None:
    own_progress.write_bytes(content)
    own_progress.with_suffix(".1.aside").write_text("an earlier one", "utf-8")
    check("x-integer", 7)
    assert own_progress.with_suffix(".2.aside").read_bytes() == content
    assert own_progress.with_suffix(".1.aside").read_text("utf-8") == "an earlier one"
    assert "it now lies in" in capsys.readouterr().out
    assert json.loads(own_progress.read_text("utf-8"))["done"] == ["x-integer"]


@pytest.mark.usefixtures("declared_for_test")
def test_a_place_that_cannot_be_written_is_no_obstacle(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (tmp_path, tmp_path / "file" / "progress.json"):
        (tmp_path / "file").write_text("no folder", "utf-8")
        monkeypatch.setenv("DICOM_LESSONS_PROGRESS", str(place))
        check("x-integer", 7)
        progress()
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", "off")
    check("x-integer", 7)
    assert not Path("off").exists()
    assert capsys.readouterr().out.count("Right.") == 3


# ---- figures of the system itself


def test_a_right_answer_stays_right_when_the_language_changes() -> None:
    """What the solutions come to may be sentences, in the language of the moment."""
    exercise = EXERCISES["network-20"]
    answer = answer_of(exercise.solution)
    for language in ("en", "ru", "en"):
        set_language(language)
        assert exercise.judge(answer).right
