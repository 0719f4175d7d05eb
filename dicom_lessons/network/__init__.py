"""Talk to a DICOM server (PS3.4, PS3.7, PS3.8, PS3.18): an archive of one's own to talk to."""

from dicom_lessons.network.archive import open_archive

__all__ = ["open_archive"]
