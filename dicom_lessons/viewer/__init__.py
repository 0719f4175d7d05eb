"""The image viewer: pixels go to the browser once, and are windowed there."""

from dicom_lessons.viewer.widget import Viewer, view_image

__all__ = ["Viewer", "view_image"]
