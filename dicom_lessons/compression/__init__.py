"""Lesson 07: one picture in many transfer syntaxes, what it weighs and what it loses."""

from dicom_lessons.compression.change import compress
from dicom_lessons.compression.explorer import compare_transfer_syntaxes
from dicom_lessons.compression.packages import decoders

__all__ = ["compare_transfer_syntaxes", "compress", "decoders"]
