"""Run a sitting as a browser would: no thread is started, no socket opened; print what cells print.

    python tests/as_in_browser.py NOTEBOOK

A process of its own, for it replaces threads and sockets of Python's library for good.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any


def refuse(*_arguments: Any, **_options: Any) -> Any:
    raise RuntimeError("a browser has neither threads nor sockets")


def settle() -> None:
    """Take threads and sockets away, then do what the package does in a browser."""
    from dicom_lessons import browser

    threading.Thread.start = refuse  # type: ignore[method-assign]
    socket.socket.connect = refuse  # type: ignore[method-assign]
    browser.HERE = True
    browser.settle()


def run(notebook: Path) -> dict[str, Any]:
    """Return for each code cell what it printed, and its error if there was one."""
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance()
    found: dict[str, Any] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                done = shell.run_cell("".join(cell["source"]))
            error = done.error_before_exec or done.error_in_exec
            found[cell["id"]] = [printed.getvalue(), repr(error) if error else ""]
    return found


if __name__ == "__main__":
    notebook = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    settle()
    import matplotlib

    matplotlib.use("agg")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"IPYTHONDIR": folder, "DICOM_LESSONS_PROGRESS": "off"}
        os.chdir(folder)
        print(json.dumps(run(notebook)))
        os.chdir("/")
