"""The old address of :class:`dicom_lessons.widgets.KeepKeys`."""

from dicom_lessons.widgets import KeepKeys

__all__ = ["KeepKeys"]
