"""From becquerel per millilitre to the standardized uptake value by body weight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from pydicom import Dataset

from dicom_lessons.pixels import PixelError
from dicom_lessons.pixels.elements import items, number, text, texts
from dicom_lessons.text import N_, _, short
from dicom_lessons.volume.series import Source, slices_of
from dicom_lessons.volume.stack import Volume, build_volume

_REFUSED = N_("No SUV can be computed: {reason}.")
_NUMBERS = {
    "PatientWeight": "Patient's Weight (0010,1030)",
    "RadionuclideTotalDose": "Radionuclide Total Dose (0018,1074)",
    "RadionuclideHalfLife": "Radionuclide Half Life (0018,1075)",
}


def compute_suv(sources: Source | Iterable[Source]) -> Volume:
    """Build a volume of a PET series in SUV by body weight (g/ml).

    SUVbw = Bq/ml × weight in g ÷ injected Bq that is left at the time to which the values are
    corrected for decay: that of the injection (Decay Correction ADMIN) or the start of the scan
    (START), PS3.3 C.8.9.1.

    Parameters
    ----------
    sources : str, path, Dataset, or an iterable of them
        One PET series, in any order.

    Raises
    ------
    PixelError
        If the slices are no even stack, or the reason why no SUV can be computed.
    """
    found = slices_of(sources)
    datasets = [one.dataset for one in found]
    factors = {round(suv_factor(dataset), 12) for dataset in datasets}
    if len(factors) > 1:
        raise _refusal(_("weight, dose or times differ from slice to slice"))
    volume = build_volume(datasets)
    array = np.asarray(volume.array * factors.pop(), np.float32)
    return replace(volume, array=array, unit="g/ml")


def suv_factor(dataset: Dataset) -> float:
    """Return by what Bq/ml are multiplied for SUVbw in g/ml.

    Raises
    ------
    PixelError
        With the reason why it cannot be computed.
    """
    if (unit := text(dataset, "Units")) == "GML" and text(dataset, "SUVType") in ("", "BW"):
        return 1.0
    if unit != "BQML":
        raise _refusal(_("Units (0054,1001) is {unit!r}, not BQML", unit=short(unit, 16)))
    if missing := {"ATTN", "DECY"} - set(texts(dataset, "CorrectedImage")):
        words = ", ".join(sorted(missing))
        raise _refusal(_("Corrected Image (0028,0051) lacks {words}", words=words))
    drugs = items(dataset, "RadiopharmaceuticalInformationSequence")
    if len(drugs) != 1:
        name = "Radiopharmaceutical Information Sequence (0054,0016)"
        raise _refusal(_("{element} has {count} items, not one", element=name, count=len(drugs)))
    weight = _positive(dataset, "PatientWeight")
    dose, half_life = (
        _positive(drugs[0], key) for key in ("RadionuclideTotalDose", "RadionuclideHalfLife")
    )
    return weight * 1000 / (dose * 2 ** (-_seconds(dataset, drugs[0]) / half_life))


def _seconds(dataset: Dataset, drug: Dataset) -> float:
    """Return how long the dose has decayed when the values are counted."""
    correction = text(dataset, "DecayCorrection")
    if correction == "ADMIN":
        return 0.0
    if correction != "START":
        value = short(correction, 16)
        raise _refusal(_("Decay Correction (0054,1102) is {value!r}", value=value))
    scan = _moment(text(dataset, "SeriesDate") + text(dataset, "SeriesTime"), "Series Time")
    acquired = text(dataset, "AcquisitionDate") + text(dataset, "AcquisitionTime")
    if acquired and _moment(acquired, "Acquisition Time") < scan:
        # a derived series has a time of its own, long after the scan
        raise _refusal(_("Series Time (0008,0031) is later than Acquisition Time (0008,0032)"))
    if exact := text(drug, "RadiopharmaceuticalStartDateTime"):
        given = _moment(exact, "Radiopharmaceutical Start DateTime")
    else:
        time = text(drug, "RadiopharmaceuticalStartTime")
        given = _moment(text(dataset, "SeriesDate") + time, "Radiopharmaceutical Start Time")
        if given > scan:  # a time alone: the injection was before midnight
            given -= timedelta(days=1)
    seconds = (scan - given).total_seconds()
    if not 0 <= seconds < 86_400:
        raise _refusal(_("the scan does not begin within a day after the injection"))
    return seconds


def _moment(written: str, name: str) -> datetime:
    whole = written.partition("&")[0].split("+")[0].split("-")[0]
    seconds, _dot, part = whole.partition(".")
    try:
        if len(seconds) < 12:
            raise ValueError
        moment = datetime.strptime(seconds.ljust(14, "0"), "%Y%m%d%H%M%S")
        return moment + timedelta(seconds=float(f"0.{part or 0}"))
    except ValueError:
        raise _refusal(_("{element} is missing or no time", element=name)) from None


def _positive(dataset: Dataset, keyword: str) -> float:
    value = number(dataset, keyword)
    if not np.isfinite(value) or value <= 0:
        raise _refusal(_("{element} is missing or not above 0", element=_NUMBERS[keyword]))
    return value


def _refusal(reason: str) -> PixelError:
    return PixelError(_(_REFUSED, reason=reason))
