"""Lesson 07: one picture in many transfer syntaxes, what it weighs and what it loses."""

from dicom_lessons.compression.change import compress
from dicom_lessons.compression.explorer import compare_transfer_syntaxes
from dicom_lessons.compression.packages import decoders
from dicom_lessons.pixels.plugin import add_decoder

__all__ = ["add_decoder", "compare_transfer_syntaxes", "compress", "decoders"]
