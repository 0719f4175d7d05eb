"""The profile as a table, the pass over a study, the score, and what no file may still hold."""

from __future__ import annotations

import copy
import csv
import io
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from lesson_files import cells, source
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from tools import complaints
from tools import dciodvfy as newest_dciodvfy

from course_tools import lessons
from dicom_lessons import deidentify, reading, registry, samples
from dicom_lessons.deidentify.actions import days_for, decide, move_date, patient_for
from dicom_lessons.deidentify.identifiers import Identifiers, elements_in, texts_of
from dicom_lessons.deidentify.profile import ACTIONS, OPTIONS, rules
from dicom_lessons.deidentify.riddles import BURNED_IN
from dicom_lessons.deidentify.score import CHECKS, Wanted
from dicom_lessons.uids import is_valid

SHARED = lessons.ROOT.parent / "shared"
SECRET = "a secret of the tests"


def done(dataset: Dataset, *options: str, **more: bool) -> Dataset:
    (result,) = deidentify.deidentify(dataset, SECRET, options, **more)
    return result.dataset


def written(dataset: Dataset) -> bytes:
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def ct() -> Dataset:
    return samples.read("virtual/ct")


# ---- the table


def test_the_table_has_the_rows_of_its_edition() -> None:
    table = rules()
    assert len(table) == 656
    letters = {letter for row in table.values() for letter in re.findall("[A-Z]", row.action)}
    assert letters <= set(ACTIONS)
    assert {name for row in table.values() for name in row.options} <= set(OPTIONS)
    assert {action for row in table.values() for action in row.options.values()} == {"K", "C"}
    assert all(row.name for row in table.values())


def test_the_table_is_that_of_the_facts() -> None:
    facts = SHARED / "facts-e11.csv"
    if not facts.is_file():
        pytest.skip("no facts beside the project")
    lines = facts.read_text(encoding="utf-8").splitlines()
    told = list(csv.reader(line for line in lines if not line.startswith("#")))
    mine = {
        tag: (row.name, row.action, " ".join(f"{a}={b}" for a, b in row.options.items()))
        for tag, row in rules().items()
    }
    # the two sources write repeating and private groups in ways of their own
    grouped = ("(50", "(60", "(GGGG")
    for tag, name, action, options, *_edition in told:
        if not tag.startswith(grouped):
            assert mine[tag][0].split() == name.split()
            assert mine[tag][1:] == (action, options), tag
    rest = set(mine) - {tag for tag, *_others in told}
    assert rest == {"(50xx,xxxx)", "(60xx,3000)", "(60xx,4000)", "(odd,xxxx)"}


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        ("PatientName", "Z"),
        ("PatientID", "Z/D"),
        ("PatientBirthDate", "Z"),
        ("PatientSex", "Z"),
        ("PatientAge", "X"),
        ("StudyDate", "Z"),
        ("StudyDescription", "X"),
        ("SeriesDescription", "X"),
        ("StudyInstanceUID", "U"),
        (0x00091001, "X"),
        (0x00110010, "X"),
        (0x60003000, "X"),
        (0x60123000, "X"),
        (0x50020005, "X"),
    ],
)
def test_a_row_says_what_the_standard_says(asked: int | str, action: str) -> None:
    found = deidentify.rule(asked)
    assert found is not None and found.action == action


@pytest.mark.parametrize("asked", ["Rows", 0x00280010, 0x60000010, "PixelData"])
def test_what_identifies_nobody_is_in_no_row(asked: int | str) -> None:
    assert deidentify.rule(asked) is None


@pytest.mark.parametrize("asked", ["no keyword", "", 1 << 40, -1])
def test_what_is_no_tag_is_refused_in_words(asked: int | str) -> None:
    with pytest.raises(ValueError, match="neither a tag nor a keyword"):
        deidentify.rule(asked)


@pytest.mark.parametrize(
    ("action", "types"),
    [
        ("X", "XXZZDD"),
        ("Z", "ZZZZDD"),
        ("D", "DDDDDD"),
        ("K", "KKKKKK"),
        ("C", "CCCCCC"),
        ("U", "UUUUUU"),
        ("X/Z", "XXZZDD"),
        ("X/D", "XXDDDD"),
        ("Z/D", "ZZZZDD"),
        ("X/Z/D", "XXZZDD"),
        ("X/Z/U*", "XXUUUU"),
    ],
)
def test_the_type_decides(action: str, types: str) -> None:
    asked = ("3", "3", "2", "2C", "1", "1C")
    assert "".join(decide(action, type) for type in asked) == types


@pytest.mark.parametrize("action", sorted({row.action for row in rules().values()}))
def test_every_action_of_the_table_is_decided_for_every_type(action: str) -> None:
    for type in ("", "1", "1C", "2", "2C", "3"):
        decided = decide(action, type)
        assert decided in ACTIONS
        assert not (type.startswith("1") and decided in "XZ")
        assert not (type.startswith("2") and decided == "X")


# ---- options


def test_options_have_the_codes_of_the_standard() -> None:
    assert len(deidentify.options()) == 10
    for name, (code, _title) in deidentify.options().items():
        if name == "modified_dates":
            marked = done(ct(), name).DeidentificationMethodCodeSequence
            assert [item.CodeValue for item in marked] == ["113100", code]
            assert {item.CodingSchemeDesignator for item in marked} == {"DCM"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["dates"], "no option"),
        ("uids", "no option"),
        (["full_dates", "modified_dates"], "choose one"),
        ([None], "no option"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        deidentify.deidentify(ct(), SECRET, options)


@pytest.mark.parametrize("secret", ["", None, 5, b"x"])
def test_a_secret_is_a_text(secret: Any) -> None:
    with pytest.raises(ValueError, match="secret"):
        deidentify.deidentify(ct(), secret)


def test_each_option_keeps_what_it_names() -> None:
    before = ct()
    before.StationName, before.PatientAge, before.InstitutionName = "CT-4", "053Y", "Hospital"
    assert not {"StationName", "PatientAge", "InstitutionName"} & set(dir(done(before)))
    assert done(before, "devices").StationName == "CT-4"
    assert done(before, "patient_characteristics").PatientAge == "053Y"
    assert done(before, "institutions").InstitutionName == "Hospital"
    assert done(before, "uids").StudyInstanceUID == before.StudyInstanceUID
    assert done(before, "full_dates").StudyDate == before.StudyDate
    marks = [
        done(before, *options).LongitudinalTemporalInformationModified
        for options in ([], ["full_dates"], ["modified_dates"])
    ]
    assert marks == ["REMOVED", "UNMODIFIED", "MODIFIED"]


def test_safe_private_elements_stay_with_their_creator_and_no_others() -> None:
    before = ct()
    block = before.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(0x00, "DS", "1.5")
    block.add_new(0x01, "LO", "somebody")
    other = before.private_block(0x0019, "UNHEARD OF", create=True)
    other.add_new(0x23, "DS", "1")
    assert not any(one.tag.is_private for one in done(before))
    after = done(before, "safe_private")
    assert [one.tag for one in after if one.tag.is_private] == [0x70530010, 0x70531000]


# ---- everywhere


def test_the_data_set_that_was_given_stays_as_it_was() -> None:
    before = ct()
    kept = copy.deepcopy(before)
    deidentify.deidentify(before, SECRET)
    assert before == kept and before.file_meta == kept.file_meta


def nested(levels: int) -> Dataset:
    top = ct()
    place = top
    for _level in range(levels):
        item = Dataset()
        item.PatientName = "Ivanov^Ivan"
        place.ReferencedStudySequence = Sequence([item])
        place.RadiopharmaceuticalInformationSequence = Sequence([copy.deepcopy(item)])
        place = place.RadiopharmaceuticalInformationSequence[0]
    return top


@pytest.mark.parametrize("levels", [1, 5, 49, 60])
def test_every_depth_is_reached(levels: int) -> None:
    before = nested(levels)
    before.PatientName = "Ivanov^Ivan"
    assert b"Ivanov" not in written(done(before))


def test_a_data_set_that_cannot_be_copied_is_refused() -> None:
    try:
        after = done(nested(300))
    except ValueError as error:
        assert "nested too deeply" in str(error)
    else:
        assert all("Ivanov" not in str(one.value) for one in elements_in(after) if one.VR == "PN")


def test_overlays_and_curves_go_whole() -> None:
    before = ct()
    for group in (0x6000, 0x6002, 0x5000):
        before.add_new((group << 16) + 0x10, "US", 16)
        before.add_new((group << 16) + 0x3000, "OW", bytes(32))
    assert not any(one.tag.group >> 8 in (0x50, 0x60) for one in done(before))


def test_nothing_of_the_sender_is_left_outside_the_data_set() -> None:
    before = ct()
    before.preamble = b"Dr. Belov".ljust(128, b"\0")
    before.file_meta.SourceApplicationEntityTitle = "VYBORG"
    before.file_meta.ImplementationVersionName = "VYBORG_1"
    before.add_new(0xFFFCFFFC, "OB", b"VYBORG")
    before.file_meta.PrivateInformationCreatorUID = UID("1.2.3")
    before.file_meta.PrivateInformation = b"VYBORG"
    raw = written(done(before))
    assert b"VYBORG" not in raw and raw[:128] == bytes(128)
    after = dcmread(io.BytesIO(raw))
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID


def test_a_file_says_what_was_done_to_it() -> None:
    after = done(ct())
    assert after.PatientIdentityRemoved == "YES"
    assert "PS3.15 2026c" in after.DeidentificationMethod


# ---- one study


def test_uids_numbers_and_dates_change_alike_in_all_files() -> None:
    study = deidentify.planted_study().datasets
    results = [each.dataset for each in deidentify.deidentify(study, SECRET, ["modified_dates"])]
    alone = [done(dataset, "modified_dates") for dataset in study]
    for keyword in ("StudyInstanceUID", "PatientID", "StudyDate"):
        assert len({str(each[keyword].value) for each in [*results, *alone]}) == 1, keyword
    assert len({each.SOPInstanceUID for each in results}) == 3
    for old, new in zip(study, results, strict=True):
        assert is_valid(new.SOPInstanceUID) and new.SOPInstanceUID != old.SOPInstanceUID
        assert new.SOPClassUID == old.SOPClassUID


def test_another_secret_or_patient_gives_another_number_and_move() -> None:
    numbers = {patient_for(secret, name) for secret in "ab" for name in ("1", "2", "")}
    assert len(numbers) == 6
    assert patient_for("a", "1 ") == patient_for("a", "1")
    assert all(-3653 < days_for("a", str(n)) <= -365 for n in range(100))
    assert patient_for("a" * 500, "Ж") != patient_for("a" * 499, "Ж")
    assert patient_for("\ud800", "\udcff")


@pytest.mark.parametrize(
    ("text", "VR", "days", "moved"),
    [
        ("20240312", "DA", 10, "20240322"),
        ("20240301", "DA", -1, "20240229"),
        ("2024.03.12", "DA", 1, "20240313"),
        ("202403121530", "DT", 1, "202403131530"),
        ("20240312153045.123456+0100", "DT", -1, "20240311153045.123456+0100"),
        ("202403", "DT", 31, "202404"),
        ("2024", "DT", -400, "2022"),
        ("20240312 ", "DA", 0, "20240312"),
        ("NaN", "DA", 1, ""),
        ("20241340", "DA", 1, ""),
        ("202403", "DA", 1, ""),
        ("20240312Ivanov", "DT", 1, ""),
        ("00010101", "DA", -400, ""),
        ("99991231", "DA", 1, ""),
        ("٢٠٢٤٠٣١٢", "DA", 1, ""),
        ("", "DA", 1, ""),
    ],
)
def test_dates_move_by_whole_days(text: str, VR: str, days: int, moved: str) -> None:
    assert move_date(text, VR, days) == moved


# ---- words


def test_words_of_the_patient_go_from_texts_that_no_row_names() -> None:
    before = ct()
    before.PatientName = "Ivanov^Ivan"
    before.FilterType = "IVANOV 4"
    before.ConvolutionKernel = "SHARP"
    before.add_new(0x00189999, "UN", b"for Ivanov")
    after = done(before)
    assert after.FilterType == "[removed] 4"
    assert after.ConvolutionKernel == "SHARP"
    assert 0x00189999 not in after


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("IVANOV asked", "[removed] asked"),
        ("Ivanovskaya", "Ivanovskaya"),
        ("on 12.03.2024", "on [removed]"),
        ("2024-03-12", "[removed]"),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_a_text_loses_what_is_known_and_keeps_the_rest(text: str, left: str) -> None:
    known = Identifiers()
    known.add("Ivanov^Ivan", name=True)
    known.add("20240312")
    assert known.cleaned(text) == left


def test_a_cleaned_text_still_fits_its_value_representation() -> None:
    before = ct()
    before.PatientName = "Lee^Ann"
    before.FilterType = "Ann Lee Ann Lee"
    assert len(done(before).FilterType) <= 16
    assert "Lee" not in done(before).FilterType


def test_an_allow_list_keeps_only_what_the_tables_know() -> None:
    before = ct()
    before.add_new("ZoomFactor", "DS", ["1", "1"])
    assert "ZoomFactor" in done(before)
    after = done(before, allow_list=True)
    assert "ZoomFactor" not in after and "Rows" in after and "PixelData" in after


# ---- the same in other clothes

# (what is known: text, and whether a name or number), a text, and what of it has to go
DISGUISES = [
    ("Ivanov^Ivan", "name", "Ivanov's scan, ivanov_2, IVANOV2", ["ivanov"]),
    ("Ivanov^Ivan", "name", "Ivanov-Petrov; IvanovIvan", ["ivanov"]),
    ("Иванов^Иван", "name", "для ИВАНОВА: Иван-старший, ИВАНОВ И.", ["ИВАНОВ И", "Иван-"]),
    ("Schmidt-Weiß^Anna-Maria", "name", "SCHMIDT-WEISS, Anna Maria", ["weiss", "schmidt", "anna"]),
    ("O'Brien^Mary Ann", "name", "o'brien OBrien O’Brien Mary-Ann", ["brien", "mary"]),
    ("Müller^Jörg", "name", "Mu\u0308ller, MÜLLER, Jo\u0308rg", ["ller", "rg"]),
    (
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "name",
        "YAMADA 山田さん やまだ",
        ["yamada", "山田", "やまだ"],
    ),
    ("王^小东", "name", "患者王小东", ["王小东", "小东"]),
    ("Hong^Gildong=洪^吉洞=홍^길동", "name", "홍길동, 洪吉洞, 길동님", ["길동", "吉洞"]),
    ("Li^Wu", "name", "Li Wu, Wu Li", ["li wu", "wu li"]),
    ("1990.01.31", "", "19900131 31.1.1990 31/01/1990", ["1990"]),
    ("19900131", "", "1990.01.31 1990/01/31 1990-01-31 1/31/1990", ["1990"]),
    ("20190506101112.5+0300", "", "seen 20190506 or 2019-05-06", ["2019"]),
    ("471", "number", "number 471", ["471"]),
]


@pytest.mark.parametrize(("told", "kind", "text", "gone"), DISGUISES)
def test_what_is_known_is_found_however_it_is_written(
    told: str, kind: str, text: str, gone: list[str]
) -> None:
    known = Identifiers()
    known.add(told, name=kind == "name", number=kind == "number")
    left = known.cleaned(text).casefold()
    assert not [one for one in gone if one.casefold() in left], left


@pytest.mark.parametrize("text", ["4711, 1471", "Ivanovskaya", "Livanov", "1990", "Mariana", ""])
def test_a_part_of_another_word_is_not_the_patient(text: str) -> None:
    known = Identifiers()
    known.add("Ivanov^Anna Maria", name=True)
    known.add("471", number=True)
    known.add("19900131")
    assert known.cleaned(text) == text and known.found_in(text) == []


def person() -> Dataset:
    before = ct()
    before.SpecificCharacterSet = "ISO_IR 192"
    before.PatientName, before.PatientID = "Иванов^Иван=山田^太郎", "MRN-77123"
    return before


def test_codes_bytes_and_names_that_no_row_names_do_not_tell() -> None:
    before = person()
    before.PatientName = "Ivanov^Ivan"
    before.ImageType = ["ORIGINAL", "PRIMARY", "IVANOV"]
    before.BodyPartExamined, before.ProtocolName = "CHEST", "CHEST"
    before.EvaluatorName = "Smirnov^Oleg"
    before.ICCProfile = b"made for MRN-77123"
    before.add_new(0x00189999, "UN", "для Ивана Иванова".encode("cp1251"))
    before.OtherPatientNames = ["Иванова^Анна", "Иванов^Иван"]
    before.RedPaletteColorLookupTableData = bytes(range(256)) * 2
    after = done(before)
    assert list(after.ImageType) == ["ORIGINAL", "PRIMARY", "REMOVED"]
    assert after.BodyPartExamined == "CHEST"
    assert after.RedPaletteColorLookupTableData == before.RedPaletteColorLookupTableData
    raw = written(after)
    for text in ("Smirnov", "MRN-77123", "Ivanov", "IVANOV"):
        assert text.encode() not in raw
    assert "Иванов".encode("cp1251") not in raw and "Иванов".encode() not in raw


def test_a_clean_text_of_several_values_keeps_their_places() -> None:
    before = person()
    before.PatientID = "MRN77123"
    before.ImageType = ["DERIVED", "", "MRN77123"]
    before.FilterType = ["A", "", "MRN77123"]
    after = done(before)
    assert list(after.ImageType) == ["DERIVED", "", "REMOVED"]
    assert list(after.FilterType) == ["A", "", "[removed]"]


def content(value_type: str, **values: Any) -> Dataset:
    item, concept = Dataset(), Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", value_type
    concept.CodeValue, concept.CodingSchemeDesignator = "121008", "DCM"
    concept.CodeMeaning = "Person Observer Name"
    item.ConceptNameCodeSequence = [concept]
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def test_a_report_tells_nothing_and_its_references_hold() -> None:
    report, reference, local = person(), Dataset(), Dataset()
    report.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    del report.PixelData
    reference.ReferencedSOPClassUID = ct().SOPClassUID
    reference.ReferencedSOPInstanceUID = ct().SOPInstanceUID
    local.CodeValue, local.CodingSchemeDesignator, local.CodeMeaning = "9", "99X", "Ward of Orlov"
    deep = content("PNAME", PersonName="Sidorov^Sidor")
    report.ContentSequence = [
        content("PNAME", PersonName="Petrov^Petr"),
        content("UIDREF", UID="1.2.3.4.55555"),
        content("DATE", Date="20200102"),
        content("DATETIME", DateTime="20200102101112.5+0300"),
        content("TIME", Time="101112"),
        content("TEXT", TextValue="Olga Smirnova, ward 7"),
        content("CODE", ConceptCodeSequence=[local]),
        content("IMAGE", ReferencedSOPSequence=[reference]),
        content("CONTAINER", ContentSequence=[deep]),
    ]
    after, image = done(report), done(ct())
    raw = written(after)
    for text in ("Petrov", "55555", "20200102", "101112", "Smirnova", "Orlov", "Sidorov"):
        assert text.encode() not in raw, text
    assert after.ContentSequence[0].ConceptNameCodeSequence[0].CodeMeaning == "Person Observer Name"
    kept = after.ContentSequence[7].ReferencedSOPSequence[0]
    assert kept.ReferencedSOPInstanceUID == image.SOPInstanceUID


def test_private_sequences_inside_sequences_go_with_all_that_they_hold() -> None:
    before, item, inner = person(), Dataset(), Dataset()
    inner.PatientName = "Neighbour^N"
    block = item.private_block(0x0011, "SITE", create=True)
    block.add_new(0x01, "SQ", [inner])
    block.add_new(0x02, "UN", b"Neighbour")
    for keyword in ("ProcedureCodeSequence", "SharedFunctionalGroupsSequence"):
        setattr(before, keyword, [copy.deepcopy(item), Dataset()])
    before.ReferencedStudySequence = []
    for options in ((), ("safe_private", "structured_content", "descriptors")):
        assert b"Neighbour" not in written(done(before, *options))


def test_two_patients_in_one_folder_stay_two() -> None:
    first, second = ct(), ct()
    second.PatientID, second.PatientName = "OTHER-1", "Petrov^Petr"
    both = deidentify.deidentify([first, second], SECRET, ["modified_dates"])
    ids, dates = zip(*((one.dataset.PatientID, one.dataset.StudyDate) for one in both), strict=True)
    assert len(set(ids)) == len(set(dates)) == 2
    assert done(second, "modified_dates").PatientID == ids[1]
    for nameless in (first, second):
        nameless.PatientID = nameless.PatientName = ""
    second.StudyInstanceUID = "1.2.3"
    numbers = [one.dataset.PatientID for one in deidentify.deidentify([first, second], SECRET)]
    assert len(set(numbers)) == 2


def test_a_dicomdir_is_refused_for_it_is_of_many_patients() -> None:
    with pytest.raises(ValueError, match="DICOMDIR"):
        done(reading.read(str(pydicom.data.get_testdata_file("DICOMDIR", download=False))))


@pytest.mark.parametrize(
    "name",
    ["MR_small_bigendian", "image_dfl", "MR_small_RLE", "JPEG2000", "JPGExtended"],
)
def test_every_encoding_comes_back_as_it_was(name: str) -> None:
    before = reading.read(str(pydicom.data.get_testdata_file(f"{name}.dcm", download=False)))
    after = dcmread(io.BytesIO(written(done(before))))
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    assert after.PixelData == before.PixelData and after.PatientID.startswith("P")


def test_what_has_no_meta_information_gets_it_and_no_name_of_a_file_stays() -> None:
    before = ct()
    assert before.filename and done(before).filename is None
    bare = Dataset(dict(before.items()))
    after = done(bare)
    assert after.file_meta.MediaStorageSOPClassUID == before.SOPClassUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID


# ---- hostile input


def with_raw(tag: int, VR: str | None, value: bytes) -> Dataset:
    dataset = ct()
    raw = RawDataElement(BaseTag(tag), VR, len(value), value, 0, False, True)
    dataset._dict[BaseTag(tag)] = raw
    return dataset


@pytest.mark.parametrize(
    "dataset",
    [
        Dataset(),
        with_raw(0x00100010, "ZZ", b"Ivanov"),
        with_raw(0x00080020, "DA", b"\xff\xfe"),
        with_raw(0x00080018, "SQ", b"Ivanov"),
        with_raw(0x00180050, "DS", b"NaN Ivanov"),
        with_raw(0x00280010, "US", b"Ivano"),
        with_raw(0x00081140, "SQ", b"\xfe\xff\x00\xe0\xff\xff\xff\x7fIvanov"),
        with_raw(0x00200052, "LO", b"1.2.3"),
        with_raw(0x00204000, "LT", b"Ivanov " * 200_000),
        with_raw(0x00100020, "LO", b""),
    ],
    ids=range(10),
)
def test_odd_elements_are_removed_or_cleaned(dataset: Dataset) -> None:
    with warnings.catch_warnings(action="ignore"):
        file = io.BytesIO()
        after = done(dataset)
        after.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        after.save_as(file)
    assert b"Ivano" not in file.getvalue()
    assert after.PatientIdentityRemoved == "YES"


HOSTILE = sorted((SHARED / "faults").rglob("*.dcm"))


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.name)
def test_hostile_files_give_a_result_or_the_error_that_was_promised(path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        try:
            dataset = reading.read(path)
        except reading.ReadingError:
            return
        try:
            done(dataset)
            done(dataset, "modified_dates", "descriptors", allow_list=True)
        except ValueError as error:
            assert str(error)


# ---- pixels


@pytest.mark.parametrize(
    "name", ["virtual/sc", "virtual/ct", "virtual/us", "JPEG2000", "virtual/xa"]
)
def test_a_region_is_covered_in_every_frame_and_nothing_else(name: str) -> None:
    before = samples.read(name)
    covered = deidentify.hide(before, [(2, 3, 8, 9)])
    old, new = before.pixel_array, covered.pixel_array
    colour = int(before.get("SamplesPerPixel", 1)) > 1
    part = np.s_[..., 2:8, 3:9, :] if colour else np.s_[..., 2:8, 3:9]
    assert len(np.unique(new[part])) == 1
    inside = np.zeros(new.shape, bool)
    inside[part] = True
    assert np.array_equal(old[~inside], new[~inside])
    assert covered.BurnedInAnnotation == "NO"
    assert covered.SOPInstanceUID == before.SOPInstanceUID


@pytest.mark.parametrize("region", [(0, 0, 0, 5), (-1, 0, 5, 5), (0, 0, 9999, 5), (5, 0, 4, 5)])
def test_a_region_outside_is_refused(region: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="not within"):
        deidentify.hide(ct(), [region])


def test_pixels_that_cannot_be_covered_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no pixels"):
        deidentify.hide(samples.read("rtplan"), [(0, 0, 1, 1)])
    broken = ct()
    broken.PixelData = broken.PixelData[:100]
    with pytest.raises(ValueError, match="cannot be covered"):
        deidentify.hide(broken, [(0, 0, 1, 1)])


def test_covering_is_among_the_methods_once() -> None:
    capture = done(samples.read("virtual/sc"))
    twice = deidentify.hide(deidentify.hide(capture, [BURNED_IN]), [BURNED_IN])
    codes = Counter(item.CodeValue for item in twice.DeidentificationMethodCodeSequence)
    assert codes == {"113100": 1, "113101": 1}


# ---- the planted study and its score


def best() -> list[Dataset]:
    study = deidentify.planted_study().datasets
    results = deidentify.deidentify(study, SECRET, ["modified_dates"])
    after = [each.dataset for each in results]
    after[2] = deidentify.hide(after[2], [BURNED_IN])
    return after


@pytest.mark.parametrize("allow_list", [False, True])
@pytest.mark.parametrize("options", [(), ("modified_dates",), ("modified_dates", "descriptors")])
def test_none_of_the_planted_texts_is_left(options: tuple[str, ...], allow_list: bool) -> None:
    study = deidentify.planted_study()
    assert len(study.identifiers) == 31
    before = b"".join(written(dataset) for dataset in study.datasets).lower()
    done_to = deidentify.deidentify(study.datasets, SECRET, options, allow_list=allow_list)
    after = b"".join(written(each.dataset) for each in done_to)
    for where, text in study.identifiers:
        assert text.lower().encode() in before or text.encode() in before, where
        for written_so in (text, text.lower(), text.upper()):
            assert written_so.encode() not in after, where


def test_all_lines_of_the_key_are_met() -> None:
    study = deidentify.planted_study()
    scores = deidentify.score(study.datasets, best(), study.key)
    assert list(scores) == list(CHECKS)
    assert sum(score.met for score in scores.values()) == len(study.key) == 37
    assert all(score.met == score.all and not score.missed for score in scores.values())


def spoil(check: str, after: list[Dataset]) -> None:
    """Do what one check is there to find."""
    ct, pt, capture = after
    match check:
        case "tag_retained":
            del ct.PatientName
        case "text_notnull":
            pt.Modality = ""
        case "text_retained":
            ct.FilterType = "[removed]"
        case "text_removed":
            pt.ImageComments = "for ivanov"
        case "date_shifted":
            pt.StudyDate = "20200101"
        case "uid_changed":
            capture.SOPInstanceUID = deidentify.planted_study().datasets[2].SOPInstanceUID
        case "uid_consistent":
            pt.StudyInstanceUID = "2.25.17"
        case "patid_consistent":
            capture.PatientID = "other"
        case "pixels_hidden":
            after[2].PixelData = deidentify.planted_study().datasets[2].PixelData
        case "pixels_retained":
            pt.PixelData = bytes(len(pt.PixelData))


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_finds_its_own_failure(check: str) -> None:
    study, after = deidentify.planted_study(), best()
    spoil(check, after)
    scores = deidentify.score(study.datasets, after, study.key)
    assert scores[check].missed
    assert {missed.check for missed in scores[check].missed} == {check}


def test_a_missing_file_meets_nothing() -> None:
    study = deidentify.planted_study()
    scores = deidentify.score(study.datasets, [None, None, None], study.key)
    assert sum(score.met for score in scores.values()) == 0
    with pytest.raises(ValueError, match="3 files before, 2 after"):
        deidentify.score(study.datasets, [None, None], study.key)


def test_a_study_that_was_not_touched_fails_what_has_to_change() -> None:
    study = deidentify.planted_study()
    scores = deidentify.score(study.datasets, study.datasets, study.key)
    changing = ("date_shifted", "uid_changed", "patid_consistent", "pixels_hidden", "text_removed")
    assert all(scores[check].met == 0 for check in changing)
    assert all(scores[check].met == scores[check].all for check in ("pixels_retained",))


def test_a_path_that_leads_nowhere_is_no_element() -> None:
    study = deidentify.planted_study()
    for where in ("Nothing[0].PatientID", "OtherPatientIDsSequence[7].PatientID", "PatientID[0].x"):
        key = [Wanted("tag_retained", 0, where)]
        assert deidentify.score(study.datasets, study.datasets, key)["tag_retained"].met == 0


# ---- all files that the course has


def every_file() -> list[Path]:
    data = Path(pydicom.__file__).parent / "data"
    # those of the sets of files have numbers for names
    numbered = [path for path in data.rglob("dicomdirtests/*/*/*") if path.is_file()]
    found = [
        *numbered,
        *data.rglob("*.dcm"),
        *registry.MADE.rglob("*.dcm"),
        *(SHARED / "samples").rglob("*.dcm"),
    ]
    return list({path.name: path for path in sorted(found) if "DICOMDIR" not in path.name}.values())


# common values that other elements hold by themselves, of the same file or of another meaning
COINCIDENCES = {
    "WHOLE BODY": "the body part, a term that the profile keeps",
    "00000": "a serial number of noughts, in other numbers",
    "60000": "the end of Pixel Spacing 2.260000",
    "0.000000": "a weight of nothing, as the tilt of the gantry",
    "5.000000": "a private number, as the slice thickness",
    "1.000000": "a private number, as the image's orientation",
    "000000": "a time of nought, in other numbers",
    "120000": "a time, as the duration of a frame",
}
# these name a class, a coding scheme or a program, not an instance (PS3.15 §E.1.1, action U)
NO_INSTANCE = re.compile(r"SOPClass|TransferSyntax|CodingSchemeUID|ContextUID|MappingResource|Impl")


def survivors(before: Dataset, after: Dataset) -> list[tuple[str, str]]:
    """Return what the profile lists and the result still holds, by bytes or by element."""
    raw = written_without_pixels(after)
    by_element = {(str(one.tag), text) for one in elements_in(after) for text in texts_of(one)}
    found = []
    for one in elements_in(before):
        said = deidentify.rule(one.tag)
        is_uid = one.VR == "UI" and not NO_INSTANCE.search(one.keyword)
        if not is_uid and (said is None or said.action in ("K", "U")):
            continue
        for text in texts_of(one):
            if text.startswith("1.2.840.10008.") or text in COINCIDENCES:
                continue
            short = len(text) < 5 or one.tag.is_private_creator  # it is a maker's name
            if (str(one.tag), text) in by_element if short else text.encode() in raw:
                found.append((one.keyword or str(one.tag), text))
    return found


def written_without_pixels(dataset: Dataset) -> bytes:
    copied = copy.copy(dataset)
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword in copied:
            del copied[keyword]
    file = io.BytesIO()
    copied.save_as(file, enforce_file_format=False)
    return file.getvalue()


@pytest.mark.parametrize("path", every_file(), ids=lambda path: path.name)
def test_no_value_of_the_list_survives_in_any_file(path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        try:
            before = reading.read(path)
        except reading.ReadingError:
            return
        assert survivors(before, done(before)) == []


@pytest.mark.tools
@pytest.mark.parametrize("path", every_file(), ids=lambda path: path.name)
def test_no_file_becomes_less_valid(path: Path, tmp_path: Path) -> None:
    """The same file written unchanged is the measure: what is cut off or odd is so in both."""
    program = newest_dciodvfy()
    old, new = tmp_path / "old.dcm", tmp_path / "new.dcm"
    with warnings.catch_warnings(action="ignore"):
        try:
            before = reading.read(path)
            list(elements_in(before))  # what is cut off is so before it is written
            if before.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
                before.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            if before.get("BitsAllocated") == 32:  # dciodvfy breaks off at these pixels
                before.pop("PixelData", None)
            before.save_as(old, enforce_file_format=True)
        except (reading.ReadingError, ValueError, AttributeError, TypeError):
            return
        done(before).save_as(new, enforce_file_format=True)
    errors = [
        {re.sub(r" = <.*", "", line) for line in complaints(program, file) if line[0] == "E"}
        for file in (old, new)
    ]
    assert sorted(errors[1] - errors[0]) == []


# ---- the explorer and the lesson's own numbers


def test_the_explorer_shows_what_changed_and_what_is_left() -> None:
    explorer = deidentify.explore_deidentification(deidentify.planted_study().datasets)
    assert "Ivanov" in explorer.rows.value
    assert explorer.still_identifies() == []
    first = explorer.summary.value
    explorer.options["devices"].value = True
    assert explorer.summary.value != first
    assert any("StationName" in where for where, _text in explorer.still_identifies())
    explorer.options["full_dates"].value = True
    explorer.options["modified_dates"].value = True
    assert not explorer.options["full_dates"].value
    explorer.action.value = "U"
    assert "UID" in explorer.rows.value and "StationName" not in explorer.rows.value
    explorer.file.value = 1
    explorer.allow_list.value = True
    assert explorer.twin().text


def test_one_choice_is_one_pass_over_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    from dicom_lessons.deidentify import explorer as module

    explorer = deidentify.explore_deidentification("virtual/ct")
    passes: list[object] = []

    def noted(*arguments: Any, **named: Any) -> Any:
        passes.append(arguments[2])
        return deidentify.deidentify(*arguments, **named)

    monkeypatch.setattr(module, "deidentify", noted)
    explorer.options["full_dates"].value = True
    explorer.options["modified_dates"].value = True
    assert passes == [["full_dates"], ["modified_dates"]]


def test_the_explorer_takes_names_paths_and_refuses_what_is_no_file() -> None:
    assert deidentify.explore_deidentification("virtual/ct").done
    assert deidentify.explore_deidentification([samples.path("virtual/ct"), ct()]).done
    with pytest.raises((LookupError, OSError)):
        deidentify.explore_deidentification("no such sample")


def test_what_comes_from_files_cannot_be_markup() -> None:
    before = ct()
    before.PatientName = "<script>alert(1)</script>"
    before.InstitutionName = "<img src=x>"
    explorer = deidentify.explore_deidentification(before)
    for markup in (explorer.rows.value, explorer.summary.value, explorer.twin()._repr_html_()):
        assert "<script>alert" not in markup and "<img src=x" not in markup


def test_the_table_of_tools_has_our_numbers() -> None:
    *_others, ours = deidentify.tool_table().text.splitlines()
    assert ours.split(" | ")[2:] == ["0", "0", "37"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_lesson_says_that_it_is_no_tool_for_patients(language: str) -> None:
    first = lessons.NOTEBOOKS / language / "08a_find_identifiers.ipynb"
    text = source(cells(first)[0])
    assert {"en": "is for learning", "ru": "урок для учёбы"}[language] in text


def test_what_an_option_cleans_is_told_as_the_option_does_it() -> None:
    study = deidentify.planted_study()
    done = deidentify.deidentify(study.datasets, "only for this lesson", ["modified_dates"])
    (moved,) = (change for change in done[0].changes if change.where == "StudyDate")
    assert (moved.rule, moved.action) == ("Z", "C")
    assert moved.why == "an option keeps it, cleaned; without it Table E.1-1 says Z"
    assert all("option" not in change.why for change in done[0].changes if change.action != "C")
