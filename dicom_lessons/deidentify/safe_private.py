"""Private elements that are known to identify nobody (some rows of PS3.15 Table E.3.10-1)."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.tag import BaseTag

from dicom_lessons.elements import value

# private creator: group, and the last two digits of the elements in its block
SAFE = {
    "Philips PET Private Group": {(0x7053, 0x00), (0x7053, 0x09)},
    "GEMS_PARM_01": {(0x0043, 0x27), (0x0043, 0x39), (0x0043, 0x6F)},
    "GEMS_ACQU_01": {(0x0019, 0x23), (0x0019, 0x24), (0x0019, 0x27), (0x0019, 0x9E)},
    "SIEMENS MR HEADER": {(0x0019, 0x0C), (0x0019, 0x0D), (0x0019, 0x0E), (0x0019, 0x27)},
    "Philips Imaging DD 001": {(0x2001, 0x03), (0x2001, 0x04), (0x2001, 0x0B)},
    "Philips MR Imaging DD 001": {(0x2005, 0x0D), (0x2005, 0x0E)},
}


def is_safe(dataset: Dataset, tag: BaseTag) -> bool:
    """Return whether an element is a safe private one, or reserves the block of one that is there.

    Blocks may lie anywhere in their group: the creator decides, never the tag (PS3.5 §7.8).
    """
    if not tag.is_private:
        return False
    reserving = tag.element if tag.is_private_creator else tag.element >> 8
    creator = str(value(dataset, tag.group << 16 | reserving, "")).strip()
    block = [tag]
    if tag.is_private_creator:
        block = [each for each in list(dataset.keys()) if each >> 8 == tag.group << 8 | reserving]
    return any((each.group, each.element & 0xFF) in SAFE.get(creator, ()) for each in block)
