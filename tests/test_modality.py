"""Modality: terms, judgements, the SOP class, folders with whatever lies in them, the gallery."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import struct
import subprocess
import warnings
import zlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.misc import is_dicom
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
    SecondaryCaptureImageStorage,
    XRayAngiographicImageStorage,
)
from tools import require

from dicom_lessons import modality, pixels, reading, samples
from dicom_lessons.exercises.lessons import declared
from dicom_lessons.modality.explorer import SHOWN, ModalityGallery, Panel, elements_table, names_of
from dicom_lessons.modality.sop_classes import DEMANDED, USUAL
from dicom_lessons.modality.terms import IN_THE_WILD, REPLACED_BY
from dicom_lessons.text import set_language
from dicom_lessons.viewer import Viewer
from dicom_lessons.viewer.pictures import picture_of

# in the list of PS3.3 2026a, but not in the context groups of pydicom's 2024c
NEWER = {"ANN", "RTINTENT", "RTRAD", "RTSEGANN", "XAPROTOCOL"}

EVIL = "<img src=x onerror=alert(1)>"


def context_group(number: int) -> set[str]:
    group = getattr(codes, f"cid{number}")
    return {getattr(group, name).value for name in group.dir()}


def meant_for(value: object) -> str:
    return modality.judge(value).sentence


def image(sop_class: str, value: str | None = None) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = "1.2.3"
    if value is not None:
        dataset.Modality = value
    return dataset


def written(path: Path, dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> Path:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.save_as(path, enforce_file_format=True)
    return path


# ---- the terms


def test_the_lists_are_those_of_the_edition() -> None:
    assert modality.EDITION == "2026a"
    assert (len(modality.CURRENT), len(modality.RETIRED)) == (79, 18)
    assert not set(modality.CURRENT) & set(modality.RETIRED)
    assert not set(IN_THE_WILD) & (set(modality.CURRENT) | set(modality.RETIRED))


def test_the_current_terms_are_pydicoms_and_five_newer_ones() -> None:
    known = context_group(29) | context_group(32)
    assert set(modality.CURRENT) - known == NEWER
    assert known <= set(modality.CURRENT)
    assert not known & set(modality.RETIRED)


def test_every_term_is_a_legal_code_string_with_a_meaning_in_both_languages() -> None:
    every = [*modality.CURRENT, *modality.RETIRED]
    english = [modality.meaning(code) for code in every]
    set_language("ru")
    russian = [modality.meaning(code) for code in every]
    assert len(set(english)) == len(set(russian)) == 97
    for code, one, other in zip(every, english, russian, strict=True):
        assert modality.judge(code).kind in ("current", "retired")
        assert one != other, code


def test_the_longest_and_the_many_long_ones() -> None:
    lengths = [len(code) for code in modality.CURRENT]
    assert (min(lengths), max(lengths)) == (2, 10)
    assert (lengths.count(2), sum(length > 5 for length in lengths)) == (32, 12)


def test_what_replaced_a_retired_term_is_current() -> None:
    assert set(REPLACED_BY) <= set(modality.RETIRED)
    assert set(REPLACED_BY.values()) <= set(modality.CURRENT)
    assert REPLACED_BY["DS"] == "XA"


# ---- values of every sort


@pytest.mark.parametrize(
    ("value", "kind", "use", "words"),
    [
        ("CT", "current", (), "Computed Tomography"),
        (b"CT ", "current", (), "Defined Term"),
        ("OT", "current", (), "Other"),
        ("DS", "retired", ("XA",), "Today it is XA"),
        ("LP", "retired", (), "retired"),
        ("DR", "unlisted", ("DX",), "digital radiography"),
        ("PET", "unlisted", ("PT",), "The Defined Term is PT"),
        ("VL", "unlisted", ("ES", "GM", "SM", "XC", "OP", "DMS"), "The Defined Terms are ES"),
        ("SC", "unlisted", (), "a kind of object"),
        ("MINE_2", "unlisted", (), "may be extended"),
        ("ct", "malformed", ("CT",), "character 1 is 'c'"),
        ("CT\0", "malformed", ("CT",), "character 3 is '\\\\x00'"),
        ("X-RAY", "malformed", (), "character 2 is '-'"),
        ("A" * 17, "malformed", (), "17 characters, but 16"),
        ("A" * 16, "unlisted", (), "not among the Defined Terms"),
        ("СТ", "malformed", (), "u0421"),
        ("КТ".encode("iso8859_5"), "malformed", (), "character 1"),
        ("CT\\MR", "malformed", (), "here are 2"),
        (["CT", "MR", "PT"], "malformed", (), "here are 3"),
        ("", "empty", (), "no value"),
        ("   ", "empty", (), "no value"),
        (None, "empty", (), "Type 1"),
        ([], "empty", (), "no value"),
        (7, "malformed", (), "of type int"),
        ("<img src=x onerror=alert(1)>", "malformed", (), "character 1 is '<'"),
    ],
)
def test_a_value_is_judged_in_words(
    value: object, kind: str, use: tuple[str, ...], words: str
) -> None:
    judgement = modality.judge(value)
    assert (judgement.kind, judgement.use) == (kind, use)
    assert words.replace("\\\\", "\\") in judgement.sentence


@hypothesis.given(
    strategies.one_of(
        strategies.text(max_size=40),
        strategies.binary(max_size=40),
        strategies.lists(strategies.text(max_size=20), max_size=5),
        strategies.none() | strategies.integers() | strategies.floats() | strategies.booleans(),
    )
)
@hypothesis.settings(max_examples=2000, deadline=None)
def test_whatever_comes_gets_one_short_sentence(value: object) -> None:
    judgement = modality.judge(value)
    assert judgement.kind in {"current", "retired", "unlisted", "malformed", "empty"}
    assert 20 < len(judgement.sentence) < 600
    assert judgement.sentence.endswith(".")
    assert bool(judgement.code) == (judgement.kind in {"current", "retired", "unlisted"})


def test_a_huge_value_is_told_in_a_short_sentence() -> None:
    for value in ("x" * 50_000_000, b"A\\" * 10_000_000, ["CT"] * 1_000_000):
        assert len(meant_for(value)) < 600


def test_no_meaning_for_what_is_no_term() -> None:
    with pytest.raises(LookupError, match="DR is not among the Defined Terms"):
        modality.meaning("DR")


# ---- the SOP class


def test_the_tables_hold_terms_only_and_no_class_twice() -> None:
    assert not set(DEMANDED) & set(USUAL)
    for values in (DEMANDED | USUAL).values():
        assert set(values) <= set(modality.CURRENT)


@pytest.mark.parametrize(
    ("sop_class", "value", "agrees", "words"),
    [
        (CTImageStorage, "CT", True, "agree"),
        (CTImageStorage, "MR", False, "usually carries Modality CT"),
        (XRayAngiographicImageStorage, "RF", True, "agree"),
        (XRayAngiographicImageStorage, "DS", True, "Modality XA agree"),
        ("1.2.840.10008.5.1.4.1.1.1.2", "CT", False, "demands Modality MG"),
        (SecondaryCaptureImageStorage, "NM", None, "stands by itself"),
        (SecondaryCaptureImageStorage, None, None, "no value"),
        (CTImageStorage, None, False, "no value"),
        (CTImageStorage, "", False, "no value"),
        (MediaStorageDirectoryStorage, None, None, "belongs to no series"),
        ("1.2.3.4", "CT", None, "stands by itself"),
        ("", "CT", None, "no SOP Class UID"),
    ],
)
def test_modality_and_class_are_compared(
    sop_class: str, value: str | None, agrees: bool | None, words: str
) -> None:
    compared = modality.agreement(image(sop_class, value))
    assert compared.agrees is agrees
    assert words in compared.sentence


def test_a_data_set_without_anything_is_told_in_words() -> None:
    assert modality.agreement(Dataset()).agrees is None


def test_the_samples_agree_but_for_those_without_modality() -> None:
    odd = {}
    for name in samples.names(source="bundled") + samples.names(source="made"):
        with warnings.catch_warnings(action="ignore"):
            dataset = samples.read(name, force=True, stop_before_pixels=True)
        compared = modality.agreement(dataset)
        if compared.agrees is False:
            odd[name] = compared.sentence
    assert all("no value" in sentence for sentence in odd.values())
    assert len(odd) == 5


@pytest.mark.tools
def test_dciodvfy_says_the_same(tmp_path: Path) -> None:
    require("dciodvfy")

    def refused(sop_class: str, code: str) -> bool:
        path = written(tmp_path / "x", image(sop_class, code))
        done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, errors="replace")
        said = done.stdout + done.stderr
        return "Unrecognized enumerated value" in said and "<Modality>" in said

    for sop_class, values in DEMANDED.items():
        assert not any(refused(sop_class, code) for code in values), UID(sop_class).name
        assert refused(sop_class, "OT"), UID(sop_class).name
    for sop_class, values in USUAL.items():
        if "EnhancedX" not in UID(sop_class).keyword:  # dciodvfy knows XA only for both of them
            assert not any(refused(sop_class, code) for code in values), UID(sop_class).name


# ---- folders


def test_a_folder_is_counted_whatever_the_names() -> None:
    survey = modality.survey(samples.path("dicomdirtests/DICOMDIR").parent)
    assert survey.counts == {"CT": 61, "MR": 17, "": 8, "CR": 3}
    assert sorted(path.name for path in survey.refused) == ["README", "README.txt"]
    assert survey.findings == {}


def test_the_survey_knows_what_the_registry_knows() -> None:
    survey = modality.survey(samples.BUNDLED)
    found = survey.modalities
    for name in samples.names(source="bundled"):
        path = samples.path(name)
        assert (path in found) != (path in survey.refused)
        assert found.get(path, samples.get(name).modality) == samples.get(name).modality, name
    assert len(survey.findings) == 5


def test_bad_files_are_reported_and_stop_nothing(tmp_path: Path) -> None:
    raw = samples.path("CT_small").read_bytes()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "good").write_bytes(raw)
    (tmp_path / "short").write_bytes(raw[:100])
    (tmp_path / "text.dcm").write_text("no DICOM at all " * 40)
    (tmp_path / "meta_only").write_bytes(raw[:140])
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "low").write_bytes(raw.replace(b"CS\x02\x00CT", b"CS\x02\x00ct"))
    (tmp_path / "garbage").write_bytes(raw[:336] + b"\xff" * 5000)
    (tmp_path / "link").symlink_to(tmp_path / "low")
    (tmp_path / "loop").symlink_to(tmp_path)
    survey = modality.survey(tmp_path)
    good = {path.name: value for path, value in survey.modalities.items()}
    findings = {path.name: finding for path, finding in survey.findings.items()}
    assert good["good"] == "CT"
    assert "good" not in findings
    assert "Perhaps CT was meant" in findings["low"]
    refused = {path.name: reason for path, reason in survey.refused.items()}
    assert {"short", "text.dcm", "empty"} <= set(refused)
    assert all(name in reason for name, reason in refused.items())
    assert set(good) | set(refused) == {
        *("good", "short", "text.dcm", "meta_only", "empty", "low", "garbage"),
    }


def test_a_wrong_modality_is_found(tmp_path: Path) -> None:
    written(tmp_path / "lie", image("1.2.840.10008.5.1.4.1.1.1.2", "CT"))
    (finding,) = modality.survey(tmp_path).findings.values()
    assert "demands Modality MG" in finding


def test_a_deflate_bomb_is_refused_soon(tmp_path: Path) -> None:
    honest = written(
        tmp_path / "deflated", image(CTImageStorage, "CT"), DeflatedExplicitVRLittleEndian
    )
    assert modality.survey(tmp_path).modalities == {honest: "CT"}
    raw = honest.read_bytes()
    start = 144 + int.from_bytes(raw[140:144], "little")
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(squeeze.compress(bytes(1 << 24)) for _ in range(40)) + squeeze.flush()
    (tmp_path / "bomb").write_bytes(raw[:start] + bomb)
    survey = modality.survey(tmp_path)
    assert survey.counts == {"CT": 1}
    assert "inflates to more than 67108864 bytes" in survey.refused[tmp_path / "bomb"]


@hypothesis.given(strategies.binary(max_size=300))
@hypothesis.settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_any_bytes_are_read_or_refused(tmp_path: Path, tail: bytes) -> None:
    raw = samples.path("CT_small").read_bytes()
    path = tmp_path / "fuzzed"
    for start in (132, 336, 666):
        path.write_bytes(raw[:start] + tail)
        survey = modality.survey(tmp_path)
        assert len(survey.modalities) + len(survey.refused) == 1


@pytest.mark.parametrize("VR", [b"ZZ", b"FD", b"AT", b"US", b"\1\2"])
@pytest.mark.parametrize("value", [b"", b"abc", b"CT"])
@pytest.mark.parametrize("keyword", ["Modality", "SOPClassUID"])
def test_any_vr_of_what_is_compared_is_told_in_words(
    keyword: str, VR: bytes, value: bytes, tmp_path: Path
) -> None:
    raw = samples.path("CT_small").read_bytes()
    number = {"Modality": 0x60, "SOPClassUID": 0x16}[keyword]
    start = raw.index(struct.pack("<HH", 8, number))
    size = 8 + int.from_bytes(raw[start + 6 : start + 8], "little")
    header = struct.pack("<HH2sH", 8, number, VR, len(value))
    (tmp_path / "odd").write_bytes(raw[:start] + header + value + raw[start + size :])
    (tmp_path / "good").write_bytes(raw)
    found = modality.survey(tmp_path)
    assert found.modalities[tmp_path / "good"] == "CT"
    assert len(found.modalities) + len(found.refused) == 2
    for dataset in (reading.read(tmp_path / "odd"), dcmread(tmp_path / "odd")):
        assert modality.agreement(dataset).sentence
        assert elements_table(dataset, "odd")


def test_no_folder_no_survey(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", "x" * 5000, "a\0b", Path(__file__), "\u202e"):
        with pytest.raises(NotADirectoryError, match="There is no folder") as caught:
            modality.survey(folder)
        assert len(str(caught.value)) < 400
        assert str(caught.value).isprintable()


# ---- the gallery


@pytest.fixture(scope="module")
def gallery() -> ModalityGallery:
    return modality.explore_modalities()


def shown(panel: Panel) -> Viewer:
    (viewer,) = panel.picture.children
    assert isinstance(viewer, Viewer)
    return viewer


# ---- the pictures


@pytest.mark.parametrize("code", SHOWN)
def test_the_virtual_patient_has_a_picture_of_each(code: str, gallery: ModalityGallery) -> None:
    gallery.buttons.value = code
    left, _right = gallery.panels
    name = left.files.value
    assert np.array_equal(shown(left).picture(), pixels.to_display(samples.read(name)))
    assert f"{code}: " in gallery.heading.value
    assert shown(left).about["alt"].startswith(f"{code} picture: ")
    assert "agree" in left.elements.value or code == "OT"


def test_a_film_of_the_gallery_has_its_frames(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "XA"
    film = shown(gallery.panels[0])
    assert (film.about["frames"], film.about["frame_time"]) == (24, 80)


@pytest.mark.parametrize("name", [name for code in SHOWN for name in names_of(code, "bundled")])
def test_every_real_file_is_shown_or_explained(name: str) -> None:
    panel = Panel("bundled")
    sample = samples.get(name)
    with warnings.catch_warnings(action="ignore"):
        panel.show_modality(sample.modality)
        panel.files.value = name
    first = shown(panel).first
    assert (first["rows"], first["columns"]) == (sample.rows, sample.columns)
    assert shown(panel).about["frames"] == sample.frames
    grey = sample.photometric_interpretation.startswith("MONO")
    assert (first["kind"] != "rgb") == grey
    assert f"<caption>{name}</caption>" in panel.elements.value


def test_what_was_shown_before_is_closed(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "CT"
    before = shown(gallery.panels[0])
    gallery.panels[0].files.value = "virtual/ct_sharp"
    assert before.comm is None
    assert shown(gallery.panels[0]).comm is not None


def test_a_modality_without_files_is_told_in_words(gallery: ModalityGallery) -> None:
    gallery.buttons.value = "XA"
    (sentence,) = gallery.panels[1].picture.children
    assert "no file of this modality" in sentence.value
    assert gallery.panels[1].elements.value == ""


# ---- whatever a file says


def test_values_stay_text() -> None:
    dataset = samples.read("virtual/ct")
    with warnings.catch_warnings(action="ignore"):
        dataset.PhotometricInterpretation = EVIL
        table = elements_table(dataset, EVIL)
    assert "<img" not in table
    assert table.count("&lt;img src=x") == 2
    assert "<img src=x" not in picture_of(np.zeros((4, 4), np.uint8), EVIL, 20)


def test_a_hostile_modality_is_told_in_words() -> None:
    dataset = samples.read("virtual/ct")
    with warnings.catch_warnings(action="ignore"):
        dataset.Modality = EVIL
        table = elements_table(dataset, "x")
    assert "<img" not in table
    assert "no Code String" in table


# ---- the static twin


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_twin_says_the_same_without_a_kernel(language: str) -> None:
    set_language(language)
    bundle = modality.explore_modalities()._repr_mimebundle_()
    page = bundle["text/html"]
    pictures = re.findall(r"<img alt=\"([^\"]+)\"", page)
    assert len(pictures) == page.count("<img") == 9 + 5
    assert all(len(alt) > 15 for alt in pictures)
    assert page.count("<tr>") == 1 + len(SHOWN)
    assert "Frame Time (0018,1063): 80" in page
    assert "<caption>" in page
    assert len(page) < 150_000
    assert bundle["text/plain"].count("\n") == len(SHOWN) - 1
    assert ("Рентгеновская ангиография" in page) == (language == "ru")


def test_the_twin_is_the_same_each_time() -> None:
    first, second = (modality.explore_modalities()._repr_mimebundle_() for _once in range(2))
    assert first["text/html"] == second["text/html"]


# ---- the tasks


def test_an_unlabelled_object_keeps_nothing_that_names_its_modality() -> None:
    kept = {letter: modality.unlabelled(letter) for letter in "ABC"}
    for dataset in kept.values():
        assert dataset.pixel_array.size > 0
        assert "MediaStorageSOPClassUID" not in dataset.file_meta
        told = [e for e in dataset if e.tag.group not in (0x0028, 0x7FE0)]
        assert 2 <= len(told) <= 3
        assert not re.search(r"\b(MR|MRT|NM|XA)\b|Bone|angio", str(dataset))


def right(name: str, answer: object) -> bool | None:
    return declared("modality")[name].judge(answer).right


FIVE = ["CT", "RTSTRUCT", "OT", "DMS", "KO"]


@pytest.mark.parametrize(
    "answer",
    [
        FIVE,
        FIVE[::-1],
        sorted(FIVE),
        tuple(FIVE),
        set(FIVE),
        frozenset(FIVE),
        np.array(FIVE),
        (term for term in list(FIVE)),
        [f" {term} " for term in FIVE],
        [f"'{term}'" for term in FIVE],
        dict.fromkeys(FIVE).keys(),
        filter(modality.CURRENT.get, ["CT", "DR", "RTSTRUCT", "OT", "DMS", "ST", "KO", "SC"]),
    ],
)
def test_the_five_terms_in_any_form(answer: object) -> None:
    assert right("modality-1", answer)


@pytest.mark.parametrize(
    "answer",
    [
        [term.lower() for term in FIVE],
        [term.title() for term in FIVE],
        [*FIVE[:4], "ko"],
        FIVE[:4],
        [*FIVE, "DR"],
        [*FIVE, "ST"],
        [*FIVE, "SC"],
        [*FIVE, "PET"],
        [*FIVE, "MRI"],
        [*FIVE[:4], "SC"],
        ["CT", "DR", "RTSTRUCT", "MRI", "OT", "PET", "DMS", "ST", "KO", "SC"],
        5,
        [],
    ],
)
def test_what_is_not_the_five_terms(answer: object) -> None:
    assert right("modality-1", answer) is False


THREE = ["MR", "NM", "XA"]


@pytest.mark.parametrize(
    "answer",
    [
        THREE,
        tuple(THREE),
        np.array(THREE),
        iter(THREE),
        [f"{term} " for term in THREE],
        [f'"{term}"' for term in THREE],
        dict.fromkeys(THREE).keys(),
        OrderedDict(A="MR", B="NM", C="XA").values(),
        ["M" + "R", "N" + "M", "X" + "A"],
        [samples.read(name).Modality for name in ("MR_small", "JPEG2000", "virtual/xa")],
    ],
)
def test_the_three_names_in_any_form(answer: object) -> None:
    assert right("modality-2", answer)


@pytest.mark.parametrize(
    "answer",
    [
        ["mr", "nm", "xa"],
        ["Mr", "Nm", "Xa"],
        THREE[::-1],
        ["NM", "MR", "XA"],
        ["MRI", "NM", "XA"],
        ["MR", "PT", "XA"],
        ["MR", "OT", "XA"],
        ["MR", "NM", "RF"],
        ["CT", "NM", "XA"],
        ["MR", "NM"],
        [*THREE, "CT"],
    ],
)
def test_what_is_not_the_three_names(answer: object) -> None:
    assert right("modality-2", answer) is False


@pytest.mark.parametrize(
    "answer", [2, 2.0, "2", " 2 ", "0x2", b"\2", np.int64(2), np.uint8(2), len({"a", "b"}), "2h"]
)
def test_two_objects_in_any_form(answer: object) -> None:
    assert right("modality-4", answer)


@pytest.mark.parametrize("answer", [0, 1, 3, 4, 8, -2, "4", 2.5, True, [2], {"2"}, "two"])
def test_what_is_not_two_objects(answer: object) -> None:
    assert right("modality-4", answer) is False


@pytest.mark.parametrize("answer", ["d", "D", " d ", "d.", "d)", "(d)", "'d'", '"D"', "d ", '"d.'])
def test_the_liar_in_any_form(answer: object) -> None:
    assert right("modality-5", answer)


@pytest.mark.parametrize("answer", ["a", "b", "c", "e", "f", "dd", "de", "", 4, "CT", ["d"], "4"])
def test_who_is_no_liar(answer: object) -> None:
    assert right("modality-5", answer) is False


# ---- the folder that is counted


def read_or_none(path: Path) -> Dataset | None:
    try:
        return dcmread(path)
    except InvalidDicomError:
        return None


def by_rglob(folder: Path) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (dataset := read_or_none(path)) is not None:
            counts[getattr(dataset, "Modality", "")] += 1
    return counts


def by_walk(folder: Path) -> Counter[str]:
    paths = [Path(top) / name for top, _folders, names in os.walk(folder) for name in names]
    found = [dataset for dataset in map(read_or_none, paths) if dataset is not None]
    return Counter(dataset.get("Modality", "") for dataset in found)


def by_prefix(folder: Path) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for path in folder.glob("**/*"):
        if path.is_file() and path.read_bytes()[128:132] == b"DICM":
            counts[dcmread(path, stop_before_pixels=True).get("Modality") or ""] += 1
    return dict(counts)


def by_is_dicom(folder: Path) -> dict[str, int]:
    paths = [path for path in folder.rglob("*") if path.is_file() and is_dicom(path)]
    values = [dcmread(path, specific_tags=["Modality"]).get("Modality", "") for path in paths]
    return {value: values.count(value) for value in set(values)}


def by_recursion(folder: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for path in folder.iterdir():
        if path.is_dir():
            counts += by_recursion(path)
        elif (dataset := read_or_none(path)) is not None:
            counts[dataset.Modality if "Modality" in dataset else ""] += 1
    return counts


def by_any_error(folder: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in folder.rglob("*"):
        try:
            value = str(dcmread(path).get("Modality", ""))
        except Exception:
            continue
        counts[value] = counts.get(value, 0) + 1
    return counts


def by_tag(folder: Path) -> OrderedDict[str, int]:
    counts: OrderedDict[str, int] = OrderedDict()
    for path in filter(Path.is_file, folder.rglob("*")):
        dataset = read_or_none(path)
        if dataset is not None:
            element = dataset.get((0x0008, 0x0060))
            counts.setdefault(element.value if element else "", 0)
            counts[element.value if element else ""] += 1
    return counts


def by_attribute_error(folder: Path) -> dict[str, int]:
    counts = {"": 0}
    for path in filter(Path.is_file, folder.rglob("*")):
        try:
            value = dcmread(path).Modality
        except InvalidDicomError:
            continue
        except AttributeError:
            value = ""
        counts[value] = counts.get(value, 0) + 1
    return counts


def by_partial_reading(folder: Path) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for path in filter(Path.is_file, folder.rglob("*")):
        with path.open("rb") as file, contextlib.suppress(InvalidDicomError):
            dataset = read_partial(file, lambda tag, *_: tag > 0x00080060)
            counts[dataset.get("Modality", "")] += 1
    return counts


def by_survey(folder: Path) -> dict[str, int]:
    return modality.survey(folder).counts


def from_memory(folder: Path) -> dict[str, int]:
    in_memory = [BytesIO(path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    found = [file for file in in_memory if file.getvalue()[128:132] == b"DICM"]
    return Counter(dcmread(file).get("Modality", "") for file in found)


def counting(
    keep: Callable[[Path], bool] = lambda _path: True, missing: Any = "", pattern: str = "*"
) -> Callable[[Path], dict[Any, int]]:
    def count(folder: Path) -> dict[Any, int]:
        counts: Counter[Any] = Counter()
        for path in folder.rglob(pattern):
            dataset = read_or_none(path) if path.is_file() and keep(path) else None
            if dataset is not None:
                counts[dataset.get("Modality") or missing] += 1
        return counts

    return count


def no_values(folder: Path) -> dict[str, int]:
    return {value: count for value, count in by_rglob(folder).items() if value}


def by_force(folder: Path) -> Counter[str]:
    paths = filter(Path.is_file, folder.rglob("*"))
    return Counter(dcmread(path, force=True).get("Modality", "") for path in paths)


@pytest.mark.parametrize(
    "count",
    [
        *(by_rglob, by_walk, by_prefix, by_is_dicom, by_recursion, by_any_error, by_tag),
        *(by_attribute_error, by_partial_reading, by_survey, from_memory, counting()),
    ],
)
def test_any_way_to_count_a_folder(count: Callable[[Path], object]) -> None:
    verdict = declared("modality")["modality-3"].judge(count)
    assert verdict.right, verdict.why


@pytest.mark.parametrize(
    "count",
    [
        by_force,
        no_values,
        counting(missing=None),
        counting(missing="none"),
        counting(pattern="*.dcm"),
        counting(lambda path: not path.suffix),
        counting(lambda path: "README" not in path.name),
        counting(lambda path: "DICOMDIR" not in path.name),
        counting(lambda path: not path.suffix or path.suffix == ".dcm"),
        lambda folder: counting()(folder) if folder.name == "dicomdirtests" else {},
        lambda folder: list(by_rglob(folder).items()),
        lambda folder: set(by_rglob(folder)),
        lambda folder: sum(by_rglob(folder).values()),
        lambda _folder: {"CT": 61, "MR": 17, "": 8, "CR": 3},
        lambda folder: {value: 1 for value in by_rglob(folder)},
        lambda folder: {value.lower(): count for value, count in by_rglob(folder).items()},
        lambda folder: Counter(read_or_none(path) is not None for path in folder.iterdir()),
        {"CT": 61},
    ],
)
def test_what_is_no_way_to_count_a_folder(count: object) -> None:
    assert right("modality-3", count) is False


# ---- the file that is mended


@pytest.fixture
def hospitals(tmp_path: Path) -> Path:
    """Make the three files as the lesson does."""
    raw = samples.path("CT_small").read_bytes()
    for letter, value in [("a", b"CT"), ("b", b"ct"), ("c", b"CT")]:
        file = raw.replace(b"CS\x02\x00CT", b"CS\x02\x00" + value)
        (tmp_path / letter).write_bytes(file.replace(b"1CT1", letter.upper().encode() + b"CT1"))
    return tmp_path


def changed(folder: Path, name: str = "mended", source: str = "b", **values: Any) -> Path:
    dataset = dcmread(folder / source)
    with warnings.catch_warnings(action="ignore"):
        for keyword, value in {"Modality": "CT", **values}.items():
            setattr(dataset, keyword, value)
    dataset.save_as(folder / name)
    return folder / name


def replaced(folder: Path) -> Path:
    raw = (folder / "b").read_bytes()
    (folder / "d").write_bytes(raw.replace(b"CS\x02\x00ct", b"CS\x02\x00CT"))
    return folder / "d"


def patched(folder: Path) -> Path:
    shutil.copy(folder / "b", folder / "patched")
    with (folder / "patched").open("r+b") as file:
        file.seek(file.read().index(b"\x08\x00\x60\x00CS") + 8)
        file.write(b"CT")
    return folder / "patched"


def in_another_folder(folder: Path) -> Path:
    (folder / "new").mkdir()
    return changed(folder, "new/b.dcm")


def enforced(folder: Path) -> Path:
    dataset = dcmread(folder / "b")
    dataset["Modality"].value = "CT"
    dataset.save_as(folder / "e", enforce_file_format=True)
    return folder / "e"


def added_anew(folder: Path) -> Path:
    dataset = dcmread(folder / "b")
    del dataset.Modality
    dataset.add_new(0x00080060, "CS", "CT")
    dataset.save_as(folder / "f")
    return folder / "f"


@pytest.mark.parametrize(
    "mend",
    [
        changed,
        replaced,
        patched,
        in_another_folder,
        enforced,
        added_anew,
        lambda folder: changed(folder, "B.dcm"),
        lambda folder: changed(folder, "b.mended"),
        lambda folder: str(changed(folder)),
        lambda folder: os.path.relpath(changed(folder)),
        lambda folder: os.fspath(changed(folder, "исправлено")),
    ],
)
def test_any_way_to_mend_the_file(mend: Callable[[Path], object], hospitals: Path) -> None:
    verdict = declared("modality")["modality-6"].judge(mend(hospitals))
    assert verdict.right, verdict.why


def private_removed(folder: Path) -> Path:
    dataset = dcmread(changed(folder))
    dataset.remove_private_tags()
    dataset.save_as(folder / "mended")
    return folder / "mended"


def another_meta(folder: Path) -> Path:
    dataset = dcmread(changed(folder))
    dataset.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    dataset.save_as(folder / "mended")
    return folder / "mended"


def deleted(folder: Path) -> Path:
    dataset = dcmread(folder / "b")
    del dataset.Modality
    dataset.save_as(folder / "mended")
    return folder / "mended"


def also_the_original(folder: Path) -> Path:
    changed(folder, "b")
    shutil.copy(folder / "b", folder / "mended")
    return folder / "mended"


@pytest.mark.parametrize(
    ("mend", "words"),
    [
        (lambda _folder: samples.path("CT_small"), "no copy of the broken file"),
        (lambda folder: folder / "a", "no copy of the broken file"),
        (lambda folder: changed(folder, source="c"), "no copy of the broken file"),
        (lambda folder: changed(folder, "b"), "must stay as it is"),
        (lambda folder: folder / "b", "must stay as it is"),
        (also_the_original, "must stay as it is"),
        (another_meta, "other elements"),
        (private_removed, "other elements"),
        (lambda folder: changed(folder, PatientName="X"), "other elements"),
        (lambda folder: changed(folder, SOPInstanceUID="1.2.3"), "other elements"),
        (lambda folder: changed(folder, PixelData=bytes(32768)), "other elements"),
        (lambda folder: changed(folder, Modality="ct"), "no Code String"),
        (lambda folder: changed(folder, Modality="Ct"), "no Code String"),
        (lambda folder: changed(folder, Modality="OT"), "no longer that of a CT"),
        (lambda folder: changed(folder, Modality=""), "missing or empty"),
        (deleted, "missing or empty"),
        (lambda folder: folder / "nowhere", "There is no file"),
        (lambda folder: folder, "There is no file"),
        (lambda _folder: "CT", "There is no file"),
    ],
)
def test_what_is_no_mended_file(
    mend: Callable[[Path], object], words: str, hospitals: Path
) -> None:
    verdict = declared("modality")["modality-6"].judge(mend(hospitals))
    assert verdict.right is False
    assert words in verdict.why
