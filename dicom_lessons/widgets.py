"""What every widget shares: its script in one piece, its static twin, and keys that it keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
from markupsafe import Markup

from dicom_lessons.html import Page, render
from dicom_lessons.text import _

VIEW = "application/vnd.jupyter.widget-view+json"
END_OF_NOTICE = "<!-- the twin -->"
_KIT = Path(__file__).with_name("kit.js")
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_BESIDE = Path(__file__).with_name("beside.js")
_NOTICE = """\
<div class="dl-twin"><script>{{ script }}</script><p><em>{{ text }}</em></p></div>{{ end }}"""


def script(folder: Path, *names: str) -> str:
    """Return ``kit.js`` and files of a folder as one module, which is what anywidget takes.

    The files share one scope: each of their top-level names may stand only once. What they export
    as ``render`` keeps the keys that are pressed in the widget.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    names : str
        The files in their order; one of them has ``export default { render }``.
    """
    parts = [path.read_text(encoding="utf-8") for path in (_KIT, *map(folder.joinpath, names))]
    text = _EXPORT.sub("", _IMPORT.sub("", "\n".join(parts)))
    return text.replace("export default { render }", "export default { render: keeping(render) }")


def style(*paths: Path) -> str:
    """Return ``kit.css`` and other style sheets as one."""
    return "\n".join(
        path.read_text(encoding="utf-8") for path in (_KIT.with_suffix(".css"), *paths)
    )


class StaticTwin:
    """Mixin, named before a widget class, for what a reader without a kernel sees instead.

    The live widget is an output of its own, before that of its twin. In one output a notebook that
    is opened again would show neither: JupyterLab takes the widget and does not find its model.
    """

    def twin(self) -> Page | Markup:
        """Return what the notebook's stored output keeps; plain ``Markup`` goes with the repr."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        from IPython.core.interactiveshell import InteractiveShell

        bundle = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        before = Markup("")
        if InteractiveShell.initialized():
            InteractiveShell.instance().display_pub.publish({VIEW: data.pop(VIEW)})
            before = notice()
        twin = self.twin()
        page = twin if isinstance(twin, Page) else Page(twin, repr(self))
        data.update({"text/html": str(before + page.markup), "text/plain": page.text})
        return bundle


def notice() -> Markup:
    """Return what stands before a twin; :mod:`course_tools.lessons` leaves it out of lessons."""
    text = _(
        "This is what is left of a widget without its kernel: run the cell, and it comes back. If "
        "it does not, “python -m dicom_lessons check” in a terminal says what is missing."
    )
    script = Markup(_BESIDE.read_text(encoding="utf-8"))
    return render(_NOTICE, script=script, text=text, end=Markup(END_OF_NOTICE))


class Widget(StaticTwin, anywidget.AnyWidget):
    """A widget with a script of its own and a static twin."""


class KeepKeys(anywidget.AnyWidget):
    """An invisible child; the box that holds it keeps the keys that are typed in it."""

    _css = style()
    _esm = script(_KIT.parent) + "export default { render: keepKeysOfBox };\n"


class Box(StaticTwin, ipywidgets.VBox):  # type: ignore[misc]
    """Widgets in a column, with a static twin; it keeps the keys that are typed in it."""

    def __init__(self, children: Iterable[ipywidgets.Widget]) -> None:
        super().__init__([*children, KeepKeys()])
