"""Collections: folders of any size become a table, and the table is asked.

:func:`index_files` reads what files say of themselves into Parquet, with :func:`open_index` it is
asked in SQL. :func:`find_faults` tells what is wrong between files, :func:`open_idc` opens the
index of a public archive.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "download_commands": "idc",
    "examine_all": "faults",
    "explore_collection": "explorer",
    "fill_disk": "riddles",
    "find_faults": "faults",
    "index_files": "indexing",
    "open_idc": "idc",
    "open_index": "index",
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is: a process that reads files needs no widgets.

    And whoever lacks pyarrow still has the exercises of all lessons, and the disk of this one.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
