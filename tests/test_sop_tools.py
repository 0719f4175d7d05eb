"""What a file lacks, judged by the course and by dciodvfy."""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import tools
from pydicom import Dataset, dcmwrite

from dicom_lessons import samples, sop
from dicom_lessons.sop.report import Requirement

pytestmark = [
    pytest.mark.tools,
    # samples are broken in many ways; here only attributes count
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
FINDING = re.compile(
    r"Error - </(.*)> - (Missing|Empty) attribute (?:\(no value\) )?"
    r"for Type (\w+) \w+ - Module=<(\w+)>"
)
# where the table of PS3.3 §C.8.4.6 has Type 1, it warns only
WARNING = re.compile(r"Warning - </(.*/CodeMeaning.*)> - CodeMeaning is missing or empty")
TAG = re.compile(r"\([0-9a-f]{4},[0-9a-f]{4}\)")
Problem = tuple[str, str]
# a content item without Value Type may be a mere reference to another; dciodvfy takes it for one
# even where it refers to none
TAKEN_FOR_A_REFERENCE = {("ContentSequence[1]/ValueType", "missing")}


def dciodvfy(dataset: Dataset, folder: Path) -> dict[Problem, tuple[str, str]]:
    """Return path and problem of what dciodvfy misses, with the type and the module it names."""
    path = folder / "judged.dcm"
    dcmwrite(path, dataset)
    done = subprocess.run(
        ["dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace"
    )
    if done.returncode < 0:  # it aborts on 32-bit pixels, which it need not see
        without_pixels = copy.deepcopy(dataset)
        del without_pixels.PixelData
        return dciodvfy(without_pixels, folder)
    found: dict[Problem, tuple[str, str]] = {}
    for line in done.stderr.splitlines():
        if match := FINDING.match(line):
            found[TAG.sub("", match[1]), match[2].lower()] = (match[3], match[4])
        elif match := WARNING.match(line):
            code_meaning = TAG.sub("", match[1])
            found[code_meaning, "missing"] = found[code_meaning, "empty"] = ("warned", "")
    return found


def course(dataset: Dataset) -> set[Problem]:
    findings = sop.lacks(dataset)
    return {(each.path, each.problem) for each in findings if each.problem != "differs"}


def misses(dataset: Dataset, folder: Path) -> tuple[int, set[Problem], set[Problem]]:
    """Return how many findings agree, which the course missed and which it alone raised."""
    ours, theirs = course(dataset), dciodvfy(dataset, folder)
    modules = sop.definition_of(dataset).modules
    mandatory = {re.sub(r"\W", "", module.name) for module in modules if module.usage == "M"}
    unconditional = {
        problem
        for problem, (kind, module) in theirs.items()
        if kind in ("1", "2") and ("/" in problem[0] or module in mandatory)
    }
    return len(ours & set(theirs)), unconditional - ours, ours - set(theirs)


def readable() -> Iterator[tuple[str, Dataset]]:
    for name in samples.names():
        if samples.get(name).source == "downloaded":
            continue
        dataset = samples.read(name, force=True)
        try:
            sop.definition_of(dataset)
        except sop.SOPClassError:
            continue
        yield name, dataset


def test_every_sample_lacks_what_dciodvfy_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.require("dciodvfy")
    files = agreed = 0
    missed, alone = {}, {}
    for name, dataset in readable():
        number, missed[name], alone[name] = misses(dataset, tmp_path)
        files += 1
        agreed += number
    with capsys.disabled():
        print(
            f"\n{files} sample files: {agreed} missing or empty attributes agreed with dciodvfy, "
            f"{sum(map(len, missed.values()))} missed, {sum(map(len, alone.values()))} false alarms"
        )
    assert {name: found for name, found in missed.items() if found} == {}
    assert {name: found for name, found in alone.items() if found} == {}
    assert files > 170
    assert agreed > 1000


def best_of_each_class() -> dict[str, Dataset]:
    """Return of each SOP class the sample that lacks least, those of the virtual patient first."""
    found: dict[str, tuple[tuple[bool, int], Dataset]] = {}
    for name, dataset in readable():
        rank = (not name.startswith("virtual/"), len(sop.lacks(dataset)))
        uid = str(dataset.SOPClassUID)
        if uid not in found or rank < found[uid][0]:
            found[uid] = (rank, dataset)
    return {uid: dataset for uid, (_rank, dataset) in found.items()}


def removed_and_emptied(dataset: Dataset) -> Iterator[tuple[Problem, Dataset]]:
    """Yield copies without each required attribute, and with each empty."""
    present = [each for each in sop.requirements(dataset) if each.attribute.tag in each.place]
    first_of_path: dict[str, Requirement] = {}
    for required in present:
        if required.path != "SOPClassUID":  # without it nothing else can be judged
            first_of_path.setdefault(re.sub(r"\[\d+\]", "", required.path), required)
    for required in first_of_path.values():
        element = required.place[required.attribute.tag]
        del required.place[required.attribute.tag]
        yield (required.path, "missing"), dataset
        emptied = copy.deepcopy(element)
        emptied.value = [] if element.VR == "SQ" else None
        if element.keyword != "PixelData":
            required.place.add(emptied)
            yield (required.path, "empty" if required.attribute.type == "1" else ""), dataset
        required.place.add(element)


def test_every_removed_attribute_is_found_as_dciodvfy_finds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.require("dciodvfy")
    tried, missed, alone = 0, [], []
    best = best_of_each_class()
    for uid, dataset in best.items():
        for problem, changed in removed_and_emptied(dataset):
            tried += 1
            assert not problem[1] or problem in course(changed), (uid, problem)
            _number, more, fewer = misses(changed, tmp_path)
            missed += [(uid, problem, each) for each in more]
            alone += [(uid, problem, each) for each in fewer if each not in TAKEN_FOR_A_REFERENCE]
    with capsys.disabled():
        print(
            f"\n{tried} removed or emptied attributes in files of {len(best)} SOP classes: "
            f"{len(missed)} missed, {len(alone)} false alarms against dciodvfy"
        )
    assert missed == []
    assert alone == []
    assert tried > 1000
