"""Lesson 05: the internet or a classroom, questions to web services, archives, sources."""

from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.download.web import (
    JSON,
    MOST_ANSWER,
    SOURCES,
    Way,
    ask,
    reach,
    readiness,
    source_table,
    unpack,
)
from dicom_lessons.fetching import DownloadError, fetch, file_name

__all__ = [
    "JSON",
    "MOST_ANSWER",
    "SOURCES",
    "DownloadError",
    "Way",
    "ask",
    "fetch",
    "file_name",
    "reach",
    "readiness",
    "source_table",
    "start_classroom",
    "unpack",
]
