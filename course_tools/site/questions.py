"""Questions that a page judges without Python: the same ``exercises.md``, judged beforehand.

All that may be said of an answer is asked of the Python judge while the site is built, and lies in
the page as Base64: neither the page nor its source shows an answer before somebody gave one.
``static/questions.js`` reads it.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from markupsafe import Markup, escape
from pydicom import config
from pydicom.uid import UID

from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.kinds import Choice, Exercise, Parsons, Prediction
from dicom_lessons.exercises.lessons import find
from dicom_lessons.exercises.sources import bound_by
from dicom_lessons.html import render
from dicom_lessons.text import N_, _

SCRIPT = "questions.js"
# forms that the script knows as well, by the names of their functions
_FORMS = {
    "integer": "integer", "number": "number", "_tenths": "tenths", "text": "text", "uid": "uid",
    "raw_bytes": "bytes", "truth": "truth", "_group": "hexadecimal", "order": "order",
    "status": "status", "folder": "folder",
}  # fmt: skip
_NEEDS_PYTHON = N_("This exercise needs Python.")
_RUN_LIVE = N_("Run it live")
_OPEN_NOTEBOOK = N_("Download the notebook")
_NOTED = N_("Noted: {answer}. Open the result below, then compare.")
_PREDICT_FIRST = N_("Predict first: write what you expect above.")
_PREDICT = N_("Predict")
_CHECK = N_("Check my answer")
_COMPARE_NOW = N_("Compare with my prediction")
_CHOOSE_FIRST = N_("Choose an answer first.")
_WRITE_FIRST = N_("Write an answer first.")

_FORM = """\
<div class="site-question" data-question="{{ name }}"><form><fieldset>
<legend{% if is_asked %} class="visually-hidden"{% endif %}>{{ question }}</legend>
{% if options %}
{% for option in options %}
<label class="site-option"><input type="radio" name="{{ name }}" value="{{ loop.index0 }}">
<span>{{ option }}</span></label>
{% endfor %}
{% else %}
<label class="site-field">{{ field }}
<input type="text" name="{{ name }}" autocomplete="off" autocapitalize="off" spellcheck="false">
</label>
{% endif %}
</fieldset><div class="site-buttons pst-js-only">
<button type="submit" class="btn btn-sm btn-primary">{{ submit }}</button>
<button type="button" class="btn btn-sm btn-outline-secondary" data-hint>{{ hint }}</button></div>
<p role="status" class="site-verdict"></p><p role="status" class="site-hint"></p></form>
<script type="application/json">{{ data }}</script></div>"""
_PYTHON = """\
<div class="site-question site-python" data-question="{{ name }}"><form>
<p>{{ text }} {{ ways }}</p><div class="site-buttons pst-js-only">
<button type="button" class="btn btn-sm btn-outline-secondary" data-hint>{{ hint }}</button></div>
<p role="status" class="site-hint"></p></form>
<script type="application/json">{{ data }}</script></div>"""
_COMPARE = """\
<div class="site-question site-compare pst-js-only" data-compare="{{ name }}">
<button type="button" class="btn btn-sm btn-outline-primary">{{ compare }}</button>
<p role="status" class="site-verdict"></p></div>"""
_WAYS = """\
{% if live %}<a class="btn btn-sm btn-primary" href="{{ live }}">{{ run }}</a> {% endif %}
<a class="btn btn-sm btn-outline-primary" href="{{ notebook }}" download>{{ open }}</a>"""


def asked(name: str, text_before: str = "") -> Markup:
    """Return a question that the page judges, in the language that is set.

    Parameters
    ----------
    name : str
        Of an exercise for which :func:`is_judged_here` is true.
    text_before : str
        If the question stands there word for word, only a screen reader says it again.
    """
    exercise = find(name)
    question = _(exercise.question)
    predicts = isinstance(exercise, Prediction)
    options: list[Markup] = []
    if isinstance(exercise, Choice):
        options = [inline(_(option.text)) for option in exercise.options]
    elif _form(exercise) == "truth":
        options = [Markup("<code>True</code>"), Markup("<code>False</code>")]
    form = render(
        _FORM,
        name=name,
        question=inline(question),
        is_asked=" ".join(question.split()) in " ".join(text_before.split()),
        options=options,
        field=_("Your answer:"),
        submit=_(_PREDICT) if predicts else _(_CHECK),
        hint=_("Hint"),
        data=hidden(judged(exercise)),
    )
    return one_line(form)


def compared(name: str) -> Markup:
    """Return the button that compares a prediction with the answer."""
    return one_line(render(_COMPARE, name=name, compare=_(_COMPARE_NOW)))


def needs_python(name: str, live: str, notebook: str) -> Markup:
    """Return what stands where an answer has to run: the ways to do so, and the hints."""
    data = {"hints": _hints(find(name))}
    said = {"text": _(_NEEDS_PYTHON), "ways": ways(live, notebook), "hint": _("Hint")}
    return one_line(render(_PYTHON, name=name, data=hidden(data), **said))


def ways(live: str, notebook: str) -> Markup:
    """Return the links to the live lesson, if there is one, and to the notebook."""
    words = {"run": _(_RUN_LIVE), "open": _(_OPEN_NOTEBOOK)}
    return render(_WAYS, live=live, notebook=notebook, **words)


def is_judged_here(name: str) -> bool:
    """Tell whether a page can judge an exercise: what it needs is a choice, an order or a value."""
    exercise = find(name)
    is_value = isinstance(exercise, Prediction) and _form(exercise) != ""
    return isinstance(exercise, Choice | Parsons) or is_value


def judged(exercise: Exercise) -> dict[str, Any]:
    """Return what the script needs: a verdict and its text for each answer that was foreseen.

    ``answers`` holds them by the plain form of an answer, ``other`` is said of all other answers,
    ``refused`` of what has not the form.
    """
    data: dict[str, Any] = {"hints": _hints(exercise), "empty": _(_WRITE_FIRST)}
    if isinstance(exercise, Choice):
        letters = LETTERS[: len(exercise.options)]
        answers = [_said(exercise, letter) for letter in letters]
        return data | {"form": "choice", "answers": answers, "empty": _(_CHOOSE_FIRST)}
    form = _form(exercise)
    values = [*exercise.models, *(bound_by(mistake.text) for mistake in exercise.mistakes)]
    data |= {"form": form, "answers": {_key(exercise, one): _said(exercise, one) for one in values}}
    if form == "uid":
        known = [UID(key, validation_mode=config.IGNORE) for key in data["answers"]]
        names = {str(name).casefold(): uid for uid in known for name in (uid.name, uid.keyword)}
        data["aliases"] = names
    if form == "order":
        data["right"] = _key(exercise, exercise.models[0])
        data["partly"] = _("Right: {right} of {count}.", right="{right}", count="{count}")
    if form == "truth":
        data["empty"] = _(_CHOOSE_FIRST)
    if isinstance(exercise, Prediction):
        data["noted"] = _(_NOTED, answer="{answer}")
        data["first"] = _(_PREDICT_FIRST)
    seen = _("You answered {answer}.", answer="{answer}")
    return data | {"other": _other(exercise, seen), "refused": _expected(exercise)}


def inline(text: str) -> Markup:
    """Return a text as HTML; what stands in back quotes is code.

    >>> str(inline("is `a < b`?"))
    'is <code>a &lt; b</code>?'
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def hidden(data: dict[str, Any]) -> str:
    """Return data as text in which nobody reads an answer by accident."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def one_line(markup: Markup) -> Markup:
    """Return HTML without line breaks: in Markdown, a blank line would end it."""
    return Markup(" ".join(markup.split("\n")))


def _hints(exercise: Exercise) -> list[str]:
    count = len(exercise.hints)
    return [
        _("Hint {number} of {count}: {text}", number=number, count=count, text=_(text))
        for number, text in enumerate(exercise.hints, 1)
    ]


def _said(exercise: Exercise, answer: object) -> list[Any]:
    """Return whether an answer is right, and what check or compare says of it."""
    verdict = exercise.judge(answer)
    if not isinstance(exercise, Prediction):
        said = _("Right. {why}") if verdict.right else _("Not yet. {why}")
        return [bool(verdict.right), said.replace("{why}", verdict.why)]
    if verdict.right:
        return [True, f"{_('As you predicted.')} {verdict.why}"]
    return [False, f"{_('Not what you predicted.')} {verdict.why}\n{_(exercise.why)}"]


def _other(exercise: Exercise, seen: str) -> str:
    if isinstance(exercise, Prediction):
        return f"{_('Not what you predicted.')} {seen}\n{_(exercise.why)}"
    return _("Not yet. {why}").replace("{why}", seen)


def _expected(exercise: Exercise) -> str:
    """Return what the judge says of something that has not the form of the answer."""
    return exercise.judge(object()).why.partition(". ")[2]


def _form(exercise: Exercise) -> str:
    if isinstance(exercise, Parsons):
        return "order"
    return _FORMS.get(getattr(getattr(exercise, "form", None), "__name__", ""), "")


def _key(exercise: Exercise, answer: object) -> str:
    """Return the plain form of an answer as the script writes it."""
    if isinstance(exercise, Parsons):
        return "".join(filter(str.isalpha, str(answer)))
    value = exercise.form(answer)  # type: ignore[attr-defined]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return f"{value:.12g}"
    return ",".join(map(str, sorted(value))) if isinstance(value, set) else str(value)
