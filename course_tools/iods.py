"""For authors: make ``iods.json`` again from the tables that highdicom ships.

highdicom (MIT licence) holds the tables of PS3.3 as JSON, extracted from the published standard.
Only the IODs that this course needs are taken, and equal tables of items are stored once::

    pip install "highdicom>=0.28.2,<0.29"
    python -m course_tools.iods
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydicom import uid

from dicom_lessons.sop.tables import TABLES

CLASSES = (
    uid.ComputedRadiographyImageStorage,
    uid.DigitalXRayImageStorageForPresentation,
    uid.DigitalXRayImageStorageForProcessing,
    uid.DigitalMammographyXRayImageStorageForPresentation,
    uid.DigitalMammographyXRayImageStorageForProcessing,
    uid.CTImageStorage,
    uid.UltrasoundMultiFrameImageStorage,
    uid.MRImageStorage,
    uid.EnhancedMRImageStorage,
    uid.UltrasoundImageStorage,
    uid.SecondaryCaptureImageStorage,
    uid.TwelveLeadECGWaveformStorage,
    uid.XRayAngiographicImageStorage,
    uid.XRayRadiofluoroscopicImageStorage,
    uid.NuclearMedicineImageStorage,
    uid.SegmentationStorage,
    uid.BasicTextSRStorage,
    uid.ComprehensiveSRStorage,
    uid.PositronEmissionTomographyImageStorage,
    uid.RTImageStorage,
    uid.RTDoseStorage,
    uid.RTStructureSetStorage,
    uid.RTPlanStorage,
    uid.RTIonPlanStorage,
)
_SPELLINGS = {
    "Nm Pet": "Nm/Pet",
    "Nm Tomo": "Nm TOMO",
    "Contrast Bolus": "Contrast/Bolus",
    "Multi ": "Multi-",
    "-Frame": "-frame",
    "-Energy": "-energy",
    "X Ray": "X-Ray",
    "12 Lead": "12-Lead",
    " Of ": " of ",
}
_ACRONYMS = r"\b(Ct|Cr|Dx|Dvh|Ecg|Icc|Lut|Mr|Nm|Pet|Roi|Rt|Sc|Sop|Sr|Us|Voi|Xa|Xrf)\b"


def derive() -> dict[str, Any]:
    """Return the content of ``iods.json`` from the highdicom package that is installed.

    Raises
    ------
    ModuleNotFoundError
        If highdicom is not installed.
    """
    from highdicom import __version__
    from highdicom._standard_utils import (
        get_iod_module_map,
        get_module_attribute_map,
        get_sop_class_iod_map,
    )

    iod_of, modules_of = get_sop_class_iod_map(), get_iod_module_map()
    classes = {str(each): iod_of[each] for each in CLASSES}
    iods = {
        iod: [f"{module['usage']} {module['ie']}: {module['key']}" for module in modules_of[iod]]
        for iod in sorted(set(classes.values()))
    }
    keys = sorted({line.partition(": ")[2] for lines in iods.values() for line in lines})
    tables: list[list[str]] = []
    attributes_of = get_module_attribute_map()
    modules = {key: _stored(_nested(attributes_of[key]), tables) for key in keys}
    return {
        "source": f"PS3.3, by way of the tables in highdicom {__version__}",
        "licence": "MIT, Copyright 2020 MGH Computational Pathology",
        "classes": classes,
        "iods": iods,
        "names": {key: named(key) for key in [*iods, *keys]},
        "modules": modules,
        "tables": tables,
    }


def named(key: str) -> str:
    """Return the title of a module or an IOD from its key.

    >>> named("nm-pet-patient-orientation"), named("x-ray-image")
    ('NM/PET Patient Orientation', 'X-Ray Image')
    """
    title = key.replace("-", " ").title()
    for plain, spelling in _SPELLINGS.items():
        title = title.replace(plain, spelling)
    return re.sub(_ACRONYMS, lambda found: found[0].upper(), title)


def _nested(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the attributes of a module as a tree: keyword to type and attributes of items."""
    top: dict[str, Any] = {}
    for attribute in attributes:
        place = top
        for keyword in attribute["path"]:
            place = place[keyword][1]
        place[attribute["keyword"]] = (attribute["type"], {})
    return top


def _stored(attributes: dict[str, Any], tables: list[list[str]]) -> int:
    """Store one table of attributes, its items first, and return its number."""
    lines = []
    for keyword, (kind, items) in attributes.items():
        line = f"{kind} {keyword}"
        lines.append(f"{line} {_stored(items, tables)}" if items else line)
    if lines not in tables:
        tables.append(lines)
    return tables.index(lines)


def main() -> None:
    """Write ``iods.json``."""
    text = json.dumps(derive(), indent=1, ensure_ascii=False)
    TABLES.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
