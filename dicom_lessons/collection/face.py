"""What the notebooks use, in one place; it is loaded when it is asked for."""

from dicom_lessons.collection.explorer import explore_collection
from dicom_lessons.collection.faults import examine_all, find_faults
from dicom_lessons.collection.idc import download_commands, open_idc
from dicom_lessons.collection.index import open_index
from dicom_lessons.collection.indexing import index_files
from dicom_lessons.collection.riddles import fill_disk

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
