"""The excerpt of the public index of the Imaging Data Commons that the course ships."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from dicom_lessons.collection.idc import EXCERPT, GROUPS, whole_index
from dicom_lessons.collection.index import connect

COLLECTIONS = ("lctsc", "lung_phantom", "midrc_ricord_1b", "qin_lung_ct")
COLUMNS = (
    *("collection_id", "analysis_result_id", "PatientID", "PatientAge", "PatientSex"),
    *("StudyInstanceUID", "StudyDate", "SeriesInstanceUID", "SeriesDescription", "Modality"),
    *("BodyPartExamined", "Manufacturer", "sop_class_name", "transfer_syntax_name"),
    *("PhotometricInterpretation", "instanceCount", "series_size_MB", "license_short_name"),
    *("source_DOI", "series_aws_url"),
)
README = """\
# An excerpt of the index of the Imaging Data Commons

What the archive holds, for lesson 12 without a network; no image is here.

| File | What | Rows |
|---|---|---|
| `groups.parquet` | all series, those that agree in six columns counted together | {groups} |
| `series.parquet` | one row per series of {collections} | {series} |

Source: the Python package
[idc-index-data](https://github.com/ImagingDataCommons/idc-index-data), version {version},
copyright 2024 Andrey Fedorov, [MIT licence](https://opensource.org/license/mit). Whoever uses the
archive cites: Fedorov A. et al. National Cancer Institute Imaging Data Commons: Toward
Transparency, Reproducibility, and Scalability in Imaging Artificial Intelligence. RadioGraphics
43(12), 2023, [doi:10.1148/rg.230180](https://doi.org/10.1148/rg.230180). The images themselves
have licences of their own, one per series: the column `license_short_name`; the column
`source_DOI` says whom to cite for them.

`python -m course_tools idc` makes both files again from the package `idc-index-data=={version}`.
Columns that no lesson asks for are left out.
"""


def write_excerpt(folder: Path = EXCERPT) -> list[Path]:
    """Write the excerpt with its licence and source, and return its files.

    Raises
    ------
    CollectionError
        If the package ``idc-index-data`` is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database, source = connect(), str(whole_index()).replace("'", "''")
    database.sql(f"CREATE VIEW series AS SELECT * FROM read_parquet('{source}')")
    named = ", ".join(f"'{name}'" for name in COLLECTIONS)
    questions = {
        "groups": GROUPS,
        "series": f"SELECT {', '.join(COLUMNS)} FROM series "
        f"WHERE collection_id IN ({named}) ORDER BY collection_id, SeriesInstanceUID",
    }
    rows = {}
    for name, question in questions.items():
        path = str(folder / f"{name}.parquet").replace("'", "''")
        database.sql(f"COPY ({question}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        rows[name] = database.sql(f"SELECT count(*) FROM '{path}'").fetchall()[0][0]
    text = README.format(
        **rows,
        collections=", ".join(f"`{name}`" for name in COLLECTIONS),
        version=version("idc-index-data"),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())
