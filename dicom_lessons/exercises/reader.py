"""Exercises as text: the ``exercises.md`` of a room, read with CommonMark's own grammar.

``## name (form)`` begins an exercise, and a paragraph asks. A task list answers: what is ticked is
right, a second tick is right as well. An answer is prose (an option of a choice), one code span (a
value), or a word with a colon and a fenced block: of ``python``, a program; of ``diff``, the right
program with some lines changed. The word is ``code`` or ``change``, or else the name by which an
examination in ``checks.py`` finds the fault. ``→`` says why; a numbered list gives three hints; a
fenced block of ``lines`` makes a Parsons problem. The kind of exercise follows from all that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from dicom_lessons.exercises import forms, kinds

_HINTS = 3


class TextError(ValueError):
    """Something in an ``exercises.md`` that makes no exercise; says file, line and what."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.parent.name}/{path.name}, line {line}: {what}")


class _Fault(Exception):
    """What is wrong in a line, before it is known in which file."""


@dataclass
class Answer:
    """One answer as it was written: prose, or the source of an answer cell."""

    line: int
    right: bool
    text: str = ""
    code: str = ""
    change: str = ""
    finding: str = ""
    why: str = ""


@dataclass
class Draft:
    """One exercise as it was written; hints with their lines."""

    line: int
    name: str
    form: str
    question: str = ""
    lines: str = ""
    answers: list[Answer] = field(default_factory=list)
    hints: list[tuple[int, str]] = field(default_factory=list)

    @property
    def right(self) -> list[Answer]:
        """The answers that are ticked."""
        return [answer for answer in self.answers if answer.right]

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
        If something has no place or is missing; the message names file and line.
    """
    drafts: list[Draft] = []
    names: set[str] = set()
    document = SyntaxTreeNode(MarkdownIt().parse(path.read_text(encoding="utf-8")))
    try:
        for node in document.children:
            if node.type == "heading" and node.tag == "h2":
                drafts.append(_heading(node))
            elif drafts:  # what stands before the first exercise is for whoever reads the file
                _take(drafts[-1], node)
        for draft in drafts:
            _complete(draft, names)
    except _Fault as fault:
        raise TextError(path, *fault.args) from None
    return drafts


def exercises(path: Path, checks: Mapping[str, kinds.Check]) -> dict[str, kinds.Exercise]:
    """Return the exercises of a room by name, made of its text and its checks.

    Raises
    ------
    TextError
        If text or checks make no exercise; the message names file and line.
    """
    drafts = {draft.name: draft for draft in read(path)}
    made = {}
    try:
        if missing := next((name for name in checks if name not in drafts), None):
            raise _Fault(1, f"there is no {missing}, which checks.py checks.")
        for name, draft in drafts.items():
            if name.rpartition("-")[0] != path.parent.name:
                raise _Fault(draft.line, f"{name} belongs to another room.")
            made[name] = _made(draft, checks.get(name, kinds.Check()))
    except _Fault as fault:
        raise TextError(path, *fault.args) from None
    return made


# ---- from Markdown to drafts


def _heading(node: SyntaxTreeNode) -> Draft:
    title = _joined(_content(node))
    parts = re.fullmatch(r"([a-z_]+-[a-z]?\d+)(?: \((.+)\))?", title)
    if not parts:
        raise _Fault(_line(node), f"{title!r} is no name of an exercise.")
    return Draft(_line(node), parts[1], parts[2] or "")


def _take(draft: Draft, node: SyntaxTreeNode) -> None:
    if node.type == "paragraph" and not draft.question:
        draft.question = _joined(_content(node))
    elif node.type == "bullet_list" and not draft.answers:
        draft.answers = [_answer(item) for item in node.children]
    elif node.type == "ordered_list" and not draft.hints:
        draft.hints = [(_line(item), _hint(item)) for item in node.children]
    elif node.type == "fence" and node.info == "lines" and not draft.lines:
        draft.lines = node.content.rstrip("\n")
    else:
        raise _Fault(_line(node), f"this has no place in {draft.name}.")


def _hint(item: SyntaxTreeNode) -> str:
    if [part.type for part in item.children] != ["paragraph"]:
        raise _Fault(_line(item), "a hint is one paragraph.")
    return _joined(_content(item.children[0]))


def _answer(item: SyntaxTreeNode) -> Answer:
    first, *rest = item.children or [item]
    task = re.fullmatch(r"\[([ x])\] (.+)", _content(first), flags=re.S)
    if not task:
        raise _Fault(_line(item), "an answer begins with [ ] or [x].")
    said, _arrow, why = task[2].partition("\n→ ")
    answer = Answer(_line(item), task[1] == "x", why=_joined(why))
    if rest and rest[0].type == "fence":
        fence = rest.pop(0)
        if fence.info not in ("python", "diff") or not said.endswith(":"):
            raise _Fault(_line(fence), "a program is python or diff, after a word with a colon.")
        is_change = fence.info == "diff"
        answer.code, answer.change = ("", fence.content) if is_change else (fence.content, "")
        if rest and _content(rest[0]).startswith("→ "):
            answer.why = _joined(_content(rest.pop(0))[2:])
    if rest:
        raise _Fault(_line(rest[0]), "this has no place in an answer.")
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


def _complete(draft: Draft, names: set[str]) -> None:
    """Make programs of changes, and see to it that nothing is missing."""
    if draft.name in names:
        raise _Fault(draft.line, f"{draft.name} is there already.")
    names.add(draft.name)
    if not draft.question:
        raise _Fault(draft.line, f"{draft.name} asks nothing.")
    if not draft.right:
        raise _Fault(draft.line, f"{draft.name} has no right answer.")
    if len({text for _number, text in draft.hints}) != _HINTS:
        raise _Fault(draft.line, f"{draft.name} needs three hints, each another.")
    model = draft.right[0]
    said: dict[str, str] = {}
    for answer in draft.answers:
        if answer.finding:
            answer.why = answer.why or said.get(answer.finding, "")
            if said.setdefault(answer.finding, answer.why) != answer.why:
                raise _Fault(answer.line, f"{answer.finding!r} is explained in two ways.")
        if answer.change:
            answer.code = changed(model.code, answer.change, answer.line)
        if answer.code:
            _bound(answer)
        if answer.code and not answer.right and answer.code.strip() == model.code.strip():
            raise _Fault(answer.line, "this mistake equals the right answer.")
        if not answer.why and (not answer.right or answer is model):
            raise _Fault(answer.line, "this answer lacks its →, which says why.")


def _bound(answer: Answer) -> str:
    try:
        return kinds.bound_name(answer.code)
    except (SyntaxError, ValueError, IndexError):
        raise _Fault(answer.line, "the last statement of this answer binds no name.") from None


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
    kind = _kind(draft, check)
    wrong = [answer for answer in draft.answers if not answer.right]
    parts: dict[str, Any] = {}
    if draft.form or check.form:
        parts["form"] = _form(draft, check, kind)
    if kind is kinds.Choice:
        letters = zip(forms.LETTERS, draft.answers, strict=False)
        sources = [f'answer = "{letter}"' for letter, answer in letters if answer.right]
        parts["options"] = tuple(kinds.Option(one.text, one.why) for one in draft.answers)
        wrong = []
    else:
        sources = [answer.code for answer in draft.right]
    if kind is kinds.Parsons:
        parts["lines"] = tuple(draft.lines.splitlines())
    for name in ("cases", "examine"):
        if given := getattr(check, name):
            parts[name] = given
    if stray := next((a for a in draft.answers if _is_stray(a, kind, check)), None):
        raise _Fault(stray.line, f"this is no answer of the kind that {draft.name} has.")
    return kind(
        name=draft.name,
        question=draft.question,
        solution=sources[0],
        also_right=tuple(sources[1:]),
        why=draft.right[0].why,
        hints=(draft.hints[0][1], draft.hints[1][1], draft.hints[2][1]),
        mistakes=tuple(kinds.Mistake(answer.code, answer.why) for answer in wrong if answer.code),
        findings={answer.finding: answer.why for answer in wrong if answer.finding},
        **parts,
    )


def _kind(draft: Draft, check: kinds.Check) -> type[kinds.Exercise]:
    if check.kind:
        return check.kind
    if check.examine:
        return kinds.Repair
    if check.cases:
        return kinds.Code
    if draft.lines:
        return kinds.Parsons
    if draft.answers[0].text:
        return kinds.Choice
    return kinds.Prediction if "-p" in draft.name else kinds.Value


def _is_stray(answer: Answer, kind: type[kinds.Exercise], check: kinds.Check) -> bool:
    if kind is kinds.Choice:
        return not answer.text
    if answer.finding:
        return not (check.examine or check.kind)
    return not answer.code


def _form(draft: Draft, check: kinds.Check, kind: type[kinds.Exercise]) -> forms.Form:
    if not hasattr(kind, "form"):
        raise _Fault(draft.line, f"the kind of exercise that {draft.name} is has no form.")
    if check.form and draft.form:
        raise _Fault(draft.line, f"{draft.name} has another form in checks.py.")
    try:
        return check.form or forms.named(draft.form)
    except KeyError:
        raise _Fault(draft.line, f"there is no form {draft.form!r}.") from None
