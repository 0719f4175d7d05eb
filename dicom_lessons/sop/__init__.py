"""SOP classes: what an object has to hold, what it lacks, and how it travels.

A SOP class is the union of an information object definition (IOD) and a group of DIMSE services
(PS3.4 §6.5.1). :func:`definition` tells the modules and attributes of an IOD, :func:`lacks` what a
data set lacks of them, and :func:`storage_provider` is the other end of a live exchange.
"""

from dicom_lessons.sop.conditions import condition, module_condition
from dicom_lessons.sop.exchange import storage_provider
from dicom_lessons.sop.explorer import explore_sop_class
from dicom_lessons.sop.messages import Message as Message
from dicom_lessons.sop.report import lacks
from dicom_lessons.sop.riddles import incomplete, log
from dicom_lessons.sop.sequence import draw_sequence
from dicom_lessons.sop.tables import SOPClassError, definition

__all__ = [
    "SOPClassError",
    "condition",
    "definition",
    "draw_sequence",
    "explore_sop_class",
    "incomplete",
    "lacks",
    "log",
    "module_condition",
    "storage_provider",
]
