"""Talk to a DICOM server (PS3.4, PS3.7, PS3.8, PS3.18): an archive of one's own to talk to."""

from dicom_lessons.network.archive import Archive
from dicom_lessons.network.connect import connect_archive
from dicom_lessons.network.explorer import explore_messages
from dicom_lessons.network.listening import listen_in, note_web
from dicom_lessons.network.serving import open_archive
from dicom_lessons.network.tls import client_context, make_certificates, server_context
from dicom_lessons.network.web import open_web

__all__ = [
    "Archive",
    "client_context",
    "connect_archive",
    "explore_messages",
    "listen_in",
    "make_certificates",
    "note_web",
    "open_archive",
    "open_web",
    "server_context",
]
