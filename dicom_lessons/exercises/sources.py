"""Sources of answer cells: what they bind."""

from __future__ import annotations

import ast
from functools import cache


@cache
def bound_by(source: str) -> object:
    """Run the source of an answer cell and return what its last statement binds."""
    namespace: dict[str, object] = {}
    exec(compile(source, "<answer>", "exec"), namespace)
    return namespace[bound_name(source)]


def bound_name(source: str) -> str:
    """Return the name that the last statement of an answer cell binds."""
    last = ast.parse(source).body[-1]
    if isinstance(last, ast.FunctionDef):
        return last.name
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        return last.targets[0].id
    raise ValueError(f"the last statement binds no single name: {source!r}")
