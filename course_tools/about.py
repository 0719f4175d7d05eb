"""Who made the course and where it lives: said once, in ``pyproject.toml``, and copied from there.

``[project.urls]`` may name ``Repository`` and ``Site``. What is unknown gets no button.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from course_tools.lessons import ROOT

FIRST = "notebooks/{language}/00a_recognise_dicom.ipynb"
BEGIN, END = "<!-- buttons: python -m course_tools about -->", "<!-- end of buttons -->"
WORDS = {
    "en": ("Read it as a site", "Run it on Binder", "Run it in Codespaces",
           "Report a wrong sentence"),
    "ru": ("Читать на сайте", "Запустить в Binder", "Запустить в Codespaces",
           "Сообщить о неверной фразе"),
}  # fmt: skip
README = {"en": "README.md", "ru": "README.ru.md"}


@cache
def project() -> dict[str, Any]:
    """Return the table ``project`` of ``pyproject.toml``."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def address(name: str) -> str:
    """Return the address that ``[project.urls]`` gives to a name, or an empty text."""
    return str(project().get("urls", {}).get(name, "")).rstrip("/")


def authors() -> list[str]:
    """Return the names of the authors."""
    return [str(author["name"]) for author in project()["authors"]]


def buttons(language: str) -> str:
    """Return the links of a README as Markdown, an empty text where no address is known."""
    site, binder, codespaces, report = WORDS[language]
    repository, found = address("Repository"), []
    if address("Site"):
        found.append((site, f"{address('Site')}/{language}/"))
    if hosted := re.fullmatch(r"https://(github|gitlab)\.com/([^/]+/[^/]+)", repository):
        host, name = hosted.groups()
        kept = name if host == "github" else name.replace("/", "%2F")
        kind = "gh" if host == "github" else "gl"
        first = FIRST.format(language=language)
        found.append((binder, f"https://mybinder.org/v2/{kind}/{kept}/HEAD?labpath={first}"))
        if host == "github":
            found.append((codespaces, f"https://codespaces.new/{name}"))
        way = "issues/new/choose" if host == "github" else "-/issues/new"
        found.append((report, f"{repository}/{way}"))
    return " · ".join(f"[{text}]({link})" for text, link in found)


def write_about(folder: Path = ROOT) -> Iterator[Path]:
    """Bring READMEs, CITATION.cff and the paper in step with ``pyproject.toml``; yield their paths.

    Raises
    ------
    ValueError
        If a file has no place for what it should hold.
    """
    for language, name in README.items():
        kept = f"{BEGIN}\n{buttons(language)}\n{END}".replace("\n\n", "\n")
        yield _replaced(folder / name, rf"{re.escape(BEGIN)}\n[\s\S]*?{re.escape(END)}", kept)
    listed = "".join(f"  - name: {one}\n" for one in authors())
    citation = folder / "CITATION.cff"
    _replaced(citation, r"^authors:\n(?:  .*\n)+", f"authors:\n{listed}")
    code = f"repository-code: {address('Repository')}\n" if address("Repository") else ""
    _replaced(citation, r"(?:^repository-code: .*\n)?^version: .*\n",
              f"{code}version: {project()['version']}\n")  # fmt: skip
    yield citation
    each = "".join(f"  - name: {one}\n    affiliation: 1\n" for one in authors())
    yield _replaced(folder / "paper.md", r"^authors:\n(?:  .*\n)+", f"authors:\n{each}")


def _replaced(path: Path, pattern: str, text: str) -> Path:
    content = path.read_text(encoding="utf-8")
    changed, count = re.subn(pattern, lambda _: text, content, count=1, flags=re.M)
    if not count:
        raise ValueError(f"{path.name} has no place for this: {text.splitlines()[0]}")
    if changed != content:
        path.write_text(changed, encoding="utf-8")
    return path
