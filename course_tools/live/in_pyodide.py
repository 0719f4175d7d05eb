"""What runs in Pyodide while the site is built: its Python compiles for itself alone."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

FOLDER = "/lib/python3.14/site-packages/"
"""Where Pyodide puts packages; a traceback names it."""
_UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: by hash, and never compared with a source


def compile_wheels(source: str, target: str, kept: Iterable[str]) -> None:
    """Compile the modules of all wheels of a folder into wheels of another.

    Parameters
    ----------
    source, target : str
        The two folders.
    kept : iterable of str
        Packages whose source stays beside what is compiled, for whoever reads it.
    """
    readable = tuple(f"{name}/" for name in kept)
    for wheel in sorted(Path(source).glob("*.whl")):
        with ZipFile(wheel) as plain, ZipFile(Path(target) / wheel.name, "w", ZIP_DEFLATED) as new:
            for member in plain.infolist():
                content = plain.read(member)
                compiled = _compiled(member.filename, content)
                if compiled is None or member.filename.startswith(readable):
                    new.writestr(member, content)
                if compiled is not None:
                    folder, _slash, name = member.filename.rpartition("/")
                    if member.filename.startswith(readable):
                        tag = sys.implementation.cache_tag
                        new.writestr(f"{folder}/__pycache__/{name[:-3]}.{tag}.pyc", compiled)
                    else:
                        new.writestr(f"{member.filename}c", compiled)


def _compiled(name: str, content: bytes) -> bytes | None:
    """Return a module as bytes that no import compares with its source, or None for no module."""
    if not name.endswith(".py") or ".data/" in name:
        return None
    try:
        code = compile(content, FOLDER + name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):  # a template, or made for another Python
        return None
    return MAGIC_NUMBER + _UNCHECKED + source_hash(content) + marshal.dumps(code)
