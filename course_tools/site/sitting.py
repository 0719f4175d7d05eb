"""A notebook as the source of a page: questions that answer, pictures apart, folded results."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from course_tools.site import questions
from course_tools.site.links import rewritten
from course_tools.sittings import Cell, source
from dicom_lessons.exercises.kinds import Choice
from dicom_lessons.exercises.lessons import find
from dicom_lessons.html import render
from dicom_lessons.text import N_, _

LIVE = "live/notebooks/index.html"
FOLDED = "hide-output"  # the tag at which myst-nb puts an output into a <details>
_CALL = re.compile(r'^(predict|compare|quiz|check)\("([^"]+)".*\)\n?', flags=re.M)
_IMPORT = re.compile(r"^from dicom_lessons import (.+)\n?", flags=re.M)
_TOLD = {"check", "compare", "hint", "predict", "quiz", "solution"}
_SILENT = (
    N_("What do you expect? Write it instead of the three dots, then run this cell."),
    N_("Predict first: write what you expect two cells above and run that cell."),
    N_("No answer yet: write yours instead of the three dots."),
)
_SHORT = 30  # letters of a question such as "Do you need a push?"
_PICTURE = re.compile(r'src="data:image/(png|jpeg);base64,([^"]+)"')
# an element of its own, then its style and its script, as a viewer's twin stores them
_MOUNTED = re.compile(
    r'</(dl-[\w-]+)>\s*<style>(.*?)</style>\s*<script type="module">(.*?)</script>', flags=re.S
)
_MOUNT = (
    '</{name}><link rel="stylesheet" href="_static/{name}.css">'
    '<script type="module" src="_static/{name}.js"></script>'
)
_BAR = """\
<div class="site-ways"><p>{{ text }}</p><p>{{ ways }}</p></div>\
<script type="module" src="_static/{{ script }}"></script>"""
_READ_HERE = N_(
    "Questions answer on this page, and under the code stands what it gave. To run and change the "
    "code:"
)


def live_address(notebook: Path) -> str:
    """Return where the live copy of a notebook opens, seen from the root of the site.

    >>> live_address(Path("notebooks/ru/00a_recognise_dicom.ipynb"))
    'live/notebooks/index.html?path=ru/00a_recognise_dicom.ipynb'
    """
    return f"{LIVE}?path={notebook.parent.name}/{notebook.name}"


@dataclass
class Sitting:
    """One sitting on its way from notebook to page.

    Attributes
    ----------
    path : Path
        Its notebook, in the folder of its language.
    static : Path
        Gets pictures, styles and scripts.
    live : str
        Where the live lesson opens, or an empty text.
    """

    path: Path
    static: Path
    live: str = ""
    cells: list[Cell] = field(default_factory=list)

    @property
    def notebook(self) -> str:
        """Return where the page finds its notebook."""
        return f"notebooks/{self.path.name}"

    def page(self, notebook: dict[str, Any]) -> dict[str, Any]:
        """Return a notebook in which everything is as the page shows it."""
        taken = _answer_cells(notebook["cells"])
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                self._tell(source(cell), choice_of(cell["id"]))
            elif cell["id"] not in taken:
                self._show(cell)
        return notebook | {"cells": [{**cell, "id": f"c{number}"}
                                     for number, cell in enumerate(self.cells)]}  # fmt: skip

    def _tell(self, text: str, choice: Choice | None) -> None:
        text = rewritten(text, self.path.parent.name)
        text = _without_options(text, choice) if choice else _without_hints(text)
        if not self.cells:
            title, _newline, text = text.partition("\n")
            self._add(title)
            ways = questions.ways(self.live, self.notebook)
            bar = render(_BAR, text=_(_READ_HERE), ways=ways, script=questions.SCRIPT)
            self._add(questions.one_line(bar))
        self._add(text)

    def _add(self, text: str) -> None:
        self.cells.append({"cell_type": "markdown", "id": "", "metadata": {}, "source": text})

    def _show(self, cell: Cell) -> None:
        """Add a code cell without what only a kernel answers, and the questions in its place."""
        text = source(cell)
        asked = _CALL.findall(text)
        before = next((one["source"] for one in reversed(self.cells)), "")
        if asked:
            text = _CALL.sub("", _IMPORT.sub(_other_names, text)).strip("\n")
        if text:
            outputs = [self._output(one, asked) for one in cell["outputs"]]
            is_folded = cell["metadata"].get("jupyter", {}).get("outputs_hidden", False)
            tags = {"tags": [FOLDED]} if is_folded else {}
            kept = {"source": text, "outputs": [one for one in outputs if one], "metadata": tags}
            self.cells.append({**cell, **kept})
        for call, name in asked:
            self._add(self._question(call, name, before))

    def _question(self, call: str, name: str, before: str) -> str:
        if call == "compare":
            return str(questions.compared(name)) if questions.is_judged_here(name) else ""
        if questions.is_judged_here(name):
            return str(questions.asked(name, before))
        return str(questions.needs_python(name, self.live, self.notebook))

    def _output(self, output: dict[str, Any], asked: list[Any]) -> dict[str, Any] | None:
        if asked and output["output_type"] == "stream":
            lines = "".join(output["text"]).splitlines(keepends=True)
            told = [line for line in lines if not line.startswith(tuple(map(_, _SILENT)))]
            return output | {"text": "".join(told)} if told else None
        data = output.get("data", {})
        if "text/html" in data:
            markup = "".join(data["text/html"])
            return output | {"data": data | {"text/html": self.apart(markup)}}
        return output

    def apart(self, markup: str) -> str:
        """Return HTML whose pictures, styles and scripts lie in files of their own."""

        def mount(found: re.Match[str]) -> str:
            name, style, script = found.groups()
            (self.static / f"{name}.css").write_text(style, encoding="utf-8")
            (self.static / f"{name}.js").write_text(script, encoding="utf-8")
            return _MOUNT.format(name=name)

        def picture(found: re.Match[str]) -> str:
            kind, text = found.groups()
            content = base64.b64decode(text)
            name = f"{zlib.crc32(content):08x}.{kind}"
            (self.static / name).write_bytes(content)
            return f'src="_static/{name}" loading="lazy"'

        return _PICTURE.sub(picture, _MOUNTED.sub(mount, markup))


def choice_of(cell: str) -> Choice | None:
    """Return the choice that a text cell asks, if it does."""
    name = cell.removesuffix("-text")
    try:
        exercise = find(name) if name != cell else None
    except LookupError:
        return None
    return exercise if isinstance(exercise, Choice) else None


def _answer_cells(cells: list[Cell]) -> set[str]:
    """Return the cells in which an answer is written that the page takes by itself."""
    names = {name for cell in cells for call, name in _CALL.findall(source(cell))
             if call == "check" and questions.is_judged_here(name)}  # fmt: skip
    return {cell["id"] for cell in cells if cell["id"] in names}


def _without_options(text: str, choice: Choice) -> str:
    """Leave out the options of a choice, and how they are answered in a notebook."""
    options = {" ".join(_(option.text).split()) for option in choice.options}
    text = re.sub(
        r"^- [a-l]\. (.+)\n?",
        lambda line: "" if " ".join(line[1].split()) in options else line[0],
        text,
        flags=re.M,
    )
    paragraphs = re.split(r"\n{2,}", text)
    return "\n\n".join(one for one in paragraphs if "hint(" not in one)


def _without_hints(text: str) -> str:
    """Leave out the sentences that tell how to get a hint: here a button stands for it."""

    def paragraph(found: re.Match[str]) -> str:
        kept: list[str] = []
        for sentence in re.split(r"(?<=[.?!:]) ", found[0]):
            if "hint" in sentence:
                if kept and kept[-1].endswith("?") and len(kept[-1]) < _SHORT:
                    kept.pop()
            elif not re.search("button|кнопка", sentence):
                kept.append(sentence)
        return " ".join(kept)

    return re.sub(r"^.*\bhint\(.*$", paragraph, text, flags=re.M)


def _other_names(found: re.Match[str]) -> str:
    names = [one for one in re.split(r",\s*", found[1].strip()) if one not in _TOLD]
    return f"from dicom_lessons import {', '.join(names)}\n" if names else ""


def mounted(cell: Cell) -> Markup:
    """Return the first output of a cell as HTML."""
    return Markup("".join(cell["outputs"][0]["data"]["text/html"]))
