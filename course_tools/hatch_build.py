"""What hatchling does beside building the wheel: a clone that is installed finds course_tools too.

The wheel itself holds nothing that makes the course.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Clone(BuildHookInterface):  # type: ignore[type-arg]
    """Add ``course_tools`` to what ``pip install -e .`` makes importable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Change what is built, before it is built."""
        if version == "editable":
            build_data["artifacts"].append("/course_tools/**/*.py")
