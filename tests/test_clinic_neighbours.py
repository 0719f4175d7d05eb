"""Neighbours of planted faults: the same fault in another encoding, place, length or language."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tools
from pydicom import DataElement, Dataset, config, dcmread, uid
from pydicom.datadict import tag_for_keyword
from pydicom.encaps import encapsulate, generate_frames

from course_tools import confusion
from dicom_lessons import clinic, read_write, reading, samples, volume
from dicom_lessons.clinic import making, patients
from dicom_lessons.clinic.inside import Inside
from dicom_lessons.clinic.making import saved
from dicom_lessons.pixels import stored_values

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of pydicom, which writes faults
PIXELS = 0x7FE00010
SEQUENCE_END, ITEM_END = bytes.fromhex("feffdde000000000"), bytes.fromhex("feff0de000000000")
JPEG = "SC_rgb_dcmtk_+eb+cr"


def raw_of(name: str) -> bytes:
    return samples.path(name).read_bytes()


def opened(source: str | bytes) -> Any:
    dataset = making.opened(raw_of(source) if isinstance(source, str) else source)
    list(dataset.iterall())
    return dataset


def encoded(source: str | bytes, syntax: uid.UID) -> bytes:
    """Return a file in another of the three encodings that are not compressed."""
    dataset = opened(source)
    if syntax == uid.ExplicitVRBigEndian and dataset.get("BitsAllocated") == 16:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    return saved(dataset)


def big_endian(source: str | bytes = "CT_small") -> bytes:
    return encoded(source, uid.ExplicitVRBigEndian)


def implicit(source: str | bytes = "CT_small") -> bytes:
    return encoded(source, uid.ImplicitVRLittleEndian)


def changed(source: str | bytes, **values: object) -> bytes:
    dataset = opened(source)
    for keyword, value in values.items():
        if value is None:
            dataset.pop(keyword, None)
        else:
            setattr(dataset, keyword, value)
    return saved(dataset)


def first_of(raw: bytes) -> str:
    found = [one.fault for one in clinic.examine(raw).diagnoses if one.severity != "note"]
    return found[0] if found else ""


def without_meta(raw: bytes) -> bytes:
    return raw[Inside(raw, "").start :]


def relabelled(raw: bytes, syntax: str) -> bytes:
    return making.renamed(raw, uid.UID(syntax))


def test_sound_files_stay_sound_in_every_encoding() -> None:
    for name in ("CT_small", "MR_small", "virtual/us", "virtual/cr"):
        dataset = opened(name)
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            dataset.decompress(generate_instance_uid=False)
        plain = saved(dataset)
        for raw in (plain, implicit(plain), big_endian(plain)):
            assert first_of(raw) == "", name


@pytest.mark.parametrize(
    "make",
    [
        lambda: without_meta(implicit()),
        lambda: without_meta(big_endian()),
        lambda: raw_of("CT_small")[132:],
        lambda: without_meta(raw_of("virtual/ct")),
        lambda: without_meta(raw_of("rtplan")),
        lambda: without_meta(raw_of("reportsi")),
        lambda: b"\x08\0\0\0\4\0\0\0\x10\0\0\0" + without_meta(implicit()),
    ],
)
def test_files_without_a_beginning(make: Callable[[], bytes]) -> None:
    assert first_of(make()) == "no_file_meta"


PRIVATE = b"\x09\0\x10\0LO\x08\0ACME 1.0" + b"\x09\0\x01\x10LO\x04\0abcd"
PRIVATE_BIG = b"\0\x09\0\x10LO\0\x08ACME 1.0" + b"\0\x09\x10\x01LO\0\x04abcd"
PRIVATE_IMPLICIT = b"\x09\0\x10\0\x08\0\0\0ACME 1.0" + b"\x09\0\x01\x10\x04\0\0\0abcd"
PRIVATE_ITEMS = b"\x09\0\x10\0SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0" + bytes(4) + SEQUENCE_END


def first_group_dropped(raw: bytes) -> bytes:
    """Return a data set without its group 0008."""
    inside = Inside(raw, "")
    return raw[next(e.offset for e in inside.elements if e.tag.group > 8 and not e.depth) :]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: PRIVATE + first_group_dropped(raw_of("MR_small")), "Explicit VR Little Endian"),
        (lambda: PRIVATE_BIG + first_group_dropped(big_endian("MR_small")), "Explicit VR Big"),
        (lambda: PRIVATE_IMPLICIT + first_group_dropped(implicit("MR_small")), "Implicit VR"),
        (lambda: PRIVATE_ITEMS + first_group_dropped(raw_of("MR_small")), "Explicit VR Little"),
        (lambda: PRIVATE + first_group_dropped(raw_of("virtual/ct")), "Explicit VR Little"),
        (lambda: b"\x08\0\x99\x99LO\2\0ab" + first_group_dropped(raw_of("CT_small")), "Explicit"),
        (lambda: without_meta(raw_of("dicomdirtests/DICOMDIR")), "Explicit VR Little Endian"),
    ],
)
def test_data_sets_that_begin_with_what_no_dictionary_knows(
    make: Callable[[], bytes], kind: str
) -> None:
    found = clinic.examine(make()).diagnoses[0]
    assert found.fault == "no_file_meta" and kind in found.what


def test_private_elements_first_behind_file_meta_information_are_no_fault() -> None:
    for raw, private in ((raw_of("MR_small"), PRIVATE), (implicit("MR_small"), PRIVATE_IMPLICIT)):
        start = Inside(raw, "").start
        whole = raw[:start] + private + first_group_dropped(raw)
        assert "wrong_transfer_syntax" not in {one.fault for one in clinic.examine(whole).diagnoses}
        label = uid.ImplicitVRLittleEndian if private is PRIVATE else uid.ExplicitVRLittleEndian
        assert first_of(relabelled(whole, label)) == "wrong_transfer_syntax"


@pytest.mark.parametrize(
    "raw", [PRIVATE, PRIVATE * 3, b"abcd" * 99, bytes(range(256)) * 9, np.arange(999).tobytes()]
)
def test_what_leads_to_no_known_element_is_no_data_set(raw: bytes) -> None:
    assert clinic.examine(raw).diagnoses[0].fault == "not_dicom"


LABELS = [
    ("CT_small", uid.ImplicitVRLittleEndian), ("CT_small", uid.JPEG2000Lossless),
    ("CT_small", uid.RLELossless), ("CT_small", uid.DeflatedExplicitVRLittleEndian),
    ("CT_small", "1.2.840.10008.1.2.9"), ("CT_small", uid.CTImageStorage),
    ("virtual/ct", uid.RLELossless), ("virtual/ct", uid.ImplicitVRLittleEndian),
    ("virtual/ct", uid.HTJ2KLossless), ("virtual/ct", "1.2.840.10008.1.2.4.102"),
    ("MR_small_RLE", uid.JPEGBaseline8Bit), ("rtplan", uid.ExplicitVRLittleEndian),
    ("reportsi", uid.ImplicitVRLittleEndian), ("reportsi", uid.ExplicitVRBigEndian),
    (JPEG, uid.JPEGLSLossless), (JPEG, uid.JPEGLossless), (JPEG, uid.MPEG2MPML),
    ("image_dfl", uid.ExplicitVRLittleEndian), ("image_dfl", uid.ImplicitVRLittleEndian),
]  # fmt: skip


@pytest.mark.parametrize(("name", "label"), LABELS)
def test_false_labels(name: str, label: str) -> None:
    assert first_of(relabelled(raw_of(name), label)) == "wrong_transfer_syntax"


def test_false_labels_of_other_encodings() -> None:
    for raw, label in (
        (big_endian(), uid.ExplicitVRLittleEndian), (big_endian(), uid.ImplicitVRLittleEndian),
        (implicit(), uid.ExplicitVRBigEndian), (implicit(), uid.JPEGBaseline8Bit),
    ):  # fmt: skip
        assert first_of(relabelled(raw, label)) == "wrong_transfer_syntax"


UNKNOWN = ("1.2.3", "2.25.4711", "1.3.46.670589.33.1.4.1", "garbage")


@pytest.mark.parametrize("label", UNKNOWN)
@pytest.mark.parametrize(
    ("name", "really"),
    [
        ("CT_small", "Explicit VR Little Endian"), ("MR_small_RLE", "RLE"),
        ("virtual/ct", "JPEG 2000"), ("MR_small_jpeg_ls_lossless", "JPEG-LS"),
        (JPEG, "JPEG Baseline"), ("rtplan", "Implicit VR Little Endian"),
        ("image_dfl", "Deflated Explicit VR Little Endian"),
    ],
)  # fmt: skip
def test_unknown_labels_under_which_pixels_betray_the_true_one(
    name: str, really: str, label: str
) -> None:
    first = clinic.examine(relabelled(raw_of(name), label)).diagnoses[0]
    assert first.fault == "wrong_transfer_syntax" and really in first.what and label in first.what


@pytest.mark.parametrize("label", UNKNOWN[:3])
def test_private_syntaxes_of_which_nothing_is_known_may_be_right(label: str) -> None:
    secret = opened("MR_small_RLE")
    secret.PixelData = encapsulate([b"ACME" * 100])
    shorter = changed("CT_small", PixelData=raw_of("CT_small")[-20_000:])
    for raw in (saved(secret), shorter):
        assert first_of(relabelled(raw, label)) == ""
    ge = "1.2.840.113619.5.2"  # implicit, with pixels in big endian
    assert first_of(relabelled(implicit(), ge)) == ""


@pytest.mark.parametrize("name", ["MR_small_RLE", "virtual/ct", JPEG, "SC_rgb_rle_2frame"])
def test_compressed_pixels_under_other_vrs(name: str) -> None:
    raw = raw_of(name)
    place = making.element(raw).offset
    for vr, fault in ((b"UN", "wrong_vr"), (b"OW", "compressed_ow"), (b"OB", "")):
        bad = raw[: place + 4] + vr + raw[place + 6 :]
        assert first_of(bad) == fault
        assert np.array_equal(stored_values(reading.read(bad)), stored_values(reading.read(raw)))
        for native in (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian):
            assert first_of(relabelled(bad, native)) == "wrong_transfer_syntax"


@pytest.mark.parametrize("part", [0, 0.001, 0.5, 0.9999])
def test_native_pixels_cut_off_in_every_encoding(part: float) -> None:
    for raw in (raw_of("CT_small"), big_endian(), implicit(), raw_of("rtdose")):
        pixels = making.element(raw)
        cut = pixels.value_offset + int(pixels.length * part)
        assert first_of(raw[:cut]) == "truncated_pixels"


def test_cuts_in_front_of_and_behind_pixels() -> None:
    raw = raw_of("CT_small")
    for size in (200, 900, len(raw) - 20):
        assert first_of(raw[:size]) == "truncated"
    assert first_of(raw_of("rtplan")[:1500]) == "truncated"
    notes = clinic.examine(raw[: making.element(raw).offset]).diagnoses
    assert [one.where for one in notes] == ["PixelData"]


@pytest.mark.parametrize("name", ["virtual/ct", "MR_small_RLE", JPEG, "SC_rgb_rle_2frame"])
def test_compressed_pixels_cut_anywhere(name: str) -> None:
    raw = raw_of(name)
    parts = [e for e in Inside(raw, "").elements if "fragment" in e.kind or "table" in e.kind]
    last = parts[-1]
    for size in (last.offset + 5, last.value_offset + (last.length or 0) // 3, parts[0].end):
        assert first_of(raw[:size]) == "truncated_fragments", size
    for size in (last.end, last.end + 4):  # all of them are there
        assert first_of(raw[:size]) in ("no_delimiter", "truncated_fragments")


def odd(raw: bytes, tag: int) -> bytes:
    inside = Inside(raw, "")
    return making.shortened(raw, inside, inside.top(tag))


def test_odd_lengths_of_any_element_in_any_encoding() -> None:
    plain = raw_of("CT_small")
    for raw in (plain, big_endian(), implicit()):
        assert first_of(odd(raw, 0x00080070)) == "odd_length"
    for tag in (0x0020000D, 0x00280030, 0x00090010, 0x00020016, PIXELS):
        assert first_of(odd(plain, tag)) == "odd_length"


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x00280010, b"SS"), (0x00280010, b"SH"), (0x00280030, b"LO"), (0x0020000D, b"LO"),
        (0x00100010, b"LO"), (0x00080020, b"LO"), (0x00200032, b"LO"), (0x00281053, b"SH"),
    ],
)  # fmt: skip
def test_wrong_vrs_of_other_elements(tag: int, vr: bytes) -> None:
    for raw in (raw_of("CT_small"), big_endian()):
        each = making.element(raw, tag)
        assert first_of(raw[: each.offset + 4] + vr + raw[each.offset + 6 :]) == "wrong_vr"


def stored_text(codec: str, term: str | None, text: str, keyword: str = "PatientName") -> bytes:
    """Return a file with text in one character set under the label of another."""
    dataset = opened("CT_small")
    dataset.pop("SpecificCharacterSet", None)
    if term:
        dataset.SpecificCharacterSet = term
    coded = text.encode(codec)
    held = "@" * (len(coded) + len(coded) % 2)
    place: Any = dataset
    if keyword == "CodeMeaning":
        place = Dataset()
        dataset.ProcedureCodeSequence = [place]
    setattr(place, keyword, held)
    raw = saved(dataset)
    assert raw.count(held.encode()) == 1
    return raw.replace(held.encode(), coded.ljust(len(held)))


RUSSIAN, GERMAN = "Иванов^Иван", "Müller^Jörg"
TEXTS = [
    ("cp1251", None, RUSSIAN), ("cp1251", "ISO_IR 100", RUSSIAN), ("cp1251", "ISO_IR 144", RUSSIAN),
    ("cp1251", "ISO_IR 192", RUSSIAN), ("utf8", None, RUSSIAN), ("utf8", "ISO_IR 100", RUSSIAN),
    ("utf8", "ISO_IR 144", RUSSIAN), ("koi8-r", None, RUSSIAN), ("koi8-r", "ISO_IR 144", RUSSIAN),
    ("cp866", None, RUSSIAN), ("utf8", "ISO_IR 100", GERMAN), ("utf8", None, GERMAN),
    ("latin1", "ISO_IR 192", GERMAN), ("latin1", None, GERMAN),
    ("iso8859-7", "ISO_IR 100", "Διονυσιος^Παπα"), ("shift_jis", None, "山田^太郎"),
    ("gb18030", "ISO_IR 100", "王^小东"), ("euc_kr", None, "김^희중"), ("utf8", None, "山田^太郎"),
    ("iso8859-11", "ISO_IR 100", "สมชาย^ใจดี"), ("iso8859-11", None, "กรุงเทพ^มานี"),
    ("iso8859-11", "ISO_IR 144", "วิชัย^ทองคำ"), ("iso8859-6", "ISO_IR 100", "قباني^لنزار"),
    ("iso8859-6", "ISO_IR 144", "محمد^علي"), ("iso8859-8", "ISO_IR 144", "לוי^רחל"),
    ("iso8859-8", "ISO_IR 100", "שרון^דבורה"), ("iso8859-2", "ISO_IR 100", "Wałęsa^Łucja"),
    ("ascii", "UTF-8", "Ivanov^Ivan"), ("ascii", "ISO-IR 100", "Ivanov^Ivan"),
]  # fmt: skip


@pytest.mark.parametrize(("codec", "term", "text"), TEXTS)
def test_text_under_the_label_of_another_set(codec: str, term: str | None, text: str) -> None:
    assert first_of(stored_text(codec, term, text)) == "character_set"


@pytest.mark.parametrize(
    ("codec", "name", "text"),
    [
        ("iso8859-11", "ISO_IR 166", "นาย สมศักดิ์ วงศ์ใหญ่"), ("iso8859-8", "ISO_IR 138", "לוי^רחל"),
        ("iso8859-6", "ISO_IR 127", "الحسن^فاطمة"), ("iso8859-7", "ISO_IR 126", "Γεώργιος^Νίκος"),
    ],
)  # fmt: skip
def test_the_likely_set_is_named_and_the_right_label_is_not_doubted(
    codec: str, name: str, text: str
) -> None:
    found = clinic.examine(stored_text(codec, "ISO_IR 100", text)).diagnoses[0]
    assert f"'{text}' in {name}" in found.what
    assert first_of(stored_text(codec, name, text)) == ""


@pytest.mark.parametrize(
    "text",
    ["Éric^Hélène", "Åse^Øyvind", "Þór^Guðrún", "ÅNGSTRÖM^ÅSA", "Ñandú", "37° 5 µm ±2", "Größe",
     "Gonçalves^João", "Øen", "Ångström Ö", "Ý", "ÄÖÜ", "naïve façade", "Straße 5²"],
)  # fmt: skip
def test_latin_text_under_its_label_is_not_doubted(text: str) -> None:
    assert first_of(stored_text("latin1", "ISO_IR 100", text)) == ""


@pytest.mark.parametrize("keyword", ["InstitutionName", "StudyDescription", "CodeMeaning"])
def test_text_of_another_set_in_other_elements(keyword: str) -> None:
    text = "Рентгенография грудной клетки"
    assert first_of(stored_text("cp1251", None, text, keyword)) == "character_set"


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("PatientName", "??????"), ("PatientName", "??????^????=??????"),
        ("ReferringPhysicianName", "?????^?.?."), ("StudyDescription", "?? ??????? ??????"),
        ("PatientName", "����^��"), ("PatientName", "¿¿¿¿¿¿^¿¿¿¿"),
    ],
)  # fmt: skip
def test_letters_that_were_lost(keyword: str, text: str) -> None:
    raw = changed("CT_small", SpecificCharacterSet="ISO_IR 192", **{keyword: text})
    assert first_of(raw) == "text_lost"


@pytest.mark.parametrize("text", ["Fracture?", "?", "Tumour??", "Is it so? Yes?", "M?ller"])
def test_questions_are_no_lost_letters(text: str) -> None:
    assert first_of(changed("CT_small", StudyDescription=text)) == ""


@pytest.mark.parametrize(
    "values",
    [
        {"RescaleSlope": None}, {"RescaleIntercept": None},
        {"RescaleSlope": "", "RescaleIntercept": ""},
    ],
)  # fmt: skip
def test_part_of_rescale_is_lost(values: dict[str, object]) -> None:
    for raw in (raw_of("CT_small"), implicit()):
        assert first_of(changed(raw, **values)) == "rescale_lost"


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("PixelSpacing", "0.66145801544189453\\0.66145801544189453"),
        ("SliceLocation", "-1.23456789012345e-05"),
        ("ImagePositionPatient", "-158.135803222656\\-179.0357971191406\\-75.69999694824219"),
    ],
)
def test_long_decimals_of_other_elements(keyword: str, text: str) -> None:
    tag, dataset = tag_for_keyword(keyword) or 0, opened("CT_small")
    dataset[tag] = DataElement(tag, "DS", text, validation_mode=config.IGNORE)
    assert first_of(saved(dataset)) == "long_decimal"


def undelimited(name: str) -> bytes:
    dataset = opened(name)
    for each in dataset.iterall():
        if each.VR == "SQ":
            each.is_undefined_length = True
            for item in each.value:
                item.is_undefined_length_sequence_item = True
    return saved(dataset)


@pytest.mark.parametrize("name", ["rtplan", "reportsi"])
@pytest.mark.parametrize("delimiter", [SEQUENCE_END, ITEM_END])
def test_delimiters_that_are_missing_anywhere(name: str, delimiter: bytes) -> None:
    raw = undelimited(name)
    for place in (raw.find(delimiter), raw.rfind(delimiter)):
        assert first_of(raw[:place] + raw[place + 8 :]) == "no_delimiter", place


@pytest.mark.parametrize(
    "start",
    [
        b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"<?xml", b"<script>", b"<HTML>", b"@echo off",
        b"\x89PNG\r\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"Rar!", b"7z\xbc\xaf", b"%!PS",
        b"\0\0%PDF",
    ],
)  # fmt: skip
def test_other_beginnings_in_the_preamble(start: bytes) -> None:
    raw = raw_of("CT_small")
    assert first_of(start + raw[len(start) :]) == "preamble_twin"


@pytest.mark.parametrize(
    "name", ["CT_small", "virtual/mr_t2", "virtual/ct", "MR_small_RLE", "MR_small_jpeg_ls_lossless"]
)
def test_wrong_rows_and_columns_of_every_kind(name: str) -> None:
    dataset = opened(name)
    rows, columns = dataset.Rows, dataset.Columns
    for values in ({"Rows": rows + 7}, {"Rows": rows - 9}, {"Rows": rows * 2},
                   {"Columns": columns - 8}, {"Columns": columns + 16},
                   {"Columns": columns // 2}, {"Rows": rows // 2}):  # fmt: skip
        assert first_of(changed(name, **values)) == "wrong_rows", values


def folded(name: str, step: int) -> bytes:
    """Return a picture with half of its rows and columns twice as long, or the other way round."""
    dataset = making.native(raw_of(name))
    rows, columns = dataset.Rows, dataset.Columns
    dataset.Rows = rows // 2 if step > 0 else rows * 2
    dataset.Columns = columns * 2 if step > 0 else columns // 2
    return saved(dataset)


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize(
    "name", ["CT_small", "virtual/ct", "virtual/mr_t1", "virtual/cr", "virtual/sc", "virtual/us"]
)
def test_half_of_the_rows_and_columns_twice_as_long(name: str, step: int) -> None:
    assert first_of(folded(name, step)) == "wrong_rows"
    dataset = opened(folded(name, step))
    dataset.compress(uid.RLELossless, generate_instance_uid=False)
    assert first_of(saved(dataset)) == "wrong_rows"


def test_wide_and_tall_pictures_are_sound() -> None:
    plain = making.native(raw_of("virtual/cr"))
    picture = plain.pixel_array[:480, :480]
    noise = np.random.default_rng(7).integers(0, 4000, (60, 300))
    stripes = np.repeat(np.arange(0, 2000, 50)[:, None], 240, 1)
    for wide in (
        picture[200:300], np.hstack([picture[:240]] * 2), np.hstack([picture[:120]] * 4),
        np.tile(picture[:40, :40], (1, 6)), noise, stripes, stripes[::-1] % 700, picture[:100] * 0,
    ):  # fmt: skip
        for each in (wide, wide.T):
            plain.Rows, plain.Columns = each.shape
            plain.PixelData = np.ascontiguousarray(each.astype("<u2")).tobytes()
            assert first_of(saved(plain)) == "", each.shape


@pytest.mark.parametrize("name", ["MR_small_RLE", "SC_rgb_rle", "SC_rgb_rle_2frame"])
def test_no_decoder_panics_of_wrong_rows_in_rle(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    dataset = opened(name)
    for values in ({"Rows": dataset.Rows - 1}, {"Rows": dataset.Rows // 2}, {"Columns": 3},
                   {"Rows": dataset.Rows + 1}, {"Rows": dataset.Rows * 90}):  # fmt: skip
        (first,) = clinic.examine(changed(name, **values)).diagnoses
        assert first.fault == "wrong_rows" and "RLE" in first.what
    assert capfd.readouterr().err == ""


def test_no_decoder_panics_of_a_large_frame_in_rle(capfd: pytest.CaptureFixture[str]) -> None:
    dataset = making.native(raw_of("virtual/cr"))
    noise = np.random.default_rng(7).integers(0, 256, (1600, 1500), np.uint8)
    dataset.set_pixel_data(noise, "MONOCHROME2", 8, generate_instance_uid=False)
    dataset.compress(uid.RLELossless, generate_instance_uid=False)
    assert first_of(saved(dataset)) == ""
    dataset.Rows -= 40
    assert first_of(saved(dataset)) == "wrong_rows"
    assert capfd.readouterr().err == ""


def test_rows_and_columns_that_changed_places() -> None:
    dataset = opened("virtual/cr")
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        dataset.decompress(generate_instance_uid=False)
    dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[:, :-90]).tobytes()
    dataset.Columns -= 90
    assert first_of(saved(dataset)) == ""
    dataset.Rows, dataset.Columns = dataset.Columns, dataset.Rows
    assert first_of(saved(dataset)) == "wrong_rows"


def test_planar_configuration_of_16_bits_and_of_many_frames() -> None:
    dataset = making.native(raw_of("virtual/sc"))
    dataset.PlanarConfiguration = 1 - dataset.PlanarConfiguration
    for syntax in (uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian):
        assert first_of(encoded(saved(dataset), syntax)) == "planar_configuration"
    stored = dataset.PixelData
    dataset.NumberOfFrames, dataset.PixelData = 3, stored * 3
    assert first_of(saved(dataset)) == "planar_configuration"
    del dataset.NumberOfFrames
    dataset.PixelData = (np.frombuffer(stored, np.uint8).astype("<u2") * 200).tobytes()
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    assert first_of(saved(dataset)) == "planar_configuration"


@pytest.mark.parametrize("end", [0, 1, 62, 255])
def test_wrong_scan_headers_in_any_frame(end: int) -> None:
    dataset = opened(JPEG)
    (good,) = generate_frames(dataset.PixelData, number_of_frames=1)
    scan = good.find(b"\xff\xda")
    place = scan + int.from_bytes(good[scan + 2 : scan + 4], "big")
    bad = good[:place] + bytes([end]) + good[place + 1 :]
    dataset.PixelData = encapsulate([bad])
    assert first_of(saved(dataset)) == "jpeg_scan_header"
    dataset.PixelData, dataset.NumberOfFrames = encapsulate([good, good, bad]), 3
    assert first_of(saved(dataset)) == "jpeg_scan_header"


def test_the_patient_with_the_scan_header_is_shown_by_most_programs() -> None:
    raw = clinic.admit("jpeg_scan_header")
    good = dcmread(samples.path(JPEG)).pixel_array
    assert np.array_equal(dcmread(BytesIO(raw)).pixel_array, good)  # by Pillow


@pytest.mark.tools
def test_dcmtk_complains_of_that_scan_header_and_decodes_it(tmp_path: Any) -> None:
    import subprocess

    tools.require("dcmdjpeg")
    (tmp_path / "sick.dcm").write_bytes(clinic.admit("jpeg_scan_header"))
    command = ["dcmdjpeg", "sick.dcm", "shown.dcm"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Invalid SOS" in done.stderr
    shown = dcmread(tmp_path / "shown.dcm").pixel_array
    assert np.array_equal(shown, dcmread(samples.path(JPEG)).pixel_array)


def references() -> Iterator[tuple[str, Dataset]]:
    for sequence, keyword in (
        ("ReferencedImageSequence", "ReferencedSOPClassUID"),
        ("SourceImageSequence", "ReferencedSOPInstanceUID"),
        ("ReferencedSeriesSequence", "SeriesInstanceUID"),
        ("StudiesContainingOtherReferencedInstancesSequence", "StudyInstanceUID"),
    ):
        item = Dataset()
        item.ReferencedSOPClassUID = uid.CTImageStorage
        item.ReferencedSOPInstanceUID = "1.2.3"
        setattr(item, keyword, "")
        yield sequence, item


def test_other_references_that_were_emptied() -> None:
    for raw in (raw_of("CT_small"), implicit(), big_endian()):
        for sequence, item in references():
            assert first_of(changed(raw, **{sequence: [item]})) == "emptied_uid", sequence
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
        assert first_of(changed("CT_small", **{keyword: ""})) == "missing"


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"]
)
def test_invented_uids_of_other_elements(keyword: str) -> None:
    for name in ("CT_small", "virtual/mr_t1", "image_dfl"):
        assert first_of(changed(name, **{keyword: "2.4455667788"})) == "invented_uid"
    assert first_of(changed("CT_small", **{keyword: "1.40.5"})) == "invented_uid"


@pytest.mark.parametrize(
    ("name", "code"), [("CT_small", "MR"), ("MR_small", "SEG"), ("virtual/us", "CT"),
                       ("virtual/pt", "SEG"), ("virtual/cr", "SEG"), ("CT_small", "RTSTRUCT")]
)  # fmt: skip
def test_other_modalities_in_other_classes(name: str, code: str) -> None:
    assert first_of(changed(name, Modality=code)) == "modality_against_class"


def test_uids_of_group_2_that_are_missing() -> None:
    dataset = opened("CT_small")
    del dataset.file_meta.MediaStorageSOPInstanceUID
    assert first_of(saved(dataset)) == "missing"


# ---- how much is read


def test_what_follows_a_broken_place_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    read: Any = reading.read

    def counted(source: bytes) -> Any:
        sizes.append(len(source))
        return read(source)

    monkeypatch.setattr(reading, "read", counted)
    zeros, raw = bytes(8 * 2**20), raw_of("CT_small")
    for useless in (zeros, bytes(128) + b"DICM" + zeros):
        assert clinic.examine(useless).diagnoses[0].fault == "not_dicom"
    assert sizes == []
    assert clinic.examine(raw + zeros).diagnoses[0].fault == "broken_structure"
    assert sizes == [len(raw)]


def test_more_elements_than_are_looked_at_are_told_as_such() -> None:
    raw = implicit("rtplan")
    many = raw + b"".join(struct.pack("<HHL", 0x3001 + 2 * (n >> 16), n & 0xFFFF, 0)
                          for n in range(130_000))  # fmt: skip
    found = clinic.examine(many)
    assert "too_many" in {one.fault for one in found.diagnoses}


def test_each_file_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    read_bytes: Any = reading.read_bytes

    def counted(source: Any) -> Any:
        if not isinstance(source, bytes):
            read.append(source)
        return read_bytes(source)

    monkeypatch.setattr(reading, "read_bytes", counted)
    paths = [samples.path(name) for name in ("CT_small", "virtual/ct", "MR_small_RLE")]
    assert all(found.is_sound for found in clinic.examine_all(paths[:2]))
    list(clinic.examine_all(paths[2:]))
    assert read == paths


def test_what_was_sound_before_is_found_sound_and_wrong_is_found_wrong() -> None:
    names = [
        "CT_small",
        "MR_small",
        "rtplan",
        "badVR",
        "chrRuss",
        "reportsi",
        "no_meta_group_length",
    ]
    twice = [[clinic.examine(name).diagnoses for name in names] for _time in range(2)]
    assert twice[0] == twice[1]


# ---- series in other directions


def turned(files: list[bytes], degrees: float) -> list[bytes]:
    """Return slices turned around the first axis of the patient."""
    angle = np.deg2rad(degrees)
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    made = []
    for raw in files:
        dataset = opened(raw)
        rows = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3) @ turn.T
        place = turn @ np.array(dataset.ImagePositionPatient, float)
        dataset.ImageOrientationPatient = [f"{one:.6f}" for one in rows.reshape(-1)]
        dataset.ImagePositionPatient = [f"{one:.6f}" for one in place]
        made.append(saved(dataset))
    return made


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_series_in_any_direction(degrees: float) -> None:
    for stack in (confusion.series()[0], confusion.series()[3]):
        given = turned(stack, degrees)
        files = [given[one.given] for one in volume.sort_slices(map(opened, given))]
        assert confusion.first_of(files) == ""
        backwards = [changed(raw, InstanceNumber=100 - n) for n, raw in enumerate(files)]
        assert confusion.first_of(backwards[::2] + backwards[1::2]) == ""
        assert confusion.first_of(files[:2] + files[4:]) == "incomplete_series"
        assert confusion.first_of(patients.incomplete_series(files)) == "incomplete_series"
        assert confusion.first_of(patients.shuffled_series(files)) == "shuffled_series"


# ---- the second opinion


@pytest.mark.tools
def test_the_validator_has_one_runner_and_says_why_it_did_not_judge(tmp_path: Any) -> None:
    program = tools.dciodvfy()
    rtplan = read_write.verdict("rtplan")
    assert rtplan.broken is None and rtplan == read_write.verdict("rtplan", program)
    assert set(rtplan.errors) < set(rtplan.complaints) < set(rtplan.lines)
    deflated = read_write.verdict("image_dfl")
    assert deflated.broken is not None and deflated.errors == []
    path = tmp_path / "nothing"
    path.write_bytes(b"")
    assert read_write.verdict(path).errors or read_write.verdict(path).broken
