"""The question bank in GIFT is read back by a reader of its own, made from Moodle's description."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from course_tools import question_bank
from course_tools.lessons import notebooks
from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Parsons, Value
from dicom_lessons.exercises.lessons import find, sittings
from dicom_lessons.text import LANGUAGES, _, set_language

NAMES = [name for names in sittings().values() for name in names]


@dataclass
class Read:
    """A question as Moodle would understand it: right and wrong answers with their feedback."""

    kind: str
    text: str
    right: dict[str, str]
    wrong: dict[str, str]
    after: str


def plain(text: str) -> str:
    marks = {r"\n": "\n", **{f"\\{mark}": mark for mark in "\\~=#{}:"}}
    return re.sub(r"\\(?:[\\~=#{}:]|n)", lambda found: marks[found[0]], text.strip())


def read(raw: str) -> Read:
    """Read one question; any unescaped mark in a wrong place is an error."""
    free = r"(?:[^\\~=#{}:]|\\.)*?"  # a text without marks
    found = re.fullmatch(rf"::({free})::\[markdown\]({free})\{{\n(.*)\n\}}", raw, flags=re.S)
    assert found, raw
    text, body = plain(found[2]), found[3]
    body, _sep, after = body.partition("####")
    assert not re.search(r"(?<!\\)[~=#{}]", after.replace("\\\\", "")), after
    if not body.strip():
        return Read("essay", text, {}, {}, plain(after))
    if truth := re.fullmatch(rf"(TRUE|FALSE)#({free})#({free})", body, flags=re.S):
        return Read("truth", text, {truth[1]: plain(truth[3])}, {"": plain(truth[2])}, "")
    numeric, signs = body.startswith("#\n"), set()
    right: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for sign, answer in re.findall(r"(?:^|\n)([~=])((?:[^\n])*)", body.removeprefix("#")):
        percent, rest = re.fullmatch(r"(%\d+%)?(.*)", answer).groups()  # type: ignore[union-attr]
        said, _hash, feedback = re.fullmatch(r"((?:[^\\#]|\\.)*)(#?)(.*)", rest).groups()  # type: ignore[union-attr]
        number = said.split(":")[0] if numeric else said
        assert not re.search(r"(?<!\\)[~=#{}]", (number + feedback).replace("\\\\", "")), answer
        signs.add(sign)
        (wrong if sign == "~" or percent == "%0%" else right)[plain(said)] = plain(feedback)
    matched = all(" -> " in answer for answer in right)
    kind = "numeric" if numeric else "match" if matched else "choice" if "~" in signs else "short"
    return Read(kind, text, right, wrong, plain(after))


def shown(text: str) -> str:
    """Return Markdown as it reads: outside of code, &lt; is <."""
    return text.replace("&lt;", "<")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_each_question_is_read_back_with_its_right_answers(name: str, language: str) -> None:
    set_language(language)
    exercise = find(name)
    found = read(question_bank.question(exercise))
    assert shown(found.text).startswith(_(exercise.question))
    if isinstance(exercise, Choice):
        assert found.kind == "choice"
        options = dict(zip(LETTERS, exercise.options, strict=False))
        right = {
            _(one.text): _(one.why) for key, one in options.items() if exercise.judge(key).right
        }
        wrong = {_(one.text): _(one.why) for key, one in options.items()
                 if not exercise.judge(key).right}  # fmt: skip
        assert {shown(key): shown(one) for key, one in found.right.items()} == right != {}
        assert {shown(key): shown(one) for key, one in found.wrong.items()} == wrong != {}
    elif isinstance(exercise, Parsons):
        if found.kind == "match":
            pairs = dict(one.rsplit(" -> ", 1) for one in found.right)
            order = sorted(exercise.lines, key=lambda line: int(pairs[f"`{line}`"]))
            letters = "".join(LETTERS[exercise.lines.index(line)] for line in order)
        else:
            letters = next(iter(found.right))
            assert set(found.right) == {str(model) for model in exercise.models}
            assert all(f"{letter}. {line}" in found.text
                       for letter, line in zip(LETTERS, exercise.lines, strict=False))  # fmt: skip
        assert exercise.judge(letters).right
    elif isinstance(exercise, Value) and found.kind != "essay":
        assert found.right and not set(found.right) & set(found.wrong)
        for answer in found.right:
            given: object = answer == "TRUE" if found.kind == "truth" else answer
            if found.kind == "numeric":
                number, far = map(float, answer.split(":"))
                assert exercise.judge(number + far).right and exercise.judge(number - far).right
                given = int(number) if number.is_integer() else number
            if isinstance(exercise.models[0], list):
                given = re.split(", ?", answer)
            assert exercise.judge(given).right, answer
        for answer in found.wrong if found.kind in ("numeric", "short") else ():
            value: object = float(answer.split(":")[0]) if found.kind == "numeric" else answer
            if isinstance(exercise.models[0], list):
                value = re.split(", ?", answer)
            assert not exercise.judge(value).right, answer
    else:
        assert found.kind == "essay"
    if found.kind in ("essay", "short", "match"):
        assert shown(found.after) == _(exercise.why)


def test_essays_are_those_that_must_run_or_are_too_long() -> None:
    kinds = {name: read(question_bank.question(find(name))).kind for name in NAMES}
    essays = [name for name, kind in kinds.items() if kind == "essay"]
    typed = [name for name in essays if isinstance(find(name), Value)]
    assert set(kinds.values()) == {"choice", "numeric", "truth", "short", "match", "essay"}
    assert set(typed) <= {"structure-9", "uids-8"}


@pytest.mark.parametrize("nasty", ["~=#{}:", "a\nb", "\\n", "\\", "::x::", "####", "a -> b", "%50%",
                                   "// x", "$CATEGORY: x", "<b>", "`a<b`"])  # fmt: skip
def test_nothing_in_a_text_is_taken_for_a_mark(nasty: str) -> None:
    answers = [("right " + nasty, "why " + nasty), ("wrong " + nasty, "no " + nasty)]
    from dicom_lessons.exercises.kinds import Answer

    exercise = Choice(
        name="x-1", question="What? " + nasty, solution='answer = "a"', why="", hints=(),
        options=tuple(Answer(*one) for one in answers),
    )  # fmt: skip
    raw = question_bank.question(exercise)
    assert "\n\n" not in raw
    found = read(raw)
    assert shown(found.text) == "What? " + nasty
    assert [(shown(key), shown(one)) for key, one in found.right.items()] == answers[:1]
    assert [(shown(key), shown(one)) for key, one in found.wrong.items()] == answers[1:]


def test_the_command_writes_both_languages(tmp_path: Path) -> None:
    for path, each in zip(question_bank.write_questions(tmp_path), LANGUAGES, strict=True):
        blocks = path.read_text("utf-8").rstrip("\n").split("\n\n")
        categories = [block for block in blocks if block.startswith("$CATEGORY: DICOM/")]
        assert path.name == f"questions_{each}.gift.txt"
        assert len(categories) == len(list(notebooks(each)))
        assert len(blocks) == len(categories) + len(NAMES)
        for block in blocks:
            assert block in categories or read(block)
