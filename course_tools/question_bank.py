r"""The questions of ``exercises.md`` as Moodle's GIFT, for a quiz on a learning platform.

GIFT marks with ``~ = # { } :``; in a text each of them stands behind a backslash, and ``\n`` is a
line break. A blank line ends a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise, Parsons, Value
from dicom_lessons.exercises.lessons import find, sittings
from dicom_lessons.exercises.sources import bound_by
from dicom_lessons.text import LANGUAGES, N_, _, language, set_language

LONGEST_ANSWER = 120
"""Characters; nobody types more without a slip."""
_LIST = N_("Write the values one after another, with a comma between them.")
_SORTED = N_("Write the values in the order of the alphabet, with a comma between them.")
_BYTES = N_("Write the bytes in hexadecimal, such as 44 49 43 4D.")
_ORDER = N_("Write the letters of the lines in their order, such as abc.")
_OPEN = N_("Write your code here. It is read by a person; the lesson checks it by running it.")


def write_questions(folder: Path) -> Iterator[Path]:
    """Write ``questions_en.gift.txt`` and ``questions_ru.gift.txt`` and yield their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    before = language()
    for each in LANGUAGES:
        set_language(each)
        try:
            text = "\n\n".join(questions())
        finally:
            set_language(before)
        path = folder / f"questions_{each}.gift.txt"
        path.write_text(text + "\n", encoding="utf-8")
        yield path


def questions() -> Iterator[str]:
    """Yield all questions, a category for each sitting, in the language that is set."""
    for sitting, names in sittings().items():
        yield f"$CATEGORY: DICOM/{sitting}"
        for name in names:
            yield question(find(name))


def question(exercise: Exercise) -> str:
    """Return one exercise in GIFT.

    Choices stay choices, numbers and short texts are typed in, lines to be ordered are matched
    with their places. Whatever has to run, and what is too long to type, becomes an essay.
    """
    asked, answers = _(exercise.question), [f"####{_text(_(exercise.why))}"]
    models = exercise.models
    if isinstance(exercise, Choice):
        answers = list(_options(exercise))
    elif isinstance(exercise, Parsons) and len(models) == 1:
        places = {letter: place for place, letter in enumerate(str(models[0]), 1)}
        lines = zip(LETTERS, exercise.lines, strict=False)
        answers = [f"={_code(line)} -> {places[letter]}" for letter, line in lines] + answers
    elif isinstance(exercise, Parsons):
        lines = zip(LETTERS, exercise.lines, strict=False)
        listed = "\n".join(f"    {letter}. {line}" for letter, line in lines)
        asked = f"{asked} {_(_ORDER)}\n\n{listed}"
        answers = [f"={model}" for model in models] + answers
    elif isinstance(exercise, Value) and all(isinstance(one, bool) for one in models):
        wrong = exercise.mistakes[0].why if exercise.mistakes else exercise.why
        answers = [f"{str(models[0]).upper()}#{_text(_(wrong))}#{_text(_(exercise.why))}"]
    elif isinstance(exercise, Value) and all(_is_number(one) for one in models):
        answers = ["#", *_numbers(exercise)]
    elif isinstance(exercise, Value) and (typed := list(_typed(exercise))):
        asked = f"{asked} {_hint(models[0], exercise)}".rstrip()
        answers = typed + answers
    else:
        asked = f"{asked} {_(_OPEN)}"
    body = "\n".join(answers)
    return f"::{exercise.sitting} {exercise.name}::[markdown]{_text(asked)}{{\n{body}\n}}"


def _options(exercise: Choice) -> Iterator[str]:
    for letter, option in zip(LETTERS, exercise.options, strict=False):
        sign = "=" if letter in exercise.models else "~"
        yield f"{sign}{_text(_(option.text))}#{_text(_(option.why))}"


def _numbers(exercise: Value) -> Iterator[str]:
    """Yield numbers, each with the distance from it that the exercise takes as right as well."""
    (model,) = exercise.models[:1]
    number = float(str(model))
    near = (0.5, 0.1, 0.05, 0.01, 0.001, 0.0001)
    both = (far for far in near if all(exercise.judge(number + one).right for one in (far, -far)))
    yield f"={number:.10g}:{next(both, 0)}#{_text(_(exercise.why))}"
    seen = {number}
    for mistake in exercise.mistakes:
        wrong = bound_by(mistake.text)
        if _is_number(wrong) and float(str(wrong)) not in seen:
            seen.add(float(str(wrong)))
            yield f"=%0%{float(str(wrong)):.10g}:0#{_text(_(mistake.why))}"


def _typed(exercise: Value) -> Iterator[str]:
    seen: set[str] = set()
    right = [(model, exercise.why) for model in exercise.models]
    wrong = [(bound_by(mistake.text), mistake.why) for mistake in exercise.mistakes]
    for percent, pairs in (("", right), ("%0%", wrong)):
        for value, why in pairs:
            for text in _written(value, exercise):
                if text.casefold() not in seen and len(text) <= LONGEST_ANSWER:
                    seen.add(text.casefold())
                    yield f"={percent}{_text(text)}#{_text(_(why))}"
        if not seen:
            return


def _written(value: object, exercise: Value) -> Iterator[str]:
    """Yield what a learner may type for a value."""
    if isinstance(value, bytes):
        yield value.hex(" ")
        yield value.hex()
    elif isinstance(value, list | tuple | set | frozenset):
        members = [str(one) for one in value]
        members = members if _has_order(value, exercise) else sorted(members)
        yield ", ".join(members)
        yield ",".join(members)
    elif isinstance(value, str | int | float):
        yield str(value)
        plain = exercise.form(value)
        if isinstance(plain, str):
            yield plain


def _hint(model: object, exercise: Value) -> str:
    if isinstance(model, bytes):
        return _(_BYTES)
    if not isinstance(model, list | tuple | set):
        return ""
    return _(_LIST) if _has_order(model, exercise) else _(_SORTED)


def _has_order(value: object, exercise: Value) -> bool:
    return isinstance(exercise.form(value), list)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _code(line: str) -> str:
    return _text(f"`{line}`").replace("->", "-&gt;")


def _text(text: str) -> str:
    """Return a text of Markdown as GIFT holds it; ``<`` alone begins no markup."""
    parts = re.split(r"(`[^`]*`|^    .*$)", text, flags=re.M)
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    marked = re.sub(r"([\\~=#{}:])", r"\\\1", "".join(parts))
    return marked.replace("\n", r"\n")
