"""What a learner added to a lesson that a teacher should read: ways around ``check``.

It is a look at the code, not at what it does: nothing is run, and nobody is judged by it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from IPython.core.inputtransformer2 import TransformerManager

from dicom_lessons.text import N_

_ANSWERS = N_("reaches for the answers")
_CHANGES = N_("changes what is not the learner's own")
_LOOKS = N_("looks into running code")
_ENDS = N_("ends the kernel")
_IMPORTED = {
    _ANSWERS: r"(dicom_lessons\.(.*\.)?(exercises|checks|riddles|judge)|course_tools|nbgrader)\b",
    _LOOKS: r"(importlib(?!\.(metadata|resources))|inspect|ctypes|unittest\.mock|mock|runpy|pkgutil"
    r"|builtins|_ctypes)(\.|$)|gc\.get_|threading\.set|sys\.(modules|_|set(trace|profile)|meta_path"
    r"|path_|excepthook|displayhook|addaudithook|monitoring)|types\.(Function|Code)Type",
    _ENDS: r"os\.(_exit|kill|abort)|signal\.(raise_signal|pthread_kill)|faulthandler\._",
}
_ATTRIBUTES = {
    _ANSWERS: r"exercises|riddles|EXERCISES|CHECKS|also_right",
    _ENDS: r"_exit|ask_exit|exit_now|do_shutdown",
    _LOOKS: r"__(globals|code|closure|builtins|wrapped|subclasses|mro|bases|base|defaults"
    r"|kwdefaults|setattr|delattr|getattribute|loader|spec)__|f_(globals|locals|back)|(tb|gi|cr)_frame"
    r"|set_custom_exc|showtraceback|\w+_transformers\w*|user_(global_)?ns|display_pub|run_cell|ex",
}
_TEXTS = (
    r"(^|[/\\])(source|submitted|autograded|helper)[/\\]|(^|[/\\])solutions([/\\]|$)|\.ipynb"
    r"|exercises\.md|checks\.py|riddles|GRADER|gradebook|dicom_lessons[./\\]([\w./\\]*)"
    r"(exercises|checks)|dicom_lessons(\.py\b|[/\\])|^(dicom_lessons|exercises|CHECKS|EXERCISES)$"
)
_SETTINGS = (
    r"(matplotlib|pydicom\.config|pandas\.options|numpy\.random|warnings|logging|ssl|PIL\.Image\.MAX"
    r"|sys\.tracebacklimit|IPython\..*\.ast_node_interactivity)"
)
_OURS = r"(dicom_lessons|sys|builtins|IPython|pydicom\.filereader)\b"
_MAGIC = TransformerManager()  # type: ignore[no-untyped-call]
_CALLS = {
    **dict.fromkeys(("exit", "quit"), _ENDS),
    **dict.fromkeys(("exec", "eval", "compile", "__import__"), _LOOKS),
}


def aliases(texts: Iterable[str]) -> dict[str, str]:
    """Return what the names of a notebook stand for, as far as imports tell."""
    known: dict[str, str] = {}
    for text in texts:
        for node in ast.walk(_parsed(text)):
            for name, whole in _imports(node):
                known[name or whole.partition(".")[0]] = whole if name else whole.partition(".")[0]
            if isinstance(node, ast.Assign) and (whole := _dotted(node.value, known)):
                names = [one.id for one in node.targets if isinstance(one, ast.Name)]
                known.update(dict.fromkeys(names, whole))
    return known


def suspicions(text: str, known: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield line and reason of what a teacher should read in a cell, in the order of the lines."""
    tree = _parsed(text)
    harmless = set(_harmless(tree))
    inner = {id(one) for node in ast.walk(tree) if _is_scope(node) for one in ast.walk(node)}
    inner -= {id(node) for node in tree.body}
    found: dict[int, str] = {}
    for node in ast.walk(tree):
        if id(node) not in harmless and (reason := _reason(node, known, id(node) in inner)):
            found.setdefault(getattr(node, "lineno", 1), reason)
    yield from sorted(found.items())


def _parsed(text: str) -> ast.Module:
    """Return the tree of a cell, its magic commands as calls; empty if it is no Python."""
    magic = re.match(r"\s*%%(?:time|timeit|capture|prun|python3?)\b.*", text)
    text = "\n" + text[magic.end() :].lstrip("\n") if magic else text
    try:
        return ast.parse(_MAGIC.transform_cell(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])  # what cannot run does no harm


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef)


def _harmless(tree: ast.AST) -> Iterator[int]:
    """Yield texts that are only printed, or document something."""
    for node in ast.walk(tree):
        printed = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
        if printed or isinstance(node, ast.Expr):
            parts = node.args if isinstance(node, ast.Call) else [node.value]  # type: ignore[attr-defined]
            yield from (id(part) for part in parts if isinstance(part, ast.Constant))


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((one.asname or "", one.name) for one in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = f"{node.module or ''}."
        yield from ((one.asname or one.name, module + one.name) for one in node.names)


def _dotted(node: ast.AST | None, known: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value, known)):
        return f"{before}.{node.attr}"
    return ""


def _first(patterns: dict[str, str], text: str) -> str:
    return next((reason for reason, one in patterns.items() if re.match(one, text)), "")


def _reason(node: ast.AST, known: dict[str, str], local: bool) -> str:
    for name, whole in _imports(node):
        if name == "check" and not re.match(r"dicom_lessons\b.*\.check$", whole):
            return _CHANGES
        if reason := _first(_IMPORTED, whole):
            return reason
    if isinstance(node, ast.Attribute):
        whole = _dotted(node, known)
        if reason := _first(_IMPORTED, whole):
            return reason
        if re.fullmatch("|".join(_ATTRIBUTES.values()), node.attr):
            return _first({key: f"({one})$" for key, one in _ATTRIBUTES.items()}, node.attr)
        if isinstance(node.ctx, ast.Store | ast.Del) and not re.match(
            _SETTINGS, whole or "warnings"
        ):
            return _CHANGES
        return _LOOKS if node.attr == "__dict__" and re.match(_OURS, whole) else ""
    if isinstance(node, ast.Call):
        return _call(node, known)
    named = getattr(node, "id" if isinstance(node, ast.Name) else "name", "")
    binds = isinstance(node, ast.FunctionDef | ast.ClassDef) or (
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    if binds and named == "check" and not local:
        return _CHANGES
    if isinstance(node, ast.Global) and "check" in node.names:
        return _CHANGES
    if named in ("__builtins__", "__loader__", "__spec__"):
        return _LOOKS
    held = getattr(node, "value", None) if isinstance(node, ast.Subscript) else None
    if isinstance(held, ast.Call) and getattr(held.func, "id", "") == "globals":
        return _LOOKS  # to ask whether a name is there is no crime
    text = _folded(node)
    built = isinstance(node, ast.BinOp) and re.fullmatch(r"check|__\w+__|\w+_frame", text)
    return _ANSWERS if built or re.search(_TEXTS, text) else ""


def _call(node: ast.Call, known: dict[str, str]) -> str:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    target = _dotted(node.args[0], known) if node.args else ""
    if name in ("setattr", "delattr") and target and not re.match(_SETTINGS, target):
        return _CHANGES
    if name in ("getattr", "vars") and re.match(_OURS, target):
        return _LOOKS
    return _CALLS.get(name, "") if name not in known else ""


def _folded(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _folded(node.left) + _folded(node.right)
    return ""
