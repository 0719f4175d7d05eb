"""The virtual patient: same bytes, right numbers, one person, readable by every decoder here."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, FileDataset, config, dcmread
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from course_tools import patient
from course_tools.patient import blocks, identity, mr, tissues
from course_tools.patient.organs import LESION_CENTRE
from dicom_lessons import samples

DATA = Path(__file__).parents[2] / "data"
EVERY: list[dict[str, Any]] = json.loads((DATA / "registry.json").read_text(encoding="utf-8"))
REGISTRY = [entry for entry in EVERY if entry.get("kind", "file") == "file"]
SERIES = [entry for entry in EVERY if entry.get("kind") == "series"]
NAMES = [entry["name"] for entry in REGISTRY]


def load(name: str) -> FileDataset:
    return dcmread(DATA / f"{name}.dcm")


def disc(ds: Dataset, x: float, y: float, radius: float) -> NDArray[np.float64]:
    """Rescaled values within ``radius`` mm of a place (mm, patient's axes) in an axial picture."""
    left, top = (float(value) for value in ds.ImagePositionPatient[:2])
    down, across = (float(value) for value in ds.PixelSpacing)
    columns = left + np.arange(ds.Columns) * across
    rows = top + np.arange(ds.Rows) * down
    near = (columns[None, :] - x) ** 2 + (rows[:, None] - y) ** 2 < radius**2
    values: NDArray[np.float64] = np.asarray(apply_modality_lut(ds.pixel_array, ds), float)[near]
    return values


def uptake(ds: Dataset) -> NDArray[np.float64]:
    """Body-weight SUV, from nothing but the object's attributes."""
    drug = ds.RadiopharmaceuticalInformationSequence[0]

    def seconds(text: str) -> int:
        return int(text[:2]) * 3600 + int(text[2:4]) * 60 + int(text[4:6])

    assert (ds.Units, ds.DecayCorrection) == ("BQML", "START")
    waited = seconds(ds.SeriesTime) - seconds(drug.RadiopharmaceuticalStartTime)
    left = float(drug.RadionuclideTotalDose) * 0.5 ** (waited / float(drug.RadionuclideHalfLife))
    concentration = np.asarray(apply_modality_lut(ds.pixel_array, ds), float)
    suv: NDArray[np.float64] = concentration * float(ds.PatientWeight) * 1000 / left
    return suv


# Bytes and files


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("again")
    patient.write_patient(directory)
    return directory


def test_the_same_bytes_are_made_again(again: Path) -> None:
    def hashes(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".png" and path.parent.name != "idc"
        }

    assert hashes(again) == hashes(DATA)


def test_the_image_sheet_shows_the_same_pixels(again: Path) -> None:
    with Image.open(again / "sheet.png") as made, Image.open(DATA / "sheet.png") as kept:
        assert np.array_equal(np.asarray(made.convert("RGB")), np.asarray(kept.convert("RGB")))
    assert (DATA / "sheet.png").stat().st_size < 400_000


def test_building_leaves_pydicoms_settings_alone(again: Path) -> None:
    assert config.settings.reading_validation_mode == config.WARN


def test_data_stays_under_ten_megabytes() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) <= 10_000_000


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: str(entry["name"]))
def test_the_register_tells_the_truth(entry: dict[str, Any]) -> None:
    path = DATA / entry["file"]
    ds = dcmread(samples.series(entry["name"])[-1] if entry in SERIES else path)
    assert entry["size"] == path.stat().st_size
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry["modality"] == ds.Modality
    assert entry["sop_class"] == ds.SOPClassUID == ds.file_meta.MediaStorageSOPClassUID
    assert entry["transfer_syntax"] == ds.file_meta.TransferSyntaxUID
    assert entry["photometric_interpretation"] == ds.PhotometricInterpretation
    assert (entry["rows"], entry["columns"]) == (ds.Rows, ds.Columns)
    assert entry["frames"] == int(ds.get("NumberOfFrames", 1))
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"{entry['sha256']}  {entry['file']}" in readme
    assert entry["teaches"] in readme


def test_every_modality_and_five_ways_to_store_pixels() -> None:
    modalities = {entry["modality"] for entry in REGISTRY}
    assert modalities == {"CT", "MR", "US", "CR", "DX", "MG", "PT", "XA", "OT"}
    assert {entry["transfer_syntax"] for entry in REGISTRY} == {
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
        JPEG2000Lossless,
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_decoder_here_reads_the_same_pixels(name: str) -> None:
    ds = load(name)
    syntax = ds.file_meta.TransferSyntaxUID
    plugins = {
        JPEG2000Lossless: ["pylibjpeg", "pillow"],
        JPEGLSLossless: ["pyjpegls"],
        RLELossless: ["pydicom", "pylibjpeg"],
    }.get(syntax, [""])
    pictures = [pixel_array(ds, decoding_plugin=plugin) for plugin in plugins]
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)
    assert pictures[0].max() < 2**ds.BitsStored
    assert pictures[0].std() > 1


@pytest.mark.parametrize("name", NAMES)
def test_strict_reading_finds_no_fault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.RAISE)
    ds = load(name)
    for element in ds.iterall():
        assert element.value is not Ellipsis
        if element.VR == "UI" and element.value:
            values = [element.value] if isinstance(element.value, str) else element.value
            assert all(UID(value).is_valid for value in values)
        if element.VR == "DS" and element.value is not None:
            decimals = element.value if element.VM > 1 else [element.value]
            assert all(len(value.original_string) <= 16 for value in decimals)
    assert not any(element.tag.is_private for element in ds.iterall())
    assert ds.SyntheticData == "YES"
    assert ds.file_meta.ImplementationClassUID == identity.IMPLEMENTATION_CLASS_UID


# One person


def test_one_person_in_every_file() -> None:
    objects = [load(name) for name in NAMES]
    for keyword in ("PatientID", "PatientBirthDate", "PatientSex"):
        assert len({ds[keyword].value for ds in objects}) == 1
    assert len({ds.SOPInstanceUID for ds in objects}) == len(objects)
    assert all(str(ds.SOPInstanceUID).startswith("2.25.") for ds in objects)


def test_names_are_written_in_three_character_sets() -> None:
    raw = {
        None: b"Ivanov^Ivan^Ivanovich",
        "ISO_IR 192": "Иванов^Иван^Иванович".encode(),
        "ISO_IR 144": "Иванов^Иван^Иванович".encode("iso8859_5"),
    }
    seen = set()
    for name in NAMES:
        ds = load(name)
        character_set = ds.get("SpecificCharacterSet")
        seen.add(character_set)
        assert raw[character_set] in (DATA / f"{name}.dcm").read_bytes()
        expected = identity.NAME_CYRILLIC if character_set else identity.NAME_ASCII
        assert str(ds.PatientName) == expected
    assert seen == set(raw)


def test_what_belongs_together_agrees() -> None:
    by_study: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    by_series: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    for name in NAMES:
        ds = load(name)
        of_study = (str(ds.PatientName), ds.StudyDate, ds.StudyTime, ds.StudyID)
        by_study[ds.StudyInstanceUID].add((*of_study, ds.AccessionNumber, ds.StudyDescription))
        by_series[ds.SeriesInstanceUID].add((ds.Modality, ds.SeriesNumber, ds.StudyInstanceUID))
    assert len(by_study) == len(identity.STUDIES)
    assert all(len(values) == 1 for values in [*by_study.values(), *by_series.values()])


def test_ct_and_pt_share_a_frame_of_reference_and_the_lesion() -> None:
    ct, pt = load("virtual/ct"), load("virtual/pt")
    assert ct.FrameOfReferenceUID == pt.FrameOfReferenceUID
    assert ct.ImagePositionPatient[2] == pt.ImagePositionPatient[2]
    suv = uptake(pt)
    rows, columns = np.nonzero(suv > 4)
    weights = suv[rows, columns]
    x = float(pt.ImagePositionPatient[0]) + np.average(columns, weights=weights) * 4
    y = float(pt.ImagePositionPatient[1]) + np.average(rows, weights=weights) * 4
    assert (x, y) == pytest.approx(LESION_CENTRE[:2], abs=2)
    assert 30 < disc(ct, x, y, 8).mean() < 90, "solid in the CT where PET sees the lesion"
    assert disc(ct, -x, y, 8).mean() < -800, "lung on the other side"


# Numbers

HOUNSFIELD = [
    # tissue, file, x, y, radius (mm), lowest, highest mean; portal venous phase where it matters
    ("air", "virtual/ct", 150, -140, 20, -1005, -995),
    ("air, sharp kernel", "virtual/ct_sharp", 150, -140, 20, -1005, -995),
    ("lung", "virtual/ct", 84, 10, 10, -900, -750),
    ("fat", "virtual/ct_abdomen", 71, 10, 8, -120, -80),
    ("water in the stomach", "virtual/ct_abdomen", 50, -32, 8, -10, 10),
    ("bile", "virtual/ct_abdomen", -47, -50, 7, -5, 20),
    ("muscle", "virtual/ct_abdomen", -121, 56, 4, 45, 75),
    ("liver", "virtual/ct_abdomen", -84, -24, 20, 90, 130),
    ("spleen", "virtual/ct_abdomen", 97, 50, 8, 100, 140),
    ("pancreas", "virtual/ct_abdomen", -8, -19, 5, 70, 120),
    ("kidney", "virtual/ct_abdomen", 63, 55, 4, 140, 220),
    ("aorta", "virtual/ct", 1, -23, 9, 130, 190),
    ("tumour", "virtual/ct", -87, 19, 8, 20, 100),
    ("bone marrow", "virtual/ct", -2, 55, 6, 100, 300),
    ("bowel gas", "virtual/ct_abdomen", 84, -38, 9, -1005, -950),
]


@pytest.mark.parametrize("row", HOUNSFIELD, ids=[row[0] for row in HOUNSFIELD])
def test_hounsfield_units(row: tuple[str, str, float, float, float, float, float]) -> None:
    _tissue, name, x, y, radius, low, high = row
    values = disc(load(name), x, y, radius)
    assert values.size > 30
    assert low <= values.mean() <= high


def test_bone_is_denser_than_700() -> None:
    spine = disc(load("virtual/ct_sharp"), 0, 70, 45)
    assert 700 < np.percentile(spine, 99.5) < 2000


def test_the_sharp_kernel_is_noisier_and_no_other_number_changes() -> None:
    soft = disc(load("virtual/ct"), 1, -23, 9)
    sharp = disc(load("virtual/ct_sharp"), 1, -23, 9)
    assert sharp.std() > 2 * soft.std()
    assert sharp.mean() == pytest.approx(soft.mean(), abs=6)


def test_uptake_of_the_lesion_is_as_designed() -> None:
    ds = load("virtual/pt")
    suv = uptake(ds)
    columns = float(ds.ImagePositionPatient[0]) + np.arange(ds.Columns) * 4
    rows = float(ds.ImagePositionPatient[1]) + np.arange(ds.Rows) * 4
    x, y, _z = LESION_CENTRE
    near = (columns[None, :] - x) ** 2 + (rows[:, None] - y) ** 2 < 6**2
    assert suv[near].mean() == pytest.approx(tissues.LESION.suv, rel=0.05)
    far = (columns[None, :] - x) ** 2 + (rows[:, None] - y) ** 2 > 32**2
    assert suv[near].mean() > 2.5 * suv[far].max()


def test_weighting_follows_the_spin_echo_equation() -> None:
    t1, t2 = (load(f"virtual/mr_{kind}") for kind in ("t1", "t2"))
    assert t1.FrameOfReferenceUID == t2.FrameOfReferenceUID
    for ds, kind in ((t1, "T1"), (t2, "T2")):
        assert float(ds.RepetitionTime) == mr.WEIGHTINGS[kind][0]
        assert float(ds.EchoTime) == mr.WEIGHTINGS[kind][1]
    fluid, white = (0.0, 31.0, 2.5), (0.0, -38.0, 2.5)
    assert disc(t1, *fluid).mean() < 0.5 * disc(t1, *white).mean()
    assert disc(t2, *fluid).mean() > 2 * disc(t2, *white).mean()


def test_projections() -> None:
    cr, dx = load("virtual/cr"), load("virtual/dx")
    assert cr.PhotometricInterpretation == "MONOCHROME1"
    chest = cr.pixel_array
    lung, belly = chest[380:480, 250:300].mean(), chest[750:800, 600:700].mean()
    assert lung > belly + 100, "much dose means a high value in MONOCHROME1"
    side = dx.pixel_array.astype(float)
    assert side[380:430, 110:150].mean() < side[760:800, 300:350].mean()
    assert dx.PresentationIntentType == "FOR PRESENTATION"


def test_ultrasound_throws_a_shadow_and_doppler_has_two_directions() -> None:
    grey = load("virtual/us").pixel_array.astype(float)
    assert grey[350:400, 405:425].mean() < 0.5 * grey[350:400, 240:280].mean()
    colour = load("virtual/us_doppler").pixel_array.astype(int)
    inside = colour[140:360, 160:420]
    red = (inside[..., 0] - inside[..., 2] > 100).sum()
    blue = (inside[..., 2] - inside[..., 0] > 100).sum()
    assert red > 1500 and blue > 1500


def test_contrast_runs_into_the_arteries() -> None:
    ds = load("virtual/xa")
    film = ds.pixel_array.astype(float)
    assert ds.NumberOfFrames == len(film) == 24
    assert float(ds.FrameTime) == 80
    assert ds.FrameIncrementPointer == 0x00181063
    dark = [(film[0] - frame > 40).sum() for frame in film]
    assert dark[0] == 0 and dark[14] > 1000 and dark[14] > 1.5 * dark[5] and dark[23] < dark[15]


def test_calcifications_stand_out() -> None:
    picture = load("virtual/mg").pixel_array.astype(float)
    cluster = picture[420:480, 280:360]
    assert (cluster > cluster.mean() + 350).sum() > 20


def test_the_screen_capture_shows_the_name() -> None:
    ds = load("virtual/sc")
    assert ds.BurnedInAnnotation == "YES"
    letters = (ds.pixel_array[4:30, 8:300].min(axis=-1) > 200).mean()
    assert 0.05 < letters < 0.5


# Series


@pytest.mark.parametrize("entry", SERIES, ids=lambda entry: str(entry["name"]))
def test_the_archives_tell_nothing_of_their_maker(entry: dict[str, Any]) -> None:
    with ZipFile(DATA / entry["file"]) as archive:
        members = archive.infolist()
    assert len(members) == entry["instances"] == 70
    assert [member.filename for member in members] == sorted(m.filename for m in members)
    assert {(m.date_time, m.create_system, m.external_attr) for m in members} == {
        ((1980, 1, 1, 0, 0, 0), 3, 0o644 << 16)
    }


@pytest.mark.parametrize("entry", SERIES, ids=lambda entry: str(entry["name"]))
def test_a_series_is_regular(entry: dict[str, Any]) -> None:
    slices = [dcmread(path) for path in samples.series(entry["name"])]
    assert np.allclose(np.diff([float(ds.ImagePositionPatient[2]) for ds in slices]), -5)
    assert len({ds.SOPInstanceUID for ds in slices}) == len(slices) == entry["instances"]
    for keyword in ("SeriesInstanceUID", "StudyInstanceUID", "Rows", "Columns", "PixelSpacing"):
        assert len({str(ds[keyword].value) for ds in slices}) == 1
    assert {ds.FrameOfReferenceUID for ds in slices} == {load("virtual/pt").FrameOfReferenceUID}
    assert [ds.InstanceNumber for ds in slices] == list(range(1, len(slices) + 1))
    assert {ds.file_meta.TransferSyntaxUID for ds in slices} == {JPEGLSLossless}
    assert {ds.SyntheticData for ds in slices} == {"YES"}
    assert {str(ds.PatientName) for ds in slices} == {identity.NAME_ASCII}


def test_the_series_show_what_the_single_slices_show() -> None:
    pairs = {"virtual/ct": "virtual/ct_volume", "virtual/pt": "virtual/pt_volume"}
    for single, series in pairs.items():
        ds = load(single)
        height = ds.ImagePositionPatient[2]
        (other,) = (
            each for each in map(dcmread, samples.series(series))
            if each.ImagePositionPatient[2] == height
        )  # fmt: skip
        x, y, _z = LESION_CENTRE
        assert disc(other, x, y, 8).mean() == pytest.approx(disc(ds, x, y, 8).mean(), rel=0.1)


def test_pixels_of_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="8 or 16 bit"):
        blocks.add_pixels(Dataset(), np.zeros((2, 2), np.int64), "MONOCHROME2", bits_stored=12)


def test_a_written_object_reads_back(tmp_path: Path) -> None:
    ds = blocks.start_object(
        "test", UID("1.2.840.10008.5.1.4.1.1.7"), "OT", "pet-ct", series=(1, "T")
    )
    picture = np.arange(15, dtype=np.uint8).reshape(3, 5)
    blocks.add_pixels(ds, picture, "MONOCHROME2", bits_stored=8)
    path = blocks.write_object(ds, tmp_path / "odd.dcm")
    assert np.array_equal(dcmread(BytesIO(path.read_bytes())).pixel_array, picture)
