"""Answers that would harm: what they touch stays whole, what they claim earns nothing."""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import enum
import faulthandler
import inspect
import itertools
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import Tag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian
from pydicom.valuerep import IS, DSdecimal, DSfloat, PersonName

from dicom_lessons import check, predict, reading, samples
from dicom_lessons.exercises import apart, calls, feedback, forms, kinds, plain, sources
from dicom_lessons.exercises.judging import answered
from dicom_lessons.exercises.lessons import LESSONS, declared
from dicom_lessons.text import set_language

EXERCISES = {name: exercise for lesson in LESSONS for name, exercise in declared(lesson).items()}
FUNCTIONS = [name for name, one in EXERCISES.items() if callable(sources.bound_by(one.solution))]
every = pytest.mark.parametrize("name", EXERCISES)
every_function = pytest.mark.parametrize("name", FUNCTIONS)
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs a process of its own")
TEXT: dict[str, Any] = {"name": "x-1", "question": "Q", "why": "Because.", "hints": ("1", "2", "3")}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_language("en")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DICOM_LESSONS_PROGRESS", "off")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr(apart, "LIMIT", 1.0)


def model(name: str) -> Any:
    return sources.bound_by(EXERCISES[name].solution)


def code(solution: str, **parts: Any) -> kinds.Code:
    return kinds.Code(solution=solution, **{"cases": lambda: [(1,), (2,)], **TEXT, **parts})


# ---- what a function is given


def state() -> list[tuple[str, int, int]]:
    """Return names, sizes and times of the installed samples and of everything in the course."""
    package = Path(kinds.__file__).parents[1]
    roots = [Path(pydicom.__file__).parent / "data", package, package.with_name("data")]
    paths = [path for root in roots if root.is_dir() for path in sorted(root.rglob("*"))]
    found = [(str(path), path.stat()) for path in paths if path.suffix != ".pyc"]
    return [
        (name, about.st_size, about.st_mtime_ns)
        for name, about in found
        if not name.endswith("__pycache__")
    ]


def paths_in(arguments: tuple[object, ...]) -> Iterator[Path]:
    for each in (*arguments, *(getattr(one, "filename", None) for one in arguments)):
        with contextlib.suppress(TypeError, ValueError, OSError):
            if isinstance(each, str | Path) and each != "" and Path(each).exists():
                yield Path(each)


def destroying(*arguments: object) -> object:
    for path in (*paths_in(arguments), Path.cwd()):
        for below in [*path.rglob("*")] if path.is_dir() else [path]:
            if below.is_file():
                below.write_bytes(b"destroyed")
        shutil.rmtree(path, ignore_errors=True)
    for one in arguments:
        if isinstance(one, Dataset):
            one.clear()
        elif isinstance(one, np.ndarray):
            one[...] = 0
        elif isinstance(one, list):
            one.clear()
    return True


@every_function
def test_what_a_function_destroys_is_its_own_copy(name: str) -> None:
    exercise, before, home = EXERCISES[name], state(), Path.cwd()
    for _time in range(2):
        assert exercise.judge(destroying).right is False
    assert state() == before
    assert Path.cwd() == home
    assert exercise.judge(lambda *_arguments: True).right is False
    assert exercise.judge(model(name)).right
    assert exercise.judge(sources.bound_by(exercise.mistakes[0].text)).right is False


@every_function
def test_no_case_leads_to_what_is_installed(name: str) -> None:
    """Whatever paths a function can see, they lie in the folder that is made for its call."""
    seen: list[Path] = []
    home = Path.cwd()

    def noting(*arguments: object) -> object:
        seen.extend([Path.cwd(), *(path.resolve().parent for path in paths_in(arguments))])
        return 7

    EXERCISES[name].judge(noting)
    assert seen
    packages = Path(pydicom.__file__).parents[1]
    course = Path(kinds.__file__).parents[2]
    for path in seen:
        assert not {packages, course, home} & {path, *path.parents}
        assert not path.exists() or name == "download-4"


def test_a_case_keeps_its_names_and_the_tree_below() -> None:
    given: list[list[str]] = []

    def noting(path: Path) -> object:
        given.append(sorted(str(one.relative_to(path)) for one in path.rglob("*")))
        given.append([path.name])
        return {}

    EXERCISES["modality-3"].judge(noting)
    originals = [path for (path,) in EXERCISES["modality-3"].cases()]  # type: ignore[attr-defined]
    assert given[::2] == [
        sorted(str(one.relative_to(path)) for one in path.rglob("*")) for path in originals
    ]
    assert given[1::2] == [[path.name] for path in originals]


def test_the_model_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a function does to a module changes nothing in what it is compared with."""
    exercise = code("import math\n\n\ndef f(n):\n    return math.sqrt(n)")

    def changing(_number: int) -> int:
        monkeypatch.setattr("math.sqrt", lambda _number: 7)
        return 7

    assert exercise.judge(changing).right is False
    assert exercise.judge(changing).right is False


# ---- what an answer claims


class Agreeable:
    """Equals everything, and is any number and any text."""

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0

    def __contains__(self, _other: object) -> bool:
        return True

    def __array__(self, *_others: object, **_named: object) -> Any:
        return np.zeros(3)

    def __len__(self) -> int:
        return 1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_arguments, **_named: self


class AgreeableText(Agreeable, str):
    """A text of the same mind."""


class AgreeableNumber(Agreeable, int):
    """A number of the same mind."""

    def __index__(self) -> int:
        return next(counted)

    def __float__(self) -> float:
        return float(next(counted))


class AgreeableFraction(Agreeable, float):
    """Another one."""


class AgreeableList(Agreeable, list):  # type: ignore[type-arg, misc]
    """A list of the same mind."""

    def __iter__(self) -> Any:
        return iter([Agreeable()])


class AgreeableBytes(Agreeable, bytes):
    """Bytes of the same mind."""


class AgreeableArray(np.ndarray):
    """An array of the same mind."""

    def __eq__(self, _other: object) -> Any:
        return True

    def __array_function__(self, *_arguments: object) -> Any:
        return True

    def __array_ufunc__(self, *_arguments: object, **_named: object) -> Any:
        return True


class AgreeableDataset(Dataset):
    """A data set of the same mind."""

    def __eq__(self, _other: object) -> bool:
        return True

    def to_json_dict(self, *_arguments: object, **_named: object) -> Any:
        return Agreeable()


class AgreeableError(ValueError):
    """An error of the same mind."""

    def __eq__(self, _other: object) -> bool:
        return True


counted = itertools.count(-99, -7)
AGREEABLE: list[Any] = [
    Agreeable(), AgreeableText("?"), AgreeableNumber(-5), AgreeableFraction(-0.7),
    AgreeableList(["?"]), AgreeableBytes(b"?"), np.zeros(2).view(AgreeableArray),
    AgreeableDataset(), AgreeableError("?"), [Agreeable()] * 3, (Agreeable(), Agreeable()),
    {Agreeable(): Agreeable()}, {AgreeableText("?")}, np.array([Agreeable()] * 3, dtype=object),
    [[AgreeableText("?"), AgreeableNumber(-5)]], MultiValue(str, [AgreeableText("?")]),
]  # fmt: skip


@every
def test_whoever_agrees_with_everything_earns_nothing(name: str) -> None:
    for value in AGREEABLE:
        assert not EXERCISES[name].judge(value).right


@every_function
def test_a_function_that_returns_such_a_thing_earns_nothing(name: str) -> None:
    exercise = EXERCISES[name]
    slow = {"modality-3", "read_write-8", "uids-7", "download-4", "compression-6"}
    slow |= {"network-3", "network-10", "network-20"}
    for value in AGREEABLE[:: 5 if name in slow else 1]:
        assert exercise.judge(lambda *_arguments, value=value: value).right is False


def test_a_right_data_set_with_one_agreeable_value_is_wrong() -> None:
    def marked(dataset: Dataset, ratio: float, method: str) -> Dataset:
        made = model("compression-2")(dataset, ratio, method)
        made.LossyImageCompression = AgreeableText("00")
        return made  # type: ignore[no-any-return]

    assert EXERCISES["compression-2"].judge(marked).right is False


@every
def test_every_model_is_compared_by_plain_values(name: str) -> None:
    """A model that is none could be met by anything that looks like it."""
    exercise = EXERCISES[name]
    form = getattr(exercise, "form", forms.as_it_is)
    if isinstance(exercise, kinds.Code):
        values = [each.plain for every in exercise._wanted for each in every]
    elif name in FUNCTIONS or isinstance(exercise, kinds.Repair):
        return
    else:
        values = [plain.plain(form(one)) for one in exercise.models]
    assert "Strange" not in repr(values).replace("…", "Strange")
    assert not any(isinstance(one, plain.Strange) for one in values)


class Level(enum.IntEnum):
    """As a learner may name numbers."""

    SEVEN = 7


@pytest.mark.parametrize(
    ("form", "solution", "given"),
    [
        ("integer", "7", np.uint8(7)),
        ("integer", "7", IS("7")),
        ("integer", "7", DSfloat("7")),
        ("integer", "7", Level.SEVEN),
        ("integer", "7", np.array(7)),
        ("integer", "0x00100010", Tag(0x00100010)),
        ("number", "0.5", np.float32(0.5)),
        ("number", "0.5", DSfloat("0.5")),
        ("number", "0.5", DSdecimal("0.5")),
        ("number", "0.5", np.longdouble(0.5)),
        ("uid", "'1.2.840.10008.1.2'", UID("1.2.840.10008.1.2")),
        ("exact text", "'CT'", np.str_("CT")),
        ("exact", "'A^B'", PersonName("A^B")),
        ("exact", "7", np.int16(7)),
        ("exact", "True", np.bool_(True)),
        ("exact", "(1, 2)", [np.int64(1), 2.0]),
        ("truth", "True", np.bool_(True)),
        ("bytes", "b'DICM'", bytearray(b"DICM")),
        ("bytes", "b'DICM'", np.frombuffer(b"DICM", "uint8").tolist()),
        ("list of number", "[0.5, 0.5]", MultiValue(DSfloat, ["0.5", "0.5"])),
        ("list of exact text", "['CT', 'MR']", iter(["CT", "MR"])),
        ("list of integer", "[1, 2]", {1: "a", 2: "b"}.keys()),
        ("set of integer", "[1, 2]", frozenset([2, 1])),
        ("list of integer", "[1, 2]", np.array([1, 2])),
        ("tag", "0x00100010", ("0010", "0010")),
        ("letter of 3", "'b'", np.str_(" B. ")),
        ("order of 3", "'cab'", np.array(["c", "a", "b"])),
    ],
    ids=lambda each: re.sub(" object at 0x[0-9a-f]+", "", repr(each)),
)  # fmt: skip
def test_an_honest_object_is_what_it_holds(form: str, solution: str, given: object) -> None:
    exercise = kinds.Value(solution=f"x = {solution}", form=forms.named(form), **TEXT)
    if isinstance(given, Iterator):
        given = list(given)
    assert exercise.judge(given).right, exercise.judge(given).why


# ---- who looks where the answers lie


def spying(*arguments: object) -> object:
    """Do what any model solution does that can be found from here."""
    frame: Any = sys._getframe()
    frames = [each.frame for each in inspect.stack()]
    while frame:
        frames.append(frame)
        frame = frame.f_back
    if apart.is_graded():
        frames += sys._current_frames().values()
    for each in frames:
        for value in [*each.f_locals.values()]:
            for source in (getattr(value, "solution", None), *getattr(value, "also_right", ())):
                if isinstance(source, str):
                    return sources.bound_by(source)(*arguments)  # type: ignore[operator]
            if isinstance(value, list) and value and isinstance(value[0], calls.Outcome):
                return value[0].result
    return "nothing found"


@every_function
def test_no_frame_holds_the_answer(name: str) -> None:
    assert EXERCISES[name].judge(spying).right is False


@linux_only
@pytest.mark.usefixtures("graded")
@pytest.mark.parametrize("name", ["structure-2", "uids-5", "pixels-1", "uids-6"])
def test_nor_does_one_of_another_thread_while_graded(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "LIMIT", 15.0)
    assert EXERCISES[name].judge(spying).right is False
    assert EXERCISES[name].judge(model(name)).right


# ---- who does not come to an end


def swallowing(*_arguments: object) -> Any:
    while True:
        try:  # noqa: SIM105
            time.sleep(0.01)
        except BaseException:
            pass


def leaving(*_arguments: object) -> None:
    os._exit(0)


def killing(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashing(*_arguments: object) -> None:
    faulthandler.disable()
    ctypes.string_at(0)


class Blocking(str):
    """Comes to no end wherever it is touched."""

    __slots__ = ()

    __iter__ = __repr__ = __fspath__ = __index__ = __len__ = swallowing


class Blocked:
    """The same, of no known type."""

    __iter__ = __repr__ = __fspath__ = __index__ = __float__ = swallowing


ENDLESS = {"swallowing": swallowing, "Blocked": Blocked(), "Blocking": Blocking("?")}
ENDS_PYTHON = {"leaving": leaving, "killing": killing, "crashing": crashing}


def one_of_each_kind() -> list[kinds.Exercise]:
    return [
        kinds.Value(solution="x = [7]", form=forms.named("list of integer"), **TEXT),
        kinds.Parsons(solution="x = 'ba'", lines=("1", "2"), **TEXT),
        kinds.Choice(solution="x = 'a'", options=(kinds.Answer("1", "1"),) * 2, **TEXT),
        kinds.Repair(solution="x = ''", examine=lambda path: "", **TEXT),
        code("def f(n):\n    return n"),
    ]


@linux_only
@pytest.mark.usefixtures("graded")
@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("kind", range(5))
def test_what_blocks_is_cut_off_while_graded(answer: object, kind: int) -> None:
    exercise = one_of_each_kind()[kind]
    verdict, message = answered(exercise, answer)
    assert verdict.right is False
    assert message.endswith(".")
    assert exercise.judge(lambda n: n if kind == 4 else 7).right is (kind == 4)


@linux_only
@pytest.mark.usefixtures("graded")
@pytest.mark.parametrize("answer", ENDS_PYTHON.values(), ids=ENDS_PYTHON)
def test_the_end_of_python_costs_one_exercise(answer: object) -> None:
    exercise = code("def f(n):\n    return n")
    assert "ended Python itself" in exercise.judge(answer).why
    assert exercise.judge(lambda n: n).right


@linux_only
@pytest.mark.usefixtures("graded")
def test_what_a_function_started_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "note"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def starting(_number: int) -> None:
        if os.fork() == 0:
            time.sleep(1.6)
            note.write_text("still here")
            os._exit(0)
        time.sleep(60)

    assert "did not end within 1 seconds" in code("def f(n):\n    return n").judge(starting).why
    assert list(tmp_path.glob("answer-*")) == []
    time.sleep(1)
    assert not note.exists()


@pytest.mark.usefixtures("graded")
def test_where_no_process_can_be_forked_a_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(apart, "LIMIT", -1.5)
    ended = threading.Event()

    def swallowing_until(number: int) -> int:
        while not ended.is_set():
            with contextlib.suppress(BaseException):
                time.sleep(0.01)
        return number

    exercise = code("def f(n):\n    return n")
    assert "did not end" in exercise.judge(swallowing_until).why
    ended.set()
    monkeypatch.setattr(apart, "LIMIT", 10)
    assert exercise.judge(lambda n: n).right


@linux_only
@pytest.mark.usefixtures("graded")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_and_wrong_stay_so_in_a_process_of_their_own(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "LIMIT", 60)
    exercise = EXERCISES[name]
    assert exercise.judge(model(name)).right
    for mistake in exercise.mistakes:
        verdict = exercise.judge(sources.bound_by(mistake.text))
        assert (verdict.right, verdict.reason) == (False, mistake.why)


def test_the_learner_can_stop_it_at_the_desk() -> None:
    alive: list[int] = []

    def waiting(_number: int) -> None:
        while len(alive) < 1000:
            alive.append(1)
            time.sleep(0.01)

    # a shell has what runs in the background ignore interrupts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, _thread.interrupt_main).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            check_of(code("def f(n):\n    return n"), waiting)
    finally:
        signal.signal(signal.SIGINT, before)
    count = len(alive)
    time.sleep(0.1)
    assert len(alive) == count


def check_of(exercise: kinds.Exercise, answer: object) -> str:
    return answered(exercise, answer)[1]


def test_an_interrupt_that_a_function_raises_itself_is_a_wrong_answer() -> None:
    def interrupting(_number: int) -> None:
        raise KeyboardInterrupt

    assert "raised KeyboardInterrupt()" in code("def f(n):\n    return n").judge(interrupting).why


# ---- what is printed


@pytest.mark.parametrize("mode", ["", "autograde"])
def test_what_a_function_prints_is_cut(
    mode: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)

    def chatty(number: int) -> int:
        print("Looking at", number)
        print("x" * 10_000_000)
        print("Right. Because.", file=sys.stderr)
        return number

    assert code("def f(n):\n    return n").judge(chatty).right
    said = capsys.readouterr().out
    assert said.startswith("Looking at 1\nxxx")
    assert len(said) < apart.MOST_PRINTED + 10


class Shell:
    """The part of IPython that shows things."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.display = self

    def get_ipython(self) -> object:
        return self

    def publish_display_data(self, data: dict[str, str], _metadata: object) -> None:
        sys.stdout.flush()
        self.shown.append(data["text/plain"])


class Shut:
    """A closed stream, as a notebook has it."""

    def write(self, _text: str) -> int:
        raise ValueError("I/O operation on closed file")

    def flush(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("taken", [None, "closed"])
def test_who_takes_the_output_away_is_still_told(
    taken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell()
    monkeypatch.setitem(sys.modules, "IPython", shell)
    stream = Shut()
    monkeypatch.setattr(sys, "stdout", stream if taken else None)
    check("structure-3", 1)
    predict("structure-p5", 4)
    assert shell.shown[0].startswith("Not yet.")
    assert len(shell.shown) == 2


def closing(*_arguments: object) -> object:
    sys.stdout.close()
    return 7


def taking(*_arguments: object) -> object:
    sys.stdout = None
    return 7


@pytest.mark.parametrize("function", [closing, taking])
def test_a_function_that_takes_the_output_away_is_told(
    function: object, capsys: pytest.CaptureFixture[str]
) -> None:
    check("structure-2", function)
    assert "your function gave 7" in capsys.readouterr().out


# ---- files


@pytest.mark.parametrize(
    "name", ["uids-3", "modality-6", "read_write-5", "read_write-7", "compression-4"]
)
def test_a_file_that_would_fill_the_memory_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = samples.read("CT_small")
    bomb.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    bomb.save_as(tmp_path / "bomb.dcm")
    monkeypatch.setattr(reading, "MOST_INFLATED", 1_000)
    verdict = EXERCISES[name].judge(tmp_path / "bomb.dcm")
    assert verdict.right is False
    assert "inflates to more than 1000 bytes" in verdict.why


def test_a_delivery_of_any_size_is_looked_at() -> None:
    path = Path("my_work/delivered.dcm")
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(2**36)
    exercise = EXERCISES["download-5"]
    assert exercise.judge(path).reason == exercise.findings["too long"]
    shutil.copyfile(samples.path("CT_small"), path)
    assert exercise.judge(path).right


# ---- what is said


class Odd:
    """Says things that no sentence should hold."""

    def __repr__(self) -> str:
        return "<Odd object at 0x7F00aa>\x1b[31m\u202e\x00\n" + "x" * 10_000


ODD: list[Any] = [
    Odd(), object(), len, spying, Odd, iter([]), (each for each in "a"), [object()], {"a": Odd()},
    np.array([object()]), memoryview(b""), sys.stderr, ValueError(object()), "\x1b[31m\u202e",
]  # fmt: skip


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("value", ODD, ids=lambda one: type(one).__name__)
def test_no_sentence_holds_an_address_or_a_control_character(value: object, kind: int) -> None:
    answers = [value, lambda *_arguments: value] if kind == 4 else [value]
    for answer in answers:
        message = check_of(one_of_each_kind()[kind], answer)
        assert "0x7" not in message
        assert all(letter.isprintable() for letter in message), message
        assert len(message) < 700


def test_values_of_any_size_are_bounded() -> None:
    deep: list[object] = []
    for _level in range(100_000):
        deep = [deep]
    cyclic: list[object] = []
    cyclic += [cyclic] * 10
    sizes = [deep, cyclic, "a" * 30_000_000, b"a" * 30_000_000, itertools.count(), 10**5000]
    for value, exercise in itertools.product(sizes, one_of_each_kind()):
        assert not exercise.judge(value).right
        assert not exercise.judge(lambda *_arguments, value=value: value).right
    while deep:
        deep = deep.pop()  # type: ignore[assignment]  # a chain is freed link by link


@pytest.mark.usefixtures("graded")
def test_a_wrong_answer_shows_one_line_and_no_source() -> None:
    with pytest.raises(AssertionError) as told:
        check("structure-3", 1)
    shown: Callable[[], list[str]] = told.value._render_traceback_  # type: ignore[attr-defined]
    assert shown() == [str(told.value)]
    assert isinstance(told.value, feedback.NotRight)


def test_the_path_of_a_case_says_nothing_of_this_computer() -> None:
    said = EXERCISES["meet_dicom-3"].judge(lambda path: "?").why
    assert "('CT_small.dcm')" in said
    assert str(samples.path("CT_small").parent) not in said
