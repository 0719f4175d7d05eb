"""Keys for widgets: typed in a list, they choose there and are no commands of JupyterLab."""

from __future__ import annotations

from pathlib import Path

import anywidget


class KeepKeys(anywidget.AnyWidget):
    """An invisible child; the box that holds it keeps the keys that are typed in it."""

    _esm = Path(__file__).with_name("keep_keys.js")
