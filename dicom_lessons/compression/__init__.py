"""Lesson 07: one picture in many transfer syntaxes, what it weighs and what it loses."""

from dicom_lessons.compression.change import CompressionError, compress
from dicom_lessons.compression.codings import Coding, codings_of, difference
from dicom_lessons.compression.explorer import compare_transfer_syntaxes
from dicom_lessons.compression.packages import Package, decoders

__all__ = [
    "Coding",
    "CompressionError",
    "Package",
    "codings_of",
    "compare_transfer_syntaxes",
    "compress",
    "decoders",
    "difference",
]
