"""Answers to the exercises of lesson 09: rubbish for all, more forms of 09a and 09b."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import answers
import pytest
from answers import judged
from pydicom import Dataset, dcmread
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
)

Answer = Any
MINE = [f"network-{number}" for number in range(1, 21)]


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("rubbish", [5, "x", [], {}, object(), lambda *_: 1 / 0, len])
def test_rubbish_is_wrong_and_never_an_error(name: str, rubbish: object) -> None:
    assert judged(name, rubbish).right is False


@pytest.mark.parametrize("answer", ["A700", "a700H", "0xA700", 0xA700, " A700 "])
def test_a_status_is_read_as_it_is_written(answer: object) -> None:
    assert judged("network-p6", answer).right


def test_numbers_for_a_status_are_looked_at_too() -> None:
    assert "looks at its room" in judged("network-p6", 0).why
    assert "a status in four hexadecimal digits" in judged("network-p6", "full").why


def asks_for_more(patient: str, first: str, last: str) -> Dataset:
    identifier = Dataset()
    identifier.StudyDate = f"{first}-{last}" if first != last else first
    identifier.QueryRetrieveLevel, identifier.PatientID = "STUDY", patient
    identifier.StudyInstanceUID = identifier.StudyDescription = ""
    return identifier


def asks_in_utf8(patient: str, first: str, last: str) -> Dataset:
    identifier = asks_for_more(patient, first, last)
    identifier.SpecificCharacterSet = "ISO_IR 192"
    return identifier


def by_hand(responses: list[Any]) -> list[Dataset]:
    matches = []
    for status, identifier in responses:
        if "Status" not in status:
            break
        if status.Status in (0xFF00, 0xFF01):
            matches.append(identifier)
    return matches


def asks_in_any_order(modality: str, day: str) -> Dataset:
    identifier, step = Dataset(), Dataset()
    identifier.ScheduledProcedureStepSequence = [step]
    step.ScheduledProcedureStepDescription = step.ScheduledProcedureStepStartTime = ""
    step.ScheduledProcedureStepStartDate, step.Modality = f"{day}-{day}", modality
    identifier.PatientID = identifier.PatientName = ""
    return identifier


def asks_for_a_station(modality: str, day: str) -> Dataset:
    """Ask for less than was asked for: one scanner only."""
    identifier = asks_in_any_order(modality, day)
    identifier.ScheduledProcedureStepSequence[0].ScheduledStationAETitle = "CT_ROOM"
    return identifier


def by_the_last_status(answers: list[Any]) -> bool:
    *_pending, (status, _identifier) = answers
    if "Status" not in status or status.Status:
        return False
    done, failed = status.NumberOfCompletedSuboperations, status.NumberOfFailedSuboperations
    return bool(done and not failed)


def asks_the_line_first(association: Any, paths: list[str]) -> list[str]:
    left = []
    for path in paths:
        answer = Dataset()
        if association.is_established:
            try:
                answer = association.send_c_store(Path(path))
            except ValueError:
                answer = Dataset()
        if "Status" not in answer or answer.Status >> 12 not in (0x0, 0xB):
            left.append(path)
    return left


def sends_all_in_one_breath(association: Any, paths: list[str]) -> list[str]:
    try:
        return [path for path in paths if association.send_c_store(path).Status]
    except (ValueError, RuntimeError, AttributeError):
        return paths


def by_counts(association: Any, patient: str) -> dict[str, int]:
    """Count by the key that many archives offer, and keep the modality for later."""
    found = {}
    model = StudyRootQueryRetrieveInformationModelFind
    query = Dataset()
    query.QueryRetrieveLevel, query.PatientID, query.StudyInstanceUID = "STUDY", patient, ""
    studies = [one for _status, one in association.send_c_find(query, model) if one]
    for study in studies:
        query = Dataset()
        query.QueryRetrieveLevel, query.StudyInstanceUID = "SERIES", study.StudyInstanceUID
        query.SeriesInstanceUID = query.Modality = ""
        query.NumberOfSeriesRelatedInstances = None
        for _status, one in association.send_c_find(query, model):
            if one and one.Modality == "CT":
                found[one.SeriesInstanceUID] = int(one.NumberOfSeriesRelatedInstances)
    return found


def by_data_sets(
    association: Any, source: Any, target: Any, study: str, series: str
) -> tuple[str, ...]:
    query = Dataset()
    query.QueryRetrieveLevel = "SERIES"
    query.StudyInstanceUID, query.SeriesInstanceUID = study, series
    for _answer in association.send_c_move(
        query, target.title, StudyRootQueryRetrieveInformationModelMove
    ):
        pass
    uids = [record.SOPInstanceUID for record in target.records]
    return tuple(
        uid for uid in uids if dcmread(source.path_of(uid)) == dcmread(target.path_of(uid))
    )


def sends_nothing(association: Any, source: Any, target: Any, study: str, series: str) -> list[str]:
    return [r.SOPInstanceUID for r in source.records if r.SeriesInstanceUID == series]


RIGHT: dict[str, list[Answer]] = {
    "network-1": [asks_for_more, asks_in_utf8],
    "network-2": [by_hand, lambda responses: tuple(by_hand(responses))],
    "network-3": [by_counts],
    "network-4": [
        ["series", "patient", "study", "image", "study"],
        "SERIES,PATIENT,STUDY,IMAGE,STUDY",
    ],
    "network-5": [asks_in_any_order],
    "network-6": [lambda a: "Status" in a and (a.Status == 0 or a.Status >> 12 == 0xB)],
    "network-7": [lambda d: {(x.SOPClassUID, x.file_meta.TransferSyntaxUID) for x in d}],
    "network-8": [by_the_last_status],
    "network-9": [asks_the_line_first, lambda line, paths: tuple(asks_the_line_first(line, paths))],
    "network-10": [by_data_sets],
}
LOOKS_RIGHT: dict[str, list[Answer]] = {
    "network-1": [lambda p, f, t: asks_for_more(f"{p}*", f, t)],
    "network-2": [lambda r: [one for status, one in r if status.get("Status") != 0]],
    "network-3": [lambda association, patient: {"2.25.1.1": 3, "2.25.1.2": 2, "2.25.2.1": 1}],
    "network-4": [["SERIES", "PATIENT", "STUDY", "IMAGE"], ["PATIENT"] * 5],
    "network-5": [asks_for_a_station, lambda modality, day: asks_in_any_order(modality, "")],
    "network-6": [lambda answer: bool("Status" in answer and answer.Status < 0xC000)],
    "network-7": [lambda d: [(x.SOPClassUID, "1.2.840.10008.1.2") for x in d]],
    "network-8": [
        lambda answers: all(status.get("Status") in (0, 0xFF00) for status, _one in answers),
        lambda answers: answers[-1][0].get("NumberOfFailedSuboperations") == 0,
    ],
    "network-9": [sends_all_in_one_breath, lambda line, paths: []],
    "network-10": [sends_nothing],
}


@answers.table(RIGHT)
def test_a_right_answer_may_look_otherwise(name: str, answer: Answer) -> None:
    assert judged(name, answer).right, judged(name, answer).why


@answers.table(LOOKS_RIGHT)
def test_an_answer_that_only_looks_right_is_wrong(name: str, answer: Answer) -> None:
    assert judged(name, answer).right is False
