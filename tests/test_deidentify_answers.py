"""Answers to the exercises of lesson 08: right ones of many forms, and wrong ones."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answers import all_right, all_wrong, judged
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from dicom_lessons import deidentify

Answer = Any


# ---- deidentify-1: find a text at every depth

Test = Callable[[Any, str], bool]


def through(test: Test, deep: bool = True, result: Callable[[Any], Any] = list) -> Answer:
    """Return a find_text by a test of an element."""

    def find_text(dataset: Dataset, text: str) -> Any:
        every = dataset.iterall() if deep else iter(dataset)
        return result([one.name for one in every if test(one, text)])

    return find_text


def by_items(dataset: Dataset, text: str) -> list[str]:
    names = []
    for one in dataset:
        if one.VR == "SQ":
            for item in one.value:
                names.extend(by_items(item, text))
        elif text.casefold() in str(one.value).casefold():
            names.append(one.name)
    return names


def by_walk(dataset: Dataset, text: str) -> list[str]:
    names: list[str] = []

    def look(_dataset: Dataset, one: Any) -> None:
        if one.VR != "SQ" and text.lower() in str(one.value).lower():
            names.append(one.name)

    dataset.walk(look)
    return names


def by_stack(dataset: Dataset, text: str) -> list[str]:
    names, stack = [], list(dataset)[::-1]
    while stack:
        one = stack.pop()
        if one.VR == "SQ":
            stack += [inner for item in reversed(one.value) for inner in list(item)[::-1]]
        elif text.upper() in str(one.value).upper():
            names.append(one.name)
    return names


RIGHT_SEARCHES = [
    by_items,
    by_walk,
    by_stack,
    through(lambda one, text: one.VR != "SQ" and text.lower() in str(one.value).lower()),
    through(lambda one, text: one.VR != "SQ" and text.upper() in f"{one.value}".upper()),
    through(lambda one, text: one.VR != "SQ" and text.casefold() in str(one.value).casefold()),
    through(
        lambda one, text: (
            one.VR != "SQ" and bool(re.search(re.escape(text), str(one.value), re.IGNORECASE))
        )
    ),
    through(lambda one, text: one.VR != "SQ" and str(one.value).lower().find(text.lower()) >= 0),
    through(lambda one, text: one.VR != "SQ" and str(one.value).lower().count(text.lower()) > 0),
    through(
        lambda one, text: one.VR != "SQ" and text.lower() in str(one.value).lower(), result=tuple
    ),
]
WRONG_SEARCHES = [
    through(lambda one, text: one.VR != "SQ" and text.lower() in str(one.value).lower(), False),
    through(lambda one, text: one.VR != "SQ" and text in str(one.value)),
    through(lambda one, text: text.lower() in str(one.value).lower()),
    through(lambda one, text: one.VR != "SQ" and text.lower() == str(one.value).lower()),
    through(lambda one, text: one.VR != "SQ" and str(one.value).lower().startswith(text.lower())),
    through(lambda one, text: one.VR == "PN" and text.lower() in str(one.value).lower()),
    through(lambda one, _text: one.VR != "SQ"),
    through(lambda _one, _text: False),
    through(
        lambda one, text: one.VR != "SQ" and text.lower() in str(one.value).lower(), result=len
    ),
    through(
        lambda one, text: one.VR != "SQ" and text.lower() in str(one.value).lower(), result=sorted
    ),
]

# ---- deidentify-3: decide


def by_order(action: str, type: str) -> str:
    letters = action.split("/")
    return (
        action
        if len(letters) == 1
        else next((one for one in letters if one == "DZX"[int(type[0]) - 1]), letters[-1])
    )


def by_branches(action: str, type: str) -> str:
    if "/" not in action:
        return action
    if type.startswith("3"):
        wanted = "X"
    elif type.startswith("2"):
        wanted = "Z"
    else:
        wanted = "D"
    return wanted if wanted in action else action[-1]


def wanting(
    wanted: dict[str, str], rest: Callable[[str], str] = lambda action: action[-1]
) -> Answer:
    def decide(action: str, type: str) -> str:
        if "/" not in action:
            return action
        letter = wanted.get(type, wanted.get(type[0], ""))
        return letter if letter and letter in action else rest(action)

    return decide


GOOD = {"1": "D", "2": "Z", "3": "X"}
RIGHT_DECISIONS = [
    by_order,
    by_branches,
    wanting(GOOD),
    wanting({"1": "D", "1C": "D", "2": "Z", "2C": "Z", "3": "X"}),
    wanting(GOOD, lambda action: action.split("/")[-1]),
    wanting(GOOD, lambda action: action.rpartition("/")[2]),
    lambda action, type: by_branches(action, type[:1]),
    lambda action, type: by_branches(action, type.rstrip("C")),
    lambda action, type: by_branches(action=action, type=type),
    lambda action, type: action if len(action) == 1 else by_order(action, type),
]
WRONG_DECISIONS = [
    wanting(GOOD, lambda action: action[0]),
    wanting({"1": "D", "2": "Z", "3": "Z"}),
    wanting({"1": "Z", "2": "Z", "3": "X"}),
    wanting({"1": "X", "2": "Z", "3": "D"}),
    lambda action, type: action.split("/")[0],
    lambda action, type: action.split("/")[-1],
    lambda action, type: {"1": "D", "2": "Z", "3": "X"}[type[0]],
    lambda action, type: action,
    lambda action, type: "",
    lambda action, type: by_branches(action, type).lower(),
]

# ---- deidentify-4: a number with a secret


def number(secret: str, patient_id: str) -> str:
    return hmac.new(secret.encode(), patient_id.strip().encode(), "sha256").hexdigest()


def by_hand(secret: str, patient_id: str) -> str:
    key = secret.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in key) + patient_id.strip().encode())
    outer = hashlib.sha256(bytes(one ^ 0x5C for one in key) + inner.digest())
    return "P" + outer.hexdigest()[:12].upper()


def by_update(secret: str, patient_id: str) -> str:
    made = hmac.new(bytes(secret, "utf-8"), digestmod=hashlib.sha256)
    made.update(bytes(patient_id.strip(), "utf-8"))
    return f"P{made.hexdigest().upper():.12}"


RIGHT_NUMBERS = [
    by_hand,
    by_update,
    lambda secret, patient_id: "P" + number(secret, patient_id)[:12].upper(),
    lambda secret, patient_id: ("P" + number(secret, patient_id))[:13].upper(),
    lambda secret, patient_id: f"P{number(secret, patient_id)[:12].upper()}",
    lambda secret, patient_id: "P" + number(secret, patient_id).upper()[:12],
    lambda secret, patient_id: "".join(["P", *number(secret, patient_id)[:12].upper()]),
    lambda secret, patient_id: "P" + bytes.fromhex(number(secret, patient_id))[:6].hex().upper(),
    lambda secret, patient_id: (
        "P" + hmac.digest(secret.encode(), patient_id.strip().encode(), "sha256").hex()[:12].upper()
    ),
    lambda secret, patient_id: (
        "P"
        + hmac.new(secret.encode(), patient_id.strip(" ").encode(), hashlib.sha256)
        .hexdigest()[:12]
        .upper()
    ),
]
WRONG_NUMBERS = [
    lambda secret, patient_id: number(secret, patient_id)[:12].upper(),
    lambda secret, patient_id: "P" + number(secret, patient_id)[:12],
    lambda secret, patient_id: "P" + number(secret, patient_id)[:13].upper(),
    lambda secret, patient_id: "P" + number(secret, patient_id).upper(),
    lambda secret, patient_id: "P" + number(patient_id, secret)[:12].upper(),
    lambda secret, patient_id: "P" + number(secret, patient_id)[-12:].upper(),
    lambda secret, patient_id: (
        "P" + hashlib.sha256(patient_id.strip().encode()).hexdigest()[:12].upper()
    ),
    lambda secret, patient_id: (
        "P" + hashlib.sha256((secret + patient_id.strip()).encode()).hexdigest()[:12].upper()
    ),
    lambda secret, patient_id: (
        "P" + hmac.new(secret.encode(), patient_id.encode(), "sha256").hexdigest()[:12].upper()
    ),
    lambda secret, patient_id: (
        "P" + hmac.new(secret.encode(), patient_id.strip().encode(), "md5").hexdigest()[:12].upper()
    ),
    lambda secret, patient_id: "P",
]

# ---- deidentify-5: move a date


def by_parts(value: str, days: int) -> str:
    digits = "".join(one for one in value if one.isdigit())
    if not digits:
        return ""
    moved = date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) + timedelta(days)
    return moved.strftime("%Y%m%d")


def by_iso(value: str, days: int) -> str:
    if value == "":
        return ""
    read = date.fromisoformat(value.replace(".", ""))
    return (read + timedelta(days=days)).isoformat().replace("-", "")


def by_ordinal(value: str, days: int) -> str:
    if not value:
        return value
    read = datetime.strptime(value.replace(".", ""), "%Y%m%d").toordinal()
    return f"{date.fromordinal(read + days):%Y%m%d}"


def by_two_forms(value: str, days: int) -> str:
    if not value:
        return ""
    form = "%Y.%m.%d" if "." in value else "%Y%m%d"
    return (datetime.strptime(value, form) + timedelta(days)).strftime("%Y%m%d")


def by_numpy(value: str, days: int) -> str:
    if not value:
        return ""
    digits = value.replace(".", "")
    start = np.datetime64(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    return str(start + np.timedelta64(days, "D")).replace("-", "")


def by_pydicom(value: str, days: int) -> str:
    from pydicom.valuerep import DA

    read = DA(value)
    return f"{read + timedelta(days):%Y%m%d}" if read else ""


RIGHT_MOVES = [
    by_parts,
    by_iso,
    by_ordinal,
    by_two_forms,
    by_numpy,
    by_pydicom,
    lambda value, days: by_parts(value.strip(), days),
    lambda value, days: value and by_iso(value, days),
    lambda value, days: by_ordinal(value, int(days)) if value else value,
    lambda value, days: by_iso(by_iso(value, days - 1), 1),
]
WRONG_MOVES = [
    lambda value, days: str(int(value.replace(".", "")) + days) if value else value,
    lambda value, days: by_parts(value, -days),
    lambda value, days: value,
    lambda value, days: by_parts(value, days + 1),
    lambda value, days: by_parts(value or "19000101", days),
    lambda value, days: by_parts(value, days) or None,
    lambda value, days: by_iso(value, days)[2:],
    lambda value, days: datetime.strptime(value, "%Y%m%d") + timedelta(days),
    lambda value, days: (datetime.strptime(value, "%Y%m%d") + timedelta(days)).strftime("%Y%m%d"),
    lambda value, days: f"{by_two_forms(value, days)[:4]}.{by_two_forms(value, days)[4:]}",
]

# ---- deidentify-7: clean a text


def by_pattern(
    before: str, behind: str, longest: bool = True, flags: int = re.IGNORECASE
) -> Answer:
    def clean(text: str, words: list[str]) -> str:
        for word in sorted(words, key=len, reverse=True) if longest else words:
            text = re.sub(before + re.escape(word) + behind, "[removed]", text, flags=flags)
        return text

    return clean


def at_once(text: str, words: list[str]) -> str:
    if not words:
        return text
    every = "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{every})(?!\w)", "[removed]", text, flags=re.I)


def by_hand_of(text: str, words: list[str]) -> str:
    for word in sorted(words, key=lambda one: -len(one)):
        start = 0
        while (found := text.lower().find(word.lower(), start)) >= 0:
            end = found + len(word)
            before = text[found - 1] if found else " "
            behind = text[end] if end < len(text) else " "
            if before.isalnum() or behind.isalnum():
                start = found + 1
            else:
                text = text[:found] + "[removed]" + text[end:]
                start = found + len("[removed]")
    return text


WHOLE = (r"(?<!\w)", r"(?!\w)")
RIGHT_CLEANINGS = [
    at_once,
    by_hand_of,
    by_pattern(*WHOLE),
    by_pattern(r"(?<![^\W_])", r"(?![^\W_])"),
    by_pattern(*WHOLE, flags=re.IGNORECASE | re.UNICODE),
    by_pattern("(?i)" + WHOLE[0], WHOLE[1], flags=0),
    by_pattern(r"(?<![\w])", r"(?![\w])"),
    by_pattern(r"(?:(?<=\W)|(?<=^))", r"(?=\W|$)"),
    lambda text, words: at_once(text, list(words)),
    lambda text, words: at_once(text, sorted(set(words))),
]
WRONG_CLEANINGS = [
    by_pattern("", ""),
    by_pattern(*WHOLE, longest=False),
    by_pattern(*WHOLE, flags=0),
    by_pattern(r"(?<!\w)", ""),
    by_pattern("", r"(?!\w)"),
    lambda text, words: text,
    lambda text, words: re.sub("|".join(words), "[removed]", text, flags=re.I) if words else text,
    lambda text, words: " ".join("[removed]" if one in words else one for one in text.split()),
    lambda text, words: at_once(text, words).replace("[removed]", ""),
    lambda text, words: at_once(text.lower(), words),
]

# ---- deidentify-2: two names

RIGHT_NAMES = [
    *(["Patient ID", "Filter Type"], ["Filter Type", "Patient ID"]),
    *(("Patient ID", "Filter Type"), {"Patient ID", "Filter Type"}),
    *(["patient id", "filter type"], ["PATIENT ID", "FILTER TYPE"]),
    *(["Patient ID ", " Filter Type"], frozenset({"Patient ID", "Filter Type"})),
    *(["Filter type", "Patient Id"], ("filter type", "patient id")),
]
WRONG_NAMES = [
    *(["Patient ID"], ["Filter Type"], [], "MRN", 2, ["Rows"], ["Other Patient IDs Sequence"]),
    *(["Other Patient IDs Sequence", "Filter Type"], ["Patient ID", "Filter Type", "Rows"]),
    ["Patient's Name", "Filter Type"],
]

RIGHT: dict[str, list[Answer]] = {
    "deidentify-1": RIGHT_SEARCHES,
    "deidentify-2": RIGHT_NAMES,
    "deidentify-3": RIGHT_DECISIONS,
    "deidentify-4": RIGHT_NUMBERS,
    "deidentify-5": RIGHT_MOVES,
    "deidentify-7": RIGHT_CLEANINGS,
}
WRONG: dict[str, list[Answer]] = {
    "deidentify-1": WRONG_SEARCHES,
    "deidentify-2": WRONG_NAMES,
    "deidentify-3": WRONG_DECISIONS,
    "deidentify-4": WRONG_NUMBERS,
    "deidentify-5": WRONG_MOVES,
    "deidentify-7": WRONG_CLEANINGS,
}


test_a_right_answer_is_taken_in_whatever_form = all_right(RIGHT)
test_a_wrong_answer_is_refused_with_a_reason = all_wrong(WRONG)


# ---- deidentify-6: a file


def capture() -> Dataset:
    return deidentify.planted_study().datasets[2]


def painted(
    rows: int = 60, value: int | tuple[int, int, int] = 0, annotation: str = "NO"
) -> Dataset:
    dataset = capture()
    array = dataset.pixel_array.copy()
    array[:rows] = value
    dataset.set_pixel_data(array, "RGB", bits_stored=8)
    dataset.BurnedInAnnotation = annotation
    return dataset


def hidden(*regions: tuple[int, int, int, int]) -> Dataset:
    return deidentify.hide(capture(), regions)


def renamed() -> Dataset:
    dataset = painted()
    dataset.PatientName = "Removed"
    return dataset


def in_place() -> Dataset:
    dataset = capture()
    dataset.decompress(generate_instance_uid=False)
    row = int(dataset.Columns) * 3
    dataset.PixelData = bytes(60 * row) + dataset.PixelData[60 * row :]
    dataset.BurnedInAnnotation = "NO"
    return dataset


def first_deidentified() -> Dataset:
    (result,) = deidentify.deidentify(capture(), "secret")
    return deidentify.hide(result.dataset, [(0, 0, 60, 768)])


RIGHT_FILES: list[Callable[[], Dataset]] = [
    painted,
    in_place,
    renamed,
    first_deidentified,
    lambda: painted(value=255),
    lambda: painted(value=(9, 9, 9)),
    lambda: painted(value=128),
    lambda: hidden((0, 0, 60, 768)),
    lambda: hidden((0, 0, 30, 768), (30, 0, 60, 768)),
    lambda: hidden((0, 0, 60, 400), (0, 400, 60, 768)),
]


def compressed() -> Dataset:
    dataset = painted()
    dataset.compress(RLELossless, generate_instance_uid=False)
    return dataset


def implicit() -> Dataset:
    dataset = painted()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def without_annotation() -> Dataset:
    dataset = painted()
    del dataset.BurnedInAnnotation
    return dataset


WRONG_FILES: list[Callable[[], Dataset]] = [
    capture,
    compressed,
    implicit,
    without_annotation,
    lambda: painted(rows=59),
    lambda: painted(rows=61),
    lambda: painted(rows=768),
    lambda: painted(annotation="YES"),
    lambda: painted(value=(1, 2, 3), annotation=""),
    lambda: hidden((0, 0, 60, 767)),
    lambda: hidden((1, 0, 60, 768)),
    lambda: deidentify.planted_study().datasets[0],
]


def file_of(dataset: Dataset, folder: Path) -> Path:
    path = folder / "capture.dcm"
    is_implicit = dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True, implicit_vr=is_implicit or None)
    return path


@pytest.mark.parametrize("made", RIGHT_FILES, ids=range(len(RIGHT_FILES)))
def test_a_file_is_taken_however_it_was_covered(
    made: Callable[[], Dataset], tmp_path: Path
) -> None:
    path = file_of(made(), tmp_path)
    for answer in (path, str(path)):
        verdict = judged("deidentify-6", answer)
        assert verdict.right, verdict.why


@pytest.mark.parametrize("made", WRONG_FILES, ids=range(len(WRONG_FILES)))
def test_a_file_that_is_not_covered_is_refused(made: Callable[[], Dataset], tmp_path: Path) -> None:
    verdict = judged("deidentify-6", file_of(made(), tmp_path))
    assert verdict.right is False and verdict.why
