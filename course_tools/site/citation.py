"""How to cite the course, from ``CITATION.cff``."""

from __future__ import annotations

import re
from typing import Any

from course_tools import lessons
from dicom_lessons.text import N_, _

_TITLE = N_("How to cite")
_LEAD = N_(
    "If you teach with these lessons or build on them, please cite them. The file "
    "[CITATION.cff](CITATION.cff) says the same to programs that manage references."
)
_AS_TEXT = N_("As text")
_AS_BIBTEX = N_("As BibTeX")
_LICENCES = N_(
    "Code is under the MIT licence, text under CC BY 4.0, pictures and files in `data/` under "
    "CC0 1.0: say where they come from, and say what you changed."
)


def page() -> str:
    """Return the page as Markdown, in the language that is set."""
    import yaml

    text = (lessons.ROOT / "CITATION.cff").read_text(encoding="utf-8")
    about: dict[str, Any] = yaml.safe_load(text)
    authors = [_name(author) for author in about["authors"]]
    title, version = about["title"], about["version"]
    year = str(about["date-released"])[:4]
    address = about.get("doi") or about.get("repository-code") or about.get("url") or ""
    plain = " ".join(filter(None, [f"{', '.join(authors)} ({year}).", f"*{title}*",
                                   f"(version {version}).", address]))  # fmt: skip
    lines = [
        f"@software{{dicom_lessons_{year},",
        f"  author  = {{{' and '.join(f'{{{one}}}' for one in authors)}}},",
        f"  title   = {{{title}}},",
        f"  version = {{{version}}},",
        f"  year    = {{{year}}},",
        *([f"  url     = {{{address}}},"] if address else []),
        "}",
    ]
    bibtex = "\n".join(lines)
    lead = re.sub(r"\[(.+?)\]\((.+?)\)", r'<a href="\2">\1</a>', _(_LEAD))
    return (
        f"# {_(_TITLE)}\n\n{lead}\n\n## {_(_AS_TEXT)}\n\n{plain}\n\n"
        f"## {_(_AS_BIBTEX)}\n\n```bibtex\n{bibtex}\n```\n\n{_(_LICENCES)}\n"
    )


def _name(author: dict[str, Any]) -> str:
    full = " ".join(filter(None, [author.get("given-names"), author.get("family-names")]))
    return full or str(author["name"])
