"""Lesson 05: the internet or the classroom server, faulty servers, downloads, archives."""

from dicom_lessons.download.classroom import start_classroom
from dicom_lessons.download.explorer import explore_faults
from dicom_lessons.download.server import Server as Server
from dicom_lessons.download.server import faulty_server
from dicom_lessons.download.web import reach, unpack
from dicom_lessons.fetching import DownloadError, fetch

__all__ = [
    "DownloadError",
    "explore_faults",
    "faulty_server",
    "fetch",
    "reach",
    "start_classroom",
    "unpack",
]
