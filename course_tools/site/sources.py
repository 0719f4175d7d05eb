"""The sources of all pages of one language, for Sphinx: sittings, documents, and the API."""

from __future__ import annotations

import importlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from markupsafe import Markup

from course_tools import lessons
from course_tools.site import chart, citation, sitting
from course_tools.site.links import rewritten
from course_tools.site.theme import HERE
from dicom_lessons.exercises.lessons import LESSONS
from dicom_lessons.html import render
from dicom_lessons.text import N_, _, set_language

FACES = ("dicom_lessons", "dicom_lessons.samples", "dicom_lessons.viewer",
         *(f"dicom_lessons.{room}" for room in LESSONS))  # fmt: skip
FIRST = "00a_recognise_dicom"
PICTURE = "picture"  # the cell of the first sitting that shows the viewer
_CONF = "from course_tools.site.theme import settings\n\nglobals().update(settings({language!r}))\n"
_OTHER_LANGUAGE = re.compile(r" ?(?:По-русски|In English):\s\[[^\]]+\]\([^)]+\)\.")
_GLOSSARY, _INSTALL, _API = N_("Glossary"), N_("Install"), N_("API")
_MENU = {
    "sittings": N_("Lessons"),
    "map": N_("Map"),
    "glossary": _GLOSSARY,
    "teaching": N_("For teachers"),
    "install": _INSTALL,
    "about": N_("About"),
    "cite": N_("How to cite"),
    "api/index": _API,
}
_BEGIN = N_("Begin with 00a")
_LIVE = N_("Run it live")
_API_TEXT = N_("What the notebooks import. Each lesson has its room, named after its subject.")
_GLOSSARY_TEXT = N_(
    "Each term has one meaning in this course. The last column names the section of the DICOM "
    "standard that defines it."
)
_OWN_WORDS = N_("Words of this course")
_ABOUT_LESSON = N_("Lesson {number}")
_TRY = N_("This is a real CT. Drag across the picture: the window changes, here in the page.")
_BUTTONS = """\
<p class="site-buttons"><a class="btn btn-primary" href="{{ first }}.html">{{ begin }}</a>
{% if live %}<a class="btn btn-outline-primary" href="{{ live }}">{{ run }}</a>{% endif %}
<a class="btn btn-outline-primary" href="install.html">{{ install }}</a></p>"""


def write_sources(folder: Path, language: str, *, live: bool) -> None:
    """Write all that Sphinx reads to make the pages of one language.

    Parameters
    ----------
    folder : Path
        Is made.
    language : str
        ``"en"`` or ``"ru"``.
    live : bool
        Whether the site holds live lessons, to which the pages then lead.
    """
    set_language(language)
    static = folder / "_static"
    static.mkdir(parents=True)
    (folder / "extra" / "notebooks").mkdir(parents=True)
    (folder / "conf.py").write_text(_CONF.format(language=language), encoding="utf-8")

    def there(path: Path) -> str:
        return f"../{sitting.live_address(path)}" if live else ""

    for path in lessons.notebooks(language):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        page = sitting.Sitting(path, static, there(path)).page(notebook)
        (folder / path.name).write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")
        shutil.copy(path, folder / "extra" / "notebooks")
    first = lessons.NOTEBOOKS / language / f"{FIRST}.ipynb"
    home = _home(first, static, there(first))
    shutil.copy(lessons.ROOT / "data" / "sheet.png", static)
    shutil.copy(lessons.ROOT / "CITATION.cff", folder / "extra")
    for name, text in {"index": home, **_documents(language)}.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def document(name: str, language: str) -> str:
    """Return a document of the course in one language, without the link to the other."""
    folder = lessons.NOTEBOOKS if name == "map" else lessons.ROOT
    suffix = ".md" if language == "en" else f".{language}.md"
    text = (folder / f"{name}{suffix}").read_text(encoding="utf-8")
    return _OTHER_LANGUAGE.sub("", text)


def sections(text: str) -> list[str]:
    """Return the sections of a document, each with its heading; the first with its title."""
    fenced = re.sub(r"^```.*?^```", lambda one: one[0].replace("\n## ", "\n\0## "), text,
                    flags=re.M | re.S)  # fmt: skip
    return [part.replace("\0", "") for part in re.split(r"^(?=## )", fenced, flags=re.M)]


def _home(first: Path, static: Path, live: str) -> str:
    """Return the first page: what the course is, a picture to touch, and three ways through it."""
    language = first.parent.name
    opening, _start, _lessons, _where, patient, *_rest = sections(document("README", language))
    title, _newline, lead = opening.partition("\n")
    ways = sections(document("map", language))[1]
    cells = json.loads(first.read_text(encoding="utf-8"))["cells"]
    cell = next(cell for cell in cells if cell["id"] == PICTURE)
    viewer = sitting.Sitting(first, static).apart(sitting.mounted(cell))
    words = {"begin": _(_BEGIN), "run": _(_LIVE), "install": _(_INSTALL)}
    buttons = render(_BUTTONS, first=FIRST, live=live, **words)
    tried = render('<p class="site-try">{{ text }}</p>', text=_(_TRY))
    patient = patient.replace("](data/sheet.png)", "](_static/sheet.png)")
    text = "\n\n".join([title, lead, " ".join(buttons.split("\n")), tried + _block(viewer)])
    return "\n\n".join([rewritten(f"{text}\n\n{ways}\n\n{patient}", language), _menu()])


def _block(viewer: str) -> Markup:
    return Markup('<div class="site-home">' + re.sub(r"\n\s*", " ", viewer) + "</div>")


def _menu() -> str:
    return _toctree([f"{_(title)} <{name}>" for name, title in _MENU.items()])


def _toctree(names: list[str]) -> str:
    return "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"


def _documents(language: str) -> dict[str, str]:
    _opening, start, table, *_rest = sections(document("README", language))
    names = [path.stem for path in lessons.notebooks(language)]
    about = HERE / "text" / ("about.md" if language == "en" else f"about.{language}.md")
    texts = {
        "sittings": f"{_raised(_without_other_language(table))}\n\n{_toctree(names)}",
        "install": _raised(start),
        "map": _map(language),
        "teaching": document("TEACHING", language),
    }
    pages = {name: rewritten(text, language) for name, text in texts.items()}
    own = {"about": about.read_text("utf-8"), "cite": citation.page()}
    return {**pages, **own, "glossary": _glossary(language), **_api()}


def _map(language: str) -> str:
    """Return the map with its drawing in front of the table."""
    text = document("map", language)
    return text.replace("\n| |", f"\n{chart.drawn(text)}\n\n| |", 1)


def _raised(section: str) -> str:
    """Return a section as a document: each heading a step higher."""
    return re.sub(r"^#(#+ )", r"\1", section, flags=re.M)


def _without_other_language(table: str) -> str:
    """Return the table of sittings without its third column."""
    return re.sub(r"^(\|[^|\n]*\|[^|\n]*\|)[^|\n]*\|", r"\1", table, flags=re.M)


def _glossary(language: str) -> str:
    """Return the glossary with the terms of one language first, in its order."""
    text = (lessons.NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    terms, own = (_terms(part) for part in sections(text))
    heading = _(_OWN_WORDS)
    said = _(_GLOSSARY_TEXT)
    tables = _term_table(terms, language), _term_table(own, language)
    return f"# {_(_GLOSSARY)}\n\n{said}\n\n{tables[0]}\n\n## {heading}\n\n{tables[1]}\n"


def _terms(section: str) -> list[list[str]]:
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [re.split(r"\s*(?<!\\)\|\s*", row)[1:-1] for row in rows if "|---|" not in row]


def _term_table(rows: list[list[str]], language: str) -> str:
    header, *terms = rows
    order = [0, 2, 1, 4] if language == "en" else [1, 3, 0, 4]
    terms.sort(key=lambda term: term[order[0]].casefold())
    names = [header[place] for place in order[:3]] + [_("Section")]
    every = [names, ["---"] * 4, *([term[place] for place in order if place < len(term)]
                                   for term in terms)]  # fmt: skip
    every = [line[: len(terms[0]) - 1] for line in every]
    return "\n".join(f"| {' | '.join(line)} |" for line in every)


def _api() -> dict[str, str]:
    """Return a page for each face, and one that lists them."""
    pages: dict[str, str] = {}
    rows = []
    for face in FACES:
        module, room = importlib.import_module(face), face.rpartition(".")[2]
        number = _(_ABOUT_LESSON, number=LESSONS[room]) if room in LESSONS else ""
        about = (module.__doc__ or "").strip().split("\n")[0]
        rows.append(f"| [{face}]({face}.md) | {number} | {about} |")
        late = [name for name in getattr(module, "__all__", ()) if name not in vars(module)]
        more = "".join(f".. autofunction:: {face}.{name}\n" for name in late)
        pages[f"api/{face}"] = (
            f"# {face}\n\n```{{eval-rst}}\n.. automodule:: {face}\n   :members:\n\n{more}```\n"
        )
    names = f"| {_('Import')} | {_('Lesson')} | {_('What it does')} |\n|---|---|---|"
    listed = "\n".join([names, *rows])
    said = _(_API_TEXT)
    title = _(_API)
    index = f"# {title}\n\n{said}\n\n{listed}\n\n{_toctree(list(FACES))}"
    return {"api/index": index, **pages}


def pages(language: str) -> list[str]:
    """Return the names of all pages of a language, as their addresses have them."""
    names = ["index", "sittings", "map", "glossary", "teaching", "install", "about", "cite"]
    every: list[Any] = [*names, *(path.stem for path in lessons.notebooks(language))]
    return [*every, "api/index", *(f"api/{face}" for face in FACES), "search"]
