"""Lesson 05: the internet or the classroom server, questions to web services, archives, sources."""

from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.download.explorer import explore_faults
from dicom_lessons.download.server import faulty_server
from dicom_lessons.download.web import ask, explore_answer, reach, source_table, unpack
from dicom_lessons.fetching import DownloadError, fetch

__all__ = [
    "DownloadError",
    "ask",
    "explore_answer",
    "explore_faults",
    "faulty_server",
    "fetch",
    "reach",
    "source_table",
    "start_classroom",
    "unpack",
]
