"""The reader of exercises.md: what it makes of Markdown, and the sentence for each error."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_lessons.exercises import kinds, verdicts
from dicom_lessons.exercises.kinds import Check
from dicom_lessons.exercises.reader import TextError, changed, exercises, read

HINTS = "1. Look.\n2. Look\n   again.\n3. `7`\n"
VALUE = f"""\
## room-1 (number)

How long
is it?

- [x] `x = 7`
  → Seven, as
  measured.
- [x] `x = 8`
- [ ] `x = 9`
  → Too long.

{HINTS}"""
CODE = f"""\
## room-2

Write f(n).

- [x] code:
  ```python
  def f(n):
      n = n + 1

      return n
  ```
  → Right.
- [ ] change:
  ```diff
  -    n = n + 1
  +    n = n - 1
  ```
  → Other way.
- [ ] code:
  ```python
  def f(n):
      return 0
  ```
  → Nothing.

{HINTS}"""
CHOICE = f"""\
## room-w1

Which?

- [ ] The first: it
  is long.
  → Too
  long.
- [x] The second.
  → Just right.

{HINTS}"""
PARSONS = f"""\
## room-4

Which order?

```lines
b = a
a = 1
```

- [x] `order = "ba"`
  → Make, then use.
- [ ] `order = "ab"`
  → Used first.

{HINTS}"""
REPAIR = f"""\
## room-5

Mend it.

- [x] `path = "x"`
  → Whole.
- [ ] spoilt:
  ```python
  path = "y"
  ```
  → It is spoilt.
- [ ] spoilt:
  ```python
  path = "z"
  ```
- [ ] gone:
  → It is gone.

{HINTS}"""


def write(folder: Path, text: str) -> Path:
    path = folder / "room" / "exercises.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_kind_follows_from_what_is_there(tmp_path: Path) -> None:
    prediction = VALUE.replace("room-1", "room-p1")
    text = "# Exercises\n\nOf a room.\n\n" + VALUE + CODE + CHOICE + PARSONS + REPAIR + prediction
    checks = {
        "room-2": Check(cases=lambda: [(1,)]),
        "room-5": Check(examine=lambda path: "gone" if path.name == "y" else ""),
    }
    made = exercises(write(tmp_path, text), checks)
    assert {name: type(one) for name, one in made.items()} == {
        "room-1": kinds.Value, "room-2": kinds.Code, "room-w1": kinds.Choice,
        "room-4": kinds.Parsons, "room-5": kinds.Repair, "room-p1": kinds.Prediction,
    }  # fmt: skip


def test_a_value_is_read_word_for_word(tmp_path: Path) -> None:
    value = exercises(write(tmp_path, VALUE), {})["room-1"]
    assert (value.question, value.why) == ("How long is it?", "Seven, as measured.")
    assert (value.solution, value.also_right) == ("x = 7", ("x = 8",))
    assert value.mistakes == (kinds.Answer("x = 9", "Too long."),)
    assert value.hints == ("Look.", "Look again.", "`7`")
    assert [value.judge(answer).right for answer in ("7,0", 8, 9)] == [True, True, False]


def test_a_change_becomes_the_wrong_program(tmp_path: Path) -> None:
    checks = {"room-2": Check(cases=lambda: [(1,), (2,)])}
    code = exercises(write(tmp_path, CODE), checks)["room-2"]
    assert code.solution == "def f(n):\n    n = n + 1\n\n    return n\n"
    assert code.mistakes[0].text == "def f(n):\n    n = n - 1\n\n    return n\n"
    assert code.judge(lambda n: n - 1).why.endswith("Other way.")


def test_options_keep_their_order_and_reasons(tmp_path: Path) -> None:
    choice = exercises(write(tmp_path, CHOICE), {})["room-w1"]
    assert isinstance(choice, kinds.Choice)
    assert choice.options == (
        kinds.Answer("The first: it is long.", "Too long."),
        kinds.Answer("The second.", "Just right."),
    )
    assert (choice.judge("b").right, choice.why) == (True, "Just right.")


def test_a_finding_is_said_by_its_name(tmp_path: Path) -> None:
    checks = {"room-5": Check(examine=lambda path: path.name)}
    repair = exercises(write(tmp_path, REPAIR), checks)["room-5"]
    assert repair.findings == {"spoilt": "It is spoilt.", "gone": "It is gone."}
    assert [mistake.why for mistake in repair.mistakes] == ["It is spoilt."] * 2
    for name, why in (("gone", "It is gone."), ("no name", "no name")):
        (tmp_path / name).touch()
        assert repair.judge(tmp_path / name) == verdicts.Verdict(False, why, why)


def test_sentences_come_with_their_lines(tmp_path: Path) -> None:
    (draft,) = read(write(tmp_path, f"# Title\n\n{CHOICE}"))
    said = list(draft.sentences())
    assert said[:3] == [(3, "Which?"), (7, "The first: it is long."), (7, "Too long.")]
    assert said[-1] == (17, "`7`")


def test_a_change_may_have_several_places() -> None:
    right = "a = 1\nb = 2\na = 1\n"
    assert changed(right, " b = 2\n-a = 1\n+a = 3\n") == "a = 1\nb = 2\na = 3\n"
    assert changed(right, "-a = 1\n+a = 0\n\n-a = 1\n+a = 9\n") == "a = 0\nb = 2\na = 9\n"


MISTAKEN = [
    (VALUE, "(number)", "(colour)", 1, "there is no form 'colour'."),
    (VALUE, "(number)", "(list of colours)", 1, "there is no form 'list of colours'."),
    (VALUE, "(number)", "(letter of 99)", 1, "there is no form 'letter of 99'."),
    (VALUE, "room-1 (number)", "An exercise", 1, "'An exercise' is no name of an exercise."),
    (VALUE, "room-1", "other-1", 1, "other-1 belongs to another room."),
    (VALUE, "How long\nis it?\n\n", "", 1, "room-1 asks nothing."),
    (VALUE, "[x]", "[ ]", 1, "room-1 has no right answer."),
    (VALUE, "3. `7`\n", "", 1, "room-1 needs three hints, each another."),
    (VALUE, "3. `7`\n", "3. Look.\n", 1, "room-1 needs three hints, each another."),
    (VALUE, "1. Look.\n", "1. Look.\n\n   More.\n", 13, "a hint is one paragraph."),
    (VALUE, "  → Too long.\n", "", 10, "this answer lacks its →, which says why."),
    (VALUE, "  → Seven, as\n  measured.\n", "", 6,
     "this answer lacks its →, which says why."),
    (VALUE, "`x = 9`", "`x = 7`", 10, "this mistake equals the right answer."),
    (VALUE, "`x = 9`", "`x = = 9`", 10, "the last statement of this answer binds no name."),
    (VALUE, "`x = 9`", "`9`", 10, "the last statement of this answer binds no name."),
    (VALUE, "`x = 9`", "nine", 10, "this is no answer of the kind that room-1 has."),
    (VALUE, "- [ ] `x = 9`", "- [?] `x = 9`", 10, "an answer begins with [ ] or [x]."),
    (VALUE, "1. Look.", "Stray.\n\n1. Look.", 13, "this has no place in room-1."),
    (VALUE, "1. Look.", "### Hints\n\n1. Look.", 13, "this has no place in room-1."),
    (VALUE, "1. Look.", "```\nx\n```\n\n1. Look.", 13, "this has no place in room-1."),
    (VALUE, "  → Too long.", "  → Too long.\n\n  Stray.", 13, "this has no place in an answer."),
    (VALUE, VALUE[-4:], VALUE[-4:] + "\n" + VALUE, 18, "room-1 is there already."),
    (CODE, "-    n = n + 1", "-    n = n + 2", 13,
     "the right answer does not hold '    n = n + 2' here."),
    (CODE, "  -    n = n + 1\n", "", 13, "the right answer does not hold '' here."),
    (CODE, "+    n = n - 1", "+    n = n + 1", 13, "this mistake equals the right answer."),
    (CODE, "```diff", "```patch", 14,
     "a program is python or diff, after a word with a colon."),
    (CODE, "- [ ] change:", "- [ ] change", 14,
     "a program is python or diff, after a word with a colon."),
    (CHOICE, "The second.", "`x = 1`", 9, "this is no answer of the kind that room-w1 has."),
    (CHOICE, "room-w1", "room-w1 (text)", 1, "the kind of exercise that room-w1 is has no form."),
    (REPAIR, 'path = "z"\n  ```', 'path = "z"\n  ```\n  → Torn.', 12,
     "'spoilt' is explained in two ways."),
    (REPAIR, "- [ ] gone:\n  → It is gone.", "- [ ] gone:", 16,
     "this answer lacks its →, which says why."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "what"), MISTAKEN, ids=[case[4][:40] for case in MISTAKEN]
)
def test_an_error_names_file_and_line_in_one_sentence(
    text: str, old: str, new: str, line: int, what: str, tmp_path: Path
) -> None:
    assert old in text
    checks = {"room-2": Check(cases=list), "room-5": Check(examine=str)}
    named = {name: check for name, check in checks.items() if name in text}
    with pytest.raises(TextError) as told:
        exercises(write(tmp_path, text.replace(old, new)), named)
    assert str(told.value) == f"room/exercises.md, line {line}: {what}"


@pytest.mark.parametrize(
    ("checks", "what"),
    [
        ({"room-9": Check()}, "line 1: there is no room-9, which checks.py checks."),
        ({"room-1": Check(form=int)}, "line 1: room-1 has another form in checks.py."),
        ({"room-1": Check(kind=kinds.Choice)},
         "line 1: the kind of exercise that room-1 is has no form."),
    ],
)  # fmt: skip
def test_checks_agree_with_the_text(checks: dict[str, Check], what: str, tmp_path: Path) -> None:
    with pytest.raises(TextError) as told:
        exercises(write(tmp_path, VALUE), checks)
    assert str(told.value) == f"room/exercises.md, {what}"


def test_a_finding_needs_an_examination(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="line 7: this is no answer of the kind"):
        exercises(write(tmp_path, REPAIR), {})
