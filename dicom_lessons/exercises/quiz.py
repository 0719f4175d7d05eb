"""A choice as a widget: radio buttons with an explanation of the option in place."""

from __future__ import annotations

from typing import Any

from ipywidgets import HTML, Layout, RadioButtons, VBox

from dicom_lessons.exercises.kinds import LETTERS, Choice
from dicom_lessons.html import render
from dicom_lessons.text import _

_QUESTION = """\
<p><strong>{{ question }}</strong></p>"""
_TWIN = """\
<p><strong>{{ question }}</strong></p>
<ol type="a">
{% for option in options %}
<li>{{ option }}</li>
{% endfor %}
</ol>"""
_FEEDBACK = """<p role="status">{{ mark }} {{ message }}</p>"""


class Quiz(VBox):  # type: ignore[misc]
    """Radio buttons for the options of a choice; tries are unlimited.

    The answers stay in the kernel. Without one, a page shows the question and its options.

    Parameters
    ----------
    exercise : Choice
    """

    def __init__(self, exercise: Choice) -> None:
        self.exercise = exercise
        self.buttons = RadioButtons(
            options=list(zip(self._texts(), LETTERS, strict=False)),
            value=None,
            description=_("Your answer:"),
            tooltip=_(exercise.question),
            style={"description_width": "initial"},
            layout=Layout(width="auto"),
        )
        self.feedback = HTML()
        self.buttons.observe(self._answer, "value")
        question = HTML(render(_QUESTION, question=_(exercise.question)))
        super().__init__([question, self.buttons, self.feedback])

    def _texts(self) -> list[str]:
        return [_(option.text) for option in self.exercise.options]

    def _answer(self, change: dict[str, Any]) -> None:
        verdict = self.exercise.judge(change["new"])
        if verdict.right:
            message = _("Right. {why}", why=verdict.why)
        else:
            message = _("Not yet. {why}", why=verdict.why)
        mark = "✓" if verdict.right else "✗"
        self.feedback.value = render(_FEEDBACK, mark=mark, message=message)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)
        texts = self._texts()
        question = _(self.exercise.question)
        lines = [f"{letter}. {text}" for letter, text in zip(LETTERS, texts, strict=False)]
        bundle["text/plain"] = "\n".join([question, *lines])
        bundle["text/html"] = str(render(_TWIN, question=question, options=texts))
        return bundle
