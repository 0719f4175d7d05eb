"""A choice as a widget: radio buttons with an explanation of the option in place."""

from __future__ import annotations

from typing import Any

from ipywidgets import HTML, Button, Layout, RadioButtons

from dicom_lessons.exercises.forms import LETTERS
from dicom_lessons.exercises.judging import answered, next_hint
from dicom_lessons.exercises.kinds import Choice
from dicom_lessons.html import Page, render
from dicom_lessons.text import _
from dicom_lessons.widgets import Box

_QUESTION = """\
<p><strong>{{ question }}</strong></p>
{% if options %}
<ol type="a">{% for option in options %}<li>{{ option }}</li>{% endfor %}</ol>
{% endif %}"""
_SAID = """<p role="status">{{ text }}</p>"""


class Quiz(Box):
    """Radio buttons for the options of a choice, and one for hints; tries are unlimited.

    The answers stay in the kernel. Without one, a page shows the question and its options.
    """

    def __init__(self, exercise: Choice) -> None:
        self.exercise = exercise
        self.question = _(exercise.question)
        self.texts = [_(option.text) for option in exercise.options]
        self.buttons = RadioButtons(
            options=list(zip(self.texts, LETTERS, strict=False)),
            value=None,
            description=_("Your answer:"),
            tooltip=self.question,
            style={"description_width": "initial"},
            layout=Layout(width="auto"),
        )
        self.feedback = HTML()
        self.buttons.observe(self._answer, "value")
        self.hint_button = Button(description=_("Hint"), layout=Layout(width="auto"))
        self.hint = HTML()
        self.hint_button.on_click(self._show_hint)
        question = HTML(render(_QUESTION, question=self.question, options=()))
        super().__init__([question, self.buttons, self.feedback, self.hint_button, self.hint])
        self.add_class("dl-quiz")

    def _answer(self, change: dict[str, Any]) -> None:
        verdict, message = answered(self.exercise, change["new"])
        self.feedback.value = render(_SAID, text=f"{'✗✓'[bool(verdict.right)]} {message}")

    def _show_hint(self, _button: Button) -> None:
        self.hint.value = render(_SAID, text=next_hint(self.exercise))

    def twin(self) -> Page:
        """Return the question and its options."""
        lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, self.texts, strict=False)]
        markup = render(_QUESTION, question=self.question, options=self.texts)
        return Page(markup, "\n".join([self.question, *lines]))
