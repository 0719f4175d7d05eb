"""The virtual patient: one invented body, imaged by every modality that the course names.

``anatomy`` paints tissues; one small module per modality turns them into an object of the
standard; ``blocks`` holds what all objects share. Everything is deterministic to the byte.
"""

from course_tools.patient.catalogue import write_patient
from course_tools.patient.ct import write_ct_volume
from course_tools.patient.pt import write_pt_volume

__all__ = [
    "write_ct_volume",
    "write_patient",
    "write_pt_volume",
]
