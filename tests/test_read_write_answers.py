"""Answers to the exercises of lesson 06: right ones of many forms, wrong ones that look right."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import DataElement, Dataset, dcmread
from pydicom.charset import python_encoding
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from dicom_lessons import read_write, samples
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.exercises.verdicts import Verdict
from dicom_lessons.text import set_language

pytestmark = pytest.mark.filterwarnings("ignore")
Answer = Callable[..., Any]
NAME = "Иванов^Иван^Иванович"


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("pydicom").setLevel(logging.ERROR)


def judged(name: str, answer: object) -> Verdict:
    return declared("read_write")[f"read_write-{name}"].judge(answer)


# ---- functions: each source binds f, or is the body of one that returns the data set in the end

ARGUMENTS = {
    "1": "ds, names",
    "2": "ds, identifier",
    "3": "ds, text",
    "8": "ds, codec",
    "9": "ds, keyword, old, new",
}

RIGHT_CODE: dict[str, list[str]] = {
    "1": [
        """
    ds.add(DataElement(0x00101001, "PN", names))
    ds.InstitutionName = "Clinic"
    ds.add_new((0x0008, 0x1010), "SH", "Room 3")""",
        """
    element = DataElement((0x0010, 0x1001), "PN", names)
    ds[element.tag] = element
    ds["InstitutionName"] = DataElement("InstitutionName", "LO", "Clinic")
    ds.add_new("StationName", "SH", "Room 3")""",
        """
    ds.OtherPatientNames = names
    ds.StationName = "Room 3"
    ds.InstitutionName = "Clinic"
""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", "\\\\".join(names)))
    ds.add_new(0x00080080, "LO", "Clinic")
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", ""))
    ds["OtherPatientNames"].value = names
    setattr(ds, "InstitutionName", "Clinic")
    ds[0x00081010] = DataElement(0x00081010, "SH", "Room 3")""",
        """
def f(ds, names):
    new = Dataset()
    new.update(ds)
    new.update({0x00101001: DataElement(0x00101001, "PN", list(names))})
    new.InstitutionName, new.StationName = "Clinic", "Room 3"
    return new""",
        """
    for tag, vr, value in [(0x00101001, "PN", names), (0x00080080, "LO", "Clinic"),
                           (0x00081010, "SH", "Room 3")]:
        ds.add(DataElement(tag, vr, value))""",
        """
    ds.setdefault("OtherPatientNames", DataElement("OtherPatientNames", "PN", names))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", [*names]))
    ds.InstitutionName = "Clinic"
    ds.add_new(Tag("StationName"), "SH", "Room 3")""",
        """
f = lambda ds, names: [
    ds.add(DataElement("OtherPatientNames", "PN", names)),
    ds.add_new("InstitutionName", "LO", "Clinic"),
    ds.add_new(0x00081010, "SH", "Room 3"),
] and ds""",
    ],
    "2": [
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    ds.OtherPatientIDsSequence = [*ds.get("OtherPatientIDsSequence", []), item]""",
        """
    item = Dataset()
    item.add_new(0x00100020, "LO", identifier)
    item.add_new(0x00100022, "CS", "TEXT")
    if "OtherPatientIDsSequence" not in ds:
        ds.add(DataElement("OtherPatientIDsSequence", "SQ", [item]))
    else:
        ds["OtherPatientIDsSequence"].value.append(item)""",
        """
    item = Dataset()
    item.TypeOfPatientID = "TEXT"
    item.PatientID = identifier
    if not ds.get("OtherPatientIDsSequence"):
        ds.OtherPatientIDsSequence = [item]
    else:
        ds.OtherPatientIDsSequence.append(item)""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    try:
        ds.OtherPatientIDsSequence.append(item)
    except AttributeError:
        ds.OtherPatientIDsSequence = Sequence([item])""",
        """
    ds.setdefault(0x00101002, DataElement(0x00101002, "SQ", []))
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    ds[0x00101002].value.append(item)""",
        """
    item = Dataset.from_json({"00100020": {"vr": "LO", "Value": [identifier]},
                              "00100022": {"vr": "CS", "Value": ["TEXT"]}})
    items = list(ds.OtherPatientIDsSequence) if "OtherPatientIDsSequence" in ds else []
    ds.OtherPatientIDsSequence = items + [item]""",
        """
    if (0x0010, 0x1002) not in ds:
        ds.add_new((0x0010, 0x1002), "SQ", [])
    ds.OtherPatientIDsSequence.append(Dataset())
    ds.OtherPatientIDsSequence[-1].PatientID = identifier
    ds.OtherPatientIDsSequence[-1].TypeOfPatientID = "TEXT"
""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    if "OtherPatientIDsSequence" not in ds:
        ds.OtherPatientIDsSequence = []
    ds.OtherPatientIDsSequence += [item]""",
        """
    item = Dataset()
    for keyword, value in {"PatientID": identifier, "TypeOfPatientID": "TEXT"}.items():
        setattr(item, keyword, value)
    if "OtherPatientIDsSequence" not in ds:
        ds.OtherPatientIDsSequence = []
    ds.OtherPatientIDsSequence.insert(len(ds.OtherPatientIDsSequence), item)""",
        """
    ds = Dataset(ds)
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = str(identifier), "TEXT"
    ds.OtherPatientIDsSequence = [*getattr(ds, "OtherPatientIDsSequence", ()), item]""",
    ],
    "3": [
        """
    ds.private_block(0x11, "MY COURSE", create=True).add_new(1, "LO", text)""",
        """
    ds.add_new_private("MY COURSE", 0x0011, 0x01, text, "LO")""",
        """
    try:
        block = ds.private_block(0x0011, "MY COURSE")
    except KeyError:
        block = ds.private_block(0x0011, "MY COURSE", create=True)
    block.add_new(0x01, "LO", text)""",
        """
    place = 0x10
    while (0x0011, place) in ds and ds[0x0011, place].value != "MY COURSE":
        place += 1
    ds.add_new((0x0011, place), "LO", "MY COURSE")
    ds.add_new((0x0011, place * 256 + 1), "LO", text)""",
        """
def f(ds, text):
    for place in range(0x10, 0x100):
        creator = ds.get((0x0011, place))
        if creator is None or creator.value == "MY COURSE":
            ds.add(DataElement((0x0011, place), "LO", "MY COURSE"))
            ds.add(DataElement((0x0011, place << 8 | 1), "LO", text))
            return ds""",
        """
    block = ds.private_block(group=17, private_creator="MY COURSE", create=True)
    ds.add_new(block.get_tag(0x01), "LO", text)""",
        """
    block = ds.private_block(0x0011, "MY COURSE", create=True)
    ds[block.get_tag(1)] = DataElement(block.get_tag(1), "LO", text)""",
        """
    create = "MY COURSE" not in ds.private_creators(0x0011)
    ds.private_block(0x0011, "MY COURSE", create=create).add_new(0x01, "LO", text)""",
        """
    block = ds.private_block(0x0011, "MY COURSE", create=True)
    if 0x01 in block:
        del block[0x01]
    block.add_new(0x01, "LO", str(text))""",
        """
    taken = {e.tag.element: e.value for e in ds.group_dataset(0x0011) if e.tag.element < 0x100}
    mine = [place for place, creator in taken.items() if creator == "MY COURSE"]
    place = mine[0] if mine else min(set(range(0x10, 0x100)) - set(taken))
    ds.add_new(0x00110000 + place, "LO", "MY COURSE")
    ds.add_new(0x00110000 + place * 0x100 + 1, "LO", text)""",
    ],
    "8": [
        """
    for tag in list(ds.keys()):
        raw = ds.get_item(tag)
        e = ds[tag]
        if e.VR == "SQ":
            [f(item, codec) for item in e.value]
        elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw.value:
            e.value = raw.value.decode(codec)
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    def mend(dataset):
        for tag, raw in list(dataset.items()):
            stored = raw.value
            e = dataset[tag]
            if e.VR == "SQ":
                for item in e.value:
                    mend(item)
            elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and isinstance(stored, bytes):
                dataset.add_new(tag, e.VR, stored.decode(codec).strip())
    mend(ds)
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    ds.set_original_encoding(*ds.original_encoding, codec)
    for e in ds:
        if e.VR == "SQ":
            for item in e.value:
                f(item, codec)
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    def mend(owner):
        owner.set_original_encoding(*owner.original_encoding, [codec])
        for e in owner:
            for item in (e.value if e.VR == "SQ" else ()):
                mend(item)
    mend(ds)
    ds.SpecificCharacterSet = ["ISO_IR 192"]""",
        """
    stored = {}
    for tag in ds.keys():
        stored[tag] = ds.get_item(tag).value
    for tag, raw in stored.items():
        e = ds[tag]
        if e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw:
            many = [one.rstrip() for one in raw.decode(codec).split(chr(92))]
            e.value = many if len(many) > 1 else many[0]
        for item in e.value if e.VR == "SQ" else []:
            f(item, codec)
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    import warnings
    with warnings.catch_warnings(action="ignore"):
        for tag in ds.keys():
            raw = ds.get_item(tag).value
            if ds[tag].VR == "SQ":
                for item in ds[tag]:
                    f(item, codec)
            elif ds[tag].VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and ds[tag].VM > 0:
                ds[tag].value = str(raw, codec).rstrip()
    ds[0x00080005] = DataElement(0x00080005, "CS", "ISO_IR 192")""",
        """
    waiting = [ds]
    while waiting:
        owner = waiting.pop()
        for tag in sorted(owner.keys()):
            stored, e = owner.get_item(tag), owner[tag]
            if e.VR == "SQ":
                waiting.extend(e.value)
            elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and stored.value:
                owner[tag] = DataElement(tag, e.VR, stored.value.decode(codec).rstrip(" "))
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
    ],
    "9": [
        """
    for e in ds.iterall():
        if e.keyword == keyword and e.VM == 1 and e.value == old:
            e.value = new
        elif e.keyword == keyword and e.VM > 1:
            e.value = [new if v == old else v for v in e.value]""",
        """
    for e in ds.iterall():
        if e.tag == Tag(keyword) and e.VM > 1:
            for n, v in enumerate(e.value):
                if v == old:
                    e.value[n] = new
        elif e.tag == Tag(keyword) and e.value == old:
            e.value = new""",
        """
    def change(dataset, e):
        if e.keyword == keyword:
            many = e.value if e.VM > 1 else [e.value]
            setattr(dataset, keyword, [new if v == old else v for v in many])
    ds.walk(change)""",
        """
    for e in ds:
        if e.VR == "SQ":
            for item in e.value:
                f(item, keyword, old, new)
        elif e.keyword == keyword:
            many = str(e.value).split("\\\\") if e.VM == 1 else list(map(str, e.value))
            e.value = [new if v == old else v for v in many]""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            many = list(e.value) if e.VM > 1 else [e.value]
            while old in many:
                many[many.index(old)] = new
            e.value = many""",
        """
    for e in [e for e in ds.iterall() if e.keyword == keyword]:
        e.value = [{old: new}.get(str(v), v) for v in (e.value if e.VM > 1 else [e.value])]""",
        """
    if keyword in ds:
        e = ds[keyword]
        many = e.value if e.VM > 1 else [e.value]
        ds.add_new(keyword, e.VR, [new if v == old else v for v in many])
    for e in ds:
        for item in e.value if e.VR == "SQ" else []:
            f(item, keyword, old, new)""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            joined = str(e.value) if e.VM == 1 else "\\\\".join(map(str, e.value))
            e.value = "\\\\".join(new if v == old else v for v in joined.split("\\\\"))""",
        """
    for e in ds.iterall():
        if keyword != e.keyword:
            continue
        if isinstance(e.value, (list, tuple)) or e.VM > 1:
            e.value = list(map(lambda v: new if v == old else v, e.value))
        else:
            e.value = new if e.value == old else e.value""",
        """
    import copy
    ds = copy.deepcopy(ds)
    for e in ds.iterall():
        if e.keyword == keyword:
            e.value = [new if str(v) == old else v for v in np.atleast_1d(e.value)]""",
    ],
}

WRONG_CODE: dict[str, list[str]] = {
    "1": [
        "def f(ds, names):\n    return ds",
        "def f(ds, names):\n    ds.OtherPatientNames = names\n    return ds",
        """
    ds.add_new(0x00101001, "LO", names)
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", names[-1]))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    for name in names:
        ds.add(DataElement("OtherPatientNames", "PN", name))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", str(names)))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("PatientName", "PN", names))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", names))
    ds.InstitutionName = "clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", names))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room3")""",
        """
    ds = Dataset()
    ds.add(DataElement("OtherPatientNames", "PN", names))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
def f(ds, names):
    ds.add(DataElement("OtherPatientNames", "PN", names))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
        """
    ds.add(DataElement("OtherPatientNames", "PN", sorted(names, reverse=True)))
    ds.InstitutionName = "Clinic"
    ds.add_new(0x00081010, "SH", "Room 3")""",
    ],
    "2": [
        "def f(ds, identifier):\n    ds.PatientID = identifier\n    return ds",
        """
    item = Dataset()
    item.PatientID = identifier
    ds.OtherPatientIDsSequence = [*ds.get("OtherPatientIDsSequence", []), item]""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    ds.OtherPatientIDsSequence = [item, *ds.get("OtherPatientIDsSequence", [])]""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = "A-7", "TEXT"
    ds.OtherPatientIDsSequence = [*ds.get("OtherPatientIDsSequence", []), item]""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "RFID"
    ds.OtherPatientIDsSequence = [*ds.get("OtherPatientIDsSequence", []), item]""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    if "OtherPatientIDsSequence" in ds:
        ds.OtherPatientIDsSequence.append(item)""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    ds.setdefault("OtherPatientIDsSequence", DataElement("OtherPatientIDsSequence", "SQ", [item]))
""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    ds.OtherPatientIDsSequence = [*ds.get("OtherPatientIDsSequence", []), item, item]""",
        """
    if "OtherPatientIDsSequence" not in ds:
        ds.OtherPatientIDsSequence = [Dataset()]
    ds.OtherPatientIDsSequence[-1].PatientID = identifier
    ds.OtherPatientIDsSequence[-1].TypeOfPatientID = "TEXT"
""",
        """
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    ds.RequestAttributesSequence = [item]""",
        """
def f(ds, identifier):
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier, "TEXT"
    return [*ds.get("OtherPatientIDsSequence", []), item]""",
    ],
    "3": [
        "def f(ds, text):\n    ds.add_new(0x00111101, 'LO', text)\n    return ds",
        """
    ds.add_new(0x00110011, "LO", "MY COURSE")
    ds.add_new(0x00111101, "LO", text)""",
        """
    ds.private_block(0x0011, "MY COURSE", create=True).add_new(0x02, "LO", text)""",
        """
    ds.private_block(0x0011, "MY COURSE", create=True).add_new(0x01, "SH", text)""",
        """
    ds.private_block(0x0013, "MY COURSE", create=True).add_new(0x01, "LO", text)""",
        """
    ds.private_block(0x0011, "My course", create=True).add_new(0x01, "LO", text)""",
        """
    ds.private_block(0x0011, "MY COURSE", create=True).add_new(0x01, "LO", "checked")""",
        """
    ds.remove_private_tags()
    ds.private_block(0x0011, "MY COURSE", create=True).add_new(0x01, "LO", text)""",
        """
    ds.private_block(0x0011, "MY COURSE", create=True)""",
        """
    ds.private_block(0x0010, "MY COURSE", create=True).add_new(0x01, "LO", text)""",
        """
    ds.PrivateCreator = "MY COURSE"
    ds.ImageComments = text""",
        """
def f(ds, text):
    return ds.private_block(0x0011, "MY COURSE", create=True).add_new(0x01, "LO", text)""",
    ],
    "8": [
        "def f(ds, codec):\n    return ds",
        """
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    ds.SpecificCharacterSet = codec
    ds.decode()""",
        """
    ds.SpecificCharacterSet = "ISO_IR 192"
    for e in ds.iterall():
        if e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and e.VM == 1:
            e.value = str(e.value).encode("latin_1").decode(codec)""",
        """
    for e in ds.iterall():
        if e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and e.VM:
            many = e.value if e.VM > 1 else [e.value]
            e.value = [str(one).encode("latin_1", "ignore").decode(codec) for one in many]
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    for tag in ds.keys():
        raw = ds.get_item(tag).value
        e = ds[tag]
        if e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw:
            e.value = raw.decode(codec).rstrip()
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    for tag in ds.keys():
        raw = ds.get_item(tag).value
        e = ds[tag]
        if e.VR == "SQ":
            [f(item, codec) for item in e.value]
        elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw:
            e.value = raw.decode(codec).rstrip()""",
        """
    for tag in ds.keys():
        raw = ds.get_item(tag).value
        e = ds[tag]
        if e.VR == "SQ":
            [f(item, codec) for item in e.value]
        elif e.VR == "PN" and raw:
            e.value = raw.decode(codec).rstrip()
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    for tag in ds.keys():
        e = ds[tag]
        raw = ds.get_item(tag).value
        if e.VR == "SQ":
            [f(item, codec) for item in e.value]
        elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw:
            e.value = raw.decode(codec).rstrip()
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    for tag in ds.keys():
        raw = ds.get_item(tag).value
        e = ds[tag]
        if e.VR == "SQ":
            [f(item, codec) for item in e.value]
        elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw:
            e.value = raw.decode("cp1251", "replace").rstrip()
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
        """
    for tag in ds.keys():
        raw = ds.get_item(tag).value
        e = ds[tag]
        if e.VR == "SQ":
            [f(item, codec) for item in e.value]
        elif e.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT") and raw:
            e.value = raw.decode(codec).rstrip()
    del ds.SpecificCharacterSet""",
        """
    ds.PatientName = "Иванов^Иван^Иванович"
    ds.SpecificCharacterSet = "ISO_IR 192"
""",
    ],
    "9": [
        "def f(ds, keyword, old, new):\n    return ds",
        "def f(ds, keyword, old, new):\n    setattr(ds, keyword, new)\n    return ds",
        """
    if keyword in ds and ds[keyword].value == old:
        ds[keyword].value = new""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            e.value = new""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            many = e.value if e.VM > 1 else [e.value]
            e.value = [str(v).replace(old, new) for v in many]""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            many = list(e.value) if e.VM > 1 else [e.value]
            if old in many:
                many[many.index(old)] = new
            e.value = many""",
        """
    for e in ds.iterall():
        many = e.value if e.VM > 1 else [e.value]
        if e.keyword == keyword:
            e.value = [new for v in many if v == old]""",
        """
    for e in ds.iterall():
        if e.keyword == keyword and e.VM > 1:
            e.value = [new if v == old else v for v in e.value]""",
        """
    e = ds[keyword]
    many = e.value if e.VM > 1 else [e.value]
    e.value = [new if v == old else v for v in many]""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            value = e.value
            value = new""",
        """
    for e in ds.iterall():
        if e.keyword == keyword:
            many = e.value if e.VM > 1 else [e.value]
            e.value = [v for v in many if v != old] + [new] * many.count(old)""",
    ],
}
TOOLS = {
    "BytesIO": BytesIO,
    "DataElement": DataElement,
    "Dataset": Dataset,
    "Sequence": Sequence,
    "Tag": Tag,
    "dcmread": dcmread,
    "np": np,
    "python_encoding": python_encoding,
}


def function(name: str, source: str) -> Answer:
    names: dict[str, Any] = dict(TOOLS)
    if source.startswith("\n    "):
        source = f"def f({ARGUMENTS[name]}):{source.rstrip()}\n    return ds"
    exec(source, names)
    return names["f"]  # type: ignore[no-any-return]


def numbered(table: dict[str, list[str]]) -> list[tuple[str, int]]:
    return [(name, number) for name, answers in table.items() for number in range(len(answers))]


@pytest.mark.parametrize(("name", "number"), numbered(RIGHT_CODE))
def test_a_right_algorithm_passes(name: str, number: int) -> None:
    verdict = judged(name, function(name, RIGHT_CODE[name][number]))
    assert verdict.right, verdict.why


@pytest.mark.parametrize(("name", "number"), numbered(WRONG_CODE))
def test_a_wrong_algorithm_is_told_what_is_wrong(name: str, number: int) -> None:
    verdict = judged(name, function(name, WRONG_CODE[name][number]))
    assert verdict.right is False
    assert verdict.why


@pytest.mark.parametrize(
    ("name", "table"), [("1", WRONG_CODE), ("2", WRONG_CODE), ("3", WRONG_CODE)]
)
def test_what_differs_is_named(name: str, table: dict[str, list[str]]) -> None:
    """No more two data sets in one line that print alike."""
    told = [judged(name, function(name, source)).why for source in table[name]]
    assert not any("Dataset.file_meta" in why and "expected" in why for why in told)
    assert sum("would still have to change" in why for why in told) >= 4
    set_language("ru")
    (why,) = [judged(name, function(name, table[name][1])).why]
    assert "набор данных из" in why or "наборе данных" in why


# ---- values

RIGHT_TAGS: list[object] = [
    *("(0002,0003)", "0002,0003", "00020003", "0x00020003", "(0x0002, 0x0003)", 0x00020003),
    *((0x0002, 0x0003), [0x0002, 0x0003], Tag(0x0002, 0x0003), 131075),
    *("MediaStorageSOPInstanceUID", np.uint32(0x00020003)),
    "Media Storage SOP Instance UID",
]
WRONG_TAGS: list[object] = [
    *("(0008,0018)", "SOPInstanceUID", "(0002,0002)", "MediaStorageSOPClassUID", "(0002,0010)"),
    *("(0020,000D)", "(0002,0012)", "(0008,0016)", 0x00030002, (2, 4), "2.999.6.1", ["0002"], 3),
]


@pytest.mark.parametrize("answer", RIGHT_TAGS, ids=str)
def test_a_tag_may_be_given_in_many_forms(answer: object) -> None:
    assert judged("4", answer).right


@pytest.mark.parametrize("answer", WRONG_TAGS, ids=str)
def test_another_tag_is_wrong(answer: object) -> None:
    assert judged("4", answer).right is False


@pytest.mark.parametrize("order", ["cgbedfa", "cbgedfa", "cbegdfa", "cbedgfa", "C G B E D F A"])
def test_each_order_that_works_is_right(order: str) -> None:
    assert judged("6", order).right


@pytest.mark.parametrize(
    "order",
    ["cgbdefa", "gcbedfa", "bcgedfa", "cgbedaf", "cgbefda", "cgebdfa", "cgdbefa", "abcdefg",
     "cgbedf", "cgbedfaa", "cbedfga"],
)  # fmt: skip
def test_an_order_that_does_not_work_is_wrong(order: str) -> None:
    assert judged("6", order).right is False


# ---- files: the Cyrillic name


def ct() -> Any:
    return samples.read("CT_small")


def cyrillic(term: object = "ISO_IR 192", name: str = NAME) -> Any:
    dataset = ct()
    dataset.SpecificCharacterSet = term
    dataset.PatientName = name
    return dataset


def with_(dataset: Any, **values: object) -> Any:
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def implicit() -> Any:
    dataset = cyrillic()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def compressed() -> Any:
    dataset = cyrillic()
    dataset.compress(RLELossless)
    return dataset


def without(dataset: Any, *keywords: str) -> Any:
    for keyword in keywords:
        del dataset[keyword]
    return dataset


def rebuilt() -> Any:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.update(cyrillic())
    return dataset


RIGHT_NAMES: dict[str, Callable[[], Any]] = {
    "UTF-8": cyrillic,
    "ISO 8859-5": lambda: cyrillic("ISO_IR 144"),
    "GB18030": lambda: cyrillic("GB18030"),
    "code extensions": lambda: cyrillic(["", "ISO 2022 IR 144"]),
    "a new instance": lambda: with_(cyrillic(), SOPInstanceUID=generate_uid()),
    "implicit VR": implicit,
    "compressed without loss": compressed,
    "a PersonName": lambda: cyrillic(name="Иванов^Иван^Иванович^^"),
    "one element more": lambda: with_(cyrillic(), PatientComments="Учебный файл"),
    "no padding": lambda: without(cyrillic(), "DataSetTrailingPadding"),
    "into a new data set": rebuilt,
    "set anew after a save": lambda: with_(cyrillic("ISO_IR 100"),
                                           SpecificCharacterSet="ISO_IR 192", PatientName=NAME),
}  # fmt: skip
WRONG_NAMES: dict[str, Callable[[], Any]] = {
    "the label of CT_small": lambda: cyrillic("ISO_IR 100"),
    "no label": lambda: without(cyrillic(), "SpecificCharacterSet"),
    "no Defined Term": lambda: cyrillic("windows-1251"),
    "UTF-8 by its own name": lambda: cyrillic("UTF-8"),
    "no middle name": lambda: cyrillic(name="Иванов^Иван"),
    "Latin letters": lambda: cyrillic(name="Ivanov^Ivan^Ivanovich"),
    "a space for ^": lambda: cyrillic(name="Иванов Иван Иванович"),
    "another order": lambda: cyrillic(name="Иван^Иванов^Иванович"),
    "capitals": lambda: cyrillic(name=NAME.upper()),
    "a look-alike": lambda: cyrillic(name="Иванов^Ивaн^Иванович"),
    "second group": lambda: cyrillic(name="Ivanov^Ivan^Ivanovich=" + NAME),
    "another file": lambda: with_(samples.read("MR_small"), SpecificCharacterSet="ISO_IR 192",
                                  PatientName=NAME),
    "without private elements": lambda: (lambda each: each.remove_private_tags() or each)(
        cyrillic()),
    "another patient": lambda: with_(cyrillic(), PatientID="7"),
    "an item less": lambda: (lambda each: each.OtherPatientIDsSequence.pop() and each)(cyrillic()),
    "black pixels": lambda: with_(cyrillic(), PixelData=bytes(32768)),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT_NAMES)
def test_a_copy_with_a_name_that_survives_is_right(name: str, tmp_path: Path) -> None:
    path = tmp_path / "cyrillic.dcm"
    RIGHT_NAMES[name]().save_as(path, enforce_file_format=True)
    verdict = judged("5", str(path))
    assert verdict.right, verdict.why
    assert judged("5", path).right


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_another_copy_is_wrong(name: str, tmp_path: Path) -> None:
    path = tmp_path / "cyrillic.dcm"
    WRONG_NAMES[name]().save_as(path, enforce_file_format=True)
    verdict = judged("5", str(path))
    assert verdict.right is False
    assert verdict.why


def test_a_name_alone_is_no_copy(tmp_path: Path) -> None:
    bare = with_(Dataset(), SpecificCharacterSet="ISO_IR 192", PatientName=NAME,
                 SOPClassUID=ct().SOPClassUID, SOPInstanceUID=generate_uid(),
                 file_meta=FileMetaDataset())  # fmt: skip
    bare.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    bare.save_as(tmp_path / "x", enforce_file_format=True)
    assert "no copy of CT_small" in judged("5", tmp_path / "x").why


def test_a_file_out_of_step_is_wrong(tmp_path: Path) -> None:
    with_(cyrillic(), SOPInstanceUID="2.999.6.1").save_as(tmp_path / "x")
    assert "MediaStorageSOPInstanceUID" in judged("5", tmp_path / "x").why


# ---- files: an object of one's own


def capture(array: Any = None, **values: object) -> Any:
    own = Dataset()
    own.SOPClassUID = SecondaryCaptureImageStorage
    own.StudyInstanceUID, own.SeriesInstanceUID = generate_uid(), generate_uid()
    own.PatientName, own.PatientID = "Ivanov^Ivan", "DL-0001"
    own.PatientBirthDate, own.PatientSex = "19700412", "M"
    own.StudyID, own.StudyDate, own.StudyTime = "1", "20240325", "120000"
    own.ConversionType, own.SeriesNumber, own.InstanceNumber = "WSD", 1, 1
    own.AccessionNumber = own.ReferringPhysicianName = own.PatientOrientation = ""
    own.file_meta = FileMetaDataset()
    own.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pixels = np.eye(64, dtype="uint8") * 255 if array is None else array
    kind = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    own.set_pixel_data(pixels, kind, bits_stored=8)
    return with_(own, **values)


def rle() -> Any:
    own = capture()
    own.compress(RLELossless)
    return own


RIGHT_CAPTURES: dict[str, Callable[[], Any]] = {
    "as little as its class requires": capture,
    "with Modality": lambda: capture(Modality="OT"),
    "another Modality": lambda: capture(Modality="DR"),
    "a part of the body": lambda: capture(Modality="OT", BodyPartExamined="HEAD"),
    "an empty part": lambda: capture(BodyPartExamined=""),
    "a side": lambda: capture(BodyPartExamined="KNEE", Laterality="L"),
    "an empty side": lambda: capture(Laterality=""),
    "another conversion": lambda: capture(ConversionType="SYN"),
    "empty where it may be": lambda: capture(PatientID="", StudyID="", StudyDate="", StudyTime=""),
    "a Cyrillic name": lambda: with_(capture(SpecificCharacterSet="ISO_IR 192"), PatientName=NAME),
    "colours": lambda: capture(np.full((8, 8, 3), 7, "uint8")),
    "an odd number of bytes": lambda: capture(np.zeros((3, 3), "uint8")),
    "compressed without loss": rle,
}
WRONG_CAPTURES: dict[str, Callable[[], Any]] = {
    "another class": lambda: capture(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"),
    "multi-frame": lambda: capture(SOPClassUID="1.2.840.10008.5.1.4.1.1.7.2"),
    "no pixels": lambda: without(capture(), "PixelData"),
    "no conversion": lambda: without(capture(), "ConversionType"),
    "no sex": lambda: without(capture(), "PatientSex"),
    "no study": lambda: without(capture(), "StudyInstanceUID"),
    "no series": lambda: with_(capture(), SeriesInstanceUID=""),
    "question marks": lambda: capture(PatientName="Иванов^Иван"),
    "a date with dashes": lambda: capture(StudyDate="2024-03-25"),
    "rows that are not there": lambda: capture(Rows=32),
    "a bad UID": lambda: capture(SeriesInstanceUID="1.2.03"),
    "small letters": lambda: capture(PatientSex="male"),
    "a private element of nobody": lambda: (
        lambda each: each.add_new(0x00111001, "LO", "x") or each)(capture()),
}  # fmt: skip


def saved(dataset: Any, path: Path) -> Path:
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("name", RIGHT_CAPTURES)
def test_an_object_that_the_standard_accepts_is_right(name: str, tmp_path: Path) -> None:
    verdict = judged("7", saved(RIGHT_CAPTURES[name](), tmp_path / "capture.dcm"))
    assert verdict.right, verdict.why


@pytest.mark.parametrize("name", WRONG_CAPTURES)
def test_an_object_that_lacks_something_is_wrong(name: str, tmp_path: Path) -> None:
    verdict = judged("7", saved(WRONG_CAPTURES[name](), tmp_path / "capture.dcm"))
    assert verdict.right is False
    assert verdict.why


@pytest.mark.parametrize("installed", [True, False])
def test_the_verdict_does_not_depend_on_what_is_installed(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_names, **_options: "x" if installed else None)
    for number, (make, right) in enumerate(
        [(capture, True), (RIGHT_CAPTURES["an empty part"], True), (rle, True)]
    ):
        assert judged("7", saved(make(), tmp_path / str(number))).right is right


def test_the_helpers_of_the_course_are_welcome(tmp_path: Path) -> None:
    path = read_write.save_safely(cyrillic(), tmp_path / "cyrillic.dcm")
    assert judged("5", path).right
    assert judged("7", read_write.save_safely(capture(), tmp_path / "capture.dcm")).right
