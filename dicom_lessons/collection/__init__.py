"""Collections: folders of any size become a table, and the table is asked.

:func:`index_files` reads what files say of themselves into Parquet, with :func:`open_index` it is
asked in SQL. :func:`find_faults` tells what is wrong between files, :func:`open_idc` opens the
index of a public archive.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicom_lessons.collection.face import (
        download_commands,
        examine_all,
        explore_collection,
        fill_disk,
        find_faults,
        index_files,
        open_idc,
        open_index,
    )

__all__ = [
    "download_commands",
    "examine_all",
    "explore_collection",
    "fill_disk",
    "find_faults",
    "index_files",
    "open_idc",
    "open_index",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is: a process that reads files needs no widgets.

    And whoever lacks pyarrow still has the exercises of all lessons, and the disk of this one.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "fill_disk":
        from dicom_lessons.collection import riddles

        return riddles.fill_disk
    from dicom_lessons.collection import face

    return getattr(face, name)
