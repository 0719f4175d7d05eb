"""The settings of Sphinx, and what the theme lacks: the other language, and formulas as MathML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from course_tools import about
from dicom_lessons.text import N_, _, set_language

HERE = Path(__file__).parent
NAMES = {"en": "English", "ru": "Русский"}
ALONE = ("index", "map", "glossary", "teaching", "install", "about", "cite", "search")
"""Pages that belong to no section: they have no list beside them."""
# for screen readers: a name that is not what stands there, the head of a column without words
_MENDED = {
    ' aria-label="Toggle hidden content"': "",
    '<th class="head"><p></p></th>': "<td></td>",
}
_TITLE = N_("DICOM Lessons")
_RIGHTS = N_("{authors}. Text CC BY 4.0, code MIT, pictures CC0. Not for diagnosis.")
_SEARCH = N_("Search the course …")
_OUTPUT = N_("Show the result")


def settings(language: str) -> dict[str, Any]:
    """Return what ``conf.py`` sets for the pages of one language."""
    set_language(language)
    authors = ", ".join(about.authors())
    return {
        "project": _(_TITLE),
        "html_title": _(_TITLE),
        "author": authors,
        "copyright": _(_RIGHTS, authors=authors),
        "version": about.project()["version"],
        "release": about.project()["version"],
        "language": language,
        "extensions": ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", __name__],
        "exclude_patterns": ["_static", "notebooks"],
        "templates_path": [str(HERE / "templates")],
        "html_static_path": ["_static", str(HERE / "static")],
        "html_css_files": ["site.css"],
        "html_favicon": str(HERE / "static" / "icon.svg"),
        "html_context": {"default_mode": "auto"},
        "html_domain_indices": False,
        "html_extra_path": ["extra"],
        "html_theme": "pydata_sphinx_theme",
        "html_show_sourcelink": False,
        "html_copy_source": False,
        "html_show_sphinx": False,
        "html_use_index": False,
        "html_math_renderer": "mathml",
        "html_sidebars": {"**": ["sidebar-nav-bs"], **{page: [] for page in ALONE}},
        "html_theme_options": _theme_options(language),
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "nb_code_prompt_show": _(_OUTPUT),
        "nb_code_prompt_hide": _("Hide the result"),
        "myst_heading_anchors": 4,
        "myst_enable_extensions": ["dollarmath"],
        "autodoc_typehints": "none",
        "autodoc_member_order": "bysource",
        "napoleon_google_docstring": False,
        "napoleon_use_rtype": False,
        "suppress_warnings": ["config.cache"],
    }


def _theme_options(language: str) -> dict[str, Any]:
    from course_tools.site.links import repository

    icon = {"name": _("Repository"), "url": repository(), "icon": "fa-solid fa-code-branch"}
    return {
        "navbar_end": ["language-switch", "theme-switcher", "navbar-icon-links"],
        "navbar_persistent": ["search-button-field"],
        "icon_links": [icon] if repository() else [],
        "header_links_before_dropdown": 6,
        "header_dropdown_text": _("More"),
        "search_bar_text": _(_SEARCH),
        "secondary_sidebar_items": ["page-toc"],
        "footer_start": ["site-rights"],
        "footer_end": [],
        "show_toc_level": 2,
        "back_to_top_button": True,
        "use_edit_page_button": False,
    }


def add_context(_app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Say to each page where it is in the other language."""
    own = str(context["language"])
    other = next(each for each in NAMES if each != own)
    up = "../" * (page.count("/") + 1)
    address = f"{up}{other}/{page}.html"
    body = context.get("body", "")
    for mended, by in _MENDED.items():
        body = body.replace(mended, by)
    context["body"] = body
    context["other_language"] = {"code": other, "name": NAMES[other], "address": address}
    tags = f'\n<link rel="alternate" hreflang="{other}" href="{address}">'
    context["metatags"] = context.get("metatags", "") + tags


def write_inline(writer: Any, node: Any) -> None:
    """Write a formula within a line as MathML, which every browser shows without a script."""
    _write(writer, node, "inline")


def write_block(writer: Any, node: Any) -> None:
    """Write a formula of its own line as MathML."""
    _write(writer, node, "block")


def _write(writer: Any, node: Any, display: str) -> None:
    from docutils.nodes import SkipNode
    from latex2mathml.converter import convert

    markup = convert(node.astext(), display=display)
    writer.body.append(re.sub(r"\s+", " ", markup))
    raise SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", add_context)
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
