"""Lesson 00: is this computer ready, which program is for what, files to take along."""

from dicom_lessons.meet_dicom.readiness import *  # noqa: F403
