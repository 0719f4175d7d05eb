"""Other people's programs read the virtual patient and find nothing to say."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.filereader import read_file_meta_info
from pydicom.pixels.processing import apply_modality_lut
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless
from tools import ORTHANC, complaints, dciodvfy, require

from dicom_lessons import samples
from dicom_lessons.modality import media

pytestmark = pytest.mark.tools

DATA = Path(__file__).parents[2] / "data"
FILES = sorted((DATA / "virtual").glob("*.dcm"))
# what a dictionary of 2022 says of Synthetic Data (0008,001C)
UNKNOWN = (
    ("Warning", "Unrecognized tag - assuming explicit value representation OK [CS]"),
    ("Error", "Attribute with an even group number is not a recognized standard attribute"),
    ("Warning", "Attribute is not present in standard DICOM IOD"),
)
RESULTS: dict[str, dict[str, str]] = defaultdict(dict)


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        words, capture_output=True, text=True, errors="replace", timeout=60, check=False, **options
    )


@pytest.fixture(scope="module", autouse=True)
def table(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what every program said, file by file, after the last test."""
    yield
    programs = sorted({program for row in RESULTS.values() for program in row})
    if not programs:
        return
    lines = ["", "| file | " + " | ".join(programs) + " |", "|---" * (len(programs) + 1) + "|"]
    for name, row in sorted(RESULTS.items()):
        lines.append(f"| {name} | " + " | ".join(row.get(p, "") for p in programs) + " |")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n".join(lines))


@pytest.fixture(scope="module")
def volumes() -> list[Path]:
    return [path for name in samples.names(kind="series") for path in samples.series(name)]


@pytest.fixture(scope="module")
def uncompressed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every file without compression, made by GDCM."""
    require("gdcmconv")
    directory = tmp_path_factory.mktemp("raw")
    for file in FILES:
        result = run("gdcmconv", "--raw", file, directory / file.name)
        assert result.returncode == 0, result.stderr
    return {file.stem: directory / file.name for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dciodvfy_has_nothing_to_say(file: Path) -> None:
    said = complaints(dciodvfy(), file)
    RESULTS[file.stem]["dciodvfy"] = f"{len(said)} complaints"
    assert said == []


def test_dciodvfy_has_nothing_to_say_of_the_series(volumes: list[Path]) -> None:
    program = dciodvfy()
    assert len(volumes) == 140
    assert {path.name: said for path in volumes if (said := complaints(program, path))} == {}


def test_the_dciodvfy_of_debian_12_only_does_not_know_synthetic_data(volumes: list[Path]) -> None:
    debian = "/usr/bin/dciodvfy"  # the newer one may stand before it in the PATH
    require(debian)
    unless_implicit, *always = (f"{kind} - </(0008,001c)> - {what}" for kind, what in UNKNOWN)
    for file in [*FILES, *volumes]:
        explicit = not read_file_meta_info(file).TransferSyntaxUID.is_implicit_VR
        expected = [unless_implicit, *always] if explicit else always
        assert sorted(complaints(debian, file)) == sorted(expected), file


def test_dcentvfy_finds_each_study_consistent(volumes: list[Path]) -> None:
    require("dcentvfy")
    studies: dict[str, list[Path]] = defaultdict(list)
    for file in [*FILES, *volumes]:
        studies[dcmread(file, stop_before_pixels=True).StudyInstanceUID].append(file)
    for files in studies.values():
        result = run("dcentvfy", *files)
        assert result.returncode == 0 and "Error" not in result.stderr, result.stderr
        for file in files:
            if file in FILES:
                RESULTS[file.stem]["dcentvfy"] = "clean"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dcmtk_and_gdcm_read_syntax_and_pixels(file: Path, tmp_path: Path) -> None:
    require("dcmdump", "dcmj2pnm", "dcml2pnm", "gdcminfo")
    ds = dcmread(file)
    assert run("dcmdump", "-q", file).returncode == 0
    RESULTS[file.stem]["dcmdump"] = "ok"
    info = run("gdcminfo", file)
    assert info.returncode == 0
    shape = [str(ds.Columns), str(ds.Rows), str(ds.get("NumberOfFrames", 1))]
    assert re.findall(r"Dimensions: \((\d+),(\d+),(\d+)\)", info.stdout) == [tuple(shape)]
    RESULTS[file.stem]["gdcminfo"] = "ok"
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax == JPEG2000Lossless:
        RESULTS[file.stem]["dcmtk picture"] = "no JPEG 2000"
        return
    program = "dcml2pnm" if syntax == JPEGLSLossless else "dcmj2pnm"
    picture = tmp_path / "picture.png"
    window = [] if ds.SamplesPerPixel == 3 or "WindowWidth" in ds else ["+Wm"]
    result = run(program, "+on", *window, file, picture)
    assert result.returncode == 0, result.stderr
    with Image.open(picture) as opened:
        assert opened.size == (ds.Columns, ds.Rows)
        assert np.asarray(opened).std() > 5
    RESULTS[file.stem]["dcmtk picture"] = "ok"


MACRO = """
files = split(getArgument(), "|");
for (i = 0; i < files.length; i++) {
  open(files[i]);
  getPixelSize(unit, width, height);
  getStatistics(area, mean);
  print("FILE " + File.getName(files[i]) + " " + unit + " " + d2s(width, 6) + " " + d2s(height, 6)
    + " " + d2s(mean, 4) + " " + getWidth() + " " + getHeight() + " " + nSlices);
  close();
}
print("DONE");
eval("script", "java.lang.System.exit(0);");
"""


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[str]:
    """A private X server on the first free display number."""
    require("Xvfb")
    reader, writer = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writer)
        with os.fdopen(reader) as pipe:
            display = pipe.readline().strip()
        yield f":{display}"
        server.terminate()


def test_imagej_measures_the_same(
    uncompressed: dict[str, Path], screen: str, tmp_path: Path
) -> None:
    require("java")
    archive = Path("/usr/share/java/ij.jar")
    if not archive.exists():
        require("imagej")
    macro = tmp_path / "measure.ijm"
    macro.write_text(MACRO)
    paths = "|".join(str(path) for path in uncompressed.values())
    result = run("java", "-jar", archive, "-ijpath", tmp_path, "-batch", macro, paths,
                 env={**os.environ, "DISPLAY": screen})  # fmt: skip
    measured = dict(re.findall(r"FILE (\w+)\.dcm (.*)", result.stdout))
    assert "DONE" in result.stdout and set(measured) == set(uncompressed), result.stdout
    for name, line in measured.items():
        unit, across, down, mean, columns, rows, frames = line.split()
        ds = dcmread(DATA / "virtual" / f"{name}.dcm")
        values = ds.pixel_array.astype(float)
        if "NumberOfFrames" in ds:
            values = values[0]
        if ds.SamplesPerPixel == 1:
            values = np.asarray(apply_modality_lut(values, ds), float)
        else:
            values = np.rint(values.sum(axis=-1) / 3)
        assert (int(columns), int(rows)) == (ds.Columns, ds.Rows)
        assert int(frames) == int(ds.get("NumberOfFrames", 1))
        assert float(mean) == pytest.approx(
            values.mean(), abs=0.51 if ds.SamplesPerPixel == 3 else 0.01
        )
        spacing = ds.get("PixelSpacing", ds.get("ImagerPixelSpacing"))
        if spacing is not None:
            assert unit == "mm"
            assert (float(down), float(across)) == pytest.approx(
                [float(s) for s in spacing], rel=1e-4
            )
        RESULTS[name]["ImageJ mean"] = f"{float(mean):.2f} = {values.mean():.2f}"
        RESULTS[name]["ImageJ pixel"] = f"{float(across):.4g} {unit}"


@pytest.mark.parametrize("name", samples.names(kind="series"))
def test_dcm2niix_sees_the_geometry_that_we_meant(name: str, tmp_path: Path) -> None:
    require("dcm2niix", "gdcmconv")
    files, raw = samples.series(name), tmp_path / "raw"
    raw.mkdir()
    for file in files:  # Debian's dcm2niix decodes no JPEG-LS
        assert run("gdcmconv", "--raw", file, raw / file.name).returncode == 0
    said = run("dcm2niix", "-f", "trunk", "-z", "n", "-b", "n", "-o", tmp_path, raw)
    assert "Error" not in said.stdout, said.stdout
    content = (tmp_path / "trunk.nii").read_bytes()
    shape = struct.unpack_from("<3h", content, 42)
    affine = np.array(struct.unpack_from("<12f", content, 280)).reshape(3, 4)
    lowest = dcmread(files[-1])
    assert shape == (lowest.Columns, lowest.Rows, len(files))
    row_spacing, column_spacing = (float(value) for value in lowest.PixelSpacing)
    x, y, z = (float(value) for value in lowest.ImagePositionPatient)
    # NIfTI counts to the right, to the front and to the head; its first row is our last.
    expected = np.array([
        [-column_spacing, 0, 0, -x],
        [0, row_spacing, 0, -(y + (lowest.Rows - 1) * row_spacing)],
        [0, 0, 5, z],
    ])  # fmt: skip
    assert affine == pytest.approx(expected, abs=1e-3)
    (start,) = struct.unpack_from("<f", content, 108)
    slope, intercept = struct.unpack_from("<2f", content, 112)
    # one rescale slope for all slices leaves integers, one for each makes dcm2niix take floats
    kind = {4: "<i2", 16: "<f4"}[struct.unpack_from("<h", content, 70)[0]]
    stored = np.frombuffer(content, kind, offset=int(start)).reshape(shape[::-1])
    for index, ds in ((0, lowest), (len(files) - 1, dcmread(files[0]))):
        ours = np.asarray(apply_modality_lut(ds.pixel_array, ds), float)
        assert stored[index, ::-1] * slope + intercept == pytest.approx(ours, rel=1e-6)
    RESULTS[name]["dcm2niix"] = f"{shape[0]} x {shape[1]} x {shape[2]}, affine equal"


def test_orthanc_stores_finds_and_returns_every_file(tmp_path: Path) -> None:
    require("Orthanc", "unshare", "ip")
    namespace = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    if run(*namespace, "true").returncode != 0:
        require("a private network namespace")
    script = tmp_path / "round_trip.py"
    script.write_text(ORTHANC)
    shell = 'ip link set lo up && exec "$@"'
    result = run(*namespace, "sh", "-c", shell, "sh", sys.executable, script, tmp_path, *FILES)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    for file in FILES:
        status, same = told["files"][str(file)]
        RESULTS[file.stem]["Orthanc"] = "same bytes" if same else "changed"
        assert (status, same) == ("Success", True)
    assert told["studies"] == 6


def test_dcmtk_reads_the_file_set(tmp_path: Path) -> None:
    require("dcmdump")
    index = media.write_media(tmp_path / "disc")
    listed = run("dcmdump", "-q", "+P", "0004,1500", index)
    assert listed.returncode == 0
    assert listed.stdout.count("ReferencedFileID") == len(FILES) + 140
    RESULTS["DICOMDIR"]["dcmdump"] = "ok"
