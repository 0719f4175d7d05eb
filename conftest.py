"""The pictures of the lessons are compared too: nbval alone leaves them out."""

from __future__ import annotations

import gc
import sys

import pytest


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Have nbval compare pictures where fonts are drawn as in those that are stored."""
    if sys.platform == "linux" and (left_out := getattr(collector, "skip_compare", None)):
        collector.skip_compare = tuple(each for each in left_out if each != "image/png")


def pytest_collection_finish() -> None:
    """Keep the thousands of tests out of each later collection of garbage."""
    gc.collect()
    gc.freeze()
