"""Whatever lies in ``downloaded/`` finds its learner and its sitting, and nobody is lost."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
import zipfile
from collections import Counter
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from submissions import (
    answered,
    as_bytes,
    filled,
    laid_out,
    link,
    names_of,
    released,
    without_marks,
)

from course_tools.grading import folder as classroom
from course_tools.grading.collect import BECAME, Row, collect, told
from course_tools.grading.learners import Roster, safe
from course_tools.grading.tables import write_table

__all__ = ["laid_out"]

LESSON, OTHER = "01a_elements", "07a_hounsfield"
GOOD = as_bytes(answered(LESSON))
FILE = f"{LESSON}.ipynb"


@pytest.fixture
def course(laid_out: Path, tmp_path: Path) -> Path:
    link(laid_out, tmp_path)
    (tmp_path / "downloaded").mkdir()
    return tmp_path


def marked(answer: str, lesson: str = LESSON) -> bytes:
    """Return a notebook that can be told from others by an answer."""
    notebook = released(lesson)
    return as_bytes(filled(notebook, {names_of(notebook)[0]: f"positions = {answer!r}"}))


def put(course: Path, name: str, raw: bytes = GOOD, when: str = "2026-11-01T10:00") -> Path:
    path = course / "downloaded" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    time = datetime.fromisoformat(when).timestamp()
    os.utime(path, (time, time))
    return path


def zipped(*members: tuple[str, bytes] | tuple[str, bytes, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, raw, *when in members:
            time = datetime.fromisoformat(when[0] if when else "2026-11-01T10:00")
            about = zipfile.ZipInfo(name, time.timetuple()[:6])
            archive.writestr(about, raw)
    return packed.getvalue()


def submitted(course: Path) -> dict[str, bytes]:
    """Return what nbgrader will grade, as LEARNER/SITTING."""
    return {
        "/".join(path.parts[-3:-1]): path.read_bytes()
        for path in sorted((course / "submitted").glob("*/*/*.ipynb"))
    }


def became(rows: list[Row]) -> dict[str, str]:
    return {row.file: row.became for row in rows}


WAYS = {
    "two underscores": (f"ivanova__{FILE}", "ivanova"),
    "a dash": ("Анна Иванова - 01a_elements (1).ipynb", "Анна Иванова"),
    "an underscore": (f"ivanova_{FILE}", "ivanova"),
    "capitals": ("Ivanova__01A_ELEMENTS.IPYNB", "Ivanova"),
    "as a text file": (f"ivanova__{FILE}.txt", "ivanova"),
    "two underscores and another name": ("ivanova__My homework.ipynb", "ivanova"),
    "an e-mail": (f"a.ivanova@example.org__{FILE}", "a.ivanova@example.org"),
    "a name behind": ("01a_elements_ivanova (1).ipynb", "ivanova"),
    "the sitting's folder": (f"{LESSON}/archive/ivanova__{FILE}", "ivanova"),
    "a folder": (f"ivanova/{FILE}", "ivanova"),
    "a folder in a folder": (f"ivanova/my work/{FILE}", "ivanova"),
    "a folder of a week": (f"week 3/ivanova/{FILE}", "ivanova"),
    "a numbered folder of a task": (f"ДЗ 1/ivanova/{FILE}", "ivanova"),
    "another name": ("ivanova/My homework.ipynb", "ivanova"),
    "a name beginning as a word": (f"Новикова Анна/{FILE}", "Новикова Анна"),
    "a folder named by an e-mail": (f"mails/a.ivanova@example.org/{FILE}", "a.ivanova@example.org"),
    "a number of a task": (f"ivanova/hw1-{FILE}", "ivanova"),
    "a folder of a clone": (f"ivanova/notebooks/en/{FILE}", "ivanova"),
    "Moodle's folder": (f"Анна Иванова_123456_assignsubmission_file_/{FILE}", "Анна Иванова"),
    "Moodle's folder, another name": (
        "Анна Иванова_12_assignsubmission_file/1.ipynb", "Анна Иванова"),
    "Moodle's folder in another language": (f"Анна Иванова_123456_ответ_файл_/{FILE}",
                                            "Анна Иванова"),
    "Moodle without folders": (
        f"Anna Ivanova_123456_assignsubmission_file_{FILE}", "Anna Ivanova"),
    "Canvas": ("ivanovaanna_12345_678910_01a_elements-2.ipynb", "ivanovaanna"),
    "Canvas, late": ("ivanovaanna_LATE_12345_678910_01a_elements.ipynb", "ivanovaanna"),
    "Canvas, another name": ("ivanovaanna_12345_678910_My work_final.ipynb", "ivanovaanna"),
}  # fmt: skip
PLACES = ["alone", "in an archive", "in an archive in an archive"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_handing_in_names_its_learner(way: str, place: str, course: Path) -> None:
    name, learner = WAYS[way]
    if place == "alone":
        put(course, name)
    elif place == "in an archive":
        # a platform's archive holds a class
        put(course, "DICOM-01a-4711.zip", zipped((name, GOOD), (f"petrov/{FILE}", marked("p"))))
    else:
        both = (("one.zip", zipped((name, GOOD))), ("petrov.zip", zipped((FILE, marked("p")))))
        if way == "a name behind":
            pytest.skip("the archive's name counts more")
        put(course, "all.zip", zipped(*both)) if "/" not in name else put(
            course, "all.zip", zipped((name, GOOD), both[1])
        )
    rows = collect(course)
    expected = {f"{safe(learner)}/{LESSON}": GOOD}
    if place != "alone":
        expected[f"petrov/{LESSON}"] = marked("p")
    assert submitted(course) == expected
    assert {row.became for row in rows} == {"taken"}


def test_an_archive_of_a_learner_may_hold_the_whole_course(course: Path) -> None:
    blank = as_bytes(released(LESSON))
    put(course, "ivanova.zip", zipped(
        (f"dicom-main/notebooks/en/{FILE}", GOOD),
        (f"dicom-main/notebooks/ru/{FILE}", as_bytes(released(LESSON, "ru")), "2026-11-05T10:00"),
        (f"dicom-main/notebooks/en/{OTHER}.ipynb", as_bytes(released(OTHER))),
        ("dicom-main/README.md", b"# DICOM"),
        (f"dicom-main/notebooks/en/.ipynb_checkpoints/{LESSON}-checkpoint.ipynb", blank),
        (f"__MACOSX/dicom-main/._{FILE}", b"\0\5\x16\7\0"),
        ("dicom-main/notebooks/en/.ipynb_checkpoints/", b""),
    ))  # fmt: skip
    rows = collect(course)
    assert submitted(course) == {f"ivanova/{LESSON}": GOOD}
    assert Counter(row.became for row in rows) == {"taken": 1, "older": 2, "blank": 1, "other": 2}


def test_a_blank_notebook_alone_is_taken(course: Path) -> None:
    put(course, f"ivanova__{FILE}", as_bytes(released(LESSON)))
    assert became(collect(course)) == {f"ivanova__{FILE}": "taken"}


def test_a_checkpoint_is_taken_where_nothing_else_is(course: Path) -> None:
    put(course, "ivanova.zip", zipped((f".ipynb_checkpoints/{LESSON}-checkpoint.ipynb", GOOD)))
    collect(course)
    assert submitted(course) == {f"ivanova/{LESSON}": GOOD}


def test_one_learner_is_one_learner_in_any_form_of_unicode_and_case(course: Path) -> None:
    composed, split = (unicodedata.normalize(form, "Ёлкин Андрей") for form in ("NFC", "NFD"))
    put(course, f"{composed}__{FILE}", marked("1"), "2026-11-01T10:00")
    put(course, f"{split}/{FILE}", marked("2"), "2026-11-02T10:00")
    put(course, f"{split.upper()}.zip", zipped((FILE, marked("3"), "2026-11-03T10:00")))
    put(course, f"a@Example.org__{FILE}", marked("4"))
    put(course, f"A@example.org__{OTHER}.ipynb", marked("5", OTHER))
    rows = collect(course)
    (first, second, third), learners = submitted(course).values(), {row.learner for row in rows}
    assert len(learners) == 2 and len({path.partition("/")[0] for path in submitted(course)}) == 2
    assert {first, second, third} == {marked("3"), marked("4"), marked("5", OTHER)}


@pytest.mark.parametrize("newest", range(4))
def test_the_newest_of_several_copies_is_taken_and_the_others_are_told(
    newest: int, course: Path
) -> None:
    names = [FILE, "01a_elements (1).ipynb", "backup/01a_elements.ipynb", "last/x.ipynb"]
    for number, name in enumerate(names):
        day = 20 if number == newest else 10 + number
        put(course, f"ivanova/{name}", marked(str(number)), f"2026-11-{day}T10:00")
    rows = collect(course)
    assert submitted(course)[f"ivanova/{LESSON}"] == marked(str(newest))
    assert Counter(row.became for row in rows) == {"taken": 1, "older": 3}


def test_of_copies_of_one_time_the_number_in_brackets_decides(course: Path) -> None:
    for name in ("01a_elements (10).ipynb", "01a_elements (9).ipynb", FILE):
        put(course, f"ivanova/{name}", marked(name))
    collect(course)
    assert submitted(course)[f"ivanova/{LESSON}"] == marked("01a_elements (10).ipynb")


def test_a_broken_newer_copy_does_not_hide_an_older_one(course: Path) -> None:
    put(course, f"ivanova/{FILE}", GOOD)
    put(course, "ivanova/01a_elements (1).ipynb", GOOD[:1000], "2026-11-09T10:00")
    put(course, f"petrov__{FILE}", b"")
    rows = became(collect(course))
    assert rows == {f"ivanova/{FILE}": "taken", "ivanova/01a_elements (1).ipynb": "broken",
                    f"petrov__{FILE}": "broken"}  # fmt: skip
    (remark,) = classroom.examine(course)
    assert remark.learner == "petrov" and "it is empty" in remark.what
    assert became(collect(course))[f"petrov__{FILE}"] == "broken"
    assert classroom.examine(course)[0].original is None


def test_the_cells_tell_the_sitting_not_the_name(course: Path) -> None:
    put(course, "ivanova__07a_hounsfield.ipynb", GOOD)
    put(course, "petrov__1.ipynb", as_bytes(without_marks(answered(OTHER))))
    collect(course)
    assert set(submitted(course)) == {f"ivanova/{LESSON}", f"petrov/{OTHER}"}


def test_namesakes_stay_two_learners(course: Path) -> None:
    for number in ("123456", "123457"):
        put(course, f"moodle/Анна Иванова_{number}_assignsubmission_file_/{FILE}", marked(number))
    collect(course)
    assert submitted(course) == {
        f"Анна Иванова {number}/{LESSON}": marked(number) for number in ("123456", "123457")
    }


def test_mails_are_opened(course: Path) -> None:
    mail = EmailMessage()
    mail["From"] = "Анна Иванова <a.ivanova@example.org>"
    mail["Date"] = "Mon, 02 Nov 2026 10:00:00 +0000"
    mail.set_content("Here it is.")
    mail.add_attachment(GOOD, maintype="application", subtype="x-ipynb+json", filename=FILE)
    mail.add_attachment(zipped((f"{OTHER}.ipynb", marked("7", OTHER))), maintype="application",
                        subtype="zip", filename="домашнее задание.zip")  # fmt: skip
    put(course, "Fwd homework.eml", mail.as_bytes())
    put(course, "broken.eml", b"From: \xff\nDate: never\n\nhello")
    collect(course)
    who = "a.ivanova@example.org"
    assert submitted(course) == {f"{who}/{LESSON}": GOOD, f"{who}/{OTHER}": marked("7", OTHER)}


def test_a_roster_knows_learners_by_each_of_their_names(course: Path) -> None:
    (course / "roster.csv").write_text(
        "id;name;e-mail\nann;Анна Иванова;a.ivanova@example.org\npet;Пётр Петров;p@example.org\n"
        "late;Late Comer;l@example.org\nmax;Max Mustermann;m@example.org\n", encoding="utf-16"
    )  # fmt: skip
    put(course, f"A.IVANOVA@example.org__{FILE}")
    put(course, f"Петров Пётр_123456_assignsubmission_file_/{FILE}")
    put(course, "mustermannmax_12345_678910_01a_elements.ipynb")
    put(course, f"stranger/{FILE}")
    rows = collect(course)
    assert set(submitted(course)) == {
        f"{who}/{LESSON}" for who in ("ann", "pet", "max", "stranger")
    }
    missing = [row.learner for row in rows if row.became == "missing"]
    assert missing == ["late"]
    assert [row.learner for row in rows if "not on the roster" in row.note] == ["stranger"]
    assert "late" in "\n".join(told(rows))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("head", ["id,name,email", "ID,ФИО,Почта", "email,id,name", ""])
def test_a_roster_is_read_as_spreadsheets_write_it(
    encoding: str, delimiter: str, head: str, tmp_path: Path
) -> None:
    rows = ["ann,Анна Иванова,a@example.org"]
    if head.startswith("email"):
        rows = ["a@example.org,ann,Анна Иванова"]
    path = tmp_path / "roster.csv"
    text = "\r\n".join([*filter(None, [head]), *rows, "", ",,", ""])
    path.write_bytes(text.replace(",", delimiter).encode(encoding))
    roster = Roster(path)
    assert [(one.id, one.name, one.email) for one in roster.people] == [
        ("ann", "Анна Иванова", "a@example.org")
    ]
    assert roster.find("иванова анна") == roster.find("A@Example.org") == "ann"
    assert roster.find("somebody") == ""


HOSTILE = [
    *(
        "..",
        "../../etc/passwd",
        "C:\\Windows\\x",
        "con",
        "NUL.txt",
        "COM1",
        "-x",
        "=cmd()",
        "＝1+1",
    ),
    *(
        "\t=1",
        "\r=1",
        "@x",
        "+x",
        "a\u202eb",
        "a\0b",
        "a" * 500,
        "Ж" * 300,
        "*",
        "[a]",
        "a,b",
        "a;b",
    ),
    *("<b>", "a\nb", " . ", "{x}", "$HOME", "`id`", "a\ud800b", "ﬁ", "..."),
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_a_harmless_folder(name: str, tmp_path: Path) -> None:
    folder = safe(name)
    if not folder:
        return
    (tmp_path / folder).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [folder]
    assert safe(folder) == folder
    assert len(folder) <= 61 and folder.isprintable()
    assert not set(folder) & set("/\\:*?\"<>|,;[]{}'`$\n\r\t") and folder[0] not in "=+-@＝. "


def test_hostile_archives_and_files_stop_nobody(course: Path) -> None:
    big = zipped(("x.ipynb", b" " * (201 * 2**20)))
    deep = zipped((FILE, GOOD))
    for _number in range(9):
        deep = zipped(("a.zip", deep))
    put(course, "bomb.zip", zipped(("bomb.zip", big)))
    put(course, "deep.zip", deep)
    put(course, "out.zip", zipped(("../../../ivanova.ipynb", GOOD)))
    put(course, "cut.zip", zipped((FILE, GOOD))[:-30])
    put(course, "old.rar", b"Rar!")
    put(course, f"{FILE}", GOOD)
    put(course, "petrov__nothing.ipynb", b"{}")
    put(course, "report.docx", zipped(("word.xml", b"")))
    put(course, f"=1+1__{FILE}", GOOD)
    put(course, f"..__{FILE}", GOOD)
    put(course, f"con__{FILE}", GOOD)
    put(course, os.fsdecode(b"\xff\xfe__") + FILE, GOOD)
    put(course, f"taken__{FILE}", GOOD)
    (course / "submitted").mkdir()
    (course / "submitted" / "taken").write_text("a file where a folder belongs", encoding="utf-8")
    old = put(course, f"early__{FILE}", GOOD)
    os.utime(old, (-(10**10), -(10**10)))
    (course / "downloaded" / "circle").symlink_to(course / "downloaded")
    os.mkfifo(course / "downloaded" / "pipe.ipynb")
    put(course, f"zz__{FILE}", GOOD)
    rows = became(collect(course))
    assert rows["bomb.zip/bomb.zip"] == rows["out.zip"] == rows["cut.zip"] == "closed"
    assert [one for name, one in rows.items() if name.startswith("deep.zip")] == ["closed"]
    assert rows["old.rar"] == "closed" and rows["report.docx"] == "other"
    assert rows["petrov__nothing.ipynb"] == "nothing"
    assert rows[FILE] == rows[f"..__{FILE}"] == "nobody"
    assert rows[f"taken__{FILE}"] == "broken" and rows[f"early__{FILE}"] == "taken"
    assert rows[f"con__{FILE}"] == rows[f"zz__{FILE}"] == rows[f"=1+1__{FILE}"] == "taken"
    assert {path.name for path in (course / "submitted").iterdir()} >= {"con_", "1+1", "zz"}
    written = (course / "collected.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") and b"\n=" not in written
    assert all(line.isprintable() for line in told(collect(course)))


def test_russian_names_in_archives_of_windows_are_read(course: Path) -> None:
    packed = zipped(("XXXXXXX/" + FILE, GOOD)).replace(b"XXXXXXX", "Иванова".encode("cp866"))
    put(course, "group.zip", packed)
    put(course, "all.zip", zipped(("Petrov/" + FILE, GOOD), ("Sidorov/" + FILE, GOOD)))
    rows = collect(course)
    assert any("Иванова" in row.file for row in rows)


# ---- again


def test_collecting_again_changes_nothing_and_a_newer_file_is_taken(course: Path) -> None:
    put(course, f"ivanova__{FILE}", marked("1"))
    put(course, f"petrov__{FILE}", marked("2"))
    assert {row.became for row in collect(course)} == {"taken"}
    for step in ("autograded", "feedback"):
        for learner in ("ivanova", "petrov"):
            (course / step / learner / LESSON).mkdir(parents=True)
    stamps = {path: path.read_bytes() for path in (course / "submitted").rglob("*.*")}
    assert {row.became for row in collect(course)} == {"same"}
    assert {path: path.read_bytes() for path in (course / "submitted").rglob("*.*")} == stamps
    put(course, "petrov__01a_elements (1).ipynb", marked("3"), "2026-11-09T10:00")
    rows = became(collect(course))
    assert rows == {f"ivanova__{FILE}": "same", f"petrov__{FILE}": "older",
                    "petrov__01a_elements (1).ipynb": "anew"}  # fmt: skip
    assert submitted(course)[f"petrov/{LESSON}"] == marked("3")
    for step in ("autograded", "feedback"):  # nbgrader passes over what is there
        assert [path.parent.name for path in sorted((course / step).glob("*/*"))] == ["ivanova"]


def test_an_older_file_that_comes_later_does_not_replace_a_newer_one(course: Path) -> None:
    path = put(course, f"ivanova__{FILE}", marked("1"), "2026-11-09T10:00")
    collect(course)
    path.unlink()
    put(course, f"ivanova/{FILE}", marked("0"), "2026-11-02T10:00")
    assert became(collect(course)) == {f"ivanova/{FILE}": "older"}
    assert submitted(course)[f"ivanova/{LESSON}"] == marked("1")


def test_collecting_again_after_the_look_keeps_what_was_mended(course: Path) -> None:
    put(course, f"ivanova__{FILE}", b"\xef\xbb\xbf" + GOOD)
    collect(course)
    assert "UTF-8" in classroom.examine(course)[0].what
    before = submitted(course)
    assert {row.became for row in collect(course)} == {"same"}
    assert submitted(course) == before


def test_the_table_of_what_became_of_each_file(course: Path) -> None:
    put(course, f"ivanova__{FILE}")
    put(course, "notes.txt", b"hello")
    collect(course)
    with (course / "collected.csv").open(encoding="utf-8-sig", newline="") as file:
        _header, *rows = csv.reader(file)
    assert [row[:4] for row in rows] == [
        [f"ivanova__{FILE}", "ivanova", LESSON, BECAME["taken"]],
        ["notes.txt", "", "", BECAME["other"]],
    ]


def test_a_folder_without_downloads_is_named(course: Path) -> None:
    (course / "downloaded").rmdir()
    with pytest.raises(FileNotFoundError, match="downloaded"):
        collect(course)
    (course / "nbgrader_config.py").unlink()
    with pytest.raises(FileNotFoundError, match="no course"):
        collect(course)


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", " =1", "\n=1", "＠x"]
)
def test_no_cell_of_a_table_is_a_formula(cell: str, tmp_path: Path) -> None:
    write_table(tmp_path / "x.csv", ["a"], [[cell, "\ud800", 1.5]])
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1] == [f"'{cell}", "?", "1.5"]
