"""All commands: they explain themselves, and fail in one sentence before they work."""

from __future__ import annotations

import argparse
import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import course_tools.__main__ as makers
import dicom_lessons.__main__ as learners
from course_tools.__main__ import main
from dicom_lessons import opening, shipped

Main = Callable[[list[str]], int]
MAINS: dict[str, Main] = {
    "dicom_lessons": learners.main,
    "course_tools": main,
    "dicom-lessons": opening.main,
}
MOVED = learners.MOVED


def positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [one for one in parser._actions if not one.option_strings and one.nargs != 0]


def leaves(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Yield the words of every command, however deep, and its parser."""
    branches = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    for branch in branches:
        for name, below in branch.choices.items():
            yield from leaves(below, (*words, name))
    if not branches:
        yield words, parser


COMMANDS = {
    (program, *words): parser
    for program, every in (("dicom_lessons", learners.parser()), ("course_tools", makers.parser()))
    for words, parser in leaves(every)
}
each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


def attempts(command: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the words of a command with a wrong value for each of its arguments."""
    places = [one for one in positionals(COMMANDS[command]) if not one.choices]
    kinds = ["text.md"] * (command[1] != "examine")  # which takes any file
    kinds += ["text.md/inside", "/proc/nowhere/at all", "text.md/line\nbreak"]
    for chosen in itertools.product(
        *([one for one in (*p.choices, None)] for p in positionals(COMMANDS[command]) if p.choices)
    ):
        for wrong in kinds if places else ():
            actions = [word for word in chosen if word]
            yield [*command[1:], *actions, *[wrong] * len(places)]


@each_command
def test_every_command_explains_itself(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        MAINS[command[0]]([*command[1:], "--help"])
    assert stopped.value.code == 0
    usage, text = capsys.readouterr().out.split("\n\n", 1)
    assert f"python -m {' '.join(command)}" in usage.replace("\n", " ")
    explained = [line for line in text.splitlines() if line.startswith("  ")]
    # an option alone on its line has its explanation below
    assert all("  " in line.strip() or line.startswith("      ") for line in explained), text
    assert all(action.help for action in COMMANDS[command]._actions)


@pytest.mark.parametrize(
    "command", [one for one in COMMANDS if positionals(COMMANDS[one])], ids=" ".join
)
def test_a_wrong_argument_is_one_sentence_before_any_work(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.md").write_text("# Mine\n", encoding="utf-8")
    for words in attempts(command):
        with no_work(monkeypatch):
            status = MAINS[command[0]](words)
        said = capsys.readouterr()
        assert status not in {0, None}, words
        assert said.out == "", words
        assert len(said.err.splitlines()) == 1, said.err
        assert not said.err.startswith("["), said.err
    assert Path("text.md").read_text(encoding="utf-8") == "# Mine\n"


@contextlib.contextmanager
def no_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make everything that takes long fail the test."""

    def worked(*_words: object, **_options: object) -> None:
        pytest.fail("work began before the arguments were looked at")

    with monkeypatch.context() as patch:
        for name in (
            "course_tools.patient.write_patient",
            "course_tools.lessons.run",
            "course_tools.solutions.made",
            "course_tools.bench.run",
            "course_tools.live.build.course_wheel",
            "course_tools.live.wheels.gather",
            "dicom_lessons.samples.series",
            "dicom_lessons.modality.media._write",
            "dicom_lessons.opening._start_jupyterlab",
        ):
            patch.setattr(name, worked)
        yield


def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    assert all(f"\n    {words[1]}" in listed for words in COMMANDS if words[0] == "course_tools")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "nope.ipynb"], "No such file or directory: nope.ipynb"),
        (["run", "text.md"], "text.md is no notebook"),
        (["run", "text.md", "nope.ipynb"], "text.md is no notebook"),
        (["solutions", "text.md"], "text.md"),
        (["class", "examine"], "examine needs the folder of the class"),
        (["class", "report", "nowhere"], "has no gradebook.db"),
        (["class", "examine", "nowhere"], "nowhere is no course"),
        (["class", "collect", "nowhere"], "nowhere is no course"),
        (["class", "feedback", "nowhere"], "has no gradebook.db"),
        (["class", "collect"], "collect needs the folder of the class"),
        (["slides", "out", "--reveal", "nowhere"], "There is no reveal.js in nowhere"),
        (["slides", "out", "99z"], "There is no sitting 99z"),
        (["class", "."], "name a new folder"),
        (["class", "text.md"], "text.md"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.md").write_text("# Mine\n", encoding="utf-8")
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["text.md"]


@pytest.mark.parametrize("command", MOVED)
def test_an_old_command_says_its_new_place(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert learners.main([command, "some", "--words"]) == 2
    said = capsys.readouterr()
    assert said.err == f"now: python -m course_tools {command} some --words\n"
    assert said.out == ""


def test_where_there_is_no_clone_an_old_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shipped, "CLONE", False)
    assert learners.main(["class", "x"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert "needs a clone of the course" in said.err


@pytest.mark.parametrize("content", ["[]", "{}", "7", '{"nbformat": 4}', "[" * 100_000, "\xff"])
def test_what_is_no_notebook_is_not_run(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.ipynb").write_text(content, encoding="latin-1")
    assert main(["run", str(tmp_path / "x.ipynb")]) == 1
    assert (
        capsys.readouterr().err == f"{tmp_path / 'x.ipynb'} is no notebook (.ipynb) of format 4.\n"
    )


def test_a_reader_that_goes_away_and_a_key_that_stops_are_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_arguments: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(learners, "_check", stop)
    assert learners.main(["check"]) == 130
    assert capsys.readouterr().err == "stopped\n"
