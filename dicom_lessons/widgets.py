"""What every widget shares: its script in one piece, its static twin, and keys that it keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anywidget
from markupsafe import Markup

from dicom_lessons.html import Page

_KIT = Path(__file__).with_name("kit.js")
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def script(folder: Path, *names: str) -> str:
    """Return ``kit.js`` and files of a folder as one module, which is what anywidget takes.

    The files share one scope: each of their top-level names may stand only once.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    names : str
        The files in their order; one of them has ``export default { render }``.
    """
    parts = [path.read_text(encoding="utf-8") for path in (_KIT, *map(folder.joinpath, names))]
    return _EXPORT.sub("", _IMPORT.sub("", "\n".join(parts)))


class StaticTwin:
    """Mixin, named before a widget class, for what a reader without a kernel sees instead."""

    def twin(self) -> Page | Markup:
        """Return what the notebook's stored output keeps; plain ``Markup`` goes with the repr."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        twin = self.twin()
        page = twin if isinstance(twin, Page) else Page(twin, repr(self))
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data.update({"text/html": str(page.markup), "text/plain": page.text})
        return bundle


class Widget(StaticTwin, anywidget.AnyWidget):
    """A widget with a script of its own and a static twin."""


class KeepKeys(anywidget.AnyWidget):
    """An invisible child; the box that holds it keeps the keys that are typed in it."""

    _esm = script(_KIT.parent) + "export default { render: keepKeysOfBox };\n"
