"""Slides of a sitting: nbconvert's, on reveal.js, in one file that asks nothing of the network.

What goes onto which slide follows from the lesson itself: a heading begins a slide, what is too
long goes on below, and what settles a prediction stands below its question, never beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_tools import lessons
from course_tools.sittings import source
from dicom_lessons.text import LANGUAGES

Cell = dict[str, Any]
LINES, LETTERS_IN_A_LINE, LINES_OF_A_PICTURE = 19, 90, 12
_SKIPPED = r"^(?:check|compare)\(|^set_language\("
_SILENT = r"^(?:predict|hint|solution)\("
_TEMPLATE = """\
{%- extends 'index.html.j2' -%}
{%- block header -%}
<!DOCTYPE html>
<html lang="{{ resources.deck.language }}">
<head>
<meta charset="utf-8">
<title>{{ resources.deck.title | escape_html }}</title>
<style>
{{ resources.deck.styles }}
{% for css in resources.inlining.css %}{{ css }}
{% endfor %}
.reveal { font-family: sans-serif; font-size: 26px; color: #222; }
.reveal .slides { text-align: left; }
.reveal .slides section { box-sizing: border-box; height: 100%; overflow: auto; padding: 12px; }
.reveal .slides > section.stack { overflow: visible; padding: 0; }
.reveal h1, .reveal h2, .reveal h3 { font-weight: bold; line-height: 1.2; margin: 0.3em 0 0.5em; }
.reveal h1 { font-size: 46px; } .reveal h2 { font-size: 38px; } .reveal h3 { font-size: 32px; }
.reveal strong, .reveal th { font-weight: bold; } .reveal em { font-style: italic; }
.reveal code, .reveal pre { font-family: monospace; font-size: 22px; }
.reveal p, .reveal ul, .reveal ol { line-height: 1.35; margin: 0.5em 0; }
.reveal ul, .reveal ol { padding-left: 1.2em; }
.reveal pre { background: #f5f5f5; line-height: 1.3; margin: 0.4em 0;
  overflow-wrap: anywhere; padding: 0.4em 0.6em; white-space: pre-wrap; }
.reveal .jp-OutputArea-output pre { background: none; border-left: 4px solid #bbb; }
.reveal table { border-collapse: collapse; font-size: 22px; }
.reveal th, .reveal td { border: 1px solid #999; padding: 0.1em 0.5em; }
.reveal img, .reveal svg { max-height: 520px; max-width: 100%; }
</style>
</head>
{%- endblock header -%}
{%- block body_header -%}
<body>
<main class="reveal">
<div class="slides">
{%- endblock body_header -%}
{%- block body_footer -%}
</div>
</main>
{%- endblock body_footer -%}
{%- block footer -%}
<script>{{ resources.deck.script }}</script>
<script>
Reveal.initialize({ hash: true, slideNumber: "c/t", transition: "none", center: false,
  width: 1280, height: 720, margin: 0.02, scrollActivationWidth: null });
</script>
</body>
</html>
{%- endblock footer -%}
"""


def write_slides(folder: Path, chosen: list[str], reveal: Path | None = None) -> Iterator[Path]:
    """Write slides of the sittings chosen below a folder per language, and yield their paths.

    Parameters
    ----------
    folder : Path
        Gets ``en/`` and ``ru/``.
    chosen : list of str
        Beginnings of names, such as ``"01a"``; none means every sitting.
    reveal : Path or None
        Where reveal.js lies; ``node_modules/reveal.js`` of the course if None.

    Raises
    ------
    FileNotFoundError
        If reveal.js is not there.
    LookupError
        If there is no such sitting.
    """
    every = [path for each in LANGUAGES for path in lessons.notebooks(each)]
    for one in chosen:
        if not any(path.stem.startswith(one) for path in every):
            raise LookupError(f"There is no sitting {one}.")
    files = _reveal(reveal or lessons.ROOT / "node_modules" / "reveal.js")
    for path in every:
        if not chosen or path.stem.startswith(tuple(chosen)):
            target = folder / path.parent.name / f"{path.stem}.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(slides(path, files), encoding="utf-8")
            yield target


def _reveal(folder: Path) -> dict[str, str]:
    """Return the script and the styles of reveal.js."""
    dist = next((one for one in (folder / "dist", folder) if (one / "reveal.js").is_file()), None)
    if dist is None:
        raise FileNotFoundError(
            f"There is no reveal.js in {folder}. Get it with npm install --prefix . --no-save "
            "reveal.js@5, or name its folder with --reveal."
        )
    styles = [dist / name for name in ("reset.css", "reveal.css")]
    return {
        "script": (dist / "reveal.js").read_text("utf-8").replace("</script", "<\\/script"),
        "styles": "\n".join(path.read_text("utf-8") for path in styles if path.is_file()),
    }


def slides(lesson: Path, reveal: dict[str, str]) -> str:
    """Return the page of one sitting."""
    import nbformat
    from nbconvert.exporters import SlidesExporter

    notebook = nbformat.read(lesson, as_version=4)
    title = next(source(cell) for cell in notebook.cells).partition("\n")[0].lstrip("# ")
    notebook.cells = [nbformat.from_dict(cell) for cell in deck(notebook.cells)]
    exporter = SlidesExporter(  # type: ignore[no-untyped-call]
        raw_template=_TEMPLATE,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    about = {**reveal, "title": title, "language": lesson.parent.name}
    page, _resources = exporter.from_notebook_node(notebook, resources={"deck": about})
    return str(page)


def deck(cells: list[Cell]) -> Iterator[Cell]:
    """Yield the cells of a lesson in pieces, each with its ``slide_type`` for nbconvert."""
    lines, predicted = 0, False
    for number, piece in enumerate(_pieces(cells)):
        text = source(piece)
        heading = re.match(r"(#{1,3}) ", text) if piece["cell_type"] == "markdown" else None
        if heading:
            kind = "subslide" if len(heading[1]) == 3 else "slide"
        else:
            kind = "subslide" if predicted or lines + _lines(piece) > LINES else "-"
        kind = "slide" if number == 0 else kind
        lines = _lines(piece) + (lines if kind == "-" else 0)
        is_code = piece["cell_type"] == "code"
        predicted = is_code and bool(re.search(r"^predict\(", text, flags=re.M))
        yield {**piece, "metadata": {"slideshow": {"slide_type": kind}}}


def _pieces(cells: list[Cell]) -> Iterator[Cell]:
    """Yield code as it is and text by paragraphs; what a machine says to an answer is left out."""
    for cell in cells:
        text = source(cell)
        if cell["cell_type"] == "code":
            if not re.search(_SKIPPED, text, flags=re.M):
                yield {**cell, "outputs": []} if re.search(_SILENT, text, flags=re.M) else {**cell}
            continue
        # a blank line within a fence is no end of a paragraph
        fenced = re.sub(r"^```.*?^```", lambda one: one[0].replace("\n\n", "\n\0"), text,
                        flags=re.M | re.S)  # fmt: skip
        for number, block in enumerate(re.split(r"\n{2,}", fenced.strip())):
            name = f"{cell['id'][:56]}-text-{number}"
            yield {**cell, "id": name, "source": block.replace("\0", "\n")}


def _lines(piece: Cell) -> int:
    """Return about how many lines of a slide a piece takes."""
    text = source(piece)
    count = sum(max(1, math.ceil(len(line) / LETTERS_IN_A_LINE)) for line in text.split("\n"))
    for output in piece.get("outputs", ()):
        shown = output.get("data", {})
        if any(kind.startswith("image/") or kind == "text/html" for kind in shown):
            count += LINES_OF_A_PICTURE
        else:
            printed = output.get("text", shown.get("text/plain", ""))
            count += min(LINES_OF_A_PICTURE, "".join(printed).count("\n") + 1)
    return count + 1
