"""Draw an exchange as a message sequence: two lifelines, one arrow per message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dicom_lessons.sop.messages import Message
from dicom_lessons.text import _, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEFT, RIGHT, THIRD = 0.0, 10.0, 20.0
LINE, GAP = 0.42, 0.5
LONGEST_LINE = 66
_METHODS = {"GET", "POST"}  # by which DICOMweb asks and stores
_ARROW = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}


def draw_sequence(messages: Sequence[Message]) -> Figure:
    """Draw messages between two programs from top to bottom, each with what it says.

    Parameters
    ----------
    messages : sequence of Message
        In the order in which they passed.

    Returns
    -------
    matplotlib.figure.Figure
        Without times, ports or addresses: the same exchange gives the same picture.
    """
    import matplotlib.pyplot as plt

    height = sum(LINE * (1 + len(message.details)) + GAP for message in messages) + GAP
    by_web = any(message.name in _METHODS for message in messages)
    names = [_("client"), _("server")] if by_web else [_("requestor (SCU)"), _("acceptor (SCP)")]
    ends = list(zip((LEFT, RIGHT), names, strict=True))
    second = next((message.second for message in messages if message.second), "")
    if second:
        ends.append((THIRD, short(second, LONGEST_LINE).replace("$", r"\$")))
    width = 8 if len(ends) == 2 else 12
    figure, axes = plt.subplots(figsize=(width, 0.42 * (height + 1.2)), dpi=100)
    for x, name in ends:
        axes.plot([x, x], [0, height], color="0.4", linewidth=1.5)
        axes.text(x, -0.35, name, ha="center", va="bottom", fontsize=10, fontweight="bold")
    y = GAP
    for message in messages:
        y += LINE * (1 + len(message.details))
        left, right = (RIGHT, THIRD) if message.second else (LEFT, RIGHT)
        start, end = (left, right) if message.sender == "requestor" else (right, left)
        axes.annotate("", (end, y), (start, y), arrowprops=_ARROW)
        # a dollar sign would start a formula
        details = [short(line, LONGEST_LINE).replace("$", r"\$") for line in message.details]
        lines = [message.name, *details]
        for row, line in enumerate(reversed(lines)):
            weight = "bold" if row == len(lines) - 1 else "normal"
            place = (left + right) / 2, y - 0.08 - row * LINE
            axes.text(*place, line, ha="center", va="bottom", fontsize=8.5, fontweight=weight)
        y += GAP
    axes.set(xlim=(LEFT - 1.6, ends[-1][0] + 1.6), ylim=(height, -1))
    axes.axis("off")
    figure.tight_layout(pad=0.3)
    return figure
