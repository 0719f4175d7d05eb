"""Tools of others and ours on the planted study of lesson 08: writes the table that it shows.

``python -m course_tools.bench.deidentifiers`` with the extra ``compare`` and dicom3tools.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from pydicom import Dataset, dcmread

from dicom_lessons import deidentify, read_write
from dicom_lessons.deidentify.riddles import BURNED_IN
from dicom_lessons.deidentify.tools import TABLE

Tool = Callable[[list[Dataset]], list[Dataset]]


def dicognito(study: list[Dataset]) -> list[Dataset]:
    """Run dicognito with its defaults and a seed, so that the result is always the same."""
    tool = import_module("dicognito.anonymizer").Anonymizer(seed="lesson 08")
    for dataset in study:
        tool.anonymize(dataset)
    return study


def dicom_anonymizer(table: str) -> Tool:
    """Return dicom-anonymizer with one of its tables."""

    def run(study: list[Dataset]) -> list[Dataset]:
        tool = import_module("dicomanonymizer.simpledicomanonymizer")
        rules = partial(tool.initialize_actions, f"dicomfields_{table}")
        for dataset in study:
            tool.anonymize_dataset(dataset, base_rules_gen=rules)
        return study

    return run


def deid(study: list[Dataset]) -> list[Dataset]:
    """Run deid with the recipe that it takes when none is given."""
    with TemporaryDirectory() as folder:  # it wants files
        files = [str(_written(one, Path(folder) / f"{n}.dcm")) for n, one in enumerate(study)]
        done: list[Dataset] = import_module("deid.dicom").replace_identifiers(files)
    return done


def ours(study: list[Dataset]) -> list[Dataset]:
    """Run the course's functions as sitting 08c does."""
    done = deidentify.deidentify(study, "only for this lesson", ["modified_dates"])
    return [done[0].dataset, done[1].dataset, deidentify.hide(done[2].dataset, [BURNED_IN])]


def row(name: str, package: str, tool: Tool, folder: Path) -> tuple[object, ...]:
    """Return a line of the table: texts left, errors that were not there before, lines met."""
    study = deidentify.planted_study()
    before = [_written(dataset, folder / f"{n}.dcm") for n, dataset in enumerate(study.datasets)]
    results = tool([dcmread(path) for path in before])
    after = [_written(dataset, folder / f"{n}_new.dcm") for n, dataset in enumerate(results)]
    raw = b"".join(path.read_bytes() for path in after)
    left = sum(text.encode() in raw for _where, text in study.identifiers)
    pairs = zip(before, after, strict=True)
    errors = sum(len(errors_of(new) - errors_of(old)) for old, new in pairs)
    scores = deidentify.score(study.datasets, [dcmread(path) for path in after], study.key)
    met = sum(score.met for score in scores.values())
    return name, version(package) if package else "", left, errors, met


def errors_of(path: Path) -> set[str]:
    """Return what dciodvfy calls errors, without the values in it."""
    return {one.partition(" = <")[0] for one in read_write.verdict(path).errors}


def _written(dataset: Dataset, path: Path) -> Path:
    # whatever a tool took away that a file has to have, the rest is searched
    dataset.save_as(path, enforce_file_format="SOPInstanceUID" in dataset)
    return path


TOOLS: tuple[tuple[str, str, Tool], ...] = (
    ("dicognito", "dicognito", dicognito),
    ("dicom-anonymizer, table of 2023", "dicom-anonymizer", dicom_anonymizer("2023")),
    ("dicom-anonymizer, table of 2026c", "dicom-anonymizer", dicom_anonymizer("2026c")),
    ("deid, its default recipe", "deid", deid),
    ("this course", "", ours),
)

if __name__ == "__main__":
    with TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        rows: list[tuple[object, ...]] = [("tool", "version", "left", "errors", "met")]
        rows += [row(*tool, Path(folder)) for tool in TOOLS]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(TABLE.read_text(encoding="utf-8"))
