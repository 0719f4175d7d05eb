"""Modality: terms, judgements, the SOP class, folders with whatever lies in them, the gallery."""

from __future__ import annotations

import re
import subprocess
import warnings
import zlib
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
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

from dicom_lessons import modality, pixels, samples
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
    assert "would unpack to more than 64 MB" in survey.refused[tmp_path / "bomb"]


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


def test_no_folder_no_survey(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="There is no folder"):
        modality.survey(tmp_path / "nowhere")


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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel.show_modality(sample.modality)
        panel.files.value = name
    (found,) = panel.picture.children
    if name in {"MR_truncated", "SC_rgb_jpeg_gdcm"}:
        assert "cannot be shown" in found.value
        return
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.PhotometricInterpretation = EVIL
        table = elements_table(dataset, EVIL)
    assert "<img" not in table
    assert table.count("&lt;img src=x") == 2
    assert "<img src=x" not in picture_of(np.zeros((4, 4), np.uint8), EVIL, 20)


def test_a_hostile_modality_is_told_in_words() -> None:
    dataset = samples.read("virtual/ct")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
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
