"""The map of a DICOM file: what each of its bytes is.

A file begins with a preamble, a prefix and group 0002 (PS3.10 §7.1); then comes the data set, a run
of data elements (PS3.5 §7.1) some of which hold sequences of items (§7.5) or fragments (§A.4).
:func:`map_file` walks through all of it and says of every byte which part it belongs to.

pydicom says where values lie; headers, items, delimiters and fragments it passes over, so the walk
is made here, by pydicom's rules and with its dictionary, without recursion and within limits.
"""

from dicom_lessons.structure.describe import (
    find_element,
    hex_rows,
    keyword_of,
    name_of,
    path_of,
    private_creator_of,
    value_of,
)
from dicom_lessons.structure.element import Element, Header, Region, StructureError, decode_header
from dicom_lessons.structure.file_map import FileMap, Stop, guess_encoding, map_bytes, map_file
from dicom_lessons.structure.rewrite import rewrite, swap_words

__all__ = [
    "Element",
    "FileMap",
    "Header",
    "Region",
    "Stop",
    "StructureError",
    "decode_header",
    "find_element",
    "guess_encoding",
    "hex_rows",
    "keyword_of",
    "map_bytes",
    "map_file",
    "name_of",
    "path_of",
    "private_creator_of",
    "rewrite",
    "swap_words",
    "value_of",
]
