"""A series as a volume: its order, its faults, its geometry, SUV, and what others read of it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.data import get_testdata_files
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from dicom_lessons import samples, volume
from dicom_lessons.pixels import PixelError
from dicom_lessons.volume.geometry import letters
from dicom_lessons.volume.suv import suv_factor

SERIES, FRAME, STUDY = "2.25.11", "2.25.12", "2.25.13"


def third_party(name: str) -> Any:
    """Return a library that only comparisons need; where it is missing, skip or, in CI, fail."""
    if importlib.util.find_spec(name) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"not installed: {name}")
    return importlib.import_module(name)


def turned(angles: tuple[float, float, float]) -> np.ndarray:
    """Return a rotation as a matrix whose columns are row, column and normal."""
    matrix = np.eye(3)
    for axis, angle in enumerate(angles):
        one, other = (place for place in range(3) if place != axis)
        turn = np.eye(3)
        turn[[one, one, other, other], [one, other, one, other]] = (
            np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle),
        )  # fmt: skip
        matrix = matrix @ turn
    return matrix


def series(
    count: int = 6,
    step: float = 2.0,
    rotation: np.ndarray | None = None,
    spacing: tuple[float, float] = (0.7, 0.5),
    lean: float = 0.0,
) -> list[Dataset]:
    """Return even slices of 4 × 5 pixels; the value of a voxel tells its slice, row and column."""
    axes = np.eye(3) if rotation is None else rotation
    first, found = np.array([-10.0, 20.0, 30.0]), []
    for number in range(count):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = (
            CTImageStorage,
            generate_uid(entropy_srcs=[str(number)]),
        )
        one.StudyInstanceUID, one.SeriesInstanceUID = STUDY, SERIES
        one.FrameOfReferenceUID, one.Modality, one.InstanceNumber = FRAME, "CT", number + 1
        one.PatientID = one.PatientName = one.StudyID = "1"
        one.Rows, one.Columns, one.SamplesPerPixel = 4, 5, 1
        one.PhotometricInterpretation, one.PixelRepresentation = "MONOCHROME2", 0
        one.BitsAllocated, one.BitsStored, one.HighBit = 16, 16, 15
        one.RescaleSlope, one.RescaleIntercept = "1", "0"
        one.PixelSpacing = [repr(mm)[:16] for mm in spacing]
        one.SliceThickness = "1"
        one.ImageOrientationPatient = [f"{x:.12f}"[:16] for x in (*axes[:, 0], *axes[:, 1])]
        where = first + axes[:, 2] * step * number + axes[:, 1] * lean * number
        one.ImagePositionPatient = [f"{x:.12f}"[:16] for x in where]
        rows, columns = np.mgrid[:4, :5]
        one.PixelData = (number * 100 + rows * 10 + columns).astype("<u2").tobytes()
        one["PixelData"].VR = "OW"
        one.ensure_file_meta()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = CTImageStorage
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        found.append(one)
    return found


def written(slices: list[Dataset], folder: Path) -> list[Path]:
    paths = []
    for number, one in enumerate(slices):
        paths.append(folder / f"s{number:04}.dcm")
        one.save_as(paths[-1], enforce_file_format=True)
    return paths


def bundled(folder: str) -> list[str]:
    return [path for path in get_testdata_files() if f"{folder}/" in Path(path).as_posix()]


def missing(slices: list[Dataset]) -> list[Dataset]:
    return slices[:2] + slices[3:]


def doubled(slices: list[Dataset]) -> list[Dataset]:
    return [*slices[:4], *slices[3:]]


def uneven(slices: list[Dataset]) -> list[Dataset]:
    slices[3].ImagePositionPatient[2] += 0.5
    return slices


def sideways(slices: list[Dataset]) -> list[Dataset]:
    slices[3].ImagePositionPatient[0] += 3
    return slices


def in_reverse(slices: list[Dataset]) -> list[Dataset]:
    return slices[::-1]


def shuffled(slices: list[Dataset]) -> list[Dataset]:
    return [slices[place] for place in (0, 2, 1, 3, 4, 5)]


def rescaled(slices: list[Dataset]) -> list[Dataset]:
    slices[3].RescaleSlope = "2"
    return slices


def other(keyword: str, value: object) -> Callable[[list[Dataset]], list[Dataset]]:
    def plant(slices: list[Dataset]) -> list[Dataset]:
        setattr(slices[3], keyword, value)
        return slices

    return plant


FAULTS = [
    (missing, "missing", {"[1]", "[2]"}),
    (doubled, "duplicate", {"[3]", "[4]"}),
    (uneven, "uneven", {"[2]", "[3]", "[4]"}),
    (sideways, "tilted", {"[3]"}),
    (in_reverse, "reversed", {f"[{place}]" for place in range(6)}),
    (shuffled, "order", {"[2]"}),
    (rescaled, "rescale", {f"[{place}]" for place in range(6)}),
    (lambda slices: slices[:1], "single", {"[0]"}),
    (other("ImageOrientationPatient", [0, 1, 0, 0, 0, 1]), "mixed", {"[3]"}),
    (other("SeriesInstanceUID", "2.25.99"), "mixed", {"[3]"}),
    (other("FrameOfReferenceUID", "2.25.99"), "mixed", {"[3]"}),
    (other("Rows", 3), "mixed", {"[3]"}),
    (other("PixelSpacing", [1, 1]), "mixed", {"[3]"}),
]


@pytest.mark.parametrize(("plant", "kind", "named"), FAULTS)
def test_a_planted_fault_is_found_and_named_with_its_slices(
    plant: Callable[[list[Dataset]], list[Dataset]], kind: str, named: set[str]
) -> None:
    (fault,) = volume.check_series(plant(series()))
    assert fault.kind == kind
    assert set(fault.slices) == named
    assert fault.what


def test_an_even_series_has_no_fault() -> None:
    assert volume.check_series(series()) == []


def test_a_leaning_stack_is_named_and_built_with_the_lean_in_its_affine() -> None:
    slices = series(lean=0.5)
    (fault,) = volume.check_series(slices)
    assert fault.kind == "tilted" and len(fault.slices) == 6
    assert volume.build_volume(slices).affine[:3, 0] == pytest.approx([0, 0.5, 2])


@pytest.mark.parametrize("plant", [missing, doubled, uneven, other("Rows", 3)])
def test_what_is_no_stack_is_refused_with_its_slices(
    plant: Callable[[list[Dataset]], list[Dataset]],
) -> None:
    with pytest.raises(PixelError, match=r"\[\d\]"):
        volume.build_volume(plant(series()))


def test_a_slice_without_geometry_is_named() -> None:
    slices = series()
    del slices[4].ImagePositionPatient
    with pytest.raises(PixelError, match=r"\[4\].*Image Position"):
        volume.check_series(slices)


@pytest.mark.parametrize(
    ("folder", "kinds"),
    [
        ("98892001/CT5N", {"order"}),
        ("77654033/CT2", {"missing", "order"}),
        ("98892003/MR700", {"mixed"}),
    ],
)
def test_real_series_are_told_apart(folder: str, kinds: set[str]) -> None:
    faults = volume.check_series(bundled(folder))
    assert {fault.kind for fault in faults} == kinds
    assert all(fault.slices for fault in faults)


def test_five_thousand_slices_are_checked() -> None:
    slices = series(5000)
    faults = volume.check_series(slices[:2500] + slices[2501:])
    assert [(fault.kind, fault.slices) for fault in faults] == [("missing", ("[2499]", "[2500]"))]


numbers = st.floats(0.3, 4)
angles = st.tuples(*[st.floats(-3, 3)] * 3)


@settings(deadline=None, max_examples=40)
@given(angles, numbers, st.tuples(numbers, numbers), st.randoms(use_true_random=False))
def test_any_orientation_and_order_give_highdicoms_geometry(
    way: tuple[float, float, float],
    step: float,
    spacing: tuple[float, float],
    chance: random.Random,
) -> None:
    from highdicom import get_volume_from_series

    slices = series(5, step, turned(way), spacing)
    ours = volume.build_volume(slices)
    mixed = slices.copy()
    chance.shuffle(mixed)
    again = volume.build_volume(mixed)
    theirs = get_volume_from_series(mixed)
    assert np.array_equal(ours.array, again.array) and np.array_equal(ours.affine, again.affine)
    indices = np.argwhere(np.ones(ours.array.shape))
    seen = theirs.map_reference_to_indices(ours.to_millimetres(indices))
    assert np.abs(seen - np.rint(seen)).max() < 1e-6
    assert np.array_equal(theirs.array[tuple(np.rint(seen).astype(int).T)], ours.array.ravel())
    assert ours.to_indices(ours.to_millimetres(indices)) == pytest.approx(indices, abs=1e-6)


def test_simpleitk_finds_the_same_geometry(tmp_path: Path) -> None:
    SimpleITK = third_party("SimpleITK")

    ours = volume.build_volume(slices := series(rotation=turned((0.3, -0.2, 0.5))))
    image = SimpleITK.ReadImage([str(path) for path in written(slices, tmp_path)])
    for place in ([0, 0, 0], [5, 3, 4], [2, 1, 3]):
        point = image.TransformIndexToPhysicalPoint(place[::-1])
        assert ours.to_millimetres(place) == pytest.approx(point, abs=1e-6)
    assert np.array_equal(SimpleITK.GetArrayFromImage(image), ours.array)


def test_dcm2niix_finds_the_same_geometry(tmp_path: Path) -> None:
    dcm2niix, nibabel = third_party("dcm2niix"), third_party("nibabel")

    written(slices := series(rotation=turned((0.3, -0.2, 0.5))), tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    command = [dcm2niix.bin, "-f", "it", "-o", str(out), str(tmp_path)]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    theirs, ours = nibabel.load(out / "it.nii"), volume.build_volume(slices).to_nibabel()
    for value in (0, 534, 213):
        points = [
            image.affine[:3, :3] @ np.argwhere(np.asarray(image.dataobj) == value)[0]
            + image.affine[:3, 3]
            for image in (theirs, ours)
        ]
        assert np.abs(points[0] - points[1]).max() < 1e-4


@pytest.mark.parametrize("name", ["it.nii", "it.nii.gz", "it.nrrd"])
def test_other_libraries_read_what_is_saved(tmp_path: Path, name: str) -> None:
    SimpleITK = third_party("SimpleITK")

    ours = volume.build_volume(series(rotation=turned((0.3, -0.2, 0.5))))
    image = SimpleITK.ReadImage(str(ours.save(tmp_path / name)))
    point = image.TransformIndexToPhysicalPoint([4, 3, 5])
    assert ours.to_millimetres([5, 3, 4]) == pytest.approx(point, abs=1e-4)
    assert np.array_equal(SimpleITK.GetArrayFromImage(image), ours.array)


def test_pynrrd_and_nibabel_read_what_is_saved(tmp_path: Path) -> None:
    nibabel, nrrd = third_party("nibabel"), third_party("nrrd")

    ours = volume.build_volume(series())
    array, header = nrrd.read(str(ours.save(tmp_path / "it.nrrd")))
    assert np.array_equal(array.T, ours.array) and header["space"] == "left-posterior-superior"
    image = nibabel.load(ours.save(tmp_path / "it.nii"))
    assert image.affine[:3, 3] == pytest.approx([10, -20, 30])
    assert np.array_equal(np.asarray(image.dataobj).T, ours.array)
    with pytest.raises(PixelError, match="nrrd"):
        ours.save(tmp_path / "it.png")


def test_highdicom_goes_on_with_the_volume() -> None:
    ours = volume.build_volume(series())
    theirs = ours.to_highdicom()
    assert np.array_equal(theirs.array, ours.array) and np.array_equal(theirs.affine, ours.affine)


def test_each_slice_is_rescaled_by_its_own_numbers() -> None:
    slices = rescaled(series())
    assert volume.build_volume(slices).array[3, 0, 0] == 600
    assert volume.build_volume(slices, stored=True).array[3, 0, 0] == 300


def pet() -> Dataset:
    return deepcopy(samples.read("virtual/pt"))


def test_suv_of_a_case_computed_by_hand() -> None:
    image = pet()
    drug = image.RadiopharmaceuticalInformationSequence[0]
    del drug.RadiopharmaceuticalStartDateTime
    image.PatientWeight, drug.RadionuclideTotalDose, drug.RadionuclideHalfLife = 80, 4e8, 6000
    image.SeriesDate = image.AcquisitionDate = "20260102"
    image.SeriesTime = image.AcquisitionTime = "001000"
    drug.RadiopharmaceuticalStartTime = "223000.000"  # 100 minutes before, on the day before
    assert suv_factor(image) == pytest.approx(80_000 / 2e8)
    image.DecayCorrection = "ADMIN"
    assert suv_factor(image) == pytest.approx(80_000 / 4e8)


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("Units", "CNTS", "Units"),
        ("PatientWeight", None, "Weight"),
        ("DecayCorrection", "NONE", "Decay Correction"),
        ("CorrectedImage", ["DECY"], "ATTN"),
        ("SeriesTime", "235959", "Series Time"),
        ("SeriesTime", "", "Series Time"),
        ("RadiopharmaceuticalInformationSequence", [], "0 items"),
    ],
)
def test_what_has_no_suv_says_why(keyword: str, value: object, said: str) -> None:
    image = pet()
    setattr(image, keyword, value)
    with pytest.raises(PixelError, match=said):
        suv_factor(image)


def test_pet_lies_on_ct_by_their_frame_of_reference() -> None:
    ct = volume.build_volume(samples.series("virtual/ct_volume")[:12])
    suv = volume.compute_suv(samples.series("virtual/pt_volume")[:12])
    fused = suv.resample(ct)
    assert fused.array.shape == ct.array.shape and fused.unit == "g/ml"
    place = ct.to_indices(suv.to_millimetres([5, 60, 64]))
    low = np.floor(place).astype(int)
    assert fused.array[tuple(low)] == pytest.approx(suv.array[5, 60, 64], abs=0.5)
    with pytest.raises(PixelError, match="Frame of Reference"):
        suv.resample(volume.build_volume(series()))


def test_dose_has_its_scaling_and_its_offsets() -> None:
    image = samples.read("rtdose")
    dose = volume.build_volume(image)
    assert dose.spacing == pytest.approx((5, 10, 10))
    expected = image.pixel_array * float(image.DoseGridScaling)
    assert np.abs(dose.array - expected).max() < 1e-6
    z = float(image.ImagePositionPatient[2])
    image.GridFrameOffsetVector = [z + float(mm) for mm in image.GridFrameOffsetVector]
    assert volume.build_volume(image).affine == pytest.approx(dose.affine)


def enhanced() -> Dataset:
    """Return the slices as one enhanced object: positions per frame, the rest shared."""
    slices = series()
    image, shared = deepcopy(slices[0]), Dataset()
    measures, turn = Dataset(), Dataset()
    measures.PixelSpacing = image.PixelSpacing
    turn.ImageOrientationPatient = image.ImageOrientationPatient
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [turn]
    image.SharedFunctionalGroupsSequence, frames = [shared], []
    for one in reversed(slices):
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = one.ImagePositionPatient
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    image.PerFrameFunctionalGroupsSequence, image.NumberOfFrames = frames, len(frames)
    del image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing
    image.PixelData = b"".join(one.PixelData for one in reversed(slices))
    return image


def test_an_enhanced_object_is_the_same_volume() -> None:
    one, other = volume.build_volume(enhanced()), volume.build_volume(series())
    assert np.array_equal(one.array, other.array)
    assert one.affine == pytest.approx(other.affine)
    assert one.names[0] == "[0]#6"


def test_planes_projection_and_measures() -> None:
    body = volume.build_volume(series())
    axial = body.plane("axial", at=34)
    assert axial.shape == (5, 5) and np.median(axial) == pytest.approx(217, abs=1)
    assert body.maximum_intensity(0).tolist() == body.array[5].tolist()
    assert body.distance([0, 0, 0], [2, 0, 0]) == pytest.approx(4)
    assert body.angle([1, 0, 0], [0, 0, 0], [0, 0, 1]) == pytest.approx(90)
    assert np.isnan(body.values_at([1000, 0, 0]))
    for refused in (
        lambda: body.angle([0, 0, 0], [0, 0, 0], [0, 0, 1]),
        lambda: body.plane("frontal", at=0),
        lambda: body.cut([0, 0, 0], [1, 0, 0], [1, 0, 0], (3, 3), 1),
    ):
        with pytest.raises(PixelError):
            refused()


def test_coronal_slices_are_a_series_again() -> None:
    body = volume.build_volume(series())
    coronal = volume.coronal_series(body)
    assert len(coronal) == 4 and volume.check_series(coronal) == []
    again = volume.build_volume(coronal)
    point = body.to_millimetres([2, 1, 3])
    place = tuple(np.rint(again.to_indices(point)).astype(int))
    assert again.array[place] == body.array[2, 1, 3]


def test_directions_have_letters() -> None:
    assert letters([0, 1, 0]) == "P" and letters([-1, 0, 0.1]) == "R"


def test_the_lab_heals_the_plane_by_the_normal_alone() -> None:
    slices = shuffled(series())
    lab = volume.explore_slice_order(slices)
    assert "jumps back" in lab.told.value and "<img" in lab.picture.value
    lab.key.value = "normal"
    assert "one even stack" in lab.told.value
    assert 'alt="' in str(lab.twin().markup)
    mixed = volume.explore_slice_order(other("Rows", 3)(series()))
    assert "another size" in mixed.told.value and "<img" not in mixed.picture.value


def test_three_planes_share_a_window_and_have_alternative_texts() -> None:
    planes = volume.explore_planes(volume.build_volume(series()), 250, 500)
    planes.viewers[0].center = 100
    assert [viewer.center for viewer in planes.viewers] == [100, 100, 100]
    assert [viewer.frame for viewer in planes.viewers] == [3, 2, 2]
    assert "coronal" in str(planes.twin().markup)


def test_importing_the_course_loads_no_heavy_library() -> None:
    code = (
        "import sys; import dicom_lessons.volume\n"
        "print([name for name in ('highdicom', 'nibabel', 'nrrd', 'SimpleITK')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
