"""The message explorer: what passed between programs, message by message."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Button, Layout, Select
from pydicom.datadict import dictionary_description

from dicom_lessons.html import Page, render, table
from dicom_lessons.sop import Message, draw_sequence
from dicom_lessons.text import _, ngettext, short
from dicom_lessons.widgets import Box

if TYPE_CHECKING:
    from dicom_lessons.network.archive import Archive

MOST_DRAWN, LONGEST_LINE = 40, 44
# in a narrow window it scrolls sideways: its letters stay large enough to be read
_PICTURE = (
    '<img alt="{{ alt }}" src="data:image/png;base64,{{ data }}" '
    'style="max-width: 100%; min-width: {{ least }}em">'
)


def explore_messages(source: Archive | Sequence[Message]) -> MessageExplorer:
    """Show an exchange as a message sequence; choose a message to read its command set.

    Parameters
    ----------
    source : Archive or sequence of Message
        What grows while it is looked at is read anew at the button *Show what has come*.

    Returns
    -------
    MessageExplorer
    """
    from dicom_lessons.network.archive import Archive

    if isinstance(source, Archive):
        return MessageExplorer(lambda: list(source.messages))
    return MessageExplorer(lambda: list(source))


class MessageExplorer(Box):
    """A drawing, a list of messages, and the command set of the chosen one."""

    def __init__(self, messages: Callable[[], list[Message]]) -> None:
        self._messages = messages
        self.messages: list[Message] = []
        # a long exchange scrolls in its place: the list stays in sight
        self.picture = HTML(layout=Layout(max_height="34em", overflow="auto", flex="none"))
        self.picture.add_class("dl-scrolled")
        self.list = Select(
            rows=8,
            description=_("Message:"),
            style={"description_width": "initial"},
            layout=Layout(width="auto", min_width="20em"),
        )
        self.again = Button(description=_("Show what has come"), layout=Layout(width="auto"))
        self.command = HTML()
        self.list.observe(self._choose, "index")
        self.again.on_click(lambda _button: self.refresh())
        super().__init__([self.picture, self.list, self.again, self.command])
        self.refresh()

    def refresh(self) -> None:
        """Read the messages anew."""
        import matplotlib.pyplot as plt

        self.messages = self._messages()
        buffer = io.BytesIO()
        figure = draw_sequence(self.messages[-MOST_DRAWN:])
        figure.savefig(buffer, format="png")
        plt.close(figure)
        data = base64.b64encode(buffer.getvalue()).decode()
        alt = _("the messages of the list below, as arrows between the two programs")
        least = 5 * int(figure.get_figwidth())
        self.picture.value = render(_PICTURE, alt=alt, data=data, least=least)
        self.list.options = [
            (short(f"{number}. {message}", LONGEST_LINE), number)
            for number, message in enumerate(self.messages, 1)
        ]
        self._choose()

    def _choose(self, _change: Any = None) -> None:
        index = self.list.index
        chosen = self.messages[index] if index is not None else None
        if chosen is None:
            self.command.value = ""
        else:
            whole = render("<p>{{ message }}</p>", message=chosen)
            self.command.value = str(whole + command_table(chosen).markup)

    def twin(self) -> Page:
        """Return all messages as a table."""
        count = len(self.messages)
        caption = ngettext("{count} message", "{count} messages", count)
        rows = [
            (str(number), message.sender, _to(message), message.name, "; ".join(message.details))
            for number, message in enumerate(self.messages, 1)
        ]
        header = ["", _("from"), _("to"), _("message"), _("what it says")]
        lines = [f"{number}. {message}" for number, message in enumerate(self.messages, 1)]
        return Page(table(header, rows, caption), "\n".join([caption, *lines]))


def command_table(message: Message) -> Page:
    """Return the command set of a message (PS3.7 §E) as a table."""
    rows = [
        (str(element.tag), dictionary_description(element.tag), short(element.value, 70))
        for element in message.command
        if element.tag.group == 0 and element.keyword
    ]
    if not rows:
        sentence = _("This message has no command set: it belongs to the association.")
        return Page(render("<p>{{ sentence }}</p>", sentence=sentence), sentence)
    header = [_("tag"), _("name"), _("value")]
    lines = ["; ".join(row) for row in rows]
    return Page(table(header, rows, message.name), "\n".join(lines))


def _to(message: Message) -> str:
    if message.second and message.sender == "requestor":
        return message.second
    return "acceptor" if message.sender == "requestor" else "requestor"
