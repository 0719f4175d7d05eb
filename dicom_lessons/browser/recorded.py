"""What a cell gave on a desktop, for the few that a browser cannot run."""

from __future__ import annotations

import json
import re
from typing import Any

from dicom_lessons import shipped
from dicom_lessons.text import N_, _, language

REASONS = {
    "tls": N_("A browser has no TLS: this is what the cell gave on a desktop."),
    "processes": N_("A browser has no other processes: this is what the cell gave on a desktop."),
    "tables": N_("This site comes without DuckDB: this is what the cell gave on a desktop."),
}


def settle() -> None:
    """Make the cell magic ``%%recorded`` known, if there is a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        shell.register_magic_function(show, "cell", "recorded")


def show(where: str, _code: str) -> None:
    """Show what is stored of a cell, ``"09d mutual tls"``, and say why in one line."""
    sitting, id, reason = where.split()
    print(_(REASONS[reason]))
    for output in outputs(sitting, id):
        _display(output)


def outputs(sitting: str, id: str) -> list[dict[str, Any]]:
    """Return the stored outputs of a cell in the language in use.

    Raises
    ------
    LookupError
        If there is no such cell.
    """
    for path in sorted((shipped.NOTEBOOKS / language()).glob(f"{sitting}_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["id"] == id and cell["cell_type"] == "code":
                found: list[dict[str, Any]] = cell["outputs"]
                return found
    raise LookupError(f"{sitting} has no cell {id}.")


def _display(output: dict[str, Any]) -> None:
    if output["output_type"] == "stream":
        print("".join(output["text"]), end="")
    elif output["output_type"] == "error":
        text = "\n".join(output["traceback"])
        print(re.sub(r"\x1b\[[\d;]*m", "", text))
    else:
        from IPython.display import display

        display(output["data"], raw=True)  # type: ignore[no-untyped-call]
