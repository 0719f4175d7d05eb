"""Every file of ``data/``: who makes it, how it is stored, and what it teaches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile, ZipInfo

from pydicom import config, dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from course_tools.patient import blocks, cr, ct, dx, mg, mr, pt, sc, sheet, us, xa
from dicom_lessons.registry import Sample
from dicom_lessons.text import N_

REGISTRY, README, SHEET = "registry.json", "README.md", "sheet.png"
LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Recipe:
    """How one file of the virtual patient is made."""

    name: str
    build: Callable[[], Dataset]
    transfer_syntax: UID
    teaches: str


@dataclass(frozen=True)
class SeriesRecipe:
    """How one series of the virtual patient is made; it is kept as a zip archive."""

    name: str
    write: Callable[[Path], list[Path]]
    teaches: str


def _ct() -> Dataset:
    return ct.build_ct_slice("virtual/ct", ct.LESION_SLICE, number=1)


def _ct_abdomen() -> Dataset:
    return ct.build_ct_slice("virtual/ct_abdomen", ct.ABDOMEN_SLICE, number=2)


def _ct_sharp() -> Dataset:
    series = (3, "Trunk, sharp kernel")
    return ct.build_ct_slice("virtual/ct_sharp", ct.LESION_SLICE, kernel="sharp", series=series)


def _pt() -> Dataset:
    return pt.build_pt_slice("virtual/pt", ct.LESION_SLICE)


RECIPES = (
    Recipe("virtual/ct", _ct, JPEG2000Lossless,
           N_("CT of the chest, soft kernel: Hounsfield units, and a tumour in the right lung")),
    Recipe("virtual/ct_sharp", _ct_sharp, JPEGLSLossless,
           N_("The same slice, sharp kernel and lung window: vessels, bronchi, more noise")),
    Recipe("virtual/ct_abdomen", _ct_abdomen, JPEG2000Lossless,
           N_("CT of the abdomen: liver, gallbladder, kidneys, spleen, gas and water")),
    Recipe("virtual/pt", _pt, ExplicitVRLittleEndian,
           N_("PET on the CT's frame of reference: Bq/ml, from which the SUV is computed")),
    Recipe("virtual/mr_t1", mr.build_mr_t1, ExplicitVRLittleEndian,
           N_("MR of the head weighted by T1: fat is bright, fluid is dark; name in UTF-8")),
    Recipe("virtual/mr_t2", mr.build_mr_t2, ImplicitVRLittleEndian,
           N_("The same plane weighted by T2: fluid is bright; stored with implicit VR")),
    Recipe("virtual/us", us.build_us, RLELossless,
           N_("Ultrasound of the gallbladder: speckle, and the shadow behind a stone")),
    Recipe("virtual/us_doppler", us.build_us_doppler, JPEG2000Lossless,
           N_("Colour Doppler of the liver's vessels: three samples per pixel")),
    Recipe("virtual/cr", cr.build_cr, JPEGLSLossless,
           N_("Chest radiograph from behind, MONOCHROME1; name in ISO 8859-5")),
    Recipe("virtual/dx", dx.build_dx, JPEG2000Lossless,
           N_("Chest radiograph from the side, MONOCHROME2, ready for presentation")),
    Recipe("virtual/mg", mg.build_mg, JPEG2000Lossless,
           N_("Mammogram: a cluster of microcalcifications in dense tissue")),
    Recipe("virtual/xa", xa.build_xa, JPEGLSLossless,
           N_("Coronary angiogram, a film of 24 frames: contrast runs in; find the narrow place")),
    Recipe("virtual/sc", sc.build_sc, RLELossless,
           N_("Screen capture: the patient's name is part of the picture")),
)  # fmt: skip


SERIES = (
    SeriesRecipe("virtual/ct_volume", ct.write_ct_volume,
                 N_("CT of the trunk, 70 slices 5 mm apart: sort them and stack them to a volume")),
    SeriesRecipe("virtual/pt_volume", pt.write_pt_volume,
                 N_("PET in the same 70 planes: each slice has a rescale slope of its own")),
)  # fmt: skip


@contextmanager
def _strict() -> Iterator[None]:
    """Let pydicom refuse what the standard forbids, for as long as we build."""
    settings = config.settings
    before = settings.reading_validation_mode, settings.writing_validation_mode
    settings.reading_validation_mode = settings.writing_validation_mode = config.RAISE
    try:
        yield
    finally:
        settings.reading_validation_mode, settings.writing_validation_mode = before


def write_patient(directory: Path) -> list[Path]:
    """Make every file of ``data/`` again: objects, series, register, README and image sheet.

    Parameters
    ----------
    directory : Path
        Where to write; objects go into its folder ``virtual``, archives of series beside it.

    Returns
    -------
    list of Path
        Everything written.
    """
    entries, paths, pictures = [], [], []
    for recipe in RECIPES:
        path = directory / f"{recipe.name}.dcm"
        with _strict():
            ds = recipe.build()
            pictures.append((recipe.name, sheet.thumbnail(ds)))
            blocks.write_object(ds, path, recipe.transfer_syntax)
        paths.append(path)
        entries.append(_describe(recipe, ds, path, directory))
    for volume in SERIES:
        entries.append(_write_series(volume, directory))
        paths.append(directory / entries[-1].file)
    register = directory / REGISTRY
    content = json.dumps([_told(entry) for entry in entries], indent=2, ensure_ascii=False)
    register.write_text(content + "\n", encoding="utf-8", newline="\n")
    readme = directory / README
    readme.write_text(_readme(entries), encoding="utf-8", newline="\n")
    picture = directory / SHEET
    sheet.write_sheet(pictures, picture)
    return [*paths, register, readme, picture]


def _write_series(recipe: SeriesRecipe, directory: Path) -> Sample:
    path = directory / f"{recipe.name.rpartition('/')[2]}.zip"
    with TemporaryDirectory() as folder:
        with _strict():
            files = recipe.write(Path(folder))
        write_archive(files, path)
        ds = dcmread(files[0])
    first = Recipe(recipe.name, lambda: ds, ds.file_meta.TransferSyntaxUID, recipe.teaches)
    described = _describe(first, ds, path, directory)
    return replace(described, kind="series", instances=len(files))


def write_archive(files: list[Path], path: Path) -> None:
    """Put files into a zip archive that depends on nothing but their names and bytes."""
    with ZipFile(path, "w") as archive:  # stored: compressors differ, and pixels are compressed
        for file in sorted(files):
            member = ZipInfo(file.name, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, file.read_bytes())


def _told(entry: Sample) -> dict[str, object]:
    """Return what the register tells: no address, since nothing is downloaded, and no default."""
    usual = {"address": "", "kind": "file", "instances": 1}
    return {key: told for key, told in asdict(entry).items() if usual.get(key) != told}


def _describe(recipe: Recipe, ds: Dataset, path: Path, directory: Path) -> Sample:
    content = path.read_bytes()
    return Sample(
        recipe.name,
        path.relative_to(directory).as_posix(),
        "made",
        ds.Modality,
        str(ds.SOPClassUID),
        str(recipe.transfer_syntax),
        ds.PhotometricInterpretation,
        int(ds.get("NumberOfFrames", 1)),
        ds.Rows,
        ds.Columns,
        len(content),
        hashlib.sha256(content).hexdigest(),
        LICENCE,
        recipe.teaches,
    )


def _readme(entries: list[Sample]) -> str:
    lines = [
        "# The virtual patient",
        "",
        "Pictures of one invented person, Ivanov^Ivan^Ivanovich, by every modality that the",
        "course names. Person, hospital and devices do not exist; nothing here comes from a real",
        "patient. Everything is computed from one model of a body, tissue by tissue.",
        "",
        f"![One picture of each file: {', '.join(e.name.split('/')[1] for e in entries)}]({SHEET})",
        "",
        "Licence: [CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/). Copy this folder",
        "into any viewer; no permission is needed and none of it is for diagnosis.",
        "",
        *_table([e for e in entries if e.kind == "file"]),
        "",
        "Whole series, each as one zip archive of DICOM files from head to feet:",
        "",
        *_table([e for e in entries if e.kind == "series"]),
        "",
        f"In all {sum(e.size for e in entries)} bytes.",
        "",
        "## SHA-256",
        "",
        "```",
        *[f"{e.sha256}  {e.file}" for e in entries],
        "```",
        "",
        "## Making them again",
        "",
        "`python -m course_tools data` writes this folder, byte for byte; `registry.json` says",
        "the same as this page to programs. The objects are synthetic throughout, and each says",
        "so: Synthetic Data (0008,001C) is `YES` (PS3.3 §C.12.1.1). Validators with an older",
        "dictionary call this attribute unknown.",
        "",
        "Patient's names are written in ASCII, in UTF-8 (`ISO_IR 192`) and in ISO 8859-5",
        "(`ISO_IR 144`), each study in one of them. A file set with a DICOMDIR needs file names of",
        "eight capitals without extension (PS3.10 §8.2): `python -m dicom_lessons media FOLDER`",
        "writes one, with all files and both series.",
        "",
    ]
    return "\n".join(lines)


def _table(entries: list[Sample]) -> Iterator[str]:
    """Tell of files, or of series, in rows of Markdown."""
    count = "instances" if entries[0].kind == "series" else "frames"
    yield (
        f"| Name in the course | File | Modality | Rows × columns | {count.capitalize()} "
        "| Transfer syntax | Bytes | What to look at |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for e in entries:
        yield (
            f"| `{e.name}` | [{e.file}]({e.file}) | {e.modality} | {e.rows} × {e.columns} "
            f"| {getattr(e, count)} | {UID(e.transfer_syntax).name} (`{e.transfer_syntax}`) "
            f"| {e.size} | {e.teaches} |"
        )
