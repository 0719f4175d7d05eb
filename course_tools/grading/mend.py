"""nbgrader's bookkeeping of a submission made whole; no code of a learner is changed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from course_tools.grading.cells import Cell, Notebook, by_name, grade_id, graded, text_of
from dicom_lessons.text import _

_CHECK = re.compile(r"^[^#\n]*\bcheck\(\s*[\"']([\w-]+)[\"']", flags=re.M)


def mend(content: Notebook, source: Notebook) -> list[str]:
    """Make nbgrader's metadata of a submission whole, and say what was done.

    A cell is known by its metadata; if they are lost, by its id; if that is lost too, a check
    cell by the exercise that it names, and an answer by what it binds in front of its check.
    """
    wanted = by_name(source)
    done: list[str] = []
    found = _known(content, wanted, done)
    lost = [name for name in wanted if name not in found]
    back = dict(_recognised(content, source, found, lost))
    for name, cell in back.items():
        cell["metadata"]["nbgrader"] = dict(wanted[name]["metadata"]["nbgrader"])
    found |= back
    code = [name for name in back if wanted[name]["cell_type"] == "code"]
    if code:
        names = ", ".join(name for name in wanted if name in code)
        done.append(
            _("The metadata of these cells were lost: they are back: {names}.", names=names)
        )
    for name, cell in found.items():
        if wanted[name]["cell_type"] == "code" != cell["cell_type"]:
            cell.update(cell_type="code", outputs=[], execution_count=None)
            cell.pop("attachments", None)
            done.append(_("Cell {name} had become text: it is code again.", name=name))
    for name in graded(source):
        answer = name.removesuffix("-check")
        if answer in wanted and answer not in found and name not in found:
            content["cells"].append({**wanted[answer], "id": f"{answer}-again"})
            done.append(_("Exercise {name} was deleted: it is back, blank.", name=answer))
        elif answer in found and name in found:
            done += _in_order(content["cells"], found[answer], found[name], answer)
    return done


def _known(content: Notebook, wanted: dict[str, Cell], done: list[str]) -> dict[str, Cell]:
    """Return the cells whose metadata name them; the last one counts."""
    found: dict[str, Cell] = {}
    for cell in reversed(content["cells"]):
        if "nbgrader" not in cell["metadata"]:
            continue
        name = grade_id(cell)
        if name in found or name not in wanted:
            del cell["metadata"]["nbgrader"]
            done.append(
                _("Cell {name} was there twice: the last one is the answer.", name=name)
                if name in found
                else _("Cell {name!r} is none of this lesson: it is not graded.", name=name)
            )
            continue
        found[name] = cell
        right = wanted[name]["metadata"]["nbgrader"]
        if not right.items() <= cell["metadata"]["nbgrader"].items():
            cell["metadata"]["nbgrader"].update(right)
            done.append(_("The metadata of cell {name} were changed: they are back.", name=name))
    return found


def _recognised(
    content: Notebook, source: Notebook, found: dict[str, Cell], lost: list[str]
) -> Iterator[tuple[str, Cell]]:
    own = {text_of(cell).strip() for cell in source["cells"] if not grade_id(cell)}
    blanks = by_name(source)
    taken = [id(cell) for cell in found.values()]
    cells = content["cells"]
    place = {name: next(n for n, one in enumerate(cells) if one is found[name]) for name in found}
    for name in [*lost]:
        for number, cell in enumerate(cells):
            if name in (cell.get("id"), cell["metadata"].get("id")) and id(cell) not in taken:
                taken.append(id(cell))
                lost.remove(name)
                place[name] = number
                yield name, cell
                break
    free = [n for n, one in enumerate(cells) if one["cell_type"] == "code" and id(one) not in taken]
    free = [n for n in free if text_of(cells[n]).strip() not in own]
    for number in [*reversed(free)]:
        checked = [f"{one}-check" for one in check_of(text_of(cells[number]))]
        for name in [one for one in checked if one in lost][:1]:
            lost.remove(name)
            free.remove(number)
            place[name] = number
            yield name, cells[number]
    for name in [one for one in lost if f"{one}-check" in blanks]:
        end = place.get(f"{name}-check", len(cells))
        begin = max((n for one, n in place.items() if n < end and "-check" in one), default=-1)
        before = [n for n in free if begin < n < end] if end < len(cells) else []
        bound = binding(text_of(blanks[name]))
        binds = [n for n in free if _binds(text_of(cells[n]), bound)]
        for number in ([n for n in binds if n < end] or binds or before)[-1:]:
            free.remove(number)
            yield name, cells[number]


def check_of(text: str) -> list[str]:
    """Return the exercises that a cell checks."""
    return _CHECK.findall(text)


def binding(text: str) -> list[str]:
    """Return the names that the top level of a cell binds; none if it is no Python."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    bound = [one.name for one in body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    assigned = [one for one in body if isinstance(one, ast.Assign | ast.AnnAssign | ast.AugAssign)]
    names = [name for one in assigned for name in ast.walk(one) if isinstance(name, ast.Name)]
    return [*bound, *(name.id for name in names if isinstance(name.ctx, ast.Store))]


def _binds(text: str, names: list[str]) -> bool:
    """Tell whether a cell seems to bind a name; it need not be right Python."""
    return any(re.search(rf"^(?:def +)?{name}\b *[=(:,]", text, flags=re.M) for name in names)


def _in_order(cells: list[Cell], answer: Cell, check: Cell, name: str) -> Iterator[str]:
    numbers = {id(cell): number for number, cell in enumerate(cells)}
    if numbers[id(check)] < numbers[id(answer)]:
        cells.insert(numbers[id(answer)] + 1, check)
        del cells[numbers[id(check)]]
        yield _("The check of {name} stood before its answer: it is behind it again.", name=name)
