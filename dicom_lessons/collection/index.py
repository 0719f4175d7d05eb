"""An index that was made: its rows, asked in SQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dicom_lessons import reading
from dicom_lessons.collection.sources import member_bytes
from dicom_lessons.collection.table import PROBLEMS, CollectionError, real_path
from dicom_lessons.findings import Finding
from dicom_lessons.text import _, ngettext, short

_VIEWS = {
    "instances": "SELECT * EXCLUDE (problem, detail, stamp) FROM files WHERE problem IS NULL",
    "problems": "SELECT folder, path, member, bytes, problem, detail FROM files "
    "WHERE problem IS NOT NULL",
    "series": """
        SELECT SeriesInstanceUID, any_value(StudyInstanceUID) AS StudyInstanceUID,
            any_value(PatientID) AS PatientID, min(Modality) AS Modality,
            min(SeriesDescription) AS SeriesDescription, min(StudyDate) AS StudyDate,
            count(*) AS instances, sum(bytes)::BIGINT AS bytes
        FROM instances GROUP BY SeriesInstanceUID""",
}


class Index:
    """One row per file that was found, and what each says of itself.

    Parameters
    ----------
    folder : str or path
        Where :func:`index_files` wrote it.
    files_read : int
        How many files the last run had to read.

    Raises
    ------
    CollectionError
        If there is no index.
    """

    def __init__(self, folder: str | os.PathLike[str], files_read: int = 0) -> None:
        self.folder, self.files_read = Path(folder), files_read
        self._asked: tuple[list[Path], Any] = [], None
        self.parts  # noqa: B018 - whoever opens an index that is none hears of it at once

    @property
    def parts(self) -> list[Path]:
        """The Parquet files, which any program can read."""
        parts = sorted(self.folder.glob("part-*.parquet"))
        if not parts:
            raise CollectionError(
                _("There is no index in {folder}. Make one first.", folder=short(self.folder, 200))
            )
        return parts

    def ask(self, question: str, values: list[Any] | None = None) -> Any:
        """Return DuckDB's answer to a question in SQL; ``.df()`` makes a pandas table of it.

        The tables are ``files`` (all rows), ``instances`` (what could be read), ``problems`` (what
        could not) and ``series`` (one row each, counted). Values stand for its question marks.

        Raises
        ------
        CollectionError
            If DuckDB does not understand the question; the message is DuckDB's.
        """
        import duckdb

        try:
            return self._database.sql(question, params=values)
        except duckdb.Error as error:
            raise CollectionError(short(error, 500)) from None

    @property
    def _database(self) -> Any:
        import pyarrow.dataset as pads

        parts = self.parts
        if parts != self._asked[0]:  # another run has written others since
            database = connect()
            database.register("files", pads.dataset([str(path) for path in parts]))
            for name, text in _VIEWS.items():
                database.sql(f"CREATE VIEW {name} AS {text}")
            self._asked = parts, database
        return self._asked[1]

    def problems(self) -> list[Finding]:
        """Return what could not be read, and why."""
        asked = "SELECT path, member, problem, detail FROM problems ORDER BY ALL"
        return [
            Finding(
                where="/".join(filter(None, (path, member))),
                what=_(PROBLEMS[problem]) + (f" ({detail})" if detail else ""),
            )
            for path, member, problem, detail in self.ask(asked).fetchall()
        ]

    def source(self, folder: str, path: str, member: str | None) -> reading.Source:
        """Return what :func:`dicom_lessons.reading.read` opens: a path, or a member's bytes.

        Raises
        ------
        LookupError
            If the archive has no such member any more.
        ReadingError, OSError
            If it cannot be read.
        """
        real = Path(real_path(folder, path))
        if not member:
            return real
        return member_bytes(real, member)

    def __len__(self) -> int:
        return int(self.ask("SELECT count(*) FROM files").fetchall()[0][0])

    def __repr__(self) -> str:
        asked = "SELECT count(*), count(DISTINCT SeriesInstanceUID) FROM instances"
        ((instances, series),) = self.ask(asked).fetchall()
        told = [
            ngettext("{count} instance", "{count} instances", instances),
            ngettext("{count} series", "{count} series", series),
            ngettext("{count} file not read", "{count} files not read", len(self) - instances),
        ]
        return ", ".join(told)


def connect() -> Any:
    """Return a DuckDB database in memory that never reaches for the network."""
    import duckdb

    settings = ("autoinstall_known_extensions", "autoload_known_extensions")
    return duckdb.connect(config=dict.fromkeys(settings, "false"))


def open_index(folder: str | os.PathLike[str]) -> Index:
    """Return an index that was made before."""
    return Index(folder)
