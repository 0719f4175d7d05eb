"""Links out of the course that no longer answer; a warning each, since the fault may be passing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from course_tools.lessons import ROOT, notebooks

SECONDS, AT_ONCE = 30, 4
_LINK = re.compile(r"\]\((https://[^)\s]+)\)|(?:src|href)=\"(https://[^\"]+)\"|<(https://[^>\s]+)>")


def links(files: Iterable[Path] | None = None) -> dict[str, list[str]]:
    """Return the addresses that pages and lessons link to, each with the names of the files."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("notebooks/*.md")]
    every = [*pages, *notebooks("en"), *notebooks("ru")] if files is None else files
    found: dict[str, list[str]] = {}
    for path in every:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        text = re.sub(r"```.*?```", " ", text, flags=re.S)
        for match in _LINK.finditer(text):
            link = next(filter(None, match.groups())).partition("#")[0]
            if path.name not in found.setdefault(link, []):
                found[link].append(path.name)
    return found


def dead(known: dict[str, list[str]]) -> Iterator[str]:
    """Yield a line for each address that does not answer, as the services understand warnings."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for link, said in zip(known, pool.map(_asked, known), strict=True):
            if said:
                sign = "::warning::" if os.environ.get("GITHUB_ACTIONS") else "warning: "
                yield f"{sign}{link} in {', '.join(known[link])}: {said}"


def _asked(link: str) -> str:
    """Return what is wrong with an address; empty if it answers, or only refuses programs."""
    try:
        with requests.get(link, timeout=SECONDS, stream=True) as answer:
            # 401, 403 and 429 are said to programs that ask too much, not to readers
            wrong = answer.status_code >= 400 and answer.status_code not in (401, 403, 429)
            return f"HTTP {answer.status_code}" if wrong else ""
    except requests.RequestException as error:
        return type(error).__name__
