"""The clinic: patients that are broken as they say, an examination of any file, cures, the ward."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

from course_tools import confusion
from dicom_lessons import clinic, read_write, reading, samples
from dicom_lessons.__main__ import main
from dicom_lessons.clinic import making, patients
from dicom_lessons.clinic.command import STATUS
from dicom_lessons.clinic.faults import FAULTS, SEVERITIES, Diagnosis, ranked
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.clinic.making import opened
from dicom_lessons.clinic.ward import patient

SINGLE = [name for name, one in clinic.PATIENTS.items() if not one.is_series]
every = pytest.mark.parametrize("name", clinic.PATIENTS)
HOSTILE = Path(__file__).parents[2] / "shared" / "faults"


def raw_of(name: str) -> bytes:
    return samples.path(name).read_bytes()


def saved(dataset: Any) -> bytes:
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


# ---- every planted fault is named, and nothing in sound files


def test_the_right_fault_comes_first_on_at_least_five_files_each() -> None:
    counted = confusion.plant(5)
    assert set(counted.first) == set(clinic.PATIENTS)
    assert min(sum(found.values()) for found in counted.first.values()) >= 5
    assert counted.rate >= 0.95, counted.first


def test_nothing_is_found_in_sound_files_and_known_faults_in_the_others() -> None:
    wrong = {name: found for name, found in confusion.bundled()
             if found != confusion.known_fault(name)}  # fmt: skip
    assert wrong == {}


@every
def test_a_patient_of_the_ward_has_its_fault(name: str) -> None:
    one, broken = patient(name), clinic.admit(name)
    found = list(clinic.examine_all(broken if one.is_series else [broken]))[-1]
    assert found.diagnoses[0].fault == one.fault
    assert {one.fault, *one.others} <= set(FAULTS) and len({one.fault, *one.others}) == 4


@every
def test_breaking_is_deterministic_and_leaves_the_good_file(name: str) -> None:
    base = raw_of(patient(name).base) if name in SINGLE else confusion.series()[0]
    before = base if isinstance(base, bytes) else list(base)
    make = getattr(patients, name)
    assert make(base) == make(base)
    assert base == before


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("base", ["reportsi", "waveform_ecg", "no_meta_group_length"])
def test_a_file_that_does_not_allow_a_fault_says_so(name: str, base: str) -> None:
    try:
        broken = getattr(patients, name)(raw_of(base))
    except making.Unfit as error:
        assert str(error)
    else:
        assert isinstance(broken, bytes)


def test_the_twin_is_a_picture_for_others_and_the_same_one() -> None:
    raw = clinic.admit("tiff_twin")
    with Image.open(BytesIO(raw)) as picture:
        assert picture.format == "TIFF"
        assert np.array_equal(np.asarray(picture), opened(raw).pixel_array)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["MR_small", "CT_small", "virtual/pt"]), st.floats(0.02, 0.98))
def test_a_cut_anywhere_in_the_pixels_is_named(name: str, part: float) -> None:
    raw = raw_of(name)
    pixels = next(each for each in Inside(raw, "").elements if each.tag == 0x7FE00010)
    cut = pixels.value_offset + int((pixels.length or 0) * part)
    found = clinic.examine(raw[:cut]).diagnoses
    assert found[0].fault == "truncated_pixels" and str(cut) in found[0].what


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["MR_small_RLE", "virtual/pt", "rtplan", "chrRuss", "image_dfl"]), st.data())
def test_whatever_bytes_come_an_answer_comes(name: str, data: st.DataObject) -> None:
    raw = bytearray(raw_of(name))
    for _time in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    assert str(clinic.examine(bytes(raw)))


@pytest.mark.parametrize("start", [b"MZ", b"\x7fELF", b"#!/bin/sh", b"PK\3\4", b"%PDF-1.7"])
def test_a_program_in_the_preamble_is_named(start: bytes) -> None:
    raw = raw_of("MR_small")
    twin = start + raw[len(start) :]
    assert clinic.examine(twin).diagnoses[0].fault == "preamble_twin"
    assert clinic.examine(raw).is_sound  # II*, and nothing where it points to


@pytest.mark.parametrize("uid", ["2.1234567890123", "2.25." + "9" * 39, "2.4711.8"])
def test_arcs_that_nobody_has_are_named(uid: str) -> None:
    dataset = opened(raw_of("CT_small"))
    dataset.StudyInstanceUID = uid
    assert [one.fault for one in clinic.examine(saved(dataset)).diagnoses] == ["invented_uid"]


@pytest.mark.parametrize("uid", ["2.25.1", "2.16.840.1.113883.3", "2.999.1", "1.2.3", "2.25"])
def test_arcs_that_somebody_has_are_not(uid: str) -> None:
    dataset = opened(raw_of("CT_small"))
    dataset.StudyInstanceUID = uid
    assert "invented_uid" not in {one.fault for one in clinic.examine(saved(dataset)).diagnoses}


def test_the_cause_comes_first_and_what_it_explains_is_left_out() -> None:
    names = ["value", "truncated_pixels", "picture", "uids_at_odds"]
    found = ranked([Diagnosis(what="x", fault=name) for name in names])
    assert [one.fault for one in found] == ["truncated_pixels", "uids_at_odds", "value"]
    for name, fault in FAULTS.items():
        assert fault.severity in SEVERITIES
        known = {"*", *(other.group for other in FAULTS.values())}
        for told in fault.explains:
            assert told in known or any(other.startswith(told) for other in FAULTS), name


def test_a_series_is_looked_at_as_a_whole() -> None:
    good = confusion.series()[0]
    assert all(found.is_sound for found in clinic.examine_all(good))
    *_files, series = clinic.examine_all([*good, good[2]])
    assert [one.fault for one in series.diagnoses] == ["same_instance"]


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("cp1251_no_charset.dcm", "character_set"),
        ("cp1251_name.dcm", "character_set"),
        ("decimal_comma.dcm", "value"),
        ("frames_missing_native.dcm", "pixel_length"),
        ("frames_missing_rle.dcm", "pixel_length"),
        ("group_length_wrong.dcm", "group_length"),
        ("high_bit_15.dcm", "picture"),
        ("intercept_alone.dcm", "rescale_lost"),
        ("no_delimiter.dcm", "no_delimiter"),
        ("voi_lut_narrow.dcm", "picture"),
        ("window_nan.dcm", "value"),
        ("ybr422_odd.dcm", "picture"),
        ("jpeg_RGB_bare.dcm", "picture"),
        ("hostile/deflate_900MB.dcm", "deflate_bomb"),
        ("hostile/deflate_900MB_lie.dcm", "deflate_bomb"),
        ("hostile/nested_300.dcm", "broken_structure"),
    ],
)
def test_reported_faults_are_named(file: str, fault: str) -> None:
    path = HOSTILE / file
    if not path.is_file():
        pytest.skip("the folder of reported faults is not here")
    assert fault in {one.fault for one in clinic.examine(path).diagnoses}


# ---- cures


def heal_file_meta(raw: bytes) -> bytes:
    dataset = opened(raw)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return saved(dataset)


def change(**values: object) -> Callable[[bytes], bytes]:
    def cure(raw: bytes) -> bytes:
        dataset = opened(raw)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        return saved(dataset)

    return cure


def heal_syntax(raw: bytes) -> bytes:
    dataset = opened(raw)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return saved(dataset)


def heal_vr(raw: bytes) -> bytes:
    dataset = opened(raw)
    number = int(dataset.InstanceNumber)
    del dataset.InstanceNumber
    dataset.InstanceNumber = number
    return saved(dataset)


def heal_odd(raw: bytes) -> bytes:
    dataset = opened(raw)
    list(dataset.iterall())
    return saved(dataset)


def heal_scan(raw: bytes) -> bytes:
    place = raw.find(b"\xff\xda")
    end = place + 2 + int.from_bytes(raw[place + 2 : place + 4], "big")
    return raw[: end - 2] + b"\x3f" + raw[end - 1 :]


def heal_ow(raw: bytes) -> bytes:
    dataset = opened(raw)
    dataset["PixelData"].VR = "OB"
    return saved(dataset)


def heal_reference(raw: bytes) -> bytes:
    dataset = opened(raw)
    del dataset.ReferencedStudySequence
    return saved(dataset)


def heal_order(files: list[bytes]) -> list[bytes]:
    slices = [opened(raw) for raw in files]
    places = sorted(slices, key=lambda one: float(one.ImagePositionPatient[2]))
    for number, one in enumerate(places, 1):
        one.InstanceNumber = number
    return [saved(one) for one in slices]


def heal_preamble(raw: bytes) -> bytes:
    dataset = opened(raw)
    dataset.preamble = bytes(128)
    return saved(dataset)


CURES: dict[str, Callable[[Any], Any]] = {
    "no_file_meta": heal_file_meta,
    "wrong_transfer_syntax": heal_syntax,
    "odd_length": heal_odd,
    "wrong_vr": heal_vr,
    "wrong_character_set": lambda raw: saved(read_write.read_in_set(raw, "iso8859_5")),
    "monochrome1_as_2": change(PhotometricInterpretation="MONOCHROME1"),
    "rescale_lost": change(RescaleSlope=1, RescaleIntercept=-1024),
    "uids_at_odds": change(),
    "long_decimal": change(SliceThickness="0.33333333333333"),
    "no_delimiter": lambda raw: raw + bytes.fromhex("feffdde000000000"),
    "tiff_twin": heal_preamble,
    "wrong_rows": change(Rows=256),
    "planar_configuration": change(PlanarConfiguration=0),
    "invented_uid": change(SOPInstanceUID=generate_uid(entropy_srcs=["new"])),
    "jpeg_scan_header": heal_scan,
    "compressed_ow": heal_ow,
    "emptied_uid": heal_reference,
    "seg_modality": change(Modality="CT"),
    "shuffled_series": heal_order,
}


@every
def test_a_cure_heals_and_nobody_else_is_healed(name: str) -> None:
    broken = clinic.admit(name)
    assert patient(name).is_curable == (name in CURES)
    assert clinic.treat(name, CURES[name](broken) if name in CURES else None) == []
    assert clinic.treat(name, broken) != []
    assert (clinic.treat(name, None) != []) == (name in CURES)


HARM: dict[str, Callable[[Any], Any]] = {
    "no_file_meta": lambda raw: change(PatientName="X")(heal_file_meta(raw)),
    "wrong_rows": change(Rows=256, PatientID=""),
    "monochrome1_as_2": change(PhotometricInterpretation="MONOCHROME1", Columns=1023),
    "rescale_lost": change(RescaleSlope=1, RescaleIntercept=0),
    "wrong_character_set": change(PatientName="Ivanov^Ivan"),
    "emptied_uid": lambda raw: saved(patched_reference(raw)),
    "uids_at_odds": change(SOPInstanceUID="1.2.3"),
    "seg_modality": change(Modality="MR"),
    "long_decimal": change(SliceThickness="0.5"),
}


def patched_reference(raw: bytes) -> Any:
    dataset = opened(raw)
    dataset.ReferencedStudySequence[0].ReferencedSOPInstanceUID = "1.2.3"
    return dataset


@pytest.mark.parametrize("name", HARM)
def test_a_cure_that_harms_is_no_cure(name: str) -> None:
    assert clinic.treat(name, HARM[name](clinic.admit(name))) != []


def test_a_cure_gives_back_files() -> None:
    twice = [clinic.admit("no_file_meta")] * 2
    rubbishes: tuple[Any, ...] = ([], [b""], [None], b"", b"no file", twice)
    for rubbish in rubbishes:
        assert clinic.treat("no_file_meta", rubbish) != []
    with pytest.raises(LookupError, match="no_file_meta"):
        clinic.treat("nobody", None)


# ---- the ward


def test_the_ward_shows_who_is_healed() -> None:
    ward = clinic.explore_ward()
    assert len(ward.beds.options) == len(clinic.PATIENTS) >= 21
    for name in clinic.PATIENTS:
        ward.beds.value = name
        for _title, instrument in ward.instrument.options:
            ward.instrument.value = instrument
            assert ward.seen.value
    ward.beds.value = "no_file_meta"
    ward.send.click()
    assert "can be healed" in ward.said.value and "no_file_meta" not in ward.said.value
    ward.diagnosis.value = "truncated"
    ward.diagnose.click()
    assert ward.said.value.startswith("<p>No.") and ward.states["no_file_meta"] == "waiting"
    ward.diagnosis.value = "no_file_meta"
    ward.diagnose.click()
    assert ward.states["no_file_meta"] == "diagnosed"
    assert ward.heal("no_file_meta", heal_file_meta) == []
    ward.beds.value = "lost_text"
    ward.send.click()
    assert (ward.states["no_file_meta"], ward.states["lost_text"]) == ("healed", "returned")
    assert "healed" in str(ward.twin().markup) and repr(ward).startswith("2 patients")


# ---- the command


def test_the_command_says_it_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(samples.path("MR_truncated"))
    assert main(["examine", "--alone", "--language", "en", path]) == STATUS["error"]
    assert "1. Native pixels are cut off." in capsys.readouterr().out
    assert main(["examine", "--alone", "--json", "--language", "ru", path]) == STATUS["error"]
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][0]["fault"] == "truncated_pixels" and told["path"] == path
    assert set(told["findings"][0]) >= {"where", "what", "why", "cure", "section", "severity"}


@pytest.mark.parametrize(
    ("name", "status"),
    [("MR_small", 0), ("rtplan", 1), ("JPEG-lossy", 3), ("no_meta", 4), ("chrKoreanMulti", 0)],
)
def test_the_exit_status_tells_how_grave_it_is(name: str, status: int) -> None:
    assert main(["examine", "--alone", str(samples.path(name))]) == status


def test_what_is_no_file_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large, folder = tmp_path / "large.dcm", tmp_path / "folder"
    folder.mkdir()
    with large.open("wb") as file:
        file.truncate(10 * 2**30)
    things = [large, folder, tmp_path / "nothing", Path(os.devnull)]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        things.append(tmp_path / "pipe")
    for thing in things:
        assert main(["examine", "--language", "en", str(thing)]) == STATUS["unread"]
        said = capsys.readouterr()
        assert said.out == "" and len(said.err.splitlines()) == 1, thing


def test_a_folder_is_taken_if_it_is_asked_for_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("no_file_meta", "lost_text"):
        (tmp_path / "deep" / f"{name}.dcm").write_bytes(clinic.admit(name))
    (tmp_path / "good.dcm").write_bytes(raw_of("CT_small"))
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    status = main(["examine", "-r", "--alone", "--language", "en", str(tmp_path)])
    said = capsys.readouterr().out
    assert status == STATUS["error"]
    assert "3 files were examined." in said and "good.dcm" not in said
    assert before == sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))


def test_the_validator_is_asked_where_it_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    tools.dciodvfy()
    assert main(["examine", "--json", str(samples.path("MR_small"))]) == 0
    assert json.loads(capsys.readouterr().out)["dciodvfy"] == []


def test_the_command_explains_itself() -> None:
    command = [sys.executable, "-m", "dicom_lessons", "examine", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "exit status" in done.stdout and "--recursive" in done.stdout


def test_what_is_examined_is_the_data_set_as_it_lies_there() -> None:
    raw = raw_of("CT_small")
    assert clinic.examine(raw).diagnoses == clinic.examine("CT_small").diagnoses
    assert reading.read(raw).PatientID == opened(raw).PatientID
