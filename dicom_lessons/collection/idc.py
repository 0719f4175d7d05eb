"""The public index of the Imaging Data Commons, asked without a network.

A hundred terabytes of images lie there, free for all; what is known of them fits into a table of
one row per series. The package ``idc-index-data`` holds it (an extra of 77 MB); an excerpt of it
comes with the course, made by ``python -m course_tools idc``.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dicom_lessons.collection.index import connect
from dicom_lessons.collection.table import CollectionError
from dicom_lessons.shipped import DATA
from dicom_lessons.text import _, short

EXCERPT = DATA / "idc"
GROUPS = """
    SELECT collection_id, Modality, license_short_name, sop_class_name, transfer_syntax_name,
        PhotometricInterpretation, count(*) AS series,
        count_if(instanceCount = 1) AS series_of_one, sum(instanceCount)::BIGINT AS instances,
        round(sum(series_size_MB), 3) AS MB
    FROM series GROUP BY ALL ORDER BY ALL"""
"""The whole index, series that agree in six columns counted together."""


def open_idc(*, whole: bool = False) -> Any:
    """Return a DuckDB connection with the index of the Imaging Data Commons.

    Its table ``groups`` counts all series of the archive; ``series`` has one row per series: of
    some collections, or with ``whole`` of all.

    Parameters
    ----------
    whole : bool
        Take the package ``idc-index-data`` instead of the excerpt.

    Raises
    ------
    CollectionError
        If that package is not installed.
    """
    database = connect()
    if whole:
        database.read_parquet(str(whole_index())).create_view("series")
        database.sql(GROUPS).create("groups")
    else:
        for name in ("series", "groups"):
            database.read_parquet(str(EXCERPT / f"{name}.parquet")).create(name)
    return database


def whole_index() -> Path:
    """Return the Parquet file of the package ``idc-index-data``.

    Raises
    ------
    CollectionError
        If it is not installed.
    """
    spec = find_spec("idc_index_data")
    if spec is None or not spec.submodule_search_locations:
        raise CollectionError(
            _("The whole index is not installed. It needs: pip install 'idc-index-data>=25,<26'")
        )
    return Path(next(iter(spec.submodule_search_locations))) / "idc_index.parquet"


def download_commands(addresses: Iterable[str], folder: str) -> list[str]:
    """Return the commands that would fetch series from the archive: one each, nothing is run.

    They need the program s5cmd, and neither an account nor a key.

    Parameters
    ----------
    addresses : iterable of str
        Values of the column ``series_aws_url``.
    folder : str
        Where the files are to go.

    Raises
    ------
    CollectionError
        If an address is none of the archive's, or holds what a shell would take for more.
    """
    commands = []
    for address in addresses:
        head, _slash, name = str(address).removesuffix("/*").rpartition("/")
        plain = set(name) <= set("0123456789abcdef-") and name
        if not (head.startswith("s3://") and head[5:].replace("-", "").isalnum() and plain):
            raise CollectionError(
                _("{address} is no address of the archive.", address=short(address))
            )
        target = "'" + str(folder).replace("'", "'\"'\"'").rstrip("/") + f"/{name}/'"
        commands.append(f"s5cmd --no-sign-request cp '{head}/{name}/*' {target}")
    return commands
