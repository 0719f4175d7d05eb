"""Answers to the exercises of 07d to 07f: right ones of many forms, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answers import all_right, all_wrong, judged
from pydicom import Dataset, FileDataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_color_lut, convert_color_space
from pydicom.pixels.utils import iter_pixels, pixel_array
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)
from pydicom.valuerep import DSfloat

from dicom_lessons import compression, pixels, read_write, samples
from dicom_lessons.exercises.lessons import declared

Array = Any


# ---- compression-1: a pixel among the bytes


def array_of(data: bytes, rows: int, columns: int, planar: int) -> Array:
    every = np.frombuffer(data, "uint8")
    if planar:
        return every.reshape(3, rows, columns).transpose(1, 2, 0)
    return every.reshape(rows, columns, 3)


def by_steps(data: bytes, rows: int, columns: int, planar: int, row: int, column: int) -> Any:
    place, step = row * columns + column, rows * columns
    if planar:
        return [data[place + step * sample] for sample in range(3)]
    return [data[3 * place + sample] for sample in range(3)]


def by_slices(data: bytes, rows: int, columns: int, planar: int, row: int, column: int) -> Any:
    place = row * columns + column
    return list(data[place :: rows * columns] if planar else data[3 * place :][:3])


def by_rows(data: bytes, rows: int, columns: int, planar: int, row: int, column: int) -> Any:
    if not planar:
        line = data[row * columns * 3 : (row + 1) * columns * 3]
        return list(line[column * 3 : column * 3 + 3])
    planes = [data[n * rows * columns : (n + 1) * rows * columns] for n in range(3)]
    return [plane[row * columns + column] for plane in planes]


def by_strides(data: bytes, rows: int, columns: int, planar: int, row: int, column: int) -> Any:
    pixel, sample = (1, rows * columns) if planar else (3, 1)
    start = (row * columns + column) * pixel
    return [data[start], data[start + sample], data[start + 2 * sample]]


PIXEL_RIGHT = [
    *(by_steps, by_slices, by_rows, by_strides),
    lambda *given: array_of(*given[:4])[given[4], given[5]],
    lambda *given: array_of(*given[:4])[given[4], given[5]].tolist(),
    lambda *given: tuple(by_steps(*given)),
    lambda *given: bytes(by_steps(*given)),
    lambda *given: [np.uint8(sample) for sample in by_steps(*given)],
    lambda *given: [float(sample) for sample in by_steps(*given)],
    lambda *given: bytearray(by_slices(*given)),
]
steps: Callable[..., Any] = by_steps
PIXEL_WRONG = [
    lambda *given: steps(*given[:3], 0, *given[4:]),
    lambda *given: steps(*given[:3], 1, *given[4:]),
    lambda *given: steps(*given[:3], 1 - given[3], *given[4:]),
    lambda *given: steps(given[0], given[2], given[1], *given[3:]),
    lambda *given: steps(*given[:4], given[5], given[4])
    if given[5] < given[1] else steps(*given[:4], 0, 0),
    lambda *given: steps(*given)[::-1],
    lambda *given: steps(*given)[0],
    lambda *given: [*steps(*given), 255],
    lambda data, rows, columns, planar, row, column: list(data[row * columns + column :][:3]),
    lambda data, rows, columns, planar, row, column: list(
        data[3 * (row * columns + column - 1) :][:3]
    ),
    lambda *given: sum(steps(*given)) // 3,
    lambda *given: [sample + 1 for sample in steps(*given)],
]  # fmt: skip

# ---- compression-2: marks

RATIO, METHOD = "LossyImageCompressionRatio", "LossyImageCompressionMethod"


def values_of(dataset: Dataset, keyword: str) -> list[Any]:
    if keyword not in dataset:
        return []
    element = dataset[keyword]
    return list(element.value) if element.VM > 1 else [element.value]


def marked(dataset: Dataset, ratios: Any, methods: Any, flag: Any = "01") -> Dataset:
    dataset.LossyImageCompression = flag
    dataset.LossyImageCompressionRatio, dataset.LossyImageCompressionMethod = ratios, methods
    return dataset


def appended(dataset: Dataset, ratio: float, method: str) -> Dataset:
    for keyword, value in ((RATIO, ratio), (METHOD, method)):
        if keyword not in dataset:
            setattr(dataset, keyword, value)
        elif dataset[keyword].VM == 1:
            setattr(dataset, keyword, [dataset[keyword].value, value])
        else:
            dataset[keyword].value.append(value)
    dataset.LossyImageCompression = "01"
    return dataset


def by_tags(dataset: Dataset, ratio: float, method: str) -> Dataset:
    ratios, methods = values_of(dataset, RATIO), values_of(dataset, METHOD)
    dataset.add_new(0x00282110, "CS", "01")
    dataset.add_new(0x00282112, "DS", [*ratios, ratio])
    dataset.add_new(0x00282114, "CS", [*methods, method])
    return dataset


def by_multi_value(dataset: Dataset, ratio: float, method: str) -> Dataset:
    def several(keyword: str) -> list[Any]:
        value = dataset.get(keyword, [])
        return list(value) if isinstance(value, MultiValue | list) else [value]

    return marked(dataset, [*several(RATIO), ratio], [*several(METHOD), method])


def by_backslashes(dataset: Dataset, ratio: float, method: str) -> Dataset:
    ratios = [str(value) for value in values_of(dataset, RATIO)]
    return marked(
        dataset,
        "\\".join([*ratios, str(ratio)]),
        "\\".join([*values_of(dataset, METHOD), method]),
    )


def of_a_copy(dataset: Dataset, ratio: float, method: str) -> Dataset:
    other = Dataset()
    other.update(dataset)
    return appended(other, ratio, method)


def lists(
    ratio_of: Callable[[Any], Any] = lambda ratio: ratio,
) -> Callable[[Dataset, float, str], Dataset]:
    return lambda dataset, ratio, method: marked(
        dataset,
        [*values_of(dataset, RATIO), ratio_of(ratio)],
        [*values_of(dataset, METHOD), method],
    )


MARKS_RIGHT = [
    *(appended, by_tags, by_multi_value, by_backslashes, of_a_copy),
    lists(),
    lists(str),
    lists(float),
    lists(DSfloat),
    lists(lambda ratio: f"{ratio:.2f}"),
    lambda dataset, ratio, method: marked(
        dataset,
        np.array([*map(float, values_of(dataset, RATIO)), ratio]).tolist(),
        np.array([*values_of(dataset, METHOD), method]).tolist(),
    ),
]


def twice_marked(dataset: Dataset, ratio: float, method: str) -> Dataset:
    return appended(appended(dataset, ratio, method), ratio, method)


def also_derived(dataset: Dataset, ratio: float, method: str) -> Dataset:
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    return appended(dataset, ratio, method)


def nested(dataset: Dataset, ratio: float, method: str) -> Dataset:
    def several(keyword: str, value: Any) -> Any:
        old = dataset.get(keyword)
        return [value] if old is None else [old, value]

    return marked(dataset, several(RATIO, ratio), several(METHOD, method))


def flagged(flag: Any) -> Callable[[Dataset, float, str], Dataset]:
    def mark(dataset: Dataset, ratio: float, method: str) -> Dataset:
        appended(dataset, ratio, method).LossyImageCompression = flag
        return dataset

    return mark


def unflagged(dataset: Dataset, ratio: float, method: str) -> Dataset:
    del appended(dataset, ratio, method).LossyImageCompression
    return dataset


MARKS_WRONG = [
    *(nested, twice_marked, also_derived, unflagged),
    *map(flagged, ("1", "00", "YES")),
    lambda dataset, ratio, method: marked(dataset, ratio, method),
    lambda dataset, ratio, method: marked(
        dataset, [ratio, *values_of(dataset, RATIO)], [method, *values_of(dataset, METHOD)]
    ),
    lambda dataset, ratio, method: marked(
        dataset, [*values_of(dataset, RATIO), ratio], [method]
    ),
    lambda dataset, ratio, method: marked(
        dataset, [*values_of(dataset, RATIO), round(ratio)], [*values_of(dataset, METHOD), method]
    ),
    lambda dataset, ratio, method: marked(
        dataset, [*values_of(dataset, RATIO), 1 / ratio], [*values_of(dataset, METHOD), method]
    ),
    lambda dataset, ratio, method: marked(Dataset(), ratio, method),
    lambda dataset, ratio, method: appended(dataset, ratio, method).LossyImageCompression,
]  # fmt: skip

# ---- compression-4: a covered name


def covered(
    *,
    change: Callable[[Array], None] = lambda array: array.__setitem__(slice(60), 0),
    after: Callable[[FileDataset], object] = lambda dataset: None,
    uid: bool = True,
) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        dataset = samples.read("virtual/sc")
        array = dataset.pixel_array.copy()
        change(array)
        dataset.set_pixel_data(array, "RGB", bits_stored=8, generate_instance_uid=uid)
        after(dataset)
        path = folder / "covered.dcm"
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write


def compressed(syntax: str, **options: Any) -> Callable[[FileDataset], object]:
    return lambda dataset: dataset.compress(syntax, generate_instance_uid=False, **options)


def with_colour_transform(dataset: FileDataset) -> None:
    dataset.PhotometricInterpretation = "YBR_RCT"
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)


def by_the_course(syntax: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        capture = samples.read("virtual/sc")
        array = capture.pixel_array.copy()
        array[:60] = 0
        capture.set_pixel_data(array, "RGB", bits_stored=8)
        path = folder / "covered.dcm"
        done = compression.compress(capture, syntax)
        done.save_as(path, enforce_file_format=True)
        return path

    return write


def by_bytes(folder: Path) -> Path:
    dataset = samples.read("virtual/sc")
    dataset.decompress()
    array = dataset.pixel_array.copy()
    array[:60] = 0
    dataset.PixelData = array.tobytes()
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    path = folder / "bytes.dcm"
    dataset.save_as(path)
    return path


def in_planes(dataset: FileDataset) -> None:
    array = dataset.pixel_array
    dataset.PixelData = array.transpose(2, 0, 1).tobytes()
    dataset.PlanarConfiguration = 1


def in_implicit(dataset: FileDataset) -> None:
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset["PixelData"].VR = "OW"


def safely(folder: Path) -> Path:
    written = covered()(folder)
    again = samples.read("virtual/sc")
    again.set_pixel_data(pixels.stored_values(read(written)), "RGB", bits_stored=8)
    return read_write.save_safely(again, folder / "safely.dcm")


def read(path: Path) -> FileDataset:
    from pydicom import dcmread

    return dcmread(path)


COVER_RIGHT = [
    covered(),
    covered(after=compressed(RLELossless)),
    covered(after=compressed(JPEGLSLossless)),
    covered(after=compressed(JPEG2000Lossless)),
    covered(after=with_colour_transform),
    covered(after=lambda dataset: setattr(dataset, "BurnedInAnnotation", "NO")),
    covered(after=lambda dataset: setattr(dataset, "DerivationDescription", "Name covered")),
    covered(after=in_planes),
    covered(after=in_implicit),
    *map(by_the_course, (JPEG2000Lossless, RLELossless, JPEGLSLossless, ExplicitVRLittleEndian)),
    *(by_bytes, safely),
]  # fmt: skip


def as_before(folder: Path) -> Path:
    path = folder / "before.dcm"
    samples.read("virtual/sc").save_as(path)
    return path


def of_another_picture(folder: Path) -> Path:
    dataset = samples.read("examples_rgb_color")
    array = dataset.pixel_array.copy()
    array[:60] = 0
    dataset.set_pixel_data(array, "RGB", bits_stored=8)
    path = folder / "other.dcm"
    dataset.save_as(path)
    return path


def fill(where: Any, value: int = 0) -> Callable[[Array], None]:
    return lambda array: array.__setitem__(where, value)


def stale_copy(folder: Path) -> Path:
    dataset = read(covered()(folder))
    dataset.SOPInstanceUID = generate_uid()
    path = folder / "stale.dcm"
    dataset.save_as(path)
    return path


COVER_WRONG = [
    *(as_before, of_another_picture, stale_copy),
    covered(uid=False),
    covered(change=fill((slice(None), slice(60)))),
    covered(change=fill(slice(59))),
    covered(change=fill(slice(61))),
    covered(change=fill(slice(60), 255)),
    covered(change=fill(slice(60), 1)),
    covered(change=fill((slice(60), slice(None), 0))),
    covered(change=fill(slice(None))),
    covered(after=lambda dataset: delattr(dataset, "PatientID")),
    covered(after=lambda dataset: setattr(dataset, "PatientName", "Anonymous")),
    covered(after=lambda dataset: setattr(dataset, "StudyInstanceUID", generate_uid())),
    covered(after=compressed(JPEG2000, j2k_cr=[20])),
]

# ---- compression-6: colours


def first(dataset: Dataset) -> Array:
    return pixel_array(dataset, index=0)


def painted(dataset: Dataset, array: Array) -> Array:
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(array, dataset)
    return array


def eight(array: Array) -> Array:
    return (array >> 8 if array.dtype == np.uint16 else array).astype("uint8")


def of_all_frames(dataset: Dataset) -> Array:
    array = dataset.pixel_array
    if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
        array = array[0]
    return eight(painted(dataset, array))


def by_raw(dataset: Dataset) -> Array:
    kind = dataset.PhotometricInterpretation
    if kind.startswith("YBR_FULL"):
        raw = pixel_array(dataset, index=0, raw=True)
        return convert_color_space(raw, "YBR_FULL", "RGB")
    return eight(painted(dataset, first(dataset)))


COLOUR_RIGHT = [
    *(pixels.to_display, of_all_frames, by_raw),
    lambda dataset: eight(painted(dataset, first(dataset))),
    lambda dataset: eight(painted(dataset, next(iter_pixels(dataset)))),
    lambda dataset: pixels.to_display(dataset, frame=0),
    lambda dataset: np.rint(
        first(dataset) if dataset.SamplesPerPixel == 3
        else apply_color_lut(first(dataset), dataset) / 65535 * 255
    ).astype("uint8"),
    lambda dataset: np.array(eight(painted(dataset, first(dataset))), dtype=np.uint8, copy=True),
    lambda dataset: (
        apply_color_lut(first(dataset), dataset) // 257
        if dataset.PhotometricInterpretation.startswith("PALETTE") else first(dataset)
    ).astype("uint8"),
    lambda dataset: first(dataset) if dataset.SamplesPerPixel > 1
    else (apply_color_lut(first(dataset), dataset) / 256).astype("uint8"),
]  # fmt: skip
COLOUR_WRONG = [
    first,
    lambda dataset: dataset.pixel_array,
    lambda dataset: pixel_array(dataset, index=0, raw=True),
    lambda dataset: painted(dataset, first(dataset)),
    lambda dataset: painted(dataset, first(dataset)).astype("uint8"),
    lambda dataset: eight(painted(dataset, dataset.pixel_array)),
    lambda dataset: convert_color_space(eight(painted(dataset, first(dataset))), "YBR_FULL", "RGB"),
    lambda dataset: eight(painted(dataset, first(dataset))) / 255,
    lambda dataset: eight(painted(dataset, first(dataset)))[..., ::-1],
    lambda dataset: eight(painted(dataset, first(dataset))).transpose(2, 0, 1),
    lambda dataset: eight(painted(dataset, first(dataset))).astype("uint16"),
    lambda dataset: np.stack([first(dataset)] * 3, axis=-1),
    lambda dataset: 255 - eight(painted(dataset, first(dataset))),
    lambda dataset: pixels.to_display(dataset, frame=int(dataset.get("NumberOfFrames") or 1) - 1),
]

RIGHT: dict[str, list[Any]] = {
    "compression-1": PIXEL_RIGHT,
    "compression-2": MARKS_RIGHT,
    "compression-3": [["a", "c", "e", "g"], ("g", "e", "c", "a"), {"a", "c", "e", "g"},
                      ["A", "C", "E", "G"], np.array(["a", "c", "e", "g"]),
                      ["a.", "c.", "e.", "g."],
                      [" a", "c ", "(e)", "g"], dict.fromkeys("aceg").keys(),
                      ["'a'", "c", "e", "g"], frozenset("aceg"), list("gaec")],
    "compression-5": ["ecafbd", "ECAFBD", "e, c, a, f, b, d", list("ecafbd"), tuple("ECAFBD"),
                      "e c a f b d", "e-c-a-f-b-d", np.array(list("ecafbd")), " ecafbd ", "EcAfBd"],
    "compression-6": COLOUR_RIGHT,
}  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "compression-1": PIXEL_WRONG,
    "compression-2": MARKS_WRONG,
    "compression-3": [["a", "c", "e"], ["a", "c", "d", "e", "g"], ["c", "e", "g"], list("abcdefgh"),
                      ["a", "c", "e", "f", "g", "h"], [], ["b", "d", "f", "h"], 4, True,
                      ["a", "c", "e", "h"], ["RLE Lossless"], ["a", "c", "e", "g", "z"]],
    "compression-5": ["ecabfd", "ecafdb", "ebcafd", "ceafbd", "eacfbd", "ecfabd", "ecafb", "abcdef",
                      "ecafbdd", "", 5, ["e", "c"]],
    "compression-6": COLOUR_WRONG,
}  # fmt: skip


test_right_answers_of_many_forms_are_right = all_right(RIGHT)
test_wrong_answers_that_look_right_are_wrong = all_wrong(WRONG)


@pytest.mark.parametrize("write", COVER_RIGHT)
def test_a_covered_name_however_it_was_covered(
    write: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = write(tmp_path)
    assert judged("compression-4", path).right, judged("compression-4", path).why
    assert judged("compression-4", str(path)).right


@pytest.mark.parametrize("write", COVER_WRONG)
def test_a_name_that_is_not_covered_or_more_than_a_name(
    write: Callable[[Path], Path], tmp_path: Path
) -> None:
    verdict = judged("compression-4", write(tmp_path))
    assert verdict.right is False
    assert verdict.why


def test_every_answer_of_a_learner_stands_in_the_tables() -> None:
    graded = {name for name in declared("compression") if name.rpartition("-")[2].isdecimal()}
    assert {*RIGHT, "compression-4"} == {*WRONG, "compression-4"} == graded
    assert min(map(len, [*RIGHT.values(), *WRONG.values(), COVER_RIGHT, COVER_WRONG])) >= 10


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (flagged("YES"), "Lossy Image Compression is 'YES'; expected: '01'."),
        (also_derived, "Image Type is not asked for"),
        (MARKS_WRONG[8], "Lossy Image Compression Ratio is [8.0, 4.5]; expected: [4.5, 8.0]."),
    ],
)
def test_an_unforeseen_data_set_is_told_which_element_is_wrong(answer: object, said: str) -> None:
    assert said in judged("compression-2", answer).why
