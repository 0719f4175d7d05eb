"""Lesson 00: is this computer ready, which program is for what, files to take along."""

from dicom_lessons.meet_dicom.computer import (
    PROGRAMS,
    Finding,
    Program,
    decoders,
    export_files,
    network,
    packages,
    program_table,
    readiness,
    readiness_text,
    status,
    weasis_link,
)

__all__ = [
    "PROGRAMS",
    "Finding",
    "Program",
    "decoders",
    "export_files",
    "network",
    "packages",
    "program_table",
    "readiness",
    "readiness_text",
    "status",
    "weasis_link",
]
