"""Functions called with the cases of an exercise: each call on copies, in a folder of its own."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydicom import Dataset, FileDataset

from dicom_lessons.exercises.apart import Stopped, folder_kept
from dicom_lessons.exercises.plain import Raised, Refused, Strange, plain, shown


@dataclass(frozen=True)
class Outcome:
    """What one call came to."""

    result: Any  # to be shown: plain, a data set, or :class:`Raised`
    plain: Any  # to be compared: the plain form of the result, or :class:`Raised`
    blank: bool = False  # nothing came back from a function that does nothing, as handed out
    changed: bool = False  # a data set, an array or a list of them that it was given


def outcomes(
    function: Any, cases: Sequence[tuple[object, ...]], form: Callable[[Any], object]
) -> Iterator[Outcome]:
    """Call a function with one case after another; what it raises stands for what it returns."""
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    blank = {*names} <= {"NotImplementedError"}
    return (_outcome(function, arguments, form, blank) for arguments in cases)


def _outcome(
    function: Any, arguments: tuple[object, ...], form: Callable[[Any], object], blank: bool
) -> Outcome:
    with TemporaryDirectory(prefix="answer-", ignore_cleanup_errors=True) as name, folder_kept():
        folder = Path(name)
        given = [_copy(one, folder / str(place)) for place, one in enumerate(arguments)]
        os.chdir(folder)
        try:
            result = function(*given)
        except NotImplementedError:
            result = None
        except Stopped:
            raise
        except BaseException as error:  # a decoder's panic is no Exception
            raised = Raised.of(error)
            return Outcome(raised, raised)
        changed = any(map(_differ, arguments, given))
        return Outcome(_kept(result), _formed(result, form), result is None and blank, changed)


def _copy(argument: Any, folder: Path) -> Any:
    """Return a copy: of a path, one to a copy of its file or folder, under the same name."""
    if isinstance(argument, Path):
        return _copy_of_file(argument, folder)
    copied = copy.deepcopy(argument)
    if isinstance(copied, FileDataset) and isinstance(copied.filename, str | os.PathLike):
        copied.filename = str(_copy_of_file(Path(copied.filename), folder))
    return copied


def _copy_of_file(path: Path, folder: Path) -> Path:
    folder.mkdir()
    copied = folder / path.name
    if path.is_dir():
        shutil.copytree(path, copied, copy_function=shutil.copyfile)
    elif path.exists():
        shutil.copyfile(path, copied)
    return copied


def _formed(result: object, form: Callable[[Any], object]) -> object:
    try:
        return plain(form(plain(result, lambda one: one)))
    except Exception as refusal:
        return Refused(str(refusal) if isinstance(refusal, TypeError) else "")


def _kept(result: object) -> object:
    if isinstance(result, Dataset):
        try:
            pickle.dumps(result)  # a process of its own hands it back so
        except Exception:
            return Strange(shown(result))
    return result if isinstance(result, Dataset) else plain(result)


def _differ(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray):
        return not np.array_equal(one, other)  # type: ignore[arg-type]
    if isinstance(one, list) and isinstance(other, list):
        return len(one) != len(other) or any(map(_differ, one, other))
    with warnings.catch_warnings(action="ignore"):  # of values that are odd on purpose
        return isinstance(one, Dataset) and bool(Dataset(one) != Dataset(other))  # type: ignore
