"""Every public reader of the course, with the errors that it promises."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from pydicom import Dataset, dcmread, uid

from dicom_lessons import (
    clinic,
    compression,
    download,
    modality,
    pixels,
    read_write,
    reading,
    sop,
    structure,
    uids,
    viewer,
)
from dicom_lessons.modality.explorer import elements_table
from dicom_lessons.pixels import display, grey, header, image_pixel, modality_lut
from dicom_lessons.sop.explorer import attribute_table
from dicom_lessons.sop.tables import classes
from dicom_lessons.structure.describe import name_of, path_of, value_of

GUARD = (LookupError, OSError, reading.ReadingError)


@dataclass(frozen=True)
class Subject:
    """A mutated file, and what its readers take from it."""

    path: Path
    seed: Path  # the file that it was made of
    chance: Random  # for what is tried of many
    plain: bool = False  # whether data sets come from pydicom itself, as learners read them

    def dataset(self) -> Dataset:
        """Read the file anew: readers change what pydicom keeps of it."""
        if not self.plain:
            return reading.read(self.path)
        with warnings.catch_warnings(action="ignore"):
            return dcmread(self.path, force=True)


@dataclass(frozen=True)
class Reader:
    """One way to read a file."""

    name: str
    read: Callable[[Subject], object]
    promised: tuple[type[Exception], ...] = ()  # what may come out, with a sentence for a learner
    share: float = 1.0  # of the files that go through it
    of_data_set: bool = False  # whether it takes a data set, which pydicom alone may have read


def _map(subject: Subject) -> None:
    found = structure.map_file(subject.path)
    for file_map in filter(None, (found, found.inflated)):
        end = 0
        for region in file_map.regions_between(0, len(file_map.raw)):
            if region.offset != end:
                raise AssertionError(f"the map has a gap or an overlap at byte {end}")
            end = region.end
        if end != len(file_map.raw):
            raise AssertionError(f"the map ends at byte {end}")
        for element in file_map.elements[:2000]:
            name_of(file_map, element), value_of(file_map, element), path_of(file_map, element)


def _explore_bytes(subject: Subject) -> None:
    explorer = structure.explore_bytes(subject.path)
    for encoding, _name in explorer.labels["encodings"]:
        explorer.encoding = encoding
        explorer.entry = subject.chance.randrange(50)
    explorer._repr_mimebundle_()


def _rewrite(subject: Subject) -> None:
    syntax = subject.chance.choice(
        (uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian)
    )
    structure.rewrite(subject.dataset(), syntax)


def _survey(subject: Subject) -> None:
    found = modality.survey(subject.path.parent)
    if subject.path not in {**found.modalities, **found.refused}:
        raise AssertionError("the survey lost a file")


def _tree(subject: Subject) -> None:
    tree = uids.explore_uids(files=[subject.path, subject.seed])
    tree._repr_mimebundle_()


def _explore_sop_class(subject: Subject) -> None:
    explorer = sop.explore_sop_class(subject.path)
    for module in subject.chance.sample(explorer.iod.modules, min(3, len(explorer.iod.modules))):
        explorer.module_choice.value = module.key
    explorer._repr_mimebundle_()


def _attributes(subject: Subject) -> None:
    dataset = subject.dataset()
    for module in sop.definition(subject.chance.choice(classes())).modules:
        attribute_table(module, dataset)


def _difference(subject: Subject) -> None:
    seed = reading.read(subject.seed)
    read_write.report(read_write.difference(subject.dataset(), seed))
    found = read_write.difference(subject.dataset(), subject.dataset())
    if found:
        raise AssertionError(f"a file differs from itself: {found[0].path}")


def _explore_difference(subject: Subject) -> None:
    read_write.explore_difference(subject.path, subject.seed)._repr_mimebundle_()


def _zips(subject: Subject) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", subject.chance.choice((0, 8, 14))) as archive:
        archive.write(subject.path, "a/1.dcm")
        archive.write(subject.seed, subject.chance.choice(("2.dcm", "a/1.dcm", "A/1.DCM", "a")))
    raw = bytearray(file.getvalue())
    for _turn in range(subject.chance.choice((0, 1, 3))):
        raw[subject.chance.choice((-1, 1)) * subject.chance.randrange(1, min(len(raw), 200))] ^= 165
    return bytes(raw)


def _unpack(subject: Subject) -> None:
    archive = subject.path.with_name("archive.zip")
    archive.write_bytes(_zips(subject))
    download.unpack(archive, subject.path.with_name("unpacked"))


def _frame(subject: Subject, what: Callable[[Dataset], object]) -> object:
    return what(subject.dataset())


def _modality_values(dataset: Dataset) -> object:
    return pixels.modality_values(np.arange(64).reshape(8, 8), dataset)


def _padding(dataset: Dataset) -> object:
    return pixels.padding(np.arange(64).reshape(8, 8), dataset)


def _view(subject: Subject) -> None:
    widget = viewer.view_image(subject.path)
    widget.frame = 1 << 30
    try:
        widget.picture()
        widget._repr_mimebundle_()
    except pixels.PixelError:  # of a frame that is not there
        widget.frame = 0
        widget._repr_mimebundle_()


def _compress(subject: Subject) -> None:
    syntax = subject.chance.choice(
        (uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.ExplicitVRLittleEndian)
    )
    compression.compress(subject.dataset(), syntax)


def _of_pixels() -> list[Reader]:
    names: dict[str, Callable[[Dataset], object]] = {
        "frames_of": header.frames_of,
        "is_colour": image_pixel.is_colour,
        "stored_values": pixels.stored_values,
        "modality_values": _modality_values,
        "padding": _padding,
        "units": modality_lut.units,
        "windows": pixels.windows,
        "voi_tables": grey.voi_tables,
        "overlay": display.overlay,
        "to_display": pixels.to_display,
    }
    kinds: dict[str, tuple[type[Exception], ...]] = dict.fromkeys(names, (pixels.PixelError,))
    if hasattr(pixels, "findings"):
        names["findings"], kinds["findings"] = pixels.findings, ()
    return [
        Reader(f"pixels.{name}", partial(_frame, what=what), kinds[name], of_data_set=True)
        for name, what in names.items()
    ]


def _with(what: Callable[[Dataset], object]) -> Callable[[Subject], object]:
    return partial(_frame, what=what)


READERS: tuple[Reader, ...] = (
    Reader("reading.read", lambda subject: reading.read(subject.path), GUARD),
    Reader("structure.map_file", _map, GUARD),
    Reader(
        "structure.structure_table", lambda subject: structure.structure_table(subject.path), GUARD
    ),
    Reader("structure.explore_bytes", _explore_bytes, GUARD, 0.1),
    Reader("structure.rewrite", _rewrite, (structure.StructureError,), 0.3, True),
    Reader("modality.survey", _survey),
    Reader("modality.agreement", _with(modality.agreement), of_data_set=True),
    Reader(
        "modality.elements_table", _with(lambda ds: elements_table(ds, "case")), of_data_set=True
    ),
    Reader("uids.explore_uids", _tree),
    Reader(
        "uids.replace_uids",
        _with(lambda ds: uids.replace_uids(ds, "key")),
        (ValueError,),
        0.5,
        True,
    ),
    Reader("sop.lacks", _with(sop.lacks), (sop.SOPClassError,), of_data_set=True),
    Reader("sop.attribute_table", _attributes, share=0.1, of_data_set=True),
    Reader("sop.explore_sop_class", _explore_sop_class, (LookupError, OSError), 0.1),
    Reader(
        "read_write.conformance", lambda subject: read_write.conformance(subject.path), share=0.2
    ),
    Reader("read_write.validate", _with(read_write.validate), (ValueError,), of_data_set=True),
    Reader("read_write.difference", _difference, (ValueError,), of_data_set=True),
    Reader("read_write.explore_difference", _explore_difference, (*GUARD, ValueError), 0.1),
    Reader(
        "read_write.read_zip",
        lambda subject: read_write.read_zip(io.BytesIO(_zips(subject))),
        (read_write.ArchiveError,),
        0.3,
    ),
    Reader(
        "read_write.save_safely",
        lambda subject: read_write.save_safely(subject.dataset(), subject.path.with_name("saved")),
        (OSError,),
        0.3,
        True,
    ),
    Reader("clinic.examine", lambda subject: str(clinic.examine(subject.path))),
    Reader("download.unpack", _unpack, (download.DownloadError,), 0.3),
    *_of_pixels(),
    Reader("viewer.view_image", _view, (pixels.PixelError, *GUARD), 0.5),
    Reader("compression.compress", _compress, (pixels.PixelError,), 0.1, True),
    Reader(
        "compression.compare_transfer_syntaxes",
        lambda subject: compression.compare_transfer_syntaxes(subject.path),
        (pixels.PixelError, *GUARD),
        0.01,
    ),
)
