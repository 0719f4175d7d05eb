"""Exercises as text: the ``exercises.md`` of a room, read with CommonMark's own grammar.

``# … 01a`` begins a sitting, ``## name (form)`` an exercise, and a paragraph asks. A task list
answers: what is ticked is right, a second tick is right as well. An answer is prose (an option of a
choice), one code span (a value), or a word with a colon and a fenced block: of ``python``, a
program; of ``diff``, the right program with some lines changed. The word is ``code`` or ``change``,
or else the name by which an examination in ``checks.py`` finds the fault. ``→`` says why; a
numbered list gives three hints; a fenced block of ``lines`` makes a Parsons problem. The kind of
exercise follows from all that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from dicom_lessons.exercises import forms, kinds, sources


class TextError(ValueError):
    """Something in an ``exercises.md`` that makes no exercise; says file, line and what."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.parent.name}/{path.name}, line {line}: {what}")


class _Fault(Exception):
    """What is wrong in a line, before it is known in which file."""


def _need(good: object, line: int, what: str) -> None:
    if not good:
        raise _Fault(line, what)


@dataclass
class Item:
    """One answer as it was written: prose, or the source of an answer cell."""

    line: int
    right: bool
    why: str
    text: str = ""
    code: str = ""
    is_change: bool = False
    finding: str = ""


@dataclass
class Draft:
    """One exercise as it was written; hints with their lines."""

    line: int
    name: str
    form: str
    sitting: str
    question: str = ""
    lines: str = ""
    answers: list[Item] = field(default_factory=list)
    hints: list[tuple[int, str]] = field(default_factory=list)

    def sentences(self) -> Iterator[tuple[int, str]]:
        """Yield what is to be translated, with the number of its line."""
        yield self.line, self.question
        for answer in self.answers:
            yield from ((answer.line, text) for text in (answer.text, answer.why) if text)
        yield from self.hints


def read(path: Path) -> list[Draft]:
    """Return the exercises of a file as they are written, in order.

    Raises
    ------
    TextError
        If something has no place or is missing.
    """
    drafts: list[Draft] = []
    document = SyntaxTreeNode(MarkdownIt().parse(path.read_text(encoding="utf-8")))
    try:
        sitting = ""
        for node in document.children:
            if node.type == "heading" and node.tag == "h1":
                number = re.search(r"\b\d\d[a-z]?\b", _content(node))
                sitting = number[0] if number else ""
            elif node.type == "heading" and node.tag == "h2":
                drafts.append(_heading(node, sitting))
            elif drafts:  # what stands before the first exercise is for whoever reads the file
                _take(drafts[-1], node)
        names: set[str] = set()
        for draft in drafts:
            here = draft.name.rpartition("-")[0] == path.parent.name
            _need(here, draft.line, f"{draft.name} belongs to another room.")
            _need(draft.name not in names, draft.line, f"{draft.name} is there already.")
            names.add(draft.name)
            _complete(draft)
    except _Fault as fault:
        raise TextError(path, *fault.args) from None
    return drafts


def exercises(path: Path, checks: Mapping[str, kinds.Check]) -> dict[str, kinds.Exercise]:
    """Return the exercises of a room by name, made of its text and its checks.

    Raises
    ------
    TextError
        If text or checks make no exercise.
    """
    drafts = {draft.name: draft for draft in read(path)}
    try:
        for name in checks:
            _need(name in drafts, 1, f"there is no {name}, which checks.py checks.")
        return {name: _made(one, checks.get(name, kinds.Check())) for name, one in drafts.items()}
    except _Fault as fault:
        raise TextError(path, *fault.args) from None


# ---- from Markdown to drafts


def _heading(node: SyntaxTreeNode, sitting: str) -> Draft:
    title = _joined(_content(node))
    parts = re.fullmatch(r"([a-z_]+-[a-z]?\d+)(?: \((.+)\))?", title)
    if not parts:
        raise _Fault(_line(node), f"{title!r} is no name of an exercise.")
    return Draft(_line(node), parts[1], parts[2] or "", sitting)


def _take(draft: Draft, node: SyntaxTreeNode) -> None:
    if node.type == "paragraph" and not draft.question:
        draft.question = _joined(_content(node))
    elif node.type == "bullet_list" and not draft.answers:
        draft.answers = [_answer(item) for item in node.children]
    elif node.type == "ordered_list" and not draft.hints:
        for item in node.children:
            is_paragraph = [part.type for part in item.children] == ["paragraph"]
            _need(is_paragraph, _line(item), "a hint is one paragraph.")
            draft.hints.append((_line(item), _joined(_content(item.children[0]))))
    elif node.type == "fence" and node.info == "lines" and not draft.lines:
        draft.lines = node.content.rstrip("\n")
    else:
        raise _Fault(_line(node), f"this has no place in {draft.name}.")


def _answer(item: SyntaxTreeNode) -> Item:
    first, *rest = item.children or [item]
    task = re.fullmatch(r"\[([ x])\] (.+)", _content(first), flags=re.S)
    if not task:
        raise _Fault(_line(item), "an answer begins with [ ] or [x].")
    said, _arrow, why = task[2].partition("\n→ ")
    answer = Item(_line(item), task[1] == "x", _joined(why))
    if rest and rest[0].type == "fence":
        fence = rest.pop(0)
        known = fence.info in ("python", "diff") and said.endswith(":")
        _need(known, _line(fence), "a program is python or diff, after a word with a colon.")
        answer.code, answer.is_change = fence.content, fence.info == "diff"
        if rest and _content(rest[0]).startswith("→ "):
            answer.why = _joined(_content(rest.pop(0))[2:])
    for stray in rest:
        raise _Fault(_line(stray), "this has no place in an answer.")
    if said.endswith(":"):
        answer.finding = said[:-1] if said not in ("code:", "change:") else ""
    elif value := re.fullmatch(r"`([^`\n]+)`", said):
        answer.code = value[1]
    else:
        answer.text = _joined(said)
    return answer


def _line(node: SyntaxTreeNode) -> int:
    return node.map[0] + 1 if node.map else 1


def _content(node: SyntaxTreeNode) -> str:
    return "".join(part.content for part in node.children if part.type == "inline")


def _joined(text: str) -> str:
    return " ".join(text.split())


# ---- what a draft must have


def _complete(draft: Draft) -> None:
    """Make programs of changes, and see to it that nothing is missing."""
    model = next((answer for answer in draft.answers if answer.right), None)
    _need(draft.question, draft.line, f"{draft.name} asks nothing.")
    if not model:
        raise _Fault(draft.line, f"{draft.name} has no right answer.")
    different = {text for _number, text in draft.hints}
    _need(len(different) == 3, draft.line, f"{draft.name} needs three hints, each another.")
    reasons: dict[str, str] = {}
    for answer in draft.answers:
        line = answer.line
        if answer.finding:
            answer.why = answer.why or reasons.get(answer.finding, "")
            agreed = reasons.setdefault(answer.finding, answer.why) == answer.why
            _need(agreed, line, f"{answer.finding!r} is explained in two ways.")
        if answer.is_change:
            answer.code = changed(model.code, answer.code, line)
        if answer.code:
            _need(_binds(answer.code), line, "the last statement of this answer binds no name.")
            differs = answer.right or answer.code.strip() != model.code.strip()
            _need(differs, line, "this mistake equals the right answer.")
        explained = answer.why or (answer.right and answer is not model)
        _need(explained, line, "this answer lacks its →, which says why.")


def _binds(source: str) -> bool:
    try:
        return bool(sources.bound_name(source))
    except (SyntaxError, ValueError, IndexError):
        return False


def changed(code: str, change: str, line: int = 1) -> str:
    r"""Return a program with a change: of each run of lines, ``-`` goes, ``+`` comes, rest stays.

    >>> changed("a = 1\nb = 2\n", "-b = 2\n+b = 3\n")
    'a = 1\nb = 3\n'
    """
    lines, place = code.split("\n"), 0
    for hunk in re.findall(r"(?:^[-+ ].*\n)+", change, flags=re.M):
        old = [one[1:] for one in hunk.splitlines() if one[0] in "- "]
        new = [one[1:] for one in hunk.splitlines() if one[0] in "+ "]
        places = range(place, len(lines) - len(old) + 1) if old else ()
        place = next((n for n in places if lines[n : n + len(old)] == old), -1)
        if place < 0:
            raise _Fault(line, f"the right answer does not hold {old[0] if old else ''!r} here.")
        lines[place : place + len(old)] = new
        place += len(new)
    return "\n".join(lines)


# ---- from drafts to exercises


def _made(draft: Draft, check: kinds.Check) -> kinds.Exercise:
    parts: dict[str, Any] = {name: given for name, given in vars(check).items() if given}
    kind = parts.pop("kind", None) or _kind(draft, check)
    if draft.form:
        _need(not check.form, draft.line, f"{draft.name} has another form in checks.py.")
        try:
            parts["form"] = forms.named(draft.form)
        except KeyError:
            raise _Fault(draft.line, f"there is no form {draft.form!r}.") from None
    may_have = "form" not in parts or hasattr(kind, "form")
    _need(may_have, draft.line, f"the kind of exercise that {draft.name} is has no form.")
    for answer in draft.answers:
        what = f"this is no answer of the kind that {draft.name} has."
        _need(_fits(answer, kind, check), answer.line, what)
    if kind is kinds.Choice:
        parts["options"] = tuple(kinds.Answer(one.text, one.why) for one in draft.answers)
    if kind is kinds.Parsons:
        parts["lines"] = tuple(draft.lines.splitlines())
    wrong = [answer for answer in draft.answers if not answer.right]
    right = [(place, answer) for place, answer in enumerate(draft.answers) if answer.right]
    # the right option of a choice is given by its letter
    sources = [one.code or f'answer = "{forms.LETTERS[place]}"' for place, one in right]
    return kind(
        name=draft.name,
        sitting=draft.sitting,
        question=draft.question,
        solution=sources[0],
        also_right=tuple(sources[1:]),
        why=right[0][1].why,
        hints=tuple(text for _line, text in draft.hints),
        mistakes=tuple(kinds.Answer(one.code, one.why) for one in wrong if one.code),
        findings={one.finding: one.why for one in wrong if one.finding},
        **parts,
    )


def _kind(draft: Draft, check: kinds.Check) -> type[kinds.Exercise]:
    if check.examine:
        return kinds.Repair
    if check.cases:
        return kinds.Code
    if draft.lines:
        return kinds.Parsons
    if draft.answers[0].text:
        return kinds.Choice
    return kinds.Prediction if "-p" in draft.name else kinds.Value


def _fits(answer: Item, kind: type[kinds.Exercise], check: kinds.Check) -> bool:
    if kind is kinds.Choice:
        return bool(answer.text)
    return bool(check.examine or check.kind) if answer.finding else bool(answer.code)
