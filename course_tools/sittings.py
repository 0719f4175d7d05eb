"""The shape of a sitting: how long it takes, where its core ends, and which outputs stay folded."""

from __future__ import annotations

import re
from typing import Any

Cell = dict[str, Any]

MOST_CELLS, MOST_MINUTES, MOST_CELLS_IN_ALL = 45, 40, 60
IF_YOU_HAVE_TIME = ("If you have time", "Если останется время")
WORDS_PER_MINUTE, SECONDS_PER_CODE_CELL = 150, 20
MINUTES = {"predict": 1, "quiz": 1, "explore": 3, "check": 5}
_CALLS = {
    "predict": r"^predict\(",
    "quiz": r"^quiz\(",
    "explore": r"^(?:\w+\.)?(?:explore_\w+|view_image|compare_transfer_syntaxes)\(",
    "check": r"^check\(",
}
_OWN_TIME = re.compile(r"\((?:about|около) (\d+) (?:min|мин)")


def core(cells: list[Cell]) -> list[Cell]:
    """Return the cells before *If you have time*."""
    for number, cell in enumerate(cells):
        title = re.match(r"##? +(.+)", source(cell))
        if cell["cell_type"] == "markdown" and title and title[1].startswith(IF_YOU_HAVE_TIME):
            return cells[:number]
    return cells


def minutes(cells: list[Cell]) -> tuple[int, int]:
    """Return how many minutes the core of a sitting takes: to read, and to do.

    150 words and three code cells a minute; 1 minute per prediction or quiz question, 3 per
    explorer, 5 per exercise, or what the text of the exercise says: "(about 10 minutes)".
    """
    words, code, doing = 0, 0, 0
    texts = {cell["id"]: source(cell) for cell in cells}
    for cell in core(cells):
        text = source(cell)
        if cell["cell_type"] == "markdown":
            words += len(re.sub(r"```.*?```|\]\([^)]*\)|<[^>]+>", " ", text, flags=re.S).split())
            continue
        code += 1
        for sort, pattern in _CALLS.items():
            if re.search(pattern, text, flags=re.M):
                own = _OWN_TIME.search(texts.get(f"{cell['id'].removesuffix('-check')}-text", ""))
                doing += int(own[1]) if own and sort == "check" else MINUTES[sort]
    return round(words / WORDS_PER_MINUTE + code * SECONDS_PER_CODE_CELL / 60), doing


def fold(cells: list[Cell]) -> None:
    """Hide the outputs that settle a prediction until the learner runs their cell.

    These are the cells between ``predict`` and ``compare``; JupyterLab keeps such an output shut
    when it opens the notebook and shows it when the cell runs.
    """
    open_prediction = False
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        text = source(cell)
        if re.search(r"^compare\(", text, flags=re.M):
            open_prediction = False
        hidden = {"jupyter": {"outputs_hidden": True}} if open_prediction else {}
        about = {key: value for key, value in cell["metadata"].items() if key != "jupyter"}
        cell["metadata"] = about | hidden
        if re.search(r"^predict\(", text, flags=re.M):
            open_prediction = True


def source(cell: Cell) -> str:
    """Return the text of a cell."""
    return "".join(cell["source"])
