"""Checks that are fair: what is meant counts, what is too much is named, differences are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset

from dicom_lessons.exercises import forms, kinds, plain, sources
from dicom_lessons.exercises.lessons import LESSONS, declared
from dicom_lessons.text import LANGUAGES, _, set_language

TEXT: dict[str, Any] = {"name": "x-1", "question": "Q", "why": "Because.", "hints": ("1", "2", "3")}


def value(solution: str, form: forms.Form) -> kinds.Value:
    return kinds.Value(solution=f"x = {solution}", form=form, **TEXT)


# ---- letters typed on a Russian keyboard


@pytest.mark.parametrize(
    ("form", "typed", "meant"),
    [
        ("letter of 4", "с", "c"),
        ("letter of 4", "А", "a"),
        ("order of 6", "сеdаfb", "cedafb"),
        ("text", "МR", "mr"),
        ("exact text", "СТ", "CT"),
        ("exact text", "ХА", "XA"),
        ("list of exact text", ["СТ", "ОТ", "КО"], ["CT", "OT", "KO"]),
        ("tag", "РatientName", "PatientName"),
        ("uid", "Ехplicit VR Little Endian", "1.2.840.10008.1.2.1"),
    ],
)
def test_letters_that_look_alike_are_read_as_meant(form: str, typed: object, meant: object) -> None:
    read = forms.named(form)
    assert read(typed) == read(meant)


def test_the_third_russian_letter_is_not_taken_for_b() -> None:
    with pytest.raises(TypeError, match="one letter"):
        forms.named("letter of 4")("в")


@pytest.mark.parametrize("wrong", ["ct", "Ct", "cT", "CT1", "MR"])
def test_case_counts_where_the_lesson_is_about_case(wrong: str) -> None:
    exercise = value("'CT'", forms.exact_text)
    assert exercise.judge(" 'CT' ").right
    assert exercise.judge(wrong).right is False


# ---- numbers and truth as people write them


@pytest.mark.parametrize("written", ["39,206", "39 206", "39\u00a0206", " 39206 ", "0x9926"])
def test_a_whole_number_may_be_written_as_the_lessons_write_it(written: str) -> None:
    assert value("39206", forms.integer).judge(written).right


@pytest.mark.parametrize("written", ["39,20", "39,2060", "0,39206", "3,9206", "39,,206", "39.206"])
def test_a_comma_elsewhere_makes_no_whole_number(written: str) -> None:
    verdict = value("39206", forms.integer).judge(written)
    assert verdict.right is not True
    assert "a whole number" in verdict.why


@pytest.mark.parametrize("written", ["True", "true", " TRUE ", "'True'", True])
def test_true_may_stand_in_quotes(written: object) -> None:
    assert value("True", forms.truth).judge(written).right
    assert value("False", forms.truth).judge(written).right is False


@pytest.mark.parametrize("written", ["yes", "", 1, "1", None, ["True"]])
def test_other_words_are_no_truth_value(written: object) -> None:
    assert value("True", forms.truth).judge(written).right is not True


def test_a_function_has_to_give_true_itself() -> None:
    exercise = kinds.Code(
        solution="def f(n):\n    return n > 0",
        cases=lambda: [(1,), (0,)],
        form=forms.truth,
        **TEXT,
    )
    assert exercise.judge(lambda n: n > 0).right
    assert exercise.judge(lambda n: str(n > 0)).right is False


# ---- letters of several options


@pytest.mark.parametrize(
    "given",
    ["ace", "ACE", "e c a", "a, c, e", "[a, c, e]", ["a", "C.", " e"], {"a", "c", "e"}, "асе"],
)
def test_letters_may_stand_in_one_word(given: object) -> None:
    assert value("['a', 'c', 'e']", forms.named("set of letter of 5")).judge(given).right


@pytest.mark.parametrize("given", ["", "acf", "a and c", ["ac", "e"], 5, [1, 3, 5], "ace7"])
def test_what_is_no_choice_of_letters_is_told_what_is(given: object) -> None:
    verdict = value("['a', 'c', 'e']", forms.named("set of letter of 5")).judge(given)
    assert verdict.right is not True
    assert "letters from a to e" in verdict.why


def test_a_word_of_other_letters_is_counted() -> None:
    verdict = value("['a', 'c', 'e']", forms.named("set of letter of 5")).judge("abc")
    assert verdict.right is False
    assert "Right: 2 of 3." in verdict.why


# ---- lists


@pytest.mark.parametrize(
    "given", ["1, 5, 7", "1 5 7", [1, "0x5", 7.0], (7, 5, 1), {1, 5, 7}, "[1;5;7]"]
)
def test_a_set_is_read_from_many_forms(given: object) -> None:
    assert value("[1, 5, 7]", forms.named("set of integer")).judge(given).right


@pytest.mark.parametrize(
    "given",
    [
        *("class, transfer syntax", "class; transfer syntax", "class\ntransfer syntax"),
        *("['class', 'transfer syntax']", "class,\n transfer syntax,"),
    ],
)
def test_a_name_of_two_words_is_one_member_of_a_list_in_one_text(given: str) -> None:
    exercise = value("['class', 'transfer syntax']", forms.named("list of text"))
    assert exercise.judge(given).right


@pytest.mark.parametrize(
    ("form", "given", "said"),
    [
        ("set of integer", [1, 5, 7, 9], "Right: 3 of 3. Too much: 9."),
        ("set of integer", [1, 5, 7, 7], "Right: 3 of 3. Something stands there twice."),
        ("set of integer", [1, 5], "Right: 2 of 3."),
        ("set of integer", [1, 5, 8], "Right: 2 of 3."),
        ("list of integer", [1, 5, 7, 9], "Right: 3 of 3. It is longer than it should be."),
        ("list of integer", [1, 7, 5], "Right: 1 of 3."),
    ],
)
def test_one_too_many_is_named(form: str, given: object, said: str) -> None:
    verdict = value("[1, 5, 7]", forms.named(form)).judge(given)
    assert verdict.right is False
    assert verdict.why.endswith(said)


def test_a_set_has_no_order() -> None:
    verdict = value("[1, 5, 7]", forms.named("list of integer")).judge({1, 5, 7})
    assert verdict.right is False
    assert "a set keeps none" in verdict.why


# ---- files


def test_none_in_place_of_a_path_is_an_answer(tmp_path: Path) -> None:
    exercise = kinds.Repair(solution="x = None", examine=lambda path: "", **TEXT)
    assert exercise.judge(...).right is None
    nothing = exercise.judge(None)
    assert nothing.right is False
    assert "saves a file returns nothing" in nothing.why
    (tmp_path / "a").write_text("x")
    assert exercise.judge(tmp_path / "a").right
    assert exercise.judge(str(tmp_path / "a")).right
    assert value("1", forms.integer).judge(None).right is None


# ---- functions


def strict() -> kinds.Code:
    solution = "def f(n):\n    if n > 1:\n        raise ValueError('too long')\n    return n"
    return kinds.Code(solution=solution, cases=lambda: [(1,), (2,)], **TEXT)


class TooLong(ValueError):
    pass


def raising(error: type[BaseException]) -> Any:
    def function(number: int) -> int:
        if number > 1:
            raise error("no")
        return number

    return function


def test_an_error_is_as_good_as_its_kind() -> None:
    assert strict().judge(raising(ValueError)).right
    assert strict().judge(raising(TooLong)).right
    assert strict().judge(raising(UnicodeError)).right
    for wrong in (TypeError, Exception, KeyError):
        assert strict().judge(raising(wrong)).right is False


def test_an_error_that_is_returned_was_not_raised() -> None:
    verdict = strict().judge(lambda n: n if n < 2 else ValueError("too long"))
    assert verdict.right is False
    assert "raise ValueError" in verdict.why


def named(**values: str) -> Dataset:
    dataset = Dataset()
    for keyword, text in values.items():
        setattr(dataset, keyword, text)
    return dataset


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (named(ImageComments="A" * 80 + "1"), named(ImageComments="A" * 80 + "2")),
        (named(PatientID="1", PatientName="X^Y"), named(PatientID="1", PatientName="X^Z")),
        ("a" * 100 + "x" + "b" * 100, "a" * 100 + "y" + "b" * 100),
        (list(range(400)), [*range(399), 0]),
        ((1, 2), [1, 2]),
        (1.0, 1),
        (Dataset(), named(PatientID="1")),
    ],
    ids=str,
)
def test_what_differs_is_shown(got: object, expected: object) -> None:
    one, other = plain.contrast(got, expected)
    assert one != other
    assert one
    assert other
    assert max(len(one), len(other)) <= 200


# ---- choices


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_the_longest_option_is_right_no_more_often_than_chance(chosen: str) -> None:
    set_language(chosen)
    longest, chance = 0, 0.0
    choices = [
        e for room in LESSONS for e in declared(room).values() if isinstance(e, kinds.Choice)
    ]
    for choice in choices:
        lengths = [len(_(option.text)) for option in choice.options]
        right = forms.LETTERS.index(str(sources.bound_by(choice.solution)))
        longest += lengths[right] == max(lengths)
        chance += 1 / len(lengths)
    assert longest <= chance


# ---- True and False in quotes


@pytest.mark.parametrize("given", [False, "False", " false ", "'False'"])
def test_a_truth_value_may_be_predicted_in_quotes(given: object) -> None:
    exercise = kinds.Prediction(solution="x = False", form=forms.truth, **TEXT)
    assert exercise.judge(given).right


@pytest.mark.parametrize("given", ["True", "no", "", "0", 0])
def test_what_says_no_truth_value_or_the_other_one_is_no_right_prediction(given: object) -> None:
    exercise = kinds.Prediction(solution="x = False", form=forms.truth, **TEXT)
    assert exercise.judge(given).right is False


def test_a_function_that_returns_the_word_returns_no_truth_value() -> None:
    exercise = kinds.Code(
        solution="def f():\n    return False", cases=lambda: [()], form=forms.truth, **TEXT
    )
    assert exercise.judge(lambda: False).right
    assert exercise.judge(lambda: "False").right is False
