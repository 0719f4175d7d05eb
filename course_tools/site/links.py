"""Links of notebooks and documents, which lead from file to file, as links from page to page."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from course_tools.about import project

_FENCE = re.compile(r"^```.*?^```", flags=re.M | re.S)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|`[^`]*`)*)\]\(([^)\s]+)\)")
_NOTEBOOK = re.compile(r"(?:\.\./)?(?:notebooks/)?(en|ru)/(\w+)\.ipynb(?:#(.+))?")
_DOCUMENT = re.compile(r"(?:\.\./)?(?:notebooks/)?(\w+)(\.ru)?\.md(?:#(.+))?")
# the sections of the README that are pages of their own, by their anchors
_START = ("start-one-line", "начать-одна-строка", "without-this-folder-pip-alone",
          "без-этой-папки-один-pip")  # fmt: skip
_SITTINGS = ("the-lessons", "уроки")
DOCUMENTS = {"map": "map", "glossary": "glossary", "TEACHING": "teaching", "README": "index"}


def rewritten(text: str, language: str) -> str:
    """Return Markdown whose links lead to the pages of the site in one language.

    What the site does not hold is linked in the repository, if its address is known; if not, the
    words of the link stay.
    """

    def link(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        if picture or re.match(r"\w+:|#|_static/", target):
            return found[0]
        return _link(words, target, language)

    return _outside_of_code(text, lambda part: _LINK.sub(link, part))


def slug(heading: str) -> str:
    """Return the anchor that MyST gives to a heading.

    >>> slug("Explore:-every-byte-has-an-owner")
    'explore-every-byte-has-an-owner'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def repository() -> str:
    """Return the address of the repository as ``pyproject.toml`` knows it, or an empty text."""
    urls = {name.lower(): url for name, url in project().get("urls", {}).items()}
    return str(urls.get("repository") or urls.get("source") or "").rstrip("/")


def _link(words: str, target: str, language: str) -> str:
    if notebook := _NOTEBOOK.fullmatch(target):
        return _to_page(words, notebook[2], notebook[1], language, notebook[3])
    document = _DOCUMENT.fullmatch(target)
    if document and document[1] in DOCUMENTS:
        page, anchor = DOCUMENTS[document[1]], document[3]
        if page == "index" and anchor:
            page = "install" if anchor in _START else "sittings"
            anchor = None if anchor in (*_START[:2], *_SITTINGS) else anchor
        own = "ru" if document[2] else language if document[1] == "glossary" else "en"
        return _to_page(words, page, own, language, anchor)
    address = repository()
    return f"[{words}]({address}/blob/main/{target.lstrip('./')})" if address else words


def _to_page(words: str, page: str, own: str, language: str, anchor: str | None) -> str:
    after = f"#{slug(anchor)}" if anchor else ""
    if own == language:
        is_sitting = re.match(r"\d\d[a-z]_", page)
        return f"[{words}]({page}{'.ipynb' if is_sitting else '.md'}{after})"
    return f'<a href="../{own}/{page}.html{after}" lang="{own}">{words}</a>'


def _outside_of_code(text: str, change: Callable[[str], str]) -> str:
    parts, place = [], 0
    for code in _FENCE.finditer(text):
        parts += [change(text[place : code.start()]), code[0]]
        place = code.end()
    return "".join([*parts, change(text[place:])])
