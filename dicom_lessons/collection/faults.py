"""What is wrong in a collection, asked of its index in SQL: one question for each fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from dicom_lessons import reading
from dicom_lessons.collection.index import Index
from dicom_lessons.findings import Finding
from dicom_lessons.text import N_, _, short

_SHOWN = 64


class _Fault(NamedTuple):
    """A question that gives place and detail of each fault, and what to say of it."""

    question: str
    what: str
    cure: str
    section: str


def _several(what: str, of: str) -> str:
    return f"""SELECT {of}, count(DISTINCT {what}) AS n FROM instances
        WHERE {of} IS NOT NULL GROUP BY {of} HAVING n > 1"""


_PLACES = """
    WITH turned AS (
        SELECT SeriesInstanceUID AS uid, ImagePositionPatient AS position,
            array_cross_product(ImageOrientationPatient[1:3]::DOUBLE[3],
                ImageOrientationPatient[4:6]::DOUBLE[3])::DOUBLE[] AS normal,
            list_transform(ImageOrientationPatient, lambda one: round(one, 3))::VARCHAR AS facing
        FROM instances
        WHERE len(ImagePositionPatient) = 3 AND len(ImageOrientationPatient) = 6
    ), placed AS (
        SELECT DISTINCT uid, facing, round(list_dot_product(normal, position), 2) AS place
        FROM turned
    ), stepped AS (
        SELECT uid, facing, place,
            place - lag(place) OVER (PARTITION BY uid, facing ORDER BY place) AS step FROM placed
    ), usual AS (
        SELECT uid, facing, median(step) AS usual FROM stepped GROUP BY uid, facing
        HAVING count(*) > 3
    )"""
FAULTS = (
    _Fault(
        """SELECT path, NULL FROM instances WHERE SOPInstanceUID IS NULL
           OR SeriesInstanceUID IS NULL OR StudyInstanceUID IS NULL OR SOPClassUID IS NULL""",
        N_("a UID of Type 1 is missing"),
        N_("Find out from its source where it belongs; until then keep it apart."),
        "PS3.3 §C.12.1",
    ),
    _Fault(
        """SELECT min(path), count(*) FROM instances WHERE SOPInstanceUID IS NOT NULL
           GROUP BY SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID, PatientID, bytes
           HAVING count(*) > 1""",
        N_("the same instance is there {0} times"),
        N_("Compare the files byte by byte; keep one."),
        "PS3.5 §9",
    ),
    _Fault(
        _several("(PatientID, StudyInstanceUID, SeriesInstanceUID, bytes)", of="SOPInstanceUID"),
        N_("one SOP Instance UID for {0} different instances"),
        N_("One was changed or cut short: find the original, and give a changed one a new UID."),
        "PS3.5 §9",
    ),
    _Fault(
        _several("StudyInstanceUID", of="SeriesInstanceUID"),
        N_("one series in {0} studies"),
        N_("A series belongs to one study: give one of them new UIDs."),
        "PS3.3 §A.1.2.3",
    ),
    _Fault(
        _several("PatientID", of="StudyInstanceUID"),
        N_("one study of {0} patients"),
        N_("Trust neither Patient ID before you have asked where the files come from."),
        "PS3.3 §A.1.2.2",
    ),
    _Fault(
        """SELECT SeriesInstanceUID, string_agg(DISTINCT coalesce(Modality, '?'), ', '
           ORDER BY coalesce(Modality, '?')) AS n FROM instances
           WHERE SeriesInstanceUID IS NOT NULL GROUP BY ALL HAVING n LIKE '%,%'""",
        N_("one series of several modalities: {0}"),
        N_("Modality belongs to the series: look which instances do not belong there."),
        "PS3.3 §C.7.3.1",
    ),
    _Fault(
        _PLACES
        + """SELECT uid, round(sum(step / usual - 1))::INTEGER AS n FROM stepped
             JOIN usual USING (uid, facing) WHERE usual > 0 AND step > 1.5 * usual
             GROUP BY uid""",
        N_("slices are missing, {0} by the distances"),
        N_("Fetch the series again, or cut it at the gap; never interpolate in silence."),
        "PS3.3 §C.7.6.2",
    ),
    _Fault(
        """SELECT path, StudyDate FROM instances WHERE StudyDate IS NOT NULL AND (
           NOT regexp_full_match(StudyDate, '[0-9]{8}')
           OR try_strptime(StudyDate, '%Y%m%d') IS NULL
           OR StudyDate < '18951108'
           OR try_strptime(StudyDate, '%Y%m%d') > modified + INTERVAL 2 DAY)""",
        N_("Study Date is {0}: no date, before the first X-ray picture, or later than the file"),
        N_("Look for another date in the study before you sort by this one."),
        "PS3.5 §6.2",
    ),
    _Fault(
        """SELECT path, bytes FROM instances WHERE Rows > 0 AND Columns > 0
           AND TransferSyntaxUID IN ('1.2.840.10008.1.2', '1.2.840.10008.1.2.1',
           '1.2.840.10008.1.2.2') AND PhotometricInterpretation NOT LIKE '%422%' AND bytes <
           Rows * Columns * coalesce(SamplesPerPixel, 1) * coalesce(NumberOfFrames, 1)
           * BitsAllocated // 8""",
        N_("{0} bytes are too few for its pixels"),
        N_("Fetch the file again."),
        "PS3.5 §8.1",
    ),
)
"""In the order in which they are told."""


def find_faults(index: Index) -> list[Finding]:
    """Return what is wrong between the files of a collection, and in each at a glance.

    Nothing is read again: what an index does not hold cannot be found in it.
    """
    return [
        Finding(
            what=_(fault.what).format(short(detail)),
            where=short(where, _SHOWN),
            cure=_(fault.cure),
            section=fault.section,
        )
        for fault in FAULTS
        for where, detail in sorted(index.ask(fault.question).fetchall(), key=str)
    ]


def examine_all(
    index: Index, examine: Callable[[Path], Iterable[Finding]], where: str = "true"
) -> list[tuple[str, Finding]]:
    """Have every instance of an index examined, and return path and finding of each fault.

    Parameters
    ----------
    index : Index
    examine : callable
        Takes the path of a file and returns what is wrong with it. Whatever it raises is told
        as a finding, and the next file comes.
    where : str
        A condition in SQL for the instances that are meant.
    """
    asked = f"SELECT folder, path, member FROM instances WHERE {where} ORDER BY ALL"
    found = []
    for folder, path, member in index.ask(asked).fetchall():
        name = "/".join(filter(None, (path, member)))
        try:
            found += [(name, each) for each in _examined(index, examine, folder, path, member)]
        except Exception as error:  # examine is not ours, and a file may be gone
            told = _("it could not be examined: {reason}", reason=reading.reason_of(error))
            found.append((name, Finding(what=told)))
    return found


def _examined(index: Index, examine: Any, *place: Any) -> list[Finding]:
    source = index.source(*place)
    if not isinstance(source, bytes):
        return list(examine(source))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "member.dcm"
        path.write_bytes(source)
        return list(examine(path))
