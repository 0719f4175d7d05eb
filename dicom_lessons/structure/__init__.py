"""The map of a DICOM file: what each of its bytes is.

A file begins with a preamble, a prefix and group 0002 (PS3.10 §7.1); then comes the data set, a run
of data elements (PS3.5 §7.1) some of which hold sequences of items (§7.5) or fragments (§A.4).
:func:`map_bytes` walks through all of it and says of every byte which part it belongs to.

pydicom says where values lie; headers, items, delimiters and fragments it passes over, so the walk
is made here, by pydicom's rules and with its dictionary, without recursion and within limits.
"""

from dicom_lessons.structure.describe import find_element
from dicom_lessons.structure.element import StructureError
from dicom_lessons.structure.encoding import rewrite, swap_words
from dicom_lessons.structure.explorer import explore_bytes, structure_table
from dicom_lessons.structure.file_map import guess_encoding, map_bytes, map_file

__all__ = [
    "StructureError",
    "explore_bytes",
    "find_element",
    "guess_encoding",
    "map_bytes",
    "map_file",
    "rewrite",
    "structure_table",
    "swap_words",
]
