"""Lesson 07b: one picture in many transfer syntaxes, what it weighs and what it loses."""

from dicom_lessons.compression.change import ENCODERS, METHODS, CompressionError, compress
from dicom_lessons.compression.codings import (
    FOUND,
    Coding,
    Times,
    difference,
    found,
    made,
    time_coding,
    time_decoding,
)
from dicom_lessons.compression.syntaxes import (
    Package,
    TransferSyntax,
    decoders,
    encoders,
    transfer_syntaxes,
)

__all__ = [
    "ENCODERS",
    "FOUND",
    "METHODS",
    "Coding",
    "CompressionError",
    "Package",
    "Times",
    "TransferSyntax",
    "compress",
    "decoders",
    "difference",
    "encoders",
    "found",
    "made",
    "time_coding",
    "time_decoding",
    "transfer_syntaxes",
]
