"""Helpers of a course on DICOM in Python: samples, byte maps, explorers and exercises."""

from dicom_lessons import browser, console
from dicom_lessons.exercises.feedback import check, compare, hint, predict, quiz, solution
from dicom_lessons.exercises.progress import progress
from dicom_lessons.places import work as work_folder
from dicom_lessons.text import set_language

__all__ = [
    "check",
    "compare",
    "hint",
    "predict",
    "progress",
    "quiz",
    "set_language",
    "solution",
    "work_folder",
]

console.fit()
if browser.HERE:
    browser.settle()
