"""Explorer: any UID split and judged as it is typed, and the tree that UIDs make of a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import HTML, Layout, Text
from markupsafe import Markup
from pydicom.uid import ExplicitVRLittleEndian

from dicom_lessons.html import Page, render, table
from dicom_lessons.text import N_, _, short
from dicom_lessons.uids.meaning import explain
from dicom_lessons.uids.roots import arcs
from dicom_lessons.uids.rules import MAXIMUM_LENGTH, judge
from dicom_lessons.uids.tree import Node, Tree, read_tree
from dicom_lessons.widgets import Box, script, style

_HERE = Path(__file__).parent
_MOST_SHOWN = 200
_LEVELS = {
    "study": (N_("Study"), "StudyInstanceUID"),
    "series": (N_("Series"), "SeriesInstanceUID"),
    "instance": (N_("Instance"), "SOPInstanceUID"),
}
_PANEL = """\
<div role="status">
<p><strong>{{ sentence }}</strong></p>
</div>
<div style="margin-top: 1em">{{ arcs }}</div>
<div style="margin-top: 1em">{{ rules }}</div>"""
_TREE = """\
<p><strong>{{ title }}</strong></p>
<ul>
{% for node in nodes recursive %}
<li>{{ levels[node.level] }} {{ node.label }}<br><code>{{ short(node.uid, most) }}</code>
{% if node.children %}<ul>{{ loop(node.children) }}</ul>{% endif %}</li>
{% endfor %}
</ul>
{{ problems }}"""


def explore_uids(
    uid: str = "", files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = ()
) -> UIDTree:
    """Return the UID tree explorer.

    Parameters
    ----------
    uid : str
        What the text field holds at first; anything may be typed. By default the first study's
        UID or, without files, that of Explicit VR Little Endian.
    files : str, path or iterable of them
        A folder or files whose studies, series and instances are shown as a tree.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    return UIDTree(uid, read_tree(files))


class TreeView(anywidget.AnyWidget):
    """A tree of rows; arrow keys move and open, the selected row goes to the kernel."""

    _esm = script(_HERE, "explorer.js")
    _css = style(_HERE / "explorer.css")
    nodes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)


class UIDTree(Box):
    """A text field for a UID, what it is made of, and the tree of a folder if there is one."""

    def __init__(self, uid: str, tree: Tree) -> None:
        self.tree = tree
        nodes = list(_flattened(tree.studies))
        self.field = Text(
            value=uid or ExplicitVRLittleEndian,
            description=_("UID:"),
            layout=Layout(width="auto"),
            style={"description_width": "initial"},
        )
        self.panel = HTML()
        self.view = TreeView(nodes=nodes, label=_("Studies, series and instances"))
        self.field.observe(lambda _change: self._show(), "value")
        self.view.observe(self._chosen, "selected")
        self._show()
        if nodes and not uid:
            self.view.selected = 0
        problems = HTML(str(_problems(tree)))
        shown = [self.view, problems] if nodes or tree.problems else []
        super().__init__([*shown, self.field, self.panel])

    def _chosen(self, change: dict[str, Any]) -> None:
        if not 0 <= change["new"] < len(self.view.nodes):
            return
        node = self.view.nodes[change["new"]]
        self.field.value = node["uid"]
        self._show(node["keyword"])

    def _show(self, keyword: str = "") -> None:
        self._keyword = keyword
        self.panel.value = str(_panel(self.field.value, keyword))

    def twin(self) -> Page:
        """Return the tree, and what the UID in the field is made of."""
        nodes = self.view.nodes
        tree = _tree(self.tree) if nodes or self.tree.problems else Markup("")
        lines = [f"{'  ' * node['depth']}{node['level']} {node['label']}" for node in nodes]
        sentence = explain(self.field.value, self._keyword).sentence
        page = tree + Markup(self.panel.value)
        return Page(page, "\n".join([*lines[:_MOST_SHOWN], sentence]))


def _flattened(nodes: Iterable[Node], depth: int = 0) -> Iterator[dict[str, Any]]:
    for node in nodes:
        level, keyword = _LEVELS[node.level]
        yield {
            "depth": depth,
            "level": _(level),
            "keyword": keyword,
            "label": node.label,
            "uid": short(node.uid, _MOST_SHOWN),
            "branch": bool(node.children),
        }
        yield from _flattened(node.children, depth + 1)


def _panel(uid: str, keyword: str) -> Markup:
    sentence = explain(uid, keyword).sentence
    return render(_PANEL, sentence=sentence, arcs=_arc_table(uid), rules=_rule_table(uid))


def _arc_table(uid: str) -> Markup:
    numbers = arcs(uid[:_MOST_SHOWN])
    named = max((place for place, arc in enumerate(numbers, 1) if arc.name), default=0)
    rows: list[tuple[str, str]] = [(short(arc.number, 40), arc.name) for arc in numbers[:named]]
    rest = uid.split(".", named)[named:]
    if rest and rest != [""]:
        suffix = _("the rest: a suffix, whose numbers have no meaning of their own")
        rows.append((short(rest[0], MAXIMUM_LENGTH), suffix))
    header = [_("Number"), _("Whose numbers follow")]
    return table(header, rows, _("The arcs of the UID"), row_headers=True)


def _rule_table(uid: str) -> Markup:
    rows = [
        (rule.rule, _("✓ kept") if rule.holds else _("✗ broken"), rule.why, rule.section)
        for rule in judge(uid)
    ]
    header = [_("Rule"), _("Verdict"), _("What was seen"), _("In the standard")]
    return table(header, rows, _("The rules of a UID"), row_headers=True)


def _problems(tree: Tree) -> Markup:
    if not tree.problems:
        return Markup("")
    rows = [(problem.where, problem.what) for problem in tree.problems[:_MOST_SHOWN]]
    header = [_("File"), _("Problem")]
    return table(header, rows, _("Files with problems"), row_headers=True)


def _tree(tree: Tree) -> Markup:
    return render(
        _TREE,
        title=_("Studies, series and instances"),
        levels={level: _(name) for level, (name, _keyword) in _LEVELS.items()},
        nodes=tree.studies[:_MOST_SHOWN],
        short=short,
        most=_MOST_SHOWN,
        problems=_problems(tree),
    )
