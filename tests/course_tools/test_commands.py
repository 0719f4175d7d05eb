"""The commands of authors and teachers: their help, their errors, and what learners get told."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicom_lessons.__main__ as learners
from course_tools.__main__ import main

MOVED = ("data", "run", "accept", "messages", "solutions", "class", "bench")
COMMANDS = (*MOVED, "questions", "slides")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    usage, text = capsys.readouterr().out.split("\n\n", 1)
    assert f"python -m course_tools {command}" in usage
    explained = [line for line in text.splitlines() if line.startswith("  ")]
    # an option alone on its line has its explanation below
    assert all("  " in line.strip() or line.startswith("      ") for line in explained), text


def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    assert all(f"\n    {command}" in listed for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "nope.ipynb"], "No such file or directory: nope.ipynb"),
        (["run", "text.md"], "Notebook does not appear to be JSON"),
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
